"""`y` copies the command that leads to the step under the cursor, and says what no command holds."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from choosing import chosen
from driving import driving
from shell import here
from walking import walked

from emtui.session.copied_command import SAVE_FIRST, copied_command
from emtui.session.saved.opening import reopen
from emtui.session.saved.saving import save
from emtui.session.session import Session
from engine.editing.edits import set_entry


def end_of(command: str) -> dict[str, Any]:
    """The last step that the command prints."""
    words = shlex.split(command)
    assert words[:2] == ["emtui", "run"]
    status, out, err = here(*words[1:], "--json", "--no-baseline")
    assert status == 0, err
    return [line for line in map(json.loads, out.splitlines()) if "phase" in line][-1]


def is_there(session: Session, command: str) -> bool:
    """The command ends at the step under the cursor."""
    step, end = session.timeline.current, end_of(command)
    return end["iteration"] == step.iteration and bool(np.isclose(end["log_likelihood"], step.log_likelihood, 1e-12))


@pytest.mark.parametrize(
    ("source", "how"),
    [
        ("coins", {}),
        ("iris", {"algorithm": "stochastic"}),
        ("icecream", {"tol": 1e-9}),  # its remarks name rows
        ("iris", {"model": "mlp", "settings": {"m_step": "newton"}, "max_iter": 5}),
    ],
)
def test_it_ends_at_the_step_under_the_cursor(source: str, how: dict[str, Any]) -> None:
    session = walked(source, 0, **how)
    for half_steps in (0, 2, 4):
        while session.timeline.cursor < half_steps:
            session.take()
        assert is_there(session, copied_command(session.snapshot()).command)
    at_the_limit = how.get("max_iter") == 5
    while session.timeline.current.iteration < 5:
        session.take_iteration()
    command = copied_command(session.snapshot()).command
    assert is_there(session, command) and "--stop" not in command
    if at_the_limit:
        session.take_iteration()
        command = copied_command(session.snapshot()).command
        assert is_there(session, command) and "--stop iterations=6" in command


def test_it_goes_past_the_rest_as_the_session_did() -> None:
    session = walked("coins")
    assert "--stop" not in copied_command(session.snapshot()).command
    assert is_there(session, copied_command(session.snapshot()).command)
    session.take_iteration()
    assert is_there(session, copied_command(session.snapshot()).command)


def test_another_start_has_its_seed_and_the_other_branches_are_named() -> None:
    session = walked("iris", 2)
    session.restart(5)
    session.take_iteration()
    copied = copied_command(session.snapshot())
    assert is_there(session, copied.command) and "--seed 5" in copied.command
    assert "The other branch is not in it." in copied.notice()


def test_an_e_step_is_on_the_way() -> None:
    copied = copied_command(walked("coins", 3).snapshot())
    assert copied.command.endswith("--max-iter 2")
    assert "half a step later" in copied.notice()


@pytest.mark.parametrize(("half_steps", "iteration"), [(0, 0), (4, 2), (5, 2)])
def test_a_change_by_hand_is_left_out_and_said(half_steps: int, iteration: int) -> None:
    session = walked("coins", half_steps)
    moved = set_entry(session.timeline.current, "probabilities[0]", 0.9)
    session.place(moved.params, moved.events[0].message)
    session.take()
    copied = copied_command(session.snapshot())
    assert copied.command.endswith(f"--max-iter {iteration}")
    assert f"before the change by hand, at iteration {iteration}." in copied.notice()
    assert "export the script (x)" in copied.notice()


def test_an_e_step_that_was_drawn_anew_is_said() -> None:
    session = walked("iris", 4, algorithm="stochastic")
    session.timeline.go_to(2)
    session.take_iteration()
    notice = copied_command(session.snapshot()).notice()
    assert ("drawn anew" in notice) == (session.timeline.current.problem.draw > 0)


def test_rows_left_out_at_a_start_are_said() -> None:
    session = walked("iris", 2)
    session.weigh_row(3, 0.0)
    session.restart(5)
    session.take_iteration()
    notice = copied_command(session.snapshot()).notice()
    assert "change by hand at the start is not in it" in notice and "--max-iter 0" in notice


def test_a_temperature_that_was_turned_is_said() -> None:
    session = walked("coins", 2, algorithm="annealed")
    session.turn_temperature(2.0)
    session.take_iteration()
    assert "temperature was turned" in copied_command(session.snapshot()).notice()


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_the_notice_is_whole(size: tuple[int, int]) -> None:
    async with driving(size=size) as app:
        await app.send("n", "n", "e")
        text = " ".join((await app.press("y")).split())
        assert (
            "Sent to the terminal's clipboard: emtui run iris" in text
            and "--max-iter 3" in text
            and "this E-step is on its way" in text
        )


def test_what_no_command_holds_is_saved_first() -> None:
    plain, branches = walked("iris", 4), walked("iris", 4)
    branches.restart(5)
    moved = walked("coins", 4)
    moved.place(set_entry(moved.timeline.current, "probabilities[0]", 0.9).params, "moved")
    assert SAVE_FIRST not in copied_command(plain.snapshot()).notice()
    for session in (branches, moved):
        assert copied_command(session.snapshot()).notice().endswith(SAVE_FIRST)


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_once_saved_it_is_the_line_that_opens_the_session(
    size: tuple[int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with driving(chosen("coins"), size=size) as app:
        await app.send("n", "n", "left", "left", "R", "n")

        async def copied() -> str:
            text = " ".join((await app.press("y")).replace("│", " ").split())
            assert "clipboard:" in text
            return text.partition("clipboard:")[2]

        assert SAVE_FIRST in await copied()
        await app.send("ctrl+s", "enter")
        assert "emtui coins-coins.emtui — It opens this session here, with all of its branches." in await copied()
        assert app.app.clipboard == "emtui coins-coins.emtui"
        for keys in (["left"], ["right", "n"]):
            await app.send(*keys)
            assert "coins-coins.emtui" not in await copied()
        await app.send("ctrl+s")
        assert "coins-coins.emtui" in await copied()
        Path("coins-coins.emtui").write_text("other")
        assert "coins-coins.emtui" not in await copied()


@pytest.mark.parametrize("elsewhere", [False, True])
async def test_a_session_that_was_opened_is_copied_as_its_line_where_its_file_is_enough(
    elsewhere: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.csv").write_text("x,y\n" + "\n".join(f"{i},{i % 3}" for i in range(12)))
    save(walked("a.csv", 3), Path("-x.emtui"))
    if elsewhere:
        Path("a.csv").rename("b.csv")
    async with driving(reopen(Path("-x.emtui"), "b.csv" if elsewhere else None)) as app:
        await app.press("y")
        assert (app.app.clipboard == "emtui ./-x.emtui") != elsewhere
