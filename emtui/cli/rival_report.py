"""What `emtui run` says of a network: training and test rows, beside the other way to train it, and its weights."""

from __future__ import annotations

from typing import Any

import numpy as np

from emtui.cli.shell_output import left_out, table
from emtui.networks.rival import MethodComparison, method_name, rival_of
from emtui.networks.scores import Progress, progress, usual_prediction
from emtui.spec.run_spec import RunSpec
from emtui.spec.train_test_split import split_of
from engine.em.loop import begin_problem
from engine.em.step import Step

_MOST_UNITS = 12
_MOST_INPUTS = 8


def comparison_of(spec: RunSpec, step: Step) -> MethodComparison:
    """The network at this step, and its rival after as many iterations from the same start."""
    split = split_of(spec)
    assert split is not None
    own = progress(spec.model, step, split)
    rival, why = rival_of(spec, begin_problem(step.problem, spec.start).params)
    if rival is None:
        return MethodComparison(split, (own,), 0, rival_why=why)
    while rival.n_iterations < step.iteration and not rival.has_stopped:
        rival.advance()
    return MethodComparison(split, (own,), 0, rival.progress[-1:], rival.model, rival.params[-1:])


def comparison_lines(spec: RunSpec, comparison: MethodComparison) -> list[str]:
    """A line for each method: iterations, seconds, log-loss and accuracy on training and test rows."""
    heads = ("", "iterations", "seconds", "train loss", "test loss", "train right", "test right")
    rows = [heads, _row(method_name(spec.model), comparison.here)]
    if comparison.rival_here is not None:
        rows.append(_row(method_name(comparison.rival_model), comparison.rival_here))
    lines = ["", *table(rows, right=range(1, len(heads)))]
    return lines if comparison.rival_here is not None else [*lines, comparison.rival_why]


def _row(name: str, found: Progress) -> tuple[str, ...]:
    train, test = found.train, found.test
    return (
        name,
        str(found.iteration),
        f"{found.seconds:z.3f}",
        f"{train.log_loss:z.4f}",
        "-" if test is None else f"{test.log_loss:z.4f}",
        f"{train.hits}/{train.n_rows} {train.accuracy:z.3f}",
        "-" if test is None else f"{test.hits}/{test.n_rows} {test.accuracy:z.3f}",
    )


def comparison_record(spec: RunSpec, comparison: MethodComparison) -> dict[str, Any]:
    """What the last line of JSON says of a network, and of its rival under "rival"; losses in nats a row."""
    record = _record(spec.model, comparison.here) | {"rival": None}
    model, rival = comparison.rival_model, comparison.rival_here
    if rival is not None:
        head = {"model": model.name, "options": model.option_values}
        head |= {"iterations": rival.iteration, "seconds": rival.seconds}
        record["rival"] = head | _record(model, rival)
    return record


def _record(model: Any, found: Progress) -> dict[str, Any]:
    test = found.test
    return {
        "prediction": usual_prediction(model),
        "train_accuracy": found.train.accuracy,
        "test_accuracy": None if test is None else test.accuracy,
        "train_log_loss": found.train.log_loss,
        "test_log_loss": None if test is None else test.log_loss,
        "test_confusion": None if test is None else test.confusion.tolist(),
    }


def weight_lines(comparison: MethodComparison, params: Any) -> list[str]:
    """The weights, layer by layer: a line for each unit, its bias first."""
    names: tuple[str, ...] = comparison.split.input_names
    lines: list[str] = []
    for number, layer in enumerate(params.layers, start=1):
        title = "hidden unit" if len(params.layers) == 1 else f"layer {number}, unit"
        lines += ["", *_layer(title, [str(h + 1) for h in range(len(layer))], names, layer)]
        names = tuple(f"unit {h + 1}" for h in range(len(layer)))
    return [*lines, "", *_layer("class", list(comparison.split.class_names), names, params.output)]


def _layer(title: str, rows: list[str], names: tuple[str, ...], weights: np.ndarray[Any, Any]) -> list[str]:
    shown = weights[:_MOST_UNITS, : _MOST_INPUTS + 1]
    made = [(title, "bias", *names[:_MOST_INPUTS])]
    made += [(row, *(f"{weight:z.4f}" for weight in each)) for row, each in zip(rows, shown, strict=False)]
    lines = table(made, right=range(1, shown.shape[1] + 1))
    more = left_out((len(weights) - len(shown), f"{title}s"), (weights.shape[1] - shown.shape[1], "weights of each"))
    return [*lines, *more]
