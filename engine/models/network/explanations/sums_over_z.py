r"""Sums over hidden configurations as the exact E-step has them: of a row by halves, of a weight by S(z).

With z = (z_a, z_b), A(z_a) = p(z_a | x), B(z_b) = p(z_b | x) and p = p(y | x), a row of class y adds

    o_y(z_a, z_b) A(z_a) B(z_b) / p                 to S_y(z), which is q(z)
    E[z_h] p = Σ_a z_h A(z_a) Σ_b B(z_b) o_y        of a unit of the first half; of the second one likewise

and the slope of V is Σ_c Σ_z S_c(z) (1{c = i} − o_i(z)) z_h = Σ_z S_i(z) z_h − Σ_z N(z) o_i(z) z_h,  N = Σ_c S_c.
"""

from __future__ import annotations

import numpy as np

from engine.arrays import Array
from engine.editing.entries import Entry
from engine.explain.derivation import WorkedLine, line
from engine.models.network.configurations import all_configurations, halves
from engine.models.network.e_steps.exact import Factors
from engine.models.network.expectation import NetworkExpectation
from engine.models.network.params import NetworkParams
from engine.models.network.row_configurations import SHOWN, RowConfigurations


def row_sum_lines(seen: RowConfigurations, evidence: float) -> list[WorkedLine]:
    """The row's share of S_y(z) for the likeliest configurations, and E[z] p(y | x), all by halves.

    evidence: p(y | x).
    """
    assert seen.target is not None
    m = seen.params.hidden_units
    a, b = halves(m)
    factors, every = Factors.of(seen.params.hidden @ seen.design.T), slice(None)
    A, B = factors.table(slice(a), every)[:, 0], factors.table(slice(a, None), every)[:, 0]
    o = np.exp(seen.log_outputs[seen.target]).reshape(2**b, 2**a)
    lines = []
    for n in seen.shown.tolist():
        z_b, z_a = divmod(n, 2**a)
        values = [(seen.said, o[z_b, z_a]), ("A(z_a)", A[z_a]), ("B(z_b)", B[z_b]), ("1/p(y | x)", 1.0 / evidence)]
        formula = f"the row's share of S(z) = {seen.said} · A(z_a) · B(z_b) / p(y | x), {seen.named(n)}"
        lines.append(line("part", formula, "product", values))
    for h in range(m):
        first = h < a
        own, inner, name = (A, B @ o, "A(z_a)") if first else (B, o @ A, "B(z_b)")
        other = "Σ B(z_b)" if first else "Σ A(z_a)"
        on = np.flatnonzero(np.arange(len(own)) >> (h if first else h - a) & 1)
        shown = on[np.argsort(-(own * inner)[on], kind="stable")[:SHOWN]]
        rest = np.setdiff1d(on, shown)
        values = [pair for n in shown for pair in ((name, float(own[n])), (f"{other} · {seen.said}", float(inner[n])))]
        formula = f"E[z] · p(y | x) in halves = Σ {name} · {other} {seen.said}, z on"
        if len(rest):
            values += [(f"the other {len(rest)}", float(own[rest] @ inner[rest])), ("1", 1.0)]
            formula += f", with {len(rest):,} others together"
        lines.append(line("part", formula, "pairs", values, h))
    return lines


def output_sum_lines(statistics: NetworkExpectation, params: NetworkParams, entry: Entry) -> list[WorkedLine]:
    """The slope of a weight of V by S(z) and N(z), the configurations that weigh most apart from the others."""
    i, h = entry.index[0], entry.index[1]
    m = params.hidden_units
    counts = np.asarray(statistics.counts).ravel()
    o = np.asarray(all_configurations(m).outputs(params.output).probability(i)).ravel()
    on = np.ones(len(o), dtype=bool) if h == 0 else (np.arange(len(o)) >> (h - 1) & 1).astype(bool)
    weighs: Array = np.where(on, counts * o, 0.0)
    shown = np.argsort(-weighs, kind="stable")[: min(SHOWN, int(on.sum()))]
    values, formula = list[tuple[str, float]](), f"Σ N(z) · o(z){'' if h == 0 else ' with z on'}"
    for n in shown.tolist():
        values += [("N(z)", float(counts[n])), ("o(z)", float(o[n]))]
    if len(shown) < on.sum():
        values += [("the other z", float(np.delete(weighs, shown).sum())), ("1", 1.0)]
        formula += f", with {int(on.sum()) - len(shown):,} other z together"
    which = "" if h == 0 else " with z on"
    own = line("part", f"Σ S(z){which}, of its class", "value", [("S", statistics.class_moments[i, h])])
    said = line("part", formula, "pairs", values)
    terms = [("of its class", own.result), ("of all", said.result)]
    return [own, said, line("part", "slope of Q_v = Σ S(z) − Σ N(z) · o(z)", "difference", terms)]
