"""How a file is written: the words for it in the shell and in fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.data.data_spec import ReadOptions

DELIMITER_WORDS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|", "space": " ", "\\t": "\t"}
DECIMAL_WORDS = {"point": ".", "comma": ","}
_WORD_OF = {"\t": "tab", " ": "space"}  # invisible characters have names


def delimiter_from(text: str) -> str | None:
    """The character that the words stand for; None where they are none, and no single character either."""
    character = DELIMITER_WORDS.get(text.lower(), text)
    return None if len(character) != 1 or character in '"\r\n\0' else character


def delimiter_word(character: str) -> str:
    """What people call it, or the character itself."""
    return next((word for word, stands_for in DELIMITER_WORDS.items() if stands_for == character), character)


def read_option_words(options: ReadOptions) -> list[str]:
    """The options that are given, as words of the shell."""
    words = [] if options.encoding is None else [f"--encoding={options.encoding}"]
    if options.delimiter is not None:
        words.append(f"--delimiter={_WORD_OF.get(options.delimiter, options.delimiter)}")
    if options.decimal is not None:
        words.append(f"--decimal={options.decimal}")
    if options.header is not None:
        words.append("--header" if options.header else "--no-header")
    return words
