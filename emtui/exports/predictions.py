"""What a step says of every row, as a table: its predictions, and its responsibilities.

network    row, split, truth, predicted, p of each class (nothing of the kind for numbers); the same of the rival
experts    the same, then r of each expert, expert; of a test row, whose target is not used, the gate's shares
mixture    row, known class, r of each component, component; where classes were given, the class that it stands for
chain      row, known class, r of each state, state, and the state of the likeliest path (Viterbi)

`row` is the row's name, else its line in the file, else its number from 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from emtui.exports.data_table import Columns, DataTable, Kind
from emtui.networks.scores import numbers_said_by, said_by
from emtui.spec.labels_given import NONE
from emtui.spec.run_spec import RunSpec
from emtui.spec.train_test_split import TrainTestSplit, split_of
from engine.analysis.learning_curves import RIVAL
from engine.arrays import IntArray
from engine.data.dataset import Dataset
from engine.em.evaluation import Evaluation, Posterior
from engine.em.step import Step
from engine.models.hmm.model import HiddenMarkovModel
from engine.models.mixture import Mixture
from engine.parallel import one_blas_thread

if TYPE_CHECKING:
    from emtui.networks.rival import MethodComparison

ROWS_AT_ONCE = 8_192


def prediction_table(spec: RunSpec, step: Step, comparison: MethodComparison | None) -> DataTable:
    """What the parameters of a step say of each row of the data; of each row that a mixture or a chain is fitted to.

    comparison: of a network, both methods at that step.
    """
    split = split_of(spec)
    if split is not None:
        return _of_targets(spec, step, split, comparison)
    return posterior_table(spec, step.at, step.params.component_noun, spec.known != NONE, _path(step.at))


def _of_targets(spec: RunSpec, step: Step, split: TrainTestSplit, comparison: MethodComparison | None) -> DataTable:
    """By the way of predicting that both are scored by."""
    methods = [("", spec.model, step.params)]
    if comparison is not None and comparison.rival_params_here is not None:
        methods.append((RIVAL, comparison.rival_model, comparison.rival_params_here))
    predict = _numbers if split.numeric else _classes
    found = {name: column for each in methods for name, column in predict(split, *each).items()}
    found |= _of_experts(spec, step, split)
    names = split.class_names
    truth = split.targets.tolist() if split.numeric else [names[code] for code in split.targets.tolist()]
    held_back = ["test" if split.is_test(row) else "train" for row in range(len(truth))]
    kind, labels = row_cells(spec.dataset)
    first = [labels(row) for row in range(len(truth))]
    columns: Columns = {"row": kind, "split": "text", "truth": "number" if split.numeric else "text"}
    columns = {**columns, **{name: _kind_of(column) for name, column in found.items()}}
    return DataTable(columns, [list(zip(first, held_back, truth, *found.values(), strict=True))])


def _kind_of(column: list[Any]) -> Kind:
    first = next(iter(column), 0.0)
    return "text" if isinstance(first, str) else "whole" if isinstance(first, int) else "number"


def row_cells(data: Dataset | None) -> tuple[Kind, Callable[[int], int | str]]:
    """What the column `row` holds, and its cell for a row counted from 0: a name, or a number as all tables have it."""
    if data is None:
        return "whole", lambda row: row + 1
    if data.row_names is not None:
        return "text", data.row_label
    return "whole", lambda row: int(data.row_label(row))


def _classes(split: TrainTestSplit, prefix: str, model: Any, params: Any) -> dict[str, list[Any]]:
    p = np.empty((len(split.inputs), len(split.class_names)))
    for rows in (split.train, split.test):  # each by itself, so that what is drawn is drawn as for its scores
        if len(rows):
            p[rows] = said_by(model, params, split.inputs[rows], split.prediction)
    columns: dict[str, list[Any]] = {
        f"{prefix}predicted": [split.class_names[code] for code in p.argmax(axis=1).tolist()]
    }
    return columns | {f"{prefix}p_{name}": p[:, c].tolist() for c, name in enumerate(split.class_names)}


def _of_experts(spec: RunSpec, step: Step, split: TrainTestSplit) -> dict[str, list[Any]]:
    """r of each expert, and the likeliest one; nothing for a model whose rows are not shared out among components."""
    model: Any = spec.model
    if not (isinstance(model, Mixture) and model.hides):
        return {}
    params = step.params
    with one_blas_thread():
        r = model.responsibilities(params, model.observe_new(split.inputs, params), slice(None))
    r[split.train] = Posterior(step.at).responsibilities
    columns: dict[str, list[Any]] = {f"r{k + 1}": values.tolist() for k, values in enumerate(r.T)}
    return columns | {params.component_noun: (r.argmax(axis=1) + 1).tolist()}


def _numbers(split: TrainTestSplit, prefix: str, model: Any, params: Any) -> dict[str, list[Any]]:
    return {f"{prefix}predicted": numbers_said_by(model, params, split.inputs).tolist()}


def posterior_table(
    spec: RunSpec, at: Evaluation, noun: str = "component", as_classes: bool = False, path: IntArray | None = None
) -> DataTable:
    """Every row that the model is fitted to: row, known class, r of each component or unit, and the likeliest of them.

    noun: what a component is called. as_classes: the class that the likeliest one stands for is there as well. path:
    (n,) the component of each row along the likeliest path, −1 where there is none.
    """
    data, split = spec.dataset, split_of(spec)
    origin = None if split is None else split.train  # the rows of the table that a network is trained on
    named = origin is not None or at.data.n_given == data.n_samples  # else a row of the model is no row of the table
    known = named and data.y is not None
    n_components = Posterior(at).rows(slice(0, 1)).shape[1]
    kind, label = row_cells(data if named else None)
    columns: Columns = {
        "row": kind,
        **({"class": "text"} if known else {}),
        **{f"r{k + 1}": "number" for k in range(n_components)},
        noun: "whole",
        **({"predicted": "text"} if as_classes else {}),
        **({"path": "whole"} if path is not None else {}),
    }

    def rows_from(begin: int) -> list[list[Any]]:
        r = Posterior(at).rows(slice(begin, min(begin + ROWS_AT_ONCE, at.data.n_given)))
        rows = []
        for i, values in enumerate(r.tolist(), start=begin):
            unknown = math.isnan(values[0])  # a row of weight 0 that the model can't take
            likeliest = -1 if unknown else max(range(len(values)), key=values.__getitem__)
            place = i if origin is None else int(origin[i])
            row: list[Any] = [label(place)]
            row += [_name(data.class_names, int(data.y[place]))] if known and data.y is not None else []
            row += [*values, None if unknown else likeliest + 1]
            row += [_name(data.class_names, likeliest)] if as_classes else []
            row += [int(path[i]) + 1 if path[i] >= 0 else None] if path is not None else []
            rows.append(row)
        return rows

    return DataTable(columns, map(rows_from, range(0, at.data.n_given, ROWS_AT_ONCE)))


def _name(names: Sequence[str], code: int) -> str:
    return names[code] if 0 <= code < len(names) else ""


def _path(at: Evaluation) -> IntArray | None:
    """(n,) the likeliest path of each row's chain, −1 of a row of weight 0; None of a model without chains."""
    if not isinstance(at.model, HiddenMarkovModel):
        return None
    found: IntArray = at.model.viterbi(at.params, at.data)
    if at.data.given is None:
        return found
    path = np.full(at.data.n_given, -1)
    path[at.data.given.rows] = found
    return path
