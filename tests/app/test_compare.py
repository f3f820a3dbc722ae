"""EM beside k-means: the same axes, hits and confusion, stepping along, and a sentence where there is nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from choosing import chosen
from screen_text import screen_text
from sklearn.cluster import KMeans as SklearnKMeans
from textual.app import App

from emtui.charts.axes import fit_scales
from emtui.charts.chart_widget import Chart
from emtui.charts.colors import DARK
from emtui.charts.heatmap import Heatmap
from emtui.charts.scene import Dots, Scene
from emtui.screens.compare.compare import CompareScreen
from emtui.screens.compare.comparison_side import ComparisonSide, baseline_heading, confusion_matrix
from emtui.session.baseline import kmeans_baseline
from emtui.session.session import Session
from emtui.spec.choose import choose
from emtui.views.baseline_snapshot import baseline_snapshot, on_the_same_axes, why_no_baseline
from engine import KMeans, fit
from engine.em.evaluation import Posterior
from engine.em.step import Phase
from engine.em.stopping import ResponsibilityChange

FILES = Path(__file__).resolve().parents[1] / "files"

SIZES = [(40, 12), (80, 24), (120, 40)]


class Host(App[None]):
    """Holds the comparison as the explorer does: one screen above another."""


def session_on(source: str = "iris", steps: int = 6, **options: Any) -> Session:
    session = Session(chosen(source, **options))
    for _ in range(steps):
        session.take()
    assert session.baseline is not None
    return session


async def shown(pilot: Any, session: Session) -> CompareScreen:
    screen = CompareScreen()
    pilot.app.push_screen(screen)
    await pilot.pause()
    screen.show(session.snapshot())
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()
    return screen


# as values


def test_the_baseline_frame_is_k_means_under_other_labels() -> None:
    session = session_on()
    for _ in range(20):  # until k-means is at rest
        session.take_iteration()
    snapshot = session.snapshot()
    assert snapshot.baseline is not None
    theirs = baseline_snapshot(snapshot, snapshot.baseline)
    step = snapshot.baseline.step_at(snapshot.step.iteration, snapshot.step.phase)
    assert step.at_q is not None
    raw = Posterior(step.at_q).labels
    assert theirs.labels is not None
    pairs = {(int(a), int(b)) for a, b in zip(raw, theirs.labels, strict=True)}
    assert len(pairs) == 3  # one to one
    assert theirs.responsibilities is not None
    np.testing.assert_array_equal(theirs.responsibilities.argmax(axis=1), theirs.labels)
    X = snapshot.spec.dataset.X
    distance = ((X[:, None, :] - theirs.step.params.centers[None]) ** 2).sum(axis=2)
    np.testing.assert_array_equal(distance.argmin(axis=1), theirs.labels)
    assert theirs.agreement is not None
    assert (theirs.agreement.hits, theirs.agreement.total) == (134, 150)


def test_clusters_stand_in_the_order_of_the_components_they_share_most_rows_with() -> None:
    snapshot = session_on().snapshot()
    assert snapshot.baseline is not None
    assert snapshot.labels is not None
    theirs = baseline_snapshot(snapshot, snapshot.baseline)
    assert theirs.labels is not None
    shared = (theirs.labels == snapshot.labels).mean()
    for order in ((1, 0, 2), (0, 2, 1), (2, 1, 0), (1, 2, 0), (2, 0, 1)):
        assert shared >= (np.array(order)[theirs.labels] == snapshot.labels).mean()


def test_the_baseline_rests_where_scikit_learn_does() -> None:
    spec = choose("iris")
    baseline = kmeans_baseline(spec)
    assert baseline is not None
    peer = SklearnKMeans(3, n_init=10, random_state=0).fit(spec.dataset.X)
    assert -baseline.run.step.objective == pytest.approx(peer.inertia_, rel=1e-9)
    assert baseline.run.converged
    assert baseline.run.n_iter < 100


@pytest.mark.parametrize(("seed", "inertia", "hits"), [(0, 559.51, 218), (1, 547.42, 302)])
def test_beside_a_start_at_k_means_stands_that_very_k_means(seed: int, inertia: float, hits: int) -> None:
    """A far pair of rows is a cluster of its own, or draws the others apart: what EM began from is what is shown."""
    session = Session(choose(str(FILES / "far_pair.csv"), k=3, seed=seed))
    baseline, start = session.baseline, session.timeline.current.params
    assert baseline is not None and baseline.agreement is not None
    assert (-baseline.run.step.objective, baseline.agreement.hits) == (pytest.approx(inertia, abs=0.005), hits)
    centers = baseline.run.params.centers
    assert np.sort(centers, axis=0) == pytest.approx(np.sort(start.means, axis=0), abs=1e-9)
    for _ in range(5):
        session.take_iteration()  # until k-means beside it is at rest
    heading, numbers = baseline_heading(baseline_snapshot(session.snapshot(), baseline), baseline)
    assert heading.endswith("· EM began there") and f"{hits}/302" in numbers


def test_another_seed_has_its_own_k_means_beside_it() -> None:
    session = Session(choose(str(FILES / "far_pair.csv"), k=3))
    first = session.baseline
    session.restart(1)
    assert session.snapshot().baseline is None  # not there yet, and not that of the other start
    assert session.baseline is not None and first is not None
    assert [round(-one.run.step.objective, 2) for one in (first, session.baseline)] == [559.51, 547.42]
    assert session.snapshot_at(0, 0).baseline is first
    points = Session(choose(str(FILES / "far_pair.csv"), k=3, settings={"init": "points"}))
    one = points.baseline
    points.restart(1)
    assert points.snapshot().baseline is one


def test_k_means_gets_as_many_starts_as_em() -> None:
    spec = choose(str(FILES / "far_pair.csv"), k=3)
    found = kmeans_baseline(spec, seeds=(0, 1, 2))
    assert found is not None and not found.began_em
    assert [restart.seed for restart in found.run.restarts] == [0, 1, 2]
    assert found.run.restarts[0].objective == pytest.approx(-559.51, abs=0.005)
    assert found.run.step.objective == pytest.approx(-547.42, abs=0.005)
    plain = kmeans_baseline(choose(str(FILES / "far_pair.csv"), k=3, settings={"init": "points"}), seeds=(0, 1, 2))
    assert plain is not None
    peers = fit(KMeans(n_components=3), spec.dataset.X, seed=0, n_init=3, stopping=ResponsibilityChange(0.5))
    assert [one.objective for one in plain.run.restarts] == pytest.approx([one.objective for one in peers.restarts])


def test_k_means_steps_along_and_rests() -> None:
    baseline = kmeans_baseline(choose("three_gaussians"))
    assert baseline is not None
    first = baseline.step_at(0, "init")  # before the first iteration: its first assignment, not its last
    assert (first.iteration, first.phase) == (1, "E")
    halves: tuple[tuple[int, Phase], ...] = ((1, "E"), (1, "M"), (2, "E"), (2, "M"))
    for iteration, phase in halves:
        step = baseline.step_at(iteration, phase)
        assert (step.iteration, step.phase) == (iteration, phase)
    assert baseline.step_at(10_000, "E") is baseline.run.step


def test_where_k_means_makes_no_sense_it_is_said(tmp_path: Path) -> None:
    assert why_no_baseline(choose("iris")) == ""
    assert "k-means itself" in why_no_baseline(choose("iris", model="kmeans"))
    table = tmp_path / "few.csv"
    table.write_text("a,b\n1,2\n3,4\n5,5\n")
    assert "can't make 9 clusters of 3 rows" in why_no_baseline(choose(str(table), k=9))


def test_ranges_hold_both_scenes_where_axes_mean_the_same() -> None:
    left = Scene([Dots([0.0, 1.0], [0.0, 5.0])], "a", "b")
    right = Scene([Dots([-3.0, 0.5], [1.0, 9.0])], "a", "b")
    ours, theirs = on_the_same_axes(left, right)
    assert (ours.x_range, ours.y_range) == (theirs.x_range, theirs.y_range)
    assert ours.x_range is not None
    assert ours.y_range is not None
    assert ours.x_range[0] <= -3 < 1 <= ours.x_range[1]
    assert ours.y_range[0] <= 0 < 9 <= ours.y_range[1]
    ours, theirs = on_the_same_axes(left, replace(right, y_label="density"))
    assert ours.x_range == theirs.x_range is not None
    assert ours.y_range is None
    assert theirs.y_range is None
    other = replace(right, x_label="c")
    assert on_the_same_axes(left, other) == (left, other)


def test_confusion_names_classes_and_components() -> None:
    snapshot = session_on().snapshot()
    matrix = confusion_matrix(snapshot, ("1", "2", "3"), DARK)
    assert matrix is not None
    assert tuple(matrix.row_labels) == ("setosa", "versicolor", "virginica")
    assert sorted(label[1:] for label in matrix.column_labels) == ["1", "2", "3"]
    assert matrix.values.sum() == 150
    assert snapshot.agreement is not None
    assert np.trace(matrix.values) == snapshot.agreement.hits
    assert confusion_matrix(session_on("old_faithful").snapshot(), ("1", "2"), DARK) is None


# on the screen


@pytest.mark.parametrize("size", SIZES)
async def test_both_sides_are_there_or_behind_tabs(size: tuple[int, int]) -> None:
    app = Host()
    async with app.run_test(size=size) as pilot:
        screen = await shown(pilot, session_on(steps=60))
        text = screen_text(app)
        assert "145/150 .967" in text
        assert "petal width" in text
        if size[0] < 80:
            assert "inertia" not in text
            await pilot.press("tab")
            await pilot.pause()
            text = screen_text(app)
            assert "145/150" not in text
        assert "134/150 .893 · inertia 78.851" in text
        assert "at rest" in text
        if size[1] >= 24:
            assert text.count("versicolor") == 2
        await pilot.press("escape")
        await pilot.pause()
        assert app.screen is not screen


async def test_both_pictures_have_the_same_axes_on_every_pair() -> None:
    app = Host()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await shown(pilot, session_on())
        seen = set()
        for key in ("a", "a", "a", "A"):
            left, right = (chart.scene for chart in screen.query(Chart))
            ours, theirs = fit_scales(left), fit_scales(right)
            assert ours == theirs is not None
            assert (left.x_label, left.y_label) == (right.x_label, right.y_label)
            seen.add((left.x_label, left.y_label))
            await pilot.press(key)
            await pilot.pause()
        assert len(seen) == 4


async def test_a_step_is_shown_on_both_sides_and_k_means_comes_later() -> None:
    session = Session(choose("three_gaussians"))
    app = Host()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = CompareScreen()
        screen.show(session.snapshot())  # before it is mounted, as the explorer may
        app.push_screen(screen)
        await pilot.pause()
        assert "k-means is being run" in screen_text(app)
        assert "press e for responsibilities" in screen_text(app)
        assert session.baseline is not None
        screen.show(session.snapshot())
        await pilot.pause()
        assert "being run" not in screen_text(app)
        assert "iteration 1" in screen_text(app)
        session.take()
        session.take()
        session.take()
        screen.show(session.snapshot())
        await pilot.pause()
        assert "iteration 2, E-step" in screen_text(app)
        assert "iteration 2 of 4, assigned" in screen_text(app)


@pytest.mark.parametrize("source", ["coins", "waiting", "old_faithful", "two_gaussians", "moons"])
@pytest.mark.parametrize("size", [(120, 40), (40, 12)])
async def test_other_data_and_models_are_compared_too(source: str, size: tuple[int, int]) -> None:
    app = Host()
    async with app.run_test(size=size) as pilot:
        screen = await shown(pilot, session_on(source, steps=3))
        sides = list(screen.query(ComparisonSide))
        assert not any(side.has_class("-empty") for side in sides)
        if (source, size) != ("coins", (40, 12)):  # "log-likelihood" leaves no room for it there
            assert ("no known classes" in screen_text(app)) == (session_on(source).snapshot().agreement is None)
        for resize in ((10, 3), (200, 60), size):
            await pilot.resize_terminal(*resize)
            await pilot.pause()


async def test_the_matrix_gives_way_to_the_picture() -> None:
    app = Host()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await shown(pilot, session_on())
        assert all(matrix.display for matrix in screen.query(Heatmap))
        await pilot.resize_terminal(120, 14)
        await pilot.pause()
        assert "versicolor" not in screen_text(app)
        assert "petal width" in screen_text(app)


async def test_k_means_alone_says_that_there_is_nothing_to_compare() -> None:
    session = Session(choose("iris", model="kmeans"))
    session.take()
    app = Host()
    async with app.run_test(size=(120, 30)) as pilot:
        screen = CompareScreen()
        app.push_screen(screen)
        await pilot.pause()
        screen.show(session.snapshot())
        await pilot.pause()
        assert "The model is k-means itself" in screen_text(app)


async def test_many_rows_are_assigned_in_the_background(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.normal(m, 1.0, (11_000, 2)) for m in (0.0, 8.0)])
    table = tmp_path / "many.csv"
    np.savetxt(table, X, delimiter=",", header="a,b", comments="", fmt="%.4f")
    session = session_on(str(table), steps=2, k=2)
    app = Host()
    async with app.run_test(size=(120, 30)) as pilot:
        await shown(pilot, session)
        assert "inertia" in screen_text(app)


async def test_hostile_class_names_are_shown_as_text(tmp_path: Path) -> None:
    table = tmp_path / "evil.csv"
    rows = "".join(f"{i % 2 * 9 + i % 5},{i % 3},{('[b]ad', 'x' + chr(27) + '[31my')[i % 2]}\n" for i in range(40))
    table.write_text("[red]a,b,kind\n" + rows)
    app = Host()
    async with app.run_test(size=(120, 40)) as pilot:
        await shown(pilot, session_on(str(table)))
        text = screen_text(app)
        assert "[b]ad" in text
        assert "\x1b" not in text
