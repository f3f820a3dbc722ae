"""A session file opened: its deeds are done again, in order, and the numbers that come of them are compared.

reopening = reopen(Path("lesson.emtui"))        # the file is read, and the data; nothing is computed yet
for done in reopening.steps(): …                # one step more; reopening.session stands there
reopening.difference                            # the first number that came out otherwise, or None
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from emtui.session.carried_row_weights import begun_with
from emtui.session.deeds import Deed, Taken
from emtui.session.saved.file_text import FoundFile, read_session_file
from emtui.session.saved.redoing import do_again
from emtui.session.saved.saved_by import same_machine, saved_by_this
from emtui.session.saved.saved_choices import model_of, spec_of
from emtui.session.saved.saved_data import opened_again
from emtui.session.saved.saving import numbers_of
from emtui.session.saved.session_file import (
    Number,
    Numbers,
    SavedBranch,
    SessionFileError,
)
from emtui.session.session import Session
from emtui.spec.run_spec import RunSpec
from emtui.spec.sources import missing_for
from engine.data.data_spec import DataSpec
from engine.data.dataset import Dataset
from engine.em.loop import stopped
from engine.em.step import Step
from engine.errors import EngineError
from engine.text import clean

TOLERANCE = 1e-6
"""By how much a number may differ on another machine, in units of the largest scalar of its step (at least 1).

Kernels of other processors round the last bit otherwise, and EM carries that on from step to step.
"""
QUANTITIES = ("log_likelihood", "log_prior", "objective", "elbo", "q_value", "entropy")
_TROUBLE = (EngineError, ArithmeticError, np.linalg.LinAlgError, TypeError, ValueError, IndexError)


@dataclass(frozen=True)
class Difference:
    """A number that came out otherwise: of which branch and step (from 0), what it is, as it was saved and as it is."""

    branch: int
    step: int
    where: str
    quantity: str
    saved: Number
    now: Number


class Reopening:
    """A session on its way from its file.

    Attributes:
        path, file: where it is, and what it says. unchanged: as it was saved, but for its layout.
        session: as far as the deeds are done again; None before the first step.
        done, total: how many steps are there, and how many there will be.
        difference: the first number that came out otherwise; None as long as there is none.
        is_over: it is at its end, or was stopped.
        resumed: which session it is and when it was kept, where it was kept by itself; "" for one that a person saved.
        data_elsewhere: its data were pointed to: the file alone doesn't find them.
        same_machine: it was saved by the same versions on the same machine, so that every bit counts.
    """

    def __init__(self, path: Path, found: FoundFile, specs: list[RunSpec]) -> None:
        self.path, (self.file, self.unchanged) = path, found
        self.session: Session | None = None
        self.done, self.total = 0, self.file.n_steps
        self.difference: Difference | None = None
        self.is_over = False
        self.resumed = ""
        self.data_elsewhere = False
        self.same_machine = same_machine(self.file.saved_by, saved_by_this())
        self._specs = specs

    @property
    def spec(self) -> RunSpec:
        """The choices that it begins by."""
        return self._specs[self.file.branches[0].choices or 0]

    @property
    def is_complete(self) -> bool:
        """All of its steps are there."""
        return self.done == self.total

    @property
    def keeps_data(self) -> bool:
        """The data are kept inside the file."""
        return any(known.place == "inside" for known in self.file.data)

    @property
    def words(self) -> str:
        """A sentence on what came of it, where that is not what was saved, or it was resumed; "" otherwise."""
        if self.difference is None:
            return self.resumed
        found = self.difference
        quantity = clean(found.quantity, 60)
        return (
            f"This is not what was saved: {quantity} at {found.where} of branch {found.branch + 1} comes out as "
            f"{found.now}, and was {clean(str(found.saved), 60)}."
        )

    def steps(self) -> Generator[int, None, None]:
        """Do the deeds again, a step at a time; at the end the session stands where it stood when it was saved.

        Raises:
            SessionFileError: a step can't be taken again; one sentence. The session has the steps before it.
        """
        try:
            yield from self._steps()
        finally:
            self.is_over = True
            if self.session is not None:
                self.session.came_from_file()

    def _steps(self) -> Iterator[int]:
        for number, branch in enumerate(self.file.branches):
            numbers = iter(branch.numbers)
            opens_branch = branch.parent is not None
            if branch.parent is None:
                self._begin(branch, next(numbers), number)
                yield self.done
            else:
                assert self.session is not None
                self.session.timeline.switch(branch.parent)
                self.session.timeline.go_to(branch.shared - 1)
            for deed, known in zip(_singly(branch.deeds), numbers, strict=True):
                self._repeat(deed, known, number, opens_branch)
                opens_branch = False
                yield self.done
        assert self.session is not None
        here = self.file.here
        self.session.timeline.switch(here.branch)
        self.session.timeline.go_to(here.step)
        if here.turned is not None:
            self.session.turn_to(here.turned)

    def _begin(self, branch: SavedBranch, known: Numbers, number: int) -> None:
        spec = self._specs[branch.choices or 0]
        try:
            if self.session is None:
                self.session = Session(spec, stopped(begun_with(spec, branch.rows), spec.rules))
            else:
                self.session.plant(spec, branch.rows)
            timeline = self.session.timeline
            first = timeline.current
            timeline.amend(first, replace(first, seconds_before=known.seconds))
            self._compare(known, number)
        except _TROUBLE as error:
            raise SessionFileError(f"branch {number + 1} can't begin again: {_sentence(error)}") from error

    def _repeat(self, deed: Deed, known: Numbers, number: int, opens_branch: bool) -> None:
        assert self.session is not None
        try:
            do_again(self.session, deed, known.seconds, opens_branch=opens_branch)
            self._compare(known, number)
        except _TROUBLE as error:
            where = f"iteration {known.iteration} · {known.phase} of branch {number + 1}"
            raise SessionFileError(f"{where} can't be done again: {_sentence(error)}") from error

    def _compare(self, known: Numbers, number: int) -> None:
        self.done += 1
        if self.difference is None:
            assert self.session is not None
            timeline = self.session.timeline
            tolerance = 0.0 if self.same_machine else TOLERANCE
            found = first_difference(known, numbers_of(self.session, timeline.current), tolerance)
            if found is not None:
                where = _where(timeline.current)
                self.difference = Difference(number, timeline.cursor, where, *found)


def reopen(path: Path, data: str | None = None, *, found: FoundFile | None = None) -> Reopening:
    """A session file and its data, read and checked, to be done again.

    data: the file that has its data now. found: the file, if it has been read.

    Raises:
        EngineError: the file or the data can't be used; one sentence.
    """
    found = found or read_session_file(path)
    file = found.file
    opened = dict[int, tuple[DataSpec, Dataset]]()
    specs = list[RunSpec]()
    try:
        for choices in file.choices:
            if choices.data not in opened:
                missing = missing_for(model_of(choices))
                known = file.data[choices.data]
                elsewhere = None if known.place == "catalogue" else data
                opened[choices.data] = opened_again(known, path.parent, missing, elsewhere)
            specs.append(spec_of(choices, *opened[choices.data]))
    except EngineError:
        raise
    except _TROUBLE as error:
        raise SessionFileError(f"the choices of the session can't be used: {_sentence(error)}") from error
    reopening = Reopening(path, found, specs)
    reopening.data_elsewhere = data is not None
    return reopening


def first_difference(saved: Numbers, now: Numbers, tolerance: float) -> tuple[str, Number, Number] | None:
    """The first quantity that differs by more than the tolerance, as it was and as it is; None where none does."""
    if (saved.iteration, saved.phase) != (now.iteration, now.phase):
        return "the step", f"{saved.iteration} · {saved.phase}", f"{now.iteration} · {now.phase}"  # type: ignore[return-value]
    values = [(name, getattr(saved, name), getattr(now, name)) for name in QUANTITIES]
    values += [
        (name, saved.scores.get(name, "nan"), now.scores.get(name, "nan")) for name in {**saved.scores, **now.scores}
    ]
    size = max(1.0, *(abs(one) for name, one, _ in values if isinstance(one, float)))
    for name, one, other in values:
        if one == other:
            continue
        near = isinstance(one, float) and isinstance(other, float) and abs(one - other) <= tolerance * size
        if not near:
            return name, one, other
    return None


def _singly(deeds: list[Deed]) -> Iterator[Deed]:
    """The deeds, each step by itself."""
    for deed in deeds:
        if isinstance(deed, Taken):
            yield Taken(1, deed.turned, deed.draw)
            yield from (Taken() for _ in range(deed.count - 1))
        else:
            yield deed


def _where(step: Step) -> str:
    return "the start" if step.phase == "init" else f"iteration {step.iteration} · {step.phase}"


def _sentence(error: Exception) -> str:
    text = str(error) or type(error).__name__
    return text if text.endswith(".") else f"{text}."
