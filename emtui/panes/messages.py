"""What panes post to the screen. A pane never acts on the session: it posts a message, and the screen decides."""

from __future__ import annotations

from typing import Any

from textual.message import Message

from emtui.session.queries import Asker, Query
from engine.data.data_spec import DataSpec
from engine.data.dataset import Dataset
from engine.editing.entries import Entry
from engine.em.step import Step


class KeyRefused(Message):
    """A key of a pane can't act here; `reason` is a sentence for the status line."""

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.reason = reason


class QueryAsked(Message):
    """A pane asks something about a step that takes a while to compute; its `take_answer` gets the answer."""

    def __init__(self, query: Query, step: Step, asker: Asker) -> None:
        super().__init__()
        self.asker = asker
        self.query = query
        self.step = step


class RowChosen(Message):
    """A row was chosen in a table, a strip or the picture; None for no row."""

    def __init__(self, row: int | None) -> None:
        super().__init__()
        self.row = row


class MovedByMouse(Message):
    """A parameter was dragged in the picture: entries of θ and their new values; `dropped` once it is let go."""

    def __init__(self, moves: tuple[tuple[Entry, float], ...], *, dropped: bool) -> None:
        super().__init__()
        self.moves = moves
        self.dropped = dropped


class GoTo(Message):
    """Move the cursor to this place on the current branch."""

    def __init__(self, index: int) -> None:
        super().__init__()
        self.index = index


class BranchChosen(Message):
    """Go to this branch, counted from 0."""

    def __init__(self, branch: int) -> None:
        super().__init__()
        self.branch = branch


class FileWanted(Message):
    """Ask the user for a file."""


class DatasetChosen(Message):
    """Other data were picked. `opened` are the data themselves, where they have been read already."""

    def __init__(self, data: DataSpec, opened: Dataset | None = None) -> None:
        super().__init__()
        self.data = data
        self.opened = opened


class ModelChosen(Message):
    """Another model was picked by name, with the options that suit the data."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name


class SettingsChanged(Message):
    """The form was applied: choices that hold from the next start on.

    `settings` are fields of `RunSpec` (data, model, seed, algorithm, tol, max_iter, stop), checked already.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__()
        self.settings = settings
