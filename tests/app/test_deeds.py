"""What was done in a session is kept as values, and doing it again makes the same steps, to the bit."""

from __future__ import annotations

import numpy as np
from choosing import chosen

from emtui.session.deeds import Moved, Taken, Weighed
from emtui.session.saved.redoing import do_again
from emtui.session.session import Session
from engine.editing.entries import entries, moved
from engine.em.parameters import arrays_of


def test_every_step_says_what_it_came_of() -> None:
    session = Session(chosen("iris", algorithm="annealed:initial=3"))
    session.take()
    session.turn_temperature(2.0)
    session.take()
    session.take()
    step = session.timeline.current
    entry = next(one for one in entries(step.problem.model, step.params) if one.rule == "alone")
    session.place(moved(step.params, entry, 5.25), "a mean set by hand")
    session.weigh_row(7, 0.0)
    deeds = [session.deed_of(step) for step in session.timeline.steps]
    assert deeds[:4] == [None, Taken(), Taken(turned="annealed:initial=5.2,rate=1"), Taken()]
    assert isinstance(deeds[4], Moved) and list(deeds[4].params) == [entry.path]
    assert deeds[4].message == "a mean set by hand"
    assert deeds[5] == Weighed(7, 0.0)


def test_doing_it_again_makes_the_same_steps() -> None:
    session = Session(chosen("iris", algorithm="annealed:initial=3"))
    session.take_iteration()
    session.turn_temperature(0.5)
    session.take_iteration()
    step = session.timeline.current
    entry = next(one for one in entries(step.problem.model, step.params) if one.rule == "alone")
    session.place(moved(step.params, entry, 5.25), "a mean set by hand")
    session.weigh_row(7, 0.0)
    session.take_iteration()
    again = Session(chosen("iris", algorithm="annealed:initial=3"))
    lines = session.timeline.branches
    for branch in lines:
        for step in branch.steps[max(1, branch.shared) :]:
            deed = session.deed_of(step)
            assert deed is not None
            opens = branch.parent is not None and step is branch.steps[branch.shared]
            do_again(again, deed, step.seconds, opens_branch=opens)
    assert [line.shared for line in again.timeline.branches] == [line.shared for line in lines]
    for one, other in zip(session.timeline.steps, again.timeline.steps, strict=True):
        assert one.objective == other.objective
        assert one.phase == "init" or abs(one.seconds - other.seconds) < 1e-12
        ours, theirs = arrays_of(one.params), arrays_of(other.params)
        assert all(np.array_equal(array, theirs[path]) for path, array in ours.items())
