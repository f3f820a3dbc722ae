"""Sessions that the app keeps by itself: seldom, the last few, one app each; --resume after a kill or a hasty q."""

from __future__ import annotations

import os
import signal
import termios
import time
from pathlib import Path

import pytest
from driving import driving, explorer
from shell import is_one_sentence, shell
from test_terminal import read_until, terminal_of
from walking import walked

from emtui.cli.arguments import UsageError, parse
from emtui.screens.explore import autosaving
from emtui.session.saved import autosaves
from emtui.session.saved.autosaves import KEPT, Autosaves, kept_sessions, last_session, resumed
from emtui.session.saved.session_file import View
from emtui.session.session import Session
from emtui.settings.config import Config, load_config
from emtui.spec.choose import choose
from engine.errors import EngineError


def objectives(session: Session) -> list[list[float]]:
    return [[step.objective for step in line] for line in session.timeline.lines]


def keep(kept: Autosaves, session: Session) -> Path:
    path = kept.new_file()
    kept.keep(session, path, View())
    return path


# files


def test_what_was_kept_is_resumed_and_says_which_and_when(tmp_path: Path) -> None:
    session = walked("iris", 5)
    session.weigh_row(3, 0)
    session.take_iteration()
    session.restart(7)
    kept = Autosaves(tmp_path)
    keep(kept, session)
    kept.close()
    reopening = resumed(tmp_path)
    for _ in reopening.steps():
        pass
    assert reopening.session is not None and objectives(reopening.session) == objectives(session)
    when = time.strftime("%Y-%m-%d at %H:%M:%S", time.localtime(reopening.path.stat().st_mtime))
    assert reopening.words == f"Resumed: iris · gmm K=3, as it stood on {when}."


def test_the_last_few_are_kept_and_no_litter(tmp_path: Path) -> None:
    kept, session = Autosaves(tmp_path), walked("coins", 2)
    paths = [keep(kept, session) for _ in range(KEPT + 3)]
    for age, path in enumerate(reversed(paths)):
        if path.exists():
            os.utime(path, (1e9 - age, 1e9 - age))
    assert kept_sessions(tmp_path) == paths[: -KEPT - 1 : -1]
    kept.close()
    assert not list(tmp_path.glob("*.lock"))
    other = Autosaves(tmp_path)
    keep(other, session)
    assert len(kept_sessions(tmp_path)) == KEPT


def test_an_app_that_is_alive_keeps_its_session_to_itself(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"nothing to resume: a session is kept in .* once a step is taken"):
        last_session(tmp_path)
    mine, yours, session = Autosaves(tmp_path), Autosaves(tmp_path), walked("coins", 2)
    first, second = keep(mine, session), keep(yours, session)
    os.utime(first, (1, 1))
    with pytest.raises(EngineError, match="open in another emtui"):
        last_session(tmp_path)
    mine.close()
    assert last_session(tmp_path) == first
    yours.close()
    assert last_session(tmp_path) == second


def test_a_session_that_is_too_large_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(autosaves, "MOST_BYTES", 1000)
    with pytest.raises(EngineError, match="save it with ctrl"):
        keep(Autosaves(tmp_path), walked("coins", 2))
    assert kept_sessions(tmp_path) == []


# the app


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for state of the test's own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path / "emtui" / "sessions"


async def test_it_is_kept_a_while_after_a_change_and_when_the_app_is_left(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(autosaving, "LEAST_BETWEEN", 1000.0)
    async with driving(config=Config()) as app:
        screen = explorer(app.app)
        screen.autosaving.look()
        await app.settle()
        assert not folder.exists()  # nothing was done yet
        await app.send("n")
        screen.autosaving.look()
        await app.settle()
        (path,) = kept_sessions(folder)
        before = path.read_bytes()
        await app.send("n")
        screen.autosaving.look()  # a moment ago
        await app.settle()
        assert path.read_bytes() == before
    (same,) = kept_sessions(folder)
    assert same == path and path.read_bytes() != before
    reopening = resumed(folder)
    for _ in reopening.steps():
        pass
    assert reopening.session is not None and reopening.session.timeline.current.iteration == 2


async def test_data_that_are_opened_do_not_take_the_place_of_what_was_kept(folder: Path) -> None:
    async with driving(config=Config()) as app:
        screen = explorer(app.app)
        await app.send("n")
        screen.autosaving.look()
        await app.send("n")
        screen.open_spec(lambda: choose("coins"))
        await app.settle()
        await app.send("n")
        screen.autosaving.look()
        await app.settle()
    assert len(kept_sessions(folder)) == 2
    words = [resumed_words(path) for path in kept_sessions(folder)]
    assert words == ["coins", "iris"]


def resumed_words(path: Path) -> str:
    from emtui.session.saved.opening import reopen

    return reopen(path).spec.dataset.name


async def test_it_can_be_turned_off(folder: Path, tmp_path: Path) -> None:
    settings = tmp_path / "config.toml"
    settings.write_text("autosave = false\n")
    config = load_config(settings)
    assert not config.autosave and not config.warnings
    async with driving(config=config) as app:
        await app.send("n")
        explorer(app.app).autosaving.look()
        await app.settle()
    assert not folder.exists()
    settings.write_text("autosave = 3\n")
    assert "autosave in" in load_config(settings).warnings[0]


async def test_a_folder_that_can_not_be_written_to_is_said_once(folder: Path) -> None:
    folder.parent.mkdir(parents=True)
    folder.write_text("in the way")
    async with driving(config=Config()) as app:
        for _ in range(2):
            await app.send("n")
            explorer(app.app).autosaving.look()
            await app.settle()
        said = [one.message for one in app.app._notifications]
        assert len([one for one in said if "not kept for --resume" in one]) == 1


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGHUP], ids=str)
def test_a_killed_app_is_resumed_where_it_stood(ending: signal.Signals, tmp_path: Path) -> None:
    state = {"XDG_STATE_HOME": str(tmp_path)}
    folder = tmp_path / "emtui" / "sessions"
    with terminal_of("coins", **state) as (terminal, app):
        before = termios.tcgetattr(terminal)
        read_until(terminal, b"press e")
        os.write(terminal, b"nnn")
        read_until(terminal, b"iteration 3")
        deadline = time.monotonic() + 60
        while ending == signal.SIGKILL and not kept_sessions(folder) and time.monotonic() < deadline:
            time.sleep(0.05)
        app.send_signal(ending)
        app.wait(timeout=60)
        if ending == signal.SIGKILL:  # nobody gives the terminal back
            termios.tcsetattr(terminal, termios.TCSANOW, before)
    with terminal_of("--resume", **state) as (terminal, app):
        seen = read_until(terminal, b"Resumed")
        assert b"iteration 3" in seen
        os.write(terminal, b"q")
        assert app.wait(timeout=60) == 0


def test_the_words_of_the_shell(tmp_path: Path) -> None:
    done = shell("--resume", XDG_STATE_HOME=str(tmp_path))
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.startswith("emtui: there is nothing to resume: a session is kept in")
    assert is_one_sentence(done.stderr)
    assert parse(["--resume"], lambda: "").resume
    with pytest.raises(UsageError, match="leave out the other words"):
        parse(["iris", "--resume"], lambda: "")
