"""The map of optima: starts grouped by the height at which they ended, each compared with known classes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from engine.analysis.evaluation import agreement
from engine.analysis.many_starts import StartResult, StartsProgress
from engine.em.evaluation import Posterior
from engine.em.step import Problem
from engine.errors import OptionError

Judge: TypeAlias = Callable[[Any], tuple[float, float]]
"""How many rows are right at some θ, of how many."""
Erring: TypeAlias = Callable[[Any], float]
"""The RMSE of some rows at some θ."""


@dataclass(frozen=True, eq=False)
class Optimum:
    """Starts that ended at the same height, and whose rows a judge, if there is one, finds equally right.

    Attributes:
        count: how many.
        objective, log_likelihood: of the best of them.
        best: the best of them: its seed, and its params stand for all.
        seeds: of all of them.
        hits, total: rows in the component of their class, after matching, of those whose class is known; 0 of 0 where
            nothing is known.
        rmse: of rows whose targets are numbers, at the best of them; nan where none was asked for.
        weak: {component: what is wrong with it} of the best of them, as `Model.weak_components` has it.
        flight: why the objective rises without end from the best of them on, as `Model.without_maximum` has it, so that
            this is a place on the way to infinity; "" for an optimum.
    """

    count: int
    objective: float
    log_likelihood: float
    best: StartResult
    seeds: tuple[int, ...]
    hits: float = 0
    total: float = 0
    weak: Mapping[int, str] = field(default_factory=dict)
    rmse: float = math.nan
    flight: str = ""

    @property
    def params(self) -> Any:
        """θ of the best of them."""
        return self.best.params

    @property
    def accuracy(self) -> float:
        """hits / total; nan where no class is known."""
        return self.hits / self.total if self.total else math.nan


def group_optima(
    progress: StartsProgress,
    tol: float = 1e-2,
    truth: Any = None,
    judge: Judge | None = None,
    rmse: Erring | None = None,
) -> tuple[Optimum, ...]:
    """The optima that the starts reached, highest first: results whose objectives lie within `tol` of the next one.

    Args:
        progress: what `many_starts` told last.
        tol: in units of the objective. Runs stop a little below their optimum, by about tol · n / (1 − rate²).
        truth: (n,) known classes, −1 where unknown, to say how many rows each optimum gets right.
        judge: (hits, total) at some θ, in place of `truth`: such as validation rows that a network gets right. The
            height of a network is the same for its hidden units in any order, so they are one optimum; where every
            training row is right, heights meet near 0 though networks differ, so those that get other numbers right
            are told apart.
        rmse: the RMSE of some rows at some θ, such as validation rows of a network that learns numbers.

    Raises:
        OptionError: tol is not a number of at least 0.
        DataError: truth doesn't fit the rows.
    """
    if not tol >= 0:
        raise OptionError(f"tol must be a number of at least 0, not {tol!r}.")
    ended = [one for one in progress.results if one.params is not None and math.isfinite(one.objective)]
    ended.sort(key=lambda one: (-one.objective, one.seed))
    groups: list[list[StartResult]] = []
    for one in ended:
        if groups and groups[-1][-1].objective - one.objective <= tol:
            groups[-1].append(one)
        else:
            groups.append([one])
    if judge is None:
        optima = (_optimum(group, progress.problem, truth) for group in groups)
        return tuple(one if rmse is None else replace(one, rmse=rmse(one.params)) for one in optima)
    found: list[Optimum] = []
    for group in groups:
        equal: dict[tuple[float, float], list[StartResult]] = {}
        for one in group:
            equal.setdefault(judge(one.params), []).append(one)
        found += [_optimum(some, progress.problem, None, right) for right, some in equal.items()]
    return tuple(found)


def _optimum(
    group: list[StartResult], problem: Problem, truth: Any, judged: tuple[float, float] | None = None
) -> Optimum:
    best = group[0]
    hits, total = judged or (0, 0)
    if judged is None and truth is not None:
        agreed = agreement(Posterior(problem.at(best.params)).labels, truth)
        hits, total = agreed.hits, agreed.total
    seeds = tuple(sorted(one.seed for one in group))
    weak = problem.model.weak_components(best.params, problem.data)
    flight, _ = problem.model.without_maximum(best.params, problem.data)
    return Optimum(len(group), best.objective, best.log_likelihood, best, seeds, hits, total, weak, flight=flight)
