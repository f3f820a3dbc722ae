"""`emtui predict`: what a fitted model says of rows of the user's own: their components, and what was not seen."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from emtui.cli.headless import best_of, steps_from
from emtui.cli.run_report import heading
from emtui.cli.shell_output import Output, printable, table
from emtui.exports.data_table import json_text
from emtui.spec.revise import with_seed
from emtui.spec.row_words import answer, row_from_words
from emtui.spec.run_spec import RunSpec
from emtui.spec.train_test_split import problem_of
from emtui.views.number_format import plural, probability
from engine.arrays import Array
from engine.em.step import Step
from engine.errors import EngineError
from engine.readers.table import read_table
from engine.text import clean

Say = Callable[[str], None]
_MOST_ROWS = 20  # of a file, that are printed for eyes
_LONGEST = 40  # cells of a column's name


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
    if not spec.model.predicts_unseen:
        raise EngineError(
            f"emtui predict asks about answers of yes and no, which {spec.model.name} has none of: use bernoulli."
        )
    if not rows and file is None:
        raise EngineError('emtui predict needs a row: --row "NAME=yes, NAME=no", or --table FILE.')
    say("reading the rows")
    asked = _rows(spec, rows, file)
    spec.model.observe(asked)  # before the run: a file may hold what is no answer
    spec, step = _fitted(spec, n_init, say)
    said = [_said_of(step, row, spec.dataset.feature_names) for row in asked]
    if as_json:
        output.lines([json_text(record) for record in said])
        return
    ended = f"{'converged' if step.converged else 'stopped'} after {plural(step.iteration, 'iteration')}"
    output.lines([printable(heading(spec)[0]), printable(f"{ended}: {step.stop_reason}")])
    for record in said[:_MOST_ROWS]:
        output.lines(["", *map(printable, _lines(record))])
    if len(said) > _MOST_ROWS:
        output.line(f"\n… and {plural(len(said) - _MOST_ROWS, 'more row')}: --json has them all")


def _rows(spec: RunSpec, rows: Sequence[str], file: str | None) -> Array:
    """(m, D) the rows as the model reads them, nan where unseen."""
    names = spec.dataset.feature_names
    read = answer(spec.model.no_and_yes)
    parts = [row_from_words(text, names, read) for text in rows]
    if file is not None:
        parts += list(read_table(file, "", list(names), missing="keep").X)
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


def _said_of(step: Step, row: Array, names: Sequence[str]) -> dict[str, Any]:
    """The row, the responsibilities of its components, ln p of what was seen, and p(yes) of what was not."""
    model: Any = step.problem.model
    params = step.params
    data = model.observe_new([row], params)
    filled = model.predict_unseen(params, row)
    r, unseen = model.responsibilities(params, data, slice(None))[0], np.isnan(row)
    return {
        "seen": {name: round(float(p)) for name, p, gap in zip(names, filled, unseen, strict=True) if not gap},
        "responsibilities": dict(zip(model.component_names(params), r.tolist(), strict=True)),
        "log_likelihood": float(model.log_evidence(params, data)[0]),
        "unseen": {name: float(p) for name, p, gap in zip(names, filled, unseen, strict=True) if gap},
    }


def _lines(record: dict[str, Any]) -> list[str]:
    """A row for eyes: what it says, its components, and what was not seen, the likeliest yes first."""
    words = [f"{clean(name, _LONGEST)}: {'yes' if said else 'no'}" for name, said in record["seen"].items()]
    lines = [", ".join(words) or "nothing was answered", f"log-likelihood {record['log_likelihood']:z.4f}"]
    if record["log_likelihood"] == -np.inf:
        lines.append("no component can give such a row: those that come nearest share it")
    shares = [(f"component {name}", probability(r)) for name, r in record["responsibilities"].items()]
    lines += table(shares, right=(1,))
    likeliest = sorted(record["unseen"].items(), key=lambda one: -one[1])
    if likeliest:
        cells = [(clean(name, _LONGEST), probability(p)) for name, p in likeliest]
        lines += ["", *table([("unseen", "p(yes)"), *cells], right=(1,))]
    return lines
