"""Questions about a step whose answers take a while: values that a pane asks and the worker answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

from engine.em.evaluation import Evaluation
from engine.em.step import Step
from engine.errors import EngineError

if TYPE_CHECKING:
    from emtui.spec.run_spec import RunSpec
    from engine.analysis.convergence_rate import MapRate


@dataclass(frozen=True)
class BoundAlong:
    """The objective and the bound along one parameter, such as "means[1,2]"; None is the line from θ_old to θ_new.

    points: of each curve.
    """

    name: str | None = None
    points: int = 200


@dataclass(frozen=True)
class BothBounds:
    """The objective with the bound that an M-step went up, and that of the E-step after it, over a wider view.

    of: the M-step. after: the second E-step's pass, where it was taken. name, points: as in `BoundAlong`.
    """

    of: Step
    after: Evaluation | None = None
    name: str | None = None
    points: int = 200


@dataclass(frozen=True)
class RowWorked:
    """The E-step of one row in its own numbers, or of one word of it; both are counted as the model counts them."""

    row: int
    word: int | None = None


@dataclass(frozen=True)
class RowJensen:
    """Jensen's inequality on one row."""

    row: int


@dataclass(frozen=True)
class NewRowWorked:
    """The prediction for a row that is held back, by its inputs as the model takes them; its target is not used."""

    inputs: tuple[float, ...]


@dataclass(frozen=True)
class ParameterWorked:
    """The M-step of one parameter in its own numbers."""

    name: str


@dataclass(frozen=True)
class ReasonAsked:
    """A reason of `engine.reasons` with the numbers of the step; name: of an entry of θ, for those that are of one."""

    reason: Literal["why_q", "balanced", "rise", "multiplier", "shares"]
    name: str | None = None


@dataclass(frozen=True)
class OverlapAt:
    """The two components that are hardest to tell apart at θ."""


@dataclass(frozen=True)
class RateAt:
    """The rate of EM at θ, measured this many iterations further; None begins."""

    so_far: MapRate | None
    iterations: int


@dataclass(frozen=True, eq=False)
class Placed:
    """The ledger of the step that would come of θ moved to `params` by hand; `message` says what was moved."""

    params: Any
    message: str


@dataclass(frozen=True)
class Weighed:
    """The ledger of the step that would come of another weight for a row of the data set; by the step's choices."""

    spec: RunSpec
    row: int
    weight: float


@dataclass(frozen=True)
class QMoved:
    """The ledger of the step that would come of another q for a row of the data set; by the step's choices."""

    spec: RunSpec
    row: int
    q: tuple[float, ...]


@dataclass(frozen=True)
class OtherBranch:
    """Another branch beside the current one, counted from 0; None for the one that the current one left.

    Only the session knows several branches, so the worker answers this one from it.
    """

    branch: int | None = None


Query: TypeAlias = (
    OtherBranch
    | Placed
    | Weighed
    | QMoved
    | BoundAlong
    | BothBounds
    | RowWorked
    | RowJensen
    | NewRowWorked
    | ParameterWorked
    | ReasonAsked
    | OverlapAt
    | RateAt
)


class Asker(Protocol):
    """Whoever asks: the answer goes back to it, and to nobody else."""

    def take_answer(self, query: Query, step: Step, answer: Any) -> None:
        """Take the answer to this question about this step, or the sentence that says why there is none."""


Ask: TypeAlias = Callable[[Query, Step, Asker], None]
"""The way to the worker for what is no pane, and so posts no messages to the explorer."""


def answer(query: Query, step: Step) -> Any:
    """The engine's answer, or the sentence that says why there is none."""
    try:
        match query:
            case BoundAlong(name, points):
                from engine.analysis.bound_profile import LINE, bound_slice

                return bound_slice(step, LINE if name is None else name, points)
            case BothBounds(of, after, name, points):
                from engine.analysis.bound_profile import LINE
                from engine.analysis.two_bounds import two_bounds

                return two_bounds(of, LINE if name is None else name, points, after)
            case RowWorked(row, word):
                from engine.explain.worked import worked_row, worked_word

                return worked_row(step, row) if word is None else worked_word(step, row, word)
            case RowJensen(row):
                from engine.explain.jensen import jensen

                return jensen(step, row)
            case NewRowWorked(inputs):
                from engine.explain.worked import worked_new_row

                return worked_new_row(step, inputs)
            case ParameterWorked(name):
                from engine.explain.worked import worked_parameter

                return worked_parameter(step, name)
            case ReasonAsked(reason, name):
                from engine.explain import reasons

                ask = getattr(reasons, reason)
                return ask(step) if name is None else ask(step, name)
            case OverlapAt():
                from engine.analysis.overlap import overlap_of

                return overlap_of(step)
            case RateAt(so_far, iterations):
                from engine.analysis.convergence_rate import measured

                return measured(step, so_far, iterations=iterations)
            case Placed(params, message):
                from engine.editing.edits import placed
                from engine.explain.ledger import ledger

                return ledger(placed(step, params, message), step)
            case Weighed(spec, row, weight):
                from emtui.session.row_weights import with_row_weighed
                from engine.explain.ledger import ledger

                return ledger(with_row_weighed(spec, step, row, weight), step)
            case QMoved(spec, row, q):
                from emtui.session.q_by_hand import with_q_moved
                from engine.explain.ledger import ledger

                return ledger(with_q_moved(spec, step, row, q), step)
    except EngineError as error:
        return str(error)
