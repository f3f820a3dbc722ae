"""One row of answers under a Bernoulli mixture: what was seen, and what was not by its probability."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from emtui.session.snapshot import StepSnapshot
from emtui.views.number_format import listed, probability
from engine.arrays import Array

_NAMED = 3
_MENTIONED = 0.005  # a smaller responsibility would be written as 0


@dataclass(frozen=True)
class Answer:
    """One column of a row: its name, whether it was seen, and the probability of a yes (1 or 0 where it was)."""

    name: str
    seen: bool
    probability: float


def answers_of_row(snapshot: StepSnapshot, row: int) -> tuple[Answer, ...]:
    """A row of the data, counted from 0, at the parameters of this step."""
    return answers(snapshot, snapshot.step.problem.data.given_table[row])


def answers(snapshot: StepSnapshot, row: Array | Sequence[float]) -> tuple[Answer, ...]:
    """A row (D,), NaN where unseen, and what the parameters of this step predict for the rest.

    Raises:
        DataError: the row has other columns than the data, or entries that are no answers.
    """
    model: Any = snapshot.step.problem.model
    given = np.asarray(row, dtype=np.float64)
    filled = model.predict_unseen(snapshot.step.params, given)
    names = snapshot.spec.dataset.feature_names
    return tuple(
        Answer(name, not bool(np.isnan(value)), float(p)) for name, value, p in zip(names, given, filled, strict=True)
    )


def likely_components(snapshot: StepSnapshot, row: Array | Sequence[float]) -> str:
    """Which components such a row comes from, in a sentence: "It would be of component 2 (.91) or 1 (.09)."."""
    model: Any = snapshot.step.problem.model
    params = snapshot.step.params
    data = model.observe_new([row], params)
    r = model.responsibilities(params, data, slice(None))[0]
    if np.isneginf(model.log_evidence(params, data)[0]):
        return "No component can give such a row: all have an equal share in what is predicted."
    if len(r) < 2:
        return ""
    order = [int(k) for k in np.argsort(-r, kind="stable") if r[k] >= _MENTIONED][:_NAMED]
    parts = [f"{k + 1} ({probability(float(r[k]), 2)})" for k in order]
    return f"It would be of component {' or '.join(parts)}." if parts else ""


def answers_sentence(found: Sequence[Answer]) -> str:
    """The answers in a sentence: "Yes to A and C, no to B; likeliest of the others: D (.93), F (.85) and E (.22)."."""
    yes = [each.name for each in found if each.seen and each.probability > 0.5]
    no = [each.name for each in found if each.seen and each.probability <= 0.5]
    others = sorted((each for each in found if not each.seen), key=lambda each: -each.probability)
    said = [f"{word} to {_some(names)}" for word, names in (("yes", yes), ("no", no)) if names]
    first = ", ".join(said) or "nothing was answered"
    if not others:
        return f"{first[0].upper()}{first[1:]}; nothing is left to predict."
    likeliest = listed([f"{each.name} ({probability(each.probability, 2)})" for each in others[:_NAMED]])
    which = "a yes is likeliest to" if len(others) > _NAMED else "a yes is as likely as this:"
    return f"{first[0].upper()}{first[1:]}; {which} {likeliest}."


def _some(names: Sequence[str]) -> str:
    """The names, or how many there are where they are many."""
    return listed(names) if len(names) <= _NAMED else f"{len(names)} columns"
