"""`emtui study`: a network from many seeds, by EM and by backpropagation, as a table without a screen."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from typing import Any, TypeAlias

from emtui.cli.shell_output import Output, table
from emtui.exports.step_record import json_text
from emtui.spec.choose import DEFAULT_SOURCE, choose
from emtui.spec.run_spec import RunSpec
from emtui.spec.train_test_split import train_share
from engine.analysis.study import Study, StudyResult, StudyRun, usual_methods
from engine.data.data_spec import DataSpec
from engine.errors import OptionError

Say: TypeAlias = Callable[[str], None]
LEARNED = 0.95  # of the training rows right
_SCORED = "EM is scored by the marginal; backprop by the forward pass, or by the marginal where it is trained by that"


def study(
    output: Output,
    data: DataSpec | str = DEFAULT_SOURCE,
    *,
    n_seeds: int = 20,
    max_iter: int = 50,
    hidden_units: int = 7,
    weight_decay: float = 0.01,
    raw: bool = False,
    test_share: float = 0.4,
    stratify: bool = True,
    as_json: bool = False,
    say: Say = lambda _: None,
) -> None:
    """Run every usual method from every seed, which draws a split and a start, and print what came of them.

    say: is told what is going on.

    Raises:
        EngineError: the data or an option can't be used; one sentence, and nothing has been printed then.
    """
    if test_share == 0.0:
        raise OptionError("a study tests on rows that are held back: give a test share above 0, such as 0.4.")
    spec = choose(data, model="mlp", k=hidden_units, test_share=test_share, stratify=stratify)
    if spec.dataset.target is not None:
        raise OptionError("a study counts rows that get their own class: give the classes with --label, no --target.")
    dataset = spec.dataset
    study = Study(
        dataset.X,
        dataset.y,
        usual_methods(hidden_units, weight_decay),
        seeds=range(n_seeds),
        max_iter=max_iter,
        train_share=train_share(test_share),
        stratified=stratify,
        standardize=not raw,
        sample_weight=dataset.weights,
    )
    if as_json:
        output.lines([json_text(run_record(run)) for run in told(study, say)])
        return
    output.line(_heading(spec, study, weight_decay))
    found = StudyResult(tuple(told(study, say)))
    output.lines(["", *found.lines(), "", _SCORED, ""])
    counts = [(method, f"{found.learned(method, LEARNED)} of {n_seeds}") for method in found.methods]
    head = ("learned from", f"starts (at least {LEARNED:z.0%} of the training rows right)")
    output.lines(table([head, *counts]))
    output.lines(error_lines(found.errors))


def told(study: Study, say: Say) -> Iterator[StudyRun]:
    """The runs of a study, each announced before it is made."""
    runs = study.runs()
    for number in range(study.n_runs):
        say(f"run {number + 1} of {study.n_runs}")
        yield next(runs)


def run_record(run: StudyRun) -> dict[str, Any]:
    """A run by the names of its attributes, without scores of rows that it has not looked at."""
    return {
        name: value
        for name, value in asdict(run).items()
        if value is not None and not (name.startswith(("validation_", "test_")) and math.isnan(value))
    }


def error_lines(failed: Sequence[StudyRun]) -> list[str]:
    """How many runs could not be made, and why the first could not, method by method."""
    first: dict[str, list[StudyRun]] = {}
    for run in failed:
        first.setdefault(run.method, []).append(run)
    return [f"{method}: {len(runs)} could not be run: {runs[0].error}" for method, runs in first.items()]


def _heading(spec: RunSpec, study: Study, weight_decay: float) -> str:
    data, n_seeds = spec.dataset, len(study.seeds)
    units = " standardised" if study.standardize else ""
    seeds = "1 seed" if n_seeds == 1 else f"{n_seeds} seeds"
    iterations = "1 iteration" if study.max_iter == 1 else f"{study.max_iter} iterations"
    held_back = f"{spec.test_share:z.0%} held back" + ("" if spec.stratify else ", not stratified")
    return (
        f"{data.name} {data.n_samples}×{data.n_features}{units} · {spec.n_components} hidden units, "
        f"weight decay {weight_decay:zg} · {held_back} · {seeds}, {iterations}"
    )
