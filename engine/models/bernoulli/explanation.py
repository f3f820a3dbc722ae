"""A Bernoulli mixture's numbers line by line: the product over the answers of a row, and the share of yes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Array, IntArray
from engine.editing.entries import Entry
from engine.explain.derivation import WorkedLine, line
from engine.explain.pulls import DensitySlopes
from engine.models.mixture_explanation import Densities, density_line

_ANSWERS = 24  # that have lines of their own
NO_ANSWERS = "no answer of this row was seen: a product of nothing is 1, and its posterior is the weights"


def answer_densities(answers: Array, cut: float, p: Array) -> Densities:
    """Π over the answers (D,) that were seen: p_d for a yes, 1 − p_d for a no."""
    seen = np.flatnonzero(~np.isnan(answers))
    yes = answers[seen] > cut
    factors = np.where(yes, p[:, seen], 1.0 - p[:, seen])  # (K, seen)
    with np.errstate(divide="ignore"):
        each = np.log(factors)
    logs, lines = each.sum(axis=1), _answer_lines(seen, yes, p, each)
    for k, own in enumerate(factors):
        values = [(f"{'yes' if y else 'no'} {d}", f) for d, y, f in zip(seen, yes, own, strict=True)]
        lines.append(density_line("Π over the answers seen", "product", values, k, logs[k]))
    return lines, logs


def _answer_lines(seen: IntArray, yes: NDArray[np.bool_], p: Array, each: Array) -> list[WorkedLine]:
    """p or 1 − p of each answer that was seen, for each component; of many those that tell the components apart most.

    each: (K, seen) their logarithms.
    """
    with np.errstate(invalid="ignore"):
        apart = np.nan_to_num(each.max(axis=0) - each.min(axis=0), nan=np.inf)
    shown = np.arange(len(seen)) if len(seen) <= _ANSWERS else np.sort(np.argsort(-apart, kind="stable")[:_ANSWERS])
    lines = []
    for place in shown.tolist():
        d, of_column = int(seen[place]), p[:, seen[place]]
        for k, one in enumerate(of_column):
            if yes[place]:
                lines.append(line("answer", f"x {d}: yes, p", "value", [("p", one)], k))
            else:
                lines.append(line("answer", f"x {d}: no, 1 − p", "difference", [("1", 1.0), ("p", one)], k))
    others = np.delete(each, shown, axis=1)
    if others.shape[1]:
        said = f"the other {others.shape[1]:,} answers"
        totals = np.exp(others.sum(axis=1))
        lines += [line("answer", said, "value", [(said, total)], k) for k, total in enumerate(totals)]
    if unseen := p.shape[1] - len(seen):
        said = f"{unseen:,} not seen, no factor"
        lines += [line("answer", said, "value", [("1", 1.0)], k) for k in range(len(p))]
    return lines


def answer_slopes(answers: Array, cut: float, probabilities: Array, c: float, entry: Entry) -> DensitySlopes | None:
    """∂/∂p [x ln p + (1 − x) ln(1 − p)] = (x − p) / (p (1 − p)) of an answer (n,) that was seen, 0 of one that wasn't.

    The prior adds c (1 − 2p) / (p (1 − p)). None where p is 0 or 1.
    """
    p = float(probabilities[entry.index])
    if not 0 < p < 1:
        return None
    seen = ~np.isnan(answers)[:, None]
    first, second = np.where(seen, answers[:, None] > cut, 0.0), np.where(seen, p, 0.0)
    pull, spread = c * (1.0 - 2.0 * p), p * (1.0 - p)
    said = "c (1 − 2p)" if c > 0 else ""
    slopes = (first - second) / spread
    return DensitySlopes((entry.index[0],), slopes, "x − p", ("x", "p"), first, second, pull / spread, pull, said)


def share_lines(yes: Array, no: Array, c: float, entry: Entry) -> list[WorkedLine] | None:
    """(yes + c) / (yes + no + 2c) of one component and column; None where nothing is known of it."""
    k, a, b = entry.index[0], float(yes[entry.index]), float(no[entry.index])
    if not a + b + c > 0:
        return None
    imagined = [("c", c)] if c > 0 else []
    top = line("total", "yes + c" if c > 0 else "yes = Σ r [x = 1]", "sum", [("yes", a), *imagined], k)
    bottom = line("count", "yes + no + 2c" if c > 0 else "yes + no", "sum", [("yes", a), ("no", b), *imagined * 2], k)
    return [
        top,
        bottom,
        line("parameter", "yes / answers", "quotient", [("yes", top.result), ("answers", bottom.result)], k),
    ]
