"""An exploration as a page with a slider: the picture, the sentence, the numbers and the curves at each of its steps.

The points are in the file once, and of each step only what it changed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import msgspec
import numpy as np

from emtui.charts.axes import Scale, make_scale
from emtui.charts.cell_text import clean
from emtui.charts.scene import Scene
from emtui.exports.pages.ink import BOTH, Ink
from emtui.exports.pages.page import asset, html_text, page
from emtui.exports.pages.page_curves import DrawnCurve, drawn_curves
from emtui.exports.pages.step_parts import StepParts
from emtui.exports.pages.svg import Pair, svg_around
from emtui.exports.pictures.scene_plot import scales_of
from emtui.exports.pictures.shapes import Plot
from emtui.exports.pictures.sheets import Look, Pictured, pictured
from emtui.session.session import Session
from emtui.session.snapshot import StepSnapshot
from emtui.views.edit_sentences import step_sentence
from emtui.views.number_format import MISSING, fixed, number
from emtui.views.step_text import objective_name, step_words, where_parts

MOST_STEPS = 200
"""More steps than this are thinned: whole iterations, as even as can be."""
MOST_POINTS = 2_000
"""More rows than this are thinned in a picture of points."""


def step_page(
    session: Session, look: Look | None = None, told: Callable[[int, int], None] = lambda done, of: None
) -> Iterator[str]:
    """The page of the current branch, opened at the step under the cursor. told: how many steps are drawn, of how many.

    Raises:
        EngineError: the model has no picture.
    """
    timeline = session.timeline
    steps = timeline.steps
    chosen = chosen_steps([step.phase for step in steps], timeline.cursor)
    ink, frames = Ink(), list[StepSnapshot]()
    for place in chosen:
        frames.append(thinned(session.snapshot_at(timeline.branch, place)))
        told(len(frames), 2 * len(chosen))
    drawing = StepParts(ink)
    pictures = _pictures(frames, look or Look(), lambda done: told(len(chosen) + done, 2 * len(chosen)))
    drawn = [drawing.plots(plots) for plots, _ in pictures]
    curves = drawn_curves(frames, ink)
    here = frames[chosen.index(timeline.cursor)]
    document = {
        "begin": chosen.index(timeline.cursor),
        "steps": [
            {
                "title": clean(step_words(one)),
                "says": clean(step_sentence(one)),
                "numbers": _numbers(one),
                "plots": plots,
                "marks": [curve.marks[index] for curve in curves],
            }
            for index, (one, plots) in enumerate(zip(frames, drawn, strict=True))
        ],
        "parts": list(drawing.parts),
        "clouds": drawing.clouds,
        "shares": drawing.shares,
    }
    title = " · ".join(where_parts(here)[:2])
    body = _body(here, pictures[-1][1], drawing, curves, _notes(frames, len(steps), session))
    yield from page(title, ink.css(), body, msgspec.json.encode(document).decode(), asset("steps.js"))


def chosen_steps(phases: Sequence[str], cursor: int) -> list[int]:
    """The places of the steps that a page has: all, or ends of iterations alone; the first, the last and the cursor."""
    n = len(phases)
    if n <= MOST_STEPS:
        return list(range(n))
    whole = [place for place, phase in enumerate(phases) if phase != "E"]
    even = np.unique(np.linspace(0, len(whole) - 1, min(MOST_STEPS - 2, len(whole))).astype(int))
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


def _pictures(
    frames: Sequence[StepSnapshot], look: Look, told: Callable[[int], None]
) -> list[tuple[list[Pair], Pictured]]:
    """Each step's plots on light and on dark; scenes on axes that hold all of them."""
    shown: list[tuple[Pictured, Pictured]] = []
    for one in frames:
        light, dark = (pictured(one, palette, look) for palette in BOTH)
        shown.append((light, dark))
        told(len(shown))
    scenes = [light.content for light, _ in shown if isinstance(light.content, Scene)]
    scales = common_scales(scenes)
    made = []
    for light, dark in shown:
        both = [_flat(one.plots(palette, scales)) for one, palette in zip((light, dark), BOTH, strict=True)]
        made.append((list(zip(*both, strict=True)), light))
    return made


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


def _rows(snapshot: StepSnapshot) -> list[tuple[str, float]]:
    """What a step has come to: names and numbers."""
    record = snapshot.record
    rows = [(objective_name(snapshot), record.objective)]
    for name, value in ((snapshot.spec.model.objective_label, record.log_likelihood), ("bound", record.elbo)):
        if name != rows[0][0]:
            rows.append((name, value))
    return [*rows, ("KL", record.kl)]


def _numbers(snapshot: StepSnapshot) -> list[str]:
    """In the order of the table: each value, and what it changed by."""
    before = snapshot.previous_record
    then = {} if before is None else dict(_rows(replace(snapshot, cursor=snapshot.cursor - 1)))
    made = []
    for name, value in _rows(snapshot):
        change = value - then.get(name, math.nan) if math.isfinite(value) else math.nan
        made += [fixed(value) if not math.isnan(value) else MISSING]
        made += [f"{'+' if change > 0 else ''}{number(change)}" if math.isfinite(change) else ""]
    return made


def _notes(frames: Sequence[StepSnapshot], n_steps: int, session: Session) -> list[str]:
    """What the page leaves out."""
    notes = []
    if len(frames) < n_steps:
        notes.append(f"{len(frames):,} of {n_steps:,} steps are here: the others lie between them.")
    drawn, n_rows = len(frames[0].rows), frames[0].n_rows
    if drawn < n_rows:
        notes.append(f"{drawn:,} of {n_rows:,} rows are drawn; all of them count in the numbers.")
    if session.timeline.n_branches > 1:
        notes.append(f"Branch {session.timeline.branch + 1} of {session.timeline.n_branches}.")
    return notes


def _body(
    here: StepSnapshot, shown: Pictured, drawing: StepParts, curves: Sequence[DrawnCurve], notes: Sequence[str]
) -> str:
    parts = where_parts(here)
    last = len(curves[0].marks) - 1 if curves else 0
    empty = '<g class="behind"></g><g class="cloud"></g><g class="above"></g>'
    plots = "".join(
        f'<div class="plot"><div class="name"></div>{svg_around(frame, "", "", empty)}<ul class="legend"></ul></div>'
        for frame in drawing.frames
    )
    many = " many" if len(drawing.frames) > 1 else ""
    table = "".join(f'<tr><th scope="row">{html_text(name)}</th><td></td><td></td></tr>' for name, _ in _rows(here))
    figures = "".join(
        f'<figure class="curve"><figcaption>{html_text(one.name)}</figcaption>{one.svg}</figure>' for one in curves
    )
    said = "".join(f'<p class="note">{html_text(note)}</p>' for note in notes)
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
<figure><figcaption>{html_text(shown.caption)}</figcaption>
<div class="plots{many}">{plots}</div></figure>
<section aria-label="numbers and curves">
<table id="numbers"><thead><tr><th></th><th>value</th><th>change</th></tr></thead>
<tbody>{table}</tbody></table>
{figures}</section>
</div>
{said}<p class="note">← and → go a step, Home and End to the ends.</p>
</main>"""
