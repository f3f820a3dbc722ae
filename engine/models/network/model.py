r"""A multilayer perceptron whose hidden units are latent 0/1 variables, trained by EM.

    p(y | x) = Σ_z Π_h u_h^z_h (1 − u_h)^(1−z_h) o_y(z),  u_h = σ(w_hᵀ[1, x]),  o_i(z) = softmax_i(v_iᵀ[1, z])

E:  q_j(z) = p(z | x_j, y_j), or an approximation of it
M:  weighted logistic regressions, of E[z] on x and of y on z; where there are several layers, of each on the one before
    where y is a number, p(y | z) = N(y | vᵀ[1, z], σ²), and that of y on z is linear
                                              Ng & McLachlan 2004, IEEE Trans. Neural Networks 15:738
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from engine.arrays import Array, Rows
from engine.editing.entries import Entry
from engine.em.evaluation import Evaluation
from engine.em.expectation import Expectation
from engine.em.inference import EXACT, Inference
from engine.em.maximization import Event, Maximization
from engine.em.model import Ascent
from engine.em.parameters import Held
from engine.em.step import Step
from engine.errors import EngineError, OptionError
from engine.explain.derivation import Worked, WorkedLine
from engine.explain.pulls import Pulls, Slopes
from engine.explain.row_states import RowStates
from engine.models.network import options
from engine.models.network.cost import MOST_EXACT
from engine.models.network.data import NetworkRows, new_rows
from engine.models.network.e_steps.e_step import E_STEPS, EStep, e_step_named
from engine.models.network.expectation import parts_of_q
from engine.models.network.explanations.configuration_states import configuration_states
from engine.models.network.explanations.draws import drawn_row
from engine.models.network.explanations.of_row import new_row, posterior_row
from engine.models.network.explanations.of_weight import WeightMStep, slope_at, weight_lines
from engine.models.network.explanations.slopes import network_pulls, network_slopes
from engine.models.network.gradient_ascent import GradientAscent
from engine.models.network.likeliest_configurations import ConfigurationPosterior, likeliest
from engine.models.network.m_step import M_STEPS, ecm_step, gradient_step, lbfgs_step, newton_step, surely_rises
from engine.models.network.multilayer_perceptron import MultilayerPerceptron, within_bounds
from engine.models.network.optimizer_state import OptimizerState, SteppedParams
from engine.models.network.params import NetworkParams
from engine.models.network.predict import activities, predictive
from engine.models.optimizers import MAY_GO_TOO_FAR, OPTIMIZERS, moved_in_words, without_bound
from engine.options import option

ONLY_EXACT = (
    "a network learns numbers by the exact E-step alone: take e_step=exact and one hidden layer of at most "
    f"{MOST_EXACT} units, or the model backprop."
)


@dataclass(frozen=True)
class LatentMLP(MultilayerPerceptron[NetworkParams]):
    r"""A network of hidden 0/1 units, in one layer or several, for classes 0…g−1, the last the reference, or numbers.

    With `free_output` every class has weights, and adding one c to all of them changes nothing: the likelihood is level
    along that direction, which every M-step leaves as it is (a Newton step is the one of the smallest norm).

    The objective is log_likelihood + log_prior with a Gaussian prior on the weights of all layers, biases free,

        log p(θ) = −(weight_decay/2) Σ w²

    once for the whole of the data (a precision: it doesn't grow with the number of rows). Separable data have no finite
    maximum without it. The M-step `gradient` follows the gradient summed over the rows, not their mean.

    With a Gaussian likelihood y is a number about vᵀ[1, z], with one variance σ² that has the prior −½ ρ/σ², ρ = 1e-6·n
    times the variance of y. σ² goes to its maximum in every M-step, and so does v but for m_step="gradient", which
    moves it along the slope of its squares. The E-step is the exact one alone.

    The E-step is exact for a layer of up to 20 units, and by Gibbs sampling for more units or several layers, unless
    another is asked for. Where it is not exact, the objective is the bound, and the log-likelihood an estimate with a
    standard error (`Step.log_likelihood_error`). The bound of mean_field is one for certain, and no M-step lowers
    it; those of gibbs and importance are estimates, too: below the log-likelihood on average after an E-step, and a
    little too high after an M-step, which has fitted the very draws that the bound is read from.
    """

    Params: ClassVar[type] = NetworkParams
    name: ClassVar[str] = "mlp"
    no_q_by_hand: ClassVar[str] = (
        "q of a network is of all its hidden units together, over their configurations: no unit's part of it can be "
        "moved by itself."
    )
    title: ClassVar[str] = "network trained by EM"

    hidden_units: int | tuple[int, ...] = options.hidden_units()
    e_step: str = option("auto", "how the posterior of the hidden units is found", choices=("auto", *E_STEPS))
    m_step: str = option("gradient", "how the weights are moved", choices=M_STEPS)
    learning_rate: float = option(0.005, "of a gradient step, summed over rows", minimum=0.0, exclusive_minimum=True)
    weight_decay: float = options.weight_decay()
    weight_scale: float = options.weight_scale()
    inner_steps: int = option(10, "at most so many Newton steps in an M-step (newton, ecm)", minimum=1)
    bias: bool = options.bias()
    free_output: bool = options.free_output()
    sweeps: int = option(20, "Gibbs sweeps that an E-step keeps, after as many that it doesn't", minimum=1)
    draws: int = option(100, "draws a row where the log-likelihood is estimated", minimum=10)
    likelihood: str = options.likelihood()
    optimizer: str = option("sgd", "of gradient steps: plain ones, with momentum, or Adam", choices=OPTIMIZERS)
    batch_size: int | None = option(None, "rows a gradient step; auto: all", kind="int", minimum=1)

    def __post_init__(self) -> None:
        """Check the options, and say what the E-step that was chosen is."""
        super().__post_init__()
        object.__setattr__(self, "exact", self.inner.exact)
        object.__setattr__(self, "samples", not self.inner.exact)
        if self.batch_size is not None and self.m_step == "gradient" and not self.exact:
            raise OptionError("batch_size is for the exact E-step, whose q is known row by row: leave it out.")
        in_parts = self.m_step == "gradient" and self.batch_size is not None
        object.__setattr__(self, "row_order_matters", self.inner.places_matter or in_parts)
        if not self.inner.exact:
            object.__setattr__(self, "objective_label", "estimated log-likelihood")
        object.__setattr__(self, "estimates", self.inner.estimates)

    @property
    def ascent(self) -> Ascent:
        """As far as `m_step` goes. Steps on parts of the rows, with momentum or by Adam promise no ascent at all."""
        return "gradient" if self.m_step == "gradient" else "layerwise" if self.m_step == "ecm" else "maximum"

    @property
    def remembers(self) -> bool:
        """Its M-step carries something on beside θ: the order of the rows, or what an optimiser remembers."""
        return self.m_step == "gradient" and (self.optimizer != "sgd" or self.batch_size is not None)

    @property
    def m_step_passes(self) -> int:
        """One; where parts of the rows are stepped on, their q is found again."""
        return 1 + (self.e_step_passes if self.remembers and self.batch_size is not None else 0)

    @property
    def inner(self) -> EStep:
        """The E-step that was chosen."""
        return e_step_named(self.e_step, self.sizes, self.sweeps, self.draws)

    @property
    def e_step_passes(self) -> int:
        """As many as the E-step looks at configurations of each row: 2^m where it is exact."""
        return self.inner.passes(self.sizes)

    @property
    def singular(self) -> str:
        """Of the curvature of a Newton step."""
        return (
            "the curvature of a Newton step is singular to the last digit here: standardize the inputs, give a larger "
            "weight_decay, or choose m_step=gradient."
        )

    def observe(self, X: Any, y: Any = None, sample_weight: Any = None) -> NetworkRows:
        """Check inputs and targets, sort the rows by class, and see that the E-step fits into memory."""
        if self.learns_numbers(y) and not (self.exact and self.sizes[0] <= MOST_EXACT):
            raise OptionError(ONLY_EXACT)
        rows = super().observe(X, y, sample_weight)
        self.inner.check(rows.n_rows, self.sizes, rows.n_classes)
        return rows

    def start(self, data: NetworkRows, generator: np.random.Generator) -> NetworkParams:
        """Drawn weights; where an M-step remembers something, with what it begins with."""
        begun = self.drawn(data, generator)
        if not self.remembers:
            return begun
        return SteppedParams.of(begun, OptimizerState.fresh(begun, int(generator.integers(2**31))))

    def seeded(self, params: NetworkParams, data: NetworkRows, generator: np.random.Generator) -> NetworkParams:
        """A given start visits the rows in the order that a drawn one of the same seed does."""
        if not self.remembers or (isinstance(params, SteppedParams) and params.state is not None):
            return params
        drawn = self.start(data, generator)
        assert isinstance(drawn, SteppedParams) and drawn.state is not None
        return SteppedParams.of(params, OptimizerState.fresh(params, int(drawn.state.seed)))

    def level_along(self, params: NetworkParams) -> str:
        """One number added to the weights of every class changes no prediction; the prior on weights minds it."""
        if params.numeric or not self.free_output or (self.weight_decay > 0.0 and not self.bias):
            return ""
        return f"the {'biases' if self.weight_decay > 0.0 else 'weights'} of all classes together"

    def check_params(self, params: NetworkParams, data: NetworkRows) -> NetworkParams:
        """Shapes, finite numbers and the reference class; the start of a network trained otherwise will do, too."""
        super().check_params(params, data)
        self.check_weights(params, data)
        if type(params) is NetworkParams or (type(params) is SteppedParams and self.remembers):
            return params
        return NetworkParams(params.hidden, params.output, params.deeper, params.variances)

    def expect(self, params: NetworkParams, data: NetworkRows, inference: Inference = EXACT) -> Expectation:
        """E-step: the posterior of the hidden configurations, gathered into a `NetworkExpectation`."""
        return self.inner.expect(params, data, inference)

    def maximize(
        self, expectation: Expectation, params: NetworkParams, data: NetworkRows
    ) -> Maximization[NetworkParams]:
        """M-step by `m_step`; only a gradient step can lower Q + log p(θ), and then it says so."""
        statistics, decay, steps = expectation.statistics, self.weight_decay, self.inner_steps
        held = self.held(params)
        if self.m_step in ("newton", "ecm"):
            climb = newton_step if self.m_step == "newton" else ecm_step
            return Maximization(climb(statistics, params, data, decay, steps, held))
        if self.m_step == "lbfgs":
            return Maximization(lbfgs_step(statistics, params, data, decay, held))
        return self._gradient(expectation, params, data, held)

    def _gradient(
        self, expectation: Expectation, params: NetworkParams, data: NetworkRows, held: Held
    ) -> Maximization[NetworkParams]:
        moved = params
        if self.remembers:
            state = params.state if isinstance(params, SteppedParams) else None
            n_rows = data.n_rows if self.batch_size is None else self.batch_size
            how = GradientAscent(self.optimizer, self.learning_rate, self.weight_decay, n_rows, held)
            begun = OptimizerState.fresh(params, 0) if state is None else state
            moved = SteppedParams.of(*how.climb(expectation.statistics, params, begun, data))
        else:
            moved = gradient_step(expectation.statistics, params, data, self.weight_decay, self.learning_rate, held)
        if not within_bounds(moved):
            return Maximization(params, (without_bound(self.learning_rate),))
        if not self.remembers and surely_rises(expectation.statistics, data, self.weight_decay, self.learning_rate):
            return Maximization(moved)
        before = self.q_value(expectation, params, data) + self.log_prior(params, data)
        after = self.q_value(expectation, moved, data) + self.log_prior(moved, data)
        if after >= before:
            return Maximization(moved)
        fell = f"Q + log prior fell by {before - after:z.3g}, so the objective may fall, too"
        message = f"the step with learning rate {self.learning_rate:zg} was too long: {fell}"
        if self.remembers:
            message = f"{MAY_GO_TOO_FAR[self.optimizer]}: {fell}"
        return Maximization(moved, (Event(message, breaks_ascent=True),))

    def q_value(self, expectation: Expectation, params: NetworkParams, data: NetworkRows) -> float:
        """Q, or what stands for it in the bound, from the statistics; an estimate where they were drawn."""
        return sum(self.q_parts(expectation, params, data).values())

    def q_parts(self, expectation: Expectation, params: NetworkParams, data: NetworkRows) -> dict[str, float]:
        """Q_w of each hidden layer, and Q_v of the output."""
        return parts_of_q(expectation.statistics, params, data)

    def responsibilities(
        self, params: NetworkParams, data: NetworkRows, rows: Rows, inference: Inference = EXACT
    ) -> Array:
        """(len(rows), Σ m_l) E_q[z_h] = q(z_h = 1), unit by unit, layer after layer: a row need not sum to 1."""
        return self.inner.units(params, data, rows, inference)

    def entropy(self, params: NetworkParams, data: NetworkRows, inference: Inference = EXACT) -> float:
        """H(q) a second time; from the configurations where it is exact, since the units alone don't determine it."""
        return self.inner.entropy(params, data, inference)

    def configurations(
        self, params: NetworkParams, data: NetworkRows, row: int, most: int = 10
    ) -> ConfigurationPosterior:
        """The likeliest configurations of the user's row, given its target: exact over all 2^m for up to 20 units.

        For more units, or several layers (their units one after the other), those that Gibbs sampling visits most.
        Raises EngineError where there is no such row.
        """
        return likeliest(params, data, row, most)

    def predict_proba(self, params: NetworkParams, data: NetworkRows) -> Array:
        """(n, g) p(y | x) = Σ_z p(z | x) o_y(z); other ways of predicting are in `mlp_predict`.

        Estimated from draws where it can't be exact: `mlp_predict.predictive` says with what error. Where numbers are
        learned, (n, m) p(z_h = 1 | x).
        """
        if params.numeric:
            return data.in_user_order(activities(params.layers, data.design)[-1])
        return data.in_user_order(predictive(params, data.design).probabilities)

    def worked_row(self, step: Step, row: int) -> Worked:
        """Its units before y is known, the likeliest configurations, E[z]; where q is no sum over all, its draws."""
        return posterior_row(step, row) if self.inner.exact else drawn_row(step, row, self.inner)

    def row_states(self, step: Step, row: int) -> RowStates:
        """Every configuration of its hidden units, where the E-step is the sum over all."""
        if not self.inner.exact:
            raise EngineError(
                f"the E-step {self.inner.name} does not hold q of every configuration: take e_step=exact and one "
                "hidden layer to see it."
            )
        return configuration_states(step, row)

    def worked_new_row(self, step: Step, x: Array) -> Worked:
        """u, and p(y | x) as the sum over the configurations. Raises DataError for another number of inputs."""
        return new_row(step.params, new_rows(x[None], step.params.hidden.shape[1] - 1).X[0])

    def _steps_in_words(self, n_rows: int) -> str:
        """What gradient steps did that are no single rate times slope; "" where they are."""
        if not self.remembers:
            return ""
        return moved_in_words(self.optimizer, n_rows, n_rows if self.batch_size is None else self.batch_size)

    def slopes(self, at: Evaluation, params: Any, entry: Entry) -> Slopes | None:
        """Of the first hidden layer and of the output, row by row."""
        return network_slopes(at, params, entry, self._how(at))

    def pulls(self, at: Evaluation, params: Any, entry: Entry) -> Pulls | None:
        """Likewise."""
        return network_pulls(at, params, entry, self._how(at))

    def balance(self, at: Evaluation, params: Any, entry: Entry) -> float | None:
        """The slope of Q + ln p(θ), from the statistics."""
        if entry.path not in ("hidden", "output"):
            return None
        rows: Any = at.data
        return slope_at(at.expectation.statistics, params, rows, entry, self.weight_decay)

    def _how(self, at: Evaluation) -> WeightMStep:
        return WeightMStep(
            self.inner, self.m_step, self.learning_rate, self.weight_decay, self.inner_steps, self.held(at.params),
            self._steps_in_words(at.data.n_rows),
        )  # fmt: skip

    def parameter_lines(self, step: Step, entry: Entry, after: Any) -> list[WorkedLine] | None:
        """The rows that pull most, the slope, and what the M-step made of it."""
        assert step.at_q is not None
        return weight_lines(step, entry, after, self._how(step.at_q))
