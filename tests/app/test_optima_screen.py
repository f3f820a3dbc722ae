"""The map of optima on screen: the engine's starts, grouped, pictured, stopped, and opened."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from driving import Driver, driving, explorer
from studying import at_rest, stopped_and_begun_again

import engine
from emtui.screens.studies.optima import OptimaScreen
from emtui.screens.studies.optima_map import OptimaMap, verdict
from emtui.screens.studies.optima_starts import MAX_ITER, TOL, spread
from emtui.spec.choose import choose
from emtui.views.number_format import amount, share
from engine.analysis.many_starts import all_starts, many_starts
from engine.analysis.optima import group_optima
from engine.models.gaussian.mixture import GaussianMixture


async def opened(app: Driver, n_starts: int = 30) -> OptimaScreen:
    """The screen with fewer starts, at rest."""
    screen = OptimaScreen(app.snapshot.spec, n_starts)
    app.app.push_screen(screen, explorer(app.app).studies._run)
    await at_rest(app)
    return screen


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (80, 14)])
async def test_the_map_is_that_of_the_engine(size: tuple[int, int]) -> None:
    async with driving(size=size) as app:
        screen = await opened(app)
        model = GaussianMixture(n_components=3, init="points")
        y = app.snapshot.spec.dataset.y
        X = app.snapshot.spec.dataset.X
        expected = group_optima(all_starts(model, X, n_starts=30, max_iter=MAX_ITER, tol=TOL), truth=y)
        assert screen.map is not None
        assert [one.seeds for one in screen.map.optima] == [one.seeds for one in expected]
        text = app.text
        assert "30 of 30 starts" in text and "from points" in text and "space stops" not in text
        for one in expected[:3]:
            line = next(line for line in text.splitlines() if f" {amount(one.objective)} " in line and "/150" in line)
            assert share(one.hits, one.total) in line and f" {one.count} " in line
        assert f"{len(expected)} optima of 30 starts" in text
        assert ("petal length × petal width" in text) == (size[1] > 14)


async def test_an_optimum_is_pictured_and_opens_where_it_ended() -> None:
    async with driving() as app:
        screen = await opened(app)
        await app.send("down")
        await at_rest(app)
        optimum = screen.pointed
        assert optimum is not None and screen.place == 1
        optimum_of_picture, snapshot = screen._snapshot or (None, None)
        assert optimum_of_picture is not None and optimum_of_picture.best is optimum.best
        assert snapshot is not None and snapshot.agreement is not None and snapshot.agreement.hits == optimum.hits
        before = app.text
        assert await app.press("a") != before
        await app.send("enter")
        await at_rest(app)
        assert app.app.screen is explorer(app.app)
        assert app.snapshot.step.objective == pytest.approx(optimum.objective, abs=1e-6)
        assert app.snapshot.agreement.hits == optimum.hits
        run = engine.fit(app.snapshot.spec.model, app.snapshot.spec.dataset.X, seed=optimum.best.seed, max_iter=1)
        np.testing.assert_allclose(app.snapshot.records[2].objective, run.objectives[1])


async def test_rows_of_given_class_do_not_count() -> None:
    async with driving(choose("iris", known="few"), size=(80, 24)) as app:
        screen = await opened(app, 6)
        assert screen.map is not None and {one.total for one in screen.map.optima} == {135}
        assert "15 given rows do not count." in " ".join(app.text.split())
        assert "/135" in app.text and "/150" not in app.text


async def test_other_starts_other_seeds() -> None:
    async with driving() as app:
        screen = await opened(app, 12)
        many = len(screen.map.optima) if screen.map else 0
        await app.send("s")
        text = await at_rest(app)
        assert "from kmeans" in text and screen.map is not None and 1 <= len(screen.map.optima) < many
        await app.send("R")
        assert "seeds 12–23 · 12 of 12 starts" in await at_rest(app)
        assert {seed for one in screen.map.optima for seed in one.seeds} == set(range(12, 24))


async def test_the_map_is_stopped_and_begun_again(monkeypatch: pytest.MonkeyPatch) -> None:
    await stopped_and_begun_again(monkeypatch, "emtui.screens.studies.optima.many_starts", many_starts, "O")


async def test_without_classes_and_with_a_published_start() -> None:
    async with driving(choose("coins")) as app:
        screen = await opened(app, 8)
        assert screen.map is not None and screen.map.optima[0].total == 0
        assert f"the same optimum, objective {amount(screen.map.optima[0].objective)}" in " ".join(app.text.split())
        optimum = screen.pointed
        await app.send("enter")
        await at_rest(app)
        assert optimum is not None and app.snapshot.spec.start is None
        assert app.snapshot.step.objective == pytest.approx(optimum.objective, abs=1e-6)


async def test_starts_that_can_not_be_run_are_told() -> None:
    async with driving() as app:
        screen = OptimaScreen(replace(app.snapshot.spec, model=GaussianMixture(n_components=151)), 3)
        app.app.push_screen(screen)
        text = " ".join((await at_rest(app)).split())
        assert "No start could be run" in text
        assert "151" in text
        assert "nothing here to open" in " ".join((await app.press("enter")).split())


def test_the_verdict_says_most_often_only_of_what_was_reached_more_often() -> None:
    spec = choose("iris")
    progress = all_starts(spread(spec.model), spec.dataset.X, n_starts=30)
    found = group_optima(progress, truth=spec.dataset.y)[:5]
    counted = [replace(found[0], objective=-float(k), count=1) for k in range(1, 6)]
    assert "optima of 30 starts, each reached by one alone. The highest" in verdict(OptimaMap(progress, tuple(counted)))
    assert "1 optimum of 30 starts: the objective ends at −1.000. The" in verdict(OptimaMap(progress, (counted[0],)))
    twice = [replace(one, count=2) for one in counted]
    assert "; most often (2) the objective ends at −2" in verdict(OptimaMap(progress, (counted[0], twice[1])))
    said = verdict(OptimaMap(progress, (*twice[:2], counted[2])))
    assert "; most often (2 times each) the objective ends at −1.000 and −2.000. The highest" in said
    many = verdict(OptimaMap(progress, tuple(twice)))
    assert "; 5 of them are reached most often (2 times each). The highest" in many


def test_the_verdict_tells_when_the_highest_is_not_the_best() -> None:
    spec = choose("iris")
    progress = all_starts(spread(spec.model), spec.dataset.X, n_starts=30)
    now = OptimaMap(progress, group_optima(progress, truth=spec.dataset.y))
    highest, best = now.optima[0], max(now.optima, key=lambda one: one.hits)
    said = verdict(now)
    assert f"gets {highest.hits} of 150 rows right" in said
    assert (f"the best clustering, {best.hits} of 150, lies" in said) == (best.hits > highest.hits)
    assert "and no other more" in verdict(OptimaMap(progress, (best, *now.optima[-1:])))
    assert verdict(OptimaMap(progress, ())) == ""
    first = next(iter(many_starts(spec.model, spec.dataset.X, n_starts=2)))
    assert verdict(OptimaMap(first, ())) == ""


def test_the_start_that_finds_most() -> None:
    assert spread(choose("iris").model).init == "points"  # type: ignore[attr-defined]
    points = choose("iris", settings={"init": "points"}).model
    assert spread(points) is points
    coins = choose("coins").model
    assert spread(coins) is coins
