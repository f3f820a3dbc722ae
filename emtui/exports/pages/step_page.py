"""An exploration as a page with a slider: the picture, the sentence, the numbers and the curves at each of its steps.

The points are in the file once, and of each step only what it changed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np

from emtui.charts.axes import Scale, make_scale
from emtui.charts.cell_text import clean
from emtui.charts.scene import Scene
from emtui.exports.pages.page import asset, html_text, page
from emtui.exports.pages.page_colors import BOTH, PageColors
from emtui.exports.pages.page_curves import DrawnCurve, drawn_curves
from emtui.exports.pages.step_parts import StepParts
from emtui.exports.pages.svg import svg_around
from emtui.exports.picture_look import Look
from emtui.exports.pictures.scene_plot import scales_of
from emtui.exports.pictures.shapes import Plot
from emtui.exports.pictures.step_sheets import Pictured, pictured
from emtui.session.session import Session
from emtui.session.snapshot import StepSnapshot
from emtui.views.edit_sentences import kept_sentence
from emtui.views.number_format import MISSING, fixed, number
from emtui.views.step_text import objective_name, step_words, where_parts

MOST_STEPS = 200
"""More steps than this are thinned: whole iterations, as even as can be."""
MOST_POINTS = 2_000
"""More rows than this are thinned in a picture of points."""
_ROUNDING = 1e-12  # of the objective: a smaller change is none


def step_page(session: Session, look: Look | None = None) -> Iterator[str]:
    """The page of the current branch, opened at the step under the cursor; empty pieces while it is being drawn.

    Raises:
        EngineError: the model has no picture.
    """
    timeline = session.timeline
    steps = timeline.steps
    chosen = chosen_steps([step.phase for step in steps], timeline.cursor)
    frames, shown = list[StepSnapshot](), list[tuple[Pictured, Pictured]]()
    for place in chosen:
        frames.append(thinned(session.snapshot_at(timeline.branch, place)))
        light, dark = (pictured(frames[-1], palette, look or Look()) for palette in BOTH)
        shown.append((light, dark))
        yield ""
    parts, pictures = StepParts(PageColors()), list[list[dict[str, Any]]]()
    scales = common_scales([light.content for light, _ in shown if isinstance(light.content, Scene)])
    for light, dark in shown:
        both = [_flat(one.plots(palette, scales)) for one, palette in zip((light, dark), BOTH, strict=True)]
        pictures.append(parts.plots(list(zip(*both, strict=True))))
        yield ""
    curves, rows, here = drawn_curves(frames, parts.ink), _named_rows(frames), frames[chosen.index(timeline.cursor)]
    document = {
        "begin": chosen.index(timeline.cursor),
        "steps": [
            {
                "title": clean(step_words(one)),
                "says": clean(kept_sentence(one)),
                "numbers": _numbers(one, rows),
                "plots": plots,
                "marks": [curve.marks[index] for curve in curves],
            }
            for index, (one, plots) in enumerate(zip(frames, pictures, strict=True))
        ],
        "parts": list(parts.parts),
        "clouds": parts.clouds,
        "shares": parts.shares,
    }
    title = " · ".join(where_parts(here)[:2])
    figure = _figure(shown[chosen.index(timeline.cursor)][0].caption, parts)
    body = _body(here, len(frames) - 1, figure, _table(rows), curves, _notes(frames, len(steps), session, shown[-1][0]))
    yield from page(title, parts.ink.css(), body, msgspec.json.encode(document).decode(), asset("steps.js"))


def chosen_steps(phases: Sequence[str], cursor: int) -> list[int]:
    """The places of the steps that a page has: all, or ends of iterations alone; the first, the last and the cursor."""
    n = len(phases)
    if n <= MOST_STEPS:
        return list(range(n))
    whole = [place for place, phase in enumerate(phases) if phase != "E"]
    even = np.unique(np.linspace(0, len(whole) - 1, min(MOST_STEPS, len(whole))).astype(int))
    return sorted({0, n - 1, cursor, *(whole[place] for place in even.tolist())})


def thinned(snapshot: StepSnapshot) -> StepSnapshot:
    """The snapshot with an even draw of its rows where they are many; the numbers are those of all rows."""
    R, n = snapshot.responsibilities, len(snapshot.rows)
    if n <= MOST_POINTS or (R is not None and (R.ndim != 2 or len(R) != n)):
        return snapshot
    keep = np.linspace(0, n - 1, MOST_POINTS).astype(np.int64)
    before = snapshot.responsibilities_before
    return replace(
        snapshot,
        rows=snapshot.rows[keep],
        responsibilities=None if R is None else R[keep],
        responsibilities_before=None if before is None else before[keep],
    )


def _flat(rows: Sequence[Sequence[Plot]]) -> list[Plot]:
    return [plot for row in rows for plot in row]


def common_scales(scenes: Sequence[Scene]) -> tuple[Scale, Scale] | None:
    """Axes that hold every one of the scenes, so that what moves from step to step is not the axes."""
    found = [scales for scales in map(scales_of, scenes) if scales is not None]
    if not found:
        return None
    x, y = (
        make_scale(min(one[axis].ends[0] for one in found), max(one[axis].ends[1] for one in found), margin=0.0)
        for axis in (0, 1)
    )
    return x, y


def _rows(snapshot: StepSnapshot) -> dict[str, float]:
    """What a step has come to, by name."""
    record = snapshot.record
    rows = {objective_name(snapshot): record.objective}
    for name, value in ((snapshot.spec.model.objective_label, record.log_likelihood), ("bound", record.elbo)):
        rows.setdefault(name, value)
    return {**rows, "KL": record.kl}


def _named_rows(frames: Sequence[StepSnapshot]) -> list[str]:
    """The names of those that any step has."""
    found = [_rows(one) for one in frames]
    return [name for name in found[-1] if any(not math.isnan(rows.get(name, math.nan)) for rows in found)]


def _numbers(snapshot: StepSnapshot, names: Sequence[str]) -> list[str]:
    """In the order of the table: each value, and what it changed by."""
    before = snapshot.previous_record
    now = _rows(snapshot)
    then = {} if before is None else _rows(replace(snapshot, cursor=snapshot.cursor - 1))
    rounding = _ROUNDING * abs(snapshot.record.objective)
    made = []
    for name in names:
        value = now.get(name, math.nan)
        change = value - then.get(name, math.nan) if math.isfinite(value) else math.nan
        change = 0.0 if abs(change) <= rounding else change
        made.append(MISSING if math.isnan(value) else fixed(value))
        made.append(f"{'+' if change > 0 else ''}{number(change)}" if math.isfinite(change) else "")
    return made


def _notes(frames: Sequence[StepSnapshot], n_steps: int, session: Session, shown: Pictured) -> list[str]:
    """What there is to say of the picture, and what the page leaves out."""
    notes = list(shown.notes)
    if len(frames) < n_steps:
        notes.append(f"{len(frames):,} of {n_steps:,} steps are here: the others lie between them.")
    drawn, n_rows = len(frames[0].rows), frames[0].n_rows
    if drawn < n_rows:
        notes.append(f"{drawn:,} of {n_rows:,} rows are drawn, evenly from all; all of them count in the numbers.")
    if session.timeline.n_branches > 1:
        notes.append(f"Branch {session.timeline.branch + 1} of {session.timeline.n_branches}.")
    return notes


def _figure(caption: str, parts: StepParts) -> str:
    """The places of the pictures, which the page fills at each step."""
    many = " many" if len(parts.frames) > 1 else ""
    empty = '<g class="behind"></g><g class="cloud"></g><g class="above"></g>'
    plots = "".join(
        f'<div class="plot"><div class="name"></div>{svg_around(frame, "", "", empty)}<ul class="legend"></ul></div>'
        for frame in parts.frames
    )
    return f'<figure><figcaption>{html_text(caption)}</figcaption>\n<div class="plots{many}">{plots}</div></figure>'


def _table(names: Sequence[str]) -> str:
    rows = "".join(f'<tr><th scope="row">{html_text(name)}</th><td></td><td></td></tr>' for name in names)
    return f"<thead><tr><th></th><th>value</th><th>change</th></tr></thead>\n<tbody>{rows}</tbody>"


def _body(
    here: StepSnapshot, last: int, figure: str, table: str, curves: Sequence[DrawnCurve], notes: Sequence[str]
) -> str:
    parts = where_parts(here)
    drawn = "".join(
        f'<figure class="curve"><figcaption>{html_text(one.name)}</figcaption>{one.svg}</figure>\n' for one in curves
    )
    said = "".join(f'<p class="note">{html_text(note)}</p>\n' for note in notes)
    return f"""<header><h1>{html_text(" · ".join(parts[:2]))}</h1>
<p class="about">{html_text(" · ".join(parts[2:]))}</p></header>
<main>
<div class="walk" role="group" aria-label="steps">
<label for="step">step</label><button id="before" type="button" aria-label="step before">◀</button>
<button id="after" type="button" aria-label="next step">▶</button>
<input id="step" type="range" min="0" max="{last}" value="0" step="1" aria-describedby="says">
<output id="where" for="step"></output></div>
<p id="says" aria-live="polite"></p>
<noscript><p>The steps are shown by a script in this file, and scripts are off here.</p></noscript>
<div class="panes">
{figure}
<section aria-label="numbers and curves">
<table id="numbers">{table}</table>
{drawn}</section>
</div>
{said}<p class="note">← and → go a step, Home and End to the ends.</p>
</main>"""
