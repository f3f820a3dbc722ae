"""The density curve of any mixture of one column, from the model's own log-joint."""

from __future__ import annotations

from typing import Any

import numpy as np

from emtui.charts.colors import Palette
from emtui.charts.scene import Bars, Curve, Layer
from emtui.session.snapshot import StepSnapshot
from emtui.views.dataset_cache import remembered
from emtui.views.projection import Direction, column_ends
from engine.arrays import Array
from engine.errors import EngineError
from engine.models.mixture import Mixture

_POINTS = 241
_MOST_NUMBERS = 4096
"""Up to this many whole numbers are summed bar by bar; through more a curve goes."""


def density_curves(snapshot: StepSnapshot, along: Direction, palette: Palette, bars: Bars) -> list[Layer]:
    """weights_k p(x | θ_k) for each component, and their sum; where bars hold whole numbers, steps over the bars.

    [] for what is no mixture, and for more columns than the one that is drawn: the log-joint is of all together.
    """
    model, params, data = snapshot.step.problem.model, snapshot.step.params, snapshot.spec.dataset
    if not isinstance(model, Mixture) or data.n_features != 1:
        return []
    low, high = (float(end) for end in column_ends(data)[:, 0])
    whole = remembered(data, "whole numbers", lambda: bool((np.rint(data.X) == data.X).all()))
    edges, width = bars.edges, float(bars.edges[1] - bars.edges[0])
    parts: list[Layer]
    if whole and (edges % 1.0 == 0.5).all() and edges[-1] - edges[0] <= _MOST_NUMBERS:
        numbers = np.arange(edges[0] + 0.5, edges[-1])
        numbers = numbers[numbers <= high]  # a bar may go on beyond what the model takes
        starts = np.arange(0, len(numbers), round(width))
        each = np.add.reduceat(_joint(model, params, numbers), starts, axis=1) / width
        x = (edges[1:] + edges[:-1]) / 2
        parts = [Curve(edges, np.append(y, y[-1]), palette.color(k), "step") for k, y in enumerate(each)]
    else:
        grid = np.linspace(low, high, _POINTS)
        grid = np.unique(np.rint(grid) if whole else grid)
        each = _joint(model, params, grid) / abs(float(along.vector[0]))
        x = along.of(grid[:, np.newaxis])
        parts = [Curve(x, y, palette.color(k)) for k, y in enumerate(each)]
    return [*([Curve(x, each.sum(axis=0), palette.text, "dotted", "sum")] if len(each) > 1 else []), *parts]


def _joint(model: Mixture[Any, Any], params: Any, x: Array) -> Array:
    """(K, m) weights_k p(x | θ_k) at these values, in the model's units; (0, m) where it takes no such value."""
    try:
        log_joint = model.log_joint(params, model.observe(x[:, np.newaxis]), slice(None))
    except EngineError:
        return np.zeros((0, len(x)))
    with np.errstate(over="ignore", under="ignore"):
        return np.asarray(np.exp(log_joint))
