r"""The E-step of one row of models that are no mixtures: chains, networks, linkage, documents, k-means' distances."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine.arrays import Array
from engine.em.inference import Exact, Hard, Sampled, Tempered
from engine.em.step import Step
from engine.explain.derivation import LEAST_LOG, MOST_LOG, Worked, WorkedLine, line
from engine.explain.e_step_mixtures import quotient_lines, responsibilities_of, result_row
from engine.explain.topics import document_row
from engine.models.hmm.data import SequenceRows
from engine.models.hmm.forward_backward import Chain
from engine.models.hmm.forward_backward_log import filter_logs, log_sum
from engine.models.hmm.model import HiddenMarkovModel
from engine.models.network.data import NetworkRows
from engine.models.network.e_step_exact import log_output, log_prior_table
from engine.models.network.model import LatentMLP

_SHOWN = 8  # configurations of a network


def _chain_row(step: Step, row: int) -> Worked | None:
    """γ_t(j) ∝ forward × backward: what the past and this row say, times what the future says of state j.

    forward_t(j) = Σ_i a_{t−1}(i) A(i, j) · p(x_t | j), with a_{t−1} = p(z_{t−1} | x_1 … x_{t−1}); initial_j at the
    first row. backward_t(j) ∝ p(x_{t+1} … x_T | z_t = j), its largest brought to 1.
    """
    model, data, params = step.problem.model, step.problem.data, step.params_q
    assert isinstance(model, HiddenMarkovModel) and isinstance(data, SequenceRows)
    whole = model.chain(params, data)
    if isinstance(step.inference, Tempered):
        whole = whole.tempered(step.inference.temperature)
    sequence = int(np.searchsorted(whole.first, row, side="right")) - 1
    begin, end = int(whole.first[sequence]), int(whole.last[sequence]) + 1
    chain = Chain(whole.log_potentials[:, begin:end], whole.log_transition, np.zeros(1, dtype=np.int64))
    t, S, A = row - begin, len(chain.log_transition), chain.log_transition
    lines: list[WorkedLine] = []
    log_emission = np.array(chain.log_potentials[:, t])
    if t == 0:
        with np.errstate(divide="ignore"):
            predicted = np.log(params.initial) / _temperature(step)
        with np.errstate(invalid="ignore"):
            log_emission = np.where(np.isneginf(predicted), -np.inf, log_emission - predicted)
        past = [line("part", "initial", "value", [("initial", p)], j) for j, p in enumerate(np.exp(predicted))]
    else:
        a = filter_logs(chain)[:, t - 1]
        a = a - log_sum(a, 0)
        if not np.all(np.isfinite(log_sum(a, 0))):
            return None
        predicted = log_sum(a[:, None] + A, 0)
        past = [_predicted(np.exp(a), np.exp(A), j) for j in range(S)]
    lines += past
    top = float(log_emission.max())
    if not np.isfinite(top):
        return None
    relative = not LEAST_LOG < top < MOST_LOG
    emission = np.exp(log_emission - top if relative else log_emission)
    seen = "p(x | state)" if params.stop is None or t < end - begin - 1 else "p(x | state) · stop"
    formula = f"past · {seen}" + (", relative to the likeliest" if relative else "")
    forward = [
        line("part", formula, "product", [("past", p.result), (seen, e)], j)
        for j, (p, e) in enumerate(zip(past, emission, strict=True))
    ]
    backward = _backward(chain, t)
    joints = [
        line("joint", "forward · backward", "product", [("forward", f.result), ("backward", b)], j)
        for j, (f, b) in enumerate(zip(forward, backward, strict=True))
    ]
    if not sum(one.result for one in joints) > 0:
        return None
    lines += [*forward, *joints]
    quotient_lines(lines, [one.result for one in joints])
    r = responsibilities_of(step, row)
    if isinstance(step.inference, Hard | Sampled):
        formula = "on the likeliest path" if isinstance(step.inference, Hard) else "on the path that was drawn"
        lines += [line("assignment", formula, "value", [("r", value)], j) for j, value in enumerate(r)]
    return Worked("row", str(row), tuple(lines), r, "E-step")


def _temperature(step: Step) -> float:
    return step.inference.temperature if isinstance(step.inference, Tempered) else 1.0


def _predicted(a: Array, A: Array, j: int) -> WorkedLine:
    """Σ_i a(i) A(i, j), with a(i) and A(i, j) named one after the other."""
    values = [pair for i in range(len(a)) for pair in ((f"a {i}", a[i]), (f"{i}→{j}", A[i, j]))]
    return line("part", "Σ a · transition", "pairs", values, j)


def _backward(chain: Chain, t: int) -> Array:
    """(S,) Σ_j A(i, j) w_{t+1}(j), its largest brought to 1; ones at the last row."""
    S, T = chain.log_potentials.shape
    if t == T - 1:
        return np.ones(S)
    after = Chain(chain.log_potentials[:, t + 1 :], chain.log_transition, np.zeros(1, dtype=np.int64))
    w = filter_logs(after.backwards)[:, -1]
    found = log_sum(chain.log_transition + w, 1)
    top = found.max()
    return np.exp(found - top) if np.isfinite(top) else np.ones(S)


def _network_row(step: Step, row: int) -> Worked | None:
    """q(z) = p(z | x) o_y(z) / p(y | x) of the likeliest configurations, and E[z_h], the sum of those with z_h = 1."""
    model, data, params = step.problem.model, step.problem.data, step.params_q
    assert isinstance(model, LatentMLP) and isinstance(data, NetworkRows) and data.y is not None
    if not model.exact or params.deeper is not None or not isinstance(step.inference, Exact):
        return None
    one = data.take(slice(row, row + 1))
    prior = log_prior_table(params, one.design)[:, 0]
    joint: Array = prior + log_output(params, int(data.y[row]))
    evidence = float(log_sum(joint, 0))
    q = np.exp(joint - evidence)
    shown = np.argsort(-q, kind="stable")[:_SHOWN]
    logs = evidence < LEAST_LOG
    lines: list[WorkedLine] = []
    for number in (int(n) for n in shown):
        z = "".join("1" if number >> h & 1 else "0" for h in range(params.hidden_units))
        if logs:
            values = [("ln p(z | x)", prior[number]), ("ln o_y(z)", joint[number] - prior[number])]
            lines.append(line("configuration", f"z = {z}", "sum", values, log=True))
        else:
            values = [("p(z | x)", np.exp(prior[number])), ("o_y(z)", np.exp(joint[number] - prior[number]))]
            lines.append(line("configuration", f"z = {z}", "product", values))
    named = [(one.formula, one.result) for one in lines]
    rest = np.setdiff1d(np.arange(len(joint)), shown)
    left = f"the other {len(rest)}"
    if logs:
        others = [(left, float(log_sum(joint[rest], 0)))] if len(rest) else []
        lines.append(line("evidence", "ln p(y | x)", "log_sum_exp", [*named, *others], log=True))
    else:
        others = [(left, float(np.exp(joint[rest]).sum()))] if len(rest) else []
        lines.append(line("evidence", "p(y | x) = Σ over z", "sum", [*named, *others]))
    r = responsibilities_of(step, row)
    for h in range(params.hidden_units):
        on = [(f"z = {''.join('1' if n >> i & 1 else '0' for i in range(params.hidden_units))}", q[n])
              for n in (int(n) for n in shown) if n >> h & 1]  # fmt: skip
        others = [(left, float(q[rest[(rest >> h & 1).astype(bool)]].sum()))] if len(rest) else []
        lines.append(line("responsibility", "E[z] = Σ q(z) with z on", "sum", [*on, *others], h))
    return Worked("row", str(row), tuple(lines), r, "E-step")


def _forward_row(step: Step, row: int) -> Worked:
    """u_h = σ(bias + Σ_j w_hj x_j): nothing is hidden, so that a unit's activity is no probability under any q."""
    data, params = step.problem.data, step.params_q
    assert isinstance(data, NetworkRows)
    if params.deeper is not None:
        return result_row(step, row, "nothing is hidden here: these are the activities of the forward pass")
    lines = []
    for h, unit in enumerate(params.hidden):
        terms = [(f"w x {j}", value) for j, value in enumerate(unit[1:] * data.X[row])]
        lines.append(line("responsibility", "u = σ(bias + Σ w · x)", "sigmoid", [("bias", unit[0]), *terms], h))
    remark = "nothing is hidden here: a unit's activity is its input, brought between 0 and 1"
    return Worked("row", str(row), tuple(lines), responsibilities_of(step, row), "E-step", remark)


def _linkage_row(step: Step, row: int) -> Worked | None:
    """The first cell's two parts, ½ and θ/4, and their shares of it."""
    if not isinstance(step.inference, Exact):
        return None
    theta = float(step.params_q.theta)
    lines = [
        line("joint", "½", "value", [("½", 0.5)], 0),
        line("joint", "θ / 4", "quotient", [("θ", theta), ("4", 4.0)], 1),
    ]
    quotient_lines(lines, [one.result for one in lines])
    animals = float(step.problem.data.X[row, 0])
    for k, share in enumerate([one.result for one in lines if one.role == "responsibility"]):
        lines.append(line("count", "animals · share", "product", [("animals", animals), ("share", share)], k))
    return Worked("row", str(row), tuple(lines), responsibilities_of(step, row), "E-step")


def _kmeans_row(step: Step, row: int) -> Worked | None:
    """The squared distances to the centres; the row belongs to the nearest."""
    x, lines = step.problem.data.X[row], []
    for k, center in enumerate(step.params_q.centers):
        squares = [(f"column {j}", value) for j, value in enumerate((x - center) ** 2)]
        lines.append(line("part", "‖x − c‖²", "sum", squares, k))
    r = responsibilities_of(step, row)
    lines += [line("assignment", "1 for the nearest", "value", [("r", value)], k) for k, value in enumerate(r)]
    return Worked("row", str(row), tuple(lines), r, "E-step")


LATENT: dict[str, Callable[[Step, int], Worked | None]] = {
    "hmm": _chain_row,
    "mlp": _network_row,
    "backprop": _forward_row,
    "linkage": _linkage_row,
    "kmeans": _kmeans_row,
    "topics": document_row,
}
"""By the name of the model; None where there is no formula for this row: then the result is shown by itself."""
