r"""Whether a network tells the classes of its rows apart: then the likelihood has no maximum, however it is trained.

With all weights times c → ∞ each unit goes to 0 or 1 by the sign of w_hᵀ[1, x], and o(z) to the class whose v_iᵀ[1, z]
is the largest. Where that is the class of every row, Σ ln p(y | x) → 0, which no finite θ reaches. The usual forward
pass needs the output's weights alone to grow: where softmax(V [1, u]) has every row right, the same follows.
                        as for logistic regression: Albert & Anderson 1984, Biometrika 71:1 (complete separation)
"""

from __future__ import annotations

import numpy as np

from engine.arrays import Array, IntArray
from engine.models.network.data import NetworkRows
from engine.models.network.params import NetworkParams
from engine.models.network.predict import activities

NO_MAXIMUM = (
    "the network tells the classes of all rows apart, so that larger weights are better without end and the likelihood "
    "has no maximum"
)
HELD_BY = "a weight_decay above 0 would hold them"


def tells_apart(params: NetworkParams, data: NetworkRows, *, forward: bool) -> bool:
    """Whether larger weights of these signs have every row right for certain; `forward`: by the usual forward pass."""
    if data.numeric or data.y is None:
        return False
    if forward and _right(params.output, activities(params.layers, data.design)[-1], data.sorted_targets):
        return True
    z = data.design[:, 1:]
    for layer in params.layers:
        above = z @ layer[:, 1:].T + layer[:, 0]
        if (above == 0.0).any():
            return False
        z = (above > 0.0).astype(np.float64)
    return _right(params.output, z, data.sorted_targets)


def _right(output: Array, units: Array, y: IntArray) -> bool:
    """Whether v_iᵀ[1, units] is the largest, and the only one, for the class of each row."""
    logits = units @ output[:, 1:].T + output[:, 0]
    rows = np.arange(len(y))
    own = logits[rows, y].copy()
    logits[rows, y] = -np.inf
    return bool((own > logits.max(axis=1)).all())
