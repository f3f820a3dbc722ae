"""Counts as bars: the share of the rows with each number, and what a Poisson distribution gives to the same bars."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from emtui.charts.colors import Palette, mix
from emtui.charts.scene import RGB, Bars, ColorArray
from emtui.session.snapshot import StepSnapshot
from engine.arrays import Array, IntArray

_MOST_BARS = 61


@dataclass(frozen=True, eq=False)
class CountBars:
    """Bars over whole numbers, `width` of them in each; the first bar begins with the number `first`."""

    first: int
    width: int
    n_bars: int

    @classmethod
    def over(cls, counts: Array) -> CountBars:
        """At most 61 bars over counts (n,): from 0, unless all of them lie far from it."""
        low, high = int(counts.min()), int(counts.max())
        first = 0 if 2 * low < high or high < _MOST_BARS else low
        width = -(-(high - first + 1) // _MOST_BARS)
        return cls(first, width, -(-(high - first + 1) // width))

    @property
    def edges(self) -> Array:
        """(n_bars + 1,) where bars begin and end, halfway between whole numbers."""
        return np.asarray(np.arange(self.n_bars + 1) * float(self.width) + self.first - 0.5)

    def of(self, counts: Array) -> IntArray:
        """(n,) the bar that each count falls into."""
        return np.asarray((counts - self.first) // self.width, dtype=np.int64)

    def totals(self, counts: Array, weights: Array) -> Array:
        """(n_bars,) the sum of the weights (n,) in each bar."""
        return np.asarray(np.bincount(self.of(counts), weights, self.n_bars), dtype=np.float64)

    def of_rows(self, snapshot: StepSnapshot, counts: Array, palette: Palette) -> Bars:
        """The share of the rows in each bar, in the mix of their responsibilities; counts (m,) of the drawn rows."""
        weights, R = snapshot.step.problem.data.given_weight, snapshot.responsibilities
        weight = np.ones(len(counts)) if weights is None else weights[snapshot.rows]
        colors: Any = palette.muted
        if R is not None:
            by_bar = np.stack([self.totals(counts, r) for r in R.T], axis=1)
            colors = mix(by_bar, palette.fills(R.shape[1]), pure=palette.mode != "truecolor")
        return Bars(self.edges, self.totals(counts, weight) / weight.sum(), colors)

    def poisson(self, rate: float) -> Array:
        """(n_bars,) the probability that a Poisson distribution gives to each bar."""
        if rate <= 0:
            return np.asarray((self.edges[:-1] < 0) & (self.edges[1:] > 0), dtype=np.float64)
        if self.width > 1:
            from scipy.special import pdtr

            below = np.where(self.edges < 0, 0.0, pdtr(np.maximum(self.edges - 0.5, 0.0), rate))
            return np.asarray(np.diff(below))
        x = np.arange(self.first, self.first + self.n_bars, dtype=np.float64)
        log_factorial = np.cumsum(np.log(np.maximum(np.arange(x[-1] + 1), 1.0)))[self.first :]
        with np.errstate(under="ignore"):
            return np.asarray(np.exp(x * np.log(rate) - rate - log_factorial))


def spaced_bars(x: Array, heights: Array, half: float, colors: ColorArray | RGB) -> Bars:
    """Bars about x (n,) that are half as wide as this on either side, with gaps; colors: one, or (n, 3)."""
    edges = np.stack([x - half, x + half], axis=1).ravel()
    spaced = np.stack([heights, np.zeros_like(heights)], axis=1).ravel()[:-1]
    return Bars(edges, spaced, colors if isinstance(colors, tuple) else np.repeat(colors, 2, axis=0)[:-1])
