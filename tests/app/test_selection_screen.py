"""How many components, on screen: the engine's comparison, sorted, drawn, stopped, and opened."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from driving import Driver, driving, explorer
from studying import at_rest, stopped_and_begun_again

from emtui.charts.colors import DARK
from emtui.charts.scene import Curve
from emtui.screens.studies.selection import SelectionScreen, kinds
from emtui.screens.studies.selection_sizes import Size, size_scene, size_table, sizes_of, verdict
from emtui.spec.choose import choose
from emtui.views.number_format import fixed
from engine.analysis.selection import CRITERIA, Candidate, badness, best_candidate, compare_sizes, curves
from engine.models.gaussian.mixture import GaussianMixture

KINDS = ("full", "tied", "diag", "spherical")


async def opened(app: Driver, largest: int = 3, repeats: int = 2) -> SelectionScreen:
    """The screen with fewer candidates, at rest."""
    screen = SelectionScreen(app.snapshot.spec, largest, repeats)
    app.app.push_screen(screen, explorer(app.app).studies._run)
    await at_rest(app)
    return screen


def compared(largest: int = 3, repeats: int = 2) -> tuple[Candidate, ...]:
    """The engine's own comparison of iris."""
    spec = choose("iris")
    sizes = tuple(range(1, largest + 1))
    last = None
    for last in compare_sizes(  # noqa: B007
        spec.model, spec.dataset.X, n_components=sizes, covariance_types=KINDS, repeats=repeats
    ):
        pass
    assert last is not None and last.finished
    return last.candidates


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (80, 14)])
async def test_the_table_is_that_of_the_engine_the_best_first(size: tuple[int, int]) -> None:
    candidates = compared()
    async with driving(size=size) as app:
        screen = await opened(app)
        assert "48 of 48 fits" in app.text and "space stops" not in app.text
        for criterion in CRITERIA:
            best = best_candidate(candidates, criterion)
            assert best is not None and screen.criterion == criterion
            first = screen.sizes[0]
            assert (first.n_components, first.covariance_type) == (best.n_components, best.covariance_type)
            values = [one.values[criterion] for one in screen.sizes]
            # with K=1 full and tied covariances are one model: their last bits may stand in either order
            assert values == pytest.approx(sorted(values, reverse=criterion == "held_out"), rel=1e-9)
            line = next(line for line in app.text.splitlines() if f" {first.covariance_type} " in line and "." in line)
            shown = fixed(first.values[criterion], 3 if criterion == "held_out" else 1)
            assert shown in line
            await app.send("d")
        assert screen.criterion == "bic"
        assert verdict(candidates) in " ".join(app.text.split())
        assert ("BIC, the smaller the better" in app.text) == (size[1] > 14)


async def test_a_candidate_opens_and_ends_with_its_criterion() -> None:
    async with driving() as app:
        screen = await opened(app)
        await app.send("down")
        size = screen.sizes[1]
        await app.send("enter")
        await at_rest(app)
        assert app.app.screen is explorer(app.app)
        model = app.snapshot.spec.model
        assert (model.n_components, model.covariance_type) == (size.n_components, size.covariance_type)
        p, n = model.n_parameters(app.snapshot.step.params), 150
        bic = p * math.log(n) - 2.0 * app.snapshot.step.log_likelihood
        assert bic == pytest.approx(size.values["bic"], abs=1e-6)


def test_numbers_of_a_size_are_those_of_its_best_fit_and_its_mean() -> None:
    candidates = compared()
    for size in sizes_of(candidates):
        group = [
            one
            for one in candidates
            if (one.n_components, one.covariance_type) == (size.n_components, size.covariance_type)
        ]
        best = max(group, key=lambda one: one.objective)
        assert size.seed == best.seed and size.values["icl"] == best.value("icl")
        assert size.values["held_out"] == pytest.approx(np.mean([one.held_out for one in group]))


def test_the_curves_are_drawn_as_they_are() -> None:
    candidates = compared()
    scene = size_scene(candidates, "aic", KINDS, DARK)
    drawn = [layer for layer in scene.layers if isinstance(layer, Curve)]
    for layer, curve in zip(drawn, curves(candidates, "aic"), strict=True):
        np.testing.assert_array_equal(layer.x, curve.n_components)
        np.testing.assert_array_equal(layer.y, curve.best)
    best = best_candidate(candidates, "aic")
    assert best is not None and scene.layers[-1].x == best.n_components  # type: ignore[union-attr]
    assert not size_scene((), "aic", KINDS, DARK).layers


def test_what_could_not_be_fitted_comes_last_and_is_told() -> None:
    good = compared(1, 1)
    failed = replace(good[0], n_components=2, criteria=None, held_out=math.nan, params=None, error="Too few rows.")
    sizes = sizes_of((*good, failed))
    assert next(one for one in sizes if one.n_components == 2).seed is None
    assert verdict((*good, failed)).endswith("1 fit could not be run: Too few rows.")
    assert "–" in size_table(sizes, "bic", KINDS, DARK).rows[-1]
    assert verdict(()) == ""


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_known_labels_are_left_out_and_that_is_said(size: tuple[int, int]) -> None:
    """With them a component is a class, so that fewer components than classes could not be compared at all."""
    async with driving(choose("iris", known="few"), size=size) as app:
        await app.send("K")
        assert isinstance(app.app.screen, SelectionScreen)
        assert "gmm K=1–8 without known labels" in app.text
        await app.send("escape")
        screen = await opened(app)
        assert [one.values for one in screen.sizes] == [one.values for one in sizes_by_bic(compared())]
        await app.send("enter")
        await at_rest(app)
        assert app.snapshot.spec.known == "none"
        assert app.snapshot.spec.model.n_components == screen.sizes[0].n_components == 2


def sizes_by_bic(candidates: tuple[Candidate, ...]) -> list[Size]:
    return sorted(sizes_of(candidates), key=lambda one: badness(one.values["bic"], "bic"))


async def test_models_without_covariance_types() -> None:
    async with driving(choose("coins"), (80, 24)) as app:
        screen = await opened(app, 2)
        assert "covariance" not in app.text and {one.n_components for one in screen.sizes} == {1, 2}
        assert kinds(app.snapshot.spec.model) is None
        assert kinds(GaussianMixture()) == KINDS
        await app.send("R")
        await at_rest(app)
        assert screen.progress is not None and screen.progress.candidates[0].seed == 2


async def test_the_comparison_is_stopped_and_begun_again(monkeypatch: pytest.MonkeyPatch) -> None:
    await stopped_and_begun_again(monkeypatch, "emtui.screens.studies.selection.compare_sizes", compare_sizes, "K")


@pytest.mark.parametrize(("source", "model"), [("icecream", "hmm"), ("iris", "kmeans")])
async def test_what_has_no_components_to_choose_says_so(source: str, model: str) -> None:
    async with driving(choose(source, model=model)) as app:
        assert "take a mixture" in " ".join((await app.press("K")).split())
        assert app.app.screen is explorer(app.app)
