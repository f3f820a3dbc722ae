"""The data sets to choose from: the catalogue, the files opened lately, and the way to another file."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from emtui.charts.cell_text import cut_lines, fit, pad, wrapped
from emtui.panes.messages import DatasetChosen, FileWanted
from emtui.panes.pane import Pane
from emtui.session.snapshot import StepSnapshot
from emtui.spec.run_notes import run_notes
from emtui.spec.run_spec import RunSpec
from emtui.widgets.border_text import border_text
from emtui.widgets.choice_list import ChoiceList
from engine.data.catalogue import dataset_problems, datasets
from engine.data.data_spec import DataSpec
from engine.text import clean

PRESENT = "●"
_RECENT = 8
_ROOM_FOR_DETAIL = 8


@dataclass(frozen=True)
class Offer:
    """One line of the list: what is opened by it, and what is said of it. `shape` is (rows, columns)."""

    data: DataSpec
    title: str
    detail: str
    shape: tuple[int, int]

    @property
    def key(self) -> DataSpec:
        """Identifies the offer: the same file read in another way is another offer."""
        return replace(self.data, standardize=False, products=False, missing="drop")


def catalogue_offers() -> tuple[Offer, ...]:
    """The data sets that come with the engine."""
    return tuple(
        Offer(
            DataSpec(entry.key),
            entry.title,
            f"Each row is {entry.row}. Source: {entry.source}. Licence: {entry.licence}.",
            entry.shape,
        )
        for entry in datasets()
    )


def offer_of(spec: RunSpec) -> Offer:
    """The offer that makes these data again."""
    data = spec.dataset
    known = data.description and data.description != f"one row of {data.name}"  # which the title says already
    detail = f"Each row is {data.description}." if known else ""
    return Offer(spec.data, data.title or data.name, detail, (data.n_samples, data.n_features))


def _shape(offer: Offer) -> str:
    return f" {offer.shape[0]:,}×{offer.shape[1]:,}"


def _title_room(offer: Offer, width: int) -> int:
    """Cells of a line that its title has beside the mark and the shape."""
    return width - 2 - cell_len(_shape(offer))


def _lines_in(said: str, width: int, height: int) -> list[str]:
    """Its lines; the licence, then the source too, is left out if it would be cut."""
    for shorter in (said, said.partition(" Licence: ")[0], said.partition(" Source: ")[0]):
        if len(wrapped(shorter, width)) <= height:
            return wrapped(shorter, width)
    return cut_lines(shorter, width, height)


class DatasetsPane(Pane):
    """The catalogue, recent files, and "open a file…"; enter or a click posts `DatasetChosen`."""

    label = "data"
    DEFAULT_CSS = """
    DatasetsPane Static { height: auto; max-height: 3; color: $text-muted; display: none; }
    DatasetsPane.-roomy Static { display: block; }
    DatasetsPane.-tall Static { max-height: 8; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._recent: tuple[Offer, ...] = ()
        self._listed: tuple[object, ...] = ()
        self._shown: tuple[Offer, ...] = ()

    def compose(self) -> ComposeResult:
        """The list, and below it what is known of the highlighted line."""
        yield ChoiceList(markup=False)
        yield Static(markup=False)

    def on_mount(self) -> None:
        """Say which data of other packages can't be used."""
        for problem in dataset_problems():
            self.app.notify(problem, severity="warning", markup=False)

    def draw(self, snapshot: StepSnapshot) -> None:
        """List what there is, and mark the current one."""
        present = offer_of(snapshot.spec)
        catalogue = [
            replace(offer, shape=present.shape) if offer.data.source == present.data.source else offer
            for offer in catalogue_offers()
        ]
        if present.data.source not in {offer.data.source for offer in catalogue}:
            others = [offer for offer in self._recent if offer.key != present.key]
            self._recent = (present, *others)[:_RECENT]
        width = self._list_width
        wanted = (snapshot.spec.dataset, run_notes(snapshot.spec), self._recent, width)
        if wanted == self._listed:
            return
        self._listed = wanted
        self._shown = (*catalogue, *self._recent)
        self._fill(self._place_of(present), width)
        self._say()

    def _place_of(self, present: Offer) -> int | None:
        exact = [place for place, offer in enumerate(self._shown) if offer.key == present.key]
        near = [place for place, offer in enumerate(self._shown) if offer.data.source == present.data.source]
        return next(iter((*exact, *near)), None)

    def _fill(self, present: int | None, width: int) -> None:
        options = self.query_one(ChoiceList)
        at = options.highlighted if options.option_count == len(self._shown) + 1 and options.has_focus else present
        titles = [fit(offer.title, _title_room(offer, width)) for offer in self._shown]
        told_apart = [
            replace(offer, title=offer.data.source) if titles.count(title) > 1 and title != offer.title else offer
            for offer, title in zip(self._shown, titles, strict=True)
        ]
        lines = [Option(self._line(offer, place == present, width)) for place, offer in enumerate(told_apart)]
        options.set_options([*lines, Option(Content(pad("+ open a file… (o)", width)))])
        options.highlighted = at

    @staticmethod
    def _line(offer: Offer, present: bool, width: int) -> Content:
        mark, room = PRESENT if present else " ", _title_room(offer, width)
        if room < 8:
            return Content(pad(f"{mark} {offer.title}", max(1, width)))
        return Content.assemble(f"{mark} {pad(offer.title, room)}", (_shape(offer), "$text-muted"))

    @property
    def _list_width(self) -> int:
        """Cells of a line, one kept for the scroll bar."""
        return max(1, self.size.width - 1)

    # the row below

    @on(OptionList.OptionHighlighted)
    def _say(self) -> None:
        """Below the list: the notes of the current data, or what is known of the highlighted line."""
        if self.snapshot is None or not self.is_mounted:
            return
        data, notes = self.snapshot.spec.dataset, run_notes(self.snapshot.spec)
        options = self.query_one(ChoiceList)
        place = options.highlighted
        here = self._place_of(offer_of(self.snapshot.spec))
        if place is None or place >= len(self._shown):
            said = "A table of your own, whoever wrote it, or a folder of texts."
        elif place == here:
            said = " ".join((*notes, self._shown[place].detail))
        else:
            said = self._shown[place].detail
        below = self.query_one(Static)
        room = below.styles.max_height
        below.update(Content("\n".join(_lines_in(clean(said), self.size.width, int(room.value) if room else 1))))
        self.call_after_refresh(options.scroll_to_highlight)  # the lines below it may have made the list shorter
        title = self._shown[here].title if here is not None else data.title
        first = f"{title}: {notes[0]}" if notes else ""
        self.border_subtitle = border_text(first if not self.has_class("-roomy") else "")

    def on_resize(self) -> None:
        """As much is said below the list as there is room for."""
        self.set_class(self.size.height >= _ROOM_FOR_DETAIL, "-roomy")
        self.set_class(self.size.height >= 2 * _ROOM_FOR_DETAIL, "-tall")
        self.redraw()
        self._say()

    # choosing

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        """Open what the line stands for; the current data stay as they are."""
        event.stop()
        if event.option_index >= len(self._shown):
            self.post_message(FileWanted())
            return
        offer = self._shown[event.option_index]
        if self.snapshot is not None and offer.key == offer_of(self.snapshot.spec).key:
            return
        self.post_message(DatasetChosen(offer.data))
