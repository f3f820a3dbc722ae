"""A mean on its way with the mouse: what θ would come to there, told while it moves.

One place is worked out at a time, in the background; of those that the mouse has passed meanwhile the last one counts.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from emtui.session.queries import Ask, Asker, Placed, Query
from emtui.session.snapshot import StepSnapshot
from emtui.views.estimate_words import quantity_name
from emtui.views.number_format import DOWN, UP, amount, fixed, number
from emtui.views.parameter_edit import Move, ParameterEdit
from emtui.views.step_text import objective_name
from engine.em.step import Step
from engine.errors import EngineError
from engine.explain.ledger import Ledger


class DragPreview:
    """Tells by `say` what would be, and by `show_objective` what the objective would be; "" is that of the step.

    ask: the way to the worker, whose answer comes to `take_answer`. asker: the widget that the answer goes to.
    """

    def __init__(
        self,
        ask: Ask,
        asker: Asker,
        say: Callable[[str], None],
        show_objective: Callable[[str], None],
    ) -> None:
        self._ask, self._asker, self._say, self._show_objective = ask, asker, say, show_objective
        self._snapshot: StepSnapshot | None = None
        self._asked: Placed | None = None
        self._next: Placed | None = None

    def moved(self, snapshot: StepSnapshot, moves: Sequence[Move]) -> None:
        """The mouse is where these entries would be at these values."""
        try:
            edit = ParameterEdit.of(snapshot).move(*moves)
        except EngineError:
            return  # beyond its limits: the last place that is allowed counts
        same = self._snapshot is not None and snapshot.step is self._snapshot.step
        self._snapshot, query = snapshot, Placed(edit.params, edit.message)
        if self._asked is None or not same:  # what was asked of another step is not answered any more
            self._send(query)
        else:
            self._next = query

    def over(self) -> None:
        """It was let go: what is on its way is not told any more."""
        self._asked = self._next = self._snapshot = None
        self._show_objective("")

    def take_answer(self, query: Query, step: Step, answer: Any) -> None:
        """The numbers of one place are there: tell them, and ask for the last one that was passed."""
        if self._asked is None or query is not self._asked or self._snapshot is None:
            return
        asked, following = self._asked, self._next
        self._asked = None
        if isinstance(answer, Ledger):
            self._show_objective(_objective(self._snapshot, answer))
            self._say(_sentence(self._snapshot, asked.message, answer))
        else:
            self._say(str(answer))
        if following is not None:
            self._send(following)

    def _send(self, query: Placed) -> None:
        assert self._snapshot is not None
        self._asked, self._next = query, None
        self._ask(query, self._snapshot.step, self._asker)


def _objective(snapshot: StepSnapshot, book: Ledger) -> str:
    """As the headline has it, for what would be."""
    value, change = book.value("objective"), book.change("objective")
    if not math.isfinite(value):
        return ""
    words = f"{objective_name(snapshot)} {fixed(value)}"
    if not (math.isfinite(change) and abs(change) > 1e-12 * abs(value)):
        return words
    return f"{words}  {UP if change > 0 else DOWN} {number(abs(change))}"


def _sentence(snapshot: StepSnapshot, message: str, book: Ledger) -> str:
    """What was moved to where, and what it would come to if it were let go here."""
    model, parts = snapshot.step.problem.model, list[str]()
    likelihood, kl = book.value("log_likelihood"), book.value("kl")
    if math.isfinite(likelihood):
        parts.append(f"{model.objective_label} {amount(likelihood)}")
    if math.isfinite(kl):
        parts.append(f"{quantity_name(model, 'kl', 'KL')} {number(max(kl, 0.0))}")
    moved = message.partition(";")[0]
    said = f"{moved[:1].upper()}{moved[1:]}"
    return f"{said}; if it is let go here: {', '.join(parts)}" + "." if parts else f"{said}."
