r"""Whether a network tells the classes of its rows apart: then the likelihood has no maximum, however it is trained.

With all weights times c → ∞ each unit goes to 0 or 1 by the sign of w_hᵀ[1, x], and o(z) to the class whose v_iᵀ[1, z]
is the largest. Where that is the class of every row, Σ ln p(y | x) → 0, which no finite θ reaches. The usual forward
pass needs the output's weights alone to grow: where softmax(V [1, u]) has every row right, the same follows.
                        as for logistic regression: Albert & Anderson 1984, Biometrika 71:1 (complete separation)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

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
    z, open_ = data.design[:, 1:], np.zeros((len(data.design), 0), dtype=bool)
    for layer in params.layers:
        if open_.any():  # what follows on units that stay at ½ would have to be tried for each of their values
            return False
        above = z @ layer[:, 1:].T + layer[:, 0]
        z, open_ = (above > 0.0).astype(np.float64), above == 0.0
    return _right(params.output, z, data.sorted_targets, open_)


def _right(output: Array, units: Array, y: IntArray, open_: NDArray[np.bool_] | None = None) -> bool:
    """Whether v_iᵀ[1, units] is the largest, and the only one, for the class of each row.

    open_: the units that are 0 or 1, however large the weights; it has to be so for either.
    """
    rows = np.arange(len(y))
    logits = units @ output[:, 1:].T + output[:, 0]
    margins = logits[rows, y][:, None] - logits
    if open_ is not None and open_.any():
        ahead = output[y, None, 1:] - output[None, :, 1:]  # (n, g, m) of the own class before each other
        margins += np.einsum("ngm,nm->ng", np.minimum(ahead, 0.0), open_.astype(np.float64))
    margins[rows, y] = np.inf
    return bool((margins > 0.0).all())
