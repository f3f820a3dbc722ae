"""What is told after moves by hand is true of the rows that count, and of the steps that EM took itself."""

from __future__ import annotations

import numpy as np
from test_session_by_hand import move, text_of, told
from walking import walked

from emtui.charts.colors import DARK
from emtui.panes.agreement.agreement_text import agreement_lines
from emtui.spec.train_test_split import split_of
from emtui.views import view_for
from emtui.views.changes import most_moved
from emtui.views.number_format import number


def test_rows_that_are_left_out_are_not_those_that_move() -> None:
    session = walked("iris", 2)
    session.take()
    named = most_moved(session.snapshot())
    assert named is not None and named.n_changed > 1
    session.timeline.move(-1)
    session.weigh_row(named.row, 0)
    session.take()
    snapshot = session.snapshot()
    left = most_moved(snapshot)
    assert left is not None and left.row != named.row
    now, before = snapshot.responsibilities, snapshot.responsibilities_before
    assert now is not None and before is not None
    others = np.arange(150) != named.row
    assert left.amount == np.abs(now - before)[others].max()
    assert left.n_changed == np.count_nonzero((now.argmax(axis=1) != before.argmax(axis=1)) & others)
    assert f"ow {left.row + 1} " in told(snapshot)


def test_rows_that_are_left_out_are_not_shared() -> None:
    session = walked("iris", 0)
    session.take()
    r = session.snapshot().responsibilities
    assert r is not None
    unsure = np.flatnonzero(r.max(axis=1) < 0.9)
    session.timeline.move(-1)
    session.weigh_row(int(unsure[0]), 0)
    session.take()
    assert f" {len(unsure) - 1} rows are shared" in told(session.snapshot())


def test_an_m_step_speaks_of_weights_and_no_rows_after_rows_were_weighed() -> None:
    session = walked("iris", 3)
    for row in range(100, 130):
        session.weigh_row(row, 0)
    session.take()
    assert " in weight from " in told(session.snapshot())
    assert " rows" not in told(session.snapshot())


def test_a_network_says_that_hits_and_losses_are_of_all_rows() -> None:
    session = walked("iris", 2, model="mlp", standardize=True)
    split = split_of(session.spec)
    assert split is not None
    session.weigh_row(int(split.train[0]), 0)
    said = " ".join(text_of((line,)) for line in agreement_lines(session.snapshot(), 60, DARK))
    assert "By hand: 1 left out; hits and losses count every row once, and the other method has them all." in said


def test_a_move_by_hand_is_no_rate() -> None:
    session = walked("linkage", 4)
    view = view_for("linkage")
    move(session, "theta", 0.3)
    rates = []
    for _ in range(3):
        rates.append(view.parameters(session.snapshot()).note)
        session.take_iteration()
    one, two, three = (params.theta for params in session.snapshot().trail[-4:-1])
    assert rates == ["", "", f"The last step of θ was {number((three - two) / (two - one), 4)} of the one before."]
