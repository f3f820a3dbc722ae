"""The why pane: the ledger of the half-step, and the E-step of a row or the M-step of a parameter in numbers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Literal

import numpy as np
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message

from emtui.charts.cell_text import first_fitting
from emtui.charts.colors import Palette
from emtui.charts.picture_widget import theme_palette
from emtui.panes.messages import RowChosen
from emtui.panes.pane_state import entry_at, one_of, unusual, whole
from emtui.panes.table_pane import TablePane, sideways
from emtui.panes.why.derivation_text import worked_lines
from emtui.panes.why.ledger_text import ledger_lines
from emtui.panes.why.own_units import with_own_units
from emtui.session.queries import NewRowWorked, ParameterWorked, Query, RowWorked
from emtui.session.saved.session_file import State
from emtui.session.snapshot import StepSnapshot
from emtui.spec.train_test_split import split_of
from emtui.views import view_for
from emtui.views.entry_cursor import ParameterNames, parameter_names, parameter_words
from emtui.views.sentences import row_name
from emtui.widgets.paged_table import LineTable
from emtui.widgets.plain_table import TextLines
from emtui.widgets.table_columns import TableCell, joined
from engine.editing.entries import Entry
from engine.em.step import Step

Subject = Literal["ledger", "row", "M-step"]
_SUBJECTS: tuple[Subject, ...] = ("ledger", "row", "M-step")
_ROOM_FOR_BOTH = 20  # lines from which the ledger stands above the other subjects


class WhyLines(LineTable):
    """Lines that scroll; if there are rows or components to choose, ↑ and ↓ choose and the page keys scroll."""

    @dataclass(eq=False)
    class Walked(Message):
        """↑ or ↓ was pressed to choose."""

        by: int

    def __init__(self) -> None:
        super().__init__(pointing=False)
        self.walks = False

    def action_point(self, by: int) -> None:
        """Choose, or scroll."""
        if self.walks:
            self.post_message(self.Walked(by))
        else:
            super().action_point(by)


class WhyPane(TablePane):
    """Three subjects; `d` shows the next. If there is room, the ledger stands above the other two."""

    label = "why"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d", "next_subject", "other", tooltip="ledger, a row, a parameter", id="why.next"),
        Binding("p", "array(1)", "parameter", tooltip="other parameters", id="why.parameter"),
        Binding("P", "array(-1)", "back", tooltip="the parameters before", id="why.parameterback"),
        *sideways("why", "entry", ("entry", "entry back"), ("another entry, a word further", "before")),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.subject: Subject = "ledger"
        self._row: int | None = None
        self._word: int | None = None
        self._names: ParameterNames | None = None
        self._asked: tuple[Query, Step] | None = None
        self._answer: tuple[Query, Step, Any] | None = None

    @property
    def state(self) -> State:
        """The subject, the row, the word and the entry of θ."""
        entry = None if self._entry is None or self.subject != "M-step" else self._entry.name
        now: State = {"subject": self.subject, "row": self._row, "word": self._word, "entry": entry}
        return unusual(now, {"subject": "ledger", "row": self._row if self.subject == "ledger" else None})

    def take_state(self, state: State) -> None:
        """Work that out."""
        if self.snapshot is None:
            return
        self.subject = one_of(state, "subject", _SUBJECTS, "ledger")
        self._row, self._word = whole(state, "row"), whole(state, "word")
        self._names = entry_at(state, "entry", parameter_names(self.snapshot))
        self.redraw()

    def compose(self) -> ComposeResult:
        """Lines that scroll."""
        yield WhyLines()

    @property
    def table(self) -> WhyLines:
        """The lines."""
        return self.query_one(WhyLines)

    # drawing

    def draw(self, snapshot: StepSnapshot) -> None:
        """Show the subject; ask for what takes long, and draw it when it arrives."""
        self._names = parameter_names(snapshot, self._names)
        self._row = self._row_of(snapshot)
        self._word = self._word_of(snapshot)
        query = self._query(snapshot)
        if query is not None and self._asked != (query, snapshot.step):
            self._asked = (query, snapshot.step)
            self.ask(query, snapshot.step)
        known = self._answer
        answer = known[2] if known is not None and known[:2] == (query, snapshot.step) else None
        table = self.table
        table.walks = query is not None
        lines = partial(why_lines, snapshot, query, self._entry, answer, self.content_size.height)
        table.set_source(TextLines(lines))
        self.draw_border(snapshot)

    def take_answer(self, query: Query, step: Step, answer: Any) -> None:
        """Draw the numbers that have arrived."""
        if (query, step) == self._asked:
            self._answer = (query, step, answer)
            self.redraw()

    def _query(self, snapshot: StepSnapshot) -> Query | None:
        if self.subject == "row" and self._row is not None:
            split = split_of(snapshot.spec)
            if split is None:
                return RowWorked(self._row, self._word)
            if split.is_test(self._row):
                return NewRowWorked(tuple(split.inputs[self._row].tolist()))
            return RowWorked(int(np.searchsorted(split.train, self._row)))
        if self.subject == "M-step" and self._names is not None:
            return ParameterWorked(self._names.entry.name)
        return None

    @property
    def _entry(self) -> Entry | None:
        return None if self._names is None else self._names.entry

    def _row_of(self, snapshot: StepSnapshot) -> int | None:
        """The chosen row; if there is none, the one that the picture shows then, or the row in most doubt."""
        rows = _rows_of(snapshot)
        if self.chosen_row is not None and self.chosen_row in rows:
            return self.chosen_row
        usual = view_for(snapshot.spec.model).usual_row(snapshot)
        if usual is not None:
            return usual
        if self._row is not None and self._row in rows:
            return self._row
        doubtful = snapshot.row_in_most_doubt
        fitted = snapshot.fitted_rows
        return (int(fitted[0]) if len(fitted) else None) if doubtful is None else doubtful

    def _words(self, snapshot: StepSnapshot) -> tuple[int, ...]:
        """The words of the row, if rows have words."""
        return () if self._row is None else view_for(snapshot.spec.model).words(snapshot, self._row)

    def _word_of(self, snapshot: StepSnapshot) -> int | None:
        """The chosen word, if it occurs in this row; else the row's most frequent one."""
        words = self._words(snapshot)
        return self._word if self._word in words else next(iter(words), None)

    def draw_border(self, snapshot: StepSnapshot) -> None:
        """The subject in words, and the keys that go on from there."""
        which = f"{_SUBJECTS.index(self.subject) + 1} of {len(_SUBJECTS)}"
        room = self.title_room - len(" · 1/3")
        title, short = "why: the ledger", "ledger"
        if self.subject == "row" and self._row is not None:
            title, short = self._row_title(snapshot, room), row_name(snapshot, self._row)
        elif self.subject == "M-step" and self._names is not None:
            title = parameter_words(snapshot, self._names.entry, theme_palette(self))
            short = _subject_words("M-step", snapshot)
        titles = (f"{said} · {of}" for said in (title, short) for of in (which, which.replace(" of ", "/")))
        self.border_title = Content(first_fitting(self.title_room, *titles, which, self.label))
        others = " · ".join(_subject_words(subject, snapshot) for subject in _SUBJECTS if subject != self.subject)
        rows = "↑↓ row" if self._word is None else "↑↓ row · , . word"
        walk = {"ledger": "", "row": rows, "M-step": "↑↓ , . p: others"}[self.subject]
        self.border_subtitle = Content(joined((f"d: {others}", walk, self.in_sight), self.size.width - 4))

    def _row_title(self, snapshot: StepSnapshot, room: int) -> str:
        """What is worked out of which row, or of which word of it, in this room."""
        assert self._row is not None
        if self._word is not None:
            word, of = (
                view_for(snapshot.spec.model).with_names(snapshot, said)
                for said in (f"word {self._word}", f"document {self._row}")
            )
            return first_fitting(room, f"E-step of word '{word}' in {of}", f"'{word}' in {of}", f"word '{word}'")
        split, name = split_of(snapshot.spec), row_name(snapshot, self._row)
        if split is not None and split.is_test(self._row):
            return first_fitting(room, f"prediction of {name}, a test row", f"{name}, a test row", name)
        return f"{'E-step' if snapshot.spec.model.hides else 'forward pass'} of {name}"

    # choosing

    def action_next_subject(self) -> None:
        """The next subject."""
        self.subject = _SUBJECTS[(_SUBJECTS.index(self.subject) + 1) % len(_SUBJECTS)]
        self.table.scroll_to(y=0, animate=False, force=True)
        self.redraw()

    def on_why_lines_walked(self, event: WhyLines.Walked) -> None:
        """The next row, or the next component's parameter."""
        event.stop()
        if self.snapshot is None:
            return
        if self.subject == "M-step":
            self._walk(lambda names: names.component(event.by))
        elif self._row is not None:
            self._row = max(0, min(len(_rows_of(self.snapshot)) - 1, self._row + event.by))
            self.chosen_row = self._row
            self.redraw()
            self.post_message(RowChosen(self._row))

    def action_array(self, by: int) -> None:
        """Choose another array of the parameters."""
        self._walk(lambda names: names.array(by))

    def action_entry(self, by: int) -> None:
        """Choose another word of the row, if it has words; else another entry of the same component."""
        if self.subject == "row" and self._word is not None and self.snapshot is not None:
            words = self._words(self.snapshot)
            self._word = words[(words.index(self._word) + by) % len(words)]
            self.table.scroll_to(y=0, animate=False, force=True)
            self.redraw()
            return
        self._walk(lambda names: names.within(by))

    def _walk(self, how: Any) -> None:
        if self.snapshot is not None and self._names is not None:
            self.subject = "M-step"
            self._names = how(self._names)
            self.redraw()


def _rows_of(snapshot: StepSnapshot) -> range:
    """The rows that can be worked out: those that the model is fitted to, and those of a split that are held back."""
    split = split_of(snapshot.spec)
    return range(snapshot.n_rows) if split is None else range(len(split.targets))


def why_lines(
    snapshot: StepSnapshot,
    query: Query | None,
    entry: Entry | None,
    answer: Any,
    height: int,
    width: int,
    palette: Palette,
) -> tuple[TableCell, ...]:
    """The pane's lines for a step: the ledger, and below it or in its place the answer to a query.

    entry: the chosen parameter. answer: None until it arrives. height: the available lines.
    """
    ledger = ledger_lines(snapshot, width, palette)
    if query is None:
        return ledger
    view = view_for(snapshot.spec.model)
    of = parameter_words(snapshot, entry, palette) if entry is not None else ""
    said = partial(view.with_names, snapshot)
    names, row_name = view.component_names(snapshot), snapshot.step.problem.row_name
    answer = with_own_units(answer, snapshot)
    worked = worked_lines(answer, names, width, palette, of=of, said=said, row_name=row_name)
    return (*ledger, "", *worked) if height >= max(_ROOM_FOR_BOTH, len(ledger) + 8) else worked


def _subject_words(subject: Subject, snapshot: StepSnapshot) -> str:
    return {"ledger": "ledger", "row": "a row", "M-step": snapshot.spec.model.update_name}[subject]
