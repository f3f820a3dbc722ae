"""What the states of a hidden Markov model emit: one symbol of V, or a row of measurements from a Gaussian."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from engine.arrays import Array
from engine.em.expectation import Expectation
from engine.em.maximization import Event, events_where
from engine.em.row_text import RowText
from engine.errors import DataError, EngineError
from engine.models.gaussian.data import GaussianRows
from engine.models.gaussian.mixture import GaussianMixture
from engine.models.gaussian.params import GaussianParams, check_gaussian_params, n_covariance_parameters
from engine.models.gaussian.passes import MOST_CANCELLED, CentredPass, Pass, SharedPass, pass_for
from engine.models.gaussian.statistics import GaussianStatistics
from engine.models.gaussian.weak import weak_components
from engine.models.hmm.data import SequenceRows
from engine.models.hmm.params import GaussianEmission
from engine.models.probabilities import dot_log
from engine.parallel import map_chunks, map_reduce, row_chunks

_IMPOSSIBLE = -1e300  # a log-density below it is that of a row which no number is small enough for


@dataclass(frozen=True)
class CategoricalEmissions:
    """State i emits symbol v with probability emission[i, v]."""

    n_states: int

    def start(self, data: SequenceRows, generator: np.random.Generator) -> Array:
        """Halfway between each symbol's share of the rows and a random distribution, drawn for each state.

        Known states begin with the symbols that are known to be theirs.
        """
        assert data.symbols is not None
        V = data.n_symbols
        frequency = np.bincount(data.symbols, data.sample_weight, V)
        drawn = generator.standard_exponential((self.n_states, V)) + 1e-3
        mixed = drawn / drawn.sum(axis=1, keepdims=True) + frequency / frequency.sum()
        if data.y is not None:
            known = data.y >= 0
            weight = None if data.sample_weight is None else data.sample_weight[known]
            places = data.y[known] * V + data.symbols[known]
            mixed = mixed + np.bincount(places, weight, self.n_states * V).reshape(self.n_states, V)
        return np.asarray(mixed / mixed.sum(axis=1, keepdims=True))

    def check(self, emission: Any, data: SequenceRows) -> None:
        """A row of probabilities for each state, wide enough for the symbols. Raises EngineError where it is not."""
        if isinstance(emission, GaussianEmission):
            raise EngineError("the start has a Gaussian emission, but the model's is categorical: set emission.")
        S, V = self.n_states, data.n_symbols
        if emission.ndim != 2 or len(emission) != S:
            raise EngineError(f"emission of the start must have the shape ({S} states, symbols), not {emission.shape}.")
        if emission.shape[1] < V:
            raise EngineError(
                f"the sequences hold {V} symbols or more, but emission has {emission.shape[1]} columns: "
                "leave rows with unseen symbols out, or give a wider emission."
            )
        fine = np.all(np.isfinite(emission) & (emission >= 0), axis=1) & (np.abs(emission.sum(axis=1) - 1.0) <= 1e-6)
        if not fine.all():
            row = int(fine.argmin())
            raise EngineError(
                "emission of the start must be probabilities, of which each row sums to 1: "
                f"row {row + 1} sums to {emission[row].sum():z.6g}."
            )

    def log_densities(self, emission: Array, data: SequenceRows) -> Array:
        """(S, T) ln emission[i, x_t], which may be overwritten; −inf where it is impossible."""
        assert data.symbols is not None
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(emission).take(data.symbols, axis=1))

    def statistics(self, emission: Array, data: SequenceRows, responsibilities: Array) -> Array:
        """(S, V) how often each state is expected to emit each symbol."""
        assert data.symbols is not None
        return np.stack([np.bincount(data.symbols, r, emission.shape[1]) for r in responsibilities])

    def maximize(self, statistics: Array, emission: Array, data: SequenceRows) -> tuple[Array, tuple[Event, ...]]:
        """emission[i, v] = E[emitted v in i] / E[rows in i]; a state that is not visited stays as it was."""
        rows = statistics.sum(axis=1)
        used = rows > 0
        best = np.where(used[:, None], statistics / np.where(used, rows, 1.0)[:, None], emission)
        return best, events_where(~used, "state {} is not visited any more: its emissions stay as they were")

    def q_value(self, statistics: Array, emission: Array) -> float:
        """Σ_iv E[emitted v in i] ln emission[i, v]."""
        return dot_log(statistics, emission)

    def log_prior(self, emission: Array, data: SequenceRows) -> float:
        """0: there is none."""
        return 0.0

    def n_parameters(self, emission: Array, n_states: int) -> int:
        """S (V − 1) free parameters for this many states."""
        return n_states * (int(emission.shape[1]) - 1)


@dataclass(frozen=True)
class GaussianEmissions:
    """State i emits N(x | means[i], covariances[i]): the passes, ridge and mending of the Gaussian mixture.

    The ridge is its prior, too: ln p(Σ_i) = −½ Σ_j λ_j (Σ_i⁻¹)_jj + const, n the weighted rows of all sequences.
    """

    mixture: GaussianMixture

    def start(self, data: SequenceRows, generator: np.random.Generator) -> GaussianEmission:
        """The clusters of k-means, whatever their order in time. Raises DataError for fewer rows than states."""
        rows, S = _rows(data), self.mixture.n_components
        counted = rows.n_rows if rows.sample_weight is None else int(np.count_nonzero(rows.sample_weight))
        if counted < S:
            raise DataError(
                f"{counted} row{'' if counted == 1 else 's'} can't start {S} states: "
                f"choose n_states of at most {counted}, or give longer sequences."
            )
        begun = self.mixture.start(rows, generator)
        return GaussianEmission(begun.means, begun.covariances)

    def check(self, emission: Any, data: SequenceRows) -> None:
        """Shapes, and positive definite covariances. Raises EngineError where they are not."""
        if not isinstance(emission, GaussianEmission):
            raise EngineError(
                "emission of the start must be a GaussianEmission(means, covariances), as the model's is."
            )
        kind, rows = self.mixture.covariance_type, _rows(data)
        try:
            check_gaussian_params(self.of_mixture(emission), kind, self.mixture.n_components, rows.X.shape[1])
        except EngineError as error:
            raise EngineError(str(error).replace("component", "state")) from None

    def log_densities(self, emission: GaussianEmission, data: SequenceRows) -> Array:
        """(S, T) ln N(x_t | means[i], covariances[i]), which may be overwritten; −inf where it has no number."""
        rows, params = _rows(data), self.of_mixture(emission)
        a_pass = pass_for(params, rows)
        out = np.empty((self.mixture.n_components, rows.n_rows))

        def one(part: slice) -> None:
            with rows.workspaces.borrowed() as work:
                out[:, part] = a_pass.log_joint(a_pass.look(part, work), work)

        map_chunks(one, row_chunks(rows.n_rows, a_pass.rows_per_chunk))
        out += np.log(self.mixture.n_components)  # a mixture's components have weights, here 1/S
        if out.min() < _IMPOSSIBLE:
            out[out < _IMPOSSIBLE] = -np.inf
        return out

    def statistics(self, emission: GaussianEmission, data: SequenceRows, responsibilities: Array) -> GaussianStatistics:
        """The moments of each state's rows, taken about the new means where they would otherwise lose digits."""
        rows, params = _rows(data), self.of_mixture(emission)
        first = pass_for(params, rows)
        moments = _moments(first, rows, responsibilities)
        slack = rows.whitened(self.mixture.ridge(rows)) if isinstance(first, SharedPass) else 0.0
        if moments.loses_digits(slack, MOST_CANCELLED):
            moments = _moments(CentredPass(params, rows, moments.means()), rows, responsibilities)
        return moments

    def maximize(
        self, statistics: GaussianStatistics, emission: GaussianEmission, data: SequenceRows
    ) -> tuple[GaussianEmission, tuple[Event, ...]]:
        """Weighted means, and covariances with the ridge: those of a mixture with these responsibilities."""
        before = self.of_mixture(emission, statistics.counts / statistics.counts.sum())
        expectation = Expectation(statistics, float("nan"), float("nan"))
        best = self.mixture.maximize(expectation, before, _rows(data))
        events = tuple(replace(event, message=_about_states(event.message)) for event in best.events)
        return GaussianEmission(best.params.means, best.params.covariances), events

    def q_value(self, statistics: GaussianStatistics, emission: GaussianEmission) -> float:
        """E_q[Σ_t ln N(x_t | means[z_t], covariances[z_t])], from the moments."""
        return float(statistics.q_by_component(self.of_mixture(emission)).sum())

    def log_prior(self, emission: GaussianEmission, data: SequenceRows) -> float:
        """The log-prior of `GaussianMixture`."""
        return self.mixture.log_prior(self.of_mixture(emission), _rows(data))

    def weak_components(self, emission: GaussianEmission, data: SequenceRows, shares: Array) -> dict[int, str]:
        """The states that have no row, a single one, or live on the ridge; shares: (T, S) responsibilities."""
        rows = _rows(data)
        counts = (shares if rows.sample_weight is None else shares * rows.sample_weight[:, None]).sum(axis=0)
        params = self.of_mixture(emission, counts / counts.sum())
        return weak_components(params, rows, self.mixture.ridge(rows), lambda row: shares[row])

    def n_parameters(self, emission: GaussianEmission, n_states: int) -> int:
        """S d means, and the covariances of the type, of so many states."""
        d = int(emission.means.shape[1])
        return n_states * d + n_covariance_parameters(self.mixture.covariance_type, n_states, d)

    def of_mixture(self, emission: GaussianEmission, weights: Array | None = None) -> GaussianParams:
        """The parameters of a mixture with these components; of equal weights unless they are given."""
        S = self.mixture.n_components
        return GaussianParams(np.full(S, 1.0 / S) if weights is None else weights, emission.means, emission.covariances)


Emissions = CategoricalEmissions | GaussianEmissions
"""One kind of emission. `emission` is its part of θ, S the number of states, T that of all rows."""


def _rows(data: SequenceRows) -> GaussianRows:
    assert data.rows is not None
    return data.rows


def _moments(a_pass: Pass, rows: GaussianRows, responsibilities: Array) -> GaussianStatistics:
    """One pass in chunks, summed in their order."""

    def one(part: slice) -> GaussianStatistics:
        with rows.workspaces.borrowed() as work:
            r = np.ascontiguousarray(responsibilities[:, part])
            return a_pass.statistics(a_pass.look(part, work), part, r, work)

    return map_reduce(row_chunks(rows.n_rows, a_pass.rows_per_chunk), one)


def _about_states(message: str) -> str:
    """A mixture's message about components, reworded for states."""
    if isinstance(message, RowText):
        return message.reworded(_about_states)
    return message.replace("components", "states").replace("component", "state").replace(", without weight", "")
