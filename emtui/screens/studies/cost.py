"""The cost of the exact E-step against the hidden units, predicted and measured, and up to which m it is taken."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from rich.style import Style
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Static
from textual.worker import Worker, WorkerState, get_current_worker

from emtui.charts.chart_widget import Chart
from emtui.charts.colors import Palette
from emtui.charts.scene import Curve, Dots, Scene, VLine
from emtui.networks.cost import Cost, expected_seconds, measured_costs, predicted_costs, seconds_in_words
from emtui.networks.sizes import size_name
from emtui.spec.run_spec import RunSpec
from emtui.spec.train_test_split import split_of
from emtui.widgets.key_items import KeyHints
from emtui.widgets.paged_table import LineTable
from emtui.widgets.plain_table import PlainTable
from emtui.widgets.table_columns import TableCell, TableColumn, ink
from engine.errors import EngineError
from engine.models.network.cost import MOST_EXACT, SHARE_OF_MEMORY, bytes_in_words, free_memory, most_exact

_TICKS = ((1e-6, "1 µs"), (1e-3, "1 ms"), (1.0, "1 s"), (60.0, "1 min"), (3600.0, "1 h"), (86400.0, "1 day"))
_HEADS = ("m", "2^m", "memory", "time", "measured")
_WIDTHS = (2, 13, 8, 8, 8)


def cost_table(costs: tuple[Cost, ...], most: int, palette: Palette) -> PlainTable:
    """One row for each number of units, dimmed where it is no longer exact; what was measured is dropped first."""
    columns = [
        TableColumn(str(i), head, room, "right") for i, (head, room) in enumerate(zip(_HEADS, _WIDTHS, strict=True))
    ]
    measured = ink(palette, palette.text, bold=True)
    rows: list[tuple[TableCell, ...]] = []
    for cost in costs:
        style = ink(palette, palette.muted) if cost.hidden_units > most else Style()
        texts = [
            (str(cost.hidden_units), style),
            (f"{1 << cost.hidden_units:,}", style),
            (bytes_in_words(cost.memory), style),
            (seconds_in_words(cost.seconds), style),
            ("" if cost.measured_seconds is None else seconds_in_words(cost.measured_seconds), measured),
        ]
        rows.append(tuple((text,) for text in texts))
    return PlainTable(tuple(columns), tuple(rows), ("1", "4"))


class CostScreen(Screen[None]):
    """A curve and a table, which fill while costs are measured in the background."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,C", "leave", "back", id="cost.back", tooltip="back to the explorer")
    ]
    DEFAULT_CSS = """
    CostScreen Static { height: auto; max-height: 3; padding: 0 1; }
    CostScreen #head { background: $panel; height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    CostScreen #hint { color: $text-muted; height: 1; }
    CostScreen #both { height: 1fr; }
    CostScreen Chart { width: 1fr; height: 1fr; }
    CostScreen LineTable { width: 45; height: 1fr; margin: 0 0 0 1; }
    CostScreen.-narrow Chart { display: none; }
    CostScreen.-narrow LineTable { width: 1fr; }
    """

    @dataclass(eq=False)
    class Measured(Message):
        """An E-step has been measured."""

        cost: Cost

    def __init__(self, spec: RunSpec) -> None:
        super().__init__()
        self._spec = spec
        self.costs = predicted_costs(spec)
        self._free = free_memory()
        split = split_of(spec)
        self.most = most_exact(0 if split is None else len(split.train), self._free)
        self._numeric = split is not None and split.numeric
        self.measuring = True

    def compose(self) -> ComposeResult:
        """A sentence on up to how many units it is exact; the curve, the table and the keys."""
        yield Static("", id="head", markup=False)
        yield Static(Content(self.verdict), id="verdict")
        with Horizontal(id="both"):
            yield Chart()
            yield LineTable(pointing=False)
        yield KeyHints("↑ ↓ scroll · esc back")

    @property
    def verdict(self) -> str:
        """Up to how many units the E-step is exact here, what it costs there, and what is taken beyond."""
        seconds = seconds_in_words(expected_seconds(self.costs)[self.most - 1]) if self.most else ""
        at = f" ({bytes_in_words(self.costs[self.most - 1].memory)}, {seconds} a step)" if self.most else ""
        said = f"The E-step is exact over all 2^m configurations up to m = {self.most}{at}"
        if self.most < MOST_EXACT:
            free = bytes_in_words(self._free)
            said += f": {SHARE_OF_MEMORY:z.0%} of the {free} of memory that are free hold no more"
        beyond = f"with {self.most + 1} or more it samples, or goes on where e_step=exact is said"
        if self._numeric:
            beyond = "numbers are learned by the exact E-step alone, so that no more units are taken"
        present = ""
        units = self._spec.model.hidden_units  # type: ignore[attr-defined]  # a network has them
        if isinstance(units, int) and units <= len(self.costs):
            memory = bytes_in_words(self.costs[units - 1].memory)
            seconds = seconds_in_words(expected_seconds(self.costs)[units - 1])
            present = f" The present {units} units: {memory}, {seconds} a step."
        elif isinstance(units, tuple):
            present = f" This is of one hidden layer: the present {size_name(units)} are sampled."
        return f"{said}; {beyond}.{present}"

    def on_mount(self) -> None:
        """Show the predicted costs and start measuring."""
        self.query_one(LineTable).focus()
        self._draw()
        spec, costs = self._spec, self.costs

        def work() -> None:
            worker = get_current_worker()
            with suppress(EngineError):  # what can't be run isn't measured
                for cost in measured_costs(spec, costs):
                    if worker.is_cancelled:
                        return
                    self.post_message(self.Measured(cost))

        self.run_worker(work, thread=True, exclusive=True)

    def on_resize(self) -> None:
        """Show only the table on a narrow screen."""
        self.set_class(self.size.width < 90, "-narrow")

    def on_cost_screen_measured(self, event: Measured) -> None:
        """Show a new measurement."""
        event.stop()
        at = event.cost.hidden_units - 1
        self.costs = (*self.costs[:at], event.cost, *self.costs[at + 1 :])
        self._draw()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Everything that is quick enough has been measured."""
        event.stop()
        if event.state == WorkerState.SUCCESS:
            self.measuring = False
            self._draw()

    def _draw(self) -> None:
        split = split_of(self._spec)
        assert split is not None
        measured = sum(cost.measured_seconds is not None for cost in self.costs)
        state = f"measuring, m = {measured + 1}" if self.measuring else f"measured up to m = {measured}"
        head = f"exact E-step of {self._spec.dataset.name}, {len(split.train)} training rows · {state}"
        self.query_one("#head", Static).update(Content(head))
        self.query_one("#verdict", Static).update(Content(self.verdict))
        self.query_one(LineTable).set_source(cost_table(self.costs, self.most, self.query_one(Chart).palette))
        chart = self.query_one(Chart)
        chart.set_scene(cost_scene(self.costs, self.most, chart.palette))

    def action_leave(self) -> None:
        """Back to the explorer."""
        self.workers.cancel_node(self)
        self.dismiss()


def cost_scene(costs: tuple[Cost, ...], most: int, palette: Palette) -> Scene:
    """Seconds of an E-step against m, on a logarithmic axis; a line behind the last m that is exact."""
    x = np.array([float(cost.hidden_units) for cost in costs])
    y = np.log10([max(cost.seconds, 1e-9) for cost in costs])
    known = [c for c in costs if c.measured_seconds is not None]
    times = np.log10([max(c.measured_seconds or 0.0, 1e-9) for c in known])
    low, high = math.floor(float(y.min())), math.ceil(float(y.max()))
    ticks = [(math.log10(value), name) for value, name in _TICKS if low <= math.log10(value) <= high]
    return Scene(
        [
            VLine(most + 0.5, palette.muted),
            Curve(x, y, palette.color(0), "solid", "predicted"),
            Dots(
                np.array([float(c.hidden_units) for c in known]),
                times,
                palette.text,
                "o" if palette.ascii else "●",
                label="measured",
            ),
        ],
        "hidden units m",
        "time of a step",
        (1.0, float(len(costs))),
        (float(low), float(high)),
        legend=[("│", palette.muted, f"exact up to {most}")],
        y_ticks=ticks,
        description=f"the E-step is exact up to {most} hidden units",
    )
