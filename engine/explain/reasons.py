r"""Why EM works, with the numbers of one step: reasons as derivations line by line.

    why_q(step, "means[0,1]")        r(θ) is on both sides of ∂ ln p = 0; held, the sum comes apart (Fisher's identity)
    balanced(step, "means[0,1]")     ∂Q = 0: the rows that pull at an entry, and that they balance at its new value
    rise(step)                       Δ ln p = ΔQ + ΔKL
    multiplier(step, "weights[0]")   N_k / w_k is the same λ for all k after the M-step (Lagrange)
    shares(step)                     why a component's weight is not its share of the rows: doubt

After an E-step all of them tell of the M-step to come.
"""

from __future__ import annotations

import numpy as np

from engine.arrays import Array
from engine.editing.entries import Entry, entry_named, value_of
from engine.em.evaluation import Evaluation
from engine.em.fields import Field, fields_of, mixing_weights
from engine.em.inference import Exact
from engine.em.step import Step
from engine.errors import EngineError
from engine.explain.derivation import Worked, WorkedLine, line
from engine.explain.pulls import pulls_lines, strongest_lines, with_prior
from engine.explain.worked import after_m_step, explainer
from engine.parallel import one_blas_thread

_MOST = 12  # of what sums to 1, each with its line
NO_E_STEP = "there is no q before the first E-step: take an E-step."
NOT_HIDDEN = "nothing is hidden in this model, so there is no q to hold: its steps follow the objective itself."


def why_q(step: Step, name: str) -> Worked:
    """The slope of ln p along an entry at θ_q: r(θ) is in it. With r held it is Q's, and Q's can be set to 0.

    Raises:
        EngineError: nothing is hidden, no E-step was taken, or there is no formula for this entry.
    """
    at, entry = _asked(step, name)
    model, data = explainer(step), step.problem.data
    with one_blas_thread():
        here = model.slopes(at, at.params, entry)
        if here is None:
            raise EngineError(f"there is no formula for the slope along {entry.name}: choose another parameter.")
        each, said = here.each(data), _slope_formula(here.name, data.sample_weight is not None)
        weight = np.ones(len(each)) if data.sample_weight is None else data.sample_weight
        lines = strongest_lines(
            each,
            lambda i: _products(here.shares[i], here.slopes[i], float(weight[i])),
            data,
            said,
            f"Σ {said}",
            "pairs",
        )
        exact = step.problem.model.exact and isinstance(at.inference, Exact)
        whose = "∂ ln p/∂θ, r being r(θ)" if exact else "∂Q/∂θ at θ_q"
        lines.append(line("slope", f"at θ_q this is {whose}", "value", [("slope", lines[-1].result)]))
        lines = with_prior(lines, here.prior, "∂ ln p(θ)/∂θ" if here.prior else "")
        held = lines[-1].result
        if exact:
            lines.append(line("slope", "and ∂Q/∂θ there, r held: the same number", "value", [("slope", held)]))
        after, _, what = after_m_step(step)
        there = model.slopes(at, after, entry)
        if there is not None:
            left = there.total(data) + there.prior
            lines.append(line("slope", f"r held, at θ of the {what}", "value", [("slope", left)]))
        if there is not None and exact and step.phase == "M" and isinstance(step.at.inference, Exact):
            renewed = model.slopes(step.at, after, entry)
            if renewed is not None:
                now = renewed.total(data) + renewed.prior
                lines.append(line("slope", "r renewed there: what the next E-step finds", "value", [("slope", now)]))
    sums = " Probabilities sum to 1, so their slopes end at λ and not at 0." if entry.rule in ("sum", "row") else ""
    remark = f"r(θ) is on both sides of ∂ ln p/∂θ = 0; hold r, and each parameter can be solved for by itself.{sums}"
    if not exact:
        remark = f"q is not the exact posterior here, so this is the slope of the bound; q is held.{sums}"
    return Worked("parameter", entry.name, tuple(lines), np.array([held]), "why Q", remark)


def balanced(step: Step, name: str) -> Worked:
    """The pulls of the rows at an entry of θ_q, and what is left of their sum at θ of the M-step.

    Raises:
        EngineError: nothing is hidden, no E-step was taken, or there is no formula for this entry.
    """
    at, entry = _asked(step, name)
    model, data = explainer(step), step.problem.data
    with one_blas_thread():
        before = model.pulls(at, at.params, entry)
        if before is None:
            raise EngineError(f"there is no formula for what pulls at {entry.name}: choose another parameter.")
        lines = pulls_lines(before, data)
        after, events, what = after_m_step(step)
        old, new, left = value_of(at.params, entry), value_of(after, entry), model.balance(at, after, entry)
    lines.append(line("total", "θ before", "value", [("before", old)]))
    lines.append(line("parameter", f"θ of the {what}", "value", [("after", new)]))
    if left is not None:
        lines.append(line("slope", "the same sum at it", "value", [("left", left)]))
    remark = "∂Q/∂θ = 0 where the pulls balance, given the new values of the others"
    if step.problem.model.ascent != "maximum":
        remark = f"this {what.removesuffix(' to come')} goes up without going to the top, so that a pull may be left"
    if events:
        remark = "; ".join((remark, *(event.message for event in events)))
    return Worked("parameter", entry.name, tuple(lines), np.array([np.nan if left is None else left]), what, remark)


def rise(step: Step) -> Worked:
    """ln p(θ) − ln p(θ_q) = [Q(θ; q) − Q(θ_q; q)] + KL(q ‖ posterior at θ) − KL(q ‖ posterior at θ_q).

    ln p = Q + H(q) + KL at both, of one q: so H cancels. With a prior, ln p(θ) − ln p(θ_q) of it is added, and where
    ln p can't be had there is the bound in its place. Raises EngineError where nothing is hidden, before an E-step.
    """
    at = _need_q(step)
    model, data = step.problem.model, step.problem.data
    after, _, what = after_m_step(step)
    there = step.at if step.phase == "M" else step.problem.at(after)
    with one_blas_thread():
        old_q, new_q = (model.q_value(at.expectation, theta, data) for theta in (at.params, after))
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
        lines.append(line("evidence", "Δ ln p(X | θ) = ΔQ + ΔKL", "sum", parts))
        values = [("new", there.log_likelihood), ("old", at.log_likelihood)]
        lines.append(line("evidence", "ln p(X | θ new) − ln p(X | θ old)", "difference", values))
        remark = (
            "q is one and the same on both sides, so its entropy cancels; KL can't be below 0, so ln p rises with Q"
        )
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


def multiplier(step: Step, name: str | None = None) -> Worked:
    """Lagrange: ∂/∂w_k [Q − λ (Σ w − 1)] = N_k / w_k − λ = 0, so N_k / w_k is one λ for all k, and λ = Σ N.

    name: an entry of what sums to 1; any other stands for the weights of the components, or the first such array.

    Raises:
        EngineError: nothing is hidden, no E-step was taken, or nothing in θ sums to 1.
    """
    at, model, data = _need_q(step), explainer(step), step.problem.data
    row = _row_of(step, name)
    if not row:
        raise EngineError("no entries of θ sum to 1 here, so there is no λ.")
    after, _, what = after_m_step(step)
    lines: list[WorkedLine] = []
    counts: list[tuple[str, float]] = []
    lambdas = []
    with one_blas_thread():
        found = [(entry, model.slopes(at, at.params, entry), model.slopes(at, after, entry)) for entry in row]
        shown = [one for one in found if one[1] is not None or one[2] is not None]
        if not shown:
            raise EngineError(f"there is no formula for the slope along {row[0].name}: choose another parameter.")
        for when, theta, which in (("before", at.params, 1), (f"of the {what}", after, 2)):
            for place, (entry, *both) in enumerate(shown):
                slopes = both[which - 1]
                if slopes is None:
                    continue
                value = value_of(theta, entry)
                count = (slopes.total(data) + slopes.prior) * value
                label = "N / w" if not slopes.prior else "(N + c) / w"
                values = [("N", count), ("w", value)]
                one = line("total", f"{label}, w {when}", "quotient", values, _owner(entry, place))
                lines.append(one)
                if which == 2:
                    counts.append((f"N {place}", count))
                    lambdas.append(one.result)
    if len(counts) == len(row):
        lines.append(line("parameter", "λ = Σ N, all of them", "sum", counts))
    field = fields_of(step.params, step.problem.model)[row[0].path]
    held = field.n_held > 0
    remark = "the slopes of Q along what sums to 1 can't all be 0: at the maximum they are one λ"
    if held:
        remark = "these are held: no M-step moves them, and so the quotients differ"
    ends = lines[-1].result if len(counts) == len(row) else (lambdas[0] if lambdas else np.nan)
    return Worked("step", row[0].path, tuple(lines), np.array([ends, *lambdas]), what, remark)


def shares(step: Step) -> Worked:
    """Mean r of each component beside its share of the rows by their largest r, and the doubt that is between them.

    mean r_k = share_k + what rows of other components leave it − what its own rows leave to others, by weights of rows.

    Raises:
        EngineError: no E-step was taken, or r of a row does not sum to 1 over components.
    """
    at, model = _need_q(step), step.problem.model
    if not model.responsibilities_sum_to_one or model.supervised:
        raise EngineError("a hidden unit is on or off, so that no row is of one component: there are no shares.")
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
    weights = mixing_weights(after_m_step(step)[0])
    if weights is not None and len(weights.array) == len(share):
        apart = np.abs(weights.array - (weight @ r) / n)
        if float(apart.max()) > 1e-9:
            lines += [
                line("parameter", "the weight is another", "value", [("w", w)], k) for k, w in enumerate(weights.array)
            ]
    certain = "every row is certain of its component, so weights are shares of rows"
    doubt = "a weight is the mean of r, and a label only its largest: what a row leaves to others counts for them"
    return Worked("step", "", tuple(lines), (weight @ r) / n, "shares", certain if top > 1 - 1e-12 else doubt)


def _need_q(step: Step) -> Evaluation:
    if not step.problem.model.hides:
        raise EngineError(NOT_HIDDEN)
    if step.at_q is None:
        raise EngineError(NO_E_STEP)
    return step.at_q


def _asked(step: Step, name: str) -> tuple[Evaluation, Entry]:
    at = _need_q(step)
    return at, entry_named(step.problem.model, step.params, name)


def _slope_formula(name: str, weighed: bool) -> str:
    return f"{name} · ∂ ln p(x, z)/∂θ" + (" · weight" if weighed else "")


def _products(shares: Array, slopes: Array, weight: float) -> list[tuple[str, float]]:
    """What q holds of each case, and the slope there by the row's weight, one after the other; cases of 0 left out."""
    cases = np.flatnonzero(shares != 0)
    cases = cases if len(cases) else np.arange(min(1, len(shares)))
    return [pair for m in cases for pair in (("r", float(shares[m])), ("slope", float(slopes[m]) * weight))]


def _row_of(step: Step, name: str | None) -> list[Entry]:
    """The entries that sum to 1 with the one of that name; those of the weights for any other; [] for none."""
    fields = fields_of(step.params, step.problem.model)
    entry = None if name is None else entry_named(step.problem.model, step.params, name)
    field: Field | None = None if entry is None else fields[entry.path]
    partner = ""
    if field is not None and field.declared.rest_of:  # such as an end probability: the rest of a row
        assert entry is not None
        field, partner = fields[field.partner], entry.path
        entry = Entry(field.path, (entry.index[0], 0), "row")
    if field is None or field.domain != "simplex" or entry is None:
        field = mixing_weights(step.params) or next((one for one in fields.values() if one.domain == "simplex"), None)
        if field is None:
            return []
        entry = Entry(field.path, (0,) * field.array.ndim, "sum")
    size, chosen = field.array.shape[-1], entry.index[-1]
    order = np.argsort(-field.array[entry.index[:-1]], kind="stable")[:_MOST].tolist()
    places = sorted({*order, chosen}) if size > _MOST else range(size)
    row = [Entry(field.path, (*entry.index[:-1], j), entry.rule) for j in places]
    partner = partner or field.partner
    return [*row, Entry(partner, entry.index[:1], "row")] if partner in fields and field.partner else row


def _owner(entry: Entry, place: int) -> int | None:
    """The component of an entry of the weights."""
    return entry.index[-1] if len(entry.index) == 1 and entry.rule == "sum" else place
