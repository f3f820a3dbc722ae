"""Caps lock changes what is typed into a field, and no key: `m` takes the M-step, whatever the lock.

A terminal with the kitty protocol tells the letter, the locks and the shift key apart
(https://sw.kovidgoyal.net/kitty/keyboard-protocol/#modifiers); of other terminals only the letter comes.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any

from textual import events
from textual._xterm_parser import XTermParser

_LETTER = re.compile(r"\x1b\[(\d+)(?::\d*)*;(\d+)(?::\d+)?(?:;[\d:]*)?u")
_SHIFT, _CAPS_LOCK, _NUM_LOCK = 1, 64, 128
_METHOD = "_parse_extended_key"


@functools.cache
def ignore_for_keys() -> None:
    """Let the names of keys come from the letter and from shift alone."""
    before: Any = vars(XTermParser).get(_METHOD)
    if before is not None:
        setattr(XTermParser, _METHOD, _without(before))


def _without(before: Callable[[Any, str], list[events.Key] | None]) -> Callable[[Any, str], list[events.Key] | None]:
    def parse(parser: Any, sequence: str) -> list[events.Key] | None:
        keys = before(parser, sequence)
        letter = _locked_letter(sequence)
        if keys is None or letter is None or len(keys) != 1:
            return keys
        return [events.Key(letter, keys[0].character)]

    return parse


def _locked_letter(sequence: str) -> str | None:
    """The letter that was pressed, in the case that shift gives it; None where caps lock is off, or it is none."""
    found = _LETTER.fullmatch(sequence)
    if found is None:
        return None
    letter, modifiers = chr(int(found[1])), int(found[2]) - 1
    if not letter.isalpha() or not modifiers & _CAPS_LOCK or modifiers & ~(_SHIFT | _CAPS_LOCK | _NUM_LOCK):
        return None
    return letter.upper() if modifiers & _SHIFT else letter.lower()
