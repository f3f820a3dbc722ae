"""q of a row moved by hand: on the screen, in the session, in its file and in its scripts."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from choosing import chosen
from driving import explorer
from edit_host import by_hand, hand, told
from rich.cells import cell_len
from shell import here
from test_saved_sessions import is_the_same, opened, saved
from test_session_script import executed, is_this_step
from walking import walked

from emtui.charts.colors import DARK
from emtui.exports.scripts.run_script import script_text
from emtui.exports.scripts.session_script import session_script
from emtui.panes.why.ledger_text import falls, ledger_lines
from emtui.screens.edit.q_table import with_share
from emtui.session.copied_command import copied_command
from emtui.session.deeds import QMoved
from emtui.session.session import Session
from emtui.views.edit_sentences import step_sentence
from engine.em.inference import GivenRows
from engine.errors import EngineError

Q = [0.2, 0.3, 0.5]


def moved_session(source: str = "iris", **how: object) -> Session:
    session = walked(source, 3, **how)
    session.move_q(114, Q)
    return session


def test_the_bound_falls_by_the_kl_and_the_m_step_goes_on():
    session = walked("iris", 3)
    before = session.timeline.current
    said = session.move_q(114, Q)
    step, snapshot = session.timeline.current, session.snapshot()
    r = before.posterior.responsibilities[114]
    kl = float(np.dot(Q, np.log(Q) - np.log(r)))
    assert step.kl == pytest.approx(kl, rel=1e-9) and step.log_likelihood == before.log_likelihood
    assert before.elbo - step.elbo == pytest.approx(kl, rel=1e-9)
    assert "opened branch 2" in said and snapshot.moved_by_hand
    sentence = step_sentence(snapshot)
    assert "q of row 115 set by hand to 0.2, 0.3, 0.5" in sentence.replace("Q of", "q of") and "press m" in sentence
    assert "the bound fell" in sentence and "as before" in sentence
    lines = " ".join(
        "".join(piece[0] for piece in cell) if isinstance(cell, tuple) else cell
        for cell in ledger_lines(snapshot, 60, DARK)
    )
    assert "but for one row by hand" in lines and falls(snapshot)
    with pytest.raises(EngineError, match="q was moved by hand: press m"):
        session.take("E")
    session.take("M")
    assert isinstance(session.timeline.current.inference, GivenRows)
    fallen = [fall.reason for fall in session.snapshot().ledger.falls]
    assert set(fallen) <= {"given"} and all("q was moved by hand" in text for text in falls(session.snapshot()))
    session.take("E")
    assert session.timeline.current.kl == 0.0


def test_it_is_undone_and_walked_to_again():
    session = walked("iris", 3)
    before = session.timeline.current
    session.move_q(114, Q)
    assert session.can_undo and "row 115" in session.undo()
    assert session.timeline.current is before and session.timeline.n_branches == 1


@pytest.mark.parametrize(("source", "q"), [("iris", Q), ("coins", [0.9, 0.1]), ("linkage", [0.6, 0.4])])
def test_its_file_opens_again_to_the_bit_and_scripts_make_the_same_numbers(tmp_path: Path, source: str, q: list[float]):
    session = walked(source, 3)
    row = 2 if source != "linkage" else 0
    session.move_q(row, q)
    if source == "iris":
        session.weigh_row(7, 0.0)
        session.move_q(20, [0.5, 0.5, 0.0])
    session.take_iteration()
    session.take()
    there = opened(saved(session, tmp_path))
    assert there.difference is None
    is_the_same(session, there.session)
    assert any(isinstance(there.session.deed_of(step), QMoved) for step in there.session.timeline.steps)
    printed = executed(session_script(session))
    is_this_step(printed["here"], session.timeline.current)


@pytest.mark.parametrize("onward", [0, 1, 4])
def test_the_script_of_a_run_comes_to_the_same_step(onward: int):
    session = moved_session()
    for _ in range(onward):
        session.take()
    space: dict[str, Any] = {"__name__": "__main__"}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(script_text(session.spec, session.timeline.steps), "s.py", "exec"), space)
    made, step = space["step"], session.timeline.current
    assert made.log_likelihood == pytest.approx(step.log_likelihood, rel=1e-12)
    assert made.elbo == pytest.approx(step.elbo, rel=1e-12)


def test_a_command_ends_before_it_and_says_so():
    session = moved_session()
    session.take()
    said = copied_command(session.snapshot()).notice()
    assert "ends before the change by hand, at iteration 1" in said


# on the screen


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (60, 14)])
async def test_keys_move_a_share_and_enter_opens_a_branch(size):
    async with by_hand(size=size, before=("n", "e")) as app:
        await app.send("tab", "tab", "right", "right")
        screen, step = hand(app), app.snapshot.step
        before = step.posterior.responsibilities[screen.chosen_row]
        q = screen.shares.now
        assert q == pytest.approx(with_share(tuple(before), 0, before[0] + 0.1), abs=1e-12) and sum(q) == pytest.approx(
            1
        )
        assert "would be" in app.text and all(cell_len(line) <= size[0] for line in app.text.splitlines())
        assert screen.answer.change("log_likelihood") == 0.0
        kl = screen.answer.value("kl")
        assert screen.answer.change("elbo") == pytest.approx(-kl, abs=1e-9)
        await app.send("enter")
        made = explorer(app.app).worker.session.timeline.current
        assert made.kl == pytest.approx(kl, rel=1e-9) and "KL" in app.text and "by hand" in app.text
        assert made.posterior.responsibilities[screen.chosen_row] == pytest.approx(q)
        await app.send("m")
        assert explorer(app.app).worker.session.timeline.current.phase == "M"


async def test_a_share_is_typed_put_back_and_kept_on_the_simplex():
    async with by_hand(before=("n", "e")) as app:
        await app.send("tab", "tab", "down", "0", ".", "2", "5", "enter")
        assert hand(app).shares.now[1] == 0.25 and sum(hand(app).shares.now) == pytest.approx(1.0)
        await app.send("backspace")
        assert hand(app).q_moved is None
        await app.send("7", "enter")
        assert "lies between 0 and 1" in told(app)
        await app.send(*["right"] * 30)
        assert hand(app).shares.now[1] == 1.0
        await app.send("tab")
        assert "One thing at a time" in told(app)
        await app.send("backspace", "shift+tab")
        assert hand(app).subject == "rows"


@pytest.mark.parametrize(
    ("source", "before", "said"),
    [
        ("icecream", ("n", "e"), "hang together"),
        ("iris", ("n",), "press e first"),
        ("xor", ("n", "e"), "hidden units together"),
    ],
)
async def test_where_none_can_be_moved_a_sentence_says_why(source, before, said):
    async with by_hand(source, before=before, spec=chosen("iris", model="mlp") if source == "xor" else None) as app:
        await app.send("tab", "tab")
        assert said in told(app) or said in " ".join(app.text.split())
        await app.send("right", "1")
        assert hand(app).q_moved is None and said in " ".join(app.text.replace("│", " ").split())


def test_show_tells_of_it(tmp_path: Path):
    assert "q of a row by hand" in here("show", str(saved(moved_session(), tmp_path)))[1]
