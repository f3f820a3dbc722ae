"""An ellipse of a scene as a circle that is moved."""

from __future__ import annotations

import math

import numpy as np

from emtui.charts.scene import Ellipse, FloatArray


def half_axes(ellipse: Ellipse) -> FloatArray | None:
    """(2, 2) what makes the outline of a circle: c + n_std · Σ^½ (cos t, sin t); None for an invalid covariance.

    Σ^½ = V √λ Vᵀ, which no sign in V touches.
    """
    if not (np.isfinite(ellipse.center).all() and np.isfinite(ellipse.covariance).all()):
        return None
    # Scaled, because eigenvalues of the largest and the smallest numbers lose their range.
    scale = float(np.abs(ellipse.covariance).max()) or 1.0
    values, vectors = np.linalg.eigh((ellipse.covariance / scale + ellipse.covariance.T / scale) / 2)
    if values[0] < -1e-9 * max(abs(values[1]), 1e-300):
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        found: FloatArray = (
            (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T * (math.sqrt(scale) * ellipse.n_std)
        )
    return found
