"""What a mixture says of a row of numbers: its components, how far it lies from each, and how that was worked out."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from emtui.charts.colors import DARK
from emtui.cli.shell_output import table
from emtui.panes.why.derivation_text import worked_lines
from emtui.spec.row_words import numbers_from_words
from emtui.spec.run_spec import RunSpec
from emtui.spec.state_names import component_names
from emtui.views.number_format import number, probability
from emtui.widgets.table_columns import plain
from engine.arrays import Array
from engine.em.step import Step
from engine.errors import DataError
from engine.explain.derivation import Worked
from engine.explain.new_row import new_row
from engine.text import clean, quoted

_WIDTH = 76  # cells of the worked lines
_LONGEST = 40  # cells of a column's name


def said_of_numbers(spec: RunSpec, step: Step, row: Array) -> dict[str, Any]:
    """The row, its responsibilities, ln p(x), the distances in standard deviations, and how that was worked out.

    row: in the data's own units; ln p(x) and the lines are in those that were fitted, as everywhere.
    """
    data = spec.dataset
    fitted = row if data.units is None else data.units.to_standard(row)
    found, names = new_row(step, fitted), component_names(spec, step.params)
    distances = [None] * len(names) if found.distances is None else [_finite(one) for one in found.distances]
    return {
        "row": dict(zip(data.feature_names, row.tolist(), strict=True)),
        "responsibilities": dict(zip(names, found.responsibilities.tolist(), strict=True)),
        "log_likelihood": found.log_likelihood,
        "distances": dict(zip(names, distances, strict=True)),
        "worked": _worked(found.worked, names, standardized=data.units is not None),
    }


def numbers_read(spec: RunSpec, text: str) -> Array:
    """(D,) the numbers of a row, all of them in the order of the columns or each by its name."""
    return numbers_from_words(text, spec.dataset.feature_names)


def check_numbers(spec: RunSpec, rows: Array) -> None:
    """Raises DataError where a row lacks a number."""
    lacking = np.argwhere(~np.isfinite(rows))
    if len(lacking):
        row, column = lacking[0]
        name = quoted(spec.dataset.feature_names[column])
        raise DataError(f"row {row + 1} has no number for {name}: {spec.model.name} needs one for each column.")


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _worked(found: Worked, names: tuple[str, ...], *, standardized: bool) -> list[str]:
    """The lines of the pane, for a reader."""
    remark = "; ".join(filter(None, (found.remark, "x is standardised" if standardized else "")))
    return [plain(line) for line in worked_lines(replace(found, remark=remark), names, _WIDTH, DARK)]


def lines_of_numbers(record: dict[str, Any]) -> list[str]:
    """A row for eyes."""
    lines = [", ".join(f"{clean(name, _LONGEST)} {number(value, 6)}" for name, value in record["row"].items())]
    lines.append(f"log-likelihood {record['log_likelihood']:z.4f}")
    if record["log_likelihood"] == -math.inf:
        lines.append("no component can give such a row: those that come nearest share it")
    far = record["distances"]
    cells = [
        (f"component {clean(name)}", probability(r), *([] if far[name] is None else [f"{far[name]:z.2f} σ"]))
        for name, r in record["responsibilities"].items()
    ]
    heads = ("", "responsibility", *(["away by"] if any(one is not None for one in far.values()) else []))
    return [*lines, "", *table([heads, *cells], right=(1, 2)), "", *record["worked"]]
