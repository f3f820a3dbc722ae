"""Which columns of a table are the data, which is the label, and which have another part: as chosen, or as it seems."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from engine.data.dataset import column_index
from engine.errors import DataError
from engine.readers.csv_dialect import Dialect
from engine.readers.header import kind_of
from engine.readers.notation import Notation
from engine.readers.text_file import TextFile
from engine.readers.word_columns import holds_answers, holds_symbols
from engine.text import clean, quoted

MAX_SUGGESTED_CLASSES = 50
_PART_IN_WORDS = {
    "label": "the label", "rows": "the names of the rows", "sequence": "the sequence", "weights": "the weights",
    "target": "the target",
}  # fmt: skip
_FEWEST_NUMBERS = 2
_OF_NUMBERS = ("weights", "target")


@dataclass(frozen=True)
class ChosenColumns:
    """What each column is read as, by its index.

    features: the data, in order. answers: those of them whose words are yes and no; symbols: the one of them whose
    words are symbols, or None. label: the known classes, or None. parts: the columns of further parts ("rows",
    "sequence", "weights", "target"). notes: on columns that were left out unasked.
    """

    features: tuple[int, ...]
    answers: tuple[int, ...] = ()
    symbols: int | None = None
    label: int | None = None
    parts: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def choose_columns(
    file: TextFile,
    dialect: Dialect,
    label: str | int | None,
    columns: Sequence[str | int] | None,
    asked: Mapping[str, str | int],
) -> ChosenColumns:
    """The columns as they were named; where nothing was said of label or data, as their cells suggest.

    label, columns: as for `read_table`. asked: the columns of further parts.

    Raises:
        DataError: there is no such column, it can't be used so, or it was named twice.
    """
    parts = {part: _part(file, dialect, part, column) for part, column in asked.items()}
    listed = None
    if columns is not None:
        listed = [find_column(file, dialect, c) for c in ([columns] if isinstance(columns, str | int) else columns)]
    if label is None or label == "":
        taken = [*parts.values(), *(listed or ())]
        label_index = label_candidate(dialect, taken) if label is None else None
        if label_index is not None and listed is None and not _numbers(dialect, taken):
            label_index = None if label_index in _words(dialect, taken) else label_index
    else:
        label_index = find_column(file, dialect, label)
    named = parts if label_index is None else {"label": label_index} | parts
    for part, index in named.items():
        other = next(other for other, place in named.items() if place == index)
        if other != part:
            raise _twice(file, dialect, index, _PART_IN_WORDS[other], _PART_IN_WORDS[part])
    if listed is None:
        features, notes = _suggested(file, dialect, [*named.values()])
    else:
        features, notes = _as_listed(file, dialect, listed, named), ()
    answers = tuple(j for j in features if holds_answers(dialect, j))
    of_words = dialect.kinds[features[0]] == "text" and dialect.word_among_numbers(features[0]) is None
    symbols = features[0] if of_words and not answers else None
    return ChosenColumns(tuple(features), answers, symbols, label_index, parts, notes)


def suggested_columns(file: TextFile, dialect: Dialect) -> tuple[tuple[int, ...], int | None]:
    """The data and the label that suggest themselves; no data where none of the columns can be."""
    try:
        chosen = choose_columns(file, dialect, None, None, {})
    except DataError:
        return (), label_candidate(dialect)
    return chosen.features, chosen.label


def find_column(file: TextFile, dialect: Dialect, column: str | int) -> int:
    """The index of a column given by name, by index from 0, or by its number from 1 written as text."""
    names = dialect.names
    numbered = isinstance(column, str) and column.strip().isdecimal() and 1 <= int(column) <= len(names)
    if numbered and not {column, clean(str(column))} & {*names}:
        return int(column) - 1
    return column_index(column, names, file.name, "choose")


def label_candidate(dialect: Dialect, taken: Collection[int] = ()) -> int | None:
    """The one column of text, but for those taken, with a few distinct values, each more than once on average."""
    candidates = []
    for j, kind in enumerate(dialect.kinds):
        if kind != "text" or j in taken:
            continue
        known = [cell.strip() for cell in dialect.cells(j) if not dialect.is_missing(cell)]
        if 2 <= len(set(known)) <= min(MAX_SUGGESTED_CLASSES, len(known) / 2):
            candidates.append(j)
    return candidates[0] if len(candidates) == 1 else None


def _part(file: TextFile, dialect: Dialect, part: str, column: str | int) -> int:
    """The index of the column of a part; DataError where it can't have that part."""
    index = find_column(file, dialect, column)
    if part in _OF_NUMBERS and dialect.kinds[index] in ("text", "empty"):
        kind = "yes and no" if holds_answers(dialect, index) else "text"
        what = f"holds {kind} such as {_a_word(dialect, index)}" if dialect.kinds[index] == "text" else "is empty"
        raise DataError(
            f"The column {quoted(dialect.names[index])} of {file.name} {what}, and {_PART_IN_WORDS[part]} must be "
            "numbers: choose another column."
        )
    return index


def _numbers(dialect: Dialect, taken: Collection[int]) -> list[int]:
    return [j for j, kind in enumerate(dialect.kinds) if kind == "number" and j not in taken]


def _words(dialect: Dialect, taken: Collection[int]) -> list[int]:
    """The columns of words that can be data where none holds numbers: all of yes and no; else symbols, if alone."""
    free = [j for j, kind in enumerate(dialect.kinds) if kind == "text" and j not in taken]
    answers = [j for j in free if holds_answers(dialect, j)]
    return answers or (free if len(free) == 1 and _alone(dialect, taken) and holds_symbols(dialect, free[0]) else [])


def _alone(dialect: Dialect, taken: Collection[int]) -> bool:
    return len(dialect.names) - len({*taken}) == 1


def _suggested(file: TextFile, dialect: Dialect, taken: Collection[int]) -> tuple[list[int], tuple[str, ...]]:
    """The data where nothing was said of them, and notes on the columns that were left out."""
    chosen = _numbers(dialect, taken) or _words(dialect, taken)
    if not chosen:
        raise _no_numbers(file, dialect)

    def others(wanted: str) -> list[int]:
        return [j for j, kind in enumerate(dialect.kinds) if kind == wanted and j not in taken and j not in chosen]

    texts = [j for j in others("text") if dialect.word_among_numbers(j) is None]  # of these, `word_notes` speaks
    yes_no = [j for j in texts if holds_answers(dialect, j)]
    texts = [j for j in texts if j not in yes_no]
    remedy = "named with columns= (in the shell, --columns)"
    where = "" if dialect.whole else " in the rows looked at"
    return chosen, (
        *left_out(dialect, texts, "it holds text", "they hold text"),
        *left_out(
            dialect,
            yes_no,
            f"it holds yes and no, 1 and 0 where it is {remedy}",
            f"they hold yes and no, 1 and 0 where they are {remedy}",
        ),
        *left_out(dialect, others("empty"), f"it is empty{where}", f"they are empty{where}"),
        *_row_numbers_left_out(dialect, others("row number")),
    )


def _as_listed(file: TextFile, dialect: Dialect, chosen: list[int], named: Mapping[str, int]) -> list[int]:
    if not chosen:
        raise DataError(f"No column of {file.name} was chosen: choose at least one.")
    for index in chosen:
        name = quoted(dialect.names[index])
        if chosen.count(index) > 1:
            raise DataError(f"The column {name} of {file.name} was chosen twice: name each column once.")
        part = next((part for part, place in named.items() if place == index), None)
        if part is not None:
            raise _twice(file, dialect, index, "label" if part == "label" else _PART_IN_WORDS[part], "data")
        words = dialect.kinds[index] == "text" and not holds_answers(dialect, index)
        words = words and dialect.word_among_numbers(index) is None
        if words and not (len(chosen) == 1 and holds_symbols(dialect, index)):
            raise DataError(
                f"The column {name} of {file.name} holds text such as {_a_word(dialect, index)}, not numbers: "
                "choose other columns, or use it as the label."
            )
    return chosen


def _a_word(dialect: Dialect, index: int) -> str:
    return quoted(next(cell for cell in dialect.cells(index) if not dialect.is_missing(cell)))


def _twice(file: TextFile, dialect: Dialect, index: int, one: str, other: str) -> DataError:
    return DataError(
        f"The column {quoted(dialect.names[index])} of {file.name} can't be both {one} and {other}: "
        "choose one of the two."
    )


def _row_numbers_left_out(dialect: Dialect, numbers: list[int]) -> tuple[str, ...]:
    """Notes on columns that only number the rows."""
    unnamed = [j for j in numbers if j in dialect.unnamed]
    named = [j for j in numbers if j not in dialect.unnamed]
    remedy = "to use it, name it with columns= (in the shell, --columns)"
    return (
        *left_out(dialect, unnamed, "it has no name and numbers the rows", "they have no name and number the rows"),
        *left_out(dialect, named, f"by its name it numbers the rows; {remedy}", f"they number the rows; {remedy}"),
    )


def _no_numbers(file: TextFile, dialect: Dialect) -> DataError:
    if "number" in dialect.kinds:
        return DataError(
            f"{file.name} has no column of numbers left beside those that were named for something else: name one less."
        )
    remedy = "choose a file with measurements"
    numbering = [j for j, kind in enumerate(dialect.kinds) if kind == "row number"]
    symbols = [j for j in range(len(dialect.names)) if holds_symbols(dialect, j)]
    above = _lines_above_numbers(dialect) if file.is_text else 0
    if above:
        remedy = f"leave out the lines above its numbers with skip={above} (in the shell, --skip {above})"
    elif file.is_text and len(dialect.names) == 1:
        remedy = (
            "put a comma, semicolon or tab between cells, or name the separator with delimiter= "
            "(in the shell, --delimiter)"
        )
    elif file.is_text and _has_other_decimals(dialect):
        remedy = "name the decimal mark with decimal= (in the shell, --decimal)"
    elif symbols:
        column = _as_named(dialect, symbols[0])
        remedy += f", or name a column of words as symbols with columns= (in the shell, --columns {column})"
    elif numbering:
        column = _as_named(dialect, numbering[0])
        remedy += f", or take what numbers its rows with columns= (in the shell, --columns {column})"
    return DataError(f"{file.name} has no column of numbers to work on: {remedy}.")


def _lines_above_numbers(dialect: Dialect) -> int:
    """How many lines to leave out so that a column of words holds numbers alone, two at least; 0 for none."""
    cells_of = [dialect.cells(j) for j, kind in enumerate(dialect.kinds) if kind == "text"]
    least = 0
    for cells in cells_of:
        n = len(cells)
        while n and (dialect.is_missing(cells[n - 1]) or dialect.notation.number(cells[n - 1]) is not None):
            n -= 1
        told = sum(not dialect.is_missing(cell) for cell in cells[n:])
        if n > 0 and told >= _FEWEST_NUMBERS:
            above = dialect.sample[n][0] - 1
            least = min(least, above) if least else above
    return least


def _has_other_decimals(dialect: Dialect) -> bool:
    """Whether the words of a column are numbers with the other decimal mark."""
    other = Notation("," if dialect.decimal == "." else ".", dialect.notation.marks)
    return any(kind == "text" and kind_of(dialect.cells(j), other) == "number" for j, kind in enumerate(dialect.kinds))


def _as_named(dialect: Dialect, index: int) -> str:
    """A column as the shell takes it: its name where that is one plain word, else its number."""
    name = dialect.names[index]
    return name if name.isidentifier() and index not in dialect.unnamed else str(index + 1)


def left_out(dialect: Dialect, indices: list[int], one: str, several: str) -> tuple[str, ...]:
    """A note that the columns `indices` were left out, and why: in words for `one` and for `several`; none for none."""
    names = [quoted(dialect.names[j]) for j in indices]
    if not names:
        return ()
    if len(names) == 1:
        return (f"The column {names[0]} was left out: {one}.",)
    shown = f"{', '.join(names[:5])} and {len(names) - 5} more" if len(names) > 6 else ", ".join(names)
    return (f"The columns {shown} were left out: {several}.",)
