"""One racer of a race: how far it has come, and the runner that takes it on, an iteration at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeAlias

from emtui.spec.run_spec import RunSpec
from engine.analysis.rest import judged
from engine.em.loop import advance, stopped
from engine.em.step import Step
from engine.errors import EngineError


@dataclass(frozen=True)
class Judgement:
    """What is said of a step's θ.

    objective: of the model. hits: how many rows it gets right; None where none is judged. rmse: of rows whose targets
    are numbers, in the target's unit; None of others.
    """

    objective: float
    hits: float | None = None
    rmse: float | None = None


Judge: TypeAlias = Callable[[Step], Judgement]


@dataclass(frozen=True)
class Lap:
    """A racer after an iteration; all numbers are of the parameters that it has then.

    Attributes:
        iteration: 0 at the start.
        seconds: of computing, since the start; judging how good the parameters are does not count.
        objective: of the model at these parameters; nan where it can't be had.
        hits: rows whose matched label is right, of those whose class is known and was not given; of a network the
            validation rows that it predicts rightly.
        rmse: of the validation rows, where numbers are learned; None elsewhere.
    """

    iteration: int
    seconds: float
    objective: float
    hits: float | None
    rmse: float | None = None


@dataclass(frozen=True, eq=False)
class Racer:
    """One way to run EM, and how far it has come.

    Attributes:
        name: of the algorithm, or k-means; of classic EM from a further start its seed.
        spec: what opens it in the explorer; None where it can't be run.
        laps: the start, and the end of each iteration.
        converged: it is at rest.
        stop_reason: in words; None while it goes on.
        error: why it could not be run, or not further, in words.
        weak: {component: what is wrong with it}, as it stands, as `Model.weak_components` has it.
    """

    name: str
    spec: RunSpec | None
    laps: tuple[Lap, ...] = ()
    converged: bool = False
    stop_reason: str | None = None
    error: str | None = None
    weak: Mapping[int, str] = field(default_factory=dict)

    @property
    def over(self) -> bool:
        """It goes no further."""
        return self.stop_reason is not None or self.error is not None

    @cached_property
    def best(self) -> float:
        """The highest objective on its way; nan where it has none."""
        return max((lap.objective for lap in self.laps if math.isfinite(lap.objective)), default=math.nan)


@dataclass(frozen=True, eq=False)
class Race:
    """All racers at one moment.

    Attributes:
        racers: in a fixed order.
        n_judged: rows whose class is known and was not given, or validation rows; 0 where there are none.
        n_given: rows whose class was given, which count as neither right nor wrong.
        by_validation: networks or experts race, judged by validation rows.
        tested: how many of the n_tested test rows the winner alone gets right, fitted again to all training rows.
        by_rmse: they learn numbers, so that RMSE stands in place of rows that are right.
        tested_rmse: the same as `tested` of numbers: RMSE on the test rows.
    """

    racers: tuple[Racer, ...]
    n_judged: float
    n_given: int = 0
    by_validation: bool = False
    tested: float | None = None
    n_tested: float = 0
    by_rmse: bool = False
    tested_rmse: float | None = None

    @property
    def over(self) -> bool:
        """Nobody runs any more."""
        return all(racer.over for racer in self.racers)

    @property
    def winner(self) -> Racer | None:
        """The racer with most rows right, or the lowest RMSE; among equals the highest. None before all are through."""
        if self.by_rmse:
            erring = [(rmse, racer) for racer in self.racers if (rmse := final_rmse(racer)) is not None]
            return min(erring, key=lambda one: one[0])[1] if self.over and erring else None
        known = [racer for racer in self.racers if racer.laps and racer.laps[-1].hits is not None]
        if not self.over or not known:
            return None
        return max(known, key=lambda racer: (racer.laps[-1].hits or 0, _height(racer.laps[-1].objective)))


def final_rmse(racer: Racer) -> float | None:
    """Its RMSE as it stands; None where it has none."""
    rmse = racer.laps[-1].rmse if racer.laps else None
    return rmse if rmse is not None and math.isfinite(rmse) else None


class Runner:
    """A racer under way: its current step, and its results so far.

    begin: gives what opens the racer in the explorer, and its first step.
    """

    def __init__(self, name: str, begin: Callable[[], tuple[RunSpec, Step]], judge: Judge) -> None:
        self._judge = judge
        try:
            spec, self._step = begin()
            self.racer, self._rules = Racer(name, spec), spec.rules
            self._take(self._step)
        except EngineError as error:
            self.racer = Racer(name, None, error=str(error))

    def lap(self) -> None:
        """One iteration; what can't be done ends the race for it."""
        if self.racer.over:
            return
        try:
            step = stopped(advance(advance(self._step)), self._rules)
            step = step if step.stop_reason is None else judged(step)
            self._take(step)
        except EngineError as error:
            self.racer = replace(self.racer, error=str(error))
            return
        self._step.release(keep=step)
        self._step = step

    def _take(self, step: Step) -> None:
        said = self._judge(step)
        lap = Lap(step.iteration, step.seconds, said.objective, said.hits, said.rmse)
        weak = step.problem.model.weak_components(step.params, step.problem.data)
        self.racer = replace(
            self.racer,
            laps=(*self.racer.laps, lap),
            converged=step.converged,
            stop_reason=step.stop_reason,
            weak=weak,
        )


def _height(objective: float) -> float:
    return objective if math.isfinite(objective) else -math.inf


def laps(now: Race, runners: Sequence[Runner]) -> Iterator[Race]:
    """How it stands at the start, and after every iteration of all, until it is over."""
    yield now
    while not now.over:
        for runner in runners:
            runner.lap()
        now = replace(now, racers=tuple(runner.racer for runner in runners))
        yield now
