"""What an algorithm provides: how each iteration chooses q, where its M-step goes, and what must rise."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from engine.em.evaluation import Evaluation
from engine.em.inference import Inference
from engine.em.maximization import Event
from engine.em.model import Model
from engine.options import HasOptions

# Where an exact M-step goes up, and where it may go down: "both" the objective and the bound at the q of this
# iteration rise; "objective" alone, or "elbo", the bound, alone; or "nothing" has to.
Rising = Literal["both", "objective", "elbo", "nothing"]


@dataclass(frozen=True, eq=False)
class Moved:
    """The result of an algorithm's M-step; evaluations: passes over the data in it, besides that of the E-step."""

    params: Any
    events: tuple[Event, ...] = field(default=())
    evaluations: int = 0


@dataclass(frozen=True)
class Algorithm(HasOptions, ABC):
    """A way to run EM, orthogonal to the models."""

    name: ClassVar[str]  # as typed after --algorithm
    title: ClassVar[str]  # in a few words
    rises: ClassVar[Rising]
    extrapolates: ClassVar[bool] = False  # an M-step goes further than the model's own

    @property
    def text(self) -> str:
        """How to type it: the name, and options that differ from their defaults, `annealed:initial=8,rate=0.9`."""
        values = self.option_values
        options = [option for option in self.options() if values[option.name] != option.default]
        set_ones = [f"{option.name}={option.format(values[option.name])}" for option in options]
        return f"{self.name}:{','.join(set_ones)}" if set_ones else self.name

    @abstractmethod
    def inference(self, iteration: int, seed: int) -> Inference:
        """How the E-step of this iteration chooses q."""

    def maximize(self, at: Evaluation) -> Moved:
        """M-step: from θ_q and the expectation there to the next θ."""
        best = at.model.maximize(at.expectation, at.params, at.data)
        return Moved(best.params, best.events)

    def check(self, model: Model[Any, Any], params: Any) -> None:  # most refuse nothing
        """Raises OptionError, in one sentence, if this model can't be run this way from these parameters."""
