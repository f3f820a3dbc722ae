"""The chart of convergence: the changes of the objective so far on a logarithmic scale, and the forecast."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from emtui.charts.colors import Palette
from emtui.charts.scene import Curve, FloatArray, HLine, Layer, Mark, Scene, VLine
from emtui.session.snapshot import StepSnapshot
from emtui.spec.tolerance import tolerance_of
from emtui.views.number_format import number, plural

if TYPE_CHECKING:
    from engine.analysis.convergence import Convergence

_LEAST = 1e-16  # per observation: smaller changes are rounding
_MOST_TICKS = 6


def changes(snapshot: StepSnapshot) -> tuple[FloatArray, FloatArray]:
    """Iterations, and how much the objective changed in the M-step of each, per observation: (m,) and (m,).

    Changes by hand are no steps of EM.
    """
    problem = snapshot.step.problem
    unit = problem.model.objective_unit(problem.data) * problem.data.total_weight
    found = [
        (record.iteration, (record.objective - before.objective) / unit)
        for before, record in zip(snapshot.records, snapshot.records[1:], strict=False)
        if (before.phase, record.phase) == ("E", "M") and not record.by_hand
    ]
    iterations, values = zip(*found, strict=True) if found else ((), ())
    return np.array(iterations, dtype=np.float64), np.array(values, dtype=np.float64)


def convergence_scene(snapshot: StepSnapshot, convergence: Convergence, palette: Palette) -> Scene:
    """log10 of the change per observation by iteration, the tolerance, and the forecast at the current rate."""
    x, change = changes(snapshot)
    known = np.isfinite(change)
    rose, fell = known & (change > _LEAST), known & (change < -_LEAST)
    heights = np.full(len(x), math.nan)
    heights[rose | fell] = np.log10(np.abs(change[rose | fell]))
    now, tol = float(snapshot.step.iteration - (snapshot.step.phase == "E")), tolerance_of(snapshot.spec)
    # rises are joined; a fall has no logarithm, so its size is marked and the curve breaks there
    layers: list[Layer] = [VLine(now), Curve(x, np.where(rose, heights, math.nan), palette.color(0), "solid", "change")]
    layers += [Mark(float(x[i]), float(heights[i]), _fall(palette), palette.text) for i in np.flatnonzero(fell)]
    lone = rose & ~np.roll(np.append(rose, False), 1)[:-1] & ~np.append(rose, False)[1:]  # no line leads to it
    layers += [
        Mark(float(x[i]), float(heights[i]), "." if palette.ascii else "•", palette.color(0))
        for i in np.flatnonzero(lone)
    ]
    legend = [(_fall(palette), palette.text, "a fall, its size")] if fell.any() else []
    end, floor = max(1.0, float(x.max(initial=0.0))), heights[np.isfinite(heights)]
    if tol > 0:
        layers.append(HLine(math.log10(tol), palette.muted))
        legend.append(("─", palette.muted, f"tolerance {number(tol)}"))
    ahead = _forecast(convergence, now)
    if ahead is not None:
        layers.append(Curve(ahead[0], ahead[1], palette.color(3), "dotted", "at this rate"))
        end = max(end, min(float(ahead[0][-1]), 3.0 * now + 20.0))
    here = heights[x == now]
    if len(here) and math.isfinite(here[-1]):
        layers.append(Mark(now, float(here[-1]), "o" if palette.ascii else "●", palette.text))
    low, high = _range(floor, tol)
    return Scene(
        layers=tuple(layers),
        x_label="iteration",
        x_range=(0.0, end),
        y_range=(low, high),
        y_ticks=_powers(low, high),
        legend=tuple(legend),
        empty="no M-step yet",
        description=_described(convergence, tol),
    )


def _fall(palette: Palette) -> str:
    return "v" if palette.ascii else "▼"


def _forecast(convergence: Convergence, now: float) -> tuple[FloatArray, FloatArray] | None:
    """Two points: the change now, and when the run rests, falling by the square of the rate."""
    if not convergence.steps_to_go or not 0.0 < convergence.rate_ahead < 1.0 or not convergence.change > 0:
        return None
    high, steps = math.log10(convergence.change), convergence.steps_to_go
    return np.array([now, now + steps]), np.array([high, high + 2.0 * steps * math.log10(convergence.rate_ahead)])


def _range(heights: FloatArray, tol: float) -> tuple[float, float]:
    """The range of powers of ten that holds all changes and the tolerance, with a margin."""
    values = [*map(float, heights), *([math.log10(tol)] if tol > 0 else [])] or [-6.0, 0.0]
    low, high = math.floor(min(values) - 0.2), math.ceil(max(values) + 0.2)
    return float(low), float(max(high, low + 1))


def _powers(low: float, high: float) -> tuple[tuple[float, str], ...]:
    """A few ticks at whole powers."""
    by = max(1, math.ceil((high - low) / _MOST_TICKS))
    return tuple((float(power), number(10.0**power)) for power in range(int(low), int(high) + 1, by))


def _described(convergence: Convergence, tol: float) -> str:
    if math.isnan(convergence.change):
        return ""
    said = f"the objective changed by {number(convergence.change)} per observation"
    return said + (
        f", {plural(convergence.steps_to_go, 'iteration')} to {number(tol)}" if convergence.steps_to_go else ""
    )
