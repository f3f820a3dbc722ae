"""What a user has picked: data, model, options, seed. A value; what follows from it is said by functions beside it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from emtui.spec.read_options import AS_DETECTED, ReadOptions
from engine.data.dataset import Dataset
from engine.em.model import Model
from engine.em.stopping import StoppingRule, parse_rule, rules_for

T = TypeVar("T")


@dataclass(frozen=True, eq=False, kw_only=True)
class RunSpec:
    """One exploration, before its first step.

    source is what to type after `emtui`: a name of the catalogue or a file's path. label and columns are the words
    that chose them, None where the data's own are used; reading is what was said of how the file is written, and
    principal how many principal components stand for the columns, None for the columns themselves. stop is a stopping
    rule in words, None for `tol`. start is θ⁰ where it is given, and start_file the word or the file that gave it: None
    with a start is the one that was published with the data, taken without being asked for.

    A supervised model has test_share of the rows held back, drawn within each class where stratify is set, by
    split_seed (None: by seed); standardize then means by the training rows, and `dataset` stays in its own units.
    rival holds KEY=VALUE options of the other way to train the same network, which begins from the same weights
    where same_start is set.

    known says which of the data's classes a mixture is given, class c for component c: "none", "few", "25%" or "all".
    """

    source: str
    dataset: Dataset
    model: Model[Any, Any]
    seed: int = 0
    algorithm: str = "classic"
    max_iter: int = 200
    tol: float = 1e-6
    stop: str | None = None
    label: str | None = None
    columns: tuple[str, ...] | None = None
    standardize: bool = False
    start: Any = None
    start_file: str | None = None
    test_share: float = 0.4
    stratify: bool = True
    split_seed: int | None = None
    rival: tuple[tuple[str, str], ...] = ()
    same_start: bool = True
    known: str = "none"
    read_options: ReadOptions = AS_DETECTED
    principal: int | None = None

    @property
    def rules(self) -> tuple[StoppingRule, ...]:
        """The stopping rules that these choices stand for."""
        return rules_for(self.max_iter, self.tol, None if self.stop is None else parse_rule(self.stop))

    @property
    def n_components(self) -> int:
        """K, under whatever name the model has it; the sum of several layers; 1 where it has none."""
        size = self.model.size
        return 1 if size is None else size

    @property
    def standardized(self) -> bool:
        """The model sees the data in standard units."""
        return self.standardize or self.dataset.units is not None


def once_a_spec(function: Callable[[RunSpec], T]) -> Callable[[RunSpec], T]:
    """The function with what it gave for a spec remembered as long as the spec lives, since a spec never changes."""
    known: WeakKeyDictionary[RunSpec, T] = WeakKeyDictionary()

    @functools.wraps(function)
    def remembered(spec: RunSpec) -> T:
        if spec not in known:
            known[spec] = function(spec)
        return known[spec]

    return remembered
