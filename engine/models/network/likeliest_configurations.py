"""The likeliest hidden configurations of one row, given its target."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.arrays import Array
from engine.em.inference import EXACT
from engine.errors import EngineError
from engine.models.network.configurations import configuration
from engine.models.network.cost import MOST_EXACT
from engine.models.network.data import NetworkRows
from engine.models.network.draws import FirstLayer, prior_draws
from engine.models.network.e_steps.exact import log_output_of_row, log_prior_table
from engine.models.network.e_steps.gibbs import GibbsEStep
from engine.models.network.params import NetworkParams

_LONG_CHAIN = 500  # sweeps for the picture of one row


@dataclass(frozen=True, eq=False)
class ConfigurationPosterior:
    """The likeliest hidden configurations of one row.

    Attributes:
        z: (k, m) 0 or 1 of each unit.
        probabilities: (k,) p(z | x, y), falling.
        sampled: they are the shares of a chain's visits, not exact.
    """

    z: Array
    probabilities: Array
    sampled: bool = False


def likeliest(params: NetworkParams, data: NetworkRows, row: int, most: int) -> ConfigurationPosterior:
    """As `LatentMLP.configurations`."""
    if not 0 <= row < data.n_rows:
        raise EngineError(f"there is no row {row + 1}: the data have {data.n_rows}.")
    one = data.take(slice(row, row + 1))
    if params.deeper is not None or params.hidden_units > MOST_EXACT:
        return _visited(params, one, most)
    log_q = log_prior_table(params, one.design)[:, 0]
    if data.y is not None or data.numeric:
        log_q += log_output_of_row(params, one)
    log_q -= log_q.max()
    q = np.exp(log_q, out=log_q)
    q /= q.sum()
    best = np.argpartition(-q, min(most, len(q)) - 1)[:most]
    best = best[np.argsort(-q[best], kind="stable")]
    z = np.stack([configuration(int(number), params.hidden_units) for number in best])
    return ConfigurationPosterior(z, q[best])


def _visited(params: NetworkParams, row: NetworkRows, most: int) -> ConfigurationPosterior:
    """The configurations of one row that a long chain visits most (or draws, without a target), with their shares."""
    generator = np.random.default_rng(0)
    if row.y is None:
        layers = prior_draws(params, FirstLayer.of(params, row.design), generator, _LONG_CHAIN)
    else:
        layers = list(GibbsEStep(sweeps=_LONG_CHAIN).chain(params, row, EXACT, generator).z)
    z, visits = np.unique(np.concatenate([layer[:, 0] for layer in layers], axis=1), axis=0, return_counts=True)
    best = np.argsort(-visits, kind="stable")[:most]
    return ConfigurationPosterior(z[best].astype(np.float64), visits[best] / _LONG_CHAIN, sampled=True)
