"""Components of two fits put in one order, by the rows that they share, so that colours and markers mean the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from emtui.session.snapshot import StepSnapshot
from engine.analysis.evaluation import match
from engine.arrays import IntArray
from engine.em.fields import count_components, location, relabelled


def matched_order(ours: IntArray | None, theirs: IntArray, k: int) -> IntArray:
    """(k,) which of their clusters comes first, second, …: the one that shares most rows with that of ours."""
    if ours is None:
        return np.arange(k)
    n_ours = max(int(ours.max()) + 1, k)
    counts = np.bincount(theirs * n_ours + ours, minlength=k * n_ours).reshape(k, n_ours)
    component_of = match(counts.T)  # (k,) the component of each cluster, −1 for none
    return np.argsort(np.where(component_of < 0, n_ours, component_of), kind="stable")


def labels_by_place(snapshot: StepSnapshot) -> IntArray | None:
    """(n,) the component of every row; before the first E-step the nearest one, where components lie among the rows."""
    if snapshot.labels is not None:
        return snapshot.labels
    there, X = location(snapshot.step.params), snapshot.step.problem.data.X
    if there is None or there.array.ndim != 2 or there.array.shape[1:] != X.shape[1:]:
        return None
    apart = np.stack([((X - place) ** 2).sum(axis=1) for place in there.array])
    labels: IntArray = apart.argmin(axis=0)
    return labels


def with_matched_labels(snapshot: StepSnapshot, beside: StepSnapshot) -> StepSnapshot:
    """The frame with its components in the order of those of another one, over the same rows.

    It comes back as it is where its components can't be put in another order, or there are no labels to go by.
    """
    ours, theirs, model = beside.labels, snapshot.labels, snapshot.step.problem.model
    k = count_components(snapshot.step.params)
    apart = ours is None or theirs is None or len(ours) != len(theirs) or ours.min() < 0 or theirs.min() < 0
    if apart or k < 2 or not (model.exact and model.independent_rows and model.responsibilities_sum_to_one):
        return snapshot
    assert ours is not None and theirs is not None
    order = matched_order(ours, theirs, k)
    params = relabelled(snapshot.step.params, order)
    trail = tuple(relabelled(one, order) for one in snapshot.trail)
    if params is None or (order == np.arange(len(order))).all() or any(one is None for one in trail):
        return snapshot
    r, before = snapshot.responsibilities, snapshot.responsibilities_before
    return replace(
        snapshot,
        step=replace(snapshot.step, params=params),
        previous=None,
        trail=trail,
        responsibilities=None if r is None else r[:, order],
        responsibilities_before=None if before is None else before[:, order],
        labels=np.argsort(order)[theirs],
    )
