"""Words in letters that run from right to left, isolated, so that what stands around them keeps its place."""

from __future__ import annotations

import re

_RIGHT = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\U00010800-\U00010fff\U0001e800-\U0001efff"
_WORDS = re.compile(f"[{_RIGHT}]+(?:[ .,'\"-]+[{_RIGHT}]+)*")
_FIRST_STRONG, _END = "\u2068", "\u2069"  # Unicode Standard Annex 9, 2.6: they take no cell


def isolated(text: str) -> str:
    """`text` with its right-to-left words between marks.

    >>> isolated("a שלום 7") == "a \\u2068שלום\\u2069 7"
    True
    """
    return _WORDS.sub(lambda found: f"{_FIRST_STRONG}{found[0]}{_END}", text)
