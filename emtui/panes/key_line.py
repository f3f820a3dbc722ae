"""The last line: which keys there are."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.binding import Binding
from textual.strip import Strip
from textual.widget import Widget

from emtui.settings.keys import EXPLORE, FOOTER


class KeyLine(Widget):
    """As many keys as fit, most needed first; a click presses one."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"key-line--key", "key-line--word"}
    DEFAULT_CSS = """
    KeyLine { height: 1; width: 1fr; background: $panel; padding: 0 1; }
    KeyLine .key-line--key { color: $accent; background: $panel; text-style: bold; }
    KeyLine .key-line--word { color: $text; background: $panel; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, markup=False)

    def _named_keys(self) -> list[tuple[str, Binding]]:
        """The footer's bindings with their current keys, including the user's own map."""
        named = {binding.id: binding for binding in EXPLORE}
        active = [one.binding for one in self.screen.active_bindings.values() if one.binding.id]
        named |= {binding.id: binding for binding in reversed(active)}  # of several keys the first
        return [(self.app.get_key_display(named[name]), named[name]) for name in FOOTER]

    def _fitting(self) -> list[tuple[str, Binding]]:
        chosen: list[tuple[str, Binding]] = []
        room = self.size.width
        for key, binding in self._named_keys():
            needed = cell_len(f"{key} {binding.description}  ")
            if needed <= room + 2:
                chosen.append((key, binding))
                room -= needed
        order = {binding.id: place for place, binding in enumerate(EXPLORE)}
        return sorted(chosen, key=lambda pair: order.get(pair[1].id, 99))

    def render_line(self, y: int) -> Strip:
        """The one line."""
        key_style = self.get_component_rich_style("key-line--key")
        word_style = self.get_component_rich_style("key-line--word")
        segments: list[Segment] = []
        for key, binding in self._fitting():
            segments += [Segment(key, key_style), Segment(f" {binding.description}  ", word_style)]
        return Strip(segments).adjust_cell_length(self.size.width, word_style)

    async def on_click(self, event: events.Click) -> None:
        """Press the key under the pointer."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        x = 0
        for key, binding in self._fitting():
            x += cell_len(f"{key} {binding.description}  ")
            if offset.x < x:
                event.stop()
                await self.screen.run_action(binding.action)
                return
