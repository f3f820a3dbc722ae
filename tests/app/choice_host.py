"""A small app around one pane of choices."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.message import Message

from emtui.panes.messages import DatasetChosen, ModelChosen, SettingsChanged
from emtui.panes.pane import Pane
from emtui.session.session import Session
from emtui.spec.run_spec import RunSpec


class Host(App[None]):
    """Mounts one pane, notes what it posts, and which keys it leaves to the app."""

    BINDINGS: ClassVar[list[BindingType]] = [
        (key, f"note('{key}')", key) for key in ("e", "m", "left", "home", "end", "h", "q")
    ]

    def __init__(self, pane: Pane, spec: RunSpec) -> None:
        super().__init__()
        self.pane: Any = pane  # each kind has more than a pane must have
        self.session = Session(spec)
        self.posted: list[Message] = []
        self.keys: list[str] = []

    def compose(self) -> ComposeResult:
        yield self.pane

    def on_mount(self) -> None:
        self.pane.show(self.session.snapshot())

    def action_note(self, key: str) -> None:
        self.keys.append(key)

    def on_dataset_chosen(self, event: DatasetChosen) -> None:
        self.posted.append(event)

    def on_model_chosen(self, event: ModelChosen) -> None:
        self.posted.append(event)

    def on_settings_changed(self, event: SettingsChanged) -> None:
        self.posted.append(event)

    def open(self, spec: RunSpec) -> None:
        """What the screen does with a choice: another session, and its first frame."""
        self.session = Session(spec)
        self.pane.show(self.session.snapshot())
