"""What a subject of the why pane is: a title, what it asks, its lines, its picture, and where it doesn't apply."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from emtui.charts.colors import Palette
from emtui.charts.scene import Scene
from emtui.session.queries import Query
from emtui.session.snapshot import StepSnapshot
from emtui.spec.train_test_split import split_of
from emtui.views.entry_cursor import ParameterNames
from emtui.widgets.table_columns import TableCell


@dataclass(frozen=True)
class Chosen:
    """What is chosen in the pane.

    row: of the data set. word: of that row, where rows have words. names: the entries of θ, at the chosen one.
    """

    row: int | None = None
    word: int | None = None
    names: ParameterNames | None = None


class Subject(ABC):
    """One subject. It keeps nothing: everything follows from the step, what is chosen, and the answer to its query.

    name: in the files of sessions. of: what it is about, so what ↑ and ↓ choose; "step" where they scroll.
    """

    name: ClassVar[str]
    of: ClassVar[Literal["step", "row", "parameter"]] = "step"
    below_ledger: ClassVar[bool] = True  # where there is room the ledger stands above it

    @abstractmethod
    def words(self, snapshot: StepSnapshot) -> str:
        """What `d` goes to, in a word or two."""

    @abstractmethod
    def titles(self, snapshot: StepSnapshot, chosen: Chosen, palette: Palette, room: int) -> tuple[str, ...]:
        """What it shows, the fullest words first; the first that fits is taken."""

    def refusal(self, snapshot: StepSnapshot, chosen: Chosen) -> str:
        """Why this model, this phase or this row has nothing of it, in a sentence; "" where it applies."""
        return ""

    def query(self, snapshot: StepSnapshot, chosen: Chosen) -> Query | None:
        """What it asks of the step; None for nothing."""
        return None

    @abstractmethod
    def lines(
        self, snapshot: StepSnapshot, chosen: Chosen, answer: Any, width: int, palette: Palette
    ) -> tuple[TableCell, ...]:
        """Its lines in this width.

        answer: to its query; None until it arrives, and where nothing was asked; a sentence where there is none.
        """

    def scene(self, snapshot: StepSnapshot, chosen: Chosen, answer: Any, palette: Palette) -> Scene | None:
        """The picture above its lines; None without one."""
        return None

    def keys(self, snapshot: StepSnapshot, chosen: Chosen) -> str:
        """What the keys besides `d` choose, for the border."""
        return {"step": "", "row": "↑↓ row", "parameter": "↑↓ , . p: others"}[self.of]


def fitted_row(snapshot: StepSnapshot, row: int) -> int | None:
    """The place of a row of the data set among those that the model is fitted to; None if a split holds it back."""
    split = split_of(snapshot.spec)
    if split is None:
        return row
    return None if split.is_test(row) else int(np.searchsorted(split.train, row))
