r"""How the expected log-joint of a hidden Markov model goes with one entry of θ, row by row.

    ∂Q/∂π_i = Σ γ_1(i)/π_i      ∂Q/∂A_ij = Σ_t ξ_t(i, j)/A_ij
    ∂Q/∂s_i = Σ γ_T(i)/s_i      ∂Q/∂B_iv = Σ_{x_t = v} γ_t(i)/B_iv

as if probabilities need not sum to 1; each pull is along the line on which they do:

    γ_1(i) − π_i      ξ_t(i, j) − A_ij γ_{t−1}(i)      γ_t(i) ([x_t = v] − B_iv)
"""

from __future__ import annotations

import numpy as np

from engine.arrays import Array, log_sum_exp
from engine.editing.entries import Entry
from engine.em.inference import Hard, Inference, Sampled, temperature_of
from engine.explain.pulls import Pulls, Slopes
from engine.models.hmm.data import SequenceRows
from engine.models.hmm.forward_backward import Chain
from engine.models.hmm.forward_backward_log import filter_logs
from engine.models.hmm.params import HiddenMarkovParams


def pairs_at(gamma: Array, chain: Chain, inference: Inference, i: int, j: int) -> Array | None:
    """(T,) ξ_t(i, j) = q(z_{t−1} = i, z_t = j), 0 at first rows, from γ (T, S); None where no path explains a row.

    Given z_t the state before depends on the rows up to t − 1 alone: ξ_t(i, j) = γ_t(j) p(z_{t−1} = i | z_t = j, past).
    """
    found = np.zeros(len(gamma))
    if isinstance(inference, Hard | Sampled):
        found[1:] = gamma[:-1, i] * gamma[1:, j]
    else:
        chain = chain.tempered(temperature_of(inference))
        a, log_transition = filter_logs(chain), chain.log_transition
        if not np.isfinite(a.max(axis=0)).all():
            return None
        into = a[:, :-1] + log_transition[:, [j]]
        total = log_sum_exp(into, 0)
        with np.errstate(invalid="ignore"):
            share = np.where(np.isneginf(total), 0.0, np.exp(into[i] - np.where(np.isneginf(total), 0.0, total)))
        found[1:] = gamma[1:, j] * share
    found[chain.first] = 0.0
    return found


def chain_slopes(
    gamma: Array, xi: Array | None, params: HiddenMarkovParams, data: SequenceRows, entry: Entry
) -> Slopes | None:
    """Of a probability; None where it is 0. xi: ξ (T,) of a transition."""
    held, value, name = _held(gamma, xi, data, entry), _value(params, entry), "ξ" if xi is not None else "γ"
    if held is None or not value > 0:
        return None
    return Slopes(held[:, None], np.full((len(gamma), 1), 1.0 / value), (entry.index[0],), name)


def chain_pulls(
    gamma: Array, xi: Array | None, params: HiddenMarkovParams, data: SequenceRows, entry: Entry
) -> Pulls | None:
    """What is expected at each row, less the probability times all that could have been there."""
    held, value, i = _held(gamma, xi, data, entry), _value(params, entry), entry.index[0]
    if held is None:
        return None
    n, p = len(gamma), value
    first = np.zeros(n)
    first[data.first] = 1.0
    if entry.path == "initial":
        return Pulls("γ − π at first rows", (("γ", held), ("π", p * first)))
    if entry.path == "emission":
        assert data.symbols is not None
        said = (data.symbols == entry.index[1]).astype(np.float64)
        return Pulls("γ ([x = v] − B)", (("[x = v]", said), ("B", np.full(n, p)), ("γ", gamma[:, i])))
    left = gamma[:, i].copy()
    if entry.path == "stop":
        return Pulls("γ at last rows − s · γ", (("γ at last rows", held), ("s · γ", p * left)))
    before = np.append(0.0, left[:-1]) * (1.0 - first)
    if params.stop is None:
        return Pulls("ξ − A · γ of the row before", (("ξ", held), ("A · γ before", p * before)))
    before[data.last] += left[data.last]  # where it ends in this state it might have gone on
    return Pulls("ξ − A · γ of the row before, or of the last", (("ξ", held), ("A · γ", p * before)))


def _value(params: HiddenMarkovParams, entry: Entry) -> float:
    return float(getattr(params, entry.path)[entry.index])


def _held(gamma: Array, xi: Array | None, data: SequenceRows, entry: Entry) -> Array | None:
    """(T,) what q expects of the entry at each row."""
    found, i = np.zeros(len(gamma)), entry.index[0]
    if entry.path == "initial":
        found[data.first] = gamma[data.first, i]
    elif entry.path == "stop":
        found[data.last] = gamma[data.last, i]
    elif entry.path == "emission":
        assert data.symbols is not None
        found = np.where(data.symbols == entry.index[1], gamma[:, i], 0.0)
    else:
        return xi
    return found
