"""Slices through the inputs: decision regions and response maps as values, as panels of every size, and in the app."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from choosing import chosen
from counts import examples
from driving import Driver, driving
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from emtui.charts.colors import ANSI, DARK, Palette
from emtui.charts.panels import PanelChart, Panels, draw_panels, placed_panels
from emtui.charts.scene import Backdrop, Curve, Dots, PixelImage
from emtui.session.session import Session
from emtui.session.snapshot import StepSnapshot
from emtui.settings.config import Config
from emtui.views import decision_regions, view_for
from emtui.views.decision_regions import COARSE, regions_of
from emtui.views.generic import GenericView
from emtui.views.network.response_maps import unit_maps, unit_users
from emtui.views.number_format import number, probability
from emtui.views.region_pictures import regions_panels, regions_scene
from emtui.views.slice_choice import SliceChoice, first_choice, held_words, rows_words
from emtui.views.supervised import REGIONS
from engine.models.network.predict import predict_network

NEWTON = {"m_step": "newton", "weight_decay": "0.01"}
NO_COLORS = replace(ANSI, mode="none")


@cache
def network(source: str = "iris", steps: int = 6, **words: Any) -> StepSnapshot:
    words = {"model": "mlp", "settings": dict(words.pop("options", NEWTON.items()))} | words
    session = Session(chosen(source, **words))
    for _ in range(steps):
        session.take()
    while session.rival_is_behind:
        session.advance_rival()
    return session.snapshot()


def one_input(steps: int = 4) -> StepSnapshot:
    return network(steps=steps, columns=("petal length",))


# values


@pytest.mark.parametrize("held_back", [False, True])
@pytest.mark.parametrize("moved", [(), ((0, 6.9),)])
def test_rows_near_the_slice_are_drawn_and_the_others_counted(held_back: bool, moved: Any) -> None:
    snapshot = network()
    choice = SliceChoice((2, 3), moved=moved, held_back=held_back)
    own, rival = regions_of(snapshot, choice)
    split, X = snapshot.comparison.split, snapshot.spec.dataset.X  # type: ignore[union-attr]
    at = X[split.train].mean(axis=0)
    for column, value in moved:
        at[column] = value
    part = split.test if held_back else split.train
    away = (X[part] - at)[:, :2] / X[split.train].std(axis=0)[:2]
    near = part[np.sqrt((away**2).mean(axis=1)) <= 1.0]
    np.testing.assert_array_equal(own.near.rows, near)
    assert 0 < len(near) < len(part)
    kind = "test" if held_back else "training"
    left = len(part) - len(near)
    assert rows_words(own.near)[0].startswith(f"{len(near)} of {len(part)} {kind} rows are near")
    assert rows_words(own.near)[0].endswith(f"{left} are not")
    # a row is wrong by what the method says of the row itself, not of the slice
    assert rival is not None
    for found, params, way in (
        (own, snapshot.step.params, "marginal"),
        (rival, snapshot.comparison.rival_params_here, "forward"),  # type: ignore[union-attr]
    ):
        said = predict_network(params, split.inputs[near], way).argmax(axis=1)  # type: ignore[arg-type]
        np.testing.assert_array_equal(found.right, said == split.targets[near])
        crosses = [layer for layer in scene_dots(snapshot, found, choice) if layer.marker == ("✗",)]
        assert sum(len(layer.x) for layer in crosses) == found.n_wrong


def scene_dots(snapshot: StepSnapshot, found: Any, choice: SliceChoice) -> list[Dots]:
    return [layer for layer in regions_scene(snapshot, found, choice, DARK).layers if isinstance(layer, Dots)]


def test_regions_ask_for_class_probabilities_alone() -> None:
    """Any supervised model will do: nothing of a network is asked for."""
    snapshot = network()
    W = np.random.default_rng(0).normal(size=(4, 3))

    def predict_proba(params: Any, X: np.ndarray) -> np.ndarray:
        e = np.exp(X @ params)
        return e / e.sum(axis=1, keepdims=True)

    model = SimpleNamespace(
        supervised=True,
        predict_proba=predict_proba,
        observe_new=lambda X, params: X,
        predicts_numbers=lambda params: False,
    )
    step = SimpleNamespace(problem=SimpleNamespace(model=model), params=W)
    own, _ = regions_of(replace(snapshot, step=step), SliceChoice((0, 3)), COARSE)  # type: ignore[arg-type]
    points = own.plane.points
    np.testing.assert_allclose(own.probabilities.reshape(-1, 3), predict_proba(W, points))
    split = snapshot.comparison.split  # type: ignore[union-attr]
    said = predict_proba(W, split.inputs[own.near.rows]).argmax(axis=1)
    np.testing.assert_array_equal(own.right, said == split.targets[own.near.rows])


def test_soft_or_hard_in_colours_and_in_signs() -> None:
    snapshot, choice = network(), SliceChoice((2, 3))
    own, _ = regions_of(snapshot, choice)
    soft, hard = (regions_scene(snapshot, own, replace(choice, hard=hard), DARK).layers[0] for hard in (False, True))
    assert isinstance(soft, Backdrop) and isinstance(hard, Backdrop)
    assert len(np.unique(hard.colors.reshape(-1, 3), axis=0)) == len(np.unique(own.winners))
    assert len(np.unique(soft.colors.reshape(-1, 3), axis=0)) > 50
    likeliest = own.probabilities.max(axis=2)
    assert soft.density is not None and hard.density is None
    np.testing.assert_array_equal(soft.density, np.where(likeliest >= 0.9, 2, np.where(likeliest >= 0.6, 1, 0)))
    for palette in (NO_COLORS, ANSI, replace(DARK, ascii=True)):
        panels = regions_panels(snapshot, (own, None), choice, palette)
        text = draw_panels(panels, 60, 30, palette).text
        signs = ".:-" if palette.ascii else "·:-"
        assert f"ground: {signs[0]} setosa, {signs[1]} versicolor, {signs[2]} virginica" in text
        assert sum(text.count(sign) for sign in signs) > 15
        clear = draw_panels(regions_panels(snapshot, (own, None), replace(choice, hard=True), palette), 60, 30, palette)
        assert sum(clear.text.count(sign) for sign in signs) > sum(text.count(sign) for sign in signs)
    coloured = draw_panels(regions_panels(snapshot, (own, None), choice, DARK), 60, 30, DARK).text
    assert "ground" not in coloured


def test_units_respond_as_their_weights_say() -> None:
    snapshot, choice = network(), SliceChoice((1, 2), moved=((3, 2.0),))
    found = unit_maps(snapshot, choice)
    W = snapshot.step.params.hidden
    expected = 1.0 / (1.0 + np.exp(-(W[:, :1] + W[:, 1:] @ found.plane.points.T)))
    np.testing.assert_allclose(found.values.reshape(7, -1), expected, rtol=1e-9)
    assert (found.plane.points[:, 3] == 2.0).all()
    deep = unit_maps(network(steps=2, options=(("hidden_units", "4,3"),)), choice)
    assert deep.exact
    assert deep.layers.tolist() == [0, 0, 0, 0, 1, 1, 1]
    assert deep.places.tolist() == [0, 1, 2, 3, 0, 1, 2]


def test_the_rows_that_use_a_unit_most_have_the_largest_expectation() -> None:
    snapshot = network(options=(*NEWTON.items(), ("hidden_units", "2")))
    params, split = snapshot.step.params, snapshot.comparison.split  # type: ignore[union-attr]

    def expected(row: int) -> np.ndarray:
        u = 1.0 / (1.0 + np.exp(-(params.hidden[:, 0] + params.hidden[:, 1:] @ split.inputs[row])))
        if split.is_test(row):  # its class is not used
            return u
        total, mean = 0.0, np.zeros(2)
        for z in product((0.0, 1.0), repeat=2):
            o = np.exp(params.output[:, 0] + params.output[:, 1:] @ np.array(z))
            joint = np.prod(np.where(np.array(z) == 1, u, 1 - u)) * o[split.targets[row]] / o.sum()
            total, mean = total + joint, mean + joint * np.array(z)
        return mean / total

    for held_back, part in ((True, split.test), (False, split.train)):
        for unit in (0, 1):
            found = unit_users(snapshot, unit, held_back)
            every = np.array([expected(int(row))[unit] for row in part])
            np.testing.assert_allclose(found.values, np.sort(every)[::-1][:5], rtol=1e-8)
            np.testing.assert_allclose([expected(int(row))[unit] for row in found.rows], found.values, rtol=1e-8)
            assert (found.held_back, found.n_rows) == (held_back, len(part))
    active = network(model="backprop", options=())
    users = unit_users(active, 3, True)
    W = active.step.params.hidden[3]
    inputs = active.comparison.split.inputs  # type: ignore[union-attr]
    np.testing.assert_allclose(users.values, 1.0 / (1.0 + np.exp(-(W[0] + inputs[users.rows] @ W[1:]))))


def test_held_features_move_by_stops_with_the_mean_among_them() -> None:
    snapshot = network()
    data, split = snapshot.spec.dataset, snapshot.comparison.split  # type: ignore[union-attr]
    mean = data.X[split.train].mean(axis=0)
    choice = first_choice(data)
    assert choice.features == (2, 3)
    assert held_words(data, split, choice)[0] == (
        f"held: ▸sepal length {number(mean[0])} (mean), sepal width {number(mean[1])} (mean)"
    )
    more = choice.with_moved(1, data, split)
    step = (data.X[:, 0].max() - data.X[:, 0].min()) / 20
    assert dict(more.moved)[0] == pytest.approx(mean[0] + step)
    assert more.with_moved(-1, data, split) == replace(choice, moving=0)
    for _ in range(30):
        more = more.with_moved(1, data, split)
    assert dict(more.moved)[0] == data.X[:, 0].max()
    assert more.with_moved(1, data, split).moved == more.moved
    other = choice.next_moving(1, 4)
    assert held_words(data, split, other.with_moved(2, data, split))[0].count("▸sepal width") == 1
    assert choice.turned(0, 1, 4).features == (0, 3)  # 3 is taken
    assert choice.turned(1, 1, 4).features == (2, 0)
    many = network("digits", steps=1, options=())
    [said, short] = held_words(many.spec.dataset, many.comparison.split, SliceChoice((3, 4)))  # type: ignore[union-attr]
    assert said.endswith("the other 61 at their training means")
    assert short.endswith("61 at their means")


def test_one_input_is_a_line() -> None:
    snapshot = one_input()
    choice = first_choice(snapshot.spec.dataset)
    assert choice.features == (0,)
    own, _ = regions_of(snapshot, choice)
    curves = [layer for layer in regions_scene(snapshot, own, choice, DARK).layers if isinstance(layer, Curve)]
    for c, curve in enumerate(curves):
        said = predict_network(snapshot.step.params, curve.x[:, None])[:, c]
        np.testing.assert_allclose(curve.y, said, rtol=1e-9)
    assert len(curves) == 3
    view = view_for("mlp")
    [by_class] = [axes for axes in view.axes(snapshot) if axes.x.kind == "feature"]  # branches lie side by side on it
    assert len(view.scene(snapshot, by_class, DARK).layers) >= 4
    assert own.near.n_near == own.near.n_rows
    assert unit_maps(snapshot, choice).values.shape == (7, 1, 40)


def numbers(tmp_path: Path, columns: int) -> StepSnapshot:
    generator = np.random.default_rng(columns)
    X = generator.normal(size=(60, columns))
    lines = [",".join([*(f"x{j}" for j in range(columns)), "height"])]
    lines += [",".join(f"{value:.3f}" for value in (*row, row[0] * 2 + row[-1])) for row in X]
    (tmp_path / f"{columns}.csv").write_text("\n".join(lines) + "\n")
    return network(str(tmp_path / f"{columns}.csv"), steps=4, model="experts", options=(), target="height")


def test_of_numbers_the_mean_is_shown(tmp_path: Path) -> None:
    for columns in (1, 3):
        snapshot = numbers(tmp_path, columns)
        choice = first_choice(snapshot.spec.dataset)
        own, _ = regions_of(snapshot, choice)
        model, params, split = snapshot.spec.model, snapshot.step.params, snapshot.comparison.split  # type: ignore[union-attr]
        said = model.predict_mean(params, model.observe_new(own.plane.points, params))
        assert own.means is not None
        np.testing.assert_allclose(own.means.ravel(), said)
        for palette in (DARK, NO_COLORS):
            scene = regions_scene(snapshot, own, choice, palette)
            [dots] = [layer for layer in scene.layers if isinstance(layer, Dots)]
            assert len(dots.x) == len(own.near.rows) > 0
            if columns == 1:
                np.testing.assert_array_equal(dots.y, split.targets[own.near.rows])
                [curve] = [layer for layer in scene.layers if isinstance(layer, Curve)]
                np.testing.assert_allclose(curve.y, said)
            else:
                values = split.targets[split.train]
                tenths = (split.targets[own.near.rows] - values.min()) / (values.max() - values.min()) * 10
                np.testing.assert_array_equal(dots.marker_index, np.clip(tenths.astype(int), 0, 9))
        panels = GenericView().slices(snapshot, REGIONS, DARK, choice)  # as of any supervised model
        assert panels is not None
        assert panels.title == "predicted height"
        assert "RMSE" in panels.panels[0].titles[0]
        assert draw_panels(panels, 46, 36, DARK).text.count("✗") == 0


# as panels


def shown(snapshot: StepSnapshot, place: int, choice: SliceChoice, palette: Palette = DARK) -> Panels:
    view = view_for(snapshot.spec.model)
    found = view.slices(snapshot, view.axes(snapshot)[place], palette, choice, highlight=3)
    assert found is not None
    return found


@settings(max_examples=examples(30), deadline=None)
@given(
    st.integers(1, 130),
    st.integers(1, 50),
    st.sampled_from([1, 2]),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["iris", "one", "deep"]),
    st.sampled_from([DARK, NO_COLORS, ANSI, replace(DARK, ascii=True)]),
)
def test_they_fit_every_size(
    width: int, height: int, place: int, large: bool, hard: bool, which: str, palette: Palette
) -> None:
    deep = {"steps": 2, "options": (("hidden_units", "4,3"),)}
    snapshot = one_input() if which == "one" else network(**(deep if which == "deep" and place == 2 else {}))  # type: ignore[arg-type]
    choice = replace(first_choice(snapshot.spec.dataset), large=large, hard=hard, unit=5)
    panels = shown(snapshot, place, choice, palette)
    assert draw_panels(panels, width, height, palette).chars.shape == (height, width)
    places, lines = placed_panels(panels, width, height)
    assert all(cell_len(line) <= width for line in lines)
    taken = np.zeros((height, width), dtype=int)
    for one in places:
        assert one.left + one.width <= width and one.top + one.height + len(lines) <= height
        taken[one.top : one.top + one.height, one.left : one.left + one.width] += 1
    assert taken.max(initial=0) <= 1
    assert not panels.bare or any(one.panel == 5 for one in places) or height < 2


def test_all_units_or_the_page_with_the_marked_one() -> None:
    snapshot = network("xor", steps=1, options=(("hidden_units", "30"),))
    panels = shown(snapshot, 2, SliceChoice((0, 1), unit=20))
    text = draw_panels(panels, 42, 16, DARK).text
    assert "units 13–24 of 30" in text
    assert "▸21" in text
    assert len(placed_panels(panels, 120, 36)[0]) == 30


def test_a_large_map_has_its_weights_and_rows() -> None:
    snapshot = network()
    panels = shown(snapshot, 2, SliceChoice((2, 3), unit=4, large=True))
    text = " ".join(" ".join(line for line in draw_panels(panels, 90, 36, DARK).text.splitlines()).split())
    params = snapshot.step.params
    assert f"bias {number(params.hidden[4, 0], 3)}"[:9] in text
    for name in ("sepal length", "petal width", "to "):
        assert name in text
    users = unit_users(snapshot, 4, True)
    names = snapshot.spec.dataset.class_names
    targets = snapshot.comparison.split.targets  # type: ignore[union-attr]
    for row, value in zip(users.rows, users.values, strict=True):
        assert f"row {row + 1} ({names[targets[row]]}) {probability(value, 2)}" in text
    without = view_for("mlp").slices(
        snapshot, view_for("mlp").axes(snapshot)[2], NO_COLORS, SliceChoice((2, 3), unit=4)
    )
    assert without is not None and isinstance(without.panels[4].scene.layers[0], PixelImage)


def test_scores_stand_beside_the_parameters_that_they_are_of() -> None:
    snapshot, choice = network(), SliceChoice((2, 3))
    own, rival = shown(snapshot, 1, choice).panels
    here, theirs = snapshot.comparison.here, snapshot.comparison.rival_here  # type: ignore[union-attr]
    assert f"loss {here.train.log_loss:.3f} · ✗" in own.titles[0]
    assert f"loss {theirs.train.log_loss:.3f} · ✗" in rival.titles[0]
    moved = replace(snapshot, step=replace(snapshot.step, params=snapshot.trail[0]))  # by hand: it has no scores yet
    own, rival = shown(moved, 1, choice).panels
    assert "loss" not in own.titles[0] and "✗" in own.titles[0]
    assert "loss" in rival.titles[0]
    comparison = replace(snapshot.comparison, rival=snapshot.comparison.rival[:2])  # type: ignore[union-attr,type-var]
    assert (
        " · at 1 · train marginal loss"
        in shown(replace(snapshot, comparison=comparison), 1, choice).panels[1].titles[0]
    )


def test_what_takes_long_is_left_out_at_first(monkeypatch: pytest.MonkeyPatch) -> None:
    deep = network(steps=2, options=(("hidden_units", "4,3"),))
    view = view_for("mlp")
    early = view.slices(deep, REGIONS, DARK, SliceChoice((2, 3)), thorough=False)
    assert early is not None and early.more and not early.panels
    assert "being computed" in draw_panels(early, 60, 20, DARK).text
    large = SliceChoice((2, 3), unit=5, large=True)
    units = view.axes(deep)[2]
    first, whole = (view.slices(deep, units, DARK, large, thorough=thorough) for thorough in (False, True))
    assert first is not None and whole is not None
    assert first.more and first.panels and not whole.more
    assert len(whole.notes) == len(first.notes) + 1  # with the rows that use it most
    quick = view.slices(network(), REGIONS, DARK, SliceChoice((2, 3)), thorough=False)
    assert quick is not None and not quick.more and len(quick.panels) == 2
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(
        decision_regions, "regions_of", lambda s, c, shape: (asked.append(shape), regions_of(s, c, shape))[1]
    )
    view.slices(deep, REGIONS, DARK, SliceChoice((2, 3)))
    assert asked == [COARSE]


# in the app


async def at_rest(app: Driver) -> str:
    await app.settle()
    await app.app.workers.wait_for_complete()
    await app.settle()
    return app.text


def chart(app: Driver) -> Panels:
    return app.app.screen.query_one("#picture PanelChart", PanelChart).panels


async def test_keys_of_decision_regions_in_the_picture() -> None:
    async with driving(chosen("iris", model="mlp", settings=NEWTON)) as app:
        text = await app.press("n", "1", "a")
        assert "decision regions · 2 of 10" in text
        assert "Picture 2 of 10: decision regions." in text
        assert "test rows are near the slice" in " ".join(text.replace("│", " ").split())
        assert [panel.titles[0].split()[0] for panel in chart(app).panels] == ["EM", "backprop"]
        soft = chart(app).panels[0].scene.layers[0].colors  # type: ignore[union-attr]
        await app.send("s")
        hard = chart(app).panels[0].scene.layers[0].colors  # type: ignore[union-attr]
        assert len(np.unique(hard.reshape(-1, 3), axis=0)) <= 3 < len(np.unique(soft.reshape(-1, 3), axis=0))
        assert "training rows are near" in " ".join((await app.press("H")).replace("│", " ").split())
        assert "(mean), ▸sepal" in await app.press("p")
        moved = " ".join((await app.press("up")).replace("│", " ").split())
        assert "▸sepal width" in moved and moved.count("(mean)") == 1
        await app.send("full_stop", "greater_than_sign")
        assert (chart(app).panels[0].scene.x_label, chart(app).panels[0].scene.y_label) == (
            "sepal length",
            "sepal width",
        )
        await app.send("d")
        assert [panel.titles[0].split()[0] for panel in chart(app).panels] == ["backprop"]
        await app.send("d")
        before = chart(app).panels[0].titles[0]
        await app.send("n")
        assert chart(app).panels[0].titles[0] != before  # it steps along
        loss = app.snapshot.comparison.here.train.log_loss
        assert f"loss {loss:.3f}" in chart(app).panels[0].titles[0]
        await app.send("A")
        assert not app.app.screen.query_one("#picture PanelChart").display
        assert "network · row" in app.text


@pytest.mark.parametrize(("size", "ascii"), [((120, 40), False), ((80, 24), True)])
async def test_units_are_walked_through_and_enlarged(size: tuple[int, int], ascii: bool) -> None:
    async with driving(chosen("iris", model="mlp", settings=NEWTON), size, Config(ascii=ascii)) as app:
        text = await app.press("n", "1", "a", "a")
        dot = "." if ascii else "·"
        assert f"response maps {dot} 3 of 10" in text
        assert len(chart(app).panels) == 7
        text = await app.press("d", "d", "enter")
        assert f"unit 3, response map {dot} 3 of 10" in text
        assert "w: bias" in text and "v: to" in text
        assert "E[z" not in text and ("with the largest u:" in text or "u, test:" in text)  # their class is not used
        assert "unit 2, response map" in await app.press("D")
        await app.send("enter")
        assert chart(app).chosen == 1
        widget = app.app.screen.query_one("#picture PanelChart", PanelChart)
        place = placed_panels(chart(app), *widget.content_size)[0][3]
        await app.pilot.click(widget, offset=(place.left + 2, place.top + 1))
        await app.settle()
        assert "unit 4, response map" in app.text


async def test_deep_networks_are_drawn_from_the_background_and_nothing_held_is_said() -> None:
    columns = ("petal length", "petal width")
    spec = chosen("iris", model="mlp", settings={"hidden_units": "2,2", "sweeps": "2"}, test_share=0.0, columns=columns)
    async with driving(spec, (100, 30)) as app:
        await app.send("n", "1", "a")
        text = await at_rest(app)
        assert "both features are shown" in text
        assert "all 150 training rows drawn" in text
        assert len(chart(app).panels) >= 1
        assert "No row is held back" in await app.press("H")
        assert "Every feature is shown" in await app.press("up")
