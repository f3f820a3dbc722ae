"""The runner's background work gives way to what a person asks for, and goes on afterwards."""

from __future__ import annotations

import threading
from collections.abc import Generator
from typing import Any

import pytest

import emtui.session.snapshot_maker
from emtui.session.baseline import kmeans_baseline, kmeans_steps
from emtui.session.messages import Crashed, SnapshotReady, StepRefused
from emtui.session.snapshot import Baseline
from emtui.session.worker import SessionWorker
from emtui.spec.choose import choose
from emtui.spec.run_spec import RunSpec
from engine.analysis.fit import fit
from engine.baselines.kmeans import KMeans
from engine.em.stopping import ResponsibilityChange


class SlowBaseline:
    """k-means whose every half-step after the first waits to be let go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun, self.gate = threading.Event(), threading.Semaphore(0)
        monkeypatch.setattr(emtui.session.snapshot_maker, "kmeans_steps", self.steps)

    def steps(self, spec: RunSpec, params: Any) -> Generator[None, None, Baseline | None]:
        steps = kmeans_steps(spec, params)
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


def opened(monkeypatch: pytest.MonkeyPatch) -> tuple[SessionWorker, list[Any], SlowBaseline]:
    slow, posted = SlowBaseline(monkeypatch), []
    worker = SessionWorker(posted.append)
    worker.open(lambda: choose("iris"), small=True)
    assert slow.begun.wait(20)
    return worker, posted, slow


def snapshots(posted: list[Any]) -> list[Any]:
    assert not [message for message in posted if isinstance(message, Crashed)]
    return [message.snapshot for message in posted if isinstance(message, SnapshotReady)]


def test_a_key_waits_for_one_half_step_of_k_means_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    worker, posted, slow = opened(monkeypatch)
    taken = threading.Event()

    def take(session: Any) -> str:
        note = session.take()
        taken.set()
        return str(note)

    assert not worker.stepping
    worker.do(take)
    assert worker.stepping
    slow.let_go(1)
    assert taken.wait(20)
    assert worker.session is not None
    assert worker.session.baseline_is_due
    slow.let_go(100_000)
    worker.wait()
    assert not worker.session.baseline_is_due
    assert [snapshot.step.phase for snapshot in snapshots(posted)] == ["init", "E", "E"]
    assert [snapshot.baseline is None for snapshot in snapshots(posted)] == [True, True, False]
    worker.close()


def test_k_means_goes_on_after_a_step_that_was_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    worker, posted, slow = opened(monkeypatch)
    worker.do(lambda session: session.take("M"))
    slow.let_go(100_000)
    worker.wait()
    assert [message for message in posted if isinstance(message, StepRefused)]
    assert snapshots(posted)[-1].baseline is not None
    worker.close()


def test_another_exploration_does_not_wait_for_k_means_on_the_old_one(monkeypatch: pytest.MonkeyPatch) -> None:
    worker, posted, slow = opened(monkeypatch)
    worker.open(lambda: choose("old_faithful"))
    slow.let_go(1)
    slow.begun.clear()
    assert slow.begun.wait(20)  # that of the new one
    assert snapshots(posted)[-1].spec.data.source == "old_faithful"
    slow.let_go(100_000)
    worker.wait()
    assert snapshots(posted)[-1].baseline.run.params.centers.shape == (2, 2)
    worker.close()


def test_no_frame_is_shown_twice_without_news(monkeypatch: pytest.MonkeyPatch) -> None:
    worker, posted, slow = opened(monkeypatch)
    slow.let_go(100_000)
    worker.wait()
    assert len(snapshots(posted)) == 2  # the start, and k-means beside it
    worker.do(lambda session: session.take())
    worker.wait()
    assert len(snapshots(posted)) == 3
    worker.close()


@pytest.mark.parametrize("source", ["iris", "old_faithful", "three_gaussians"])
def test_stepped_k_means_is_that_of_fit(source: str) -> None:
    """Where the model's own start takes no k-means, k-means gets one start from each of its seeds, too."""
    spec = choose(source, seed=3, settings={"init": "points"})
    found = kmeans_baseline(spec, seeds=range(3, 13))
    assert found is not None
    model = KMeans(n_components=spec.n_components)
    peer = fit(model, spec.dataset.X, seed=3, n_init=10, stopping=ResponsibilityChange(0.5))
    assert found.run.params.centers.tolist() == peer.params.centers.tolist()
    tried = [(restart.seed, restart.objective, restart.n_iter) for restart in found.run.restarts]
    assert tried == [(restart.seed, restart.objective, restart.n_iter) for restart in peer.restarts]
    assert found.run.stop_reason == peer.stop_reason


def test_k_means_that_cannot_be_run_is_none() -> None:
    assert kmeans_baseline(choose("iris", model="kmeans")) is None
    assert kmeans_baseline(choose("iris", model="mlp")) is None


def test_a_run_that_was_dropped_from_the_queue_can_be_asked_for_again():
    """Cancelling before a run has begun must not leave the runner believing that it runs."""
    worker = SessionWorker(lambda message: None)
    worker.open(lambda: choose("iris"))
    worker.run_on()
    worker.cancel()
    assert not worker.running_on
    worker.open(lambda: choose("iris", max_iter=3))
    worker.run_on()
    worker.wait()
    assert worker.session is not None
    assert worker.session.timeline.current.stop_reason
    worker.close()
