"""A row of the user's own for a mixture of numbers: how it divides, how far it lies from each component, worked out."""

from __future__ import annotations

from typing import Any, ClassVar

from rich.style import Style
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Input, Static

from emtui.charts.cell_text import clean, fit, pad, wrapped
from emtui.charts.colors import Palette
from emtui.charts.text_bars import bar
from emtui.panes.why.derivation_text import worked_lines
from emtui.screens.over_explorer import OverExplorer
from emtui.screens.stepping import Stepping
from emtui.session.snapshot import StepSnapshot
from emtui.settings.keys import STEPPING
from emtui.spec.row_words import numbers_from_words
from emtui.views import view_for
from emtui.views.number_format import number, probability
from emtui.views.sentences import row_name
from emtui.widgets.key_items import KeyHints
from emtui.widgets.paged_table import LineTable
from emtui.widgets.plain_table import TextLines
from emtui.widgets.table_columns import TableCell, ink
from emtui.widgets.text_input import TextInput
from engine.arrays import Array
from engine.errors import EngineError
from engine.explain.new_row import NewRow, new_row

_BAR, _NAME = 20, 16  # cells
_KEYS = "enter to the lines, where e m n step · tab back to the row · ↑ ↓ scroll · esc back"


class RowOfNumbersScreen(OverExplorer[None]):
    """A line with the row, and below it what θ of the step says of it; both follow as one types, and as one steps.

    begin: the row of the data whose numbers it begins with; None for the means of the columns.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        *(binding for binding in STEPPING if binding.id in ("step.e", "step.m", "step.iteration")),
        Binding("escape,q,Q", "back", "back", id="query.back", tooltip="back to the explorer"),
    ]
    DEFAULT_CSS = """
    RowOfNumbersScreen Static { height: auto; max-height: 3; padding: 0 1; }
    RowOfNumbersScreen #head { background: $panel; height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    RowOfNumbersScreen TextInput { margin: 0 1; }
    RowOfNumbersScreen LineTable { height: 1fr; margin: 0 1; }
    RowOfNumbersScreen #hint { color: $text-muted; height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    def __init__(self, stepping: Stepping | None = None, begin: int | None = None) -> None:
        super().__init__(stepping)
        self._begin = begin
        self._columns: tuple[str, ...] = ()

    def compose(self) -> ComposeResult:
        """Where one is, the columns, the row, what is said of it, and the keys."""
        yield Static("", id="head", markup=False)
        yield Static("", id="columns", markup=False)
        yield TextInput(id="row", select_on_focus=False)
        yield LineTable(pointing=False)
        yield KeyHints(_KEYS)

    def on_mount(self) -> None:
        """Begin in the line."""
        super().on_mount()
        self.query_one(TextInput).focus()

    def show(self, snapshot: StepSnapshot) -> None:
        """With the parameters of this step; other data begin with a row of theirs."""
        if not takes_numbers(snapshot.step.problem.model):
            self.dismiss()
            return
        columns = snapshot.spec.dataset.feature_names
        if columns != self._columns:
            begin = self._begin if not self._columns else None
            self._columns = columns
            self.query_one(TextInput).value = row_as_text(snapshot, begin)
        super().show(snapshot)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self.draw()

    @on(Input.Submitted)
    def _to_the_lines(self, event: Input.Submitted) -> None:
        event.stop()
        self.query_one(LineTable).focus()

    def action_back(self) -> None:
        """Back to the explorer."""
        self.dismiss()

    def draw(self) -> None:
        """Draw what the step says of the row."""
        snapshot = self._snapshot
        if snapshot is None or not self.is_mounted:
            return
        step, data = snapshot.step, snapshot.spec.dataset
        place = "start" if step.phase == "init" else f"iteration {step.iteration} · {step.phase}"
        text = self.query_one(TextInput).value
        own = self._begin is not None and text == row_as_text(snapshot, self._begin)
        of = row_name(snapshot, self._begin) if own and self._begin is not None else "a row of your own"
        self.query_one("#head", Static).update(Content(clean(f"{data.name} · {of} · {place}")))
        self.query_one("#columns", Static).update(Content(clean(", ".join(data.feature_names))))
        self.query_one(LineTable).set_source(TextLines(lambda width, palette: lines_of(snapshot, text, width, palette)))


def takes_numbers(model: Any) -> bool:
    """Whether a row of numbers by itself divides among its components; answers have a screen of their own."""
    return bool(model.takes_new_rows and not model.predicts_unseen)


def row_as_text(snapshot: StepSnapshot, row: int | None) -> str:
    """A row of the data in its own units, as it is typed; the means of the columns for no row."""
    data = snapshot.spec.dataset
    x: Array = data.X.mean(axis=0) if row is None else data.X[row]
    if row is None and not snapshot.step.problem.model.takes_measurements:
        x = x.round()
    own = x if data.units is None else data.units.to_original(x)
    return ", ".join(number(float(value), 6 if row is None else 12).replace("−", "-") for value in own)


def lines_of(snapshot: StepSnapshot, text: str, width: int, palette: Palette) -> tuple[TableCell, ...]:
    """A line for each component, ln p(x), and the row worked out; a sentence where it is no row yet."""
    data = snapshot.spec.dataset
    try:
        x = numbers_from_words(text, data.feature_names)
        found = new_row(snapshot.step, x if data.units is None else data.units.to_standard(x))
    except EngineError as error:
        return tuple(wrapped(clean(str(error)), width))
    names = view_for(snapshot.spec.model).component_names(snapshot)
    units = "" if data.units is None else ", of x standardised"
    return (
        *_components(found, names, width, palette),
        f"ln p(x) = {number(found.log_likelihood, 6)}{units}",
        "",
        *worked_lines(found.worked, names, width, palette),
    )


def _components(found: NewRow, names: tuple[str, ...], width: int, palette: Palette) -> list[TableCell]:
    """Marker, name, responsibility with a bar, and how far the row lies away."""
    room = min(_NAME, max(len(name) for name in names))
    lines: list[TableCell] = []
    for k, (name, r) in enumerate(zip(names, found.responsibilities, strict=True)):
        ink_k = ink(palette, palette.color(k), bold=True)
        far = "" if found.distances is None else f"  {found.distances[k]:z.2f} σ away"
        said = f" {probability(float(r))}"
        drawn = bar(float(r), _BAR, palette.ascii) if width >= room + len(said) + len(far) + _BAR + 4 else ""
        named = pad(fit(clean(name), room), room)
        lines.append(((f"{palette.marker(k)} {named}", ink_k), (f"{said}{far}  ", Style()), (drawn, ink_k)))
    return lines
