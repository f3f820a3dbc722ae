"""Why Q: both sides of ∂ ln p = 0 hold r(θ); with r held the sum comes apart (Fisher's identity)."""

from __future__ import annotations

import numpy as np

from engine.arrays import Array
from engine.em.inference import Exact
from engine.em.step import Step
from engine.errors import EngineError
from engine.explain.derivation import Worked, line
from engine.explain.pulls import strongest_lines, with_prior, without_rounding
from engine.explain.reasons.needs import asked, height
from engine.explain.worked import after_m_step, explainer
from engine.parallel import one_blas_thread


def why_q(step: Step, name: str) -> Worked:
    """The slope of ln p along an entry at θ_q: r(θ) is in it. With r held it is Q's, and Q's can be set to 0.

    Raises:
        EngineError: nothing is hidden, no E-step was taken, or there is no formula for this entry.
    """
    at, entry = asked(step, name)
    model, data = explainer(step), step.problem.data
    with one_blas_thread():
        here = model.slopes(at, at.params, entry)
        if here is None:
            raise EngineError("there is no formula for the slope along this parameter: choose another one.")
        each, said = (
            here.each(data),
            _slope_formula(
                here.name,
                data.sample_weight is not None,
                step.problem.model.has_likelihood or not step.problem.model.exact,
            ),
        )
        weight = np.ones(len(each)) if data.sample_weight is None else data.sample_weight
        exact = step.problem.model.exact and isinstance(at.inference, Exact)
        name = "ln p" if step.problem.model.has_likelihood else height(step.problem.model)
        whose = f"∂ {name}/∂θ at θ_q, where r is r(θ)" if exact else "∂Q/∂θ at θ_q"

        def of_row(i: int) -> list[tuple[str, float]]:
            return _products(here.shares[i], here.slopes[i], float(weight[i]))

        lines = strongest_lines(each, of_row, data, said, f"{whose}: Σ {said}", "pairs")
        lines = with_prior(lines, here.prior, "∂ ln p(θ)/∂θ" if here.prior else "")
        held = lines[-1].result
        if exact:
            lines.append(line("slope", "and ∂Q/∂θ there, r held: the same number", "value", [("slope", held)]))
        after, _, what = after_m_step(step)
        there = model.slopes(at, after, entry)
        if there is not None:
            terms = there.shares * there.slopes * weight[:, None]  # what cancels inside a row is rounded, too
            left = without_rounding(there.total(data) + there.prior, terms, there.prior)
            lines.append(line("slope", f"r held, at θ of the {what}", "value", [("slope", left)]))
        if there is not None and exact and step.phase == "M" and isinstance(step.at.inference, Exact):
            renewed = model.slopes(step.at, after, entry)
            if renewed is not None:
                now = without_rounding(renewed.total(data) + renewed.prior, renewed.each(data), renewed.prior)
                lines.append(line("slope", "r renewed there: what the next E-step finds", "value", [("slope", now)]))
    sums = " Probabilities sum to 1, so their slopes end at λ and not at 0." if entry.rule in ("sum", "row") else ""
    remark = f"both sides of ∂ {name}/∂θ = 0 hold r(θ); with r held, each parameter can be solved for by itself.{sums}"
    if exact and step.problem.model.ascent != "maximum":
        remark = (
            f"both sides of ∂ {name}/∂θ = 0 hold r(θ); with r held the sum comes apart: the M-step goes up it.{sums}"
        )
    if not exact:
        remark = f"this q is not the exact posterior, so this is the slope of the bound, with q held.{sums}"
    return Worked("parameter", entry.name, tuple(lines), np.array([held]), "why Q", remark)


def _slope_formula(name: str, weighed: bool, joint: bool) -> str:
    return f"{name} · ∂ {'ln p(x, z)' if joint else 'of the row'}/∂θ" + (" · weight" if weighed else "")


def _products(shares: Array, slopes: Array, weight: float) -> list[tuple[str, float]]:
    """What q holds of each case, and the slope there by the row's weight, one after the other; cases of 0 left out."""
    cases = np.flatnonzero(shares != 0)
    cases = cases if len(cases) else np.arange(min(1, len(shares)))
    return [pair for m in cases for pair in (("r", float(shares[m])), ("slope", float(slopes[m]) * weight))]
