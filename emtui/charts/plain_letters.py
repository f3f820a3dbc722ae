"""ASCII letters for the signs in our own words, one cell for one cell, so that nothing moves."""

from __future__ import annotations

import re
import unicodedata

from emtui.charts.colors import ASCII_MARKERS, MARKERS, MEAN_MARKER


def _spread(signs: str, letters: str) -> dict[int, str]:
    return {ord(sign): letter for sign, letter in zip(signs, letters, strict=True)}


def _all(signs: str, letter: str) -> dict[int, str]:
    return dict.fromkeys(map(ord, signs), letter)


def _lines() -> dict[int, str]:
    """Box drawing: what lies is -, what stands is |, what meets is +."""
    found = {}
    for code in range(0x2500, 0x2580):
        name = unicodedata.name(chr(code))
        directions = [word for word in ("HORIZONTAL", "VERTICAL", "LEFT", "RIGHT", "UP", "DOWN") if word in name]
        lies = set(directions) <= {"HORIZONTAL", "LEFT", "RIGHT"}
        stands = set(directions) <= {"VERTICAL", "UP", "DOWN"}
        found[code] = "-" if lies else "|" if stands else "+"
    return found | _spread("╱╲╳", "/\\X")


PLAIN: dict[int, str] = {
    **_all("".join(map(chr, range(0x25A0, 0x2600))), "o"),
    **_all("◽◾", "[]"),
    **_lines(),
    **_all("".join(map(chr, range(0x2581, 0x2590))), "#"),
    **_all("▔▏▎▍▌▕▐", "|"),
    **_all("".join(map(chr, range(0x2596, 0x25A0))), "#"),
    **_spread("▀▁▂▃▄░▒▓▔", '"_.-=.+*-'),
    **_all("".join(map(chr, range(0x2801, 0x2900))), "."),
    0x2800: " ",
    **_spread("".join(MARKERS), "".join(ASCII_MARKERS)),
    **_spread(f"{MEAN_MARKER}▶▸►▾◀◂◄◉◑◔◕", "+>>>v<<<@ccc"),
    **_spread("←↑→↓↕↔⇧", "<^>v|-^"),
    **_spread("−–—·•…×÷±", "---..~x/+"),
    **_spread("‘’“”„′ᵀ°§µ", "''\"\"\"''oSu"),
    **_spread("≈≠≤≥∝∈∘∞√∂∇∆∏∑∫⪰", "~!<>~e.IVdVDPSS>"),
    **_spread("‖⌊⌋⌈⌉†‡№", "|[][]++#"),
    **_spread("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ", "0123456789+-=()n"),
    **_spread("₀₁₂₃₄₅₆₇₈₉₊₋ₖₙ", "0123456789+-kn"),
    **_spread("αβγδεζηθικλμνξοπρςστυφχψω", "abgdezhtiklunxoprsstufxyw"),
    **_spread("ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩ", "ABGDEZHTIKLMNXOPRSTUFXYW"),
    **_spread("✎✓✔✗✘⏎↵⌫", "*++xx<<<"),
    **_spread("ẑ½", "zh"),
    ord("🔎"): "/ ",  # of two cells, as the letters for it
    **_all("\u0302\u0304", ""),
}
"""By code points, for `str.translate`. Letters of people's names and of other scripts are not among them."""

_TIMES = re.compile(r"(?<=[\w)])·(?=[\w(−.])")  # a full stop would make 0.2·1.5 another number


def plain(text: str) -> str:
    """`text` with our own signs as ASCII letters; what it says in other letters stays.

    >>> plain("−½ ‖L⁻¹(x − μ)‖² · é"), plain("╭─ K=3 ▸")
    ('-h |L-1(x - u)|2 . é', '+- K=3 >')
    >>> plain("0.99·1.106 · (0.7 − 0.9)·1")
    '0.99*1.106 . (0.7 - 0.9)*1'
    """
    return text if text.isascii() else _TIMES.sub("*", text).translate(PLAIN)
