"""What an entry of θ is made of in words: what it is, whose, and what it is about."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class EntryParts:
    """What an entry is made of.

    components: its own: none, one, or two for a transition. what: such as "mean". of: the columns, symbols or
    words that it is about, cleaned. said: the whole of it where it belongs to no component, such as "bias of unit 1".
    """

    components: tuple[int, ...]
    what: str
    of: tuple[str, ...] = ()
    said: str = ""

    @property
    def words(self) -> str:
        """All but whose it is: "mean of petal length"."""
        return self.said or (f"{self.what} of {' and '.join(self.of)}" if self.of else self.what)
