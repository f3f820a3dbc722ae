"""Choices as the words that make them again, in the shell."""

from __future__ import annotations

import csv
import io
import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

from emtui.spec.labels_given import NONE

if TYPE_CHECKING:
    from emtui.spec.run_spec import Choices

PUBLISHED, OWN = "published", "model"  # after --start: that of the data's source, or the model's own


def words_of(choices: Choices) -> list[str]:
    """The words that make these choices again, after `emtui` or `emtui run`."""
    words = [
        choices.source if not choices.source.startswith("-") else f"./{choices.source}",
        "--model",
        choices.model.name,
    ]
    for option in choices.model.options():
        value = getattr(choices.model, option.name)
        if option.name == choices.model.size_option and isinstance(value, int):
            words += ["-k", option.format(value)]
        elif value != option.default:
            words += ["--set", f"{option.name}={option.format(value)}"]
    if choices.label is not None:
        words += _option("--label", choices.label)
    if choices.columns is not None:
        words += _option("--columns", join_columns(choices.columns))
    words += choices.reading.words()
    if choices.standardize:
        words.append("--standardize")
    if choices.principal is not None:
        words += ["--principal", str(choices.principal)]
    if choices.algorithm != "classic":
        words += ["--algorithm", choices.algorithm]
    if choices.known != NONE:
        words += ["--known", choices.known]
    if choices.start_file is not None:
        words += _option("--start", choices.start_file)
    elif choices.start is None and choices.has_published_start:
        words += ["--start", OWN]
    return [*words, *_split_words(choices), "--seed", str(choices.seed)]


def command_of(choices: Choices) -> str:
    """The shell command that reproduces the run."""
    words = words_of(choices)
    if choices.max_iter != 200:
        words += ["--max-iter", str(choices.max_iter)]
    if choices.stop is not None:
        words += ["--stop", choices.stop]
    elif choices.tol != 1e-6:
        words += ["--tol", repr(choices.tol)]
    return shlex.join(["emtui", "run", *words])


def _split_words(choices: Choices) -> list[str]:
    if not choices.model.supervised:
        return []
    words = ["--test-share", f"{choices.test_share:g}"] if choices.test_share != 0.4 else []
    if not choices.stratify:
        words.append("--no-stratify")
    if choices.split_seed not in (None, choices.seed):
        words += ["--split-seed", str(choices.split_seed)]
    for key, value in choices.rival:
        words += ["--rival", f"{key}={value}"]
    return [*words, *([] if choices.same_start else ["--own-start"])]


def _option(name: str, value: str) -> list[str]:
    """An option and its value as words; a value that looks like an option itself is tied to its name."""
    return [f"{name}={value}"] if value.startswith("-") else [name, value]


def join_columns(names: Sequence[str]) -> str:
    """Column names as they are typed after --columns; one with a comma or a quote in it stands in quotes."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(names)
    return line.getvalue()
