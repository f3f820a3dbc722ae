"""Several scenes in one picture, each under a title of its own, with lines of words below them all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from textual.message import Message

from emtui.charts.axes import Scale
from emtui.charts.canvas import Canvas
from emtui.charts.cell_picture import BOLD, Picture, PlotArea
from emtui.charts.cell_text import first_fitting, fit, wrapped
from emtui.charts.colors import Palette
from emtui.charts.picture_widget import PictureWidget
from emtui.charts.scene import Scene
from emtui.charts.scene_drawing import draw_scene

_BESIDE, _BELOW = (34, 8), (24, 12)  # cells that a scene with axes needs beside another one, and below one
_SMALLEST = (8, 4)  # of one without axes, its title included
_GAP = 2
_LEAST_ABOVE = 11  # lines that panels have before notes get more than one


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """A scene, and what stands above it: the first of the titles that fits."""

    titles: Sequence[str]
    scene: Scene


@dataclass(frozen=True, slots=True, eq=False)
class Panels:
    """What is drawn.

    panels: in reading order. notes: below them, each on lines of its own, with shorter forms for little room. chosen:
    the panel that is marked, and that is kept where there is no room for all. bare: small, without axes. noun: what one
    of them is, in the plural. title: for the border. description: the picture in words. more: a thorough picture, which
    takes longer, has more.
    """

    panels: Sequence[Panel] = ()
    notes: Sequence[Sequence[str]] = ()
    chosen: int = 0
    bare: bool = False
    noun: str = ""
    title: str = ""
    description: str = ""
    more: bool = False


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a panel lies, in cells, its title above `top`."""

    panel: int
    left: int
    top: int
    width: int
    height: int


def placed_panels(shown: Panels, width: int, height: int) -> tuple[list[Placed], list[str]]:
    """The panels that there is room for, and the lines below them."""
    n = len(shown.panels)
    most = height if not n else 0 if height < 4 else max(1, min(height // 2, height - _LEAST_ABOVE))
    lines = note_lines(shown.notes, width, most)
    room = height - len(lines)
    if not n or room < 1:
        return [], lines
    if not shown.bare:
        return _with_axes(shown, width, room), lines
    places = _bare(shown, width, room)
    if len(places) < n and room > 1:
        places = _bare(shown, width, room - 1)
        said = f"{shown.noun} {places[0].panel + 1}–{places[-1].panel + 1} of {n}"
        lines.insert(0, fit(said, width))
    return places, lines


def note_lines(notes: Sequence[Sequence[str]], width: int, most: int) -> list[str]:
    """Notes in at most so many lines: the longest ones give way to their shorter forms, and the last ones are cut."""
    forms = [0] * len(notes)

    def written() -> list[list[str]]:
        return [wrapped(note[form], width) for note, form in zip(notes, forms, strict=True)]

    made = written()
    while sum(map(len, made)) > most:
        possible = [i for i, note in enumerate(notes) if forms[i] + 1 < len(note)]
        if not possible:
            break
        forms[max(possible, key=lambda i: len(made[i]))] += 1
        made = written()
    lines = [line for note in made for line in note]
    if len(lines) > most:
        lines = lines[:most]
        if lines:
            lines[-1] = _going_on(lines[-1], width)
    return lines


def _going_on(line: str, width: int) -> str:
    """The line with a sign that it is not all, in place of its last words where there is no room."""
    words = line.split(" ")
    while len(words) > 1 and cell_len(" ".join(words)) + 2 > width:
        words.pop()
    return fit(f"{' '.join(words)} …", width)


def _with_axes(shown: Panels, width: int, height: int) -> list[Placed]:
    """All beside each other, or all below each other, or the chosen one alone."""
    n = len(shown.panels)
    title = int(height > 3)
    if n > 1 and (width + 1) // n > _BESIDE[0] and height >= _BESIDE[1]:
        one = (width + 1) // n - 1
        return [Placed(i, i * (one + 1), title, one, height - title) for i in range(n)]
    if n > 1 and height // n >= _BELOW[1] and width >= _BELOW[0]:
        one = height // n
        return [Placed(i, 0, i * one + title, width, one - title) for i in range(n)]
    return [Placed(min(shown.chosen, n - 1), 0, title, width, height - title)]


def _bare(shown: Panels, width: int, height: int) -> list[Placed]:
    """As large as they can be; the page with the chosen one where there is no room for all."""
    n = len(shown.panels)
    most_columns = max(1, (width + _GAP) // (_SMALLEST[0] + _GAP))
    most_rows = max(1, height // _SMALLEST[1])
    page = min(n, most_columns * most_rows)

    def size(columns: int) -> tuple[int, int]:
        return (width + _GAP) // columns - _GAP, height // -(-page // columns)

    possible = [c for c in range(1, min(page, most_columns) + 1) if -(-page // c) <= most_rows]
    columns = max(possible, key=lambda c: (min(size(c)[0] / 2, size(c)[1] - 1), -c))
    wide, high = size(columns)
    title = int(high > 1)
    first = shown.chosen // page * page
    return [
        Placed(first + i, i % columns * (wide + _GAP), i // columns * high + title, max(1, wide), max(1, high - title))
        for i in range(min(page, n - first))
    ]


def draw_panels(shown: Panels, width: int, height: int, palette: Palette) -> Picture:
    """The picture in this many cells."""
    picture = Picture.blank(width, height, palette)
    places, lines = placed_panels(shown, width, height)
    for place in places:
        panel = shown.panels[place.panel]
        if place.top > 0:
            marked = len(places) > 1 and shown.bare and place.panel == shown.chosen
            title = _title(panel.titles, place.width, marked, palette)
            ink, attribute = (palette.text, BOLD) if marked else (palette.muted, 0)
            picture.write(place.top - 1, place.left, title, ink, attribute)
        if shown.bare:
            _draw_bare(panel.scene, place, picture, palette)
        else:
            _copy(draw_scene(panel.scene, place.width, place.height, palette), picture, place)
    for offset, line in enumerate(lines):
        picture.write(height - len(lines) + offset, 0, line, palette.muted)
    return picture


def _title(titles: Sequence[str], width: int, marked: bool, palette: Palette) -> str:
    sign = (">" if palette.ascii else "▸") if marked else ""
    return first_fitting(width, *(sign + title for title in titles or ("",)))


def _draw_bare(scene: Scene, place: Placed, picture: Picture, palette: Palette) -> None:
    (x0, x1), (y0, y1) = scene.x_range or (0.0, 1.0), scene.y_range or (0.0, 1.0)
    canvas = Canvas(place.width, place.height, (Scale(x0, x1), Scale(y0, y1)), palette)
    canvas.draw(scene)
    canvas.finish()
    canvas.copy_to(picture, place.top, place.left)


def _copy(drawn: Picture, picture: Picture, place: Placed) -> None:
    inside = (slice(place.top, place.top + place.height), slice(place.left, place.left + place.width))
    picture.chars[inside] = drawn.chars
    picture.foreground[inside] = drawn.foreground
    picture.background[inside] = drawn.background
    picture.attributes[inside] = drawn.attributes


class PanelChart(PictureWidget[Panels], can_focus=True):
    """Shows panels at whatever size it has, and says which one was clicked, and where."""

    DEFAULT_CSS = """
    PanelChart { width: 1fr; height: 1fr; }
    """

    @dataclass(eq=False)
    class Picked(PictureWidget.Clicked):
        """A click on a panel, in the data coordinates of its scene; None beside its axes."""

        panel: int
        at: tuple[float, float] | None
        bare: bool

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(Panels(), id=id)

    @property
    def panels(self) -> Panels:
        """What is shown."""
        return self._value

    @property
    def description(self) -> str:
        """The picture in words, for those who can't see it."""
        return self.panels.description

    def draw_value(self, width: int, height: int, palette: Palette) -> Picture:
        """The picture of the panels."""
        return draw_panels(self.panels, width, height, palette)

    def picked(self, column: int, row: int) -> Message | None:
        """Which panel a cell belongs to, and where in its data it lies."""
        for place in placed_panels(self.panels, *self.content_size)[0]:
            if place.left <= column < place.left + place.width and place.top - 1 <= row < place.top + place.height:
                area = self._area(place)
                at = None if area is None else area.data_at(column - place.left, row - place.top)
                return self.Picked(self, place.panel, at, self.panels.bare)
        return None

    def _area(self, place: Placed) -> PlotArea | None:
        if self.panels.bare:
            return None
        return draw_scene(self.panels.panels[place.panel].scene, place.width, place.height, self.palette).area
