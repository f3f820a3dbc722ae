"""The base of everything that shows a step: panes, the lines around them, and screens over the explorer."""

from __future__ import annotations

from abc import abstractmethod

from emtui.session.snapshot import StepSnapshot


class ShowsStep:
    """Gets every step that is taken, as one snapshot."""

    @abstractmethod
    def show(self, snapshot: StepSnapshot) -> None:
        """Show this step."""
