"""`emtui run`: EM without a screen, printed as it goes, for eyes or as JSON."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING

from emtui.cli.printers import Printer, printer_for
from emtui.cli.run_summary import judge
from emtui.cli.shell_output import Output
from emtui.spec.atomic_files import ExportError, check_free, write_file
from emtui.spec.revise import with_seed
from emtui.spec.run_spec import RunSpec
from emtui.spec.train_test_split import problem_of, split_of
from engine.analysis.rest import judged
from engine.em.loop import begin_problem, walk
from engine.em.run import Restart
from engine.em.step import Problem, Step
from engine.errors import EngineError

if TYPE_CHECKING:
    from emtui.cli.rival_report import ScoredRun
    from emtui.cli.run_files import RunFiles
    from emtui.session.snapshot import Baseline

_RECENT = 8  # steps that the report looks back at
_LEAST_PATIENCE = 5.0  # seconds that k-means may take beside a run that took less


def run(
    spec: RunSpec,
    output: Output,
    *,
    n_init: int = 1,
    as_json: bool = False,
    words: bool = False,
    baseline: bool = True,
    predictions: str | None = None,
    exports: Sequence[str] = (),
    plot: bool = False,
    say: Callable[[str], None] = lambda what: None,
) -> None:
    """Run EM until it stops and print every half-step as it is taken; several starts are run first, the best is shown.

    words: each step is told as the panes of the explorer tell it. baseline: k-means is run beside it, for as long as EM
    took or five seconds. predictions: the file that what is said of every row in the end is written to. exports:
    further files; the ending of each says what it is. plot: charts come after the report. say: is told of progress.

    Raises:
        EngineError: the model can't start, or no start could be run; where nothing could, nothing has been printed.
            Or a file can't be written; then the report has been printed where that could not be known before.
        OSError: the output can't be written.
    """
    if n_init > 1 and spec.start_file is None:
        spec = replace(spec, start=None)  # a published start that nobody asked for
    if n_init > 1 and spec.start is not None:
        raise EngineError("a given start can be run only once: leave out --start or --n-init.")
    ending = None if predictions is None else _ending(predictions)
    files = _files(exports, () if predictions is None else [predictions])
    printer = printer_for(output, as_json=as_json, words=words)
    begun = time.monotonic()
    walked = _walk(spec, n_init, printer, say, files)
    kept = _told(walked, printer, say, keep_all=plot or files is not None)
    say("comparing with what is known")
    patience = max(_LEAST_PATIENCE, time.monotonic() - begun) if baseline else 0.0
    comparison = None if walked.scored is None else walked.scored.comparison
    outcome = judge(walked.spec, kept[-_RECENT:], walked.restarts, patience, comparison)
    printer.end(outcome)
    if predictions is not None and ending is not None:
        from emtui.exports.data_table import WRITERS
        from emtui.exports.predictions import prediction_table

        write_file(predictions, WRITERS[ending](prediction_table(walked.spec, kept[-1], comparison)))
    if plot or files is not None:
        _take_away(walked, kept, outcome.baseline, output, files, plot=plot, as_json=as_json, say=say)


@dataclass(frozen=True, eq=False)
class _Walk:
    """A run on its way: the choices with the seed of the best start, its steps, what scores them, and all starts."""

    spec: RunSpec
    steps: Iterator[Step]
    scored: ScoredRun | None
    restarts: tuple[Restart, ...] = ()


def _walk(spec: RunSpec, n_init: int, printer: Printer, say: Callable[[str], None], files: RunFiles | None) -> _Walk:
    """Begin a run, or run several starts and take the best; the printer says with which choices.

    files: they look first whether such a run can be written to them.
    """
    problem = problem_of(spec)  # before anything is printed: the model may refuse the data
    say("looking for a start")
    if n_init == 1:
        steps = steps_from(spec, problem)
        first = next(steps)
        if files is not None:
            files.check(spec, first)
        printer.begin(spec)
        return _Walk(spec, chain([first], steps), scored_run(spec))
    if files is not None:
        files.check(spec, begin_problem(problem, spec.start))
    printer.begin(spec)

    def told(restart: Restart) -> None:
        printer.restart(restart)
        say(f"start {min(restart.seed - problem.seed + 2, n_init)} of {n_init}")

    say(f"start 1 of {n_init}")
    best, restarts = best_of(spec, problem, n_init, told)
    chosen = with_seed(spec, best[0].problem.seed)
    return _Walk(chosen, iter(best), _scored_many(spec, chosen, n_init, best[-1].iteration), restarts)


def _told(walked: _Walk, printer: Printer, say: Callable[[str], None], *, keep_all: bool) -> list[Step]:
    """Take the steps and print each; all of them come back, or the last few."""
    kept: deque[Step] = deque(maxlen=None if keep_all else _RECENT)
    for step in walked.steps:
        printer.step(step, {} if walked.scored is None else walked.scored.scores(step))
        kept.append(step)
        say(f"iteration {step.iteration + (step.phase != 'E')}")
    return list(kept)


def _take_away(
    walked: _Walk,
    steps: list[Step],
    baseline: Baseline | None,
    output: Output,
    files: RunFiles | None,
    *,
    plot: bool,
    as_json: bool,
    say: Callable[[str], None],
) -> None:
    """Charts in the shell, and the files."""
    from emtui.session.session import Session

    say("drawing" if plot else "looking at every step")
    history = None if walked.scored is None else walked.scored.history(steps)
    session = Session.of_run(walked.spec, steps, history, baseline)
    if plot:
        from emtui.cli.run_plots import plot_lines

        output.lines(list(plot_lines(session, output)))
    if files is not None:
        written = files.write(session, say)
        output.lines([] if as_json else written)


def _ending(predictions: str) -> str:
    """By which ending predictions are written; raises ExportError where that file can't be."""
    from emtui.exports.data_table import table_ending

    if predictions.strip() in ("", "-"):
        raise ExportError("--predictions needs the name of a file: standard output has the report.")
    check_free(predictions)
    return table_ending(predictions)


def _files(exports: Sequence[str], others: Sequence[str]) -> RunFiles | None:
    """What writes the exports; None where there are none."""
    if not exports:
        return None
    from emtui.cli.run_files import RunFiles

    return RunFiles(exports, others)


def scored_run(spec: RunSpec) -> ScoredRun | None:
    """What scores a network's steps; None for a model that has no training and test rows."""
    if split_of(spec) is None:
        return None
    from emtui.cli.rival_report import ScoredRun

    return ScoredRun(spec)


def _scored_many(first: RunSpec, spec: RunSpec, n_init: int, n_iterations: int) -> ScoredRun | None:
    """Likewise after several starts from `first`, of which `spec` is the best: the rival has as many."""
    if split_of(spec) is None:
        return None
    from emtui.cli.rival_report import ScoredRun
    from emtui.networks.rival import best_rival

    return ScoredRun(spec, n_init, best_rival(first, n_init, n_iterations))


def steps_from(spec: RunSpec, problem: Problem) -> Iterator[Step]:
    """The steps of one start. Each step's numbers are read while its statistics are there; then these are released."""
    previous: Step | None = None
    for step in walk(begin_problem(problem, spec.start), spec.rules):
        _ = step.kl, step.log_prior
        step = step if step.stop_reason is None else judged(step)
        if previous is not None:
            previous.release(keep=step)
        previous = step
        yield step


def best_of(
    spec: RunSpec, problem: Problem, n_init: int, say: Callable[[Restart], None]
) -> tuple[list[Step], tuple[Restart, ...]]:
    """The steps of the start that ends with the best objective, and a report on every start; `say` is told each one.

    The first start has the problem's seed, the next that seed + 1, and so on.

    Raises:
        EngineError: none of them could be run.
    """
    best, reports = list[Step](), list[Restart]()
    for seed in range(problem.seed, problem.seed + n_init):
        try:
            steps = list(steps_from(spec, replace(problem, seed=seed)))
            last = steps[-1]
            report = Restart(seed, last.objective, last.iteration, last.converged, last.stop_reason or "")
            if not best or last.objective > best[-1].objective:
                best = steps
        except EngineError as error:
            report = Restart(seed, math.nan, 0, False, "", str(error))
        reports.append(report)
        say(report)
    if not best:
        raise EngineError(f"none of the {n_init} starts could be run; the last said: {reports[-1].error}")
    return best, tuple(reports)
