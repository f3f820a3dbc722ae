"""Where data come from: the catalogue, a file of the user's own, or a folder of text files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Literal

from emtui.spec.read_options import AS_DETECTED, ReadOptions
from engine.data.catalogue import is_dataset_name, key_of, load
from engine.data.dataset import Dataset
from engine.errors import DataError
from engine.readers.text_file import expanded
from engine.text import quoted

_FILE_ENDINGS = (".csv", ".tsv", ".txt", ".tab", ".dat")


def open_source(
    source: str,
    *,
    label: str | None = None,
    columns: Sequence[str] | None = None,
    standardize: bool = False,
    keep_missing: bool = False,
    read_options: ReadOptions = AS_DETECTED,
    principal: int | None = None,
) -> Dataset:
    """The data set that a user named: one of the catalogue, a file of their own, or a folder of text files.

    keep_missing: rows of a file with missing values stay, for a model that takes them; else they are left out.
    reading: how a file is written. principal: so many principal components, of the standardised columns where that is
    asked for, in the place of the columns.

    Raises:
        DataError: there is no such data set or file, or it can't be read; one sentence.
    """
    if read_options.said and (is_folder(source) or not looks_like_file(source)):
        raise DataError(
            f"{quoted(source)} is no file with a table: leave out {read_options.words()[0].partition('=')[0]}."
        )
    if is_folder(source):
        from engine.readers.corpus import read_corpus

        if label is not None:
            raise DataError(f"{quoted(source)} is a folder of texts, which have no labels: leave out --label.")
        data = read_corpus(source)
        if columns is not None:
            data = data.columns(list(columns))
    elif looks_like_file(source):
        from engine.readers.table import read_table

        missing: Literal["keep", "drop"] = "keep" if keep_missing else "drop"
        chosen = None if columns is None else list(columns)
        data = read_table(source, label=label, columns=chosen, missing=missing, **read_options.options())
    else:
        data = load(source)
        if label is not None:
            raise DataError(
                f"{quoted(source)} has its own labels: --label is for a file (write ./{source} if you mean one)."
            )
        if columns is not None:
            data = data.columns(list(columns))
    data = data.standardized() if standardize else data
    return data if principal is None else data.principal(principal)


def is_folder(source: str) -> bool:
    """A folder that is there, of text files to be counted; a catalogue name is never taken for one."""
    return looks_like_file(source) and os.path.isdir(expanded(source))


def looks_like_file(source: str) -> bool:
    """A path, by its look or because it is there; a catalogue name is never taken for a file of the same name."""
    if os.sep in source or "/" in source or source.lower().endswith(_FILE_ENDINGS):
        return True
    return key_of(source) != "" and not is_dataset_name(source) and os.path.exists(source)
