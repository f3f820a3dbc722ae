"""A Bernoulli mixture's numbers line by line: the product over the answers of a row, and the share of yes."""

from __future__ import annotations

import numpy as np

from engine.arrays import Array
from engine.editing.entries import Entry
from engine.explain.derivation import WorkedLine, line
from engine.explain.pulls import DensitySlopes
from engine.models.mixture_explanation import Densities, density_line

NO_ANSWERS = "no answer of this row was seen: a product of nothing is 1, and its posterior is the weights"


def answer_densities(answers: Array, cut: float, p: Array) -> Densities:
    """Π over the answers (D,) that were seen: p_d for a yes, 1 − p_d for a no."""
    seen = np.flatnonzero(~np.isnan(answers))
    yes = answers[seen] > cut
    lines, logs = [], np.empty(len(p))
    for k, own in enumerate(p):
        factors = np.where(yes, own[seen], 1.0 - own[seen])
        with np.errstate(divide="ignore"):
            logs[k] = np.log(factors).sum()
        values = [(f"{'yes' if y else 'no'} {d}", f) for d, y, f in zip(seen, yes, factors, strict=True)]
        lines.append(density_line("Π over the answers seen", "product", values, k, logs[k]))
    return lines, logs


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
