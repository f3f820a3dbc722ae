"""Options that several commands have, in groups: the data, how a file is written, the model, the split, starts."""

from __future__ import annotations

import argparse

from emtui.cli import argument_values as values


def add_choices(parser: argparse.ArgumentParser) -> None:
    """What is run: data, model, algorithm, and when to stop."""
    add = parser.add_argument
    add(
        "source",
        nargs="?",
        metavar="DATASET|FILE",
        help="a data set's name, a file with a table, or - for standard input (iris; emtui alone: old_faithful)",
    )
    add("-k", type=values.size, metavar="K", help="the number of components (that of the data)")
    add_model(parser, "the model (the one that suits the data)", "the seed of the start (0)")
    add_scaled_table(parser)
    add(
        "--principal",
        type=values.whole(1),
        metavar="N",
        help="the first N principal components in place of the columns",
    )
    add("--algorithm", metavar="NAME", help="classic, hard, stochastic, annealed:initial=1.3,rate=0.8 or squarem")
    add("--max-iter", type=values.whole(0), metavar="N", help="at most so many iterations (200)")
    add(
        "--tol",
        type=values.tolerance,
        metavar="X",
        help="stop when the objective changes by less per observation (1e-6)",
    )
    add("--stop", metavar="RULE", help="a stopping rule in place of --tol, see below")
    add("--start", dest="start_file", metavar="FILE", help="begin from parameters in a JSON file, or: published, model")
    add("--known", metavar="all|N%|none", help="give a mixture the known classes of all rows, or of a share of them")
    networks = parser.add_argument_group("networks and experts (mlp, experts, and both by gradients)")
    add_split(networks)
    add_of_networks(networks)
    add = networks.add_argument
    add("--own-start", action="store_false", dest="same_start", default=None, help="the other way starts elsewhere")


def add_starts(parser: argparse.ArgumentParser) -> None:
    """How many starts there are, and whether k-means runs beside them."""
    add_n_init(parser)
    add = parser.add_argument
    add("--no-baseline", action="store_false", dest="baseline", help="without the k-means beside it")


def add_n_init(parser: argparse.ArgumentParser) -> None:
    """How many starts there are."""
    parser.add_argument(
        "--n-init",
        type=values.whole(1),
        metavar="N",
        default=1,
        help="try N starts (seeds S, S+1, ...) and keep the best",
    )


def add_labelled(parser: argparse.ArgumentParser, seeds: str) -> None:
    """What is trained on, from how many seeds, and for how long."""
    add = parser.add_argument
    add("source", nargs="?", metavar="DATASET|FILE", help="labelled data (iris)")
    add("--seeds", dest="n_seeds", type=values.whole(1), metavar="N", help=seeds)
    add("--max-iter", type=values.whole(1), metavar="N", help="iterations of EM, epochs of backpropagation (50)")


def add_model(parser: argparse.ArgumentParser, model: str, seed: str) -> None:
    """The model, its options and its seed; `model` and `seed` are what the help says of them."""
    parser.add_argument("--model", metavar="NAME", help=model)
    add_settings(parser, "--set", "settings", "an option of the model")
    parser.add_argument("--seed", type=values.whole(0), metavar="S", help=seed)


def add_settings(parser: argparse._ActionsContainer, option: str, dest: str, help: str) -> None:
    """An option that takes KEY=VALUE, and may be said again."""
    parser.add_argument(option, type=values.setting, action="append", dest=dest, metavar="KEY=VALUE", help=help)


def add_scaled_table(parser: argparse.ArgumentParser) -> None:
    """A table, and whether its columns are standardized."""
    add_table(parser)
    parser.add_argument("--standardize", action="store_true", help="scale every column to mean 0 and variance 1")


def add_table(parser: argparse.ArgumentParser) -> None:
    """Which columns of a table are what, how a generated set is made, and how a file is written."""
    add = parser.add_argument
    add("--label", metavar="COLUMN", help="the column of known classes, for a file")
    add("--columns", type=values.split_columns, metavar="A,B", help="the columns to use")
    add("--rows", metavar="COLUMN", help="the column that names the rows, for a file")
    add("--sequence", metavar="COLUMN", help="the column that tells which sequence a row belongs to, for a file")
    add("--weights", metavar="COLUMN", help="the column that tells how often each row counts, for a file")
    add("--target", metavar="COLUMN", help="the column of numbers that a model of numbers learns, for a file")
    generated = parser.add_argument_group("how a generated set is made anew")
    add = generated.add_argument
    add("--n-samples", type=values.whole(1), metavar="N", help="so many rows (as many as it comes with)")
    add("--noise", type=values.tolerance, metavar="X", help="standard deviation of the noise: moons, spirals, xor")
    add("--data-seed", type=values.whole(0), metavar="S", help="the seed of what is drawn (that of the set)")
    files = parser.add_argument_group("how a file is written (each is told from the file unless it is said)")
    add = files.add_argument
    add("--encoding", metavar="NAME", help="utf-8, cp949, utf-16, cp1252, ...")
    add(
        "--delimiter",
        type=values.delimiter,
        metavar="CHAR",
        help="between cells: one character, or tab, space, aligned, ...",
    )
    add("--decimal", type=values.decimal, metavar="MARK", help="of numbers: . or ,")
    add("--header", action="store_true", default=None, help="the first line names the columns")
    add("--no-header", action="store_false", dest="header", default=None, help="it does not")
    add("--skip", type=values.whole(0), metavar="N", help="leave out N lines at the top")
    add("--comment", type=values.comment, metavar="MARK", help="leave out lines that begin with it, such as #; or none")
    add(
        "--missing",
        type=values.missing_word,
        action="append",
        dest="missing_marks",
        metavar="WORD",
        help="a word for a missing value besides the usual ones; may be said again",
    )
    add(
        "--sheet",
        metavar="NAME",
        help="the sheet of a workbook, by its name or number (the first that holds something)",
    )


def add_split(parser: argparse._ActionsContainer) -> None:
    """Which rows are held back."""
    add = parser.add_argument
    add("--test-share", type=values.share, metavar="X", help="hold back this share of the rows for testing (0.4)")
    add("--no-stratify", action="store_false", dest="stratify", default=None, help="split without regard to classes")


def add_of_networks(parser: argparse._ActionsContainer) -> None:
    """What only networks and experts have."""
    add = parser.add_argument
    add("--products", action="store_true", help="squares and products of the inputs as further inputs")
    add("--split-seed", type=values.whole(0), metavar="S", help="the seed of the split (that of the start)")
    add_settings(parser, "--rival", "rival", "an option of the other way to train it")
    add_prediction(parser)


def add_prediction(parser: argparse._ActionsContainer) -> None:
    """By which way of predicting all are scored."""
    parser.add_argument("--prediction", metavar="NAME", help="what all are scored by: marginal or forward (marginal)")


def add_session_data(parser: argparse.ArgumentParser) -> None:
    """Where the data of a session are now."""
    parser.add_argument("--data", dest="data_file", metavar="FILE", help="the file that has the data of a session now")
