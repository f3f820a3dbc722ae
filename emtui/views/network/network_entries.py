"""An entry of a network's θ in words: "bias of unit 1", "weight from unit 3 to class setosa"."""

from __future__ import annotations

from collections.abc import Sequence

from emtui.charts.cell_text import clean
from emtui.session.snapshot import StepSnapshot
from emtui.spec.train_test_split import split_of
from emtui.views.entry_parts import EntryParts
from engine.editing.entries import Entry


def network_entry(snapshot: StepSnapshot, entry: Entry, unit_names: Sequence[str]) -> EntryParts:
    """A weight by where it comes from and where it goes, a bias and a variance by what they belong to."""
    split, sizes = split_of(snapshot.spec), snapshot.step.params.sizes
    outputs = () if split is None else split.output_names
    numeric = split is not None and split.numeric
    to, *source = entry.index
    depth = len(sizes) if entry.field == "output" else entry.path.count("deeper")
    if entry.field == "variances":
        target = clean(outputs[0])
        return EntryParts((), "variance", (target,), f"variance of {target}")
    before = sum(sizes[: depth - 1])
    if depth == len(sizes):
        name = clean(outputs[to]) if to < len(outputs) else str(to + 1)
        goal = name if numeric else f"class {name}"
    else:
        goal = f"unit {unit_names[sum(sizes[:depth]) + to]}"
    if source == [0]:
        return EntryParts((), "bias", (goal,), f"bias of {goal}")
    place = source[0] - 1
    inputs = () if split is None else split.input_names
    if depth > 0:
        begin = f"unit {unit_names[before + place]}"
    else:
        begin = clean(inputs[place]) if place < len(inputs) else f"input {source[0]}"
    return EntryParts((), "weight", (begin, goal), f"weight from {begin} to {goal}")
