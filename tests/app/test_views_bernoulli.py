"""Probabilities column by column, pictures of pixels, and a chosen row among them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from view_frames import catalogue, session_of, snapshots

import engine
from emtui.charts.colors import DARK
from emtui.charts.scene import Curve, Dots, Mark, PixelImage
from emtui.charts.scene_drawing import draw_scene
from emtui.session.session import Session
from emtui.spec.choose import choose
from emtui.views import view_for
from emtui.views.bernoulli.answer_row import answers, answers_of_row, answers_sentence
from engine.errors import DataError

VIEW = view_for("bernoulli")
NAN = np.nan


def test_each_component_has_a_marker_on_each_columns_line() -> None:
    snapshot = catalogue("films", 4)
    scene = VIEW.scene(snapshot, VIEW.axes(snapshot)[0], DARK)
    dots = next(layer for layer in scene.layers if isinstance(layer, Dots))
    p = snapshot.step.params.probabilities
    assert scene.y_ticks is not None
    assert [name for _, name in scene.y_ticks] == list(snapshot.spec.dataset.feature_names)
    line_of = {y: d for d, (y, _) in enumerate(scene.y_ticks)}
    assert len(dots.x) == p.size
    for x, y, k in zip(dots.x, dots.y, dots.marker_index, strict=True):
        assert x == p[k, line_of[y]]


def test_a_chosen_row_shows_what_was_seen_and_predicts_the_rest() -> None:
    snapshot = catalogue("films", 30)
    row = 2
    scene = VIEW.scene(snapshot, VIEW.axes(snapshot)[0], DARK, highlight=row)
    given = snapshot.spec.dataset.X[row]
    model: Any = snapshot.spec.model
    filled = model.predict_unseen(snapshot.step.params, given)
    marks = [layer for layer in scene.layers if isinstance(layer, Mark)]
    assert "".join(mark.char for mark in marks) == "".join("?" if np.isnan(v) else str(int(v)) for v in given)
    np.testing.assert_allclose([mark.x for mark in marks], filled)
    assert {(mark.char, mark.x) for mark in marks if mark.char != "?"} == {("0", 0.0), ("1", 1.0)}
    assert "The chosen row: Yes to " in scene.description


def test_someone_liked_films_1_and_3_but_not_2() -> None:
    snapshot = catalogue("films", 40)
    found = answers(snapshot, [1, 0, 1, *[NAN] * 7])
    assert [each.seen for each in found] == [True] * 3 + [False] * 7
    likeliest = max((each for each in found if not each.seen), key=lambda each: each.probability)
    assert likeliest.name == "Comet Over Harrow"
    said = answers_sentence(found)
    assert said.startswith(
        "Yes to Orbit of Glass and The Copper Rocket, no to A Waltz in Merrow; a yes is likeliest to "
    )
    assert "Comet Over Harrow (.90), Dogs of the Harbour (.72)" in said
    with pytest.raises(DataError):
        answers(snapshot, [1, 0])


def test_rows_of_every_kind_are_told() -> None:
    snapshot = catalogue("films", 2)
    every = [f"film {i}" for i in range(10)]
    assert answers_sentence(answers(snapshot, np.full(10, NAN))).startswith(
        "Nothing was answered; a yes is likeliest to "
    )
    assert (
        answers_sentence(answers(snapshot, np.ones(10))) == f"Yes to {len(every)} columns; nothing is left to predict."
    )
    assert answers_of_row(snapshot, 0) == answers(snapshot, snapshot.spec.dataset.X[0])


def test_many_columns_come_in_pages_and_as_curves() -> None:
    snapshot = catalogue("votes", 2)
    first, second, profile = VIEW.axes(snapshot)
    assert VIEW.caption(snapshot, first) == "probability of a 1, columns 1 to 8"
    assert VIEW.caption(snapshot, second) == "probability of a 1, columns 9 to 16"
    ticks = [VIEW.scene(snapshot, axes, DARK).y_ticks for axes in (first, second)]
    names = [name for page in ticks if page is not None for _, name in page]
    assert names == list(snapshot.spec.dataset.feature_names)
    curves = [layer for layer in VIEW.scene(snapshot, profile, DARK).layers if isinstance(layer, Curve)]
    np.testing.assert_array_equal([curve.y[:-1] for curve in curves], snapshot.step.params.probabilities)


def test_square_columns_are_pictures_of_the_components() -> None:
    snapshot = catalogue("digits_binary", 2)
    axes = VIEW.axes(snapshot)[0]
    assert VIEW.caption(snapshot, axes) == "each component's picture"
    rasters = [layer for layer in VIEW.scene(snapshot, axes, DARK).layers if isinstance(layer, PixelImage)]
    np.testing.assert_array_equal([raster.values.ravel() for raster in rasters], snapshot.step.params.probabilities)
    chosen = [layer for layer in VIEW.scene(snapshot, axes, DARK, highlight=5).layers if isinstance(layer, PixelImage)]
    np.testing.assert_array_equal(chosen[-1].values.ravel(), snapshot.spec.dataset.X[5] > 7.5)
    assert len(chosen) == len(rasters) + 1
    boxes = [raster.extent for raster in chosen]
    for i, (x0, x1, y0, y1) in enumerate(boxes):
        for other in boxes[:i]:
            assert x0 >= other[1] or x1 <= other[0] or y0 >= other[3] or y1 <= other[2]


def test_the_table_has_a_row_for_each_column() -> None:
    snapshot = catalogue("votes", 2)
    table = VIEW.parameters(snapshot)
    assert table.columns == ("1", "2")
    assert [row.name for row in table.rows] == ["weight", *snapshot.spec.dataset.feature_names]
    shown = np.array([[float(cell.text) for cell in row.cells] for row in table.rows])
    np.testing.assert_allclose(shown[1:], snapshot.step.params.probabilities.T, atol=5.1e-4)


def test_the_sentences_name_rows_and_columns() -> None:
    start, after_e, after_m = (VIEW.sentence(snapshot) for snapshot in snapshots(Session(choose("votes")), 2))
    assert start.startswith("Two components start near the answers of random rows, log-likelihood ")
    assert "Component 1 has " in after_e
    assert "changed most: its probability of a 1 in " in after_m
    one = VIEW.sentence(Session(choose("votes", k=1, settings={"init": "responsibilities"})).snapshot())
    assert one.startswith("One component starts where random responsibilities put it,")


@pytest.mark.parametrize(
    "X",
    [[[NAN]], [[1.0]], [[0.0, NAN, 1.0]] * 3, np.full((4, 70), NAN), np.eye(30), np.eye(64)],
    ids=["unseen", "one", "alike", "empty", "many", "square"],
)
def test_odd_answers_are_drawn_at_every_size(X: list[list[float]]) -> None:
    session = session_of(np.array(X), engine.BernoulliMixture(n_components=3))
    for snapshot in snapshots(session, 3):
        for axes in VIEW.axes(snapshot):
            for width, height in ((60, 20), (30, 8), (12, 5), (1, 1)):
                draw_scene(VIEW.scene(snapshot, axes, DARK, highlight=0), width, height, DARK)
        assert VIEW.sentence(snapshot).endswith(".")
