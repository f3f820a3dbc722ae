"""A sweep in words and as a heat map: the methods' names, the cells, and what validation rows choose."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from emtui.charts.heatmap import Matrix
from emtui.networks.choosing import VALIDATION_SHARE
from emtui.networks.rival import method_name
from emtui.networks.sizes import resized, size_name
from emtui.networks.sweep import SIDES, Cell, Side, SweepResult, What, has_rate, models_of
from emtui.views.number_format import MISSING, fixed, percent, plural, probability
from engine.analysis.study import StudyRun

SUBJECTS: dict[What, str] = {"validation_accuracy": "validation accuracy", "train_log_loss": "final training loss"}
_SHADES = "·░▒▓█"


def side_name(result: SweepResult, side: Side) -> str:
    """The method of one side, whatever the cell: `EM gradient`, `EM newton (no learning rate)`, `backprop adam`."""
    model = models_of(result.spec, side, result.grid.rates[0], result.grid.units[0])
    if model.name == "backprop":
        return f"backprop {model.optimizer}"
    return "EM gradient" if has_rate(model) else f"{method_name(model)} (no learning rate)"


def subject_name(result: SweepResult, what: What) -> str:
    """What the heat maps show, a loss by its way of predicting."""
    return SUBJECTS[what] if what == "validation_accuracy" else f"{result.spec.prediction} training loss"


def subject_words(result: SweepResult, what: What) -> str:
    """What the heat maps show, over which seeds and iterations."""
    grid = result.grid
    seeds = f"mean of {plural(grid.n_seeds, 'seed')}" if grid.n_seeds > 1 else "1 seed"
    return f"{SUBJECTS[what]} ({result.spec.prediction}), {seeds}, {plural(grid.max_iter, 'iteration')}"


def sweep_matrix(result: SweepResult, side: Side, what: What, at: tuple[int, int] = (-1, -1)) -> Matrix:
    """The heat map of one side; `at` is the selected cell, marked at the labels."""
    grid, table = result.grid, result.table(side, what)
    rows = [f"{'▸' if i == at[0] else ' '}{units}" for i, units in enumerate(grid.units)]
    columns = [f"{'▾' if j == at[1] else ''}{rate:zg}" for j, rate in enumerate(grid.rates)]
    several = isinstance(result.spec.model.option_values["hidden_units"], tuple)
    corner = "layer 1╲rate" if several else "units╲rate"
    return Matrix(table, rows, columns, ".3f", corner, *_range(result, what))


def _range(result: SweepResult, what: What) -> tuple[float, float]:
    """The values of the faintest and the strongest colour.

    A run that went astray takes no colour from the others; the strongest colour is the best, in both maps.
    """
    both = [result.table(each, what) for each in SIDES]
    known = np.concatenate([each[np.isfinite(each)] for each in both])
    shares = (0.1, 1.0) if what == "validation_accuracy" else (0.85, 0.0)
    low, high = (float(np.quantile(known, share)) for share in shares) if len(known) else (0.0, 1.0)
    return low, high


def cell_words(result: SweepResult, at: tuple[int, int]) -> str:
    """What both methods came to in a cell."""
    m, r = at
    said = []
    for side in SIDES:
        runs = result.cell((side, m, r))
        accuracies = [run.validation_accuracy for run in runs if math.isfinite(run.validation_accuracy)]
        losses = [run.train_log_loss for run in runs if math.isfinite(run.train_log_loss)]
        if not runs:
            said.append(f"{side_name(result, side)}: not run yet")
        elif not losses:
            said.append(f"{side_name(result, side)}: could not be run: {(runs[0].error or '').rstrip('.')}")
        else:
            loss = fixed(float(np.mean(losses)), 3)
            loss = f"{result.spec.prediction} loss {loss}"
            said.append(f"{side_name(result, side)}: validation {_spread(accuracies)}, {loss}")
    size = resized(result.spec.model.option_values["hidden_units"], result.grid.units[m])
    where = f"{size_name(size)}, rate {result.grid.rates[r]:zg}"
    return f"{where} · {' · '.join(said)}."


def chosen_sentence(result: SweepResult) -> str:
    """Which cell validation rows choose, and what its test rows say of it; "" before all cells are run."""
    cell = result.chosen
    if cell is None:
        return ""
    accuracy = result.found.mean(result.names[cell], "validation_accuracy")
    return choice_sentence(result.names[cell], accuracy, result.tested, result.grid.n_seeds, result.spec.test_share)


def choice_sentence(name: str, accuracy: float, tested: Sequence[StudyRun], n_seeds: int, test_share: float) -> str:
    """What validation rows choose, and what the test rows say of it, once they have been looked at from every seed."""
    said = f"Validation rows ({percent(VALIDATION_SHARE)} of the training rows) choose {name}: "
    said += probability(accuracy, 3)
    if test_share == 0:
        return f"{said}; no test rows are held back."
    known = [run.test_accuracy for run in tested if math.isfinite(run.test_accuracy)]
    if len(tested) < n_seeds or not known:
        return f"{said}."
    return f"{said}. Fitted to all of them, it alone is tested: {_spread(known)}."


def _spread(accuracies: list[float]) -> str:
    """The mean, and the least and the greatest where they differ: .788 (.773 to .818)."""
    ends = [probability(end(accuracies), 3) for end in (min, max)]
    return probability(float(np.mean(accuracies)), 3) + (f" ({ends[0]} to {ends[1]})" if ends[0] != ends[1] else "")


def heat_lines(result: SweepResult, what: What) -> list[str]:
    """Both heat maps in characters alone: a number and a shade for each cell, the chosen one in brackets."""
    lines: list[str] = []
    low, high = _range(result, what)
    for side in SIDES:
        matrix = sweep_matrix(result, side, what)
        strengths = matrix.strengths()
        heads = [f"{rate:zg}" for rate in result.grid.rates]
        cells = [
            [_heat(result, (side, m, r), matrix.number(m, r), float(strengths[m, r])) for r in range(len(heads))]
            for m in range(len(result.grid.units))
        ]
        width = max(len(text) for row in ([f"{head}  " for head in heads], *cells) for text in row)
        labels = [f"{units}" for units in result.grid.units]
        room = max(len(matrix.corner), *map(len, labels))
        head = " ".join(f"{name + '  ':>{width}}" for name in heads)
        lines += ["", side_name(result, side), f"{matrix.corner:<{room}}  {head}"]
        lines += [
            f"{label:>{room}}  " + " ".join(f"{cell:>{width}}" for cell in row)
            for label, row in zip(labels, cells, strict=True)
        ]
    scale = f"{_SHADES[0]} {fixed(low, 3)} or {'less' if low <= high else 'more'} … {_SHADES[-1]} {fixed(high, 3)}"
    return [f"{subject_words(result, what)}: {scale}", *(line.rstrip() for line in lines)]


def _heat(result: SweepResult, cell: Cell, number: str, strength: float) -> str:
    shade = " " if number == MISSING else _SHADES[min(len(_SHADES) - 1, int(strength * len(_SHADES)))]
    return f"[{number}]{shade}" if cell == result.chosen else f"{number} {shade}"
