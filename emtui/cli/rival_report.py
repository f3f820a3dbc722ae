"""What `emtui run` says of a network: training and test rows, beside the other way to train it, and its weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from emtui.cli.shell_output import left_out, table
from emtui.networks.rival import (
    MethodComparison,
    Rival,
    differences,
    method_name,
    rival_of,
    scores_beside,
    short_name,
)
from emtui.networks.scores import AnyScore, NumberScore, Progress, Score, progress, way_of
from emtui.networks.training_history import Learners
from emtui.spec.run_spec import RunSpec
from emtui.spec.train_test_split import TrainTestSplit, split_of
from emtui.views.score_words import estimated_losses
from engine.em.step import Step
from engine.models.network.params import NetworkParams

_MOST_UNITS = 12
_MOST_INPUTS = 8
_MOST_ITERATIONS = 16


class ScoredRun:
    """The scores of a network's steps as they are taken, and of its rival, which keeps step from the same start.

    rival: the best of its own starts, where both had n_init of them; it has run already.
    """

    def __init__(self, spec: RunSpec, n_init: int = 1, rival: tuple[Rival | None, str] | None = None) -> None:
        split = split_of(spec)
        assert split is not None
        self._spec, self._split, self._n_init = spec, split, n_init
        self._own: list[Progress] = []
        self._begun = rival is not None
        self._rival, self._why = rival or (None, "")

    def scores(self, step: Step) -> dict[str, float]:
        """The scores at this step by name, those of the rival among them; an E-step has those of the step before."""
        if step.phase == "init" and not self._begun:
            self._rival, self._why = rival_of(self._spec, step.params)
        if step.phase != "E":
            self._own.append(progress(self._spec.model, step, self._split))
        own, rival = self._own[-1], self._rival
        while rival is not None and rival.n_iterations < own.iteration and not rival.has_stopped:
            rival.advance()
        return scores_beside(own, () if rival is None else rival.progress)

    def history(self, steps: Sequence[Step]) -> Learners:
        """What a session of these steps, which have been scored, remembers of both methods."""
        learners = Learners()
        learners.adopt(steps, self._own, (self._rival, self._why))
        return learners

    @property
    def comparison(self) -> MethodComparison:
        """Both methods so far."""
        own, rival = tuple(self._own), self._rival
        if rival is None:
            return MethodComparison(self._split, own, len(own) - 1, rival_why=self._why, n_init=self._n_init)
        return MethodComparison(
            self._split, own, len(own) - 1, rival.progress, rival.model, rival.params,
            n_init=self._n_init, rival_seed=rival.seed,
        )  # fmt: skip


def curve_lines(spec: RunSpec, comparison: MethodComparison) -> list[str]:
    """Loss and accuracy of both methods along the iterations."""
    rival = "" if comparison.rival_model is None else method_name(comparison.rival_model)
    lines = comparison.curves.lines(_MOST_ITERATIONS, (method_name(spec.model), rival))
    if not lines[-1][:1].isspace():  # some are left out
        lines[-1] += ": --json has them all"
    return ["", *lines]


def comparison_lines(spec: RunSpec, comparison: MethodComparison) -> list[str]:
    """A line for each method: iterations, seconds, log-loss and accuracy on training and test rows."""
    right = "RMSE" if comparison.split.numeric else "right"
    heads = ("", "loss", "iterations", "seconds", "train loss", "test loss", f"train {right}", f"test {right}")
    rows = [heads, _row(spec.model, comparison.here, comparison.split)]
    if comparison.rival_here is not None:
        rows.append(_row(comparison.rival_model, comparison.rival_here, comparison.split))
    if not any(row[1] for row in rows[1:]):  # a single way to predict
        rows = [(row[0], *row[2:]) for row in rows]
    lines = ["", *table(rows, right=range(len(rows[0]) - len(heads) + 2, len(rows[0])))]
    if comparison.rival_here is None:
        return [*lines, comparison.rival_why]
    if comparison.n_init > 1:
        seeds = ((spec.model, spec.seed), (comparison.rival_model, comparison.rival_seed))
        best = ", ".join(f"{short_name(model)} from seed {seed}" for model, seed in seeds)
        lines.append(f"each is the best of {comparison.n_init} starts by its own objective: {best}")
    said = (estimated_losses((comparison.here, comparison.rival_here)), differences(spec.model, comparison.rival_model))
    return [*lines, *filter(None, said)]


def _row(model: Any, found: Progress, split: TrainTestSplit) -> tuple[str, ...]:
    train, test = found.train, found.test
    return (
        method_name(model),
        way_of(model, split.prediction),
        str(found.iteration),
        f"{found.seconds:z.3f}",
        f"{train.log_loss:z.4f}",
        "-" if test is None else f"{test.log_loss:z.4f}",
        _right(train),
        "-" if test is None else _right(test),
    )


def _right(found: AnyScore) -> str:
    if isinstance(found, NumberScore):
        return f"{found.rmse:z.5g}"
    hits, n_rows = (n if isinstance(n, int) else round(n, 1) for n in (found.hits, found.n_rows))
    return f"{hits}/{n_rows} {found.accuracy:z.3f}"


def comparison_record(spec: RunSpec, comparison: MethodComparison) -> dict[str, Any]:
    """What the last line of JSON says of a network beside its scores, and of its rival under "rival".

    prediction: the way of predicting by which these losses (in nats a row) and the confusion are.
    """
    record = _record(comparison.split, comparison.here) | {"rival": None}
    model, rival = comparison.rival_model, comparison.rival_here
    if rival is not None:
        head = {"model": model.name, "options": model.option_values}
        head |= {"seed": comparison.rival_seed, "iterations": rival.iteration, "seconds": rival.seconds}
        head |= _how_right(rival)
        record["rival"] = head | _record(comparison.split, rival)
    return record


def _record(split: TrainTestSplit, found: Progress) -> dict[str, Any]:
    train, test = found.train, found.test
    record: dict[str, Any] = {"prediction": split.prediction}
    record |= {"train_log_loss": train.log_loss, "test_log_loss": None if test is None else test.log_loss}
    if isinstance(train, Score):
        record["test_confusion"] = test.confusion.tolist() if isinstance(test, Score) else None
    return record


def _how_right(found: Progress) -> dict[str, float | None]:
    """Accuracies of classes, or root mean squared errors of numbers."""
    train, test = found.train, found.test
    if isinstance(train, NumberScore):
        return {"train_rmse": train.rmse, "test_rmse": test.rmse if isinstance(test, NumberScore) else None}
    return {"train_accuracy": train.accuracy, "test_accuracy": test.accuracy if isinstance(test, Score) else None}


def has_layers(params: Any) -> bool:
    """θ is layers of weights, which have tables of their own."""
    return isinstance(params, NetworkParams)


def weight_lines(comparison: MethodComparison, params: Any) -> list[str]:
    """The weights, layer by layer: a line for each unit, its bias first."""
    names: tuple[str, ...] = comparison.split.input_names
    lines: list[str] = []
    for number, layer in enumerate(params.layers, start=1):
        title = "hidden unit" if len(params.layers) == 1 else f"layer {number}, unit"
        lines += ["", *_layer(title, [str(h + 1) for h in range(len(layer))], names, layer)]
        names = tuple(f"unit {h + 1}" for h in range(len(layer)))
    title = "target" if comparison.split.numeric else "class"
    lines += ["", *_layer(title, list(comparison.split.output_names), names, params.output)]
    return lines if params.variances is None else [*lines, "", f"variance σ² {params.variances[0]:z.6g}"]


def _layer(title: str, rows: list[str], names: tuple[str, ...], weights: np.ndarray[Any, Any]) -> list[str]:
    shown = weights[:_MOST_UNITS, : _MOST_INPUTS + 1]
    made = [(title, "bias", *names[:_MOST_INPUTS])]
    made += [(row, *(f"{weight:z.4f}" for weight in each)) for row, each in zip(rows, shown, strict=False)]
    lines = table(made, right=range(1, shown.shape[1] + 1))
    several = "classes" if title == "class" else f"{title}s"
    more = left_out((len(weights) - len(shown), several), (weights.shape[1] - shown.shape[1], "weights of each"))
    return [*lines, *more]
