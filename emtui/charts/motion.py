"""A chart's way from one scene to the next in a few frames; any key ends it at once.

Only the picture moves: what stands in words and numbers is that of the step from the first frame on.
"""

from __future__ import annotations

import time

from textual.timer import Timer

from emtui.charts.chart_widget import Chart
from emtui.charts.scene import Scene
from emtui.charts.scene_blend import between, moves
from emtui.charts.under_way import under_way

_FRAMES, _SECONDS = 6, 0.24  # of the whole way
_SLOW = 0.03
"""Seconds of a frame above which nothing moves."""
_FAR_TOO_SLOW = 0.2
"""The same for a single one."""


class Motion:
    """Moves one chart, as long as one of its last two frames was quick: the first one of all never is."""

    def __init__(self, chart: Chart) -> None:
        self._chart = chart
        self._timer: Timer | None = None
        self._way: tuple[Scene, Scene] | None = None
        self._frame = 0
        self._costs = (0.0, 0.0)  # seconds of the last two frames

    def lead(self, scene: Scene, *, moving: bool) -> None:
        """Show this scene: at once, or after a few frames from the one that is shown."""
        self.end()
        before = self._chart.scene
        if not moving or self._is_slow or not moves(before, scene):
            self._draw(scene)
            return
        self._way, self._frame = (before, scene), 0
        under_way.add(self)
        self._timer = self._chart.set_interval(_SECONDS / _FRAMES, self._next)
        self._next()

    def lead_on(self, scene: Scene) -> None:
        """Show this scene, which is another one of the same step: a motion goes on, to this one."""
        if self._way is None:
            self._draw(scene)
        else:
            self._way = self._way[0], scene

    def end(self) -> None:
        """Show where it leads to."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if self._way is not None:
            scene, self._way = self._way[1], None
            under_way.discard(self)
            self._chart.set_scene(scene)

    def _next(self) -> None:
        if self._way is None:
            return
        self._frame += 1
        if self._frame >= _FRAMES or self._is_slow:
            self.end()
        else:
            begun = time.perf_counter()
            self._draw(between(*self._way, _eased(self._frame / _FRAMES)), begun)

    def _draw(self, scene: Scene, begun: float | None = None) -> None:
        """Draw it now, and keep what that has cost since it was begun."""
        begun = time.perf_counter() if begun is None else begun
        self._chart.set_scene(scene)
        if self._chart.size:
            self._chart.picture  # noqa: B018
        self._costs = self._costs[1], time.perf_counter() - begun

    @property
    def _is_slow(self) -> bool:
        return min(self._costs) > _SLOW or self._costs[-1] > _FAR_TOO_SLOW


def _eased(t: float) -> float:
    """Slow at both ends."""
    return t * t * (3.0 - 2.0 * t)
