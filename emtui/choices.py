"""What a user has picked: data, model, options, seed; made in one place for the screen and for the shell."""

from __future__ import annotations

import csv
import io
import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engine.algorithms import algorithm_named
from engine.data import Dataset, datasets, load
from engine.errors import DataError, EngineError
from engine.model import Model
from engine.models import model_class
from engine.options import parse_options
from engine.stopping import StoppingRule, parse_rule, rules_for
from engine.text import quoted

DEFAULT_SOURCE = "iris"
MOST_COMPONENTS = 1_000_000  # beyond it no table of responsibilities fits in memory
_FILE_ENDINGS = (".csv", ".tsv", ".txt", ".tab", ".dat")


@dataclass(frozen=True, eq=False, kw_only=True)
class Choices:
    """One exploration, before its first step.

    source is what to type after `emtui`: a name of the catalogue or a file's path. label and columns are the words
    that chose them, None where the data's own are used. stop is a stopping rule in words, None for `tol`. start is
    θ⁰ where it is given, and start_file the file that it came from.
    """

    source: str
    dataset: Dataset
    model: Model[Any, Any]
    seed: int = 0
    algorithm: str = "classic"
    max_iter: int = 200
    tol: float = 1e-6
    stop: str | None = None
    label: str | None = None
    columns: tuple[str, ...] | None = None
    standardize: bool = False
    start: Any = None
    start_file: str | None = None

    @property
    def rules(self) -> tuple[StoppingRule, ...]:
        """The stopping rules that these choices stand for."""
        return rules_for(self.max_iter, self.tol, None if self.stop is None else parse_rule(self.stop))

    @property
    def n_components(self) -> int:
        """K, under whatever name the model has it; 1 where it has none."""
        return int(getattr(self.model, self.model.size_option, 1))

    def words(self) -> list[str]:
        """The words that make these choices again, after `emtui` or `emtui run`."""
        words = [self.source if not self.source.startswith("-") else f"./{self.source}", "--model", self.model.name]
        for option in self.model.options():
            value = getattr(self.model, option.name)
            if option.name == self.model.size_option:
                words += ["-k", option.format(value)]
            elif value != option.default:
                words += ["--set", f"{option.name}={option.format(value)}"]
        if self.label is not None:
            words += _option("--label", self.label)
        if self.columns is not None:
            words += _option("--columns", join_columns(self.columns))
        if self.standardize:
            words.append("--standardize")
        if self.algorithm != "classic":
            words += ["--algorithm", self.algorithm]
        if self.start_file is not None:
            words += _option("--start", self.start_file)
        return [*words, "--seed", str(self.seed)]

    def command(self) -> str:
        """The shell command that reproduces the run."""
        words = self.words()
        if self.max_iter != 200:
            words += ["--max-iter", str(self.max_iter)]
        if self.stop is not None:
            words += ["--stop", self.stop]
        elif self.tol != 1e-6:
            words += ["--tol", repr(self.tol)]
        return shlex.join(["emtui", "run", *words])

    def with_model(self, model: Model[Any, Any]) -> Choices:
        """The same data with another model or other options; a given start is left behind."""
        return replace(self, model=model, start=None, start_file=None)


def open_source(
    source: str,
    *,
    label: str | None = None,
    columns: Sequence[str] | None = None,
    standardize: bool = False,
) -> Dataset:
    """The data set that a user named: one of the catalogue, or a file of their own.

    Raises:
        DataError: there is no such data set or file, or it can't be read; one sentence.
    """
    if looks_like_file(source):
        from engine.tables import read_table

        data = read_table(source, label=label, columns=None if columns is None else list(columns))
    else:
        data = load(source)
        if label is not None:
            raise DataError(
                f"{quoted(source)} has its own labels: --label is for a file (write ./{source} if you mean one)."
            )
        if columns is not None:
            data = data.columns(list(columns))
    return data.standardized() if standardize else data


def choose(
    source: str = DEFAULT_SOURCE,
    *,
    model: str | None = None,
    k: int | None = None,
    settings: Mapping[str, str] | None = None,
    label: str | None = None,
    columns: Sequence[str] | None = None,
    standardize: bool = False,
    start_file: str | None = None,
    **run: Any,
) -> Choices:
    """Choices from words: what is not said follows from the data set.

    Args:
        source: a data set's name or a file's path.
        model: the model's name; None for the one that suits the data.
        k: components (or states, topics, hidden units: the model's own size); None for the data's.
        settings: KEY=VALUE options of the model, as typed.
        label, columns, standardize: how a table is read.
        start_file: a JSON file of parameters to start from, as the export writes it.
        run: seed, algorithm, max_iter, tol, stop.

    Raises:
        EngineError: something that was said can't be used; one sentence.
    """
    data = open_source(source, label=label, columns=columns, standardize=standardize)
    made = make_model(data, model, k, settings or {})
    choices = Choices(
        source=source,
        dataset=data,
        model=made,
        label=label,
        columns=None if columns is None else tuple(columns),
        standardize=standardize,
        **run,
    )
    _ = choices.rules, algorithm_named(choices.algorithm)  # refused here, not at the first step
    if start_file is None:
        return choices
    from emtui.parameters_file import read_parameters

    return replace(
        choices, start=read_parameters(start_file, made, standardized=data.units is not None), start_file=start_file
    )


def make_model(
    data: Dataset, name: str | None = None, k: int | None = None, settings: Mapping[str, str] | None = None
) -> Model[Any, Any]:
    """A model for these data: their own options first, then what was said.

    Raises:
        OptionError: no such model or option, or a value that it can't take.
    """
    chosen = model_class(name or data.model)
    known = {option.name for option in chosen.options()}
    size = chosen.size_option
    options: dict[str, Any] = {}
    if size in known and data.class_names and not chosen.supervised:
        options[size] = len(data.class_names)
    components = None if chosen.supervised else data.options.get("n_components")  # hidden units are no components
    own = data.options if chosen.name == data.model else {size: components}
    options |= {key: value for key, value in own.items() if key in known and value is not None}
    options |= parse_options(chosen, settings or {})
    if k is not None:
        if size not in known:
            raise EngineError(f"the {chosen.name} model has no number of components to set: leave out -k.")
        options[size] = k
    if isinstance(options.get(size), int) and options[size] > MOST_COMPONENTS:
        raise EngineError(f"{size} must be at most {MOST_COMPONENTS:,}, not {options[size]}: choose fewer.")
    made: Model[Any, Any] = chosen(**options)
    return made


def _option(name: str, value: str) -> list[str]:
    """An option and its value as words; a value that looks like an option itself is tied to its name."""
    return [f"{name}={value}"] if value.startswith("-") else [name, value]


def join_columns(names: Sequence[str]) -> str:
    """Column names as they are typed after --columns; one with a comma or a quote in it stands in quotes."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(names)
    return line.getvalue()


def looks_like_file(source: str) -> bool:
    """A path, by its look or because it is there; a catalogue name is never taken for a file of the same name."""
    if os.sep in source or "/" in source or source.lower().endswith(_FILE_ENDINGS):
        return True
    key = "_".join(source.strip().casefold().replace("-", " ").replace("_", " ").split())
    return key != "" and key not in {entry.key for entry in datasets()} and Path(source).exists()
