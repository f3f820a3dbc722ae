"""What a model owes to EM, in one short page.

A model defines how its parameters start, what an E-step expects at some parameters, and which parameters the M-step
then chooses. It holds no state: parameters, observations and expectations are values that go in and come out.

    log p(X | θ) = L(q, θ) + KL(q ‖ p(Z | X, θ)),      L(q, θ) = Q(θ; q) + H(q)
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any, ClassVar, Generic, Literal, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Array, IntArray, Rows, is_sparse
from engine.em.fields import count_components, relabelled
from engine.em.given import Given, Watch
from engine.em.inference import EXACT, Inference
from engine.em.matching import order_by_classes
from engine.em.parameters import Held, Parameters
from engine.em.prediction_report import MARGINAL, Report, class_report
from engine.em.row_text import RowName, RowText
from engine.em.statistics import Sums, added
from engine.errors import DataError, EngineError
from engine.options import HasOptions
from engine.parallel import one_blas_thread

P = TypeVar("P", bound=Parameters)
D = TypeVar("D", bound="Observations")
Ascent = Literal["maximum", "conditional", "layerwise", "gradient", "drawn"]
"""How far an M-step goes up Q + log p(θ): to its maximum; some parameters given the others, or layer after layer, which
stop short of it but never fall; one step along the gradient, which may be too long; or to a place that is drawn."""


@dataclass(frozen=True, eq=False)
class Observations:
    """Data in the form that a model uses: checked once, and arranged for fast passes.

    Attributes:
        X: (n, d) the observed rows, in the user's units; a model may keep another form as well.
        y: (n,) known labels or targets, −1 where unknown; None where nothing is known.
        sample_weight: (n,) non-negative weights; None where each row counts once.
        class_labels: (g,) the caller's labels that y counts into; None where they are numbers from 0.
        given: what the caller gave, where rows of weight 0 are kept from the model; these are not among the n.
        watches: over large arrays of the caller's that are read in place.
    """

    X: Any
    y: IntArray | None = None
    sample_weight: Array | None = None
    class_labels: NDArray[Any] | None = field(default=None, kw_only=True)
    given: Given | None = field(default=None, kw_only=True, repr=False)
    watches: tuple[Watch, ...] = field(default=(), kw_only=True, repr=False)

    @property
    def n_rows(self) -> int:
        """How many rows there are, whatever their weights."""
        return len(self.X)

    @property
    def n_given(self) -> int:
        """How many rows were given, those of weight 0 included: as many as have responsibilities."""
        return self.n_rows if self.given is None else self.given.n_rows

    @property
    def given_weight(self) -> Array | None:
        """(n_given,) the weight of each given row; None where each counts once."""
        return self.sample_weight if self.given is None else self.given.weight

    @cached_property
    def given_table(self) -> Any:
        """(n_given, d) the given rows, those of weight 0 included, in the form of X."""
        if self.given is None:
            return self.X
        X = self.given.X
        if isinstance(X, list):
            X = np.concatenate([np.asarray(one, dtype=np.float64).reshape(len(one), -1) for one in X])
        if is_sparse(self.X):
            return type(self.X)(X)
        return X.reshape(self.n_given, -1)

    def place_of(self, row: int) -> int | None:
        """Where a given row stands in X; None for one of weight 0."""
        if self.given is None:
            return row
        place = int(self.given.places[row])
        return place if place >= 0 else None

    def row_of(self, place: int) -> int:
        """The given row behind a row of X."""
        return place if self.given is None else int(self.given.rows[place])

    def __getstate__(self) -> dict[str, Any]:
        """To be pickled or copied: the fields alone, without what follows from them, and nobody's arrays to watch."""
        owner: Any = self
        state = {part.name: getattr(self, part.name) for part in fields(owner)}
        return state | {"watches": ()}

    def check_unchanged(self) -> None:
        """Raises DataError where a large array of the caller's has changed since the run began."""
        for watch in self.watches:
            watch.check()

    @property
    def total_weight(self) -> float:
        """n, the sum of the weights."""
        return float(self.n_rows if self.sample_weight is None else self.sample_weight.sum())


class EffectiveDraws(NamedTuple):
    """How many draws of a row count, (Σ w)² / Σ w² of their weights: the fewest of a row, the median, of how many."""

    least: float
    median: float
    drawn: int


@dataclass(frozen=True, eq=False)
class Expectation:
    """The result of one E-step: additive over observations, and small.

    Attributes:
        statistics: the expected sufficient statistics under q, in the model's own form; a tuple becomes `Sums`.
        log_likelihood: log p(X | θ_q); nan where it can't be had.
        entropy: H(q) in nats.
        log_likelihood_error: the standard error of `log_likelihood` where it is an estimate, else 0.
        remark: what must be said of these numbers, a clause: that an estimate is not to be trusted; else "".
        effective_draws: what the log-likelihood was estimated from; None where it wasn't.
    """

    statistics: Any
    log_likelihood: float
    entropy: float
    log_likelihood_error: float = 0.0
    remark: str = ""
    effective_draws: EffectiveDraws | None = None

    def __post_init__(self) -> None:
        """Arrays in a tuple are sums."""
        if type(self.statistics) is tuple:
            object.__setattr__(self, "statistics", Sums(self.statistics))

    def __add__(self, other: Expectation) -> Expectation:
        """The expectation of both sets of rows at one θ. Raises EngineError if the statistics can't be added."""
        return Expectation(
            added(self.statistics, other.statistics),
            self.log_likelihood + other.log_likelihood,
            self.entropy + other.entropy,
            math.hypot(self.log_likelihood_error, other.log_likelihood_error),
            self.remark or other.remark,
            self.effective_draws or other.effective_draws,
        )


@dataclass(frozen=True)
class Event:
    """Something out of the ordinary in an M-step, in words: a component that died, a covariance that was repaired.

    A model gives a message that names rows as a `RowText`. In a step's events the rows are called as its problem calls
    them, and `rows` holds their numbers, from 0.
    """

    message: str
    component: int | None = None
    breaks_ascent: bool = False  # the parameters were set by a rule, not by the maximum: the objective may fall here
    stops: bool = False  # the model was told to stop when this happens
    by_hand: bool = False  # a change by hand, in place of the M-step
    rows: tuple[int, ...] = ()

    def named(self, name: RowName, data: Observations) -> Event:
        """The same event as a step has it: a plain message with these names for its rows, and the rows as given."""
        if not isinstance(self.message, RowText):
            return self
        given = RowText(*(part if isinstance(part, str) else data.row_of(part) for part in self.message.parts))
        return replace(self, message=str(given.named(name)), rows=given.rows)


def events_where(flags: Any, message: str) -> tuple[Event, ...]:
    """An event for each component whose flag (K,) is set; its number from 1 takes the place of {} in the message."""
    return tuple(Event(message.format(k + 1), int(k)) for k in np.flatnonzero(flags))


@dataclass(frozen=True, eq=False)
class Maximization(Generic[P]):
    """The M-step's parameters, and its events."""

    params: P
    events: tuple[Event, ...] = field(default=())


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
    parts_q: ClassVar[bool] = False  # Q is the sum of `q_parts`; set for a class that defines them
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

    def reports(self, params: P, X: Any, targets: Any) -> dict[str, Report]:
        """How each way in which a supervised model predicts fares on rows (n, p) with targets (n,): 0…g−1, or numbers.

        "marginal" is p(y | x) of the model; "forward" is there where a forward pass says something else.
        """
        with one_blas_thread():
            probabilities = self.predict_proba(params, self.observe_new(X, params))
        return {MARGINAL: class_report(probabilities, targets)}

    def predict_unseen(self, params: P, X: Any) -> Array:
        """One row (D,) or several (n, D) with missing entries (NaN) predicted from θ and the other entries.

        Raises EngineError if the model can't, or the rows don't fit it.
        """
        raise EngineError(f"{self.title or self.name} does not predict what is unseen of a row.")
