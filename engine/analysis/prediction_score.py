"""How well a supervised model predicts labelled rows, whatever the model: log-loss and accuracy."""

from __future__ import annotations

import math
from typing import Any

from engine.arrays import Array, IntArray
from engine.em.model import Model
from engine.em.prediction_report import FORWARD, MARGINAL, counted
from engine.parallel import one_blas_thread


def prediction_score(
    model: Model[Any, Any],
    params: Any,
    X: Array,
    y: IntArray,
    prediction: str | None = None,
    sample_weight: Array | None = None,
) -> tuple[float, float]:
    """(mean −ln p(y | x) in nats, share of rows whose likeliest class is theirs).

    prediction: "marginal" or "forward", where the model has such a pass; None for the one that it is trained by.
    sample_weight: (n,) how often each row counts; both are nan where it is 0 throughout.
    """
    X, y, weights = counted(X, y, sample_weight)
    if not len(X):
        return math.nan, math.nan
    with one_blas_thread():
        reports = model.reports(params, X, y, weights)
    way = prediction or (FORWARD if model.forward_pass else MARGINAL)
    scores = reports[way if way in reports else MARGINAL].scores
    return scores["loss"], scores.get("accuracy", math.nan)
