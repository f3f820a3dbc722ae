"""The race: every racer is a run of the engine from the very same start, and what is chosen opens in the explorer."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from choosing import chosen
from driving import driving, explorer
from studying import at_rest, stopped_and_begun_again

import engine
from emtui.charts.colors import DARK
from emtui.screens.studies.race import RaceScreen
from emtui.screens.studies.race_chart import race_scene
from emtui.screens.studies.race_sentences import by_seconds, verdict
from emtui.session.race import KMEANS, Race, Racer, race
from emtui.session.racer import Lap
from emtui.spec.choose import choose
from emtui.spec.command_line import command_of
from emtui.spec.labels_given import known_labels
from emtui.spec.run_spec import RunSpec
from emtui.spec.train_test_split import split_of, table_of
from emtui.views.number_format import amount, share
from engine.em.algorithms import ALGORITHMS
from engine.em.stopping import ResponsibilityChange
from engine.errors import OptionError


def ended(spec: RunSpec) -> Race:
    """The race at its end."""
    return list(race(spec))[-1]


# the race itself


@pytest.mark.parametrize("source", ["iris", "coins", "votes", "deaths", "icecream"])
def test_every_racer_is_a_run_of_the_engine_from_the_same_start(source: str) -> None:
    spec = choose(source, max_iter=30)
    first = engine.fit(spec.model, spec.dataset.X, start=spec.start, seed=0, max_iter=0).params
    for racer in ended(spec).racers[: len(ALGORITHMS)]:
        run = engine.fit(spec.model, spec.dataset.X, start=first, seed=0, max_iter=30, algorithm=racer.name)
        assert [lap.objective for lap in racer.laps] == pytest.approx(list(run.objectives))
        assert (racer.laps[-1].iteration, racer.converged) == (run.n_iter, run.converged)
        assert racer.stop_reason == run.stop_reason


def test_all_begin_at_one_objective_and_rise_where_they_must() -> None:
    racers = ended(choose("iris")).racers
    assert [racer.name for racer in racers] == [*ALGORITHMS, "seed 1", "seed 2", KMEANS]
    racers = tuple(racer for racer in racers if not racer.name.startswith("seed"))
    starts = [racer.laps[0].objective for racer in racers]
    assert starts == pytest.approx([starts[0]] * len(racers), rel=1e-13)  # one sum, added in another order at τ ≠ 1
    for racer in racers:
        seconds = [lap.seconds for lap in racer.laps]
        assert seconds == sorted(seconds) and seconds[-1] > 0
        if racer.name in ("classic", "squarem"):
            assert np.diff([lap.objective for lap in racer.laps]).min() > -1e-9


@pytest.mark.parametrize("source", ["iris", "deaths", "icecream"])
def test_further_starts_are_runs_of_classic_em_from_the_seeds_that_follow(source: str) -> None:
    spec = choose(source, settings={"init": "points"} if source == "iris" else None, seed=3, max_iter=25)
    now = list(race(spec, 4))[-1]
    further = [racer for racer in now.racers if racer.name.startswith("seed")]
    assert [racer.name for racer in further] == ["seed 4", "seed 5", "seed 6"]
    for seed, racer in zip((4, 5, 6), further, strict=True):
        run = engine.fit(spec.model, spec.dataset.X, seed=seed, max_iter=25)
        assert [lap.objective for lap in racer.laps] == pytest.approx(list(run.objectives))
        assert racer.spec is not None and (racer.spec.seed, racer.spec.start) == (seed, None)


def test_one_start_is_a_race_of_the_algorithms_and_none_or_too_many_are_refused() -> None:
    assert [r.name for r in list(race(choose("iris", max_iter=2), 1))[-1].racers] == [*ALGORITHMS, KMEANS]
    for wrong in (0, 13):
        with pytest.raises(OptionError, match=f"a race has 1 to 12 starts, not {wrong}"):
            next(race(choose("iris"), wrong))


def test_hits_are_those_of_the_parameters_at_the_end() -> None:
    spec = choose("iris")
    racers = {racer.name: racer for racer in ended(spec).racers}
    assert racers["classic"].laps[-1].hits == 145
    assert racers[KMEANS].laps[-1].hits == 134
    y = spec.dataset.y
    run = engine.fit(spec.model, spec.dataset.X, seed=0, algorithm="stochastic")
    labels = run.model.predict_proba(run.params, run.model.observe(spec.dataset.X)).argmax(axis=1)
    assert racers["stochastic"].laps[-1].hits == engine.evaluation.agreement(labels, y).hits


def test_kmeans_begins_at_the_centres_and_is_judged_by_the_best_parameters_for_its_labels() -> None:
    spec = choose("iris", settings={"init": "points"}, seed=3)
    racer = ended(spec).racers[-1]
    assert racer.name == KMEANS and racer.spec is not None
    first = engine.fit(spec.model, spec.dataset.X, seed=3, max_iter=0).params
    np.testing.assert_array_equal(racer.spec.start.centers, first.means)
    start, rest = racer.spec.start, ResponsibilityChange(0.5)
    run = engine.fit(racer.spec.model, spec.dataset.X, start=start, stopping=rest)
    assert racer.converged and racer.laps[-1].iteration == run.n_iter
    given = engine.fit(spec.model, spec.dataset.X, run.labels, max_iter=1).params
    at = engine.fit(spec.model, spec.dataset.X, start=given, max_iter=0)
    assert racer.laps[-1].objective == pytest.approx(at.objectives[-1])


def test_kmeans_is_left_out_where_it_has_no_centres() -> None:
    for source in ("coins", "votes", "linkage", "icecream"):
        assert KMEANS not in [racer.name for racer in ended(choose(source, max_iter=2)).racers]


def test_a_racer_that_can_not_be_run_says_why_and_the_others_go_on() -> None:
    racers = {racer.name: racer for racer in ended(choose("bars", max_iter=1)).racers}
    assert racers["squarem"].spec is None and "exact E-step" in (racers["squarem"].error or "")
    assert all(len(racer.laps) == 2 for name, racer in racers.items() if name != "squarem")


def test_known_labels_are_given_to_all_but_kmeans() -> None:
    spec = choose("iris", known="few", max_iter=5)
    racers = {racer.name: racer for racer in ended(spec).racers}
    assert all(racer.error is None for racer in racers.values())
    run = engine.fit(spec.model, *table_of(spec), seed=0, max_iter=5)
    assert racers["classic"].laps[-1].objective == pytest.approx(run.objectives[-1])
    assert racers[KMEANS].spec is not None and table_of(racers[KMEANS].spec)[1] is None


def test_rows_of_given_class_count_as_neither_right_nor_wrong() -> None:
    spec = choose("iris", known="few")
    now, given, truth = ended(spec), known_labels(spec), spec.dataset.y
    assert given is not None and truth is not None
    asked = given < 0
    assert (now.n_given, now.n_judged) == (15, 135) == (int((~asked).sum()), int(asked.sum()))
    for racer in now.racers:
        assert racer.spec is not None
        X, y = table_of(racer.spec)
        rest = ResponsibilityChange(0.5) if racer.name == KMEANS else None
        algorithm = racer.name if racer.name in ALGORITHMS else "classic"
        start, seed = racer.spec.start, racer.spec.seed
        run = engine.fit(racer.spec.model, X, y, seed=seed, start=start, algorithm=algorithm, stopping=rest)
        model, params = racer.spec.model, run.timeline.current.params
        labels = model.predict_proba(params, model.observe(X, y)).argmax(axis=1)
        assert racer.laps[-1].hits == engine.evaluation.agreement(labels[asked], truth[asked]).hits
        assert (racer.laps[-1].hits or 0) <= now.n_judged
    assert share(now.racers[0].laps[-1].hits or 0, 135) in verdict(now)
    assert "without the 15 given" in verdict(now)


def test_own_options_of_the_algorithm_are_kept() -> None:
    racers = {r.name: r for r in ended(choose("iris", algorithm="annealed:initial=8", max_iter=2)).racers}
    annealed = racers["annealed"].spec
    assert annealed is not None and annealed.algorithm == "annealed:initial=8"


def test_what_can_not_be_raced() -> None:
    with pytest.raises(OptionError, match="choose a mixture"):
        next(race(choose("iris", model="kmeans")))


def test_the_verdict_and_the_curves_say_what_the_laps_hold() -> None:
    now = ended(choose("iris"))
    said, height = verdict(now), amount(now.racers[0].best)
    assert said.startswith(f"classic, annealed, squarem, seed 1 and seed 2 stand highest, objective {height}")
    best = max(racer.laps[-1].hits or 0 for racer in now.racers)
    assert share(best, 150) in said
    scene = race_scene(now, False, "seconds", DARK)
    curve = scene.layers[0]
    np.testing.assert_array_equal(curve.x, [lap.seconds for lap in now.racers[0].laps])
    assert verdict(replace(now, racers=())) == ""
    assert math.isnan(replace(now.racers[0], laps=()).best)


# the screen


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_the_race_is_shown_and_a_racer_opens(size: tuple[int, int]) -> None:
    async with driving(size=size) as app:
        await app.send("f")
        text = await at_rest(app)
        screen = app.app.screen
        assert isinstance(screen, RaceScreen) and screen.race is not None
        now = screen.race
        assert "race on iris · gmm K=3 · seed 0 · over" in text
        for racer in now.racers:
            line = next(line for line in text.splitlines() if f" {racer.name} " in line and "." in line[15:])
            assert racer.name in line
            assert amount(racer.laps[-1].objective) in text
            assert share(racer.laps[-1].hits, 150) in text
        assert "stopped" in text and "at rest at the top" in text
        await app.send("down", "enter")
        await at_rest(app)
        assert app.app.screen is explorer(app.app)
        assert app.snapshot.spec.algorithm == "hard"
        assert app.snapshot.step.objective == pytest.approx(now.racers[1].laps[-1].objective)
        assert "--algorithm hard" in command_of(app.snapshot.spec)


async def test_kmeans_opens_from_the_centres_of_the_race() -> None:
    async with driving() as app:
        await app.send("f")
        await at_rest(app)
        screen = app.app.screen
        assert isinstance(screen, RaceScreen) and screen.race is not None
        now = screen.race
        await app.send(*["down"] * (len(now.racers) - 1), "enter")
        await at_rest(app)
        assert app.snapshot.spec.model.name == "kmeans"
        assert app.snapshot.agreement.hits == now.racers[-1].laps[-1].hits == 134


async def test_seconds_accuracy_another_start_and_back() -> None:
    async with driving(size=(80, 24)) as app:
        await app.send("f")
        await at_rest(app)
        assert "objective by iterations" in app.text
        assert "objective by seconds" in await app.press("i")
        assert "accuracy by seconds" in await app.press("d")
        await app.send("R")
        assert "seed 1 · over" in await at_rest(app)
        assert "accuracy" in await app.resize(120, 40)
        await app.send("escape")
        assert app.app.screen is explorer(app.app)
        assert app.snapshot.spec.seed == 0 and app.snapshot.step.phase == "init"


async def test_a_race_is_stopped_and_begun_again(monkeypatch: pytest.MonkeyPatch) -> None:
    await stopped_and_begun_again(monkeypatch, "emtui.screens.studies.race.race", race, "f")


async def test_without_known_classes_there_is_no_accuracy() -> None:
    async with driving(choose("coins")) as app:
        await app.send("f")
        text = await at_rest(app)
        assert "accuracy by" not in text
        assert "No classes are known here" in await app.press("d")


@pytest.mark.parametrize(("known", "words"), [("few", "/135 "), ("all", "")])
async def test_the_race_says_which_rows_count(known: str, words: str) -> None:
    async with driving(choose("iris", known=known), size=(80, 24)) as app:
        await app.send("f")
        text = " ".join((await at_rest(app)).split())
        assert words in text and "/150" not in text
        assert ("without the 15 given" in text) == (known == "few")
        text = " ".join((await app.press("d")).split())
        assert ("Every class is given" in text) == (known == "all")


async def test_a_racer_that_can_not_be_run_does_not_open() -> None:
    async with driving(choose("bars", max_iter=1), size=(80, 24)) as app:
        await app.send("f")
        await at_rest(app)
        text = await app.press(*["down"] * 4)
        assert "squarem needs an exact E-step, and that of topics is not: choose classic." in " ".join(text.split())
        assert "nothing here to open" in " ".join((await app.press("enter")).split())
        assert isinstance(app.app.screen, RaceScreen)


async def test_the_key_says_why_not() -> None:
    async with driving(choose("iris", model="kmeans")) as app:
        text = " ".join((await app.press("f")).split())
        assert "the same for k-means" in text
        assert app.app.screen is explorer(app.app)


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_starts_are_added_and_taken_away(size: tuple[int, int]) -> None:
    async with driving(choose("iris", settings={"init": "points"}, seed=3), size=size) as app:
        await app.send("f")
        text = await at_rest(app)
        assert "seed 4" in text and "seed 5" in text and "seed 6" not in text
        await app.send("plus")
        text = await at_rest(app)
        assert "seed 6" in text and "145/150 .967" in text and "seed 4 and seed 6 stand highest" in text
        for _ in range(3):
            await app.send("minus")
        text = await at_rest(app)
        assert "seed 4" not in text and "k-means" in text
        await app.send("minus")
        assert "One start is the least" in await at_rest(app)


@pytest.mark.parametrize(("key", "model"), [("f", "coins"), ("O", "coins"), ("K", "coins"), ("w", "mlp")])
async def test_a_survey_says_that_it_knows_nothing_of_what_was_moved_by_hand(key: str, model: str) -> None:
    spec = choose("coins") if model == "coins" else chosen("iris", model=model, standardize=True)
    split = split_of(spec)
    row = 2 if split is None else int(split.train[0])
    async with driving(spec, size=(120, 40)) as app:
        await app.send("n")
        explorer(app.app).worker.do(lambda session: session.weigh_row(row, 0))
        await app.settle()
        assert "takes no part" in await app.press(key)
        await app.send("escape", "b")
        app.app.clear_notifications()
        await app.settle()
        assert "takes no part" not in await app.press(key)


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_each_racer_says_whether_its_objective_must_rise(size: tuple[int, int]) -> None:
    async with driving(size=size) as app:
        await app.send("f")
        text = await at_rest(app)
        said = {
            "classic": "its objective must rise, and so must the bound.",
            "hard": "its bound must rise, but the objective may fall.",
            "stochastic": "its objective may fall, and so may the bound.",
            "annealed": "its objective may fall, and so may the bound.",
            "squarem": "its objective must rise.",
            "seed 1": "its objective must rise, and so must the bound.",
            "seed 2": "its objective must rise, and so must the bound.",
            "k-means": "its inertia never rises, but the objective may fall.",
        }
        for name, words in said.items():
            assert f"{name}: {words}" in " ".join(text.split()), text
            text = await app.press("down")


@pytest.mark.parametrize(("max_iter", "drawn"), [(0, False), (1, True)])
def test_a_single_point_is_no_curve_and_makes_no_axis(max_iter: int, drawn: bool) -> None:
    scene = race_scene(ended(choose("coins", max_iter=max_iter)), False, "iterations", DARK)
    assert bool(scene.layers) == drawn


def test_seconds_are_compared_at_the_same_time() -> None:
    def racer(name: str, seconds: list[float], objectives: list[float], converged: bool) -> Racer:
        laps = tuple(Lap(i, s, o, None) for i, (s, o) in enumerate(zip(seconds, objectives, strict=True)))
        return Racer(name, None, laps, converged, "at rest" if converged else None)

    quick = racer("quick", [0.0, 1.0, 2.0, 3.0], [-9.0, -5.0, -4.0, -3.0], False)
    slow = racer("slow", [0.0, 4.0, 8.0, 12.0], [-9.0, -4.5, -2.0, -1.0], False)
    assert by_seconds(Race((quick, slow), 0)).startswith("After 3 s of computing each")
    assert "quick stands highest, −3" in by_seconds(Race((quick, slow), 0))
    assert "slow stands highest" in verdict(Race((quick, slow), 0))
    rested = racer("quick", [0.0, 1.0, 2.0, 3.0], [-9.0, -5.0, -1.005, -1.0], True)
    ended = racer("slow", [0.0, 4.0, 8.0, 12.0], [-9.0, -4.5, -2.0, -1.0], True)
    assert by_seconds(Race((rested, ended), 0)) == "quick is the first within 0.01 of the top, after 2 s."
    assert race_scene(Race((rested, ended), 0), False, "seconds", DARK).x_label.startswith("seconds of computing")
