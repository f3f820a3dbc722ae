r"""The E-step of a word and of a document, and the M-step of a topic's word: latent Dirichlet allocation in numbers.

    a word      φ_k ∝ topics_kv exp(E ln θ_k),  E ln θ_k = ψ(γ_k) − ψ(Σ_j γ_j)
                drawn (gibbs): θ ~ Dirichlet(γ of the round before), p_k ∝ θ_k topics_kv
    a document  γ_k = alpha_k + Σ_v n_v φ_vk,   its mixture γ_k / Σ_j γ_j
    M-step      topics_kv = (S_kv + c) / (N_k + V c),   S_kv = Σ_i n_iv φ_ivk,   N_k = Σ_v S_kv
                                                          Blei, Ng & Jordan 2003, JMLR 3:993, eq. 6, 7 and 9

Words and documents are named by their numbers from 0 in formulas and values: "word 17", "document 3".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from engine.arrays import Array, IntArray
from engine.editing.entries import Entry, value_of
from engine.em.inference import Hard, temperature_of
from engine.em.step import Step
from engine.errors import EngineError
from engine.explain.derivation import LEAST_LOG, LOGS, Worked, WorkedLine, line, quotient_lines, tempered_lines
from engine.models.topics.bound import TopicStatistics
from engine.models.topics.data import Corpus
from engine.models.topics.e_step import TopicEStep
from engine.models.topics.gibbs import GibbsRound
from engine.models.topics.params import TopicParams
from engine.models.topics.variational import dirichlet_log_mean

_NAMED = 3  # words of a document, and documents with a word, that have a term of their own
_SEARCHED = 256  # documents in which a word is most frequent: the largest terms of its sum are looked for among them
_AT_REST = 1e-12  # of γ: less than that is rounding


@dataclass(frozen=True, eq=False)
class _Document:
    """One document under q.

    Attributes:
        words: (m,) those that occur, and counts: (m,) how often.
        gamma: (K,) of the Dirichlet that q(θ) is; placed: (m, K) n φ of each word; each by topic.
        sweep: the last round of drawing, where topics are drawn.
    """

    words: IntArray
    counts: Array
    gamma: Array
    placed: Array
    sweep: GibbsRound | None = None


def word_row(inner: TopicEStep, step: Step, row: int, word: int) -> Worked:
    """How a word of a document was given to the topics; `result` is φ (K,). Raises EngineError if it doesn't occur."""
    params, found = step.params_q, _document(inner, step, row)
    places = np.flatnonzero(found.words == word)
    if not len(places):
        raise EngineError(f"word {word + 1} does not occur in document {row + 1}: choose one of its words.")
    at = int(places[0])
    said = bool(params.topics[:, word].any())
    drawn = found.sweep is not None
    lines, remarks = _drawn_lines(inner, step, found, at, said) if drawn else _shared_lines(step, found, at, said)
    n = float(found.counts[at])
    phi = found.placed[at] / n
    if n != 1.0 and not drawn:
        for k, value in enumerate(phi):
            lines.append(line("count", "n φ, of its n occurrences", "product", [("n", n), ("φ", value)], k))
    others = np.flatnonzero(np.arange(len(found.words)) != at)
    first = [at, *others[np.argsort(-found.counts[others], kind="stable")]]
    lines += [_gamma_line(found, params, k, first, "part") for k in range(len(phi))]
    occurs = f"in document {row}, word {word} occurs {'once' if n == 1.0 else f'{n:zg} times'}"
    return Worked("word", f"{row}, {word}", tuple(lines), phi, "E-step", "; ".join([occurs, *remarks]))


def document_row(inner: TopicEStep, step: Step, row: int) -> Worked:
    """γ of a document, and the mixture that it expects."""
    params, found = step.params_q, _document(inner, step, row)
    first = np.argsort(-found.counts, kind="stable").tolist()
    lines = [_gamma_line(found, params, k, first, "count") for k in range(len(found.gamma))]
    total = line("evidence", "Σ γ", "sum", [(f"{k}", value) for k, value in enumerate(found.gamma)])
    lines.append(total)
    for k, value in enumerate(found.gamma):
        lines.append(line("responsibility", "γ / Σ γ", "quotient", [("γ", value), ("Σ γ", total.result)], k))
    return Worked("row", str(row), tuple(lines), found.gamma / found.gamma.sum(), "E-step")


def _of(step: Step) -> tuple[Corpus, TopicParams]:
    data = step.problem.data
    assert isinstance(data, Corpus)
    return data, step.params_q


def _document(inner: TopicEStep, step: Step, row: int) -> _Document:
    data, params = _of(step)
    assert step.at_q is not None
    cells, inference = data.X[[row]], step.at_q.inference
    if inner.sampling(inference):
        sweep = inner.last_sweep_of(params, data, row, inference)
        gamma = params.alpha + sweep.drawn.sum(axis=0)
        return _Document(cells.indices, cells.data, gamma, sweep.drawn, sweep)
    gamma = inner.gamma(params, data, slice(row, row + 1), inference)[0]
    return _Document(cells.indices, cells.data, gamma, inner.cells(params, data, np.array([row]), inference))


def _gamma_line(found: _Document, params: TopicParams, k: int, first: Iterable[int], role: str) -> WorkedLine:
    """γ_k = alpha_k + Σ_v n_v φ_vk: some words by themselves, and the rest.

    An iterated E-step rests when γ moves by less than `inner_tol`: what a further round would move stands at the end.
    """
    order = list(first)
    named, rest = order[:_NAMED], order[_NAMED:]
    values = [("α", float(params.alpha[k]))]
    values += [(f"word {int(found.words[i])}", float(found.placed[i, k])) for i in named]
    if rest:
        values.append((f"the other {len(rest)}", float(found.placed[rest, k].sum())))
    formula = "γ = α" + (" + n φ of " if order else "") + " + ".join(name for name, _ in values[1:])
    moving = float(found.gamma[k] - sum(value for _, value in values))
    if abs(moving) > _AT_REST * found.gamma[k]:
        values.append(("still moving", moving))
        formula += " + still moving"
    return line("count" if role == "count" else "part", formula, "sum", values, k)


def _shared_lines(step: Step, found: _Document, at: int, said: bool) -> tuple[list[WorkedLine], list[str]]:
    """φ_k ∝ topics_kv exp(ψ(γ_k) − ψ(Σ γ)), at a temperature τ to the power 1/τ; hard: all for the largest."""
    from scipy.special import psi

    params, inference = step.params_q, step.inference
    chances, log_mixtures = params.topics[:, found.words[at]], dirichlet_log_mean(found.gamma[None])[0]
    shares = found.placed[at] / found.counts[at]
    if not said:
        as_is = [line("responsibility", "φ", "value", [("φ", share)], k) for k, share in enumerate(shares)]
        return as_is, ["no topic can say it, so that it tells nothing of the document"]
    whole = float(psi(found.gamma.sum()))
    logs = _too_small(chances, log_mixtures, step)
    lines = _joints(chances, log_mixtures, "exp(E ln θ)", logs)
    _divided(lines, step, len(chances), logs, "φ = ")
    if isinstance(inference, Hard):
        lines += [line("assignment", "1 for the largest", "value", [("φ", s)], k) for k, s in enumerate(shares)]
    for k, one in enumerate(psi(found.gamma)):
        values = [("ψ(γ)", float(one)), ("−ψ(Σ γ)", -whole)]
        if logs:
            lines.append(line("part", "E ln θ = ψ(γ) − ψ(Σ γ)", "sum", values, k, log=True))
        else:
            lines.append(line("part", "exp(E ln θ) = exp(ψ(γ) − ψ(Σ γ))", "exp", values, k))
    return lines, [LOGS] if logs else []


def _drawn_lines(
    inner: TopicEStep, step: Step, found: _Document, at: int, said: bool
) -> tuple[list[WorkedLine], list[str]]:
    """θ ~ Dirichlet(α + the words of the round before), then each occurrence's topic ∝ θ_k topics_kv."""
    params, last = step.params_q, found.sweep
    assert last is not None
    theta = np.exp(last.log_mixtures[0] - last.log_mixtures[0].max())
    log_theta = last.log_mixtures[0] - last.log_mixtures[0].max() - np.log(theta.sum())
    chances = params.topics[:, found.words[at]] if said else np.ones(len(theta))
    logs = _too_small(chances, log_theta, step)
    lines = _joints(chances, log_theta, "θ", logs)
    _divided(lines, step, len(theta), logs, "p = ")
    n = float(found.counts[at])
    for k, drawn in enumerate(found.placed[at]):
        lines.append(line("assignment", "φ = drawn / n", "quotient", [("drawn", drawn), ("n", n)], k))
    formula = "θ, drawn from Dirichlet(γ of the round before)"
    lines += [
        line("part", f"ln {formula}" if logs else formula, "value", [("θ", t)], k, log=logs)
        for k, t in enumerate(log_theta if logs else np.exp(log_theta))
    ]
    for k, before in enumerate(last.gamma[0]):
        values = [("α", params.alpha[k]), ("words", before - params.alpha[k])]
        lines.append(line("part", "γ of the round before = α + its words", "sum", values, k))
    remarks = [f"topics are drawn in {inner.sweeps} rounds, and this is the last one"] if inner.sweeps > 1 else []
    remarks += [] if said else ["no topic can say it, so that the mixture alone decides"]
    return lines, [*remarks, *([LOGS] if logs else [])]


def _too_small(chances: Array, log_other: Array, step: Step) -> bool:
    """Whether even the largest of the products is too small to write down, as it is or at the temperature."""
    with np.errstate(divide="ignore"):
        top = float((np.log(chances) + log_other).max())
    return min(top, top / temperature_of(step.inference)) < LEAST_LOG


def _joints(chances: Array, log_other: Array, other: str, logs: bool) -> list[WorkedLine]:
    """topics_kv × what the document makes of topic k."""
    if not logs:
        return [
            line("joint", f"p(word | topic) · {other}", "product", [("p", p), (other, o)], k)
            for k, (p, o) in enumerate(zip(chances, np.exp(log_other), strict=True))
        ]
    with np.errstate(divide="ignore"):
        log_chances = np.log(chances)
    formula = "ln p(word | topic) + " + ("E ln θ" if other.startswith("exp") else f"ln {other}")
    return [
        line("joint", formula, "sum", [("ln p", p), (other, o)], k, log=True)
        for k, (p, o) in enumerate(zip(log_chances, log_other, strict=True))
    ]


def _divided(lines: list[WorkedLine], step: Step, K: int, logs: bool, name: str) -> None:
    """The joints at the temperature, their sum, and each topic's share of it, added to the lines."""
    joints = [one.result for one in lines[-K:]]
    if temperature_of(step.inference) != 1.0:
        joints = tempered_lines(lines, joints, temperature_of(step.inference), logs)
    quotient_lines(lines, joints, logs, name)


def topic_lines(inner: TopicEStep, c: float, step: Step, entry: Entry) -> list[WorkedLine] | None:
    """The M-step of one word of a topic, c its pseudo-count; None where no topic has words."""
    statistics: TopicStatistics = step.expectation.statistics
    data, _ = _of(step)
    (k, v), V = entry.index, data.n_words
    own, all_words = float(statistics.words[k, v]), float(statistics.words[k].sum())
    if not all_words + V * c > 0:
        return None
    first = _largest(inner, step, k, v)
    having = int(np.count_nonzero(data.weights[data.X[:, [v]].tocoo().row] > 0))
    rest = own - sum(value for _, value in first)
    if having > len(first):
        first.append((f"the other {having - len(first)}", rest))
    formula = "S = Σ n φ" + (": " + " + ".join(name for name, _ in first) if first else "")
    top = line("total", formula, "sum", first, k, result=own)
    bottom = line("count", "N = Σ S over all words", "value", [("N", all_words)], k)
    lines = [top, bottom]
    if c > 0:
        lines.insert(1, line("ridge", "c = pseudo_count", "value", [("c", c)], k))
        top = line("total", "S + c", "sum", [("S", own), ("c", c)], k)
        bottom = line("count", "N + V c", "sum", [("N", all_words), ("V c", V * c)], k)
        lines += [top, bottom]
    said = "(S + c) / (N + V c)" if c > 0 else "S / N"
    return [*lines, line("parameter", said, "quotient", [("top", top.result), ("bottom", bottom.result)], k)]


def _largest(inner: TopicEStep, step: Step, k: int, v: int) -> list[tuple[str, float]]:
    """The documents that give most to S_kv, n φ by their weights, and how much: of those where v is most frequent."""
    data, params = _of(step)
    assert step.at_q is not None
    column = data.X[:, [v]].tocoo()
    amounts = column.data * data.weights[column.row]
    rows = np.sort(column.row[np.argsort(-amounts, kind="stable")[:_SEARCHED]])
    rows = rows[data.weights[rows] > 0]
    if not len(rows):
        return []
    cells = inner.cells(params, data, rows, step.at_q.inference)
    given = cells[data.X[rows].indices == v, k] * data.weights[rows]
    order = np.argsort(-given, kind="stable")[:_NAMED]
    return [(f"document {int(rows[i])}", float(given[i])) for i in order if given[i] > 0]


def alpha_lines(step: Step, entry: Entry, after: TopicParams, held: str) -> list[WorkedLine]:
    """No closed form: Newton climbs until the slope n (ψ(Σ α) − ψ(α_k)) + Σ_i E ln θ_ik is 0.

    held: why alpha stays as it is; "" where it is learned.
    """
    from scipy.special import psi

    before, k = step.params_q, entry.index[0]
    if held:
        return [line("parameter", f"held: {held}", "value", [("α", before.alpha[k])], k)]
    statistics: TopicStatistics = step.expectation.statistics
    n, known = statistics.documents, float(statistics.log_mixtures[k])
    lines = []
    for when, alpha in (("at α before", before.alpha), ("at α now, where Newton's steps end", after.alpha)):
        part = float(psi(alpha.sum()) - psi(alpha[k]))
        formula = f"slope n (ψ(Σ α) − ψ(α)) + Σ E ln θ {when}"
        lines.append(line("total", formula, "pairs", [("n", n), ("ψ(Σ α) − ψ(α)", part), ("", 1.0), ("T", known)], k))
    value = value_of(after, entry)
    move = line("total", "Newton's steps together", "difference", [("after", value), ("before", before.alpha[k])], k)
    values = [("before", float(before.alpha[k])), ("steps", move.result)]
    return [*lines, move, line("parameter", "α before + the steps", "sum", values, k)]
