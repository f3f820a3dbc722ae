"""The tabs of panes that share one place: keys first, clickable; on two lines if there is room, else on one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.strip import Strip

from emtui.charts.drawn_text import DrawnText


@dataclass(frozen=True)
class Tab:
    """A tab: the name of what it shows, the key that goes there ("" for none), and its text.

    short: where there is little room.
    """

    name: str
    key: str
    label: str
    short: str


class PaneTabs(DrawnText):
    """` 1 picture  2 curves …`; where that doesn't fit `1 pic 2 curves …`, then two letters each (with
    three for the chosen one), then the keys alone.

    With `twins` it stands in the border of the visible pane, which already has that pane's name: the other's is enough,
    and if there is no other, the key alone.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"pane-tabs--chosen", "pane-tabs--other"}
    DEFAULT_CSS = """
    PaneTabs { height: 1; width: 1fr; background: $surface; }
    PaneTabs .pane-tabs--chosen { color: $text; background: $primary; text-style: bold; }
    PaneTabs .pane-tabs--other { color: $text-muted; background: $surface; }
    """

    @dataclass(eq=False)
    class Chosen(Message):
        """A tab was clicked; `name` is that of its pane."""

        name: str

    def __init__(self, *, id: str | None = None, twins: bool = False) -> None:
        super().__init__(id=id, markup=False)
        self._twins = twins
        self._tabs: tuple[Tab, ...] = ()
        self._chosen: str | None = None

    def show(self, tabs: tuple[Tab, ...], chosen: str | None) -> None:
        """Show these tabs, one of them chosen by its name, or none."""
        if (tabs, chosen) != (self._tabs, self._chosen):
            self._tabs, self._chosen = tabs, chosen
            self.refresh(layout=self._twins)

    @property
    def needed(self) -> int:
        """The cells that twins take."""
        return sum(cell_len(text) for text, _ in self._texts())

    def _texts(self) -> list[tuple[str, Tab]]:
        """The text of each tab, in the longest form that fits."""
        tabs, chosen = self._tabs, [tab.name == self._chosen for tab in self._tabs]
        if self._twins:
            alone = len(tabs) == 1
            texts = [
                f" {t.key} " if here or alone else f" {t.key} {t.short} " for t, here in zip(tabs, chosen, strict=True)
            ]
            return list(zip(texts, tabs, strict=True))
        forms = (
            [f" {t.key} {t.label} " for t in tabs],
            [f"{t.key} {t.short} " for t in tabs],
            [f"{t.key}{t.short} " for t in tabs],
            [f"{t.key}{t.short if here else t.short[:2]} " for t, here in zip(tabs, chosen, strict=True)],
            [f"{t.key}{t.short[: 3 if here else 2]} " for t, here in zip(tabs, chosen, strict=True)],
            [f" {t.key} {t.short} " if here else f" {t.key} " for t, here in zip(tabs, chosen, strict=True)],
        )
        fitting = (texts for texts in forms if len(self._lines(texts)) <= max(1, self.size.height))
        return list(zip(next(fitting, forms[-1]), tabs, strict=True))

    def _lines(self, texts: Sequence[str]) -> list[range]:
        """The texts of each line: as many as fit, at least one."""
        lines, first, used = [], 0, 0
        for place, text in enumerate(texts):
            if place > first and used + cell_len(text.rstrip()) > self.size.width:
                lines.append(range(first, place))
                first, used = place, 0
            used += cell_len(text)
        return [*lines, range(first, len(texts))]

    def _on_line(self, y: int) -> list[tuple[str, Tab]]:
        texts = self._texts()
        if self.size.height == 1:
            return texts if y == 0 else []
        lines = self._lines([text for text, _ in texts])
        return [texts[place] for place in lines[y]] if y < len(lines) else []

    def render_line(self, y: int) -> Strip:
        """Its tabs."""
        chosen_style = self.get_component_rich_style("pane-tabs--chosen")
        other_style = self.get_component_rich_style("pane-tabs--other")
        segments = [
            Segment(text, chosen_style if tab.name == self._chosen else other_style) for text, tab in self._on_line(y)
        ]
        return Strip(segments).adjust_cell_length(self.size.width, other_style)

    def on_click(self, event: events.Click) -> None:
        """Choose the tab under the pointer."""
        x = 0
        for text, tab in self._on_line(event.y):
            x += cell_len(text)
            if event.x < x:
                event.stop()
                self.post_message(self.Chosen(tab.name))
                return
