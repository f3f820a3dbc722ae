"""Any text as LaTeX that pdflatex, XeLaTeX and LuaLaTeX compile with no packages: words escaped, symbols in maths.

Letters with accents become accents, Greek letters and signs maths. A letter that pdflatex has no font for, such as a
Chinese one, stands in `\\otherscript{U+6F22}{漢}` (`OTHER_SCRIPT` defines it): its number there, itself elsewhere.
"""

from __future__ import annotations

import unicodedata

OTHER_SCRIPT = r"\providecommand{\otherscript}[2]{\ifdefined\Umathchar #2\else #1\fi}"

_ESCAPED = {
    "%": r"\%", "&": r"\&", "_": r"\_", "#": r"\#", "$": r"\$", "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}", "\\": r"\textbackslash{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", '"': "''", "`": r"\textasciigrave{}",
}  # fmt: skip
_LETTERS = {
    "ß": r"\ss{}", "æ": r"\ae{}", "Æ": r"\AE{}", "œ": r"\oe{}", "Œ": r"\OE{}", "ø": r"\o{}", "Ø": r"\O{}",
    "ł": r"\l{}", "Ł": r"\L{}", "ı": r"\i{}", "–": "--", "—": "---", "‘": "`", "’": "'", "“": "``", "”": "''",
    "…": r"\ldots{}", "£": r"\pounds{}", "§": r"\S{}", "¶": r"\P{}", "©": r"\copyright{}", "€": r"\texteuro{}",
    "¡": "!`", "¿": "?`", "\u00a0": "~",
}  # fmt: skip
_ACCENTS = {
    "\u0300": "`", "\u0301": "'", "\u0302": "^", "\u0303": "~", "\u0308": '"', "\u030a": "r", "\u030c": "v",
    "\u0304": "=", "\u0306": "u", "\u0307": ".", "\u030b": "H", "\u0327": "c", "\u0323": "d", "\u0331": "b",
}  # fmt: skip
_SIGNS = {
    "°": r"^\circ", "×": r"\times", "·": r"\cdot", "−": "-", "±": r"\pm", "≤": r"\le", "≥": r"\ge", "≠": r"\ne",
    "≈": r"\approx", "∞": r"\infty", "√": r"\surd", "∑": r"\sum", "∏": r"\prod", "∂": r"\partial", "→": r"\to",
    "←": r"\leftarrow", "∈": r"\in", "∆": r"\Delta", "Ω": r"\Omega", "½": r"\frac{1}{2}", "¼": r"\frac{1}{4}",
    "¾": r"\frac{3}{4}", "÷": r"\div", "∝": r"\propto", "∇": r"\nabla", "∫": r"\int", "¬": r"\lnot", "µ": r"\mu",
    "✓": r"\surd", "●": r"\bullet", "•": r"\bullet",
}  # fmt: skip
_AS_LATIN = dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧο", "ABEZHIKMNOPTYXo", strict=True))
_GREEK = {"ς": r"\varsigma"}


def words(text: str) -> str:
    """Text for a sentence or a cell."""
    return "".join(map(_word, unicodedata.normalize("NFC", text.replace("--", "-\0-")))).replace("\0", "{}")


def maths(symbol: str) -> str:
    """A symbol such as σ² for the inside of `$…$`."""
    return "".join(_sign(letter) or _word(letter) for letter in unicodedata.normalize("NFC", symbol))


def _word(letter: str) -> str:
    known = _ESCAPED.get(letter) or _LETTERS.get(letter)
    if known is not None or letter == "\0" or (letter.isascii() and letter.isprintable()):
        return known or letter
    if sign := _sign(letter):
        return f"${sign}$"
    apart = unicodedata.normalize("NFD", letter)
    base, accents = apart[0], apart[1:]
    if base.isascii() and base.isalpha() and len(accents) == 1 and accents[0] in _ACCENTS:
        return f"\\{_ACCENTS[accents[0]]}{{{base}}}"
    if letter.isspace():
        return " "
    plain = base if base.isascii() and base.isalpha() else f"U+{ord(letter):04X}"
    return f"\\otherscript{{{plain}}}{{{letter}}}"


def _sign(letter: str) -> str:
    """A Greek letter, a sign, or a raised or lowered figure in maths; "" of any other."""
    if letter in _SIGNS or letter in _GREEK:
        return _SIGNS.get(letter) or _GREEK[letter]
    kind, _, number = unicodedata.decomposition(letter).partition(" ")
    if kind in ("<super>", "<sub>") and " " not in number and chr(int(number, 16)).isascii():
        return ("^" if kind == "<super>" else "_") + f"{{{chr(int(number, 16))}}}"
    base = unicodedata.normalize("NFD", letter)[0]
    if base in _AS_LATIN:
        return rf"\mathrm{{{_AS_LATIN[base]}}}"
    name = unicodedata.name(base, "").split(" ")
    if name[:2] == ["GREEK", "SMALL"] and name[2:3] == ["LETTER"] and len(name) == 4:
        return "\\" + {"lamda": "lambda"}.get(name[3].lower(), name[3].lower())
    if name[:3] == ["GREEK", "CAPITAL", "LETTER"] and len(name) == 4:
        return "\\" + {"lamda": "Lambda"}.get(name[3].lower(), name[3].capitalize())
    return ""
