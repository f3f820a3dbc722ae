"""The why pane: the ledger of the half-step, and its reasons in its own numbers, one subject after another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message

from emtui.charts.cell_text import first_fitting
from emtui.charts.chart_widget import Chart
from emtui.charts.colors import Palette
from emtui.charts.picture_widget import theme_palette
from emtui.panes.messages import RowChosen
from emtui.panes.pane_state import entry_at, one_of, unusual, whole
from emtui.panes.table_pane import TablePane, sideways
from emtui.panes.why.derivation_text import worked_lines
from emtui.panes.why.ledger_text import ledger_lines
from emtui.panes.why.subjects.registry import SUBJECTS
from emtui.panes.why.subjects.subject import Chosen, Subject
from emtui.session.queries import Query
from emtui.session.saved.session_file import State
from emtui.session.snapshot import StepSnapshot
from emtui.spec.train_test_split import split_of
from emtui.views import view_for
from emtui.views.entry_cursor import ParameterNames, parameter_names
from emtui.widgets.paged_table import LineTable
from emtui.widgets.plain_table import TextLines
from emtui.widgets.table_columns import TableCell, joined
from engine.em.step import Step

_BY_NAME = {subject.name: subject for subject in SUBJECTS}
_ROOM_FOR_BOTH = 20  # lines from which the ledger stands above the other subjects
_ROOM_FOR_PICTURE = 5  # lines of a picture below which it is left out


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
    """One subject of `SUBJECTS`; `d` shows the next, `D` the one before. Where there is room the ledger is above it."""

    label = "why"
    DEFAULT_CSS = """
    WhyPane > Chart { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d", "next_subject(1)", "other", tooltip="the next subject: ledger, a row, a parameter", id="why.next"),
        Binding("D", "next_subject(-1)", "back", tooltip="the subject before", id="why.previous"),
        Binding("p", "array(1)", "parameter", tooltip="other parameters", id="why.parameter"),
        Binding("P", "array(-1)", "back", tooltip="the parameters before", id="why.parameterback"),
        *sideways("why", "entry", ("entry", "entry back"), ("another entry, a word further", "before")),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.subject = "ledger"
        self._row: int | None = None
        self._word: int | None = None
        self._names: ParameterNames | None = None
        self._asked: tuple[Query, Step] | None = None
        self._answer: tuple[Query, Step, Any] | None = None

    @property
    def shown(self) -> Subject:
        """The subject that is shown."""
        return _BY_NAME[self.subject]

    @property
    def chosen(self) -> Chosen:
        """The row, the word and the entry of θ that it is about."""
        return Chosen(self._row, self._word, self._names)

    @property
    def state(self) -> State:
        """The subject, the row, the word and the entry of θ."""
        of = self.shown.of
        entry = None if self._names is None or of != "parameter" else self._names.entry.name
        now: State = {"subject": self.subject, "row": self._row, "word": self._word, "entry": entry}
        return unusual(now, {"subject": "ledger", "row": None if of == "row" else self._row})

    def take_state(self, state: State) -> None:
        """Work that out."""
        if self.snapshot is None:
            return
        self.subject = one_of(state, "subject", _BY_NAME, "ledger")
        self._row, self._word = whole(state, "row"), whole(state, "word")
        self._names = entry_at(state, "entry", parameter_names(self.snapshot))
        self.redraw()

    def compose(self) -> ComposeResult:
        """A picture, where the subject has one, and lines that scroll."""
        yield Chart(can_focus=False)
        yield WhyLines()

    @property
    def table(self) -> WhyLines:
        """The lines."""
        return self.query_one(WhyLines)

    def commands(self) -> Iterator[tuple[str, str, Callable[[], Any]]]:
        """The subjects by name, for the palette."""
        for place, subject in enumerate(SUBJECTS):
            words = subject.name if self.snapshot is None else subject.words(self.snapshot)
            yield f"why: {words}", f"{place + 1} of {len(SUBJECTS)} in pane 9", partial(self.show_subject, subject.name)

    # drawing

    def draw(self, snapshot: StepSnapshot) -> None:
        """Show the subject; ask for what takes long, and draw it when it arrives."""
        self._names = parameter_names(snapshot, self._names)
        self._row = self._row_of(snapshot)
        self._word = self._word_of(snapshot)
        subject, chosen = self.shown, self.chosen
        query = None if subject.refusal(snapshot, chosen) else subject.query(snapshot, chosen)
        if query is not None and self._asked != (query, snapshot.step):
            self._asked = (query, snapshot.step)
            self.ask(query, snapshot.step)
        known = self._answer
        answer = known[2] if known is not None and known[:2] == (query, snapshot.step) else None
        table = self.table
        table.walks = subject.of != "step"
        lines = partial(why_lines, snapshot, subject, chosen, answer, self.content_size.height)
        table.set_source(TextLines(lines))
        self._draw_picture(snapshot, subject, chosen, answer)
        self.draw_border(snapshot)

    def _draw_picture(self, snapshot: StepSnapshot, subject: Subject, chosen: Chosen, answer: Any) -> None:
        """The picture takes what its lines leave, and at least two thirds."""
        chart, table, height = self.query_one(Chart), self.table, self.content_size.height
        refused = subject.refusal(snapshot, chosen)
        scene = None if refused else subject.scene(snapshot, chosen, answer, chart.palette)
        lines = max(1, min(table.n_rows, height // 3))
        chart.display = scene is not None and height - lines >= _ROOM_FOR_PICTURE
        table.styles.height = lines if chart.display else "1fr"
        if scene is not None and chart.display:
            chart.set_scene(scene)

    def take_answer(self, query: Query, step: Step, answer: Any) -> None:
        """Draw the numbers that have arrived."""
        if (query, step) == self._asked:
            self._answer = (query, step, answer)
            self.redraw()

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
        subject, chosen, place = self.shown, self.chosen, SUBJECTS.index(self.shown)
        which = f"{place + 1} of {len(SUBJECTS)}"
        said = subject.titles(snapshot, chosen, theme_palette(self), self.title_room - len(" · 1/3"))
        titles = (f"{words} · {of}" for words in said for of in (which, which.replace(" of ", "/")))
        self.border_title = Content(first_fitting(self.title_room, *titles, which, self.label))
        after, before = (SUBJECTS[(place + by) % len(SUBJECTS)].words(snapshot) for by in (1, -1))
        keys = "" if subject.refusal(snapshot, chosen) and subject.of == "step" else subject.keys(snapshot, chosen)
        parts = (f"d: {after}", f"D: {before}", keys, self.in_sight)
        self.border_subtitle = Content(joined(parts, self.size.width - 4))

    # choosing

    def action_next_subject(self, by: int) -> None:
        """The next subject, or the one before."""
        self.show_subject(SUBJECTS[(SUBJECTS.index(self.shown) + by) % len(SUBJECTS)].name)

    def show_chosen_row(self) -> None:
        """Work the chosen row's E-step out."""
        self.show_subject("row")

    def show_subject(self, name: str) -> None:
        """Show the subject of this name."""
        self.subject = name
        self.table.scroll_to(y=0, animate=False, force=True)
        self.redraw()

    def on_why_lines_walked(self, event: WhyLines.Walked) -> None:
        """The next row, or the next component's parameter."""
        event.stop()
        if self.snapshot is None:
            return
        if self.shown.of == "parameter":
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
        """Another entry of θ; a subject that is of no parameter gives way to the one that is."""
        if self.snapshot is not None and self._names is not None:
            if self.shown.of != "parameter":
                self.subject = "M-step"
            self._names = how(self._names)
            self.redraw()


def _rows_of(snapshot: StepSnapshot) -> range:
    """The rows that can be worked out: those that the model is fitted to, and those of a split that are held back."""
    split = split_of(snapshot.spec)
    return range(snapshot.n_rows) if split is None else range(len(split.targets))


def why_lines(
    snapshot: StepSnapshot, subject: Subject, chosen: Chosen, answer: Any, height: int, width: int, palette: Palette
) -> tuple[TableCell, ...]:
    """The pane's lines for a step: those of the subject, below the ledger where there is room for both.

    answer: to the subject's query; None until it arrives. height: the available lines.
    """
    refusal = subject.refusal(snapshot, chosen)
    own = (
        worked_lines(refusal, (), width, palette)
        if refusal
        else subject.lines(snapshot, chosen, answer, width, palette)
    )
    if not subject.below_ledger:
        return own
    ledger = ledger_lines(snapshot, width, palette)
    return (*ledger, "", *own) if height >= max(_ROOM_FOR_BOTH, len(ledger) + 8) else own
