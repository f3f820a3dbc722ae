"""The lines above and below the panes: where you are, what just happened, which keys there are."""

from __future__ import annotations

import math
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual import events
from textual.binding import Binding
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from emtui.charts.cell_text import cut_lines, wrapped
from emtui.panes.shows_step import ShowsStep
from emtui.session.snapshot import StepSnapshot
from emtui.settings.keys import EXPLORE, FOOTER
from emtui.spec.command_line import PUBLISHED
from emtui.spec.labels_given import NONE
from emtui.views.number_format import DOWN, UP, fixed, number


class Headline(Widget, ShowsStep):
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

    def show(self, snapshot: StepSnapshot) -> None:
        """Show this snapshot's place."""
        self._snapshot = snapshot
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """The line; if it is too long, the left part is shortened first."""
        where_style = self.get_component_rich_style("headline--where")
        width = self.size.width
        if self._snapshot is None:
            return Strip([Segment(" emtui", where_style)]).adjust_cell_length(width, where_style)
        step, objective = step_words(self._snapshot), objective_words(self._snapshot)
        estimate = estimate_words(self._snapshot)
        if estimate and cell_len(step) + cell_len(objective) + cell_len(estimate) + 36 <= width:  # and some of the data
            objective = f"{objective}  {estimate}"
        if cell_len(step) + cell_len(objective) + 4 > width:
            objective = fixed(self._snapshot.record.objective)
        room = width - cell_len(step) - cell_len(objective) - 4
        where = _fitted(where_parts(self._snapshot), room) if room >= 8 else ""
        gap = max(1, width - cell_len(where) - cell_len(step) - cell_len(objective) - 2)
        left = gap // 2
        segments = [
            Segment(f" {where}", where_style),
            Segment(" " * max(1, left), where_style),
            Segment(step, self.get_component_rich_style("headline--step")),
            Segment(" " * max(1, gap - left), where_style),
            Segment(objective, self.get_component_rich_style("headline--objective")),
        ]
        return Strip(segments).adjust_cell_length(width, where_style)


def where_parts(snapshot: StepSnapshot) -> list[str]:
    """Data, model, options: the most important first."""
    spec = snapshot.spec
    n_rows, n_columns = spec.dataset.X.shape
    size = "" if spec.model.size is None else f" K={spec.model.size}"
    standardised = " standardised" if spec.data.standardize else ""
    parts = [f"{spec.dataset.name} {n_rows:,}×{n_columns:,}{standardised}", f"{spec.model.name}{size}"]
    if spec.model.variant:
        parts[1] += f" {spec.model.variant}"
    given = "published" if spec.start_file in (None, PUBLISHED) else "given"
    start = given if spec.start is not None else spec.model.start_name
    if start:
        parts.append(f"start {start}")
    parts.append(f"seed {spec.seed}")
    if spec.known != NONE:
        parts.insert(2, f"known labels {spec.known}")
    if spec.algorithm != "classic":
        parts.insert(2, _algorithm_words(snapshot))
    return parts


def _algorithm_words(snapshot: StepSnapshot) -> str:
    """The algorithm's name; `annealed T=3.4` if the E-step of this iteration has a temperature."""
    from engine.em.algorithms import Annealed

    algorithm = snapshot.step.problem.algorithm
    if isinstance(algorithm, Annealed):
        return f"{algorithm.name} T={number(algorithm.temperature(max(1, snapshot.step.iteration)))}"
    return algorithm.name


def step_words(snapshot: StepSnapshot) -> str:
    """`start`, or `iteration 7 · E`; `iteration 7 · by hand` for a change by hand."""
    step = snapshot.step
    phase = "by hand" if snapshot.record.by_hand else step.phase
    if step.phase == "init":
        return "start · by hand" if snapshot.record.by_hand else "start"
    return f"iteration {step.iteration} · {phase}"


def objective_words(snapshot: StepSnapshot) -> str:
    """The objective and its change since the step before; if E-steps are not exact, that is the bound."""
    label = objective_name(snapshot)
    words = f"{label} {fixed(snapshot.record.objective)}"
    before = snapshot.previous_record
    rise = 0.0 if before is None else snapshot.record.objective - before.objective
    # a change below the digits of the objective itself is rounding
    if not abs(rise) > 1e-12 * abs(snapshot.record.objective):
        return words
    return f"{words}  {UP if rise > 0 else DOWN} {number(abs(rise))}"


def objective_name(snapshot: StepSnapshot) -> str:
    """The name of what the M-step raises: the likelihood's, or "bound" if E-steps are not exact."""
    model = snapshot.step.problem.model
    if snapshot.record.log_prior:
        return "objective" if model.exact else "bound + prior"
    return model.objective_label if model.exact else "bound"


def estimate_words(snapshot: StepSnapshot) -> str:
    """`ln p ≈ −120.1 ± 0.31`: an estimated log-likelihood and its standard error; "" if it is exact."""
    error = snapshot.step.log_likelihood_error
    if not (error > 0 and math.isfinite(snapshot.record.log_likelihood)):
        return ""
    decimals = max(0, min(6, 1 - math.floor(math.log10(error))))
    return f"ln p ≈ {fixed(snapshot.record.log_likelihood, decimals)} ± {number(error, 2)}"


def _fitted(parts: list[str], room: int) -> str:
    while len(parts) > 1 and cell_len(" · ".join(parts)) > room:
        parts = parts[:-1]
    words = " · ".join(parts).split(" ")
    while len(words) > 1 and cell_len(" ".join(words)) > room:
        words = words[:-1]  # a number is shown whole or not at all
    text = " ".join(words)
    return text if cell_len(text) <= room else set_cell_size(text, room - 1) + "…" if room > 0 else ""


class StatusLine(Widget):
    """What just happened, in one plain sentence.

    It grows by a line or two if a sentence needs them, so that a reason or a warning is never cut, and keeps that
    height until the window changes: a height that changed with every step would make the picture jump.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"status-line--refused"}
    DEFAULT_CSS = """
    StatusLine { height: auto; min-height: 2; max-height: 4; width: 1fr; padding: 0 1; color: $text; }
    StatusLine .status-line--refused { color: $warning; text-style: bold; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, markup=False)
        self.sentence = ""
        self._refused = False
        self._room = (0, 0)  # the width, and the most lines that a sentence has needed at this width

    def say(self, sentence: str, *, refused: bool = False) -> None:
        """Show this sentence."""
        self.sentence, self._refused = sentence, refused
        width, most = self._room
        self.refresh(layout=width > 0 and len(wrapped(sentence, width)) > most)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """The most lines that a sentence has needed at this width."""
        most = self._room[1] if self._room[0] == width else 0
        self._room = width, max(most, len(wrapped(self.sentence, width)))
        return self._room[1]

    def render_line(self, y: int) -> Strip:
        """One line of the sentence; if it is too long for the height, the last line ends in …."""
        width, height = self.content_size
        style = self.get_component_rich_style("status-line--refused") if self._refused else self.rich_style
        lines = cut_lines(self.sentence, width, height)
        text = lines[y] if y < len(lines) else ""
        return Strip([Segment(text, style)]).adjust_cell_length(width, style)


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
