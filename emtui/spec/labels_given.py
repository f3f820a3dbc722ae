"""Known labels: all, few, N% or none of the classes are given to a mixture, class c to component c."""

from __future__ import annotations

import math

import numpy as np

from emtui.spec.run_spec import RunSpec, once_a_spec
from engine.arrays import IntArray
from engine.em.fields import count_components
from engine.errors import DataError, OptionError
from engine.models.known_labels import some_labels
from engine.text import quoted

NONE, FEW, ALL = "none", "few", "all"
FEW_SHARE = 0.1


def parse_known(text: str) -> str:
    """The words as they are kept: "none", "few", "all" or "25%".

    Raises:
        OptionError: they are none of these.
    """
    word = "".join(text.split()).lower()
    if word in (NONE, FEW, ALL):
        return word
    try:
        percent = float(word.removesuffix("%")) if word.endswith("%") else math.nan
    except ValueError:
        percent = math.nan
    if not 0.0 <= percent <= 100.0:
        raise OptionError(f"known labels are all, few, none or a share such as 25%, not {quoted(text)}.")
    return {0.0: NONE, 100.0 * FEW_SHARE: FEW, 100.0: ALL}.get(percent, f"{percent!r}%".replace(".0%", "%"))


def share_of(known: str) -> float:
    """The share of each class that the words stand for, from 0 to 1."""
    named = {NONE: 0.0, FEW: FEW_SHARE, ALL: 1.0}
    return named[known] if known in named else float(known.removesuffix("%")) / 100.0


def n_given(spec: RunSpec) -> int:
    """How many rows have their class given to the model; they count as neither right nor wrong anywhere."""
    labels = known_labels(spec)
    return 0 if labels is None else int((labels >= 0).sum())


@once_a_spec
def known_labels(spec: RunSpec) -> IntArray | None:
    """(n,) the class where it is given, −1 where not; None where none is given.

    The rows do not depend on the seed, so that different starts are compared on the same labels.

    Raises:
        EngineError: the model takes no labels, or the data have none, or more classes than components; one sentence.
    """
    if spec.known == NONE:
        return None
    data, model = spec.dataset, spec.model
    if not model.takes_labels:
        why = "learns the classes as they are" if model.supervised else "takes no known labels"
        raise OptionError(f"the {model.name} model {why}: set known labels to none.")
    if data.y is None or not (data.y >= 0).any():
        raise DataError(
            f"{quoted(data.name)} has no known classes to give: set known labels to none, choose labelled data, or "
            "name the column of a file with --label."
        )
    classes = len(data.class_names)
    if classes > spec.n_components and classes > (components := _n_components(spec)):
        raise OptionError(
            f"{quoted(data.name)} has {classes} classes, and with known labels each is a component: "
            f"take at least {classes} components, not {components}, or set known labels to none."
        )
    return some_labels(data.y, share_of(spec.known))


def _n_components(spec: RunSpec) -> int:
    """How many components θ⁰ has: more than the option says where the model has one of another kind."""
    model, params = spec.model, spec.start
    if params is None:
        params = model.start(model.observe(spec.dataset.X), np.random.default_rng(spec.seed))
    return count_components(params) or spec.n_components
