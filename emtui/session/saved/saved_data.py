"""Data in a session file: where they come from, their fingerprint, and the table itself where it is kept inside."""

from __future__ import annotations

import math
import os
import stat
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from emtui.session.saved.session_file import MadeAnew, Marks, Reading, SavedData, SessionFileError, Table
from emtui.spec.run_spec import RunSpec
from emtui.spec.sources import is_folder, looks_like_file, open_source
from engine.arrays import IntArray
from engine.data.catalogue import is_dataset_name
from engine.data.data_spec import DataSpec, Generated, ReadOptions
from engine.data.dataset import Dataset
from engine.data.fingerprint import Fingerprint, every_row, fingerprint, first_difference
from engine.data.missing import Missing
from engine.errors import DataError
from engine.readers.byte_source import STANDARD_INPUT, expanded
from engine.text import quoted

MOST_CELLS = 1_000_000  # of a table that is kept inside
_KNOWN_MARKS: WeakKeyDictionary[Dataset, Fingerprint] = WeakKeyDictionary()


def saved_data(spec: RunSpec, folder: Path, *, keep: bool) -> SavedData:
    """The data of a spec, as a session file in this folder has them. keep: the table itself is kept inside.

    It is kept in any case where there is nothing that it could be read from again.

    Raises:
        SessionFileError: it is too large to be kept.
    """
    data, opened = spec.data, spec.opened or spec.dataset
    place, source = _place_of(data.source, folder)
    table = _table(opened) if keep or place == "inside" else None
    reading = {**data.read_options.given()}
    marks = _marks_of(opened)
    return SavedData(
        place="inside" if table is not None else place,
        source=source,
        label=data.label,
        columns=data.columns,
        read_options=Reading(**reading),
        generated=MadeAnew(**data.generated.given()),
        fingerprint=Marks(n_rows=marks.n_rows, columns=dict(marks.columns), others=dict(marks.others)),
        table=table,
        **data.parts,
    )


def _marks_of(opened: Dataset) -> Fingerprint:
    """Its fingerprint, computed once: a session is kept again and again."""
    if opened not in _KNOWN_MARKS:
        _KNOWN_MARKS[opened] = fingerprint(opened)
    return _KNOWN_MARKS[opened]


def _place_of(source: str, folder: Path) -> tuple[Any, str]:
    """What the source is, and its words; the way from the session file's folder to a file."""
    if source == STANDARD_INPUT:
        return "inside", source
    if not looks_like_file(source):
        return ("catalogue" if is_dataset_name(source) else "inside"), source
    path = expanded(source)
    if not os.path.exists(path):
        return "inside", source
    try:
        way = os.path.relpath(os.path.realpath(path), os.path.realpath(folder))
    except ValueError:  # another drive
        way = str(path.resolve())
    return ("folder" if is_folder(source) else "file"), Path(way).as_posix()


def described(known: SavedData) -> DataSpec:
    """What was said of the data, without what is made of them for a model."""
    return DataSpec(
        source=known.source,
        label=known.label,
        columns=known.columns,
        read_options=ReadOptions(**_of(known.read_options)),
        rows=known.rows,
        sequence=known.sequence,
        weights=known.weights,
        target=known.target,
        generated=Generated(**_of(known.generated)),
    )


def _of(part: Reading | MadeAnew) -> dict[str, Any]:
    return {name: getattr(part, name) for name in part.__struct_fields__}


def opened_again(
    known: SavedData, folder: Path, missing: Missing, elsewhere: str | None = None
) -> tuple[DataSpec, Dataset]:
    """The data of a session file in this folder, read again, and what is said of them.

    elsewhere: the file that has them now.

    Raises:
        SessionFileError: they are not there, or are others; one sentence that says which column is.
        DataError: they can't be read.
    """
    data = replace(described(known), missing=missing)
    if known.table is not None and elsewhere is None:
        opened = _dataset(known.table, known.source)
    else:
        if known.place == "catalogue" and not is_dataset_name(known.source):
            raise SessionFileError(f"the session's data set {quoted(known.source)} is none that this emtui has.")
        if elsewhere is not None or known.place != "catalogue":
            data = replace(data, source=_found(known, folder, elsewhere))
        if known.generated.n_samples not in (None, known.fingerprint.n_rows):
            raise SessionFileError("the session is damaged: its data have another number of rows than were made.")
        opened = open_source(data)
    marks = known.fingerprint
    before = Fingerprint(marks.n_rows, tuple(marks.columns.items()), tuple(marks.others.items()))
    clause = first_difference(_marks_of(opened), before)
    if clause is not None:
        where = (
            "inside the session" if known.table is not None and elsewhere is None else f"in {quoted(data.source, 200)}"
        )
        remedy = "bring them back as they were"
        if known.place != "catalogue":
            remedy += ", or name the file that has them with --data"
        raise SessionFileError(f"the data {where} are not those of the session, {clause}: {remedy}.")
    return data, opened


def _found(known: SavedData, folder: Path, elsewhere: str | None) -> str:
    """The path of the data as it is written from the working folder."""
    if elsewhere is not None:
        if not looks_like_file(elsewhere):
            raise SessionFileError(f"--data names the file that has the data now, and {quoted(elsewhere)} is none.")
        return elsewhere
    path = folder / known.source
    wrong = _what_is_wrong(path, known.place == "folder")
    if wrong:
        raise SessionFileError(
            f"the session's data were in {quoted(os.path.normpath(path), 200)}, {wrong}: put them back, or name the "
            "file that has them with --data."
        )
    way = os.path.relpath(path)
    shown = way if not way.startswith(os.pardir) else os.path.abspath(path)
    return shown if looks_like_file(shown) else os.path.join(os.curdir, shown)


def _what_is_wrong(path: Path, folder_wanted: bool) -> str:
    """Why the data can't be where they were, in words; "" where they may be."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return "and are not there"
    if stat.S_ISDIR(mode):
        return "" if folder_wanted else "which is a folder now"
    if stat.S_ISREG(mode):
        return "which is a file now, not a folder" if folder_wanted else ""
    return "which is a device or a pipe now"


# tables inside


def _table(opened: Dataset) -> Table:
    whole = every_row(opened)
    if whole.X.size > MOST_CELLS:
        raise SessionFileError(
            f"{quoted(whole.name)} has {whole.X.size:,} cells, and at most {MOST_CELLS:,} are kept inside a session: "
            "leave them in a file of their own."
        )

    def listed(values: Any) -> Any:
        return None if values is None else [None if value != value else value for value in values.tolist()]

    return Table(
        name=whole.name,
        columns={name: listed(whole.X[:, j]) for j, name in enumerate(whole.feature_names)},
        y=listed(whole.y),
        class_names=whole.class_names,
        title=whole.title,
        description=whole.description,
        source=whole.source,
        licence=whole.licence,
        model=opened.model,
        options=plain(opened.options),
        start=None if opened.start is None else plain(opened.start),
        row_names=whole.row_names,
        line_numbers=listed(whole.line_numbers),
        line_noun=whole.line_noun,
        weights=listed(whole.weights),
        target=listed(whole.target),
        sequence=listed(whole.sequence),
        symbol_names=whole.symbol_names,
        notes=() if whole.has_missing else whole.notes,
    )


def plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values by name as JSON has them: arrays as lists."""
    return {name: _listed(value) for name, value in values.items()}


def _listed(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, Mapping):
        return plain(value)
    return [_listed(one) for one in value] if isinstance(value, list | tuple) else value


class _KeptRows:
    """Every row of a table that is kept inside, as a reader has them: with or without those with a missing value."""

    def __init__(self, whole: Dataset) -> None:
        self._whole = whole

    def dataset(self, missing: Missing) -> Dataset:
        """The data set of these rows. Raises DataError where none is left."""
        if missing == "keep":
            return replace(self._whole, as_read=self)
        left = self._whole.for_model(_TakesNone)
        y = left.y
        if y is not None and (y >= 0).any():  # a class that only rows with a missing value had is none, as in a file
            present = np.unique(y[y >= 0])
            names = tuple(left.class_names[c] for c in present)
            again: IntArray = np.where(y >= 0, np.searchsorted(present, y), -1)
            left = replace(left, y=again, class_names=names)
        return replace(left, as_read=self)


class _TakesNone:
    """A model that takes no missing values."""

    takes_missing = False


def _dataset(table: Table, source: str) -> Dataset:
    columns = [[math.nan if cell is None else cell for cell in column] for column in table.columns.values()]
    if len({len(column) for column in columns}) != 1:
        raise SessionFileError("the session is damaged: the columns of the table inside differ in length.")
    target = None if table.target is None else [math.nan if cell is None else cell for cell in table.target]
    try:
        whole = Dataset(
            name=table.name,
            X=np.array(columns, dtype=np.float64).T.copy(),
            y=None if table.y is None else np.array(table.y, dtype=np.int64),
            feature_names=tuple(table.columns),
            class_names=table.class_names,
            title=table.title,
            description=table.description,
            source=table.source,
            licence=table.licence,
            model=table.model,
            options=table.options,
            start=None if table.start is None else table.start,
            row_names=table.row_names,
            line_numbers=None if table.line_numbers is None else np.array(table.line_numbers, dtype=np.int64),
            line_noun=table.line_noun,
            weights=None if table.weights is None else np.array(table.weights, dtype=np.float64),
            target=None if target is None else np.array(target),
            sequence=None if table.sequence is None else np.array(table.sequence, dtype=np.int64),
            symbol_names=table.symbol_names,
            notes=table.notes,
        )
    except (DataError, OverflowError) as error:
        raise SessionFileError(f"the session is damaged, its table can't be used: {error}") from error
    return _KeptRows(whole).dataset("drop") if whole.has_missing else whole
