"""One line of text being typed, as a value: what each key makes of it. No screen here."""

from __future__ import annotations

from dataclasses import dataclass

from engine.text import clean


@dataclass(frozen=True)
class LineEdit:
    """The text and where the cursor stands in it, 0 to len(text)."""

    text: str = ""
    cursor: int = 0

    @classmethod
    def at_end(cls, text: str) -> LineEdit:
        """This text, with the cursor behind it."""
        return cls(text, len(text))

    def insert(self, typed: str) -> LineEdit:
        """With `typed` at the cursor; what is no visible text (control characters, line ends) is left out."""
        typed = typed if typed.isspace() and len(typed) == 1 and typed.isprintable() else clean(typed)
        return LineEdit(self.text[: self.cursor] + typed + self.text[self.cursor :], self.cursor + len(typed))

    def move(self, by: int) -> LineEdit:
        """With the cursor moved, kept within the text."""
        return self.go_to(self.cursor + by)

    def go_to(self, place: int) -> LineEdit:
        """With the cursor there, kept within the text."""
        return LineEdit(self.text, max(0, min(len(self.text), place)))

    def key(self, key: str) -> LineEdit | None:
        """After this key, by Textual's name of it; None where it is no key of a line."""
        before, after = self.text[: self.cursor], self.text[self.cursor :]
        if key in ("left", "right"):
            return self.move(1 if key == "right" else -1)
        if key in ("home", "ctrl+a"):
            return self.go_to(0)
        if key in ("end", "ctrl+e"):
            return self.go_to(len(self.text))
        if key in ("backspace", "ctrl+h"):
            return LineEdit(before[:-1] + after, max(0, self.cursor - 1))
        if key in ("delete", "ctrl+d"):
            return LineEdit(before + after[1:], self.cursor)
        if key in ("ctrl+u", "ctrl+backspace"):
            return LineEdit(after, 0)
        return LineEdit.at_end(before) if key == "ctrl+k" else None

    def window(self, width: int) -> tuple[str, int]:
        """The part of the text that a field of so many cells shows, and where in it the cursor stands."""
        if len(self.text) < width:
            return self.text, self.cursor
        first = max(0, self.cursor - max(0, width - 1))
        return self.text[first : first + width], self.cursor - first
