"""A row of the user's own for a Bernoulli mixture: some columns are yes or no, and the others are predicted."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from emtui.charts.cell_text import clean
from emtui.charts.colors import Palette
from emtui.charts.picture_widget import theme_palette
from emtui.charts.text_bars import bar
from emtui.screens.over_explorer import OverExplorer
from emtui.screens.stepping import Stepping
from emtui.session.snapshot import StepSnapshot
from emtui.settings.keys import STEPPING
from emtui.views.bernoulli.answer_row import Answer, answers, answers_of_row, answers_sentence, likely_components
from emtui.views.number_format import probability
from emtui.views.sentences import row_name
from emtui.widgets.key_items import KeyHints
from emtui.widgets.paged_table import LineTable
from emtui.widgets.plain_table import PlainTable
from emtui.widgets.table_columns import TableCell, TableColumn, ink
from engine.arrays import Array
from engine.errors import EngineError

Said = Literal["no", "unseen", "yes"]
ORDER: tuple[Said, ...] = ("no", "unseen", "yes")
UNSEEN: Said = "unseen"
_SIGNS: dict[Said, str] = {"no": "0", "unseen": "?", "yes": "1"}
_BAR = 20
_KEYS = "space 1, 0, ? · → yes · ← no · x clear · esc back · ↑ ↓ columns · e m n step"


class ConditionalProbabilitiesScreen(OverExplorer[None]):
    """A row, column by column; unseen columns are predicted again at each change and each step.

    begin: the row of the data whose answers it begins with; None for no answers.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        *(binding for binding in STEPPING if binding.id in ("step.e", "step.m", "step.iteration")),
        Binding("escape,Q", "back", "back", id="query.back", tooltip="back to the explorer"),
        Binding("space", "next", "next", show=False, id="query.next", tooltip="1, 0 and unseen in turn"),
        Binding("right,l", "towards(1)", "yes", show=False, id="query.right", tooltip="towards yes"),
        Binding("left,h", "towards(-1)", "no", show=False, id="query.left", tooltip="towards no"),
        Binding("1", "say('yes')", "yes", show=False, id="query.yes"),
        Binding("0", "say('no')", "no", show=False, id="query.no"),
        Binding("backspace,delete", "say('unseen')", "unseen", show=False, id="query.unseen"),
        Binding("x", "clear", "clear", show=False, id="query.clear", tooltip="every column is unseen again"),
    ]
    DEFAULT_CSS = """
    ConditionalProbabilitiesScreen Static { height: auto; max-height: 4; padding: 0 1; }
    ConditionalProbabilitiesScreen #head { background: $panel; height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    ConditionalProbabilitiesScreen LineTable { height: 1fr; margin: 0 1; }
    ConditionalProbabilitiesScreen #hint { color: $text-muted; height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    def __init__(self, stepping: Stepping | None = None, begin: int | None = None) -> None:
        super().__init__(stepping)
        self.said: tuple[Said, ...] = ()
        self._begin = begin

    def compose(self) -> ComposeResult:
        """Where one is, the columns, the answer in a sentence, and the keys."""
        yield Static("", id="head", markup=False)
        yield LineTable()
        yield Static("", id="answer", markup=False)
        yield KeyHints(_KEYS)

    def on_mount(self) -> None:
        """Give the columns the focus."""
        self.query_one(LineTable).focus()

    def show(self, snapshot: StepSnapshot) -> None:
        """Predict with the parameters of this step; another data set begins with an empty row."""
        if not can_be_asked(snapshot.step.problem.model):
            self.dismiss()
            return
        if self._snapshot is None or snapshot.spec.dataset.feature_names != self._snapshot.spec.dataset.feature_names:
            first = self._snapshot is None
            self.said = said_in(snapshot, self._begin) if first else (UNSEEN,) * snapshot.spec.dataset.n_features
        super().show(snapshot)

    # the row

    @property
    def row(self) -> Array:
        """(D,) the row as data: NaN where unseen."""
        assert self._snapshot is not None
        return row_of(self._snapshot.step.problem.model, self.said)

    def _put(self, said: Said) -> None:
        place = self.query_one(LineTable).cursor
        if place is not None and self._snapshot is not None:
            self.said = (*self.said[:place], said, *self.said[place + 1 :])
            self.draw()

    @property
    def _present(self) -> Said:
        return self.said[self.query_one(LineTable).cursor or 0]

    def action_next(self) -> None:
        """Unseen, 1, 0, unseen …"""
        following: dict[Said, Said] = {"unseen": "yes", "yes": "no", "no": "unseen"}
        self._put(following[self._present])

    def action_towards(self, by: int) -> None:
        """0, unseen, 1: one further along."""
        self._put(ORDER[max(0, min(2, ORDER.index(self._present) + by))])

    def action_say(self, said: Said) -> None:
        """Set the chosen column."""
        self._put(said)

    def action_clear(self) -> None:
        """Make every column unseen."""
        self.said = (UNSEEN,) * len(self.said)
        self.draw()

    def action_back(self) -> None:
        """Back to the explorer."""
        self.dismiss()

    # drawing

    def draw(self) -> None:
        """Draw the step."""
        snapshot = self._snapshot
        if snapshot is None or not self.is_mounted:
            return
        place = (
            "start" if snapshot.step.phase == "init" else f"iteration {snapshot.step.iteration} · {snapshot.step.phase}"
        )
        row = ""
        if self._begin is not None and self.said == said_in(snapshot, self._begin):
            row = f" · {row_name(snapshot, self._begin)}"
        head = f"{snapshot.spec.dataset.name}{row} · what about the others? · {place}"
        self.query_one("#head", Static).update(Content(clean(head)))
        table = self.query_one(LineTable)
        try:
            found = answers(snapshot, self.row)
            words = " ".join(part for part in (answers_sentence(found), likely_components(snapshot, self.row)) if part)
        except EngineError as error:
            found, words = (), str(error)
        if found:
            table.set_source(source_of(found, self.said, theme_palette(table)), min(table.cursor or 0, len(found) - 1))
        self.query_one("#answer", Static).update(Content(clean(words)))


def can_be_asked(model: Any) -> bool:
    """Whether the model predicts unseen entries of a row."""
    return bool(model.predicts_unseen)


def said_in(snapshot: StepSnapshot, row: int | None) -> tuple[Said, ...]:
    """The answers of a row of the data; none for no row."""
    if row is None:
        return (UNSEEN,) * snapshot.spec.dataset.n_features
    said: list[Said] = ["yes" if one.probability > 0.5 else "no" for one in answers_of_row(snapshot, row)]
    return tuple(word if one.seen else UNSEEN for one, word in zip(answers_of_row(snapshot, row), said, strict=True))


def row_of(model: Any, said: tuple[Said, ...]) -> Array:
    """(D,) answers as the model reads them: 1 and 0, or numbers at either side of its threshold; NaN where unseen."""
    no, yes = model.no_and_yes
    value = {"no": no, "unseen": np.nan, "yes": yes}
    return np.array([value[one] for one in said])


def source_of(found: tuple[Answer, ...], said: tuple[Said, ...], palette: Palette) -> PlainTable:
    """A line for each column: its answer, and the probability of a yes with a bar."""
    names = max(cell_len(clean(answer.name)) for answer in found)
    columns = (
        TableColumn("said", "", 1),
        TableColumn("name", "column", min(40, max(6, names))),
        TableColumn("p", "p(1)", 5, "right", gap=2),
        TableColumn("bar", "", _BAR, gap=2),
    )
    faint, strong = ink(palette, palette.muted), ink(palette, palette.text, bold=True)
    rows: list[tuple[TableCell, ...]] = []
    for answer, one in zip(found, said, strict=True):
        style = faint if one == "unseen" else strong
        predicted = "" if answer.seen else probability(answer.probability)
        drawn = "" if answer.seen else bar(answer.probability, _BAR, palette.ascii)
        rows.append(
            (((_SIGNS[one], style),), clean(answer.name), predicted, ((drawn, ink(palette, palette.color(0))),))
        )
    return PlainTable(columns, tuple(rows), first_to_go=("bar",))
