"""What a frame of a chart costs: `python tests/benchmarks/bench_charts.py`. Prints medians in milliseconds.

A frame is a new scene (new responsibilities, new ellipses) drawn at 80 × 28 and turned into strips, as after a step.
"first" includes finding the cell of every row, which later frames on the same data don't repeat. plotext alone
draws the same points beside it, without colours per point.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numpy as np
import plotext

from emtui.charts.cell_picture import to_strips
from emtui.charts.colors import DARK, mix
from emtui.charts.heatstrip import StripRows, draw_strip
from emtui.charts.scene import Cloud, Curve, Dots, Ellipse, Layer, Mark, Scene
from emtui.charts.scene_drawing import draw_scene

WIDTH, HEIGHT, K = 80, 28, 3


def milliseconds(run: Callable[[], object], repeats: int = 15) -> tuple[float, float]:
    """The first run and the median of the others."""
    seconds = []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return 1e3 * seconds[0], 1e3 * statistics.median(seconds[1:])


def frame(layers: list[Layer]) -> object:
    """One whole frame."""
    return to_strips(draw_scene(Scene(layers, "x", "y"), WIDTH, HEIGHT, DARK), DARK.mode)


def outlines(means: np.ndarray) -> list[Layer]:
    """The ellipses and means over the points."""
    layers: list[Layer] = []
    for k in range(K):
        layers += [Ellipse(means[k], np.eye(2), n_std, DARK.color(k)) for n_std in (1.0, 2.0)]
        layers.append(Mark(float(means[k, 0]), float(means[k, 1]), DARK.mean_marker, DARK.text))
    return layers


def plotext_frame(x: np.ndarray, y: np.ndarray) -> object:
    """The points in plotext alone."""
    plotext.clear_figure()
    plotext.limit_size(False, False)
    plotext.plot_size(WIDTH, HEIGHT)
    plotext.scatter(x.tolist(), y.tolist(), marker="●")
    return plotext.build()


def points_line(n: int, rng: np.random.Generator) -> str:
    """The medians for one number of rows."""
    means = np.array([[0.0, 0.0], [3.0, 2.5], [5.0, -1.0]])
    X = means[rng.integers(0, K, n)] + rng.standard_normal((n, 2))
    R = rng.dirichlet(np.full(K, 0.2), n)
    x, y = X[:, 0], X[:, 1]
    colors, kinds = mix(R, DARK), R.argmax(axis=1)
    first, cloud = milliseconds(lambda: frame([Cloud(x, y, R, DARK.colors(K), DARK.markers(K)), *outlines(means)]))
    _, dots = milliseconds(lambda: frame([Dots(x, y, colors, DARK.markers(K), kinds), *outlines(means)]))
    _, mixing = milliseconds(lambda: mix(R, DARK), 3)
    _, strip = milliseconds(lambda: to_strips(draw_strip(StripRows(R), WIDTH, 3, DARK), DARK.mode))
    _, bare = milliseconds(lambda: plotext_frame(x, y), 3) if n <= 100_000 else (0.0, float("nan"))
    return f"{n:>9,} {first:>12.2f} {cloud:>8.2f} {dots:>8.2f} {mixing:>10.2f} {strip:>8.2f} {bare:>9.2f}"


def curves_line(steps: int) -> str:
    """The median for two curves."""
    t = np.arange(steps, dtype=float)
    value = -np.exp(-t / steps * 8)
    layers: list[Layer] = [Curve(t, value, DARK.color(0)), Curve(t, value * 1.1, DARK.color(1), "dotted")]
    return f"two curves of {steps:,} values: {milliseconds(lambda: frame(layers))[1]:.2f}"


def main() -> None:
    """Print the table."""
    rng = np.random.default_rng(0)
    print(f"{'rows':>9} {'cloud first':>12} {'cloud':>8} {'dots':>8} {'mix alone':>10} {'strip':>8} {'plotext':>9}")
    for n in (150, 10_000, 100_000, 1_000_000):
        print(points_line(n, rng))
    for steps in (60, 10_000):
        print(curves_line(steps))


if __name__ == "__main__":
    main()
