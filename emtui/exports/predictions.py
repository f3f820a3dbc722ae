"""What a run says of every row once it is over, as CSV: `emtui run … --predictions FILE`.

network    row, split, truth, predicted, p of each class (nothing of the kind for numbers); the same of the rival
experts    the same, then r of each expert, expert; of a test row, whose target is not used, the gate's shares
mixture    row, known class, r of each component, component; where classes were given, the class that it stands for
chain      row, known class, r of each state, state, and the state of the likeliest path (Viterbi)

All of it belongs to the parameters that the run ended with.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from emtui.exports.step_record import csv_line
from emtui.networks.scores import numbers_said_by, said_by
from emtui.spec.labels_given import NONE
from emtui.spec.run_spec import RunSpec
from emtui.spec.train_test_split import TrainTestSplit, split_of
from engine.analysis.learning_curves import RIVAL
from engine.arrays import IntArray
from engine.em.evaluation import Evaluation, Posterior
from engine.em.step import Step
from engine.models.hmm.model import HiddenMarkovModel
from engine.models.mixture import Mixture
from engine.parallel import one_blas_thread

if TYPE_CHECKING:
    from emtui.networks.rival import MethodComparison

ROWS_AT_ONCE = 8_192


def prediction_lines(spec: RunSpec, step: Step, comparison: MethodComparison | None) -> Iterator[str]:
    """A head and a line for each row of the data; for each row that a mixture or a chain is fitted to.

    comparison: of a network, both methods at the end of the run.
    """
    split = split_of(spec)
    if split is not None:
        return _of_targets(spec, step, split, comparison)
    return posterior_lines(spec, step.at, step.params.component_noun, spec.known != NONE, _path(step.at))


def _of_targets(spec: RunSpec, step: Step, split: TrainTestSplit, comparison: MethodComparison | None) -> Iterator[str]:
    """By the way of predicting that both are scored by."""
    methods = [("", spec.model, step.params)]
    if comparison is not None and comparison.rival_params_here is not None:
        methods.append((RIVAL, comparison.rival_model, comparison.rival_params_here))
    predict = _numbers if split.numeric else _classes
    columns = {name: column for each in methods for name, column in predict(split, *each).items()}
    columns |= _of_experts(spec, step, split)
    names = split.class_names
    truth = split.targets.tolist() if split.numeric else [names[code] for code in split.targets.tolist()]
    yield csv_line(["row", "split", "truth", *columns])
    for row, cells in enumerate(zip(*columns.values(), strict=True)):
        held_back = "test" if split.is_test(row) else "train"
        yield csv_line([spec.dataset.row_name(row), held_back, truth[row], *cells])


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


def posterior_lines(
    spec: RunSpec, at: Evaluation, noun: str = "component", as_classes: bool = False, path: IntArray | None = None
) -> Iterator[str]:
    """Every row that the model is fitted to: row, known class, r of each component or unit, and the likeliest of them.

    noun: what a component is called. as_classes: the class that the likeliest one stands for is there as well. path:
    (n,) the component of each row along the likeliest path, −1 where there is none.
    """
    data, posterior, split = spec.dataset, Posterior(at), split_of(spec)
    origin = None if split is None else split.train  # the rows of the table that a network is trained on
    n_rows = at.data.n_given
    named = origin is not None or n_rows == data.n_samples  # else a row of the model is not a row of the table
    known = named and data.y is not None
    for begin in range(0, n_rows, ROWS_AT_ONCE):
        r = posterior.rows(slice(begin, min(begin + ROWS_AT_ONCE, n_rows)))
        if begin == 0:
            ends = [noun, *(["predicted"] if as_classes else []), *(["path"] if path is not None else [])]
            yield csv_line(["row", *(["class"] if known else []), *(f"r{k + 1}" for k in range(r.shape[1])), *ends])
        lines = []
        for i, values in enumerate(r.tolist(), start=begin):
            unknown = math.isnan(values[0])  # a row of weight 0 that the model can't take
            likeliest = -1 if unknown else max(range(len(values)), key=values.__getitem__)
            place = i if origin is None else int(origin[i])
            row: list[Any] = [data.row_name(place) if named else i + 1]
            row += [_name(data.class_names, int(data.y[place]))] if known and data.y is not None else []
            row += [*values, "" if unknown else likeliest + 1]
            row += [_name(data.class_names, likeliest)] if as_classes else []
            row += [int(path[i]) + 1 if path[i] >= 0 else ""] if path is not None else []
            lines.append(csv_line(row))
        yield "".join(lines)


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
