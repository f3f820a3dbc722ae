"""Learning rate × hidden units: both ways to train a network in every cell, from several seeds. No screen here.

Cells are compared by validation rows, which are taken from the training rows. The test rows are looked at once, by the
cell that is chosen: it is fitted again to all training rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal, TypeAlias

import numpy as np

from emtui.networks.choosing import studied, study_of
from emtui.networks.rival import method_name
from emtui.networks.sizes import resized, size_name
from emtui.networks.sweep_grid import SweepGrid
from emtui.spec.rival_model import rival_model
from emtui.spec.run_spec import RunSpec
from engine.analysis.study import StudyResult, StudyRun
from engine.arrays import Array
from engine.errors import OptionError
from engine.models import model_class

Side = Literal["own", "rival"]
SIDES: tuple[Side, ...] = ("own", "rival")
What = Literal["validation_accuracy", "train_log_loss"]
Cell: TypeAlias = tuple[Side, int, int]
"""A method, and the places of its hidden units and of its learning rate in the grid."""


@dataclass(frozen=True, eq=False)
class SweepResult:
    """The results so far.

    spec, grid: what is swept. names: what the study calls each cell; cells of a method without a learning rate share
    a name. found: the runs of all cells, judged by validation rows. tested: those of the chosen cell on the test rows.
    """

    spec: RunSpec
    grid: SweepGrid
    found: StudyResult = field(default_factory=StudyResult)
    tested: tuple[StudyRun, ...] = ()

    @cached_property
    def names(self) -> dict[Cell, str]:
        """The method of each cell by its name in the study."""
        return {
            cell: cell_name(models_of(self.spec, cell[0], self.grid.rates[cell[2]], self.grid.units[cell[1]]))
            for cell in cells(self.grid)
        }

    @property
    def n_runs(self) -> int:
        """How many runs there are, those on the test rows included."""
        return (len(set(self.names.values())) + (self.spec.test_share > 0)) * self.grid.n_seeds

    @property
    def n_done(self) -> int:
        """How many of them are done."""
        return len(self.found.runs) + len(self.tested)

    def table(self, side: Side, what: What) -> Array:
        """(units, rates) means over the seeds so far; nan where none was run, or none could be."""
        values = np.full((len(self.grid.units), len(self.grid.rates)), np.nan)
        for m, r in np.ndindex(values.shape):
            values[m, r] = self.found.mean(self.names[side, m, r], what)
        return values

    def cell(self, cell: Cell) -> tuple[StudyRun, ...]:
        """The runs of one method in one cell."""
        return self.found.of(self.names[cell])

    @property
    def chosen(self) -> Cell | None:
        """The cell that is best on validation rows (the first of those that share a run); None before all are run."""
        if len(self.found.runs) < len(set(self.names.values())) * self.grid.n_seeds or self.found.best is None:
            return None
        return next(cell for cell, name in self.names.items() if name == self.found.best)


def cells(grid: SweepGrid) -> list[Cell]:
    """All cells, in the order in which they are run."""
    return [(side, m, r) for m in range(len(grid.units)) for side in SIDES for r in range(len(grid.rates))]


def models_of(spec: RunSpec, side: Side, rate: float, units: int) -> Any:
    """The model of a cell: the spec's own or its rival, with this learning rate and number of hidden units.

    Of several hidden layers the first gets that number, and the others stay as they are.

    Raises:
        EngineError: there is no such model; one sentence.
    """
    own = spec.model
    if not own.supervised or not {"learning_rate", "hidden_units"} <= own.option_values.keys():
        raise OptionError("A sweep is for networks: choose the model mlp or backprop.")
    own = _with(own, learning_rate=rate, hidden_units=resized(own.option_values["hidden_units"], units))
    return own if side == "own" else _with(rival_model(replace(spec, model=own)), learning_rate=rate)


def _with(model: Any, **changes: Any) -> Any:
    return model_class(model.name)(**model.option_values | changes)


def has_rate(model: Any) -> bool:
    """Whether the model uses a learning rate; Newton's method and L-BFGS don't."""
    return bool(model.ascent == "gradient")


def cell_name(model: Any) -> str:
    """The method of a cell: `EM gradient 0.1, 4 units`; `EM newton, 4 units`, whatever the rate."""
    return f"{method_name(model)}, {size_name(model.hidden_units)}"


def sweep(spec: RunSpec, grid: SweepGrid) -> Iterator[SweepResult]:
    """Run the whole grid, one seed after the other, so that a rough picture appears early; then test the chosen cell.

    A method without a learning rate is run once for each number of units; that run counts for every rate.

    Raises:
        EngineError: the data or an option can't be used; one sentence.
    """
    now = SweepResult(spec, grid)
    methods = {name: models_of(spec, side, grid.rates[r], grid.units[m]) for (side, m, r), name in now.names.items()}
    study = study_of(spec, methods, n_seeds=grid.n_seeds, max_iter=grid.max_iter)
    for found, tested in studied(study, spec, "cell"):
        yield replace(now, found=found, tested=tested)
