"""`emtui study`: a network or experts from many seeds, by EM and by backpropagation, as a table without a screen."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

from emtui.cli.shell_output import Output, printable, table
from emtui.exports.data_table import json_text
from emtui.spec.choose import DEFAULT_SOURCE, choose
from emtui.spec.rival_model import is_network, other_way
from emtui.spec.run_spec import RunSpec
from emtui.spec.train_test_split import learns_numbers, train_share
from emtui.views.number_format import plural
from engine.analysis.scales import different_scales
from engine.analysis.study import Measure, Study, StudyResult, StudyRun, usual_experts, usual_methods
from engine.data.data_spec import DataSpec
from engine.em.prediction_report import MARGINAL
from engine.errors import OptionError
from engine.models import model_class

Say: TypeAlias = Callable[[str], None]
LEARNED = 0.95  # of the training rows right


def study(
    output: Output,
    data: DataSpec | str = DEFAULT_SOURCE,
    *,
    n_seeds: int = 20,
    max_iter: int = 50,
    model: str = "mlp",
    k: int | None = None,
    prediction: str = MARGINAL,
    weight_decay: float = 0.01,
    raw: bool = False,
    test_share: float = 0.4,
    stratify: bool = True,
    as_json: bool = False,
    say: Say = lambda _: None,
) -> None:
    """Run every usual method from every seed, which draws a split and a start, and print what came of them.

    model: a network's name or that of a mixture of experts. k: hidden units, or experts; None for the usual.
    prediction: what all methods are scored by. say: is told what is going on.

    Raises:
        EngineError: the data or an option can't be used; one sentence, and nothing has been printed then.
    """
    if test_share == 0.0:
        raise OptionError("a study tests on rows that are held back: give a test share above 0, such as 0.4.")
    kind = model_class(model)
    if not kind.supervised or other_way(model) is None:
        raise OptionError(f"a study is of networks and of experts, and {model} is neither: choose mlp or experts.")
    spec = choose(data, model=model, k=k, test_share=test_share, stratify=stratify, prediction=prediction)
    planned = _planned(spec, range(n_seeds), max_iter, weight_decay, raw=raw)
    if as_json:
        output.lines([json_text(run_record(run, planned.measure)) for run in told(planned, say)])
        return
    scales = different_scales(spec.dataset, how="leave out --raw") if raw else ()
    output.lines([_heading(spec, planned, weight_decay), *map(printable, scales)])
    found = StudyResult(tuple(told(planned, say)))
    output.lines(["", *found.lines(), "", _scored(spec)])
    if not learns_numbers(spec):
        output.lines(["", *_learned(found, n_seeds)])
    output.lines(error_lines(found.errors))


def _planned(spec: RunSpec, seeds: range, max_iter: int, weight_decay: float, *, raw: bool) -> Study:
    """The study of these choices, of all usual methods."""
    usual = usual_methods if is_network(spec.model) else usual_experts
    dataset, numeric = spec.dataset, learns_numbers(spec)
    return Study(
        dataset.X,
        dataset.target if numeric else dataset.y,
        usual(spec.model.size or 1, weight_decay, numeric=numeric),
        seeds=seeds,
        max_iter=max_iter,
        train_share=train_share(spec.test_share),
        stratified=spec.stratify,
        standardize=not raw,
        sample_weight=dataset.weights,
        prediction=spec.prediction,
    )


def _learned(found: StudyResult, n_seeds: int) -> list[str]:
    """From how many starts each method learned the training rows."""
    counts = [(method, f"{found.learned(method, LEARNED)} of {n_seeds}") for method in found.methods]
    return table([("learned from", f"starts (at least {LEARNED:z.0%} of the training rows right)"), *counts])


def told(study: Study, say: Say) -> Iterator[StudyRun]:
    """The runs of a study, each announced before it is made."""
    runs = study.runs()
    for number in range(study.n_runs):
        say(f"run {number + 1} of {study.n_runs}")
        yield next(runs)


def run_record(run: StudyRun, measure: Measure) -> dict[str, Any]:
    """A run by the names of its attributes, without scores of rows that it has not looked at.

    measure: what its predictions are scored by; it has no other.
    """
    return {
        name: value
        for name, value in run.record(measure).items()
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
    plain = not spec.stratify and not learns_numbers(spec)
    held_back = f"{spec.test_share:z.0%} held back" + (", not stratified" if plain else "")
    return (
        f"{data.name} {data.n_samples}×{data.n_features}{units} · {_size(spec)}, "
        f"weight decay {weight_decay:zg} · {held_back} · {seeds}, {iterations}"
    )


def _size(spec: RunSpec) -> str:
    what = "hidden unit" if is_network(spec.model) else "expert"
    return plural(spec.model.size or 1, what)


def _scored(spec: RunSpec) -> str:
    """What the scores are by, and what each method learns; of numbers, in which unit RMSE is."""
    said = ""
    if is_network(spec.model):
        said = f"Every method is scored by its {spec.prediction} prediction. EM learns the marginal loss, and backprop "
        said += "the forward loss, but where its name says marginal."
    else:
        said = "All of them learn the same likelihood, and are scored by it."
    return f"{said} RMSE is in units of the target." if learns_numbers(spec) else said
