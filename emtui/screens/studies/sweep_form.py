"""The form of a sweep: learning rates, hidden units or experts, seeds and iterations, each on a line."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from textual.app import ComposeResult
from textual.containers import Grid
from textual.message import Message

from emtui.networks.sweep_grid import (
    SweepGrid,
    iterations_from,
    listed_values,
    rates_from,
    seeds_from,
    units_from,
)
from emtui.widgets.field_spec import FieldSpec
from emtui.widgets.form_field import FormField
from emtui.widgets.text_input import TextInput
from engine.errors import EngineError

_LABELS = 14


def _asked(key: str, label: str, help: str, parse: Callable[[str], Any]) -> FieldSpec:
    return FieldSpec(key, label, help, (), parse)


def fields_of(grid: SweepGrid) -> tuple[FieldSpec, ...]:
    """A line for each value of this grid."""
    return (
        _asked("learning_rates", "learning rates", "with commas between them", rates_from),
        _asked("sizes", grid.sizes_of, "with commas between them", partial(units_from, sizes_of=grid.sizes_of)),
        _asked("n_seeds", "seeds", "each draws a start and validation rows", seeds_from),
        _asked("max_iter", "iterations", "of EM; epochs of backpropagation", iterations_from),
    )


def texts_of(grid: SweepGrid) -> dict[str, str]:
    """What stands in each field for this grid."""
    return {
        "learning_rates": listed_values(grid.rates),
        "sizes": listed_values(grid.units),
        "n_seeds": str(grid.n_seeds),
        "max_iter": str(grid.max_iter),
    }


class SweepForm(Grid):
    """Enter asks for the grid in it; a value that can't be used gets its sentence below."""

    DEFAULT_CSS = """
    SweepForm { height: auto; grid-size: 2; grid-columns: 3fr 2fr; grid-rows: auto; }
    """

    class Applied(Message):
        """The grid that the form asks for."""

        def __init__(self, grid: SweepGrid) -> None:
            super().__init__()
            self.grid = grid

    class Left(Message):
        """The keys go back to the maps."""

    def __init__(self, grid: SweepGrid) -> None:
        super().__init__()
        self._grid = grid

    def compose(self) -> ComposeResult:
        """A line for each value."""
        texts = texts_of(self._grid)
        for field in fields_of(self._grid):
            yield FormField(field, texts[field.key], _LABELS)

    @property
    def fields(self) -> list[FormField]:
        """The lines in their order."""
        return list(self.query(FormField))

    def enter(self) -> None:
        """Give the keys to the first line."""
        self._go_to(self.fields[0])

    def _go_to(self, field: FormField) -> None:
        """At once, so that what is typed next is typed there."""
        self.screen.set_focus(field.query_one(TextInput))

    def on_form_field_moved(self, event: FormField.Moved) -> None:
        """To the line before or after."""
        event.stop()
        self.move(event.by, event.field)

    def move(self, by: int, at: FormField | None = None) -> None:
        """From one line to another, around the ends."""
        fields = self.fields
        here = next((field for field in fields if field.active), None) if at is None else at
        if here is not None:
            self._go_to(fields[(fields.index(here) + by) % len(fields)])

    def on_form_field_left(self, event: FormField.Left) -> None:
        """Escape: every line as it was."""
        event.stop()
        for field in self.fields:
            field.restore()
        self.post_message(self.Left())

    def on_form_field_entered(self, event: FormField.Entered) -> None:
        """Read the grid, or say what is wrong with it where it stands."""
        event.stop()
        values: list[Any] = []
        for field in self.fields:
            try:
                values.append(field.spec.parse(field.text))
            except EngineError as error:
                field.say(str(error))
                self._go_to(field)
                return
        try:
            rates, units, n_seeds, max_iter = values
            grid = SweepGrid(rates, units, n_seeds, max_iter, self._grid.sizes_of)
        except EngineError as error:
            self.fields[0].say(str(error))
            self._go_to(self.fields[0])
            return
        for field, text in zip(self.fields, texts_of(grid).values(), strict=True):
            field.put(text, text)
        self.post_message(self.Applied(grid))
