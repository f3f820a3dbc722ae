"""`emtui check`: the user's own numbers of a step beside ours, the first that disagrees, and the slip behind it."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from emtui.cli.headless import steps_from
from emtui.cli.run_report import heading
from emtui.cli.shell_output import CROSS, TICK, Output, printable, table
from emtui.exports.data_table import json_text
from emtui.spec.choose import choose
from emtui.spec.run_spec import RunSpec
from emtui.spec.train_test_split import problem_of
from emtui.views.number_format import number, plural
from engine.em.row_text import rows_called
from engine.em.step import Step
from engine.errors import DataError
from engine.explain.own_numbers.compare import ComparedNumbers, NumbersComparison, compare_numbers
from engine.text import quoted

_LARGEST = 64 * 1024 * 1024
_MOST_SHOWN = 8  # numbers of one quantity
_RECENT = 4  # half-steps before, in which slips may lie


@dataclass(frozen=True)
class OwnNumbers:
    """What a file says: the numbers by their names, and the half-step and the run that they are of."""

    numbers: Mapping[str, Any]
    data: str | None = None
    model: str | None = None
    iteration: int | None = None
    phase: str | None = None


def check(
    file: str,
    output: Output,
    *,
    words: Mapping[str, Any],
    iteration: int | None = None,
    phase: str | None = None,
    as_json: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> bool:
    """Print the file's numbers beside those of the run that the words describe; whether all agree comes back.

    Raises:
        EngineError: the file can't be read, there is no such step, or no such numbers; one sentence.
    """
    own = read_numbers(file)
    spec = choose(**_completed(words, own))
    iteration = iteration if iteration is not None else 1 if own.iteration is None else own.iteration
    phase = phase or own.phase or "M"
    step, earlier = _reached(spec, iteration, phase, say)
    with rows_called(step.problem.row_name, step.problem.column_names):
        found = compare_numbers(step, own.numbers, earlier=earlier)
    output.lines([json_text(_record(found, step))] if as_json else _lines(found, step, spec))
    return found.agrees


def read_numbers(file: str) -> OwnNumbers:
    """The numbers in a file, as they are written. Raises DataError where it can't be read."""
    try:
        with Path(file).open("rb") as stream:
            content = stream.read(_LARGEST + 1)
        text = content.decode("utf-8-sig")
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else "it is no text in UTF-8"
        raise DataError(f"{quoted(file)} can't be read: {why}.") from None
    if len(content) > _LARGEST:
        raise DataError(f"{quoted(file)} is larger than 64 MB: give the numbers of fewer quantities.")
    if file.lower().endswith(".csv"):
        return OwnNumbers({"responsibilities": _table(file, text)})
    try:
        said = json.loads(text, parse_float=str, parse_int=str)
    except (ValueError, RecursionError):
        raise DataError(
            f"{quoted(file)} is no JSON: write numbers by their names, or name a CSV of responsibilities .csv."
        ) from None
    if not isinstance(said, dict):
        raise DataError(f'{quoted(file)} must hold numbers by their names, as in {{"means": [[1.5], [2.5]]}}.')
    return OwnNumbers(
        data=_word(file, said, "data"),
        model=_word(file, said, "model"),
        iteration=_iteration(file, said),
        phase=_phase(file, said),
        numbers=said,
    )


def _word(file: str, said: dict[str, Any], name: str) -> str | None:
    word = said.pop(name, None)
    if word is not None and not isinstance(word, str):
        raise DataError(f"{name} in {quoted(file)} must be a name in quotes.")
    return word


def _iteration(file: str, said: dict[str, Any]) -> int | None:
    written = said.pop("iteration", None)
    if written is None:
        return None
    if not (isinstance(written, str) and written.isdecimal() and len(written) < 10):
        raise DataError(f"iteration in {quoted(file)} must be a whole number of at least 0.")
    return int(written)


def _phase(file: str, said: dict[str, Any]) -> str | None:
    phase = said.pop("phase", None)
    if phase not in (None, "E", "M"):
        raise DataError(f'phase in {quoted(file)} must be "E" or "M".')
    return None if phase is None else str(phase)


def _table(file: str, text: str) -> list[list[str]]:
    """The cells of a CSV without a line of names at its head; of a file that the export has written its r1, r2, …"""
    rows = [row for row in csv.reader(io.StringIO(text)) if any(cell.strip() for cell in row)]
    if rows and not any(_is_number(cell) for cell in rows[0]):
        head, rows = rows[0], rows[1:]
        ours = [j for j, name in enumerate(head) if re.fullmatch(r"r\d+", name.strip())]
        rows = [[row[j] for j in ours if j < len(row)] for row in rows] if ours else rows
    if not rows:
        raise DataError(f"{quoted(file)} holds no numbers: write the responsibilities of a row in each line.")
    return rows


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _completed(words: Mapping[str, Any], own: OwnNumbers) -> dict[str, Any]:
    """The words of the shell, with the data and the model of the file where they say none."""
    spec = dict(words)
    if own.data is not None:
        said = spec.setdefault("data", own.data)
        if said is not own.data and said.source != own.data:
            raise DataError(
                f"the numbers are of {quoted(own.data)}, and the words mean {quoted(said.source)}: name the same data."
            )
    if own.model is not None and spec.setdefault("model", own.model) != own.model:
        raise DataError(
            f"the numbers are of {quoted(own.model)}, and --model says {quoted(spec['model'])}: leave one of them out."
        )
    return spec


def _reached(spec: RunSpec, iteration: int, phase: str, say: Callable[[str], None]) -> tuple[Step, list[Step]]:
    """The half-step, and the last ones before it."""
    earlier: deque[Step] = deque(maxlen=_RECENT)
    last = 0
    for step in steps_from(spec, problem_of(spec)):
        say(f"iteration {step.iteration}")
        if step.iteration == iteration and step.phase in (phase, "init"):
            return step, list(earlier)
        earlier.append(step)
        last = step.iteration
    raise DataError(f"the run ends after iteration {last}: check a step up to there, or give --tol 0.")


def _lines(found: NumbersComparison, step: Step, spec: RunSpec) -> list[str]:
    where = "the start" if step.phase == "init" else f"iteration {step.iteration}, after its {step.phase}-step"
    lines = [printable(heading(spec)[0]), where]
    sentences = list(found.sentences)
    order = sentences[: len(sentences) - len(found.quantities)]
    lines += ["", *order] if order else []
    for one in found.quantities:
        lines += ["", printable(f"{TICK if one.agrees else CROSS} {one.sentence}"), *_beside(one)]
    first = found.first
    lines.append("")
    if first is None:
        return [*lines, f"{TICK} all agree, to the digits given"]
    others = "; what comes after may follow from it" if first is not found.quantities[-1] else ""
    return [*lines, printable(f"{CROSS} the first that disagrees: {first.name.replace('_', ' ')}{others}")]


def _beside(one: ComparedNumbers) -> list[str]:
    """Ours beside yours: those that disagree first."""
    every = [tuple(int(i) for i in index) for index in np.argwhere(~one.same)]
    every += [tuple(int(i) for i in index) for index in np.argwhere(one.same)]
    rows = [("", "ours", "yours", "")]
    for index in every[:_MOST_SHOWN]:
        ours, yours = number(float(one.ours[index]), 6), number(float(one.yours[index]), 6)
        rows.append((printable(one.place_of(index)) if index else "", ours, yours, "" if one.same[index] else CROSS))
    more = len(every) - _MOST_SHOWN
    return [*table(rows, right=(1, 2)), *([f"… and {plural(more, 'more number')}"] if more > 0 else [])]


def _record(found: NumbersComparison, step: Step) -> dict[str, Any]:
    return {
        "iteration": step.iteration,
        "phase": step.phase,
        "agrees": found.agrees,
        "first": None if found.first is None else found.first.name,
        "order": None if found.order is None else found.order.tolist(),
        "quantities": [
            {
                "name": one.name,
                "agrees": one.agrees,
                "largest": one.largest,
                "index": list(one.index),
                "place": one.place,
                "slips": list(one.slips),
                "sentence": one.sentence,
                "ours": one.ours.tolist(),
                "yours": one.yours.tolist(),
            }
            for one in found.quantities
        ],
    }
