"""A session as the text of a file, and the file written: whole, or not at all."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from emtui.session.carried_row_weights import rows_by_hand
from emtui.session.deeds import Deed, Taken
from emtui.session.saved.file_text import LARGEST, text_of
from emtui.session.saved.saved_by import saved_by_this
from emtui.session.saved.saved_choices import saved_choices
from emtui.session.saved.saved_data import saved_data
from emtui.session.saved.session_file import (
    FORM,
    Choices,
    Here,
    Number,
    Numbers,
    SavedBranch,
    SavedData,
    SessionFile,
    SessionFileError,
    View,
)
from emtui.session.session import Session
from emtui.spec.atomic_files import write_file
from emtui.spec.run_spec import RunSpec
from engine.data.data_spec import DataSpec
from engine.em.step import Step


def save(
    session: Session, path: Path, view: View | None = None, *, keep_data: bool = False, overwrite: bool = False
) -> Path:
    """Write the session to a file; the path comes back.

    view: how the panes stand. keep_data: the data themselves are kept inside.

    Raises:
        EngineError: the file is there already (unless `overwrite`) or can't be written, or the data are too large.
    """
    try:
        text = text_of(session_as_file(session, view or View(), path.parent, keep_data=keep_data))
    except UnicodeEncodeError as error:
        raise SessionFileError(
            "a name in the session has bytes that are no text, and can't stand in its file: rename the file of data "
            "or that of the start."
        ) from error
    if len(text) > LARGEST:  # most of it is ASCII
        raise SessionFileError(
            f"the session would take over {LARGEST >> 20} MB, and could not be opened again: export its tables (x)."
        )
    return write_file(path, [text], overwrite=overwrite)


def session_as_file(session: Session, view: View, folder: Path, *, keep_data: bool = False) -> SessionFile:
    """What is written of a session; the paths of data lead from this folder."""
    timeline = session.timeline
    kept, choices, branches = _Kept(folder, keep_data), list[Choices](), list[SavedBranch]()
    places = dict[RunSpec, int]()
    for line in timeline.branches:
        own = line.steps[line.shared :]
        number: int | None = None
        rows = dict[int, float]()
        if line.parent is None:
            spec = session.spec_of(own[0])
            if spec not in places:
                places[spec] = len(choices)
                choices.append(saved_choices(spec, kept.place_of(spec)))
            number, rows = places[spec], rows_by_hand(spec, own[0])
        done = own[1:] if line.parent is None else own
        branch = SavedBranch(
            choices=number,
            rows=rows,
            parent=line.parent,
            shared=line.shared,
            deeds=joined([session.deed_of(step) for step in done]),
            numbers=[numbers_of(session, step) for step in own],
        )
        branches.append(branch)
    return SessionFile(
        emtui_session=FORM,
        saved_by=saved_by_this(),
        data=kept.found,
        choices=choices,
        branches=branches,
        here=Here(branch=timeline.branch, step=timeline.cursor, turned=session.turned),
        view=view,
    )


class _Kept:
    """The data of all choices, each once."""

    def __init__(self, folder: Path, keep: bool) -> None:
        self._folder, self._keep = folder, keep
        self._places: dict[tuple[DataSpec, int], int] = {}
        self.found: list[SavedData] = []

    def place_of(self, spec: RunSpec) -> int:
        plain = replace(spec.data, standardize=False, principal=None, products=False, missing="drop")
        key = plain, id(spec.opened or spec.dataset)
        if key not in self._places:
            self._places[key] = len(self.found)
            self.found.append(saved_data(spec, self._folder, keep=self._keep))
        return self._places[key]


def joined(deeds: Sequence[Deed | None]) -> list[Deed]:
    """Steps that follow each other are one deed."""
    joined = list[Deed]()
    for deed in deeds:
        assert deed is not None  # every step but a start came of one
        last = joined[-1] if joined else None
        plain = isinstance(deed, Taken) and deed.turned is None and deed.draw is None
        if plain and isinstance(last, Taken):
            joined[-1] = Taken(last.count + 1, last.turned, last.draw)
        else:
            joined.append(deed)
    return joined


def numbers_of(session: Session, step: Step) -> Numbers:
    """The scalars of a step, as they are written."""
    record = session.record_of(step)
    return Numbers(
        iteration=record.iteration,
        phase=record.phase,
        log_likelihood=_number(record.log_likelihood),
        log_prior=_number(record.log_prior),
        objective=_number(record.objective),
        elbo=_number(record.elbo),
        q_value=_number(record.q_value),
        entropy=_number(record.entropy),
        seconds=round(record.seconds, 6),
        scores={name: _number(value) for name, value in session.scores_of(step).items()},
    )


def _number(value: float) -> Number:
    if math.isfinite(value):
        return float(value)
    return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
