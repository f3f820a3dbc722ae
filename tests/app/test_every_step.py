"""Every data set, and every model, by every algorithm: each half-step has a true sentence, and its ledger adds up."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pytest
from choosing import chosen
from test_sentences import assert_plain
from view_frames import snapshots

from emtui.panes.why.ledger_text import entries, falls
from emtui.session.session import Session
from emtui.views import view_for
from engine.data.catalogue import datasets
from engine.errors import EngineError
from engine.explain.ledger import ledger

ALGORITHMS = ("classic", "hard", "stochastic", "annealed", "squarem")
OTHERS: list[tuple[str, dict[str, Any]]] = [
    ("iris", {"settings": {"covariance_type": "tied"}}),
    ("iris", {"settings": {"covariance_type": "diag", "reg_covar": "0"}}),
    ("iris", {"settings": {"covariance_type": "spherical"}, "standardize": True}),
    ("iris", {"settings": {"m_step": "conditional"}}),
    ("iris", {"known": "few"}),
    ("iris", {"model": "kmeans"}),
    ("iris", {"model": "mlp", "k": 3}),
    ("iris", {"model": "mlp", "k": 3, "settings": {"m_step": "newton", "weight_decay": "0.1"}}),
    ("iris", {"model": "mlp", "k": 3, "settings": {"e_step": "gibbs"}}),
    ("iris", {"model": "mlp", "k": 3, "settings": {"e_step": "mean_field"}}),
    ("iris", {"model": "mlp", "k": 3, "settings": {"e_step": "importance"}}),
    ("iris", {"model": "backprop", "k": 3}),
    ("icecream", {"model": "gmm"}),
    ("icecream", {"model": "coins"}),
    ("icecream", {"model": "poisson"}),
    ("icecream", {"settings": {"stop_state": "yes"}}),
    ("icecream", {"model": "topics"}),
    ("coins", {"model": "poisson"}),
    ("coins", {"settings": {"fixed_weights": "no"}}),
    ("bars", {"settings": {"e_step": "gibbs"}}),
    ("bars", {"settings": {"learn_alpha": "yes", "pseudo_count": "0"}}),
]
RUNS: list[Any] = [(entry.key, {}) for entry in datasets()] + OTHERS
NUMBER = r"([\d,.]+(?:e[−+]?\d+)?)"


def value(text: str) -> float:
    return float(text.replace(",", "").replace("−", "-"))


def walk(source: str, how: dict[str, Any], algorithm: str) -> list[Any]:
    """The frames of six half-steps; none where the model and the algorithm refuse each other, in one sentence."""
    try:
        return snapshots(Session(chosen(source, algorithm=algorithm, **how)), 6)
    except EngineError as refused:
        said = str(refused)
        assert said.endswith(".") and "\n" not in said
        assert "choose" in said or "take" in said
        return []


def assert_ledger(snapshot: Any) -> None:
    """Bound = Q + entropy, log-likelihood = bound + KL, objective: each by numbers that were found in another way."""
    step, model, data = snapshot.step, snapshot.step.problem.model, snapshot.step.problem.data
    slack = 1e-9 * max(1.0, abs(snapshot.record.objective) if math.isfinite(snapshot.record.objective) else 1.0)
    total = math.nan
    for entry in entries(snapshot):
        if entry.sign == "=":
            assert entry.value == pytest.approx(total, abs=slack, nan_ok=True), entry
        total = total + entry.value if entry.sign == "+" else entry.value
    if step.at_q is None:
        return
    ends_at_objective = model.exact or snapshot.record.log_prior != 0 or math.isnan(step.kl)
    assert total == pytest.approx(step.objective if ends_at_objective else step.log_likelihood, abs=slack)
    assert math.isnan(step.kl) or step.elbo + step.kl == pytest.approx(step.log_likelihood, abs=slack)
    if not model.samples:
        entropy = model.entropy(step.params_q, data, step.inference)
        assert step.elbo == pytest.approx(step.q_value + entropy, abs=slack)
    if model.exact:
        again = model.expect(step.params, data).log_likelihood
        assert step.log_likelihood == pytest.approx(again, abs=slack)
        assert step.kl >= -slack
        assert step.objective == pytest.approx(again + model.log_prior(step.params, data), abs=slack)
    else:
        assert step.objective == pytest.approx(step.elbo + model.log_prior(step.params, data), abs=slack)


def assert_true(snapshot: Any, sentence: str) -> None:
    """The numbers in the sentence are those of the step."""
    record, before = snapshot.record, snapshot.previous_record
    found = re.search(rf"the bound (rose|fell) {NUMBER}", sentence)
    if found:
        change = record.elbo - before.elbo
        assert (found[1] == "rose") == (change > 0)
        assert value(found[2].rstrip(".")) == pytest.approx(abs(change), rel=6e-3)
    found = re.search(rf"\(KL {NUMBER}\)", sentence)
    if found:
        assert value(found[1]) == pytest.approx(record.kl, rel=6e-3, abs=1e-9 * max(1.0, abs(record.elbo)))
    found = re.search(rf"log-likelihood ([+−]){NUMBER}", sentence)
    if found and snapshot.step.phase == "M":
        change = record.log_likelihood - before.log_likelihood
        assert value(found[1] + found[2].rstrip(".")) == pytest.approx(change, rel=6e-3)
    found = re.search(r"one of ([\d,]+)(?: to change sides)?\.", sentence)
    if found:
        now, was = snapshot.responsibilities.argmax(axis=1), snapshot.responsibilities_before.argmax(axis=1)
        assert value(found[1]) == np.count_nonzero(now != was)
    assert ("changed sides" not in sentence) or snapshot.step.phase == "E"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize(
    ("source", "how"), RUNS, ids=[" ".join([source, *map(str, how.values())]) for source, how in RUNS]
)
def test_every_sentence_is_true_and_every_ledger_adds_up(source: str, how: dict[str, Any], algorithm: str) -> None:
    seen = walk(source, how, algorithm)
    told = set()
    for snapshot in seen:
        sentence = view_for(snapshot.spec.model).sentence(snapshot)
        assert_plain(sentence)
        assert len(sentence) > 15
        told.add((snapshot.step.phase, sentence))
        assert_ledger(snapshot)
        assert_true(snapshot, sentence)
        for fall in () if snapshot.previous is None else ledger(snapshot.step, snapshot.previous).falls:
            assert fall.reason not in ("unexplained", "branch"), (fall, sentence)
        assert "limit of the arithmetic" not in " ".join([sentence, *falls(snapshot)])
    assert len({phase for phase, _ in told}) == min(3, len(seen))


def test_words_are_those_of_the_data_and_the_model() -> None:
    """What is said of q not being the posterior names what the model really settles."""
    expected = {
        ("coins", "hard"): "since each set goes wholly to its likeliest coin",
        ("coins", "annealed"): "since at temperature 1.3 sets are shared more evenly than by the posterior",
        ("icecream", "hard"): "since every state is that of the likeliest path",
        ("icecream", "stochastic"): "since the path is drawn from its posterior",
        ("linkage", "hard"): "since each of them goes wholly to its likeliest part",
        ("linkage", "annealed"): "since at temperature 1.3 they are shared more evenly than by the posterior",
        ("bars", "annealed"): "at temperature 1.3 the words are shared more evenly than at 1",
        ("deaths", "hard"): "since each row goes wholly to its likeliest component",
    }
    for (source, algorithm), clause in expected.items():
        first = walk(source, {}, algorithm)[1]
        assert clause in view_for(first.spec.model).sentence(first)
    first = walk("iris", {"model": "mlp", "k": 3}, "hard")[1]
    assert "the likeliest states of its units" in view_for(first.spec.model).sentence(first)


def test_documents_of_a_noun_without_a_plain_plural_are_documents() -> None:
    """ "One iris flower" is no iris, and two would be no iriss."""
    first = walk("iris", {"model": "topics"}, "classic")[1]
    said = view_for(first.spec.model).sentence(first)
    assert "documents" in said and "iris" not in said
    alike = walk("icecream", {"model": "topics"}, "classic")[1]
    assert view_for(alike.spec.model).sentence(alike).startswith("Each topic has 6.6 of 33 days.")


def test_a_document_that_only_moves_does_not_change_sides() -> None:
    """With hard words a document is still a mixture of topics."""
    for snapshot in walk("bars", {}, "hard")[3:]:
        if snapshot.step.phase != "E":
            continue
        said = view_for(snapshot.spec.model).sentence(snapshot)
        now, was = snapshot.responsibilities, snapshot.responsibilities_before
        row = int(np.abs(now - was).max(axis=1).argmax())
        sides = now[row].argmax() != was[row].argmax()
        assert sides == ("changed sides" in said or "leans" in said or "No document" in said)
