"""Choosing among networks, or mixtures of experts: by validation rows, which are taken from a spec's training rows.

Of classes the most rows right are chosen, of numbers the lowest RMSE. No screen here.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from emtui.networks.scores import AnyScore, NumberScore, Score, score
from emtui.spec.rival_model import has_rival
from emtui.spec.run_spec import RunSpec
from emtui.spec.train_test_split import TrainTestSplit, problem_of, split_of, train_share
from engine.analysis.study import Study, StudyResult, StudyRun
from engine.data.products import with_products
from engine.em.loop import begin_problem, walk
from engine.errors import EngineError, OptionError
from engine.models.network.cost import MOST_EXACT, exact_cost
from engine.text import quoted

VALIDATION_SHARE = 0.25
"""Of the training rows."""


def study_of(
    spec: RunSpec, methods: Mapping[str, Any], *, n_seeds: int, max_iter: int, tol: float = 0.0, seed: int | None = None
) -> Study:
    """The methods on the data of this spec and on its one split, to be chosen by validation rows.

    seed: of the first start and validation rows; None for the spec's own.

    Raises:
        EngineError: the data or an option can't be used; one sentence.
    """
    split = split_of(spec)
    if split is None:
        raise OptionError(f"The {spec.model.name} model learns no targets, so there is nothing to validate.")
    first = spec.seed if seed is None else seed
    return Study(
        with_products(spec.dataset.X) if spec.data.products else spec.dataset.X,
        split.targets,
        methods,
        seeds=range(first, first + n_seeds),
        max_iter=max_iter,
        tol=tol,
        train_share=train_share(spec.test_share),
        stratified=spec.stratify,
        split_seed=spec.seed if spec.split_seed is None else spec.split_seed,
        validation_share=VALIDATION_SHARE,
        standardize=spec.data.standardize,
        sample_weight=spec.dataset.weights,
        prediction=split.prediction,
    )


def studied(study: Study, spec: RunSpec, what: str) -> Iterator[tuple[StudyResult, tuple[StudyRun, ...]]]:
    """The runs after each of them; then, too, those of the chosen method on the test rows. what: a size, a cell.

    Raises:
        EngineError: no run of them was possible; one sentence.
    """
    found, tested = StudyResult(), tuple[StudyRun, ...]()
    for run in study.runs():
        found = StudyResult((*found.runs, run))
        yield found, tested
    if len(found.errors) == len(found.runs):
        raise EngineError(f"No {what} could be run: {found.errors[0].error}")
    if spec.test_share > 0 and found.best is not None:
        for run in study.tested(found.best):
            tested = (*tested, run)
            yield found, tested


def choosing_spec(spec: RunSpec) -> RunSpec:
    """The same on the training rows alone, a share of which are held back as validation rows: no test row is in it.

    Raises:
        EngineError: the data can't be split so; one sentence.
    """
    split = split_of(spec)
    if split is None:
        raise OptionError(f"The {spec.model.name} model learns no targets, so there is nothing to validate.")
    alone = np.arange(0) if split.numeric else np.flatnonzero(np.bincount(split.targets[split.train]) == 1)
    if len(alone):
        name = quoted(split.class_names[int(alone[0])])
        raise OptionError(
            f"The class {name} has a single training row, which can't be both fitted and a validation row: "
            "leave that class out."
        )
    seed = spec.seed if spec.split_seed is None else spec.split_seed
    training = spec.dataset.take(split.train)
    return replace(spec, dataset=training, opened=None, test_share=VALIDATION_SHARE, stratify=True, split_seed=seed)


def why_no_choice(spec: RunSpec, *, by_rows: bool = False) -> str:
    """Why validation rows can't choose among networks here, in a sentence; "" where they can, or where there is none.

    by_rows: each class needs a validation row that is told beforehand, as `choosing_spec` draws them.
    """
    try:
        split = split_of(spec) if has_rival(spec.model) else None
        _ = choosing_spec(spec) if split is not None and by_rows else None
    except EngineError as error:
        return str(error)
    return ""


def scored_on_test(spec: RunSpec) -> AnyScore | None:
    """What was chosen, fitted to all training rows by its own rules, on the test rows; None where none are held back.

    Raises:
        EngineError: it can't be run so; one sentence.
    """
    split = split_of(spec)
    if split is None or not len(split.test):
        return None
    last = None
    for step in walk(begin_problem(problem_of(spec), spec.start), spec.rules):
        if last is not None:
            last.release(keep=step)
        last = step
    assert last is not None
    return score(spec.model, last.params, split, split.test)


def validated(model: Any, split: TrainTestSplit, params: Any) -> tuple[float, float]:
    """How many of the rows that a choosing spec holds back, its validation rows, are right, of how many."""
    found = score(model, params, split, split.test)
    return (found.hits, found.n_rows) if isinstance(found, Score) else (0, 0)


def validation_rmse(model: Any, split: TrainTestSplit, params: Any) -> float:
    """The RMSE of the rows that a choosing spec holds back, in the target's unit; nan where classes are learned."""
    found = score(model, params, split, split.test)
    return found.rmse if isinstance(found, NumberScore) else math.nan


def seconds_of_a_step(spec: RunSpec, hidden_units: int | tuple[int, ...]) -> float:
    """What an exact E-step over so many hidden units is expected to take on this machine; 0 where it is not exact."""
    options, split = spec.model.option_values, split_of(spec)
    summed = options.get("e_step") in ("auto", "exact") or options.get("loss") == "marginal"
    if split is None or not summed or not isinstance(hidden_units, int) or hidden_units > MOST_EXACT:
        return 0.0
    return exact_cost(len(split.train), hidden_units, split.n_classes)[1]
