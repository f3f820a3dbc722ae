"""Ten predictions for eyes: what both methods say of some of the rows that are held back, evenly chosen."""

from __future__ import annotations

from typing import Any

import numpy as np

from emtui.cli.shell_output import table
from emtui.networks.rival import MethodComparison, short_name
from emtui.networks.scores import AnyScore, NumberScore, Score, numbers_said_by, said_by, way_of
from emtui.spec.run_spec import RunSpec
from emtui.spec.train_test_split import TrainTestSplit
from engine.arrays import IntArray
from engine.text import clean

_MOST_ROWS = 10
_LONGEST = 16


def prediction_lines(spec: RunSpec, params: Any, comparison: MethodComparison) -> list[str]:
    """A line for each of ten test rows (training rows, if none is held back): the truth, and what each method says.

    Of classes with the probability of the one that is predicted.
    """
    split, held_back = comparison.split, len(comparison.split.test) > 0
    methods = [(spec.model, params, comparison.here)]
    if comparison.rival_here is not None:
        methods.append((comparison.rival_model, comparison.rival_params_here, comparison.rival_here))
    listed = split.rows(held_back)
    places = np.unique(np.linspace(0, len(listed) - 1, min(_MOST_ROWS, len(listed))).round().astype(int))
    rows = listed[places].tolist()
    truth = [_said(split.targets[row], split) for row in rows]
    kind = "test row" if held_back else "training row"
    columns = [(kind, [clean(spec.dataset.row_name(row), _LONGEST) for row in rows]), ("truth", truth)]
    for model, theta, point in methods:
        known = point.test if held_back else point.train
        columns += _of_method(model, theta, known, split, listed[places], places)
    lines = ["", *table([[head for head, _ in columns], *zip(*(cells for _, cells in columns), strict=True)])]
    if way := way_of(spec.model, split.prediction):
        lines.append(f"both by the {way} prediction" if len(methods) > 1 else f"by the {way} prediction")
    left = len(listed) - len(rows)
    return [*lines, *([f"… and {left} more: --predictions FILE writes every row"] if left else [])]


def _of_method(
    model: Any, params: Any, known: AnyScore | None, split: TrainTestSplit, rows: IntArray, places: IntArray
) -> list[tuple[str, list[str]]]:
    """The columns of one method for rows at these places of its score, which may have all predictions."""
    name, inputs = short_name(model), split.inputs[rows]
    if split.numeric:
        kept = known.predictions if isinstance(known, NumberScore) else None
        numbers = numbers_said_by(model, params, inputs) if kept is None else kept[places]
        return [(name, [_said(number, split) for number in numbers])]
    kept = known.probabilities if isinstance(known, Score) else None
    p = said_by(model, params, inputs, split.prediction) if kept is None else kept[places]
    return [(name, [_said(code, split) for code in p.argmax(axis=1)]), ("p", [f"{row.max():z.3f}" for row in p])]


def _said(target: Any, split: TrainTestSplit) -> str:
    return f"{float(target):z.6g}" if split.numeric else clean(split.class_names[int(target)], _LONGEST)
