"""The words after `emtui` as a request. Nothing heavy is imported, so that help appears at once."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from emtui.cli.argument_values import quoted
from emtui.cli.argument_values import split_columns as split_columns
from emtui.cli.parsers import PARSERS, Parser
from emtui.cli.parsers import UsageError as UsageError

if TYPE_CHECKING:
    from engine.data.data_spec import DataSpec

COMMANDS = ("run", "report", "predict", "check", "study", "sweep", "replay", "show", "datasets", "models")
_PAGES = (".html", ".htm")
_SESSION = ".emtui"  # the ending of a session that was saved
_ONE_TABLE = "one data set or file"
_OF_DATA = ("source", "label", "columns", "rows", "sequence", "weights", "target")
_OF_INPUTS = ("standardize", "principal", "products")
_OF_GENERATED = ("n_samples", "noise", "data_seed")
_OF_READ_OPTIONS = ("encoding", "delimiter", "decimal", "header", "skip", "comment", "missing_marks", "sheet")
_TAKEN = {"emtui": _ONE_TABLE, "emtui run": _ONE_TABLE, "emtui study": _ONE_TABLE, "emtui replay": "one name"}
_TAKEN |= {"emtui sweep": _ONE_TABLE, "emtui report": _ONE_TABLE, "emtui show": "one session"}
_TAKEN |= {"emtui predict": f"{_ONE_TABLE}, and rows by --row"}
_TAKEN |= {"emtui check": f"a file with your numbers, and {_ONE_TABLE}"}
_OF_GRID = ("learning_rates", "hidden_units", "n_experts", "n_seeds", "max_iter")


@dataclass(frozen=True, kw_only=True)
class Request:
    """What the words ask for.

    command: "open" or one of `COMMANDS`. spec: keywords of `emtui.spec.choose.choose`, or of
    `emtui.cli.study_report.study`; empty where nothing was said. json: print JSON.
    n_init: how many starts `run` tries. baseline: whether it runs k-means beside it. predictions: the file that it
    writes them to. name: what to replay, or the session to open or show. data_file: where its data are now. resume:
    open the session that was kept last. mouse: the app takes it. grid: words and numbers of a sweep.
    exports: the files that a run, a report or a sweep is written to. plot: a run ends with charts.
    words: a run is told in words.
    asked_rows, asked_table: rows to predict for, in words and in a file. own_numbers, iteration, phase: a file with
    the user's own numbers, and the half-step they are of. theme: the colours of the app; "" for those of
    the settings, or of last time.
    """

    command: str
    spec: Mapping[str, Any] = field(default_factory=dict)
    json: bool = False
    n_init: int = 1
    baseline: bool = True
    predictions: str | None = None
    name: str | None = None
    data_file: str | None = None
    resume: bool = False
    mouse: bool = True
    grid: Mapping[str, Any] = field(default_factory=dict)
    exports: Sequence[str] = ()
    plot: bool = False
    words: bool = False
    asked_rows: Sequence[str] = ()
    asked_table: str | None = None
    own_numbers: str | None = None
    iteration: int | None = None
    phase: str | None = None
    theme: str = ""


def parse(words: Sequence[str], version: Callable[[], str]) -> Request:
    """The request that the words make; `--help` and `--version` print and leave by SystemExit.

    Raises:
        UsageError: a word that can't be understood.
    """
    command = words[0] if words and words[0] in COMMANDS else "open"
    parser = PARSERS[command]()
    if command == "open" and "--version" in words[: words.index("--") if "--" in words else None]:
        parser.exit_with(f"emtui {version()}")
    found = _read(parser, words if command == "open" else words[1:])
    theme = found.pop("theme", None) or ""
    if found.get("source") in COMMANDS:
        name = found["source"]
        raise UsageError(f"the command {name} comes first, as in emtui {name}; a file of that name is ./{name}.")
    if command in ("datasets", "models", "replay", "show"):
        return Request(command=command, json=found["json"], name=found.get("name"), data_file=found.get("data_file"))
    mouse = bool(found.pop("mouse", True))
    if found.pop("resume", False):
        if any(value not in (None, False) for value in found.values()):
            raise UsageError("--resume opens the last session as it stood: leave out the other words.")
        return Request(command="open", resume=True, mouse=mouse, theme=theme)
    if command == "open" and str(found.get("source")).lower().endswith(_SESSION):
        return _session(found, mouse, theme)
    if found.pop("data_file", None) is not None:
        raise UsageError("--data names the data of a session: write emtui NAME.emtui --data FILE.")
    grid: dict[str, Any] = {}
    if command == "sweep":
        grid = {name: value for name in _OF_GRID if (value := found.pop(name)) is not None}
    if command == "report":
        _name_page(found)
    found["data"] = _data(found)
    json, n_init = bool(found.pop("json", False)), int(found.pop("n_init", 1))
    baseline = bool(found.pop("baseline", True))
    plot, words_only = bool(found.pop("plot", False)), bool(found.pop("words", False))
    if words_only and (json or plot):
        other = "--json prints for programs" if json else "--plot draws charts for eyes"
        raise UsageError(f"--words is for ears, and {other}: leave one of them out.")
    if plot and json:
        raise UsageError("--plot draws charts for eyes, and --json prints for programs: leave one of them out.")
    predictions, exports = found.pop("predictions", None), found.pop("exports", None) or ()
    asked_rows, asked_table = found.pop("asked_rows", None) or (), found.pop("asked_table", None)
    own_numbers, iteration, phase = (found.pop(name, None) for name in ("own_numbers", "iteration", "phase"))
    if found.get("stop") is not None and found.get("tol") is not None:
        raise UsageError("--stop takes the place of --tol: leave one of them out.")
    found["settings"] = dict(found["settings"]) if found.get("settings") else None
    spec = {name: value for name, value in found.items() if value is not None}
    return Request(
        command=command, spec=spec, json=json, n_init=n_init, baseline=baseline, predictions=predictions, grid=grid,
        exports=exports, plot=plot, words=words_only, asked_rows=asked_rows, asked_table=asked_table, mouse=mouse,
        theme=theme, own_numbers=own_numbers, iteration=iteration, phase=phase,
    )  # fmt: skip


def _name_page(found: dict[str, Any]) -> None:
    """The one file of a report: a page that stands alone in place of a data set, or what is named by --export."""
    if not found.get("exports") and str(found.get("source")).lower().endswith(_PAGES):
        found["exports"], found["source"] = [found["source"]], None
    if len(found.get("exports") or ()) != 1:
        raise UsageError("a report needs the name of one file: emtui report iris --export iris.html.")


def _session(found: dict[str, Any], mouse: bool, theme: str) -> Request:
    """A session to open, which has its choices in it."""
    name, data_file = found.pop("source"), found.pop("data_file", None)
    if any(value not in (None, False) for value in found.values()):
        raise UsageError(f"{quoted(name)} is a session, with its choices in it: leave out the other words.")
    return Request(command="open", name=name, data_file=data_file, mouse=mouse, theme=theme)


def _data(found: dict[str, Any]) -> DataSpec | None:
    """The data, taken out of the words; None if nothing is said about them."""
    options = {name: found.pop(name, None) for name in _OF_READ_OPTIONS}
    if options["missing_marks"] is not None:
        options["missing_marks"] = tuple(options["missing_marks"])
    anew = {name: found.pop(name, None) for name in _OF_GENERATED}
    words = {name: value for name in (*_OF_DATA, *_OF_INPUTS) if (value := found.pop(name, None)) not in (None, False)}
    if not words and all(value is None for value in (*options.values(), *anew.values())):
        return None
    from emtui.spec.choose import DEFAULT_SOURCE  # brings numpy along
    from engine.data.data_spec import DataSpec, Generated, ReadOptions

    generated = Generated(n_samples=anew["n_samples"], noise=anew["noise"], seed=anew["data_seed"])
    spec = {"source": DEFAULT_SOURCE} | words
    return DataSpec(**spec, read_options=ReadOptions(**options), generated=generated)


def _read(parser: Parser, words: Sequence[str]) -> dict[str, Any]:
    try:
        namespace, extra = parser.parse_known_args(list(words))
    except argparse.ArgumentError as error:
        message = error.message  # argparse's own in plainer words; those of `argument_values` stay
        if message.startswith("expected"):
            message = "needs a value after it"
        elif message.startswith("ignored explicit argument"):
            message = "takes no value"
        raise UsageError(f"{error.argument_name} {message}.") from None
    if extra:
        raise UsageError(_extra_sentence(parser, extra))
    return vars(namespace)


def _extra_sentence(parser: Parser, extra: Sequence[str]) -> str:
    word = next((word for word in extra if word.startswith("-") and len(word) > 1), None)
    if word is None:
        known = _TAKEN.get(parser.prog, "no further words")
        return (
            f"there is no place for {quoted(extra[0])}: {parser.prog} takes {known}; put names with spaces in quotes."
        )
    name = word.partition("=")[0]
    if parser.prog == "emtui" and name in PARSERS["run"]().long_options():
        return f"{name} is for a run without a screen: write emtui run … {name}."
    from engine.text import did_you_mean  # brings numpy along

    hint = did_you_mean(name, parser.long_options(), otherwise=f"see {parser.prog} --help.")
    return f"there is no option {quoted(name)}: {hint}"
