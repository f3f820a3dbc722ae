r"""What a reader of a hidden Markov model may miss: what time adds, and that the likeliest path is not the only one.

    ln p(x) − Σ_t ln Σ_i w_i p(x_t | i),       w_i = (1/T) Σ_t γ_t(i) the occupancy

is what the model explains beyond the mixture of the same emissions, for which the order of the rows means nothing.
"""

from __future__ import annotations

import numpy as np

from engine.arrays import Array, IntArray, log_sum_exp
from engine.models.hmm.forward_backward import Chain
from engine.models.hmm.forward_backward_log import filter_logs, largest

_TIE = 1e-9  # nats, beyond what rounding does along a sequence


def gain_of_time(log_likelihood: float, log_densities: Array, responsibilities: Array, weight: Array) -> float:
    """The log-likelihood of the chain less that of the mixture, in nats.

    Args:
        log_likelihood: ln p(x) of the sequences, by their weights.
        log_densities: (S, T) ln p(x_t | i).
        responsibilities: (T, S) γ.
        weight: (T,) of each row.
    """
    occupancy = weight @ responsibilities / weight.sum()
    with np.errstate(divide="ignore"):
        each = log_sum_exp(log_densities + np.log(occupancy)[:, None])
    counted = weight > 0
    return log_likelihood - float(each[counted] @ weight[counted])


def what_time_adds(gain: float, ends: str) -> str:
    """The gain in words that go on with what it is compared with. ends: what else it holds."""
    if round(gain, 2) < 0:  # EM raises ln p(x) of the chain, not its distance from this mixture
        return f"time adds nothing: the log-likelihood lies {-gain:z.2f} nats{ends} below that of"
    return f"time adds {gain:z.2f} nats{ends} over"


def tied_rows(chain: Chain) -> IntArray:
    """The rows at which paths that are equally likely, and the likeliest, are in different states.

    max over the paths through state j at t = forward + backward with max in the place of Σ (Viterbi 1967).
    """
    forward = filter_logs(chain, largest)
    backward = filter_logs(chain.backwards, largest)[:, ::-1]
    with np.errstate(invalid="ignore"):
        through = np.nan_to_num(forward + (backward - chain.log_potentials), nan=-np.inf)
    best = through.max(axis=0)
    several = np.isfinite(best) & ((through >= best - _TIE).sum(axis=0) > 1)
    return np.flatnonzero(several)
