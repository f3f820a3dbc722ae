"""A mixture's numbers line by line: of a row weight × density, sum and quotient; of a weight its share of the rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.arrays import Array
from engine.editing.entries import Entry, value_of
from engine.em.inference import GivenRows, Hard, Sampled, settled_by, temperature_of
from engine.em.step import Step
from engine.explain.derivation import (
    LEAST_LOG,
    LOGS,
    MOST_LOG,
    Worked,
    WorkedLine,
    counted_lines,
    line,
    quotient_lines,
    tempered_lines,
)
from engine.explain.pulls import Pulls, Slopes
from engine.explain.worked import APART, responsibilities_of

Densities = tuple[list[WorkedLine], Array]
"""Lines, and (K,) ln of the factors that stand beside the weights."""


def mixture_row(step: Step, row: int, at: Densities) -> Worked:
    """r_k = weights_k p(x | k) / Σ_j weights_j p(x | j)."""
    data, params = step.problem.data, step.params_q
    with np.errstate(divide="ignore"):
        log_weights = np.log(params.weights)
    joint = log_weights + at[1]
    temperature = temperature_of(step.inference)
    top = float(joint.max()) / temperature
    logs = not (LEAST_LOG < joint.max() < MOST_LOG and LEAST_LOG < top < MOST_LOG) or bool(np.any(at[1] > MOST_LOG))
    lines = [*at[0], *_joint_lines(params.weights, log_weights, at[1], logs)]
    results = [one.result for one in lines if one.role == "joint"]
    if temperature != 1.0:
        results = tempered_lines(lines, results, temperature, logs)
    quotient_lines(lines, results, logs)
    r = responsibilities_of(step, row)
    settled_lines(lines, step, row, r, data.y is not None and int(data.y[row]) >= 0)
    return Worked("row", str(row), tuple(lines), r, "E-step", LOGS if logs else "")


def _joint_lines(weights: Array, log_weights: Array, log_density: Array, logs: bool) -> list[WorkedLine]:
    """weights_k × density_k for each component."""
    if logs:
        return [
            line("joint", "ln w + ln p(x | k)", "sum", [("ln w", w), ("ln p", p)], k, log=True)
            for k, (w, p) in enumerate(zip(log_weights, log_density, strict=True))
        ]
    return [
        line("joint", "w · p(x | k)", "product", [("w", w), ("p", p)], k)
        for k, (w, p) in enumerate(zip(weights, np.exp(log_density), strict=True))
    ]


def settled_lines(lines: list[WorkedLine], step: Step, row: int, r: Array, known: bool) -> None:
    """Add how a known label, an algorithm with hard assignments, or a hand changes the posterior."""
    inference = step.inference
    whole = {Hard: "1 for the largest", Sampled: "1 for the one drawn"}.get(type(inference and settled_by(inference)))
    if isinstance(inference, GivenRows) and row in dict(inference.rows):
        whole = "given by hand"
    formula = "known label" if known else whole
    if formula:
        lines += [line("assignment", formula, "value", [("r", value)], k) for k, value in enumerate(r)]


def plain_densities(log_density: Array) -> Densities:
    """ln p(x | k) as a plain value, where there is no formula for it."""
    lines = [density_line("p(x | k)", "value", [("p", np.exp(min(v, 700.0)))], k, v) for k, v in enumerate(log_density)]
    return lines, log_density


def density_line(formula: str, operation: Any, values: list[tuple[str, Any]], k: int, log_density: float) -> WorkedLine:
    """The density by its formula, or its logarithm if the density is too small to be written."""
    if LEAST_LOG < log_density < MOST_LOG or log_density == -np.inf:
        return line("density", formula, operation, values, k)
    return line("density", f"ln of {formula}", "value", [("ln p", log_density)], k, log=True)


def weighted_logs(exponents: list[float], bases: list[Array]) -> Array:
    """(K,) Σ exponent · ln base, with 0 · ln 0 = 0."""
    total = np.zeros(len(bases[0]))
    with np.errstate(divide="ignore"):
        for exponent, base in zip(exponents, bases, strict=True):
            if exponent > 0:
                total = total + exponent * np.log(base)
    return total


def weight_lines(step: Step, entry: Entry, after: Any) -> list[WorkedLine] | None:
    """The weight of any mixture's component, where it is its share of the rows; None where a prior has a part in it."""
    if entry.path != "weights" or step.posterior is None:
        return None
    r, each = step.posterior.responsibilities, step.problem.data.sample_weight
    counts = r.sum(axis=0) if each is None else each @ r
    lines, value = counted_lines(counts, entry.index[0]), value_of(after, entry)
    return lines if abs(lines[-1].result - value) <= APART * value else None


def weight_slopes(r: Array, params: Any, entry: Entry) -> Slopes | None:
    """r_k ∂ ln(w_k p(x | k))/∂w_k = r_k / w_k, as if the weights could be anything; None where the weight is 0."""
    k = entry.index[0]
    weight = float(params.weights[k])
    return Slopes(r[:, [k]], np.full((len(r), 1), 1.0 / weight), (k,)) if weight > 0 else None


def weight_pulls(r: Array, params: Any, entry: Entry) -> Pulls:
    """r_k − w_k: the weights sum to 1, so that Σ_i r_ik = n w_k where they are best."""
    k = entry.index[0]
    return Pulls("r − w", (("r", r[:, k]), ("w", np.full(len(r), float(params.weights[k])))))
