"""Keys as a terminal sends them when they are typed ahead: all of them before the first is dealt with."""

from __future__ import annotations

from driving import Driver
from textual import events
from textual.keys import _character_to_key

_NAMED = {"⏎": "enter", "⎋": "escape", "⇥": "tab", "↓": "down", "↑": "up"}


async def burst(app: Driver, keys: str) -> str:
    """Send these characters at once (⏎ ⎋ ⇥ ↓ ↑ are the keys), and give the text of the screen at rest."""
    send_at_once(app, keys)
    await app.settle()
    return app.text


def send_at_once(app: Driver, keys: str) -> None:
    """Put them into the app's queue."""
    for character in keys:
        if character in _NAMED:
            app.app.post_message(events.Key(_NAMED[character], None))
        else:
            name = character if character.isalnum() else _character_to_key(character)
            app.app.post_message(events.Key(name, character))
