"""Frames to look at: real sessions, walked so many half-steps."""

from __future__ import annotations

from typing import Any

import numpy as np
from choosing import chosen
from numpy.typing import NDArray

from emtui.session.session import Session
from emtui.session.snapshot import StepSnapshot
from emtui.spec.run_spec import RunSpec
from engine.data.data_spec import DataSpec
from engine.data.dataset import Dataset


def session_of(X: Any, model: Any, *, data: dict[str, Any] | None = None, **spec: Any) -> Session:
    """A session on a table made on the spot."""
    table = np.asarray(X, dtype=np.float64)
    dataset = Dataset("made", table.reshape(len(table), -1), **(data or {}))
    return Session(RunSpec(data=DataSpec("made"), dataset=dataset, model=model, **spec))


def walked(session: Session, steps: int) -> StepSnapshot:
    """The frame after so many half-steps."""
    for _ in range(steps):
        session.take()
    return session.snapshot()


def snapshots(session: Session, steps: int) -> list[StepSnapshot]:
    """The frame of the start and of every half-step after it."""
    seen = [session.snapshot()]
    for _ in range(steps):
        if session.timeline.current.stop_reason is not None:
            break
        session.take()
        seen.append(session.snapshot())
    return seen


def catalogue(source: str, steps: int, **words: Any) -> StepSnapshot:
    """A frame on a data set of the catalogue."""
    return walked(Session(chosen(source, **words)), steps)


def blobs(n: int, d: int, k: int, seed: int = 0) -> NDArray[np.float64]:
    """Rows from k correlated Gaussians."""
    generator = np.random.default_rng(seed)
    shapes = generator.normal(size=(k, d, d)) / np.sqrt(d) + np.eye(d)
    labels = generator.integers(k, size=n)
    noise = np.einsum("nij,nj->ni", shapes[labels], generator.normal(size=(n, d)))
    return np.asarray(4 * generator.normal(size=(k, d))[labels] + noise)
