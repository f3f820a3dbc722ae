"""One row in a network: its inputs, its hidden configurations, and the predicted class."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from emtui.networks.scores import RowPrediction, predict_row
from emtui.session.snapshot import StepSnapshot
from emtui.spec.train_test_split import TrainTestSplit
from emtui.spec.work import AT_ONCE
from emtui.views.number_format import number
from engine.arrays import Array
from engine.models.network.predict import activities
from engine.text import clean

MOST_BARS = 5
"""Hidden units up to which every configuration is listed; above, the ten likeliest."""
_TOP = 10


@dataclass(frozen=True, eq=False)
class NetworkRow:
    """A row of the data under the parameters on the screen.

    Attributes:
        row: its place in the data.
        is_test: it is held back.
        target: its class, 0 where numbers are learned; number: its number there, else None.
        inputs: (p,) as the network takes them.
        activities: of each hidden layer (m_l,) the probability that a unit is on, given the inputs; for layers after
            the first, given the units before at their means.
        expected: of each hidden layer (m_l,) E[z] given inputs and target; None where the network has no latent units,
            and of a test row, whose target is not used.
        configurations: the likeliest z (k, units of all layers) with their probabilities (k,) given inputs and target,
            of a test row given its inputs alone; None for none.
        sampled: the configurations are those that a chain visits most, and their probabilities estimates.
        said: the class probabilities in three ways; E[y | x] where numbers are learned.
    """

    row: int
    is_test: bool
    target: int
    inputs: Array
    activities: tuple[Array, ...]
    expected: tuple[Array, ...] | None
    configurations: tuple[Array, Array] | None
    said: RowPrediction
    sampled: bool = False
    number: float | None = None


def takes_long(params: Any) -> bool:
    """Whether finding the likeliest configurations takes so long that `network_row` leaves them out at first."""
    return len(params.sizes) > 1 or 2.0 ** len(params.hidden) > AT_ONCE


def target_words(split: TrainTestSplit, row: int) -> str:
    """A row's class, or its number: `versicolor`, `price 1.2`."""
    if split.numeric:
        return f"{clean(split.target_name)} {number(float(split.targets[row]), 3)}"
    return clean(split.class_names[int(split.targets[row])])


def usual_row(split: TrainTestSplit) -> int:
    """The row that is shown where none was chosen: the first one that is trained on, which has u and E[z]."""
    return int(split.train[0])


def network_row(snapshot: StepSnapshot, row: int | None, *, thorough: bool = True) -> NetworkRow:
    """The chosen row, or the usual one where none was chosen; a test row as it is predicted, without its target.

    thorough: with the likeliest configurations even where they take long.
    """
    comparison = snapshot.comparison
    assert comparison is not None
    model: Any = snapshot.step.problem.model
    split, params = comparison.split, snapshot.step.params
    if row is None or not 0 <= row < len(split.targets):
        row = usual_row(split)
    inputs = np.asarray(split.inputs[row])
    y = split.targets[row]
    target, value = (0, float(y)) if split.numeric else (int(y), None)
    said, reached = predict_row(params, inputs), activities(params.layers, np.concatenate([[1.0], inputs])[None, :])
    means = tuple(np.asarray(u[0]) for u in reached)
    plain = NetworkRow(row, split.is_test(row), target, inputs, means, None, None, said, number=value)
    if not model.hides:
        return plain
    seen = plain
    if plain.is_test:
        one = model.observe_new(inputs[None, :], params)
    else:
        one = model.observe_apart(inputs[None, :], np.array([y]), params)
        units = np.asarray(model.responsibilities(params, one, slice(None))[0])
        seen = replace(plain, expected=tuple(np.split(units, np.cumsum(params.sizes)[:-1])))
    if takes_long(params) and not thorough:
        return seen
    n_units = int(sum(params.sizes))
    most = 2**n_units if n_units <= MOST_BARS else _TOP
    found = model.configurations(params, one, 0, most=most)
    return replace(seen, configurations=(found.z, found.probabilities), sampled=found.sampled)
