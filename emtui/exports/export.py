"""Exports of one exploration: its steps, parameters, responsibilities, and a script that makes the same run.

Each takes a `Session`, and writes to `path`, or where none is given to the folder under a free name made of data set
and model: iris-gmm-steps.csv, then iris-gmm-steps-2.csv. Each gives back where it wrote, or raises an `EngineError`
of one sentence and leaves nothing half-written.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from emtui.exports.python_script import script_text
from emtui.exports.step_record import csv_line, csv_lines, json_text, step_record
from emtui.session.session import Session
from emtui.spec.atomic_files import ExportError, file_name, write_file, write_numbered
from emtui.spec.parameters_file import parameters_text
from emtui.spec.sources import looks_like_file
from emtui.spec.train_test_split import split_of
from engine.em.evaluation import Posterior
from engine.em.step import Step

_ROWS_AT_ONCE = 8_192
PathLike = str | os.PathLike[str]


def export_steps_csv(
    session: Session, path: PathLike | None = None, *, folder: PathLike = ".", overwrite: bool = False
) -> Path:
    """Every step of the present branch: a line each, scalars and then parameters."""
    return _write(session, "steps", "csv", csv_lines(session.timeline.steps), path, folder, overwrite)


def export_steps_json(
    session: Session, path: PathLike | None = None, *, folder: PathLike = ".", overwrite: bool = False
) -> Path:
    """Every step of the present branch, with what was chosen, as one JSON document."""
    return _write(session, "steps", "json", _json_document(session), path, folder, overwrite)


def export_parameters(
    session: Session, path: PathLike | None = None, *, folder: PathLike = ".", overwrite: bool = False
) -> Path:
    """The parameters under the cursor as JSON; `--start` reads them again."""
    text = parameters_text(session.timeline.current, standardized=session.spec.standardized)
    return _write(session, "parameters", "json", [text], path, folder, overwrite)


def export_responsibilities(
    session: Session, path: PathLike | None = None, *, folder: PathLike = ".", overwrite: bool = False
) -> Path:
    """The responsibilities of every row at the step under the cursor: row, known class, r of each component, label.

    Raises:
        ExportError: there are none before the first E-step.
    """
    step = session.timeline.current
    if step.at_q is None:
        raise ExportError("there are no responsibilities yet: take an E-step first.")
    return _write(session, "responsibilities", "csv", _responsibilities(session, step), path, folder, overwrite)


def export_script(
    session: Session, path: PathLike | None = None, *, folder: PathLike = ".", overwrite: bool = False
) -> Path:
    """A Python script that takes the same steps up to the cursor and prints the same numbers."""
    timeline = session.timeline
    text = script_text(session.spec, timeline.steps[: timeline.cursor + 1])
    return _write(session, "run", "py", [text], path, folder, overwrite)


def _write(
    session: Session,
    what: str,
    ending: str,
    chunks: Iterable[str],
    path: PathLike | None,
    folder: PathLike,
    overwrite: bool,
) -> Path:
    if path is not None:
        return write_file(path, chunks, overwrite=overwrite)
    spec = session.spec
    name = spec.dataset.name
    if looks_like_file(spec.data.source):
        name = Path(name).stem
    return write_numbered(folder, file_name(name, spec.model.name, what, ending=ending), chunks)


def _json_document(session: Session) -> Iterator[str]:
    """One step a line, so that the file can be read by eye as well."""
    spec, steps = session.spec, session.timeline.steps
    about: dict[str, Any] = {
        "dataset": spec.dataset.name,
        "feature_names": spec.dataset.feature_names,
        "standardized": spec.standardized,
        "model": spec.model.name,
        "options": spec.model.option_values,
        "algorithm": spec.algorithm,
        "seed": spec.seed,
    }
    yield json_text(about)[:-1] + ',"steps":[\n'
    for index, step in enumerate(steps):
        yield json_text(step_record(step)) + (",\n" if index < len(steps) - 1 else "\n")
    yield "]}\n"


def _responsibilities(session: Session, step: Step) -> Iterator[str]:
    assert step.at_q is not None
    data, posterior = session.spec.dataset, Posterior(step.at_q)
    split = split_of(session.spec)
    origin = None if split is None else split.train  # the rows of the table that a network is trained on
    known = [] if data.y is None else ["class"]
    n_rows = step.problem.data.n_rows
    named = origin is not None or n_rows == data.n_samples  # else a row of the model is not a row of the table
    for begin in range(0, n_rows, _ROWS_AT_ONCE):
        rows = slice(begin, min(begin + _ROWS_AT_ONCE, n_rows))
        r = posterior.rows(rows)
        if begin == 0:
            heads = [f"r{k + 1}" for k in range(r.shape[1])]
            yield csv_line(["row", *(known if named else []), *heads, "component"])
        lines = []
        for i, values in enumerate(r.tolist(), start=begin):
            label = int(max(range(len(values)), key=values.__getitem__)) + 1
            place = i if origin is None else int(origin[i])
            row: list[Any] = [data.row_name(place) if named else i + 1]
            if named and data.y is not None:
                row.append(data.class_names[data.y[place]] if data.y[place] >= 0 else "")
            lines.append(csv_line([*row, *values, label]))
        yield "".join(lines)
