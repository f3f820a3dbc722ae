"""Components that the rows alone don't hold up, in a cell and in a clause."""

from __future__ import annotations

from collections.abc import Mapping

from emtui.views.number_format import listed
from emtui.widgets.table_columns import TableColumn

COLUMN = TableColumn("weak", "weak", 7, "right")
_SHORT = {"on the ridge": "ridge", "one row": "row"}


def weak_cell(weak: Mapping[int, str]) -> str:
    """How many, and what is wrong with them: "1 ridge", "6 dead"; "3 weak" where it differs; "" for none."""
    if not weak:
        return ""
    kinds = {_SHORT.get(what, what) for what in weak.values()}
    return f"{len(weak)} {kinds.pop() if len(kinds) == 1 else 'weak'}"


def weak_clause(weak: Mapping[int, str], noun: str = "component") -> str:
    """Which they are: "component 2 on the ridge, components 3 and 5 dead"; "" for none."""
    parts = []
    for what in dict.fromkeys(weak.values()):
        names = [str(k + 1) for k, found in weak.items() if found == what]
        words = f"on {what}" if what == "one row" else what
        parts.append(f"{noun}{'s' if len(names) > 1 else ''} {listed(names)} {words}")
    return ", ".join(parts)
