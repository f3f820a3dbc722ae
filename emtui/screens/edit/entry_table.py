"""The entries of θ in a list: value, new value and limits, computed for those in sight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rich.cells import cell_len
from rich.style import Style

from emtui.charts.cell_text import clean, short_head
from emtui.charts.colors import Palette
from emtui.views import view_for
from emtui.views.entry_names import entry_parts
from emtui.views.entry_parts import EntryParts
from emtui.views.number_format import number
from emtui.views.parameter_edit import ParameterEdit, limits_words
from emtui.widgets.table_columns import Piece, Sheet, TableCell, TableColumn, ink, widths
from engine.editing.entries import Entry

_SHORT = {"covariance": "cov", "variance": "var", "probability": "prob", "first probability": "first"}
_NAME = 34
_NUMBER = 9
_WHOLE = 28  # cells from which names stand whole, if they fit
_ROOM = 12  # cells below which a name can't be read


@dataclass(frozen=True, eq=False)
class EntryTable:
    """The source of the list, one entry per line."""

    edit: ParameterEdit
    entries: tuple[Entry, ...]

    def sheet(self, width: int, palette: Palette) -> Sheet:
        """Lay it out in this width; if room is short, the limits go first, then the old values."""
        columns = [
            TableColumn("name", "parameter", _NAME),
            TableColumn("was", "is", _NUMBER, "right"),
            TableColumn("now", "would be", _NUMBER + 1, "right"),
            TableColumn("limits", "may be", 19, gap=2),
        ]
        for key in ("limits", "was"):
            room = _NAME if key == "limits" else _ROOM + 8
            if widths(columns) - _NAME + room > width:
                columns = [column for column in columns if column.key != key]
        left = width - widths(columns) + _NAME
        columns[0] = replace(columns[0], width=max(1, left))
        return Sheet(
            tuple(columns),
            len(self.entries),
            lambda places: [self._line(self.entries[place], columns, palette) for place in places],
        )

    def _line(self, entry: Entry, columns: Sequence[TableColumn], palette: Palette) -> list[TableCell]:
        edit = self.edit
        was, now = edit.before(entry), edit.value(entry)
        faint, strong = ink(palette, palette.muted), ink(palette, palette.text, bold=True)
        arrow = "" if now == was else ("^" if now > was else "v") if palette.ascii else "▲" if now > was else "▼"
        cells: dict[str, TableCell] = {
            "name": entry_title(edit, entry, palette, columns[0].width),
            "was": ((_written(was), faint if arrow else Style()),),
            "now": ((f"{_written(now)}{arrow}", strong),) if arrow else "",
            "limits": "",
        }
        if not arrow and len(columns) == 2:  # no room for the old value
            cells["now"] = f"{_written(now)} "
        if columns[-1].key == "limits":
            cells["limits"] = ((_limits(*edit.limits(entry)), faint),)
        return [cells[column.key] for column in columns]


def _written(value: float) -> str:
    """A number with as many digits as its column has room for, at most five: no number is ever cut."""
    texts = [number(value, digits) for digits in range(5, 0, -1)]
    return next((text for text in texts if len(text) <= _NUMBER), texts[-1])


def _limits(low: float, high: float) -> str:
    said = limits_words(low, high)
    if said.startswith("between"):
        return f"{number(low, 4)} to {number(high, 4)}"
    return said


def entry_title(edit: ParameterEdit, entry: Entry, palette: Palette, width: int) -> TableCell:
    """ "■ 2 mean of petal length" in so many cells; where that is too long, with every word shortened alike."""
    parts = entry_parts(edit.snapshot, entry)
    if parts is None:
        return entry.name
    names = view_for(edit.snapshot.spec.model).component_names(edit.snapshot)
    pieces: list[Piece] = []
    for place, k in enumerate(parts.components):
        text = (
            f"{' → ' if place and not palette.ascii else ' > ' if place else ''}{palette.marker(k)} {clean(names[k])}"
        )
        pieces.append((text, ink(palette, palette.color(k), bold=True)))
    room = width - sum(cell_len(text) for text, _ in pieces) - bool(pieces)
    said = _short(parts, room)
    return (*pieces, (f"{' ' if pieces else ''}{said}", Style()))


def _short(parts: EntryParts, room: int) -> str:
    of = parts.of
    if not of or (cell_len(parts.words) <= room and room >= _WHOLE):
        return parts.words
    head = f"{_SHORT.get(parts.what, parts.what)} "
    each = max(3, (room - cell_len(head) - 3 * (len(of) - 1)) // len(of))
    return head + " · ".join(short_head(name, each) for name in of)
