"""Axes: the range that a scene needs, and ticks whose labels are short, exact and differ from each other.

Tick labels have a unit of their own: data values are `offset + unit · v`. For everyday numbers offset is 0 and unit 1;
values near 1e150 get a power of ten, values that differ only far behind their leading digits get an offset,
and both are said once beside the axis instead of in every label. The offset is the digits that all values share, so
that a label is how a value goes on: −192277.73123 is −23 on an axis that says "−192277.731 + 1e−5·…".
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

import numpy as np

from emtui.charts import scene as layers
from emtui.charts.array_cache import array_cache
from emtui.charts.cell_text import fit
from emtui.charts.scene import FloatArray, Layer, Range, Scene

MARGIN = 0.04


@dataclass(frozen=True, slots=True)
class Scale:
    """A range in data units, safe to divide by. low < high, in units of `unit`: data = unit · value."""

    low: float
    high: float
    unit: float = 1.0

    def fraction(self, values: FloatArray) -> FloatArray:
        """Where values lie between low (0) and high (1); not finite stays not finite."""
        with np.errstate(over="ignore", invalid="ignore"):
            scaled = values if self.unit == 1.0 else values / self.unit
            return (scaled - self.low) * (1.0 / (self.high - self.low))

    @property
    def ends(self) -> Range:
        """The range in data units."""
        return self.low * self.unit, self.high * self.unit

    def value(self, fraction: float) -> float:
        """The data value at a fraction of the axis."""
        return (self.low + fraction * (self.high - self.low)) * self.unit


@dataclass(frozen=True, slots=True)
class Ticks:
    """Fractions of the axis in [0, 1], ascending, their labels, and a note: '×1e150', '+1e8' or '-19.73 + 1e-5·'."""

    fractions: tuple[float, ...]
    labels: tuple[str, ...]
    note: str = ""


def make_scale(low: float, high: float, margin: float = MARGIN) -> Scale:
    """An axis over [low, high], widened by a margin on both sides; a single value gets room around it."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return Scale(0.0, 1.0)
    low, high = min(low, high), max(low, high)
    largest = max(abs(low), abs(high))
    unit = 1.0
    if largest != 0 and not 1e-100 < largest < 1e100:
        exponent = max(-300, min(300, math.floor(math.log10(largest))))
        unit = 10.0**exponent
    a, b = low / unit, high / unit
    # Fewer than about 1e4 representable numbers between the ends: draw it as one value.
    smallest = max(abs(a), abs(b)) * 1e-12
    if b - a <= smallest:
        largest = max(abs(a), abs(b))
        room = 1.0 if largest == 0 else largest * 0.5 if largest < 1e6 else max(smallest * 4, 0.5)
        return Scale(a - room, b + room, unit)
    pad = (b - a) * margin
    return Scale(a - pad, b + pad, unit)


def nice_step(span: float, count: int) -> tuple[int, int]:
    """A step m · 10^e with m in 1, 2, 5, such that about `count` of them fill the span."""
    raw = span / max(count, 1)
    exponent = math.floor(math.log10(raw))
    for mantissa in (1, 2, 5):
        if mantissa * 10.0**exponent >= raw * 0.7:
            return mantissa, exponent
    return 1, exponent + 1


def make_ticks(scale: Scale, count: int) -> Ticks:
    """About `count` ticks at round values. Labels are exact: tick values are integers times a power of ten."""
    mantissa, exponent = nice_step(scale.high - scale.low, count)
    step = mantissa * 10.0**exponent
    first, last = math.ceil(scale.low / step - 1e-9), math.floor(scale.high / step + 1e-9)
    # q · 10^exponent are the values, q integers: no label is a rounded one.
    q = [i * mantissa for i in range(first, last + 1)]
    if not q:
        return Ticks((), ())
    fractions = [(v * 10.0**exponent - scale.low) / (scale.high - scale.low) for v in q]
    unit_exponent = round(math.log10(scale.unit))
    note, offset = "", 0
    if max(map(abs, q)) >= 10**6 and len(q) > 1:
        room = 10 ** (len(str(q[-1] - q[0])) + 1)
        nearest = q[0] if q[0] > 0 else q[-1]  # to zero, towards which the digits that all share are cut
        offset = abs(nearest) // room * room * (1 if nearest > 0 else -1)
        note = "+" * (offset > 0) + _shortest(offset, exponent + unit_exponent)
    labels, power = _labels([v - offset for v in q], exponent, unit_exponent, whole=offset != 0)
    if power:
        note = f"{note.removeprefix('+')} + 1e{power}·" if note else f"×1e{power}"
    return Ticks(tuple(min(max(f, 0.0), 1.0) for f in fractions), tuple(labels), note)


def noted(label: str, ticks: Ticks, ascii: bool = False) -> str:
    """What an axis measures, and what is done with its ticks' labels, for which … stands where they are added.

    "x ×1e150", "x: 1e8 + …", "x: -192277.731 + 1e-5·…".
    """
    note = ticks.note
    offset = bool(note) and not note.startswith("×")
    if offset:
        note = f"{note}…" if note.endswith("·") else f"{note.removeprefix('+')} + …"
    said = f"{label}{':' * offset} {note}" if label and note else label or note
    return said.replace("×", "*").replace("·", "*").replace("…", "...") if ascii and note else said


def named_ticks(scale: Scale, named: Sequence[tuple[float, str]], places: int, longest: int) -> Ticks:
    """Ticks with names, at most one in each of so many places (rows, say), each of at most so many cells."""
    kept: dict[int, tuple[float, str]] = {}
    for value, name in named:
        f = float(scale.fraction(np.array([value]))[0])
        if 0.0 <= f <= 1.0:
            kept.setdefault(min(int(f * places), places - 1), (f, fit(name, longest)))
    ordered = [kept[place] for place in sorted(kept)]
    return Ticks(tuple(f for f, _ in ordered), tuple(name for _, name in ordered))


def _labels(q: list[int], exponent: int, unit_exponent: int, whole: bool = False) -> tuple[list[str], int]:
    """Labels of q · 10^exponent, and the power of ten that was taken out of them.

    whole: integers, unless they are plain with at most two decimals.
    """
    largest = max(map(abs, q))
    magnitude = (len(str(largest)) - 1 + exponent) if largest else exponent
    plain = unit_exponent == 0 and magnitude <= 5 and exponent >= (-2 if whole else -4)
    power = 0 if plain else exponent if whole else magnitude
    decimals = max(0, power - exponent)
    labels = [f"{Decimal(v).scaleb(exponent - power):z.{decimals}f}" for v in q]
    return labels, power + unit_exponent


def _shortest(value: int, exponent: int) -> str:
    """The integer value · 10^exponent, written plainly or with an exponent, whichever is shorter."""
    number = Decimal(value).scaleb(exponent).normalize()
    plain, scientific = f"{number:zf}", f"{number:ze}".replace("e+", "e")
    return plain if len(plain) <= len(scientific) else scientific


def _bounds(values: FloatArray) -> tuple[float, float] | None:
    """The least and the greatest finite value, or None."""
    if not len(values):
        return None
    low, high = float(np.min(values)), float(np.max(values))
    if not (math.isfinite(low) and math.isfinite(high)):
        finite = values[np.isfinite(values)]
        if not len(finite):
            return None
        low, high = float(finite.min()), float(finite.max())
    return low, high


def _extent(layer: Layer) -> tuple[FloatArray, FloatArray] | None:
    """The coordinates a layer needs on the axes; lines, spans and trails need none."""
    match layer:
        case layers.Dots() | layers.Cloud() | layers.Curve():
            return layer.x, layer.y
        case layers.Mark() | layers.Tag():
            return np.array([layer.x]), np.array([layer.y])
        case layers.Ellipse():
            with np.errstate(invalid="ignore", over="ignore"):
                reach = layer.n_std * np.sqrt(np.maximum(np.diag(layer.covariance), 0.0))
                corners = np.stack([layer.center - reach, layer.center + reach])
            return corners[:, 0], corners[:, 1]
        case layers.PixelImage() | layers.Backdrop():
            return np.array(layer.extent[:2]), np.array(layer.extent[2:])
        case layers.Bars() if len(layer.heights):
            return layer.edges, np.append(layer.heights, 0.0)
        case layers.StackedBars() if layer.heights.size:
            return layer.edges, np.append(layer.heights.sum(axis=0), 0.0)
        case _:
            return None


def _rounded(low: float, high: float) -> tuple[float, float]:
    """The range to a ten-millionth, so that the last bit of an ellipse, which differs by processor, moves no dot."""
    span = high - low
    if not (0 < span < math.inf and span > 1e-6 * max(abs(low), abs(high))):
        return low, high
    digits = 7 - math.floor(math.log10(span))
    return round(low, digits), round(high, digits)


def fit_scales(scene: Scene) -> tuple[Scale, Scale] | None:
    """The axes that hold a scene, or None when it has nothing to show and no ranges of its own."""
    found: list[list[tuple[float, float]]] = [[], []]
    for layer in scene.layers:
        extent = _extent(layer)
        if extent is None:
            continue
        for axis, values in zip(found, extent, strict=True):
            bounds = array_cache.get((values,), ("bounds",), partial(_bounds, values))
            if bounds:
                axis.append(bounds)
    ranges = (scene.x_range, scene.y_range)
    axes = []
    for bounds_list, given in zip(found, ranges, strict=True):
        if given is not None and all(map(math.isfinite, given)):
            axes.append(make_scale(given[0], given[1], margin=0.0))
        elif bounds_list:
            low, high = min(b[0] for b in bounds_list), max(b[1] for b in bounds_list)
            axes.append(make_scale(*_rounded(low, high)))
        else:
            return None
    has_bars = any(isinstance(layer, layers.Bars) for layer in scene.layers)
    if has_bars and scene.y_range is None and axes[1].low < 0 <= found[1][0][0]:
        axes[1] = Scale(0.0, axes[1].high, axes[1].unit)
    return axes[0], axes[1]
