r"""Many starts of one model on the same data, and how each ends.

Starts of a Gaussian mixture run side by side, M·K log-densities by one matrix product (`engine.models.gaussian.batch`);
one whose component dies or collapses goes on by itself. Other models run start by start.
Either way a start ends where `engine.fit` from it ends, but for rounding.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from engine.arrays import Array, IntArray
from engine.em.algorithms import Algorithm, Classic, algorithm_named
from engine.em.given_start import given_start
from engine.em.loop import begin_problem, walk
from engine.em.model import Model
from engine.em.observed import observed
from engine.em.run import Restart
from engine.em.step import Problem, Step
from engine.em.stopping import StillToGain, Stop, rules_for
from engine.errors import EngineError
from engine.models.gaussian.batch import Batch, can_batch
from engine.models.gaussian.batch_centred import CentredBatch
from engine.models.gaussian.batch_params import Flags, Scales, Stack
from engine.models.gaussian.data import GaussianRows
from engine.models.gaussian.mixture import GaussianMixture
from engine.options import whole_number
from engine.parallel import one_blas_thread

_MOST_STARTS = 100_000
_WORK_AT_ONCE = 2e7  # rows × components of all starts that race at the same time: a fraction of a second a pass


@dataclass(frozen=True, eq=False)
class StartResult(Restart):
    """How one start ended, with its parameters; `params` is None where it could not be run, and `error` says why."""

    params: Any = None
    log_likelihood: float = math.nan


@dataclass(frozen=True, eq=False)
class StartsProgress:
    """The progress of all starts.

    Attributes:
        problem: the model and the observations.
        total: how many starts there are.
        results: of those that have ended, in the order in which they did.
        iterations: iterations done so far, over all starts.
    """

    problem: Problem
    total: int
    results: tuple[StartResult, ...]
    iterations: int

    @property
    def done(self) -> int:
        """How many have ended."""
        return len(self.results)

    @property
    def finished(self) -> bool:
        """Whether all have ended."""
        return self.done == self.total


def many_starts(
    model: Model[Any, Any],
    X: Any,
    y: Any = None,
    *,
    sample_weight: Any = None,
    n_starts: int = 200,
    seed: int = 0,
    starts: Sequence[Any] | None = None,
    max_iter: int = 1000,
    tol: float = 1e-9,
    algorithm: str | Algorithm = "classic",
) -> Iterator[StartsProgress]:
    """Run EM from many starts and tell, every now and then, how far it is; leave the loop to abandon the rest.

    Args:
        model: what is fitted; how it starts is its own option (`init="points"` finds more optima than k-means).
        X, y, sample_weight: as `engine.fit` takes them.
        n_starts: how many, with seeds seed, seed + 1, …
        seed: of the first.
        starts: explicit parameters instead; their places stand for seeds.
        max_iter, tol: as `engine.fit` takes them; tighter here, since runs that stop on their way look like optima.
        algorithm: as `engine.fit` takes it; only the classic one runs side by side.

    Raises:
        EngineError: the data or an option can't be used; one sentence. A start that can't be run is a result.
    """
    count = n_starts if starts is None else len(starts)
    count, seed = whole_number("n_starts", count, 1, _MOST_STARTS), whole_number("seed", seed, 0)
    rules_for(max_iter, tol, None)
    problem = Problem(model, observed(model, X, y, sample_weight, encode=True), algorithm_named(algorithm), seed)
    race = _Race(problem, int(count), int(seed), starts, int(max_iter), float(tol))
    return race.progress()


def all_starts(model: Model[Any, Any], X: Any, y: Any = None, **options: Any) -> StartsProgress:
    """`many_starts` to its end; the arguments are the same."""
    return deque(many_starts(model, X, y, **options), maxlen=1).pop()


@dataclass(frozen=True, eq=False)
class _Race:
    problem: Problem
    count: int
    seed: int
    starts: Sequence[Any] | None
    max_iter: int
    tol: float

    def progress(self) -> Iterator[StartsProgress]:
        model: Any = self.problem.model
        data = self.problem.data
        classic = isinstance(self.problem.algorithm, Classic)
        results: list[StartResult] = []
        iterations = 0
        if not (classic and can_batch(model, data)):
            for place in range(self.count):
                result = self._alone(place)
                results.append(result)
                iterations += result.n_iter
                yield StartsProgress(self.problem, self.count, tuple(results), iterations)
            return
        at_once = int(max(1, min(self.count, _WORK_AT_ONCE / (data.n_rows * model.n_components))))
        for begin in range(0, self.count, at_once):
            for ended, more in _SideBySide(self, range(begin, min(begin + at_once, self.count))).run():
                results += ended
                iterations += more
                yield StartsProgress(self.problem, self.count, tuple(results), iterations)

    def begun(self, place: int) -> Any:
        """The parameters that a start begins from. Raises EngineError where there are none."""
        model, data = self.problem.model, self.problem.data
        if self.starts is not None:
            return given_start(model, self.starts[place], data)[0]
        return model.begin(data, np.random.default_rng(self.seed_of(place)))

    def seed_of(self, place: int) -> int:
        return place if self.starts is not None else self.seed + place

    def _alone(self, place: int) -> StartResult:
        try:
            with one_blas_thread():
                params = self.begun(place)
            return self.finish(place, params, 0)
        except EngineError as error:
            return self.failed(place, error)

    def failed(self, place: int, error: EngineError) -> StartResult:
        return StartResult(self.seed_of(place), math.nan, 0, False, "", str(error))

    def finish(self, place: int, params: Any, done: int, earlier: tuple[float, ...] = ()) -> StartResult:
        """From these parameters, reached after `done` iterations, to the end by the ordinary steps.

        earlier: as a step has it, the objectives at the last θ before these.
        """
        rules = rules_for(self.max_iter - done, self.tol, None)
        problem = replace(self.problem, seed=self.seed_of(place))
        last: Step | None = None
        try:
            with one_blas_thread():
                for step in walk(replace(begin_problem(problem, params), earlier=earlier), rules):
                    if last is not None:
                        last.release(keep=step)
                    last = step
        except EngineError as error:
            return self.failed(place, error)
        assert last is not None
        reason = last.stop_reason or ""
        if done and not last.converged:
            reason = reason.replace(f"limit of {self.max_iter - done} ", f"limit of {self.max_iter} ")
        return StartResult(
            self.seed_of(place), last.objective, done + last.iteration, last.converged, reason,
            None, last.params, last.log_likelihood,
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Lane:
    """Starts at the same iteration: their places, their θ and what standardises it, and the objectives three, two
    and one θ before (M, 3), nan where there were none."""

    places: IntArray
    stack: Stack
    scales: Scales
    before: Array

    def take(self, chosen: Flags) -> _Lane:
        """Only some of these starts."""
        return _Lane(self.places[chosen], self.stack.take(chosen), self.scales.take(chosen), self.before[chosen])

    def __add__(self, other: _Lane) -> _Lane:
        if not len(other.places) or not len(self.places):
            return self if len(self.places) else other
        return _Lane(
            np.concatenate([self.places, other.places]),
            self.stack + other.stack,
            self.scales + other.scales,
            np.concatenate([self.before, other.before]),
        )


@dataclass(frozen=True, eq=False)
class _Moved:
    """What an iteration made of a lane: starts that ended, those that go on, lose digits, or meet trouble (at θ)."""

    ended: list[StartResult]
    onward: _Lane
    careful: _Lane
    trouble: _Lane


class _SideBySide:
    """Some starts of a Gaussian mixture, iteration by iteration together.

    Those that would lose digits in shared coordinates move to a second lane, about their own means; those with a
    component in trouble go on by themselves.
    """

    def __init__(self, race: _Race, places: range) -> None:
        self.race, self.places = race, list(places)
        model, data = race.problem.model, race.problem.data
        assert isinstance(model, GaussianMixture) and isinstance(data, GaussianRows)
        self.shared, self.centred = Batch(model, data), CentredBatch(model, data)

    def run(self) -> Iterator[tuple[list[StartResult], int]]:
        """What has ended since, and iterations done since, after every iteration of all."""
        race = self.race
        begun, places, failed = [], [], []
        for place in self.places:
            try:
                with one_blas_thread():
                    begun.append(race.begun(place))
                places.append(place)
            except EngineError as error:
                failed.append(race.failed(place, error))
        if failed:
            yield failed, 0
        if not begun:
            return
        stack = Stack.of(begun)
        lane = _Lane(np.array(places), stack, Scales.of(stack, self.shared.data), np.full((len(begun), 3), np.nan))
        tight, done = lane.take(np.zeros(len(begun), dtype=bool)), 0
        while len(lane.places) or len(tight.places):
            moved = self._move(self.shared, lane, done)
            alone, lane, tight = moved.trouble, moved.onward, tight + moved.careful
            results = moved.ended
            if self.shared.kind == "tied":
                alone, tight = alone + tight, tight.take(np.zeros(len(tight.places), dtype=bool))
            if len(tight.places):
                moved = self._move(self.centred, tight, done)
                alone, tight = alone + moved.trouble + moved.careful, moved.onward
                results = results + moved.ended
            by_themselves = [
                race.finish(int(place), alone.stack[m], done, _known(alone.before[m, 1:]))
                for m, place in enumerate(alone.places)
            ]
            more = len(lane.places) + len(tight.places) + sum(result.n_iter - done for result in by_themselves)
            done += 1
            yield results + by_themselves, more

    def _move(self, batch: Batch, lane: _Lane, done: int) -> _Moved:
        """One iteration: the pass at θ, what ends there, and the M-step of the others."""
        if not len(lane.places):
            return _Moved([], lane, lane, lane)
        with one_blas_thread():
            log_likelihood, statistics, careful = batch.expect(lane.stack, lane.scales)
            careful = careful | ~lane.scales.regular
            objective = log_likelihood + batch.log_priors(lane.scales)
            stops = [self._stop((*_known(lane.before[m]), value), done) for m, value in enumerate(objective)]
            over = ~careful & np.array([stop is not None for stop in stops])
            best, trouble = batch.maximize(statistics, len(lane.places))
            ahead = Scales.of(best, batch.data)
            trouble = (trouble | ~ahead.regular) & ~over & ~careful  # the ordinary M-step will mend it
        stay = ~(over | careful | trouble)
        ended = [
            self._result(lane, m, done, objective, stop, log_likelihood)
            for m, stop in enumerate(stops)
            if stop is not None and over[m]
        ]
        before = np.column_stack([lane.before[:, 1:], objective])
        onward = _Lane(lane.places[stay], best.take(stay), ahead.take(stay), before[stay])
        return _Moved(ended, onward, lane.take(careful), lane.take(trouble))

    def _stop(self, objectives: tuple[float, ...], done: int) -> Stop | None:
        """Why a start stops after these objectives, the last ones, by the rules of `engine.fit`."""
        race, rule, unit = self.race, StillToGain(self.race.tol), self.shared.data.total_weight
        stop = rule.after(objectives, unit) if len(objectives) > 1 else None
        return rule.at_limit(race.max_iter, objectives, unit) if stop is None and done >= race.max_iter else stop

    def _result(
        self, lane: _Lane, m: int, done: int, objective: Array, stop: Stop, log_likelihood: Array
    ) -> StartResult:
        """The result of a start that stops here."""
        return StartResult(
            self.race.seed_of(int(lane.places[m])), float(objective[m]), done, stop.converged, stop.reason,
            None, lane.stack[m], float(log_likelihood[m]),
        )  # fmt: skip


def _known(objectives: Array) -> tuple[float, ...]:
    """The finite ones, which are the last."""
    return tuple(float(value) for value in objectives if value == value)
