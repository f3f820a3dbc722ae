"""The rows of the data in a list with their weights, computed for those in sight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import numpy as np
from rich.cells import cell_len
from rich.style import Style

from emtui.charts.cell_text import clean
from emtui.charts.colors import Palette
from emtui.screens.edit.edit_text import counted
from emtui.session.snapshot import StepSnapshot
from emtui.views import view_for
from emtui.views.number_format import number, probability
from emtui.widgets.row_cells import class_label, row_label
from emtui.widgets.table_columns import Sheet, TableCell, TableColumn, ink, widths
from engine.em.given import Given
from engine.errors import OptionError
from engine.text import quoted

_NAMES = 1_000


@dataclass(frozen=True, eq=False)
class WeightTable:
    """The source of the list: the rows that the model is fitted to. row, weight: the one to change."""

    snapshot: StepSnapshot
    row: int | None = None
    weight: float = 1.0

    @cached_property
    def rows(self) -> Any:
        """The listed rows of the data, in order: a range, or an array if some are held back."""
        return self.snapshot.fitted_rows

    def place_of(self, row: int) -> int | None:
        """The place of a row of the data in the list; None if it is not listed."""
        place = int(np.searchsorted(self.rows, row)) if isinstance(self.rows, np.ndarray) else row
        return place if 0 <= place < len(self.rows) and int(self.rows[place]) == row else None

    def row_called(self, text: str) -> int:
        """The row of the data with this number in the list.

        Raises:
            OptionError: there is none; one sentence.
        """
        data = self.snapshot.spec.dataset
        digits = text.strip()
        if not (digits.isascii() and digits.isdigit() and len(digits) < 16):
            raise OptionError(
                f"{quoted(text)} is no row: write its number, such as {row_label(data, int(self.rows[0]))}."
            )
        wanted = int(digits)
        row: int | None = wanted - 1
        if data.line_numbers is not None and data.row_names is None:
            found = np.flatnonzero(np.asarray(data.line_numbers) == wanted)
            row = int(found[0]) if len(found) else None
        if row is None or self.place_of(row) is None:
            last = row_label(data, int(self.rows[len(self.rows) - 1]))
            raise OptionError(f"There is no row {wanted} among those that are fitted: they go up to {last}.")
        return row

    def counts(self, row: int) -> tuple[float, float]:
        """A row's weight, and its new one."""
        weights = self.snapshot.weights_of(np.array([row]))
        now = 1.0 if weights is None else float(weights[0])
        return now, self.weight if row == self.row else now

    @property
    def preview(self) -> StepSnapshot:
        """The snapshot as it would be, for a picture; its numbers are still those of the step before the change."""
        problem = self.snapshot.step.problem
        data, place = problem.data, None if self.row is None else self.place_of(self.row)
        weights = np.ones(data.n_given) if data.given_weight is None else data.given_weight.copy()
        if place is None or place >= len(weights):
            return self.snapshot
        weights[place] = self.weight
        given = Given(data.given_table, None, np.arange(len(weights)), weights)
        there = replace(problem, data=replace(data, given=given))
        return replace(self.snapshot, step=replace(self.snapshot.step, problem=there))

    def sheet(self, width: int, palette: Palette) -> Sheet:
        """Lay it out in this width."""
        data = self.snapshot.spec.dataset
        if data.row_names is None:
            name = max(4, len(row_label(data, -1)))
        else:
            name = max(4, min(24, width // 2, max(cell_len(clean(one)) for one in data.row_names[:_NAMES])))
        columns = [
            TableColumn("row", data.row_heading, name, "left" if data.row_names else "right"),
            TableColumn("counts", "counts", 12),
            TableColumn("of", "likeliest", 12),
        ]
        if data.y is not None:
            longest = max((cell_len(clean(one)) for one in data.class_names), default=1)
            columns.append(TableColumn("class", "class", max(5, min(longest, 16))))
        while len(columns) > 2 and widths(columns) > width:
            columns.pop()
        keys = [column.key for column in columns]
        return Sheet(tuple(columns), len(self.rows), partial(self._cells, keys, palette))

    def _cells(self, keys: Sequence[str], palette: Palette, rows: range) -> list[list[TableCell]]:
        """The cells of these places of the list."""
        listed = np.asarray([int(self.rows[place]) for place in rows], dtype=np.int64)
        R = self.snapshot.responsibilities_of(listed) if "of" in keys else None
        if R is not None and (R.ndim != 2 or len(R) != len(listed)):
            R = None  # the model's responsibilities are not those of rows
        made = [self._line(int(row), None if R is None else R[i], palette) for i, row in enumerate(listed)]
        return [[line[key] for key in keys] for line in made]

    def _line(self, row: int, shares: Any, palette: Palette) -> dict[str, TableCell]:
        data = self.snapshot.spec.dataset
        made: dict[str, TableCell] = {"row": row_label(data, row), "counts": self._counts(row, palette), "of": ""}
        made["class"] = class_label(data, row)
        if shares is not None and len(shares):
            k = int(np.argmax(shares))
            names = view_for(self.snapshot.spec.model).component_names(self.snapshot)
            name = clean(names[k]) if k < len(names) else str(k + 1)
            color = ink(palette, palette.color(k), bold=True)
            made["of"] = ((f"{palette.marker(k)} {name} ", color), (probability(float(shares[k]), 2), Style()))
        return made

    def _counts(self, row: int, palette: Palette) -> TableCell:
        was, now = self.counts(row)
        strong, faint = ink(palette, palette.text, bold=True), ink(palette, palette.muted)
        if was != now:
            arrow = " > " if palette.ascii else " → "
            return ((f"{number(was)}{arrow}{counted(now)}", strong),)
        return ((counted(now), faint if now == 1 else strong),)
