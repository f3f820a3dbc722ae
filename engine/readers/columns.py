"""The chosen columns of a table as arrays: numbers, answers, symbols, and what is said of the rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from engine.arrays import Array
from engine.errors import DataError
from engine.readers.cells import Cells, read_cells
from engine.readers.column_selection import ChosenColumns
from engine.readers.csv_dialect import Dialect
from engine.readers.row_parts import RowParts
from engine.readers.text_file import TextFile
from engine.readers.word_columns import answers, symbols
from engine.text import quoted

_TEXTS, _NUMBERS = ("rows", "sequence"), ("weights", "target")
_NAMED, _MOST_SYMBOLS = 6, 1_000


@dataclass(frozen=True, eq=False)
class ReadColumns:
    """Every row of the file. cells: the data and the label. parts: of the rows. symbols: the words that X counts into.

    notes: how words became numbers.
    """

    cells: Cells
    parts: RowParts
    symbols: tuple[str, ...]
    notes: tuple[str, ...]


def read_columns(file: TextFile, dialect: Dialect, chosen: ChosenColumns) -> ReadColumns:
    """Read the columns in one pass.

    Raises:
        DataError: a cell that can't be what its column is read as.
    """
    words = {*chosen.answers, *(() if chosen.symbols is None else (chosen.symbols,))}
    numbers = [j for j in chosen.features if j not in words]
    numbers += [chosen.parts[part] for part in _NUMBERS if part in chosen.parts]
    texts = [j for j in chosen.features if j in words] + [chosen.parts[part] for part in _TEXTS if part in chosen.parts]
    cells = read_cells(file, dialect, numbers, chosen.label, texts)
    text_of = dict(zip(texts, cells.texts, strict=True))
    said: dict[str, Any] = {part: text_of[chosen.parts[part]] for part in _TEXTS if part in chosen.parts}
    if "sequence" in said and dialect.notation.marks:
        said["sequence"] = ["" if dialect.is_missing(cell) else cell for cell in said["sequence"]]
    said |= {part: cells.X[:, numbers.index(chosen.parts[part])] for part in _NUMBERS if part in chosen.parts}
    parts = RowParts(**said)
    _check_weights(file, dialect, chosen, parts.weights, cells)
    if numbers == list(chosen.features):
        return ReadColumns(replace(cells, texts=()), parts, (), ())
    X = np.empty((len(cells.lines), len(chosen.features)))
    names: tuple[str, ...] = ()
    for column, j in enumerate(chosen.features):
        if j in chosen.answers:
            X[:, column], fault = answers(text_of[j], dialect.notation)
            if fault is not None:
                raise _no_answer(file, dialect, j, int(cells.lines[fault]), text_of[j][fault])
        elif j == chosen.symbols:
            X[:, column], names = symbols(text_of[j], dialect.notation)
            _check_symbols(file, dialect, j, names)
        else:
            X[:, column] = cells.X[:, numbers.index(j)]
    return ReadColumns(replace(cells, X=X, texts=()), parts, names, _notes(dialect, chosen, names))


def suited_model(read: ReadColumns, chosen: ChosenColumns) -> tuple[str, Mapping[str, Any]]:
    """The name of the model that suits such columns, and its options: answers, sequences, or any numbers."""
    if chosen.answers == chosen.features:
        return "bernoulli", {}
    if read.symbols:
        return "hmm", {}
    if "sequence" not in chosen.parts:
        return "gmm", {}
    first = _first_symbol(read.cells.X)
    return "hmm", {"emission": "gaussian"} if first is None else {"first_symbol": first}


def _first_symbol(X: Array) -> int | None:
    """The least symbol where the data are one column of whole numbers without large gaps, as symbols are; else None."""
    known = np.unique(X[~np.isnan(X)])
    if X.shape[1] > 1 or not len(known) or (known != np.floor(known)).any():
        return None
    least, most = float(known[0]), float(known[-1])
    return int(least) if least in (0.0, 1.0) and most - least + 1 <= 2 * len(known) and len(known) <= 100 else None


def _notes(dialect: Dialect, chosen: ChosenColumns, symbols: Sequence[str]) -> tuple[str, ...]:
    notes = []
    if chosen.answers:
        names = [quoted(dialect.names[j]) for j in chosen.answers]
        shown = ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")
        notes.append(f"In {shown} yes (true) counts as 1 and no (false) as 0.")
    if symbols:
        named = ", ".join(map(quoted, symbols[:_NAMED]))
        more = f" and {len(symbols) - _NAMED} more" if len(symbols) > _NAMED else ""
        assert chosen.symbols is not None
        notes.append(f"The words of {quoted(dialect.names[chosen.symbols])} are symbols, from 0 on: {named}{more}.")
    return tuple(notes)


def _check_weights(
    file: TextFile, dialect: Dialect, chosen: ChosenColumns, weights: Array | None, cells: Cells
) -> None:
    if weights is None:
        return
    name = quoted(dialect.names[chosen.parts["weights"]])
    if (weights < 0).any():
        row = int(np.flatnonzero(weights < 0)[0])
        raise DataError(
            f"{file.place(int(cells.lines[row])).capitalize()} of {file.name} has the weight {weights[row]:zg} in "
            f"{name}, and a weight is at least 0: choose another column."
        )
    if not (weights > 0).any():
        raise DataError(f"The column {name} of {file.name} gives no row a weight above 0: choose another column.")


def _check_symbols(file: TextFile, dialect: Dialect, index: int, names: Sequence[str]) -> None:
    if len(names) > _MOST_SYMBOLS:
        raise DataError(
            f"The column {quoted(dialect.names[index])} of {file.name} holds {len(names):,} different words, and "
            f"{_MOST_SYMBOLS:,} symbols at most can be told apart: choose another column."
        )


def _no_answer(file: TextFile, dialect: Dialect, index: int, line: int, cell: str) -> DataError:
    return DataError(
        f"{file.place(line).capitalize()} of {file.name}, column {index + 1} ({quoted(dialect.names[index])}), "
        f"holds {quoted(cell)}, which is neither yes nor no as those before it: correct or empty that cell, or leave "
        "the column out."
    )
