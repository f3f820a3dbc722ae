"""The order in which rows are listed, and what every list of rows has."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

from emtui.charts.colors import Palette
from emtui.session.snapshot import StepSnapshot
from emtui.widgets.table_columns import Sheet
from engine.arrays import IntArray

By = Literal["row", "uncertainty", "component", "class", "wrong"]


@dataclass(frozen=True)
class RowOrder:
    """How rows are ordered. Ties keep the order of the data; `reverse` reverses the whole list.

    row: as in the data. uncertainty: the smallest largest probability first. component: its largest probabilities
    first (of predictions, those of a class). class: by known class, the unknown last. wrong: wrong predictions first.
    """

    by: By = "row"
    component: int = 0
    reverse: bool = False

    @property
    def forward(self) -> RowOrder:
        """The same order, not reversed."""
        return replace(self, reverse=False)

    def following(self, offered: Sequence[RowOrder]) -> RowOrder:
        """The next order, in the same direction; the first after the last, or if the current one is not offered."""
        place = offered.index(self.forward) if self.forward in offered else -1
        return replace(offered[(place + 1) % len(offered)], reverse=self.reverse)


@dataclass(frozen=True, eq=False)
class ListedRows(ABC):
    """Rows of the data in some order, the source of a table with a column for each component or class.

    places: of the rows, None for all rows of the data in their order. names: of the components or classes. first: the
    first of their columns to show where not all of them fit.
    """

    snapshot: StepSnapshot
    order: RowOrder
    places: IntArray | None
    names: tuple[str, ...]
    first: int = 0
    WORDS: ClassVar[dict[By, str]] = {}  # the orders that there are, as they follow each other, in a few words
    HEADS: ClassVar[dict[str, By]] = {}  # the orders that heads of further columns stand for, by the column's key

    @property
    def offered(self) -> tuple[RowOrder, ...]:
        """The orders that these data and this model allow."""
        components = [RowOrder("component", k) for k in range(len(self.names))]
        orders = [components if by == "component" else [RowOrder(by)] for by in self.WORDS]
        return tuple(order for several in orders for order in several)

    @property
    def order_words(self) -> str:
        """The order in a few words."""
        words = self.WORDS[self.order.by].format(self.names[self.order.component] if self.names else "")
        return f"{words}, reversed" if self.order.reverse else words

    def order_by(self, key: str) -> RowOrder:
        """The order that the head of this column stands for."""
        component = key.startswith("component ")
        return RowOrder("component", int(key[10:])) if component else RowOrder(self.HEADS.get(key, "row"))

    @property
    @abstractmethod
    def n_rows(self) -> int:
        """Rows listed."""

    @abstractmethod
    def row(self, place: int) -> int:
        """The row of the data at this place of the list."""

    @abstractmethod
    def place_of(self, row: int) -> int | None:
        """The place of a row of the data in the list; None if it is not listed."""

    @abstractmethod
    def sheet(self, width: int, palette: Palette) -> Sheet:
        """Lay it out in this width."""
