"""How a file is written: the words for it in the shell and in fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.data.data_spec import ReadOptions

DELIMITER_WORDS = {
    "comma": ",",
    "semicolon": ";",
    "tab": "\t",
    "bar": "|",
    "space": " ",
    "aligned": "aligned",
    "\\t": "\t",
}
DECIMAL_WORDS = {"point": ".", "comma": ","}
NO_COMMENT = "none"
_WORD_OF = {"\t": "tab", " ": "space"}  # invisible characters have names


def delimiter_from(text: str) -> str | None:
    """The character that the words stand for, or "aligned"; None where they are none, and no character either."""
    character = DELIMITER_WORDS.get(text.lower(), text)
    if character == "aligned":
        return character
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
    if options.skip is not None:
        words.append(f"--skip={options.skip}")
    if options.comment is not None:
        words.append(f"--comment={options.comment or NO_COMMENT}")
    words += [f"--missing={word}" for word in options.missing_marks or ()]
    if options.sheet is not None:
        words.append(f"--sheet={options.sheet}")
    return words
