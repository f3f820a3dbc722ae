r"""The mixture of experts of `MixtureOfExperts` trained by following the gradient of its log-likelihood.

    ∂ ln p(y | x):   γ_k: (r_k − g_k) [1, x]     v_ki: r_k ([y = i] − p_ki) [1, x]
                     β_k: r_k (y − m_k)/σ²_k [1, x]     ln σ²_k: r_k ((y − m_k)²/σ²_k − 1)/2

with r_k = g_k p_k(y | x) / p(y | x): the gradient of Q at θ_q = θ (Fisher's identity). It is how Jacobs et al. (1991)
trained experts. A numeric target is taken in units of its standard deviation about its mean, so that a learning rate
means the same for any target; the inputs are taken as they are.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np

from engine.arrays import Array, ByFields, IntArray, Rows, freeze
from engine.baselines.backprop import NothingExpected
from engine.editing.entries import Entry
from engine.em.expectation import Expectation
from engine.em.inference import EXACT, Inference
from engine.em.maximization import Event, Maximization
from engine.em.model import Ascent as HowFar
from engine.em.parameters import arrays_of
from engine.em.step import Step
from engine.explain.derivation import Worked, WorkedLine
from engine.explain.worked import result_row
from engine.models.experts.data import ExpertRows
from engine.models.experts.model import MixtureOfExperts
from engine.models.experts.multinomial import log_softmax
from engine.models.experts.params import LARGEST, ExpertsParams, GaussianExperts, SoftmaxExperts, reordered
from engine.models.optimizers import Adam, Ascent, rows_of_steps
from engine.options import option

_SMALLEST_LOG_VARIANCE = -60.0  # of the target's own


@dataclass(frozen=True, eq=False)
class OptimizerState(ByFields):
    """What an optimiser carries on, as a value.

    Attributes:
        seed: () of the shuffling. epochs, steps: () how many are done.
        first, second: (m,) Adam's running means of the gradient and of its square, all arrays one after the other; None
            before the first step.
    """

    seed: Array
    epochs: Array
    steps: Array
    first: Array | None = None
    second: Array | None = None

    def __post_init__(self) -> None:
        freeze(self)  # read-only arrays

    @classmethod
    def fresh(cls, seed: int) -> OptimizerState:
        """Before the first epoch."""
        return cls(np.array(float(seed)), np.zeros(()), np.zeros(()))

    def optimizer(self, weights: list[Array], name: str, learning_rate: float) -> Ascent:
        """What goes on from here."""
        if name != "adam":
            return Ascent(learning_rate)
        nothing = [np.zeros(one.shape) for one in weights]
        first, second = (nothing if mean is None else _apart(mean, weights) for mean in (self.first, self.second))
        return Adam(learning_rate, first, second, int(self.steps))

    def relabelled(self, order: IntArray, weights: list[Array]) -> OptimizerState:
        """For the experts in another order; every array has them along its first axis."""
        first, second = (
            None if mean is None else np.concatenate([one[order].ravel() for one in _apart(mean, weights)])
            for mean in (self.first, self.second)
        )
        return replace(self, first=first, second=second)

    def after(self, optimizer: Ascent) -> OptimizerState:
        """After an epoch of it."""
        means: tuple[Array, ...] = ()
        if isinstance(optimizer, Adam):
            means = tuple(np.concatenate([one.ravel() for one in mean]) for mean in (optimizer.first, optimizer.second))
        return OptimizerState(self.seed, self.epochs + 1.0, self.steps + float(optimizer.steps), *means)


def _apart(flat: Array, like: list[Array]) -> list[Array]:
    parts = np.split(flat, np.cumsum([one.size for one in like])[:-1])
    return [part.reshape(one.shape) for part, one in zip(parts, like, strict=True)]


@dataclass(frozen=True)
class BackpropExpertsParams(ExpertsParams):
    """θ as in `ExpertsParams`, and what the optimiser carries on; None before the first epoch of a given start."""

    state: OptimizerState | None = field(default=None, compare=False)


@dataclass(frozen=True)
class BackpropExperts(MixtureOfExperts):
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
        several = self.optimizer != "batch" and (self.optimizer == "sgd" or self.batch_size is not None)
        object.__setattr__(self, "row_order_matters", several)

    @property
    def compares_columns(self) -> bool:
        """One learning rate for the weights of all columns."""
        return True

    @property
    def ascent(self) -> HowFar:
        """An epoch follows the gradient."""
        return "gradient"

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
        message = f"with learning rate {self.learning_rate:zg} the weights grow without bound: take a smaller one"
        too_far = (Event(message, breaks_ascent=True, stops=True),)
        if after is None:
            return Maximization(params, too_far)
        reached = self._log_likelihood(after, data) + self.log_prior(after, data)
        if not np.isfinite(reached):
            return Maximization(params, too_far)
        fell = expectation.log_likelihood + self.log_prior(params, data) - reached
        if fell <= 0.0:
            return Maximization(after)
        why = {
            "batch": f"the step with learning rate {self.learning_rate:zg} was too long",
            "adam": "Adam's steps follow past gradients, and may go too far",
            "sgd": "steps for a few rows at a time need not raise it for all of them",
        }
        said = f"the objective fell by {fell:z.3g} in this epoch: {why[self.optimizer]}"
        return Maximization(after, (Event(said, breaks_ascent=True),))

    def _epoch(self, params: ExpertsParams, state: OptimizerState, data: ExpertRows) -> BackpropExpertsParams | None:
        """θ after every row was seen once; None where it has left all bounds."""
        climb = Gradients.of(self, data)
        weights = climb.coordinates(params)
        optimizer = state.optimizer(weights, self.optimizer, self.learning_rate)
        n = data.n_rows
        usual = 1 if self.optimizer == "sgd" else n
        a_step = n if self.optimizer == "batch" else min(n, usual if self.batch_size is None else self.batch_size)
        with np.errstate(all="ignore"):
            for chosen in rows_of_steps(int(state.seed), int(state.epochs), n, a_step):
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


@dataclass(frozen=True, eq=False)
class Gradients:
    """The gradient of log-likelihood + log prior, in coordinates that an optimiser moves.

    They are the gate, the coefficients, and of numbers ln σ² as well, the target in its own standard units.
    """

    model: MixtureOfExperts
    data: ExpertRows
    design: Array  # (n, p+1) [1, x]
    centre: float
    scale: float

    @classmethod
    def of(cls, model: MixtureOfExperts, data: ExpertRows) -> Gradients:
        """On these rows."""
        design = np.column_stack([np.ones(data.n_rows), data.X])
        scale = float(np.sqrt(data.spread)) if data.target is not None else 1.0
        return cls(model, data, design, data.centre, scale)

    def coordinates(self, params: ExpertsParams) -> list[Array]:
        """θ as arrays that may be written to."""
        coefficients = np.array(params.experts.coefficients)
        if not isinstance(params.experts, GaussianExperts):
            return [np.array(params.gate), coefficients]
        coefficients[:, 0] -= self.centre
        return [np.array(params.gate), coefficients / self.scale, np.log(params.experts.variances / self.scale**2)]

    def params(self, weights: list[Array]) -> ExpertsParams:
        """The way back."""
        if len(weights) == 2:
            return ExpertsParams(weights[0], SoftmaxExperts(weights[1]))
        coefficients = weights[1] * self.scale
        coefficients[:, 0] += self.centre
        return ExpertsParams(weights[0], GaussianExperts(coefficients, np.exp(weights[2]) * self.scale**2))

    def kept_in_bounds(self, weights: list[Array]) -> None:
        """No variance goes below what can be computed with, in place."""
        if len(weights) == 3:
            np.clip(weights[2], _SMALLEST_LOG_VARIANCE, -_SMALLEST_LOG_VARIANCE, out=weights[2])

    def of_rows(self, weights: list[Array], chosen: IntArray | None) -> list[Array]:
        """The gradient on some rows; the prior is shared out by their weight. None: all rows."""
        some: Rows = slice(None) if chosen is None else chosen
        x, data, each = self.design[some], self.data, self.data.sample_weight
        weight = np.ones(len(x)) if each is None else each[some]
        share = float(weight.sum()) / data.total_weight
        log_g = log_softmax(x @ weights[0].T)
        if data.target is not None:
            apart = ((data.target[some] - self.centre) / self.scale)[:, None] - x @ weights[1].T
            squared = apart**2 / np.exp(weights[2])
            r = np.exp(log_softmax(log_g - 0.5 * (squared + weights[2]))) * weight[:, None]
            of_experts = [(r * apart / np.exp(weights[2])).T @ x, 0.5 * (r * (squared - 1.0)).sum(axis=0)]
        else:
            assert data.y is not None
            y = data.y[some]
            log_p = log_softmax(np.einsum("np,kgp->nkg", x, weights[1]))
            r = np.exp(log_softmax(log_g + log_p[np.arange(len(y)), :, y])) * weight[:, None]
            delta = -np.exp(log_p)
            delta[np.arange(len(y)), :, y] += 1.0
            of_experts = [np.einsum("nk,nkg,np->kgp", r, delta, x)]
            of_experts[0][:, -1] = 0.0
        of_gate = (r - weight[:, None] * np.exp(log_softmax(x @ weights[0].T))).T @ x
        of_gate[-1] = 0.0
        return self._with_prior([of_gate, *of_experts], weights, share)

    def _with_prior(self, gradients: list[Array], weights: list[Array], share: float) -> list[Array]:
        decay = share * self.model.weight_decay
        if decay > 0.0:
            of_gate = weights[0][:-1, 1:] - weights[0][:, 1:].mean(axis=0)
            gradients[0][:-1, 1:] -= decay * of_gate
            if len(weights) == 2:
                slopes = weights[1][:, :-1, 1:] - weights[1][:, :, 1:].mean(axis=1, keepdims=True)
                gradients[1][:, :-1, 1:] -= decay * slopes
            else:
                gradients[1][:, 1:] -= decay * self.scale**2 * weights[1][:, 1:]
        if len(weights) == 3:
            ridge = self.model.family(self.data).ridge / self.scale**2
            gradients[2] += share * 0.5 * ridge / np.exp(weights[2])
        return gradients
