"""A spec with other settings, checked. The old spec stays as it is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from emtui.spec.labels_given import NONE, known_labels
from emtui.spec.rival_model import rival_model
from emtui.spec.run_spec import RunSpec, published_start
from emtui.spec.sources import missing_for, open_source, prepared
from emtui.spec.train_test_split import split_of
from engine.em.algorithms import algorithm_named
from engine.em.prediction_report import MARGINAL
from engine.errors import DataError
from engine.text import quoted


def with_seed(spec: RunSpec, seed: int) -> RunSpec:
    """Another start on the same training rows."""
    pinned = spec.seed if spec.model.supervised and spec.split_seed is None else spec.split_seed
    return replace(spec, seed=seed, split_seed=pinned)


def started_anew(spec: RunSpec, seed: int) -> RunSpec:
    """A start drawn by another seed, also where one was published or given, on the same training rows."""
    return changed(spec, seed=seed, split_seed=with_seed(spec, seed).split_seed)


def changed(spec: RunSpec, **settings: Any) -> RunSpec:
    """The spec with other settings and the model's own start. The data are not read again, a generated set made anew.

    Raises:
        EngineError: the settings can't be used; one sentence.
    """
    made = replace(spec, **settings, start=None, start_file=None)
    made = replace(made, data=replace(made.data, missing=missing_for(made.model)))
    if made.data.products and not made.model.supervised:
        made = replace(made, data=replace(made.data, products=False))
    if made.data.generated != spec.data.generated:
        opened = open_source(made.data)
        made = replace(made, opened=opened, dataset=prepared(opened, made.data, made.model))
    elif _preparation(made) != _preparation(spec):  # else data that were given as they are stay so
        made = replace(made, dataset=prepared(spec.opened or spec.dataset, made.data, made.model))
    if made.seed == spec.seed:  # another seed asks for another start
        made = replace(made, start=published_start(made.dataset, made.model))
    if made.model.name != spec.model.name and "rival" not in settings:
        made = replace(made, rival=())  # options of another kind of model
    if "prediction" not in settings and "hidden_units" not in made.model.option_values:
        made = replace(made, prediction=MARGINAL)  # of experts there is no other
    if "known" not in settings and not made.model.takes_labels:
        made = replace(made, known=NONE)
    check(made)
    return made


def _preparation(spec: RunSpec) -> tuple[bool, int | None, bool]:
    """What decides how the data that were read are prepared for the model."""
    return spec.data.standardize and not spec.model.supervised, spec.data.principal, spec.model.takes_missing


def check(spec: RunSpec) -> None:
    """Refuse what can't be used now rather than at the first step.

    Raises:
        EngineError: one sentence.
    """
    _ = spec.rules, algorithm_named(spec.algorithm), split_of(spec), known_labels(spec)
    if spec.dataset.symbol_names and not spec.model.takes_symbols:
        raise DataError(
            f"the words of {quoted(spec.dataset.feature_names[0])} are symbols, and the {spec.model.name} model takes "
            "numbers: choose the model hmm with emission=categorical, or other columns."
        )
    if spec.rival and spec.model.supervised:
        rival_model(spec)
