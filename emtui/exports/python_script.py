"""A Python script that makes the same run with `engine` and gets the same numbers."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

import engine
from emtui.networks.rival import rival_of
from emtui.session.row_weights import EditedStart, edited_start
from emtui.spec.labels_given import ALL, NONE, share_of
from emtui.spec.parameters_file import fields_of
from emtui.spec.rival_model import rival_model
from emtui.spec.run_spec import RunSpec
from emtui.spec.sources import is_folder, looks_like_file
from emtui.spec.train_test_split import learns_numbers, sample_weight_of, train_share
from engine.arrays import Array
from engine.em.algorithms import algorithm_named
from engine.em.parameters import arrays_of
from engine.em.step import Step

REPORT = "print(step.iteration, step.phase, step.objective)"
"""What the script does at each step."""


@dataclass(frozen=True)
class ScriptParts:
    """The lines of a script, part by part; `scores` is empty for all but networks."""

    title: str
    imports: list[str]
    data: list[str]
    model: list[str]
    run: list[str]
    results: list[str]
    scores: list[str]


def script_text(spec: RunSpec, steps: Sequence[Step]) -> str:
    """The script that takes the same steps: see `script_parts`."""
    parts = script_parts(spec, steps)
    lines = [f'"""{parts.title}"""', "", *parts.imports, "", *parts.data, *parts.model, "", *parts.run]
    lines += ["", *parts.results, *(["", *parts.scores] if parts.scores else [])]
    return "\n".join(lines) + "\n"


def script_parts(spec: RunSpec, steps: Sequence[Step]) -> ScriptParts:
    """The parts of the script that takes the same steps.

    If the last step, and no earlier one, was stopped by a rule, the script iterates under the same stopping rules;
    otherwise it steps to that iteration and phase and stops there. If something was changed by hand on the way, the
    script begins with the parameters after that move.

    Args:
        spec: what the user picked, with the seed of these steps.
        steps: from the start to the step that is wanted.
    """
    last, moved = steps[-1], edited_start(steps)
    start = spec.start if moved is None else moved.params if moved.params_q is None else moved.params_q
    weights = None if moved is None else last.problem.data.given_weight
    given = _weights_given(spec)
    imports, class_name = _model_class(spec.model)
    if spec.model.supervised and spec.data.products:
        imports.append("from engine.data.products import product_units")
    elif spec.model.supervised and spec.data.standardize:
        imports.append("from engine.data.units import standard_units")
    known = []  # the classes that a mixture is given, where that is a share of them
    if spec.known not in (NONE, ALL):
        imports.append("from engine.models.known_labels import some_labels")
        known.append(f"y = some_labels(data.y, {share_of(spec.known)!r})")
    imports = ["import engine", *imports]
    if start is not None or weights is not None:
        imports = ["import numpy as np", "", *imports]
    model = _call(f"model = {class_name}", [f"{name}={value!r}" for name, value in spec.model.option_values.items()])
    labels = {NONE: [], ALL: ["data.y"]}.get(spec.known, ["y"])
    arguments = ["model", *(["X", "y"] if spec.model.supervised else [table_name(spec), *labels])]
    if start is not None:
        model += _call("start = model.Params", _arrays(start))
        arguments.append("start=start")
    if weights is not None:
        every = f"np.ones(len({'X' if spec.model.supervised else 'data.X'}))" if given is None else f"{given}.copy()"
        model += _weight_lines(weights, sample_weight_of(spec), every)
        arguments.append("sample_weight=sample_weight")
    elif given is not None:
        arguments.append(f"sample_weight={given}")
    arguments.append(f"seed={spec.seed}")
    if spec.algorithm != "classic":
        arguments.append(f"algorithm={spec.algorithm!r}")
    if moved is None:
        run = _walk_lines(spec, steps, arguments)
    else:
        run = [*_of_the_iteration(spec), *_lines_since(moved, arguments)]
    scores = _score_lines(spec, steps, start is not spec.start, given) if spec.model.supervised else []
    data = [*_data_lines(spec), *known]
    return ScriptParts(_title(spec, last), imports, data, model, run, _result_lines(last), scores)


def table_name(spec: RunSpec) -> str:
    """What the script calls the rows that a model without a target is fitted to."""
    return "data.X" if spec.model.independent_rows or spec.dataset.sequence is None else "data.sequences"


def _title(spec: RunSpec, last: Step) -> str:
    name = spec.dataset.name.replace("\\", "/").replace('"', "'")
    return f"EM on {name}: {spec.model.title}, to iteration {last.iteration} ({last.phase})."


def _model_class(model: Any) -> tuple[list[str], str]:
    """Lines that import the model's class, where `engine` does not offer it by name, and what to call it."""
    name = type(model).__name__
    if getattr(engine, name, None) is type(model):
        return [], f"engine.{name}"
    return [f"from {type(model).__module__} import {name}"], name


def _data_lines(spec: RunSpec) -> list[str]:
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
        lines = _call("data = engine.read_table", arguments)
    else:
        anew = [f"{name}={value!r}" for name, value in data.generated.given().items()]
        lines = [*_call("data = engine.load", [repr(data.source), *anew]), *chosen]
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
            *_call("split = engine.train_test_split", [y, *how]),
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


def _score_lines(spec: RunSpec, steps: Sequence[Step], moved: bool, given: str | None) -> list[str]:
    """Loss and accuracy here, and those of the rival after as many iterations from the start of the run.

    moved: the script has a start that is not the run's own. given: the weights that came with the data.
    """
    held_back = "X_test, y_test" if given is None else "X_test, y_test, data.weights[split.test]"
    test = [f"test=({held_back})"] if spec.test_share else []
    weighted = [f"sample_weight={given}"] if given is not None else []
    scored = _call("scores = engine.learning_scores", ["step", "X", "y", *test, *weighted])
    lines = [*scored, "for name, value in scores.items():", "    print(name, repr(float(value)))"]
    if rival_of(spec, steps[0].params)[0] is None:
        return lines
    rival, seed = rival_model(spec), spec.seed if spec.same_start else spec.seed + 1
    imports, class_name = _model_class(rival)
    arguments = ["rival", "X", "y", *test, *weighted]
    if spec.same_start:
        if spec.start is not None and moved:
            imports += _call("start = model.Params", _arrays(spec.start))
        begun = [
            "model",
            "X",
            "y",
            *(["start=start"] if spec.start is not None else []),
            *weighted,
            f"seed={spec.seed}",
        ]
        arguments.append(f"start=engine.begin({', '.join(begun)}).params")
    n_iterations = steps[-1].iteration - (steps[-1].phase == "E")
    return [
        *lines,
        "",
        *imports,
        *_call(f"rival = {class_name}", [f"{name}={value!r}" for name, value in rival.option_values.items()]),
        *_call("curves = engine.learning_curves", [*arguments, f"seed={seed}", f"max_iter={n_iterations}"]),
        "for name, value in curves.points[-1].scores.items():",
        '    print(f"rival_{name}", repr(float(value)))',
    ]


def _weights_given(spec: RunSpec) -> str | None:
    """The weights that came with the data, as the script has them; None where each row counts once."""
    if spec.dataset.weights is None:
        return None
    if not spec.model.independent_rows:
        return "data.sequence_weights"
    held_back = spec.model.supervised and spec.test_share > 0.0
    return "data.weights[split.train]" if held_back else "data.weights"


def _weight_lines(weights: Array, given: Array | None, every: str) -> list[str]:
    """The weights of rows that were left out or counted twice by hand. every: those before that, in the script."""
    lines = ["", f"sample_weight = {every}"]
    moved = weights != (1.0 if given is None else given)
    for weight in np.unique(weights[moved]).tolist():
        lines.append(f"sample_weight[{np.flatnonzero(moved & (weights == weight)).tolist()!r}] = {weight!r}")
    return lines


def _of_the_iteration(spec: RunSpec) -> list[str]:
    """A warning if E-steps depend on the number of their iteration, which starts again at 0."""
    algorithm = algorithm_named(spec.algorithm)
    if algorithm.rises != "nothing" and not spec.model.samples:
        return []
    return ["# iterations are counted anew from here, and its temperatures and draws go by them"]


def _lines_since(moved: EditedStart, arguments: list[str]) -> list[str]:
    """The half-steps that were taken since the last move by hand; or the move itself, beside the q that it left."""
    if moved.params_q is not None:
        return [
            "# q is settled anew: an E-step that iterates comes to the same bound as far as its tolerance goes",
            *_call("step = engine.e_step", [f"engine.begin({', '.join(arguments)})"]),
            *_call("moved = model.Params", _arrays(moved.params)),
            'step = engine.by_hand.placed(step, moved, "by hand")',
            REPORT,
        ]
    return [
        *_call("step = engine.begin", arguments),
        f"for _ in range({moved.half_steps}):",
        "    step = engine.advance(step)",
        f"    {REPORT}",
    ]


def _walk_lines(spec: RunSpec, steps: Sequence[Step], arguments: list[str]) -> list[str]:
    last, draws = steps[-1], _draws(steps)
    if last.stop_reason is not None and all(step.stop_reason is None for step in steps[:-1]) and not draws:
        limits = [f"max_iter={spec.max_iter}"]
        if spec.stop is None:
            limits.append(f"tol={spec.tol!r}")
        else:
            limits.append(f"stopping=engine.stopping.parse_rule({spec.stop!r})")
        return [*_call("steps = engine.iterate", arguments + limits), "for step in steps:", f"    {REPORT}"]
    drawn = [
        '    if step.phase != "E" and step.iteration + 1 in draws:',
        "        step = engine.drawn_anew(step, draws.pop(step.iteration + 1))",
    ]
    return [
        *_call("step = engine.begin", arguments),
        *([f"draws = {draws!r}  # from the E-step of these iterations on, which draw is made"] if draws else []),
        f"while (step.iteration, step.phase) != ({last.iteration}, {last.phase!r}):",
        *(drawn if draws else []),
        "    step = engine.advance(step)",
        f"    {REPORT}",
    ]


def _draws(steps: Sequence[Step]) -> dict[int, int]:
    """The draws that were made anew on the way, by the iteration of their E-step."""
    return {
        now.iteration: now.problem.draw for before, now in pairwise(steps) if now.problem.draw != before.problem.draw
    }


def _result_lines(last: Step) -> list[str]:
    """What the script prints at the end; every digit, so that it can be compared."""
    return [
        "if step.stop_reason:",
        "    print(step.stop_reason)",
        'print("log_likelihood", repr(float(step.log_likelihood)))',
        'print("objective", repr(float(step.objective)))',
        *(f'print("{name}", step.params.{name}.tolist())' for name in arrays_of(last.params)),
    ]


def _arrays(params: Any) -> list[str]:
    arguments = []
    for field in fields_of(params):
        value = getattr(params, field.name)
        if dataclasses.is_dataclass(value):
            name = type(value).__name__  # parameters make what is within them from a dict as well
            text = f"{f'engine.{name}' if hasattr(engine, name) else 'dict'}({', '.join(_arrays(value))})"
        else:
            text = f"np.array({value.tolist()!r})" if isinstance(value, np.ndarray) else repr(value)
        arguments.append(f"{field.name}={text}")
    return arguments


def _call(opening: str, arguments: Sequence[str]) -> list[str]:
    """A call on one line where it fits, else an argument a line."""
    one_line = f"{opening}({', '.join(arguments)})"
    if len(one_line) <= 100:
        return [one_line]
    return [f"{opening}(", *(f"    {argument}," for argument in arguments), ")"]
