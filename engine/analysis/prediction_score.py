"""How well a supervised model predicts rows with known targets, whatever the model: log-loss, accuracy or RMSE."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.arrays import Array, IntArray
from engine.em.model import Model
from engine.em.prediction_report import FORWARD, MARGINAL, counted
from engine.parallel import one_blas_thread


def prediction_scores(
    model: Model[Any, Any],
    params: Any,
    X: Array,
    y: Array | IntArray,
    prediction: str | None = None,
    sample_weight: Array | None = None,
) -> Mapping[str, float]:
    """The scores by name: "loss", the mean −ln p(y | x) in nats, and "accuracy" of classes or "rmse" of numbers.

    prediction: "marginal" or "forward", where the model has such a pass; None for the one that it is trained by.
    sample_weight: (n,) how often each row counts; there are no scores where it is 0 throughout.
    """
    X, y, weights = counted(X, y, sample_weight)
    if not len(X):
        return {}
    with one_blas_thread():
        reports = model.reports(params, X, y, weights)
    way = prediction or (FORWARD if model.forward_pass else MARGINAL)
    return reports[way if way in reports else MARGINAL].scores
