"""What a screen owes that works in the background: to stop when it is told so."""

from __future__ import annotations

from abc import abstractmethod


class StopsWork:
    """A screen whose work ctrl+c stops."""

    @abstractmethod
    def stop_work(self) -> bool:
        """Stop what is under way; whether there was anything."""
