"""θ of a topic model: topics as distributions over words, and the Dirichlet prior of the documents' mixtures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from engine.arrays import Array
from engine.em.parameters import Parameters, positive, simplex
from engine.errors import EngineError
from engine.models.topics.data import Corpus


@dataclass(frozen=True)
class TopicParams(Parameters):
    """θ: `topics` (K, V), each row a distribution over the words; `alpha` (K,), mixtures are Dirichlet(alpha)."""

    component_noun: ClassVar[str] = "topic"

    topics: Array = simplex("β", "probability", per="topic", of="word")
    alpha: Array = positive("α", "alpha", per="topic", latent=True)

    placed: ClassVar[Any] = None
    """(n, K) float16 words of each document by topic at the E-step that θ came from, where the next one begins; no part
    of θ. An approximate E-step has several places to come to rest: from a place of its own choice the bound could fall.
    """

    def __reduce__(self) -> Any:
        """By its fields, with what it remembers."""
        made, fields = super().__reduce__()
        return (made, fields) if self.placed is None else (made, fields, {"placed": self.placed})

    def remembering(self, placed: Any) -> TopicParams:
        """The same θ, with the place where the next E-step begins."""
        made = TopicParams(self.topics, self.alpha)
        object.__setattr__(made, "placed", placed)
        return made


def check_topic_params(params: TopicParams, data: Corpus, n_components: int, *, interior: bool) -> None:
    """Raises EngineError where a start has the wrong shape, is no distribution, or makes a word impossible.

    interior: a prior on the topics is stated, under which no probability may be 0.
    """
    K, V = n_components, data.n_words
    topics, alpha = params.topics, params.alpha
    if topics.shape != (K, V):
        raise EngineError(f"the topics of a start must have shape {(K, V)}, topics × words, not {topics.shape}.")
    if alpha.shape != (K,):
        raise EngineError(f"alpha of a start must have {K} numbers, one a topic, not shape {alpha.shape}.")
    if not (np.isfinite(alpha).all() and (alpha > 0).all()):
        raise EngineError("alpha of a start must be finite and above 0.")
    wrong = np.flatnonzero(~(np.all(topics >= 0, axis=1) & (np.abs(topics.sum(axis=1) - 1.0) < 1e-6)))
    if len(wrong):
        raise EngineError(
            "each topic of a start must have probabilities of at least 0 that sum to 1: "
            f"those of row {wrong[0] + 1} sum to {topics[wrong[0]].sum():z.6g}."
        )
    if interior and not np.all(topics > 0):
        raise EngineError("with a pseudo_count, the probabilities of a start's topics must lie above 0.")
    impossible = np.flatnonzero((topics.max(axis=0) == 0) & (data.word_counts > 0))
    if len(impossible):
        raise EngineError(
            f"word {impossible[0] + 1} occurs, but every topic of the start gives it probability 0: "
            "let at least one topic have it."
        )
