"""What is said of cells that can be read in two ways: a word among numbers, a name that looks like a missing value."""

from __future__ import annotations

from collections.abc import Collection

from engine.readers.cells import Cells, OddCells
from engine.readers.column_selection import ChosenColumns
from engine.readers.csv_dialect import Dialect
from engine.readers.notation import names_among
from engine.readers.text_file import TextFile
from engine.text import quoted

_SHOWN = 5


def odd_notes(file: TextFile, dialect: Dialect, cells: Cells) -> tuple[str, ...]:
    """A note for each column with words or infinite numbers among its numbers."""
    notes = [_odd_note(dialect.names[odd.column], odd, file.place(odd.line)) for odd in cells.odd]
    if len(notes) > _SHOWN:
        return (*notes[:_SHOWN], f"So do cells in {len(notes) - _SHOWN} other columns.")
    return tuple(notes)


def _odd_note(name: str, odd: OddCells, place: str) -> str:
    kind = "infinite" if odd.infinite else "no number"
    where = f"{quoted(odd.cell)} on {place}, column {quoted(name)},"
    if odd.count == 1:
        said = f"{where} is {kind} and counts as missing"
    else:
        said = f"{where} and {odd.count - 1:,} more of that column are {kind} and count as missing"
    return f"{said}." if odd.infinite else f"{said}; name such words with missing_marks= (in the shell, --missing)."


def name_notes(file: TextFile, dialect: Dialect, answers: Collection[int]) -> tuple[str, ...]:
    """A note where NA in a column of words is a name, not a missing value; never in `answers`, of yes and no."""
    notes: list[str] = []
    for j, kind in enumerate(dialect.kinds):
        cells = dialect.cells(j) if kind == "text" and j not in answers else []
        for mark in sorted(names_among(cells, dialect.notation)):
            where = file.place(next(line for line, row in dialect.sample if row[j].strip() == mark))
            notes.append(
                f"{mark} on {where}, column {quoted(dialect.names[j])}, was taken as a name, as all others there "
                "differ; name it with missing_marks= (in the shell, --missing) if it stands for no value."
            )
    return tuple(notes[:_SHOWN])


def word_notes(file: TextFile, dialect: Dialect, chosen: ChosenColumns) -> tuple[str, ...]:
    """A note for each column that was left out because it holds words, though most of its cells are numbers."""
    notes: list[str] = []
    used = {*chosen.features, chosen.label, *chosen.parts.values()}
    for j, kind in enumerate(dialect.kinds):
        word = dialect.word_among_numbers(j) if kind == "text" and j not in used else None
        if word is not None:
            where, cell = file.place(word[0]), word[1]
            notes.append(
                f"The column {quoted(dialect.names[j])} was left out for words among its numbers, such as "
                f"{quoted(cell)} on {where}; name them with missing_marks= (in the shell, --missing) to use it."
            )
    return tuple(notes[:_SHOWN])
