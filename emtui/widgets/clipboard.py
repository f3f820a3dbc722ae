"""Text to the clipboard: by a tool of this machine, by tmux, or by the terminal, which tells nobody if it did."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from textual.app import App

_SECONDS = 2.0  # within which a tool has taken the text
_TERMINAL = "Sent to the terminal's clipboard"
_TMUX = "In tmux's buffer, and sent to the terminal's clipboard"


@dataclass(frozen=True)
class Tool:
    """A command that takes the text as its input.

    said: what is true once it has ended well. encoding: of the text that it takes.
    """

    words: tuple[str, ...]
    said: str = "Copied"
    encoding: str = "utf-8"


def tools(environ: Mapping[str, str], platform: str = sys.platform) -> Iterator[Tool]:
    """The tools to try in turn. Over SSH the clipboard of this machine is not the user's: only tmux is asked there."""
    if not (environ.get("SSH_CONNECTION") or environ.get("SSH_TTY")):
        if platform == "darwin":
            yield Tool(("pbcopy",))
        elif platform == "win32" or environ.get("WSL_DISTRO_NAME"):
            yield Tool(("clip.exe",), encoding="utf-16")
        if environ.get("WAYLAND_DISPLAY"):
            yield Tool(("wl-copy",))
        if environ.get("DISPLAY"):
            yield Tool(("xclip", "-selection", "clipboard"))
            yield Tool(("xsel", "--clipboard", "--input"))
    if environ.get("TMUX"):
        yield Tool(("tmux", "load-buffer", "-w", "-"), _TMUX)


def delivered(text: str, environ: Mapping[str, str] = os.environ) -> str:
    """Give the text to the first tool that takes it, and say how; empty where none does."""
    for tool in tools(environ):
        program = shutil.which(tool.words[0], path=environ.get("PATH"))
        if program is not None and _takes((program, *tool.words[1:]), text.encode(tool.encoding, "replace")):
            return tool.said
    return ""


def copy(app: App[Any], text: str, said: Callable[[str], None]) -> None:
    """Copy `text`, in the background where a tool is asked, and then say how: "Copied", or to where it was sent."""
    if not any(tools(os.environ)):
        said(_by_the_terminal(app, text))
        return

    def ask() -> None:
        how = delivered(text)
        with suppress(RuntimeError):  # the app has been left meanwhile
            app.call_from_thread(lambda: said(how or _by_the_terminal(app, text)))

    app.run_worker(ask, thread=True, group="clipboard", exclusive=True, exit_on_error=False)


def _by_the_terminal(app: App[Any], text: str) -> str:
    App.copy_to_clipboard(app, text)  # OSC 52: no answer comes back, whether it is obeyed or not
    return _TERMINAL


def _takes(words: tuple[str, ...], text: bytes) -> bool:
    # xclip and wl-copy stay behind to serve the text: they must not hold a pipe of ours
    try:
        nowhere = subprocess.DEVNULL
        return subprocess.run(words, input=text, stdout=nowhere, stderr=nowhere, timeout=_SECONDS).returncode == 0
    except (OSError, subprocess.SubprocessError):
        return False
