"""What a map of optima has found: as a table, and in a sentence or two."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from emtui.charts.colors import Palette, blend
from emtui.charts.scene import Bars, Scene
from emtui.charts.text_bars import bar
from emtui.networks.scores import AnyScore
from emtui.screens.studies.weak_components import COLUMN as WEAK
from emtui.screens.studies.weak_components import weak_cell, weak_clause
from emtui.views.number_format import MISSING, amount, count, listed, number, plural, share
from emtui.views.score_words import how_right
from emtui.widgets.plain_table import PlainTable
from emtui.widgets.table_columns import TableCell, TableColumn
from engine.analysis.many_starts import StartsProgress
from engine.analysis.optima import Optimum

_FLIGHT = TableColumn("flight", "", 6)


@dataclass(frozen=True, eq=False)
class OptimaMap:
    """The progress of all starts, and the optima that they have reached so far, highest first."""

    progress: StartsProgress
    optima: tuple[Optimum, ...]
    by_validation: bool = False  # a network's, judged by validation rows
    tested: AnyScore | None = None  # of the one that is best by them, fitted again to all training rows

    @property
    def errors(self) -> tuple[str, ...]:
        """Why some starts could not be run."""
        return tuple(one.error for one in self.progress.results if one.error is not None)

    @property
    def by_rmse(self) -> bool:
        """Numbers are learned, so that RMSE stands in place of rows that are right."""
        return any(math.isfinite(one.rmse) for one in self.optima)

    @property
    def n_flights(self) -> int:
        """How many of them are no optima, but places on the way to infinity."""
        return sum(bool(one.flight) for one in self.optima)

    @property
    def best(self) -> Optimum | None:
        """The one with most rows right, the highest among equals; of numbers the one with the lowest RMSE."""
        if self.by_rmse:
            return min((one for one in self.optima if math.isfinite(one.rmse)), key=lambda one: one.rmse, default=None)
        return max(self.optima, key=lambda one: (one.hits, one.objective), default=None)


def optima_table(now: OptimaMap, likelihood: bool) -> PlainTable:
    """How many starts ended at each optimum, how high it is, and how many rows it gets right.

    likelihood: the objective is a log-likelihood and what a prior adds to it, so that both are shown.
    """
    judged_by = "validation RMSE" if now.by_rmse else "validation" if now.by_validation else "accuracy"
    columns = (
        TableColumn("place", "", 3, "right"),
        TableColumn("objective", "objective", 12, "right"),
        TableColumn("likelihood", "log-likelihood", 14, "right"),
        TableColumn("hits", judged_by, 15 if now.by_rmse else 14, "right"),
        TableColumn("starts", "starts", 6, "right"),
        WEAK,
        _FLIGHT,
        TableColumn("share", "", 10),
    )
    rows: list[tuple[TableCell, ...]] = []
    done = max(1, sum(one.count for one in now.optima))
    for place, one in enumerate(now.optima):
        heights = amount(one.objective), amount(one.log_likelihood) if likelihood else MISSING
        hits = share(one.hits, one.total) if one.total else MISSING
        hits = number(one.rmse, 4) if math.isfinite(one.rmse) else hits
        of_it = str(one.count), weak_cell(one.weak), "flight" if one.flight else "", bar(one.count / done, 10)
        rows.append((str(place + 1), *heights, hits, *of_it))
    known, weak = now.by_rmse or any(one.total for one in now.optima), any(one.weak for one in now.optima)
    shown = [place for place, column in enumerate(columns)
             if (likelihood or column.key != "likelihood") and (known or column.key != "hits")
             and (weak or column.key != WEAK.key) and (now.n_flights or column.key != _FLIGHT.key)]  # fmt: skip
    return PlainTable(
        tuple(columns[place] for place in shown),
        tuple(tuple(row[place] for place in shown) for row in rows),
        ("share", "likelihood", "hits"),
    )


def optima_scene(now: OptimaMap, chosen: int, palette: Palette) -> Scene:
    """A bar for each optimum from the highest down, as tall as starts ended there; the chosen one stands out."""
    n = len(now.optima)
    places = np.arange(1, n + 1, dtype=float)
    colors = np.array([palette.color(0) if i == chosen else blend(palette.background, palette.color(0), 0.45)
                       for i in range(n)], dtype=np.uint8)  # fmt: skip
    return Scene(
        [Bars(np.arange(n + 1, dtype=np.float64) + 0.5, np.array([float(one.count) for one in now.optima]), colors)],
        "objective",
        "starts",
        x_ticks=[(place, amount(one.objective)) for place, one in zip(places.tolist(), now.optima, strict=True)],
        description=verdict(now),
    )


def verdict(now: OptimaMap) -> str:
    """How many optima there are, and whether the highest is the best clustering, in a sentence or two."""
    if not now.optima:
        errors = now.errors
        return f"No start could be run: {errors[-1]}" if errors and now.progress.finished else ""
    highest = now.optima[0]
    rows = "validation rows" if now.by_validation else "rows"
    most = max(now.optima, key=lambda one: one.count)
    starts = plural(now.progress.done, "start")
    what = "estimated objective" if now.by_validation and not now.progress.problem.model.exact else "objective"
    if len(now.optima) == 1 and most.count == now.progress.done > 1:
        place = "height" if now.by_validation else "optimum"
        said = f"All {starts} end at the same {place}, {what} {amount(most.objective)}"
        if now.n_flights:
            said = f"All {starts} end on the way to infinity, {what} {amount(most.objective)}{_held_by(now)}"
        if highest.total:
            does = "and each gets" if now.by_validation else "which gets"
            said += f", {does} {count(highest.hits)} of {count(highest.total)} {rows} right"
        elif now.by_rmse:
            said += f", RMSE on validation rows {number(highest.rmse, 4)}"
        return f"{said}.{_of_network(now)}"
    said = f"{_counted(now)} of {starts}{_held_by(now)}"
    if not now.n_flights:  # how far a flight has come says nothing
        said += _most_often(now, what)
    if highest.total:
        best = max(now.optima, key=lambda one: one.hits)
        gets = f"{count(highest.hits)} of {count(highest.total)} {rows} right"
        said += f". The highest, {amount(highest.objective)}, gets {gets}"
        if best.hits > highest.hits:
            gap = highest.objective - best.objective
            kind = "best by them" if now.by_validation else "best clustering"
            said += f"; the {kind}, {count(best.hits)} of {count(best.total)}, lies {number(gap)} lower"
        elif len(now.optima) > 1:
            said += ", and no other more"
    elif now.by_rmse and (least := now.best) is not None:
        said += f". The highest, {amount(highest.objective)}, has RMSE {number(highest.rmse, 4)} on validation rows"
        if least.rmse < highest.rmse:
            lower = number(highest.objective - least.objective)
            said += f"; the best by it, {number(least.rmse, 4)}, lies {lower} lower"
        else:
            said += ", and no other less"
    elif math.isfinite(highest.objective):
        said += f", highest {amount(highest.objective)}"
    if highest.weak:
        said += f". The highest has {weak_clause(highest.weak)}"
    errors = now.errors
    failed = f" {plural(len(errors), 'start')} could not be run: {errors[-1]}" if errors else ""
    return f"{said}.{_of_network(now)}{failed}"


def _most_often(now: OptimaMap, what: str) -> str:
    """The place that most starts reach; or that several are reached as often, or each by one start alone."""
    most = max(one.count for one in now.optima)
    places = [amount(one.objective) for one in now.optima if one.count == most]
    if most == 1:
        return ", each reached by one alone" if len(places) > 1 else f": the {what} ends at {places[0]}"
    times = f"{most} times each" if len(places) > 1 else f"{most}"
    if len(places) > 3:
        return f"; {len(places)} of them are reached most often ({times})"
    return f"; most often ({times}) the {what} ends at {listed(places)}"


def _counted(now: OptimaMap) -> str:
    """How many optima, and how many that are none: "2 optima and 1 flight to infinity"."""
    n, flights = len(now.optima) - now.n_flights, plural(now.n_flights, "flight to infinity", "flights to infinity")
    optima = plural(n, "optimum", "optima")
    return optima if not now.n_flights else f"{optima} and {flights}" if n else f"No optimum, but {flights}"


def _held_by(now: OptimaMap) -> str:
    """What would hold those that are on the way to infinity, in brackets."""
    found = next((one for one in now.optima if one.flight), None)
    if found is None:
        return ""
    problem = now.progress.problem
    return f" ({problem.model.without_maximum(found.params, problem.data)[1]})"


def _of_network(now: OptimaMap) -> str:
    """Of a network: how many starts are not at rest, and what the test rows say of the best; with a blank before it."""
    if not now.by_validation:
        return ""
    flown = {seed for one in now.optima if one.flight for seed in one.seeds}
    ended = (one for one in now.progress.results if one.error is None and one.seed not in flown)
    restless = sum(not one.converged for one in ended)
    said = f" {plural(restless, 'start is', 'starts are')} not at rest." if restless else ""
    if now.tested is not None:
        best = how_right(now.tested)
        said += f" The best by validation rows, fitted again to all training rows, is tested alone: {best}."
    return said
