"""The last line of the explorer: the keys of the pane that has the focus, or the explorer's own."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding
from textual.strip import Strip
from textual.widget import Widget

from emtui.charts.drawn_text import DrawnText
from emtui.panes.pane import Pane
from emtui.settings.keys import EXPLORE, FOOTER, PANE_FOOTERS
from emtui.widgets.key_items import KeyItem, as_many_as_fit


class KeyLine(DrawnText):
    """As many keys as fit, most useful first, and always the help; a click presses one."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"key-line--key", "key-line--word"}
    DEFAULT_CSS = """
    KeyLine { height: 1; width: 1fr; background: $panel; padding: 0 0 0 1; }
    KeyLine .key-line--key { color: $accent; background: $panel; text-style: bold; }
    KeyLine .key-line--word { color: $text; background: $panel; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, markup=False)

    def on_mount(self) -> None:
        """Follow the focus."""
        self.watch(self.screen, "focused", self._follow, init=False)

    def _follow(self) -> None:
        self.refresh()

    def _bindings_by_id(self) -> dict[str, Binding]:
        """The bindings that are active, with their current keys, including the user's own map; else the usual ones."""
        named = {binding.id: binding for binding in EXPLORE if binding.id}
        active = [one.binding for one in self.screen.active_bindings.values()]
        return named | {binding.id: binding for binding in reversed(active) if binding.id}  # of several keys the first

    def _item(self, name: str, word: str, bindings: dict[str, Binding]) -> KeyItem | None:
        """A binding by its id, or keys as they are written; None for one that is not there now."""
        if "." not in name:
            return KeyItem("esc" if name == "escape" else name, word)
        if name not in bindings:
            return None
        binding = bindings[name]
        return KeyItem(self.app.get_key_display(binding), word or binding.description, binding.key.split(",")[0])

    @property
    def items(self) -> list[KeyItem]:
        """The keys that are shown."""
        pane = next((node for node in _above(self.screen.focused) if isinstance(node, Pane)), None)
        bindings = self._bindings_by_id()
        if pane is not None and pane.id in PANE_FOOTERS:
            return self._of_pane(pane, bindings)
        groups = [(entry,) if isinstance(entry, str) else entry for entry in FOOTER]
        found = [[item for name in group if (item := self._item(name, "", bindings))] for group in groups]
        chosen = as_many_as_fit([[(item, item.width) for item in group] for group in found], self.size.width + 2)
        order = {bindings[name].key.split(",")[0]: place for place, name in enumerate(b.id for b in EXPLORE if b.id)}
        return sorted(chosen, key=lambda item: order.get(item.press, 99))

    def _of_pane(self, pane: Pane, bindings: dict[str, Binding]) -> list[KeyItem]:
        wanted = [entry for entry in PANE_FOOTERS[pane.id or ""] if entry[0] not in pane.idle]
        items = [item for name, word in wanted if (item := self._item(name, word, bindings))]
        back = KeyItem("esc", "explorer's keys", "escape")
        help_key = self._item("app.help", "more", bindings) or KeyItem("?", "more")
        room = self.size.width + 2 - help_key.width
        fitting = as_many_as_fit([[(item, item.width)] for item in (*items, back)], room)
        return [*fitting, help_key]

    def render_line(self, y: int) -> Strip:
        """The one line."""
        key_style = self.get_component_rich_style("key-line--key")
        word_style = self.get_component_rich_style("key-line--word")
        segments: list[Segment] = []
        for item in self.items:
            segments += [Segment(item.keys, key_style), Segment(f" {item.word}  ", word_style)]
        return Strip(segments).adjust_cell_length(self.size.width, word_style)

    def on_click(self, event: events.Click) -> None:
        """Press the key under the pointer."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        x = 0
        for item in self.items:
            x += item.width
            if offset.x < x:
                event.stop()
                if item.press:
                    self.app.simulate_key(item.press)
                return


def _above(widget: Widget | None) -> list[object]:
    """The widget and what it lies in."""
    return [] if widget is None else list(widget.ancestors_with_self)
