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

_MOST = 12  # of what sums to 1, each with its line


def multiplier(step: Step, name: str | None = None) -> Worked:
    """Lagrange: ∂/∂w_k [Q − λ (Σ w − 1)] = N_k / w_k − λ = 0, so N_k / w_k is one λ for all k, and λ = Σ N.

    name: an entry of what sums to 1; any other stands for the weights of the components, or the first such array.

    Raises:
        EngineError: nothing is hidden, no E-step was taken, or nothing in θ sums to 1.
    """
    at, model, data = need_q(step), explainer(step), step.problem.data
    row = _row_of(step, name)
    if not row:
        raise EngineError("no entries of θ sum to 1 here, so there is no λ.")
    after, _, what = after_m_step(step)
    field = fields_of(step.params, step.problem.model)[row[0].path]
    lines: list[WorkedLine] = []
    counts: list[tuple[str, float]] = []
    lambdas = []
    with one_blas_thread():
        found = [(entry, model.slopes(at, at.params, entry), model.slopes(at, after, entry)) for entry in row]
        shown = [one for one in found if one[1] is not None or one[2] is not None]
        if not shown:
            raise EngineError(f"there is no formula for the slope along {row[0].name}: choose another parameter.")
        for when, theta, which in (("before", at.params, 1), (f"of the {what}", after, 2)):
            for entry, *both in shown:
                slopes = both[which - 1]
                if slopes is None:
                    continue
                value = value_of(theta, entry)
                count = (slopes.total(data) + slopes.prior) * value
                label = "N / w" if not slopes.prior else "(N + c) / w"
                owner, whose = _owner(field, entry, model)
                one = line("total", f"{label}{whose}, w {when}", "quotient", [("N", count), ("w", value)], owner)
                lines.append(one)
                if which == 2:
                    counts.append(("N", count))
                    lambdas.append(one.result)
    size = field.array.shape[-1]
    remark = "the slopes of Q along what sums to 1 can't all be 0: at the maximum they are one λ"
    if field.n_held:
        remark = "these are held: no M-step moves them, and so the quotients differ"
    elif len(counts) >= size:
        said = "λ = Σ (N + c)" if any(slopes is not None and slopes.prior for _, _, slopes in shown) else "λ = Σ N"
        lines.append(line("parameter", said, "sum", counts))
    else:
        remark = f"{remark}; {len(shown)} of {size:,} are shown, and λ is the sum of all N"
    ends = lines[-1].result if lines[-1].role == "parameter" else lambdas[0] if lambdas else np.nan
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
    places = sorted({*order, chosen}) if size > _MOST else range(size)
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
