"""`check_model`: the invariants that every model owes, for the tests here and for authors of new models.

    from engine.testing import check_model
    check_model(MyModel(n_components=3), X)

Needs no test framework: what does not hold is an AssertionError that names the invariant, the step and the numbers.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from engine.algorithms import Algorithm, algorithm_named
from engine.arrays import Array, IntArray
from engine.em import begin, iterate
from engine.inference import Exact
from engine.model import Model
from engine.parallel import chunks_of_at_most, threads
from engine.step import Step


@dataclass(frozen=True, eq=False)
class _Case:
    """What is checked: a model on data, and how far numbers may be apart that should be equal."""

    model: Model[Any, Any]
    X: Any
    y: Any
    seed: int
    n_iter: int
    tolerance: float
    algorithm: Algorithm

    def walk(self, start: Any = None, X: Any = None, y: Any = None, sample_weight: Any = None) -> list[Step]:
        """The steps of a run to the limit of iterations, on these data or on others."""
        if X is None:
            X, y = self.X, self.y
        return list(
            iterate(
                self.model, X, y, sample_weight=sample_weight, start=start, seed=self.seed,
                max_iter=self.n_iter, tol=0.0, algorithm=self.algorithm,
            )
        )  # fmt: skip


def check_model(
    model: Model[Any, Any],
    X: Any,
    y: Any = None,
    *,
    start: Any = None,
    seed: int = 0,
    n_iter: int = 10,
    tolerance: float = 1e-9,
    algorithm: str | Algorithm = "classic",
) -> tuple[str, ...]:
    """Run a model for some iterations and check every invariant that applies to it.

    Args:
        model: the model.
        X: data that it takes: a table whose rows may change places, or a list of sequences that may.
        y: known labels or targets, where the model needs them.
        start: `Model.Params(...)` to begin from; None for the model's own start.
        seed: of the start, of E-steps that draw, and of the permutations and weights that are tried.
        n_iter: how many iterations are walked.
        tolerance: how far numbers may be apart, as a share of them; parameters of two runs a thousand times as far.
        algorithm: how EM is run; what must rise is what it says.

    Returns:
        The invariants that were checked, in words; those that don't apply to the model are not among them.

    Raises:
        AssertionError: an invariant does not hold; the sentence names it, the step and the numbers.
        EngineError: the data or the start can't be used.
    """
    case = _Case(model, X, y, seed, n_iter, tolerance, algorithm_named(algorithm))
    steps = case.walk(start)
    first = steps[0].params
    checked: list[str] = []
    for step in steps:
        for check in (_immutable, _finite, _responsibilities, _ledger, _own_parameters, _comes_back):
            checked += check(case, step)
    for before, after in pairwise(steps):
        checked += _ascent(case, before, after)
    checked += _deterministic(case, start, steps)
    for compare in (_threads, _row_order, _component_order, _copies):
        checked += compare(case, first, steps)
    return tuple(dict.fromkeys(checked))


def _immutable(case: _Case, step: Step) -> Iterator[str]:
    name = "parameters are immutable"
    for leaf in _leaves(step.params):
        _require(not leaf.flags.writeable, name, step, f"an array of shape {leaf.shape} can be written to")
    try:
        part = dataclasses.fields(step.params)[0].name
        setattr(step.params, part, getattr(step.params, part))
    except (dataclasses.FrozenInstanceError, IndexError):
        yield name
    else:
        _require(False, name, step, f"`{part}` can be set anew")


def _finite(case: _Case, step: Step) -> Iterator[str]:
    name = "parameters and objective are finite"
    _require(all(np.isfinite(leaf).all() for leaf in _leaves(step.params)), name, step, "a parameter is not")
    if case.model.exact or step.at_q is not None:
        _require(math.isfinite(step.objective), name, step, f"the objective is {step.objective}")
    yield name


def _responsibilities(case: _Case, step: Step) -> Iterator[str]:
    if step.posterior is None:
        return
    sum_to_one = case.model.responsibilities_sum_to_one
    name = "responsibilities lie in [0, 1]" + (" and sum to 1" if sum_to_one else "")
    r = step.posterior.responsibilities
    _require(bool(np.isfinite(r).all()), name, step, "one is not finite")
    _require(bool(((r >= 0) & (r <= 1 + 1e-12)).all()), name, step, f"they run from {r.min()} to {r.max()}")
    if sum_to_one:
        apart = np.abs(r.sum(axis=1) - 1.0)
        _require(bool((apart < 1e-9).all()), name, step, f"row {apart.argmax() + 1} is off by {apart.max():.3g}")
    yield name
    name, some = "responsibilities of some rows are those rows of all", slice(0, len(r), 2)
    _require(_close(step.posterior.rows(some), r[some], 1e-9), name, step, "every other row was asked for")
    yield name


def _ledger(case: _Case, step: Step) -> Iterator[str]:
    """elbo = Q + H and KL = log-likelihood − elbo, with H and KL a second time from the responsibilities."""
    if step.at_q is None or step.posterior is None or step.inference is None:
        return
    model, data = case.model, step.problem.data
    scale = _scale(step, step.log_likelihood, step.q_value, step.elbo)
    slack = case.tolerance * scale
    again = model.entropy(step.params_q, data, step.inference)
    name = "the entropy is that of the responsibilities"
    _require(abs(step.entropy - again) <= slack, name, step, f"{step.entropy} is not {again}")
    yield name
    name = "Q + entropy = elbo"
    _require(abs(step.q_value + again - step.elbo) <= 2 * slack, name, step, f"{step.q_value} + {again} ≠ {step.elbo}")
    yield name
    if not math.isfinite(step.log_likelihood) or step.log_likelihood_error > 0:
        return
    name = "elbo + KL = log-likelihood"
    total = step.elbo + step.kl
    _require(abs(total - step.log_likelihood) <= slack, name, step, f"{total} is not {step.log_likelihood}")
    yield name
    exact = model.exact and isinstance(step.inference, Exact)
    if step.phase == "E" and exact:
        name = "KL = 0 after an exact E-step"
        _require(abs(step.kl) <= slack, name, step, f"KL is {step.kl}")
        yield name
    name = "KL is never negative"
    _require(step.kl >= -slack, name, step, f"KL is {step.kl}")
    yield name
    whole = type(model).entropy is Model.entropy  # q is no more than its responsibilities
    if exact and whole and model.has_likelihood:
        name = "KL is that between the responsibilities"
        apart = _kl_of_rows(step)
        _require(abs(step.kl - apart) <= slack + 1e-9 * apart, name, step, f"{step.kl} is not {apart}")
        yield name


def _kl_of_rows(step: Step) -> float:
    """Σ_i w_i Σ_k q_ik ln(q_ik / p_ik), p the posterior at θ."""
    assert step.posterior is not None
    q, data = step.posterior.responsibilities, step.problem.data
    p = step.problem.model.responsibilities(step.params, data, slice(None))
    used = q > 0
    each = np.zeros(len(q))
    with np.errstate(divide="ignore"):
        terms = q[used] * (np.log(q[used]) - np.log(p[used]))
    np.add.at(each, np.nonzero(used)[0], terms)
    return float(each.sum() if data.sample_weight is None else each @ data.sample_weight)


def _own_parameters(case: _Case, step: Step) -> Iterator[str]:
    if step.log_likelihood_error > 0 or not math.isfinite(step.log_likelihood):
        return
    name = "the numbers of a step are those of its parameters"
    fresh = begin(case.model, case.X, case.y, start=step.params, seed=case.seed, algorithm=case.algorithm)
    slack = 1e-12 * _scale(step, step.log_likelihood)
    same = abs(fresh.log_likelihood - step.log_likelihood) <= slack
    _require(same, name, step, f"the log-likelihood is {step.log_likelihood}, afresh {fresh.log_likelihood}")
    same = abs(fresh.log_prior - step.log_prior) <= 1e-12 * _scale(step, step.log_prior)
    _require(same, name, step, f"the log prior is {step.log_prior}, afresh {fresh.log_prior}")
    yield name


def _comes_back(case: _Case, step: Step) -> Iterator[str]:
    name = "released statistics come back the same"
    before = [leaf.copy() for leaf in _leaves(step.at.expectation.statistics)]
    step.release()
    after = list(_leaves(step.at.expectation.statistics))
    _require(len(before) == len(after), name, step, f"{len(after)} arrays come back of {len(before)}")
    for one, other in zip(before, after, strict=True):
        apart = np.max(np.abs(one - other), initial=0.0) if one.shape == other.shape else np.inf
        _require(_same_bytes(one, other), name, step, f"a second pass is up to {apart:.3g} apart")
    yield name


def _ascent(case: _Case, before: Step, after: Step) -> Iterator[str]:
    if before.phase == "init" or any(event.breaks_ascent for event in after.events):
        return
    rises, data = case.algorithm.rises, after.problem.data
    if after.phase == "M" and rises in ("both", "objective") and after.log_likelihood_error == 0:
        name, low, high = "the objective never falls", after.objective_q, after.objective
        slack = case.tolerance * _scale(after, low, high)
        _require(high >= low - slack, name, after, f"from {low!r} to {high!r}, by {low - high:.3g}")
        yield name
    bound_rises = rises in ("both", "elbo") if after.phase == "M" else rises != "nothing" and case.model.exact
    if bound_rises:
        name = "neither half-step lowers the bound" if rises != "objective" else "an E-step never lowers the bound"
        low = before.elbo + case.model.log_prior(before.params, data)
        high = after.elbo + after.log_prior
        slack = case.tolerance * _scale(after, low, high)
        _require(high >= low - slack, name, after, f"from {low!r} to {high!r}, by {low - high:.3g}")
        yield name


def _deterministic(case: _Case, start: Any, steps: list[Step]) -> Iterator[str]:
    name = "the same seed gives the same bytes"
    _same_run(name, steps, case.walk(start))
    yield name


def _threads(case: _Case, first: Any, steps: list[Step]) -> Iterator[str]:
    name = "any number of threads gives the same bytes"
    with chunks_of_at_most(max(1, -(-steps[0].problem.data.n_rows // 5))):
        with threads(1):
            alone = case.walk(first)
        for number in (2, 4):
            with threads(number):
                _same_run(name, alone, case.walk(first))
    yield name
    name = "the pass is additive over chunks of rows"
    if case.algorithm.rises != "nothing":
        _alike(case, name, steps[-1], alone[-1], alone[-1].params)
        yield name


def _row_order(case: _Case, first: Any, steps: list[Step]) -> Iterator[str]:
    n = _length(case.X)
    if n < 2 or case.algorithm.rises == "nothing" or case.model.row_order_matters:
        return
    name = "the order of the rows does not matter"
    order = np.random.default_rng(case.seed).permutation(n)
    other = case.walk(first, _take(case.X, order), _take(case.y, order))[-1]
    _alike(case, name, steps[-1], other, other.params)
    one, two = steps[-1].posterior, other.posterior
    if one is not None and two is not None and len(one.responsibilities) == n:
        same = _close(one.responsibilities[order], two.responsibilities, 1e3 * case.tolerance)
        _require(same, name, other, "the responsibilities are not permuted alike")
    yield name


def _component_order(case: _Case, first: Any, steps: list[Step]) -> Iterator[str]:
    clamped = case.y is not None and not case.model.supervised  # labels say which component is which
    K = 0 if steps[-1].posterior is None else steps[-1].posterior.responsibilities.shape[1]
    if clamped or K < 2 or case.algorithm.rises == "nothing" or case.model.samples:
        return
    order = np.roll(np.arange(K), 1)
    permuted = case.model.relabel(first, order)
    if permuted is None:
        return
    name = "the order of the components does not matter"
    other = case.walk(permuted)[-1]
    back = case.model.relabel(other.params, np.argsort(order))
    _alike(case, name, steps[-1], other, back)
    one, two = steps[-1].posterior, other.posterior
    if one is not None and two is not None:
        same = _close(one.responsibilities[:, order], two.responsibilities, 1e3 * case.tolerance)
        _require(same, name, other, "the responsibilities are not permuted alike")
    yield name


def _copies(case: _Case, first: Any, steps: list[Step]) -> Iterator[str]:
    if case.algorithm.rises == "nothing" or case.model.row_order_matters:
        return
    name = "a weight of 2 is the same as the row twice"
    n = _length(case.X)
    weight = np.random.default_rng(case.seed).integers(1, 4, n) if n < 5 else np.arange(n) % 4  # 0 leaves a row out
    weighted = case.walk(first, case.X, case.y, weight.astype(np.float64))[-1]
    rows = np.repeat(np.arange(n), weight)
    copied = case.walk(first, _take(case.X, rows), _take(case.y, rows))[-1]
    _alike(case, name, weighted, copied, copied.params)
    yield name


def _same_run(name: str, one: list[Step], other: list[Step]) -> None:
    _require(len(one) == len(other), name, one[-1], f"one run has {len(one)} steps, the other {len(other)}")
    for a, b in zip(one, other, strict=True):
        same = all(map(_same_bytes, _leaves(a.params), _leaves(b.params)))
        _require(same, name, a, "the parameters differ")
        pairs = ((a.log_likelihood, b.log_likelihood), (a.q_value, b.q_value), (a.entropy, b.entropy))
        for left, right in pairs:
            _require(left == right or (left != left and right != right), name, a, f"{left!r} is not {right!r}")


def _alike(case: _Case, name: str, expected: Step, other: Step, params: Any) -> None:
    """Two runs that should end at the same place: iterations, objective and parameters."""
    same = expected.iteration == other.iteration
    _require(same, name, other, f"{other.iteration} iterations, not {expected.iteration}")
    low, high = expected.objective, other.objective
    _require(abs(low - high) <= 10 * case.tolerance * _scale(other, low, high), name, other, f"{high!r}, not {low!r}")
    for one, two in zip(_leaves(expected.params), _leaves(params), strict=True):
        apart = float(np.max(np.abs(one - two), initial=0.0))
        _require(_close(one, two, 1e3 * case.tolerance), name, other, f"parameters are up to {apart:.3g} apart")


def _require(holds: bool, invariant: str, step: Step, numbers: str) -> None:
    if not holds:
        where = f"iteration {step.iteration}, after {step.phase}" if step.phase != "init" else "the start"
        raise AssertionError(f"{step.problem.model.name}: {invariant} does not hold at {where}: {numbers}.")


def _scale(step: Step, *numbers: float) -> float:
    """What a relative tolerance is relative to: the largest of the numbers, one unit of the objective at least."""
    unit = step.problem.model.objective_unit(step.problem.data)
    return max(unit, *(abs(number) for number in numbers if math.isfinite(number)), 0.0)


def _leaves(value: Any) -> Iterator[Array]:
    """The arrays that a value is made of, in order; numbers count as arrays."""
    if dataclasses.is_dataclass(value):
        for part in dataclasses.fields(value):
            yield from _leaves(getattr(value, part.name))
    elif isinstance(value, dict):
        for part in value.values():
            yield from _leaves(part)
    elif isinstance(value, (tuple, list)):
        for part in value:
            yield from _leaves(part)
    elif isinstance(value, (np.ndarray, np.generic, int, float)) and not isinstance(value, bool):
        yield np.asarray(value)


def _same_bytes(one: Array, other: Array) -> bool:
    return one.shape == other.shape and one.tobytes() == other.tobytes()


def _close(one: Array, other: Array, share: float) -> bool:
    """Equal but for a share of the largest entry."""
    if one.shape != other.shape:
        return False
    largest = float(max(np.max(np.abs(one), initial=0.0), np.max(np.abs(other), initial=0.0)))
    return bool((np.abs(one - other) <= share * largest).all())


def _length(X: Any) -> int:
    return int(X.shape[0]) if hasattr(X, "shape") else len(X)


def _take(X: Any, rows: IntArray) -> Any:
    """The chosen rows of a table, dense or sparse, or the chosen members of a list."""
    if X is None:
        return None
    if isinstance(X, (list, tuple)):
        return [X[int(row)] for row in rows]
    return X.iloc[rows] if hasattr(X, "iloc") else X[rows]
