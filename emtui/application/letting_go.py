"""A screen that was left is free: Textual's tasks keep the context that they were begun in, and the last message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.app import App
from textual.screen import Screen
from textual.widget import Widget

if TYPE_CHECKING:
    from textual.dom import DOMNode


class LettingGo(App[None]):
    """An app whose widgets hold no screen but their own."""

    def _register(self, parent: DOMNode, *widgets: Widget, **places: Any) -> list[Widget]:
        """In the context of the parent, which each widget's task keeps for as long as it is there.

        A pane of the explorer that was mounted, or got its scroll bar, while a dialog closed would hold that dialog.
        """
        with parent._context():
            return super()._register(parent, *widgets, **places)

    def _start_widget(self, parent: Widget, widget: Widget) -> None:
        """Likewise for scroll bars, which are made when they are first needed."""
        with parent._context():
            super()._start_widget(parent, widget)

    async def _replace_screen(self, screen: Screen[Any]) -> Screen[Any]:
        """Once a screen has gone, every widget gets a message that has nothing to do with it.

        A widget's task keeps the last message until the next one comes, and so its sender: often the screen that left.
        """
        left = await super()._replace_screen(screen)
        self.call_later(self._wake)
        return left

    def _wake(self) -> None:
        for screen in self.screen_stack:
            for widget in screen.walk_children(Widget, with_self=True):
                widget.check_idle()
