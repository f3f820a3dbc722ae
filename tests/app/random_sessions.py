"""Sessions in which things are done at random."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

import engine
from emtui.session.session import Session
from emtui.spec.choose import make_model
from emtui.spec.revise import changed
from emtui.spec.run_spec import RunSpec
from engine.data.data_spec import Generated
from engine.editing.entries import entries, limits_of, moved, value_of
from engine.errors import EngineError

WAYS: list[tuple[str, dict[str, Any]]] = [
    ("iris", {}),
    ("iris", {"algorithm": "hard", "stop": "seconds=0.003"}),
    ("iris", {"algorithm": "stochastic", "seed": 3}),
    ("iris", {"algorithm": "squarem"}),
    ("iris", {"algorithm": "annealed:initial=3", "known": "20%"}),
    ("iris", {"standardize": True, "principal": 2}),
    ("iris", {"model": "kmeans"}),
    ("iris", {"model": "experts", "k": 2}),
    ("iris", {"model": "mlp", "k": 3, "split_seed": 5, "rival": (("optimizer", "adam"),)}),
    ("iris", {"model": "backprop", "k": 3, "settings": {"optimizer": "momentum"}}),
    ("iris", {"model": "mlp", "k": 3, "settings": {"e_step": "gibbs"}}),
    ("moons", {"model": "mlp", "k": 2, "products": True, "generated": Generated(n_samples=60, seed=4)}),
    ("coins", {}),
    ("linkage", {}),
    ("bars", {"settings": {"e_step": "gibbs"}}),
]


def model_sets() -> list[tuple[str, dict[str, Any]]]:
    """The smallest data set of every other model."""
    found: dict[str, tuple[int, str]] = {}
    for one in engine.datasets():
        size = one.shape[0] * one.shape[1]
        if size < found.get(one.model, (1 << 60, ""))[0]:
            found[one.model] = size, one.key
    return [(key, {}) for model, (_, key) in sorted(found.items()) if model not in ("gmm", "coins", "linkage", "mlp")]


def by_hand(session: Session, which: int = 0, share: float = 0.3) -> None:
    """Move an entry of θ some of the way to a limit."""
    step = session.timeline.current
    offered = entries(step.problem.model, step.params)
    entry = offered[which % len(offered)]
    value, (low, high) = value_of(step.params, entry), limits_of(step.params, entry)
    there = high if np.isfinite(high) else low if np.isfinite(low) else value + 1.0
    session.place(moved(step.params, entry, value + share * (there - value)), f"{entry.name} moved by hand")


def give_q(session: Session, row: int, shares: list[float]) -> None:
    """Move q of a row by hand."""
    posterior = session.timeline.current.posterior
    n_states = 1 if posterior is None else posterior.responsibilities.shape[1]
    some = [0.05 + share for share in (shares * n_states)[:n_states]]
    session.move_q(row, [share / sum(some) for share in some])


def with_another_size(spec: RunSpec) -> RunSpec:
    """The choices with another K."""
    return changed(spec, model=make_model(spec.dataset, spec.model.name, 4 if spec.n_components != 4 else 2))


def wander(session: Session, rng: random.Random, deeds: int) -> None:
    """Do some things at random; what can't be done is left undone."""
    ways: list[Callable[[], object]] = [
        session.take,
        session.take_iteration,
        session.take_iteration,
        lambda: session.timeline.go_to(rng.randrange(len(session.timeline))),
        lambda: session.timeline.switch(rng.randrange(session.timeline.n_branches)),
        lambda: by_hand(session, rng.randrange(40), rng.random() * 0.4),
        lambda: session.weigh_row(rng.randrange(session.spec.dataset.n_samples), rng.choice((0.0, 2.0, 1.0))),
        lambda: give_q(session, rng.randrange(session.spec.dataset.n_samples), [rng.random() for _ in range(3)]),
        lambda: session.turn_temperature(rng.choice((1.5, 0.7))),
        lambda: session.restart(rng.choice((None, None, 0, 1, 2))),
        lambda: session.apply(changed(session.spec, seed=rng.randrange(9))),
        lambda: session.apply(with_another_size(session.spec)),
        lambda: session.apply(changed(session.spec, data=replace(session.spec.data, standardize=True))),
        session.undo,
    ]
    for _ in range(deeds):
        try:
            rng.choice(ways)()
        except EngineError:
            continue
