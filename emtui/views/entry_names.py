"""What an entry of θ is in words: whose it is, what it is, and of which columns."""

from __future__ import annotations

from dataclasses import dataclass

from emtui.session.snapshot import StepSnapshot
from emtui.views import view_for
from engine.editing.entries import Entry
from engine.text import clean

_SINGULAR = {
    "weights": "weight",
    "means": "mean",
    "probabilities": "probability",
    "rates": "rate",
    "centers": "centre",
    "topics": "probability",
    "initial": "first probability",
    "stop": "end probability",
}
_NOUNS = {"coins": "coin", "hmm": "state", "topics": "topic"}


@dataclass(frozen=True)
class EntryParts:
    """What an entry is made of.

    components: whose it is: none, one, or for a transition two. what: such as "mean". of: the columns, symbols or
    words that it is about, cleaned.
    """

    components: tuple[int, ...]
    what: str
    of: tuple[str, ...] = ()


def entry_parts(snapshot: StepSnapshot, entry: Entry) -> EntryParts | None:
    """The parts; None where the name `hidden[0,1]` says as much: for networks, and numbers that are no component's."""
    names, index, model = view_for(snapshot.spec.model).component_names(snapshot), entry.index, snapshot.spec.model
    what = _SINGULAR.get(entry.field, entry.field)
    if not index or index[0] >= len(names) or model.supervised:
        return None
    if entry.field == "transition" and len(index) == 2 and index[1] < len(names):
        return EntryParts(index, what)
    who, others = index[:1], index[1:]
    if entry.field == "covariances":
        what = "covariance" if entry.rule == "covariance" else "variance"
        if getattr(model, "covariance_type", None) == "tied":
            who, others = (), index
        others = tuple(sorted(others))  # of the lower triangle, in the order of the columns
    return EntryParts(who, what, tuple(dict.fromkeys(_about(snapshot, entry, j) for j in others)))


def _about(snapshot: StepSnapshot, entry: Entry, j: int) -> str:
    """The column, word or symbol that this index counts."""
    if entry.field == "emission":
        return str(j + int(getattr(snapshot.step.problem.model, "first_symbol", 0)))
    features = snapshot.spec.dataset.feature_names or ()
    return clean(features[j]) if j < len(features) else str(j + 1)


def entry_words(snapshot: StepSnapshot, entry: Entry) -> str:
    """As a sentence names it: "component 2's mean of petal length", "theta", "hidden[0,1]"."""
    parts = entry_parts(snapshot, entry)
    if parts is None:
        return entry.name
    noun, names = (
        _NOUNS.get(snapshot.spec.model.name, "component"),
        view_for(snapshot.spec.model).component_names(snapshot),
    )
    who = [clean(names[k]) for k in parts.components]
    if len(who) == 2:
        return f"the {parts.what} from {noun} {who[0]} to {who[1]}"
    whose = f"{noun} {who[0]}'s" if who else f"the {noun}s' common"
    return f"{whose} {parts.what}" + (f" of {' and '.join(parts.of)}" if parts.of else "")
