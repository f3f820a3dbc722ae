"""Components that die or collapse: found after an M-step, named in words, and handled by a stated policy.

A component is dead when it holds no share of the rows, and has collapsed when its rows leave its covariance singular:
one row alone, rows that are all alike, or rows without extent in some direction. The policies of `on_collapse`:

    ridge   a dead component stays where it was; a singular covariance is widened by `FLOOR` of the data's variance
    reset   it begins again at the row that the mixture explains worst, with the covariance of all rows
    stop    it stays as it was, and the run stops
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Array
from engine.em.maximization import Event, Maximization
from engine.em.row_text import RowText
from engine.models.gaussian.data import FLOOR, SINGULAR, GaussianRows, pooled_covariance, resolution_at
from engine.models.gaussian.params import GaussianParams, factors
from engine.models.gaussian.statistics import GaussianStatistics
from engine.models.gaussian.weak import RowShares, nearest_row, weak_events
from engine.parallel import row_chunks

_ROWS_AT_ONCE = 16_384
_ROUNDING = 1e-12
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Policy:
    """What is done about trouble, `on_collapse`, and what that takes of the model.

    Attributes:
        ridge: (d,) λ.
        shares: the responsibilities (K,) of a row, as the M-step took them.
    """

    on_collapse: str
    ridge: Array
    log_prior: Callable[[GaussianParams, GaussianRows], float]
    log_evidence: Callable[[GaussianParams, GaussianRows, slice], Array]
    shares: RowShares


@dataclass(frozen=True)
class Fault:
    """What is wrong with a component, and whether its covariance is unusable."""

    component: int | None
    kind: str  # "dead", "alike" or "flat"
    singular: bool


def mended(
    best: GaussianParams, statistics: GaussianStatistics, params: GaussianParams, data: GaussianRows, policy: Policy
) -> Maximization[GaussianParams]:
    """What the M-step's equations gave, `best`, as it is, or handled by the policy with an event for each component.

    A covariance that is widened in the same way at every M-step lets the run come to rest: `breaks_ascent` is set only
    where Q + log p(θ) did fall below its value at θ_q, `params`, and for components that begin again.
    """
    troubles = _troubles(best, statistics, data, bool(policy.ridge.any()))
    if not troubles:
        return Maximization(best, _weak(best, data, policy, troubles))
    again = _beginnings(troubles, params, data, policy)
    handled = _handled(best, params, troubles, again, data, policy)
    before = _reaches(policy, params, statistics, data)
    ascends = _reaches(policy, handled, statistics, data) >= before - _ROUNDING * abs(before)
    events = tuple(
        Event(
            RowText(*_words(trouble, best, statistics, data), ": ", *_remedy(trouble, again, policy)),
            trouble.component,
            breaks_ascent=trouble.component in again or not ascends,
            stops=policy.on_collapse == "stop",
        )
        for trouble in troubles
    )
    return Maximization(handled, events + _weak(handled, data, policy, troubles))


def _weak(params: GaussianParams, data: GaussianRows, policy: Policy, troubles: tuple[Fault, ...]) -> tuple[Event, ...]:
    """Components that need nothing done, but hold a single row or live on the ridge."""
    if not data.varies:  # all rows are equal, and no component is to blame
        return ()
    return weak_events(params, data, policy.ridge, policy.shares, {trouble.component for trouble in troubles})


def _troubles(
    best: GaussianParams, statistics: GaussianStatistics, data: GaussianRows, has_ridge: bool
) -> tuple[Fault, ...]:
    dead, alike = ~statistics.alive, statistics.alike()
    singular = _singular(best, data)
    suspicious = dead | singular
    # Where all rows are equal, the ridge gives the components an extent, and none of them is to blame.
    if data.varies or not has_ridge:
        suspicious |= alike
    if not suspicious.any():
        return ()
    if data.covariance_type == "tied":
        gone = [Fault(int(k), "dead", False) for k in np.flatnonzero(dead)]
        return (*gone, *([Fault(None, "flat", True)] if singular.any() else []))
    return tuple(
        Fault(int(k), "dead" if dead[k] else "alike" if alike[k] else "flat", bool(singular[k]))
        for k in np.flatnonzero(suspicious)
    )


def _singular(best: GaussianParams, data: GaussianRows) -> Flags:
    """(K,) which covariances have no Cholesky factor, or one that rounding decided."""
    try:
        return _rounded(best, data)
    except np.linalg.LinAlgError:
        if data.covariance_type == "tied":
            return np.ones(len(best.weights), dtype=bool)
    return np.array([_no_factor(best, k, data) for k in range(len(best.weights))])


def _no_factor(best: GaussianParams, k: int, data: GaussianRows) -> bool:
    alone = GaussianParams(best.weights[k : k + 1], best.means[k : k + 1], best.covariances[k : k + 1])
    try:
        return bool(_rounded(alone, data)[0])
    except np.linalg.LinAlgError:
        return True


def _rounded(best: GaussianParams, data: GaussianRows) -> Flags:
    """(1 or K,) which of the factors rounding decided. Raises LinAlgError where there is no factor."""
    kind = data.covariance_type
    factor, resolution = factors(best, kind), resolution_at(best.means)
    if kind == "spherical":
        return np.asarray(factor <= np.sqrt(np.mean(resolution**2, axis=1)))
    if kind == "diag":
        return np.asarray((factor <= resolution).any(axis=1))
    if kind == "tied":
        resolution = resolution.min(axis=0)  # what one component can tell, they share
    conditional = np.diagonal(factor, axis1=-2, axis2=-1)
    own = np.diagonal(best.covariances, axis1=-2, axis2=-1)
    least = np.maximum(SINGULAR * own, resolution**2)
    return np.asarray((conditional**2 <= least).any(axis=-1))


def _handled(
    best: GaussianParams,
    params: GaussianParams,
    troubles: tuple[Fault, ...],
    again: dict[int, int],
    data: GaussianRows,
    policy: Policy,
) -> GaussianParams:
    """The M-step's parameters with the policy applied; `again` holds the row at which a component begins again."""
    weights, means, covariances = best.weights.copy(), best.means.copy(), best.covariances.copy()
    stop, tied = policy.on_collapse == "stop", data.covariance_type == "tied"
    for trouble in troubles:
        k = trouble.component
        if k is None:
            covariances = params.covariances.copy() if stop else _widened(covariances, data)
        elif trouble.kind == "dead" or stop:
            means[k] = params.means[k]
            if not tied:
                covariances[k] = params.covariances[k]
        elif trouble.singular:
            covariances[k] = _widened(covariances[k], data)
    if again:
        for k, row in again.items():
            means[k], weights[k] = data.X[row], 0.0
            if not tied:
                covariances[k] = pooled_covariance(data, policy.ridge)
        # Those that begin again get an equal share each, and the others keep their proportions.
        share = len(again) / len(weights)
        weights *= (1.0 - share) / (weights.sum() or 1.0)
        weights[list(again)] = 1.0 / len(weights)
    return GaussianParams(weights, means, covariances)


def _widened(covariance: Array, data: GaussianRows) -> Array:
    """A covariance of one component with `FLOOR` of the data's variance added along each column."""
    if data.covariance_type == "spherical":
        return np.asarray(covariance + data.floor.mean())
    return covariance + (data.floor if data.covariance_type == "diag" else np.diag(data.floor))


def _beginnings(
    troubles: tuple[Fault, ...], params: GaussianParams, data: GaussianRows, policy: Policy
) -> dict[int, int]:
    """The row at which each component that is reset begins again: the worst explained, then the next worst."""
    again = [trouble.component for trouble in troubles if trouble.component is not None]
    if policy.on_collapse != "reset" or not again:
        return {}
    chunks = row_chunks(data.n_rows, _ROWS_AT_ONCE)
    evidence = np.concatenate([policy.log_evidence(params, data, rows) for rows in chunks])
    if data.sample_weight is not None:
        evidence[data.sample_weight == 0] = np.inf
    worst = np.argsort(evidence, kind="stable")[: len(again)]
    return {k: int(worst[i % len(worst)]) for i, k in enumerate(again)}


def _reaches(policy: Policy, params: GaussianParams, statistics: GaussianStatistics, data: GaussianRows) -> float:
    """Q + log p(θ): as long as it doesn't fall, the objective doesn't either."""
    q = statistics.q_of_weights(params.weights) + float(statistics.q_by_component(params).sum())
    return q + policy.log_prior(params, data)


def _words(
    trouble: Fault, best: GaussianParams, statistics: GaussianStatistics, data: GaussianRows
) -> tuple[str | int, ...]:
    k = trouble.component
    if k is None:
        return ("the components have no extent in some direction that they share",)
    if trouble.kind == "dead":
        return (f"component {k + 1} died, no row belongs to it",)
    if trouble.kind == "alike":
        row, count = nearest_row(best.means[k], data), float(statistics.counts[k])
        if count < 1.5:
            return f"component {k + 1} holds only ", row
        return f"component {k + 1} holds {count:z.4g} rows that are all alike, such as ", row
    return (f"component {k + 1} has no extent in some direction",)


def _remedy(trouble: Fault, again: dict[int, int], policy: Policy) -> tuple[str | int, ...]:
    if policy.on_collapse == "stop":
        return ("it stays as it was, and the run stops here as on_collapse asks",)
    if trouble.component is not None and trouble.component in again:
        row = again[trouble.component]
        return "it begins again at ", row, ", the worst explained one, with the covariance of all rows"
    if trouble.kind == "dead":
        return ("it stays where it was, without weight",)
    if trouble.singular:
        return (f"its covariance was singular, and {FLOOR:zg} of the data's variance was added to it",)
    if policy.ridge.any():
        return ("the ridge alone gives its covariance an extent",)
    return ("its covariance has hardly any extent left",)
