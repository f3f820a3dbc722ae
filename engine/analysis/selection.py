r"""How many components, of which shape: AIC, BIC, ICL (both forms) and held-out rows for every candidate, with repeats.

    held_out = log p(X_test | θ fitted to X_train) per observation, in nats: the larger, the better (Smyth 2000)

Each repeat draws a start and a split of the rows of its own; criteria come from a fit to all rows from the same start.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from engine.analysis.evaluation import Criteria, map_log_joint
from engine.analysis.many_starts import StartResult, StartsProgress, many_starts
from engine.arrays import Array, IntArray
from engine.em.inference import EXACT
from engine.em.model import Model
from engine.em.observed import need_model, observed
from engine.errors import DataError, EngineError, OptionError
from engine.options import whole_number
from engine.parallel import one_blas_thread

_LEVEL = 0.05  # of the range of a criterion's curve: values that differ by less lie on one level
Criterion = Literal["bic", "aic", "icl", "icl_map", "held_out"]
CRITERIA: tuple[Criterion, ...] = ("bic", "aic", "icl", "icl_map", "held_out")


@dataclass(frozen=True, eq=False)
class Candidate:
    """One fit of one candidate.

    Attributes:
        n_components: K.
        covariance_type: of Gaussian mixtures; None for other models.
        repeat: which of the repeats, from 0; seed is that of its start and of its split.
        criteria: of the fit to all rows, the smaller the better; None where it could not be run.
        held_out: mean log-likelihood of a row that was held out, in nats; nan where it was not asked for, or none came.
        objective, log_likelihood, converged, params: of the fit to all rows.
        error: in words, why there is no fit; None where there is one.
        weak: {component: what is wrong with it}, as `Model.weak_components` has it; the dead are not counted.
    """

    n_components: int
    covariance_type: str | None
    repeat: int
    seed: int
    criteria: Criteria | None
    held_out: float
    objective: float
    log_likelihood: float
    converged: bool
    params: Any
    error: str | None = None
    weak: Mapping[int, str] = field(default_factory=dict)

    @property
    def n_alive(self) -> int:
        """K without the components that died: what the fit is told as."""
        return self.n_components - sum(what == "dead" for what in self.weak.values())

    def value(self, criterion: Criterion) -> float:
        """The value of a criterion; nan if there is none."""
        if criterion == "held_out":
            return self.held_out
        return math.nan if self.criteria is None else float(getattr(self.criteria, criterion))


@dataclass(frozen=True, eq=False)
class SelectionProgress:
    """How far the comparison is: `done` of `total` fits, and the candidates so far, repeat by repeat."""

    done: int
    total: int
    candidates: tuple[Candidate, ...]

    @property
    def finished(self) -> bool:
        """Whether all fits are done."""
        return self.done == self.total


@dataclass(frozen=True)
class CriterionCurve:
    """One criterion of one covariance type against K.

    Attributes:
        covariance_type: None for models that have none.
        n_components: rising.
        best: of each K over the repeats: of the fit with the best objective; held_out as its mean.
        low, high: the smallest and the largest over the repeats.
    """

    covariance_type: str | None
    n_components: tuple[int, ...]
    best: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


def compare_sizes(
    model: Model[Any, Any],
    X: Any,
    *,
    n_components: Sequence[int] = tuple(range(1, 9)),
    covariance_types: Sequence[str] | None = None,
    repeats: int = 5,
    folds: int | None = None,
    test_share: float = 0.25,
    seed: int = 0,
    sample_weight: Any = None,
    max_iter: int = 200,
    tol: float = 1e-6,
) -> Iterator[SelectionProgress]:
    """Fit every candidate and tell how far it is after each; leave the loop to abandon the rest.

    Args:
        model: a mixture; its `n_components` (and `covariance_type`) take the values of each candidate in turn.
        X: (n, d) the rows.
        n_components: the K to be tried; those above the number of rows are candidates with an error in words.
        covariance_types: of a Gaussian mixture; None for the model's own.
        repeats: starts, and splits, of each candidate.
        folds: hold every row out once, in this many folds, drawn again for each repeat; None for a single split.
        test_share: of the rows that are held out by the single split; 0 for no held-out likelihood at all.
        seed: of the first repeat.
        sample_weight: (n,) weights.
        max_iter, tol: as `engine.fit` takes them.

    Raises:
        EngineError: the model has no number of components or no likelihood, or an option can't be used; one sentence.
    """
    need_model(model, X)
    if model.size is None or model.supervised or not (model.has_likelihood and model.exact and model.independent_rows):
        instead = "take a mixture"
        if model.supervised:
            instead = "compare its sizes on validation rows, engine.studies.Study(X, y, models, validation_share=.25)"
        raise OptionError(
            "Sizes are compared for mixtures with an exact likelihood and no target, and the "
            f"{model.name} model is none: {instead}."
        )
    repeats = whole_number("repeats", repeats, 1)
    folds = None if folds is None else whole_number("folds", folds, 2)
    if isinstance(test_share, bool) or not isinstance(test_share, int | float) or not 0.0 <= test_share < 1.0:
        raise OptionError(f"test_share must be a number from 0 to below 1, not {test_share!r}.")
    if not n_components:
        raise OptionError("there is nothing to compare: name at least one number of components.")
    if covariance_types is not None and "covariance_type" not in model.option_values:
        raise OptionError(f"{model.title} has no covariance types: leave covariance_types out.")
    data = observed(model, X, None, sample_weight)
    kinds: list[dict[str, Any]] = [{"covariance_type": kind} for kind in covariance_types or ()]
    if covariance_types is None:
        kinds = [{}]
    base: Any = model  # a dataclass, as every model is
    models = [replace(base, **{model.size_option: k}, **kind) for kind in kinds for k in n_components]
    rows = np.asarray(data.X)
    plan = _Plan(rows, data.sample_weight, repeats, folds, float(test_share), int(seed), max_iter, tol)
    return plan.run(models)


def curves(candidates: Sequence[Candidate], criterion: Criterion = "bic") -> tuple[CriterionCurve, ...]:
    """The criterion against K, a curve for each covariance type; candidates without a number are left out."""
    found: list[CriterionCurve] = []
    for kind in dict.fromkeys(one.covariance_type for one in candidates):
        groups: dict[int, list[Candidate]] = {}
        for one in candidates:
            if one.covariance_type == kind and math.isfinite(one.value(criterion)):
                groups.setdefault(one.n_components, []).append(one)
        sizes = tuple(sorted(groups))
        values = {k: [one.value(criterion) for one in groups[k]] for k in sizes}
        best = tuple(_of_group(groups[k], criterion) for k in sizes)
        low, high = (tuple(end(values[k]) for k in sizes) for end in (min, max))
        found.append(CriterionCurve(kind, sizes, best, low, high))
    return tuple(found)


def best_candidate(candidates: Sequence[Candidate], criterion: Criterion = "bic") -> Candidate | None:
    """The fit with the best objective of the K and covariance type that the criterion prefers; None without any."""
    best: tuple[float, str | None, int] | None = None
    for curve in curves(candidates, criterion):
        for k, value in zip(curve.n_components, curve.best, strict=True):
            if best is None or badness(value, criterion) < best[0]:
                best = (badness(value, criterion), curve.covariance_type, k)
    if best is None:
        return None
    same = [one for one in candidates if (one.covariance_type, one.n_components) == best[1:] and one.error is None]
    return max(same, key=lambda one: one.objective)


@dataclass(frozen=True)
class Plateau:
    """The best of a criterion where it is the largest K that was tried, and the K below it that are nearly as good.

    Attributes:
        largest: the best K.
        smallest: of the K up to it that lie within a twentieth of the curve's whole range, or the next one at least.
        gap: how far the farthest of them lies from the best.
    """

    largest: int
    smallest: int
    gap: float


def plateau(candidates: Sequence[Candidate], criterion: Criterion = "bic") -> Plateau | None:
    """What to say where the best lies at the end of what was tried; None where it doesn't, or K=1 alone was tried."""
    best = best_candidate(candidates, criterion)
    if best is None:
        return None
    curve = next(one for one in curves(candidates, criterion) if one.covariance_type == best.covariance_type)
    if len(curve.n_components) < 2 or best.n_components != curve.n_components[-1]:
        return None
    gaps = [abs(value - curve.best[-1]) for value in curve.best]
    place = len(gaps) - 2
    while place > 0 and gaps[place - 1] <= _LEVEL * max(gaps):
        place -= 1
    return Plateau(best.n_components, curve.n_components[place], max(gaps[place:]))


def badness(value: float, criterion: Criterion) -> float:
    """A sort key: the best first, failed fits last; values that differ by rounding alone are equal."""
    if not math.isfinite(value):
        return math.inf
    return float(f"{value:z.9g}") * (-1.0 if criterion == "held_out" else 1.0)


def _of_group(group: list[Candidate], criterion: Criterion) -> float:
    if criterion == "held_out":
        return float(np.mean([one.held_out for one in group]))
    return max(group, key=lambda one: one.objective).value(criterion)


@dataclass(frozen=True, eq=False)
class _Plan:
    rows: Array
    sample_weight: Array | None
    repeats: int
    folds: int | None
    test_share: float
    seed: int
    max_iter: int
    tol: float

    def run(self, models: Sequence[Model[Any, Any]]) -> Iterator[SelectionProgress]:
        found: list[Candidate] = []
        splits = self.folds if self.folds is not None else int(self.test_share > 0)
        each, done = self.repeats * (1 + splits), 0
        for model in models:
            fits: tuple[StartResult, ...] = ()
            for fits in self._fits(model, self.rows, self.sample_weight, self.repeats, self.seed):
                yield SelectionProgress(done + len(fits), each * len(models), tuple(found))
            for repeat, fit in enumerate(sorted(fits, key=lambda one: one.seed)):
                held_out = self._held_out(model, fit.seed) if fit.error is None else math.nan
                found.append(self._candidate(model, repeat, fit, held_out))
                now = done + self.repeats + (repeat + 1) * splits
                yield SelectionProgress(now, each * len(models), tuple(found))
            done += each

    def _fits(
        self, model: Model[Any, Any], rows: Array, weight: Array | None, repeats: int, seed: int
    ) -> Iterator[tuple[StartResult, ...]]:
        """All repeats, side by side where the model can; data that it can't take are a result with an error."""
        try:
            progress: Iterator[StartsProgress] = many_starts(
                model, rows, sample_weight=weight, n_starts=repeats, seed=seed, max_iter=self.max_iter, tol=self.tol
            )
            for now in progress:
                yield now.results
        except EngineError as error:
            yield tuple(StartResult(seed + i, math.nan, 0, False, "", str(error)) for i in range(repeats))

    def _held_out(self, model: Model[Any, Any], seed: int) -> float:
        """Mean log-likelihood of the rows that were held out, over all splits of a repeat; nan where none came."""
        total = weight = 0.0
        for train, test in self._splits(seed):
            own = None if self.sample_weight is None else self.sample_weight[train]
            fit = deque(self._fits(model, self.rows[train], own, 1, seed), maxlen=1)[0][0]
            if fit.params is None:
                continue
            try:
                with one_blas_thread():
                    others = None if self.sample_weight is None else self.sample_weight[test]
                    data = model.observe(self.rows[test], None, others)
                    total += model.expect(fit.params, data, EXACT).log_likelihood
                    weight += data.total_weight
            except DataError:  # a split of weight zero, say
                continue
        return total / weight if weight > 0 else math.nan

    def _splits(self, seed: int) -> Iterator[tuple[IntArray, IntArray]]:
        """(train, test) rows, drawn by the seed of the repeat."""
        n = len(self.rows)
        order = np.random.default_rng(seed).permutation(n)
        if self.folds is not None:
            for fold in range(min(self.folds, n)):
                test = np.sort(order[fold :: self.folds])
                yield np.setdiff1d(order, test), test
        elif self.test_share > 0 and n > 1:
            size = min(max(round(self.test_share * n), 1), n - 1)
            yield np.sort(order[size:]), np.sort(order[:size])

    def _candidate(self, model: Any, repeat: int, fit: StartResult, held_out: float) -> Candidate:
        kind, criteria = model.option_values.get("covariance_type"), None
        weak: Mapping[int, str] = {}
        if fit.error is None:
            with one_blas_thread():
                data = model.observe(self.rows, None, self.sample_weight)
                entropy = model.expect(fit.params, data, EXACT).entropy
                weak = model.weak_components(fit.params, data)
            size = model.n_parameters(fit.params)
            log_joint = map_log_joint(model, fit.params, data)
            criteria = Criteria.of(fit.log_likelihood, size, data.total_weight, entropy, log_joint)
        return Candidate(
            model.size, kind, repeat, fit.seed, criteria, held_out, fit.objective, fit.log_likelihood,
            fit.converged, fit.params, fit.error, weak,
        )  # fmt: skip
