"""Many starts, ways and sizes of a network: chosen by validation rows, and the test rows meet the winner alone."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from choosing import chosen
from driving import driving, explorer
from studying import at_rest, stopped_and_begun_again

import engine
from emtui.charts.colors import DARK
from emtui.exports.study_tables import optima_table
from emtui.networks.choosing import VALIDATION_SHARE, choosing_spec, scored_on_test, validated
from emtui.networks.scores import score
from emtui.networks.sizes import SizesResult, network_sizes, size_name, sizes_for, with_size
from emtui.screens.studies.network_sizes import NetworkSizesScreen, sizes_scene
from emtui.screens.studies.network_sizes import verdict as verdict_of_sizes
from emtui.screens.studies.optima import OptimaScreen
from emtui.screens.studies.optima_map import OptimaMap
from emtui.screens.studies.optima_map import verdict as verdict_of_optima
from emtui.screens.studies.optima_starts import starts_of_network
from emtui.screens.studies.race import RaceScreen
from emtui.screens.studies.race_sentences import verdict, winner_sentence
from emtui.session.race import Race, must_rise, race
from emtui.spec.revise import changed
from emtui.spec.run_spec import RunSpec
from emtui.spec.train_test_split import split_of, table_of
from emtui.views.number_format import share
from engine.analysis.many_starts import all_starts
from engine.analysis.optima import group_optima
from engine.errors import OptionError

NEWTON = {"m_step": "newton", "weight_decay": "0.01", "hidden_units": "2"}


def network(source: str = "iris", **words: Any) -> RunSpec:
    return chosen(source, **({"model": "mlp", "settings": NEWTON, "standardize": True, "max_iter": 6} | words))


def last(results: Iterator[Any]) -> Any:
    return deque(results, maxlen=1).pop()


# which rows


@pytest.mark.parametrize("words", [{}, {"split_seed": 5}, {"test_share": 0.0}, {"test_share": 0.2}])
def test_no_test_row_is_in_what_is_chosen_by(words: dict[str, Any]) -> None:
    spec = network(seed=3, **words)
    split, inner = split_of(spec), split_of(choosing_spec(spec))
    assert split is not None and inner is not None
    assert len(inner.inputs) == len(split.train)
    np.testing.assert_array_equal(choosing_spec(spec).dataset.X, spec.dataset.X[split.train])
    assert len(inner.test) == pytest.approx(VALIDATION_SHARE * len(split.train), abs=1)
    own = inner.inputs[inner.train]
    np.testing.assert_allclose(own.mean(axis=0), 0, atol=1e-12)  # standardised by the rows that are fitted
    assert (scored_on_test(spec) is None) == (len(split.test) == 0)


# the race


def test_every_racer_begins_at_the_same_weights_and_the_winner_alone_is_tested() -> None:
    spec = network()
    now: Race = last(race(spec, 2))
    assert [racer.name for racer in now.racers] == ["newton", "gradient", "lbfgs", "ecm", "adam", "seed 1"]
    assert len({racer.laps[0].objective for racer in now.racers[:5]}) == 1
    inner = split_of(choosing_spec(spec))
    assert inner is not None and now.n_judged == len(inner.test) == 22
    for racer in (now.racers[0], now.racers[4]):
        assert racer.spec is not None
        run = engine.fit(racer.spec.model, *table_of(choosing_spec(spec)), seed=0, max_iter=6)
        assert racer.laps[-1].hits == validated(racer.spec.model, inner, run.params)[0]
    # backpropagation by the forward loss is judged by the objective of EM, too, so that heights can be compared
    marginal = engine.LatentMLP(2, weight_decay=0.01)
    at_end = engine.begin(marginal, *table_of(choosing_spec(spec)), start=engine.LatentMLP.Params(*_theta(run.params)))
    assert now.racers[4].laps[-1].objective == pytest.approx(at_end.objective, rel=1e-9)
    winner = now.winner
    assert winner is not None and winner.spec is not None
    assert winner.laps[-1].hits == max(racer.laps[-1].hits or 0 for racer in now.racers)
    split = split_of(winner.spec)
    assert split is not None
    run = engine.fit(winner.spec.model, *table_of(winner.spec), seed=winner.spec.seed, max_iter=6)
    found = score(winner.spec.model, run.params, split, split.test)
    assert found is not None and (now.tested, now.n_tested) == (found.hits, 60)
    assert "most validation rows right" in verdict(now)
    assert share(found.hits, 60) in winner_sentence(now)
    assert "its objective must rise" in must_rise(now.racers[0])
    none = last(race(network(test_share=0.0, max_iter=1), 1))
    assert winner_sentence(none).endswith("no test rows are held back.") and none.tested is None
    assert "may fall" in must_rise(now.racers[1]) and "may fall" in must_rise(now.racers[4])


def _theta(params: Any) -> tuple[Any, Any]:
    return params.hidden, params.output


async def test_a_race_of_layers_is_shown_and_opened_as_layers() -> None:
    spec = network(settings=NEWTON | {"hidden_units": "4,3", "sweeps": "1", "draws": "10"}, max_iter=1)
    async with driving(spec, (80, 24)) as app:
        await app.send("f")
        text = await at_rest(app)
        assert isinstance(app.app.screen, RaceScreen)
        assert "mlp layers 4,3 · seed 0" in text and "K=7" not in text
        assert "validation" in text and "it alone is tested" in " ".join(text.split())
        assert "highest, estimated objective" in " ".join(text.split())  # its E-steps draw
        assert "newton  ■ gradient  ▲ lbfgs  ◆ ecm  ★ adam  ▼ seed 1  ○ seed 2" in text  # no name is cut
        await app.send("down", "enter")
        assert app.app.screen is explorer(app.app)
        assert app.snapshot.spec.model.option_values["m_step"] == "gradient"
        await at_rest(app)
        await app.resize(140, 40)
        assert "mlp layers 4,3" in app.text and "K=7" not in app.text


# the map of optima


def test_units_in_another_order_are_the_same_optimum() -> None:
    spec = network()
    X, y = table_of(spec)
    fitted = engine.fit(spec.model, X, y, seed=0, max_iter=5)
    turned = spec.model.relabel(fitted.params, np.array([1, 0]))
    assert turned is not None and not np.array_equal(turned.hidden, fitted.params.hidden)
    optima = group_optima(all_starts(spec.model, X, y, starts=[fitted.params, turned], max_iter=100))
    assert len(optima) == 1 and optima[0].count == 2


def test_networks_at_one_height_that_get_other_rows_right_are_told_apart() -> None:
    spec = network()
    X, y = table_of(spec)
    first = engine.fit(spec.model, X, y, seed=0, max_iter=2)
    found = all_starts(spec.model, X, y, starts=[first.params] * 4, max_iter=3)
    right = {id(one.params): (20 + place % 2, 22) for place, one in enumerate(found.results)}
    optima = group_optima(found, judge=lambda params: right[id(params)])
    assert [(one.count, one.hits, one.seeds) for one in optima] == [(2, 20, (0, 2)), (2, 21, (1, 3))]


async def test_a_key_for_other_starts_is_named_where_there_are_some() -> None:
    for settings, named in ((NEWTON, False), ({"hidden_units": "2"}, True)):
        async with driving(network(settings=settings), (80, 24)) as app:
            app.app.push_screen(OptimaScreen(app.snapshot.spec, 2), explorer(app.app).studies._begin)
            text = await at_rest(app)
            assert ("s own M-step" in text) is named
            assert "No start" not in text


def test_a_class_of_one_training_row_gets_a_sentence_of_its_own() -> None:
    spec = network(test_share=0.0)
    rows = np.concatenate([np.arange(100), [100]])
    with pytest.raises(OptionError, match="'virginica' has a single training row"):
        choosing_spec(replace(spec, dataset=spec.dataset.take(rows)))


async def test_the_map_of_a_network_is_judged_by_validation_rows() -> None:
    async with driving(network(), (80, 24)) as app:
        screen = OptimaScreen(app.snapshot.spec, 4)
        app.app.push_screen(screen, explorer(app.app).studies._begin)
        text = " ".join((await at_rest(app)).split())
        inner = split_of(choosing_spec(app.snapshot.spec))
        assert inner is not None and screen.map is not None and screen.map.best is not None
        for one in screen.map.optima:
            assert (one.hits, one.total) == validated(screen.model, inner, one.params)
            assert share(one.hits, one.total) in text
        assert "validation rows right" in text and screen.map.tested is not None
        assert "objective" in text and "estimated" not in text
        assert f"is tested alone: {share(screen.map.tested.hits, 60)}" in text
        chosen_spec = screen.chosen()
        assert chosen_spec is not None and chosen_spec.split_seed == 0 and chosen_spec.start is None
        await app.send("enter")
        assert app.snapshot.spec.model.name == "mlp"


def test_a_network_by_gradient_steps_is_mapped_by_newton() -> None:
    spec = network(settings={})
    assert OptimaScreen(spec).model.option_values["m_step"] == "newton"
    backprop = network(model="backprop", settings={})
    assert OptimaScreen(backprop).model is backprop.model


# sizes


def test_the_sizes_that_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sizes_for(network()) == tuple(range(1, 9))
    assert sizes_for(network(settings={"hidden_units": "9"})) == tuple(range(1, 13))
    assert sizes_for(network(settings={"hidden_units": "4,3"}))[::7] == ((1, 3), (8, 3))
    large = sizes_for(network(settings={"hidden_units": "40"}))
    assert 40 in large and max(large) <= 80 and len(large) < 16  # type: ignore[operator]
    costly = network(settings={"hidden_units": "20"})
    for seconds, kept in ((1e-9, 16), (10.0, 20)):
        monkeypatch.setattr("emtui.networks.choosing.exact_cost", lambda n, m, g, s=seconds: (0, s if m > 12 else 0.0))
        assert (kept in sizes_for(costly)) and 20 in sizes_for(costly) and 12 in sizes_for(costly)
        assert starts_of_network(costly) == (40 if seconds < 1 else 4)
    assert 16 not in sizes_for(costly) and 24 in sizes_for(costly)  # it would take too long; beyond 20 it samples
    assert [size_name(size) for size in (1, 2, (4, 3))] == ["1 unit", "2 units", "layers 4,3"]


def test_a_size_is_chosen_by_validation_rows_and_tested_alone() -> None:
    spec = network()
    found: SizesResult = last(network_sizes(spec, (1, 3), 2, 0))
    assert found.n_done == found.n_runs == 6 and all(np.isnan(run.test_accuracy) for run in found.found.runs)
    assert found.chosen is not None and size_name(found.chosen) == found.found.best
    opened = changed(spec, model=with_size(spec.model, found.chosen))
    expected = scored_on_test(opened)
    assert expected is not None
    assert found.tested[0].test_accuracy == pytest.approx(expected.accuracy)
    assert "it alone is tested" in verdict_of_sizes(found)
    assert verdict_of_sizes(SizesResult(spec, (1, 3), 2)) == ""


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_the_sizes_of_layers_are_shown_and_opened(size: tuple[int, int]) -> None:
    spec = network(model="backprop", settings={"hidden_units": "4,3"}, max_iter=2)
    async with driving(spec, size) as app:
        screen = NetworkSizesScreen(app.snapshot.spec, ((1, 3), (4, 3)), 1)
        app.app.push_screen(screen, explorer(app.app).studies._begin)
        text = await at_rest(app)
        assert "3 of 3 runs" in text and "layers 1,3 to 4,3" in text and "K=" not in text
        assert "Validation rows (25 % of the training rows) choose layers" in " ".join(text.split())
        assert "loss on validation rows" in await app.press("d")
        assert "loss on the rows that are fitted" in await app.press("d")
        await app.send("down", "down", "enter")
        assert app.snapshot.spec.model.option_values["hidden_units"] == (4, 3)


async def test_sizes_are_stopped_and_begun_again(monkeypatch: pytest.MonkeyPatch) -> None:
    where = "emtui.screens.studies.network_sizes.network_sizes"
    spec = network(settings={"m_step": "gradient", "hidden_units": "2"}, max_iter=1)
    await stopped_and_begun_again(monkeypatch, where, network_sizes, "K", spec)


def test_what_no_size_can_do_is_said() -> None:
    spec = network(settings={"e_step": "exact", "hidden_units": "2"})
    with pytest.raises(engine.EngineError, match="No size could be run: an exact E-step over"):
        last(network_sizes(spec, (50, 60), 1, 0))


async def test_experts_are_raced_mapped_sized_and_swept_but_have_no_configurations() -> None:
    async with driving(chosen("iris", model="experts", max_iter=1)) as app:
        for key, words in (("f", "race on"), ("O", "optima of"), ("K", "1 to 8 experts"), ("w", "experts╲rate")):
            assert words in " ".join((await app.press(key)).split())
            await app.send("space", "escape")
            assert app.app.screen is explorer(app.app)
        assert "choose the model mlp" in await app.press("C")
        assert app.app.screen is explorer(app.app)


def test_a_single_size_is_no_curve_and_makes_no_axis() -> None:
    spec = network(max_iter=1)
    results = list(network_sizes(spec, (1, 2), 1, 0))
    first, second = (sizes_scene(now, "validation_accuracy", DARK) for now in results[:2])
    assert not first.layers and first.empty == "one size so far"
    assert second.layers


async def test_places_on_the_way_to_infinity_are_no_optima() -> None:
    spec = network(settings=NEWTON | {"hidden_units": "4", "weight_decay": "0"})
    async with driving(spec, (80, 24)) as app:
        screen = OptimaScreen(app.snapshot.spec, 2)
        app.app.push_screen(screen, explorer(app.app).studies._begin)
        text = " ".join((await at_rest(app)).split())
        assert screen.map is not None and all(one.flight for one in screen.map.optima)
        assert "to infinity" in text and "(a weight_decay above 0 would hold them)" in text
        assert "most often" not in text and "not at rest" not in text and "is tested alone: " in text
        assert optima_table(screen.map.optima, True).columns["to_infinity"] == "yes or no"


def test_flights_are_counted_apart_from_optima() -> None:
    spec = network(settings=NEWTON | {"weight_decay": "0"})
    found = all_starts(spec.model, *table_of(spec), n_starts=2, max_iter=5)
    one, other = (replace(group, flight="") for group in group_optima(found, tol=0.0))
    flight = replace(other, flight="larger weights are better")
    said = [
        verdict_of_optima(OptimaMap(found, optima, True)) for optima in ((one, other), (one, flight), (flight,) * 2)
    ]
    begins = ("2 optima of 2 starts, each", "1 optimum and 1 flight to infinity of 2", "No optimum, but 2 flights to")
    assert all(text.startswith(words) for text, words in zip(said, begins, strict=True))
