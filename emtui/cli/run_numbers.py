"""Numbers as `emtui run` prints them; minus signs are plain hyphens, so that other programs can read them."""

from __future__ import annotations

import math


def number(value: float) -> str:
    """A log-likelihood or the like: up to ten significant digits, at most six decimals."""
    return fixed(value, decimals_for(value))


def fixed(value: float, decimals: int) -> str:
    """With this many decimals; "-" where there is no number, an exponent where it is too wide, never "-0.000"."""
    if math.isnan(value):
        return "-"
    if math.isinf(value) or abs(value) >= 1e12:
        return f"{value:z.6e}" if math.isfinite(value) else ("inf" if value > 0 else "-inf")
    return f"{value:z.{decimals}f}"


def significant(value: float, largest: float, apart: float = 0.0) -> str:
    """A parameter: four decimals where they say something, an exponent else; 0 if it is rounding beside `largest`.

    apart: how far apart the numbers beside it are, where an exponent needs more digits to show that.
    """
    if not math.isfinite(value) or abs(value) <= 1e-14 * largest:
        return fixed(value, 4) if not math.isfinite(value) else "0.0000"
    if 1e-3 <= abs(value) < 1e6:
        return fixed(value, 4)
    needed = 3 + math.ceil(math.log10(largest / apart)) if 0 < apart < math.inf and largest < math.inf else 4
    return f"{value:z.{min(16, max(4, needed))}e}"


def signed(value: float, decimals: int) -> str:
    """A change, with its sign; by an exponent where these decimals would show none."""
    text = fixed(value, decimals)
    if abs(value) > 0 and not text.strip("-0."):  # it is neither 0 nor nan
        text = f"{value:z.1e}"
    return f"+{text}" if value > 0 else text


def decimals_for(value: float) -> int:
    """How many decimals `number` gives."""
    if not math.isfinite(value) or abs(value) < 1e4:
        return 6
    return max(0, 9 - math.floor(math.log10(abs(value))))
