"""What was chosen, as lines of Python: the data, the model, and the words with which a run begins."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import engine
from emtui.spec.labels_given import ALL, NONE, share_of
from emtui.spec.parameters_file import fields_of
from emtui.spec.run_spec import RunSpec
from emtui.spec.sources import is_folder, looks_like_file
from emtui.spec.train_test_split import learns_numbers, sample_weight_of, train_share
from engine.arrays import Array


@dataclass(frozen=True)
class ChoiceLines:
    """The lines of choices.

    imports: what they need besides engine and numpy. with_numpy: they need numpy. arguments: those of `engine.begin`.
    rows, labels: what the script calls the rows of the model and what is known of them, or "None".
    """

    imports: list[str]
    with_numpy: bool
    data: list[str]
    model: list[str]
    arguments: list[str]
    rows: str
    labels: str


def choice_lines(spec: RunSpec, start: Any, weights: Array | None) -> ChoiceLines:
    """The choices, beginning at this θ (None: where the model begins by itself) with these weights (None: its own)."""
    given = weights_given(spec)
    imports, class_name = model_class(spec.model)
    if spec.model.supervised and spec.data.products:
        imports.append("from engine.data.products import product_units")
    elif spec.model.supervised and spec.data.standardize:
        imports.append("from engine.data.units import standard_units")
    known = []  # the classes that a mixture is given, where that is a share of them
    if spec.known not in (NONE, ALL):
        imports.append("from engine.models.known_labels import some_labels")
        known.append(f"y = some_labels(data.y, {share_of(spec.known)!r})")
    model = call(f"model = {class_name}", [f"{name}={value!r}" for name, value in spec.model.option_values.items()])
    rows = "X" if spec.model.supervised else table_name(spec)
    labels = "y" if spec.model.supervised else {NONE: "None", ALL: "data.y"}.get(spec.known, "y")
    arguments = ["model", rows, *([labels] if labels != "None" else [])]
    if start is not None:
        model += call("start = model.Params", array_arguments(start))
        arguments.append("start=start")
    if weights is not None:
        every = f"np.ones(len({'X' if spec.model.supervised else 'data.X'}))" if given is None else f"{given}.copy()"
        model += weight_lines(weights, sample_weight_of(spec), every)
        arguments.append("sample_weight=sample_weight")
    elif given is not None:
        arguments.append(f"sample_weight={given}")
    arguments.append(f"seed={spec.seed}")
    if spec.algorithm != "classic":
        arguments.append(f"algorithm={spec.algorithm!r}")
    with_numpy = start is not None or weights is not None
    return ChoiceLines(imports, with_numpy, [*data_lines(spec), *known], model, arguments, rows, labels)


def table_name(spec: RunSpec) -> str:
    """What the script calls the rows that a model without a target is fitted to."""
    return "data.X" if spec.model.independent_rows or spec.dataset.sequence is None else "data.sequences"


def model_class(model: Any) -> tuple[list[str], str]:
    """Lines that import the model's class, where `engine` does not offer it by name, and what to call it."""
    name = type(model).__name__
    if getattr(engine, name, None) is type(model):
        return [], f"engine.{name}"
    return [f"from {type(model).__module__} import {name}"], name


def data_lines(spec: RunSpec) -> list[str]:
    """The data, as they are read and changed."""
    data = spec.data
    columns = None if data.columns is None else f"columns={list(data.columns)!r}"
    chosen = [] if data.columns is None else [f"data = data.columns({list(data.columns)!r})"]
    label = None if data.label is None else f"label={data.label!r}"
    parts = [f"{part}={column!r}" for part, column in data.parts.items()]
    if is_folder(data.source):
        lines = [f"data = engine.read_corpus({data.source!r})", *chosen]
    elif looks_like_file(data.source):
        missing = 'missing="keep"' if data.missing == "keep" else None
        written = [f"{name}={value!r}" for name, value in data.read_options.given().items()]
        arguments = [repr(data.source), *filter(None, (label, columns, missing)), *parts, *written]
        lines = call("data = engine.read_table", arguments)
    else:
        anew = [f"{name}={value!r}" for name, value in data.generated.given().items()]
        lines = [*call("data = engine.load", [repr(data.source), *anew]), *chosen]
    if data.standardize and not spec.model.supervised:
        lines.append("data = data.standardized()")
    if data.principal is not None:
        lines.append(f"data = data.principal({data.principal})")
    return [*lines, *_split_lines(spec)] if spec.model.supervised else lines


def _split_lines(spec: RunSpec) -> list[str]:
    """The training rows, standardised by their own mean and deviation if that was chosen."""
    y, stratified = ("data.target", False) if learns_numbers(spec) else ("data.y", spec.stratify)
    if spec.test_share == 0.0:
        lines = [f"X, y = data.X, {y}"]
    else:
        seed = spec.seed if spec.split_seed is None else spec.split_seed
        share = f"train_share={train_share(spec.test_share)!r}"
        weighted = [] if spec.dataset.weights is None else ["sample_weight=data.weights"]
        how = [share, *([] if stratified else ["stratified=False"]), f"seed={seed}", *weighted]
        lines = [
            *call("split = engine.train_test_split", [y, *how]),
            f"X, y = data.X[split.train], {y}[split.train]",
            f"X_test, y_test = data.X[split.test], {y}[split.test]",
        ]
    if spec.data.standardize or spec.data.products:
        standard = ", standardize=True" if spec.data.standardize else ""
        weights = "data.weights[split.train]" if spec.test_share else "data.weights"
        counted = "" if spec.dataset.weights is None else f", sample_weight={weights}"
        units = f"product_units(X{standard}{counted})" if spec.data.products else f"standard_units(X{counted})"
        units = f"units{'' if spec.data.products else ', _'} = {units}"
        lines += [units, "X = units.to_standard(X)"]
        lines += ["X_test = units.to_standard(X_test)"] if spec.test_share else []
    return lines


def weights_given(spec: RunSpec) -> str | None:
    """The weights that came with the data, as the script has them; None where each row counts once."""
    if spec.dataset.weights is None:
        return None
    if not spec.model.independent_rows:
        return "data.sequence_weights"
    held_back = spec.model.supervised and spec.test_share > 0.0
    return "data.weights[split.train]" if held_back else "data.weights"


def weight_lines(weights: Array, given: Array | None, every: str) -> list[str]:
    """The weights of rows that were left out or counted twice by hand. every: those before that, in the script."""
    lines = ["", f"sample_weight = {every}"]
    moved = weights != (1.0 if given is None else given)
    for weight in np.unique(weights[moved]).tolist():
        lines.append(f"sample_weight[{np.flatnonzero(moved & (weights == weight)).tolist()!r}] = {weight!r}")
    return lines


def array_arguments(params: Any) -> list[str]:
    """The arrays of θ as arguments of its class."""
    arguments = []
    for field in fields_of(params):
        value = getattr(params, field.name)
        if dataclasses.is_dataclass(value):
            name = type(value).__name__  # parameters make what is within them from a dict as well
            text = f"{f'engine.{name}' if hasattr(engine, name) else 'dict'}({', '.join(array_arguments(value))})"
        else:
            text = f"np.array({value.tolist()!r})" if isinstance(value, np.ndarray) else repr(value)
        arguments.append(f"{field.name}={text}")
    return arguments


def call(opening: str, arguments: Sequence[str]) -> list[str]:
    """A call on one line where it fits, else an argument a line."""
    one_line = f"{opening}({', '.join(arguments)})"
    if len(one_line) <= 100:
        return [one_line]
    return [f"{opening}(", *(f"    {argument}," for argument in arguments), ")"]
