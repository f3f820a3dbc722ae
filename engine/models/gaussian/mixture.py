r"""Gaussian mixtures: p(x) = Σ_k weights_k N(x | μ_k, Σ_k), with four types of covariance and an honest ridge.

E:  r_ik = weights_k N(x_i | μ_k, Σ_k) / Σ_j weights_j N(x_i | μ_j, Σ_j)
M:  weights_k = N_k / n,   μ_k = Σ_i r_ik x_i / N_k,   Σ_k = (S_k + Λ) / N_k,   S_k = Σ_i r_ik (x_i − μ_k)(x_i − μ_k)ᵀ
                                                     Dempster, Laird & Rubin 1977; McLachlan & Peel 2000, chapter 3
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from engine.arrays import Array, IntArray, Rows
from engine.editing.entries import Entry
from engine.em.expectation import Expectation
from engine.em.inference import EXACT, Exact, GivenRows, Inference, assign, uniforms
from engine.em.maximization import Maximization
from engine.em.model import Ascent
from engine.em.step import Step
from engine.explain.derivation import WorkedLine, counted_lines
from engine.explain.pulls import DensitySlopes
from engine.models.gaussian.collapse import Policy, mended
from engine.models.gaussian.data import GaussianRows, gaussian_rows, new_gaussian_rows
from engine.models.gaussian.explanation import gaussian_densities, gaussian_distances, moment_lines
from engine.models.gaussian.params import (
    COVARIANCE_TYPES,
    GaussianParams,
    bhattacharyya,
    check_gaussian_params,
    inverse_factors,
    n_covariance_parameters,
)
from engine.models.gaussian.passes import MOST_CANCELLED, CentredPass, Pass, SharedPass, pass_for
from engine.models.gaussian.ridge import inverse_trace, ridge_in_words, ridge_of, ridge_option
from engine.models.gaussian.rounding import rising
from engine.models.gaussian.slopes import gaussian_slopes
from engine.models.gaussian.start import STARTS, gaussian_start
from engine.models.gaussian.statistics import GaussianStatistics
from engine.models.gaussian.weak import RowShares, weak_components
from engine.models.mixture import Mixture
from engine.models.mixture_explanation import Densities
from engine.models.workspace import Workspace
from engine.options import option
from engine.parallel import map_reduce, row_chunks

_LEAST_LOG = -700.0  # exp of less would be a denormal number, a hundred times as slow as a normal one


@dataclass(frozen=True)
class GaussianMixture(Mixture[GaussianParams, GaussianRows]):
    r"""A mixture of K Gaussians in d dimensions.

    The ridge is a prior, so that the objective log_likelihood + log_prior is what the M-step maximises and never falls:

        ln p(Σ_k) = −½ Σ_j λ_j (Σ_k⁻¹)_jj + const,   λ_j = 1e-6 · n · v_j

    v_j the variance of column j and n the sum of the sample weights, with the M-steps (Λ = diag λ, d the dimensions,
    S_k the scatter about the new mean)

        full       Σ_k  = (S_k + Λ) / N_k
        diag       σ²_kj = (S_kjj + λ_j) / N_k
        spherical  σ²_k = (tr S_k + Σ_j λ_j) / (N_k d)
        tied       Σ    = (Σ_k S_k + Λ) / n                                     from one prior for the only covariance

    So a component of N_k rows gets λ_j / N_k added to its variance in column j: 1e-6 of the column's variance over
    its share, which is nothing for most, and much for one of a few rows. λ is the same for every K. `log_prior` leaves
    the constant out.

    `reg_covar` as a number is in the squared units of the data: λ_j = reg_covar · n. With K = 1, and tied, that is
    scikit-learn's `reg_covar`. With more, scikit-learn adds it to each Σ_k after the division, which maximises nothing;
    this prior adds reg_covar / weight_k.

    With m_step="conditional" the covariances maximise Q given the means before, then the means given those: a
    generalised M-step (Meng & Rubin 1993, Biometrika 80:267), under which the objective rises too; mixtools takes it.
    """

    Params: ClassVar[type] = GaussianParams
    name: ClassVar[str] = "gmm"
    takes_labels: ClassVar[bool] = True
    title: ClassVar[str] = "Gaussian mixture"

    n_components: int = option(3, "how many Gaussians", minimum=1)
    covariance_type: str = option("full", "the shape that the Gaussians may have", choices=COVARIANCE_TYPES)
    init: str = option("kmeans", "where EM begins", choices=STARTS)
    reg_covar: float | str = ridge_option()
    on_collapse: str = option(
        "ridge", "what happens to a component that dies or collapses", choices=("ridge", "reset", "stop")
    )
    m_step: str = option(
        "joint",
        "means and covariances at once, or covariances about the means before them",
        choices=("joint", "conditional"),
    )

    @property
    def compares_columns(self) -> bool:
        """Clusters of k-means, and spheres, have one scale for all columns."""
        return True

    @property
    def ascent(self) -> Ascent:
        """How far an M-step goes up, by `m_step`."""
        return "conditional" if self.m_step == "conditional" else "maximum"

    @property
    def singular(self) -> str:
        """Of a covariance."""
        return (
            "a covariance is singular to the last digit here: go back to another start, or choose a larger ridge or "
            "fewer components."
        )

    def observe(self, X: Any, y: Any = None, sample_weight: Any = None) -> GaussianRows:
        """Check that X is a table of finite numbers whose squares can be computed with, and measure its extent."""
        return gaussian_rows(X, y, sample_weight, self.covariance_type, self.n_components)

    def observe_new(self, X: Any, params: GaussianParams) -> GaussianRows:
        """Rows to predict for. Raises DataError where they have other columns than the means."""
        return new_gaussian_rows(X, self.covariance_type, params.means.shape[1])

    def start(self, data: GaussianRows, generator: np.random.Generator) -> GaussianParams:
        """θ⁰ by `init`; see `gaussian_start`. Raises DataError where there are fewer rows than components."""

        def m_step(expectation: Expectation, before: GaussianParams) -> GaussianParams:
            """Covariances that are singular are widened rather than left so."""
            plain = replace(self, on_collapse="ridge", m_step="joint")
            return plain.maximize(expectation, before, data).params

        return gaussian_start(self.init, self.n_components, self.ridge(data), data, generator, m_step)

    def check_params(self, params: GaussianParams, data: GaussianRows) -> GaussianParams:
        """Shapes, weights on the simplex, positive definite covariances."""
        super().check_params(params, data)
        check_gaussian_params(params, self.covariance_type, self.n_components, data.X.shape[1])
        return params

    def ridge(self, data: GaussianRows) -> Array:
        """(d,) λ of each column; see `engine.models.gaussian.ridge`."""
        return ridge_of(self.reg_covar, data)

    def expect(self, params: GaussianParams, data: GaussianRows, inference: Inference = EXACT) -> Expectation:
        """E-step: r_ik ∝ weights_k N(x_i | μ_k, Σ_k), gathered into the moments of each component.

        Where the moments about the shared origin would lose digits, because a component is about to become far tighter
        than the data, they are taken again about the new means.
        """
        first = pass_for(params, data)
        expectation = _over_rows(self, first, data, inference)
        slack = data.whitened(self.ridge(data)) if isinstance(first, SharedPass) else 0.0
        if expectation.statistics.loses_digits(slack, MOST_CANCELLED):
            again = CentredPass(params, data, expectation.statistics.means())
            expectation = _over_rows(self, again, data, inference)
        return expectation

    def maximize(
        self, expectation: Expectation, params: GaussianParams, data: GaussianRows
    ) -> Maximization[GaussianParams]:
        """weights_k = N_k / n, weighted means, and covariances with the ridge; trouble is mended by `on_collapse`."""
        statistics: GaussianStatistics = expectation.statistics
        weights = statistics.counts / statistics.counts.sum()
        covariances = statistics.covariances(self.ridge(data))
        if self.m_step == "conditional":
            covariances = covariances + statistics.added_about(params.means)
        best = GaussianParams(weights, statistics.means(), covariances)
        best = rising(best, statistics, params, lambda theta: self._reaches(expectation, theta, data))
        policy = Policy(
            self.on_collapse, self.ridge(data), self.log_prior, self.log_evidence, self._shares(params, data)
        )
        return mended(best, statistics, params, data, policy)

    def _shares(self, params: GaussianParams, data: GaussianRows) -> RowShares:
        return lambda row: self.responsibilities(params, data, np.array([row]))[0]

    def weak_components(self, params: GaussianParams, data: GaussianRows) -> dict[int, str]:
        """Dead, on a single row, or living on the ridge."""
        return weak_components(params, data, self.ridge(data), self._shares(params, data))

    def _reaches(self, expectation: Expectation, params: GaussianParams, data: GaussianRows) -> float:
        """Q + log p(θ)."""
        return self.q_value(expectation, params, data) + self.log_prior(params, data)

    def q_value(self, expectation: Expectation, params: GaussianParams, data: GaussianRows) -> float:
        """Σ_k N_k ln weights_k + E_q[Σ_i ln N(x_i | μ_{z_i}, Σ_{z_i})], from the statistics alone."""
        return sum(self.q_parts(expectation, params, data).values())

    def q_parts(self, expectation: Expectation, params: GaussianParams, data: GaussianRows) -> dict[str, float]:
        """That of the weights, and that of the densities."""
        statistics: GaussianStatistics = expectation.statistics
        densities = float(statistics.q_by_component(params).sum())
        return {"weights": statistics.q_of_weights(params.weights), "densities": densities}

    def log_prior(self, params: GaussianParams, data: GaussianRows) -> float:
        """−½ Σ_k Σ_j λ_j (Σ_k⁻¹)_jj, for tied of the only Σ: what the ridge maximises, without its constant."""
        kind, ridge = self.covariance_type, self.ridge(data)
        if not ridge.any():
            return 0.0
        return -0.5 * float(inverse_trace(inverse_factors(params, kind), ridge, kind).sum())

    def log_joint(self, params: GaussianParams, data: GaussianRows, rows: Rows) -> Array:
        """(K, len(rows)) ln weights_k + ln N(x_i | μ_k, Σ_k)."""
        a_pass, work = pass_for(params, data), Workspace()
        parts = _parts(rows, data.n_rows, a_pass.rows_per_chunk)
        joints = [a_pass.log_joint(a_pass.look(part, work), work).copy() for part in parts]
        return np.concatenate(joints, axis=1) if joints else np.empty((self.n_components, 0))

    def without_prior(self) -> GaussianMixture:
        """The same model without a ridge."""
        return replace(self, reg_covar=0.0)

    def row_distances(self, params: GaussianParams, x: Array) -> Array:
        """The Mahalanobis distance."""
        return gaussian_distances(x, params, self.covariance_type)

    def worked_densities(self, step: Step, row: int) -> Densities:
        """The density of a row, from its squared distance and the determinant."""
        return gaussian_densities(step.problem.data.X[row], step.params_q, self.covariance_type)

    def density_slopes(self, params: Any, data: Any, entry: Entry) -> DensitySlopes:
        """Of a mean or a covariance."""
        return gaussian_slopes(data.X, params, self.covariance_type, entry, self.ridge(data))

    def parameter_lines(self, step: Step, entry: Entry, after: Any) -> list[WorkedLine] | None:
        """The M-step of an entry line by line: N_k, the weighted sum, the ridge, the quotient."""
        assert isinstance(step.problem.data, GaussianRows)
        statistics: GaussianStatistics = step.expectation.statistics
        if entry.field == "weights":
            return counted_lines(statistics.counts, entry.index[0])
        about = step.params_q.means if self.m_step == "conditional" else None
        return moment_lines(statistics, entry, self.ridge(step.problem.data), ridge_in_words(self.reg_covar), about)

    def bhattacharyya(self, params: GaussianParams, first: int, second: int) -> float:
        """∫ √(p_i p_j) in closed form."""
        return bhattacharyya(params, first, second, self.covariance_type)

    def n_parameters(self, params: GaussianParams) -> int:
        """K − 1 weights, K d means, and the covariances of the type; K without those that died."""
        k, d = self.n_alive(params), int(params.means.shape[1])
        return k - 1 + k * d + n_covariance_parameters(self.covariance_type, k, d)


def _parts(rows: Rows, n_rows: int, at_once: int) -> list[slice] | list[IntArray]:
    """The chosen rows in chunks, as slices where the rows are consecutive."""
    if isinstance(rows, slice) and (rows.step or 1) == 1:
        first, last, _ = rows.indices(n_rows)
        return [slice(first + part.start, first + part.stop) for part in row_chunks(last - first, at_once)]
    chosen = np.arange(n_rows)[rows]
    return [chosen[part] for part in row_chunks(len(chosen), at_once)]


def _over_rows(model: GaussianMixture, a_pass: Pass, data: GaussianRows, inference: Inference) -> Expectation:
    """One pass in chunks, each by one thread with a workspace of its own; summed in the order of the chunks."""
    draws = uniforms(inference, data.n_rows)
    plain = isinstance(inference, Exact) and data.y is None

    def one(rows: slice) -> Expectation:
        with data.workspaces.borrowed() as work:
            form = a_pass.look(rows, work)
            log_joint = a_pass.log_joint(form, work)
            weight = None if data.sample_weight is None else data.sample_weight[rows]
            if plain:
                r, log_likelihood, entropy = _posterior(log_joint, weight, work)
            else:
                log_joint = model._clamped(log_joint, data, rows)
                r, evidence, each = assign(log_joint, inference, None if draws is None else draws[rows])
                if isinstance(inference, GivenRows):
                    inference.put_in(r, each, rows, data.n_rows)
                if weight is None:
                    log_likelihood, entropy = _total(evidence, None), float(each.sum())
                else:
                    r *= weight
                    log_likelihood, entropy = _total(evidence, weight), float(each @ weight)
            return Expectation(a_pass.statistics(form, rows, r, work), log_likelihood, entropy)

    return map_reduce(row_chunks(data.n_rows, a_pass.rows_per_chunk), one)


def _posterior(log_joint: Array, weight: Array | None, work: Workspace) -> tuple[Array, float, float]:
    """Weighted responsibilities (K, m), ln p(X) and H(q) of a chunk, without temporary arrays; overwrites `log_joint`.

    With a_k = ln p(x, k) − max_j ln p(x, j):  ln p(x) = max + ln Σ exp a_k,  H(q) = ln Σ exp a_k − Σ_k r_k a_k.
    """
    top = log_joint.max(axis=0)
    log_joint -= top
    least = work.array("least", len(top))  # numpy takes a row of the same number twice as fast as the number
    least.fill(_LEAST_LOG)
    np.maximum(log_joint, least, out=log_joint)
    r = np.exp(log_joint, out=work.array("responsibilities", *log_joint.shape))
    total = r.sum(axis=0)
    log_total = np.log(total)
    np.divide(1.0 if weight is None else weight, total, out=total)
    r *= total
    if weight is None:
        normaliser, tops = float(log_total.sum()), _total(top, None)
    else:
        normaliser, tops = float(log_total @ weight), _total(top, weight)
    return r, tops + normaliser, normaliser - float(np.vdot(r, log_joint))


def _total(log_densities: Array, weight: Array | None) -> float:
    """Their weighted sum; −∞ where rows lie so far from every component that it has no number."""
    with np.errstate(over="ignore"):
        return float(log_densities.sum() if weight is None else log_densities @ weight)
