"""Where data come from: the catalogue, a file of the user's own, or a folder of text files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from emtui.spec.read_options import read_option_words
from engine.data.catalogue import is_dataset_name, key_of, load
from engine.data.data_spec import AS_DETECTED, AS_IT_COMES, DataSpec, Generated
from engine.data.dataset import Dataset
from engine.data.missing import Missing
from engine.errors import DataError
from engine.readers.byte_source import STANDARD_INPUT, TABLE_ENDINGS, expanded
from engine.text import quoted

if TYPE_CHECKING:
    from engine.readers.table import TableFile

SESSION_ENDING = ".emtui"


def is_session(source: str) -> bool:
    """It is named as a session that was saved, not as data."""
    return source.lower().endswith(SESSION_ENDING)


def open_source(data: DataSpec, table: TableFile | None = None) -> Dataset:
    """The data set that a user named, as it is read: one of the catalogue, a file of their own, or a folder of texts.

    table: a preview of the file, so that it need not be read again.

    Raises:
        DataError: there is no such data set or file, or it can't be read; one sentence.
    """
    source = data.source
    if is_session(source):
        raise DataError(
            f"{quoted(source, 200)} is a session, not data: emtui NAME{SESSION_ENDING} opens it, emtui show prints it."
        )
    if data.read_options != AS_DETECTED and (is_folder(source) or not looks_like_file(source)):
        word = read_option_words(data.read_options)[0].partition("=")[0]
        raise DataError(f"{quoted(source)} is no file with a table: leave out {word}.")
    if data.generated != AS_IT_COMES and looks_like_file(source):
        raise DataError(f"{quoted(source)} is no generated set: leave out {generated_words(data.generated)[0]}.")
    if looks_like_file(source) and not is_folder(source):
        return _open_table(data, table)
    if is_folder(source):
        from engine.readers.corpus import read_corpus

        if data.label is not None:
            raise DataError(f"{quoted(source)} is a folder of texts, which have no labels: leave out --label.")
        if data.parts:
            raise DataError(
                f"{quoted(source)} is a folder of texts, not a table: leave out --{next(iter(data.parts))}."
            )
        opened = read_corpus(source)
    else:
        opened = load(source, **data.generated.given())
        if data.label is not None:
            raise DataError(
                f"{quoted(source)} has its own labels: --label is for a file (write ./{source} if you mean one)."
            )
        if data.parts:
            word = f"--{next(iter(data.parts))}"
            raise DataError(f"{quoted(source)} is no file: {word} is for one (write ./{source} if you mean one).")
    return opened if data.columns is None else opened.columns(data.columns)


def _open_table(data: DataSpec, table: TableFile | None) -> Dataset:
    from engine.readers.table import read_from, read_table

    if table is None or table.file.has_changed:
        written = data.read_options.given()
        return read_table(data.source, data.label, data.columns, missing=data.missing, **data.parts, **written)
    return read_from(table, data.label, data.columns, data.missing, **data.parts)


def generated_words(generated: Generated) -> list[str]:
    """How a generated set is made anew, as words of the shell."""
    words = {"n_samples": "--n-samples", "noise": "--noise", "seed": "--data-seed"}
    return [part for name, value in generated.given().items() for part in (words[name], f"{value!r}")]


def missing_for(model: Any) -> Missing:
    """How rows with a missing value are handled for this model, or one of that class."""
    return "keep" if model.takes_missing else "drop"


def prepared(opened: Dataset, data: DataSpec, model: Any) -> Dataset:
    """The data as a model (or one of that class) sees them: its rows, in standard units or principal components.

    A supervised model standardises its inputs itself, by the training rows.

    Raises:
        DataError: no row is left, or there are no such components; one sentence.
    """
    made = opened.for_model(model)
    if data.standardize and not model.supervised:
        made = made.standardized()
    return made if data.principal is None else made.principal(data.principal)


def is_folder(source: str) -> bool:
    """A folder that is there, of text files to be counted; a catalogue name is never taken for one."""
    return looks_like_file(source) and os.path.isdir(expanded(source))


def looks_like_file(source: str) -> bool:
    """Standard input, or a path by its look or because it is there; a catalogue name is never taken for a file."""
    if os.sep in source or "/" in source or source.lower().endswith(TABLE_ENDINGS):
        return True
    if source == STANDARD_INPUT:
        return True
    return key_of(source) != "" and not is_dataset_name(source) and os.path.lexists(source)
