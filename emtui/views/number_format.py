"""Numbers as the app shows them: a real minus sign, digits by magnitude, never "-0.000", widths that don't jump."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

MINUS = "−"
UP, DOWN = "▲", "▼"
MISSING = "–"
_WIDE, _TINY = 1e9, 1e-4
_WIDEST_COLUMN = 1e13


def fixed(value: float, decimals: int = 3) -> str:
    """With this many decimals: −182.341; a value that rounds to zero has no sign; not finite: "–" or "∞".

    Values too wide for a column are written with an exponent, 1.2e+150.
    """
    if not math.isfinite(value):
        return _not_finite(value)
    if abs(value) >= _WIDEST_COLUMN:
        return _exponent(value, 4, trim=False)
    text = f"{abs(value):.{max(0, decimals)}f}"
    return f"{MINUS}{text}" if value < 0 and _is_not_zero(text) else text


def number(value: float, digits: int = 3) -> str:
    """With this many significant digits and no zeros for show: 0.31, 14, 1234, 100,000, 3.2e−07, 1.2e+150."""
    if not math.isfinite(value):
        return _not_finite(value)
    if value == 0:
        return "0"
    if not _TINY <= abs(value) < _WIDE:
        return _exponent(value, digits)
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    text = f"{abs(value):{_separator(value)}.{decimals}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return (MINUS if value < 0 else "") + text


def amount(value: float) -> str:
    """A log-likelihood or the like: three decimals in the usual range, exponents beyond: −182.341, −1.2e+150."""
    if not math.isfinite(value) or value == 0:
        return fixed(value, 3)
    if not 1e-2 <= abs(value) < _WIDE:
        return number(value, 4)
    return (MINUS if value < 0 else "") + f"{abs(value):{_separator(value)}.3f}"


def signed(value: float, digits: int = 3) -> str:
    """A change with its sign: +3.21, −0.4, 0."""
    text = number(value, digits)
    return f"+{text}" if value > 0 else text


def from_to(before: float, after: float) -> str:
    """Two numbers with digits enough to differ: "1 to 1.1889", "2.66336 to 2.66337"."""
    change, size = abs(after - before), max(abs(before), abs(after))
    digits = 4 if change <= 0 else min(12, max(4, 2 + math.ceil(math.log10(size / change))))
    return f"{number(before, digits)} to {number(after, digits)}"


def delta(value: float, decimals: int = 3) -> str:
    """A change by an arrow and its size: ▲0.520, ▼0.013; "" where it rounds to nothing."""
    text = fixed(abs(value), decimals)
    if not _is_not_zero(text):
        return ""
    return (UP if value > 0 else DOWN) + text


def probability(value: float, decimals: int = 3) -> str:
    """A number from 0 to 1 without the leading 0: .333, 1.000."""
    text = fixed(value, decimals)
    return text[1:] if text.startswith("0.") else text


def probabilities_apart(before: float, after: float) -> tuple[str, str]:
    """Two probabilities with digits enough to see a change: .713, .79674."""
    change = abs(after - before)
    decimals = 3 if change >= 1e-3 else min(7, 2 - math.floor(math.log10(max(change, 1e-7))))
    return probability(float(before), decimals), probability(float(after), decimals)


def share(hits: float, total: float) -> str:
    """145/150 .967; of weighed rows 96.5/102 .946"""
    return f"{count(hits)}/{count(total)} {probability(hits / total)}" if total else "0/0"


def percent(value: float) -> str:
    """A share or a ratio as a percentage: 0.3 is "30 %", 0.004 is "0.4 %"."""
    return f"{number(100 * value, 2)} %"


def count(value: float) -> str:
    """A number of things: 1,234; with a decimal where it is not whole, 1.8; "fewer than 0.1" never hides as 0."""
    if not math.isfinite(value):
        return _not_finite(value)
    rounded = round(value, 1)
    return f"{value:z,.0f}" if abs(value) >= 100 or rounded == int(rounded) else f"{rounded:z,.1f}"


def plural(value: float, one: str, many: str | None = None) -> str:
    """1 row, 3 rows, 1.8 rows."""
    text = count(value)
    return f"{text} {one if text == '1' else (many or one + 's')}"


def listed(words: Sequence[str]) -> str:
    """a; a and b; a, b and c."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


@dataclass(frozen=True)
class NumberFormat:
    """How a column writes its numbers: one choice for all steps, so that digits stay where they are.

    decimals: after the point, or None for exponents with this many significant digits.
    """

    decimals: int | None = 3
    digits: int = 4

    def text(self, value: float) -> str:
        """The number: 1.462, −0.031, 1.462e+150."""
        if self.decimals is not None or not math.isfinite(value):
            return fixed(value, self.decimals or 0)
        return "0" if value == 0 else _exponent(value, self.digits, trim=False)

    def delta(self, value: float) -> str:
        """The change: ▲0.031; "" where it rounds to nothing."""
        if self.decimals is not None:
            return delta(value, self.decimals)
        return "" if value == 0 or math.isnan(value) else (UP if value > 0 else DOWN) + self.text(abs(value))


@lru_cache(maxsize=4096)
def format_for(spread: float, magnitude: float = 0.0) -> NumberFormat:
    """A column's format from the data alone: it shows about a thousandth of the spread.

    spread: the column's standard deviation or the like. magnitude: its largest absolute value.
    """
    magnitude = max(abs(magnitude), spread) if math.isfinite(magnitude) else spread
    if not math.isfinite(spread) or spread <= 0:
        spread = magnitude
    if not math.isfinite(spread) or spread <= 0:
        return NumberFormat()
    decimals = round(3 - math.log10(spread))
    if decimals <= 9 and magnitude < _WIDEST_COLUMN / 10:
        return NumberFormat(max(0, decimals))
    span = math.floor(math.log10(magnitude)) - math.floor(math.log10(spread))
    return NumberFormat(None, min(12, 4 + span))


def aligned(texts: Sequence[str]) -> tuple[str, ...]:
    """The texts padded on the left to the longest."""
    width = max(map(len, texts), default=0)
    return tuple(text.rjust(width) for text in texts)


def _separator(value: float) -> str:
    """Thousands are set apart from six digits on, where digits are hard to count."""
    return "," if abs(value) >= 99_999.5 else ""


def _exponent(value: float, digits: int, trim: bool = True) -> str:
    mantissa, _, power = f"{abs(value):.{max(0, digits - 1)}e}".partition("e")
    if trim and "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    sign = power[0].replace("-", MINUS)
    return f"{MINUS if value < 0 else ''}{mantissa}e{sign}{power[1:]}"


def _not_finite(value: float) -> str:
    if math.isnan(value):
        return MISSING
    return "∞" if value > 0 else f"{MINUS}∞"


def _is_not_zero(text: str) -> bool:
    return any(digit in text for digit in "123456789∞")


def decimals_apart(values: Sequence[float]) -> int:
    """Three decimals, or as many more, up to six, as tell the largest of the values from the others."""
    known = [value for value in values if math.isfinite(value)]
    for decimals in (3, 4, 5):
        texts = [fixed(value, decimals) for value in known]
        if not texts or texts.count(fixed(max(known), decimals)) == 1:
            return decimals
    return 6


def as_in_app(text: str) -> str:
    """Words of the shell with numbers as the app has them: a true minus, and 134586.2 without a comma; 9,000 rows stay.

    A measured number is told from a count by its point, its sign, or by standing alone.
    """
    text = re.sub(r"(?<![\w.)\]-])-(?=\.?\d|inf\b)", MINUS, text)
    text = re.sub(r"(?<=\de)-(?=\d)", MINUS, text)
    measured = rf"(?<![\w.,]){MINUS}\d{{1,3}}(?:,\d{{3}})+|(?<![\w.,])\d{{1,3}}(?:,\d{{3}})+(?=\.\d)"
    whole = rf"{MINUS}?\d{{1,3}}(?:,\d{{3}})+"
    if re.fullmatch(whole, text):
        return text.replace(",", "")
    return re.sub(measured, lambda found: found[0].replace(",", ""), text)
