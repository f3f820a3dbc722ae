r"""Topics: each word of a document comes from one of K distributions over words, in proportions of the document's own.

θ_i ~ Dirichlet(alpha),   z_in ~ θ_i,   w_in ~ topics_{z_in}      latent Dirichlet allocation: Blei, Ng & Jordan 2003
    E:  q(θ_i) q(z_i) near p(θ_i, z_i | w_i) (variational), or z_i drawn from p(z_i | w_i) (gibbs)
    M:  topics_kv = (S_kv + c) / Σ_v (S_kv + c),   S_kv the expected words v of topic k;   alpha by Newton, if learned

The evidence p(w_i) is an integral without a closed form: what rises is the bound L(q, θ) below ln p(w), which is what
is shown. c = `pseudo_count` is a stated prior: each topic ~ Dirichlet(1 + c, …), as if every topic had been seen c more
times with each word; the M-step maximises exactly L + log_prior, log_prior = c Σ_kv ln topics_kv.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from engine.arrays import Array, IntArray, Rows
from engine.editing.entries import Entry
from engine.em.expectation import Expectation
from engine.em.inference import EXACT, Inference, Sampled
from engine.em.maximization import Maximization, events_where
from engine.em.model import Model
from engine.em.step import Step
from engine.errors import DataError, EngineError
from engine.explain.derivation import Worked, WorkedLine
from engine.explain.pulls import Pulls, Slopes
from engine.explain.row_states import RowStates
from engine.explain.worked import Explains
from engine.models.topics.bound import best_alpha, best_topics, parts_of_q
from engine.models.topics.data import Corpus, corpus_of, need_whole_counts, need_words
from engine.models.topics.e_step import TopicEStep
from engine.models.topics.explanation import alpha_lines, document_row, topic_lines, word_row
from engine.models.topics.params import TopicParams, check_topic_params
from engine.models.topics.slopes import word_counts, word_pulls, word_slopes
from engine.models.topics.start import even_topics, topics_near_documents
from engine.options import option


@dataclass(frozen=True)
class LatentDirichletAllocation(Model[TopicParams, Corpus], Explains):
    """Latent Dirichlet allocation; X holds counts, documents × vocabulary, dense or sparse."""

    Params: ClassVar[type] = TopicParams
    name: ClassVar[str] = "topics"
    no_q_by_hand: ClassVar[str] = (
        "q of a document is of its mixture and of the topic of every word at once, and no handful of shares to move."
    )
    title: ClassVar[str] = "topics (latent Dirichlet allocation)"
    exact: ClassVar[bool] = False
    has_likelihood: ClassVar[bool] = False  # a bound below it

    n_components: int = option(5, "how many topics", minimum=1, maximum=10_000)
    e_step: str = option("variational", "how the topics of the words are found", choices=("variational", "gibbs"))
    alpha: float | None = option(
        None, "Dirichlet prior of a document's mixture; auto: 1/K", kind="float", minimum=1e-6, maximum=1e6
    )
    learn_alpha: bool = option(False, "let the M-step choose alpha, a number for each topic")
    pseudo_count: float = option(0.1, "times each word is imagined in every topic", minimum=0.0, maximum=1e100)
    init: str = option("random", "where the topics start", choices=("random", "documents"))
    inner_tol: float = option(1e-5, "a document's E-step rests when its topics' words move by less", minimum=0.0)
    inner_steps: int = option(200, "at most so many rounds for a document (variational)", minimum=1, maximum=100_000)
    sweeps: int = option(10, "rounds of drawing in an E-step (gibbs)", minimum=1, maximum=100_000)
    held_out: float = option(0.0, "share of the documents kept out of the fit", minimum=0.0, maximum=0.9)

    def __post_init__(self) -> None:
        """Check the options, and say whether the E-step draws."""
        super().__post_init__()
        draws = self.e_step == "gibbs"
        object.__setattr__(self, "samples", draws)
        object.__setattr__(self, "row_order_matters", draws or self.held_out > 0)

    @property
    def inner(self) -> TopicEStep:
        """The E-step with its settings."""
        return TopicEStep(self.e_step == "gibbs", self.inner_tol, self.inner_steps, self.sweeps)

    @property
    def takes_measurements(self) -> bool:
        """They are counts of words."""
        return False

    def observe(self, X: Any, y: Any = None, sample_weight: Any = None) -> Corpus:
        """Check the counts. A document has a mixture of topics, so there are no known labels to give."""
        if y is not None:
            raise DataError("a topic model takes no labels, for a document is a mixture of topics: leave out y.")
        data = corpus_of(X, sample_weight, self.held_out)
        need_words(data)
        if self.e_step == "gibbs":
            need_whole_counts(data)
        return data

    def observe_new(self, X: Any, params: TopicParams) -> Corpus:
        """Documents to predict for, empty ones too. Raises DataError where their vocabulary is another."""
        data = corpus_of(X)
        if data.n_words != params.topics.shape[1]:
            raise DataError(
                f"the documents count {data.n_words} words, but the model was fitted with {params.topics.shape[1]}: "
                "count the same words, in the same order."
            )
        return data

    def start(self, data: Corpus, generator: np.random.Generator) -> TopicParams:
        """Random topics, or topics halfway between the whole corpus and a random document each; alpha is even."""
        K = self.n_components
        draw = even_topics if self.init == "random" else topics_near_documents
        return TopicParams(draw(data, K, generator), np.full(K, 1.0 / K if self.alpha is None else self.alpha))

    def check_params(self, params: TopicParams, data: Corpus) -> TopicParams:
        """Distributions over this vocabulary that make no word impossible, and an alpha above 0."""
        super().check_params(params, data)
        check_topic_params(params, data, self.n_components, interior=self.pseudo_count > 0)
        return TopicParams(params.topics, params.alpha)  # what it remembers may be of other documents

    def relabel(self, params: TopicParams, order: IntArray) -> TopicParams | None:
        """The topics in another order."""
        other = super().relabel(params, order)
        return other if other is None or params.placed is None else other.remembering(params.placed[:, order])

    def expect(self, params: TopicParams, data: Corpus, inference: Inference = EXACT) -> Expectation:
        """E-step: the words of each topic, and the logarithms of the mixtures. ln p(w) can't be had, and is nan."""
        if isinstance(inference, Sampled):
            need_whole_counts(data, "choose another algorithm")
        statistics, entropy = self.inner.expect(params, data, inference)
        return Expectation(statistics, math.nan, entropy)

    def maximize(self, expectation: Expectation, params: TopicParams, data: Corpus) -> Maximization[TopicParams]:
        """The topics of the expected words, and alpha by Newton where it is learned."""
        statistics = expectation.statistics
        topics, empty = best_topics(statistics.words, self.pseudo_count, params.topics)
        then = "it becomes an even one" if self.pseudo_count > 0 else "it stays as it was"
        events = events_where(empty, "topic {} has no words left: " + then)
        learned = self.learn_alpha and self.n_components > 1  # a single topic has every word, whatever alpha is
        best = TopicParams(topics, best_alpha(statistics, params.alpha) if learned else params.alpha)
        return Maximization(best.remembering(statistics.remembered), events)

    def q_value(self, expectation: Expectation, params: TopicParams, data: Corpus) -> float:
        """Q(θ; q) = E_q[ln p(w, z, θ | topics, alpha)]."""
        return sum(self.q_parts(expectation, params, data).values())

    def q_parts(self, expectation: Expectation, params: TopicParams, data: Corpus) -> dict[str, float]:
        """Of the words given their topics, of those given the documents' mixtures, and of the mixtures."""
        return parts_of_q(expectation.statistics, params.topics, params.alpha)

    def log_prior(self, params: TopicParams, data: Corpus) -> float:
        """c Σ_kv ln topics_kv: the Dirichlet prior of each topic, up to its constant."""
        return self.pseudo_count * float(np.log(params.topics).sum()) if self.pseudo_count > 0 else 0.0

    def responsibilities(self, params: TopicParams, data: Corpus, rows: Rows, inference: Inference = EXACT) -> Array:
        """(len(rows), K) the documents' mixtures, E_q[θ_ik] = γ_ik / Σ_j γ_ij; an empty document has the prior's."""
        gamma = self.inner.gamma(params, data, rows, inference)
        return np.asarray(gamma / gamma.sum(axis=1, keepdims=True))

    def word_topics(self, params: TopicParams, data: Corpus, row: int, inference: Inference = EXACT) -> Array:
        """(words, K) how many of each word of a document each topic has under q.

        The words are those of `data.X[[row]].indices`; Σ_k is their count. Raises EngineError for no such document.
        """
        if not 0 <= row < data.n_rows:
            raise EngineError(f"there is no document {row + 1}: the data have {data.n_rows}.")
        return self.inner.cells(params, data, np.array([row]), inference)

    def entropy(self, params: TopicParams, data: Corpus, inference: Inference = EXACT) -> float:
        """H(q) from φ and γ of every document; the mixtures alone don't determine it."""
        return self.inner.entropy(params, data, inference)

    def n_parameters(self, params: TopicParams) -> int:
        """K (V − 1) of the topics, and K of alpha where it is learned."""
        K, V = params.topics.shape
        return int(K * (V - 1) + (K if self.learn_alpha else 0))

    def predict_proba(self, params: TopicParams, data: Corpus) -> Array:
        """(n, K) mixtures of new documents, by the variational E-step: a word that no topic has tells nothing."""
        quiet = TopicEStep(False, self.inner_tol, self.inner_steps, self.sweeps)
        cold = TopicParams(params.topics, params.alpha)  # what it remembers is of other documents
        gamma = quiet.gamma(cold, data, slice(None), EXACT)
        return np.asarray(gamma / gamma.sum(axis=1, keepdims=True))

    def worked_row(self, step: Step, row: int) -> Worked:
        """γ of a document, and the mixture that it expects."""
        return document_row(self.inner, step, row)

    def worked_word(self, step: Step, row: int, word: int) -> Worked:
        """How one word of a document came to its topics."""
        return word_row(self.inner, step, row, word)

    def row_states(self, step: Step, row: int) -> RowStates:
        """There are none of a document by itself."""
        raise EngineError(
            "a document hides its mixture and the topic of every word, all at once: no handful of states whose "
            "points could be weighed by q."
        )

    def slopes(self, at: Any, params: Any, entry: Entry) -> Slopes | None:
        """Of a word of a topic."""
        counts = self._counts(at, entry)
        return None if counts is None else word_slopes(counts, params, self.pseudo_count, entry)

    def pulls(self, at: Any, params: Any, entry: Entry) -> Pulls | None:
        """Likewise, along the line on which a topic sums to 1."""
        counts = self._counts(at, entry)
        return None if counts is None else word_pulls(counts, params, self.pseudo_count, entry)

    def counted(self, at: Any, entry: Entry) -> tuple[float, float] | None:
        """The expected words of a topic, and its pseudo-count."""
        if entry.path != "topics":
            return None
        return float(at.expectation.statistics.words[entry.index]), self.pseudo_count

    def _counts(self, at: Any, entry: Entry) -> tuple[Array, Array] | None:
        return word_counts(self.inner, at.params, at.data, at.inference, entry) if entry.path == "topics" else None

    def parameter_lines(self, step: Step, entry: Entry, after: Any) -> list[WorkedLine] | None:
        """The shares of a topic's words; Newton's steps on alpha."""
        if entry.path != "alpha":
            return topic_lines(self.inner, self.pseudo_count, step, entry)
        held = "" if self.n_components > 1 else "a single topic has every word"
        return alpha_lines(step, entry, after, held if self.learn_alpha else "learn_alpha is off")
