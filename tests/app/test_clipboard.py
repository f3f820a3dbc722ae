"""Copying says only what is known: which tool took the text, or that it was sent; and ctrl+c never ends the app."""

from pathlib import Path

import pytest
from driving import driving, explorer
from textual.geometry import Offset
from textual.selection import Selection
from textual.widgets import Input

from emtui.charts.drawn_text import DrawnText
from emtui.panes.status_line import StatusLine
from emtui.spec.choose import choose
from emtui.widgets.clipboard import delivered, tools
from engine.data.data_spec import DataSpec

LOCAL = {"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"}


def names(environ: dict[str, str], platform: str = "linux") -> list[str]:
    return [tool.words[0] for tool in tools(environ, platform)]


def test_local_tools_come_first_and_none_of_them_over_ssh() -> None:
    assert names(LOCAL | {"TMUX": "x"}) == ["wl-copy", "xclip", "xsel", "tmux"]
    assert names({}, "darwin") == ["pbcopy"]
    assert names({"WSL_DISTRO_NAME": "Debian"}) == ["clip.exe"] == names({}, "win32")
    for over in ("SSH_CONNECTION", "SSH_TTY"):
        assert names(LOCAL | {"TMUX": "x", over: "1"}) == ["tmux"]
        assert names({over: "1"}, "darwin") == []


def tool(folder: Path, name: str, status: int = 0) -> None:
    path = folder / name
    path.write_text(f'#!/bin/sh\nIFS= read -r line\nprintf "%s %s" "$line" "$*" > {folder}/{name}.got\nexit {status}\n')
    path.chmod(0o755)


def test_a_tool_that_fails_gives_way_to_the_next(tmp_path: Path) -> None:
    environ = LOCAL | {"TMUX": "x", "PATH": str(tmp_path)}
    assert delivered("K = 3", environ) == ""
    tool(tmp_path, "tmux")
    assert delivered("K = 3", environ) == "In tmux's buffer, and sent to the terminal's clipboard"
    assert (tmp_path / "tmux.got").read_text() == "K = 3 load-buffer -w -"
    tool(tmp_path, "wl-copy", status=1)
    tool(tmp_path, "xclip")
    assert delivered("K = ∞", environ) == "Copied"
    assert (tmp_path / "xclip.got").read_text(encoding="utf-8") == "K = ∞ -selection clipboard"


async def test_the_app_says_which_way_it_went(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with driving(size=(120, 40)) as app:
        assert "Sent to the terminal's clipboard: emtui run iris" in await app.press("y")
        assert app.app.clipboard.startswith("emtui run iris")
        for name in ("xclip", "sh"):
            tool(tmp_path, name)
        (tmp_path / "sh").unlink()
        monkeypatch.delenv("SSH_TTY")
        monkeypatch.setenv("DISPLAY", ":0")
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
        await app.send("e", "y")
        await app.app.workers.wait_for_complete([one for one in app.app.workers if one.group == "clipboard"])
        await app.settle()
        assert "Copied: emtui run iris" in app.text and "terminal's clipboard" not in app.text
        assert (tmp_path / "xclip.got").read_text().startswith("emtui run iris")


async def test_a_screen_over_the_explorer_copies_its_command() -> None:
    async with driving(size=(120, 40)) as app:
        await app.send("n", "v")
        text = " ".join((await app.press("y")).split())
        assert "Sent to the terminal's clipboard: emtui run iris" in text
        assert app.app.clipboard.startswith("emtui run iris")


async def test_ctrl_c_copies_the_text_of_a_field() -> None:
    async with driving(size=(80, 24)) as app:
        await app.send("g")
        app.app.screen.query_one(Input).value = "12 E"
        assert "clipboard: 12 E" in " ".join((await app.press("ctrl+c")).replace("▌", " ").split())
        assert app.app.clipboard == "12 E" and app.app.is_running


async def test_ctrl_c_stops_what_runs_and_else_says_how_to_leave() -> None:
    async with driving(choose(DataSpec("iris"), model="gmm"), size=(80, 24)) as app:
        screen = explorer(app.app)
        screen.stepping.play()
        assert screen.stepping.playing
        await app.send("ctrl+c")
        assert not screen.stepping.playing
        text = " ".join((await app.press("ctrl+c")).split())
        assert "q leaves" in text and app.app.is_running


async def test_ctrl_c_stops_a_study() -> None:
    async with driving(choose(DataSpec("iris"), model="gmm"), size=(120, 40)) as app:
        await app.pilot.press("O", "ctrl+c")
        await app.settle()
        study = app.app.screen
        assert not study.running and (study.stopped or study.refusal == "")  # type: ignore[attr-defined]
        assert app.app.is_running


async def test_what_is_marked_on_a_drawn_line_is_its_text_and_not_the_name_of_a_widget() -> None:
    async with driving(choose("coins"), size=(120, 40)) as app:
        await app.send("e")
        for widget in app.app.screen.query(DrawnText):
            if widget.size and widget.styles.visibility == "visible":
                text, _ = widget.get_selection(Selection(None, None)) or ("", "")
                assert type(widget).__name__ not in text
        status = app.app.screen.query_one(StatusLine)
        marked = status.get_selection(Selection(None, Offset(8, 0)))
        assert marked is not None
        assert marked[0] == status.sentence[:8]
