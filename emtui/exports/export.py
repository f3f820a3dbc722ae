"""Exports of one exploration: its steps, parameters, responsibilities, a script that makes the same run, the picture.

export_steps_csv(session, path)      # or with folder=…: under a free name, iris-gmm-steps.csv, iris-gmm-steps-2.csv
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emtui.exports.picture_text import picture_text
from emtui.exports.predictions import posterior_lines
from emtui.exports.python_script import script_text
from emtui.exports.step_record import csv_lines, json_text, step_record
from emtui.session.session import Session
from emtui.spec.atomic_files import ExportError, file_name, write_file, write_numbered
from emtui.spec.parameters_file import parameters_text
from emtui.spec.sources import looks_like_file
from emtui.spec.train_test_split import input_names

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
    spec, steps, scores = session.spec, session.timeline.steps, session.scores
    about: dict[str, Any] = {
        "dataset": spec.dataset.name,
        "feature_names": input_names(spec),
        "standardized": spec.standardized,
        "model": spec.model.name,
        "options": spec.model.option_values,
        "algorithm": spec.algorithm,
        "seed": spec.seed,
    }
    yield json_text(about)[:-1] + ',"steps":[\n'
    for index, step in enumerate(steps):
        previous = steps[index - 1] if index else None
        yield json_text(step_record(step, scores[index] if scores else {}, previous))
        yield ",\n" if index < len(steps) - 1 else "\n"
    yield "]}\n"


def _responsibilities(session: Session) -> Iterable[str]:
    """Every row at the step under the cursor: row, known class, r of each component, label."""
    step = session.timeline.current
    if step.at_q is None:
        raise ExportError("there are no responsibilities yet: take an E-step first.")
    return posterior_lines(session.spec, step.at_q, step.params.component_noun)


def _parameters(session: Session) -> list[str]:
    return [parameters_text(session.timeline.current, standardized=session.spec.standardized)]


def _script(session: Session) -> list[str]:
    timeline = session.timeline
    return [script_text(session.spec, timeline.steps[: timeline.cursor + 1])]


export_steps_csv = Export(
    "steps of this branch (CSV)", "steps", "csv", lambda session: csv_lines(session.timeline.steps, session.scores)
)
export_steps_json = Export("steps of this branch (JSON)", "steps", "json", _json_document)
export_parameters = Export("parameters here (JSON, for --start)", "parameters", "json", _parameters)
export_responsibilities = Export("responsibilities here (CSV)", "responsibilities", "csv", _responsibilities)
export_script = Export("Python script of this run", "run", "py", _script)
export_picture = Export("picture here (text)", "picture", "txt", lambda session: [picture_text(session)])
EXPORTS = (
    export_steps_csv, export_steps_json, export_parameters, export_responsibilities, export_script, export_picture,
)  # fmt: skip
