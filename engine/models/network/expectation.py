r"""What every E-step of the network hands on, and Q and its gradient from it.

    Q(θ; q) = Q_w + Q_v
    Q_w = Σ_j Σ_h E[z_hj] a_hj − ln(1 + exp a_hj),                 a_hj = w_hᵀ[1, x_j]
    Q_v = Σ_j E[ln o_{y_j}(z_j)] = Σ_i v_iᵀ s_i − Σ_z N(z) ln Σ_i exp(v_iᵀ[1, z])

with s_i = Σ_{j: y_j = i} E[1, z_j] and N(z) = Σ_j q_j(z), each row with its weight: two weighted logistic regressions,
one for each layer.                                              Ng & McLachlan 2004, eqs. 9 to 14, in other letters
Where numbers are learned, the second is a linear regression: see `gaussian_output`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.arrays import Array
from engine.em.inference import EXACT, Inference
from engine.em.statistics import NotAdditive
from engine.models.network.configurations import Configurations
from engine.models.network.data import NetworkRows
from engine.models.network.gaussian_output import Squares
from engine.models.network.params import NetworkParams, decay_of, sigmoid, softplus


@dataclass(frozen=True, eq=False)
class NetworkExpectation(NotAdditive):
    """The expected sufficient statistics of a network with 0/1 hidden units, whatever E-step they come from.

    `class_moments` and `counts` stand for the whole (g, 2^m) table S_i(z) = Σ_{j: y_j = i} weight_j q_j(z): Q and its
    derivatives need no more of it than Σ_z S_i(z) [1, z] and Σ_i S_i(z).

    Attributes:
        hidden: (n, m) E_q[z_h] of each row, in the order of the design (see `NetworkRows`), not weighted; where there
            are several hidden layers, those of the first.
        class_moments: (g, m+1) s_i = Σ_{j: y_j = i} weight_j E_q[1, z_j]; of numbers (1, m+1)
            Σ_j weight_j y_j E_q[1, z_j], y about its mean.
        counts: N(z) = Σ_j weight_j q_j(z), in the shape of `configurations`.
        configurations: the z that q puts weight on: all of them, or those that were drawn.
        deeper: what the second hidden layer and those after it are to learn.
        inference: by which an exact E-step chose q, so that parts of the rows can be asked for again.
    """

    why: ClassVar[str] = "a network's M-step needs each row beside its E[z], so that parts of the rows do not add up."

    hidden: Array
    class_moments: Array
    counts: Array
    configurations: Configurations
    deeper: tuple[DeeperExpectation, ...] = ()
    inference: Inference = EXACT


@dataclass(frozen=True, eq=False)
class DeeperExpectation:
    """One hidden layer whose inputs are drawn units: a logistic regression with a row for each draw of each row.

    Attributes:
        hidden: (R, m_l) E[z_h] given what was drawn beside it.
        rows: (R) the draws of the layer before it, as inputs, each with its weight.
    """

    hidden: Array
    rows: NetworkRows


Targets = NetworkExpectation | DeeperExpectation
"""What a layer is to learn."""


def class_moments(hidden: Array, rows: NetworkRows, n_classes: int) -> Array:
    """(g, m+1) s_i = Σ_{j: y_j = i} weight_j E[1, z_j], from E[z] (n, m) in the order of the design.

    Where numbers are learned, (1, m+1) Σ_j weight_j y_j E[1, z_j], y about its mean.
    """
    if rows.numeric:
        weighted = rows.about_mean if rows.weights is None else rows.about_mean * rows.weights
        return np.concatenate([[weighted.sum()], weighted @ hidden])[None, :]
    moments = np.zeros((n_classes, hidden.shape[1] + 1))
    for c, part in rows.class_slices():
        if rows.weights is None:
            moments[c, 0] = part.stop - part.start
            hidden[part].sum(axis=0, out=moments[c, 1:])
        else:
            moments[c, 0] = rows.weights[part].sum()
            np.matmul(rows.weights[part], hidden[part], out=moments[c, 1:])
    return moments


def hidden_value(statistics: Targets, hidden: Array, rows: NetworkRows) -> Array:
    """(m,) Q_w unit by unit: Σ_j weight_j (E[z_hj] a_hj − ln(1 + exp a_hj))."""
    a = rows.design @ hidden.T
    each = statistics.hidden * a
    each -= softplus(a)
    return np.asarray(each.sum(axis=0) if rows.weights is None else rows.weights @ each)


def output_value(statistics: NetworkExpectation, output: Array) -> float:
    """Q_v = Σ_i v_iᵀ s_i − Σ_z N(z) ln Σ_i exp(v_iᵀ[1, z])."""
    log_normaliser = statistics.configurations.outputs(output).log_normaliser
    return float(np.vdot(statistics.class_moments, output) - np.vdot(statistics.counts, log_normaliser))


def parts_of_q(statistics: NetworkExpectation, params: NetworkParams, rows: NetworkRows) -> dict[str, float]:
    """Q(θ; q) layer by layer: Q_w as "hidden" (of further layers "hidden_2" and so on), and Q_v as "output"."""
    parts = {"hidden": float(hidden_value(statistics, params.hidden, rows).sum())}
    for number, (part, layer) in enumerate(zip(statistics.deeper, params.layers[1:], strict=True), 2):
        parts[f"hidden_{number}"] = float(hidden_value(part, layer, part.rows).sum())
    if params.variances is None:
        parts["output"] = output_value(statistics, params.output)
    else:
        parts["output"] = squares_of(statistics, rows).value(params.output, float(params.variances[0]))
    return parts


def squares_of(statistics: NetworkExpectation, rows: NetworkRows) -> Squares:
    """What Q_v is made of where numbers are learned."""
    return Squares.of(statistics.configurations, statistics.counts, statistics.class_moments[0], rows)


def expected_log_joint(statistics: NetworkExpectation, params: NetworkParams, rows: NetworkRows) -> float:
    """Q(θ; q), every layer."""
    return sum(parts_of_q(statistics, params, rows).values())


def hidden_gradient(statistics: Targets, hidden: Array, rows: NetworkRows, weight_decay: float = 0.0) -> Array:
    """(m, p+1) ∂(Q_w + ln p)/∂w_h = Σ_j weight_j (E[z_hj] − u_hj) [1, x_j] − weight_decay w_h."""
    u = sigmoid(rows.design @ hidden.T)
    residual = np.subtract(statistics.hidden, u, out=u)
    if rows.weights is not None:
        residual *= rows.weights[:, None]
    gradient = residual.T @ rows.design
    return gradient if weight_decay == 0.0 else gradient - decay_of(hidden, weight_decay)


def output_gradient(
    statistics: NetworkExpectation, output: Array, weight_decay: float = 0.0, classes: range | None = None
) -> Array:
    """(k, m+1) ∂(Q_v + ln p)/∂v_i = s_i − Σ_z N(z) o_i(z) [1, z] − weight_decay v_i.

    classes: the k first of them; without it all but the last, the reference.
    """
    at, k = statistics.configurations.outputs(output), len(output) - 1 if classes is None else len(classes)
    gradient = statistics.class_moments[:k].copy()
    for i in range(k):
        gradient[i] -= at.first_moments(i, statistics.counts)
    return gradient if weight_decay == 0.0 else gradient - decay_of(output[:k], weight_decay)
