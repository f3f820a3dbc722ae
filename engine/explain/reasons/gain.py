"""Q up, ln p up: what the M-step gains is ΔQ, and the KL that it opens."""

from __future__ import annotations

import numpy as np

from engine.em.inference import Exact
from engine.em.step import Step
from engine.explain.derivation import Worked, line
from engine.explain.reasons.needs import need_q
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
    there = step.at if step.phase == "M" else step.problem.at(after)
    with one_blas_thread():
        old_q, new_q = (model.q_value(at.expectation, theta, data) for theta in (at.params, after))
    name = "ln p(X | θ)" if model.has_likelihood and model.exact else model.objective_label
    lines = [
        line("total", "ΔQ = Q(θ new; q) − Q(θ old; q)", "difference", [("new", new_q), ("old", old_q)]),
    ]
    parts = [("ΔQ", lines[-1].result)]
    if model.exact:
        gaps = [one.log_likelihood - (q + at.entropy) for one, q in ((there, new_q), (at, old_q))]
        if isinstance(at.inference, Exact):
            gaps[1] = 0.0  # q is the posterior at θ_q
        if step.phase == "M":
            gaps[0] = step.kl
        lines.append(
            line(
                "total",
                "ΔKL = KL(q ‖ posterior) at θ new − at θ old",
                "difference",
                [("new", gaps[0]), ("old", gaps[1])],
            )
        )
        parts.append(("ΔKL", lines[-1].result))
        lines.append(line("evidence", f"Δ {name} = ΔQ + ΔKL", "sum", parts))
        values = [("new", there.log_likelihood), ("old", at.log_likelihood)]
        lines.append(line("evidence", f"{name} at θ new − at θ old", "difference", values))
        remark = f"one q stands on both sides, so its entropy cancels; KL can't fall below 0, so {name} rises with Q"
    else:
        lines.append(line("evidence", "Δ bound = ΔQ, for q and its entropy stay", "sum", parts))
        remark = "ln p can't be had in this model: what rises is the bound below it"
    prior = [model.log_prior(theta, data) for theta in (after, at.params)]
    if any(prior):
        gained = line("ridge", "Δ ln p(θ) of the prior", "difference", [("new", prior[0]), ("old", prior[1])])
        whole = [("Δ", next(one.result for one in lines if one.role == "evidence")), ("Δ prior", gained.result)]
        lines += [gained, line("parameter", "Δ objective", "sum", whole)]
        remark = f"{remark}; the {model.update_name} raises Q + ln p(θ), so Q alone may fall"
    if model.ascent != "maximum":
        remark = f"{remark}; this {model.update_name} need not go to the top of Q"
    return Worked("step", "", tuple(lines), np.array([one.result for one in lines]), what, remark)
