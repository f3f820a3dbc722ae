r"""Where the mass of p(z, y | x) may lie beside the prior and a q that was found: modes, and no preference at all.

A unit that is rarely on (u = .001) is hardly ever drawn on, though p(y | x) may rest on it: 14 of the output's logit
can make up for 7 of ln u. So three modes are sought by iterated conditional modes (Besag 1986, JRSS B 48:259), from the
units that favour the class, from all off and from all on; draws about each flip every unit with probability 1/10. The
last proposal has probability 1/2 for every unit. What a mode costs is a few sweeps without random numbers.
"""

from __future__ import annotations

import numpy as np

from engine.arrays import Array
from engine.models.network.data import NetworkRows
from engine.models.network.layers import LayeredSweeps
from engine.models.network.params import NetworkParams

_FLIPPED = 0.1
_MOST_SWEEPS = 6


def broad_proposals(params: NetworkParams, rows: NetworkRows) -> tuple[tuple[Array, ...], ...]:
    """Means (n, m_l) of each hidden layer, of four proposals."""
    output, y = params.output[:, 1:], rows.sorted_targets
    favour = output[y] - (output.sum(axis=0) - output[y]) / (len(output) - 1)
    starts = [(favour > 0).T, np.zeros(favour.T.shape), np.ones(favour.T.shape)]
    modes = [_mode(params, rows, start.astype(np.float64)) for start in starts]
    half = tuple(np.full((rows.n_rows, m), 0.5) for m in params.sizes)
    return (*(tuple(np.clip(z.T, _FLIPPED, 1.0 - _FLIPPED) for z in mode) for mode in modes), half)


def _mode(params: NetworkParams, rows: NetworkRows, last_layer: Array) -> list[Array]:
    """(m_l, n) the units of a mode of p(z, y | x), climbed to from these of the last hidden layer."""
    sweeps = LayeredSweeps(params, rows, None)
    sweeps.z[-1] = last_layer
    nothing = [np.zeros(layer.shape) for layer in sweeps.z]
    for _ in range(_MOST_SWEEPS):
        before = [layer.copy() for layer in sweeps.z]
        sweeps.sweep(nothing, 0.0)
        if all(np.array_equal(one, other) for one, other in zip(before, sweeps.z, strict=True)):
            break
    return sweeps.z
