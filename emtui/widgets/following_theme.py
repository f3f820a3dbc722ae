"""Drawing anew in another theme's colours, without keeping alive what has been closed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import WeakMethod, ref

from textual.widget import Widget


def follow_theme(widget: Widget, draw: Callable[[], Any]) -> None:
    """Call `draw`, a method, after each change of the theme, for as long as its owner is there: pictures carry colours.

    The app keeps what watches it until it ends; so it is given a reference that does not count.
    """
    there, method = ref(widget), WeakMethod(draw)

    def changed(_theme: object) -> None:
        still, drawn = there(), method()
        if still is not None and drawn is not None:
            still.call_after_refresh(drawn)

    widget.app.theme_changed_signal.subscribe(widget, changed, immediate=True)
