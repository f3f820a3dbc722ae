r"""The ridge of Gaussian covariances: a prior in the data's own units, the same for any number of components.

    ln p(Σ_k) = −½ Σ_j λ_j (Σ_k⁻¹)_jj + const        so that an M-step adds λ_j / N_k to the variance of column j

    auto        λ_j = 1e-6 · n · v_j,   v_j the column's variance: what is found doesn't depend on the units;
                                        a few numbers far out don't count: at most 100 times what its quartiles say;
                                        of a constant column the square of its number (see `GaussianRows.variances`)
    a number    λ_j = reg_covar · n     in the squared units of the data; with K = 1 it is scikit-learn's `reg_covar`

n is the sum of the weights. λ knows nothing of K, so a further component, dead or alive, leaves the prior of the others
as it is.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.arrays import Array
from engine.models.gaussian.data import GaussianRows
from engine.options import option

AUTO = "auto"
SHARE = 1e-6  # of each column's variance
MOST_FROM_DATA = 0.5  # a component of whose extent in some direction the ridge is more than this lives on the ridge


def ridge_option() -> Any:
    """`reg_covar`, as every model with Gaussian covariances declares it."""
    return option(
        AUTO,
        "the prior adds λ/N to each variance of N rows: λ = reg_covar·n, or auto: 1e-6·n·the column's variance "
        "(of which at most 100 times what its quartiles say)",
        kind="float", words=(AUTO,), minimum=0.0, maximum=1e100,
    )  # fmt: skip


def ridge_of(reg_covar: float | str, data: GaussianRows) -> Array:
    """(d,) λ of each column, in its squared units."""
    if isinstance(reg_covar, str):
        return np.asarray(SHARE * data.total_weight * data.ridge_unit)
    return np.full(len(data.mean), float(reg_covar) * data.total_weight)


def ridge_in_words(reg_covar: float | str) -> str:
    """λ as a formula."""
    return f"{SHARE:zg} · n · variance" if isinstance(reg_covar, str) else "reg_covar · n"


def inverse_trace(inverse: Array, ridge: Array, covariance_type: str) -> Array:
    """Σ_j λ_j (Σ⁻¹)_jj of each covariance, from what standardises it (`inverse_factors`), for tied of the only one."""
    with np.errstate(over="ignore"):  # a covariance that all but vanishes: no prior would have it
        if covariance_type == "spherical":
            return np.asarray((inverse * np.sqrt(ridge.sum())) ** 2)
        scaled = (inverse * np.sqrt(ridge)) ** 2
        return np.asarray(scaled.sum(axis=-1) if covariance_type == "diag" else scaled.sum(axis=(-2, -1)))


def share_of_ridge(inverse: Array, ridge: Array, counts: Array, covariance_type: str) -> Array:
    """(K,) how much of a component's extent the ridge makes up where that is most: from 0 to 1, when Q is at its best.

    Σ_k ⪰ Λ/N_k, so in the ridge's own metric the smallest variance of Σ_k is at least 1/N_k, and the share is the
    largest eigenvalue of Λ^½ Σ_k⁻¹ Λ^½ / N_k. For tied N is n. 0 for a component without rows.
    """
    total = np.full(len(counts), counts.sum()) if covariance_type == "tied" else counts
    divisor = np.where(total > 0, total, np.inf)
    with np.errstate(over="ignore", invalid="ignore"):
        if covariance_type == "spherical":
            return np.asarray(inverse**2 * ridge.mean() / divisor)
        scaled = inverse * np.sqrt(ridge)
        if covariance_type == "diag":
            return np.asarray((scaled**2).max(axis=-1) / divisor)
        if covariance_type == "tied":
            scaled = np.broadcast_to(scaled, (len(counts), *scaled.shape))
        found = np.asarray((scaled**2).sum(axis=(-2, -1)) / divisor)  # the sum of the eigenvalues, the largest at most
        for k in np.flatnonzero((found > MOST_FROM_DATA) & np.isfinite(found)):
            found[k] = np.linalg.norm(scaled[k], 2) ** 2 / divisor[k]
        return found
