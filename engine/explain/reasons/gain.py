"""Q up, ln p up: what the M-step gains is ΔQ, and the KL that it opens."""

from __future__ import annotations

import numpy as np

from engine.em.inference import Exact
from engine.em.step import Step
from engine.explain.derivation import Worked, line
from engine.explain.reasons.needs import height, need_q
from engine.explain.worked import after_m_step
from engine.parallel import one_blas_thread


def rise(step: Step) -> Worked:
    """ln p(θ) − ln p(θ_q) = [Q(θ; q) − Q(θ_q; q)] + KL(q ‖ posterior at θ) − KL(q ‖ posterior at θ_q).

    ln p = Q + H(q) + KL at both, of one q: so H cancels. With a prior, ln p(θ) − ln p(θ_q) of it is added, and where
    ln p can't be had there is the bound in its place. Raises EngineError where nothing is hidden, before an E-step.
    """
    at = need_q(step)
    model, data = step.problem.model, step.problem.data
    after, _, what = after_m_step(step)
    there = step.at if step.phase == "M" else step.problem.next_at(after, step.iteration + 1)
    with one_blas_thread():
        old_q, new_q = (model.q_value(at.expectation, theta, data) for theta in (at.params, after))
    lines = [line("total", "ΔQ = Q(θ new; q) − Q(θ old; q)", "difference", [("new", new_q), ("old", old_q)])]
    gained_q, settled = lines[0].result, model.exact and isinstance(at.inference, Exact)
    if not model.exact:
        lines.append(line("evidence", "Δ bound = ΔQ, for q and its entropy stay", "sum", [("ΔQ", gained_q)]))
        remark = "the bound below ln p rises with Q; q is no exact posterior, so that ln p itself may fall"
    name = height(model)
    if np.isfinite((there.log_likelihood, at.log_likelihood)).all():
        new = step.kl if step.phase == "M" else there.log_likelihood - (new_q + at.entropy)
        old = 0.0 if settled else at.log_likelihood - (old_q + at.entropy)  # settled: q is the posterior at θ_q
        formula = "ΔKL = KL(q ‖ posterior) at θ new − at θ old"
        lines.append(line("total", formula, "difference", [("new", new), ("old", old)]))
        parts = [("ΔQ", gained_q), ("ΔKL", lines[-1].result)]
        lines.append(line("evidence", f"Δ {name} = ΔQ + ΔKL", "sum", parts))
        values = [("new", there.log_likelihood), ("old", at.log_likelihood)]
        lines.append(line("evidence", f"{name} at θ new − at θ old", "difference", values))
    if settled:
        remark = f"one q stands on both sides, so its entropy cancels; KL can't fall below 0, so {name} rises with Q"
    elif model.exact:
        remark = "one q stands on both sides, so its entropy cancels; KL is not 0 before the step, and may fall"
    prior = [model.log_prior(theta, data) for theta in (after, at.params)]
    if any(prior):
        gained = line("ridge", "Δ ln p(θ) of the prior", "difference", [("new", prior[0]), ("old", prior[1])])
        whole = [("Δ", next(one.result for one in lines if one.role == "evidence")), ("Δ prior", gained.result)]
        lines += [gained, line("parameter", "Δ objective", "sum", whole)]
        remark = f"{remark}; the {model.update_name} raises Q + ln p(θ), so Q alone may fall"
    if model.ascent != "maximum":
        remark = f"{remark}; this {model.update_name} need not go to the top of Q"
    return Worked("step", "", tuple(lines), np.array([one.result for one in lines]), what, remark)
