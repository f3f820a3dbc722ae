"""A spec from words, in one place for the screen and the shell. What is not given follows from the data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from emtui.spec.command_line import OWN, PUBLISHED
from emtui.spec.labels_given import parse_known
from emtui.spec.own_options import own_options
from emtui.spec.parameters_file import read_parameters
from emtui.spec.revise import check
from emtui.spec.run_spec import RunSpec, published_start
from emtui.spec.sources import missing_for, open_source, prepared
from engine.data.data_spec import DataSpec
from engine.data.dataset import Dataset
from engine.em.model import Model
from engine.errors import EngineError
from engine.models import model_class
from engine.options import parse_options
from engine.text import quoted

DEFAULT_SOURCE = "iris"
FIRST: Mapping[str, Any] = {"data": "old_faithful", "settings": {"init": "points"}, "seed": 2}
"""What `emtui` opens without words: both means begin in one of the two clouds, and every step moves something."""
MOST_COMPONENTS = 1_000_000  # beyond it no table of responsibilities fits in memory
_OF_NETWORKS = {"test_share", "stratify", "split_seed", "rival", "same_start", "prediction"}


def choose(
    data: DataSpec | str = DEFAULT_SOURCE,
    *,
    model: str | None = None,
    k: int | None = None,
    settings: Mapping[str, str] | None = None,
    start_file: str | None = None,
    opened: Dataset | None = None,
    **run: Any,
) -> RunSpec:
    """The spec that these words stand for. What is not given follows from the data set.

    Args:
        data: which data, and how they are read; or only a name or a path.
        model: the model's name; None for the one that suits the data.
        k: components (or states, topics, hidden units: the model's own size); None for the data's.
        settings: KEY=VALUE options of the model, as typed.
        start_file: "published", "model", or a JSON file of parameters to start from, as the export writes it; None
            takes the published start where the data have one that fits the model.
        opened: the data, if they have been read already.
        run: seed, algorithm, max_iter, tol, stop; test_share, stratify, split_seed, rival, same_start,
            prediction; known.

    Raises:
        EngineError: something that was given can't be used; one sentence.
    """
    data = DataSpec(data) if isinstance(data, str) else data
    if model is not None:
        data = replace(data, missing=missing_for(model_class(model)))
    opened = open_source(data) if opened is None else opened
    dataset = prepared(opened, data, model_class(model or opened.model))
    made = make_model(dataset, model, k, settings or {})
    if run.keys() & _OF_NETWORKS and not made.supervised:
        raise EngineError(f"the {made.name} model learns no classes: leave out the options of networks.")
    if data.products and not made.supervised:
        raise EngineError(f"the {made.name} model learns no targets: leave out --products.")
    if "known" in run:
        run["known"] = parse_known(str(run["known"]))
    if "rival" in run:
        run["rival"] = tuple((str(key), str(value)) for key, value in run["rival"])
    spec = RunSpec(data=data, dataset=dataset, opened=opened, model=made, **run)
    check(spec)
    if start_file == OWN:
        return spec
    if start_file in (None, PUBLISHED):
        start = published_start(dataset, made)
        if start is None and start_file == PUBLISHED:
            name = quoted(data.source)
            raise EngineError(f"{name} has no published start for the {made.name} model: leave out --start.")
        return replace(spec, start=start, start_file=start_file)
    return replace(spec, start=read_parameters(start_file, made, standardized=spec.standardized), start_file=start_file)


def make_model(
    data: Dataset, name: str | None = None, k: int | None = None, settings: Mapping[str, str] | None = None
) -> Model[Any, Any]:
    """A model for these data: their own options first, then what is given.

    Raises:
        OptionError: no such model or option, or a value that it can't take.
    """
    chosen = model_class(name or data.model)
    known = {option.name for option in chosen.options()}
    size = chosen.size_option
    options: dict[str, Any] = {}
    if size in known and data.class_names and not chosen.supervised:
        options[size] = len(data.class_names)
    options |= own_options(data, chosen)
    if data.target is not None:
        options |= chosen.for_numbers
    options |= parse_options(chosen, settings or {})
    if k is not None:
        if size not in known:
            raise EngineError(f"the {chosen.name} model has no number of components to set: leave out -k.")
        options[size] = k
    if isinstance(options.get(size), int) and options[size] > MOST_COMPONENTS:
        raise EngineError(f"{size} must be at most {MOST_COMPONENTS:,}, not {options[size]}: choose fewer.")
    made: Model[Any, Any] = chosen(**options)
    return made
