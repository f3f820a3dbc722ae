"""A table for any number of rows: it asks its source for the rows that can be seen, and draws them as lines.

Textual's own `DataTable` keeps every cell and takes 12 s for 100,000 rows; this one takes the same for ten and for
a million.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from emtui.charts.cell_picture import BOLD, PLAIN, REVERSE, pack, style_of
from emtui.charts.cell_text import wrapped
from emtui.charts.colors import DARK, Palette, blend
from emtui.charts.picture_widget import theme_palette
from emtui.widgets.table_columns import Sheet, TableSource, line, plain

_CACHED_ROWS = 2_000


class LineTable(ScrollView, can_focus=True, inherit_bindings=False):
    """Rows of a `TableSource` under a fixed head, with a cursor on one row.

    Keys: ↑ ↓ k j, page up and down, `<` `>` (or ctrl+home, ctrl+end) for the ends. ← → h l home and end are left
    to the screen, where they walk through history. With `pointing=False` there is no cursor and the keys scroll.
    """

    DEFAULT_CSS = """
    LineTable { width: 1fr; height: 1fr; overflow-x: hidden; overflow-y: auto; scrollbar-size-vertical: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "point(-1)", "row up", show=False, id="table.up"),
        Binding("down,j", "point(1)", "row down", show=False, id="table.down"),
        Binding("pageup", "page(-1)", "page up", show=False, id="table.page_up"),
        Binding("pagedown", "page(1)", "page down", show=False, id="table.page_down"),
        Binding("less_than_sign,ctrl+home", "end(-1)", "first row", show=False, id="table.first"),
        Binding("greater_than_sign,ctrl+end", "end(1)", "last row", show=False, id="table.last"),
    ]

    @dataclass(eq=False)
    class RowPicked(Message):
        """The user chose a row; `place` counts from 0 in the order that is shown."""

        place: int

    @dataclass(eq=False)
    class HeadPicked(Message):
        """The user clicked on the head of a column."""

        key: str

    class PageTurned(Message):
        """Other rows are in sight."""

    def __init__(self, *, pointing: bool = True, id: str | None = None) -> None:
        super().__init__(id=id)
        self.source: TableSource | None = None
        self.sheet: Sheet | None = None
        self.cursor: int | None = None
        self.words = ""
        self._pointing = pointing
        self._palette: Palette = DARK
        self._reveal_later = False
        self._page_height = 0
        self._key: tuple[object, ...] = ()
        self._strips: dict[tuple[int, bool], Strip] = {}

    # what is shown

    def set_source(self, source: TableSource | None, cursor: int | None = None, words: str = "") -> None:
        """Show these rows with the cursor there; `words` stand in their place where there are none.

        The scroll position is kept; call `reveal` to bring the cursor into sight.
        """
        self.source = source
        self.cursor = cursor
        self.words = words
        self.prepare()
        self.refresh()

    @property
    def n_rows(self) -> int:
        """Rows of the source; 0 while there is no room for them."""
        return 0 if self.sheet is None else self.sheet.n_rows

    @property
    def head_height(self) -> int:
        """1 with a head, 0 without: where every title is empty, or there is one line only."""
        if self.sheet is None or self.size.height < 2:
            return 0
        return int(any(plain(column.title) for column in self.sheet.columns))

    @property
    def page_height(self) -> int:
        """How many rows fit at once."""
        return max(0, self.size.height - self.head_height)

    @property
    def page(self) -> range:
        """The rows in sight."""
        first = min(self.scroll_offset.y, max(0, self.n_rows - 1))
        return range(first, min(self.n_rows, first + self.page_height))

    def reveal(self) -> None:
        """Scroll as little as it takes to see the cursor; later, if there is no room for a row yet."""
        self._reveal_later = not self.page_height
        if self.cursor is None or not self.page_height:
            return
        first = self.scroll_offset.y
        if self.cursor < first:
            self.scroll_to(y=self.cursor, animate=False, force=True)
        elif self.cursor >= first + self.page_height:
            self.scroll_to(y=self.cursor - self.page_height + 1, animate=False, force=True)

    # drawing

    def prepare(self) -> None:
        """Lay the source out for the current width and colours, and drop the lines drawn for others."""
        width, palette = self.scrollable_content_region.width, theme_palette(self)
        key = (self.source, width, self.size.height > 1, palette)
        if key == self._key:
            return
        self._key, self._palette = key, palette
        self._strips.clear()
        self.sheet = None if self.source is None or width < 1 else self.source.sheet(width, palette)
        height = self.n_rows + self.head_height if self.n_rows else 0
        self.virtual_size = Size(1, height)

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines in sight; rows not drawn yet are fetched together."""
        self.prepare()
        self._draw(self.page)
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """One line: the head, a row, or words."""
        width, palette = self.scrollable_content_region.width, self._palette
        base = _base(palette)
        if not self.n_rows:
            lines = wrapped(self.words, width) if width > 0 else []
            return _strip([Segment(lines[y])] if y < len(lines) else [], width, base)
        if y < self.head_height:
            return self._head(width, palette)
        row = self.scroll_offset.y + y - self.head_height
        if row >= self.n_rows:
            return Strip.blank(width, base)
        pointed = row == self.cursor
        if (row, pointed) not in self._strips:
            self._draw(range(row, row + 1))
        return self._strips[row, pointed]

    def _head(self, width: int, palette: Palette) -> Strip:
        made: list[Segment] = []
        style = style_of(pack(palette.muted), -1, PLAIN, palette.mode)
        for index, column in enumerate(() if self.sheet is None else self.sheet.columns):
            if index:
                made.append(Segment(" " * column.gap))
            marked = Style(bold=True, underline=True) if column.marked else Style()
            made += Segment.apply_style(line([column.title], [column]), style + marked)
        return _strip(made, width, _base(palette))

    def _draw(self, rows: range) -> None:
        if self.sheet is None:
            return
        missing = [row for row in rows if (row, row == self.cursor) not in self._strips]
        if not missing:
            return
        if len(self._strips) > _CACHED_ROWS:
            self._strips.clear()
            missing = list(rows)
        span = range(missing[0], missing[-1] + 1)
        width, palette = self.scrollable_content_region.width, self._palette
        ellipsis = "~" if palette.ascii else "…"
        for row, cells in zip(span, self.sheet.cells(span), strict=True):
            pointed = row == self.cursor
            style = _pointed(palette) if pointed else _base(palette)
            self._strips[row, pointed] = _strip(line(cells, self.sheet.columns, ellipsis), width, style)

    # moving

    def move_to(self, place: int) -> None:
        """Move the cursor to a row within the table, and report it."""
        if not self.n_rows:
            return
        self.cursor = max(0, min(place, self.n_rows - 1))
        self.reveal()
        self.refresh()
        self.post_message(self.RowPicked(self.cursor))

    def action_point(self, by: int) -> None:
        """The next row, or the first in sight if there was no cursor."""
        if not self._pointing:
            self.scroll_to(y=self.scroll_offset.y + by, animate=False, force=True)
        elif self.cursor is None:
            self.move_to(self.page.start)
        else:
            self.move_to(self.cursor + by)

    def action_page(self, by: int) -> None:
        """A page on."""
        step = by * max(1, self.page_height - 1)
        if self._pointing and self.cursor is not None:
            self.move_to(self.cursor + step)
        else:
            self.scroll_to(y=self.scroll_offset.y + step, animate=False, force=True)

    def action_end(self, which: int) -> None:
        """The first row, or the last."""
        if self._pointing:
            self.move_to(0 if which < 0 else self.n_rows - 1)
        else:
            self.scroll_to(y=0 if which < 0 else self.max_scroll_y, animate=False, force=True)

    def on_click(self, event: events.Click) -> None:
        """Choose the row that was clicked, or report the head that was."""
        offset = event.get_content_offset(self)
        if offset is None or self.sheet is None:
            return
        event.stop()
        if offset.y < self.head_height:
            right = 0
            for index, column in enumerate(self.sheet.columns):
                left = right + column.gap * bool(index)
                right = left + column.width
                if left <= offset.x < right:
                    self.post_message(self.HeadPicked(column.key))
            return
        row = self.scroll_offset.y + offset.y - self.head_height
        if self._pointing and row < self.n_rows:
            self.move_to(row)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Other rows came into sight."""
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) != round(new_value):
            self.post_message(self.PageTurned())

    def on_resize(self) -> None:
        """Other columns may fit now, and other rows can be seen; the cursor stays in sight if it was."""
        first = self.scroll_offset.y
        seen = self.cursor is not None and first <= self.cursor < first + self._page_height
        self.prepare()
        self._page_height = self.page_height
        if seen or self._reveal_later:
            self.reveal()
        self.post_message(self.PageTurned())


def _base(palette: Palette) -> Style:
    return style_of(pack(palette.text), pack(palette.background), PLAIN, palette.mode)


def _pointed(palette: Palette) -> Style:
    if palette.mode != "truecolor":
        return style_of(-1, -1, REVERSE, palette.mode)
    return style_of(pack(palette.text), pack(blend(palette.background, palette.text, 0.25)), BOLD, palette.mode)


def _strip(made: list[Segment], width: int, style: Style) -> Strip:
    """Segments on a background, cut or filled to the width."""
    return Strip(made).apply_style(style).adjust_cell_length(width, style)
