"""Learning rate × hidden units, or experts: both ways to train in every cell, from several seeds. No screen here.

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
from emtui.networks.sizes import resized, size_name, size_noun, with_size
from emtui.networks.sweep_grid import SweepGrid
from emtui.spec.rival_model import has_rival, rival_model
from emtui.spec.run_spec import RunSpec
from emtui.spec.train_test_split import learns_numbers
from engine.analysis.study import StudyResult, StudyRun
from engine.arrays import Array
from engine.errors import OptionError
from engine.models import model_class

Side = Literal["own", "rival"]
SIDES: tuple[Side, ...] = ("own", "rival")
What = Literal["validation_accuracy", "validation_rmse", "train_log_loss"]
Cell: TypeAlias = tuple[Side, int, int]
"""A method, and the places of its hidden units (or experts) and of its learning rate in the grid."""


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
    def compared(self) -> What:
        """What cells are compared by."""
        return "validation_rmse" if learns_numbers(self.spec) else "validation_accuracy"

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
    """The model of a cell: the spec's own or its rival, with this learning rate and number of hidden units or experts.

    Of several hidden layers the first gets that number, and the others stay as they are.

    Raises:
        EngineError: there is no such model; one sentence.
    """
    own = spec.model
    if reason := why_no_sweep(own):
        raise OptionError(reason)
    own = _at_rate(with_size(own, resized(own.option_values[own.size_option], units)), rate)
    return own if side == "own" else _at_rate(rival_model(replace(spec, model=own)), rate)


def why_no_sweep(model: Any) -> str:
    """Why it can't be swept, in a sentence; "" where it can."""
    return "" if has_rival(model) else "A sweep is for networks and experts: choose the model mlp, backprop or experts."


def _at_rate(model: Any, rate: float) -> Any:
    """The same at this learning rate; unchanged where it has none."""
    if "learning_rate" not in model.option_values:
        return model
    return model_class(model.name)(**model.option_values | {"learning_rate": rate})


def has_rate(model: Any) -> bool:
    """Whether the model uses a learning rate; Newton's method, L-BFGS and EM of experts don't."""
    return bool(model.ascent == "gradient")


def cell_name(model: Any) -> str:
    """The method of a cell: `EM gradient 0.1, 4 units`; `EM newton, 4 units`, whatever the rate."""
    return f"{method_name(model)}, {size_name(model.option_values[model.size_option], size_noun(model))}"


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
