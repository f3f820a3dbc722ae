"""A Jupyter notebook that makes the same run with `engine`: the parts of the script, each with what it does.

The file is JSON in nbformat 4.5 (nbformat.readthedocs.io), without outputs: running it makes them. A picture is drawn
where matplotlib is installed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from emtui.exports.markup_table import markdown_text
from emtui.exports.scripts.choice_lines import table_name
from emtui.exports.scripts.run_script import REPORT, ScriptParts, script_parts
from emtui.session.session import Session
from emtui.spec.run_spec import RunSpec
from emtui.spec.sources import is_folder, looks_like_file
from emtui.views import view_for
from engine.em.fields import location
from engine.em.loop import stopped
from engine.em.parameters import arrays_of
from engine.em.step import Step
from engine.readers.byte_source import STANDARD_INPUT, expanded

_HISTORY = "history.append((step.iteration, step.phase, step.objective))"
_NO_MATPLOTLIB = "print('pip install matplotlib, and this cell draws the run')"


def notebook_text(session: Session) -> str:
    """The notebook of the run up to the step under the cursor."""
    timeline, spec = session.timeline, _in_any_folder(session.spec)
    steps = timeline.steps[: timeline.cursor + 1]
    parts = script_parts(spec, steps)
    cells = [
        _prose(f"# {markdown_text(parts.title.rstrip('.'))}", "", *_about(session, spec, steps[-1], parts)),
        _code(parts.imports),
        _prose("## The data", "", *_about_data(spec)),
        _code([*parts.data, "print(data.name, data.X.shape)"]),
        _prose("## The model", "", f"{spec.model.title}, and what it begins from. Options are those of the run."),
        _code(parts.model),
        _prose("## The run", "", "Half a step at a time: an E-step, an M-step, and so on. The objective is kept."),
        _code(["history = []", *(line.replace(REPORT, _HISTORY) for line in parts.run), "history[-3:]"]),
        _prose("## What came of it", "", "Every digit of the objective, and the parameters."),
        _code(_results(parts, steps[-1])),
    ]
    if parts.scores:
        cells += [_prose("## Training and test rows", "", "Loss and accuracy."), _code(parts.scores)]
    cells += [_prose("## Pictures"), _code(_picture(session, spec, steps[-1]))]
    document = {
        "cells": [{"id": f"cell-{place}", **cell} for place, cell in enumerate(cells, start=1)],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _prose(*lines: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": _source(lines)}


def _code(lines: Sequence[str]) -> dict[str, Any]:
    return {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": _source(lines)}


def _source(lines: Sequence[str]) -> list[str]:
    """Lines as nbformat has them: all but the last end in a line feed."""
    return "\n".join(lines).splitlines(keepends=True)


def _in_any_folder(spec: RunSpec) -> RunSpec:
    """A file by its whole path, since a notebook runs in the folder that it is in."""
    source = spec.data.source
    if source == STANDARD_INPUT or not (looks_like_file(source) or is_folder(source)):
        return spec
    return replace(spec, data=replace(spec.data, source=str(Path(expanded(source)).absolute())))


def _about(session: Session, spec: RunSpec, last: Step, parts: ScriptParts) -> list[str]:
    """What running it makes, in the words that its cells print; and what of the session is elsewhere."""
    iterated = any("engine.iterate" in line for line in parts.run)
    ended = _rule_words(spec, last) if iterated else None
    said = [
        "It needs `engine`, which comes with `emtui`. Running all cells makes the same run: after iteration "
        f"{last.iteration} ({last.phase}) the objective is `{last.objective!r}`"
        f"{f', where the run ended: {markdown_text(ended)}' if ended else ''}."
    ]
    if iterated and last.rest is not None:
        said.append(f"emtui looked at where it rests, which no cell does: {markdown_text(last.rest.said)}.")
    timeline = session.timeline
    if timeline.n_branches > 1:
        said += [
            "",
            f"This is branch {timeline.branch + 1} of the {timeline.n_branches} branches of a session. All of them are "
            "in the session's Python script: in the app, `x` and `Python script`.",
        ]
    return said


def _rule_words(spec: RunSpec, last: Step) -> str | None:
    """Why the stopping rule ended the run, without what was found where it rests: as `engine.iterate` says it."""
    if last.rest is None:
        return last.stop_reason
    return stopped(replace(last, rest=None, converged=False, stop_reason=None), spec.rules).stop_reason


def _about_data(spec: RunSpec) -> list[str]:
    data = spec.dataset
    said = f"{markdown_text(data.title or data.name)}: {data.n_samples:,} rows, {data.n_features:,} columns."
    return [f"{said} Standardised: each column has mean 0 and variance 1." if spec.standardized else said]


def _results(parts: ScriptParts, last: Step) -> list[str]:
    """As in the script, but for large arrays, of which a notebook shows the ends."""
    names = list(arrays_of(last.params))
    lines = [line for line in parts.results if not any(f"step.params.{name}.tolist()" in line for name in names)]
    return [*lines, *(f'print("{name}", step.params.{name}, sep="\\n")' for name in names)]


def _picture(session: Session, spec: RunSpec, last: Step) -> list[str]:
    """The objective by iterations, and the rows along the axes of the app's picture in the colours of their labels."""
    rows = [] if spec.model.supervised or last.at_q is None else _points(session, spec, last)
    drawn = [
        f"figure, axes = plt.subplots(1, {2 if rows else 1}, figsize=({11 if rows else 6}, 4), squeeze=False)",
        'after = [one for one in history if one[1] != "E"]',
        'axes[0, 0].plot([one[0] for one in after], [one[2] for one in after], marker=".")',
        'axes[0, 0].set(xlabel="iteration", ylabel="objective")',
        *rows,
        "plt.show()",
    ]
    return [
        "try:",
        "    import matplotlib.pyplot as plt",
        "except ImportError:",
        f"    {_NO_MATPLOTLIB}",
        "else:",
        *(f"    {line}" for line in drawn),
    ]


def _points(session: Session, spec: RunSpec, last: Step) -> list[str]:
    snapshot = session.snapshot()
    axes = view_for(spec.model).axes(snapshot)[0]
    if axes.y is None or {axes.x.kind, axes.y.kind} != {"feature"} or table_name(spec) != "data.X":
        return []
    i, j = axes.x.index, axes.y.index
    lines = [
        "labels = step.posterior.labels",
        f'axes[0, 1].scatter(data.X[:, {i}], data.X[:, {j}], c=labels, cmap="viridis", s=12)',
        f"axes[0, 1].set(xlabel=data.feature_names[{i}], ylabel=data.feature_names[{j}])",
    ]
    places = location(last.params)
    if places is not None and places.array.ndim == 2 and places.array.shape[1] == spec.dataset.n_features:
        centers = f"step.params.{places.path}"
        lines.insert(2, f'axes[0, 1].scatter({centers}[:, {i}], {centers}[:, {j}], c="black", marker="X", s=80)')
    return lines
