"""A hidden chain along time: what was seen at the bottom, the states' posterior on top, the likeliest path between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from emtui.charts.axes import make_scale, make_ticks
from emtui.charts.colors import Palette, mix
from emtui.charts.scene import Bars, Cloud, Curve, Dots, HLine, Layer, PixelImage, VLine
from emtui.session.snapshot import StepSnapshot
from emtui.views.changes import drawn_responsibilities
from emtui.views.count_bars import spaced_bars
from emtui.views.dataset_cache import remembered
from emtui.views.number_format import number
from engine.arrays import Array, IntArray
from engine.em.evaluation import Posterior
from engine.text import clean

PATH, LOW, HIGH, TOP = 1.2, 1.4, 2.4, 2.45
"""Heights of the strip and of probability 0 and 1 above what was seen, which takes 0 to 1; and of the picture."""
_SPACED_BARS = 12
"""Rows up to which there is room for a gap between their bars; of more, gaps would swallow some of the bars."""
_CURVES = 40
"""Rows up to which the states' probabilities are curves; of more, curves that go up and down would fill the picture."""
_NAMED_SYMBOLS = 24
_LINES = 8
_MARKERS = 400
_LONGEST_PATH = 200_000


@dataclass(frozen=True, eq=False)
class Seen:
    """One column of what was seen, brought to 0…1, and the ticks that say what it was.

    symbols: it is symbols, drawn as bars; else measurements, drawn as points.
    """

    heights: Array
    ticks: tuple[tuple[float, str], ...]
    symbols: bool
    low: float = 0.0
    width: float = 1.0

    def height(self, value: Array) -> Array:
        """Other measurements on the same scale."""
        return np.asarray((value - self.low) / self.width)


def symbol_name(number: int, words: Sequence[str]) -> str:
    """The name of a symbol: the word that its number stands for, or the number."""
    return clean(words[number]) if 0 <= number < len(words) else str(number)


def symbols_seen(symbols: Array, first_symbol: int, n_symbols: int, words: Sequence[str] = ()) -> Seen:
    """Symbols (m,) counted from 0, as bars of which the lowest symbol has one step, too.

    words: what their numbers in the data stand for.
    """
    step = -(-n_symbols // _NAMED_SYMBOLS)
    ticks = tuple(((v + 1) / n_symbols, symbol_name(v + first_symbol, words)) for v in range(0, n_symbols, step))
    return Seen((symbols + 1.0) / n_symbols, ticks, True)


def measurements_seen(values: Array) -> Seen:
    """Measurements (m,) of one column, from the smallest to the largest of them, with ticks at round values."""
    low, high = float(values.min()), float(values.max())
    scale = max(abs(low), abs(high), np.finfo(np.float64).tiny)
    width = scale * (high / scale - low / scale) or 1.0
    if not np.isfinite(width):
        width = scale
    ticks = tuple((place, number(low + place * width)) for place in (0.0, 0.5, 1.0))
    axis = make_scale(low, high, margin=0.0)
    found = make_ticks(axis, 4)
    if low < high and len(found.labels) > 1 and not found.note:
        ticks = tuple(zip(found.fractions, found.labels, strict=True))
    return Seen(np.asarray((values - low) / width), ticks, False, low, width)


def likeliest_path(snapshot: StepSnapshot) -> IntArray | None:
    """(m,) the Viterbi path at the drawn rows, at the parameters of the posterior; None before it, or if too long."""
    step = snapshot.step
    if step.params_q is None or snapshot.n_rows > _LONGEST_PATH:
        return None
    model, data = step.problem.model, step.problem.data

    def found() -> IntArray:
        path: IntArray = model.viterbi(step.params_q, data)  # type: ignore[attr-defined]  # of a hidden Markov model
        if data.given is None:
            return path
        whole = Posterior(step.problem.at(step.params_q)).labels  # of sequences of weight 0, row by row
        whole[data.given.rows] = path
        return whole

    path: IntArray = remembered(snapshot.spec.dataset, "viterbi", found, of=step.params_q)
    return path[snapshot.rows]


def layers_in_time(
    snapshot: StepSnapshot, seen: Seen, means: Sequence[Array], palette: Palette, highlight: int | None
) -> list[Layer]:
    """The three parts of the picture, with rows counted from 1 along x.

    means: the height (1,) of each state's mean where measurements are seen; () for symbols.
    """
    x = np.asarray(snapshot.rows + 1.0, dtype=np.float64)
    R, path = drawn_responsibilities(snapshot), likeliest_path(snapshot)
    banded = in_bands(len(x), 0 if R is None else R.shape[1])
    layers: list[Layer] = [] if banded else [HLine(LOW), HLine(HIGH)]
    if highlight is not None:
        layers.append(VLine(highlight + 1.0, palette.text))
    layers += _bars(x, seen.heights, R, palette) if seen.symbols else _points(x, seen.heights, R, palette, means, path)
    if R is not None and banded:
        for k, place in enumerate(band_places(R.shape[1])):
            half = 0.45 * (HIGH - LOW) / R.shape[1]
            extent = (float(x[0]) - 0.5, float(x[-1]) + 0.5, place - half, place + half)
            layers.append(PixelImage(R[:, k][None, :], extent, palette.color(k)))
    elif R is not None:
        layers += [
            Curve(x, LOW + (HIGH - LOW) * R[:, k], palette.color(k))
            for k in range(R.shape[1])
            if R.shape[1] <= _LINES or R[:, k].max(initial=0.0) > 0.5
        ]
    if path is not None and R is not None:
        layers.append(_strip(x, path, R.shape[1], palette))
    return layers


def in_bands(n_rows: int, n_states: int) -> bool:
    """Draw the states' probabilities as one band each, the darker the likelier, in place of curves."""
    return n_rows > _CURVES and 0 < n_states <= _LINES


def band_places(n_states: int) -> list[float]:
    """The heights of the bands, the first state's at the top."""
    return [HIGH - (k + 0.5) * (HIGH - LOW) / n_states for k in range(n_states)]


def _strip(x: Array, path: IntArray, K: int, palette: Palette) -> Dots:
    """The likeliest path as a row of markers, without gaps where there are fewer rows than columns of the screen."""
    times = max(1, _MARKERS // max(1, len(x)))
    places = (x[:, None] + (np.arange(times) + 0.5) / times - 0.5).ravel()
    states = np.repeat(path, times)
    colors = np.array(palette.colors(K), dtype=np.uint8)[states]
    return Dots(places, np.full(len(places), PATH), colors, palette.markers(K), states)


def _bars(x: Array, heights: Array, R: Array | None, palette: Palette) -> list[Layer]:
    """One bar for each row, in the mixed colours of its states, with gaps while there is room for them."""
    colors: Any = palette.muted if R is None else mix(R, palette)
    if len(x) > _SPACED_BARS:
        edges = np.append(x - 0.5, x[-1] + 0.5)
        return [Bars(edges, heights, colors)]
    return [spaced_bars(x, heights, 0.36, colors)]


def _points(
    x: Array, heights: Array, R: Array | None, palette: Palette, means: Sequence[Array], path: IntArray | None
) -> list[Layer]:
    """Points, and each state's mean as a line where the likeliest path is in that state, all along before it."""
    lines: list[Layer] = []
    for k, mean in enumerate(means):
        height = np.where((mean >= 0.0) & (mean <= 1.0), mean, np.nan)
        if path is None:
            lines.append(Curve(x[[0, -1]], np.repeat(height, 2), palette.color(k), "dotted"))
        else:
            lines.append(Curve(x, np.where(path == k, height, np.nan), palette.color(k)))
    if R is None:
        return [Dots(x, heights, palette.muted, "." if palette.ascii else "•"), *lines]
    K = R.shape[1]
    return [*lines, Cloud(x, heights, R, palette.colors(K), palette.markers(K))]
