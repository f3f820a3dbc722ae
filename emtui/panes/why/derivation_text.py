"""A derivation as lines of plain text: each formula, its numbers, and the result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.style import Style

from emtui.charts.cell_text import clean, fit, pad, wrapped
from emtui.charts.colors import Palette
from emtui.views.number_format import number, probability
from emtui.widgets.table_columns import Piece, TableCell, ink
from engine.em.row_text import RowName, row_number
from engine.explain.derivation import Operation, Worked, WorkedLine

_MOST_TERMS = 12
_MOST_FACTORS = 24  # of products, and pairs that are summed: a unit each
_WIDEST = 76  # cells: in a wider line a result stands too far from its formula
_DIGITS = 4
_WIDEST_NAME = 14  # cells
_LISTED_NAME = 3  # cells of what numbers side by side are called
_ANSWER_NAME, _ANSWER_CELL = 16, 7  # cells: the least for an answer's name, and what each component's number has
_DETAILS = ("part", "answer", "density")
_STRONG = ("evidence", "responsibility", "assignment", "prediction", "slope", "parameter")


def worked_lines(
    answer: Worked | str | None,
    names: Sequence[str],
    width: int,
    palette: Palette,
    *,
    of: str = "",
    said: Callable[[str], str] = str,
    row_name: RowName = row_number,
) -> tuple[TableCell, ...]:
    """The derivation in this width; a sentence as it is; None as a note that the answer is not there yet.

    names: what the components are called. of: what a parameter is called. said: a formula, or a remark, with the
    data's own names in it. row_name: what a row is called. A line that does not fit beside its formula stands below it,
    with the results under each other at the right.
    """
    width = min(width, _WIDEST)
    if answer is None:
        return ("computing …",)
    if isinstance(answer, str):
        return tuple(_wrapped(_sentence(answer), width))
    faint = Style(dim=True) if palette.mode != "truecolor" else ink(palette, palette.muted)
    first_words = [f"{answer.what}: {of or answer.name}"] if answer.subject == "parameter" else []
    first_words += [_sentence(said(answer.remark))] if answer.remark else []
    lines: list[TableCell] = [((text, faint),) for part in first_words for text in _wrapped(part, width)]
    first, details = _main_and_details(answer)
    page = _DerivationPage(
        names, width, palette, faint, heads=answer.subject != "parameter", said=said, row_name=row_name
    )
    lines += page.written(first)
    if details:
        lines += [(("where", faint),), *page.written(details)]
    return tuple(lines)


def _main_and_details(answer: Worked) -> tuple[list[WorkedLine], list[WorkedLine]]:
    """For a row: the lines that lead to its responsibilities, then those that explain the densities in them."""
    details = [line for line in answer.lines if line.role in _DETAILS and answer.subject != "parameter"]
    first = [line for line in answer.lines if line not in details]
    return (first, details) if first else (details, [])


@dataclass(frozen=True)
class _DerivationPage:
    """How lines are written: the components' names, the width, the colours, whether a component heads its lines,
    formulas with the data's names in them, and the names of rows."""

    names: Sequence[str]
    width: int
    palette: Palette
    faint: Style
    heads: bool
    said: Callable[[str], str] = str
    row_name: RowName = row_number

    def written(self, lines: Sequence[WorkedLine]) -> list[TableCell]:
        """Lines of one formula for several components, rows or classes go below it; others below their component."""
        made: list[TableCell] = []
        component: int | None = None
        for place, (plain, group) in enumerate(groups := _groups(lines)):
            formula = self.said(plain)
            if group[0].role == "answer" and self.width >= _ANSWER_NAME + _ANSWER_CELL * len(group):
                if not place or groups[place - 1][1][0].role != "answer":
                    made.append(self._answer_heads(group))
                made.append(self._answer_row(formula, group))
                continue
            if len(group) > 1 or group[0].row is not None or group[0].target is not None:
                made += [((text, self.faint),) for text in _wrapped(formula, self.width)]
                room = max(cell_len(self._who(line)) for line in group)
                for line in group:
                    made += self._line(line, f"{pad(self._who(line), room)} ", "")
                component = None
                continue
            [line] = group
            if self.heads and line.component is not None and line.component != component:
                made.append(((fit(self._who(line), self.width), self._ink(line.component)),))
            component = line.component
            made += self._line(line, "  " if self.heads and component is not None else "", formula)
        return made

    def _answer_heads(self, group: Sequence[WorkedLine]) -> TableCell:
        """The components above their columns."""
        room = self.width - _ANSWER_CELL * len(group)
        heads = ((fit(self._who(one), _ANSWER_CELL - 1), self._ink(one.component)) for one in group)
        pieces = ((" " * (_ANSWER_CELL - cell_len(text)) + text, style) for text, style in heads)
        return ((" " * room, Style()), *pieces)

    def _answer_row(self, formula: str, group: Sequence[WorkedLine]) -> TableCell:
        """An answer by its name, and p or 1 − p of each component beside it."""
        room = self.width - _ANSWER_CELL * len(group)
        name, colon, said = formula.rpartition(":")
        if room - cell_len(said) < _ANSWER_NAME:
            said = said.partition(",")[0]
        text = f"{fit(name, room - cell_len(said) - 2)}:{said}" if colon else fit(formula, room - 1)
        numbers = "".join(_small(one.result).rjust(_ANSWER_CELL) for one in group)
        return ((pad(text, room), self.faint), (numbers, Style()))

    def _who(self, line: WorkedLine) -> str:
        """The row, the class or the component that a line belongs to."""
        if line.row is not None:
            return fit(clean(self.row_name(line.row)), _WIDEST_NAME)
        if line.target is not None:
            return fit(clean(self.said(f"class {line.target}")), _WIDEST_NAME)
        component = line.component
        if component is None:
            return ""
        name = clean(self.names[component]) if component < len(self.names) else str(component + 1)
        return f"{self.palette.marker(component)} {fit(name, _WIDEST_NAME)}"

    def _ink(self, component: int | None) -> Style:
        return Style() if component is None else ink(self.palette, self.palette.color(component), bold=True)

    def _line(self, line: WorkedLine, head: str, formula: str) -> list[TableCell]:
        """One line of the derivation: beside its formula if there is room, else below it."""
        said, result, width = expression(line), number(line.result, _DIGITS), self.width
        if line.operation == "listed":
            indent = "  " if self.heads and line.component is not None else ""
            text = f"{pad(formula, _LISTED_NAME)} = {said}"
            texts = [indent + text] if cell_len(indent + text) <= width else _wrapped(text, width, indent)
            return [((text, Style()),) for text in texts]
        strong = Style(bold=line.role in _STRONG or None)
        color = self._ink(line.component) if head.strip() else self.faint
        parts = " = ".join(part for part in (formula, said) if part)
        if cell_len(head + parts) + cell_len(result) + 3 <= width:
            pieces = ((head, color), (formula, self.faint), (parts[len(formula) :], Style()))
            return [_with_result(pieces, result, width, strong)]
        made: list[TableCell] = []
        if head.strip():
            made.append(((fit(head.rstrip(), width), color),))
        if formula:
            made += [((text, self.faint),) for text in _wrapped(formula, width, head if not head.strip() else "")]
        texts = _wrapped(said, width, "    ") if said else [""]
        if cell_len(texts[-1]) + cell_len(result) + 3 > width:
            texts.append("")
        return [*made, *texts[:-1], _with_result(((texts[-1], Style()),), result, width, strong)]


def _groups(lines: Sequence[WorkedLine]) -> list[tuple[str, list[WorkedLine]]]:
    """Group consecutive lines that apply the same formula to one component, row or class after another."""
    groups: list[tuple[str, list[WorkedLine]]] = []
    for line in lines:
        formula = _formula(line)
        last = groups[-1] if groups else ("", [])
        others = [_belonging(other) for other in last[1]]
        own = _belonging(line)
        if formula == last[0] and own != _NOBODY and _NOBODY not in others and own not in others:
            last[1].append(line)
        else:
            groups.append((formula, [line]))
    return groups


_NOBODY = (None, None, None)


def _belonging(line: WorkedLine) -> tuple[int | None, int | None, int | None]:
    """The component, the row and the class that a line belongs to."""
    return line.component, line.row, line.target


def _with_result(pieces: tuple[Piece, ...], result: str, width: int, style: Style) -> TableCell:
    used = sum(cell_len(text) for text, _ in pieces)
    return (*pieces, (" " * max(1, width - used - cell_len(result) - 2), Style()), (f"= {result}"[-width:], style))


def _formula(line: WorkedLine) -> str:
    formula = clean(line.formula)
    return f"ln {formula}" if line.log and "ln" not in formula else formula


def expression(line: WorkedLine) -> str:
    """The formula with its numbers, "0.33 · 0.012"; "" for a single number by itself."""
    return "" if line.operation == "value" else _WRITTEN[line.operation](line.numbers)


def _small(value: float) -> str:
    """A probability with three decimals, one digit of a smaller one."""
    return probability(value) if value >= 5e-4 or value == 0 else number(value, 1)


def _n(value: float) -> str:
    text = number(value, _DIGITS)
    return f"({text})" if value < 0 else text


def _terms(texts: Sequence[str], sign: str, most: int = _MOST_TERMS) -> str:
    """The terms with a sign between them; if there are very many, the first ones and the number of the others."""
    shown = list(texts[:most])
    if len(texts) > len(shown):
        shown.append(f"… {len(texts) - len(shown)} more")
    return (f" {sign} " if sign else " ").join(shown)


def _sum(numbers: Sequence[float]) -> str:
    """a + b − c."""
    texts = [number(value, _DIGITS) for value in numbers[:_MOST_TERMS]]
    said = texts[0] if texts else "0"
    for value, text in zip(numbers[1:], texts[1:], strict=False):
        said += f" − {text[1:]}" if value < 0 else f" + {text}"
    more = len(numbers) - len(texts)
    return f"{said} + … {more} more" if more > 0 else said


def _difference(numbers: Sequence[float]) -> str:
    return f"{number(numbers[0], _DIGITS)} − {_n(numbers[1])}"


def _in_pairs(numbers: Sequence[float], sign: str, between: str, most: int = _MOST_TERMS) -> str:
    pairs = zip(numbers[::2], numbers[1::2], strict=True)
    return _terms([f"{_n(a)}{sign}{_n(b)}" for a, b in pairs], between, most)


_WRITTEN: dict[Operation, Callable[[Sequence[float]], str]] = {
    "product": lambda numbers: _terms([_n(value) for value in numbers], "·", _MOST_FACTORS),
    "sum": _sum,
    "pairs": lambda numbers: _in_pairs(numbers, "·", "+", _MOST_FACTORS),
    "difference": lambda numbers: _difference(numbers),
    "quotient": lambda numbers: f"{number(numbers[0], _DIGITS)} / {_n(numbers[1])}",
    "powers": lambda numbers: _in_pairs(numbers, "^", "·"),
    "exp": lambda numbers: f"exp({_sum(numbers)})",
    "normal": lambda numbers: f"exp(−½ ({_sum(numbers)}))",
    "log_normal": lambda numbers: f"−½ ({_sum(numbers)})",
    "sigmoid_of_pairs": lambda numbers: f"σ({_in_pairs(numbers, '·', '+', _MOST_FACTORS)})",
    "softmax": lambda numbers: f"e^{_n(numbers[0])} / ({_terms([f'e^{_n(value)}' for value in numbers[1:]], '+')})",
    "deviation": lambda numbers: "·".join([f"({_difference(numbers)})", *map(_n, numbers[2:])]),
    "sigmoid": lambda numbers: f"σ({_sum(numbers)})",
    "squared_deviations": lambda numbers: _terms(
        [
            f"({_difference((x, m))})²/{_n(v)}"
            for x, m, v in zip(numbers[::3], numbers[1::3], numbers[2::3], strict=True)
        ],
        "+",
    ),
    "listed": lambda numbers: _terms([f"{number(value, _DIGITS):>8}" for value in numbers], "", _MOST_FACTORS),
    "log_sum_exp": lambda numbers: f"ln({_terms([f'e^{_n(value)}' for value in numbers], '+')})",
}


def _wrapped(text: str, width: int, indent: str = "") -> list[str]:
    if width <= len(indent) + 4:
        indent = ""
    return [indent + part for part in wrapped(text, width - len(indent))] or [""]


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}".rstrip(".") + "."
