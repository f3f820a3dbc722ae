"""What a run and a step show of themselves in a notebook: a picture and a table as HTML, at most a screen of it.

Lines and words take the page's own colour, so that it suits light and dark pages; nothing is loaded from elsewhere.
"""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Array, is_sparse
from engine.em.evaluation import Evaluation, Posterior
from engine.em.html_table import array_rows, box, named_row, named_rows, safe
from engine.em.parameters import arrays_of
from engine.errors import EngineError
from engine.text import clean

_WIDTH, _HEIGHT = 330, 210
_LEFT, _RIGHT, _TOP, _BOTTOM = 12, 12, 24, 24
_MOST_POINTS = 300
_COLORS = ("#3b8ed0", "#e08214", "#2ca25f", "#d0549b", "#8c6bd1", "#b8860b")  # to be told apart on white and on black


class ShownStep(Protocol):
    """What is shown of a step."""

    @property
    def problem(self) -> Any:
        """The model, the data and what else stays the same."""

    @property
    def iteration(self) -> int:
        """Its number."""

    @property
    def phase(self) -> str:
        """Which half of the iteration it is."""

    @property
    def params(self) -> Any:
        """θ."""

    @property
    def at(self) -> Evaluation:
        """The pass at θ."""

    @property
    def posterior(self) -> Posterior | None:
        """q(Z)."""

    @property
    def objective(self) -> float:
        """What the M-step raises."""

    @property
    def stop_reason(self) -> str | None:
        """Why the run stopped here."""


def run_html(title: str, steps: Sequence[ShownStep], facts: Mapping[str, str]) -> str:
    """A run: the objective by iteration, the rows at its end, what there is to know of it, and θ."""
    last = steps[-1]
    moved = [step for step in steps if step.phase != "E" and step.at.knows_its_objective]
    places, heights = [step.iteration for step in moved], [step.objective for step in moved]
    curve = curve_svg("objective by iteration", np.array(places, dtype=np.float64), np.array(heights))
    return _page(title, [curve, _rows_svg(last)], {**_facts(last), **facts}, last.params)


def step_html(title: str, step: ShownStep) -> str:
    """A step: the rows under it, what there is to know of it, and θ."""
    return _page(title, [_rows_svg(step)], _facts(step), step.params)


def curve_svg(title: str, x: Array, y: Array) -> str:
    """A curve in a frame, with the range of both axes; "" where it has less than two points."""
    known = np.isfinite(y)
    x, y = x[known], y[known]
    if len(x) < 2:
        return ""
    some = _some(len(x))
    places = zip(_spread(x)[some].tolist(), _spread(y)[some].tolist(), strict=True)
    line = " ".join(f"{_across(a):z.1f},{_up(b):z.1f}" for a, b in places)
    drawn = f'<polyline points="{line}" fill="none" stroke="{_COLORS[0]}" stroke-width="2"/>'
    return _framed(title, drawn, x, y)


def points_svg(title: str, points: Array, groups: Array | None) -> str:
    """Points in the plane, coloured by their group; "" where there are none."""
    known = np.isfinite(points).all(axis=1)
    points, groups = points[known], None if groups is None else groups[known]
    if not len(points):
        return ""
    x, y = points.T
    places = zip(_spread(x).tolist(), _spread(y).tolist(), strict=True)
    colors = ["currentColor"] * len(x) if groups is None else [_COLORS[group % len(_COLORS)] for group in groups]
    dots = [
        f'<circle cx="{_across(a):z.1f}" cy="{_up(b):z.1f}" r="2" fill="{color}" fill-opacity="0.7"/>'
        for (a, b), color in zip(places, colors, strict=True)
    ]
    return _framed(title, "".join(dots), x, y)


def _table_of(step: ShownStep) -> Any:
    """The rows, where they can be drawn: each by itself, without a target, of two columns of numbers or more."""
    model, table = step.problem.model, step.problem.data.given_table
    if not model.independent_rows or model.supervised or is_sparse(table) or np.ndim(table) != 2:
        return None
    return table if table.shape[1] > 1 and np.issubdtype(table.dtype, np.floating) else None


def _rows_svg(step: ShownStep) -> str:
    """Some of the rows by their first two columns, coloured by the likeliest component of q; "" where it can't be."""
    table = _table_of(step)
    if table is None:
        return ""
    rows = _some(len(table))
    try:
        groups = None if step.posterior is None else step.posterior.rows(rows).argmax(axis=1)
    except EngineError:  # the caller's array has changed since
        return ""
    names = [clean(name, 15) for name in step.problem.column_names[:2]] or ["column 1", "column 2"]
    return points_svg(f"{names[1]} by {names[0]}", np.asarray(table[rows, :2], dtype=np.float64), groups)


def _facts(step: ShownStep) -> dict[str, str]:
    problem = step.problem
    n_rows = problem.data.n_given
    drawn = n_rows if _table_of(step) is None else len(_some(n_rows))
    known = {
        "model": repr(problem.model),
        "rows": f"{n_rows}" + (f" ({drawn} of them drawn)" if drawn < n_rows else ""),
    }
    known |= {"algorithm": problem.algorithm.text, "seed": str(problem.seed)}
    objective = step.objective if step.at.knows_its_objective else math.nan
    if not math.isnan(objective):
        known["objective"] = f"{objective:z.9g}"
    elif step.phase != "E":
        known["objective"] = "not known yet: the next E-step computes it"
    return known | ({"stopped": step.stop_reason} if step.stop_reason else {})


def _page(title: str, pictures: Sequence[str], facts: Mapping[str, str], params: Any) -> str:
    rows = [named_row(name, safe(value, 200)) for name, value in facts.items()]
    return box(title, f"<div>{''.join(pictures)}</div>", named_rows([*rows, *array_rows(arrays_of(params))]))


def _some(count: int) -> NDArray[np.intp]:
    """The places of a few of so many values, evenly from the first to the last."""
    return np.unique(np.linspace(0, count - 1, _MOST_POINTS).round().astype(np.intp))


def _framed(title: str, drawn: str, x: Array, y: Array) -> str:
    """What is drawn, in a frame with a title and the range of both axes."""
    ends = [(axis.min(), axis.max()) for axis in (x, y)]
    right, below = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM
    words = [
        _text(_LEFT, 16, "start", clean(title, 34)),
        _text(right, 16, "end", f"{ends[1][0]:z.6g} to {ends[1][1]:z.6g}"),
        _text(_LEFT, _HEIGHT - 8, "start", f"{ends[0][0]:z.6g}"),
        _text(right, _HEIGHT - 8, "end", f"{ends[0][1]:z.6g}"),
    ]
    frame = (
        f'<rect x="{_LEFT}" y="{_TOP}" width="{right - _LEFT}" height="{below - _TOP}" fill="none" '
        'stroke="currentColor" stroke-opacity="0.4"/>'
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{safe(title, 120)}" width="{_WIDTH}" '
        f'height="{_HEIGHT}" viewBox="0 0 {_WIDTH} {_HEIGHT}">{frame}{drawn}{"".join(words)}</svg>'
    )


def _text(x: int, y: int, anchor: str, words: str) -> str:
    style = 'font-size="11" font-family="sans-serif" fill="currentColor"'
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" {style}>{html.escape(words)}</text>'


def _spread(values: Array) -> Array:
    """From 0 at the least to 1 at the greatest; ½ where all are one. Halves don't overflow."""
    halves = values / 2
    low, high = halves.min(), halves.max()
    return (halves - low) / (high - low) if high > low else np.full(len(values), 0.5)


def _across(fraction: float) -> float:
    return _LEFT + 4 + fraction * (_WIDTH - _LEFT - _RIGHT - 8)


def _up(fraction: float) -> float:
    return _HEIGHT - _BOTTOM - 4 - fraction * (_HEIGHT - _TOP - _BOTTOM - 8)
