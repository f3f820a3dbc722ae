"""The words after `emtui`, read into a request; nothing heavy is imported, so that help is there at once."""

from __future__ import annotations

import argparse
import csv
import difflib
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from emtui.reading import DELIMITER_WORDS, Reading
from emtui.shell.output import Output

COMMANDS = ("run", "study", "replay", "datasets", "models")

_OPEN_EPILOG = """\
commands:
  run                   the same without a screen: a line for each half-step
  study                 a network from many seeds, by EM and by backpropagation
  replay                published examples, stepped beside their published values
  datasets              list the data sets that come with emtui
  models                list the models and their options

examples:
  emtui                                 the iris flowers and a Gaussian mixture
  emtui old_faithful -k 2 --set covariance_type=tied
  emtui measurements.csv --label species --columns "width,height" --standardize
  emtui run iris --seed 3 --n-init 10
  emtui run coins --json | head -3
  emtui ./run                           a file whose name is that of a command
"""
_RUN_EPILOG = """\
stopping rules:
  objective=1e-6, responsibilities=1e-4, parameters=1e-6, iterations=20, seconds=2.5;
  with commas between them, the first that is met stops the run

examples:
  emtui run iris
  emtui run iris --model gmm -k 3 --stop responsibilities=1e-4
  emtui run iris --known 10%            learn from a few labels and from all rows
  emtui run measurements.csv --label species --n-init 20
  emtui run coins --json > steps.jsonl
"""


_STUDY_EPILOG = """\
examples:
  emtui study                           iris, 20 seeds, 50 iterations
  emtui study xor --max-iter 100        and from how many starts it is learned
  emtui study wine -k 5 --seeds 10
"""


_REPLAY_EPILOG = """\
exit status:
  0 where every value agrees to the digits that were printed, 1 where one does not

examples:
  emtui replay                          list what there is, and where it was published
  emtui replay coins
  emtui replay linkage --json
"""


class UsageError(Exception):
    """The words can't be understood; the message is one sentence with the remedy."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What the words ask for.

    command: "open", "run", "study", "replay", "datasets" or "models". choices: keywords of `emtui.choices.choose`,
    or of `emtui.shell.study.study`. json: print JSON. n_init: how many starts `run` tries. name: what to replay.
    """

    command: str
    choices: Mapping[str, Any] = field(default_factory=dict)
    json: bool = False
    n_init: int = 1
    name: str | None = None


def parse(words: Sequence[str], version: Callable[[], str]) -> Request:
    """The request that the words make; `--help` and `--version` print and leave by SystemExit.

    Raises:
        UsageError: a word that can't be understood.
    """
    command = words[0] if words and words[0] in COMMANDS else "open"
    parser = _PARSERS[command]()
    if command == "open" and "--version" in words[: words.index("--") if "--" in words else None]:
        parser.exit_with(f"emtui {version()}")
    found = _read(parser, words if command == "open" else words[1:])
    if found.get("source") in COMMANDS:
        name = found["source"]
        raise UsageError(f"the command {name} comes first, as in emtui {name}; a file of that name is ./{name}.")
    if command in ("datasets", "models"):
        return Request(command=command, json=found["json"])
    if command == "replay":
        return Request(command=command, json=found["json"], name=found["name"])
    reading = Reading(**{name: found.pop(name, None) for name in _OF_READING})
    if reading.said:
        found["reading"] = reading
    if command == "study":
        json = bool(found.pop("json"))
        return Request(command=command, choices={k: v for k, v in found.items() if v is not None}, json=json)
    json, n_init = bool(found.pop("json", False)), int(found.pop("n_init", 1))
    if found.get("stop") is not None and found.get("tol") is not None:
        raise UsageError("--stop takes the place of --tol: leave one of them out.")
    found["settings"] = dict(found.get("settings") or ())
    choices = {name: value for name, value in found.items() if value is not None}
    return Request(command=command, choices=choices, json=json, n_init=n_init)


class _Parser(argparse.ArgumentParser):
    """A parser that refuses in one sentence."""

    def __init__(self, prog: str, description: str, epilog: str = "") -> None:
        super().__init__(
            prog=prog,
            description=description,
            epilog=epilog,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
            exit_on_error=False,
        )

    def error(self, message: str) -> NoReturn:
        """Refuse instead of printing the usage."""
        raise UsageError(f"{message}; see {self.prog} --help.")

    def print_help(self, file: Any = None) -> None:
        """Print the help; argparse itself would keep silent about an output that can't be written."""
        Output(file or sys.stdout).lines(self.format_help().splitlines())

    def exit_with(self, text: str) -> NoReturn:
        """Print one line and leave."""
        Output(sys.stdout).line(text)
        raise SystemExit(0)

    def long_options(self) -> list[str]:
        """Every option that starts with two hyphens."""
        return [word for action in self._actions for word in action.option_strings if word.startswith("--")]


def _read(parser: _Parser, words: Sequence[str]) -> dict[str, Any]:
    try:
        namespace, extra = parser.parse_known_args(list(words))
    except argparse.ArgumentError as error:
        raise UsageError(_argument_sentence(error)) from None
    if extra:
        raise UsageError(_extra_sentence(parser, extra))
    return vars(namespace)


def _argument_sentence(error: argparse.ArgumentError) -> str:
    """argparse's own remarks in words that help; those of the types below are helpful already."""
    message = error.message
    if message.startswith("expected"):
        message = "needs a value after it"
    elif message.startswith("ignored explicit argument"):
        message = "takes no value"
    return f"{error.argument_name} {message}."


_ONE_TABLE = "one data set or file"
_OF_READING = ("encoding", "delimiter", "decimal", "header")
_TAKEN = {"emtui": _ONE_TABLE, "emtui run": _ONE_TABLE, "emtui study": _ONE_TABLE, "emtui replay": "one name"}


def _extra_sentence(parser: _Parser, extra: Sequence[str]) -> str:
    word = next((word for word in extra if word.startswith("-") and len(word) > 1), None)
    if word is None:
        known = _TAKEN.get(parser.prog, "no further words")
        return (
            f"there is no place for {_quoted(extra[0])}: {parser.prog} takes {known}; put names with spaces in quotes."
        )
    name = word.partition("=")[0]
    if parser.prog == "emtui" and name in _PARSERS["run"]().long_options():
        return f"{name} is for a run without a screen: write emtui run … {name}."
    near = difflib.get_close_matches(name, parser.long_options(), n=1)
    hint = f"did you mean {near[0]}?" if near else f"see {parser.prog} --help."
    return f"there is no option {_quoted(name)}: {hint}"


def _open_parser() -> _Parser:
    parser = _Parser("emtui", "A debugger for the EM algorithm: walk it half a step at a time.", _OPEN_EPILOG)
    _add_choices(parser)
    parser.add_argument("--version", action="store_true", default=argparse.SUPPRESS, help="print the version and leave")
    return parser


def _run_parser() -> _Parser:
    parser = _Parser("emtui run", "Run EM without a screen: a line for each half-step, then a summary.", _RUN_EPILOG)
    _add_choices(parser)
    add = parser.add_argument
    add("--max-iter", type=_whole(0), metavar="N", help="at most so many iterations (200)")
    add("--tol", type=_tolerance, metavar="X", help="stop when the objective changes by less per observation (1e-6)")
    add("--stop", metavar="RULE", help="a stopping rule in place of --tol, see below")
    add("--n-init", type=_whole(1), metavar="N", default=1, help="try N starts (seeds S, S+1, ...) and keep the best")
    add("--json", action="store_true", help="one JSON object a line, with the names of engine.Step")
    return parser


def _study_parser() -> _Parser:
    description = "Train a network from many seeds, by EM and by backpropagation, and print a table of how they fare."
    parser = _Parser("emtui study", description, _STUDY_EPILOG)
    add = parser.add_argument
    add("source", nargs="?", metavar="DATASET|FILE", help="labelled data (iris)")
    add("--seeds", dest="n_seeds", type=_whole(1), metavar="N", help="so many splits and starts (20)")
    add("--max-iter", type=_whole(1), metavar="N", help="iterations of EM, epochs of backpropagation (50)")
    add("-k", dest="hidden_units", type=_whole(1), metavar="M", help="hidden units (7)")
    add("--weight-decay", type=_tolerance, metavar="X", help="precision of the prior on the weights (0.01)")
    _add_table(parser)
    add("--raw", action="store_true", help="take the inputs as they are; else they are standardised")
    _add_split(parser)
    add("--json", action="store_true", help="one JSON object a line, a run each")
    return parser


def _replay_parser() -> _Parser:
    description = "Step a published example again, and compare with every value that was printed."
    parser = _Parser("emtui replay", description, _REPLAY_EPILOG)
    parser.add_argument("name", nargs="?", metavar="NAME", help="the example (without one: list them)")
    parser.add_argument("--json", action="store_true", help="one JSON object a line, a value each")
    return parser


def _list_parser(command: str, description: str) -> _Parser:
    parser = _Parser(f"emtui {command}", description)
    parser.add_argument("--json", action="store_true", help="as one JSON array")
    return parser


_PARSERS: Mapping[str, Callable[[], _Parser]] = {
    "open": _open_parser,
    "run": _run_parser,
    "study": _study_parser,
    "replay": _replay_parser,
    "datasets": lambda: _list_parser("datasets", "List the data sets that come with emtui."),
    "models": lambda: _list_parser("models", "List the models and their options."),
}


def _add_choices(parser: _Parser) -> None:
    add = parser.add_argument
    add("source", nargs="?", metavar="DATASET|FILE", help="a data set's name, or a CSV or TSV file (iris)")
    add("--model", metavar="NAME", help="the model (the one that suits the data)")
    add("-k", type=_whole(1), metavar="K", help="the number of components (that of the data)")
    add("--set", type=_setting, action="append", dest="settings", metavar="KEY=VALUE", help="an option of the model")
    add("--seed", type=_whole(0), metavar="S", help="the seed of the start (0)")
    _add_table(parser)
    add("--standardize", action="store_true", help="scale every column to mean 0 and variance 1")
    add("--principal", type=_whole(1), metavar="N", help="the first N principal components in place of the columns")
    add("--algorithm", metavar="NAME", help="classic, hard, stochastic, annealed:initial=4,rate=0.8 or squarem")
    add("--start", dest="start_file", metavar="FILE", help="begin from parameters in a JSON file, or: published, model")
    add("--known", metavar="all|N%|none", help="give a mixture the known classes of all rows, or of a share of them")
    networks = parser.add_argument_group("networks (mlp, backprop)")
    _add_split(networks)
    add = networks.add_argument
    add("--split-seed", type=_whole(0), metavar="S", help="the seed of the split (that of the start)")
    add("--rival", type=_setting, action="append", metavar="KEY=VALUE", help="an option of the other way to train it")
    add("--own-start", action="store_false", dest="same_start", default=None, help="the other way starts elsewhere")


def _add_table(parser: _Parser) -> None:
    add = parser.add_argument
    add("--label", metavar="COLUMN", help="the column of known classes, for a file")
    add("--columns", type=split_columns, metavar="A,B", help="the columns to use")
    files = parser.add_argument_group("how a file is written (each is told from the file unless it is said)")
    add = files.add_argument
    add("--encoding", metavar="NAME", help="utf-8, cp949, utf-16, cp1252, ...")
    add("--delimiter", type=_delimiter, metavar="CHAR", help="between cells: one character, or tab, space, ...")
    add("--decimal", type=_decimal, metavar="MARK", help="of numbers: . or ,")
    add("--header", action="store_true", default=None, help="the first line names the columns")
    add("--no-header", action="store_false", dest="header", default=None, help="it does not")


def _add_split(parser: argparse._ActionsContainer) -> None:
    add = parser.add_argument
    add("--test-share", type=_share, metavar="X", help="hold back this share of the rows for testing (0.4)")
    add("--no-stratify", action="store_false", dest="stratify", default=None, help="split without regard to classes")


def _whole(minimum: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = minimum - 1
        if number < minimum:
            message = f"needs a whole number of at least {minimum}, not {_quoted(text)}"
            raise argparse.ArgumentTypeError(message)
        return number

    return read


def _tolerance(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 <= number < math.inf:
        raise argparse.ArgumentTypeError(f"needs a number of at least 0, such as 1e-6, not {_quoted(text)}")
    return number


def _delimiter(text: str) -> str:
    character = DELIMITER_WORDS.get(text.lower(), text)
    if len(character) != 1 or character in '"\r\n\0':
        message = f"needs one character, or comma, semicolon, tab, bar or space, not {_quoted(text)}"
        raise argparse.ArgumentTypeError(message)
    return character


def _decimal(text: str) -> str:
    mark = {"point": ".", "comma": ","}.get(text.lower(), text)
    if mark not in (".", ","):
        raise argparse.ArgumentTypeError(f"needs . or , and not {_quoted(text)}")
    return mark


def _share(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 <= number < 1:
        raise argparse.ArgumentTypeError(f"needs a share of at least 0 and below 1, such as 0.4, not {_quoted(text)}")
    return number


def _setting(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        message = f"needs KEY=VALUE, such as covariance_type=tied, not {_quoted(text)}; emtui models lists the options"
        raise argparse.ArgumentTypeError(message)
    return key.strip(), value


def split_columns(text: str) -> tuple[str, ...]:
    """The column names in `A,B`; a name with a comma in it stands in double quotes, as in a CSV file."""
    try:
        rows = list(csv.reader([text], strict=True, skipinitialspace=True))
    except csv.Error:
        rows = []
    names = tuple(name.strip() for name in rows[0]) if rows else ()
    if not names or not all(names):
        raise argparse.ArgumentTypeError(f"needs column names with commas between them, not {_quoted(text)}")
    return names


def _quoted(text: str, limit: int = 60) -> str:
    """`text` in quotes, short; what a terminal must not see is taken out where the sentence is printed."""
    return f"'{text if len(text) <= limit else text[: limit - 1] + '…'}'"
