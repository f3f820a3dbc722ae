"""A chart with handles: press the mouse button on one, a mean say, and drag it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from textual import events
from textual.message import Message

from emtui.charts.axes import Scale
from emtui.charts.cell_picture import PlotArea
from emtui.charts.chart_widget import Chart
from emtui.charts.scene import Scene

_REACH = 1.5
"""A handle is grabbed from at most this many cells away."""


@dataclass(frozen=True)
class Handle:
    """A place in a scene that can be dragged, in data coordinates; None along an axis where any place will do."""

    x: float | None
    y: float | None


@dataclass(frozen=True)
class _Held:
    """A drag: which handle, the plot area when it began, the cell where it began, and how far it has gone."""

    handle: int
    area: PlotArea
    cell: tuple[int, int]
    shift: tuple[float, float] | None = None


class HandleChart(Chart):
    """A chart with handles. While one is dragged the axes stay as they are, whatever scene is shown."""

    @dataclass(eq=False)
    class Dragged(Chart.Clicked):
        """A handle was dragged by (dx, dy) in data units from where it was; dropped: the button is up again."""

        handle: int
        dx: float
        dy: float
        dropped: bool

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.handles: Sequence[Handle] = ()
        self._held: _Held | None = None
        self._was_dragged = False  # the click that follows the release picks nothing

    @property
    def held(self) -> int | None:
        """The handle that is dragged, or None."""
        return None if self._held is None else self._held.handle

    def set_scene(self, scene: Scene) -> None:
        """Show another scene, on the same axes during a drag."""
        if self._held is not None and self._held.shift is not None:
            area = self._held.area
            scene = replace(scene, x_range=area.x_scale.ends, y_range=area.y_scale.ends)
        super().set_scene(scene)

    def let_go(self) -> None:
        """End a drag without a message."""
        if self._held is not None:
            self._held = None
            self.release_mouse()

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Begin to drag the handle under the pointer."""
        self._was_dragged = False
        offset, area = event.get_content_offset(self), self.picture.area
        if event.button != 1 or offset is None or area is None:
            return
        handle = nearest_handle(self.handles, area, offset.x, offset.y)
        if handle is not None:
            self._held = _Held(handle, area, (offset.x, offset.y))
            self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Drag it along; outside the picture it stays at its last place."""
        held = self._held
        if held is None:
            return
        offset = event.get_content_offset_capture(self)
        before, now = held.area.data_at(*held.cell), held.area.data_at(offset.x, offset.y)
        if before is None or now is None or (held.shift is None and (offset.x, offset.y) == held.cell):
            return
        shift = (now[0] - before[0], now[1] - before[1])
        if shift == held.shift or not all(map(math.isfinite, shift)):
            return
        self._held, self._was_dragged = replace(held, shift=shift), True
        self.post_message(self.Dragged(self, held.handle, *shift, dropped=False))

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Drop it where it is."""
        held = self._held
        self.let_go()
        if held is not None and held.shift is not None:
            self.post_message(self.Dragged(self, held.handle, *held.shift, dropped=True))

    def on_unmount(self) -> None:
        """A widget that is gone drags nothing."""
        self.let_go()

    def picked(self, column: int, row: int) -> Message | None:
        """A click picks, unless it is the end of a drag."""
        dragged, self._was_dragged = self._was_dragged, False
        return None if dragged else super().picked(column, row)


def nearest_handle(handles: Sequence[Handle], area: PlotArea, column: int, row: int) -> int | None:
    """The handle nearest to the middle of a cell, within reach, or None."""
    best, found = _REACH, None
    if area.data_at(column, row) is None:
        return None
    for index, handle in enumerate(handles):
        across = 0.0 if handle.x is None else _cells(area.x_scale, handle.x, area.columns) - (column - area.left + 0.5)
        up = 0.0 if handle.y is None else _cells(area.y_scale, handle.y, area.rows) - (area.rows - row + area.top - 0.5)
        distance = math.hypot(across, 1.4 * up)  # a cell is higher than it is wide
        if distance < best:
            best, found = distance, index
    return found


def _cells(scale: Scale, value: float, cells: int) -> float:
    return float(scale.fraction(np.array([value]))[0]) * cells
