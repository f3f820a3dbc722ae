"""Choices in a session file: a spec as plain values, and the spec that they stand for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from emtui.session.saved.saved_data import plain
from emtui.session.saved.session_file import Choices, SessionFileError
from emtui.spec.parameters_file import params_as_lists, params_from_lists
from emtui.spec.revise import check
from emtui.spec.run_spec import RunSpec
from emtui.spec.sources import prepared
from engine.data.data_spec import DataSpec
from engine.data.dataset import Dataset
from engine.em.model import Model
from engine.models import model_class
from engine.text import quoted


def saved_choices(spec: RunSpec, data: int) -> Choices:
    """The choices of a spec whose data are the one of this number."""
    return Choices(
        data=data,
        model=spec.model.name,
        options=plain(spec.model.option_values),
        seed=spec.seed,
        algorithm=spec.algorithm,
        max_iter=spec.max_iter,
        tol=spec.tol,
        stop=spec.stop,
        start=None if spec.start is None else params_as_lists(spec.start),
        start_file=spec.start_file,
        standardize=spec.data.standardize,
        principal=spec.data.principal,
        products=spec.data.products,
        missing=spec.data.missing,
        test_share=spec.test_share,
        stratify=spec.stratify,
        split_seed=spec.split_seed,
        rival=spec.rival,
        same_start=spec.same_start,
        prediction=spec.prediction,
        known=spec.known,
    )


def model_of(choices: Choices) -> Model[Any, Any]:
    """The model with its options.

    Raises:
        EngineError: there is no such model or option, or it can't have that value; one sentence.
    """
    kind = model_class(choices.model)
    known = {option.name for option in kind.options()}
    unknown = next((name for name in choices.options if name not in known), None)
    if unknown is not None:
        raise SessionFileError(f"the {kind.name} model has no option {quoted(unknown)} in this emtui.")
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in choices.options.items()}
    made: Model[Any, Any] = kind(**values)
    return made


def spec_of(choices: Choices, data: DataSpec, opened: Dataset) -> RunSpec:
    """The spec that these choices stand for, on data that were read.

    Raises:
        EngineError: they can't be used with these data, or in this emtui; one sentence.
    """
    model = model_of(choices)
    data = replace(
        data,
        standardize=choices.standardize,
        principal=choices.principal,
        products=choices.products,
        missing=choices.missing,
    )
    start = choices.start
    spec = RunSpec(
        data=data,
        dataset=prepared(opened, data, model),
        opened=opened,
        model=model,
        seed=choices.seed,
        algorithm=choices.algorithm,
        max_iter=choices.max_iter,
        tol=choices.tol,
        stop=choices.stop,
        start=None if start is None else params_from_lists("the start of the session", model, start),
        start_file=choices.start_file,
        test_share=choices.test_share,
        stratify=choices.stratify,
        split_seed=choices.split_seed,
        rival=choices.rival,
        same_start=choices.same_start,
        prediction=choices.prediction,
        known=choices.known,
    )
    check(spec)
    return spec
