"""How a network's rows are split: which are trained on, which are held back, and in which units."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from emtui.spec.labels_given import known_labels
from emtui.spec.run_spec import RunSpec, once_a_spec
from emtui.spec.sources import prepared
from emtui.spec.state_names import state_names
from engine.arrays import Array, IntArray
from engine.data.dataset import Dataset
from engine.data.products import product_names, product_units
from engine.data.train_test import train_test_split
from engine.data.units import Units, standard_units
from engine.em.algorithms import algorithm_named
from engine.em.class_labels import one_each
from engine.em.observed import observed
from engine.em.parameters import Axis
from engine.em.prediction_report import FORWARD, MARGINAL
from engine.em.row_text import RowName, rows_called
from engine.em.step import Problem
from engine.errors import DataError, EngineError, OptionError
from engine.models.hmm.params import HiddenMarkovParams
from engine.text import quoted

if TYPE_CHECKING:
    from engine.models.network.predict import Prediction


@dataclass(frozen=True, eq=False)
class TrainTestSplit:
    """The rows of a data set, split.

    Attributes:
        inputs: (n, p) every row as the model takes it in.
        targets: (n,) the class of every row, 0…g−1; or the number that is to be learned of it.
        train, test: the rows that are trained on and those that are held back, rising; test may be empty.
        units: how inputs are made of features in the data's own units, and back; None where they are the same.
        input_names: p names.
        class_names: g names; () where numbers are learned.
        target_name: what the numbers are of, such as the name of their column; "" where classes are learned.
        prediction: the way of predicting by which both methods are scored on these rows, where there are two.
        weights: (n,) how often each row counts, as the data have it; None where each counts once.
    """

    inputs: Array
    targets: Any
    train: IntArray
    test: IntArray
    units: Units | None
    input_names: tuple[str, ...]
    class_names: tuple[str, ...]
    target_name: str = ""
    prediction: Prediction = "marginal"
    weights: Array | None = None

    @property
    def numeric(self) -> bool:
        """Numbers are learned, not classes."""
        return not self.class_names

    @property
    def output_names(self) -> tuple[str, ...]:
        """What a network has outputs for: the classes, or the one target."""
        return self.class_names or (self.target_name,)

    @property
    def n_classes(self) -> int:
        """g."""
        return len(self.class_names)

    def is_test(self, row: int) -> bool:
        """The row of the data is held back."""
        place = int(np.searchsorted(self.test, row))
        return place < len(self.test) and int(self.test[place]) == row

    def n_counted(self, rows: IntArray) -> float:
        """How many of these rows count in scores: the sum of their weights, a whole number where it is one."""
        return len(rows) if self.weights is None else whole(float(self.weights[rows].sum()))

    def rows(self, held_back: bool) -> IntArray:
        """The rows of the data that are held back, or those that are trained on."""
        return self.test if held_back else self.train


def whole(value: float) -> float:
    """An int where the number is one."""
    return int(value) if value == math.floor(value) else value


def learns_numbers(spec: RunSpec) -> bool:
    """The model learns the numbers of a target column; classes otherwise."""
    return spec.model.supervised and spec.model.learns_numbers(spec.dataset.target)


def table_of(spec: RunSpec) -> tuple[Any, Any]:
    """X and y as the model is fitted to them: all rows, or the training rows where it is supervised.

    X is a list of sequences for a model of sequences where the data tell several.
    """
    split, data = split_of(spec), spec.dataset
    if split is not None:
        return split.inputs[split.train], split.targets[split.train]
    several = data.sequence is not None and not spec.model.independent_rows
    return data.sequences if several else data.X, known_labels(spec)


def sample_weight_of(spec: RunSpec) -> Array | None:
    """How often each row (or each sequence) of `table_of` counts; None for once.

    Raises:
        DataError: the rows of a sequence differ in weight; one sentence.
    """
    split, data = split_of(spec), spec.dataset
    if data.weights is None or split is None:
        return data.weights if spec.model.independent_rows else data.sequence_weights
    return data.weights[split.train]


def problem_of(spec: RunSpec, weights: Array | None = None) -> Problem:
    """The model with the data as it takes them in. Raises EngineError where it can't.

    weights: of the rows that it is fitted to, in place of those of the data.
    """
    name, data = row_name_of(spec), spec.dataset
    with rows_called(name, input_names(spec)):
        try:
            observations = observed(spec.model, *table_of(spec), sample_weight_of(spec) if weights is None else weights)
        except DataError:
            if spec.data.standardize and _taken_unstandardised(spec):
                raise DataError(
                    f"standardised columns are no counts, answers or symbols, which the {spec.model.name} model takes: "
                    "leave them in their own units."
                ) from None
            raise
    algorithm = algorithm_named(spec.algorithm)
    return Problem(spec.model, observations, algorithm, spec.seed, name, input_names(spec), data.symbol_names)


def _taken_unstandardised(spec: RunSpec) -> bool:
    """Whether the model takes the columns as they were read."""
    if spec.opened is None or spec.model.supervised:
        return False
    plain = replace(spec.data, standardize=False)
    try:
        raw = replace(spec, data=plain, dataset=prepared(spec.opened, plain, spec.model))
        observed(spec.model, *table_of(raw), sample_weight_of(raw))
    except EngineError:
        return False
    return True


def row_name_of(spec: RunSpec) -> RowName:
    """What the rows are called that the model is fitted to: as the data set calls them."""
    split, data = split_of(spec), spec.dataset
    return data.row_name if split is None else partial(_trained_row_name, data, split.train)


def _trained_row_name(data: Dataset, train: IntArray, row: int) -> str:
    return data.row_name(int(train[row]))


@once_a_spec
def split_of(spec: RunSpec) -> TrainTestSplit | None:
    """The split rows and the inputs; None for a model that is not supervised.

    If inputs are standardised, then by mean and standard deviation of the training rows alone, so that nothing about
    the held-back rows leaks into training.

    Raises:
        EngineError: the data can't be learned from, or not be split so; one sentence.
    """
    if not spec.model.supervised:
        return None
    data = spec.dataset
    if learns_numbers(spec):
        numbers = _checked_numbers(data)
        train, test = _split_plainly(spec)
        inputs, units = _inputs(spec, train)
        name = spec.data.target or "target"
        return TrainTestSplit(
            inputs, numbers, train, test, units, input_names(spec), (), name, prediction_of(spec), data.weights
        )
    targets = _checked_targets(data, spec.model)
    train, test = _split(spec, targets)
    missing = np.setdiff1d(np.unique(targets), targets[train])
    if len(missing):
        raise DataError(
            f"the class {quoted(data.class_names[int(missing[0])])} has no training row in this split: "
            "stratify it, hold back fewer rows, or take another seed."
        )
    inputs, units = _inputs(spec, train)
    present = np.unique(targets)  # a class without a row is none that could be learned
    names = tuple(data.class_names[c] for c in present)
    return TrainTestSplit(
        inputs, np.searchsorted(present, targets), train, test, units, input_names(spec), names,
        prediction=prediction_of(spec), weights=data.weights,
    )  # fmt: skip


def prediction_of(spec: RunSpec) -> Prediction:
    """The way of predicting that scores are by. Raises OptionError where there is no such way."""
    if spec.prediction not in (MARGINAL, FORWARD):
        raise OptionError(f"there is no prediction {quoted(spec.prediction)}: choose {MARGINAL} or {FORWARD}.")
    if spec.prediction == FORWARD and "hidden_units" not in spec.model.option_values:
        raise OptionError(f"the {spec.model.name} model has no forward pass: choose the prediction {MARGINAL}.")
    return "forward" if spec.prediction == FORWARD else "marginal"


def place_name(number: int, axis: Axis, spec: RunSpec) -> str:
    """What an entry is of: a column or a symbol of the data by its name, one of the classes that are learned."""
    data, split = spec.dataset, split_of(spec)
    if axis.noun == "class" and split is not None and number < len(split.class_names):
        return split.class_names[number]
    if axis.noun == HiddenMarkovParams.component_noun and (states := state_names(spec)):
        return states[number]
    return axis.name_of(number, input_names(spec), spec.model, data.symbol_names)


def input_names(spec: RunSpec) -> tuple[str, ...]:
    """The names of the columns as the model takes them in: those of the data, and of their products."""
    names = spec.dataset.feature_names
    return product_names(names) if spec.model.supervised and spec.data.products else names


def _inputs(spec: RunSpec, train: IntArray) -> tuple[Array, Units | None]:
    """Every row as the model takes it in, and the units that the training rows set."""
    data = spec.dataset
    if data.has_missing:
        row, column = (int(i) for i in np.argwhere(np.isnan(data.X))[0])
        raise DataError(
            f"{data.row_name(row)} has no {quoted(data.feature_names[column])}, and every input is needed: "
            "leave out that row or column."
        )
    weights = None if data.weights is None else data.weights[train]
    units: Units | None = standard_units(data.X[train], weights)[0] if spec.data.standardize else None
    if spec.data.products:
        units = product_units(data.X[train], spec.data.standardize, weights)
    inputs = data.X if units is None else units.to_standard(data.X)
    return inputs, units


def _checked_numbers(data: Dataset) -> Array:
    if data.target is None:
        raise DataError(
            f"{quoted(data.name)} has no column of numbers to be learned: name the column of a file with --target, or "
            "learn classes."
        )
    unknown = np.flatnonzero(~np.isfinite(data.target))
    if len(unknown):
        rows = "1 row" if len(unknown) == 1 else f"{len(unknown)} rows"
        verb = "has" if len(unknown) == 1 else "have"
        raise DataError(
            f"{rows} of {quoted(data.name)} {verb} no target (the first is {data.row_name(int(unknown[0]))}): leave "
            "those rows out or give them one."
        )
    return data.target


def _checked_targets(data: Dataset, model: Any) -> IntArray:
    if data.y is None:
        number = " (one of numbers with --target)" if model.takes_target else ""
        raise DataError(
            f"{quoted(data.name)} has no column of known classes, and {model.learner} learns from them: "
            f"choose labelled data, or name the column of a file with --label{number}."
        )
    unknown = np.flatnonzero(data.y < 0)
    if len(unknown):
        rows = "1 row" if len(unknown) == 1 else f"{len(unknown)} rows"
        verb = "has" if len(unknown) == 1 else "have"
        raise DataError(
            f"{rows} of {quoted(data.name)} {verb} no class (the first is {data.row_name(int(unknown[0]))}), and "
            f"{model.learner} learns from classes alone: leave those rows out or give them one."
        )
    if data.y.min() == data.y.max():
        name = quoted(data.class_names[int(data.y[0])])
        raise DataError(
            f"every row of {quoted(data.name)} is of the class {name}, so there is nothing to tell apart: "
            "choose another label column."
        )
    n_classes = len(np.unique(data.y))
    if one_each(n_classes, len(data.y)):
        number = "to learn numbers, name their column with --target, or " if model.takes_target else ""
        raise DataError(
            f"{quoted(data.name)} has {n_classes} classes in {len(data.y)} rows, nearly one for each, and classes come "
            f"again: {number}choose another label column."
        )
    return data.y


def _split(spec: RunSpec, targets: IntArray) -> tuple[IntArray, IntArray]:
    share = spec.test_share
    if not 0.0 <= share < 1.0:
        raise OptionError(f"the test share must be at least 0 and below 1, not {share:zg}.")
    if share == 0.0:
        return np.arange(len(targets)), np.arange(0)
    weights = spec.dataset.weights
    counts = np.bincount(targets if weights is None else targets[weights > 0])
    if spec.stratify and (counts == 1).any():
        name = quoted(spec.dataset.class_names[int(np.flatnonzero(counts == 1)[0])])
        raise DataError(
            f"the class {name} has a single row, which can't be both trained on and held back: "
            "leave that row out, or hold back none (--test-share 0)."
        )
    seed = spec.seed if spec.split_seed is None else spec.split_seed
    split = train_test_split(
        targets, train_share=train_share(share), stratified=spec.stratify, seed=seed, sample_weight=weights
    )
    return split.train, split.test


def _split_plainly(spec: RunSpec) -> tuple[IntArray, IntArray]:
    """All rows alike: numbers have no classes to be drawn within."""
    n = spec.dataset.n_samples
    return _split(replace(spec, stratify=False), np.zeros(n, dtype=np.int64))


def train_share(test_share: float) -> float:
    """The share that is left for training, rounded: 0.6 for 0.4."""
    return round(1.0 - test_share, 12)
