r"""How Q of a network goes with one weight, row by row, with q held: of the first hidden layer, and of the output.

∂Q_w/∂w_hk = Σ_j (E[z_hj] − u_hj) x_jk            ∂Q_v/∂v_ih = Σ_j (y_ij E[z_hj] − E[z_hj o_ij])
"""

from __future__ import annotations

import numpy as np

from engine.editing.entries import Entry, value_of
from engine.em.evaluation import Evaluation
from engine.explain.pulls import Pulls, Slopes
from engine.models.network.data import NetworkRows
from engine.models.network.explanations.numbers import number_moments
from engine.models.network.explanations.of_weight import WeightMStep
from engine.models.network.params import NetworkParams, sigmoid
from engine.models.network.row_moments import output_moments


def network_pulls(at: Evaluation, params: NetworkParams, entry: Entry, how: WeightMStep) -> Pulls | None:
    """None for deeper layers, for variances, and for the output at another θ than that of q, whose sums it needs."""
    rows, decay = at.data, how.weight_decay
    assert isinstance(rows, NetworkRows)
    held = 0.0 if entry.index[-1] == 0 else -decay * value_of(params, entry)
    if entry.path == "hidden":
        h, k = entry.index
        u, x = sigmoid(rows.design @ params.hidden[h]), rows.design[:, k]
        expected, what = at.expectation.statistics.hidden[:, h], "1" if k == 0 else f"x {k - 1}"
        values = tuple((name, rows.in_user_order(v)) for name, v in (("E[z]", expected), ("u", u), (what, x)))
        return Pulls(f"(E[z] − u) · {what}", values, held, "−weight decay · w" if held else "")
    if entry.path != "output" or params is not at.params:
        return None
    i, h = entry.index
    if params.variances is not None:
        assert rows.target is not None
        on, said = number_moments(params, rows, at.inference, h)
        held *= float(params.variances[0])
        values = (("y E[z]", rows.in_user_order(rows.target * on)), ("E[z Vz]", rows.in_user_order(said)))
        return Pulls("y E[z] − E[z Vz]", values, held, "−weight decay · v · σ²" if held else "")
    on, said = output_moments(how.inner, at.expectation.statistics, params, rows, at.inference, (i, h))
    own = (rows.sorted_targets == i).astype(np.float64)
    values = (("y E[z]", rows.in_user_order(own * on)), ("E[z o]", rows.in_user_order(said)))
    return Pulls("y E[z] − E[z o]", values, held, "−weight decay · v" if held else "")


def network_slopes(at: Evaluation, params: NetworkParams, entry: Entry, how: WeightMStep) -> Slopes | None:
    """The pulls as they are; of an output's weight where numbers are learned over σ²."""
    found = network_pulls(at, params, entry, how)
    if found is None:
        return None
    (_, first), (_, second), *factors = found.values
    if entry.path == "hidden":  # z is on or off: (z − u) x, with q of each
        x = factors[0][1]
        q = np.stack([first, 1.0 - first], axis=1)
        return Slopes(q, np.stack([(1.0 - second) * x, -second * x], axis=1), None, "q", found.prior)
    scale = 1.0 if params.variances is None else 1.0 / float(params.variances[0])
    slopes = np.tile([scale, -scale], (len(first), 1))
    return Slopes(np.stack([first, second], axis=1), slopes, None, "E", found.prior * scale)
