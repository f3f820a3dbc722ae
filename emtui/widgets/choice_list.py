"""A list to choose from, which fits beside the explorer's keys."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import OptionList


class ChoiceList(OptionList, inherit_bindings=False):
    """An option list that leaves ←, →, home and end to the history, and never has zero height."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "cursor_down", "down", show=False),
        Binding("up,k", "cursor_up", "up", show=False),
        Binding("pagedown", "page_down", "page down", show=False),
        Binding("pageup", "page_up", "page up", show=False),
        Binding("enter", "select", "choose", show=False),
    ]
    DEFAULT_CSS = """
    ChoiceList {
        height: 1fr; min-height: 1; border: none; padding: 0; scrollbar-size-vertical: 1; background: transparent;
        text-wrap: nowrap; text-overflow: ellipsis;
    }
    ChoiceList:focus { border: none; background: transparent; }
    ChoiceList > .option-list--option { padding: 0; }
    ChoiceList:focus > .option-list--option-highlighted { text-style: bold; }
    ChoiceList:ansi:focus > .option-list--option-highlighted { text-style: bold reverse; }
    """

    def _move_page(self, direction: Any) -> None:
        """A page up (−1) or down (1); every option is one line, whatever the size."""
        if self.option_count:
            rows = max(1, self.scrollable_content_region.height)
            self.highlighted = max(0, min(self.option_count - 1, (self.highlighted or 0) + direction * rows))
