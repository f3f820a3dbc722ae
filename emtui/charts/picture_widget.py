"""What all widgets with a picture share: a palette from the theme, a picture kept as strips, clicks in cells."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from textual import events
from textual.color import Color
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from emtui.charts.cell_picture import Picture, to_strips
from emtui.charts.colors import ANSI, DARK, LIGHT, Palette
from emtui.charts.drawn_text import DrawnText
from emtui.charts.scene import RGB

T = TypeVar("T")


CONTRAST = "-theme-emtui-contrast"
"""The class of an app in the theme of high contrast."""


def theme_palette(widget: Widget) -> Palette:
    """The palette for a widget as it is styled now: its own background and text, its app's colours.

    In a theme of sixteen ANSI colours, and without colours (NO_COLOR), the terminal's own background and text are left
    alone. On a terminal of sixteen colours components have some of these, not the nearest to colours that it lacks. In
    an app with the class "-ascii" charts keep to ASCII characters.
    """
    app = widget.app
    ascii = app.has_class("-ascii")
    if app.native_ansi_color or app.no_color:
        return replace(ANSI, mode="none" if app.no_color else "ansi", ascii=ascii)
    _, _, background, text = widget.colors
    base = DARK if background.brightness < 0.5 else LIGHT
    surface = base.with_surface(_rgb(background), _rgb(background.blend(text, text.a)))
    if not app.is_headless and app.console.color_system == "standard":
        line = ANSI.frame if surface.dark else (170, 170, 170)
        surface = replace(surface, components=ANSI.components, frame=line, grid=line, mode="nearest")
    if app.has_class(CONTRAST):  # nothing steps back
        surface = replace(surface, muted=surface.text, frame=surface.text)
    return replace(surface, ascii=True) if ascii else surface


def _rgb(color: Color) -> RGB:
    return color.r, color.g, color.b


class PictureWidget(DrawnText, Generic[T]):
    """A widget that draws one frozen value as a picture.

    The picture is drawn when the value, the size or the palette has changed, and kept as strips, so that showing
    it again costs nothing. Every strip is exactly as wide as the widget and fills its own background.
    """

    @dataclass(eq=False)
    class Clicked(Message):
        """A click on something in the picture of a widget."""

        widget: PictureWidget[Any]

        @property
        def control(self) -> PictureWidget[Any]:
            """The widget that was clicked."""
            return self.widget

    def __init__(self, value: T, *, id: str | None = None) -> None:
        super().__init__(id=id, markup=False)
        self._value = value
        self._key: tuple[object, ...] = ()
        self._picture: Picture | None = None
        self._strips: list[Strip] = []

    @abstractmethod
    def draw_value(self, width: int, height: int, palette: Palette) -> Picture:
        """The picture of the present value; width and height are at least 1."""

    def picked(self, column: int, row: int) -> Message | None:
        """The message for a click on a cell of the picture, or None where there is nothing to pick."""
        return None

    def show(self, value: T) -> None:
        """Show another value. Showing the same one again does nothing."""
        if value is not self._value:
            self._value = value
            self.refresh()

    @property
    def palette(self) -> Palette:
        """The theme's palette."""
        return theme_palette(self)

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """As wide as there is room, where the style says "auto"."""
        return container.width

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As high as there is room, where the style says "auto"."""
        return container.height

    @property
    def picture(self) -> Picture:
        """What is drawn at the present size: characters, colours and the view of the data."""
        self._update()
        return self._picture or self.draw_value(1, 1, self.palette)

    def _update(self) -> None:
        width, height = self.content_size
        palette = self.palette
        # Scenes compare by identity, palettes by value.
        key = (self._value, width, height, palette)
        if key == self._key:
            return
        self._key = key
        self._picture, self._strips = None, []
        if width > 0 and height > 0:
            self._picture = self.draw_value(width, height, palette)
            self._strips = to_strips(self._picture, palette.mode)

    def render_lines(self, crop: Region) -> list[Strip]:
        """The strips of the widget; draws first when something has changed."""
        self._update()
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """One line of the picture, which `render_lines` has made sure of."""
        if 0 <= y < len(self._strips):
            return self._strips[y]
        return Strip.blank(self.content_size.width, self.rich_style)

    def on_click(self, event: events.Click) -> None:
        """Tell the owner what was clicked."""
        offset = event.get_content_offset(self)
        message = None if offset is None else self.picked(offset.x, offset.y)
        if message is not None:
            event.stop()
            self.post_message(message)
