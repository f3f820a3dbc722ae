"""What a Bernoulli mixture says of a row of answers: its components, and what was not seen."""

from __future__ import annotations

from typing import Any

import numpy as np

from emtui.cli.shell_output import table
from emtui.spec.row_words import answer, row_from_words
from emtui.spec.run_spec import RunSpec
from emtui.views.number_format import probability
from engine.arrays import Array
from engine.em.step import Step
from engine.text import clean

_LONGEST = 40  # cells of a column's name


def answers_from_words(spec: RunSpec, text: str) -> Array:
    """(D,) a row as `row_from_words` reads it, nan where unseen."""
    return row_from_words(text, spec.dataset.feature_names, answer(spec.model.no_and_yes))


def said_of_answers(spec: RunSpec, step: Step, row: Array) -> dict[str, Any]:
    """The row, the responsibilities of its components, ln p of what was seen, and p(yes) of what was not."""
    model: Any = step.problem.model
    params, names = step.params, spec.dataset.feature_names
    data = model.observe_new([row], params)
    filled = model.predict_unseen(params, row)
    r, unseen = model.responsibilities(params, data, slice(None))[0], np.isnan(row)
    return {
        "seen": {name: round(float(p)) for name, p, gap in zip(names, filled, unseen, strict=True) if not gap},
        "responsibilities": dict(zip(model.component_names(params), r.tolist(), strict=True)),
        "log_likelihood": float(model.log_evidence(params, data)[0]),
        "unseen": {name: float(p) for name, p, gap in zip(names, filled, unseen, strict=True) if gap},
    }


def lines_of_answers(record: dict[str, Any]) -> list[str]:
    """A row for eyes: what it says, its components, and what was not seen, the likeliest yes first."""
    words = [f"{clean(name, _LONGEST)}: {'yes' if said else 'no'}" for name, said in record["seen"].items()]
    lines = [", ".join(words) or "nothing was answered", f"log-likelihood {record['log_likelihood']:z.4f}"]
    if record["log_likelihood"] == -np.inf:
        lines.append("no component can give such a row: those that come nearest share it")
    shares = [(f"component {clean(name)}", probability(r)) for name, r in record["responsibilities"].items()]
    lines += table(shares, right=(1,))
    likeliest = sorted(record["unseen"].items(), key=lambda one: -one[1])
    if likeliest:
        cells = [(clean(name, _LONGEST), probability(p)) for name, p in likeliest]
        lines += ["", *table([("unseen", "p(yes)"), *cells], right=(1,))]
    return lines
