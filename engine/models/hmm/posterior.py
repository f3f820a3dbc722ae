"""q(z) of a chain: forward and backward, scaled or in logs, or a single path of states."""

from __future__ import annotations

import numpy as np

from engine.arrays import Array
from engine.em.inference import Exact, Hard, Inference, Tempered, settled_by
from engine.models.hmm.forward_backward import Chain, Smoothed, smooth_scaled
from engine.models.hmm.forward_backward_log import smooth_logs
from engine.models.hmm.viterbi import counted, drawn_path, viterbi_path


def smooth(chain: Chain, weight: Array) -> Smoothed:
    """Forward and backward, scaled where that is safe, else in logs. weight: (N,) of the sequences."""
    return smooth_scaled(chain, weight) or smooth_logs(chain, weight)


def posterior_of(chain: Chain, weight: Array, inference: Inference, *, in_logs: bool = False) -> Smoothed:
    """q(z) as `inference` chooses it; `log_evidence` is ln Σ_z of what q is proportional to, or 0 for a single path."""
    inference = settled_by(inference)
    if isinstance(inference, Exact | Tempered):
        chosen = chain.tempered(inference.temperature) if isinstance(inference, Tempered) else chain
        return smooth_logs(chosen, weight) if in_logs else smooth(chosen, weight)
    path = viterbi_path(chain) if isinstance(inference, Hard) else drawn_path(chain, inference.seed)
    return Smoothed(*counted(path, chain, weight), np.zeros(len(chain.first)))


def weighted_sum(log_evidence: Array, weight: Array) -> float:
    """Σ w ln p(x); a sequence of weight 0 has no influence, even if it is impossible."""
    counts = weight > 0
    return float(log_evidence[counts] @ weight[counts])
