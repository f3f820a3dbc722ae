"""The race: every way to run EM and k-means from one start, EM from further ones, an iteration each in turn.

No screen here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import TypeAlias

from emtui.session.baseline import classes_to_find
from emtui.spec.labels_given import NONE, n_given
from emtui.spec.revise import started_anew
from emtui.spec.run_spec import RunSpec
from emtui.spec.train_test_split import problem_of, sample_weight_of, table_of
from engine.analysis.evaluation import agreement
from engine.analysis.rest import judged
from engine.arrays import IntArray
from engine.baselines.kmeans import KMeans, KMeansParams
from engine.em.algorithm import Rising
from engine.em.algorithms import ALGORITHMS, algorithm_named
from engine.em.evaluation import Evaluation, Posterior
from engine.em.fields import count_components, location
from engine.em.inference import Exact
from engine.em.loop import advance, begin_problem, e_step, m_step, stopped
from engine.em.observed import observed
from engine.em.step import Problem, Step
from engine.errors import EngineError, OptionError
from engine.models.mixture import Mixture

KMEANS = "k-means"
N_STARTS, MOST_STARTS = 3, 12
Judge: TypeAlias = Callable[[Step], tuple[float, Evaluation]]

_MUST_RISE: dict[Rising, str] = {
    "both": "its objective must rise, and so must the bound",
    "objective": "its objective must rise",
    "elbo": "its bound must rise, but the objective may fall",
    "nothing": "its objective may fall, and so may the bound",
}


@dataclass(frozen=True)
class Lap:
    """A racer after an iteration; all numbers are of the parameters that it has then.

    Attributes:
        iteration: 0 at the start.
        seconds: of computing, since the start; judging how good the parameters are does not count.
        objective: of the model at these parameters; nan where it can't be had.
        hits: rows whose matched label is right, of those whose class is known and was not given.
    """

    iteration: int
    seconds: float
    objective: float
    hits: int | None


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
        n_judged: rows whose class is known and was not given; 0 where there are none.
        n_given: rows whose class was given, which count as neither right nor wrong.
    """

    racers: tuple[Racer, ...]
    n_judged: int
    n_given: int = 0

    @property
    def over(self) -> bool:
        """Nobody runs any more."""
        return all(racer.over for racer in self.racers)


def must_rise(racer: Racer) -> str:
    """Whether its objective must rise, in a sentence; "" of a racer that can't be run."""
    if racer.spec is None:
        return ""
    if racer.name == KMEANS:
        return "k-means: its inertia never rises, but the objective may fall."
    if racer.spec.model.samples:
        return f"{racer.name}: its E-steps draw, so that nothing must rise."
    return f"{racer.name}: {_MUST_RISE[algorithm_named(racer.spec.algorithm).rises]}."


def why_no_race(spec: RunSpec) -> str:
    """Why these choices can't be raced, in a sentence; "" where they can."""
    if spec.model.supervised:
        return "The race is for hidden components: the curves already show both ways to train a network."
    if spec.model.name == "kmeans":
        return "Every algorithm is the same for k-means: choose a mixture to race."
    return ""


def race(spec: RunSpec, n_starts: int = N_STARTS) -> Iterator[Race]:
    """Run them all, and tell how it stands after the start and after every iteration of all; leave the loop to stop.

    n_starts: of classic EM: the start that all the algorithms have, and those of the seeds that follow.

    Raises:
        EngineError: there is nothing to race, or the model can't start; one sentence.
    """
    reason = why_no_race(spec)
    if reason:
        raise OptionError(reason)
    if not 1 <= n_starts <= MOST_STARTS:
        raise OptionError(f"a race has 1 to {MOST_STARTS} starts, not {n_starts}.")
    plain = replace(spec, algorithm="classic")
    first = begin_problem(problem_of(plain), plain.start)
    truth = classes_to_find(plain)  # for k-means, too, which is given none
    workers = [_of_algorithm(plain, _as_chosen(spec, name), first, truth) for name in ALGORITHMS]
    workers += [_of_start(plain, plain.seed + further, truth) for further in range(1, n_starts)]
    clusters = _of_kmeans(plain, first, truth)
    if clusters is not None:
        workers.append(clusters)
    n_judged = 0 if truth is None else int((truth >= 0).sum())
    now = Race(tuple(worker.racer for worker in workers), n_judged, n_given(plain))
    yield now
    while not now.over:
        for worker in workers:
            worker.lap()
        now = replace(now, racers=tuple(worker.racer for worker in workers))
        yield now


def _as_chosen(spec: RunSpec, name: str) -> str:
    """The algorithm, with the user's own options where it is theirs."""
    return spec.algorithm if algorithm_named(spec.algorithm).name == name else name


class _Runner:
    """A racer under way: its current step, and its results so far.

    begin: gives what opens the racer in the explorer, and its first step. judged: the objective at the step's θ, and
    where its labels come from.
    """

    def __init__(
        self, name: str, truth: IntArray | None, begin: Callable[[], tuple[RunSpec, Step]], judged: Judge | None = None
    ) -> None:
        self._truth, self._judged = truth, judged or _judged
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
        objective, labels_at = self._judged(step)
        hits = None if self._truth is None else agreement(Posterior(labels_at).labels, self._truth).hits
        lap = Lap(step.iteration, step.seconds, objective, hits)
        weak = step.problem.model.weak_components(step.params, step.problem.data)
        self.racer = replace(
            self.racer,
            laps=(*self.racer.laps, lap),
            converged=step.converged,
            stop_reason=step.stop_reason,
            weak=weak,
        )


def _judged(step: Step) -> tuple[float, Evaluation]:
    """The objective at θ, and the posterior at θ for its labels, whatever q the algorithm chooses."""
    exact = isinstance(step.at.inference, Exact)
    return step.objective, step.at if exact else step.problem.at(step.params)


def _judged_as_clusters(first: Step, step: Step) -> tuple[float, Evaluation]:
    """The partition Z of k-means, judged as the model of the first step would: by the parameters best for its labels.

    log p(X | θ̂) + log p(θ̂), with θ̂ = argmax log p(X, Z | θ)
    """
    labels = step.problem.at(step.params)
    if step.phase == "init":
        return first.objective, labels
    problem = first.problem
    try:
        data = observed(problem.model, problem.data.given_table, Posterior(labels).labels, problem.data.given_weight)
        known = replace(problem, data=data)
        best = m_step(e_step(begin_problem(known, first.params))).params
        return problem.at(best).objective, labels
    except EngineError:  # a cluster that no component can be fitted to
        return math.nan, labels


def _of_algorithm(spec: RunSpec, algorithm: str, first: Step, truth: IntArray | None) -> _Runner:
    chosen, own = algorithm_named(algorithm), replace(spec, algorithm=algorithm)

    def begin() -> tuple[RunSpec, Step]:
        return own, stopped(begin_problem(replace(first.problem, algorithm=chosen), first.params), own.rules)

    return _Runner(chosen.name, truth, begin)


def _of_start(spec: RunSpec, seed: int, truth: IntArray | None) -> _Runner:
    """Classic EM from another start, also where one was published."""

    def begin() -> tuple[RunSpec, Step]:
        own = started_anew(spec, seed)
        return own, stopped(begin_problem(problem_of(own), own.start), own.rules)

    return _Runner(f"seed {seed}", truth, begin)


def _of_kmeans(spec: RunSpec, first: Step, truth: IntArray | None) -> _Runner | None:
    """k-means from the centres of θ⁰; None where the model has none, or values are missing."""
    places = location(first.params) if isinstance(spec.model, Mixture) else None
    if places is None or len(places.array) < count_components(first.params) or spec.dataset.has_missing:
        return None
    centers = places.array if places.array.ndim == 2 else places.array[:, None]
    model = KMeans(n_components=len(centers))
    theirs = replace(
        spec, model=model, start=KMeansParams(centers), start_file=None, known=NONE, stop="responsibilities=0.5"
    )  # at rest when no row goes to another cluster

    def begin() -> tuple[RunSpec, Step]:
        data = observed(model, table_of(spec)[0], None, sample_weight_of(spec))
        problem = Problem(model, data, algorithm_named("classic"), spec.seed)
        return theirs, begin_problem(problem, theirs.start)

    return _Runner(KMEANS, truth, begin, partial(_judged_as_clusters, first))
