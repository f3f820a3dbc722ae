r"""What a network says of new rows, in three ways that are not the same.

marginal   p(y | x) = Σ_z p(z | x) o_y(z)           the model's own prediction, exact over 2^m configurations
sampled    the mean of o_y(z) over drawn z ~ p(z | x)    the same, with a Monte Carlo error
forward    softmax(V [1, u])                        the usual forward pass: z replaced by its mean, not the same
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from engine.arrays import Array, IntArray
from engine.errors import DataError, OptionError
from engine.models.mlp_configurations import Listed, all_configurations, halves
from engine.models.mlp_cost import check_memory
from engine.models.mlp_exact import Factors, exact_posterior
from engine.models.mlp_params import NetworkParams, sigmoids
from engine.models.mlp_rows import NetworkRows, arranged, checked_targets, new_rows
from engine.parallel import one_blas_thread, row_chunks

Prediction = Literal["marginal", "forward", "sampled"]
PREDICTIONS: tuple[Prediction, ...] = ("marginal", "forward", "sampled")
_ENTRIES_AT_ONCE = 2**19


def forward_probabilities(params: NetworkParams, design: Array) -> Array:
    """(n, g) softmax(V [1, u]), the usual forward pass; `design` (n, p+1) is [1, x]."""
    u, _ = sigmoids(design @ params.hidden.T)
    return np.exp(forward_log_probabilities(params.output, u))


def forward_log_probabilities(output: Array, u: Array) -> Array:
    """(n, g) ln softmax(V [1, u]) from the units' activities u (n, m)."""
    logits = u @ output[:, 1:].T
    logits += output[:, 0]
    logits -= logits.max(axis=1, keepdims=True)
    logits -= np.log(np.exp(logits).sum(axis=1, keepdims=True))
    return logits


def marginal_probabilities(params: NetworkParams, design: Array) -> Array:
    """(n, g) Σ_z p(z | x) o_i(z), exact: with z = (z_a, z_b), the column sums of (O_iᵀ B) ∘ A."""
    outputs = all_configurations(params.hidden_units).outputs(params.output)
    a, b = halves(params.hidden_units)
    factors = Factors.of(params.hidden @ design.T)
    found = np.empty((len(design), params.n_classes))
    parts = row_chunks(len(design), max(512, _ENTRIES_AT_ONCE >> a))
    for i in range(params.n_classes):
        o = outputs.probability(i).reshape(2**b, 2**a)
        for part in parts:
            R = o.T @ factors.table(slice(a, None), part)
            R *= factors.table(slice(a), part)
            R.sum(axis=0, out=found[part, i])
    found /= found.sum(axis=1, keepdims=True)  # 1 but for rounding
    return found


def sampled_probabilities(
    params: NetworkParams, design: Array, generator: np.random.Generator, n_draws: int = 100
) -> Array:
    """(n, g) the mean of o_i(z) over `n_draws` z ~ p(z | x) of each row; its error falls with √n_draws."""
    u, _ = sigmoids(design @ params.hidden.T)
    total = np.zeros((len(design), params.n_classes))
    for _ in range(n_draws):
        z = np.ones((len(u), params.hidden_units + 1))
        z[:, 1:] = generator.random(u.shape) < u
        total += Listed(z).outputs(params.output).probabilities.T
    return total / n_draws


def predict_network(
    params: NetworkParams,
    X: Any,
    prediction: Prediction = "marginal",
    *,
    generator: np.random.Generator | None = None,
    n_draws: int = 100,
) -> Array:
    """(n, g) class probabilities of rows X (n, p) in one of three ways; `sampled` needs a generator.

    Raises:
        EngineError: rows that don't fit the network, or more configurations than memory holds; one sentence.
    """
    design = new_rows(X, params.hidden.shape[1] - 1).design
    with one_blas_thread():
        if prediction == "forward":
            return forward_probabilities(params, design)
        if prediction == "sampled":
            if generator is None:
                raise OptionError("a sampled prediction needs a generator of random numbers: pass generator=…")
            return sampled_probabilities(params, design, generator, n_draws)
        if prediction != "marginal":
            raise OptionError(f"there is no prediction {prediction!r}: choose {', '.join(PREDICTIONS)}.")
        check_memory(len(design), params.hidden_units)
        return marginal_probabilities(params, design)


@dataclass(frozen=True, eq=False)
class PredictionReport:
    """How one way of predicting fares on labelled rows.

    Attributes:
        probabilities: (n, g).
        log_loss: the mean of −ln p(y | x) in nats, the cross-entropy.
        accuracy: the share of rows whose likeliest class is their target.
        confusion: (g, g) rows of each class (down) that are predicted as each class (across).
    """

    probabilities: Array
    log_loss: float
    accuracy: float
    confusion: IntArray


def network_report(
    params: NetworkParams,
    X: Any,
    y: Any,
    *,
    predictions: tuple[Prediction, ...] = ("marginal", "forward"),
    generator: np.random.Generator | None = None,
    n_draws: int = 100,
) -> dict[Prediction, PredictionReport]:
    """Log-loss, accuracy and confusion on labelled rows, for each way of predicting that is asked for.

    Raises:
        DataError: rows that don't fit the network, or of a class that it doesn't know.
    """
    design = new_rows(X, params.hidden.shape[1] - 1).design
    targets = checked_targets(y, len(design))
    if targets.max() >= params.n_classes:
        row = int(targets.argmax())
        raise DataError(
            f"row {row + 1} is of class {targets[row]}, which the network has not been trained for: "
            "split so that every class has training rows (stratified), or leave those rows out."
        )
    reports: dict[Prediction, PredictionReport] = {}
    for prediction in predictions:
        probabilities = predict_network(params, X, prediction, generator=generator, n_draws=n_draws)
        own = _log_probability_of_targets(params, design, targets, prediction, probabilities)
        winner = probabilities.argmax(axis=1)
        g = params.n_classes
        confusion = np.bincount(targets * g + winner, minlength=g * g).reshape(g, g)
        reports[prediction] = PredictionReport(
            probabilities, float(-own.mean()), float((winner == targets).mean()), confusion
        )
    return reports


def log_marginal(params: NetworkParams, rows: NetworkRows) -> Array:
    """(n,) ln p(y | x) of labelled rows, in the user's order; finite where p itself would round to 0."""
    return rows.in_user_order(exact_posterior(params, rows).log_evidence)


def _log_probability_of_targets(
    params: NetworkParams, design: Array, targets: IntArray, prediction: Prediction, probabilities: Array
) -> Array:
    if prediction == "forward":
        u, _ = sigmoids(design @ params.hidden.T)
        return np.asarray(forward_log_probabilities(params.output, u)[np.arange(len(design)), targets])
    if prediction == "marginal":
        return log_marginal(params, arranged(design[:, 1:], targets, None, params.n_classes))
    drawn = probabilities[np.arange(len(design)), targets]
    return np.log(np.maximum(drawn, np.finfo(np.float64).tiny))
