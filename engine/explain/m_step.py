r"""The M-step of one entry of θ, model by model: what was expected, the weighted sum, the ridge, the quotient."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from engine.baselines.kmeans import FramedRows
from engine.editing.entries import Entry, value_of
from engine.em.step import Step
from engine.explain.derivation import Worked, WorkedLine, line
from engine.explain.topics import topic_parameter
from engine.models.bernoulli.mixture import BernoulliMixture
from engine.models.gaussian.data import GaussianRows
from engine.models.gaussian.mixture import GaussianMixture
from engine.models.gaussian.params import GaussianParams
from engine.models.gaussian.statistics import GaussianStatistics
from engine.models.hmm.data import SequenceRows
from engine.models.hmm.emissions import GaussianEmissions
from engine.models.hmm.model import HiddenMarkovModel
from engine.models.linkage import CellCounts
from engine.models.mixture import Mixture
from engine.models.network.data import NetworkRows
from engine.models.network.expectation import hidden_gradient, output_gradient
from engine.models.network.model import LatentMLP

_APART = 1e-9  # of the parameter: further off, a rule has set it, and not the formula


def worked_parameter_of(step: Step, entry: Entry) -> Worked:
    """The lines of the built-in models; of any other, the parameter before and after."""
    model, data = step.problem.model, step.problem.data
    assert step.at_q is not None
    if step.phase == "M":
        after, events, what = step.params, step.events, "M-step"
    else:
        best = model.maximize(step.at_q.expectation, step.params, data)
        after, events, what = best.params, best.events, "M-step to come"
    value = value_of(after, entry)
    accelerated = step.problem.algorithm.rises == "objective"
    find = _FORMULAS.get(model.name)
    lines = _any_weight(step, entry, value) if find is None else find(step, entry)
    remark = ""
    if lines is None:
        before = value_of(step.params_q, entry)
        own = [event.message for event in events if event.component in (None, *entry.index[:1])]
        remark = "; ".join(own) or "the model tells the result of its M-step alone"
        lines = [
            line("total", "the step", "difference", [("after", value), ("before", before)]),
            line("parameter", "before + the step", "sum", [("before", before), ("the step", value - before)]),
        ]
    elif not abs(lines[-1].result - value) <= _APART * max(abs(value), abs(lines[-1].result), 1e-300):
        leapt = f"{step.problem.algorithm.name} goes on from this M-step, as far as the objective does not fall"
        otherwise = leapt if accelerated else "the M-step set it otherwise than by this formula"
        remark = "; ".join(event.message for event in events) or otherwise
        if any(event.by_hand for event in events):  # it may have been an earlier move that changed this one
            remark = f"changed by hand since this M-step, at last: {remark}"
        lines = [*lines, line("parameter", "as it was set", "value", [(entry.name, value)])]
    elif accelerated and step.phase == "E":
        remark = f"this is one plain M-step; {step.problem.algorithm.name} goes on from here"
    return Worked("parameter", entry.name, tuple(lines), np.array([value]), what, remark)


def _share(name: str, count: float, total: float, formula: str) -> list[WorkedLine]:
    return [line("parameter", formula, "quotient", [(name, count), ("total", total)])]


def _counted(counts: Any, k: int, name: str = "N") -> list[WorkedLine]:
    """N_k, and the share of it in the sum of all."""
    named = [(f"{name} {j}", value) for j, value in enumerate(counts)]
    return [
        line("count", f"{name} = Σ r", "value", [named[k]], k),
        line("total", f"n = Σ {name}", "sum", named),
        *_share(name, counts[k], float(np.sum(counts)), f"{name} / n"),
    ]


def _any_weight(step: Step, entry: Entry, value: float) -> list[WorkedLine] | None:
    """The weight of any mixture's component, where it is its share of the rows; None where a prior has a part in it."""
    if not isinstance(step.problem.model, Mixture) or entry.path != "weights" or step.posterior is None:
        return None
    r, each = step.posterior.responsibilities, step.problem.data.sample_weight
    counts = r.sum(axis=0) if each is None else each @ r
    lines = _counted(counts, entry.index[0])
    return lines if abs(lines[-1].result - value) <= _APART * value else None


def _gaussian(step: Step, entry: Entry) -> list[WorkedLine] | None:
    model, data = step.problem.model, step.problem.data
    assert isinstance(model, GaussianMixture) and isinstance(data, GaussianRows) and step.at_q is not None
    statistics: GaussianStatistics = step.at_q.expectation.statistics
    if entry.field == "weights":
        return _counted(statistics.counts, entry.index[0])
    return _moment(statistics, entry, step.params_q, data, model)


def _moment(
    statistics: GaussianStatistics, entry: Entry, before: GaussianParams, data: GaussianRows, model: GaussianMixture
) -> list[WorkedLine] | None:
    """μ_kj = Σ r x_j / N_k;  Σ_kij = (Σ r (x_i − μ_i)(x_j − μ_j) + λ [i = j]) / N_k."""
    kind, counts, d = data.covariance_type, statistics.counts, len(data.mean)
    k = entry.index[0] if not (kind == "tied" and entry.field == "covariances") else None
    if k is not None and not statistics.alive[k]:
        return None
    if entry.field == "means":
        assert k is not None
        j, count = entry.index[1], float(counts[k])
        total = count * float(statistics.means()[k, j])
        return [
            line("count", "N = Σ r", "value", [("N", count)], k),
            line("total", "Σ r x", "value", [("Σ r x", total)], k),
            line("parameter", "Σ r x / N", "quotient", [("Σ r x", total), ("N", count)], k),
        ]
    # The scatter in the user's units is what the M-step without a ridge divides by its count.
    spread = statistics.covariances(0.0)
    joint = model.m_step == "joint"
    if not joint:
        spread = spread + statistics.added_about(before.means)
    count = float(counts.sum()) if k is None else float(counts[k])
    own = float(spread[entry.index])
    ridge = model.ridge(data)
    added = ridge * len(counts) if k is None else ridge
    if entry.rule == "covariance":
        added = 0.0
    scatter = "Σ r (x − μ)²" if entry.rule != "covariance" else "Σ r (x − μ)(x′ − μ′)"
    about = "" if joint else ", about the mean before"
    divisor = [("N", count)]
    lines = [line("count", "n = Σ N" if k is None else "N = Σ r", "value", divisor, k)]
    if kind == "spherical":
        count, added, own = count * d, added * d, own
        lines.append(line("count", "N d", "product", [*divisor, ("d", d)], k))
    total = own * count
    lines.append(line("total", scatter + about, "value", [("scatter", total)], k))
    if added > 0:
        lines.append(line("ridge", _RIDGES[kind], "value", [("ridge", added)], k))
    top = line("total", "scatter + ridge", "sum", [("scatter", total), ("ridge", added)], k)
    lines += [top] if added > 0 else []
    lines.append(line("parameter", "scatter / N", "quotient", [("scatter", top.result), ("N", count)], k))
    return lines


_RIDGES = {
    "full": "λ = reg_covar · n / K",
    "diag": "λ = reg_covar · n / K",
    "tied": "K λ = reg_covar · n",
    "spherical": "λ d = reg_covar · n d / K",
}


def _coins(step: Step, entry: Entry) -> list[WorkedLine] | None:
    assert step.at_q is not None
    counts, heads, tails, _ = step.at_q.expectation.statistics
    k = entry.index[0]
    if entry.field == "weights":
        return _counted(counts, k)
    if not heads[k] + tails[k] > 0:
        return None
    return [
        line("total", "expected heads = Σ r · heads", "value", [("heads", heads[k])], k),
        line("total", "expected tails = Σ r · tails", "value", [("tails", tails[k])], k),
        line("count", "expected tosses", "sum", [("heads", heads[k]), ("tails", tails[k])], k),
        line("parameter", "heads / tosses", "quotient", [("heads", heads[k]), ("tosses", heads[k] + tails[k])], k),
    ]


def _poisson(step: Step, entry: Entry) -> list[WorkedLine] | None:
    assert step.at_q is not None
    counts, sums, _ = step.at_q.expectation.statistics
    k = entry.index[0]
    if entry.field == "weights":
        return _counted(counts, k)
    if not counts[k] > 0:
        return None
    return [
        line("count", "N = Σ r", "value", [("N", counts[k])], k),
        line("total", "Σ r x", "value", [("Σ r x", sums[k])], k),
        line("parameter", "Σ r x / N", "quotient", [("Σ r x", sums[k]), ("N", counts[k])], k),
    ]


def _bernoulli(step: Step, entry: Entry) -> list[WorkedLine] | None:
    assert step.at_q is not None
    counts, yes, no = step.at_q.expectation.statistics
    if entry.field == "weights":
        return _counted(counts, entry.index[0])
    model = step.problem.model
    assert isinstance(model, BernoulliMixture)
    c, k, a, b = model.pseudo_count, entry.index[0], float(yes[entry.index]), float(no[entry.index])
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


def _linkage(step: Step, entry: Entry) -> list[WorkedLine] | None:
    assert step.at_q is not None
    part, data = float(step.at_q.expectation.statistics[1]), step.problem.data
    assert isinstance(data, CellCounts)
    _, x2, x3, x4 = (float(x) for x in data.totals)
    if not part + x2 + x3 + x4 > 0:
        return None
    top = line("total", "part of θ/4 + x₄", "sum", [("part", part), ("x₄", x4)])
    bottom = line("count", "part + x₂ + x₃ + x₄", "sum", [("part", part), ("x₂", x2), ("x₃", x3), ("x₄", x4)])
    return [
        line("count", "of the first cell, in the part θ/4", "value", [("part", part)]),
        top,
        bottom,
        line("parameter", "θ", "quotient", [("top", top.result), ("bottom", bottom.result)]),
    ]


def _chain(step: Step, entry: Entry) -> list[WorkedLine] | None:
    assert step.at_q is not None
    model, data, before = step.problem.model, step.problem.data, step.params_q
    assert isinstance(model, HiddenMarkovModel) and isinstance(data, SequenceRows)
    counts = step.at_q.expectation.statistics
    if entry.path.startswith("emission."):
        rows, emission, kind = data.rows, before.emission, model.emissions
        assert isinstance(kind, GaussianEmissions) and rows is not None
        even = np.full(model.n_states, 1.0 / model.n_states)
        mixture = GaussianParams(even, emission.means, emission.covariances)
        inner = replace(entry, path=entry.field)
        return _moment(counts.emission, inner, mixture, rows, kind.mixture)
    i = entry.index[0]
    if entry.path == "initial":
        return _counted(counts.initial, i, "begins")
    if entry.path == "emission":
        row, name = counts.emission[i], "symbol"
    else:
        row, name = counts.transition[i], f"{i} →"
        if before.stop is not None:
            row = np.append(row, counts.last[i])
    j = len(row) - 1 if entry.path == "stop" else entry.index[1]
    if not row.sum() > 0:
        return None
    named = [(f"{name} {v}", value) for v, value in enumerate(row)]
    if before.stop is not None and entry.path != "emission":
        named[-1] = (f"{name} stop", float(row[-1]))
    total = line("total", "from this state, in all", "sum", named, i)
    return [
        line("count", "how often it is expected", "value", [named[j]], i),
        total,
        line("parameter", "its share", "quotient", [named[j], ("all", total.result)], i),
    ]


def _network(step: Step, entry: Entry) -> list[WorkedLine] | None:
    """A gradient step: θ + learning rate · ∂(Q + log p(θ))/∂θ; other M-steps climb further, and show no formula."""
    assert step.at_q is not None
    model, data, params = step.problem.model, step.problem.data, step.params_q
    assert isinstance(model, LatentMLP) and isinstance(data, NetworkRows)
    if model.m_step != "gradient" or params.deeper is not None:
        return None
    statistics = step.at_q.expectation.statistics
    if entry.path == "hidden":
        slope = hidden_gradient(statistics, params.hidden, data, model.weight_decay)[entry.index]
    else:
        slope = output_gradient(statistics, params.output, model.weight_decay)[entry.index]
    move = line("total", "rate · slope", "product", [("rate", model.learning_rate), ("slope of Q + log prior", slope)])
    before = value_of(params, entry)
    return [move, line("parameter", "before + rate · slope", "sum", [("before", before), ("move", move.result)])]


def _kmeans(step: Step, entry: Entry) -> list[WorkedLine] | None:
    assert step.at_q is not None
    data, clusters = step.problem.data, step.at_q.expectation.statistics
    assert isinstance(data, FramedRows)
    k, j = entry.index
    count = float(clusters.counts[k])
    if not count > 0:
        return None
    total = count * float(data.frame.out_of(clusters.means())[k, j])
    return [
        line("count", "rows of this cluster", "value", [("N", count)], k),
        line("total", "Σ x over them", "value", [("Σ x", total)], k),
        line("parameter", "Σ x / N", "quotient", [("Σ x", total), ("N", count)], k),
    ]


_FORMULAS: dict[str, Callable[[Step, Entry], list[WorkedLine] | None]] = {
    "gmm": _gaussian,
    "coins": _coins,
    "poisson": _poisson,
    "bernoulli": _bernoulli,
    "linkage": _linkage,
    "hmm": _chain,
    "mlp": _network,
    "kmeans": _kmeans,
    "topics": topic_parameter,
}
