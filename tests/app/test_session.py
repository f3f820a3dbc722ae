"""One exploration without a screen: steps, branches, frames; every number belongs to the step that it stands by."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from choosing import chosen
from counts import examples
from hypothesis import given, settings
from hypothesis import strategies as st

import engine
from emtui.session.session import Session
from engine.errors import EngineError


def session_of(source: str = "coins", **how: object) -> Session:
    return Session(chosen(source, **how))  # type: ignore[arg-type]  # words of the test's own


def test_it_begins_before_the_first_step() -> None:
    session = session_of("iris")
    snapshot = session.snapshot()
    assert (snapshot.step.iteration, snapshot.step.phase) == (0, "init")
    assert snapshot.previous is None
    assert snapshot.previous_record is None
    assert (snapshot.responsibilities, snapshot.labels, snapshot.agreement) == (None, None, None)
    assert math.isnan(snapshot.record.elbo)
    assert snapshot.is_last
    assert len(snapshot.trail) == 1


def test_phases_alternate_and_the_wrong_one_says_why() -> None:
    session = session_of()
    assert session.refusal("E") is None
    with pytest.raises(EngineError, match="press e first"):
        session.take("M")
    assert len(session.timeline) == 1
    session.take("E")
    with pytest.raises(EngineError, match="press m"):
        session.take("E")
    session.take("M")
    with pytest.raises(EngineError, match="press e first"):
        session.take("M")
    assert [step.phase for step in session.timeline.steps] == ["init", "E", "M"]


def test_an_iteration_ends_after_an_m_step() -> None:
    session = session_of()
    session.take_iteration()
    assert (session.timeline.current.iteration, session.timeline.current.phase) == (1, "M")
    session.take("E")
    session.take_iteration()
    assert (session.timeline.current.iteration, session.timeline.current.phase) == (2, "M")


@pytest.mark.parametrize(("source", "model"), [("coins", None), ("old_faithful", None), ("iris", "kmeans")])
def test_running_on_is_fit(source: str, model: str | None) -> None:
    session = session_of(source, model=model)
    assert [note for note in session.run_on() if note] == []
    run = engine.fit(session.spec.model, session.spec.dataset.X, seed=0, start=session.spec.start)
    step = session.timeline.current
    assert (step.iteration, step.stop_reason) == (run.n_iter, run.stop_reason.partition(";")[0])  # not tested so far
    assert step.log_likelihood == run.log_likelihood
    assert [record.objective for record in session.snapshot().records if record.phase != "E"] == run.objectives.tolist()


def test_records_are_the_numbers_of_their_steps() -> None:
    session = session_of("iris")
    for _ in range(9):
        session.take()
    session.timeline.go_to(4)
    snapshot = session.snapshot()
    assert snapshot.record is snapshot.records[4]
    for index, (record, step) in enumerate(zip(snapshot.records, session.timeline.steps, strict=True)):
        fresh = engine.begin(step.problem.model, session.spec.dataset.X, start=step.params)
        assert record.index == index
        assert (record.iteration, record.phase) == (step.iteration, step.phase)
        assert record.log_likelihood == pytest.approx(fresh.log_likelihood, rel=1e-12)
        assert record.objective == pytest.approx(record.log_likelihood + record.log_prior, rel=1e-12)
        if index:
            assert record.elbo + record.kl == pytest.approx(record.log_likelihood, rel=1e-9)
            assert record.q_value + record.entropy == pytest.approx(record.elbo, rel=1e-9)


def test_a_frame_shows_the_step_under_the_cursor() -> None:
    session = session_of("iris")
    for _ in range(6):
        session.take()
    for index in (6, 3, 0, 5):
        session.timeline.go_to(index)
        snapshot = session.snapshot("a note")
        assert snapshot.step is session.timeline[index]
        assert (snapshot.cursor, snapshot.note) == (index, "a note")
        assert snapshot.previous is (session.timeline[index - 1] if index else None)
        assert len(snapshot.trail) == 1 + index // 2
        assert snapshot.trail[-1] is snapshot.step.params
        if index:
            assert snapshot.step.posterior is not None
            assert snapshot.responsibilities is not None
            assert snapshot.labels is not None
            np.testing.assert_array_equal(snapshot.responsibilities, snapshot.step.posterior.responsibilities)
            np.testing.assert_array_equal(snapshot.labels, snapshot.responsibilities.argmax(axis=1))
            np.testing.assert_allclose(snapshot.responsibilities.sum(axis=1), 1.0)


def test_hits_are_those_of_the_labels_at_each_step() -> None:
    session = session_of("iris", stop="responsibilities=1e-4")
    for _ in session.run_on():
        pass
    snapshot = session.snapshot()
    assert snapshot.agreement is not None
    assert (snapshot.agreement.hits, snapshot.agreement.total) == (145, 150)
    truth = session.spec.dataset.y
    for record, step in zip(snapshot.records[1:], session.timeline.steps[1:], strict=True):
        assert step.posterior is not None
        assert record.hits == engine.agreement(step.posterior.labels, truth).hits


def test_without_known_classes_there_is_no_agreement() -> None:
    session = session_of("old_faithful")
    session.take()
    assert session.snapshot().agreement is None
    assert session.snapshot().record.hits is None


def test_the_baseline_is_k_means_with_the_same_k() -> None:
    session = session_of("iris")
    assert session.snapshot().baseline is None  # until somebody asks for it
    baseline = session.baseline
    assert baseline is not None
    assert session.snapshot().baseline is baseline
    assert baseline.run.log_likelihood == pytest.approx(-78.8514, abs=1e-4)
    assert baseline.agreement is not None
    assert baseline.agreement.hits == 134
    assert baseline.step_at(0).iteration == 1
    assert baseline.step_at(10_000).iteration == baseline.run.step.iteration
    assert session_of("iris", model="kmeans").baseline is None


def test_going_on_after_looking_back_walks_to_what_was_taken() -> None:
    session = session_of()
    for _ in range(6):
        session.take()
    first = session.timeline.steps
    session.timeline.go_to(2)
    assert session.take() == "Walked to a step that was taken before."
    assert session.take_iteration() == "Walked to a step that was taken before."
    snapshot = session.snapshot()
    assert (snapshot.branch, snapshot.n_branches, snapshot.cursor) == (0, 1, 4)
    for _ in session.run_on():
        pass
    assert session.timeline.n_branches == 1
    assert all(one is other for one, other in zip(session.timeline.steps, first, strict=False))


def test_going_on_otherwise_opens_a_branch() -> None:
    session = session_of("iris", algorithm="annealed")
    for _ in range(6):
        session.take()
    first = session.timeline.steps
    session.timeline.go_to(2)
    session.turn_temperature(2.0)
    assert "branch 2" in session.take()
    snapshot = session.snapshot()
    assert (snapshot.branch, snapshot.n_branches, snapshot.cursor) == (1, 2, 3)
    assert [record.index for record in snapshot.records] == [0, 1, 2, 3]
    assert session.take() == ""
    session.timeline.switch(0)
    assert all(one is other for one, other in zip(session.timeline.steps, first, strict=True))
    session.timeline.go_to(2)
    session.turn_temperature(2.0)
    assert session.take() == "Walked to a step of branch 2 that was taken before."


def test_the_same_start_again_and_another() -> None:
    session = session_of("iris", settings={"init": "points"})
    session.take_iteration()
    before = session.timeline[0]
    session.restart()
    assert session.timeline.cursor == 0
    assert session.timeline.current is before
    session.restart(seed=5)
    assert session.spec.seed == 5
    assert session.timeline.current.problem.seed == 5
    expected = engine.begin(session.spec.model, session.spec.dataset.X, seed=5)
    np.testing.assert_array_equal(session.timeline.current.params.means, expected.params.means)
    assert len(session.snapshot().records) == 1
    session.timeline.switch(0)
    assert session.spec.seed == 0
    assert len(session.snapshot().records) == 3


def test_it_can_go_on_past_the_stop() -> None:
    session = session_of(tol=1e-2)
    for _ in session.run_on():
        pass
    reason = session.timeline.current.stop_reason
    assert reason is not None
    assert session.refusal() is None
    session.take_iteration()
    assert session.snapshot().is_last


def test_a_model_that_does_not_fit_the_data_is_refused() -> None:
    with pytest.raises(EngineError, match="one column"):
        session_of("iris", model="coins")


def test_large_data_are_drawn_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emtui.session.posterior_cache.ROWS_DRAWN", 40)
    session = session_of("iris")
    session.take()
    snapshot = session.snapshot()
    assert len(snapshot.rows) == len(set(snapshot.rows.tolist())) == 40
    assert np.all(np.diff(snapshot.rows) > 0)
    assert snapshot.responsibilities is not None
    assert snapshot.labels is not None
    assert snapshot.responsibilities.shape == (40, 3)
    assert snapshot.labels.shape == (150,)
    page = np.array([3, 1, 149])
    chosen = snapshot.responsibilities_of(page)
    assert chosen is not None
    assert snapshot.step.posterior is not None
    np.testing.assert_allclose(chosen, snapshot.step.posterior.rows(slice(None))[page], rtol=1e-9)
    assert session.snapshot().rows is snapshot.rows


_MOVES = st.lists(
    st.sampled_from(["e", "m", "n", "back", "on", "home", "end", "reset", "new", "branch", "frame"]), max_size=25
)


@settings(max_examples=examples(60))
@given(_MOVES)
def test_whatever_is_done_numbers_belong_to_their_steps(moves: list[str]) -> None:
    session = session_of(settings={"fixed_weights": "no"})
    timeline = session.timeline
    actions = {
        "e": lambda: session.take("E"),
        "m": lambda: session.take("M"),
        "n": session.take_iteration,
        "back": lambda: timeline.move(-1),
        "on": lambda: timeline.move(1),
        "home": lambda: timeline.go_to(0),
        "end": lambda: timeline.go_to(10_000),
        "reset": session.restart,
        "new": lambda: session.restart(seed=session.spec.seed + 1),
        "branch": lambda: timeline.switch((timeline.branch + 1) % timeline.n_branches),
        "frame": session.snapshot,
    }
    for move in moves:
        refused = session.refusal(move.upper()) if move in "em" else None
        if refused is not None:
            with pytest.raises(EngineError):
                actions[move]()
        else:
            actions[move]()
    snapshot = session.snapshot()
    assert snapshot.records[snapshot.cursor].log_likelihood == snapshot.step.log_likelihood
    assert [record.phase for record in snapshot.records] == [step.phase for step in timeline.steps]
    objectives = [record.objective for record in snapshot.records]
    assert all(b >= a - 1e-9 * abs(a) for a, b in pairwise(objectives))
    for record in snapshot.records[1:]:
        assert record.kl == pytest.approx(0.0, abs=1e-9) if record.phase == "E" else record.kl > -1e-9
    assert all(step.problem.seed == session.spec.seed for step in timeline.steps)
