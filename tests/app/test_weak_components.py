"""Components that died, hold a single row or live on the ridge: marked in the studies, told in the report."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import replace

import numpy as np
import pytest
from driving import driving
from shell import here
from studying import at_rest
from view_frames import blobs, session_of

import engine
from emtui.charts.colors import DARK
from emtui.charts.scene import Ellipse, Mark
from emtui.screens.studies.optima import OptimaScreen
from emtui.screens.studies.race_sentences import verdict as race_verdict
from emtui.screens.studies.race_table import race_table
from emtui.screens.studies.selection_sizes import verdict
from emtui.screens.studies.weak_components import weak_cell, weak_clause
from emtui.session.race import race
from emtui.spec.choose import choose
from emtui.views import view_for
from engine.analysis.evaluation import Criteria
from engine.analysis.selection import Candidate, plateau
from engine.models.gaussian.mixture import GaussianMixture


def candidates(bic: dict[int, float], weak: dict[int, dict[int, str]] | None = None) -> tuple[Candidate, ...]:
    return tuple(
        Candidate(k, "full", 0, 0, Criteria(value, value, value, value), math.nan, -value, -value, True, None, None,
                  (weak or {}).get(k, {}))
        for k, value in bic.items()
    )  # fmt: skip


def test_the_largest_that_was_tried_is_said_with_how_close_the_next_ones_are() -> None:
    falling = candidates({1: 500.0, 2: 320.0, 3: 240.0, 4: 211.0, 5: 206.0, 6: 203.0, 7: 201.0, 8: 200.0})
    found = plateau(falling)
    assert found is not None and (found.smallest, found.largest, found.gap) == (4, 8, 11.0)
    assert "K=8 full, the largest that was tried (K=4 to 8 lie within 11 of the best)" in verdict(falling)
    steep = candidates({1: 500.0, 2: 300.0, 3: 200.0})
    assert "the largest that was tried (K=2 lies within 100 of the best)" in verdict(steep)
    assert plateau(candidates({1: 500.0, 2: 300.0, 3: 301.0})) is None
    assert plateau(candidates({1: 500.0})) is None
    assert "largest" not in verdict(candidates({1: 500.0, 2: 300.0, 3: 301.0}))


def test_a_fit_with_dead_components_is_told_as_one_with_fewer() -> None:
    same = candidates({1: 500.0, 2: 300.0, 3: 300.0}, {3: {1: "dead"}})
    assert verdict(same).endswith("prefer K=2 full.")
    better = candidates({1: 500.0, 2: 300.0, 3: 299.0}, {3: {1: "dead"}})
    assert "prefer K=2 full (of 3 the others died)" in verdict(better)
    assert [one.n_alive for one in better] == [1, 2, 2]


def test_what_is_weak_is_counted_in_a_cell_and_named_in_a_clause() -> None:
    assert weak_cell({}) == weak_clause({}) == ""
    assert weak_cell({1: "on the ridge"}) == "1 ridge" and weak_cell({0: "dead", 4: "dead"}) == "2 dead"
    assert weak_cell({0: "dead", 1: "one row"}) == "2 weak"
    words = {1: "on the ridge", 2: "dead", 4: "dead", 5: "one row"}
    assert weak_clause(words) == "component 2 on the ridge, components 3 and 5 dead, component 6 on one row"


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_the_map_marks_an_optimum_on_the_ridge(size: tuple[int, int]) -> None:
    async with driving(choose("iris", settings={"init": "points"}, seed=26), size=size) as app:
        screen = OptimaScreen(app.snapshot.spec, 3)
        app.app.push_screen(screen)
        text = " ".join((await at_rest(app)).split())
        assert "1 ridge" in text and "The highest has component 2 on the ridge" in text
        assert screen.map is not None and [bool(one.weak) for one in screen.map.optima] == [True, False, False]


def test_the_race_marks_a_racer_on_the_ridge() -> None:
    now = deque(race(choose("iris", settings={"init": "points"}, seed=27), 1), 1).pop()
    classic = now.racers[0]
    assert classic.weak == {1: "on the ridge"} and race_verdict(now)
    assert "classic!" in str(race_table(now, DARK).rows[0][0])
    ordinary = deque(race(choose("iris", max_iter=2), 1), 1).pop()
    assert "!" not in "".join(str(row[0]) for row in race_table(ordinary, DARK).rows)


def test_a_dead_component_does_not_set_the_axes() -> None:
    X, model = blobs(60, 2, 2), GaussianMixture(3)
    begun = engine.begin(GaussianMixture(2), X).params
    far = np.array([[500.0, 5000.0]])
    start = model.Params(
        [*begun.weights, 0.0], np.concatenate([begun.means, far]),
        np.concatenate([begun.covariances, [1e6 * np.eye(2)]]),
    )  # fmt: skip
    session = session_of(X, model, start=start)
    session.take("E")
    snapshot = session.snapshot()
    view = view_for(snapshot.spec.model)
    scene = view.scene(snapshot, view.axes(snapshot)[0], DARK)
    assert sum(isinstance(layer, Ellipse) for layer in scene.layers) == 4
    assert sum(isinstance(layer, Mark) for layer in scene.layers) == 2
    everything = session_of(X, model, start=replace(start, weights=np.full(3, 1 / 3))).snapshot()
    alive = view.scene(everything, view.axes(everything)[0], DARK)
    assert sum(isinstance(layer, Mark) for layer in alive.layers) == 3


def test_the_report_says_which_components_are_weak() -> None:
    code, out, _ = here("run", "iris", "--set", "init=points", "--seed", "27")
    assert code == 0 and "\ncomponent 2 lives on the ridge\n" in out
    code, out, _ = here("run", "iris")
    assert code == 0 and "ridge\n" not in out
