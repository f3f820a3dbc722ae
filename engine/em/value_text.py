"""What values show of themselves in a Python session: at most a screen, and nothing is computed for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from engine.arrays import Array
from engine.text import clean

_WIDTH = 78
_MOST_LINES = 16  # of arrays
_MOST_ARRAYS = 16
_EDGES = (20, 6, 3, 2, 1)  # entries that are shown at both ends of an axis


def arrays_text(title: str, arrays: Mapping[str, Array]) -> str:
    """The title, and under it the arrays with their names and shapes; large ones in part."""
    texts = arrays_in_part(arrays)
    more = [f"  … and {len(arrays) - len(texts)} more"] if len(arrays) > len(texts) else []
    return "\n".join([title, *(f"  {head}{text}" for head, text in texts.values()), *more])


def arrays_in_part(arrays: Mapping[str, Array]) -> dict[str, tuple[str, str]]:
    """The name and shape of each array, and its numbers, as many of them as fit a screen together."""
    left, texts = _MOST_LINES, {}
    shown = dict(list(arrays.items())[:_MOST_ARRAYS])
    for number, (name, array) in enumerate(sorted(shown.items(), key=lambda item: item[1].size)):
        head = f"{name}{' × '.join(map(str, array.shape)).join((' (', ')')) if array.ndim else ''}: "
        texts[name] = head, array_text(array, left // (len(shown) - number), len(head) + 2)
        left -= texts[name][1].count("\n") + 1
    return {name: texts[name] for name in shown}


def array_text(array: Array, most_lines: int, indent: int) -> str:
    """The numbers, as many of them as fit so many lines; from the smallest to the largest where no part does."""
    for edge in _EDGES:
        with np.printoptions(threshold=0, edgeitems=edge, precision=6):
            text = np.array2string(array, max_line_width=_WIDTH - indent, separator=" ")
        lines = [line for line in text.split("\n") if line.strip()]
        if len(lines) <= max(1, most_lines):
            return ("\n" + indent * " ").join(lines)
    return f"from {array.min():z.6g} to {array.max():z.6g}"


def with_lines(title: str, lines: Sequence[str]) -> str:
    """The title, and under it each line, cut where it is long."""
    return "\n".join([title, *(f"  {clean(line, 2 * _WIDTH)}" for line in lines if line)])
