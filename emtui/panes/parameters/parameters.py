"""The parameters in numbers, each with its change since θ last moved."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from emtui.charts.cell_text import first_fitting
from emtui.panes.pane_state import one_of, unusual, whole
from emtui.panes.parameters.parameter_table import ParameterSource
from emtui.panes.table_pane import TablePane, sideways
from emtui.session.saved.session_file import State
from emtui.session.snapshot import StepSnapshot
from emtui.views import view_for
from emtui.views.view import ParameterTable, UnitsName
from emtui.widgets.paged_table import LineTable
from emtui.widgets.table_columns import Window, joined


class ParametersPane(TablePane):
    """θ as the model's view tabulates it; `u` changes the units, `d` lists more about one component after another."""

    short_label = "params"
    label = "parameters"
    DEFAULT_CSS = """
    ParametersPane Static { height: auto; max-height: 2; display: none; color: $text-muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("u", "units", "units", tooltip="the data's own units or standard units", id="parameters.units"),
        Binding("d", "detail", "detail", tooltip="more about one component", id="parameters.detail"),
        *sideways("parameters", "columns", ("columns", "columns back"), ("further columns", "the columns before")),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.units: UnitsName = "data"
        self.component: int | None = None
        self._first = 0
        self._shown: ParameterTable | None = None

    @property
    def state(self) -> State:
        """The units, the component and the first column."""
        now: State = {"units": self.units, "component": self.component, "first": self._first}
        return unusual(now, {"units": "data", "component": None, "first": 0})

    def take_state(self, state: State) -> None:
        """Tabulate that."""
        units: tuple[UnitsName, ...] = ("data", "standard")
        self.units = one_of(state, "units", units, "data")
        self.component, self._first = whole(state, "component"), whole(state, "first") or 0
        self.redraw()

    def compose(self) -> ComposeResult:
        """The table and, below it, what the view has to say."""
        yield LineTable(pointing=False)
        yield Static("", markup=False)

    @property
    def _window(self) -> Window | None:
        """Which columns are in sight."""
        source, width = self.table.source, self.table.scrollable_content_region.width
        return source.window(width) if isinstance(source, ParameterSource) and width > 0 else None

    def draw(self, snapshot: StepSnapshot) -> None:
        """Tabulate the frame's parameters."""
        self._shown = shown = self._tabulated(snapshot)
        note, size = self.query_one(Static), self.content_size
        note.display = bool(shown.note) and size.height >= 6
        note.update(Content(shown.note))
        height = size.height - (2 if note.display else 0)
        self.table.set_source(ParameterSource(shown, height, self._first))
        self.draw_border(snapshot)

    def _tabulated(self, snapshot: StepSnapshot) -> ParameterTable:
        """All parameters, or the details of the chosen component."""
        view = view_for(snapshot.spec.model)
        units = self.units if snapshot.spec.dataset.units is not None else "data"
        if self.component is not None and self.component < view.n_components(snapshot):
            detail = view.detail(snapshot, self.component, units=units)
            if detail is not None:
                return detail
        self.component = None
        return view.parameters(snapshot, units=units)

    def draw_border(self, snapshot: StepSnapshot) -> None:
        """The border: of which component, in which units, and which columns."""
        title = self.label
        if self.component is not None:
            title = view_for(snapshot.spec.model).detail_title(snapshot, self.component)
        self.border_title = Content(first_fitting(self.title_room, title, title.replace("component ", ""), self.label))
        parts, shown = [], self._shown
        if shown is None:
            return
        if snapshot.spec.dataset.units is not None:
            parts.append("standard units" if shown.units == "standard" else "data units")
        window = self._window
        if window is not None and window.hidden:
            several = window.last > window.first + 1
            which = f"columns {window.first + 1}–{window.last}" if several else f"column {window.last}"
            parts.append(f"{which} of {window.n_middle}")
        if any(cell.delta for row in shown.rows for cell in row.cells):
            made = next(record for record in reversed(snapshot.records[: snapshot.cursor + 1]) if record.phase != "E")
            parts.append("▲▼ by hand" if made.by_hand else "▲▼ last M-step")
        self.border_subtitle = Content(joined(parts, self.size.width - 4))

    def action_units(self) -> None:
        """The other units."""
        if self.snapshot is None:
            return
        if self.snapshot.spec.dataset.units is None:
            self.refuse("These data are not standardised: their own units are the only ones.")
            return
        self.units = "standard" if self.units == "data" else "data"
        self.redraw()

    def action_detail(self) -> None:
        """The details of the next component; after the last one the whole table again."""
        if self.snapshot is None:
            return
        view = view_for(self.snapshot.spec.model)
        wanted = 0 if self.component is None else self.component + 1
        if wanted == 0 and view.detail(self.snapshot, 0) is None:
            self.refuse("This table has all that there is: no other one for this model.")
            return
        self.component = wanted if wanted < view.n_components(self.snapshot) else None
        self._first = 0
        self.table.scroll_to(y=0, animate=False, force=True)
        self.redraw()

    def action_columns(self, by: int) -> None:
        """Show further columns, if not all fit."""
        window = self._window
        if window is None or not window.hidden:
            self.refuse("All columns are shown: there are no further ones.")
            return
        first = max(0, min(window.first + by, window.n_middle - 1))
        if first == window.first or (by > 0 and window.last == window.n_middle):
            self.refuse("There is no further column on that side.")
            return
        self._first = first
        self.redraw()

    def on_line_table_head_picked(self, event: LineTable.HeadPicked) -> None:
        """A click on "+3" shows further columns."""
        event.stop()
        if event.key == "more":
            self.action_columns(1)
