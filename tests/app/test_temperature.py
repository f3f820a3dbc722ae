"""The temperature of annealed EM, turned while stepping: the next steps are the engine's at that temperature."""

from __future__ import annotations

import numpy as np
import pytest
from driving import driving

from emtui.session.session import Session
from emtui.session.temperature import turned
from emtui.spec.choose import choose
from engine.em.inference import Exact, Tempered
from engine.em.loop import advance, switch_algorithm
from engine.errors import OptionError


def test_a_turn_is_a_switch_of_the_algorithm_and_leaves_the_past_alone() -> None:
    session = Session(choose("iris", algorithm="annealed:initial=4,rate=0.5"))
    session.take_iteration()
    before = session.timeline.current
    said = session.turn_temperature(1.5)
    assert "iteration 2 on the temperature is 3.75" in said  # 1 + 3 · 0.5 = 2.5, times 1.5
    assert session.timeline.current is before
    session.take()
    step = session.timeline.current
    assert step.inference == Tempered(3.75, (0, 2))
    expected = advance(switch_algorithm(before, "annealed:initial=3.75,rate=1"))
    np.testing.assert_array_equal(step.posterior.responsibilities, expected.posterior.responsibilities)
    assert session.spec.algorithm == "annealed:initial=3.75,rate=1"
    session.take_iteration()
    session.take_iteration()
    assert session.timeline.current.inference == Tempered(3.75, (0, 3))  # it is held
    session.timeline.go_to(0)
    assert session.spec.algorithm == "annealed:initial=4,rate=0.5"
    session.snapshot()


def test_after_an_e_step_q_stays_as_it_was_settled() -> None:
    session = Session(choose("iris", algorithm="annealed"))
    session.take("E")
    q = session.timeline.current.posterior.responsibilities
    session.turn_temperature(0.1)
    session.turn_temperature(0.1)
    session.take("M")
    np.testing.assert_array_equal(session.timeline.current.posterior.responsibilities, q)
    session.take("E")
    inference = session.timeline.current.inference
    assert isinstance(inference, Tempered) and inference.temperature == pytest.approx(0.0124)  # (1 + .3 · .8) / 100


def test_there_and_back_is_classic_and_the_ends_hold() -> None:
    for factor in (1.5, 1e-9):
        once = turned("annealed:initial=1,rate=1", 1, factor)
        assert 1e-3 <= once.initial <= 1e3
    again = turned(turned("annealed:initial=1,rate=1", 1, 1.5).text, 1, 1 / 1.5)
    assert isinstance(again.inference(5, 0), Exact)
    with pytest.raises(OptionError, match="this is hard"):
        turned("hard", 1, 2.0)


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_the_keys_turn_it(size: tuple[int, int]) -> None:
    async with driving(choose("iris", algorithm="annealed:initial=2,rate=1"), size) as app:
        text = " ".join((await app.press("n", "left_curly_bracket")).split())
        assert "iteration 2 on the temperature is 3, turned by hand" in text
        await app.send("e")
        assert app.snapshot.step.inference.temperature == pytest.approx(3.0)
        await app.send("m", "right_curly_bracket", "right_curly_bracket", "e")
        assert app.snapshot.step.inference.temperature == 1.33  # three digits are kept


async def test_without_annealing_the_keys_say_why() -> None:
    async with driving() as app:
        text = " ".join((await app.press("left_curly_bracket")).split())
        assert "A temperature is turned in annealed EM, and this is classic: choose the algorithm annealed." in text


def test_a_bound_that_falls_when_it_gets_hotter_fell_for_the_temperature() -> None:
    session = Session(choose("iris", algorithm="annealed:initial=2"))
    session.take_iteration()
    session.turn_temperature(3.0)
    session.take()
    (fall,) = session.snapshot().ledger.falls
    assert (fall.quantity, fall.reason) == ("elbo", "annealed")
    session.take()
    assert {fall.reason for fall in session.snapshot().ledger.falls} <= {"annealed"}
