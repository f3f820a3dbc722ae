"""The rows of a table as they were read, and the data set that they make with or without missing values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from engine.arrays import frozen
from engine.data.class_labels import as_number, encode_labels
from engine.data.dataset import Dataset
from engine.data.missing import Missing, rows_to_keep
from engine.em.class_labels import one_each
from engine.errors import DataError
from engine.readers.cells import Cells
from engine.readers.notation import Notation, names_among
from engine.readers.row_parts import RowParts
from engine.text import clean, quoted

MAX_NUMBER_CLASSES = 50
MAX_TEXT_CLASSES = 200


@dataclass(frozen=True, eq=False)
class ReadRows:
    """Every row of a table as it was read.

    path: of the file. names: those of the columns that were read as numbers. label: that of the label column, or None.
    asked: the label was asked for. notes: on columns, header and encoding. notation: what stands for a missing value.
    parts: what else is known of each row. rows_above: for rows that are no lines of text, how many more a line counts
    than its row; None for lines. model, options: those that suit such columns, where something tells. symbols: the
    words that X counts into.
    """

    path: Path
    names: tuple[str, ...]
    cells: Cells
    label: str | None
    asked: bool
    notes: tuple[str, ...]
    notation: Notation
    parts: RowParts = field(default_factory=RowParts)
    rows_above: int | None = None
    model: str = "gmm"
    options: Mapping[str, Any] = field(default_factory=dict)
    symbols: tuple[str, ...] = ()

    def dataset(self, missing: Missing) -> Dataset:
        """The data set of these rows, with or without those that have a missing value.

        Raises:
            DataError: no row is left, or the label that was asked for has too few classes, or too many.
        """
        cells, parts, name = self.cells, self.parts, quoted(self.path.name, 60)
        keep, missing_notes = rows_to_keep(cells.X, missing, name=name, columns=self.names)
        gone, notes = parts.unusable(len(keep))
        keep &= ~gone
        if not keep.any():
            raise DataError(f"No row of {name} is left: {' '.join(notes)} Choose other columns.")
        rows, sequence = parts.in_blocks(np.flatnonzero(keep))
        if sequence is not None:
            notes += (_sequences_note(sequence, apart=bool((np.diff(rows) < 0).any())),)
        y, class_names, label_notes = self._classes(rows)
        come_again = y is not None and not one_each(len(class_names), int((y >= 0).sum()))
        noun: Literal["line", "row"] = "line" if self.rows_above is None else "row"
        numbers = cells.lines - (self.rows_above or 0)

        def of_rows(values: NDArray[Any] | None) -> Any:
            return values if values is None or (keep.all() and sequence is None) else values[rows]

        return Dataset(
            name=self.path.name,
            X=frozen(of_rows(cells.X)),
            y=y,
            feature_names=self.names,
            class_names=class_names,
            description=f"one row of {self.path.name}",
            source=str(self.path),
            model=self.model,
            options={**self.options, **({"n_components": len(class_names)} if class_names and come_again else {})},
            row_names=parts.row_names(rows, numbers, noun),
            line_numbers=of_rows(numbers),
            line_noun=noun,
            weights=of_rows(parts.weights),
            target=of_rows(parts.target),
            sequence=sequence,
            symbol_names=self.symbols,
            notes=self.notes + missing_notes + notes + label_notes,
            as_read=self if missing_notes else None,
        )

    def _classes(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64] | None, tuple[str, ...], tuple[str, ...]]:
        """y, class names and notes from the label column of the rows that are kept."""
        if self.label is None or self.cells.labels is None:
            return None, (), ()
        kept = [self.cells.labels[i].strip() for i in rows.tolist()]
        # Some tables write two classes as + and -; there a "-" is no missing value.
        named = {"-"} if "+" in kept else names_among(kept, self.notation)
        words = {
            cell: None if self.notation.is_missing(cell) and cell not in named else clean(cell, 60)
            for cell in set(kept)
        }
        known = [words[cell] for cell in kept]
        name, file_name = quoted(self.label), quoted(self.path.name, 60)
        distinct = {word for word in words.values() if word is not None}
        numeric = all(as_number(cell) is not None for cell in distinct)
        limit = MAX_NUMBER_CLASSES if numeric else MAX_TEXT_CLASSES
        fault = ""
        n_classes = len(distinct)
        if n_classes < 2:
            held = f"one value only ({quoted(distinct.pop())})" if distinct else "no value at all"
            fault = f"The label column {name} of {file_name} holds {held}"
        elif n_classes > limit:
            kind = "numbers" if numeric else "values"
            fault = (
                f"The label column {name} of {file_name} holds {n_classes:,} different {kind}, too many for classes "
                f"(at most {limit})"
            )
        if fault and self.asked:
            raise DataError(f"{fault}: choose another column, or none.")
        if fault:
            return None, (), (f"{fault}, so it was not used.",)
        y, class_names = encode_labels(known)
        notes: tuple[str, ...] = () if self.asked else (f"The column {name} was taken as the label.",)
        if one_each(len(class_names), len(known) - known.count(None)):
            what, part, key = ("numbers to be learned", "target", "t") if numeric else ("names of rows", "rows", "n")
            notes += (
                f"{name} has {len(class_names)} classes in {len(known)} rows, nearly one for each: if it holds {what}, "
                f"read it with {part}= (in the shell, --{part}; in the dialog o, {key}).",
            )
        unknown = known.count(None)
        if unknown:
            have = "has" if unknown == 1 else "have"
            count = "counts" if unknown == 1 else "count"
            notes += (f"{unknown:,} of {len(known):,} rows {have} no label and {count} as unknown.",)
        return y, class_names, notes


def _sequences_note(sequence: NDArray[np.int64], apart: bool) -> str:
    """How many sequences there are, how long, and whether their rows had to be put together."""
    lengths = np.bincount(sequence)
    shortest, longest = int(lengths.min()), int(lengths.max())
    long = f"{longest:,} row{'' if longest == 1 else 's'}"
    if shortest < longest:
        long = f"{shortest:,} to {long}"
    together = "; the rows of each were put together, in their order" if apart else ""
    count = f"{len(lengths):,} sequence{'' if len(lengths) == 1 else 's'}"
    return f"{count} of {long}{together}."
