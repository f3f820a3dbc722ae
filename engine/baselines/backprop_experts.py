"""The mixture of experts of `MixtureOfExperts` trained by following the gradient of its log-likelihood, epoch by epoch.

It is how Jacobs et al. (1991) trained experts. The gradient stands in `backprop_experts_gradient`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from engine.arrays import Array, IntArray, Rows
from engine.baselines.backprop_experts_gradient import Gradients
from engine.baselines.backprop_experts_state import BackpropExpertsParams, OptimizerState
from engine.baselines.epochs import InEpochs, NothingExpected
from engine.editing.entries import Entry
from engine.em.expectation import Expectation
from engine.em.inference import EXACT, Inference
from engine.em.maximization import Maximization
from engine.em.parameters import arrays_of
from engine.em.step import Step
from engine.explain.derivation import Worked, WorkedLine
from engine.explain.worked import result_row
from engine.models.experts.data import ExpertRows
from engine.models.experts.model import MixtureOfExperts
from engine.models.experts.params import LARGEST, ExpertsParams, reordered
from engine.models.optimizers import rows_of_steps, without_bound
from engine.options import option


@dataclass(frozen=True)
class BackpropExperts(InEpochs, MixtureOfExperts):
    """The same experts and the same objective as `MixtureOfExperts`, trained by gradients; an M-step is one epoch.

    It begins where `MixtureOfExperts` begins with the same seed. Gradients are summed over the rows of a step.
    """

    Params: ClassVar[type] = BackpropExpertsParams
    name: ClassVar[str] = "backprop-experts"
    title: ClassVar[str] = "mixture of experts trained by gradients"
    hides: ClassVar[bool] = False

    optimizer: str = option("adam", "one row a step, all rows a step, or Adam", choices=("sgd", "batch", "adam"))
    learning_rate: float = option(0.1, "of a step, summed over its rows", minimum=0.0, exclusive_minimum=True)
    batch_size: int | None = option(None, "rows a step; auto: 1 for sgd, else all", kind="int", minimum=1)

    def __post_init__(self) -> None:
        """Check the options, and say whether the order of the rows matters."""
        super().__post_init__()
        object.__setattr__(self, "row_order_matters", self.steps_on_parts)

    @property
    def compares_columns(self) -> bool:
        """One learning rate for the weights of all columns."""
        return True

    @property
    def e_step_passes(self) -> int:
        """None: it only looks."""
        return 0

    def start(self, data: ExpertRows, generator: np.random.Generator) -> BackpropExpertsParams:
        """The start of `MixtureOfExperts` with the same seed, and the seed of the epochs' shuffling."""
        drawn = super().start(data, generator)
        return BackpropExpertsParams(drawn.gate, drawn.experts, OptimizerState.fresh(int(generator.integers(2**31))))

    def seeded(self, params: ExpertsParams, data: ExpertRows, generator: np.random.Generator) -> BackpropExpertsParams:
        """A given start visits the rows in the order that a drawn one of the same seed does."""
        assert isinstance(params, BackpropExpertsParams)
        return params if params.state is not None else replace(params, state=self.start(data, generator).state)

    def check_params(self, params: ExpertsParams, data: ExpertRows) -> BackpropExpertsParams:
        """As for `MixtureOfExperts`, whose parameters will do as well."""
        own = params
        if isinstance(params, ExpertsParams) and not isinstance(params, BackpropExpertsParams):
            own = BackpropExpertsParams(params.gate, params.experts)
        checked = super().check_params(own, data)
        assert isinstance(checked, BackpropExpertsParams)
        return checked

    def expect(self, params: ExpertsParams, data: ExpertRows, inference: Inference = EXACT) -> Expectation:
        """Look: the log-likelihood. There is nothing to expect."""
        return Expectation(NothingExpected(), self._log_likelihood(params, data), 0.0)

    def _log_likelihood(self, params: ExpertsParams, data: ExpertRows) -> float:
        return super().expect(params, data).log_likelihood

    def maximize(
        self, expectation: Expectation, params: ExpertsParams, data: ExpertRows
    ) -> Maximization[ExpertsParams]:
        """One epoch. Nothing makes it rise: where the objective falls, an event says by how much."""
        state = params.state if isinstance(params, BackpropExpertsParams) else None
        after = self._epoch(params, OptimizerState.fresh(0) if state is None else state, data)
        if after is None:
            return Maximization(params, (without_bound(self.learning_rate),))
        reached = self._log_likelihood(after, data) + self.log_prior(after, data)
        if not np.isfinite(reached):
            return Maximization(params, (without_bound(self.learning_rate),))
        fell = expectation.log_likelihood + self.log_prior(params, data) - reached
        return Maximization(after, () if fell <= 0.0 else (self.lower_by(fell),))

    def _epoch(self, params: ExpertsParams, state: OptimizerState, data: ExpertRows) -> BackpropExpertsParams | None:
        """θ after every row was seen once; None where it has left all bounds."""
        climb = Gradients.of(self, data)
        weights = climb.coordinates(params)
        optimizer = state.optimizer(weights, self.optimizer, self.learning_rate)
        with np.errstate(all="ignore"):
            a_step = self.rows_a_step(data.n_rows)
            for chosen in rows_of_steps(int(state.seed), int(state.epochs), data.n_rows, a_step):
                optimizer.move(weights, climb.of_rows(weights, chosen))
                climb.kept_in_bounds(weights)
        if not all(float(np.abs(one).max(initial=0.0)) <= LARGEST for one in weights):
            return None
        there = climb.params(weights)
        return BackpropExpertsParams(there.gate, there.experts, state.after(optimizer))

    def q_value(self, expectation: Expectation, params: ExpertsParams, data: ExpertRows) -> float:
        """The log-likelihood: q is not looked at, so that it is its own bound."""
        return self._log_likelihood(params, data)

    def entropy(self, params: ExpertsParams, data: ExpertRows, inference: Inference = EXACT) -> float:
        """0: no q is chosen."""
        return 0.0

    def responsibilities(
        self, params: ExpertsParams, data: ExpertRows, rows: Rows, inference: Inference = EXACT
    ) -> Array:
        """(len(rows), K) r_k, by which the gradient shares out a row."""
        return super().responsibilities(params, data, rows)

    def remarks(self, step: Step) -> tuple[str, ...]:
        """None: an epoch claims no maximum."""
        return ()

    def relabel(self, params: ExpertsParams, order: IntArray) -> ExpertsParams | None:
        """The experts in another order; None where the last one moves: gradients are of the others relative to it."""
        if int(order[-1]) != len(order) - 1:
            return None
        other, state = reordered(params, order), params.state if isinstance(params, BackpropExpertsParams) else None
        weights = [params.gate, *arrays_of(params.experts).values()]
        return BackpropExpertsParams(other.gate, other.experts, state and state.relabelled(order, weights))

    def worked_row(self, step: Step, row: int) -> Worked:
        """By which shares the gradient takes the row."""
        return result_row(step, row, "no q is chosen: by these shares the gradient of the row is given to the experts")

    def parameter_lines(self, step: Step, entry: Entry, after: Any) -> list[WorkedLine] | None:
        """None: an epoch is many steps, or Adam's."""
        return None
