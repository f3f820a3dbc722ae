"""Components that the rows alone don't hold up: dead, on a single row, or living on the ridge."""

from __future__ import annotations

from collections.abc import Callable, Collection

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Array
from engine.em.maximization import Event
from engine.em.row_text import RowText
from engine.models.gaussian.data import GaussianRows
from engine.models.gaussian.params import GaussianParams, inverse_factors
from engine.models.gaussian.ridge import MOST_FROM_DATA, inverse_trace, share_of_ridge
from engine.models.probabilities import alive
from engine.parallel import row_chunks

DEAD, ONE_ROW, ON_RIDGE = "dead", "one row", "on the ridge"
_ROWS_AT_ONCE = 16_384
_FEW = 1.5  # a component of fewer rows may hold a single one
_NAMED = 10  # components, at most, in one sentence
_NEARLY_ALL = 0.9  # of a component's weight

RowShares = Callable[[int], Array]
"""Of one row, the responsibilities (K,)."""


def weak_components(params: GaussianParams, data: GaussianRows, ridge: Array, shares: RowShares) -> dict[int, str]:
    """What is wrong with each component that the rows alone don't hold up, in a word or two; N_k = n · weights_k.

    With tied covariances, all live on the ridge, or none.
    """
    living = alive(params.weights)
    on_ridge = living & (_shares_of_ridge(params, data, ridge) > MOST_FROM_DATA)
    found = {int(k): DEAD for k in np.flatnonzero(~living)}
    found |= {int(k): ON_RIDGE for k in np.flatnonzero(on_ridge)}
    found |= dict.fromkeys(single_rows(params, data, shares), ONE_ROW)
    return dict(sorted(found.items()))


def weak_events(
    params: GaussianParams, data: GaussianRows, ridge: Array, shares: RowShares, known: Collection[int | None]
) -> tuple[Event, ...]:
    """An event for each component on a single row or on the ridge, but for those that are `known` already."""
    if _clearly_none(params, data, ridge):
        return ()
    parts, tied = _shares_of_ridge(params, data, ridge), data.covariance_type == "tied"
    single = single_rows(params, data, shares)
    on_ridge = {int(k) for k in np.flatnonzero((parts > MOST_FROM_DATA) & alive(params.weights))}
    events = []
    for k in sorted({*single} - {*known}):
        remark = ": the ridge alone gives its covariance an extent" if k in on_ridge and not tied else ""
        events.append(Event(RowText(f"component {k + 1} holds only ", single[k], remark), k))
    if not tied:
        events += _ridge_events(sorted(on_ridge - {*single, *known}), parts)
    if tied and on_ridge and None not in known:
        part = _percent(parts[min(on_ridge)])
        words = f"the components live on the ridge, which makes up {part} of the smallest variance that they share"
        events.append(Event(words))
    return tuple(events)


def _ridge_events(components: list[int], parts: Array) -> list[Event]:
    """One event for the components that live on the ridge, however many they are."""
    if not components:
        return []
    if len(components) == 1:
        words = f"lives on the ridge, which makes up {_percent(parts[components[0]])} of its smallest variance"
        return [Event(f"component {components[0] + 1} {words}", components[0])]
    named = [str(k + 1) for k in components[: len(components) if len(components) <= _NAMED else _NAMED - 1]]
    left = len(components) - len(named)
    who = f"{', '.join(named)} and {left} others" if left else f"{', '.join(named[:-1])} and {named[-1]}"
    least, most = (_percent(end) for end in (parts[components].min(), parts[components].max()))
    share = most if least == most else f"{least} to {most}"
    return [Event(f"components {who} live on the ridge, which makes up {share} of the smallest variance of each")]


def single_rows(params: GaussianParams, data: GaussianRows, shares: RowShares) -> dict[int, int]:
    """The components to whose weight a single row gives nearly all, and that row, from 0."""
    counts, weight = params.weights * data.total_weight, data.sample_weight
    heaviest = 1.0 if weight is None else float(weight.max())
    found = {}
    for k in np.flatnonzero(alive(params.weights) & (counts < _FEW * heaviest)):
        row = nearest_row(params.means[k], data)
        own = float(shares(row)[k]) * (1.0 if weight is None else float(weight[row]))
        if own >= _NEARLY_ALL * counts[k]:
            found[int(k)] = row
    return found


def nearest_row(point: Array, data: GaussianRows) -> int:
    """The row of a weight above 0 that lies nearest, each column measured by its deviation."""
    nearest, least = 0, np.inf
    for rows in row_chunks(data.n_rows, _ROWS_AT_ONCE):
        apart = np.abs((data.X[rows] - point) * data.inverse_deviations).max(axis=1)
        if data.sample_weight is not None:
            apart[data.sample_weight[rows] == 0] = np.inf
        if apart.min() < least:
            nearest, least = rows.start + int(apart.argmin()), float(apart.min())
    return nearest


def _clearly_none(params: GaussianParams, data: GaussianRows, ridge: Array) -> bool:
    """By quick bounds: more rows than a few, and a share of the ridge of at most Σ_j λ_j (Σ⁻¹)_jj / N."""
    counts, kind = params.weights * data.total_weight, data.covariance_type
    heaviest = 1.0 if data.sample_weight is None else float(data.sample_weight.max())
    if counts.min() < _FEW * heaviest:
        return False
    if not ridge.any():
        return True
    traces = inverse_trace(inverse_factors(params, kind), ridge, kind)
    divisor = counts.sum() if kind == "tied" else counts
    return bool((traces <= MOST_FROM_DATA * divisor).all())


def _shares_of_ridge(params: GaussianParams, data: GaussianRows, ridge: Array) -> NDArray[np.float64]:
    kind = data.covariance_type
    if not ridge.any():
        return np.zeros(len(params.weights))
    counts = params.weights * data.total_weight
    return share_of_ridge(inverse_factors(params, kind), ridge, counts, kind)


def _percent(share: float) -> str:
    return f"{100.0 * min(share, 1.0):z.0f} %"
