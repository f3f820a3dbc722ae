"""How a supervised model learns: loss, and accuracy or RMSE, after every iteration, on training and test rows.

    curves = engine.learning_curves(engine.LatentMLP(7), X, y, test=(X_test, y_test), rival=engine.BackpropMLP(7))
    curves.columns()["test_loss"]           # (n_iterations + 1,), the start first
    print("\\n".join(curves.lines()))

Every score is there in two ways of predicting: by the marginal p(y | x), and, with the suffix `_forward`, by the usual
forward pass; a model that knows no other way has its marginal in both. The columns of a rival, another way to learn the
same from the same start, have the prefix `rival_`.

    loss = mean of −ln p(y | x), in nats        accuracy = share of rows whose likeliest class is their own

`passes` counts forward passes over the training rows. An E-step over 2^m hidden configurations costs 2^m of them, an
M-step or an epoch (forward and back) one; what an M-step repeats inside is not counted.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, TypeAlias

import numpy as np

from engine.arrays import Array, IntArray, as_numbers
from engine.em.algorithms import Algorithm
from engine.em.class_labels import targets_among
from engine.em.loop import begin, walk
from engine.em.model import Model
from engine.em.observed import need_model
from engine.em.parameters import Parameters
from engine.em.prediction_report import FORWARD, MARGINAL, Report, counted
from engine.em.step import Step
from engine.em.stopping import Iterations, StoppingRule, Trouble, rules_for
from engine.errors import EngineError, OptionError
from engine.models.mixture import checked_weights

Rows: TypeAlias = tuple[Any, Any] | tuple[Any, Any, Any]
CodedRows: TypeAlias = tuple[Any, Any, Array | None]
Reports: TypeAlias = Mapping[str, Report]
SUFFIXES = {MARGINAL: "", FORWARD: "_forward"}
RIVAL = "rival_"
_FIRST = 8  # cells of the first column


@dataclass(frozen=True, eq=False)
class LearningPoint:
    """One iteration of one method.

    Attributes:
        iteration: how many have been taken.
        seconds: of computing since the start.
        passes: forward passes over the training rows since the start.
        scores: `train_loss`, `test_loss`, `train_accuracy`, `test_accuracy`, and the same with `_forward`; nan of test
            rows where there are none.
    """

    iteration: int
    seconds: float
    passes: int
    scores: Mapping[str, float]


def learning_point(step: Step, train: Reports, test: Reports | None) -> LearningPoint:
    """The point of a step whose parameters fare so; an E-step, which moves nothing, is at the iteration before."""
    begun = step.phase == "E"
    model, iteration = step.problem.model, step.iteration - begun
    # the pass of an E-step that has just begun an iteration is no part of the one before
    passes = model.e_step_passes * step.evaluations_before + model.m_step_passes * iteration
    return LearningPoint(iteration, step.seconds_before if begun else step.seconds, passes, _scores(train, test))


def _scores(train: Reports, test: Reports | None) -> dict[str, float]:
    found = {}
    for way, suffix in SUFFIXES.items():
        trained = train[way if way in train else MARGINAL].scores
        held_back = {} if test is None else test[way if way in test else MARGINAL].scores
        for name, value in trained.items():
            found[f"train_{name}{suffix}"] = value
            found[f"test_{name}{suffix}"] = held_back.get(name, math.nan)
    return found


def learning_scores(
    step: Step, X: Any, y: Any, *, test: Rows | None = None, sample_weight: Any = None
) -> dict[str, float]:
    """The scores of one step by name, as a `LearningPoint` has them, on rows with labels as the caller has them.

    test: as in `learning_curves`. sample_weight: (n,) how often each row counts; a row of weight 0 is left out.
    Raises EngineError for rows or a class that the model does not know.
    """
    held_back = _held_back(step, test)
    train = _reports(step, _coded(step, X, y, sample_weight))
    return _scores(train, None if held_back is None else _reports(step, held_back))


def _reports(step: Step, rows: CodedRows) -> Reports:
    return step.problem.model.reports(step.params, *rows)


@dataclass(frozen=True, eq=False)
class LearningCurves:
    """The points of a run, the start first, and those of its rival.

    Attributes:
        points: of every iteration of the model.
        rival: of every iteration of the rival; () where there is none.
        params: θ after the last iteration of the model.
        rival_params: the same of the rival; None where there is none.
    """

    points: tuple[LearningPoint, ...]
    rival: tuple[LearningPoint, ...] = ()
    params: Any = None
    rival_params: Any = None

    def columns(self) -> dict[str, Array]:
        """Each column (n_iterations + 1,) by its name: iteration, seconds, passes, the scores, those of the rival.

        A rival that had to stop earlier has nan from there on, as a test score has where there are no test rows.
        """
        found: dict[str, Array] = {"iteration": np.array([float(point.iteration) for point in self.points])}
        for prefix, points in (("", self.points), (RIVAL, self.rival[: len(self.points)])):
            rows = [{"seconds": point.seconds, "passes": float(point.passes), **point.scores} for point in points]
            for name in rows[0] if rows else ():
                column = np.full(len(self.points), math.nan)
                column[: len(rows)] = [row[name] for row in rows]
                found[prefix + name] = column
        return found

    def lines(self, most: int = 25, names: tuple[str, str] = ("model", "rival")) -> list[str]:
        """The curves as tables for eyes, loss and accuracy one below the other; usually within 80 characters.

        most: lines of each table; of more iterations every second, fifth, tenth … is there, and the last line says so.
        names: of the model and its rival.
        """
        last = len(self.points) - 1
        every = next(step for step in _strides() if 1 - (-last // step) <= max(most, 2) or step >= last)
        shown = np.unique([*range(0, last, every), last])
        columns, lines = self.columns(), list[str]()
        for what in (name for name in ("loss", "accuracy", "rmse") if f"train_{name}" in columns):
            lines += [*([""] if lines else []), *_table(what, columns, shown, names)]
        return [*lines, f"a line for every {every} iterations, and the last"] if every > 1 else lines


def _strides() -> Iterator[int]:
    """1, 2, 5, 10, 20, 50, …"""
    return (digit * 10**power for power in count() for digit in (1, 2, 5))


def _table(what: str, columns: Mapping[str, Array], shown: IntArray, names: tuple[str, str]) -> list[str]:
    """One kind of score: three lines of heads (method, way of predicting, rows), and a line for each iteration.

    Test rows are left out where there are none, and the forward pass where it is the marginal.
    """
    top, middle, low, numbers = list[str](), list[str](), list[str](), list[list[str]]()
    for name, prefix in zip(names, ("", RIVAL), strict=True):
        for way, suffix in SUFFIXES.items():
            train = columns.get(f"{prefix}train_{what}{suffix}")
            if train is None or not _differs(columns, prefix, suffix, what):
                continue
            test = columns[f"{prefix}test_{what}{suffix}"]
            parts = {"train": train} if np.isnan(test).all() else {"train": train, "test": test}
            for part, column in parts.items():
                top.append(name if part == "train" and way == MARGINAL else "")
                middle.append(way if part == "train" else "")
                low.append(part)
                numbers.append([_fixed(value) for value in column[shown]])
    alone = 0 if "test" in low else max(map(len, SUFFIXES))  # so wide that the heads above don't touch
    widths = [max(alone, *map(len, (head, *cells))) for head, cells in zip(low, numbers, strict=True)]
    lines = [_line(what, top, widths), _line("", middle, widths), _line("iter", low, widths, right=True)]
    iterations = (f"{int(number):>{_FIRST}}" for number in columns["iteration"][shown])
    return [
        *lines,
        *(_line(*row, widths, right=True) for row in zip(iterations, zip(*numbers, strict=True), strict=True)),
    ]


def _differs(columns: Mapping[str, Array], prefix: str, suffix: str, what: str) -> bool:
    """Whether this way of predicting is the marginal, or says anything else than it; of RMSE, any other number.

    Both ways may have one mean and two densities, and then one RMSE and two losses.
    """
    kind = f"{prefix}train_{what}" if what == "rmse" else f"{prefix}train_"
    ways = {name: f"{name}{suffix}" for name in columns if name.startswith(kind)}
    return not suffix or any(
        not np.array_equal(columns[name], columns[other], equal_nan=True)
        for name, other in ways.items()
        if other in columns
    )


def _line(first: str, cells: Sequence[str], widths: Sequence[int], right: bool = False) -> str:
    """One line of cells; a head at the left of its column may reach over the empty cells after it."""
    line, column = first, _FIRST
    for cell, width in zip(cells, widths, strict=True):
        if cell:
            line = (f"{line}  " if line.strip() else line).ljust(column + 2) + (cell.rjust(width) if right else cell)
        column += 2 + width
    return line


def _fixed(value: float) -> str:
    return f"{value:z.4f}" if math.isfinite(value) else "-"


def learning_curves(
    model: Model[Any, Any],
    X: Any,
    y: Any,
    *,
    test: Rows | None = None,
    rival: Model[Any, Any] | None = None,
    sample_weight: Any = None,
    start: Any = None,
    seed: int = 0,
    max_iter: int = 50,
    tol: float = 0.0,
    stopping: StoppingRule | None = None,
    algorithm: str | Algorithm = "classic",
) -> LearningCurves:
    """Train a supervised model and score it after every iteration, and a rival beside it for as many.

    Args:
        model: the model that learns.
        X, y: (n, p) training rows and their labels (n,), of any kind.
        test: rows and labels that are held back, (X_test, y_test), or (X_test, y_test, sample_weight).
        rival: another model of the same targets, such as `BackpropMLP` beside `LatentMLP`. It begins from the same θ,
            as far as the two have arrays of the same names and shapes, else by its own choice from the same seed.
        start: θ to begin from, that of another model, too, where it has arrays of the same names and shapes.
        sample_weight, seed, max_iter, tol, stopping, algorithm: as in `engine.iterate`. All iterations are taken
            unless a tolerance or a rule says otherwise. Scores count each row by its weight, too, and
            leave out rows of weight 0.

    Raises:
        EngineError: data, a start or an option can't be used, or the model is not supervised; one sentence.
    """
    for one in (model,) if rival is None else (model, rival):
        need_model(one, X)
        if not one.supervised:
            raise OptionError(f"learning curves are of models that learn a target: {one.name} is none.")
    rules = rules_for(max_iter, tol, stopping)
    if start is not None and not isinstance(start, model.Params) and isinstance(start, Parameters):
        start = same_start(model, start) or start
    first = begin(model, X, y, sample_weight=sample_weight, start=start, seed=seed, algorithm=algorithm)
    train = _coded(first, X, y, sample_weight)
    held_back = _held_back(first, test)
    last = first
    points = list[LearningPoint]()
    for last in _iterations(first, rules):
        points.append(_point(last, train, held_back))
    if rival is None:
        return LearningCurves(tuple(points), (), last.params)
    try:
        beside = begin(rival, X, y, sample_weight=sample_weight, start=same_start(rival, first.params), seed=seed)
    except EngineError:  # of another size
        beside = begin(rival, X, y, sample_weight=sample_weight, seed=seed)
    other = beside
    theirs = list[LearningPoint]()
    for other in _iterations(beside, (Trouble(), Iterations(points[-1].iteration))):
        theirs.append(_point(other, train, held_back))
    return LearningCurves(tuple(points), tuple(theirs), last.params, other.params)


def _point(step: Step, train: CodedRows, test: CodedRows | None) -> LearningPoint:
    return learning_point(step, _reports(step, train), None if test is None else _reports(step, test))


def same_start(model: Model[Any, Any], params: Any) -> Any:
    """θ of another model as a start of this one; None where it lacks something that this one's θ is made of.

    What an optimiser carries on is no part of θ.
    """
    needed = [part.name for part in dataclasses.fields(model.Params) if part.compare]
    there = {part.name for part in dataclasses.fields(params)}
    return model.Params(**{name: getattr(params, name) for name in needed}) if there.issuperset(needed) else None


def _iterations(first: Step, rules: tuple[StoppingRule, ...]) -> Iterator[Step]:
    """The start and every M-step; what can be computed again of the steps before is let go."""
    before: Step | None = None
    for step in walk(first, rules):
        if before is not None:
            before.release(keep=step)
        before = step
        if step.phase != "E":
            yield step


def _held_back(step: Step, test: Rows | None) -> CodedRows | None:
    """The test rows with their targets as the model has them; None where there are none."""
    if test is None:
        return None
    if not isinstance(test, (tuple, list)) or len(test) not in (2, 3):
        raise OptionError("test must be the rows and the labels that are held back, (X_test, y_test).")
    if not len(test[1]) or (len(test) == 3 and test[2] is not None and not np.any(test[2])):  # or all of weight 0
        return None
    return _coded(step, *test)


def _coded(step: Step, X: Any, y: Any, sample_weight: Any = None) -> CodedRows:
    """The rows, and their targets as the model has them: numbers as they are, the codes of labels. Their weights."""
    X, y, weights = counted(X, y, checked_weights(sample_weight, len(y)))
    labels = step.problem.data.class_labels
    if labels is None:  # labels of a supervised model are always encoded
        return X, as_numbers(y, "y", "numbers, one a row"), weights
    return X, targets_among(y, labels), weights
