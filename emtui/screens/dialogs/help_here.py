"""The first entry of the help: the pane or the screen that it was asked for in, its keys, and what the mouse does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from textual.app import App
from textual.binding import ActiveBinding
from textual.screen import Screen

from emtui.panes.pane import Pane
from emtui.screens.dialogs.help_places import PANE_MOUSE, SCREEN_MOUSE, SCREENS
from emtui.screens.dialogs.help_text import PANES
from emtui.settings.keys import PANE_KEYS

_OF_TEXTUAL = {"app.focus_next", "app.focus_previous", "screen.copy_text", "screen.minimize"}


@dataclass(frozen=True)
class Here:
    """A place: what it is called, what it shows, what the mouse does there, and its own keys."""

    title: str
    said: str
    mouse: str
    bindings: tuple[ActiveBinding, ...]


def here(screen: Screen[Any]) -> Here | None:
    """Where the screen has its focus: a pane, or the screen itself; None for the explorer without a focus."""
    focused = screen.focused
    pane = (
        None if focused is None else next((one for one in focused.ancestors_with_self if isinstance(one, Pane)), None)
    )
    kind = type(screen).__name__
    if kind in SCREENS:
        title, said = SCREENS[kind]
        return Here(title, said, SCREEN_MOUSE.get(kind, ""), tuple(_own(screen, below=False)))
    if pane is None or pane.id not in PANE_KEYS:
        return None
    keys = tuple(one for one in _own(screen, below=True) if one.binding.id not in pane.idle)
    return Here(f"{PANE_KEYS[pane.id]} {pane.label}", dict(PANES)[pane.id], PANE_MOUSE[pane.id], keys)


def _own(screen: Screen[Any], *, below: bool) -> Iterator[ActiveBinding]:
    """The bindings of the place alone: of what lies below the screen, or of the screen too."""
    for one in screen.active_bindings.values():
        if isinstance(one.node, App) or (below and one.node is screen) or one.binding.action in _OF_TEXTUAL:
            continue
        yield one
