"""What a hidden Markov model says of its own numbers: a row and an entry of θ line by line, α, β, ξ, slopes, pulls."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from engine.arrays import Array, Rows
from engine.editing.entries import Entry
from engine.em.inference import EXACT, Inference
from engine.em.step import Step
from engine.errors import EngineError
from engine.explain.derivation import Worked, WorkedLine
from engine.explain.pulls import DensitySlopes, Pulls, Slopes
from engine.explain.quantity import Quantity
from engine.explain.row_states import RowStates
from engine.explain.worked import Explains, result_row
from engine.models.gaussian.explanation import moment_lines
from engine.models.gaussian.ridge import ridge_in_words
from engine.models.hmm.data import SequenceRows
from engine.models.hmm.emissions import Emissions, GaussianEmissions
from engine.models.hmm.explanation import chain_row, count_lines
from engine.models.hmm.forward_backward import Chain
from engine.models.hmm.params import HiddenMarkovParams
from engine.models.hmm.posterior import smooth
from engine.models.hmm.recursions import Recursions
from engine.models.hmm.slopes import chain_pulls, chain_slopes, pairs_at


class ExplainsChains(Explains):
    """The part of the model that explains; the model has the chain, its emissions and the responsibilities."""

    reg_covar: Any

    @property
    @abstractmethod
    def emissions(self) -> Emissions:
        """What states emit."""

    @abstractmethod
    def chain(self, params: HiddenMarkovParams, data: SequenceRows) -> Chain:
        """ln p(x, z | θ) as potentials of the rows and transitions between them."""

    @abstractmethod
    def responsibilities(
        self, params: HiddenMarkovParams, data: SequenceRows, rows: Rows, inference: Inference = EXACT
    ) -> Array:
        """γ of these rows."""

    def worked_row(self, step: Step, row: int) -> Worked:
        """Scaled forward × scaled backward of each state, its share, Σ α β = p(x), and ξ of the row."""
        assert isinstance(step.problem.data, SequenceRows)
        chain, data = self.chain(step.params_q, step.problem.data), step.problem.data
        sequence = int(np.searchsorted(data.first, row, side="right")) - 1
        if smooth(chain, data.sequence_weight).lost[sequence]:
            return result_row(step, row, "no path explains the sequence: shares of its least impossible paths")
        return chain_row(step, row, chain) or result_row(step, row)

    def sequence_quantities(self, step: Step) -> Mapping[str, Callable[[], Quantity]]:
        """α, β and ξ at θ_q."""
        params, data = step.params_q, step.problem.data
        assert isinstance(data, SequenceRows)
        chain = self.chain(replace(params, stop=None), data)
        return Recursions(chain, params.stop, step.problem.row_name).quantities

    def row_states(self, step: Step, row: int) -> RowStates:
        """There are none of a row by itself."""
        raise EngineError(
            "the steps of a sequence hang together: q is of whole paths through the states, and a step by itself has "
            "no ln p(x) that its points could be weighed to."
        )

    def slopes(self, at: Any, params: Any, entry: Entry) -> Slopes | None:
        """What q expects of a probability, over it; of a Gaussian emission γ times how its log-density goes."""
        gamma, moved = self._looked(at), self._density_slopes(params, at.data, entry)
        if moved is not None:
            return replace(moved.held(gamma), name="γ")
        return chain_slopes(gamma, self._pairs(at, gamma, entry), params, at.data, entry)

    def pulls(self, at: Any, params: Any, entry: Entry) -> Pulls | None:
        """What is expected, less its probability times all that could have been there; γ (x − μ) of a Gaussian."""
        gamma, moved = self._looked(at), self._density_slopes(params, at.data, entry)
        if moved is not None:
            return moved.pulls(gamma)
        return chain_pulls(gamma, self._pairs(at, gamma, entry), params, at.data, entry)

    def _looked(self, at: Any) -> Array:
        return self.responsibilities(at.params, at.data, slice(None), at.inference)

    def _pairs(self, at: Any, gamma: Array, entry: Entry) -> Array | None:
        if entry.path != "transition":
            return None
        return pairs_at(gamma, self.chain(at.params, at.data), at.inference, *entry.index)

    def _density_slopes(self, params: Any, data: Any, entry: Entry) -> DensitySlopes | None:
        kind = self.emissions
        if not isinstance(kind, GaussianEmissions) or not entry.path.startswith("emission."):
            return None
        return kind.mixture.density_slopes(kind.of_mixture(params.emission), data.rows, entry)

    def parameter_lines(self, step: Step, entry: Entry, after: Any) -> list[WorkedLine] | None:
        """Shares of what is expected; the moments of a Gaussian emission."""
        assert isinstance(step.problem.data, SequenceRows)
        counts, rows, kind = step.expectation.statistics, step.problem.data.rows, self.emissions
        if rows is None or not isinstance(kind, GaussianEmissions) or not entry.path.startswith("emission."):
            return count_lines(counts, entry, step.params_q)
        return moment_lines(counts.emission, entry, kind.mixture.ridge(rows), ridge_in_words(self.reg_covar))
