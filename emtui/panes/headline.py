"""The line above the panes: where you are, which step it is, and what it has come to."""

from __future__ import annotations

import re
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.strip import Strip

from emtui.charts.drawn_text import DrawnText
from emtui.panes.shows_step import ShowsStep
from emtui.session.snapshot import StepSnapshot
from emtui.views.number_format import fixed
from emtui.views.step_text import estimate_words, objective_words, step_words, where_parts


class Headline(DrawnText, ShowsStep):
    """`iris 150×4 · gmm K=3 full · start kmeans · seed 0     iteration 7 · E      objective −182.341 ▲ 0.520`."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"headline--where", "headline--step", "headline--objective"}
    DEFAULT_CSS = """
    Headline { height: 1; width: 1fr; background: $panel; }
    Headline .headline--where { color: $text; background: $panel; }
    Headline .headline--step { color: $accent; background: $panel; text-style: bold; }
    Headline .headline--objective { color: $text; background: $panel; text-style: bold; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, markup=False)
        self._snapshot: StepSnapshot | None = None
        self._would_be = ""

    def show(self, snapshot: StepSnapshot) -> None:
        """Show this snapshot's place."""
        self._snapshot, self._would_be = snapshot, ""
        self.refresh()

    def show_objective(self, words: str) -> None:
        """Show what the objective would be, while something is dragged; "" is that of the step again."""
        if words != self._would_be:
            self._would_be = words
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """The line; if it is too long, the left part is shortened first."""
        where_style = self.get_component_rich_style("headline--where")
        width = self.size.width
        if self._snapshot is None:
            return Strip([Segment(" emtui", where_style)]).adjust_cell_length(width, where_style)
        step, objective = step_words(self._snapshot), objective_words(self._snapshot)
        estimate = "" if self._would_be else estimate_words(self._snapshot)
        if self._would_be:
            step, objective = f"{step} · dragged", self._would_be
        if estimate and cell_len(step) + cell_len(objective) + cell_len(estimate) + 36 <= width:  # and some of the data
            objective = f"{objective}  {estimate}"
        if cell_len(step) + cell_len(objective) + 4 > width:
            objective = self._would_be.split("  ")[0].rpartition(" ")[2] or fixed(self._snapshot.record.objective)
        room = width - cell_len(step) - cell_len(objective) - 5
        where = _fitted(where_parts(self._snapshot), room) if room >= 8 else ""
        gap = max(1, width - cell_len(where) - cell_len(step) - cell_len(objective) - 2)
        left = max(gap // 2, min(2, gap - 1))
        segments = [
            Segment(f" {where}", where_style),
            Segment(" " * max(1, left), where_style),
            Segment(step, self.get_component_rich_style("headline--step")),
            Segment(" " * max(1, gap - left), where_style),
            Segment(objective, self.get_component_rich_style("headline--objective")),
        ]
        return Strip(segments).adjust_cell_length(width, where_style)


def _fitted(parts: list[str], room: int) -> str:
    """The parts that fit, the data and the model before all others, and their names before their sizes."""
    while len(parts) > 2 and cell_len(" · ".join(parts)) > room:
        parts = parts[:-1]
    whole = " · ".join(parts)
    if len(parts) == 2 and cell_len(whole) > room:
        shorter = (f"{data} · {model}" for data in _beginnings(parts[0]) for model in _model_beginnings(parts[1]))
        return next((text for text in shorter if cell_len(text) <= room), _cut(parts[0], room))
    return _cut(whole, room)


def _beginnings(text: str) -> list[str]:
    """The text, and what is left of it without its last words, the longest first: a number is whole or not at all."""
    words = text.split(" ")
    return [" ".join(words[:n]) for n in range(len(words), 0, -1)]


def _model_beginnings(text: str) -> list[str]:
    """As `_beginnings`, but no word stands without the number that it is of: not "layers" of "layers 4,3"."""
    return [said for said in _beginnings(text) if not re.match(r"\s\d", text[len(said) :])]


def _cut(text: str, room: int) -> str:
    text = next((some for some in _beginnings(text) if cell_len(some) <= room), text.split(" ")[0])
    return text if cell_len(text) <= room else set_cell_size(text, room - 1) + "…" if room > 0 else ""
