"""A step of a mixture of experts in words: the rows between experts, the loss, and what moved most."""

from __future__ import annotations

import numpy as np

from emtui.session.snapshot import StepSnapshot
from emtui.spec.promise import may_fall
from emtui.views.entry_names import whose
from emtui.views.network.network_sentences import loss_moved, standing
from emtui.views.number_format import from_to
from emtui.views.sentences import ending, events, how_many, line, tell
from engine.editing.entries import Entry
from engine.em.parameters import arrays_of

_STARTS = {
    "responsibilities": "from shares that were drawn for each row",
    "kmeans": "from the clusters of k-means",
    "kmeans++": "from the rows nearest to rows far from one another",
    "points": "from the rows nearest to random rows",
}


def experts_sentence(snapshot: StepSnapshot, names: tuple[str, ...], finite: bool) -> str:
    """The line for this step; `names` are those of the experts."""
    model, comparison = snapshot.step.problem.model, snapshot.comparison
    said = "" if comparison is None or not finite else f", {standing(comparison.here)}"
    where = _STARTS.get(model.start_name, "as it suits the target")
    where = "at the values that were given" if snapshot.spec.start is not None else where
    start = f"{how_many(len(names), 'expert')} and their gate begin {where}{said}"
    if model.hides:
        return tell(snapshot, start=start, component=lambda k: f"expert {names[k]}", moved=lambda: _moved(snapshot))
    if snapshot.step.phase == "init":
        parts = [start, "nothing has been learned yet: press e", may_fall(snapshot.spec)]
    elif snapshot.step.phase == "E":
        parts = [f"gradients choose no q, so this half-step only looks at the loss{said}"]
    else:
        parts = [f"epoch {snapshot.step.iteration}: {_moved(snapshot)}"]
    return line([*parts, *events(snapshot), *ending(snapshot)])


def _moved(snapshot: StepSnapshot) -> str:
    """The loss before and after, and the number of θ that moved most."""
    comparison = snapshot.comparison
    if comparison is None:
        return _entry(snapshot)
    return f"{loss_moved(comparison)}; {_entry(snapshot)}"


def _entry(snapshot: StepSnapshot) -> str:
    """The entry that changed most, against the largest of its array."""
    if len(snapshot.trail) < 2:
        return "nothing has moved"
    now, before = arrays_of(snapshot.trail[-1]), arrays_of(snapshot.trail[-2])
    best, said = 0.0, "no number of θ moved"
    for path, value in now.items():
        change = abs(value - before[path])
        share = float(change.max(initial=0.0)) / (float(abs(before[path]).max(initial=0.0)) or 1.0)
        if share > best:
            place = tuple(int(i) for i in np.unravel_index(int(change.argmax()), change.shape))
            name = whose(snapshot, Entry(path, place, "alone"))
            best, said = share, f"{name} moved most, from {from_to(float(before[path][place]), float(value[place]))}"
    return said
