"""A change by hand before it is made: a picture of θ as it would be, a list, numbers, a sentence."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from emtui.charts.cell_text import first_fitting
from emtui.charts.picture_widget import theme_palette
from emtui.panes.picture.picture import PicturePane
from emtui.panes.shows_step import ShowsStep
from emtui.screens.edit.edit_numbers import number_line, number_table
from emtui.screens.edit.edit_text import KEYS, SUBJECTS, TITLES, Subject, entry_sentences, row_sentence, typing_sentence
from emtui.screens.edit.entry_table import EntryTable
from emtui.screens.edit.q_table import QTable
from emtui.screens.edit.row_weight_table import WeightTable
from emtui.session.queries import Ask, Placed, QMoved, Query, Weighed
from emtui.session.snapshot import StepSnapshot
from emtui.views.parameter_edit import ParameterEdit, offered
from emtui.views.sentences import plain
from emtui.views.step_text import step_words, where_parts
from emtui.widgets.following_theme import follow_theme
from emtui.widgets.key_items import KeyHints
from emtui.widgets.paged_table import LineTable
from emtui.widgets.table_columns import TableSource
from emtui.widgets.text_input import NumberInput
from engine.editing.entries import Entry
from engine.em.step import Step
from engine.explain.ledger import Ledger
from engine.text import clean

_PATIENCE = 0.15  # seconds for which the numbers of the change before may stay
_ALONE = (72, 16)  # columns and lines below which the list stands without the picture
_SENTENCE_LINES = 4  # of a sentence; a refusal may have more
_TABLE_FROM = 26  # lines from which the numbers stand under each other


class EditPreview(Screen[Query], ShowsStep):
    """The screen of `EditScreen` without its keys: the change, and how it looks.

    It gets frames by `show` and answers by `take_answer`, as panes do.
    """

    DEFAULT_CSS = """
    EditPreview { layout: vertical; overflow: hidden; }
    EditPreview #head { background: $panel; height: 1; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
    EditPreview #both { height: 1fr; }
    EditPreview PicturePane { width: 1fr; }
    EditPreview #side { width: 54%; min-width: 46; max-width: 84; border: round $foreground 35%;
        border-title-color: $foreground; border-subtitle-color: $foreground; }
    EditPreview #side:focus-within { border: round $accent; border-title-color: $accent; }
    EditPreview #numbers { margin: 1 1 0 1; }
    EditPreview #line { height: 1; padding: 0 1; text-wrap: nowrap; }
    EditPreview #sentence { height: auto; min-height: 2; max-height: 6; padding: 0 1; }
    EditPreview #sentence.-refused { color: $warning; text-style: bold; }
    EditPreview #hint { color: $text-muted; height: 1; padding: 0 1; text-wrap: nowrap; }
    EditPreview TextInput { display: none; }
    EditPreview.-typing TextInput { display: block; }
    EditPreview.-tall #line { display: none; }
    EditPreview.-low #numbers { display: none; }
    EditPreview.-alone PicturePane { display: none; }
    EditPreview.-alone #side { width: 1fr; max-width: 100%; min-width: 0; }
    """

    def __init__(self, ask: Ask, row: int | None = None) -> None:
        super().__init__()
        self._ask_worker = ask
        self.snapshot: StepSnapshot | None = None
        self._row = row
        self.subject: Subject = "parameters"
        self.edit: ParameterEdit | None = None
        self.entries: tuple[Entry, ...] = ()
        self.drag_from: ParameterEdit | None = None
        self.weighed: Weighed | None = None  # the row whose weight would change
        self.q_moved: QMoved | None = None  # the row whose q would change
        self.places: dict[Subject, int] = {"parameters": 0, "rows": 0, "q": 0}
        self._asked: tuple[Query, Step] | None = None
        self._waiting = False  # for a slow answer
        self.answer: Ledger | str | None = None  # to the last question
        self._book: Ledger | None = None  # the one on the screen
        self.refusal = ""

    def compose(self) -> ComposeResult:
        """Where one is; the picture, the list and the numbers; what would be, in words; a field; the keys."""
        yield Static("", id="head", markup=False)
        with Horizontal(id="both"):
            yield PicturePane(id="preview", by_hand=True)
            with Vertical(id="side"):
                yield LineTable(id="list")
                numbers = LineTable(pointing=False, id="numbers")
                numbers.can_focus = False
                yield numbers
        yield Static("", id="line", markup=False)
        yield Static("", id="sentence", markup=False)
        yield NumberInput(id="field", select_on_focus=False)
        yield KeyHints("")

    def on_mount(self) -> None:
        """The list takes the arrows; scenes carry their colours, so another theme draws them again."""
        self._fit()
        self.table.focus()
        follow_theme(self, self.redraw)
        follow_theme(self, self.query_one(PicturePane).redraw)

    def on_resize(self) -> None:
        """Show the list alone in a small window."""
        self._fit()
        self.redraw()

    def _fit(self) -> None:
        width, height = self.size
        self.set_class(width < _ALONE[0] or height < _ALONE[1], "-alone")
        self.set_class(height >= _TABLE_FROM, "-tall")
        self.set_class(height < _TABLE_FROM, "-low")

    @property
    def table(self) -> LineTable:
        """The list."""
        return self.query_one("#list", LineTable)

    # what is shown

    def show(self, snapshot: StepSnapshot) -> None:
        """Begin with this step; changes of another step are dropped."""
        if self.snapshot is None or snapshot.step is not self.snapshot.step:
            self.edit, self.entries, self.refusal = ParameterEdit.of(snapshot), offered(snapshot), ""
            self.drag_from = None
            self.weighed, self.q_moved, self._asked, self.answer = None, None, None, None
            listed, row = WeightTable(snapshot), self._row
            if row is None or listed.place_of(row) is None:
                row = snapshot.row_in_most_doubt
            place = None if row is None else listed.place_of(row)
            self.places = {"parameters": 0, "rows": place or 0, "q": 0}
        self.snapshot = snapshot
        self.redraw()

    def take_answer(self, query: Query, step: Step, answer: Any) -> None:
        """Show the numbers that have arrived, or why there are none."""
        if (query, step) != self._asked:
            return
        self.answer, self._waiting = answer, False
        if isinstance(query, Weighed) and isinstance(answer, str):  # then its weight stays
            self.weighed, self.refusal = None, plain(answer)
            self.redraw()
        else:
            self._draw_numbers()

    @property
    def pending(self) -> Query | None:
        """The change to be made; None while there is none."""
        if self.weighed is not None or self.q_moved is not None:
            return self.weighed or self.q_moved
        if self.edit is None or not self.edit.is_moved:
            return None
        known = None if self._asked is None else self._asked[0]
        if isinstance(known, Placed) and known.params is self.edit.params:
            return known
        return Placed(self.edit.params, self.edit.message)

    def _ask(self) -> None:
        """Ask for the numbers of the current change; if questions follow fast, the last one counts."""
        assert self.snapshot is not None
        query = self.pending
        if query is None:
            self._asked, self.answer, self._waiting = None, None, False
        elif self._asked is None or self._asked[0] != query:
            self._asked, self.answer = (query, self.snapshot.step), None
            self._waiting = False
            self._ask_worker(query, self.snapshot.step, self)
            self.set_timer(_PATIENCE, partial(self._wait_for, query))

    def _wait_for(self, query: Query) -> None:
        """If the numbers take long, remove those of the change before."""
        if self._asked is not None and self._asked[0] is query and self.answer is None:
            self._waiting = True
            self._draw_numbers()

    # drawing

    def redraw(self, picture: bool = True) -> None:
        """Show the current change, and ask for its numbers. picture: draw the picture too; a drag draws itself."""
        snapshot, edit = self.snapshot, self.edit
        if snapshot is None or edit is None or not self.is_mounted:
            return
        self._ask()
        words = ["by hand", *where_parts(snapshot)[:2], step_words(snapshot)]
        if snapshot.spec.dataset.units is not None:
            words.append("in standard units")
        self.query_one("#head", Static).update(Content(clean(" · ".join(words))))
        if picture:
            self.draw_picture()
        source: TableSource = EntryTable(edit, self.entries)
        empty = "Nothing in this model can be moved."
        if self.subject == "rows":
            source = self.weights
        elif self.subject == "q":
            source, empty = self.shares, self.shares.refusal
        self.table.set_source(source, self.places[self.subject], empty)
        self.table.reveal()
        self._draw_numbers()
        self.query_one(KeyHints).say(KEYS[self.subject])

    def _draw_numbers(self) -> None:
        if self.snapshot is None or not self.is_mounted:
            return
        if isinstance(self.answer, Ledger):
            self._book = self.answer
        elif self._asked is None or isinstance(self.answer, str):
            self._book = None
        book, waiting = self._book, self._waiting
        numbers = self.query_one("#numbers", LineTable)
        source = number_table(self.snapshot, book, theme_palette(numbers), waiting=waiting)
        numbers.styles.height = len(source.rows)
        numbers.set_source(source)
        said = number_line(self.snapshot, book, self.size.width - 2, waiting=waiting)
        self.query_one("#line", Static).update(Content(said))
        self.say()

    def draw_picture(self) -> None:
        """The picture as it would be, with the chosen row."""
        if self.snapshot is None or self.edit is None:
            return
        preview = self.edit.preview if self.edit.is_moved else self.snapshot
        if self.weighed is not None:
            preview = self.weights.preview
        if self.q_moved is not None:
            preview = self.shares.preview
        self.query_one(PicturePane).show(preview, self._row if self.subject == "parameters" else self.chosen_row)

    def say(self) -> None:
        """Tell what would change, or why it can't."""
        refused = self.refusal or (plain(self.answer) if isinstance(self.answer, str) else "")
        line = self.query_one("#sentence", Static)
        line.set_class(bool(refused), "-refused")
        words = refused or self._sentence()
        line.update(Content(clean(_begun(words))))
        side = self.query_one("#side", Vertical)
        room = max(0, side.size.width - 4)
        n, place = self.table.n_rows, self.places[self.subject]
        title, other = TITLES[self.subject], TITLES[SUBJECTS[(SUBJECTS.index(self.subject) + 1) % len(SUBJECTS)]]
        side.border_title = Content(first_fitting(room, f"{title} · tab: {other}", title))
        side.border_subtitle = Content(first_fitting(room, f"{place + 1:,} of {n:,}", "")) if n else ""

    def _sentence(self) -> str:
        assert self.snapshot is not None and self.edit is not None
        if self.has_class("-typing"):
            if self.subject == "q":
                return "Write a responsibility between 0 and 1; enter takes it, esc leaves it."
            return typing_sentence(self.edit, self.entry if self.subject == "parameters" else None)
        if self.subject == "q":
            return self.shares.sentence(self.places["q"])
        if self.subject == "rows":
            row = self.chosen_row
            return "" if row is None else row_sentence(self.snapshot, row, *self.weights.counts(row))
        entry = self.entry
        return (
            "Nothing in this model can be moved." if entry is None else self._fitting(entry_sentences(self.edit, entry))
        )

    def _fitting(self, texts: tuple[str, ...]) -> str:
        """The first text that fits the lines at the bottom, so that no sentence is cut."""
        width = max(1, self.size.width - 2)
        return next((text for text in texts if len(Content(clean(text)).wrap(width)) <= _SENTENCE_LINES), texts[-1])

    @property
    def weights(self) -> WeightTable:
        """The rows, one of which may have another weight."""
        assert self.snapshot is not None
        if self.weighed is None:
            return WeightTable(self.snapshot)
        return WeightTable(self.snapshot, self.weighed.row, self.weighed.weight)

    @property
    def shares(self) -> QTable:
        """q of the chosen row, as it is or as it would be."""
        assert self.snapshot is not None
        if self.q_moved is not None:
            return QTable(self.snapshot, self.q_moved.row, self.q_moved.q)
        return QTable(self.snapshot, self.chosen_row or 0)

    @property
    def chosen_row(self) -> int | None:
        """The chosen row in the list of rows; None if there are none."""
        rows = self.weights.rows
        return int(rows[min(self.places["rows"], len(rows) - 1)]) if len(rows) else None

    @property
    def entry(self) -> Entry | None:
        """The chosen entry; None if nothing can be changed."""
        return self.entries[min(self.places["parameters"], len(self.entries) - 1)] if self.entries else None


def _begun(words: str) -> str:
    """Begin with a capital, unless the text begins with a name such as theta[0,1]."""
    return words[:1].upper() + words[1:] if re.match(r"[a-z]+['’ ]", words) else words
