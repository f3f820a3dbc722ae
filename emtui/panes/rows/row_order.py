"""The orders in which rows can be listed: as in the data, by uncertainty, by a component, or by class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from emtui.session.snapshot import StepSnapshot
from engine.arrays import IntArray

By = Literal["row", "uncertainty", "component", "class"]


@dataclass(frozen=True)
class RowOrder:
    """How rows are ordered. Ties keep the order of the data; `reverse` reverses the whole list."""

    by: By = "row"
    component: int = 0
    reverse: bool = False

    def places(self, snapshot: StepSnapshot) -> IntArray | None:
        """(m,) the drawn rows in this order, as places in `snapshot.rows`; None for the order of the data.

        Uncertainty puts the smallest max_k r_k first, a component its largest responsibilities, and class counts
        up, with the unknown last. Only drawn rows are sorted: the responsibilities of the others are not known here.
        """
        places = self._places(snapshot)
        if not self.reverse:
            return places
        return np.arange(len(snapshot.rows))[::-1] if places is None else places[::-1]

    def _places(self, snapshot: StepSnapshot) -> IntArray | None:
        R, truth = snapshot.responsibilities, snapshot.spec.dataset.y
        if R is None or self.by == "row":
            return None
        if self.by == "class":
            known = np.zeros(len(snapshot.rows)) if truth is None else truth[snapshot.rows]
            return np.asarray(np.argsort(np.where(known < 0, np.inf, known), kind="stable"))
        keys = R.max(axis=1) if self.by == "uncertainty" else -R[:, self.component]
        return np.asarray(np.argsort(keys, kind="stable"))

    def words(self, names: Sequence[str]) -> str:
        """The order in a few words."""
        words = {
            "row": "in order",
            "uncertainty": "uncertain first",
            "component": f"by component {names[self.component]}" if self.component < len(names) else "by component",
            "class": "by class",
        }[self.by]
        return f"{words}, reversed" if self.reverse else words


def offered(n_components: int, has_classes: bool) -> tuple[RowOrder, ...]:
    """The orders that these data and this model allow."""
    orders = [RowOrder(), RowOrder("uncertainty"), *(RowOrder("component", k) for k in range(n_components))]
    return (*orders, RowOrder("class")) if has_classes else tuple(orders)


def following(order: RowOrder, orders: Sequence[RowOrder]) -> RowOrder:
    """The next order, in the same direction; the first after the last, or if the current one is not offered."""
    here = replace(order, reverse=False)
    place = orders.index(here) if here in orders else -1
    return replace(orders[(place + 1) % len(orders)], reverse=order.reverse)
