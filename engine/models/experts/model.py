r"""A mixture of experts: a gate shares the rows out among experts, each of which is a regression.

p(y | x) = Σ_k g_k(x) p_k(y | x)
E:  r_ik ∝ g_k(x_i) p_k(y_i | x_i)
M:  each expert a regression weighted by r_ik, the gate a multinomial regression on r
                Jacobs, Jordan, Nowlan & Hinton 1991, Neural Computation 3:79; Jordan & Jacobs 1994, ibid. 6:181;
                Ng & McLachlan 2004, IEEE Trans. Neural Networks 15:738
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Array, IntArray, Rows
from engine.editing.entries import Entry
from engine.em.expectation import Expectation
from engine.em.inference import EXACT, Inference, uniforms
from engine.em.maximization import Maximization
from engine.em.model import Ascent
from engine.em.parameters import Held
from engine.em.prediction_report import MARGINAL, Report, number_report
from engine.em.statistics import NotAdditive
from engine.em.step import Step
from engine.explain.derivation import Worked, WorkedLine
from engine.explain.pulls import Pulls, Slopes
from engine.models.experts.data import LEARNER, ExpertRows, class_rows, new_rows, number_rows
from engine.models.experts.explanation import expert_new_row, expert_row, parameter_lines_of
from engine.models.experts.gaussian_experts import GaussianFamily
from engine.models.experts.m_step import GATE_TAKES_OFF, finite, fitted, no_lower, some_empty
from engine.models.experts.multinomial import MOST_STEPS, is_flat, log_softmax
from engine.models.experts.params import (
    ExpertsParams,
    GaussianExperts,
    check_experts_params,
    reordered,
)
from engine.models.experts.slopes import expert_pulls, expert_slopes
from engine.models.experts.softmax_experts import HELD_BY, NO_MAXIMUM, SoftmaxFamily, tells_apart
from engine.models.experts.start import STARTS, first_shares
from engine.models.mixture import Mixture
from engine.models.network.data import checked_targets
from engine.models.number_targets import SHARE, checked_numbers, holds_numbers
from engine.options import option
from engine.parallel import map_chunks, one_blas_thread, row_chunks

_FIRST_STEPS = 3
KINDS = ("auto", "softmax", "gaussian")


@dataclass(frozen=True, eq=False)
class SharedOut(NotAdditive):
    """What the E-step hands on: the responsibilities (n, K) themselves, as an M-step of regressions needs them."""

    why: ClassVar[str] = "the M-step of experts needs each row beside its responsibilities, so parts do not add up."

    responsibilities: Array


@dataclass(frozen=True)
class MixtureOfExperts(Mixture[ExpertsParams, ExpertRows]):
    r"""A mixture of K experts for classes (softmax) or for numbers (Gaussian), with a softmax gate over the inputs.

    The objective is log_likelihood + log_prior, which never falls:

        log p(θ) = −½ weight_decay (Σ_k ‖γ_k − γ̄‖² + Σ_k ‖coefficients of expert k‖²) − ½ ρ Σ_k 1/σ²_k

    biases free. Rows of a softmax count about their mean, so that it is the same whichever of them is the reference
    (scikit-learn's penalty, C = 1/weight_decay). ρ is `reg_covar`·n, or with "auto" 1e-6 of the target's variance
    times n, as for Gaussian mixtures. With both at 0 there may be no maximum: classes that can be told apart without
    a doubt, or a line through all rows of an expert; an event then says so.
    """

    Params: ClassVar[type] = ExpertsParams
    name: ClassVar[str] = "experts"
    takes_new_rows: ClassVar[bool] = False  # of a row without its target an expert has no likelihood
    title: ClassVar[str] = "mixture of experts"
    supervised: ClassVar[bool] = True
    remarks_warn = True
    learner: ClassVar[str] = LEARNER
    takes_target: ClassVar[bool] = True
    for_numbers: ClassVar[Mapping[str, Any]] = {"expert": "gaussian"}
    size_option: ClassVar[str] = "n_experts"

    n_experts: int = option(2, "how many experts", minimum=1, maximum=1_000)
    expert: str = option("auto", "what an expert is; auto: gaussian for numbers, softmax for classes", choices=KINDS)
    init: str = option(
        "auto", "where EM begins; auto: kmeans for classes, responsibilities for numbers", choices=("auto", *STARTS)
    )
    weight_decay: float = option(0.0, "precision of the Gaussian prior on the weights", minimum=0.0, maximum=1e100)
    reg_covar: float | str = option(
        "auto",
        "the prior adds λ/N to a variance of N rows: λ = reg_covar·n, or auto: 1e-6·n·the target's variance",
        kind="float", words=("auto",), minimum=0.0, maximum=1e100,
    )  # fmt: skip

    @property
    def ascent(self) -> Ascent:
        """With a weight decay, a Gaussian expert's line and variance are taken in turn."""
        return "maximum" if self.weight_decay == 0.0 or self.expert == "softmax" else "conditional"

    @property
    def compares_columns(self) -> bool:
        """One weight decay for the weights of all columns."""
        return self.weight_decay > 0.0

    def held(self, params: ExpertsParams) -> Held:
        """The coefficients of the last class, which the others are relative to."""
        if isinstance(params.experts, GaussianExperts):
            return {}
        held = np.full(params.experts.coefficients.shape, np.nan)
        held[:, -1] = 0.0
        return {"experts.coefficients": held}

    @property
    def singular(self) -> str:
        """Of a regression."""
        return "a regression is singular to the last digit here: standardize the inputs, or give a larger weight_decay."

    def learns_numbers(self, y: Any) -> bool:
        """By `expert`, or by what y holds."""
        return self.expert == "gaussian" or (self.expert == "auto" and holds_numbers(y))

    def observe(self, X: Any, y: Any = None, sample_weight: Any = None) -> ExpertRows:
        """Check inputs and targets."""
        rows = number_rows if self.learns_numbers(y) else class_rows
        return rows(X, y, sample_weight)

    def observe_new(self, X: Any, params: ExpertsParams) -> ExpertRows:
        """Rows to predict for, without targets. Raises DataError where they have other columns."""
        return new_rows(X, params.n_inputs)

    def observe_apart(self, X: Any, y: Any, params: ExpertsParams) -> ExpertRows:
        """Rows of weight 0 with their targets."""
        rows = new_rows(X, params.n_inputs)
        if isinstance(params.experts, GaussianExperts):
            return ExpertRows(rows.X, target=checked_numbers(y, rows.n_rows, LEARNER))
        return ExpertRows(
            rows.X, checked_targets(y, rows.n_rows, LEARNER), n_classes=params.experts.coefficients.shape[1]
        )

    def family(self, data: ExpertRows) -> Any:
        """How the experts are computed: a `GaussianFamily` for numbers, a `SoftmaxFamily` for classes."""
        if data.target is None:
            return SoftmaxFamily(self.weight_decay)
        share = SHARE * data.spread if isinstance(self.reg_covar, str) else self.reg_covar
        return GaussianFamily.of(self.weight_decay, share * data.total_weight, data)

    def start(self, data: ExpertRows, generator: np.random.Generator) -> ExpertsParams:
        """The first Newton steps of an M-step from a sharing-out of the rows by `init`."""
        suited = "responsibilities" if data.target is not None else "kmeans"
        r = first_shares(suited if self.init == "auto" else self.init, self.n_experts, data, generator)
        nothing = np.zeros((self.n_experts, data.X.shape[1] + 1))
        before = self.Params(nothing, self.family(data).nothing_known(self.n_experts, data))
        first = fitted(r, before, data, self.family(data), self.weight_decay, _FIRST_STEPS).params
        return first if finite(first) else before

    def check_params(self, params: ExpertsParams, data: ExpertRows) -> ExpertsParams:
        """Shapes, finite numbers, references; the start of experts that are trained otherwise will do, too."""
        super().check_params(params, data)
        classes = None if data.target is not None else data.n_classes
        check_experts_params(params, self.n_experts, data.X.shape[1], classes)
        return params if type(params) is self.Params else self.Params(params.gate, params.experts)

    # E

    def n_columns(self, params: ExpertsParams) -> int:
        """K."""
        return params.n_experts

    def alive(self, params: ExpertsParams) -> NDArray[np.bool_]:
        """All of them: how many rows an expert has depends on the inputs."""
        return np.ones(params.n_experts, dtype=bool)

    def log_gate(self, params: ExpertsParams, data: ExpertRows, rows: Rows = slice(None)) -> Array:
        """(m, K) ln g_k(x_i)."""
        return log_softmax(data.logits(params.gate, rows))

    def log_joint(self, params: ExpertsParams, data: ExpertRows, rows: Rows) -> Array:
        """(K, m) ln g_k(x_i) + ln p_k(y_i | x_i); of new rows, whose target is not known, ln g_k(x_i) alone."""
        joint = self.log_gate(params, data, rows)
        if data.target is not None or data.y is not None:
            joint += self.family(data).log_density(params.experts, data, rows)
        return np.ascontiguousarray(joint.T)

    def _clamped(self, log_joint: Array, data: ExpertRows, rows: Rows) -> Array:
        """Targets are what is learned: they tell no row's expert."""
        return log_joint

    def expect(self, params: ExpertsParams, data: ExpertRows, inference: Inference = EXACT) -> Expectation:
        """E-step: the responsibilities of every row, chunk by chunk."""
        draws = uniforms(inference, data.n_rows)

        def one(rows: slice) -> tuple[Array, float, float]:
            r, log_evidence, entropy = self._assigned(params, data, rows, inference, draws)
            weight = np.ones(len(entropy)) if data.sample_weight is None else data.sample_weight[rows]
            return r.T, float(log_evidence @ weight), float(entropy @ weight)

        parts = map_chunks(one, row_chunks(data.n_rows, self.rows_per_chunk(params, data)))
        r = np.concatenate([part[0] for part in parts])
        return Expectation(SharedOut(r), sum(part[1] for part in parts), sum(part[2] for part in parts))

    # M

    def maximize(
        self, expectation: Expectation, params: ExpertsParams, data: ExpertRows
    ) -> Maximization[ExpertsParams]:
        """Each expert's weighted regression, and the gate's on the responsibilities."""
        r = expectation.statistics.responsibilities
        moved = fitted(r, params, data, self.family(data), self.weight_decay, MOST_STEPS)

        def heights(reached: ExpertsParams) -> tuple[float, float]:
            parts, priors = self.q_parts(expectation, reached, data), self._log_priors(reached, data)
            return parts["gate"] + priors[0], parts["experts"] + priors[1]

        return Maximization(no_lower(heights, params, moved.params), moved.events)

    def remarks(self, step: Step) -> tuple[str, ...]:
        """What has no maximum where no prior holds it."""
        data, params = step.problem.data, step.params
        if step.posterior is None or not isinstance(data, ExpertRows) or data.basis is None:
            return ()
        r = data.weighed(self.responsibilities(params, data, slice(None)))
        said = list(self.family(data).in_flight(r, params.experts, data))
        of_gate = self.weight_decay == 0.0 and self.n_experts > 1 and not some_empty(r)
        if of_gate and is_flat(data.basis.rows, r, params.gate @ data.basis.into):
            said.append(GATE_TAKES_OFF)
        return tuple(said)

    def q_value(self, expectation: Expectation, params: ExpertsParams, data: ExpertRows) -> float:
        """Q = Σ_i Σ_k r_ik (ln g_k(x_i) + ln p_k(y_i | x_i)), that of the gate and that of the experts."""
        return sum(self.q_parts(expectation, params, data).values())

    def q_parts(self, expectation: Expectation, params: ExpertsParams, data: ExpertRows) -> dict[str, float]:
        """Q of the gate, and Q of the experts."""
        r = data.weighed(expectation.statistics.responsibilities)
        every = slice(None)
        density = self.family(data).log_density(params.experts, data, every)
        return {"gate": _expected(r, self.log_gate(params, data)), "experts": _expected(r, density)}

    def log_prior(self, params: ExpertsParams, data: ExpertRows) -> float:
        """See the class."""
        return sum(self._log_priors(params, data))

    def _log_priors(self, params: ExpertsParams, data: ExpertRows) -> tuple[float, float]:
        """That of the gate, and that of the experts."""
        apart = params.gate[:, 1:] - params.gate[:, 1:].mean(axis=0)
        of_gate = -0.5 * self.weight_decay * float((apart**2).sum())
        return of_gate, float(self.family(data).log_prior(params.experts, data))

    def n_parameters(self, params: ExpertsParams) -> int:
        """(K − 1)(p + 1) of the gate, and those of the experts."""
        experts = params.experts
        each = experts.coefficients[:, :-1] if experts.coefficients.ndim == 3 else experts.coefficients
        variances = len(experts.variances) if isinstance(experts, GaussianExperts) else 0
        return int(params.gate[:-1].size + each.size + variances)

    def without_maximum(self, params: ExpertsParams, data: ExpertRows) -> tuple[str, str]:
        """Where the classes are told apart, and no weight decay holds the weights."""
        return (NO_MAXIMUM, HELD_BY) if self.weight_decay == 0.0 and tells_apart(params, data) else ("", "")

    def relabel(self, params: ExpertsParams, order: IntArray) -> ExpertsParams | None:
        """The experts in another order, and the gate held against another one."""
        return reordered(params, order)

    def predict_proba(self, params: ExpertsParams, data: ExpertRows) -> Array:
        """(n, g) p(y | x) = Σ_k g_k(x) p_k(y | x); for numbers, (n, K) the gate's shares g_k(x)."""
        g = np.exp(self.log_gate(params, data))
        if isinstance(params.experts, GaussianExperts):
            return g
        each = np.exp(log_softmax(data.logits(params.experts.coefficients)))
        return np.asarray(np.einsum("nk,nkg->ng", g, each))

    def predicts_numbers(self, params: ExpertsParams) -> bool:
        """Whether the experts are regressions."""
        return isinstance(params.experts, GaussianExperts)

    def reports(self, params: ExpertsParams, X: Any, targets: Any, weights: Array | None = None) -> dict[str, Report]:
        """By p(y | x), which is a mixture of what the experts say; of numbers by its mean."""
        with one_blas_thread():
            if not isinstance(params.experts, GaussianExperts):
                return super().reports(params, X, targets, weights)
            y = np.asarray(targets, dtype=np.float64)
            rows = replace(self.observe_new(X, params), target=y)
            log_p = self.log_evidence(params, rows)
            return {MARGINAL: number_report(self.predict_mean(params, rows), y, log_p, weights=weights)}

    def predict_mean(self, params: ExpertsParams, data: ExpertRows) -> Array:
        """(n,) E[y | x] = Σ_k g_k(x) β_kᵀ[1, x], where numbers are learned."""
        return np.asarray((np.exp(self.log_gate(params, data)) * data.logits(params.experts.coefficients)).sum(axis=1))

    def worked_row(self, step: Step, row: int) -> Worked:
        """The gate's share × the expert's density, sum and quotient."""
        return expert_row(step, row)

    def worked_new_row(self, step: Step, x: Array) -> Worked:
        """What gate and experts say of a row without its target. Raises DataError for another number of inputs."""
        return expert_new_row(step.params, new_rows(x[None], step.params.n_inputs).X[0])

    def slopes(self, at: Any, params: Any, entry: Entry) -> Slopes:
        """With the responsibilities held: of the gate's regression and of the experts'."""
        return expert_slopes(self._shares(at), params, at.data, entry, self)

    def pulls(self, at: Any, params: Any, entry: Entry) -> Pulls:
        """Likewise."""
        return expert_pulls(self._shares(at), params, at.data, entry, self)

    def _shares(self, at: Any) -> Array:
        return self.responsibilities(at.params, at.data, slice(None), at.inference)

    def parameter_lines(self, step: Step, entry: Entry, after: Any) -> list[WorkedLine] | None:
        """The sums that a regression solves for."""
        return parameter_lines_of(self, step, entry, after)


def _expected(r: Array, log_p: Array) -> float:
    """Σ r ln p with 0 · (−∞) = 0."""
    return float(np.where(r > 0, r * np.where(r > 0, log_p, 0.0), 0.0).sum())
