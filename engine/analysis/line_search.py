"""Searches along a curve of one variable: where it is highest, where it has fallen well below that, where it ends."""

from __future__ import annotations

import math
from collections.abc import Callable

_DOUBLINGS = 30
_HALVINGS = 50
_GOLDEN = (math.sqrt(5.0) - 1.0) / 2.0


def finite(value: float) -> float:
    """The value, −∞ where it is no number."""
    return value if math.isfinite(value) else -math.inf


def fall(
    curve: Callable[[float], float], known: tuple[float, float], start: float, move: float, end: float, drop: float
) -> float:
    """The t beyond `start`, in the direction of `move`, at which the curve lies well below its highest value so far.

    It lies lower by `drop` there, or by four times what it rises from θ_q to its top, if that is more (both are `known`
    as far as they are); `end`, where the domain is over, if it never does.
    """
    inside, (first, top) = start, known
    for _ in range(_DOUBLINGS):
        outside = min(start + move, end) if move > 0 else max(start + move, end)
        value = curve(outside)
        top = max(top, value)
        enough = max(drop, 4.0 * (top - first))
        if value < top - enough:
            break
        inside = outside
        if outside == end:
            return end
        move *= 2.0
    else:
        return inside
    for _ in range(_HALVINGS):
        if value >= top - 2.0 * enough:
            return outside
        middle = 0.5 * (inside + outside)
        at_middle = curve(middle)
        top = max(top, at_middle)
        enough = max(drop, 4.0 * (top - first))
        if at_middle < top - enough:
            outside, value = middle, at_middle
        else:
            inside = middle
    return inside


def highest(curve: Callable[[float], float], left: float, right: float) -> float:
    """The highest place of a curve with one top, by golden sections (Kiefer 1953)."""
    a, b = right - _GOLDEN * (right - left), left + _GOLDEN * (right - left)
    at_a, at_b = curve(a), curve(b)
    for _ in range(40):
        if at_a >= at_b:
            right, b, at_b = b, a, at_a
            a = right - _GOLDEN * (right - left)
            at_a = curve(a)
        else:
            left, a, at_a = a, b, at_b
            b = left + _GOLDEN * (right - left)
            at_b = curve(b)
    return 0.5 * (left + right)


def last_inside(allowed: Callable[[float], bool], inside: float, wanted: float) -> float:
    """The place `wanted`, or if it lies outside the domain, one just within its end, by bisection from `inside`."""
    if allowed(wanted):
        return wanted
    outside = wanted
    for _ in range(30):
        middle = 0.5 * (inside + outside)
        if allowed(middle):
            inside = middle
        else:
            outside = middle
    return inside
