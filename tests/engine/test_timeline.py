"""Branches of a timeline: what was taken from a step, going there, and closing what nobody used. Draws made anew."""

from __future__ import annotations

import numpy as np
import pytest

import engine
from engine.em.loop import advance
from engine.em.step import Step
from engine.em.timeline import Timeline
from engine.errors import EngineError


def begun(seed: int = 0, algorithm: str = "classic") -> Step:
    X = engine.load("coins").X
    return engine.begin(engine.BinomialMixture(n_trials=10), X, seed=seed, algorithm=algorithm)


def test_what_was_taken_from_a_step_is_found_on_every_branch() -> None:
    timeline = Timeline(begun())
    timeline.record(advance(timeline.current))
    first = timeline.current
    timeline.go_to(0)
    assert timeline.followers == [first]
    timeline.fork(advance(timeline.current))
    second = timeline.current
    timeline.go_to(0)
    assert timeline.followers == [second, first]  # those of the current branch first
    timeline.walk_to(first)
    assert (timeline.branch, timeline.current) == (0, first)
    assert timeline.followers == []


def test_a_branch_is_closed_only_where_nobody_went_on() -> None:
    timeline = Timeline(begun())
    timeline.record(advance(timeline.current))
    home = timeline.place
    timeline.plant(begun(1))
    planted = timeline.place
    assert not timeline.close_if_unused(planted)  # the cursor is there
    timeline.record(advance(timeline.current))
    timeline.go_to(0)
    timeline.fork(advance(timeline.current))
    fork = timeline.place
    assert timeline.return_to(home) and timeline.n_branches == 3
    assert not timeline.close_if_unused(planted)  # a step was taken
    assert timeline.close_if_unused(fork)
    assert timeline.n_branches == 2 and not timeline.return_to(fork)
    assert timeline.current is home.line[1]


def test_branches_that_left_a_closed_one_earlier_count_as_leaving_its_parent() -> None:
    timeline = Timeline(begun())
    for _ in range(4):
        timeline.record(advance(timeline.current))
    timeline.fork(advance(timeline.current))  # branch 2, from the end of branch 1
    closing = timeline.place
    timeline.go_to(1)
    timeline.fork(advance(timeline.current))  # branch 3, from what branch 2 shares
    assert timeline.close_if_unused(closing)
    assert [(branch.parent, branch.shared) for branch in timeline.branches] == [(None, 0), (0, 2)]
    assert timeline.branch == 1


def test_another_draw_is_another_one_of_the_same_seed() -> None:
    start = begun(algorithm="stochastic")
    assert start.next_is_drawn and not begun().next_is_drawn and not advance(start).next_is_drawn
    draws = [advance(advance(engine.drawn_anew(start, draw))).params.probabilities for draw in range(12)]
    assert len({draw.tobytes() for draw in draws}) > 2
    np.testing.assert_array_equal(draws[0], advance(advance(start)).params.probabilities)
    np.testing.assert_array_equal(draws[5], advance(advance(engine.drawn_anew(start, 5))).params.probabilities)
    with pytest.raises(EngineError, match="has made its draw"):
        engine.drawn_anew(advance(start), 1)
    with pytest.raises(EngineError, match="draw must be"):
        engine.drawn_anew(start, -1)
