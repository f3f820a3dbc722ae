r"""What a network says of new rows, in three ways that are not the same.

marginal   p(y | x) = Σ_z p(z | x) o_y(z)           the model's own prediction, exact over 2^m configurations
sampled    the mean of o_y(z) over drawn z ~ p(z | x)    the same, with a Monte Carlo error
forward    softmax(V [1, u])                        the usual forward pass: z replaced by its mean, not the same

Beyond 20 units, or with several hidden layers, the marginal is estimated from draws as well, and its error is told.

Where numbers are learned, y is linear in z, so that E[y | x] = Σ_z p(z | x) vᵀ[1, z] = vᵀ[1, u] is the forward pass
itself; only the densities differ, a mixture Σ_z p(z | x) N(y | vᵀ[1, z], σ²) beside one N(y | vᵀ[1, u], σ²).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from engine.arrays import Array, IntArray
from engine.em.class_labels import encoded, targets_among
from engine.em.prediction_report import PredictionReport as PredictionReport
from engine.em.prediction_report import Report, class_report, counted, error_of_mean, number_report
from engine.em.row_text import RowText
from engine.errors import DataError, OptionError
from engine.models.mixture import checked_weights
from engine.models.network import gaussian_output
from engine.models.network.configurations import all_configurations, halves
from engine.models.network.cost import MOST_EXACT
from engine.models.network.data import NetworkRows, arranged, checked_targets, new_rows, numbers_apart
from engine.models.network.draws import FirstLayer, log_means, prior_draws
from engine.models.network.e_steps.exact import Factors, exact_posterior
from engine.models.network.params import NetworkParams, sigmoid
from engine.parallel import one_blas_thread, row_chunks

Prediction = Literal["marginal", "forward", "sampled"]
_LEAST = float(np.finfo(np.float64).tiny)
PREDICTIONS: tuple[Prediction, ...] = ("marginal", "forward", "sampled")
_ENTRIES_AT_ONCE = 2**19
_DRAWS = 400  # of each row where the marginal can't be had exactly: no probability is off by more than .025 (one s.e.)


def forward_probabilities(params: NetworkParams, design: Array) -> Array:
    """(n, g) softmax(V [1, u]), the usual forward pass; `design` (n, p+1) is [1, x]."""
    return np.exp(forward_log_probabilities(params.output, activities(params.layers, design)[-1]))


def activities(layers: Sequence[Array], design: Array) -> list[Array]:
    """(n, m_l) u = σ(W [1, inputs]) of each hidden layer, whose inputs are x or the activities of the one before."""
    u = [sigmoid(design @ layers[0].T)]
    for layer in layers[1:]:
        u.append(sigmoid(u[-1] @ layer[:, 1:].T + layer[:, 0]))
    return u


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


@dataclass(frozen=True, eq=False)
class Predicted:
    """p(y | x) of rows (n, g), and the standard error of each (n, g); 0 where it is exact."""

    probabilities: Array
    errors: Array


def predictive(params: NetworkParams, design: Array) -> Predicted:
    """The marginal: exact for one layer of up to 20 units, else estimated from draws that are always the same."""
    if exactly_predictable(params):
        probabilities = marginal_probabilities(params, design)
        return Predicted(probabilities, np.zeros(probabilities.shape))
    return sampled_prediction(params, design, np.random.default_rng(0), _DRAWS)


def exactly_predictable(params: NetworkParams) -> bool:
    """Whether all hidden configurations can be summed over: one layer of up to 20 units."""
    return params.deeper is None and params.hidden_units <= MOST_EXACT


def sampled_prediction(
    params: NetworkParams, design: Array, generator: np.random.Generator, n_draws: int = 100
) -> Predicted:
    """The mean of o_i(z) over `n_draws` z ~ p(z | x) of each row; its error falls with √n_draws."""
    n, g = len(design), params.n_classes
    total, squares = np.zeros((n, g)), np.zeros((n, g))
    of_inputs = FirstLayer.of(params, design)
    at_once = max(1, _ENTRIES_AT_ONCE // max(1, n * sum(params.sizes)))
    for first in range(0, n_draws, at_once):
        number = min(at_once, n_draws - first)
        units = prior_draws(params, of_inputs, generator, number)[-1].reshape(number * n, -1).astype(np.float64)
        o = np.exp(forward_log_probabilities(params.output, units)).reshape(number, n, g)
        total += o.sum(axis=0)
        squares += (o**2).sum(axis=0)
    mean = total / n_draws
    variance = np.maximum(squares / n_draws - mean**2, 0.0) / max(1, n_draws - 1)
    return Predicted(mean, np.sqrt(variance))


def predict_network(
    params: NetworkParams,
    X: Any,
    prediction: Prediction = "marginal",
    *,
    generator: np.random.Generator | None = None,
    n_draws: int = 100,
) -> Array:
    """(n, g) class probabilities of rows X (n, p) in one of three ways; `sampled` needs a generator.

    Raises EngineError for rows that don't fit the network, or more configurations than memory holds.
    """
    if params.numeric:
        raise OptionError("this network learns numbers and has no class probabilities: ask for predict_mean.")
    design = new_rows(X, params.hidden.shape[1] - 1).design
    with one_blas_thread():
        if prediction == "forward":
            return forward_probabilities(params, design)
        if prediction == "sampled":
            if generator is None:
                raise OptionError("a sampled prediction needs a generator of random numbers: pass generator=…")
            return sampled_prediction(params, design, generator, n_draws).probabilities
        if prediction != "marginal":
            raise OptionError(f"there is no prediction {prediction!r}: choose {', '.join(PREDICTIONS)}.")
        return predictive(params, design).probabilities


def network_report(
    params: NetworkParams,
    X: Any,
    y: Any,
    *,
    predictions: tuple[Prediction, ...] = ("marginal", "forward"),
    generator: np.random.Generator | None = None,
    n_draws: int = 100,
    classes: Any = None,
    sample_weight: Any = None,
) -> dict[Prediction, Report]:
    """How each way of predicting fares on labelled rows, or on rows with their numbers.

    classes: the g labels that y is in, `run.classes_`; None where y counts from 0, or where every class is among them.
    sample_weight: (n,) how often each row counts in the scores; a row of weight 0 is left out.
    Raises DataError for rows or a class that it doesn't know.
    """
    X, y, weights = counted(X, y, None if sample_weight is None else checked_weights(sample_weight, len(y)))
    if params.numeric:
        return dict(_number_reports(params, X, y, predictions, weights))
    design = new_rows(X, params.hidden.shape[1] - 1).design
    targets = checked_targets(_as_codes(y, params.n_classes, classes), len(design))
    if targets.max() >= params.n_classes:
        row = int(targets.argmax())
        raise DataError(
            RowText(
                row,
                f" is of class {targets[row]}, which the network has not been trained for: split so that every class "
                "has training rows (stratified), or leave those rows out.",
            )
        )
    reports: dict[Prediction, Report] = {}
    for prediction in predictions:
        with one_blas_thread():
            if prediction == "sampled" and generator is not None:
                predicted = sampled_prediction(params, design, generator, n_draws)
            elif prediction == "marginal":
                predicted = predictive(params, design)
            else:
                found = predict_network(params, X, prediction, generator=generator)
                predicted = Predicted(found, np.zeros(found.shape))
            probabilities = predicted.probabilities
            log_p = _log_probability_of_targets(params, design, targets, prediction, probabilities)
        reports[prediction] = class_report(probabilities, targets, log_p, predicted.errors, weights)
    return reports


def predicted_numbers(params: NetworkParams, design: Array) -> Array:
    """(n,) E[y | x] where numbers are learned: the forward pass, which for one hidden layer is the exact mean."""
    return gaussian_output.means(params.output, activities(params.layers, design)[-1])


def _number_reports(
    params: NetworkParams, X: Any, y: Any, predictions: tuple[Prediction, ...], weights: Array | None
) -> Iterator[tuple[Prediction, Report]]:
    rows = numbers_apart(X, y, params.hidden.shape[1] - 1)
    assert rows.target is not None and params.variances is not None
    variance = float(params.variances[0])
    with one_blas_thread():
        for prediction in predictions:
            found, error = predicted_numbers(params, rows.design), 0.0
            if prediction == "forward":
                log_p = gaussian_output.log_normal(rows.target - found, variance)
            elif exactly_predictable(params):
                log_p = exact_posterior(params, rows).log_evidence
            else:
                found, log_p, error = _sampled_numbers(params, rows, weights)
            yield prediction, number_report(found, rows.target, log_p, error, weights)


def _sampled_numbers(params: NetworkParams, rows: NetworkRows, weights: Array | None) -> tuple[Array, Array, float]:
    """E[y | x] and ln p(y | x) (n,) from draws z ~ p(z | x) that are always the same, and the error of −ln p's mean."""
    assert rows.target is not None and params.variances is not None
    generator, n = np.random.default_rng(0), rows.n_rows
    at_once = max(1, _ENTRIES_AT_ONCE // max(1, n * sum(params.sizes)))
    found, of_inputs = list[Array](), FirstLayer.of(params, rows.design)
    for first in range(0, _DRAWS, at_once):
        number = min(at_once, _DRAWS - first)
        units = prior_draws(params, of_inputs, generator, number)[-1].reshape(number * n, -1).astype(np.float64)
        found.append(gaussian_output.means(params.output, units).reshape(number, n))
    drawn = np.concatenate(found)
    log_each = gaussian_output.log_normal(rows.target - drawn, float(params.variances[0]))
    log_p, relative = log_means(log_each, (_DRAWS,))
    return drawn.mean(axis=0), log_p, error_of_mean(relative, weights)


def _as_codes(y: Any, n_classes: int, classes: Any) -> Any:
    """y as it is where it counts from 0; else the places of its labels among the classes."""
    given = np.asarray(y)
    if classes is None and given.dtype.kind in "iuf" and np.all(given < n_classes) and np.all(given >= -1):
        return given
    codes, labels = encoded(given, unknown_is_minus_one=False)
    if classes is None:
        return codes if len(labels) == n_classes else given
    return targets_among(given, np.asarray(classes))


def _log_probability_of_targets(
    params: NetworkParams, design: Array, targets: IntArray, prediction: Prediction, probabilities: Array
) -> Array:
    own = np.arange(len(design)), targets
    if prediction == "forward":
        return np.asarray(forward_log_probabilities(params.output, activities(params.layers, design)[-1])[own])
    if prediction == "marginal" and exactly_predictable(params):
        rows = arranged(design[:, 1:], targets, None, params.n_classes)
        return rows.in_user_order(exact_posterior(params, rows).log_evidence)  # finite where p itself would round to 0
    return np.log(np.maximum(probabilities[own], _LEAST))
