"""A run beside what is known: the known classes, and k-means on the same data."""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Iterable, Sequence
from typing import Any, TypeAlias

import numpy as np

from emtui.session.snapshot import Baseline
from emtui.spec.labels_given import known_labels
from emtui.spec.run_spec import RunSpec
from engine.analysis.evaluation import Agreement, agreement
from engine.arrays import IntArray
from engine.data.dataset import Dataset
from engine.em.fields import count_components
from engine.em.run import Restart, Run, report
from engine.em.timeline import Timeline
from engine.errors import EngineError

_MAX_ITER = 200


def classes_to_find(spec: RunSpec) -> IntArray | None:
    """(n,) the known classes that the model is not given, −1 elsewhere; None where there are none.

    What was given is no achievement, so that rows of given class are judged nowhere.
    """
    truth = spec.dataset.y
    if truth is None or spec.model.supervised:
        return None
    given = known_labels(spec)
    if given is not None:
        truth = np.where(given >= 0, -1, truth)
    return truth if (truth >= 0).any() else None


def agreement_with_classes(spec: RunSpec, labels: IntArray | None) -> Agreement | None:
    """The labels against the known classes of the rows whose class is not given; None where either is missing."""
    truth = classes_to_find(spec)
    if labels is None or truth is None or len(truth) != len(labels):
        return None
    told = labels >= 0  # of a row of weight 0 that the model can't take nothing is known
    return agreement(labels[told], truth[told]) if (truth[told] >= 0).any() else None


def n_clusters(spec: RunSpec, params: Any = None) -> int:
    """As many as θ has components, of whatever kind; K where there is no θ."""
    return (0 if params is None else count_components(params)) or spec.n_components


def kmeans_baseline(
    spec: RunSpec, params: Any = None, seeds: Sequence[int] = (), patience: float = math.inf
) -> Baseline | None:
    """k-means on the same table, the best of its starts; None where it can't be run.

    Raises:
        TimeoutError: it takes longer than `patience` in seconds.
    """
    steps, begun = kmeans_steps(spec, params, seeds), time.monotonic()
    while True:
        if time.monotonic() - begun > patience:
            raise TimeoutError
        try:
            next(steps)
        except StopIteration as end:
            found: Baseline | None = end.value
            return found


def kmeans_steps(
    spec: RunSpec, params: Any = None, seeds: Sequence[int] = ()
) -> Generator[None, None, Baseline | None]:
    """`kmeans_baseline` a half-step at a time, so that the caller can do something else in between.

    From a seed it begins where a start at k-means does, so that beside such a start stands the very k-means from which
    the model began: the best of ten runs.

    seeds: those of the starts that the model got, where it got several; k-means then gets as many, one from each seed
    (of ten runs where the model's own start takes ten). Its restarts are the runs, or one for each of several seeds.
    """
    from engine.baselines.kmeans import KMeans, KMeansParams
    from engine.em.algorithms import algorithm_named
    from engine.em.loop import begin_problem, walk
    from engine.em.observed import observed
    from engine.em.step import Problem
    from engine.em.stopping import ResponsibilityChange, rules_for
    from engine.starts.initialization import kmeans_starts

    data = spec.dataset
    if spec.model.name == "kmeans" or spec.model.supervised or data.has_missing:
        return None
    at_rest = ResponsibilityChange(0.5)  # no row goes to another cluster; rounding never lets the centres rest exactly
    rules = rules_for(_MAX_ITER, 0.0, at_rest)
    model, chosen = KMeans(n_components=n_clusters(spec, params)), algorithm_named("classic")
    of_ten = len(seeds) < 2 or starts_at_kmeans(spec)
    best: Timeline | None = None
    restarts: list[Restart] = []
    try:
        rows = observed(model, data.X, None, data.weights)
        for seed in seeds or (spec.seed,):
            generator, own = np.random.default_rng(seed), list[Timeline]()
            n_init = 10 if of_ten else 1
            for centers in kmeans_starts(rows.X, model.n_components, generator, rows.sample_weight, n_init):
                steps = walk(begin_problem(Problem(model, rows, chosen, seed), KMeansParams(centers)), rules)
                timeline = Timeline(next(steps))
                yield
                for step in steps:
                    timeline.record(step)
                    yield
                own.append(timeline)
            leading = max(own, key=lambda one: one.current.objective)
            restarts += [report(seed, one) for one in (own if len(seeds) < 2 else [leading])]
            if best is None or leading.current.objective > best.current.objective:
                best = leading
    except EngineError:
        return None  # the data, or K for them, which every start has alike
    if best is None:
        return None
    run = Run(best, tuple(restarts))
    began_em = len(seeds) < 2 and starts_at_kmeans(spec) and known_labels(spec) is None
    return Baseline(run, agreement_with_classes(spec, run.labels), began_em)


_Key: TypeAlias = tuple[Dataset, str, int, str, bool, int]


class Baselines:
    """The k-means beside each start of a session: one for each seed where the model starts at k-means, else one.

    Other data, another model, another K and other classes given to it have a k-means of their own.
    """

    def __init__(self) -> None:
        self._found: dict[_Key, Baseline | None] = {}
        self._under_way: list[tuple[_Key, Generator[None, None, Baseline | None]]] = []
        self._first: int | None = None

    def begin(self, spec: RunSpec, steps: Generator[None, None, Baseline | None]) -> None:
        """Run this k-means beside the start of these choices, unless there is one beside it."""
        self._first = spec.seed if self._first is None else self._first
        key = self._key(spec)
        if key not in self._found and key not in [one for one, _ in self._under_way]:
            self._under_way.append((key, steps))

    def know(self, spec: RunSpec, found: Baseline) -> None:
        """The k-means beside the start of these choices is there already."""
        key = self._key(spec)
        self._found[key] = found
        self._under_way = [(one, steps) for one, steps in self._under_way if one != key]

    @property
    def due(self) -> bool:
        """Whether any k-means has not come to its end."""
        return bool(self._under_way)

    def advance(self) -> None:
        """Let the latest one take a half-step. One that fails is not tried again."""
        key, steps = self._under_way[-1]
        try:
            next(steps)
        except StopIteration as end:
            self._found[key] = end.value
            self._under_way.pop()
        except BaseException:
            self._found[key] = None
            self._under_way.pop()
            raise

    def of(self, spec: RunSpec) -> Baseline | None:
        """The k-means beside the start of these choices; None where it can't be run, or is not there yet."""
        return self._found.get(self._key(spec))

    def keep_only(self, specs: Iterable[RunSpec]) -> None:
        """Forget, and run no further, what stands beside none of these."""
        keys = {self._key(spec) for spec in specs}
        self._found = {key: found for key, found in self._found.items() if key in keys}
        self._under_way = [(key, steps) for key, steps in self._under_way if key in keys]

    def _key(self, spec: RunSpec) -> _Key:
        at_kmeans = starts_at_kmeans(spec)
        seed = spec.seed if self._first is None or at_kmeans else self._first
        return spec.dataset, spec.model.name, spec.n_components, spec.known, at_kmeans, seed


def starts_at_kmeans(spec: RunSpec) -> bool:
    """The model begins at the clusters of k-means."""
    return spec.start is None and spec.model.option_values.get("init") == "kmeans"
