"""How a file is written, where the user says so; in words for the shell, and as the options of `read_table`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

DELIMITER_WORDS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|", "space": " ", "\\t": "\t"}
DECIMAL_WORDS = {"point": ".", "comma": ","}
_WORD_OF = {"\t": "tab", " ": "space"}  # what can't be seen is named


def delimiter_from(text: str) -> str | None:
    """The character that the words stand for; None where they are none, and no single character either."""
    character = DELIMITER_WORDS.get(text.lower(), text)
    return None if len(character) != 1 or character in '"\r\n\0' else character


def delimiter_word(character: str) -> str:
    """What people call it, or the character itself."""
    return next((word for word, stands_for in DELIMITER_WORDS.items() if stands_for == character), character)


@dataclass(frozen=True, kw_only=True)
class ReadOptions:
    """Encoding, delimiter, decimal mark ("." or ",") and header of a file; None where it is told from the file."""

    encoding: str | None = None
    delimiter: str | None = None
    decimal: str | None = None
    header: bool | None = None

    @property
    def said(self) -> bool:
        """The user said something of it."""
        return self != ReadOptions()

    def options(self) -> dict[str, Any]:
        """What was said, as keywords of `engine.read_table`."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    def words(self) -> list[str]:
        """What was said, as words of the shell; a value that looks like an option is tied to its name."""
        words = [] if self.encoding is None else [f"--encoding={self.encoding}"]
        if self.delimiter is not None:
            words.append(f"--delimiter={_WORD_OF.get(self.delimiter, self.delimiter)}")
        if self.decimal is not None:
            words.append(f"--decimal={self.decimal}")
        if self.header is not None:
            words.append("--header" if self.header else "--no-header")
        return words


AS_DETECTED = ReadOptions()
