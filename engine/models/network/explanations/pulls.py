"""What rows add to a slope or a sum: those that pull most, the others together, and the sum of all."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.explain.derivation import Operation, WorkedLine, line
from engine.models.network.data import NetworkRows

_ROWS = 6  # that pull most
Values = list[tuple[str, float]]


def pull_lines(
    each: Sequence[Values], rows: NetworkRows, formula: str, total: str, operation: Operation = "deviation"
) -> list[WorkedLine]:
    """The rows that pull most, each with its numbers; the others together; the sum of all."""
    weighed = rows.weights is not None
    weight = np.ones(rows.n_rows) if rows.weights is None else rows.weights
    made = [
        line(
            "pull",
            f"{formula} · weight" if weighed else formula,
            operation,
            [*values, ("weight", w)] if weighed else values,
            row=rows.row_of(int(row)),
        )
        for values, w, row in zip(each, weight, rows.order, strict=True)
    ]
    pulls = np.array([one.result for one in made])
    shown = np.argsort(-np.abs(pulls), kind="stable")[:_ROWS]
    lines = [made[place] for place in shown.tolist()]
    named = [("pull", one.result) for one in lines]
    n_others = len(made) - len(lines)
    if n_others:
        others = float(np.delete(pulls, shown).sum())
        said = f"the other {n_others:,} rows" if n_others > 1 else "the other row"
        lines.append(line("pull", said, "value", [(said, others)]))
        named.append((said, others))
    return [*lines, line("slope", total, "sum", named)]
