"""Weights beside shares of rows: what lies between them is the doubt of rows."""

from __future__ import annotations

import numpy as np

from engine.em.fields import fields_of, mixing_weights
from engine.em.step import Step
from engine.errors import EngineError
from engine.explain.derivation import Worked, line
from engine.explain.reasons.needs import need_q
from engine.explain.worked import after_m_step
from engine.parallel import one_blas_thread

_CERTAIN = 1e-9  # of a share: what is below it is nothing


def shares(step: Step) -> Worked:
    """Mean r of each component beside its share of the rows by their largest r, and the doubt that is between them.

    mean r_k = share_k + what rows of other components leave it − what its own rows leave to others, by weights of rows.

    Raises:
        EngineError: no E-step was taken, or the model has no weights of components.
    """
    at, model = need_q(step), step.problem.model
    weights = mixing_weights(after_m_step(step)[0])
    if weights is None:
        raise EngineError("this model has no weights of components that shares of rows could stand beside.")
    with one_blas_thread():
        r = model.responsibilities(at.params, at.data, slice(None), at.inference)
    weight = np.ones(len(r)) if at.data.sample_weight is None else at.data.sample_weight
    n, labels = float(weight.sum()), r.argmax(axis=1)
    top = float(weight @ r.max(axis=1)) / n
    lines = [line("evidence", "mean of the largest r", "value", [("mean", top)])]
    own = labels[:, None] == np.arange(r.shape[1])
    share = (weight @ own) / n
    taken, given = (weight @ (r * ~own)) / n, (weight @ ((1.0 - r) * own)) / n
    for k in range(r.shape[1]):
        values = [("share", share[k]), ("of others' rows", taken[k]), ("of its rows", -given[k])]
        lines.append(
            line("responsibility", "mean r = share of rows + left by others − left to others", "sum", values, k)
        )
    remark = "a weight is the mean of r, and a label only its largest: what a row leaves to others counts for them"
    if top > 1 - _CERTAIN:
        remark = "every row is certain of its component, so the mean of r is the share of rows"
    if len(weights.array) != len(share) or np.abs(weights.array - (weight @ r) / n).max() > _CERTAIN:
        held = fields_of(step.params, model)[weights.path].n_held > 0
        said = "the weight, which is held" if held else "the weight, as it was set"
        lines += [line("parameter", said, "value", [("w", w)], k) for k, w in enumerate(weights.array)]
    return Worked("step", "", tuple(lines), (weight @ r) / n, "shares", remark)
