r"""The E-step of one row: for mixtures weight × density, sum, quotient; for other models their own formula."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from engine.arrays import Array
from engine.em.inference import Exact, Hard, Sampled, Tempered
from engine.em.step import Step
from engine.explain.derivation import LEAST_LOG, MOST_LOG, Worked, WorkedLine, line
from engine.models.bernoulli.mixture import Answers
from engine.models.binomial import TossCounts
from engine.models.gaussian.data import GaussianRows
from engine.models.gaussian.params import inverse_factors
from engine.models.gaussian.statistics import LOG_2PI
from engine.models.mixture import Mixture

LOGS = "in logarithms, because the numbers themselves are too small or too large to write down"
Densities = tuple[list[WorkedLine], Array]  # lines, and (K,) ln of the factors that stand beside the weights


def worked_row_of(step: Step, row: int) -> Worked:
    """The lines of the built-in models, and the result alone of any other."""
    from engine.explain.e_step_others import LATENT

    model = step.problem.model
    if model.name in LATENT:
        found = LATENT[model.name](step, row)
        if found is not None:
            return found
    if isinstance(model, Mixture):
        return _mixture_row(step, row)
    return result_row(step, row)


def result_row(step: Step, row: int, remark: str = "the model tells its responsibilities alone") -> Worked:
    """The responsibilities as they are."""
    r = responsibilities_of(step, row)
    lines = [line("responsibility", "r", "value", [("r", value)], k) for k, value in enumerate(r)]
    return Worked("row", str(row), tuple(lines), r, "E-step", remark)


def responsibilities_of(step: Step, row: int) -> Array:
    """(K,) q's probabilities of one row."""
    assert step.posterior is not None
    return np.asarray(step.posterior.rows(np.array([row]))[0])


def _mixture_row(step: Step, row: int) -> Worked:
    """r_k = weights_k p(x | k) / Σ_j weights_j p(x | j)."""
    model, data, params = step.problem.model, step.problem.data, step.params_q
    at = _DENSITIES.get(model.name, _plain)(step, row)
    with np.errstate(divide="ignore"):
        log_weights = np.log(params.weights)
    joint = log_weights + at[1]
    temperature = step.inference.temperature if isinstance(step.inference, Tempered) else 1.0
    top = float(joint.max()) / temperature
    logs = not (LEAST_LOG < joint.max() < MOST_LOG and LEAST_LOG < top < MOST_LOG) or bool(np.any(at[1] > MOST_LOG))
    lines = [*at[0], *_joint_lines(params.weights, log_weights, at[1], logs)]
    results = [one.result for one in lines if one.role == "joint"]
    if temperature != 1.0:
        results = tempered_lines(lines, results, temperature, logs)
    quotient_lines(lines, results, logs)
    r = responsibilities_of(step, row)
    _settled(lines, step, r, data.y is not None and int(data.y[row]) >= 0)
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


def tempered_lines(lines: list[WorkedLine], joints: Sequence[float], temperature: float, logs: bool) -> list[float]:
    """q ∝ joint^(1/τ)."""
    for k, joint in enumerate(joints):
        if logs:
            values = [("ln joint", joint), ("τ", temperature)]
            lines.append(line("joint", "(ln joint) / τ", "quotient", values, k, log=True))
        else:
            values = [("joint", joint), ("1/τ", 1.0 / temperature)]
            lines.append(line("joint", "joint^(1/τ)", "powers", values, k))
    return [one.result for one in lines[-len(joints) :]]


def quotient_lines(lines: list[WorkedLine], joints: Sequence[float], logs: bool = False, name: str = "") -> None:
    """The sum over the components and each component's share of it, added to the lines; name: of the share, "φ = "."""
    named = [(f"{k}", joint) for k, joint in enumerate(joints)]
    if not logs and not sum(joints) > 0:
        logs = True
        with np.errstate(divide="ignore"):
            named = [(name, float(np.log(joint))) for name, joint in named]
        joints = [value for _, value in named]
    if logs:
        total = line("evidence", "ln Σ exp", "log_sum_exp", named, log=True)
        lines.append(total)
        for k, joint in enumerate(joints):
            lost = joint == -np.inf
            values = [("joint", joint), ("−sum", -total.result if not lost else 0.0)]
            result = 1.0 / len(joints) if total.result == -np.inf else None  # nothing explains it: all alike
            lines.append(line("responsibility", f"{name}exp(joint − sum)", "exp", values, k, result=result))
        return
    total = line("evidence", "Σ", "sum", named)
    lines.append(total)
    for k, joint in enumerate(joints):
        values = [("joint", joint), ("sum", total.result)]
        lines.append(line("responsibility", f"{name}joint / sum", "quotient", values, k))


def _settled(lines: list[WorkedLine], step: Step, r: Array, known: bool) -> None:
    """What a known label, or an algorithm that gives all to one component, makes of the posterior."""
    formula = ""
    if known:
        formula = "known label"
    elif isinstance(step.inference, Hard):
        formula = "1 for the largest"
    elif isinstance(step.inference, Sampled):
        formula = "1 for the one drawn"
    if not formula:
        assert isinstance(step.inference, Exact | Tempered)
        return
    lines += [line("assignment", formula, "value", [("r", value)], k) for k, value in enumerate(r)]


def _plain(step: Step, row: int) -> Densities:
    """ln p(x | k) of any mixture: its log-joint with equal weights, without them."""
    model: Any = step.problem.model
    K = len(step.params_q.weights)
    even = replace(step.params_q, weights=np.full(K, 1.0 / K))
    log_density = np.asarray(model.log_joint(even, step.problem.data, np.array([row]))[:, 0] + np.log(K))
    lines = [_density("p(x | k)", "value", [("p", np.exp(min(v, 700.0)))], k, v) for k, v in enumerate(log_density)]
    return lines, log_density


def _density(formula: str, operation: Any, values: list[tuple[str, Any]], k: int, log_density: float) -> WorkedLine:
    """The density as its formula has it, or its logarithm alone where it is too small for that."""
    if LEAST_LOG < log_density < MOST_LOG or log_density == -np.inf:
        return line("density", formula, operation, values, k)
    return line("density", f"ln of {formula}", "value", [("ln p", log_density)], k, log=True)


def _gaussian(step: Step, row: int) -> Densities:
    """N(x | μ, Σ) = exp(−½ (d ln 2π + ln |Σ| + D²)),  D² = (x − μ)ᵀ Σ⁻¹ (x − μ)."""
    data, params = step.problem.data, step.params_q
    assert isinstance(data, GaussianRows)
    kind = data.covariance_type
    K, d = params.means.shape
    inverse = inverse_factors(params, kind)
    lines, logs = [], np.empty(K)
    for k in range(K):
        one = inverse if kind == "tied" else inverse[k]
        difference = data.X[row] - params.means[k]
        u = one @ difference if one.ndim == 2 else one * difference
        diagonal = one.diagonal() if one.ndim == 2 else np.broadcast_to(one, d)
        distance, log_determinant = float(u @ u), -2.0 * float(np.log(diagonal).sum())
        squares = [(f"u{j}", value**2) for j, value in enumerate(u)]
        lines.append(line("part", "D² = ‖L⁻¹(x − μ)‖²", "sum", squares, k, result=distance))
        values = [("d ln 2π", d * LOG_2PI), ("ln |Σ|", log_determinant), ("D²", distance)]
        found = line("density", "ln N = −½ (d ln 2π + ln |Σ| + D²)", "log_normal", values, k, log=True)
        logs[k] = found.result
        if LEAST_LOG < logs[k] < MOST_LOG:
            found = line("density", "N = exp(−½ (d ln 2π + ln |Σ| + D²))", "normal", values, k)
        lines.append(found)
    return lines, logs


def _coins(step: Step, row: int) -> Densities:
    """p^heads (1 − p)^tails of each coin; the binomial coefficient, common to all, stands outside."""
    data, p = step.problem.data, step.params_q.probabilities
    assert isinstance(data, TossCounts)
    heads, tails = float(data.X[row, 0]), float(data.tosses[row] - data.X[row, 0])
    logs = _weighted_logs([heads, tails], [p, 1.0 - p])
    lines = []
    for k, a in enumerate(p):
        values = [("p", a), ("heads", heads), ("1 − p", 1.0 - a), ("tails", tails)]
        lines.append(_density("p^heads · (1 − p)^tails", "powers", values, k, logs[k]))
    return lines, logs


def _poisson(step: Step, row: int) -> Densities:
    """rate^x e^−rate; 1 / x!, common to all, stands outside."""
    x, rates = float(step.problem.data.X[row, 0]), step.params_q.rates
    logs = _weighted_logs([x], [rates]) - rates
    lines = []
    for k, rate in enumerate(rates):
        values = [("rate", rate), ("x", x), ("e", np.e), ("−rate", -rate)]
        beyond = max(logs[k] + rate, -rate, key=abs)  # one of the two factors, if that is out of range
        worst = beyond if not LEAST_LOG < beyond < MOST_LOG and np.isfinite(beyond) else logs[k]
        lines.append(_density("rate^x · e^(−rate)", "powers", values, k, worst))
        if lines[-1].log:
            lines[-1] = line("density", "x ln rate − rate", "value", [("ln p", logs[k])], k, log=True)
    return lines, logs


def _bernoulli(step: Step, row: int) -> Densities:
    """Π over the answers that were seen: p_d for a yes, 1 − p_d for a no."""
    data, p = step.problem.data, step.params_q.probabilities
    assert isinstance(data, Answers)
    answers = data.X[row]
    seen = np.flatnonzero(~np.isnan(answers))
    yes = answers[seen] > data.cut
    lines, logs = [], np.empty(len(p))
    for k, own in enumerate(p):
        factors = np.where(yes, own[seen], 1.0 - own[seen])
        with np.errstate(divide="ignore"):
            logs[k] = np.log(factors).sum()
        values = [(f"{'yes' if y else 'no'} {d}", f) for d, y, f in zip(seen, yes, factors, strict=True)]
        lines.append(_density("Π over the answers seen", "product", values, k, logs[k]))
    return lines, logs


def _weighted_logs(exponents: list[float], bases: list[Array]) -> Array:
    """(K,) Σ exponent · ln base, with 0 · ln 0 = 0."""
    total = np.zeros(len(bases[0]))
    with np.errstate(divide="ignore"):
        for exponent, base in zip(exponents, bases, strict=True):
            if exponent > 0:
                total = total + exponent * np.log(base)
    return total


_DENSITIES: dict[str, Callable[[Step, int], Densities]] = {
    "gmm": _gaussian,
    "coins": _coins,
    "poisson": _poisson,
    "bernoulli": _bernoulli,
}
