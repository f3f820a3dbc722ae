"""What a model owes to EM, and what it may offer beyond that.

A model defines how its parameters start, what an E-step expects at some parameters, and which parameters the M-step
then chooses. It holds no state: parameters, observations and expectations are values that go in and come out.

    log p(X | θ) = L(q, θ) + KL(q ‖ p(Z | X, θ)),      L(q, θ) = Q(θ; q) + H(q)
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, ClassVar, Generic, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Array, IntArray, Rows
from engine.em.expectation import Expectation
from engine.em.fields import count_components, relabelled
from engine.em.inference import EXACT, Inference
from engine.em.matching import order_by_classes
from engine.em.maximization import Maximization
from engine.em.observations import Observations
from engine.em.parameters import Held, Parameters
from engine.em.prediction_report import MARGINAL, Report, class_report
from engine.errors import DataError, EngineError
from engine.options import HasOptions
from engine.parallel import one_blas_thread

P = TypeVar("P", bound=Parameters)
D = TypeVar("D", bound="Observations")
Ascent = Literal["maximum", "conditional", "layerwise", "gradient", "drawn"]
"""How far an M-step goes up Q + log p(θ): to its maximum; some parameters given the others, or layer after layer, which
stop short of it but never fall; one step along the gradient, which may be too long; or to a place that is drawn."""


@contextmanager
def in_its_words(model: Model[Any, Any]) -> Iterator[None]:
    """Within, a factorisation that fails is a DataError in the model's own words."""
    try:
        yield
    except np.linalg.LinAlgError:
        raise DataError(model.singular) from None


class Model(HasOptions, ABC, Generic[P, D]):
    """A latent-variable model. Subclasses are frozen dataclasses whose fields are declared with `option(...)`."""

    Params: ClassVar[type]  # a frozen dataclass of arrays: θ
    name: ClassVar[str] = ""  # as typed after --model
    title: ClassVar[str] = ""  # the name in words
    objective_label: ClassVar[str] = "log-likelihood"
    exact: ClassVar[bool] = True  # the E-step is exact, so KL = 0 after it
    supervised: ClassVar[bool] = False  # it needs y
    learner: ClassVar[str] = "a network"  # what a sentence calls a supervised model
    hides: ClassVar[bool] = True  # something is latent; if not, q, bound and KL mean nothing
    takes_labels: ClassVar[bool] = False  # y may tell the component of some rows, −1 where it is unknown
    takes_target: ClassVar[bool] = False  # it can learn numbers (`Dataset.target`), as `for_numbers` says
    for_numbers: ClassVar[Mapping[str, Any]] = {}  # the options with which it learns numbers, whatever they look like
    takes_missing: ClassVar[bool] = False  # NaN in X is an entry that was not seen
    has_likelihood: ClassVar[bool] = True  # the objective is a likelihood's, so AIC and BIC mean something
    estimates: ClassVar[frozenset[str]] = frozenset()  # numbers of a step that are none but estimates from draws
    responsibilities_sum_to_one: ClassVar[bool] = True  # a column is a component, not a unit that is on or off
    row_order_matters: ClassVar[bool] = False  # rows are visited in order, or draws depend on their places
    samples: ClassVar[bool] = False  # the E-step draws random numbers, by the seed of its inference
    independent_rows: ClassVar[bool] = True  # some rows can be fitted without the others, unlike the steps of a chain
    predicts_unseen: ClassVar[bool] = False  # `predict_unseen` fills in what is missing of a row
    takes_new_rows: ClassVar[bool] = False  # a row by itself divides among the components: `engine.new_row`
    remarks_warn: ClassVar[bool] = False  # what `remarks` says is that there is no maximum, not a note beside one
    parts_q: ClassVar[bool] = False  # Q is the sum of `q_parts`; set for a class that defines them
    no_q_by_hand: ClassVar[str] = "q of this model is not a handful of shares of each row that could be moved."
    """Why no row's q can be moved by hand, in a sentence; "" where it can, since its E-step takes `GivenRows`."""
    size_option: ClassVar[str] = "n_components"  # the option that -k sets

    @property
    def size(self) -> int | None:
        """K as it was chosen, whatever the option's name; the sum of several layers; None without such an option."""
        asked: int | tuple[int, ...] | None = self.option_values.get(self.size_option)
        return sum(asked) if isinstance(asked, tuple) else asked

    @property
    def size_words(self) -> str:
        """Its size in a title: "K=3"; "layers 4,3" where it has several; "" without such an option."""
        asked = self.option_values.get(self.size_option)
        if isinstance(asked, tuple):
            return f"layers {','.join(map(str, asked))}"
        return "" if asked is None else f"K={asked}"

    @property
    def variant(self) -> str:
        """The most informative word besides name and size, such as the shape of its Gaussians; "" for none."""
        return str(self.option_values.get("covariance_type", ""))

    @property
    def start_name(self) -> str:
        """The word for its own choice of start; "" if there is only one."""
        return str(self.option_values.get("init", ""))

    @property
    def update_name(self) -> str:
        """What the half-step is that moves θ: an M-step, or what stands in its place where nothing is hidden."""
        return "M-step"

    @property
    def ascent(self) -> Ascent:
        """What an M-step promises. A gradient step that is too long says so by an event; "drawn" promises nothing."""
        return "maximum"

    def learns_numbers(self, y: Any) -> bool:
        """These targets are numbers to be learned as they are, not classes."""
        return False

    @property
    def singular(self) -> str:
        """What to say where a matrix of the model's has no factor: one sentence with the remedy."""
        return "a matrix is singular to the last digit here: go back to another start."

    @property
    def least_rows(self) -> int:
        """How many rows are needed, since each component of a mixture needs rows of its own."""
        return 1

    @property
    def forward_pass(self) -> bool:
        """It predicts by a forward pass, without summing over hidden variables."""
        return False

    @property
    def e_step_passes(self) -> int:
        """What an E-step counts in forward passes over the rows, one for each hidden configuration that it looks at.

        0 where nothing is hidden: then it only looks, and the M-step makes the pass.
        """
        return 1 if self.hides else 0

    @property
    def m_step_passes(self) -> int:
        """What an M-step counts in forward passes over the rows; what it repeats inside is not counted."""
        return 1

    @property
    def no_and_yes(self) -> tuple[float, float]:
        """The numbers that stand for no and yes in a row that `predict_unseen` takes."""
        return 0.0, 1.0

    @property
    def takes_symbols(self) -> bool:
        """Whole numbers in X may be names of symbols, not amounts."""
        return False

    @property
    def takes_measurements(self) -> bool:
        """X may hold numbers on any scale; standardised columns are no counts, answers or symbols."""
        return True

    @property
    def compares_columns(self) -> bool:
        """Its start or its steps set the numbers of one column beside those of others, so that scales matter."""
        return False

    def notes_on(self, n_columns: int) -> tuple[str, ...]:
        """What is to be known of this model on data of so many columns before a run, in sentences."""
        return ()

    @abstractmethod
    def observe(self, X: Any, y: Any = None, sample_weight: Any = None) -> D:
        """Check the data and arrange them. Raises DataError in one sentence where the model can't take them."""

    @abstractmethod
    def start(self, data: D, generator: np.random.Generator) -> P:
        """θ⁰, by the model's own choice of start."""

    @abstractmethod
    def expect(self, params: P, data: D, inference: Inference = EXACT) -> Expectation:
        """E-step: q at θ, and the statistics that it expects."""

    @abstractmethod
    def maximize(self, expectation: Expectation, params: P, data: D) -> Maximization[P]:
        """M-step: the θ that maximises Q(θ; q) + log p(θ); `params` is θ_q."""

    @abstractmethod
    def q_value(self, expectation: Expectation, params: P, data: D) -> float:
        """Q(θ; q) = E_q[log p(X, Z | θ)]."""

    def q_parts(self, expectation: Expectation, params: P, data: D) -> dict[str, float]:
        """Q by its parts, each with its name, where it is a sum that an M-step maximises part by part; {} for none."""
        return {}

    def __init_subclass__(cls, **keywords: Any) -> None:
        """A model that says anew what Q is has no parts of it but those that it says, too."""
        super().__init_subclass__(**keywords)
        if not {"q_value", "q_parts"}.isdisjoint(vars(cls)):
            cls.parts_q = "q_parts" in vars(cls)

    @abstractmethod
    def responsibilities(self, params: P, data: D, rows: Rows, inference: Inference = EXACT) -> Array:
        """q's probabilities for the chosen rows (len(rows), K), materialised."""

    @abstractmethod
    def n_parameters(self, params: P) -> int:
        """Free parameters, for AIC and BIC."""

    def held(self, params: P) -> Held:
        """The entries of θ that its options hold: no start, no M-step and no hand moves them.

        By the path of the array, in its form: the value of each that is held, nan where it is free. What an array's
        declaration says (`fixed_by`, `reference`) need not be said again.
        """
        return {}

    def level_along(self, params: P) -> str:
        """Along what the objective is level because of how θ is written, in words; "" where there is no such thing."""
        return ""

    def without_maximum(self, params: P, data: D) -> tuple[str, str]:
        """Why the objective rises without end from θ on, and what would hold it, in words; ("", "") for neither."""
        return "", ""

    def alive(self, params: P) -> NDArray[np.bool_]:
        """(K,) which components hold anything: those that died are told of as not there, and count no parameters."""
        return np.ones(count_components(params), dtype=bool)

    def n_alive(self, params: P) -> int:
        """How many are alive."""
        return int(np.count_nonzero(self.alive(params)))

    def weak_components(self, params: P, data: D) -> dict[int, str]:
        """What is wrong with each component that the rows alone don't hold up, such as "dead"; {} where none is."""
        return {int(k): "dead" for k in np.flatnonzero(~self.alive(params))}

    def log_prior(self, params: P, data: D) -> float:
        """log p(θ) up to a constant of its own; 0 where the model has no prior."""
        return 0.0

    def begin(self, data: D, generator: np.random.Generator) -> P:
        """θ⁰ by `start`, with its components in the order of the known labels: component c has the rows of label c.

        A start knows nothing of which component is which. The order maximises Σ_i w_i r_i,order(y_i) over the rows of
        known label, r without the labels; θ⁰ stays as it is where nothing is gained. Where every label is known a start
        takes in none of them, or it would be the closed-form fit that the first M-step comes to.
        """
        if not self.takes_labels or data.y is None:
            return self.start(data, generator)
        all_known = bool((data.y >= 0).all())
        params = self.start(replace(data, y=None) if all_known else data, generator)
        weight = np.ones(data.n_rows) if data.sample_weight is None else data.sample_weight
        known = np.flatnonzero((data.y >= 0) & (weight > 0))
        if not len(known):
            return params
        r = self.responsibilities(params, replace(data, y=None), known)
        shares = np.zeros((r.shape[1], r.shape[1]))  # (label, component)
        np.add.at(shares, data.y[known], weight[known, None] * r)
        order = order_by_classes(shares)
        relabelled = None if order is None else self.relabel(params, order)
        return params if relabelled is None else relabelled

    def seeded(self, params: P, data: D, generator: np.random.Generator) -> P:
        """A given start with what a start of the model's own has drawn beside θ, such as the order of the rows."""
        return params

    def objective_unit(self, data: D) -> float:
        """The unit for changes of the objective; 1 for a log-likelihood."""
        return 1.0

    def component_names(self, params: P) -> tuple[str, ...]:
        """The names of the components, as many as the declarations of θ have: "1", "2", …"""
        return tuple(str(k + 1) for k in range(count_components(params)))

    def bhattacharyya(self, params: P, first: int, second: int) -> float | None:
        """∫ √(p_i p_j) of two components' densities (Bhattacharyya 1943); None where it has no formula."""
        return None

    def remarks(self, step: Any) -> tuple[str, ...]:
        """What a reader may miss of the parameters of a step, in clauses without a full stop (rows in a `RowText`)."""
        return ()

    def relabel(self, params: P, order: IntArray) -> P | None:
        """The same θ with its components in another order, component j being what order[j] was.

        None if there are none, or one of them can't be there. Override it if θ remembers more than its arrays.
        """
        return relabelled(params, order, self)

    def check_params(self, params: P, data: D) -> P:
        """The given start, or an EngineError that says what is wrong with it for these data."""
        if not isinstance(params, self.Params):
            raise EngineError(f"start must be {type(self).__name__}.Params(...), not {type(params).__name__}.")
        return params

    def entropy(self, params: P, data: D, inference: Inference = EXACT) -> float:
        """H(q) from the materialised responsibilities: the slow second way, which tests compare with `expect`."""
        q = self.responsibilities(params, data, slice(None), inference)
        each = -np.where(q > 0, q * np.log(np.where(q > 0, q, 1.0)), 0.0).sum(axis=1)
        return float(each.sum() if data.sample_weight is None else each @ data.sample_weight)

    def observe_new(self, X: Any, params: P) -> D:
        """Rows to predict for, without labels; supervised models need no targets here."""
        return self.observe(X)

    def observe_apart(self, X: Any, y: Any, params: P) -> D:
        """Rows of weight 0, which are no part of the fit, with the codes (n,) of their labels, −1 where unknown."""
        data = self.observe_new(X, params)
        if y is None or not self.takes_labels:
            return data
        known = np.where((y >= 0) & (y < (self.size or 0)), y, -1)
        return replace(data, y=known)

    def predict_proba(self, params: P, data: D) -> Array:
        """Predictions for new rows: component probabilities, or class probabilities if the model is supervised."""
        return self.responsibilities(params, data, slice(None))

    def predict_mean(self, params: P, data: D) -> Array:
        """(n,) E[y | x] for new rows, of a model that learns numbers. Raises EngineError for any other."""
        raise EngineError(f"{self.title or self.name} does not predict numbers.")

    def predicts_numbers(self, params: P) -> bool:
        """Whether θ was learned of numbers, so that the model predicts E[y | x] and no classes."""
        return False

    def reports(self, params: P, X: Any, targets: Any, weights: Array | None = None) -> dict[str, Report]:
        """How each way in which a supervised model predicts fares on rows (n, p) with targets (n,): 0…g−1, or numbers.

        weights: (n,) how often each row counts, above 0 (`prediction_report.counted` leaves out the others).
        "marginal" is p(y | x) of the model; "forward" is there where a forward pass says something else.
        """
        with one_blas_thread():
            probabilities = self.predict_proba(params, self.observe_new(X, params))
        return {MARGINAL: class_report(probabilities, targets, weights=weights)}

    def predict_unseen(self, params: P, X: Any) -> Array:
        """One row (D,) or several (n, D) with missing entries (NaN) predicted from θ and the other entries.

        Raises EngineError if the model can't, or the rows don't fit it.
        """
        raise EngineError(f"{self.title or self.name} does not predict what is unseen of a row.")
