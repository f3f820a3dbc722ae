"""Race, optima, sizes and sweep of models that learn numbers, and of experts: what they choose by, what they say."""

from __future__ import annotations

import json
import math
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from choosing import chosen
from driving import driving, explorer
from shell import here, is_one_sentence
from studying import at_rest

import engine
from emtui.networks.choosing import choosing_spec, scored_on_test, validated, validation_rmse
from emtui.networks.scores import NumberScore
from emtui.networks.sizes import network_sizes, with_size
from emtui.networks.sweep import sweep
from emtui.networks.sweep_grid import OF_EXPERTS, SweepGrid
from emtui.screens.studies.network_sizes import NetworkSizesScreen
from emtui.screens.studies.network_sizes import verdict as verdict_of_sizes
from emtui.screens.studies.optima import OptimaScreen
from emtui.screens.studies.race_sentences import verdict, winner_sentence
from emtui.screens.studies.sweep import SweepScreen
from emtui.session.race import Race, must_rise, race
from emtui.spec.choose import choose
from emtui.spec.revise import changed
from emtui.spec.run_spec import RunSpec
from emtui.spec.train_test_split import split_of, table_of
from emtui.views.network.sweep_text import chosen_sentence
from emtui.views.number_format import number
from engine.data.data_spec import DataSpec


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A target in a unit of its own, of two lines; inputs of unlike scale."""
    generator = np.random.default_rng(1)
    age, ratio = generator.normal(50, 20, 80), generator.normal(0, 0.01, 80)
    price = np.where(age > 50, 3 * age + 2000 * ratio, 500 * ratio - age) + generator.normal(0, 5, 80)
    path = tmp_path_factory.mktemp("numbers") / "lines.csv"
    rows = "".join(f"{a:.3f},{r:.6f},{p:.3f}\n" for a, r, p in zip(age, ratio, price, strict=True))
    path.write_text(f"age,ratio,price\n{rows}")
    return path


def of_numbers(lines: Path, model: str, **words: Any) -> RunSpec:
    data = DataSpec(str(lines), target="price", standardize=True)
    return choose(data, **({"model": model, "k": 2, "max_iter": 4, "tol": 0.0} | words))


def last(results: Iterator[Any]) -> Any:
    return deque(results, maxlen=1).pop()


def rmse(model: Any, spec: RunSpec, seed: int = 0, algorithm: str = "classic") -> float:
    """A plain fit to the training rows of a spec, on its held-back rows."""
    split = split_of(spec)
    assert split is not None and split.numeric
    fitted = engine.fit(
        model, *table_of(spec), seed=seed, max_iter=spec.max_iter, tol=0.0, start=spec.start, algorithm=algorithm
    )
    off = split.targets[split.test] - fitted.predict(split.inputs[split.test])
    return float(np.sqrt((off**2).mean()))


@pytest.mark.parametrize("model", ["mlp", "experts", "backprop-experts"])
def test_the_race_is_won_by_the_lowest_rmse_on_validation_rows(lines: Path, model: str) -> None:
    spec = of_numbers(lines, model)
    now: Race = last(race(spec, 2))
    assert now.by_rmse and not [racer.error for racer in now.racers if racer.error]
    names = [racer.name for racer in now.racers]
    if "expert" in model:
        assert {"classic", "hard", "stochastic", "annealed", "squarem", "adam", "seed 1"} == set(names)
    else:
        assert {"gradient", "newton", "lbfgs", "ecm", "seed 1"} < set(names)
    alike = [racer for racer in now.racers if not racer.name.startswith("seed")]
    heights = [racer.laps[0].objective for racer in alike]
    assert max(heights) == pytest.approx(min(heights), rel=1e-9)  # from the same θ, in the same objective
    choosing = choosing_spec(spec)
    for racer in now.racers[:2]:
        assert racer.spec is not None and racer.laps[-1].hits is None
        if racer.laps[-1].iteration == 4:
            expected = rmse(racer.spec.model, choosing, algorithm=racer.spec.algorithm)
            assert racer.laps[-1].rmse == pytest.approx(expected, rel=1e-6)
    winner = now.winner
    assert winner is not None and winner.spec is not None
    least = min(racer.laps[-1].rmse or math.inf for racer in now.racers)
    assert winner.laps[-1].rmse == least and f"has the lowest RMSE on validation rows, {number(least, 4)}" in verdict(
        now
    )
    tested = scored_on_test(winner.spec)
    assert isinstance(tested, NumberScore) and now.tested_rmse == tested.rmse and now.tested is None
    assert f"it alone is tested, fitted again to all training rows: RMSE {number(tested.rmse, 4)}" in winner_sentence(
        now
    )
    assert must_rise(now.racers[0])
    none = last(race(replace(spec, test_share=0.0, max_iter=1), 1))
    assert winner_sentence(none).endswith("no test rows are held back.") and none.tested_rmse is None


def test_the_race_of_experts_for_classes_is_judged_by_rows() -> None:
    now: Race = last(race(chosen("iris", model="experts", standardize=True, max_iter=2), 1))
    assert not now.by_rmse and now.n_judged == 22 and now.tested is not None
    assert "most validation rows right" in verdict(now)
    assert "its objective must rise, and so must the bound" in must_rise(now.racers[0])
    assert "may fall" in must_rise(next(racer for racer in now.racers if racer.name == "hard"))
    assert "may fall" in must_rise(now.racers[-1]) and now.racers[-1].name == "adam"


@pytest.mark.parametrize("model", ["mlp", "experts"])
async def test_the_map_of_optima_shows_rmse(lines: Path, model: str) -> None:
    async with driving(of_numbers(lines, model), (80, 24)) as app:
        screen = OptimaScreen(app.snapshot.spec, 3)
        screen._max_iter = 10
        app.app.push_screen(screen, explorer(app.app).studies._begin)
        text = " ".join((await at_rest(app)).split())
        assert "validation RMSE" in text and "accuracy" not in text and "right" not in text
        assert ("s other starts" in text) is (model == "experts")
        inner = split_of(choosing_spec(app.snapshot.spec))
        assert inner is not None and screen.map is not None and screen.map.best is not None
        for one in screen.map.optima:
            assert one.rmse == validation_rmse(screen.model, inner, one.params) and number(one.rmse, 4) in text
            assert one.total == 0
        assert screen.map.best.rmse == min(one.rmse for one in screen.map.optima)
        assert isinstance(screen.map.tested, NumberScore)
        assert f"is tested alone: RMSE {number(screen.map.tested.rmse, 4)}" in text


@pytest.mark.parametrize("model", ["mlp", "experts"])
def test_a_size_is_chosen_by_rmse_and_tested_alone(lines: Path, model: str) -> None:
    spec = of_numbers(lines, model)
    found = last(network_sizes(spec, (1, 2), 2, 0))
    assert found.n_done == found.n_runs == 6 and found.found.measure == "rmse"
    means = {size: found.found.mean(found.name(size), "validation_rmse") for size in (1, 2)}
    assert found.chosen == min(means, key=lambda size: means[size])
    opened = changed(spec, model=with_size(spec.model, found.chosen))
    expected = rmse(opened.model, opened)
    assert found.tested[0].test_rmse == pytest.approx(expected, rel=1e-6)
    said = verdict_of_sizes(found)
    noun = "expert" if model == "experts" else "unit"
    assert f"choose {found.chosen} {noun}" in said and "RMSE" in said and "it alone is tested" in said


@pytest.mark.parametrize(("model", "size"), [("mlp", (80, 24)), ("experts", (120, 40))])
async def test_sizes_and_sweep_are_shown_with_their_unit(lines: Path, model: str, size: tuple[int, int]) -> None:
    experts = model == "experts"
    async with driving(of_numbers(lines, model, max_iter=2), size) as app:
        app.app.push_screen(NetworkSizesScreen(app.snapshot.spec, (1, 2), 1))
        text = await at_rest(app)
        assert f"1 to 2 {'experts' if experts else 'hidden units'}" in text
        assert f"validation RMSE{'' if experts else ' (marginal)'}, the smaller the better" in text
        assert "accuracy" not in text
        assert "loss on validation rows" in await app.press("d") and "rows that are fitted" in await app.press("d")
        assert "validation RMSE" in await app.press("d")
        await app.send("escape")
        grid = SweepGrid((0.01, 0.1), (1, 2), 1, 2, OF_EXPERTS) if experts else SweepGrid((0.01, 0.1), (1, 2), 1, 2)
        app.app.push_screen(SweepScreen(app.snapshot.spec, grid), explorer(app.app).studies._begin)
        text = await at_rest(app)
        assert f"{'experts' if experts else 'units'}╲rate" in text and "· validation RMSE" in text
        assert "accuracy" not in text and "it alone is tested: RMSE" in " ".join(text.split())
        assert ("EM learns the marginal and backprop the forward pass" in " ".join(text.split())) is not experts
        assert "training loss" in await app.press("d") and "validation RMSE" in await app.press("d")
        await app.send("enter")
        assert app.snapshot.spec.model.size == 2


def test_a_sweep_of_numbers_in_the_shell_and_in_files(lines: Path, tmp_path: Path) -> None:
    words = ["sweep", str(lines), "--target", "price", "--standardize", "--rates", ".01,.1", "--seeds", "1"]
    words += ["--max-iter", "2"]
    for model, option, key in (("mlp", "--hidden", "hidden_units"), ("experts", "--experts", "n_experts")):
        grid = SweepGrid((0.01, 0.1), (1, 2), 1, 2, "experts" if model == "experts" else "hidden units")
        spec = choose(DataSpec(str(lines), target="price", standardize=True), model=model)
        expected = last(sweep(spec, grid))
        table = tmp_path / f"{model}.csv"
        status, out, err = here(*words, "--model", model, option, "1,2", "--export", str(table))
        assert (status, err) == (0, "") and chosen_sentence(expected) in out and "validation RMSE" in out
        assert "accuracy" not in out and "validation_rmse" in table.read_text() and "accuracy" not in table.read_text()
        cells = [json.loads(line) for line in here(*words, "--model", model, option, "1,2", "--json")[1].splitlines()]
        assert [cell[key] for cell in cells[:4]] == [1, 1, 1, 1]
        name, cell = expected.names["rival", 1, 1], cells[-1]
        assert cell["method"] == name
        assert cell["validation_rmse"] == pytest.approx(expected.found.mean(name, "validation_rmse"))
        (best,) = {cell["test_rmse"] for cell in cells if cell["chosen"]}
        assert best == pytest.approx(np.mean([run.test_rmse for run in expected.tested]))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("iris", "--model", "experts", "--hidden", "1,2"), "give --experts"),
        (("iris", "--experts", "1,2"), "give --hidden"),
        (("iris", "--model", "experts", "--set", "n_experts=3"), "give --experts"),
        (("iris", "--model", "experts", "--experts", "x"), "number of experts"),
        (("iris", "--model", "gmm"), "networks and experts"),
        (("iris", "--model", "nothing"), "there is no model"),
    ],
)
def test_what_a_sweep_of_experts_refuses(words: tuple[str, ...], said: str) -> None:
    status, out, err = here("sweep", *words)
    assert (status, out) == (2, "") and said in err and is_one_sentence(err)


def test_classes_of_experts_are_chosen_by_rows() -> None:
    spec = chosen("iris", model="experts", standardize=True, max_iter=3, tol=0.0)
    found = last(network_sizes(spec, (1, 2), 1, 0))
    inner = split_of(choosing_spec(spec))
    assert inner is not None and found.found.measure == "accuracy"
    opened = changed(spec, model=with_size(spec.model, found.chosen))
    expected = scored_on_test(opened)
    assert expected is not None and not isinstance(expected, NumberScore)
    assert found.tested[0].test_accuracy == pytest.approx(expected.accuracy)
    fitted = engine.fit(opened.model, *table_of(opened), max_iter=1)
    assert validated(opened.model, inner, fitted.params)[1] == 22
