"""How a table of text is written: what separates its cells, how its numbers look, whether it has a header."""

from __future__ import annotations

import io
import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from engine.errors import DataError
from engine.readers.cutting import ALIGNED, BLANKS, Cutting, Record, fitted, records
from engine.readers.delimiters import (
    aligned_start,
    detect_comment,
    detect_cutting,
    separator_line,
    title_rows,
    with_quotes,
)
from engine.readers.footers import footer_note, footer_of, looks_like_a_source
from engine.readers.header import (
    Kind,
    could_be_header,
    first_word_among_numbers,
    has_header,
    is_second_header,
    kind_of,
    row_number_kinds,
)
from engine.readers.identifiers import is_identifier, is_unnamed
from engine.readers.notation import Notation, detect_notation, parse_number
from engine.readers.text_file import TextFile
from engine.text import clean, quoted, unique_names

MAX_COLUMNS = 10_000
SAMPLE_RECORDS = 1_000
Header = bool | Literal["auto"]
_SAMPLE_CHARACTERS = 1 << 18
_SAMPLE_CELLS = 100_000


@dataclass(frozen=True)
class Dialect:
    """How the file is written, as far as its first records tell.

    cutting: where cells end. notation: how numbers look. header: whether a record names the columns. skip: the lines
    above it that are no comments and were left out. names: the columns' names, cleaned and distinct. kinds: what each
    column holds. unnamed: the columns without a name of their own. sample: the first records below the header, each
    with the line it starts on. first_line: the line of the first record below the header. end: the line after the last
    record, where lines below the table are left out; else None. whole: the sample holds every record of the file.
    notes: what was guessed, in sentences.
    """

    cutting: Cutting
    notation: Notation
    header: bool
    skip: int
    names: tuple[str, ...]
    kinds: tuple[Kind, ...]
    unnamed: frozenset[int]
    sample: tuple[Record, ...]
    first_line: int
    whole: bool
    notes: tuple[str, ...] = ()
    end: int | None = None

    @property
    def delimiter(self) -> str:
        """The character between cells, or `ALIGNED`."""
        return self.cutting.delimiter

    @property
    def decimal(self) -> str:
        """The decimal mark."""
        return self.notation.decimal

    def cells(self, index: int) -> list[str]:
        """The sample's cells of one column."""
        return [row[index] for _, row in self.sample]

    def is_missing(self, cell: str) -> bool:
        """Whether the cell stands for a value that is not known."""
        return self.notation.is_missing(cell)

    def word_among_numbers(self, index: int) -> tuple[int, str] | None:
        """The first word in a column that mostly holds numbers, and its line; None for any other column."""
        place = first_word_among_numbers(self.cells(index), self.notation)
        return None if place is None else (self.sample[place][0], self.sample[place][1][index])


@dataclass(frozen=True)
class Written:
    """What is said of how a table is written; None where it is to be told from the file.

    header: whether a record names the columns. missing_marks: further words for a missing value. skip: so many lines at
    the top are left out. comment: what lines begin with that are left out, "" for none.
    """

    header: Header = "auto"
    delimiter: str | None = None
    decimal: str | None = None
    missing_marks: tuple[str, ...] = ()
    skip: int | None = None
    comment: str | None = None


def detect_dialect(file: TextFile, written: Written) -> Dialect:
    """How the file is written. What is given is used; the rest is detected from the first records.

    Raises DataError if there is nothing but blank lines, nothing below the header, or too many columns.
    """
    head = io.StringIO(file.head[:_SAMPLE_CHARACTERS].removeprefix("\ufeff"), newline="")
    lines = list(itertools.islice(head, SAMPLE_RECORDS))
    skip, delimiter = written.skip or 0, written.delimiter
    separator = None if skip or not lines else separator_line(lines[0])
    if separator is not None:
        skip, delimiter = 1, delimiter or separator
    comment = written.comment if written.comment is not None else detect_comment(lines[skip:])
    table = _without_footer(lines[skip:]) if file.whole else lines[skip:]
    cutting = detect_cutting(table, written.decimal, comment, delimiter)
    above = aligned_start(lines[skip:], comment) if cutting.delimiter == ALIGNED and written.skip is None else 0
    skip += above
    cutting = with_quotes(lines[skip:], cutting, file.name)
    sample, whole = _sample(file, cutting, skip)
    width = Counter(len(row) for _, row in sample).most_common(1)[0][0]  # of equally common ones the first
    if width > MAX_COLUMNS:
        raise DataError(f"{file.name} has {width:,} columns and at most {MAX_COLUMNS:,} can be read: keep fewer.")
    titles = _titles(sample, width, cutting.delimiter) if written.skip is None and width > 1 else 0
    if titles:
        skip = sample[titles - 1][0]
    footer = footer_of(file, cutting, width, sample[titles][0], rows=written.skip is None)
    end = None if footer is None else footer.start
    if end is not None:
        sample = [one for one in sample if one[0] < end]
    notes = _notes_above(lines, written, comment, sample[:titles], width)
    if any(map(str.strip, lines[skip - above : skip])) and above:
        notes += (f"The lines above line {skip + 1} were left out; say how many with skip= (in the shell, --skip).",)
    if footer is not None:
        notes += (footer_note(file, footer, skip),)
    sample, width = _whole_width(sample[titles:], width, written.header)
    sample = [(line, fitted(row, width, line, file)) for line, row in sample]
    rows = [row for _, row in sample]
    notation, told = detect_notation(rows, cutting.delimiter, written.decimal, written.missing_marks)
    if titles and width == 2 and cutting.delimiter == "," and written.delimiter is None and separator is None:
        told += _perhaps_decimals(rows)
    dialect = Dialect(cutting, notation, False, skip, (), (), frozenset(), tuple(sample), 0, whole, notes + told, end)
    return _with_kinds(_with_header(file, dialect, written.header, lines))


def _without_footer(lines: Sequence[str]) -> list[str]:
    """The lines without notes at their end, which are cut into as many cells as they have commas."""
    kept = list(lines)
    while len(kept) > 1 and (not kept[-1].strip() or looks_like_a_source(kept[-1])):
        kept.pop()
    return kept


def _perhaps_decimals(rows: Sequence[list[str]]) -> tuple[str, ...]:
    """A note where two columns of whole numbers below a line of one cell may be one column with decimal commas."""
    if not all(row[0].strip().lstrip("+-").isdecimal() and row[1].strip().isdecimal() for row in rows):
        return ()
    cell = ",".join(rows[0])
    return (f"If the comma in {cell} is the decimal mark, say so with decimal= (in the shell, --decimal).",)


def _titles(sample: Sequence[Record], width: int, delimiter: str) -> int:
    """How many of the first records are no part of the table."""
    titles = title_rows([len(row) for _, row in sample], width, delimiter)
    rows = [row for _, row in sample[titles:]]
    if len(rows[0]) == width - 1 and len(rows) > 1:
        names = [row[0] for row in rows[1:]]
        if len({*names}) < len(names) and not _holds_numbers(rows[0]):  # names of rows would all be different
            return titles + 1
    if width > 2 and len(rows) > 2 and _filled(rows[0]) == 1 < _filled(rows[1]) and not _holds_numbers(rows[1]):
        return titles + 1  # a title with the empty cells of a sheet beside it
    if titles and delimiter == BLANKS and len(rows) > 2 and [_holds_numbers(row) for row in rows[:3]] == [0, 0, 1]:
        return titles + 1  # of two lines of words below other text the second one names the columns
    return titles


def _filled(row: Sequence[str]) -> int:
    return sum(bool(cell.strip()) for cell in row)


def _holds_numbers(row: Sequence[str]) -> bool:
    return any(parse_number(cell, ".") is not None for cell in row)


def _notes_above(
    lines: Sequence[str], written: Written, comment: str, titles: Sequence[Record], width: int
) -> tuple[str, ...]:
    """Notes on comments, and on lines above the table, that were left out unasked."""
    notes: tuple[str, ...] = ()
    if comment and written.comment is None:
        n = sum(line.lstrip().startswith(comment) for line in lines)
        begin = "1 line that begins" if n == 1 else f"{n} lines that begin"
        were = "was" if n == 1 else "were"
        mark = "name another mark with comment= (in the shell, --comment)"
        notes = (f"{begin} with {comment} {were} left out as a comment; {mark}.",)
    if titles:
        last, n = titles[-1][0], len(titles[0][1]) if _filled(titles[0][1]) > 1 else 1
        which = "Line 1 was" if last == 1 else f"Lines 1 to {last} were"
        why = f"line {titles[0][0]} has {n} cell{'' if n == 1 else 's'} where the table has {width}"
        notes += (f"{which} left out ({why}); say how many with skip= (in the shell, --skip).",)
    return notes


def _whole_width(sample: list[Record], width: int, header: Header) -> tuple[list[Record], int]:
    """The records and how many cells each is to have, where the first one says so.

    A last column without name and value is none; a header that is one name too short stands above row names, as R
    writes it; one that is longer than its rows is right.
    """
    (line, first), body = sample[0], sample[1:]
    while width > 1 and body and not any("".join(row[width - 1 :]).strip() for _, row in sample):
        width -= 1
    named = "".join(first).strip() and not _holds_numbers(first)
    if body and header is not False and named:
        if len(first) == width - 1 > 0:
            return [(line, ["", *first]), *body], width
        while len(first) > width and not first[-1].strip():
            first = first[:-1]
        width = max(width, len(first))
    return sample, width


def _with_header(file: TextFile, dialect: Dialect, header: Header, lines: Sequence[str]) -> Dialect:
    """With names, and the sample below them."""
    sample, notation = list(dialect.sample), dialect.notation
    rows, width = [row for _, row in sample], len(sample[0][1])
    written, notes = rows[0], dialect.notes
    named = has_header(rows, notation, _is_quoted(lines, sample, dialect.cutting.quote)) if header == "auto" else header
    commented = None if named or header is False else _names_in_comment(lines, dialect, width)
    if named:
        sample = sample[1:]
        if header == "auto" and rows[0][-1].strip().isdecimal():
            notes += (
                f"The first line, which ends in {clean(rows[0][-1], 40)}, was taken as column names; if it is a row, "
                "say so with header=False (in the shell, --no-header).",
            )
        if is_second_header([row for _, row in sample], notation):
            (line, words), sample = sample[0], sample[1:]
            shown = ", ".join(quoted(word, 20) for word in words[:3] if word.strip())
            notes += (
                f"Line {line} was left out: it holds words above numbers, such as units or a second header ({shown}); "
                "to begin the table there, say so with skip= (in the shell, --skip).",
            )
    elif commented is not None:
        line, written = commented
        notes += (
            f"The column names were taken from the comment on line {line}; if they are none, say so with "
            "header=False (in the shell, --no-header).",
        )
    else:
        if header == "auto" and could_be_header(rows):
            shown = quoted(",".join(map(str.strip, written)), 30)
            notes += (
                f"The first line, {shown}, was taken as a row; if it holds column names, say so with header=True "
                "(in the shell, --header).",
            )
        written = [""] * width
    if not sample:
        remedy = "add the rows, or read it with header=False (in the shell, --no-header)"
        raise DataError(f"{file.name} has a header but no rows below it: {remedy}.")
    if all(len(cell.strip()) > 1 and cell.strip()[0] == cell.strip()[-1] == "'" for cell in written if cell.strip()):
        written = [cell.strip()[1:-1] for cell in written]  # apostrophes in place of quotes
    has_names = named or commented is not None
    unnamed = frozenset(j for j, name in enumerate(written) if has_names and is_unnamed(name))
    names = unique_names(written, "column")
    return replace(
        dialect,
        header=has_names,
        names=names,
        unnamed=unnamed,
        sample=tuple(sample),
        first_line=sample[0][0],
        notes=notes,
    )


def _with_kinds(dialect: Dialect) -> Dialect:
    """With what each column holds, and notes that are safe to print."""
    columns = [dialect.cells(j) for j in range(len(dialect.names))]
    kinds = [kind_of(column, dialect.notation) for column in columns]
    identifying = [dialect.header and is_identifier(name) for name in dialect.names]
    notes = tuple(clean(note) for note in dialect.notes)
    return replace(dialect, kinds=row_number_kinds(kinds, dialect.unnamed, columns, identifying), notes=notes)


def _is_quoted(lines: Sequence[str], sample: Sequence[Record], quote: str) -> bool:
    """Whether the first record has quotes about every cell, and the second has not."""
    quotes = [
        line <= len(lines)
        and lines[line - 1].count(quote) >= 2 * len(row)
        and lines[line - 1].lstrip().startswith(quote)
        for line, row in sample[:2]
    ]
    return quotes == [True, False]


def _names_in_comment(lines: Sequence[str], dialect: Dialect, width: int) -> tuple[int, list[str]] | None:
    """The names that the last comment above the table holds, and its line; None if it holds none."""
    cutting, mark = dialect.cutting, dialect.cutting.comment
    above = range(min(dialect.sample[0][0] - 1, len(lines)) - 1, -1, -1)
    at = next((i for i in above if lines[i].strip()), None)
    if not mark or at is None or not lines[at].lstrip("\ufeff ").startswith(mark):
        return None
    text = lines[at].lstrip("\ufeff ").lstrip(mark)
    if cutting.delimiter == ALIGNED:
        cut = [(at, text.split())]
    else:
        try:
            cut = list(records([text], replace(cutting, comment=""), "", at + 2))
        except DataError:
            return None
    if len(cut) != 1 or len(cut[0][1]) != width or any(dialect.notation.number(cell) is not None for cell in cut[0][1]):
        return None
    return at + 1, cut[0][1]


def _sample(file: TextFile, cutting: Cutting, skip: int) -> tuple[list[Record], bool]:
    """The first records, and whether they are all. A wide table gives fewer, so that a preview stays quick."""
    sample: list[Record] = []
    n_cells = 0
    for record in records(itertools.islice(file.first_lines(), skip, None), cutting, file.name, skip + 1):
        if len(sample) == SAMPLE_RECORDS or (n_cells > _SAMPLE_CELLS and len(sample) > 20):
            return sample, False
        sample.append(record)
        n_cells += len(record[1])
    if not sample:
        what = f"below line {skip}" if skip else "but blank lines"
        raise DataError(f"{file.name} has nothing {what}: choose a file with a table in it.")
    return sample, True
