"""The first E-step and the first M-step after the card: told in plain words before the usual sentence."""

from __future__ import annotations

from emtui.session.snapshot import StepSnapshot
from emtui.views.first_words import first_words


class FirstSteps:
    """Which of the two are still to be told."""

    def __init__(self) -> None:
        self._to_tell: set[str] = set()

    def begin(self) -> None:
        """The card is shown: tell the next E-step and the next M-step."""
        self._to_tell = {"E", "M"}

    def words(self, snapshot: StepSnapshot) -> str:
        """What this step did in plain words, where it is the first of its kind; else ""."""
        phase = snapshot.step.phase
        if phase not in self._to_tell or snapshot.step.stop_reason is not None:
            return ""
        self._to_tell.remove(phase)
        words = first_words(snapshot.spec)
        return words.guessed if phase == "E" else words.learned
