"""Curves of a run as scenes: log-likelihood and bound, KL, and accuracy against k-means, by half-step."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from emtui.charts.colors import Palette
from emtui.charts.far_ends import without_far_beginning
from emtui.charts.scene import Curve, HLine, Layer, Mark, Scene, VLine
from emtui.session.snapshot import StepSnapshot
from emtui.views.number_format import fixed, number
from emtui.views.step_text import pencil

_ROUNDING = 1e-10  # relative to a curve's values; smaller differences are no change
_FIRST_ITERATIONS, _FEWEST_LATER = 2, 3  # iterations left out where they lie far below, if so many follow
_FLAT = 0.05  # of such values: the range shown above and below them


def bound_scene(snapshot: StepSnapshot, palette: Palette) -> Scene:
    """log p(X|θ) and the bound L(q, θ) by half-step; the cursor stands at the step on the screen."""
    x = snapshot.half_steps
    likelihood = np.array([record.log_likelihood for record in snapshot.records])
    bound = np.array([record.elbo for record in snapshot.records])
    if not np.isfinite([*likelihood, *bound]).any():
        impossible = snapshot.record.log_likelihood == -math.inf
        return Scene(empty="ln p is −∞ so far" if impossible else "no E-step yet", x_ticks=(), y_ticks=())
    alone = not np.isfinite(likelihood).any()  # the bound alone
    upper, label = (bound, "bound") if alone else (likelihood, snapshot.spec.model.objective_label)
    below = [] if alone or not snapshot.spec.model.hides else [Curve(x, bound, palette.color(1), "dotted", "bound")]
    scene = _by_half_step(snapshot, palette, [*below, Curve(x, upper, palette.color(0), "solid", label)], upper)
    y_range = _above_rounding(likelihood, bound)
    cut = None if y_range is not None else _later(snapshot, likelihood, bound)
    return replace(
        scene,
        y_range=y_range or cut,
        cut="begins below" if cut is not None else "",
        description=f"{snapshot.spec.model.objective_label} {fixed(snapshot.record.log_likelihood)}, "
        f"bound {fixed(snapshot.record.elbo)}",
    )


def kl_scene(snapshot: StepSnapshot, palette: Palette) -> Scene:
    """KL(q ‖ p(Z|X,θ)) by half-step: zero after an exact E-step, and what the M-step opened after that."""
    kl = np.array([max(record.kl, 0.0) if math.isfinite(record.kl) else math.nan for record in snapshot.records])
    curve = Curve(snapshot.half_steps, kl, palette.color(3), "solid", "KL")
    return replace(_by_half_step(snapshot, palette, [curve], kl), description=f"KL {number(snapshot.record.kl)}")


def accuracy_scene(snapshot: StepSnapshot, palette: Palette) -> Scene:
    """Share of rows whose matched label is right, by half-step, with k-means as a line."""
    from emtui.session.baseline import classes_to_find

    truth = classes_to_find(snapshot.spec)
    n_judged = 1 if truth is None else int((truth >= 0).sum())
    accuracy = np.array([math.nan if r.hits is None else r.hits / n_judged for r in snapshot.records])
    layers: list[Layer] = []
    legend = []
    if snapshot.baseline is not None and snapshot.baseline.agreement is not None:
        layers.append(HLine(snapshot.baseline.agreement.accuracy, palette.color(1)))
        legend.append(("─", palette.color(1), "k-means"))
    layers.append(Curve(snapshot.half_steps, accuracy, palette.color(0), "solid", "EM"))
    scene = replace(_by_half_step(snapshot, palette, layers, accuracy, by_hand=False), legend=tuple(legend))
    known = [*accuracy[np.isfinite(accuracy)], *(layer.y for layer in layers if isinstance(layer, HLine))]
    if known and min(known) == max(known):  # an axis around one value would go on beyond 1
        return replace(scene, y_range=(max(0.0, known[0] - 0.1), min(1.0, known[0] + 0.1)))
    return scene


def _by_half_step(
    snapshot: StepSnapshot, palette: Palette, curves: list[Layer], y: np.ndarray, by_hand: bool = True
) -> Scene:
    """Curves by half-step, a line at the step on the screen, and marks on the curve y there and at changes by hand."""
    x, cursor = snapshot.half_steps, snapshot.cursor
    here = [Mark(float(x[cursor]), float(y[cursor]), "o" if palette.ascii else "●", palette.text)]
    moved = [record.index for record in snapshot.records if record.by_hand] if by_hand else []
    sign = pencil(ascii=palette.ascii)
    marks = [Mark(float(x[i]), float(y[i]), sign, palette.text) for i in moved if math.isfinite(y[i])]
    return Scene(
        layers=(VLine(float(x[cursor])), *curves, *marks, *(here if math.isfinite(y[cursor]) else ())),
        x_label="iteration",
        x_range=(0.0, max(1.0, float(x[-1]))),
        legend=((sign, palette.text, "by hand"),) if moved else (),
        empty="no E-step yet",
    )


def _later(snapshot: StepSnapshot, *curves: np.ndarray) -> tuple[float, float] | None:
    """A range without the first iterations, where these lie far below; with the step on the screen in any case."""
    iterations = np.array([record.iteration for record in snapshot.records])
    if iterations[-1] < _FIRST_ITERATIONS + _FEWEST_LATER:
        return None
    later = iterations > _FIRST_ITERATIONS
    here = [float(curve[snapshot.cursor]) for curve in curves]
    return without_far_beginning(curves, [curve[later] for curve in curves], here)


def _above_rounding(*curves: np.ndarray) -> tuple[float, float] | None:
    """A range about curves that differ by rounding alone, so that rounding is not drawn as a change.

    It is wide enough for ticks with few digits. None if they differ by more: the chart then fits them.
    """
    values = np.concatenate(curves)
    values = values[np.isfinite(values)]
    if not len(values):
        return None
    low, high = float(values.min()), float(values.max())
    size = max(abs(low), abs(high))
    if high - low > _ROUNDING * size:
        return None
    middle, room = low + (high - low) / 2, _FLAT * size or 1.0
    return middle - room, middle + room
