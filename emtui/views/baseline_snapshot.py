"""k-means beside the model: the baseline as a snapshot of its own, so that it is shown like any model."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from emtui.charts.axes import Scale, fit_scales
from emtui.charts.scene import Range, Scene
from emtui.session.baseline import agreement_with_classes, n_clusters
from emtui.session.matched_labels import labels_by_place, matched_order
from emtui.session.snapshot import Baseline, StepSnapshot
from emtui.spec.run_spec import RunSpec
from engine.em.fields import count_components, relabelled


def why_no_baseline(spec: RunSpec, params: Any = None) -> str:
    """Why k-means can't be compared with these choices and this θ, in a sentence; "" if it can."""
    data, k = spec.dataset, n_clusters(spec, params)
    if spec.model.name == "kmeans":
        return "The model is k-means itself: choose another to compare it with."
    if spec.model.supervised:
        return "This model learns known classes, which k-means knows nothing of: there is nothing to compare."
    if data.has_missing:
        return "k-means needs every value, and these data have missing ones: leave those rows or columns out."
    if data.n_samples == 1:
        return "k-means divides rows, and these data are one row: there is nothing to compare."
    if k > data.n_samples:
        return f"k-means can't make {k} clusters of {data.n_samples} rows: choose a smaller K."
    return ""


def baseline_snapshot(snapshot: StepSnapshot, baseline: Baseline) -> StepSnapshot:
    """k-means at the model's half-step, or at rest, as a snapshot.

    Its clusters are put in the order of the components that they share most rows with, so that colours and markers
    mean the same in both pictures.
    """
    step = baseline.step_at(snapshot.step.iteration, snapshot.step.phase)
    assert step.posterior is not None  # every step of a baseline is an assignment
    order = matched_order(labels_by_place(snapshot), step.posterior.labels, count_components(step.params))
    place = np.argsort(order)
    labels = place[step.posterior.labels]
    steps = baseline.run.timeline.steps
    params = tuple(one.params for one in steps[: steps.index(step) + 1] if one.phase != "E")
    trail = tuple(relabelled(one, order) for one in params)
    return replace(
        snapshot,
        spec=replace(snapshot.spec, model=step.problem.model, start=None, start_file=None),
        step=replace(step, params=relabelled(step.params, order)),
        previous=None,
        trail=trail,
        responsibilities=step.posterior.rows(snapshot.rows)[:, order],
        responsibilities_before=None,
        labels=labels,
        agreement=agreement_with_classes(snapshot.spec, labels),
        baseline=None,
        note="",
    )


def on_the_same_axes(left: Scene, right: Scene) -> tuple[Scene, Scene]:
    """Two scenes with ranges that hold both of them, on every axis that has the same meaning in both."""
    ours, theirs = fit_scales(left), fit_scales(right)
    if ours is None or theirs is None or left.x_label != right.x_label:
        return left, right
    x_range = _both(ours[0], theirs[0])
    same_y = left.y_label == right.y_label
    y_range = _both(ours[1], theirs[1]) if same_y else None
    return (
        replace(left, x_range=x_range, y_range=y_range or left.y_range),
        replace(right, x_range=x_range, y_range=y_range or right.y_range),
    )


def _both(first: Scale, second: Scale) -> Range:
    (a, b), (c, d) = first.ends, second.ends
    return min(a, c), max(b, d)
