"""The runner's background work gives way to what a person asks for, and goes on afterwards."""

from __future__ import annotations

import threading
from collections.abc import Generator
from typing import Any

import pytest

import emtui.session.session
from emtui.session.baseline import kmeans_baseline, kmeans_steps
from emtui.session.messages import Crashed, FrameReady, StepRefused
from emtui.session.snapshot import Baseline
from emtui.session.worker import Runner
from emtui.spec.run_spec import Choices, choose
from engine.baselines.kmeans import KMeans
from engine.em.fit import fit
from engine.em.stopping import ResponsibilityChange


class SlowBaseline:
    """k-means whose every half-step after the first waits to be let go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun, self.gate = threading.Event(), threading.Semaphore(0)
        monkeypatch.setattr(emtui.session.session, "kmeans_steps", self.steps)

    def steps(self, choices: Choices) -> Generator[None, None, Baseline | None]:
        steps = kmeans_steps(choices)
        while True:
            self.begun.set()
            assert self.gate.acquire(timeout=20)
            try:
                next(steps)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]  # Any by its declaration
            yield

    def let_go(self, count: int) -> None:
        self.gate.release(count)


def opened(monkeypatch: pytest.MonkeyPatch) -> tuple[Runner, list[Any], SlowBaseline]:
    slow, posted = SlowBaseline(monkeypatch), []
    runner = Runner(posted.append)
    runner.open(lambda: choose("iris"), small=True)
    assert slow.begun.wait(20)
    return runner, posted, slow


def frames(posted: list[Any]) -> list[Any]:
    assert not [message for message in posted if isinstance(message, Crashed)]
    return [message.frame for message in posted if isinstance(message, FrameReady)]


def test_a_key_waits_for_one_half_step_of_k_means_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    runner, posted, slow = opened(monkeypatch)
    taken = threading.Event()

    def take(session: Any) -> str:
        note = session.take()
        taken.set()
        return str(note)

    assert not runner.stepping
    runner.do(take)
    assert runner.stepping
    slow.let_go(1)
    assert taken.wait(20)
    assert runner.session is not None
    assert runner.session.baseline_is_due
    slow.let_go(100_000)
    runner.wait()
    assert not runner.session.baseline_is_due
    assert [frame.step.phase for frame in frames(posted)] == ["init", "E", "E"]
    assert [frame.baseline is None for frame in frames(posted)] == [True, True, False]
    runner.close()


def test_k_means_goes_on_after_a_step_that_was_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    runner, posted, slow = opened(monkeypatch)
    runner.do(lambda session: session.take("M"))
    slow.let_go(100_000)
    runner.wait()
    assert [message for message in posted if isinstance(message, StepRefused)]
    assert frames(posted)[-1].baseline is not None
    runner.close()


def test_another_exploration_does_not_wait_for_k_means_on_the_old_one(monkeypatch: pytest.MonkeyPatch) -> None:
    runner, posted, slow = opened(monkeypatch)
    runner.open(lambda: choose("old_faithful"))
    slow.let_go(1)
    slow.begun.clear()
    assert slow.begun.wait(20)  # that of the new one
    assert frames(posted)[-1].choices.source == "old_faithful"
    slow.let_go(100_000)
    runner.wait()
    assert frames(posted)[-1].baseline.run.params.centers.shape == (2, 2)
    runner.close()


def test_no_frame_is_shown_twice_without_news(monkeypatch: pytest.MonkeyPatch) -> None:
    runner, posted, slow = opened(monkeypatch)
    slow.let_go(100_000)
    runner.wait()
    assert len(frames(posted)) == 2  # the start, and k-means beside it
    runner.do(lambda session: session.take())
    runner.wait()
    assert len(frames(posted)) == 3
    runner.close()


@pytest.mark.parametrize("source", ["iris", "old_faithful", "three_gaussians"])
def test_stepped_k_means_is_that_of_fit(source: str) -> None:
    choices = choose(source, seed=3)
    found = kmeans_baseline(choices)
    assert found is not None
    model = KMeans(n_components=choices.n_components)
    peer = fit(model, choices.dataset.X, seed=3, n_init=10, stopping=ResponsibilityChange(0.5))
    assert found.run.params.centers.tolist() == peer.params.centers.tolist()
    tried = [(restart.seed, restart.objective, restart.n_iter) for restart in found.run.restarts]
    assert tried == [(restart.seed, restart.objective, restart.n_iter) for restart in peer.restarts]
    assert found.run.stop_reason == peer.stop_reason


def test_k_means_that_cannot_be_run_is_none() -> None:
    assert kmeans_baseline(choose("iris", model="kmeans")) is None
    assert kmeans_baseline(choose("iris", model="mlp")) is None


def test_a_run_that_was_dropped_from_the_queue_can_be_asked_for_again():
    """Cancelling before a run has begun must not leave the runner believing that it runs."""
    runner = Runner(lambda message: None)
    runner.open(lambda: choose("iris"))
    runner.run_on()
    runner.cancel()
    assert not runner.running_on
    runner.open(lambda: choose("iris", max_iter=3))
    runner.run_on()
    runner.wait()
    assert runner.session is not None
    assert runner.session.timeline.current.stop_reason
    runner.close()
