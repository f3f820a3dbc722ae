"""What data sets there are: those of datasets/catalogue.toml, and what other packages bring (`emtui.datasets`)."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from engine.arrays import ByFields
from engine.data.class_labels import encode_labels
from engine.data.data_spec import Generated
from engine.data.dataset import Dataset
from engine.data.recipes import DECIMALS, MOST_NOISE, MOST_ROWS, RECIPES
from engine.errors import DataError, OptionError
from engine.options import whole_number
from engine.plugins import Plugins
from engine.text import did_you_mean, quoted


@dataclass(frozen=True)
class CatalogueEntry(ByFields):
    """One data set of the catalogue.

    key: what the user types. file: the CSV file in the data folder, "" where another package has the data.
    title: in words. row: what a row is. story: what the data are, to a newcomer, with {rows} for their number.
    hidden: what was never seen, or is kept from the model. kind: what that model's components stand for.
    shape: (rows, feature columns). columns: the feature columns, or empty for all but label and names.
    label: the column of known classes, or None. names: a column that names each row, or None.
    source, licence: where the numbers come from, and their terms. model, options: the model that suits them best.
    states: the names of its hidden states, in the order of `start`; empty where they have none.
    start: a published start, θ⁰ by the names of the model's parameters (`Model.Params(**start)`), or None.
    seed, recipe: how a generated set was made (numpy's `default_rng(seed)`), or None and "".
    """

    key: str
    title: str
    row: str
    shape: tuple[int, int]
    source: str
    licence: str
    model: str
    file: str = ""
    columns: tuple[str, ...] = ()
    label: str | None = None
    names: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    states: tuple[str, ...] = ()
    start: Mapping[str, Any] | None = None
    seed: int | None = None
    recipe: str = ""
    story: str = ""
    hidden: str = ""
    kind: str = ""


def data_folder() -> Path:
    """Where the data files are: `engine/_data` of an installed copy, `datasets` beside `engine` in a checkout."""
    here = Path(__file__).resolve().parents[1]
    installed = here / "_data"
    return installed if installed.is_dir() else here.parent / "datasets"


@functools.cache
def _built_in() -> Mapping[str, CatalogueEntry]:
    import tomllib

    with (data_folder() / "catalogue.toml").open("rb") as file:
        tables = tomllib.load(file)
    return {key: _from_table(key, table) for key, table in tables.items()}


def _checked(name: str, offered: Any) -> Dataset:
    """The data set that a package offers as a function without arguments."""
    if key_of(name) in _built_in():
        raise OptionError("emtui has a data set of that name")
    data = offered()
    if not isinstance(data, Dataset):
        raise OptionError("its function gives no engine.Dataset")
    return replace(data, name=key_of(name))


_OUTSIDE = Plugins("emtui.datasets", "data set", _checked)


def datasets() -> tuple[CatalogueEntry, ...]:
    """Every data set there is: those that come with the engine, in the catalogue's order, then those of other packages.

    No data file of the engine is opened; what other packages bring is made, and left out where that fails.
    """
    return (*_built_in().values(), *map(_from_data, _OUTSIDE.usable().values()))


def entry_of(data: Dataset) -> CatalogueEntry | None:
    """The catalogue's entry of bundled data that have the columns they come with; None for any others."""
    entry = _built_in().get(data.name)
    if entry is None or (data.title, data.source) != (entry.title, entry.source):
        return None
    return entry if data.n_features == entry.shape[1] and entry.columns in ((), data.feature_names) else None


def dataset_names() -> tuple[str, ...]:
    """Their names as typed; nothing is opened or made for them."""
    return (*_built_in(), *map(key_of, _OUTSIDE.names()))


def is_dataset_name(name: str) -> bool:
    """There is a data set of that name."""
    key = key_of(name)
    return key in _built_in() or key in dataset_names()  # other packages are looked for only where it matters


def dataset_problems() -> tuple[str, ...]:
    """A sentence for each data set of another package that can't be used."""
    return _OUTSIDE.problems()


def key_of(name: str) -> str:
    """The name in the catalogue's form: lower case, with _ for spaces and hyphens."""
    return "_".join(name.strip().casefold().replace("-", " ").replace("_", " ").split())


def load(name: str, *, n_samples: int | None = None, noise: float | None = None, seed: int | None = None) -> Dataset:
    """The data set called `name` ("iris", "Old Faithful", "two-gaussians", …); a generated one also made anew.

    Args:
        name: as in the catalogue, in any spelling.
        n_samples: how many rows a generated set shall have; None for as many as it comes with.
        noise: the standard deviation of what is added to each of its points, where its recipe adds something.
        seed: of what is drawn; with all three as in the catalogue the set is the one that comes with the engine.

    Raises:
        DataError: there is none of that name; the nearest names are said.
        OptionError: the package that has it is broken, or it can't be made so.
    """
    key, anew = key_of(name), Generated(n_samples=n_samples, noise=noise, seed=seed)
    if anew.given():
        if key in RECIPES:
            return _made_anew(_built_in()[key], anew)
        if is_dataset_name(name):
            words = " and ".join(anew.given())
            able = [one for one, recipe in RECIPES.items() if noise is None or recipe.noise is not None]
            raise OptionError(f"{quoted(name)} is no generated set: leave out {words}, or take {', '.join(able)}.")
    if key in _built_in():
        return _read(_built_in()[key])
    for offered in _OUTSIDE.names():
        if key_of(offered) == key:
            data: Dataset = _OUTSIDE.load(offered)
            return data
    names = dataset_names()
    remedy = did_you_mean(key, names, otherwise=f"choose one of {', '.join(names)}.", count=3)
    raise DataError(f"There is no data set called {quoted(name)}: {remedy}")


def _read(entry: CatalogueEntry) -> Dataset:
    path = data_folder() / entry.file
    with path.open(encoding="utf-8") as file:
        header = file.readline().rstrip("\n").split(",")
        columns = entry.columns or tuple(c for c in header if c not in (entry.label, entry.names))
        lines = file.read().splitlines()
    indices = [header.index(column) for column in columns]
    y, class_names = (None, ()) if entry.label is None else encode_labels(_cells(lines, header.index(entry.label)))
    names = None if entry.names is None else tuple(_cells(lines, header.index(entry.names)))
    return Dataset(
        name=entry.key,
        X=np.loadtxt(lines, delimiter=",", usecols=indices, ndmin=2),
        y=y,
        feature_names=columns,
        class_names=class_names,
        title=entry.title,
        description=entry.row,
        source=entry.source,
        licence=entry.licence,
        model=entry.model,
        options=entry.options,
        start=entry.start,
        row_names=names,
    )


def made_with(key: str) -> Generated:
    """What the generated set of that name was made with, as it comes: rows, noise (None where it has none) and seed."""
    return Generated(n_samples=RECIPES[key].n_samples, noise=RECIPES[key].noise, seed=_built_in()[key].seed)


def _made_anew(entry: CatalogueEntry, anew: Generated) -> Dataset:
    """A generated set by its recipe, with other rows, noise or seed; the file where they are those of the file."""
    recipe, usual, drawn = RECIPES[entry.key], made_with(entry.key), _read(entry)
    whole = (("n_samples", recipe.least, MOST_ROWS), ("seed", 0, None))
    wanted = asdict(usual) | anew.given()
    for name, least, most in whole:
        wanted[name] = whole_number(name, wanted[name], least, most)
    noise = anew.noise
    if noise is not None and recipe.noise is None:
        raise OptionError(f"{quoted(entry.key)} has no noise to set: leave it out.")
    if noise is not None and not (isinstance(noise, int | float) and 0.0 <= noise <= MOST_NOISE):
        raise OptionError(f"noise must be a number from 0 to {MOST_NOISE:zg}, not {noise!r}.")
    if wanted == asdict(usual):
        return drawn
    X, classes = recipe.make(np.random.default_rng(wanted["seed"]), wanted["n_samples"], wanted["noise"] or 0.0)
    y, class_names = encode_labels([str(c) for c in classes])
    named = [f"{name.replace('n_samples', 'rows')} {value:zg}" for name, value in wanted.items() if value is not None]
    note = f"Made anew by its recipe: {', '.join(named)}."
    X = np.round(X, DECIMALS) + 0.0  # no −0
    return replace(drawn, X=X, y=y, class_names=class_names, start=None, notes=(note,))


def _cells(lines: list[str], index: int) -> list[str]:
    """The cells of one column; the bundled files have no quoted cells."""
    return [line.split(",")[index] for line in lines]


def _from_data(data: Dataset) -> CatalogueEntry:
    same = {name: getattr(data, name) for name in ("title", "source", "licence", "model", "options", "start")}
    return CatalogueEntry(data.name, row=data.description, shape=(data.n_samples, data.n_features), **same)


def _from_table(key: str, table: Mapping[str, Any]) -> CatalogueEntry:
    made: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in table.items()}
    made |= {name: MappingProxyType(table[name]) for name in ("options", "start") if name in table}
    return CatalogueEntry(key, **made)
