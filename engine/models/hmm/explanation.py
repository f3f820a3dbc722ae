"""What a hidden Markov model says of its own numbers: a row and a parameter line by line, α, β, ξ, slopes, pulls."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from engine.arrays import Array, Rows, log_sum_exp
from engine.editing.entries import Entry
from engine.em.inference import EXACT, Hard, Inference, Sampled, temperature_of
from engine.em.step import Step
from engine.errors import EngineError
from engine.explain.derivation import LEAST_LOG, MOST_LOG, Worked, WorkedLine, counted_lines, line, quotient_lines
from engine.explain.pulls import DensitySlopes, Pulls, Slopes
from engine.explain.quantity import Quantity
from engine.explain.row_states import RowStates
from engine.explain.worked import Explains, responsibilities_of, result_row
from engine.models.gaussian.explanation import moment_lines
from engine.models.gaussian.ridge import ridge_in_words
from engine.models.hmm.data import SequenceRows
from engine.models.hmm.emissions import Emissions, GaussianEmissions
from engine.models.hmm.forward_backward import Chain
from engine.models.hmm.forward_backward_log import filter_logs, smooth_logs
from engine.models.hmm.params import HiddenMarkovParams
from engine.models.hmm.posterior import smooth
from engine.models.hmm.recursions import Recursions
from engine.models.hmm.slopes import chain_pulls, chain_slopes, pairs_at
from engine.models.hmm.statistics import ChainStatistics

_MOST_PAIRED = 4  # states whose pairs are written down


class ExplainsChains(Explains):
    """The part of the model that explains; the model has the chain, its emissions and the responsibilities."""

    reg_covar: Any

    @property
    @abstractmethod
    def emissions(self) -> Emissions:
        """What states emit."""

    @abstractmethod
    def chain(self, params: HiddenMarkovParams, data: SequenceRows) -> Chain:
        """ln p(x, z | θ) as potentials of the rows and transitions between them."""

    @abstractmethod
    def responsibilities(
        self, params: HiddenMarkovParams, data: SequenceRows, rows: Rows, inference: Inference = EXACT
    ) -> Array:
        """γ of these rows."""

    def worked_row(self, step: Step, row: int) -> Worked:
        """Scaled forward × scaled backward of each state, its share, Σ α β = p(x), and ξ of the row."""
        assert isinstance(step.problem.data, SequenceRows)
        chain, data = self.chain(step.params_q, step.problem.data), step.problem.data
        sequence = int(np.searchsorted(data.first, row, side="right")) - 1
        if smooth(chain, data.sequence_weight).lost[sequence]:
            return result_row(step, row, "no path explains the sequence: shares of its least impossible paths")
        return chain_row(step, row, chain) or result_row(step, row)

    def sequence_quantities(self, step: Step) -> Mapping[str, Callable[[], Quantity]]:
        """α, β and ξ at θ_q."""
        params, data = step.params_q, step.problem.data
        assert isinstance(data, SequenceRows)
        chain = self.chain(replace(params, stop=None), data)
        return Recursions(chain, params.stop, step.problem.row_name).quantities

    def row_states(self, step: Step, row: int) -> RowStates:
        """There are none of a row by itself."""
        raise EngineError(
            "the steps of a sequence hang together: q is of whole paths through the states, and a step by itself has "
            "no ln p(x) that its points could be weighed to."
        )

    def slopes(self, at: Any, params: Any, entry: Entry) -> Slopes | None:
        """What q expects of a probability, over it; of a Gaussian emission γ times how its log-density goes."""
        gamma, moved = self._looked(at), self._density_slopes(params, at.data, entry)
        if moved is not None:
            return replace(moved.held(gamma), name="γ")
        return chain_slopes(gamma, self._pairs(at, gamma, entry), params, at.data, entry)

    def pulls(self, at: Any, params: Any, entry: Entry) -> Pulls | None:
        """What is expected, less its probability times all that could have been there; γ (x − μ) of a Gaussian."""
        gamma, moved = self._looked(at), self._density_slopes(params, at.data, entry)
        if moved is not None:
            return moved.pulls(gamma)
        return chain_pulls(gamma, self._pairs(at, gamma, entry), params, at.data, entry)

    def _looked(self, at: Any) -> Array:
        return self.responsibilities(at.params, at.data, slice(None), at.inference)

    def _pairs(self, at: Any, gamma: Array, entry: Entry) -> Array | None:
        if entry.path != "transition":
            return None
        return pairs_at(gamma, self.chain(at.params, at.data), at.inference, *entry.index)

    def _density_slopes(self, params: Any, data: Any, entry: Entry) -> DensitySlopes | None:
        kind = self.emissions
        if not isinstance(kind, GaussianEmissions) or not entry.path.startswith("emission."):
            return None
        return kind.mixture.density_slopes(kind.of_mixture(params.emission), data.rows, entry)

    def parameter_lines(self, step: Step, entry: Entry, after: Any) -> list[WorkedLine] | None:
        """Shares of what is expected; the moments of a Gaussian emission."""
        assert isinstance(step.problem.data, SequenceRows)
        counts, rows, kind = step.expectation.statistics, step.problem.data.rows, self.emissions
        if rows is None or not isinstance(kind, GaussianEmissions) or not entry.path.startswith("emission."):
            return count_lines(counts, entry, step.params_q)
        return moment_lines(counts.emission, entry, kind.mixture.ridge(rows), ridge_in_words(self.reg_covar))


def chain_row(step: Step, row: int, whole: Chain) -> Worked | None:
    r"""γ_t(j) ∝ scaled forward × scaled backward: what the past and this row say, times what the future says of j.

    whole is p(x, z) of all sequences at θ_q. None where no path explains the row. Rabiner's α and β are scaled:

        α_t(j) = e^a · Σ_i a_{t−1}(i) A(i, j) · p(x_t | j)         e^a = p(x_1 … x_{t−1}), a_t(i) = p(z_t | x_1 … x_t)
        β_t(j) = e^b · β'_t(j) = p(x_{t+1} … x_T | z_t = j)        the largest β' is 1

    so that Σ_j α_t(j) β_t(j) = p(x) can be checked at every row:  ln p(x) = ln Σ + a + b. The first row has initial_j
    in the place of Σ_i and a = 0. ξ_t(i, j) = p(z_{t−1} = i, z_t = j | x) stands below, for up to four states.
    """
    params, temperature = step.params_q, temperature_of(step.inference)
    if temperature != 1.0:
        whole = whole.tempered(temperature)
    sequence = int(np.searchsorted(whole.first, row, side="right")) - 1
    begin, end = int(whole.first[sequence]), int(whole.last[sequence]) + 1
    chain = Chain(whole.log_potentials[:, begin:end], whole.log_transition, np.zeros(1, dtype=np.int64))
    t, S, A = row - begin, len(chain.log_transition), chain.log_transition
    lines: list[WorkedLine] = []
    log_emission = np.array(chain.log_potentials[:, t])
    if t == 0:
        with np.errstate(divide="ignore"):
            predicted = np.log(params.initial) / temperature
        with np.errstate(invalid="ignore"):
            log_emission = np.where(np.isneginf(predicted), -np.inf, log_emission - predicted)
        past = [line("part", "initial", "value", [("initial", p)], j) for j, p in enumerate(np.exp(predicted))]
    else:
        a = filter_logs(chain)[:, t - 1]
        a = a - log_sum_exp(a, 0)
        if not np.all(np.isfinite(log_sum_exp(a, 0))):
            return None
        predicted = log_sum_exp(a[:, None] + A, 0)
        past = [_predicted(np.exp(a), np.exp(A), j) for j in range(S)]
    lines += past
    top = float(log_emission.max())
    if not np.isfinite(top):
        return None
    relative = not LEAST_LOG < top < MOST_LOG
    emission = np.exp(log_emission - top if relative else log_emission)
    seen = "p(x | state)" if params.stop is None or t < end - begin - 1 else "p(x | state) · stop"
    formula = f"scaled forward = past · {seen}" + (", relative to the likeliest" if relative else "")
    forward = [
        line("part", formula, "product", [("past", p.result), (seen, e)], j)
        for j, (p, e) in enumerate(zip(past, emission, strict=True))
    ]
    backward, log_backward = _backward(chain, t)
    joints = [
        line("joint", "scaled forward · scaled backward", "product", [("forward", f.result), ("backward", b)], j)
        for j, (f, b) in enumerate(zip(forward, backward, strict=True))
    ]
    if not sum(one.result for one in joints) > 0:
        return None
    lines += [*forward, *joints]
    quotient_lines(lines, [one.result for one in joints])
    total = next(one.result for one in lines if one.role == "evidence")
    if temperature == 1.0:
        log_forward = _log_evidence(chain, t) + (top if relative else 0.0)
        lines.append(_evidence_line(total, log_forward, log_backward))
    if t > 0 and S <= _MOST_PAIRED:
        shared = zip(np.exp(A).T, emission, backward, strict=True)
        lines += _pair_lines(np.exp(a), list(shared), total)
    r = responsibilities_of(step, row)
    if isinstance(step.inference, Hard | Sampled):
        formula = "on the likeliest path" if isinstance(step.inference, Hard) else "on the path that was drawn"
        lines += [line("assignment", formula, "value", [("r", value)], j) for j, value in enumerate(r)]
    return Worked("row", str(row), tuple(lines), r, "E-step")


def _predicted(a: Array, A: Array, j: int) -> WorkedLine:
    """Σ_i a(i) A(i, j), with a(i) and A(i, j) named one after the other."""
    values = [pair for i in range(len(a)) for pair in ((f"a {i}", a[i]), (f"{i}→{j}", A[i, j]))]
    return line("part", "Σ a · transition", "pairs", values, j)


def _backward(chain: Chain, t: int) -> tuple[Array, float]:
    """(S,) Σ_j A(i, j) w_{t+1}(j), its largest brought to 1, and the log of that; ones and 0 at the last row."""
    S, T = chain.log_potentials.shape
    if t == T - 1:
        return np.ones(S), 0.0
    after = Chain(chain.log_potentials[:, t + 1 :], chain.log_transition, np.zeros(1, dtype=np.int64))
    w = filter_logs(after.backwards)[:, -1]
    found = log_sum_exp(chain.log_transition + w, 1)
    top = float(found.max())
    if not np.isfinite(top):
        return np.ones(S), -np.inf
    scale = float(smooth_logs(after, np.ones(1)).log_evidence[0]) - float(log_sum_exp(w))  # what w is short of
    return np.exp(found - top), top + scale


def _log_evidence(chain: Chain, t: int) -> float:
    """ln p(x_1 … x_{t−1}) of a single sequence; 0 before its first row."""
    if t == 0:
        return 0.0
    before = Chain(chain.log_potentials[:, :t], chain.log_transition, chain.first)
    return float(smooth_logs(before, np.ones(1)).log_evidence[0])


def _evidence_line(total: float, log_forward: float, log_backward: float) -> WorkedLine:
    """Σ α β = p(x), as a product where its factors can be written down, else as a sum of logarithms."""
    if all(LEAST_LOG < value < MOST_LOG for value in (log_forward, log_backward, log_forward + log_backward)):
        values = [("Σ", total), ("scale of forward", np.exp(log_forward)), ("scale of backward", np.exp(log_backward))]
        return line("evidence", "p(x) = Σ α β = Σ · scale of forward · scale of backward", "product", values)
    with np.errstate(divide="ignore"):
        values = [("ln Σ", np.log(total)), ("forward", log_forward), ("backward", log_backward)]
    formula = "ln p(x) = ln Σ α β = ln Σ + ln scale of forward + ln scale of backward"
    return line("evidence", formula, "sum", values, log=True)


def _pair_lines(a: Array, of_state: list[tuple[Array, float, float]], total: float) -> list[WorkedLine]:
    """ξ(i, j) for each state i before, by the state j of this row. of_state: A(·, j), p(x | j) and backward of j."""
    lines = []
    for i in range(len(a)):
        formula = f"ξ from state {i + 1} = a · transition · p(x | state) · scaled backward / Σ"
        for j, (enter, seen, back) in enumerate(of_state):
            values = [(f"a {i}", a[i]), (f"{i}→{j}", enter[i]), ("p", seen), ("backward", back), ("1/Σ", 1.0 / total)]
            lines.append(line("part", formula, "product", values, j))
    return lines


def count_lines(counts: ChainStatistics, entry: Entry, before: HiddenMarkovParams) -> list[WorkedLine] | None:
    """What is expected of a state, of all that it does; None where it does nothing."""
    i = entry.index[0]
    if entry.path == "initial":
        return counted_lines(counts.initial, i, "begins")
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
