"""`emtui run --words`: every step as lines of words, as a screen reader reads them."""

from __future__ import annotations

from collections.abc import Mapping

from emtui.cli.run_report import heading, restart_line, summary
from emtui.cli.run_summary import RunSummary
from emtui.cli.shell_output import Output, printable
from emtui.cli.step_words import step_words
from emtui.session.session import Session
from emtui.spec.run_spec import RunSpec
from engine.em.run import Restart
from engine.em.step import Step


class WordsPrinter:
    """Says each step as the panes of the explorer do, as soon as it is taken; minus signs are hyphens throughout."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._spec: RunSpec | None = None
        self._session: Session | None = None

    def begin(self, spec: RunSpec) -> None:
        """What is run on what."""
        self._spec = spec
        self._output.lines(heading(spec))

    def restart(self, restart: Restart) -> None:
        """How one of several starts ended."""
        self._output.line(restart_line(restart))

    def step(self, step: Step, scores: Mapping[str, float]) -> None:
        """The step in words; its scores are among those of the pane for agreement."""
        assert self._spec is not None
        if self._session is None:
            self._session = Session.of_run(self._spec, [step])
        else:
            self._session.timeline.record(step)
        self._output.lines(["", *(printable(line).replace("−", "-") for line in step_words(self._session.snapshot()))])

    def end(self, outcome: RunSummary) -> None:
        """The summary."""
        self._output.lines(summary(outcome))
