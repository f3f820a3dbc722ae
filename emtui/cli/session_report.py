"""`emtui show`: what is in a session file, and whether its numbers come out again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from emtui.cli.shell_output import CROSS, TICK, Output
from emtui.exports.data_table import json_text
from emtui.session.deeds import Deed, Moved, QMoved, Taken, Weighed
from emtui.session.saved.file_text import read_session_file
from emtui.session.saved.opening import TOLERANCE, Difference, Reopening, reopen
from emtui.session.saved.saved_choices import model_of
from emtui.session.saved.session_file import (
    Choices,
    SavedBranch,
    SavedData,
    SessionFile,
    SessionFileError,
)
from emtui.spec.command_line import PUBLISHED
from emtui.spec.labels_given import NONE
from engine.errors import EngineError
from engine.text import clean, quoted

_NAMED = 6  # columns that are named
_DEEDS = 6  # of a branch
_PLACES = {"catalogue": "a data set of emtui", "file": "a file", "folder": "a folder of texts", "inside": "kept inside"}


def show(
    path: str, output: Output, *, data: str | None = None, as_json: bool = False, say: Callable[[str], None]
) -> bool:
    """Print what is in the file and do its deeds again; whether everything came out as it was saved comes back.

    data: the file that has its data now. say: is told what is going on.

    Raises:
        EngineError: the file or its data can't be used; one sentence.
        OSError: the output can't be written.
    """
    say("reading the session")
    found = read_session_file(Path(path))
    file, unchanged = found
    if not as_json:
        output.lines([*_head(path, file), *_tree(file), ""])
    reopening = reopen(Path(path), data, found=found)
    problem = ""
    try:
        with closing(reopening.steps()) as steps:
            for done in steps:
                say(f"step {done} of {reopening.total}")
                if reopening.difference is not None:
                    break  # what follows would differ, too
    except SessionFileError as error:
        problem = str(error)
    verified = reopening.difference is None and not problem and unchanged
    if as_json:
        output.line(json_text(_record(path, file, reopening, problem, unchanged, verified)))
    else:
        output.lines(list(_verdict(reopening, problem, unchanged)))
    return verified


def _head(path: str, file: SessionFile) -> Iterator[str]:
    by = file.saved_by
    yield f"{clean(path)}: a session of {file.n_steps:,} steps, saved by emtui {clean(by.emtui, 40)}"
    for number, data in enumerate(file.data, start=1):
        yield f"data{_number(number, file.data)}: {_data_words(data)}"
    for number, choices in enumerate(file.choices, start=1):
        of_data = f" · data {choices.data + 1}" if len(file.data) > 1 else ""
        yield f"choices{_number(number, file.choices)}: {' · '.join(choice_words(choices))}{of_data}"


def _number(number: int, among: list[Any]) -> str:
    return f" {number}" if len(among) > 1 else ""


def _data_words(data: SavedData) -> str:
    names = list(data.fingerprint.columns)
    shown = ", ".join(clean(name, 40) for name in names[:_NAMED])
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{clean(data.source, 200)}, {_PLACES[data.place]} · {data.fingerprint.n_rows:,} rows · {shown}{more}"


def choice_words(choices: Choices) -> list[str]:
    """Model, size, start and seed, as the headline of the explorer says them."""
    try:
        model = model_of(choices)
    except (EngineError, TypeError):
        return [f"{clean(choices.model, 40)}, which this emtui can't make so", f"seed {choices.seed}"]
    words = [" ".join(one for one in (model.name, model.size_words, model.variant) if one)]
    if choices.standardize:
        words.append("standardised")
    if choices.known != NONE:
        words.append(f"known labels {clean(choices.known, 20)}")
    if choices.algorithm != "classic":
        words.append(clean(choices.algorithm, 60))
    given = "published" if choices.start_file in (None, PUBLISHED) else "given"
    start = given if choices.start is not None else model.start_name
    return [*words, *([f"start {start}"] if start else []), f"seed {choices.seed}"]


def _tree(file: SessionFile) -> Iterator[str]:
    """A line for each branch, below the one that it left."""
    yield ""
    children: dict[int | None, list[int]] = {}
    for number, branch in enumerate(file.branches):
        children.setdefault(branch.parent, []).append(number)
    waiting = [(number, "") for number in reversed(children.get(None, []))]
    while waiting:
        number, indent = waiting.pop()
        branch = file.branches[number]
        yield f"{indent}branch {number + 1}: {_branch_words(file, branch)}{_here_words(file, number)}"
        waiting += [(child, f"{indent}  ") for child in reversed(children.get(number, []))]


def _branch_words(file: SessionFile, branch: SavedBranch) -> str:
    if branch.parent is None:
        begun = f"by choices {(branch.choices or 0) + 1}" if len(file.choices) > 1 else "from the start"
    else:
        begun = f"from {_step_words(file, branch.parent, branch.shared - 1)} of branch {branch.parent + 1}"
    deeds = [_deed_words(deed) for deed in branch.deeds[:_DEEDS]]
    more = [f"{len(branch.deeds) - _DEEDS} more"] if len(branch.deeds) > _DEEDS else []
    done = ", ".join([*deeds, *more]) or "nothing done yet"
    objective = branch.numbers[-1].objective
    shown = f"{objective:z.6g}".replace("-", "−") if isinstance(objective, float) else objective
    return f"{begun}, {done}; objective {shown}"


def _deed_words(deed: Deed) -> str:
    match deed:
        case Moved(message=message):
            return f"by hand ({clean(message, 60)})"
        case Weighed(weight=weight):
            states = {0.0: "a row left out", 1.0: "a row put back", 2.0: "a row counted twice"}
            return states.get(weight, f"a row weighed {weight:zg}")
        case QMoved():
            return "q of a row by hand"
        case Taken(count=count, turned=turned, draw=draw):
            steps = "1 half-step" if count == 1 else f"{count:,} half-steps"
            by = f" by {clean(turned, 60)}" if turned else ""
            return f"{steps}{by}{' with another draw' if draw else ''}"


def _step_words(file: SessionFile, number: int, step: int) -> str:
    """A step of a branch in words, wherever it is written."""
    branch = file.branches[number]
    while step < branch.shared:
        assert branch.parent is not None  # what it shares is another one's
        branch = file.branches[branch.parent]
    found = branch.numbers[step - branch.shared]
    return "the start" if found.phase == "init" else f"iteration {found.iteration} · {found.phase}"


def _here_words(file: SessionFile, number: int) -> str:
    here = file.here
    return f"   ← here, at {_step_words(file, number, here.step)}" if here.branch == number else ""


def _verdict(reopening: Reopening, problem: str, unchanged: bool) -> Iterator[str]:
    steps = f"all {reopening.total:,} steps" if reopening.total > 1 else "the start"
    if reopening.difference is not None:
        yield f"{CROSS} {difference_words(reopening.difference)}"
    if problem:
        yield f"{CROSS} {clean(problem)}"
    if reopening.difference is None and not problem:
        if reopening.same_machine:
            exact = "to the last bit"
        else:
            exact = f"to within {TOLERANCE:zg} of their size: they were saved by {_others(reopening)}"
        yield f"{TICK} {steps} {'come' if reopening.total > 1 else 'comes'} out again, {exact}"
    if not unchanged:
        yield f"{CROSS} something in the file was changed since emtui saved it: its checksum is another one"


def difference_words(difference: Difference) -> str:
    """The first number that came out otherwise, in a clause."""
    where = f"{difference.where} of branch {difference.branch + 1}"
    saved, now = (repr(one) if isinstance(one, float) else one for one in (difference.saved, difference.now))
    quantity = clean(difference.quantity, 60)
    return f"{quantity} at {where} was saved as {clean(str(saved), 60)} and comes out as {now}"


def _others(reopening: Reopening) -> str:
    from emtui.session.saved.saved_by import saved_by_this

    was, here = reopening.file.saved_by, saved_by_this()
    names = [name for name in was.__struct_fields__ if getattr(was, name) != getattr(here, name)]
    return ", ".join(f"{name} {quoted(getattr(was, name), 60)}" for name in names)


def _record(
    path: str, file: SessionFile, reopening: Reopening, problem: str, unchanged: bool, verified: bool
) -> dict[str, Any]:
    found = reopening.difference
    differs = found and {
        "branch": found.branch + 1, "step": found.where, "quantity": found.quantity, "saved": found.saved,
        "now": found.now,
    }  # fmt: skip
    return {
        "session": path,
        "saved_by": file.saved_by,
        "data": [{"place": one.place, "source": one.source, "fingerprint": one.fingerprint} for one in file.data],
        "choices": file.choices,
        "branches": [
            {"branch": number, "from": None if one.parent is None else one.parent + 1, "deeds": one.deeds}
            for number, one in enumerate(file.branches, start=1)
        ],
        "here": {"branch": file.here.branch + 1, "step": _step_words(file, file.here.branch, file.here.step)},
        "steps": file.n_steps,
        "same_machine": reopening.same_machine,
        "tolerance": 0.0 if reopening.same_machine else TOLERANCE,
        "difference": differs,
        "problem": problem,
        "unchanged": unchanged,
        "verified": verified,
    }
