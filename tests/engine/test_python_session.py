"""What values are in a Python session: they show at most a screen, are equal by their numbers, and can be pickled."""

from __future__ import annotations

import pickle
import pydoc
import re
from functools import cache
from typing import Any

import numpy as np
import pytest

import engine
from engine.em.parameters import arrays_of

IRIS = engine.load("iris").standardized()
COUNTS = np.random.default_rng(0).poisson(2.0, (40, 300)).astype(float)
MODELS: dict[str, tuple[Any, Any, Any]] = {
    "gmm": (engine.GaussianMixture(3), IRIS.X, None),
    "wide": (engine.GaussianMixture(9), engine.load("wine").X, None),
    "bernoulli": (engine.BernoulliMixture(), (COUNTS[:, :30] > 1).astype(float), None),
    "topics": (engine.LatentDirichletAllocation(6), COUNTS, None),
    "hmm": (engine.HiddenMarkovModel(3, emission="gaussian"), IRIS.X, None),
    "linkage": (engine.GeneticLinkage(), engine.load("linkage").X, None),
    "network": (engine.LatentMLP(7), IRIS.X, IRIS.y),
    "layers": (engine.LatentMLP((4, 3)), IRIS.X, IRIS.y),
    "adam": (engine.LatentMLP(5, optimizer="adam", batch_size=20), IRIS.X, IRIS.y),
    "numbers": (engine.LatentMLP(4), IRIS.X[:, :3], IRIS.X[:, 3]),
    "backprop": (engine.BackpropMLP(5), IRIS.X, IRIS.y),
    "experts": (engine.MixtureOfExperts(3), IRIS.X, IRIS.y),
    "kmeans": (engine.KMeans(3), IRIS.X, None),
}


@cache
def run_of(name: str) -> engine.Run:
    model, X, y = MODELS[name]
    return engine.fit(model, X, y, seed=2, max_iter=3, n_init=2)


@pytest.mark.parametrize("name", MODELS)
def test_a_run_a_step_and_parameters_show_at_most_a_screen(name: str) -> None:
    run = run_of(name)
    problem = run.step.problem
    for value in (run, run.step, run.timeline[1], run.params, problem, problem.data, run.timeline, run.restarts[0]):
        shown = repr(value)
        assert shown.startswith(type(value).__name__)
        rows = sum(max(1, -(-len(line) // 80)) for line in shown.split("\n"))
        assert rows <= 24 and all(line.isprintable() for line in shown.split("\n")), shown
    for path in arrays_of(run.params):
        assert path in repr(run.params)


def test_to_show_a_step_takes_no_pass() -> None:
    step = engine.m_step(engine.e_step(engine.begin(*MODELS["gmm"][:2])))
    assert "objective" not in repr(step) and not step.at.knows_its_objective
    assert f"objective={step.objective:.9g}" in repr(step)


def test_a_data_set_shows_its_extent() -> None:
    assert repr(engine.load("iris")) == (
        "Dataset('iris', 150 × 4: sepal length, sepal width, petal length, petal width, 3 classes)"
    )
    assert len(repr(engine.load("federalist"))) < 200


@pytest.mark.parametrize("name", MODELS)
def test_what_was_pickled_is_equal_and_steps_on_to_the_same_numbers(name: str) -> None:
    run = run_of(name)
    for value in (run, run.step, run.timeline, run.model, run.params):
        assert type(pickle.loads(pickle.dumps(value))) is type(value)
    again = pickle.loads(pickle.dumps(run))
    assert again.params == run.params and hash(again.params) == hash(run.params)
    assert run.params != run.timeline[0].params
    for one, other in zip(run.timeline.steps, again.timeline.steps, strict=True):
        assert one.params == other.params and repr(one.objective) == repr(other.objective)  # nan at a start
    steps = [engine.advance(engine.advance(which.step)) for which in (run, again)]
    assert steps[0].params == steps[1].params and steps[0].objective == steps[1].objective
    assert len({steps[0], steps[1]}) == 2 and len({steps[0].problem, steps[1].problem}) == 2  # each is itself alone


def test_a_timeline_keeps_its_branches_in_a_pickle() -> None:
    timeline = engine.Timeline(engine.begin(*MODELS["gmm"][:2]))
    for _ in range(4):
        timeline.record(engine.advance(timeline.current))
    timeline.go_to(2)
    timeline.record(engine.m_step(engine.e_step(timeline.current)))
    again = pickle.loads(pickle.dumps(timeline))
    assert (again.n_branches, again.branch, again.cursor) == (2, 1, 3) and repr(again) == repr(timeline)
    assert again.steps_of(0)[2] is again.steps_of(1)[2]


def test_the_help_on_the_engine_is_short_and_names_what_is_there() -> None:
    assert len(pydoc.render_doc(engine).splitlines()) <= 80
    assert engine.__doc__ is not None
    listed = engine.__doc__.partition("says more:")[2].partition("Names are")[0]
    names = [name for line in listed.splitlines() for name in re.findall(r"\w+", line[16:])]  # after the heads
    assert len(names) > 45 and set(names) <= set(dir(engine)), set(names) - set(dir(engine))
    assert re.fullmatch(r"\d+\.\d+\.\d+", engine.__version__)
