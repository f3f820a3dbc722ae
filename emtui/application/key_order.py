"""Keys and pastes that come in a burst: each goes where the one before it led.

Textual hands a key to the widget that has the focus at that moment. Where the key before it opens a dialog or a field,
which takes the loop a few turns, it would go to the screen below. So a key waits until the one before is dealt with:
a mark sent after it has come back to the app, with whatever the key has caused before it, and the focus stays.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from textual import events
from textual.app import App
from textual.message import Message
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input

_AT_LEAST = 2  # marks: what a key has its widget post comes behind the first
_AT_MOST = 12  # where the focus is never at rest
_MOST_REFUSED = 100  # times that a mark is not taken
_LOST = 0.1  # seconds after which a mark was lost with its widget
_AT_ONCE = {"ctrl+c", "ctrl+z"}  # they stop and suspend, and wait for nothing


class KeyDealtWith(Message):
    """The mark: it takes the way that the key before it took, from its widget up to the app."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


class KeyOrder:
    """Holds keys and pastes back until the one before them is dealt with."""

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._held: deque[events.Event] = deque()
        self._waiting = True  # for the first screen
        self._drawn = False
        self._number = self._marks = self._refused = 0
        self._at: tuple[Any, Widget | None] | None = None
        self._watch: Timer | None = None

    def holds(self, event: events.Event) -> bool:
        """Whether this one has to wait; then it is kept for later."""
        if not self._waiting or (isinstance(event, events.Key) and event.key in _AT_ONCE):
            return False
        self._held.append(event)
        if self._watch is None:
            self._watch = self._app.set_timer(_LOST, self._look_for_lost)
        return True

    def follow(self) -> None:
        """A key was handed on, or the first screen is there: the next one waits for what comes of it."""
        self._waiting, self._drawn, self._marks, self._refused = True, False, 0, 0
        self._send_mark()

    def _send_mark(self) -> None:
        app = self._app
        if not app.screen_stack or not self._waiting:
            return
        self._number += 1
        self._at = (app.screen, app.focused)
        if not (app.focused or app.screen).post_message(KeyDealtWith(self._number)):
            self._refused += 1
            if self._refused < _MOST_REFUSED:
                app.set_timer(_LOST / 10, self._send_mark)  # its widget is about to leave
            else:
                self._waiting, self._at = False, None  # the app is about to: nothing waits any longer

    def came_back(self, number: int) -> events.Event | None:
        """A mark is back: the next key, if there is one and nothing moves any more."""
        if number != self._number or not self._waiting:
            return None
        self._marks += 1
        app = self._app
        rests = self._at == (app.screen, app.focused) and app.screen.is_mounted
        if self._marks < _AT_LEAST or (not rests and self._marks < _AT_MOST):
            self._send_mark()
            return None
        if self._held and not self._drawn and not isinstance(app.focused, Input):
            self._drawn = True  # what it brings to light may take the focus when it is drawn
            app.screen.call_after_refresh(self._send_mark)
            return None
        self._waiting, self._at = False, None  # which would hold a screen that is left otherwise
        return self._held.popleft() if self._held else None

    def _look_for_lost(self) -> None:
        """Send another mark where the last one left with its widget."""
        self._watch = None
        if self._waiting and self._held:
            if self._at is not None and self._at != (self._app.screen, self._app.focused):
                self._send_mark()
            self._watch = self._app.set_timer(_LOST, self._look_for_lost)
