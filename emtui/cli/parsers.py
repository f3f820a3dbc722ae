"""The parser of each command: its options, and what its help says."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from emtui.cli import argument_values as values
from emtui.cli import option_groups as options
from emtui.cli.shell_output import Output

_RULES = """\
stopping rules:
  objective=1e-6, responsibilities=1e-4, parameters=1e-6, iterations=20,
  seconds=2.5; with commas between them, the first that is met stops the run"""
_OPEN_EPILOG = f"""\
commands:
  run                   the same without a screen: a line for each half-step
  report                a page on a fit for a browser, with other starts and sizes
  predict               what a fit says of a row of your own
  check                 your own numbers of a step, beside ours
  show                  a session that was saved, and whether its numbers agree
  study                 a network or experts from many seeds, by EM and gradients
  sweep                 the same over learning rates and sizes
  replay                published examples, stepped beside their published values
  datasets              the data sets that come with emtui
  models                the models and their options

{_RULES}

examples:
  emtui                                 Old Faithful, from a start where much moves
  emtui old_faithful -k 2 --set covariance_type=tied
  emtui measurements.csv --label species --columns "width,height" --standardize
  emtui run iris --seed 3 --n-init 10
  emtui run coins --json | head -3
  emtui three.emtui                     a session that was saved, exactly there
  emtui --resume                        the last session, kept by itself
  emtui ./run                           a file whose name is that of a command
"""
_RUN_EPILOG = f"""\
{_RULES}

exports (--export FILE; the ending decides, and the last word of the name where
it could be several things):
  .csv .json .parquet   the steps; else what the name ends in:
                        iris-parameters.json (for --start),
                        iris-responsibilities.csv, iris-predictions.parquet
                        (.parquet: pip install 'emtui[files]')
  .md .tex              the parameters as a table: Markdown, LaTeX with booktabs
  .py .ipynb            a Python script, a notebook that makes the same run
  .txt .svg .pdf        the picture; iris-curves.pdf the curves,
                        iris-pairs.svg every pair of features
                        (.svg, .pdf: pip install 'emtui[pictures]')
  .html                 a page with a slider over the steps, for any browser

examples:
  emtui run iris
  emtui run iris --model gmm -k 3 --stop responsibilities=1e-4
  emtui run iris --known 10%            learn from a few labels and from all rows
  emtui run measurements.csv --label species --n-init 20
  emtui run coins --json > steps.jsonl
  emtui run old_faithful --plot
  emtui run iris --model mlp --predictions iris.csv
  emtui run iris --export iris.csv --export iris-parameters.json
  emtui run counts.csv.gz --weights n   each row counts n times; - reads standard input
"""
_REPORT_EPILOG = """\
examples:
  emtui report iris --export iris.html
  emtui report measurements.csv --label species -k 4 --n-init 20 --export measurements.html
  emtui report iris.html                the iris flowers
"""
_PREDICT_EPILOG = """\
a row of numbers has one for each column, in their order or as NAME=NUMBER; a row
of answers (bernoulli) names its columns: yes, no, or ? for unseen, as is every
column that is not named; a name with a comma stands in double quotes

examples:
  emtui predict iris --row "5.9, 3.0, 4.9, 1.8"
  emtui predict films -k 2 --row "Gate Nine Whispers=yes, A Waltz in Merrow=no"
  emtui predict votes --row "crime=yes" --row "crime=no" --json
  emtui predict votes --table others.csv
"""
_CHECK_EPILOG = """\
the file is JSON with numbers by their names, or a CSV of responsibilities:
  {"data": "coins", "iteration": 1, "phase": "M", "probabilities": [0.71, 0.58]}
names: those of the parameters, responsibilities (r), standard_deviations,
log_likelihood (L), bound, objective; of a hidden Markov model alpha, beta, xi;
the digits that are written decide what agrees: 0.71 is the same as 0.7130

exit status:
  0 where all agree, 1 where one does not

examples:
  emtui check mine.json
  emtui check mine.json iris --model gmm -k 3 --iteration 2 --phase E
  emtui check r.csv old_faithful --set reg_covar=0
"""
_STUDY_EPILOG = """\
examples:
  emtui study                           iris, 20 seeds, 50 iterations
  emtui study xor --max-iter 100        and from how many starts it is learned
  emtui study wine -k 5 --seeds 10
  emtui study homes.csv --target price --model experts
"""
_SWEEP_EPILOG = """\
validation rows, a share of the training rows, choose a cell; it alone is tested

examples:
  emtui sweep iris --standardize
  emtui sweep iris --rates .001,.01,.1 --hidden 2,4,7 --seeds 3 --max-iter 50
  emtui sweep iris --set m_step=newton --export sweep.csv
  emtui sweep xor --standardize --export map.txt
  emtui sweep homes.csv --target price --model experts --experts 1,2,3
"""
_REPLAY_EPILOG = """\
exit status:
  0 where every value agrees to the digits that were printed, 1 where one does not

examples:
  emtui replay                          list what there is, and where it was published
  emtui replay coins
  emtui replay linkage --json
"""
_SHOW_EPILOG = """\
exit status:
  0 where every number comes out again as it was saved, 1 where one does not

examples:
  emtui show three.emtui
  emtui show three.emtui --data elsewhere/measurements.csv
"""


class UsageError(Exception):
    """The words can't be understood; the message is one sentence with the remedy."""


class Parser(argparse.ArgumentParser):
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


def _open_parser() -> Parser:
    parser = Parser("emtui", "A debugger for the EM algorithm: walk it half a step at a time.", _OPEN_EPILOG)
    options.add_choices(parser)
    options.add_session_data(parser)
    parser.add_argument("--resume", action="store_true", help="open the last session as it stood, after a crash or q")
    parser.add_argument(
        "--no-mouse", dest="mouse", action="store_false", help="leave the mouse to the terminal, to mark"
    )
    parser.add_argument(
        "--theme", type=values.theme, metavar="NAME", help="the colours: emtui-dark, emtui-light, emtui-contrast"
    )
    parser.add_argument("--version", action="store_true", default=argparse.SUPPRESS, help="print the version and leave")
    return parser


def _run_parser() -> Parser:
    parser = Parser("emtui run", "Run EM without a screen: a line for each half-step, then a summary.", _RUN_EPILOG)
    options.add_choices(parser)
    options.add_starts(parser)
    add = parser.add_argument
    add("--plot", action="store_true", help="charts at the end: curves, first column with densities, confusion")
    add("--words", action="store_true", help="every step in lines of words, as a screen reader reads them")
    add("--json", action="store_true", help="one JSON object a line, with the names of engine.Step")
    add("--predictions", metavar="FILE", help="write what the run says of every row in the end (.csv, .json, .parquet)")
    add(
        "--export",
        action="append",
        dest="exports",
        metavar="FILE",
        help="write the run to a file, see below; may be said again",
    )
    return parser


def _report_parser() -> Parser:
    description = "Write a page on a fit: data, choices, why it stopped, other starts and sizes."
    parser = Parser("emtui report", description, _REPORT_EPILOG)
    options.add_choices(parser)
    options.add_starts(parser)
    parser.add_argument(
        "--export",
        action="append",
        dest="exports",
        metavar="FILE.html",
        help="the page (in place of a data set it may stand alone)",
    )
    return parser


def _predict_parser() -> Parser:
    description = "Run EM, and say what the fit makes of rows of your own: components, and what is unseen of them."
    parser = Parser("emtui predict", description, _PREDICT_EPILOG)
    options.add_choices(parser)
    options.add_n_init(parser)
    add = parser.add_argument
    add("--row", action="append", dest="asked_rows", metavar="NAME=VALUE,...", help="a row; may be said again")
    add("--table", dest="asked_table", metavar="FILE", help="a file with rows that have the columns of the data")
    add("--json", action="store_true", help="one JSON object a line, a row each")
    return parser


def _check_parser() -> Parser:
    description = "Hold your own numbers of a step against ours, and try the usual slips where they disagree."
    parser = Parser("emtui check", description, _CHECK_EPILOG)
    add = parser.add_argument
    add("own_numbers", metavar="FILE", help="your numbers: .json, or .csv with the responsibilities of every row")
    options.add_choices(parser)
    add("--iteration", type=values.whole(0), metavar="N", help="the iteration they are of (that of the file, or 1)")
    add("--phase", type=str.upper, choices=("E", "M"), help="after its E-step or its M-step (that of the file, or M)")
    add("--json", action="store_true", help="as one JSON object")
    return parser


def _study_parser() -> Parser:
    description = "Train a network or experts from many seeds, by EM and by gradients, and compare."
    parser = Parser("emtui study", description, _STUDY_EPILOG)
    add = parser.add_argument
    options.add_labelled(parser, "so many splits and starts (20)")
    add("--model", metavar="NAME", help="a network (mlp) or a mixture of experts (experts), each by both ways (mlp)")
    add("-k", type=values.whole(1), metavar="M", help="hidden units (7), or experts (2)")
    add("--weight-decay", type=values.tolerance, metavar="X", help="precision of the prior on the weights (0.01)")
    options.add_table(parser)
    add("--raw", action="store_true", help="take the inputs as they are; else they are standardised")
    options.add_split(parser)
    options.add_prediction(parser)
    add("--json", action="store_true", help="one JSON object a line, a run each")
    return parser


def _sweep_parser() -> Parser:
    description = "Train a network or experts over learning rates and sizes, by EM and by gradients."
    parser = Parser("emtui sweep", description, _SWEEP_EPILOG)
    add = parser.add_argument
    options.add_labelled(parser, "so many starts and validation rows (3)")
    add("--rates", dest="learning_rates", metavar="X,Y", help="the learning rates (0.001,0.005,0.02,0.1,0.5)")
    add("--hidden", dest="hidden_units", metavar="M,N", help="the numbers of hidden units (1,2,4,7,12)")
    add("--experts", dest="n_experts", metavar="K,L", help="the numbers of experts, for that model (1,2,3,4,6)")
    options.add_model(parser, "mlp, backprop or experts; the other way runs beside it (mlp)", "the first seed (0)")
    options.add_scaled_table(parser)
    options.add_split(parser)
    options.add_of_networks(parser)
    add(
        "--export",
        action="append",
        dest="exports",
        metavar="FILE",
        help="write the table (.csv, .json, .parquet) or the heat maps (.txt, .svg, .pdf); may be said again",
    )
    add("--json", action="store_true", help="one JSON object a line, a cell each")
    return parser


def _replay_parser() -> Parser:
    description = "Step a published example again, and compare with every value that was printed."
    parser = Parser("emtui replay", description, _REPLAY_EPILOG)
    parser.add_argument("name", nargs="?", metavar="NAME", help="the example (without one: list them)")
    parser.add_argument("--json", action="store_true", help="one JSON object a line, a value each")
    return parser


def _show_parser() -> Parser:
    description = "Print what is in a session that was saved, do it again, and compare every number."
    parser = Parser("emtui show", description, _SHOW_EPILOG)
    parser.add_argument("name", metavar="NAME.emtui", help="the session")
    options.add_session_data(parser)
    parser.add_argument("--json", action="store_true", help="as one JSON object")
    return parser


def _list_parser(command: str, description: str) -> Parser:
    parser = Parser(f"emtui {command}", description)
    parser.add_argument("--json", action="store_true", help="as one JSON array")
    return parser


PARSERS: Mapping[str, Callable[[], Parser]] = {
    "open": _open_parser,
    "run": _run_parser,
    "report": _report_parser,
    "predict": _predict_parser,
    "check": _check_parser,
    "study": _study_parser,
    "sweep": _sweep_parser,
    "replay": _replay_parser,
    "show": _show_parser,
    "datasets": lambda: _list_parser("datasets", "List the data sets that come with emtui."),
    "models": lambda: _list_parser("models", "List the models and their options."),
}
