"""A row that was not fitted: how it divides among the components at θ, how likely it is, how far it lies from each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from engine.arrays import Array, as_numbers, log_sum_exp
from engine.em.inference import EXACT
from engine.em.step import Step
from engine.errors import EngineError
from engine.explain.derivation import Worked
from engine.explain.worked import explainer
from engine.parallel import one_blas_thread


@dataclass(frozen=True, eq=False)
class NewRow:
    """What θ says of a row of one's own.

    Attributes:
        responsibilities: (K,) p(k | x, θ).
        log_likelihood: ln p(x | θ), in nats; -inf where no component can give such a row.
        distances: (K,) how far x lies from each component, in its standard deviations, where it has any: for a Gaussian
            √((x − μ)ᵀ Σ⁻¹ (x − μ)), for counts |x − λ|/√λ or |x − nπ|/√(nπ(1 − π)); None where a component has none.
        worked: the same line by line, as `worked_row` works out a row of the data.
    """

    responsibilities: Array
    log_likelihood: float
    distances: Array | None
    worked: Worked


def new_row(step: Step, x: Any) -> NewRow:
    """What the parameters of this step say of a row x (d,), in the units of the data that were fitted.

    Raises:
        EngineError: the model has no rows that divide by themselves (sequences, a network), or x is no row for it.

    >>> step = engine.begin(engine.GaussianMixture(n_components=3), engine.load("iris").X, seed=0)
    >>> engine.new_row(step, [5.0, 3.4, 1.5, 0.2]).responsibilities.round(3)
    array([0., 1., 0.])
    """
    model, row = step.problem.model, np.atleast_1d(as_numbers(x, "x", "the numbers of one row"))[None]
    if row.ndim != 2:
        raise EngineError("x must be one row of numbers: ask for each row by itself.")
    if not model.takes_new_rows:
        raise EngineError(f"{model.name} does not divide a row by itself: ask a mixture.")
    with one_blas_thread():
        data = model.observe_new(row, step.params)
        problem = replace(step.problem, data=data)
        alone = replace(step, problem=problem, at_q=problem.at(step.params, EXACT))
        explained = explainer(step)
        states = explained.row_states(alone, 0)
        worked = replace(explained.worked_row(alone, 0), name="")
        distances = explained.row_distances(step.params, row[0])
    return NewRow(np.asarray(worked.result), float(log_sum_exp(states.log_joint)), distances, worked)
