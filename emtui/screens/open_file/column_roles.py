"""What each column of a table is read as: data, the label, or nothing; a value, and the list that shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets.option_list import Option

from emtui.charts.cell_text import pad
from emtui.widgets.choice_list import ChoiceList
from engine.errors import OptionError
from engine.readers.table import ColumnPreview, TablePreview
from engine.text import quoted

NO_LABEL = ""
PART_WORDS = {"rows": "names of rows", "sequence": "sequence", "weights": "weights", "target": "target"}
_OF_NUMBERS = ("weights", "target")
_LISTED = 500
_WORDS = {"number": "numbers", "text": "text", "empty": "empty", "row number": "row numbers"}


@dataclass(frozen=True)
class ColumnRoles:
    """Which columns (counted from 0) are read as data, and which is the label; None for none.

    parts: which column has which further part: "rows", "sequence", "weights", "target".
    """

    columns: tuple[ColumnPreview, ...]
    data: frozenset[int]
    label: int | None
    parts: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def suggested(cls, preview: TablePreview) -> ColumnRoles:
        """What the reader would choose."""
        names = [column.name for column in preview.columns]
        label = None if preview.label is None else names.index(preview.label)
        return cls(preview.columns, frozenset(names.index(name) for name in preview.features), label)

    def toggled(self, index: int) -> ColumnRoles:
        """With this column as data, or left out if it was.

        Raises:
            OptionError: it holds text, or nothing.
        """
        column = self.columns[index]
        if index in self.data:
            return replace(self, data=self.data - {index})
        without = self._without(index)
        words = {"answers": True, "symbols": not without.data}.get(column.words, False)
        if column.kind == "empty" or (column.kind == "text" and not words):
            what = "is empty: leave it out"
            if column.kind == "text":
                what = "holds text: it can be the label (press l)"
                what += ", or symbols where no other column is data" if column.words else ""
            raise OptionError(f"The column {quoted(column.name)} {what}.")
        symbols = next((self.columns[i] for i in without.data if self.columns[i].words == "symbols"), None)
        if symbols is not None:
            raise OptionError(f"The words of {quoted(symbols.name)} are symbols only if alone: leave them out first.")
        return replace(without, data=without.data | {index})

    def labelled(self, index: int) -> ColumnRoles:
        """With this column as the label, or with no label if it was."""
        if self.label == index:
            return replace(self, label=None)
        return replace(self._without(index), label=index)

    def with_part(self, part: str, index: int) -> ColumnRoles:
        """With this column for a further part, or for none if it had that part.

        Raises:
            OptionError: the part takes numbers, and it holds none.
        """
        column = self.columns[index]
        if self.parts.get(part) == index:
            return replace(self, parts={other: i for other, i in self.parts.items() if other != part})
        if column.kind == "empty" or (part in _OF_NUMBERS and column.kind == "text"):
            words = "yes and no" if column.words == "answers" else "text"
            what = "is empty" if column.kind == "empty" else f"holds {words}"
            raise OptionError(f"The column {quoted(column.name)} {what}: it can't be the {PART_WORDS[part]}.")
        without = self._without(index)
        return replace(without, parts={**without.parts, part: index})

    def _without(self, index: int) -> ColumnRoles:
        """With nothing said of this column."""
        parts = {part: i for part, i in self.parts.items() if i != index}
        label = None if self.label == index else self.label
        return replace(self, data=self.data - {index}, label=label, parts=parts)

    def next_role(self, index: int) -> ColumnRoles:
        """With the next role that this column can have: data, the label, nothing."""
        if index in self.data or index == self.label or self.columns[index].kind == "text":
            return self.labelled(index)
        return self.toggled(index)

    def words(self, preview: TablePreview) -> tuple[str | None, tuple[str, ...] | None]:
        """`label` and `columns` as `read_table` takes them: None where the reader would choose the same."""
        suggested = ColumnRoles.suggested(preview)
        label = None
        words = any(self.columns[i].kind == "text" for i in self.data)
        if self.label != suggested.label or self.parts or (words and self.data != suggested.data):
            label = NO_LABEL if self.label is None else self.columns[self.label].name
        by_itself = _numbers(self.columns) - {self.label, *self.parts.values()}
        if not by_itself and not self.parts and self.label == suggested.label:
            by_itself = suggested.data
        columns = None if self.data == by_itself else tuple(self.columns[i].name for i in sorted(self.data))
        return label, columns

    @property
    def named_parts(self) -> dict[str, str]:
        """The columns of further parts, as `read_table` takes them."""
        return {part: self.columns[index].name for part, index in self.parts.items()}

    def line(self, index: int, width: int) -> str:
        """`x petal length    numbers`, `◉ species   label, 3 values`, `  id   text`."""
        column = self.columns[index]
        values = f"{column.n_distinct} value{'' if column.n_distinct == 1 else 's'}"
        if index == self.label:
            mark, what = "◉", f"label, {values}"
        elif index in self.parts.values():
            part = next(part for part, place in self.parts.items() if place == index)
            mark, what = "◉", PART_WORDS[part] + (f", {values}" if part == "sequence" else "")
        elif index in self.data and column.kind == "text":
            mark, what = "✓", "yes and no" if column.words == "answers" else f"symbols, {values}"
        else:
            mark = "✓" if index in self.data else " "
            what = "yes and no" if column.words == "answers" else _WORDS[column.kind]
        room = width - cell_len(what) - 3
        return f"{mark} {pad(column.name, max(4, room))} {what}"


def _numbers(columns: tuple[ColumnPreview, ...]) -> frozenset[int]:
    return frozenset(i for i, column in enumerate(columns) if column.kind == "number")


class ColumnList(ChoiceList):
    """The columns to tick: space takes one as data or leaves it out, `l` makes it the label or takes that back.

    `n` makes it the names of the rows, `s` the sequence, `w` the weights, `t` the target.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "use_or_leave", "use or leave out", show=False),
        Binding("l", "label", "label", show=False),
        Binding("n", "part('rows')", "names of rows", show=False),
        Binding("s", "part('sequence')", "sequence", show=False),
        Binding("w", "part('weights')", "weights", show=False),
        Binding("t", "part('target')", "target", show=False),
    ]
    DEFAULT_CSS = """
    ColumnList { height: auto; max-height: 9; }
    """

    @dataclass(eq=False)
    class Changed(Message):
        """Another column is data, or the label; or it can't be: then `reason` says why, in a sentence."""

        reason: str

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(markup=False, id=id)
        self.roles: ColumnRoles | None = None

    def show(self, roles: ColumnRoles | None) -> None:
        """Show these roles; None for no table."""
        self.roles = roles
        self._fill()

    def _fill(self) -> None:
        if self.roles is None:
            self.clear_options()
            return
        at, width = self.highlighted, max(1, self.size.width - 1)
        count = len(self.roles.columns)
        lines = [Option(Content(self.roles.line(i, width))) for i in range(min(count, _LISTED))]
        if count > _LISTED:
            lines.append(Option(Content(f"  and {count - _LISTED:,} more, read as suggested"), disabled=True))
        self.set_options(lines)
        self.highlighted = 0 if at is None else min(at, len(lines) - 1)

    def on_resize(self) -> None:
        """Lay the lines out for this width."""
        self._fill()

    async def _on_click(self, event: events.Click) -> None:
        """A click makes the column the next thing that it can be, and opens nothing."""
        event.prevent_default()
        place = event.style.meta.get("option")
        if place is not None and not self.get_option_at_index(place).disabled:
            self.highlighted = place
            self._change("next")

    def _change(self, change: str, part: str = "") -> None:
        index = self.highlighted
        if self.roles is None or index is None or index >= len(self.roles.columns):
            return
        try:
            roles = self.roles
            change_of = {"toggle": roles.toggled, "label": roles.labelled, "next": roles.next_role}
            self.roles = roles.with_part(part, index) if part else change_of[change](index)
        except OptionError as error:
            self.post_message(self.Changed(str(error)))
            return
        self.post_message(self.Changed(""))
        self._fill()

    def action_use_or_leave(self) -> None:
        """Read the column as data, or leave it out."""
        self._change("toggle")

    def action_part(self, part: str) -> None:
        """Give the column a further part, or take that back."""
        self._change("", part)

    def action_label(self) -> None:
        """Make the column the label, or take that back."""
        self._change("label")
