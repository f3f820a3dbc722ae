"""The same network trained the other way, step by step: backpropagation beside EM, or EM beside backpropagation."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from emtui.networks.scores import Progress, progress
from emtui.spec.revise import with_seed
from emtui.spec.rival_model import has_rival, rival_model
from emtui.spec.run_spec import RunSpec
from emtui.spec.train_test_split import TrainTestSplit, problem_of, sample_weight_of, split_of, table_of
from engine.analysis.learning_curves import RIVAL, LearningCurves, same_start
from engine.em.algorithms import algorithm_named
from engine.em.loop import advance, begin_problem
from engine.em.observed import observed
from engine.em.step import Problem
from engine.errors import EngineError


@dataclass(frozen=True, eq=False)
class MethodComparison:
    """The progress of both methods.

    Attributes:
        split: the rows that both are trained on and tested on.
        own: progress of the explored model: the start and every iteration of the current branch.
        rival: progress of the other method: the start and every iteration so far; () if there is no other.
        rival_model: None if there is no other; `rival_why` then says why.
        rival_params: its parameters after each of its iterations, as many as `rival`.
        own_at: the place in `own` of the step on the screen.
        n_init: how many starts each of them had; it is the best of them by its own objective.
        rival_seed: of the rival's start; None if there is no rival.
    """

    split: TrainTestSplit
    own: tuple[Progress, ...]
    own_at: int
    rival: tuple[Progress, ...] = ()
    rival_model: Any = None
    rival_params: tuple[Any, ...] = ()
    rival_why: str = ""
    n_init: int = 1
    rival_seed: int | None = None

    @property
    def curves(self) -> LearningCurves:
        """Loss and accuracy of both after every iteration."""
        return LearningCurves(self.own, self.rival)

    @property
    def here(self) -> Progress:
        """The explored model at the step on the screen."""
        return self.own[self.own_at]

    @property
    def rival_name(self) -> str:
        """What the rival is called in a word."""
        return short_name(self.rival_model)

    @property
    def rival_at(self) -> int | None:
        """The index in `rival` of the same iteration, or of its last one if it is behind; None if there is no rival."""
        return min(self.here.iteration, len(self.rival) - 1) if self.rival else None

    @property
    def rival_here(self) -> Progress | None:
        """The rival's progress after the same number of iterations, or after its last one."""
        return None if self.rival_at is None else self.rival[self.rival_at]

    @property
    def rival_params_here(self) -> Any:
        """The rival's parameters at that iteration; None if there is no rival."""
        return None if self.rival_at is None else self.rival_params[self.rival_at]


def scores_beside(own: Progress, rival: Sequence[Progress]) -> dict[str, float]:
    """The scores of the model by name, and with the prefix `rival_` those of its rival after as many iterations.

    nan where the rival has not come so far, or had to stop before; nothing of it where there is none.
    """
    behind = own.iteration >= len(rival)
    theirs = {} if not rival else dict.fromkeys(own.scores, math.nan) if behind else rival[own.iteration].scores
    return {**own.scores, **{f"{RIVAL}{name}": value for name, value in theirs.items()}}


def short_name(model: Any) -> str:
    """EM, or backprop."""
    return "EM" if model.hides else "backprop"


class Rival:
    """A run of the other method: each call of `advance` takes one iteration.

    Attributes:
        progress: the start and every iteration so far.
        params: its parameters, as many as `progress`.
        seed: of its start.

    Raises (on making one):
        EngineError: it can't begin on these data.
    """

    def __init__(self, spec: RunSpec, start: Any) -> None:
        split = split_of(spec)
        assert split is not None
        self.model = rival_model(spec)
        self.split = split
        rows, same = observed(self.model, *table_of(spec), sample_weight_of(spec)), spec.same_start
        given = same_start(self.model, start) if same else None
        self.seed = spec.seed if same else spec.seed + 1
        self._step = begin_problem(Problem(self.model, rows, algorithm_named("classic"), self.seed), given)
        self.progress: tuple[Progress, ...] = (progress(self.model, self._step, split),)
        self.params: tuple[Any, ...] = (self._step.params,)

    @property
    def n_iterations(self) -> int:
        """How many iterations it has taken."""
        return len(self.progress) - 1

    @property
    def objective(self) -> float:
        """What it maximises, after its last iteration."""
        return self._step.objective

    @property
    def has_stopped(self) -> bool:
        """Whether it had to stop because its weights grew without bound."""
        return any(event.stops for event in self._step.events)

    def advance(self) -> None:
        """Take one more iteration, if that is possible."""
        if self.has_stopped:
            return
        before = self._step
        self._step = advance(advance(before))
        before.release(keep=self._step)
        self.progress += (progress(self.model, self._step, self.split),)
        self.params += (self._step.params,)


def rival_of(spec: RunSpec, start: Any) -> tuple[Rival | None, str]:
    """The rival of this spec's network, or None and a sentence that says why there is none."""
    if split_of(spec) is None or not has_rival(spec.model):
        return None, "This model has no rival."
    try:
        return Rival(spec, start), ""
    except EngineError as error:
        return None, str(error)


def best_rival(spec: RunSpec, n_init: int, n_iterations: int) -> tuple[Rival | None, str]:
    """The rival from each of the model's starts, seeds spec.seed, spec.seed + 1, …: the best by its own objective.

    Every one of them takes so many iterations.
    """
    problem, best, why = problem_of(spec), None, ""
    for seed in range(spec.seed, spec.seed + n_init):
        try:
            start = begin_problem(replace(problem, seed=seed)).params
        except EngineError as error:
            why = str(error)
            continue
        rival, why = rival_of(with_seed(spec, seed), start)
        if rival is None:
            continue
        while rival.n_iterations < n_iterations and not rival.has_stopped:
            rival.advance()
        if best is None or rival.objective > best.objective:
            best = rival
    return best, "" if best is not None else why


def differences(model: Any, rival: Any) -> str:
    """What differs between the two beside the way they learn: a sentence, or "" where nothing does."""
    em, back = (model, rival) if model.hides else (rival, model)
    said = []
    if back.option_values.get("loss") == "forward":
        said.append("EM learns the marginal and backprop the forward pass")
    ours, theirs = (_rows_a_step(one) for one in (em, back))
    if ours != theirs:
        interpreted = ": its seconds are mostly the interpreter's" if theirs == 1 else ""
        said.append(f"backprop takes {_rows_in_words(theirs)} a step and EM {_rows_in_words(ours)}{interpreted}")
    return f"{'; '.join(said)}." if said else ""


def _rows_a_step(model: Any) -> int | None:
    """How many rows a step of its parameters looks at; None for all of them."""
    values = model.option_values
    if values.get("m_step", "gradient") != "gradient" or values.get("optimizer") == "batch":
        return None
    size: int | None = values.get("batch_size")
    return 1 if size is None and not model.hides and values["optimizer"] == "sgd" else size


def _rows_in_words(rows: int | None) -> str:
    return "all rows" if rows is None else "one row" if rows == 1 else f"{rows} rows"


def method_name(model: Any) -> str:
    """EM or backpropagation, and how: `EM newton`, `backprop adam 0.3`."""
    values = model.option_values
    if model.hides:
        how = values.get("m_step")
        by = "" if values.get("optimizer") == "sgd" else f" {values.get('optimizer')}"
        rate = f"{by} {values['learning_rate']:zg}{_in_parts(values)}" if how == "gradient" else ""
        return f"EM {how}{rate}" if how else "EM"
    loss = " marginal" if values.get("loss") == "marginal" else ""
    return f"backprop {values['optimizer']} {values['learning_rate']:zg}{_in_parts(values)}{loss}"


def _in_parts(values: Mapping[str, Any]) -> str:
    """How many rows a step looks at, where that was chosen."""
    chosen = values.get("batch_size") is not None and values.get("optimizer") != "batch"
    return f" by {values['batch_size']}" if chosen else ""
