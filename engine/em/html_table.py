"""Tables of what a notebook shows of values: text of the data is never markup, and nothing is loaded from elsewhere."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence

from engine.arrays import Array
from engine.em.value_text import arrays_in_part
from engine.text import clean

_LEFT = "text-align:left;vertical-align:top"


def safe(text: str, limit: int) -> str:
    """Text as text of a page, cut where it is long."""
    return html.escape(clean(text, limit))


def box(title: str, *parts: str) -> str:
    """What is shown of a value: its title, and the parts below it."""
    return f"<div><strong>{safe(title, 120)}</strong>{''.join(parts)}</div>"


def named_rows(rows: Iterable[str]) -> str:
    """A table of rows by `named_row`."""
    return f"<table><tbody>{''.join(rows)}</tbody></table>"


def named_row(name: str, value: str) -> str:
    """A name, and beside it a value that is HTML already."""
    return f'<tr><th style="{_LEFT};white-space:nowrap">{safe(name, 60)}</th><td style="{_LEFT}">{value}</td></tr>'


def array_rows(arrays: Mapping[str, Array]) -> list[str]:
    """A row for each array by its name and shape, large ones in part."""
    shown, rows = arrays_in_part(arrays), []
    for head, text in shown.values():
        lines = text.replace("\n" + (len(head) + 2) * " ", "\n")
        rows.append(named_row(head.removesuffix(": "), f'<pre style="margin:0">{html.escape(lines)}</pre>'))
    if len(arrays) > len(shown):
        rows.append(named_row("…", f"and {len(arrays) - len(shown)} arrays more"))
    return rows


def params_html(title: str, arrays: Mapping[str, Array]) -> str:
    """θ: its arrays by name and shape."""
    return box(title, named_rows(array_rows(arrays)))


def rows_html(title: str, about: Sequence[str], heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """The first rows of a table under its heads, and below them what there is to say."""
    above = "".join(f"<th>{safe(head, 40)}</th>" for head in heads)
    lines = "".join(f"<tr>{''.join(f'<td>{safe(cell, 40)}</td>' for cell in row)}</tr>" for row in rows)
    said = "".join(f"<div>{safe(line, 240)}</div>" for line in about)
    return box(title, f"<table><tbody><tr>{above}</tr>{lines}</tbody></table>", said)
