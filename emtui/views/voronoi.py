"""Borders between the regions of nearest centres in the plane: a Voronoi diagram, cut to a box."""

from __future__ import annotations

import numpy as np

from engine.arrays import Array


def voronoi_borders(centers: Array, low: Array, high: Array) -> Array:
    """(m, 2, 2) end points of the segments where two centres are equally near and no other one is nearer.

    The bisector of c_j and c_k is q(s) = (c_j + c_k)/2 + s·t with t at right angles to c_k − c_j. That c_j is at least
    as near as c_l is linear in s, and so are the sides of the box: what satisfies all is an interval.

    Args:
        centers: (K, 2).
        low, high: (2,) corners of the box.
    """
    origin, size = low, float(np.max(high - low))
    if not size > 0 or not np.isfinite(size):
        return np.zeros((0, 2, 2))
    c, box = (centers - origin) / size, (high - origin) / size  # a box of about 1, so that squares are numbers
    first, second = np.triu_indices(len(c), 1)
    apart = (c[first] != c[second]).any(axis=1)
    first, second = first[apart], second[apart]
    middle, normal = (c[first] + c[second]) / 2, c[second] - c[first]
    along = np.stack([-normal[:, 1], normal[:, 0]], axis=1)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    # slope · s + constant ≤ 0: one column for each centre, then the four sides of the box
    others = c[np.newaxis, :, :] - c[first][:, np.newaxis, :]  # (pairs, K, 2)
    # ‖q − c_j‖² − ‖q − c_l‖² = 2 (q − (c_j + c_l)/2)·(c_l − c_j)
    halfway = (c[np.newaxis, :, :] + c[first][:, np.newaxis, :]) / 2
    slope = np.einsum("pki,pi->pk", others, along)
    constant = np.einsum("pki,pki->pk", others, middle[:, np.newaxis, :] - halfway)
    own = np.arange(len(first))
    slope[own, second], constant[own, second] = 0.0, 0.0  # met everywhere on the bisector, whatever rounding says
    slope = np.hstack([slope, along, -along])
    constant = np.hstack([constant, middle - box, -middle])
    with np.errstate(divide="ignore", invalid="ignore"):
        at = -constant / slope
    end = np.where(slope > 0, at, np.inf).min(axis=1, initial=np.inf)
    begin = np.where(slope < 0, at, -np.inf).max(axis=1, initial=-np.inf)
    possible = ((slope != 0) | (constant <= 0)).all(axis=1) & (begin < end)
    begin, end, middle, along = begin[possible], end[possible], middle[possible], along[possible]
    ends = np.stack([middle + begin[:, None] * along, middle + end[:, None] * along], axis=1)
    return np.asarray(ends * size + origin)
