"""A run beside what is known: the known classes, and k-means on the same data."""

from __future__ import annotations

import numpy as np

from emtui.choices import Choices
from emtui.frame import Baseline
from engine.arrays import IntArray
from engine.errors import EngineError
from engine.evaluation import Agreement, agreement

_ROWS_FOR_TEN_STARTS = 20_000


def agreement_with_classes(choices: Choices, labels: IntArray | None) -> Agreement | None:
    """The labels against the known classes of the data; None where either is missing, or the model is supervised.

    Rows whose class was given to the model are left out.
    """
    truth = choices.dataset.y
    if labels is None or truth is None or len(truth) != len(labels) or choices.model.supervised:
        return None
    if choices.labels is not None:  # what was given is no achievement
        truth = np.where(choices.labels >= 0, -1, truth)
    return agreement(labels, truth) if (truth >= 0).any() else None


def kmeans_baseline(choices: Choices) -> Baseline | None:
    """k-means on the same table with the same K, best of ten starts; None where it can't be run."""
    from engine.baselines.kmeans import KMeans
    from engine.run import fit
    from engine.stopping import ResponsibilityChange

    data = choices.dataset
    if choices.model.name == "kmeans" or choices.model.supervised or data.has_missing:
        return None
    n_init = 10 if len(data.X) <= _ROWS_FOR_TEN_STARTS else 1
    at_rest = ResponsibilityChange(0.5)  # no row goes to another cluster; rounding never lets the centres rest exactly
    try:
        run = fit(KMeans(n_components=choices.n_components), data.X, seed=choices.seed, n_init=n_init, stopping=at_rest)
    except EngineError:
        return None
    return Baseline(run, agreement_with_classes(choices, run.labels))
