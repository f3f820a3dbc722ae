"""Values of the words after `emtui`: each is parsed, or refused by an ArgumentTypeError that says what to write."""

from __future__ import annotations

import csv
import math
from argparse import ArgumentTypeError
from collections.abc import Callable

from emtui.spec.read_options import DECIMAL_WORDS, NO_COMMENT, delimiter_from


def whole(minimum: int) -> Callable[[str], int]:
    """A parser of whole numbers of at least `minimum`."""

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = minimum - 1
        if number < minimum:
            raise ArgumentTypeError(f"needs a whole number of at least {minimum}, not {quoted(text)}")
        return number

    return read


def size(text: str) -> int:
    """A whole number of at least 1; several are the layers of a network, which are set elsewhere."""
    parts = text.strip("()").split(",")
    if len(parts) > 1 and all(part.strip().isdecimal() for part in parts):
        layers = ",".join(part.strip() for part in parts)
        raise ArgumentTypeError(
            f"needs one whole number, not {quoted(text)}: several hidden layers are --set hidden_units={layers}"
        )
    return whole(1)(text)


def tolerance(text: str) -> float:
    """A finite number of at least 0."""
    return _number(text, math.inf, "a number of at least 0, such as 1e-6")


def share(text: str) -> float:
    """A number from 0 to below 1."""
    return _number(text, 1.0, "a share of at least 0 and below 1, such as 0.4")


def _number(text: str, end: float, wanted: str) -> float:
    """The number that is written, from 0 to below `end`."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 <= number < end:
        raise ArgumentTypeError(f"needs {wanted}, not {quoted(text)}")
    return number


def delimiter(text: str) -> str:
    """The character between cells, or the word for it."""
    character = delimiter_from(text)
    if character is None:
        raise ArgumentTypeError(
            f"needs one character, or comma, semicolon, tab, bar, space or aligned, not {quoted(text)}"
        )
    return character


def decimal(text: str) -> str:
    """The decimal mark, or the word for it."""
    mark = DECIMAL_WORDS.get(text.lower(), text)
    if mark not in (".", ","):
        raise ArgumentTypeError(f"needs . or , and not {quoted(text)}")
    return mark


def comment(text: str) -> str:
    """What comments begin with; "" for none."""
    if not text.strip() or text != text.strip() or '"' in text:
        raise ArgumentTypeError(f"needs a mark such as #, or none, and not {quoted(text)}")
    return "" if text.lower() == NO_COMMENT else text


def missing_word(text: str) -> str:
    """A word for a missing value."""
    if not text.strip():
        raise ArgumentTypeError("needs a word, such as unknown: an empty cell counts as missing anyway")
    return text.strip()


def setting(text: str) -> tuple[str, str]:
    """KEY and VALUE of KEY=VALUE."""
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        message = f"needs KEY=VALUE, such as covariance_type=tied, not {quoted(text)}; emtui models lists the options"
        raise ArgumentTypeError(message)
    return key.strip(), value


def theme(text: str) -> str:
    """The name of a theme, ours or Textual's."""
    from textual.theme import BUILTIN_THEMES

    from emtui.settings.themes import OURS

    names = [*(own.name for own in OURS), *sorted(BUILTIN_THEMES)]
    if text not in names:
        raise ArgumentTypeError(f"has no {quoted(text)}: choose {', '.join(names[:-1])} or {names[-1]}")
    return text


def split_columns(text: str) -> tuple[str, ...]:
    """The column names in `A,B`; a name with a comma in it stands in double quotes, as in a CSV file."""
    try:
        rows = list(csv.reader([text], strict=True, skipinitialspace=True))
    except csv.Error:
        rows = []
    names = tuple(name.strip() for name in rows[0]) if rows else ()
    if not names or not all(names):
        raise ArgumentTypeError(f"needs column names with commas between them, not {quoted(text)}")
    return names


def quoted(text: str, limit: int = 60) -> str:
    """`text` in quotes, short; control characters are removed when the sentence is printed."""
    return f"'{text if len(text) <= limit else text[: limit - 1] + '…'}'"
