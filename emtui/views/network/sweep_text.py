"""A sweep in words and as a heat map: the methods' names, the cells, and what validation rows choose."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from emtui.charts.heatmap import Matrix
from emtui.networks.choosing import VALIDATION_SHARE
from emtui.networks.rival import differences, method_name
from emtui.networks.sizes import Size, resized, size_name, size_noun
from emtui.networks.sweep import SIDES, Cell, Side, SweepResult, What, has_rate, models_of
from emtui.spec.rival_model import is_network
from emtui.spec.run_spec import RunSpec
from emtui.spec.train_test_split import learns_numbers
from emtui.views.number_format import MISSING, fixed, number, percent, plural, probability
from engine.analysis.study import Measure, StudyResult, StudyRun

SUBJECTS: dict[What, str] = {
    "validation_accuracy": "validation accuracy",
    "validation_rmse": "validation RMSE",
    "train_log_loss": "final training loss",
}
_SHADES = "·░▒▓█"


def subjects_of(result: SweepResult) -> tuple[What, What]:
    """What its heat maps may show: what cells are compared by, and the loss on the rows that are fitted."""
    return result.compared, "train_log_loss"


def side_name(result: SweepResult, side: Side) -> str:
    """The method of one side, whatever the cell: `EM gradient`, `EM newton (no learning rate)`, `backprop adam`."""
    model = models_of(result.spec, side, result.grid.rates[0], result.grid.units[0])
    if not model.hides:
        return f"backprop {model.optimizer}"
    return "EM gradient" if has_rate(model) else f"{method_name(model)} (no learning rate)"


def subject_name(result: SweepResult, what: What) -> str:
    """What the heat maps show, a loss by its way of predicting."""
    return SUBJECTS[what] if what != "train_log_loss" else f"{_way(result)}training loss"


def _way(result: SweepResult) -> str:
    """The way of predicting that losses are by, with a blank after it; "" where there is one alone."""
    return f"{result.spec.prediction} " if is_network(result.spec.model) else ""


def subject_words(result: SweepResult, what: What) -> str:
    """What the heat maps show, over which seeds and iterations."""
    grid = result.grid
    seeds = f"mean of {plural(grid.n_seeds, 'seed')}" if grid.n_seeds > 1 else "1 seed"
    way = f" ({result.spec.prediction})" if is_network(result.spec.model) else ""
    return f"{SUBJECTS[what]}{way}, {seeds}, {plural(grid.max_iter, 'iteration')}"


def sweep_matrix(result: SweepResult, side: Side, what: What, at: tuple[int, int] = (-1, -1)) -> Matrix:
    """The heat map of one side; `at` is the selected cell, marked at the labels."""
    grid, table = result.grid, result.table(side, what)
    rows = [f"{'▸' if i == at[0] else ' '}{units}" for i, units in enumerate(grid.units)]
    columns = [f"{'▾' if j == at[1] else ''}{rate:zg}" for j, rate in enumerate(grid.rates)]
    corner = "layer 1╲rate" if isinstance(_present(result), tuple) else f"{size_noun(result.spec.model)}s╲rate"
    return Matrix(table, rows, columns, _format(result, what), corner, *_range(result, what))


def _format(result: SweepResult, what: What) -> str:
    """Of the numbers in a heat map: three decimals, and four digits of an RMSE, in whatever unit it is."""
    if what != "validation_rmse":
        return ".3f"
    both = np.concatenate([result.table(each, what).ravel() for each in SIDES])
    known = both[np.isfinite(both) & (both > 0)]
    if not len(known) or not 1e-3 < known.min() <= known.max() < 1e6:
        return ".3g"
    return f".{max(0, 3 - math.floor(math.log10(known.min())))}f"


def _present(result: SweepResult) -> Size:
    """The size of the explored model."""
    model = result.spec.model
    size: Size = model.option_values[model.size_option]
    return size


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
        judged = [value for run in runs if math.isfinite(value := getattr(run, result.compared))]
        losses = [run.train_log_loss for run in runs if math.isfinite(run.train_log_loss)]
        if not runs:
            said.append(f"{side_name(result, side)}: not run yet")
        elif not losses:
            said.append(f"{side_name(result, side)}: could not be run: {(runs[0].error or '').rstrip('.')}")
        else:
            loss = f"{_way(result)}loss {fixed(float(np.mean(losses)), 3)}"
            said.append(f"{side_name(result, side)}: validation {_spread(judged, measure_of(result.spec))}, {loss}")
    size = resized(_present(result), result.grid.units[m])
    where = f"{size_name(size, size_noun(result.spec.model))}, rate {result.grid.rates[r]:zg}"
    return f"{where} · {' · '.join(said)}."


def chosen_sentence(result: SweepResult) -> str:
    """Which cell validation rows choose, and what its test rows say of it; "" before all cells are run."""
    cell = result.chosen
    if cell is None:
        return ""
    return choice_sentence(result.spec, result.names[cell], result.found, result.tested, result.grid.n_seeds)


def differences_of(result: SweepResult) -> str:
    """What differs between the two methods beside the way they learn, in a sentence; "" where nothing does."""
    own, rival = (models_of(result.spec, side, result.grid.rates[0], result.grid.units[0]) for side in SIDES)
    return differences(own, rival)


def choice_sentence(spec: RunSpec, name: str, found: StudyResult, tested: Sequence[StudyRun], n_seeds: int) -> str:
    """What validation rows choose, and what the test rows say of it, once they have been looked at from every seed."""
    measure = measure_of(spec)
    said = f"Validation rows ({percent(VALIDATION_SHARE)} of the training rows) choose {name}: "
    said += _spread([found.mean(name, f"validation_{measure}")], measure)
    if spec.test_share == 0:
        return f"{said}; no test rows are held back."
    known = [value for run in tested if math.isfinite(value := getattr(run, f"test_{measure}"))]
    if len(tested) < n_seeds or not known:
        return f"{said}."
    return f"{said}. Fitted to all of them, it alone is tested: {_spread(known, measure)}."


def measure_of(spec: RunSpec) -> Measure:
    """What its predictions are compared by: "rmse" where it learns numbers, else "accuracy"."""
    return "rmse" if learns_numbers(spec) else "accuracy"


def measured(value: float, measure: Measure) -> str:
    """An accuracy, .788, or an RMSE, 1.234; a dash for neither."""
    if not math.isfinite(value):
        return MISSING
    return number(value, 4) if measure == "rmse" else probability(value, 3)


def _spread(values: list[float], measure: Measure) -> str:
    """The mean, and the least and the greatest where they differ: .788 (.773 to .818), RMSE 1.234 (1.1 to 1.3)."""
    ends = [measured(end(values), measure) for end in (min, max)]
    said = measured(float(np.mean(values)), measure) + (f" ({ends[0]} to {ends[1]})" if ends[0] != ends[1] else "")
    return f"RMSE {said}" if measure == "rmse" else said


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
    ends = [number(end, 4) if what == "validation_rmse" else fixed(end, 3) for end in (low, high)]
    scale = f"{_SHADES[0]} {ends[0]} or {'less' if low <= high else 'more'} … {_SHADES[-1]} {ends[1]}"
    return [f"{subject_words(result, what)}: {scale}", *(line.rstrip() for line in lines)]


def _heat(result: SweepResult, cell: Cell, number: str, strength: float) -> str:
    shade = " " if number == MISSING else _SHADES[min(len(_SHADES) - 1, int(strength * len(_SHADES)))]
    return f"[{number}]{shade}" if cell == result.chosen else f"{number} {shade}"
