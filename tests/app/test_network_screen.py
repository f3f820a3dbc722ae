"""A network in the real app: the drawing, curves of both methods, predictions, confusion, and the screens beside it."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from choosing import chosen
from driving import Driver, driving, explorer
from studying import stopped_and_begun_again

from emtui.charts.chart_widget import Chart
from emtui.charts.network_diagram import DiagramChart
from emtui.charts.scene import Backdrop, Curve
from emtui.exports.pictures.sweep_sheet import sweep_sheet
from emtui.exports.sweep_table import sweep_text
from emtui.networks.sweep import SweepResult, sweep
from emtui.networks.sweep_grid import SweepGrid
from emtui.panes.curves.curves import CurvesPane
from emtui.panes.messages import RowChosen
from emtui.panes.model_form.model_form import ModelForm
from emtui.panes.rows.predictions import RowsPane
from emtui.panes.why.subjects.registry import SUBJECTS
from emtui.panes.why.why import WhyPane
from emtui.screens.compare.region_comparison import RegionsScreen
from emtui.screens.studies.cost import CostScreen
from emtui.screens.studies.sweep import SweepScreen
from emtui.settings.config import Config
from emtui.spec.choose import choose
from emtui.spec.revise import changed
from emtui.spec.run_spec import RunSpec
from emtui.spec.train_test_split import split_of
from emtui.views.decision_regions import regions_of
from emtui.views.network.network_row import network_row
from emtui.views.number_format import fixed, number, probability, share
from engine.errors import OptionError
from engine.models.network.predict import network_report

NEWTON = {"m_step": "newton", "weight_decay": "0.01"}


def network(source: str = "iris", **words: object) -> RunSpec:
    return chosen(source, **({"model": "mlp", "settings": NEWTON} | words))  # type: ignore[arg-type]


async def at_rest(app: Driver) -> str:
    """The text when the screens' own workers are through as well."""
    await app.settle()
    await app.app.workers.wait_for_complete()
    await app.settle()
    return app.text


async def at_rest_after(app: Driver, key: str) -> str:
    """The text after a key, when the screens' own workers are through as well."""
    await app.send(key)
    return await at_rest(app)


# the picture


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (40, 14)])
async def test_the_network_is_drawn_with_a_training_row_in_it(size: tuple[int, int]) -> None:
    async with driving(network(), size) as app:
        text = await app.press("n", "1")
        row = app.snapshot.comparison.split.train[0]
        assert f"network · row {row + 1} (train, setosa)" in text
        assert "p(y|x)" in text
        assert re.search("[⠀-⣿]{3}", text)
        report = network_report(
            app.snapshot.step.params,
            app.snapshot.comparison.split.inputs[[row]],
            app.snapshot.comparison.split.targets[[row]],
        )
        said = report["marginal"].probabilities[0]
        for value in said:
            assert probability(value, 2) in text
        if size == (120, 40):
            line = next(line for line in text.splitlines() if "│marginal " in line)
            assert all(probability(value) in line for value in said)
            line = next(line for line in text.splitlines() if "│forward " in line)
            assert all(probability(value) in line for value in report["forward"].probabilities[0])
            assert "z (top 10 of 128)" in text


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_layers_have_whole_heads_and_classes_that_differ(size: tuple[int, int]) -> None:
    async with driving(network(settings={"hidden_units": "4,3"}), size) as app:
        text = await app.press("n")
        assert re.search(r" · 1( of |/)10 ", text)
        head = next(line for line in text.splitlines() if "E[z] 1" in line)
        assert "p(y|x)" in head
        for short in ("se", "ve", "vi"):
            assert re.search(rf"\.\d\d {short}[a-z]*…?[ │]", text)


async def test_a_table_without_room_for_its_rows_is_left_out_whole() -> None:
    async with driving(network(), (80, 24)) as app:
        text = await app.press("n")
        assert "marginal" in text
        assert "z (top" not in text


async def test_a_legend_that_is_cut_beside_the_axis_has_its_own_line() -> None:
    async with driving(network(), (80, 24)) as app:
        text = await app.press("n", "a", "a", "a")
        assert "● setosa  ■ versicolor  ▲ virginica" in text
        assert "petal width" in text
        text = await app.press("A", "A")
        assert "● setosa  ■ versicolor  ▲ virginica" in text


async def test_all_configurations_of_few_units_are_listed() -> None:
    async with driving(network(k=2)) as app:
        text = await app.press("n")
        model, split = app.snapshot.spec.model, app.snapshot.comparison.split
        row = int(split.train[0])
        rows = model.observe(split.inputs, split.targets)
        found = model.configurations(app.snapshot.step.params, rows, row)
        for z, chance in zip(found.z.astype(int), found.probabilities, strict=True):
            assert re.search(rf"{z[0]}{z[1]} +{re.escape(probability(chance))}", text)


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
@pytest.mark.parametrize("model", ["mlp", "backprop"])
async def test_the_same_row_is_drawn_and_worked_out_where_none_was_chosen(size: tuple[int, int], model: str) -> None:
    async with driving(network(model=model, settings={}), size) as app:
        for keys in (("n", "e"), ("m", "e"), ("r",)):
            await app.send(*keys)
            row = int(app.snapshot.comparison.split.train[0])
            drawn = await at_rest_after(app, "1")
            assert f"network · row {row + 1} (train," in drawn
            await app.send("9")
            text = await at_rest_after(app, "d")
            assert f"row {row + 1} · 2 of {len(SUBJECTS)}" in text and app.app.screen.query_one(WhyPane)._row == row
            await app.send("D")


@pytest.mark.parametrize("m", [2, 7])
async def test_a_test_row_is_drawn_without_its_class(m: int) -> None:
    async with driving(network(k=m)) as app:
        await app.send("n")
        split, params = app.snapshot.comparison.split, app.snapshot.step.params
        row = int(split.test[2])
        seen = network_row(app.snapshot, row)
        u = 1.0 / (1.0 + np.exp(-(params.hidden[:, 0] + params.hidden[:, 1:] @ split.inputs[row])))
        np.testing.assert_allclose(seen.activities[0], u, rtol=1e-12)
        assert seen.configurations is not None
        z, chances = seen.configurations
        np.testing.assert_allclose(chances, np.prod(np.where(z == 1, u, 1 - u), axis=1), rtol=1e-9)
        assert len(z) == min(2**m, 10) and (np.diff(chances) <= 0).all() and seen.expected is None
        app.app.screen.post_message(RowChosen(row))
        await app.settle()
        text = await at_rest(app)
        assert f"network · row {row + 1} (test" in text and "E[z]" not in text and "p(z|x)" in text
        assert "u; a test row's y is not used" in text
        for value in u:
            assert probability(value, 2) in text


async def test_a_picked_row_is_drawn_and_listed() -> None:
    async with driving(network()) as app:
        await app.send("n", "3", "down", "down", "down")
        pane = app.app.screen.query_one(RowsPane)
        assert pane.predictions is not None
        row = pane.predictions.row(2)
        assert f"network · row {row + 1} (test" in app.text
        diagram = app.app.screen.query_one(DiagramChart).diagram
        shown = [float(text) for text in diagram.layers[0].texts]
        np.testing.assert_allclose(shown, app.snapshot.spec.dataset.X[row])


async def test_the_rows_by_predicted_class_are_another_picture() -> None:
    async with driving(network()) as app:
        text = await app.press("n", "a", "a", "a")
        assert "petal length × petal width, predicted" in text
        assert not app.app.screen.query_one(DiagramChart).display
        text = await app.press("A", "A", "A")
        assert "network · row" in text


async def test_many_units_are_looked_at_in_the_background() -> None:
    async with driving(network(k=30, settings={}), (120, 45)) as app:
        await app.send("e")
        text = await at_rest(app)
        assert "z (visited most of 2^30)" in text
        assert "estimate" in text


async def test_several_layers_are_drawn() -> None:
    async with driving(network(settings={"hidden_units": "4,3"})) as app:
        await app.send("n")
        text = await at_rest(app)
        assert "E[z] 1" in text
        assert "E[z] 2" in text


# curves


def drawn_curves(app: Driver) -> list[str]:
    """The labels of the curves on the chart, those at the back first."""
    scene = app.app.screen.query_one(CurvesPane).query_one(Chart).scene
    return [layer.label for layer in scene.layers if isinstance(layer, Curve)]


async def test_curves_of_both_methods_against_three_things() -> None:
    async with driving(network()) as app:
        await app.send("n", "n", "n", "2")
        pane = app.app.screen.query_one(CurvesPane)
        comparison = app.snapshot.comparison
        expected = {
            "iterations": [0.0, 1.0, 2.0, 3.0],
            "seconds": [one.seconds for one in comparison.own],
            "passes": [0.0, 129.0, 258.0, 387.0],
        }
        for against, x in expected.items():
            assert "loss · 1 of 4" in app.text or f"loss by {against} · 1 of 4" in app.text
            assert against in pane.query_one(Chart).scene.x_label
            curves = [layer for layer in pane.query_one(Chart).scene.layers if isinstance(layer, Curve)]
            assert len(curves) == 6  # EM by both its ways to predict, and the rival
            own = curves[-1]  # in front: the explored model on its training rows
            np.testing.assert_allclose(own.x, x)
            np.testing.assert_array_equal(own.y, [one.train.log_loss for one in comparison.own])
            np.testing.assert_array_equal(curves[0].y, [one.scores["test_loss_forward"] for one in comparison.own])
            rival = curves[2]
            np.testing.assert_array_equal(rival.y, [one.test.log_loss for one in comparison.rival])
            await app.send("i")
        assert "loss · 1 of 4" in app.text
        assert "accuracy · 2 of 4" in await app.press("d")
        accuracy = [layer for layer in pane.query_one(Chart).scene.layers if isinstance(layer, Curve)][-1]
        np.testing.assert_array_equal(accuracy.y, [one.train.accuracy for one in comparison.own])
        await app.send("d")
        assert drawn_curves(app) == ["bound", "log-likelihood"]


async def test_a_mixture_after_a_network_has_its_own_curves() -> None:
    async with driving(network()) as app:
        await app.send("n")
        explorer(app.app).open_spec(lambda: choose("iris"))
        await app.settle()
        await app.send("e")
        assert drawn_curves(app) == ["bound", "log-likelihood"]
        assert "responsibilities" in app.text
        assert "predictions" not in app.text


# numbers


async def test_predictions_can_be_sorted_turned_and_of_training_rows() -> None:
    async with driving(network(), (120, 45)) as app:
        await app.send("n", "n", "3")
        pane = app.app.screen.query_one(RowsPane)
        comparison, source = app.snapshot.comparison, pane.predictions
        assert source is not None
        wrong = comparison.here.test.n_rows - comparison.here.test.hits
        assert int(source.own.wrong.sum()) == wrong
        assert f"test ✗: EM {wrong}, rival {source.rival.wrong.sum()}" in app.text
        await app.send("s")
        flags = pane.predictions.own.wrong[pane.predictions.places]  # type: ignore[union-attr]
        assert flags.tolist() == sorted(flags.tolist(), reverse=True)
        await app.send("s")
        largest = pane.predictions.own.probabilities.max(axis=1)[pane.predictions.places]  # type: ignore[union-attr]
        assert largest.tolist() == sorted(largest.tolist())
        await app.send("S")
        assert "unsure first, reversed" in app.text
        text = await app.press("H")
        own, rival = 90 - comparison.here.train.hits, 90 - comparison.rival_here.train.hits
        assert f"training: EM {own}, backprop {rival}" in text or f"training: EM {own} wrong" in text


async def test_a_key_for_test_rows_is_named_where_there_are_some() -> None:
    for share_of_test, named in ((0.4, True), (0.0, False)):
        async with driving(network(test_share=share_of_test), (120, 45)) as app:
            text = await app.press("n", "3", "H")
            assert "in order" in text and ("H: test" in text) is named


async def test_confusion_and_accuracy_of_both_methods() -> None:
    async with driving(network(), (120, 45)) as app:
        text = await app.press("n", "n", "n", "5", "z")
        comparison = app.snapshot.comparison
        for name, found in (("EM", comparison.here), ("backprop", comparison.rival_here)):
            line = next(line for line in text.splitlines() if re.match(rf"│{name} +train", line))
            assert share(found.train.hits, 90) in line
            assert share(found.test.hits, 60) in line
            assert fixed(found.test.log_loss, 3) in line
        heads = next(line for line in text.splitlines() if "EM, test" in line)
        assert "backprop, test" in heads  # side by side
        setosa = next(line for line in text.splitlines() if "setosa" in line and "versicolor" not in line)
        both = [*comparison.here.test.confusion[0], *comparison.rival_here.test.confusion[0]]
        assert [int(number) for number in re.findall(r"\d+", setosa)] == [int(value) for value in both]


async def test_weights_stand_by_layer() -> None:
    async with driving(network(k=2)) as app:
        text = await app.press("n", "4", "z")
        for name in ("bias", "sepal length", "petal width", "→setosa", "→virginica"):
            assert name in text
        row = next(line for line in text.splitlines() if "petal width" in line)
        for h in range(2):
            assert fixed(app.snapshot.step.params.hidden[h, 4]) in row


async def test_every_step_is_told() -> None:
    async with driving(network()) as app:
        text = app.text
        assert "Seven hidden units, weights drawn with standard deviation 1" in text
        text = await app.press("e")
        assert re.search(r"Unit \d is on most, with E\[z\]", text)
        assert "(KL 0)" in text
        await app.send("m")
        before, here = app.snapshot.comparison.own[0].train, app.snapshot.comparison.here.train
        said = " ".join(app.text.split())
        assert "Training loss (marginal) fell from" in said and f"from {before.log_loss:.4g}"[:8] in said
        assert f"{here.hits} of 90 right" in said
        assert re.search(r"Unit \d moved most: its E\[z\] by", await app.press("e"))


async def test_too_long_a_step_says_so() -> None:
    spec = network(settings={"learning_rate": "0.8"}, standardize=True)
    async with driving(spec) as app:
        for _ in range(8):
            text = " ".join((await app.press("n")).split())
            if app.snapshot.step.events:
                break
        assert "was too long" in text


async def test_backpropagation_explains_its_half_steps() -> None:
    async with driving(network(model="backprop", settings={})) as app:
        assert "nothing latent to settle" in " ".join((await app.press("e")).split())
        assert "Epoch 1: training loss" in " ".join((await app.press("m")).split())
        assert app.snapshot.comparison.rival_model.name == "mlp"
        text = await app.press("5", "z")
        assert re.search(r"│EM +train", text)


async def test_standardised_inputs_in_the_form_begin_again_from_the_split() -> None:
    async with driving(network(), (120, 60)) as app:
        await app.send("n")
        screen = explorer(app.app)
        spec = app.snapshot.spec
        screen.open_spec(lambda: changed(spec, data=replace(spec.data, standardize=True), test_share=0.2))
        await app.settle()
        assert app.snapshot.comparison.split.units is not None
        assert len(app.snapshot.comparison.split.test) == 30
        assert "standardised" in app.text


async def test_without_colour_and_in_ascii() -> None:
    async with driving(network(), (100, 30), Config(ascii=True)) as app:
        await app.send("n")
        picture = app.app.screen.query_one(DiagramChart).picture.text
        assert picture.isascii()
        assert "E[z]" in picture


# the screens


async def test_regions_of_both_methods_side_by_side() -> None:
    async with driving(network()) as app:
        await app.send("n", "n")
        await app.send("v")
        text = await at_rest(app)
        assert isinstance(app.app.screen, RegionsScreen)
        assert "iteration 2 · marginal loss" in text and " · EM newton" in text
        assert text.count("iteration 2 · marginal loss") == 2 and "backprop adam 0.3" in text
        held = app.snapshot.spec.dataset.X[app.snapshot.comparison.split.train].mean(axis=0)
        assert f"held: ▸sepal length {number(held[0])} (mean), sepal width {number(held[1])} (mean)" in text
        own, rival = regions_of(app.snapshot, app.app.screen.choice_for(app.snapshot))
        assert rival is not None
        grounds = [
            layer
            for chart in app.app.screen.query(Chart)
            for layer in chart.scene.layers
            if isinstance(layer, Backdrop)
        ]
        np.testing.assert_array_equal(grounds[0].marks, own.winners)
        np.testing.assert_array_equal(grounds[1].marks, rival.winners)
        assert "training rows are near" in await at_rest_after(app, "H")
        assert "▸sepal width" in await at_rest_after(app, "p")
        assert (await at_rest_after(app, "up")).count("(mean)") == 1
        await at_rest_after(app, "s")
        hard = app.app.screen.query(Chart).first().scene.layers[0]
        assert len(np.unique(hard.colors.reshape(-1, 3), axis=0)) <= 3
        before = app.app.screen.features
        await app.send("full_stop")
        await at_rest(app)
        assert app.app.screen.features[1] == before[1]
        assert app.app.screen.features[0] != before[0]
        await app.send("n")
        assert "iteration 3" in await at_rest(app)
        await app.send("escape")
        assert app.app.screen is explorer(app.app)


async def test_regions_in_tabs_where_it_is_narrow() -> None:
    async with driving(network("xor"), (60, 24)) as app:
        await app.send("n", "v")
        text = await at_rest(app)
        assert "EM newton" in text
        assert "both features are shown" in text.lower()
        await app.send("tab")
        assert "backprop adam" in await at_rest(app)


async def test_a_sweep_fills_both_maps_and_opens_a_cell() -> None:
    async with driving(network(settings={})) as app:
        grid = SweepGrid(rates=(0.005, 0.1), units=(1, 3), n_seeds=2, max_iter=4)
        screen = SweepScreen(app.snapshot.spec, grid)
        app.app.push_screen(screen, explorer(app.app).studies._begin)
        text = await at_rest(app)
        assert "18 of 18 runs" in text
        expected = deque(sweep(app.snapshot.spec, grid), maxlen=1).pop()
        for side in ("own", "rival"):
            table = expected.table(side, "validation_accuracy")
            assert np.isfinite(table).all()
            for value in table.ravel():
                assert f"{value:.3f}" in text
        text = await app.press("d")
        assert "marginal training loss" in text
        assert f"{expected.table('own', 'train_log_loss')[0, 0]:.3f}" in text
        await app.send("up", "up", "right", "right", "tab")
        assert "1 unit, rate 0.1" in app.text
        assert "it alone is tested" in " ".join(app.text.split())
        await app.send("enter")
        model = app.snapshot.spec.model
        assert (model.name, model.hidden_units, model.learning_rate) == ("backprop", 1, 0.1)
        assert app.app.screen is explorer(app.app)


async def test_the_grid_of_a_sweep_is_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with driving(network(settings={}), (80, 24)) as app:
        screen = SweepScreen(app.snapshot.spec, SweepGrid((0.1,), (1,), 1, 1))
        app.app.push_screen(screen, explorer(app.app).studies._begin)
        await at_rest(app)
        await app.send("g", *"0.01,x", "enter")
        assert "'x' is no learning rate" in " ".join(app.text.split())
        await app.send("backspace", *"0.2", "tab", *"2,3", "tab", "2", "down", "2", "enter")
        text = await at_rest(app)
        assert screen.sweep.grid == SweepGrid((0.01, 0.2), (2, 3), 2, 2)
        assert "18 of 18 runs" in text and "mean of 2 seeds" in text
        await app.send("right", "x")
        await at_rest(app)
        assert "table of the sweep" in app.text and "heat map" in app.text
        offered = screen.exported()
        assert offered is not None
        maps = next(export for export in offered[1] if export.title == "heat maps")
        assert "".join(maps.chunks(offered[0])) == "".join(sweep_text(screen.sweep))
        drawn = [[plot.title.split(" · ")[1] for plot in row] for row in sweep_sheet(screen.sweep).plots]
        assert drawn == [["validation accuracy"] * 2, ["marginal training loss"] * 2]
        await app.send("escape")
        await app.send("g", "5", "tab", "6", "escape", "d")
        assert "marginal training loss" in app.text and screen.sweep.grid.rates == (0.01, 0.2)
        assert "learning rates 0.01,0.2" in app.text and re.search("hidden units +2,3", app.text)  # every line


async def test_a_sweep_is_cancelled() -> None:
    async with driving(network(settings={})) as app:
        await app.send("w")
        assert isinstance(app.app.screen, SweepScreen)
        await app.send("escape")
        assert app.app.screen is explorer(app.app)
        await at_rest(app)
        assert "network · row" in app.text


async def test_a_sweep_is_stopped_and_begun_again(monkeypatch: pytest.MonkeyPatch) -> None:
    await stopped_and_begun_again(monkeypatch, "emtui.screens.studies.sweep.sweep", sweep, "w", network(settings={}))


async def test_a_sweep_that_can_not_go_on_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> Iterator[SweepResult]:
        raise OptionError("There is nothing to sweep here.")
        yield

    monkeypatch.setattr("emtui.screens.studies.sweep.sweep", refused)
    async with driving(network(settings={})) as app:
        await app.send("w")
        assert "There is nothing to sweep here." in await at_rest(app)
        assert "space stops" not in app.text


async def test_what_an_exact_step_costs() -> None:
    async with driving(network()) as app:
        spec = app.snapshot.spec
        await app.send("C")
        screen = app.app.screen
        assert isinstance(screen, CostScreen)
        text = await at_rest(app)
        assert "The E-step is exact over all 2^m configurations up to m = 20" in text
        assert f"m = {screen.most}" in text
        assert "e_step=exact" in text
        assert "The present 7 units" in " ".join(text.split())
        assert sum(cost.measured_seconds is not None for cost in screen.costs) >= 8
        assert split_of(spec) is not None
        await app.send("escape")
        assert app.app.screen is explorer(app.app)


async def test_of_several_layers_the_cost_says_that_they_are_sampled() -> None:
    async with driving(network(settings={"hidden_units": "2,2"})) as app:
        await app.send("C")
        text = " ".join((await at_rest(app)).split())
        assert "This is of one hidden layer: the present layers 2,2 are sampled." in text


@pytest.mark.parametrize("key", ["w", "C"])
async def test_what_is_for_networks_says_so_elsewhere(key: str) -> None:
    async with driving() as app:
        assert "choose the model mlp" in await app.press(key)


async def test_unlabelled_data_are_refused_on_the_screen() -> None:
    async with driving(choose("old_faithful")) as app:
        screen = explorer(app.app)
        spec = app.snapshot.spec
        screen.open_spec(lambda: changed(spec, model=network().model))
        await app.settle()
        assert "no column of known classes" in " ".join(app.text.split())
        assert app.snapshot.spec.model.name == "gmm"


async def test_the_form_asks_for_the_split_of_a_network_alone() -> None:
    async with driving(choose("iris"), (120, 60)) as app:
        form = app.app.screen.query_one(ModelForm)
        assert "test_share" not in form.texts
        form._fields["model"]._cycle(list(form._fields["model"].spec.words).index("mlp"))
        await app.settle()
        assert form.texts["model"] == "mlp"
        assert (form.texts["test_share"], form.texts["rival"], form.texts["same_start"]) == (
            "0.4",
            "as it suits",
            "yes",
        )
        form._fields["test_share"].put("0.4", "0.2")
        form._fields["rival"].put("", "learning_rate=0.1")
        form.apply()
        await app.settle()
        spec = app.snapshot.spec
        assert (spec.model.name, spec.test_share, spec.rival) == ("mlp", 0.2, (("learning_rate", "0.1"),))
        form._fields["rival"].put("learning_rate=0.1", "nonsense")
        form.apply()
        await app.settle()
        assert "rival needs KEY=VALUE" in " ".join(app.text.split())
