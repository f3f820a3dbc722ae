"""The `emtui` command. What can't be done is said in one sentence.

Exit status: 0 done, 1 the machine failed (no space, no memory), a replay disagrees with what was published, one's own
numbers disagree with ours, or a session does not come out again, 2 bad input, 129 the terminal has gone, 130 Ctrl-C,
141 the reader has gone, 143 ended by SIGTERM.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, TextIO

from emtui.application import gc_pause as garbage
from emtui.cli.arguments import Request, UsageError, parse
from emtui.cli.shell_output import Output, abandon_stdout, complain

if TYPE_CHECKING:
    from emtui.session.saved.opening import Reopening
    from emtui.spec.run_spec import RunSpec

DONE, FAILED, BAD_INPUT, INTERRUPTED, READER_GONE = 0, 1, 2, 130, 141


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; the exit status comes back. `argv` are the words after `emtui`, those of the shell if None."""
    if argv is None and not sys.warnoptions:
        warnings.simplefilter("ignore")  # what is out of the ordinary is said in sentences of our own
    try:
        return _obey(sys.argv[1:] if argv is None else argv)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        abandon_stdout()
        return READER_GONE
    except MemoryError:
        complain("there is not enough memory for this: choose fewer rows, columns or components.")
        return FAILED
    except OSError as error:
        abandon_stdout()
        what = f"'{error.filename}' can't be used" if error.filename else "the output can't be written"
        complain(f"{what}: {error.strerror or error}.")
        return FAILED


def _obey(words: Sequence[str]) -> int:
    try:
        request = parse(words, version)
    except UsageError as error:
        complain(str(error))
        return BAD_INPUT
    except SystemExit:  # argparse has printed the help or the version
        return DONE
    from engine.errors import EngineError

    try:
        return _COMMANDS[request.command](request)
    except (EngineError, UnicodeError) as error:
        complain(str(error))
        return BAD_INPUT


def version() -> str:
    """The version of the package, the engine included."""
    import engine

    return engine.__version__


def _open(request: Request) -> int:
    # what was typed is checked before the screen is taken; where nothing was, the first frame need not wait for it
    spec: RunSpec | Reopening | Callable[[], RunSpec] = partial(_choose, request)
    if request.resume:
        spec = _resumed()
    elif request.name is not None:
        spec = _reopened(request.name, request.data_file)
    elif request.spec:
        spec = _choose(request)
    from engine.readers.byte_source import STANDARD_INPUT

    data = request.spec.get("data")
    if data is not None and data.source == STANDARD_INPUT and not _keys_from_terminal():
        complain("emtui - takes its keys from the terminal, and there is none here: use emtui run - instead.")
        return BAD_INPUT
    why = _why_not_drawn()
    if why:
        complain(why)
        if _is_terminal(sys.stdout) and not _is_terminal(sys.stderr):  # else nobody would see it
            Output(sys.stdout).line(why)
        return BAD_INPUT
    garbage.hold()
    from emtui.application.app import open_app

    return open_app(spec, mouse=request.mouse, theme=request.theme)


def _reopened(name: str, data_file: str | None) -> Reopening:
    from pathlib import Path

    from emtui.session.saved.opening import reopen

    return reopen(Path(name), data_file)


def _resumed() -> Reopening:
    from emtui.session.saved.autosaves import resumed

    return resumed()


def _choose(request: Request) -> RunSpec:
    from emtui.spec.choose import FIRST, choose

    alone = request.command == "open" and not request.spec
    return choose(**(FIRST if alone else request.spec))


def _why_not_drawn() -> str:
    """What keeps the app from drawing, and the remedy; empty if nothing does."""
    if not _is_terminal(sys.stdin) or not _is_terminal(sys.stdout):
        return "emtui needs a terminal to draw on: use `emtui run …` for a run without a screen."
    if not _is_terminal(sys.stderr):
        return "emtui draws by standard error, which goes elsewhere (2>): leave that out, or use `emtui run …`."
    kind = os.environ.get("TERM")
    if kind in ("dumb", "unknown"):
        return f"emtui can't draw on a terminal with TERM={kind}: set TERM to what it is, or use `emtui run …`."
    return ""


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and stream.isatty()


def _keys_from_terminal() -> bool:
    """Let standard input, which has been read to its end, be the terminal from now on; whether there is one."""
    try:
        terminal = os.open("/dev/tty", os.O_RDWR)
    except OSError:
        return False
    os.dup2(terminal, 0)
    os.close(terminal)
    return True


def _run(request: Request) -> int:
    from emtui.cli.headless import run
    from emtui.cli.progress import Progress

    with Progress(sys.stderr) as progress:
        output = Output(sys.stdout, progress.aside)
        progress.now("reading the data")
        run(
            _choose(request), output, n_init=request.n_init, as_json=request.json, baseline=request.baseline,
            say=progress.now, predictions=request.predictions, exports=request.exports,
            plot=request.plot, words=request.words,
        )  # fmt: skip
    return DONE


def _report(request: Request) -> int:
    from emtui.cli.fit_report import report
    from emtui.cli.progress import Progress

    with Progress(sys.stderr) as progress:
        progress.now("reading the data")
        report(
            _choose(request), request.exports[0], Output(sys.stdout, progress.aside), n_init=request.n_init,
            baseline=request.baseline, say=progress.now,
        )  # fmt: skip
    return DONE


def _predict(request: Request) -> int:
    from emtui.cli.prediction_report import predict
    from emtui.cli.progress import Progress

    with Progress(sys.stderr) as progress:
        progress.now("reading the data")
        predict(
            _choose(request), Output(sys.stdout, progress.aside), rows=request.asked_rows, file=request.asked_table,
            n_init=request.n_init, as_json=request.json, say=progress.now,
        )  # fmt: skip
    return DONE


def _check(request: Request) -> int:
    from emtui.cli.check_report import check
    from emtui.cli.progress import Progress

    with Progress(sys.stderr) as progress:
        progress.now("reading the numbers")
        output = Output(sys.stdout, progress.aside)
        assert request.own_numbers is not None
        agrees = check(
            request.own_numbers, output, iteration=request.iteration, phase=request.phase, as_json=request.json,
            say=progress.now, words=request.spec,
        )  # fmt: skip
    return DONE if agrees else FAILED


def _study(request: Request) -> int:
    from emtui.cli.progress import Progress
    from emtui.cli.study_report import study

    with Progress(sys.stderr) as progress:
        study(Output(sys.stdout, progress.aside), as_json=request.json, say=progress.now, **request.spec)
    return DONE


def _sweep(request: Request) -> int:
    from emtui.cli.progress import Progress
    from emtui.cli.sweep_report import check_settings, grid_of, sweep_report
    from emtui.networks.sweep_grid import sizes_of_model
    from emtui.spec.choose import choose

    with Progress(sys.stderr) as progress:
        words = {"model": "mlp", **request.spec}
        grid = grid_of(request.grid, sizes_of_model(words["model"]))
        check_settings(words)
        spec = choose(**words)
        output = Output(sys.stdout, progress.aside)
        sweep_report(spec, grid, output, exports=request.exports, as_json=request.json, say=progress.now)
    return DONE


def _show(request: Request) -> int:
    from emtui.cli.progress import Progress
    from emtui.cli.session_report import show

    with Progress(sys.stderr) as progress:
        output = Output(sys.stdout, progress.aside)
        assert request.name is not None
        verified = show(request.name, output, data=request.data_file, as_json=request.json, say=progress.now)
    return DONE if verified else FAILED


def _replay(request: Request) -> int:
    from emtui.cli.progress import Progress
    from emtui.cli.replay_report import replay, replay_lines
    from engine.reference.replays import replay_problems

    if request.name is None:
        return _listed(replay_lines(as_json=request.json), replay_problems())
    with Progress(sys.stderr) as progress:
        output = Output(sys.stdout, progress.aside)
        agrees = replay(request.name, output, as_json=request.json, say=progress.now)
    return DONE if agrees else FAILED


def _datasets(request: Request) -> int:
    from emtui.cli.listing import dataset_lines
    from engine.data.catalogue import dataset_problems

    return _listed(dataset_lines(as_json=request.json), dataset_problems())


def _models(request: Request) -> int:
    from emtui.cli.listing import model_lines
    from emtui.views.registry import view_problems
    from engine.models import model_problems

    return _listed(model_lines(as_json=request.json), (*model_problems(), *view_problems()))


def _listed(lines: Sequence[str], problems: Sequence[str]) -> int:
    """Print the list, and on stderr a sentence for each package whose offer can't be used."""
    Output(sys.stdout).lines(lines)
    for sentence in problems:
        complain(sentence)
    return DONE


_COMMANDS = {
    "open": _open, "run": _run, "report": _report, "predict": _predict, "check": _check, "study": _study,
    "sweep": _sweep, "replay": _replay, "show": _show,
    "datasets": _datasets, "models": _models,
}  # fmt: skip
