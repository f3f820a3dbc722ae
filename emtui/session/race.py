"""The race: every way to run EM and k-means from one start, EM from further ones, an iteration each in turn.

No screen here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from emtui.session.baseline import classes_to_find
from emtui.session.network_race import network_must_rise, network_race, why_no_network_race
from emtui.session.racer import Judgement, Runner, laps
from emtui.session.racer import Race as Race
from emtui.session.racer import Racer as Racer
from emtui.spec.labels_given import NONE, n_given
from emtui.spec.revise import started_anew
from emtui.spec.rival_model import is_network
from emtui.spec.run_spec import RunSpec
from emtui.spec.train_test_split import problem_of, sample_weight_of, table_of
from engine.analysis.evaluation import agreement
from engine.arrays import IntArray
from engine.baselines.kmeans import KMeans, KMeansParams
from engine.em.algorithm import Rising
from engine.em.algorithms import ALGORITHMS, algorithm_named
from engine.em.evaluation import Evaluation, Posterior
from engine.em.fields import count_components, location
from engine.em.inference import Exact
from engine.em.loop import begin_problem, e_step, m_step, stopped
from engine.em.observed import observed
from engine.em.step import Problem, Step
from engine.errors import EngineError, OptionError
from engine.models.mixture import Mixture

KMEANS = "k-means"
N_STARTS, MOST_STARTS = 3, 12

_MUST_RISE: dict[Rising, str] = {
    "both": "its objective must rise, and so must the bound",
    "objective": "its objective must rise",
    "elbo": "its bound must rise, but the objective may fall",
    "nothing": "its objective may fall, and so may the bound",
}


def must_rise(racer: Racer) -> str:
    """Whether its objective must rise, in a sentence; "" of a racer that can't be run."""
    if racer.spec is None:
        return ""
    if racer.name == KMEANS:
        return "k-means: its inertia never rises, but the objective may fall."
    if is_network(racer.spec.model) or not racer.spec.model.hides:
        return network_must_rise(racer)
    if racer.spec.model.samples:
        return f"{racer.name}: its E-steps draw, so that nothing must rise."
    return f"{racer.name}: {_MUST_RISE[algorithm_named(racer.spec.algorithm).rises]}."


def why_no_race(spec: RunSpec) -> str:
    """Why these choices can't be raced, in a sentence; "" where they can."""
    if spec.model.supervised:
        return why_no_network_race(spec)
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
    if spec.model.supervised:
        yield from network_race(spec, n_starts)
        return
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
    yield from laps(now, workers)


def _as_chosen(spec: RunSpec, name: str) -> str:
    """The algorithm, with the user's own options where it is theirs."""
    return spec.algorithm if algorithm_named(spec.algorithm).name == name else name


def _by_labels(truth: IntArray | None, judged: Callable[[Step], tuple[float, Evaluation]], step: Step) -> Judgement:
    """The objective, and how many labels of this step are right."""
    objective, labels_at = judged(step)
    return Judgement(objective, None if truth is None else agreement(Posterior(labels_at).labels, truth).hits)


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


def _of_algorithm(spec: RunSpec, algorithm: str, first: Step, truth: IntArray | None) -> Runner:
    chosen, own = algorithm_named(algorithm), replace(spec, algorithm=algorithm)

    def begin() -> tuple[RunSpec, Step]:
        return own, stopped(begin_problem(replace(first.problem, algorithm=chosen), first.params), own.rules)

    return Runner(chosen.name, begin, partial(_by_labels, truth, _judged))


def _of_start(spec: RunSpec, seed: int, truth: IntArray | None) -> Runner:
    """Classic EM from another start, also where one was published."""

    def begin() -> tuple[RunSpec, Step]:
        own = started_anew(spec, seed)
        return own, stopped(begin_problem(problem_of(own), own.start), own.rules)

    return Runner(f"seed {seed}", begin, partial(_by_labels, truth, _judged))


def _of_kmeans(spec: RunSpec, first: Step, truth: IntArray | None) -> Runner | None:
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

    return Runner(KMEANS, begin, partial(_by_labels, truth, partial(_judged_as_clusters, first)))
