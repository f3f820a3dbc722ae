"""Responsibilities row by row: a strip of all rows, and a table of those in sight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar, cast, get_args

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content

from emtui.charts.cell_text import first_fitting
from emtui.charts.heatstrip import HeatStrip, StripRows
from emtui.charts.picture_widget import theme_palette
from emtui.panes.messages import RowChosen, WorkedRowWanted
from emtui.panes.pane_state import whole
from emtui.panes.rows.row_order import By, ListedRows, RowOrder
from emtui.panes.rows.row_table import RowSource, drawn_place
from emtui.panes.table_pane import TablePane, sideways
from emtui.session.saved.session_file import State
from emtui.session.snapshot import StepSnapshot
from emtui.views import view_for
from emtui.widgets.paged_table import LineTable
from emtui.widgets.table_columns import joined

_NOTHING_YET = "No responsibilities yet: press e."


class ResponsibilitiesPane(TablePane):
    """The responsibilities of q; after an M-step they are still those of the last E-step, and the border says so."""

    short_label = "rows"
    label = "responsibilities"
    DEFAULT_CSS = """
    ResponsibilitiesPane HeatStrip { height: 2; display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "sort", "sort", tooltip="order of rows: data, uncertain first, …", id="responsibilities.sort"),
        Binding("S", "reverse", "reverse", tooltip="turn the order round", id="responsibilities.reverse"),
        Binding(
            "enter", "mark", "mark", tooltip="mark the row everywhere", id="responsibilities.mark", key_display="enter"
        ),
        Binding(
            "d",
            "worked",
            "worked row",
            tooltip="the row worked out line by line, in pane 9",
            id="responsibilities.worked",
        ),
        *sideways(
            "responsibilities", "columns", ("columns", "columns back"), ("further components", "the components before")
        ),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._orders: dict[type, RowOrder] = {}  # by the kind of what is listed
        self._first = 0
        self._source: ListedRows | None = None
        self._announced: int | None = None

    KINDS: ClassVar[dict[str, type[ListedRows]]] = {"rows": RowSource}  # what may be listed

    @property
    def state(self) -> State:
        """The order of the rows, and the first of the columns."""
        now: State = {} if not self._first else {"first": self._first}
        for kind, listed in self.KINDS.items():
            order = self._orders.get(listed, RowOrder())
            if order != RowOrder():
                now[kind] = [order.by, order.component, order.reverse]
        return now

    def take_state(self, state: State) -> None:
        """List them in that order."""
        self._first = whole(state, "first") or 0
        for kind, listed in self.KINDS.items():
            match state.get(kind):
                case [str(by), int(component), bool(reverse)] if by in get_args(By) and component >= 0:
                    self._orders[listed] = RowOrder(cast(By, by), component, reverse)
        self.redraw()

    def compose(self) -> ComposeResult:
        """The strip above the table."""
        yield HeatStrip()
        yield LineTable()

    @property
    def source(self) -> ListedRows | None:
        """What the table shows; None before the first E-step."""
        return self._source

    @property
    def order(self) -> RowOrder:
        """The order of what the table shows."""
        return RowOrder() if self._source is None else self._source.order

    def draw(self, snapshot: StepSnapshot) -> None:
        """List the rows in the chosen order."""
        table = self.table
        source = self._source = self.listed(snapshot)
        if source is None:
            table.set_source(None, words=_NOTHING_YET)
        else:
            cursor = None if self.chosen_row is None else source.place_of(self.chosen_row)
            was_seen = table.cursor is not None and table.cursor in table.page
            table.set_source(source, cursor)
            if self.chosen_row != self._announced or was_seen:
                table.reveal()
            self._announced = self.chosen_row
        self._show_strip(source)
        self.draw_border(snapshot)

    def listed(self, snapshot: StepSnapshot) -> ListedRows | None:
        """Every row with its responsibilities; None before the first E-step."""
        if snapshot.responsibilities is None:
            return None
        known, order = self._source, self._orders.get(RowSource, RowOrder())
        names = _names(
            view_for(snapshot.spec.model).responsibilities_columns(snapshot), snapshot.responsibilities.shape[1]
        )
        self._first = min(self._first, len(names) - 1)
        if isinstance(known, RowSource) and known.snapshot is snapshot and known.order == order:
            return known if known.first == self._first else replace(known, first=self._first)
        return RowSource.of(snapshot, order, names, self._first)

    def _show_strip(self, source: ListedRows | None) -> None:
        strip, height = self.query_one(HeatStrip), self.content_size.height
        strip.display = isinstance(source, RowSource) and height >= 5
        strip.styles.height = 2 if height >= 9 else 1
        if strip.display and isinstance(source, RowSource) and source.snapshot.responsibilities is not None:
            cursor = None if self.chosen_row is None else drawn_place(source.snapshot, self.chosen_row)
            strip.set_rows(StripRows(source.snapshot.responsibilities, source.places, cursor))

    def draw_border(self, snapshot: StepSnapshot) -> None:
        """The border: which row, which page, in which order, and whose responsibilities they are."""
        chosen = self.chosen_row
        in_range = chosen is not None and chosen < snapshot.n_rows
        name = f" · {snapshot.spec.dataset.row_name(chosen)}" if chosen is not None and in_range else ""
        row = name.removeprefix(" · ") or self.label
        self.border_title = Content(first_fitting(self.title_room, self.label + name, row, self.short_label))
        source = self._source
        if source is None:
            self.border_subtitle = ""
            return
        page = self.table.page
        total = f"{source.n_rows:,}" + (" drawn" if source.n_rows < snapshot.n_rows else "")
        where = f"{page.start + 1:,}–{page.stop:,} of {total}" if page else f"{total} rows"
        which = "of the last E-step" if snapshot.step.phase == "M" else ""
        words = source.order_words
        room = self.size.width - 4
        said = joined((where, which, words), room)
        if which not in said:  # after an M-step this must be said, whatever the room
            said = joined(("last E-step", where, words), room)
        self.border_subtitle = Content(said)

    # choosing

    def on_line_table_row_picked(self, event: LineTable.RowPicked) -> None:
        """Tell the screen which row of the data was chosen."""
        event.stop()
        if self._source is not None:
            self._choose(self._source.row(event.place))

    def on_heat_strip_picked(self, event: HeatStrip.Picked) -> None:
        """A click on the strip chooses the row there."""
        event.stop()
        if self.snapshot is not None:
            self._choose(int(self.snapshot.rows[event.row]))
            self._announced = None

    def _choose(self, row: int) -> None:
        self._announced = row
        self.chosen_row = row
        self.redraw()
        self.post_message(RowChosen(row))

    def action_mark(self) -> None:
        """Mark the row of the cursor, or the first in sight."""
        row = self._pointed
        if row is None:
            self.refuse(_NOTHING_YET)
        else:
            self._choose(row)

    def action_worked(self) -> None:
        """Have the row worked out."""
        row = self._pointed
        if row is None:
            self.refuse(_NOTHING_YET)
        else:
            self._choose(row)
            self.post_message(WorkedRowWanted(row))

    @property
    def _pointed(self) -> int | None:
        """The row of the data at the cursor, or the first in sight; None where none is listed."""
        table, source = self.table, self._source
        if source is None or not source.n_rows:
            return None
        return source.row(table.page.start if table.cursor is None else table.cursor)

    # ordering

    def action_sort(self) -> None:
        """The next order."""
        if self._source is None:
            self.refuse(_NOTHING_YET)
        else:
            self._order_by(self.order.following(self._source.offered))

    def action_reverse(self) -> None:
        """The same order, reversed."""
        if self._source is None:
            self.refuse(_NOTHING_YET)
            return
        self._order_by(replace(self.order, reverse=not self.order.reverse))

    def action_columns(self, by: int) -> None:
        """Show other components or classes, if not all fit."""
        if self._source is None:
            self.refuse(_NOTHING_YET)
            return
        sheet = self._source.sheet(self.table.scrollable_content_region.width, theme_palette(self))
        shown = sum(column.key.startswith("component ") for column in sheet.columns)
        first = max(0, min(len(self._source.names) - 1, self._first + by))
        if first == self._first or shown == len(self._source.names):
            self.refuse("There is no further column on that side.")
            return
        self._first = first
        self.redraw()

    def on_line_table_head_picked(self, event: LineTable.HeadPicked) -> None:
        """Sort by the column whose head was clicked; a second click reverses the order."""
        event.stop()
        if event.key == "more":
            self.action_columns(1)
        elif self._source is not None:
            wanted, order = self._source.order_by(event.key), self.order
            self._order_by(replace(wanted, reverse=order.forward == wanted and not order.reverse))

    def _order_by(self, order: RowOrder) -> None:
        self._orders[type(self._source)] = order
        self.redraw()
        if self.chosen_row is None:
            self.table.scroll_to(y=0, animate=False, force=True)
        else:
            self.table.reveal()


def _names(names: Sequence[str], n_components: int) -> tuple[str, ...]:
    """As many names as there are components."""
    return tuple(names[:n_components]) + tuple(str(k + 1) for k in range(len(names), n_components))
