"""What the explorer offers to its groups of actions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from textual.notifications import SeverityLevel
from textual.screen import Screen

from emtui.screens.stepping import SteppedScreen, Stepping
from emtui.spec.run_spec import RunSpec

T = TypeVar("T")


class ActionHost(SteppedScreen, Protocol):
    """The step on the screen, its choices, a status line, and ways to open something else."""

    stepping: Stepping

    @property
    def spec(self) -> RunSpec:
        """The choices that it belongs to."""

    def notify(
        self, message: str, /, *, severity: SeverityLevel = ..., timeout: float | None = ..., markup: bool = ...
    ) -> None:
        """Show a sentence in a box that disappears by itself."""

    def apply(self, make: Callable[[], RunSpec], /) -> None:
        """Begin with other choices on the same data, beside what was done."""

    def lay_over(self, screen: Screen[T], then: Callable[[T], None] | None = None, otherwise: str = "", /) -> None:
        """Put a screen over the explorer; if it shows steps, it gets the current one and all that follow.

        then: gets what the screen is left with; left with nothing, `otherwise` is said.
        """
