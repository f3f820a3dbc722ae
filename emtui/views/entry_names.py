"""An entry of θ in words: which component it belongs to, what it is, and of which columns."""

from __future__ import annotations

from emtui.session.snapshot import StepSnapshot
from emtui.spec.train_test_split import split_of
from emtui.views.entry_parts import EntryParts
from emtui.views.registry import view_for
from engine.editing.entries import Entry
from engine.em.fields import Field, fields_of
from engine.em.parameters import Axis
from engine.text import clean

_BIAS = "bias"  # what is added whatever the inputs are


def field_of(snapshot: StepSnapshot, entry: Entry) -> Field:
    """The array that an entry is in, as it is declared."""
    return fields_of(snapshot.step.params, snapshot.step.problem.model)[entry.path]


def entry_parts(snapshot: StepSnapshot, entry: Entry) -> EntryParts | None:
    """The parts; None for numbers that are no component's and of which the name says as much: "theta"."""
    if (own := view_for(snapshot.spec.model).entry_parts(snapshot, entry)) is not None:
        return own
    field, index, model = field_of(snapshot, entry), entry.index, snapshot.step.problem.model
    owners, noun = field.owners(index), snapshot.step.params.component_noun
    theirs = all(axis.noun == noun for axis in field.axes if axis not in field.declared.of)
    if not index or not theirs or not model.responsibilities_sum_to_one:
        return None
    about = sorted(field.subjects(index), key=lambda subject: subject[1])  # in the order of the columns
    of = dict.fromkeys(clean(_name_of(snapshot, axis, j)) for axis, j in about if j >= 0)
    what = field.word_at(index)
    if any(j < 0 for _, j in about):  # "gate weight" of no input: "gate bias"
        what = " ".join([*what.split()[:-1], _BIAS])
    return EntryParts(owners, what, tuple(of))


def _name_of(snapshot: StepSnapshot, axis: Axis, number: int) -> str:
    """A column or a symbol of the data, or one of the classes that are learned, by its name."""
    data, split = snapshot.spec.dataset, split_of(snapshot.spec)
    if axis.noun == "class" and split is not None and number < len(split.class_names):
        return f"class {split.class_names[number]}"
    return axis.name_of(number, data.feature_names, snapshot.step.problem.model, data.symbol_names)


def entry_words(snapshot: StepSnapshot, entry: Entry) -> str:
    """As a sentence names it: "component 2's mean of petal length", "the bias of unit 1", "theta"."""
    parts = entry_parts(snapshot, entry)
    if parts is None:
        return entry.name
    if parts.said:
        return f"the {parts.said}"
    names = view_for(snapshot.spec.model).component_names(snapshot)
    noun, who = snapshot.step.params.component_noun, [clean(names[k]) for k in parts.components]
    if len(who) == 2:
        return f"the {parts.what} from {noun} {who[0]} to {who[1]}"
    whose = f"{noun} {who[0]}'s" if who else f"the {noun}s' common"
    return f"{whose} {parts.words}"


def whose(snapshot: StepSnapshot, entry: Entry) -> str:
    """The same, with what the entry is first where it is about nothing else: "the rate of component 2"."""
    parts = entry_parts(snapshot, entry)
    if parts is None or parts.of or len(parts.components) != 1:
        return entry_words(snapshot, entry)
    names = view_for(snapshot.spec.model).component_names(snapshot)
    return f"the {parts.what} of {snapshot.step.params.component_noun} {clean(names[parts.components[0]])}"
