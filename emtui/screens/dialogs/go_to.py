"""Go to a place in the history by writing it: `12`, `12 E`, `end`, `#31`."""

from __future__ import annotations

import re

from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Input, Static

from emtui.screens.dialogs.dialog import Dialog
from emtui.widgets.text_input import NumberInput
from engine.em.step import Phase
from engine.em.timeline import Timeline
from engine.errors import EngineError, OptionError
from engine.text import quoted

_PLACE = re.compile(r"(?:iteration|iter|it)?\s*(\d{1,9})\s*([em])?(?:-?step)?", re.IGNORECASE)
_NUMBER = re.compile(r"#\s*(\d{1,9})")
_START = {"start", "init", "first", "begin", "home"}
_END = {"end", "last"}


def find_place(text: str, timeline: Timeline) -> int:
    """The place on the current branch, counted from 0, that this text names.

    An iteration alone means its last half-step; `#` counts half-steps from the start, which is #0.

    Raises:
        OptionError: there is no such place, or it was not reached yet; one sentence.
    """
    words = " ".join(text.split()).lower()
    last = len(timeline) - 1
    if words in _START:
        return 0
    if words in _END:
        return last
    if match := _NUMBER.fullmatch(words):
        index = int(match[1])
        if index > last:
            raise OptionError(f"There is no half-step #{index} yet: the last one is #{last}.")
        return index
    if (match := _PLACE.fullmatch(words)) is None:
        raise OptionError(f"{quoted(text)} is no place in the history: write 12, 12 E, 12 M, start, end or #31.")
    return _of_iteration(int(match[1]), match[2], timeline)


def _of_iteration(iteration: int, letter: str | None, timeline: Timeline) -> int:
    phase: Phase | None = None if letter is None else "E" if letter == "e" else "M"
    index = timeline.find(iteration, phase)
    if index is not None:
        return index
    if iteration == 0:
        raise OptionError("Iteration 0 is the start, which has no E-step or M-step: write start.")
    if phase is not None and timeline.find(iteration) is not None:
        raise OptionError(f"Iteration {iteration} has no {phase}-step yet: step on, or write {iteration}.")
    reached = timeline[len(timeline) - 1].iteration
    raise OptionError(f"Iteration {iteration} was not reached yet: the last one on this branch is {reached}.")


def place_name(index: int, timeline: Timeline) -> str:
    """The place in words: "iteration 12, M-step (#24)"."""
    step = timeline[index]
    what = "the start" if step.phase == "init" else f"iteration {step.iteration}, {step.phase}-step"
    return f"{what} (#{index})"


class GoToScreen(Dialog[int]):
    """Asks for a place in the history; returns its index on the current branch, or None."""

    DEFAULT_CSS = """
    GoToScreen #box { max-width: 60; }
    """

    def __init__(self, timeline: Timeline) -> None:
        super().__init__()
        self._timeline = timeline

    def compose(self) -> ComposeResult:
        """One line to write in, and what it stands for."""
        with VerticalScroll(id="box", can_focus=False) as box:
            box.border_title = "go to"
            box.border_subtitle = "enter goes there · esc cancels · ? more"
            yield NumberInput(placeholder="12, 12 E, 12 M, start, end, #31", id="place")
            yield Static("", id="found", classes="hint", markup=False)
            yield Static("", id="problem", markup=False)

    def on_mount(self) -> None:
        """Show the current place."""
        self.query_one(Input).focus()
        self._found(f"now at {place_name(self._timeline.cursor, self._timeline)}")

    def _found(self, text: str) -> None:
        self.query_one("#found", Static).update(Content(text))

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        self.say("")
        try:
            self._found(f"enter: {place_name(find_place(event.value, self._timeline), self._timeline)}")
        except EngineError:
            self._found(f"now at {place_name(self._timeline.cursor, self._timeline)}")

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        try:
            index = find_place(event.value, self._timeline)
        except EngineError as error:
            self.say(str(error))
            return
        self.dismiss(index)
