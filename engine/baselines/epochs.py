"""Learning in epochs: how many rows make a step, and what is said of an epoch after which the objective is lower."""

from __future__ import annotations

from typing import ClassVar

from engine.em.maximization import Event
from engine.em.model import Ascent
from engine.em.statistics import NotAdditive
from engine.models.optimizers import MAY_GO_TOO_FAR


class NothingExpected(NotAdditive):
    """What an epoch begins with, beside θ."""

    why: ClassVar[str] = "an epoch visits its rows one after the other, so that parts of them do not add up."


class InEpochs:
    """A model whose M-step is an epoch: every row once, by gradient steps on one of them, on some or on all."""

    optimizer: str
    learning_rate: float
    batch_size: int | None

    @property
    def update_name(self) -> str:
        """An epoch is one step along the gradient, or several."""
        return "gradient steps" if self.steps_on_parts else "gradient step"

    @property
    def ascent(self) -> Ascent:
        """An epoch follows the gradient."""
        return "gradient"

    @property
    def steps_on_parts(self) -> bool:
        """A step sees some of the rows, in an order of its own."""
        return self.optimizer != "batch" and (self.optimizer == "sgd" or self.batch_size is not None)

    def rows_a_step(self, n_rows: int) -> int:
        """How many rows a step sees of so many."""
        if self.optimizer == "batch":
            return n_rows
        usual = 1 if self.optimizer == "sgd" else n_rows
        return min(n_rows, usual if self.batch_size is None else self.batch_size)

    def lower_by(self, fell: float) -> Event:
        """What is told where an epoch has lowered the objective, and why it may."""
        too_long = f"the step with learning rate {self.learning_rate:zg} was too long"
        why = too_long if self.optimizer == "batch" else MAY_GO_TOO_FAR[self.optimizer]
        return Event(f"the objective fell by {fell:z.3g} in this epoch: {why}", breaks_ascent=True)
