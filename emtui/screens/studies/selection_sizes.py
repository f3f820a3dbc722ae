"""What a comparison of sizes has found: by K and covariance type, as curves, as a table and in a sentence."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from rich.style import Style

from emtui.charts.colors import Palette
from emtui.charts.scene import Curve, Layer, Mark, Scene
from emtui.exports.data_table import DataTable
from emtui.exports.export import Export
from emtui.exports.study_tables import Study, fits_table, study_exports, weak_words
from emtui.screens.studies.weak_components import COLUMN as WEAK
from emtui.screens.studies.weak_components import weak_cell
from emtui.views.number_format import decimals_apart, fixed, listed, number, plural
from emtui.widgets.plain_table import PlainTable
from emtui.widgets.table_columns import TableCell, TableColumn, ink
from engine.analysis.selection import CRITERIA, Candidate, Criterion, best_candidate, curves, plateau

_NAMES: dict[Criterion, str] = {
    "bic": "BIC",
    "aic": "AIC",
    "icl": "ICL ent.",
    "icl_map": "ICL MAP",
    "held_out": "held-out",
}
_IN_WORDS: dict[Criterion, str] = {"icl": "ICL (entropy)", "icl_map": "ICL (MAP)", "held_out": "held-out rows"}


@dataclass(frozen=True)
class Size:
    """One K and covariance type, with the numbers that it has come to.

    values: by criterion; nan where there is none. seed: of the start that ended highest; None where none could be run.
    weak: its components that the rows alone don't hold up.
    """

    n_components: int
    covariance_type: str | None
    values: dict[Criterion, float]
    seed: int | None
    weak: Mapping[int, str] = field(default_factory=dict)


def sizes_of(candidates: tuple[Candidate, ...]) -> tuple[Size, ...]:
    """The candidates by K and covariance type: criteria of the best fit, held-out rows averaged over repeats."""
    values: dict[tuple[int, str | None], dict[Criterion, float]] = {}
    groups: dict[tuple[int, str | None], list[Candidate]] = {}
    for one in candidates:
        key = one.n_components, one.covariance_type
        values.setdefault(key, dict.fromkeys(CRITERIA, math.nan))
        groups.setdefault(key, []).append(one)
    for criterion in CRITERIA:
        for curve in curves(candidates, criterion):
            for k, value in zip(curve.n_components, curve.best, strict=True):
                values[k, curve.covariance_type][criterion] = value
    found = []
    for (k, kind), numbers in values.items():
        fits = [one for one in groups[k, kind] if one.error is None]
        best = max(fits, key=lambda one: one.objective, default=None)
        found.append(Size(k, kind, numbers, None if best is None else best.seed, {} if best is None else best.weak))
    return tuple(found)


def sizes_data(candidates: Sequence[Candidate]) -> DataTable:
    """The same as a file: a row for each K and covariance type."""
    kind = any(one.covariance_type is not None for one in candidates)
    return DataTable.of(
        [
            {
                "n_components": one.n_components,
                **({"covariance_type": one.covariance_type} if kind else {}),
                **{criterion: float(one.values[criterion]) for criterion in CRITERIA},
                "best_seed": one.seed,
                "weak_components": weak_words(one.weak),
            }
            for one in sizes_of(tuple(candidates))
        ]
    )


SIZES_EXPORTS: tuple[Export[Study[Sequence[Candidate]]], ...] = (
    *study_exports("sizes", "sizes", sizes_data),
    *study_exports("every fit", "fits", fits_table)[:3],
)


def size_scene(
    candidates: tuple[Candidate, ...], criterion: Criterion, order: tuple[str | None, ...], palette: Palette
) -> Scene:
    """The criterion against K, a curve for each covariance type; a cross on the best."""
    layers: list[Layer] = []
    legend = []
    for curve in curves(candidates, criterion):
        if not curve.n_components:
            continue
        color = palette.color(order.index(curve.covariance_type))
        x, y = np.array(curve.n_components, dtype=float), np.array(curve.best)
        layers.append(Curve(x, y, color))
        marker = palette.marker(order.index(curve.covariance_type))
        layers += [Mark(float(a), float(b), marker, color) for a, b in zip(x, y, strict=True)]
        if curve.covariance_type is not None:
            legend.append((marker, color, curve.covariance_type))
    best = best_candidate(candidates, criterion)
    if best is not None:
        size = (best.n_components, best.covariance_type)
        values = {(one.n_components, one.covariance_type): one.values[criterion] for one in sizes_of(candidates)}
        layers.append(Mark(float(best.n_components), values[size], palette.mean_marker, palette.text))
        legend.append((palette.mean_marker, palette.text, "best"))
    return Scene(
        layers, x_label="components K", legend=tuple(legend), empty="no candidate yet", description=verdict(candidates)
    )


def size_table(
    sizes: tuple[Size, ...], criterion: Criterion, order: tuple[str | None, ...], palette: Palette
) -> PlainTable:
    """A table of all candidates with all criteria; the one that it is sorted by is highlighted."""
    weak = any(size.weak for size in sizes)
    columns = (
        TableColumn("k", "K", 3, "right"),
        *((TableColumn("kind", "covariance", 11, gap=2),) if order != (None,) else ()),
        *(TableColumn(one, _NAMES[one], 10, "right", marked=one == criterion) for one in CRITERIA),
        *((WEAK,) if weak else ()),
    )
    rows: list[tuple[TableCell, ...]] = []
    apart = decimals_apart([size.values["held_out"] for size in sizes])
    for size in sizes:
        place = order.index(size.covariance_type)
        named: TableCell = ((palette.marker(place), ink(palette, palette.color(place), bold=True)),
                       (f" {size.covariance_type}", Style()))  # fmt: skip
        numbers = [fixed(size.values[one], apart if one == "held_out" else 1) for one in CRITERIA]
        marks = (weak_cell(size.weak),) if weak else ()
        rows.append((str(size.n_components), *((named,) if order != (None,) else ()), *numbers, *marks))
    return PlainTable(columns, tuple(rows), ("aic", "icl", "icl_map"))


def verdict(candidates: tuple[Candidate, ...]) -> str:
    """What each criterion prefers, and whether that is the largest K; criteria that agree are named together."""
    preferred: dict[str, list[str]] = {}
    for criterion in CRITERIA:
        best = best_candidate(candidates, criterion)
        if best is not None:
            words = f"K={best.n_alive}" + (f" {best.covariance_type}" if best.covariance_type else "")
            if best.n_alive < best.n_components:
                words += f" (of {best.n_components} the others died)"
            words += _at_the_end(candidates, criterion)
            preferred.setdefault(words, []).append(_IN_WORDS.get(criterion, _NAMES[criterion]))
    parts = [f"{listed(names)} {'prefer' if _many(names) else 'prefers'} {words}" for words, names in preferred.items()]
    said = f"{'; '.join(parts)}." if parts else ""
    errors = [one for one in candidates if one.error is not None]
    if errors:
        said += f" {plural(len(errors), 'fit')} could not be run: {errors[-1].error}"
    return said.strip()


def _at_the_end(candidates: tuple[Candidate, ...], criterion: Criterion) -> str:
    """Where the best K is the last one: that it is, and how close the next ones are."""
    found = plateau(candidates, criterion)
    if found is None:
        return ""
    others = f"K={found.smallest} to {found.largest} lie"
    if found.smallest == found.largest - 1:
        others = f"K={found.smallest} lies"
    return f", the largest that was tried ({others} within {number(found.gap)} of the best)"


def _many(names: list[str]) -> bool:
    return len(names) > 1 or names[0] == "held-out rows"
