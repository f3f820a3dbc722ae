"""Known labels of mixtures: a share of the classes to give away, and a start whose components are in their order.

With every label given, p(x_i, z_i) is all that is left of each sum over z_i: nothing is hidden, and one M-step is the
closed-form fit. With a few given, learning is semi-supervised (Nigam, McCallum, Thrun & Mitchell 2000).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from engine.arrays import IntArray
from engine.em.model import Model
from engine.errors import DataError, OptionError
from engine.models.mixture import checked_labels

_CLEARLY = 1e-9


def some_labels(y: Any, share: float, seed: int = 0) -> IntArray:
    """The classes of a share of the rows, −1 for the others: component c is to be class c.

    Of each class the share is rounded up, so that each has a row at least; a larger share with the same seed gives the
    same rows and more.

    Args:
        y: (n,) the class of each row from 0 up, −1 where it is unknown, which stays so.
        share: of the rows of each class, from 0 to 1.
        seed: of the draw.

    Raises:
        OptionError: the share is no share. DataError: y is no vector of classes.
    """
    if not 0.0 <= share <= 1.0:
        raise OptionError(f"the share of known labels must be from 0 to 1, not {share:g}.")
    classes = checked_labels(y, len(np.atleast_1d(y)), np.iinfo(np.int64).max)
    if classes is None:
        raise DataError("there are no classes to give: y is missing.")
    generator = np.random.default_rng(seed)
    given = np.full(len(classes), -1, dtype=np.int64)
    for c in np.unique(classes[classes >= 0]):
        rows = generator.permutation(np.flatnonzero(classes == c))
        given[rows[: int(np.ceil(share * len(rows) - 1e-9))]] = c
    return given


def in_order_of_labels(model: Model[Any, Any], params: Any, data: Any) -> Any:
    """θ with its components in the order of the known labels: component c is the one that has the rows of label c.

    A start knows nothing of which component is which. The order maximises Σ_i w_i r_i,order(y_i) over the rows of
    known label, r without the labels (the Hungarian method, see `engine.evaluation.match`); θ stays where nothing is
    gained.
    """
    if not model.takes_labels or data.y is None:
        return params
    weight = np.ones(data.n_rows) if data.sample_weight is None else data.sample_weight
    known = np.flatnonzero((data.y >= 0) & (weight > 0))
    if not len(known):
        return params
    from engine.analysis.evaluation import match

    r = model.responsibilities(params, replace(data, y=None), known)
    K = r.shape[1]
    share = np.zeros((K, K))  # (label, component)
    np.add.at(share, data.y[known], weight[known, None] * r)
    label_of = match(share)
    order = np.argsort(label_of)
    if share[np.arange(K), order].sum() <= np.trace(share) + _CLEARLY * share.sum():
        return params
    relabelled = model.relabel(params, order)
    return params if relabelled is None else relabelled
