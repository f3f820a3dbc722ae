"""A host for one pane, what stands in it, and the frames that the tests of panes share."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import numpy as np
from choosing import chosen
from screen_text import screen_lines
from textual.app import App, ComposeResult

from emtui.panes.messages import RowChosen
from emtui.panes.pane import Pane
from emtui.session.session import Session
from emtui.session.snapshot import StepSnapshot
from emtui.spec.choose import choose
from emtui.spec.run_spec import RunSpec
from emtui.widgets.paged_table import LineTable
from engine.data.data_spec import DataSpec
from engine.data.dataset import Dataset
from engine.models.gaussian.mixture import GaussianMixture

SIZES = [(6, 3), (20, 4), (24, 6), (40, 12), (60, 30), (80, 24), (120, 40)]
HOSTILE = ("[bold]x", "\x1b[31mred\x07", "漢字 漢字 漢字 漢字", "x\ny")


def taken(session: Session, steps: int) -> StepSnapshot:
    for _ in range(steps):
        session.take()
    return session.snapshot()


def iris(steps: int = 5, **words: object) -> StepSnapshot:
    session = Session(chosen("iris", **words))
    assert session.baseline is not None
    return taken(session, steps)


@cache
def converged() -> StepSnapshot:
    session = Session(choose("iris", stop="responsibilities=1e-4"))
    assert session.baseline is not None
    for _ in session.run_on():
        pass
    return session.snapshot()


@cache
def many_rows() -> StepSnapshot:
    generator = np.random.default_rng(3)
    y = np.arange(120_000) % 2
    data = Dataset("many", generator.normal(size=(120_000, 2)) + 3.0 * y[:, None], y=y, class_names=("low", "high"))
    model = GaussianMixture(n_components=2, init="points")
    return taken(Session(RunSpec(data=DataSpec("many"), dataset=data, model=model)), 3)


def hostile(steps: int = 3) -> StepSnapshot:
    generator = np.random.default_rng(1)
    y = np.arange(40) % 2
    X = generator.normal(size=(40, 4)) + 4.0 * y[:, None]
    names = tuple(f"{HOSTILE[i % 4]} {i}" for i in range(40))
    data = Dataset("h", X, y=y, feature_names=HOSTILE, class_names=HOSTILE[:2], row_names=names)
    return taken(Session(RunSpec(data=DataSpec("h"), dataset=data, model=GaussianMixture(n_components=2))), steps)


class Host(App[None]):
    def __init__(self, pane: Pane) -> None:
        super().__init__()
        self.pane: Any = pane  # each kind has more than a pane must have
        self.chosen: list[int | None] = []

    def compose(self) -> ComposeResult:
        yield self.pane

    def on_row_chosen(self, event: RowChosen) -> None:
        self.chosen.append(event.row)


def box(app: Host) -> list[str]:
    """The lines inside the border, the scrollbar left out."""
    return [re.sub(r"[▁▂▃▄▅▆▇█ ]*$", "", line[1:-1]) for line in screen_lines(app)[1:-1]]


def border(app: Host) -> str:
    return screen_lines(app)[-1]


def table_of(app: Host) -> LineTable:
    return app.pane.query_one(LineTable)
