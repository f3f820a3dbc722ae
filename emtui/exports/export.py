"""Exports of one exploration: its steps, parameters, responsibilities, a script that makes the same run, the picture.

export_steps_csv(session, path)      # or with folder=…: under a free name, iris-gmm-steps.csv, iris-gmm-steps-2.csv
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emtui.exports.picture_text import picture_text
from emtui.exports.python_script import script_text
from emtui.exports.step_record import csv_line, csv_lines, json_text, step_record
from emtui.session.session import Session
from emtui.spec.atomic_files import ExportError, file_name, write_file, write_numbered
from emtui.spec.parameters_file import parameters_text
from emtui.spec.sources import looks_like_file
from emtui.spec.train_test_split import split_of
from engine.em.evaluation import Posterior

_ROWS_AT_ONCE = 8_192
PathLike = str | os.PathLike[str]


@dataclass(frozen=True)
class Export:
    """Something that can be written to a file; calling it does so.

    title: what it is. word, ending: of the file's name. chunks: the text, made from a session.
    """

    title: str
    word: str
    ending: str
    chunks: Callable[[Session], Iterable[str]]

    def __call__(
        self, session: Session, path: PathLike | None = None, *, folder: PathLike = ".", overwrite: bool = False
    ) -> Path:
        """Write to `path`, or to `folder` under a free name made of data set and model; the path comes back.

        Raises:
            EngineError: it can't be written, in one sentence; nothing is left half-written.
        """
        chunks, spec = self.chunks(session), session.spec
        if path is not None:
            return write_file(path, chunks, overwrite=overwrite)
        name = spec.dataset.name
        name = Path(name).stem if looks_like_file(spec.data.source) else name
        return write_numbered(folder, file_name(name, spec.model.name, self.word, ending=self.ending), chunks)


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


def _responsibilities(session: Session) -> Iterable[str]:
    """Every row at the step under the cursor: row, known class, r of each component, label."""
    if session.timeline.current.at_q is None:
        raise ExportError("there are no responsibilities yet: take an E-step first.")
    return _responsibility_lines(session)


def _responsibility_lines(session: Session) -> Iterator[str]:
    step = session.timeline.current
    assert step.at_q is not None
    data, posterior = session.spec.dataset, Posterior(step.at_q)
    split = split_of(session.spec)
    origin = None if split is None else split.train  # the rows of the table that a network is trained on
    known = [] if data.y is None else ["class"]
    n_rows = step.problem.data.n_given
    named = origin is not None or n_rows == data.n_samples  # else a row of the model is not a row of the table
    for begin in range(0, n_rows, _ROWS_AT_ONCE):
        rows = slice(begin, min(begin + _ROWS_AT_ONCE, n_rows))
        r = posterior.rows(rows)
        if begin == 0:
            heads = [f"r{k + 1}" for k in range(r.shape[1])]
            yield csv_line(["row", *(known if named else []), *heads, "component"])
        lines = []
        for i, values in enumerate(r.tolist(), start=begin):
            likeliest = int(max(range(len(values)), key=values.__getitem__)) + 1
            label = "" if math.isnan(values[0]) else likeliest  # a row of weight 0 that the model can't take
            place = i if origin is None else int(origin[i])
            row: list[Any] = [data.row_name(place) if named else i + 1]
            if named and data.y is not None:
                row.append(data.class_names[data.y[place]] if data.y[place] >= 0 else "")
            lines.append(csv_line([*row, *values, label]))
        yield "".join(lines)


def _parameters(session: Session) -> list[str]:
    return [parameters_text(session.timeline.current, standardized=session.spec.standardized)]


def _script(session: Session) -> list[str]:
    timeline = session.timeline
    return [script_text(session.spec, timeline.steps[: timeline.cursor + 1])]


export_steps_csv = Export(
    "steps of this branch (CSV)", "steps", "csv", lambda session: csv_lines(session.timeline.steps)
)
export_steps_json = Export("steps of this branch (JSON)", "steps", "json", _json_document)
export_parameters = Export("parameters here (JSON, for --start)", "parameters", "json", _parameters)
export_responsibilities = Export("responsibilities here (CSV)", "responsibilities", "csv", _responsibilities)
export_script = Export("Python script of this run", "run", "py", _script)
export_picture = Export("picture here (text)", "picture", "txt", lambda session: [picture_text(session)])
EXPORTS = (
    export_steps_csv, export_steps_json, export_parameters, export_responsibilities, export_script, export_picture,
)  # fmt: skip
