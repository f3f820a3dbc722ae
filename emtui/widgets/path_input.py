"""The field for a path, which takes one as terminals and file managers paste it."""

from __future__ import annotations

from textual import events

from emtui.spec.pasted_path import names_a_file, pasted_path
from emtui.widgets.text_input import TextInput


class PathInput(TextInput):
    """A dropped file arrives as a paste: its path is whole, and takes the place of what stood there."""

    def _on_paste(self, event: events.Paste) -> None:
        """Take the path that is meant."""
        event.prevent_default()
        event.stop()
        whole = names_a_file(event.text)
        self.replace(pasted_path(event.text), *((0, len(self.value)) if whole else self.selection))
