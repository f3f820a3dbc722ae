"""What panes post to the screen. A pane never acts on the session: it posts a message, and the screen decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from textual.message import Message

from emtui.session.queries import Asker, Query
from engine.data.data_spec import DataSpec
from engine.data.dataset import Dataset
from engine.editing.entries import Entry
from engine.em.step import Step


@dataclass(eq=False)
class KeyRefused(Message):
    """A key of a pane can't act here; `reason` is a sentence for the status line."""

    reason: str


@dataclass(eq=False)
class QueryAsked(Message):
    """A pane asks something about a step that takes a while to compute; its `take_answer` gets the answer."""

    query: Query
    step: Step
    asker: Asker


@dataclass(eq=False)
class RowChosen(Message):
    """A row was chosen in a table, a strip or the picture; None for no row."""

    row: int | None


@dataclass(eq=False)
class MovedByMouse(Message):
    """A parameter was dragged in the picture: entries of θ and their new values; `dropped` once it is let go."""

    moves: tuple[tuple[Entry, float], ...]
    dropped: bool


@dataclass(eq=False)
class GoTo(Message):
    """Move the cursor to this place on the current branch."""

    index: int


@dataclass(eq=False)
class BranchChosen(Message):
    """Go to this branch, counted from 0."""

    branch: int


@dataclass(eq=False)
class WorkedRowWanted(Message):
    """Work this row of the data out, line by line."""

    row: int


class FileWanted(Message):
    """Ask the user for a file."""


@dataclass(eq=False)
class DatasetChosen(Message):
    """Other data were picked. `opened` are the data themselves, where they have been read already."""

    data: DataSpec
    opened: Dataset | None = None


@dataclass(eq=False)
class ModelChosen(Message):
    """Another model was picked by name, with the options that suit the data."""

    name: str


class SettingsChanged(Message):
    """The form was applied: choices that hold from the next start on.

    `settings` are fields of `RunSpec` (data, model, seed, algorithm, tol, max_iter, stop), checked already.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__()
        self.settings = settings
