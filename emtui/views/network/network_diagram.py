"""A network drawn with one row in it: what its units are at, what it says, and its likeliest configurations."""

from __future__ import annotations

from typing import Any

import numpy as np

from emtui.charts.cell_text import short_head
from emtui.charts.network_diagram import DiagramTable, NetworkDiagram
from emtui.charts.unit_layers import SecondValue, UnitLayer
from emtui.session.snapshot import StepSnapshot
from emtui.spec.train_test_split import split_of
from emtui.views.network.network_row import MOST_BARS, NetworkRow, target_words
from emtui.views.number_format import fixed, number, probability
from engine.arrays import Array
from engine.em.prediction_report import FORWARD

_BITS_SHOWN = 20
_LEGEND = (
    "units on: u before y is known, E[z | x, y] after",
    "u: before y is known, E[z]: after",
    "u: without y, E[z]: with it",
    "u, then E[z] by y",
    "u, E[z]",
)
"""What the two values of a hidden unit are, for less and less room."""
_TEST_LEGEND = (
    "units on: u; a test row's y is not used",
    "u: a test row's y is not used",
    "u: without y",
    "u",
)
"""What the one value is of a row that is held back."""


def network_diagram(snapshot: StepSnapshot, seen: NetworkRow) -> NetworkDiagram:
    """Inputs, hidden units and classes with the row's values, its predicted class, and its configurations."""
    assert snapshot.comparison is not None
    split, params = snapshot.comparison.split, snapshot.step.params
    names = split.output_names[: len(params.output)]
    usual = _usual(snapshot, seen)
    standardised = snapshot.spec.data.standardize
    values = [fixed(float(v), 2) if standardised else number(float(v), 3) for v in seen.inputs]
    p = len(values)
    layers = [UnitLayer("x", split.input_names, values, np.full(p, np.nan), p)]
    for depth, activity in enumerate(seen.activities):
        which, m = f" {depth + 1}" if len(seen.activities) > 1 else "", len(activity)
        after = None
        if seen.expected is not None:
            after = SecondValue(f"E[z]{which}", _probabilities(seen.expected[depth]), seen.expected[depth])
        layers.append(UnitLayer(f"u{which}", [""] * m, _probabilities(activity), activity, m, after))
    if split.numeric:
        layers.append(UnitLayer("E[y|x]", names, [number(float(usual[0]), 3)], np.full(1, np.nan), 1))
    else:
        layers.append(UnitLayer("p(y|x)", names, [probability(float(v), 2) for v in usual], usual, len(names)))
    weights = [layer[:, 1:] for layer in (*params.layers, params.output)]
    said = _said(names, seen) if seen.number is None else _number_said(params, seen)
    tables = [said, *_configurations(seen)]
    title = f"network · {row_words(snapshot, seen)}"
    latent = snapshot.step.problem.model.hides
    legend = (_TEST_LEGEND if seen.is_test else _LEGEND) if latent else ()
    return NetworkDiagram(layers, weights, tables, title, _described(snapshot, seen, names), legend=legend)


def _probabilities(values: Array) -> list[str]:
    return [probability(float(v), 2) for v in values]


def _usual(snapshot: StepSnapshot, seen: NetworkRow) -> Array:
    return seen.said.forward if snapshot.spec.prediction == FORWARD else seen.said.marginal


def _said(names: tuple[str, ...], seen: NetworkRow) -> DiagramTable:
    """What the network says in three ways; a star stands by the target."""
    most = 6
    exact = "marginal" if seen.said.exact else "estimate"
    ways = [(exact, seen.said.marginal), ("forward", seen.said.forward), ("sampled", seen.said.sampled)]
    chosen = list(range(len(names)))
    if len(names) > most:  # the likeliest, and the target
        likely = np.argsort(-seen.said.forward, kind="stable")[: most - 1].tolist()
        chosen = sorted({*likely, seen.target})
    room = 10 if len(chosen) <= 3 else 6
    heads = ["", *(short_head(names[c], room) + ("*" if c == seen.target else "") for c in chosen)]
    rows = [heads]
    rows += [[way, *(probability(float(said[c])) for c in chosen)] for way, said in ways]
    return DiagramTable("p(y|x)", rows)


def _number_said(params: Any, seen: NetworkRow) -> DiagramTable:
    """E[y | x], the row's own number, and how far numbers lie about what the units say."""
    values = [("E[y|x]", seen.said.forward[0]), ("y", seen.number), ("σ", np.sqrt(params.variances[0]))]
    return DiagramTable("", [["", ""], *([name, number(float(value), 4)] for name, value in values)])


def _configurations(seen: NetworkRow) -> list[DiagramTable]:
    if seen.configurations is None:
        return []
    z, chances = seen.configurations
    m = z.shape[1]
    title = "z" if m <= MOST_BARS else f"z (top {len(z)} of {_power(m)})"
    if seen.sampled:
        title = f"z (visited most of {_power(m)})"
    rows = [["", "p(z|x)" if seen.is_test else "p(z|x,y)"]]
    rows += [[_bits(one), probability(float(p))] for one, p in zip(z, chances, strict=True)]
    return [DiagramTable(title, rows, [float(p) for p in chances])]


def _bits(z: Array) -> str:
    """0110101; of very many units both ends."""
    bits = "".join("1" if on else "0" for on in z)
    return bits if len(bits) <= _BITS_SHOWN else f"{bits[:9]}…{bits[-9:]}"


def _power(m: int) -> str:
    """2^m in digits where they are few."""
    return f"{2**m:,}" if m <= 20 else f"2^{m}"


def _described(snapshot: StepSnapshot, seen: NetworkRow, names: tuple[str, ...]) -> str:
    usual = _usual(snapshot, seen)
    if seen.number is not None:
        return f"{row_words(snapshot, seen)}: the network says {number(float(usual[0]))}"
    best = int(usual.argmax())
    said = probability(float(usual[best]))
    return f"{row_words(snapshot, seen)}: the network says {names[best]} with probability {said}"


def row_words(snapshot: StepSnapshot, seen: NetworkRow) -> str:
    """`row 57, a test row, versicolor`."""
    split = split_of(snapshot.spec)
    assert split is not None
    kind = "test" if seen.is_test else "train"
    return f"{snapshot.spec.dataset.row_name(seen.row)} ({kind}, {target_words(split, seen.row)})"
