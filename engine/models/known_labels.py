"""Known labels of mixtures: a share of the classes to give away.

`Model.begin` puts the components of a start in their order. With every label given, p(x_i, z_i) is all that is left of
each sum over z_i: nothing is hidden, and one M-step is the closed-form fit. With a few given, learning is
semi-supervised (Nigam, McCallum, Thrun & Mitchell 2000).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.arrays import IntArray
from engine.errors import DataError, OptionError
from engine.models.mixture import checked_labels


def some_labels(y: Any, share: float, seed: int = 0) -> IntArray:
    """The classes of a share of the rows, −1 for the others: component c is to be class c.

    Of each class the share is rounded up, so that each has a row at least; a larger share with the same seed gives the
    same rows and more.

    y: (n,) the class of each row from 0 up, −1 where it is unknown, which stays so. share: of each class, from 0 to 1.
    Raises OptionError where it is no share, and DataError where y is no vector of classes.
    """
    if not 0.0 <= share <= 1.0:
        raise OptionError(f"the share of known labels must be from 0 to 1, not {share:zg}.")
    classes = checked_labels(y, len(np.atleast_1d(y)), np.iinfo(np.int64).max)
    if classes is None:
        raise DataError("there are no classes to give: y is missing.")
    generator = np.random.default_rng(seed)
    given = np.full(len(classes), -1, dtype=np.int64)
    for c in np.unique(classes[classes >= 0]):
        rows = generator.permutation(np.flatnonzero(classes == c))
        given[rows[: int(np.ceil(share * len(rows) - 1e-9))]] = c
    return given
