"""The tabs of panes that share one place: numbers first, clickable; two lines where there is room, else one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget


class PaneTabs(Widget):
    """` 1 picture  2 curves …`; where that doesn't fit `1 pic 2 curves …`, then two letters each (with
    three for the chosen one), then the numbers alone.

    With `twins` it stands in the border of the pane that is seen, whose name the border has already: the other one's
    is enough, and where there is no other one the number alone.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"pane-tabs--chosen", "pane-tabs--other"}
    DEFAULT_CSS = """
    PaneTabs { height: 1; width: 1fr; background: $surface; }
    PaneTabs .pane-tabs--chosen { color: $text; background: $primary; text-style: bold; }
    PaneTabs .pane-tabs--other { color: $text-muted; background: $surface; }
    """

    class Chosen(Message):
        """A tab was clicked; `number` is that of its pane."""

        def __init__(self, number: int) -> None:
            super().__init__()
            self.number = number

    def __init__(self, *, id: str | None = None, twins: bool = False) -> None:
        super().__init__(id=id, markup=False)
        self._twins = twins
        self._tabs: list[tuple[str, int, str, str]] = []
        self._chosen: str | None = None

    def show(self, tabs: list[tuple[str, int, str, str]], chosen: str | None) -> None:
        """Show these tabs (id, number, label, short label), one of them chosen."""
        if (tabs, chosen) != (self._tabs, self._chosen):
            self._tabs, self._chosen = tabs, chosen
            self.refresh(layout=self._twins)

    @property
    def needed(self) -> int:
        """The cells that twins take."""
        return sum(cell_len(text) for text, _, _ in self._pieces())

    def _pieces(self) -> list[tuple[str, int, bool]]:
        if self._twins:
            named = [
                (f" {n} " if name == self._chosen or len(self._tabs) == 1 else f" {n} {short} ", n, name)
                for name, n, _, short in self._tabs
            ]
            return [(text, number, name == self._chosen) for text, number, name in named]
        forms = (
            [f" {number} {label} " for _, number, label, _ in self._tabs],
            [f"{number} {short} " for _, number, _, short in self._tabs],
            [f"{number}{short} " for _, number, _, short in self._tabs],
            [f"{number}{short if name == self._chosen else short[:2]} " for name, number, _, short in self._tabs],
            [f"{number}{short[: 3 if name == self._chosen else 2]} " for name, number, _, short in self._tabs],
            [f" {number} {short} " if name == self._chosen else f" {number} " for name, number, _, short in self._tabs],
        )
        fitting = (texts for texts in forms if len(self._lines(texts)) <= max(1, self.size.height))
        texts = next(fitting, forms[-1])
        return [
            (text, number, name == self._chosen) for text, (name, number, _, _) in zip(texts, self._tabs, strict=True)
        ]

    def _lines(self, texts: Sequence[str]) -> list[range]:
        """Which of these texts stand on each line: as many as fit, at least one."""
        lines, first, used = [], 0, 0
        for place, text in enumerate(texts):
            if place > first and used + cell_len(text.rstrip()) > self.size.width:
                lines.append(range(first, place))
                first, used = place, 0
            used += cell_len(text)
        return [*lines, range(first, len(texts))]

    def _on_line(self, y: int) -> list[tuple[str, int, bool]]:
        pieces = self._pieces()
        if self.size.height == 1:
            return pieces if y == 0 else []
        lines = self._lines([text for text, _, _ in pieces])
        return [pieces[place] for place in lines[y]] if y < len(lines) else []

    def render_line(self, y: int) -> Strip:
        """Its tabs."""
        chosen_style = self.get_component_rich_style("pane-tabs--chosen")
        other_style = self.get_component_rich_style("pane-tabs--other")
        segments = [Segment(text, chosen_style if chosen else other_style) for text, _, chosen in self._on_line(y)]
        return Strip(segments).adjust_cell_length(self.size.width, other_style)

    def on_click(self, event: events.Click) -> None:
        """Choose the tab under the pointer."""
        x = 0
        for text, number, _ in self._on_line(event.y):
            x += cell_len(text)
            if event.x < x:
                event.stop()
                self.post_message(self.Chosen(number))
                return
