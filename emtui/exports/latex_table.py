"""Tables in LaTeX with the rules of booktabs, as wide and long as a page: names wrap, columns go on in another table.

How wide a text is in LaTeX's own letters is estimated in digits, half an em each.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from emtui.exports.latex_text import OTHER_SCRIPT, maths, words
from emtui.exports.markup_table import MarkupTable, Symbol, head_text

_ROWS_OF_A_PAGE, _LINE_OF_A_PAGE = 40, 69  # an article's, in digits; between two columns there are two and a half
_HEADS = 40  # digits that the names of rows may take together: more are wrapped
_HEAD = 18.0  # digits of a line above a column of numbers
_BETWEEN = 2.5
_WIDTHS = dict.fromkeys("fijl,.:;'!| ", 0.67) | dict.fromkeys("cerstI()[]-", 0.9)
_WIDTHS |= dict.fromkeys("mw", 1.7) | dict.fromkeys("WM", 2.1)
_LONG, _PIECE = 18, 8  # letters of a word that may be broken, after so many each


def latex_lines(tables: Sequence[MarkupTable]) -> Iterator[str]:
    """Floats with captions; one that is too long or too wide for a page is cut."""
    bodies = [_latex_table(part) for table in tables for part in _pages(table)]
    yield "% needs \\usepackage{booktabs}\n"
    if any("\\otherscript{" in line for body in bodies for line in body):
        yield f"{OTHER_SCRIPT}\n"
    for body in bodies:
        yield "\n"
        yield from (f"{line}\n" for line in body)


@dataclass(frozen=True)
class _Part:
    """What stands on one page. rooms: digits of the columns whose cells wrap, by their places."""

    table: MarkupTable
    rooms: dict[int, float]


def _pages(table: MarkupTable) -> Iterator[_Part]:
    """Parts that fit on a page each; the notes stand below the last one."""
    texts = table.texts  # the same decimals in all parts
    rooms = _rooms([[row[j] for row in texts] for j in range(table.n_heads)], table)
    widths = [
        _BETWEEN + max(_wide(cell) for cell in (_above(table, j), *(row[j] for row in texts)))
        for j in range(len(table.heads))
    ]
    widths = [min(width, _BETWEEN + rooms.get(j, math.inf)) for j, width in enumerate(widths)]
    parts: list[MarkupTable] = []
    for columns in _that_fit(widths, table.n_heads):
        for top, end in _that_stand(texts, rooms):
            rows = [[row[j] for j in columns] for row in texts[top:end]]
            title = table.title + (" (continued)" if parts else "")
            parts.append(replace(table, title=title, heads=[table.heads[j] for j in columns], rows=rows, notes=()))
    yield from (_Part(part, rooms) for part in parts[:-1])
    yield _Part(replace(parts[-1], notes=table.notes), rooms)


def _rooms(heads: Sequence[Sequence[str | Symbol]], table: MarkupTable) -> dict[int, float]:
    """The columns of names that have to wrap, and how wide they may be: the widest give way first."""
    widths = [max(_wide(cell) for cell in (head_text(table.heads[j]), *column)) for j, column in enumerate(heads)]
    if sum(widths) <= _HEADS:
        return {}
    left, room = float(_HEADS), math.inf
    for place, width in enumerate(sorted(widths)):
        room = left / (len(widths) - place)
        if width > room:
            break
        left -= width
    return {j: max(6.0, room) for j, width in enumerate(widths) if width > room}


def _that_stand(texts: Sequence[Sequence[str | Symbol]], rooms: dict[int, float]) -> Iterator[tuple[int, int]]:
    """Which rows stand on each page: from, to. A cell that wraps takes several lines."""
    top, used = 0, 0
    for place, row in enumerate(texts):
        lines = max((math.ceil(1.25 * _wide(row[j]) / room) for j, room in rooms.items()), default=1)
        if used + lines > _ROWS_OF_A_PAGE and place > top:
            yield top, place
            top, used = place, 0
        used += max(1, lines)
    yield top, len(texts)


def _wide(cell: str | Symbol) -> float:
    """How wide a text is in LaTeX's own letters, in digits, at least."""
    if isinstance(cell, Symbol):
        return 2.0
    if re.fullmatch(r"-?\d\.\d+e.\d+", cell):  # × 10 and a power
        return len(cell) + 2.0
    if re.fullmatch(r"-\d.*", cell):
        return len(cell) + 0.2  # a long minus, and a point
    return sum(map(_letter_wide, cell))


def _letter_wide(letter: str) -> float:
    if letter in _WIDTHS:
        return _WIDTHS[letter]
    if letter.isascii():
        return 1.5 if letter.isupper() else 1.12 if letter.isalpha() else 1.0
    return 7.2 if words(letter).startswith(r"\otherscript") else 1.5  # its number


def _above(table: MarkupTable, j: int) -> str | Symbol:
    """The head of a column, as wide as it is written."""
    head = head_text(table.heads[j])
    if isinstance(head, Symbol) or j < table.n_heads:
        return head
    return max(_stacked(head), key=_wide)


def _stacked(head: str) -> list[str]:
    """The head of a column of numbers in lines, broken between words, and in words that are longer than a line."""
    lines = [""]
    for word in head.split(" "):
        if lines[-1] and _wide(f"{lines[-1]} {word}") > _HEAD:
            lines.append("")
        lines[-1] += " " if lines[-1] else ""
        for letter in word:
            if _wide(lines[-1] + letter) > _HEAD:
                lines.append("")
            lines[-1] += letter
    return lines


def _that_fit(widths: Sequence[float], n_heads: int) -> list[list[int]]:
    """Which columns stand on each page: the heads, and as many of the others as have room, at least one."""
    heads = list(range(n_heads))
    pages = [heads]
    for j in range(n_heads, len(widths)):
        room = sum(widths[i] for i in pages[-1]) + widths[j] <= _LINE_OF_A_PAGE
        if room or len(pages[-1]) == n_heads:
            pages[-1] = [*pages[-1], j]
        else:
            pages.append([*heads, j])
    return pages


def _latex_table(part: _Part) -> list[str]:
    table, rooms = part.table, part.rooms
    numbers = range(table.n_heads, len(table.heads))
    form = "".join(f"p{{{rooms[j] / 2:z.3g}em}}" if j in rooms else "l" for j in range(table.n_heads))
    return [
        r"\begin{table}[htbp]",
        r"\centering",
        rf"\caption{{{_breakable(table.title)}}}",
        rf"\begin{{tabular}}{{{form}{'r' * len(numbers)}}}",
        r"\toprule",
        _row([_head(head_text(cell), j in numbers, j in rooms) for j, cell in enumerate(table.heads)]),
        r"\midrule",
        *(_row([_cell(head_text(cell), j in numbers, j in rooms) for j, cell in enumerate(row)]) for row in table.rows),
        r"\bottomrule",
        r"\end{tabular}",
        *(rf"\par\smallskip {_breakable(note)}" for note in table.notes),
        r"\end{table}",
    ]


def _row(cells: Sequence[str]) -> str:
    return f"{' & '.join(cells)} \\\\"


def _head(cell: str | Symbol, number: bool, wraps: bool) -> str:
    """The head of a column; a long one above numbers stands in several lines."""
    if isinstance(cell, Symbol) or not number or len(lines := _stacked(cell)) < 2:
        return _cell(cell, False, wraps)
    return r"\shortstack[r]{" + r" \\ ".join(map(words, lines)) + "}"


def _cell(cell: str | Symbol, number: bool, wraps: bool) -> str:
    if isinstance(cell, Symbol):
        return f"${maths(cell.text)}$" if cell.text else ""
    if number and re.fullmatch(r"-?(\d+(\.\d+)?|inf)", cell):
        return f"${cell.replace('inf', chr(92) + 'infty')}$"
    if number and (found := re.fullmatch(r"(-?\d\.\d+)e([+-])0*(\d+)", cell)):
        return rf"${found[1]} \times 10^{{{found[2].replace('+', '')}{found[3]}}}$"
    return rf"\raggedright {_breakable(cell)}" if wraps and cell else words(cell)


def _breakable(text: str) -> str:
    """Words of which a long one may go on in the next line."""
    pieces = []
    for part in re.split(r"(\s+)", text):
        cuts = range(0, len(part), _PIECE) if len(part) > _LONG else (0,)
        pieces.append(r"\hspace{0pt}".join(words(part[cut : cut + _PIECE] if len(cuts) > 1 else part) for cut in cuts))
    return "".join(pieces).replace(r"}\otherscript{", r"}\hspace{0pt}\otherscript{")
