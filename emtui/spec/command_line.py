"""A spec as words: the shell command that makes the same run."""

from __future__ import annotations

import csv
import io
import os
import shlex
from collections.abc import Sequence

from emtui.spec.labels_given import NONE
from emtui.spec.own_options import own_options
from emtui.spec.read_options import read_option_words
from emtui.spec.run_spec import RunSpec, published_start
from emtui.spec.sources import generated_words
from engine.data.data_spec import DataSpec
from engine.em.prediction_report import MARGINAL
from engine.readers.byte_source import STANDARD_INPUT

PUBLISHED, OWN = "published", "model"  # after --start: that of the data's source, or the model's own


def words_of(spec: RunSpec) -> list[str]:
    """The words that give the same spec, after `emtui` or `emtui run`."""
    source = spec.data.source
    words = [
        f"./{source}" if source.startswith("-") and source != STANDARD_INPUT else source,
        "--model",
        spec.model.name,
    ]
    values, own = spec.model.option_values, own_options(spec.dataset, type(spec.model))
    for option in spec.model.options():
        value = values[option.name]
        if option.name == spec.model.size_option and isinstance(value, int):
            words += ["-k", option.format(value)]
        elif value != option.default or own.get(option.name, value) != value:
            words += ["--set", f"{option.name}={option.format(value)}"]
    words += _data_words(spec.data)
    if spec.algorithm != "classic":
        words += ["--algorithm", spec.algorithm]
    if spec.known != NONE:
        words += ["--known", spec.known]
    if spec.start_file is not None:
        words += _option("--start", spec.start_file)
    elif spec.start is None and published_start(spec.dataset, spec.model) is not None:
        words += ["--start", OWN]
    return [*words, *_split_words(spec), "--seed", str(spec.seed)]


def command_of(spec: RunSpec, until: int | None = None, *, past_rest: bool = False) -> str:
    """The shell command that reproduces the run.

    until: the iteration that it ends at; None where its own rules end it. past_rest: it ends there only, whatever
    its rules say before.
    """
    limit = spec.max_iter if until is None else max(until, 200) if past_rest else until
    stop = f"iterations={until}" if until is not None and past_rest else spec.stop
    words = words_of(spec)
    if limit != 200:
        words += ["--max-iter", str(limit)]
    if stop is not None:
        words += ["--stop", stop]
    elif spec.tol != 1e-6:
        words += ["--tol", repr(spec.tol)]
    return " ".join(_shell_word(word) for word in ["emtui", "run", *words])


def session_command(path: str) -> str:
    """The shell command that opens a session from its file."""
    return f"emtui {_shell_word(f'./{path}' if path.startswith('-') else path)}"


def _shell_word(word: str) -> str:
    """The word in quotes where it needs them; bytes of a file's name that are no UTF-8 are written as \\xff."""
    try:
        word.encode()
    except UnicodeEncodeError:
        letters = (
            chr(byte) if 32 <= byte < 127 and chr(byte) not in "'\\" else f"\\x{byte:02x}" for byte in os.fsencode(word)
        )
        return f"$'{''.join(letters)}'"
    return shlex.quote(word)


def _data_words(data: DataSpec) -> list[str]:
    words = [] if data.label is None else _option("--label", data.label)
    if data.columns is not None:
        words += _option("--columns", join_columns(data.columns))
    for part, column in data.parts.items():
        words += _option(f"--{part}", column)
    words += [*read_option_words(data.read_options), *generated_words(data.generated)]
    if data.standardize:
        words.append("--standardize")
    if data.products:
        words.append("--products")
    return words if data.principal is None else [*words, "--principal", str(data.principal)]


def _split_words(spec: RunSpec) -> list[str]:
    if not spec.model.supervised:
        return []
    words = ["--test-share", f"{spec.test_share:zg}"] if spec.test_share != 0.4 else []
    if not spec.stratify:
        words.append("--no-stratify")
    if spec.split_seed not in (None, spec.seed):
        words += ["--split-seed", str(spec.split_seed)]
    for key, value in spec.rival:
        words += ["--rival", f"{key}={value}"]
    if spec.prediction != MARGINAL:
        words += ["--prediction", spec.prediction]
    return [*words, *([] if spec.same_start else ["--own-start"])]


def _option(name: str, value: str) -> list[str]:
    """An option and its value as words; a value that looks like an option itself is tied to its name."""
    return [f"{name}={value}"] if value.startswith("-") else [name, value]


def join_columns(names: Sequence[str]) -> str:
    """Column names as they are typed after --columns; one with a comma or a quote in it stands in quotes."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(names)
    return line.getvalue()
