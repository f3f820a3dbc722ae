r"""Hidden Markov models: a chain of hidden states, each of which emits what is seen (Baum–Welch).

p(x, z) = initial(z_1) Π_t transition(z_{t−1}, z_t) Π_t p(x_t | z_t) · stop(z_T)     the last with a stop state

E:  γ_t(i) = p(z_t = i | x),  ξ_t(i, j) = p(z_{t−1} = i, z_t = j | x)                      by forward and backward
M:  initial ∝ Σ γ_1,   transition(i, j) ∝ Σ_t ξ_t(i, j),   stop(i) ∝ Σ γ_T(i),   emissions from γ
                                            Baum, Petrie, Soules & Weiss 1970, Ann. Math. Stat. 41:164; Rabiner 1989
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Array, IntArray, Rows
from engine.em.expectation import Expectation
from engine.em.inference import EXACT, Exact, Hard, Inference, Sampled, Tempered, temperature_of
from engine.em.maximization import Maximization
from engine.em.model import Model
from engine.em.row_text import RowText, row_number
from engine.em.step import Step
from engine.errors import DataError
from engine.models.gaussian.mixture import GaussianMixture
from engine.models.gaussian.params import COVARIANCE_TYPES
from engine.models.gaussian.ridge import ridge_option
from engine.models.hmm.data import SequenceRows, is_several, row_in_sequence, sequence_rows
from engine.models.hmm.emissions import CategoricalEmissions, Emissions, GaussianEmissions
from engine.models.hmm.explanation import ExplainsChains
from engine.models.hmm.forward_backward import Chain, Smoothed
from engine.models.hmm.forward_backward_log import path_entropy
from engine.models.hmm.impossible import Factors, lost_sequences, part
from engine.models.hmm.params import GaussianEmission, HiddenMarkovParams, check_chain_params
from engine.models.hmm.posterior import posterior_of, smooth, weighted_sum
from engine.models.hmm.remarks import gain_of_time, tied_rows, what_time_adds
from engine.models.hmm.statistics import ChainStatistics
from engine.models.probabilities import alive, dot_log
from engine.options import option

_ROUNDING = 1e-12  # of ln Z


@dataclass(frozen=True)
class HiddenMarkovModel(Model[HiddenMarkovParams, SequenceRows], ExplainsChains):
    """A hidden Markov model with S states, for one sequence or several.

    X is one sequence, (T,) or (T, d), or a list of such arrays. Symbols are whole numbers from `first_symbol` on, which
    the parameters count from 0; measurements are Gaussian given the state, with the ridge of `GaussianMixture` as their
    prior. `sample_weight` has one number a sequence: 2 is the same as the sequence twice. `y` holds known states, one a
    row (or a list as X is), −1 where unknown.

    Rows are the steps of all sequences, one below another: `posterior.responsibilities` is (T in all, S), labels are
    the likeliest state of each row by itself; the likeliest path as a whole is `viterbi`. A sequence that no path
    explains has the log-likelihood −∞, and q holds its least impossible paths (`engine.models.hmm.impossible`).
    """

    Params: ClassVar[type] = HiddenMarkovParams
    name: ClassVar[str] = "hmm"
    no_q_by_hand: ClassVar[str] = (
        "the steps of a sequence hang together: q is of whole paths through the states, and no row's part of it can be "
        "moved by itself."
    )
    takes_labels: ClassVar[bool] = True
    title: ClassVar[str] = "hidden Markov model"
    size_option: ClassVar[str] = "n_states"
    independent_rows: ClassVar[bool] = False

    n_states: int = option(2, "how many hidden states", minimum=1, maximum=500)
    emission: str = option("categorical", "what is seen: symbols or measurements", choices=("categorical", "gaussian"))
    covariance_type: str = option("diag", "the shape that the Gaussians may have", choices=COVARIANCE_TYPES)
    stop_state: bool = option(False, "sequences end by chance, in a state that is never left")
    reg_covar: float | str = ridge_option()
    first_symbol: int = option(0, "the number of the first symbol", minimum=-1_000_000, maximum=1_000_000)

    @property
    def takes_measurements(self) -> bool:
        """Gaussian emissions are of measurements, others of symbols."""
        return self.emission == "gaussian"

    @property
    def compares_columns(self) -> bool:
        """Whether columns are compared with one another: Gaussian emissions do that."""
        return self.emission == "gaussian"

    @property
    def variant(self) -> str:
        """What is seen where it is symbols, which have no shape; else the shape of the Gaussians."""
        return self.emission if self.emission == "categorical" else self.covariance_type

    @property
    def takes_symbols(self) -> bool:
        """Whether rows are symbols: with categorical emissions they are."""
        return self.emission == "categorical"

    @property
    def singular(self) -> str:
        """Of a state's covariance."""
        return GaussianMixture().singular.replace("components", "states")

    @property
    def emissions(self) -> Emissions:
        """The kind of emission."""
        if self.emission == "categorical":
            return CategoricalEmissions(self.n_states)
        kind, ridge = self.covariance_type, self.reg_covar
        return GaussianEmissions(GaussianMixture(self.n_states, covariance_type=kind, reg_covar=ridge))

    def observe(self, X: Any, y: Any = None, sample_weight: Any = None) -> SequenceRows:
        """Check the sequences and put them one below another; see the class for what X may be."""
        first_symbol = self.first_symbol if self.emission == "categorical" else None
        return sequence_rows(X, y, sample_weight, self.n_states, first_symbol, self.covariance_type)

    def observe_new(self, X: Any, params: HiddenMarkovParams) -> SequenceRows:
        """Sequences to predict for. Raises DataError for a symbol that the parameters don't know."""
        columns = params.emission.means.shape[1] if isinstance(params.emission, GaussianEmission) else None
        first_symbol = self.first_symbol if columns is None else None
        data = sequence_rows(X, None, None, self.n_states, first_symbol, self.covariance_type, columns)
        if data.symbols is None:
            return data
        assert not isinstance(params.emission, GaussianEmission)
        V = params.emission.shape[1]
        unseen = np.flatnonzero(data.symbols >= V)
        if len(unseen):
            row, last = int(unseen[0]), self.first_symbol + V - 1
            raise DataError(
                RowText(
                    row,
                    f" holds symbol {data.X[row, 0]:zg}, which the model has never seen: "
                    f"it knows {self.first_symbol} to {last}, so leave that row out.",
                    name=partial(row_in_sequence, data.first) if is_several(X) else row_number,
                )
            )
        return data

    def start(self, data: SequenceRows, generator: np.random.Generator) -> HiddenMarkovParams:
        """Every state as likely to begin, inclined to stay; symbols by random shares, Gaussians at k-means clusters."""
        S = self.n_states
        emission = self.emissions.start(data, generator)
        transition = generator.uniform(0.5, 1.5, (S, S)) + 2.0 * S * np.eye(S)
        transition /= transition.sum(axis=1, keepdims=True)
        if not self.stop_state:
            return HiddenMarkovParams(np.full(S, 1.0 / S), transition, emission)
        ends = float(np.clip(data.sequence_weight.sum() / data.total_weight, 1e-3, 0.5))
        return HiddenMarkovParams(np.full(S, 1.0 / S), transition * (1.0 - ends), emission, np.full(S, ends))

    def check_params(self, params: HiddenMarkovParams, data: SequenceRows) -> HiddenMarkovParams:
        """Shapes, probabilities that sum to 1, and emissions that fit the data."""
        super().check_params(params, data)
        check_chain_params(params, self.n_states, self.stop_state)
        self.emissions.check(params.emission, data)
        return params

    def chain(self, params: HiddenMarkovParams, data: SequenceRows) -> Chain:
        """ln p(x, z | θ) as potentials of the rows and transitions between them."""
        log_potentials = self.emissions.log_densities(_own(params), data)
        with np.errstate(divide="ignore"):
            log_potentials[:, data.first] += np.log(params.initial)[:, None]
            if params.stop is not None:
                log_potentials[:, data.last] += np.log(params.stop)[:, None]
            log_transition = np.log(params.transition)
        if data.y is not None:  # of a row whose state is known, no other is left
            others = (data.y >= 0) & (data.y != np.arange(self.n_states)[:, None])
            log_potentials[others] = -np.inf
        return Chain(log_potentials, log_transition, data.first)

    def factors(self, params: HiddenMarkovParams, data: SequenceRows) -> Factors:
        """p(x, z | θ) with the factors that are 0 told apart, for sequences that no path explains."""
        densities = self.emissions.log_densities(_own(params), data)
        excluded = None
        if data.y is not None:
            excluded = (data.y >= 0) & (data.y != np.arange(self.n_states)[:, None])
        p = params
        return Factors.of(densities, p.initial, p.transition, p.stop, excluded, data.first, data.last)

    def _posterior(
        self, params: HiddenMarkovParams, data: SequenceRows, chain: Chain, inference: Inference
    ) -> Smoothed:
        """q(z); of sequences that no path explains, over the least impossible paths."""
        q = posterior_of(chain, data.sequence_weight, inference)
        lost = lost_sequences(chain, q, inference)
        if not lost.any():
            return q
        q = posterior_of(chain, np.where(lost, 0.0, data.sequence_weight), inference)
        alone, rows = part(self.factors(params, data).chain(inference), lost)
        theirs = posterior_of(alone, data.sequence_weight[lost], inference, in_logs=True)  # 0 exactly, and not 1e-30
        responsibilities = q.responsibilities.copy()
        responsibilities[:, rows] = theirs.responsibilities
        log_evidence = np.where(lost, -np.inf, q.log_evidence)
        return Smoothed(responsibilities, q.transitions + theirs.transitions, log_evidence)

    def expect(self, params: HiddenMarkovParams, data: SequenceRows, inference: Inference = EXACT) -> Expectation:
        """E-step: forward and backward, or the likeliest or a drawn path, gathered into the expected statistics."""
        chain, weight = self.chain(params, data), data.sequence_weight
        q = self._posterior(params, data, chain, inference)
        statistics = self._statistics(params, data, q)
        evidence = q.log_evidence if isinstance(inference, Exact) else smooth(chain, weight).log_evidence
        log_likelihood = weighted_sum(evidence, weight)
        found = Expectation(statistics, log_likelihood, 0.0)
        if isinstance(inference, Hard | Sampled):
            return found
        # ln q(z) = ln p(x, z)/τ − ln Z, so H(q) = ln Z − E_q[ln p(x, z)]/τ; τ = 1 and Z = p(x) for the exact posterior.
        temperature = temperature_of(inference)
        log_normaliser = weighted_sum(q.log_evidence, weight)
        entropy = log_normaliser - self.q_value(found, params, data) / temperature
        if not np.isfinite(entropy):
            entropy = self.entropy(params, data, inference)
        elif abs(entropy) < _ROUNDING * abs(log_normaliser) and np.isin(q.responsibilities, (0.0, 1.0)).all():
            entropy = 0.0  # every state is certain, and what is left of the difference is rounding
        return replace(found, entropy=max(0.0, entropy))

    def _statistics(self, params: HiddenMarkovParams, data: SequenceRows, q: Smoothed) -> ChainStatistics:
        weighted = q.responsibilities
        if data.sample_weight is not None:
            weighted = weighted * data.sample_weight
        emission = self.emissions.statistics(_own(params), data, weighted)
        starts, ends = weighted[:, data.first].sum(axis=1), weighted[:, data.last].sum(axis=1)
        return ChainStatistics(starts, q.transitions, ends, weighted.sum(axis=1), emission)

    def maximize(
        self, expectation: Expectation, params: HiddenMarkovParams, data: SequenceRows
    ) -> Maximization[HiddenMarkovParams]:
        """Shares of what was expected; what is known nothing about (a state never left) stays as it was."""
        counts: ChainStatistics = expectation.statistics
        left = counts.transition.sum(axis=1)
        if self.stop_state:
            left = left + counts.last
        used = left > 0
        divisor = np.where(used, left, 1.0)
        transition = np.where(used[:, None], counts.transition / divisor[:, None], params.transition)
        stop = None if params.stop is None else np.where(used, counts.last / divisor, params.stop)
        emission, events = self.emissions.maximize(counts.emission, _own(params), data)
        best = HiddenMarkovParams(counts.initial / counts.initial.sum(), transition, emission, stop)
        return Maximization(best, events)

    def q_value(self, expectation: Expectation, params: HiddenMarkovParams, data: SequenceRows) -> float:
        """E_q[ln initial + Σ ln transition + ln stop] + E_q[Σ_t ln p(x_t | z_t)]."""
        return sum(self.q_parts(expectation, params, data).values())

    def q_parts(self, expectation: Expectation, params: HiddenMarkovParams, data: SequenceRows) -> dict[str, float]:
        """That of the first states, of the transitions, of the ends where there is a stop state, of the emissions."""
        counts: ChainStatistics = expectation.statistics
        parts = {"initial": dot_log(counts.initial, params.initial)}
        parts["transition"] = dot_log(counts.transition, params.transition)
        if params.stop is not None:
            parts["stop"] = dot_log(counts.last, params.stop)
        parts["emission"] = self.emissions.q_value(counts.emission, _own(params))
        return parts

    def log_prior(self, params: HiddenMarkovParams, data: SequenceRows) -> float:
        """The log-prior of the Gaussians' ridge; 0 for symbols."""
        return self.emissions.log_prior(_own(params), data)

    def responsibilities(
        self, params: HiddenMarkovParams, data: SequenceRows, rows: Rows, inference: Inference = EXACT
    ) -> Array:
        """(len(rows), S) the posterior of the states at the chosen rows; the whole chain is walked for any of them."""

        def all_rows() -> Array:
            q = self._posterior(params, data, self.chain(params, data), inference)
            return np.ascontiguousarray(q.responsibilities.T)

        return np.array(data.remembered((params, inference), all_rows)[rows])

    def entropy(self, params: HiddenMarkovParams, data: SequenceRows, inference: Inference = EXACT) -> float:
        """H(q) of whole paths by the chain rule: the slow second way, which tests compare with `expect`."""
        if isinstance(inference, Hard | Sampled):
            return 0.0
        chain = self.chain(params, data)
        if isinstance(inference, Tempered):
            chain = chain.tempered(inference.temperature)
        each = path_entropy(chain)
        lost = smooth(chain, data.sequence_weight).lost
        if lost.any():
            alone, _ = part(self.factors(params, data).chain(inference), lost)
            each[lost] = path_entropy(alone.tempered(temperature_of(inference)))
        return float(data.sequence_weight @ each)

    def viterbi(self, params: HiddenMarkovParams, data: Any) -> IntArray:
        """(T in all,) the likeliest path of each sequence as a whole; `data` may be sequences or observations."""
        observed = data if isinstance(data, SequenceRows) else self.observe_new(data, params)
        chain = self.chain(params, observed)
        return np.asarray(self._posterior(params, observed, chain, Hard()).responsibilities.argmax(axis=0))

    def tied_rows(self, params: HiddenMarkovParams, data: SequenceRows) -> IntArray:
        """The rows at which several paths are the likeliest, and in different states."""
        return np.asarray(
            data.remembered((params, "ties"), lambda: tied_rows(self.chain(params, data)).astype(np.float64)),
            dtype=np.int64,
        )

    def remarks(self, step: Step) -> tuple[str, ...]:
        """What time adds over the mixture of the same emissions, and that the likeliest path has its equals."""
        params, data = step.params, step.problem.data
        assert isinstance(data, SequenceRows)
        said = []
        if data.y is None and self.n_states > 1 and np.isfinite(step.log_likelihood):
            densities = self.emissions.log_densities(_own(params), data)
            weight = np.ones(data.n_rows) if data.sample_weight is None else data.sample_weight
            r = self.responsibilities(params, data, slice(None))
            gain = gain_of_time(step.log_likelihood, densities, r, weight)
            ends = " (its ends included)" if self.stop_state else ""
            said.append(
                f"{what_time_adds(gain, ends)} the mixture of the same emissions, weighted by how often each state is "
                "expected"
            )
        return (*said, *self.path_remark(params, data))

    def path_remark(self, params: HiddenMarkovParams, data: SequenceRows) -> tuple[RowText, ...]:
        """That other paths are as likely as the one of `viterbi`, which takes the lower states; () if none is."""
        tied = self.tied_rows(params, data)
        if not len(tied):
            return ()
        others = f" and {len(tied) - 1:,} more are" if len(tied) > 1 else " is"
        first = data.row_of(int(tied[0]))
        said = "the likeliest path is not the only one: on another that is as likely, "
        return (RowText(said, first, f"{others} in another state"),)

    def n_parameters(self, params: HiddenMarkovParams) -> int:
        """S − 1 for the beginning, S (S − 1) transitions (S² with a stop state), and those of the emissions.

        S without the states that no path can reach any more.
        """
        S = self.n_alive(params)
        return S - 1 + S * (S if self.stop_state else S - 1) + self.emissions.n_parameters(_own(params), S)

    def alive(self, params: HiddenMarkovParams) -> NDArray[np.bool_]:
        """Flags (S,) of the states that some path reaches."""
        reached = alive(params.initial)
        for _ in range(len(reached)):
            reached = reached | alive(params.transition[reached]).any(axis=0)
        return reached

    def weak_components(self, params: HiddenMarkovParams, data: SequenceRows) -> dict[int, str]:
        """States that no path reaches; of Gaussians those on a single row or on the ridge, too."""
        found, kind = super().weak_components(params, data), self.emissions
        if isinstance(kind, GaussianEmissions):
            found |= kind.weak_components(_own(params), data, self.responsibilities(params, data, slice(None)))
        return dict(sorted(found.items()))

    def without_prior(self) -> HiddenMarkovModel | None:
        """The same model without a ridge."""
        return replace(self, reg_covar=0.0) if self.takes_measurements else None


def _own(params: HiddenMarkovParams) -> Any:
    """The emission, which is of the model's kind, as `check` has seen to."""
    return params.emission
