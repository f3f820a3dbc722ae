"""What a user picked: data, model, options, seed. A plain value; functions beside it compute what follows from it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from engine.data.data_spec import DataSpec
from engine.data.dataset import Dataset
from engine.em.given_start import given_start
from engine.em.model import Model
from engine.em.prediction_report import MARGINAL
from engine.em.stopping import StoppingRule, parse_rule, rules_for
from engine.errors import EngineError

T = TypeVar("T")


@dataclass(frozen=True, eq=False, kw_only=True)
class RunSpec:
    """One exploration, before its first step.

    data is what was said of the data; opened are the data as they were read, and dataset what the model sees of them
    (None: the same). stop is a stopping rule in words, None for `tol`. start is θ⁰ where it is given, and start_file
    the word or the file that gave it: None with a start is the one that was published with the data, taken without
    being asked for.

    A supervised model has test_share of the rows held back, drawn within each class where stratify is set, by
    split_seed (None: by seed). It standardises by the training rows, so that `dataset` stays in its own units. rival
    holds KEY=VALUE options of the other way to train the same network, which begins from the same weights
    where same_start is set. prediction is the way of predicting that the scores of both are by, where there are two:
    the marginal, or the forward pass.

    known says which of the data's classes a mixture is given, class c for component c: "none", "few", "25%" or "all".
    """

    data: DataSpec
    dataset: Dataset
    model: Model[Any, Any]
    opened: Dataset | None = None
    seed: int = 0
    algorithm: str = "classic"
    max_iter: int = 200
    tol: float = 1e-6
    stop: str | None = None
    start: Any = None
    start_file: str | None = None
    test_share: float = 0.4
    stratify: bool = True
    split_seed: int | None = None
    rival: tuple[tuple[str, str], ...] = ()
    same_start: bool = True
    prediction: str = MARGINAL
    known: str = "none"

    @property
    def rules(self) -> tuple[StoppingRule, ...]:
        """The stopping rules: from `stop`, or from `tol`, and `max_iter`."""
        return rules_for(self.max_iter, self.tol, None if self.stop is None else parse_rule(self.stop))

    @property
    def n_components(self) -> int:
        """K, under whatever name the model has it; the sum of several layers; 1 where it has none."""
        size = self.model.size
        return 1 if size is None else size

    @property
    def standardized(self) -> bool:
        """The model sees the data in standard units."""
        return self.data.standardize or self.dataset.units is not None


def published_start(data: Dataset, model: Model[Any, Any]) -> Any:
    """The start that was published with the data, as the model's parameters; None where none fits this model."""
    if data.start is None or data.model != model.name:
        return None
    try:
        return given_start(model, model.Params(**data.start), model.observe(data.X))[0]
    except EngineError:
        return None  # another K, or other options


def once_a_spec(function: Callable[[RunSpec], T]) -> Callable[[RunSpec], T]:
    """The function, computed once for each spec (a spec never changes) and remembered as long as the spec lives."""
    known: WeakKeyDictionary[RunSpec, T] = WeakKeyDictionary()

    @functools.wraps(function)
    def remembered(spec: RunSpec) -> T:
        if spec not in known:
            known[spec] = function(spec)
        return known[spec]

    return remembered
