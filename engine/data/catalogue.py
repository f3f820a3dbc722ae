"""What data sets there are: the entries of datasets/catalogue.toml, read without opening a data file."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from engine.errors import DataError
from engine.text import nearest, quoted


@dataclass(frozen=True)
class Entry:
    """One data set of the catalogue.

    key: what the user types. file: the CSV file in the data folder. title: what a person calls it. row: what a row is.
    shape: (rows, feature columns). columns: the feature columns, or empty for all but label and names.
    label: the column of known classes, or None. names: a column that names each row, or None.
    source, licence: where the numbers come from, and their terms. model, options: the model that suits them best.
    start: a published start, θ⁰ by the names of the model's parameters (`Model.Params(**start)`), or None.
    seed, recipe: how a generated set was made (numpy's `default_rng(seed)`), or None and "".
    """

    key: str
    file: str
    title: str
    row: str
    shape: tuple[int, int]
    columns: tuple[str, ...]
    label: str | None
    names: str | None
    source: str
    licence: str
    model: str
    options: Mapping[str, Any]
    start: Mapping[str, Any] | None
    seed: int | None
    recipe: str


def data_folder() -> Path:
    """Where the data files are: `engine/_data` of an installed copy, `datasets` beside `engine` in a checkout."""
    here = Path(__file__).resolve().parents[1]
    installed = here / "_data"
    return installed if installed.is_dir() else here.parent / "datasets"


@functools.cache
def datasets() -> tuple[Entry, ...]:
    """Every data set that comes with the engine, in the catalogue's order. No data file is opened."""
    import tomllib

    with (data_folder() / "catalogue.toml").open("rb") as file:
        tables = tomllib.load(file)
    return tuple(_entry(key, table) for key, table in tables.items())


def find(name: str) -> Entry:
    """The entry called `name`; capitals, spaces and hyphens make no difference.

    Raises DataError with the nearest names where there is none.
    """
    key = "_".join(name.strip().casefold().replace("-", " ").replace("_", " ").split())
    for entry in datasets():
        if entry.key == key:
            return entry
    keys = [entry.key for entry in datasets()]
    near = nearest(key, keys)
    remedy = f"did you mean {' or '.join(near)}?" if near else f"choose one of {', '.join(keys)}."
    raise DataError(f"There is no data set called {quoted(name)}: {remedy}")


def _entry(key: str, table: Mapping[str, Any]) -> Entry:
    rows, width = table["shape"]
    return Entry(
        key=key,
        file=table["file"],
        title=table["title"],
        row=table["row"],
        shape=(rows, width),
        columns=tuple(table.get("columns", ())),
        label=table.get("label"),
        names=table.get("names"),
        source=table["source"],
        licence=table["licence"],
        model=table["model"],
        options=MappingProxyType(dict(table.get("options", {}))),
        start=MappingProxyType(dict(table["start"])) if "start" in table else None,
        seed=table.get("seed"),
        recipe=table.get("recipe", ""),
    )
