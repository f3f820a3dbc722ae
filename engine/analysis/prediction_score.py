"""How well a supervised model predicts labelled rows, whatever the model: log-loss and accuracy."""

from __future__ import annotations

import math
from typing import Any

from engine.arrays import Array, IntArray
from engine.em.model import Model
from engine.em.prediction_report import FORWARD, MARGINAL
from engine.parallel import one_blas_thread


def prediction_score(model: Model[Any, Any], params: Any, X: Array, y: IntArray) -> tuple[float, float]:
    """(mean −ln p(y | x) in nats, share of rows whose likeliest class is theirs), by the model's own prediction."""
    with one_blas_thread():
        reports = model.reports(params, X, y)
    scores = reports[FORWARD if model.forward_pass and FORWARD in reports else MARGINAL].scores
    return scores["loss"], scores.get("accuracy", math.nan)
