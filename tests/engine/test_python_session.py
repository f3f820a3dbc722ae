"""What values are in a Python session: they show at most a screen, are equal by their numbers, and can be pickled."""

from __future__ import annotations

import pickle
import pydoc
import re
from dataclasses import replace
from functools import cache
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

import engine
from engine.em.parameters import arrays_of
from engine.em.value_html import curve_svg, points_svg

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


def test_what_a_study_gives_can_be_pickled() -> None:
    """Of `many_starts` and the like: a generator itself never can."""
    model = engine.GaussianMixture(2)
    *_, starts = engine.many_starts(model, IRIS.X, n_starts=3, max_iter=5)
    again = pickle.loads(pickle.dumps(starts))
    assert [one.objective for one in again.results] == [one.objective for one in starts.results]
    assert [one.params for one in again.results] == [one.params for one in starts.results] and again.finished
    *_, sizes = engine.compare_sizes(model, IRIS.X, n_components=(1, 2), repeats=1, max_iter=5)
    known = pickle.loads(pickle.dumps(sizes)).candidates
    assert [one.criteria for one in known] == [one.criteria for one in sizes.candidates]


def test_the_help_on_the_engine_is_short_and_names_what_is_there() -> None:
    assert len(pydoc.render_doc(engine).splitlines()) <= 80
    assert engine.__doc__ is not None
    listed = engine.__doc__.partition("says more:")[2].partition("Names are")[0]
    names = [name for line in listed.splitlines() for name in re.findall(r"\w+", line[16:])]  # after the heads
    assert len(names) > 45 and set(names) <= set(dir(engine)), set(names) - set(dir(engine))
    assert re.fullmatch(r"\d+\.\d+\.\d+", engine.__version__)


# in a notebook

DRAWN = {"svg", "rect", "polyline", "circle", "text"}
TAGS = {"div", "strong", "table", "tbody", "tr", "th", "td", "pre"} | DRAWN


def parts_of(page: str) -> list[ElementTree.Element]:
    """Every element of what a notebook shows, which is well formed."""
    return list(ElementTree.fromstring(page).iter())


@pytest.mark.parametrize("name", MODELS)
def test_a_notebook_shows_a_run_and_a_step_as_a_picture_and_a_table_in_a_screen(name: str) -> None:
    run = run_of(name)
    assert "objective by iteration" in run._repr_html_()
    for value in (run, run.step, run.timeline[1], run.timeline[0]):
        parts = parts_of(value._repr_html_())
        tags = [part.tag.rpartition("}")[2] for part in parts]
        assert set(tags) <= TAGS
        assert tags.count("table") == 1 and tags.count("svg") <= 2
        rows = sum(1 + "".join(part.itertext()).count("\n") for part in parts if part.tag == "td")
        assert rows <= 24
        words = "".join(parts[0].itertext())
        assert all(path in words for path in arrays_of(value.params))


def test_a_notebook_shows_parameters_as_a_table_of_their_arrays() -> None:
    for name in MODELS:
        params = run_of(name).params
        parts = parts_of(params._repr_html_())
        tags = [part.tag for part in parts]
        assert set(tags) <= TAGS and tags.count("table") == 1
        words = "".join(parts[0].itertext())
        assert words.startswith(type(params).__name__) and all(path in words for path in arrays_of(params))


def test_a_notebook_shows_a_data_set_as_its_title_and_its_first_rows() -> None:
    iris = engine.load("iris")
    parts = parts_of(iris._repr_html_())
    rows = [[cell.text or "" for cell in row] for row in parts if row.tag == "tr"]
    assert parts[1].text == "iris: Iris flowers"
    assert rows[0] == ["row", *iris.feature_names, "class"] and rows[1] == ["1", "5.1", "3.5", "1.4", "0.2", "setosa"]
    assert len(rows) == 9 and "150 rows, 4 columns; the first 8 rows are shown." in "".join(parts[0].itertext())
    odd = engine.Dataset(
        "<b>", np.full((2, 30), np.nan), y=np.array([-1, 0]), class_names=("<i>",), weights=np.array([1.0, 2.0]),
        feature_names=tuple(f"\x1b[31m<{j}>" for j in range(30)), row_names=("a&b", "c"),
    )  # fmt: skip
    page = odd._repr_html_()
    assert "\x1b" not in page and {part.tag for part in parts_of(page)} <= TAGS
    rows = [[cell.text or "" for cell in row] for row in parts_of(page) if row.tag == "tr"]
    assert len(rows) == 3 and rows[1] == ["a&b", *[""] * 12, "…", "", "1"] and rows[2][-2:] == ["<i>", "2"]
    assert "2 rows, 30 columns" in page
    for one in (engine.load("coins"), engine.load("federalist"), iris.standardized()):
        assert {part.tag for part in parts_of(one._repr_html_())} <= TAGS


def test_a_notebook_says_the_objective_of_a_step_or_that_an_e_step_computes_it() -> None:
    for name in MODELS:
        model, X, y = MODELS[name]
        begun = engine.begin(model, X, y, seed=2)
        page = begun._repr_html_()
        assert "not known yet: the next E-step computes it" in page and not begun.at.knows_its_objective
        expected = engine.e_step(begun)
        assert f"{expected.objective:z.9g}" in expected._repr_html_()
        if not np.isnan(begun.objective):  # it has been asked for
            assert f"{begun.objective:z.9g}" in begun._repr_html_()


def test_the_picture_has_the_rows_of_the_first_two_columns_in_the_colours_of_their_components() -> None:
    X = np.array([[0.0, 0.0], [0.1, 0.2], [0.2, 0.1], [9.0, 9.0], [9.1, 9.2], [9.2, 9.1]])
    step = engine.begin(engine.GaussianMixture(2), X, seed=1)
    assert {dot.get("fill") for dot in parts_of(step._repr_html_()) if dot.tag.endswith("circle")} == {"currentColor"}
    dots = [dot for dot in parts_of(engine.e_step(step)._repr_html_()) if dot.tag.endswith("circle")]
    colors = [dot.get("fill") for dot in dots]
    assert len(dots) == 6 and len(set(colors[:3])) == len(set(colors[3:])) == 1 and colors[0] != colors[3]
    lefts = [float(dot.get("cx", "nan")) for dot in dots]
    assert lefts == sorted(lefts)


def test_what_a_notebook_shows_takes_nothing_from_elsewhere_and_nothing_of_the_data_for_markup() -> None:
    names = ("<script>alert(1)</script>", 'a & \x1b[31m"b"')
    begun = engine.begin(engine.GaussianMixture(2), IRIS.X[:, :2])
    step = engine.e_step(replace(begun, problem=replace(begun.problem, column_names=names)))
    page = step._repr_html_()
    assert "<script" not in page and "\x1b" not in page and "&lt;script&gt;" in page
    assert page.count("http") == page.count('xmlns="http://www.w3.org/2000/svg"')
    assert not re.search(r"url\(|href|src=|#000|#fff|black|white(?!-)", page)
    parts_of(page)


def test_numbers_at_the_edges_of_what_is_representable_are_drawn_inside_the_frame() -> None:
    X = np.array([[-1.7e308, 1.0], [1.7e308, 1.0], [0.0, 1.0]])
    for svg in (curve_svg("c", np.arange(3.0), X[:, 0]), points_svg("p", X, None)):
        places = re.findall(r'c[xy]="([^"]+)"', svg) + re.findall(r"[\d.]+(?=,)|(?<=,)[\d.]+", svg)
        assert places and all(0 <= float(place) <= 330 for place in places)
    assert curve_svg("c", np.arange(2.0), np.array([1.0, np.nan])) == ""
    assert points_svg("p", np.full((2, 2), np.nan), None) == ""
