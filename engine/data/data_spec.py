"""Which data, and how they are read and prepared, as one value."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from engine.data.missing import Missing


@dataclass(frozen=True, kw_only=True)
class ReadOptions:
    """Encoding, delimiter, decimal mark ("." or ",") and header of a file; None for what is detected.

    skip: so many lines at the top are left out. comment: what lines begin with that are left out, "" for none.
    missing_marks: words that stand for a missing value, besides the usual ones. sheet: which one of a workbook.
    """

    encoding: str | None = None
    delimiter: str | None = None
    decimal: str | None = None
    header: bool | None = None
    skip: int | None = None
    comment: str | None = None
    missing_marks: tuple[str, ...] | None = None
    sheet: str | None = None

    def given(self) -> dict[str, Any]:
        """The options that are given, as keywords of `engine.read_table`."""
        return {name: value for name, value in asdict(self).items() if value is not None}


AS_DETECTED = ReadOptions()


@dataclass(frozen=True, kw_only=True)
class Generated:
    """How a generated set is made anew; None for what the set that comes with the engine was made with.

    n_samples: rows. noise: the standard deviation of what is added to each point. seed: of what is drawn.
    """

    n_samples: int | None = None
    noise: float | None = None
    seed: int | None = None

    def given(self) -> dict[str, Any]:
        """What is given, as keywords of `engine.load`."""
        return {name: value for name, value in asdict(self).items() if value is not None}


AS_IT_COMES = Generated()


@dataclass(frozen=True)
class DataSpec:
    """A data set and what is made of it. The same spec gives the same data.

    Attributes:
        source: a name of the catalogue, the path of a table, or that of a folder of texts.
        label: the column of known classes of a table; "" for none, None for the one that suggests itself.
        columns: those that are taken, None for all that hold numbers.
        read_options: how a table is written.
        standardize: each column is given mean 0 and variance 1 (by the training rows where a model is supervised).
        principal: so many principal components stand for the columns; None for the columns themselves.
        products: squares and products of the inputs are further inputs of a supervised model.
        missing: what becomes of rows with a missing value; it follows from the model (`Dataset.for_model`).
        rows: the column that names the rows of a table; None for their lines in the file.
        sequence: the column that tells which sequence each row belongs to; None for one sequence, or none.
        weights: the column that tells how often each row counts; None for once.
        target: the column of numbers that a model of numbers learns; None for none.
        generated: how a generated set of the catalogue is made anew.
    """

    source: str
    label: str | None = None
    columns: tuple[str, ...] | None = None
    read_options: ReadOptions = AS_DETECTED
    standardize: bool = False
    principal: int | None = None
    missing: Missing = "drop"
    rows: str | None = None
    sequence: str | None = None
    weights: str | None = None
    target: str | None = None
    generated: Generated = AS_IT_COMES
    products: bool = False

    @property
    def parts(self) -> dict[str, Any]:
        """The columns that are no data but have a part of their own, as keywords of `engine.read_table`."""
        found = {"rows": self.rows, "sequence": self.sequence, "weights": self.weights, "target": self.target}
        return {part: column for part, column in found.items() if column is not None}
