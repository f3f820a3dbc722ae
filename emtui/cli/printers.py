"""The ways in which a run is printed as it goes: for eyes, for ears, for programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from emtui.cli.run_summary import RunSummary
from emtui.cli.shell_output import Output
from emtui.spec.run_spec import RunSpec
from engine.em.run import Restart
from engine.em.step import Step


class Printer(Protocol):
    """Is told of a run as it goes."""

    def begin(self, spec: RunSpec) -> None:
        """What is run on what."""

    def restart(self, restart: Restart) -> None:
        """How one of several starts ended."""

    def step(self, step: Step, scores: Mapping[str, float]) -> None:
        """A half-step; the scores of a network's."""

    def end(self, outcome: RunSummary) -> None:
        """What came of it."""


def printer_for(output: Output, *, as_json: bool = False, words: bool = False) -> Printer:
    """As JSON, in words, or as a table of steps with a summary."""
    if as_json:
        from emtui.cli.run_json import JsonPrinter

        return JsonPrinter(output)
    if words:
        from emtui.cli.run_words import WordsPrinter

        return WordsPrinter(output)
    from emtui.cli.run_report import TextPrinter

    return TextPrinter(output)
