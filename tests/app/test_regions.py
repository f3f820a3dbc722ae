"""Decision regions and the drawing of networks, as values: what is drawn is what the network says."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from choosing import chosen
from counts import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from emtui.charts.canvas import Canvas
from emtui.charts.cell_picture import pack
from emtui.charts.colors import ANSI, DARK
from emtui.charts.network_diagram import DiagramTable, NetworkDiagram, draw_diagram
from emtui.charts.scene import Backdrop, Dots, Scene
from emtui.charts.scene_drawing import draw_scene
from emtui.charts.unit_layers import SecondValue, UnitLayer
from emtui.session.session import Session
from emtui.views import view_for
from emtui.views.decision_regions import FINE, regions_of
from emtui.views.region_pictures import regions_scene
from emtui.views.slice_choice import SliceChoice
from engine.models.network.predict import predict_network


def network(steps: int = 6, source: str = "iris", **words: object) -> Session:
    session = Session(chosen(source, **({"model": "mlp"} | words)))  # type: ignore[arg-type]
    for _ in range(steps):
        session.take()
    while session.rival_is_behind:
        session.advance_rival()
    return session


@pytest.mark.parametrize("standardize", [False, True])
def test_regions_are_the_networks_with_the_others_at_their_mean(standardize: bool) -> None:
    snapshot = network(settings={"m_step": "newton"}, standardize=standardize).snapshot()
    own, rival = regions_of(snapshot, SliceChoice((2, 0)))
    assert rival is not None
    rows, columns = FINE
    assert own.probabilities.shape == (rows, columns, 3)
    np.testing.assert_allclose(own.probabilities.sum(axis=2), 1.0)
    comparison = snapshot.comparison
    assert comparison is not None
    X, split = snapshot.spec.dataset.X, comparison.split
    x0, x1, y0, y1 = own.plane.extent
    assert x0 < X[:, 2].min() < X[:, 2].max() < x1
    assert y0 < X[:, 0].min() < X[:, 0].max() < y1
    row, column = 11, 40
    point = X[split.train].mean(axis=0)
    point[2] = x0 + (column + 0.5) / columns * (x1 - x0)
    point[0] = y1 - (row + 0.5) / rows * (y1 - y0)
    if standardize:
        raw = X[split.train]
        point = (point - raw.mean(axis=0)) / raw.std(axis=0)
    expected = predict_network(snapshot.step.params, point[None, :])[0]
    np.testing.assert_allclose(own.probabilities[row, column], expected, rtol=1e-9)
    theirs = predict_network(comparison.rival_params_here, point[None, :])[0]
    np.testing.assert_allclose(rival.probabilities[row, column], theirs, rtol=1e-9)


def test_the_scene_shows_the_rows_near_the_slice_on_their_ground() -> None:
    snapshot, choice = network().snapshot(), SliceChoice((2, 3))
    own, _ = regions_of(snapshot, choice)
    scene = regions_scene(snapshot, own, choice, DARK)
    assert sum(len(layer.x) for layer in scene.layers if isinstance(layer, Dots)) == len(own.near.rows)
    assert own.near.n_rows == 60
    assert scene.x_label == "petal length"
    assert "% of the plane" in scene.description
    two = network(source="xor", test_share=0.0).snapshot()  # nothing is held, nothing is held back
    own, _ = regions_of(two, SliceChoice((0, 1)))
    assert len(own.near.rows) == 400
    assert not own.near.held_back


def test_ground_colours_cells_and_marks_them_without_colours() -> None:
    colors = np.zeros((2, 2, 3), dtype=np.uint8)
    colors[0, 1] = (200, 10, 10)
    ground = Backdrop(colors, np.array([[0, 1], [0, 0]]), ("a", "b"), (0.0, 1.0, 0.0, 1.0))
    scene = Scene([ground], x_range=(0.0, 1.0), y_range=(0.0, 1.0))
    picture = draw_scene(scene, 40, 12, DARK)
    view = picture.area
    assert view is not None
    inside = picture.background[view.top : view.top + view.rows, view.left : view.left + view.columns]
    red = inside == pack((200, 10, 10))
    assert red[: view.rows // 2, view.columns // 2 + 1 :].all()
    assert not red[view.rows // 2 + 1 :].any()
    assert not red[:, : view.columns // 2 - 1].any()
    plain = draw_scene(scene, 40, 12, replace(DARK, mode="none")).text
    assert "a" in plain
    assert "b" in plain
    assert Canvas(4, 4, (view.x_scale, view.y_scale), ANSI) is not None
    with pytest.raises(ValueError, match="shape"):
        Backdrop(colors, np.zeros((3, 2)), ("a",), (0.0, 1.0, 0.0, 1.0))


# the drawing


def small_diagram(names: tuple[str, ...] = ("one", "two")) -> NetworkDiagram:
    generator = np.random.default_rng(0)
    m = len(names)
    layers = [
        UnitLayer("x", names, ["1.5"] * m, np.full(m, np.nan), m),
        UnitLayer("E[z]", ["", "", ""], [".10", ".50", ".90"], np.array([0.1, 0.5, 0.9]), 3),
        UnitLayer("p", ["yes", "no"], [".7", ".3"], np.array([0.7, 0.3]), 2),
    ]
    weights = [generator.normal(size=(3, m)), generator.normal(size=(2, 3))]
    return NetworkDiagram(layers, weights, [DiagramTable("t", [["", "a"], ["row", ".5"]], [0.5])], "title")


def test_units_and_values_stand_in_the_drawing() -> None:
    text = draw_diagram(small_diagram(), 60, 20, DARK).text
    for word in ("one", "two", "1.5", ".10", ".50", ".90", "yes", "no", "E[z]", "row"):
        assert word in text
    assert all(sign in text for sign in "○◑●")


def test_the_strongest_weight_has_the_strongest_colour_and_signs_differ() -> None:
    layers = [UnitLayer("x", ["a"], [""], np.full(1, np.nan), 1), UnitLayer("y", ["b"], [""], np.full(1, 0.0), 1)]
    positive = draw_diagram(NetworkDiagram(layers, [np.array([[2.0]])]), 40, 5, DARK)
    negative = draw_diagram(NetworkDiagram(layers, [np.array([[-2.0]])]), 40, 5, DARK)
    assert (positive.foreground == pack(DARK.color(0))).any()
    assert (negative.foreground == pack(DARK.color(1))).any()
    assert positive.text != negative.text  # solid and dotted: no colour is needed
    two = [UnitLayer("x", ["a", "b"], ["", ""], np.full(2, np.nan), 2), layers[1]]
    weak = draw_diagram(NetworkDiagram(two, [np.array([[2.0, 0.01]])]), 40, 9, DARK)
    only = draw_diagram(NetworkDiagram(two, [np.array([[2.0, 0.0]])]), 40, 9, DARK)
    assert weak.text == only.text  # a weight that is next to nothing is not drawn


@pytest.mark.parametrize(("width", "height"), [(26, 18), (34, 18), (42, 18), (48, 36), (110, 36)])
@pytest.mark.parametrize("m", [1, 7])
def test_two_values_of_a_unit_stand_beside_each_other_with_a_legend(width: int, height: int, m: int) -> None:
    generator = np.random.default_rng(0)
    before, after = np.linspace(0.0, 1.0, m), np.linspace(1.0, 0.5, m)
    texts = [[f"{value:.2f}"[1:] if value < 1 else "1.00" for value in values] for values in (before, after)]
    second = SecondValue("E[z]", texts[1], after)
    layers = [
        UnitLayer("x", ["sepal length", "sepal width"], ["5.4", "3.9"], np.full(2, np.nan), 2),
        UnitLayer("u", [""] * m, texts[0], before, m, second),
        UnitLayer("p", ["setosa", "versicolor", "virginica"], [".08", ".76", ".16"], np.array([0.08, 0.76, 0.16]), 3),
    ]
    weights = [generator.normal(size=(m, 2)), generator.normal(size=(3, m))]
    table = DiagramTable("z", [["", "p"], *([f"{k}", ".5"] for k in range(8))])
    legend = ("u before y is known, and E[z] after", "u before y, E[z] after", "u, E[z]")
    lines = draw_diagram(NetworkDiagram(layers, weights, [table], legend=legend), width, height, DARK).text.split("\n")
    assert sum(line.strip() in legend for line in lines) == 1
    head = lines[0]
    assert head.index("u ") < head.index("E[z]")
    for one, other in zip(*texts, strict=True):
        line = next(
            line for line in lines[1:] if re.search(rf"[○◔◑◕●] ?{re.escape(one)} +[○◔◑◕●] ?{re.escape(other)}", line)
        )
        assert line.index(one) < head.index("E[z]") <= line.rindex(other)


@pytest.mark.parametrize("width", [30, 42, 48, 80])
@pytest.mark.parametrize("sizes", [(4, 3), (6, 5), (3, 3, 3)])
def test_no_value_is_cut_where_there_are_several_layers(width: int, sizes: tuple[int, ...]) -> None:
    layers = [UnitLayer("x", ["sepal length", "sepal width"], ["5.4", "3.9"], np.full(2, np.nan), 2)]
    for depth, m in enumerate(sizes, 1):
        values = np.linspace(0.1, 0.9, m)
        texts = [f".{depth}{place}" for place in range(m)]
        second = SecondValue(f"E[z] {depth}", [f".{depth + 4}{place}" for place in range(m)], values)
        layers.append(UnitLayer(f"u {depth}", [""] * m, texts, values, m, second))
    layers.append(UnitLayer("p(y|x)", ["setosa", "virginica"], [".97", ".98"], np.array([0.3, 0.7]), 2))
    weights = [np.ones((len(b.names), len(a.names))) for a, b in pairwise(layers)]
    legend = ("u, then E[z]",)
    text = draw_diagram(NetworkDiagram(layers, weights, legend=legend), width, 18, DARK).text
    for depth, m in enumerate(sizes, 1):
        assert all(f".{depth + 4}{place}" in text for place in range(m))
    assert ".97" in text and ".98" in text
    both = [f".{depth}{place}" in text for depth, m in enumerate(sizes, 1) for place in range(m)]
    assert all(both) == any(both) == (legend[0] in text)


def test_of_very_many_units_the_heaviest_are_shown() -> None:
    generator = np.random.default_rng(1)
    weights = generator.normal(size=(3, 50)) * 0.01
    weights[:, 33] = 5.0
    layers = [
        UnitLayer("x", [f"in{i}" for i in range(50)], [""] * 50, np.full(50, np.nan), 50),
        UnitLayer("z", [""] * 3, [".5"] * 3, np.full(3, 0.5), 3),
    ]
    text = draw_diagram(NetworkDiagram(layers, [weights]), 60, 12, DARK).text
    assert "in33" in text
    assert "x +" in text


@settings(max_examples=examples(60))
@given(st.integers(1, 110), st.integers(1, 45), st.booleans(), st.sampled_from(["a", "a long name of two", "漢字 x"]))
def test_it_fits_every_size(width: int, height: int, ascii_only: bool, name: str) -> None:
    picture = draw_diagram(small_diagram((name, name)), width, height, replace(DARK, ascii=ascii_only))
    assert picture.chars.shape == (height, width)


@pytest.mark.parametrize(("width", "height"), [(46, 18), (100, 40), (40, 7), (20, 5), (200, 60)])
@pytest.mark.parametrize("words", [{}, {"k": 3}, {"settings": {"hidden_units": "5,4"}}, {"model": "backprop"}])
def test_the_network_of_a_frame_fits(width: int, height: int, words: dict[str, object]) -> None:
    snapshot = network(3, **words).snapshot()
    view = view_for(snapshot.spec.model)
    for row in (None, 0, 149, 10_000):
        diagram = view.diagram(snapshot, view.axes(snapshot)[0], highlight=row)
        assert diagram is not None
        assert draw_diagram(diagram, width, height, DARK).chars.shape == (height, width)
        assert "the network says" in diagram.description
    by_class = view.axes(snapshot)[3]
    assert view.diagram(snapshot, by_class) is None
    assert view.scene(snapshot, by_class, DARK, highlight=3).layers


def test_hostile_names_reach_the_drawing_clean(tmp_path: object) -> None:
    text = draw_diagram(small_diagram(("\x1b[31mred", "[bold]x")), 60, 20, DARK).text
    assert "\x1b" not in text
    assert "[bold]x" in text
