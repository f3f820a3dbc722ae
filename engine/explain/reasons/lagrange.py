"""Lagrange: after the M-step N / w is one λ for all entries that sum to 1."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.editing.entries import Entry, entry_named, value_of
from engine.em.fields import Field, fields_of, mixing_weights
from engine.em.parameters import DATA_NOUNS
from engine.em.step import Step
from engine.errors import EngineError
from engine.explain.derivation import Worked, WorkedLine, line
from engine.explain.reasons.needs import need_q
from engine.explain.worked import after_m_step, explainer
from engine.parallel import one_blas_thread

_APART = 1e-6  # of λ
_MOST = 12  # of what sums to 1, each with its line; of more
_FEWER = 6


def multiplier(step: Step, name: str | None = None) -> Worked:
    """Lagrange: ∂/∂w_k [Q − λ (Σ w − 1)] = N_k / w_k − λ = 0, so N_k / w_k is one λ for all k, and λ = Σ N.

    name: an entry of what sums to 1; any other stands for the weights of the components, or the first such array.

    Raises:
        EngineError: nothing is hidden, no E-step was taken, or nothing in θ sums to 1.
    """
    at, model = need_q(step), explainer(step)
    row = _row_of(step, name)
    if not row:
        raise EngineError("no entries of θ sum to 1 here, so there is no λ.")
    after, _, what = after_m_step(step)
    field = fields_of(step.params, step.problem.model)[row[0].path]
    with one_blas_thread():
        found = [(entry, model.counted(at, entry)) for entry in row]
    shown = [(entry, sum(count), count[1] > 0) for entry, count in found if count is not None]
    if not shown:
        raise EngineError("there is no formula for the slope along these parameters: choose another one.")
    lines: list[WorkedLine] = []
    for when, theta in (("before", at.params), (f"of the {what}", after)):
        for entry, count, imagined in shown:
            if not value_of(theta, entry) > 0:
                continue  # a component that died has no part in it
            owner, whose = _owner(field, entry, model)
            values, label = [("N", count), ("w", value_of(theta, entry))], "(N + c) / w" if imagined else "N / w"
            lines.append(line("total", f"{label}{whose}, w {when}", "quotient", values, owner))
    lambdas = [one.result for one in lines if one.formula.endswith(f", w of the {what}")]
    size = field.array.shape[-1]
    remark = "the slopes of Q along what sums to 1 can't all be 0: at the maximum they are one λ"
    if field.n_held:
        remark = "these are held: no M-step moves them, and so the quotients differ"
    elif lambdas and max(lambdas) - min(lambdas) > _APART * max(lambdas):
        remark = "w was set otherwise than by the maximum, by hand or by a rule, and so the quotients differ"
    elif len(shown) >= size:
        said = "λ = Σ (N + c)" if any(imagined for _, _, imagined in shown) else "λ = Σ N"
        lines.append(line("parameter", said, "sum", [("N", count) for _, count, _ in shown]))
    else:
        remark = f"{remark}; {len(shown)} of {size:,} are shown, and λ is the sum of all N"
    ends = lines[-1].result if lines[-1].role == "parameter" else next(iter(lambdas), np.nan)
    return Worked("step", row[0].path, tuple(lines), np.array([ends, *lambdas]), what, remark)


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
    places = sorted({*order[: _FEWER - 1], chosen}) if size > _MOST else range(size)
    row = [Entry(field.path, (*entry.index[:-1], j), entry.rule) for j in places]
    partner = partner or field.partner
    return [*row, Entry(partner, entry.index[:1], "row")] if partner in fields and field.partner else row


def _owner(field: Field, entry: Entry, model: Any) -> tuple[int | None, str]:
    """The component of an entry, where what sums to 1 is of components; else ("", of which word or symbol) in words."""
    if entry.path != field.path:
        return None, f" of the end ({field.declared.word} to none)"
    axis, place = field.axes[-1], entry.index[-1]
    if axis not in field.declared.of:
        return place, ""
    return None, f" of {axis.noun} {place if axis.noun in DATA_NOUNS else axis.name_of(place, (), model)}"
