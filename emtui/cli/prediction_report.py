"""`emtui predict`: what a fitted model says of rows of the user's own: their components, and what was not seen."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from emtui.cli.headless import best_of, steps_from
from emtui.cli.run_report import heading
from emtui.cli.shell_output import Output, printable
from emtui.exports.data_table import json_text
from emtui.spec.revise import with_seed
from emtui.spec.run_spec import RunSpec
from emtui.spec.train_test_split import problem_of
from emtui.views.number_format import plural
from engine.arrays import Array
from engine.em.step import Step
from engine.errors import EngineError
from engine.readers.table import read_table

Say = Callable[[str], None]
_MOST_ROWS = 20  # of a file, that are printed for eyes


def predict(
    spec: RunSpec,
    output: Output,
    *,
    rows: Sequence[str] = (),
    file: str | None = None,
    n_init: int = 1,
    as_json: bool = False,
    say: Say = lambda _: None,
) -> None:
    """Run EM until it stops and print what its θ says of each row: the rows in words first, then those of the file.

    rows: as `row_from_words` reads them. file: a table with the columns of the data; empty cells are unseen.

    Raises:
        EngineError: the model can't be asked, or a row can't be read; one sentence, and nothing has been printed.
    """
    kind = _kind(spec)
    if not rows and file is None:
        raise EngineError(f"emtui predict needs a row: --row={kind.example}, or --table FILE.")
    say("reading the rows")
    asked = _rows(spec, rows, file, kind)
    kind.check(spec, asked)  # before the run: a file may hold what is no answer
    spec, step = _fitted(spec, n_init, say)
    said = [kind.said(spec, step, row) for row in asked]
    if as_json:
        output.lines([json_text(record) for record in said])
        return
    ended = f"{'converged' if step.converged else 'stopped'} after {plural(step.iteration, 'iteration')}"
    output.lines([printable(heading(spec)[0]), printable(f"{ended}: {step.stop_reason}")])
    for record in said[:_MOST_ROWS]:
        output.lines(["", *kind.lines(record)])
    if len(said) > _MOST_ROWS:
        output.line(f"\n… and {plural(len(said) - _MOST_ROWS, 'more row')}: --json has them all")


@dataclass(frozen=True)
class _Kind:
    """Rows of one kind: how they are read and checked, what is said of each, and its lines for eyes."""

    example: str
    read: Callable[[RunSpec, str], Array]
    check: Callable[[RunSpec, Array], object]
    said: Callable[[RunSpec, Step, Array], dict[str, Any]]
    lines: Callable[[dict[str, Any]], list[str]]


def _kind(spec: RunSpec) -> _Kind:
    """Answers where the model predicts what was not seen, numbers for other mixtures."""
    if spec.model.predicts_unseen:
        from emtui.cli import answer_report as answers

        example = '"NAME=yes, NAME=no"'
        return _Kind(
            example, answers.answers_from_words, lambda asked, rows: asked.model.observe(rows),
            answers.said_of_answers, answers.lines_of_answers,
        )  # fmt: skip
    if not spec.model.takes_new_rows:
        raise EngineError(
            f"emtui predict asks a mixture about a row by itself, which {spec.model.name} is not: use gmm."
        )
    from emtui.cli import new_row_report as numbers

    example = f'"{", ".join(["1.5"] * min(3, spec.dataset.n_features))}"'
    return _Kind(
        example, numbers.numbers_read, numbers.check_numbers, numbers.said_of_numbers, numbers.lines_of_numbers
    )


def _rows(spec: RunSpec, rows: Sequence[str], file: str | None, kind: _Kind) -> Array:
    """(m, D) the rows as the model reads them, nan where unseen."""
    parts = [kind.read(spec, text) for text in rows]
    if file is not None:
        parts += list(read_table(file, "", list(spec.dataset.feature_names), missing="keep").X)
    return np.array(parts)


def _fitted(spec: RunSpec, n_init: int, say: Say) -> tuple[RunSpec, Step]:
    """The choices with the seed of the best start, and the last step of the run from there."""
    problem = problem_of(spec if n_init == 1 else replace(spec, start=None))
    if n_init > 1:
        steps, _ = best_of(spec, problem, n_init, lambda restart: say(f"seed {restart.seed}"))
        return with_seed(spec, steps[0].problem.seed), steps[-1]
    last: deque[Step] = deque(maxlen=1)
    for step in steps_from(spec, problem):
        say(f"iteration {step.iteration + (step.phase != 'E')}")
        last.append(step)
    return spec, last[0]
