"""How well components agree with known classes, and what a model costs for what it explains.

The two indices are those of `sklearn.metrics`, in a few lines each: they stand beside the first picture, and importing
scikit-learn would keep it waiting for as long as everything else together.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from engine.arrays import Array, IntArray
from engine.em.class_labels import UNKNOWN, encoded
from engine.em.inference import Exact, Hard
from engine.em.matching import match as match
from engine.em.model import Model
from engine.em.observations import Observations
from engine.em.step import Step
from engine.errors import DataError, EngineError
from engine.parallel import one_blas_thread

_EXACT = 2.0**53  # whole numbers below it have all of their digits
_COUNTED = 1000  # whole numbers below it are places, counted from 0; larger ones are names


@dataclass(frozen=True, eq=False)
class Agreement:
    """Components beside known classes, matched one to one so that as many rows as possible agree.

    Attributes:
        matching: (K,) the class that stands for each component in rising order, −1 for a component left over.
        components: (K,) the components in the order of the columns of `confusion`.
        classes: (C,) the classes in the order of its rows.
        confusion: (C, K) rows of each class in each component; columns in the order of the matched classes, those left
            over last, so that with K = C the hits stand on the diagonal.
        hits: how many rows lie in the component of their class.
        total: how many rows have a known class.
    """

    matching: IntArray
    components: IntArray
    classes: IntArray
    confusion: IntArray
    hits: int
    total: int

    @property
    def accuracy(self) -> float:
        """hits / total."""
        return self.hits / self.total

    @property
    def unmatched(self) -> str:
        """What matching one to one leaves out where there are not as many components as classes: a clause, or ""."""
        n_classes, n_components = self.confusion.shape
        if n_classes == n_components:
            return ""
        counts = "only one component counts for each class" if n_components > n_classes else "only one class for each"
        return f"{n_components} components for {n_classes} classes: {counts}"

    @cached_property
    def adjusted_rand(self) -> float:
        """The adjusted Rand index: 1 for the same partition, about 0 for chance (Hubert & Arabie 1985, eq. 5).

        (Σ C(n_ij,2) − E) / (½(A + B) − E),  A = Σ C(a_i,2),  B = Σ C(b_j,2),  E = A·B / C(n,2)
        """
        table = self.confusion.astype(np.float64)
        both = _pairs(table)
        by_class, by_component = _pairs(table.sum(axis=1)), _pairs(table.sum(axis=0))
        pairs = self.total * (self.total - 1) / 2.0
        expected = by_class * by_component / pairs if pairs else 0.0
        most = (by_class + by_component) / 2.0
        return 1.0 if most == expected else (both - expected) / (most - expected)

    @cached_property
    def normalized_mutual_information(self) -> float:
        """2·I(class; component) / (H(class) + H(component)), in [0, 1] (Strehl & Ghosh 2002, arithmetic mean)."""
        p = self.confusion / self.total
        by_class, by_component, both = _entropy(p.sum(axis=1)), _entropy(p.sum(axis=0)), _entropy(p.ravel())
        if by_class + by_component == 0.0:
            return 1.0  # one class and one component: the same partition
        information = by_class + by_component - both
        return float(np.clip(2.0 * information / (by_class + by_component), 0.0, 1.0))


def agreement(labels: Any, truth: Any, n_components: int | None = None, n_classes: int | None = None) -> Agreement:
    """Match components with classes and count; rows of unknown class (−1) are left out.

    Labels are names, and may be any whole numbers: 10, 20, 30 are three classes, not thirty, and −5 is one, too. Those
    from 0 to 999 count from 0, so that a component without rows between others has its place. −1 is no name but an
    unknown class, unless −1 and 1 are all that there is: then these are two classes, as they are for networks. Words,
    and True and False, count from 0 in their order, and what is missing among them (None, NaN, "") is unknown.

    Args:
        labels: (n,) the component of each row.
        truth: (n,) the class of each row, −1 where it is unknown.
        n_components: K, where components 0…K−1 are meant and the last may have no rows.
        n_classes: C, likewise.

    Raises:
        DataError: the two don't fit each other, are no labels, or no class is known.
    """
    component, known = _labels(labels, "labels"), _labels(truth, "truth")
    both_signs = n_classes is None and known.min() == -1 and known.max() == 1 and bool(known.all())
    if component.shape != known.shape:
        raise DataError(f"labels has {len(component)} rows and truth {len(known)}: give one of each for every row.")
    chosen = (known != UNKNOWN) | both_signs
    if not chosen.any():
        raise DataError("no row has a known class: there is nothing to agree with.")
    if (component == UNKNOWN).any() and not both_signs:
        raise DataError("labels must be components from 0 up, or names; −1 for unknown is for truth alone.")
    components, column = _named(component, n_components, "labels", "n_components")
    classes, row = _named(known[chosen], n_classes, "truth", "n_classes")
    C, K = len(classes), len(components)
    table = np.bincount(row * K + column[chosen], minlength=C * K).reshape(C, K)
    class_of = match(table)
    order = np.argsort(np.where(class_of >= 0, class_of, C), kind="stable")
    matched = np.flatnonzero(class_of >= 0)
    hits = int(table[class_of[matched], matched].sum())
    matching = np.where(class_of >= 0, classes[class_of], -1)
    return Agreement(matching, components[order], classes, table[:, order], hits, int(chosen.sum()))


def hard_shares(labels: Any, k: int, sample_weight: Array | None = None) -> Array:
    """(k,) the share of the rows (or of their weight) that each component wins, beside the mixing weights."""
    found = _labels(labels, "labels")
    told = found >= 0  # of a row of weight 0 that the model can't take nothing is known
    counts = np.bincount(found[told], None if sample_weight is None else sample_weight[told], minlength=k)
    return np.asarray(counts / counts.sum())


@dataclass(frozen=True)
class Criteria:
    """Information criteria in the sign of scikit-learn: the smaller, the better.

    Attributes:
        aic: 2·p − 2·ln p(X | θ)  (Akaike 1974), p the number of free parameters.
        bic: p·ln n − 2·ln p(X | θ)  (Schwarz 1978), n the sum of the weights.
        icl: the entropy form of ICL, bic + 2·H, H the entropy of the responsibilities at θ  (McLachlan & Peel 2000).
        icl_map: the MAP form, p·ln n − 2·ln p(X, ẑ | θ) with the likeliest ẑ, as mclust has it  (Biernacki, Celeux &
            Govaert 2000): bic − 2·ln p(ẑ | X, θ), never above the entropy form; nan where there is no such ẑ.

    ICL is of a partition of the rows: both forms are nan of a network, whose hidden units are none.
    """

    aic: float
    bic: float
    icl: float
    icl_map: float = float("nan")

    @classmethod
    def of(
        cls, log_likelihood: float, n_parameters: int, n: float, entropy: float, log_joint: float = float("nan")
    ) -> Criteria:
        """From the numbers that they are made of; log_joint: ln p(X, ẑ | θ)."""
        penalty = n_parameters * float(np.log(n))
        bic = penalty - 2.0 * log_likelihood
        aic = 2.0 * n_parameters - 2.0 * log_likelihood
        return cls(aic, bic, bic + 2.0 * entropy, penalty - 2.0 * log_joint)


def map_log_joint(model: Model[Any, Any], params: Any, data: Observations) -> float:
    """ln p(X, ẑ | θ) of the likeliest ẑ, from one E-step that goes wholly to it; nan where it is not exact."""
    if not (model.exact and model.hides):
        return float("nan")
    with one_blas_thread():
        return float(model.q_value(model.expect(params, data, Hard()), params, data))


def criteria(step: Step) -> Criteria:
    """AIC, BIC and both forms of ICL of the parameters in `step.params`.

    Raises:
        EngineError: the model has no likelihood.
    """
    model, data = step.problem.model, step.problem.data
    if not model.has_likelihood:
        raise EngineError(
            f"{model.title} has no likelihood, so there is no AIC, BIC or ICL for it: fit a mixture instead."
        )
    entropy = log_joint = float("nan")
    if model.responsibilities_sum_to_one:
        exact = isinstance(step.at.inference, Exact)
        entropy = step.at.entropy if exact else model.entropy(step.params, data)
        log_joint = map_log_joint(model, step.params, data)
    return Criteria.of(step.log_likelihood, model.n_parameters(step.params), data.total_weight, entropy, log_joint)


def _pairs(counts: Array) -> float:
    """Σ C(count, 2)."""
    return float((counts * (counts - 1.0)).sum() / 2.0)


def _entropy(p: Array) -> float:
    """−Σ p ln p in nats, with 0·ln 0 = 0."""
    used = p[p > 0]
    return float(max(0.0, -(used * np.log(used)).sum()))


def _labels(labels: Any, what: str) -> IntArray:
    array = np.asarray(labels)
    if array.ndim != 1 or len(array) == 0:
        raise DataError(f"{what} must be one whole number a row, not an array of shape {array.shape}.")
    if array.dtype.kind in "iu":
        return array
    try:
        codes, names = encoded(array)
    except DataError as error:
        raise DataError(what + str(error).removeprefix("y")) from None
    if names.dtype.kind == "f" and not np.any(np.abs(names) >= _EXACT):  # whole numbers, written with a point
        return np.where(codes < 0, UNKNOWN, np.append(names, UNKNOWN)[codes]).astype(np.int64)
    return codes


def _named(labels: IntArray, size: int | None, what: str, option: str) -> tuple[IntArray, IntArray]:
    """The names in rising order, and the place (n,) of each label among them."""
    largest = int(labels.max())
    if size is not None and size <= largest:
        raise DataError(f"{what} goes up to {largest}, which is too many for {option} = {size}.")
    if size is not None and int(labels.min()) < 0:
        raise DataError(f"{what} holds {int(labels.min())}, and {option} counts from 0: leave {option} out.")
    if size is not None or (largest < _COUNTED and int(labels.min()) >= 0):
        return np.arange(largest + 1 if size is None else size), labels.astype(np.int64)
    names, places = np.unique(labels, return_inverse=True)
    return names, places
