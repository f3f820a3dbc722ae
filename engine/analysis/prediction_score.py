"""How well a supervised model predicts labelled rows, whatever the model: log-loss and accuracy."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.arrays import Array, IntArray
from engine.em.model import Model
from engine.models.network.params import NetworkParams
from engine.models.network.predict import Prediction, network_report
from engine.parallel import one_blas_thread

_LEAST = float(np.finfo(np.float64).tiny)


def prediction_score(model: Model[Any, Any], params: Any, X: Array, y: IntArray) -> tuple[float, float]:
    """(mean −ln p(y | x) in nats, share of rows whose likeliest class is theirs), by the model's own prediction.

    A network's log-loss comes from logarithms, so that it is finite where p itself would round to 0.
    """
    if isinstance(params, NetworkParams):
        usual: Prediction = "forward" if model.forward_pass else "marginal"
        report = network_report(params, X, y, predictions=(usual,))[usual]
        return report.log_loss, report.accuracy
    with one_blas_thread():
        p = model.predict_proba(params, model.observe_new(X, params))
    own = p[np.arange(len(y)), y]
    return float(-np.log(np.maximum(own, _LEAST)).mean()), float((p.argmax(axis=1) == y).mean())
