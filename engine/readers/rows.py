"""The rows of a table as they were read, and the data set that they make with or without missing values."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.data.class_labels import as_number, encode_labels
from engine.data.dataset import Dataset
from engine.data.missing import Missing, rows_to_keep
from engine.errors import DataError
from engine.readers.cells import Cells
from engine.readers.csv_dialect import is_missing
from engine.text import clean, quoted

MAX_NUMBER_CLASSES = 50
MAX_TEXT_CLASSES = 200


@dataclass(frozen=True, eq=False)
class ReadRows:
    """Every row of a table as it was read.

    path: of the file. names: those of the columns that were read as numbers. label: that of the label column, or None.
    asked: the label was asked for. notes: on columns, header and encoding.
    """

    path: Path
    names: tuple[str, ...]
    cells: Cells
    label: str | None
    asked: bool
    notes: tuple[str, ...]

    def dataset(self, missing: Missing) -> Dataset:
        """The data set of these rows, with or without those that have a missing value.

        Raises:
            DataError: no row is left, or the label that was asked for has too few classes, or too many.
        """
        cells, name = self.cells, quoted(self.path.name, 60)
        keep, missing_notes = rows_to_keep(cells.X, missing, name=name, columns=self.names)
        y, class_names, label_notes = self._classes(keep)
        return Dataset(
            name=self.path.name,
            X=cells.X if keep.all() else cells.X[keep],
            y=y,
            feature_names=self.names,
            class_names=class_names,
            description=f"one row of {self.path.name}",
            source=str(self.path),
            options={"n_components": len(class_names)} if class_names else {},
            line_numbers=cells.lines if keep.all() else cells.lines[keep],
            notes=self.notes + missing_notes + label_notes,
            as_read=self if missing_notes else None,
        )

    def _classes(self, keep: NDArray[np.bool_]) -> tuple[NDArray[np.int64] | None, tuple[str, ...], tuple[str, ...]]:
        """y, class names and notes from the label column of the rows that are kept."""
        if self.label is None or self.cells.labels is None:
            return None, (), ()
        kept = [cell.strip() for cell, here in zip(self.cells.labels, keep.tolist(), strict=True) if here]
        # Some tables write two classes as + and -; there a "-" is no missing value.
        signs = "+" in kept
        words = {
            cell: None if is_missing(cell) and not (signs and cell == "-") else clean(cell, 60) for cell in set(kept)
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
        unknown = known.count(None)
        if unknown:
            rows = "row has" if unknown == 1 else "rows have"
            count = "counts" if unknown == 1 else "count"
            notes += (f"{unknown:,} of {len(known):,} {rows} no label and {count} as unknown.",)
        return y, class_names, notes
