"""Text that came from outside: made safe to show on one line of a terminal, and forgiving of slips of the keyboard."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable

# What a terminal obeys rather than shows (ECMA-48): strings such as a window's title, control sequences such as
# a colour, and two-character escapes; in their 7-bit form (ESC and a letter) or their 8-bit form (C1).
_TERMINAL_STRING = r"(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f]).*?(?:\x07|\x1b\\|\x9c|$)"
_CONTROL_SEQUENCE = r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"
_OTHER_ESCAPE = r"\x1b[ -/]*[0-~]?"
_ESCAPES = re.compile(f"{_TERMINAL_STRING}|{_CONTROL_SEQUENCE}|{_OTHER_ESCAPE}", re.DOTALL)


def clean(text: str, limit: int | None = None) -> str:
    """`text` as one printable line: no control or escape sequences, bidi overrides or line breaks.

    Runs of white space become one space, ends are stripped, and composed forms (NFC) are used, so that names typed
    on one system match names written on another; the result is `str.isprintable()`. Longer than `limit` characters:
    cut, and "…" put in the place of the last one.
    """
    if not (text.isascii() and text.isprintable()):
        text = _ESCAPES.sub("", text)
        spaced = "".join(" " if c.isspace() else c for c in text)
        # Control and format characters (bidi overrides, zero-width joiners), lone surrogates and the like have no
        # picture of their own, or change the picture of their neighbours.
        text = unicodedata.normalize("NFC", "".join(c for c in spaced if c.isprintable()))
    text = " ".join(text.split())
    if limit is not None and len(text) > limit:
        return text[: limit - 1].rstrip() + "…"
    return text


def quoted(text: str, limit: int = 40) -> str:
    """`text` cleaned, cut to `limit` characters and put in quotes, for use inside a sentence."""
    return f"'{clean(text, limit)}'"


def nearest(word: str, choices: Iterable[str], count: int = 3) -> tuple[str, ...]:
    """Up to `count` of the `choices` that look most like `word`, best first, whatever the case of the letters."""
    by_folded = {choice.casefold(): choice for choice in choices}
    matches = difflib.get_close_matches(word.casefold(), by_folded, n=count, cutoff=0.5)
    return tuple(by_folded[match] for match in matches)


def did_you_mean(word: str, choices: Iterable[str], otherwise: str = "", *, count: int = 1) -> str:
    """ "did you mean gmm?" with up to `count` of the `choices` that look like `word`; `otherwise` where none does."""
    near = nearest(word, choices, count)
    return f"did you mean {' or '.join(near)}?" if near else otherwise


def unique_names(names: Iterable[str], fallback: str, limit: int = 60) -> tuple[str, ...]:
    """The `names`, cleaned, none empty and none twice.

    An empty name becomes `fallback` and its number ("column 3"); the second "a" becomes "a (2)".
    """
    seen: set[str] = set()
    result: list[str] = []
    for number, name in enumerate(names, start=1):
        base = clean(name, limit) or f"{fallback} {number}"
        candidate, copy = base, 1
        while candidate in seen:
            copy += 1
            candidate = f"{base} ({copy})"
        seen.add(candidate)
        result.append(candidate)
    return tuple(result)
