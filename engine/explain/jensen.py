r"""Jensen's inequality on one row: why the bound lies below ln p(x), and what the gap between them is.

    ln p(x) = ln Σ_z q(z) · p(x, z) / q(z)  ≥  Σ_z q(z) · ln (p(x, z) / q(z)) = L of the row,
    ln p(x) − L = KL(q ‖ p(z | x)) ≥ 0                 Dempster, Laird & Rubin 1977; Neal & Hinton 1998

The logarithm is concave: the mean of logarithms lies below the logarithm of the mean. With a(z) = p(x, z) / (q(z) p(x))
the picture is the same for every row and dimension: the mean of a is 1, where the curve stands at ln p(x). q is the
posterior where every a is 1: the points fall together, and the gap is gone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from engine.arrays import Array, IntArray, log_sum_exp
from engine.em.observed import around_row
from engine.em.step import Step
from engine.errors import EngineError
from engine.explain.row_states import RowStates
from engine.explain.worked import explainer, inference_of, need_row
from engine.parallel import one_blas_thread

MOST = 10
"""States with a point of their own where they are configurations; the others are one point."""
_MOST_LOG = 709.0  # of which exp is a number


@dataclass(frozen=True)
class JensenPoint:
    """One state of the row, or the rest of them together.

    Attributes:
        name: what it is called.
        component: its number from 0 where it is a component; else None.
        q: its weight.
        log_abscissa: ln of p(x, z) / (q(z) p(x)); of the rest, of their sums.
        height: ln of p(x, z) / q(z), on the curve; of the rest the mean by q, which lies below the curve.
    """

    name: str
    component: int | None
    q: float
    log_abscissa: float
    height: float

    @property
    def abscissa(self) -> float:
        """p(x, z) / (q(z) p(x)); as large as a number can be where it is larger."""
        return math.exp(min(self.log_abscissa, _MOST_LOG))


@dataclass(frozen=True)
class Jensen:
    """The picture of one row, by numbers.

    Attributes:
        points: those of q > 0, the components in order, configurations by q.
        left_out: how many states have q = 0 and no point.
        log_evidence: ln p(x) at θ, the height of the curve at 1.
        bound: Σ q · height, what the row adds to L.
        gap: KL(q ‖ p(z | x)) = log_evidence − bound.
        mean_abscissa: Σ q · abscissa; below 1 by what the states that are left out have of p(x).
        weight: how often it counts, so that Σ weight · gap over the rows is the KL of the step.
        of: what has this picture, where that is not the whole row.
    """

    points: tuple[JensenPoint, ...]
    left_out: int
    log_evidence: float
    bound: float
    gap: float
    mean_abscissa: float
    weight: float
    of: str = ""


def jensen(step: Step, row: int) -> Jensen:
    """Jensen's inequality on one row of a step: q of its last E-step, the joint probabilities at its θ.

    Raises:
        EngineError: there is no such row, no E-step has been taken yet, q of the model is not of one row and a handful
            of states, or θ gives the row no chance.
    """
    if not step.problem.model.hides:
        raise EngineError("nothing is hidden here, so there is no q and no bound to compare ln p(x) with.")
    need_row(step, row)
    data = step.problem.data
    place = data.place_of(int(row))
    weight = 0.0 if place is None else 1.0 if data.sample_weight is None else float(data.sample_weight[place])
    with one_blas_thread():
        states = explainer(step).row_states(*_as_counted(step, int(row)))
    with np.errstate(divide="ignore"):
        log_evidence = float(log_sum_exp(states.log_joint))
    if log_evidence == -np.inf:
        raise EngineError("θ gives this row no chance, so there is no ln p(x) to compare with.")
    held = np.flatnonzero(states.q > 0)
    q = states.q[held]
    log_abscissa = states.log_joint[held] - np.log(q) - log_evidence
    gap = max(0.0, -float(q @ log_abscissa) / float(q.sum()))  # rounding alone makes it negative
    mean = float(q @ np.exp(np.minimum(log_abscissa, _MOST_LOG)))
    return Jensen(
        _points(states, held, log_abscissa, log_evidence), len(states.q) - len(held), log_evidence,
        log_evidence - gap, gap, mean, weight * states.times, states.of,
    )  # fmt: skip


def _as_counted(step: Step, row: int) -> tuple[Step, int]:
    """The step with the rows that count alone and the place of a given row there; one of weight 0 by itself."""
    problem = step.problem
    if problem.data.given is None:
        return step, row
    theta, data, place = around_row(problem.model, step.params, problem.data, row)
    theta_q, *_ = around_row(problem.model, step.params_q, problem.data, row)
    problem = replace(problem, data=data)
    return replace(step, problem=problem, params=theta, at_q=problem.at(theta_q, inference_of(step, row))), place


def _points(states: RowStates, held: IntArray, log_abscissa: Array, log_evidence: float) -> tuple[JensenPoint, ...]:
    """The components in order; of configurations those of the largest q, the largest first, and the others as one."""
    q, named = states.q[held], states.named

    def point(place: int) -> JensenPoint:
        k, a = int(held[place]), float(log_abscissa[place])
        name, component = (str(k + 1), k) if named is None else (named(k), None)
        return JensenPoint(name, component, float(q[place]), a, log_evidence + a)

    if named is None:
        return tuple(map(point, range(len(held))))
    order = np.argsort(-q, kind="stable")
    first, rest = (order, order[:0]) if len(order) <= MOST + 1 else (order[:MOST], order[MOST:])
    points = [point(int(place)) for place in first]
    if len(rest):
        total = float(q[rest].sum())
        together = float(log_sum_exp(log_abscissa[rest] + np.log(q[rest]))) - float(np.log(total))
        height = log_evidence + float(q[rest] @ log_abscissa[rest]) / total
        points.append(JensenPoint(f"the other {len(rest):,} configurations", None, total, together, height))
    return tuple(points)
