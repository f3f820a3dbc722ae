"""What a step of a topic model did, in words; and its words and documents by their names."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np

from emtui.session.snapshot import StepSnapshot
from emtui.spec.promise import may_fall
from emtui.views.bound_sentences import Settling, bound, shared_at
from emtui.views.changes import probability_moved
from emtui.views.number_format import number, signed
from emtui.views.sentences import assigned, ending, events, how_many, line, row_name
from engine.em.inference import Hard, Sampled, Tempered
from engine.text import clean

_NUMBERED = re.compile(r"\b(word|document) (\d+)\b")


def sentence_of(snapshot: StepSnapshot, noun: str) -> str:
    """Which document or topic moved most, and how the bound changed; noun: what a document is called."""
    if snapshot.step.phase == "init":
        return line([_start(snapshot), may_fall(snapshot.spec), *ending(snapshot)])
    if snapshot.step.phase == "E":
        said = assigned(snapshot, _topic, noun)
        return line([*said[:-1], f"{said[-1]}; {bound(snapshot, Settling())}{_drawn(snapshot)}", *ending(snapshot)])
    return line([f"{_moved(snapshot)}; {_objective(snapshot)}", *ending(snapshot), *events(snapshot)])


def words_in(snapshot: StepSnapshot, row: int) -> tuple[int, ...]:
    """The words of a document as columns of the data, the most frequent first."""
    data: Any = snapshot.step.problem.data
    document = data.given_table[[row]]
    return tuple(int(v) for v in document.indices[np.argsort(-document.data, kind="stable")])


def named(snapshot: StepSnapshot, formula: str, noun: str = "document") -> str:
    """A formula of the engine, with names in place of "word 17" and "document 3"."""
    names = snapshot.spec.dataset.feature_names

    def name(found: re.Match[str]) -> str:
        index = int(found[2])
        return row_name(snapshot, index, noun) if found[1] == "document" else clean(names[index])

    return _NUMBERED.sub(name, formula)


def _start(snapshot: StepSnapshot) -> str:
    n = len(snapshot.step.params.alpha)
    model: Any = snapshot.step.problem.model
    where = "from nearly the same random words" if model.init == "random" else "near random documents"
    if snapshot.spec.start is not None:
        where = "at the values that were given"
    begin = f"{how_many(n, 'topic')} {'starts' if n == 1 else 'start'} {where}"
    return f"{begin}; no word has been given to a topic yet: press e"


def _moved(snapshot: StepSnapshot) -> str:
    """The topic and word whose probability moved most."""
    found = probability_moved(snapshot.trail[-1].topics, snapshot.trail[-2].topics, 5e-8)
    if found is None:
        return "no topic moved"
    k, v, how = found
    return f"{_topic(k)} changed most: its probability of {snapshot.spec.dataset.feature_names[v]} {how}"


def _drawn(snapshot: StepSnapshot) -> str:
    """How the words came to their topics, where not by sharing them."""
    inference = snapshot.step.inference
    model: Any = snapshot.step.problem.model
    if isinstance(inference, Hard):
        return ", each word going wholly to its likeliest topic"
    if isinstance(inference, Sampled) or model.e_step == "gibbs":
        return ", a topic having been drawn for each word"
    if isinstance(inference, Tempered) and inference.temperature != 1.0:
        return f"; {shared_at(inference.temperature, 'the words')} than at 1"
    return ""


def _objective(snapshot: StepSnapshot) -> str:
    """What the M-step did to the bound and to the prior with it."""
    record, before = snapshot.record, snapshot.previous_record
    if before is None or not math.isfinite(record.objective - before.objective):
        return f"the bound stands at {number(record.elbo, 7)}"
    what = "the bound" if record.log_prior == 0 == before.log_prior else "the bound with the log prior"
    change = record.objective - before.objective
    if abs(change) <= 1e-9 * max(1.0, abs(record.objective)):
        return f"{what} stayed where it was"
    return f"{what} {signed(change)}"


def _topic(k: int) -> str:
    return f"topic {k + 1}"
