"""Pictures, tables and sentences of hidden Markov models: each is the truth about the step that it shows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from view_frames import catalogue, session_of, snapshots, walked

from emtui.charts.colors import DARK, mix
from emtui.charts.scene import Bars, Cloud, Curve, Dots, Ellipse, Scene, VLine
from emtui.charts.scene_drawing import draw_scene
from emtui.exports.export import export_parameters, export_script
from emtui.session.session import Session
from emtui.spec.choose import choose
from emtui.views import view_for
from emtui.views.hmm.hmm import HiddenMarkovView
from emtui.views.hmm.hmm_charts import HIGH, LOW, PATH, likeliest_path, measurements_seen, symbols_seen
from emtui.views.sentences import row_noun
from engine import HiddenMarkovModel, load

VIEW = HiddenMarkovView()
PUBLISHED = HiddenMarkovModel.Params(**(load("icecream").start or {}))


def layers(scene: Scene, kind: type) -> list[Any]:
    return [layer for layer in scene.layers if isinstance(layer, kind)]


def diary(steps: int) -> Any:
    return walked(Session(replace(choose("icecream"), start=PUBLISHED)), steps)


def test_the_model_has_this_view() -> None:
    assert isinstance(view_for("hmm"), HiddenMarkovView)


def test_ice_creams_are_bars_with_the_posterior_above_them() -> None:
    snapshot = catalogue("icecream", 1)
    (axes,) = VIEW.axes(snapshot)
    assert (axes.x.label, axes.y.label if axes.y else "") == ("day", "ice creams")
    scene = VIEW.scene(snapshot, axes, DARK, highlight=4)
    (bars,) = layers(scene, Bars)
    X, R = snapshot.spec.dataset.X[:, 0], snapshot.responsibilities
    np.testing.assert_allclose(bars.heights, X / 3)
    np.testing.assert_array_equal(bars.colors, mix(R, DARK))
    np.testing.assert_allclose(bars.edges, np.arange(34) + 0.5)  # no gaps, which could swallow a day
    curves = layers(scene, Curve)
    assert len(curves) == 2
    for k, curve in enumerate(curves):
        np.testing.assert_allclose((curve.y - LOW) / (HIGH - LOW), R[:, k])
        np.testing.assert_array_equal(curve.x, np.arange(1, 34))
        assert curve.color == DARK.color(k)
    assert [line.x for line in layers(scene, VLine)] == [5.0]
    ticks = {name: place for place, name in scene.y_ticks or ()}
    assert ticks["1"] == HIGH or ticks["path"] == PATH
    assert [name for place, name in scene.y_ticks or () if place <= 1.0] == ["1", "2", "3"]
    assert VIEW.row_at(snapshot, axes, 5.2, 0.0) == 4
    assert VIEW.row_at(snapshot, axes, np.nan, 0.0) is None


def test_the_strip_is_the_viterbi_path_at_the_posteriors_parameters() -> None:
    for snapshot in snapshots(Session(choose("hmm_gaussian")), 4):
        path = likeliest_path(snapshot)
        scene = VIEW.scene(snapshot, VIEW.axes(snapshot)[0], DARK)
        if snapshot.step.params_q is None:
            assert path is None
            assert [dots.colors for dots in layers(scene, Dots)] == [DARK.muted]
            continue
        model: Any = snapshot.step.problem.model
        np.testing.assert_array_equal(path, model.viterbi(snapshot.step.params_q, snapshot.spec.dataset.X))
        strip = layers(scene, Dots)[-1]
        assert (strip.y == PATH).all()
        at = np.round(strip.x).astype(int) - 1
        np.testing.assert_array_equal(strip.marker_index, path[at])


def test_measurements_are_points_on_their_own_scale_with_the_means_of_the_path() -> None:
    snapshot = catalogue("hmm_gaussian", 3)
    axes = VIEW.axes(snapshot)
    X = snapshot.spec.dataset.X
    scene = VIEW.scene(snapshot, axes[1], DARK)
    (cloud,) = layers(scene, Cloud)
    low, high = X[:, 1].min(), X[:, 1].max()
    np.testing.assert_allclose(cloud.y, (X[:, 1] - low) / (high - low))
    path = likeliest_path(snapshot)
    means = layers(scene, Curve)[:3]
    for k, line in enumerate(means):
        height = (snapshot.step.params.emission.means[k, 1] - low) / (high - low)
        np.testing.assert_array_equal(np.isfinite(line.y), path == k)
        np.testing.assert_allclose(line.y[path == k], height)


def test_measurements_against_one_another_are_the_picture_of_a_mixture() -> None:
    snapshot = catalogue("hmm_gaussian", 3)
    axes = next(axes for axes in VIEW.axes(snapshot) if axes.x.label == "x" and axes.y is not None)
    scene = VIEW.scene(snapshot, axes, DARK)
    (cloud,) = layers(scene, Cloud)
    np.testing.assert_array_equal(cloud.x, snapshot.spec.dataset.X[:, 0])
    ellipses = layers(scene, Ellipse)
    assert len(ellipses) == 6
    emission = snapshot.step.params.emission
    np.testing.assert_allclose(ellipses[0].center, emission.means[0])
    np.testing.assert_allclose(ellipses[0].covariance, np.diag(emission.covariances[0]))
    assert VIEW.row_at(snapshot, axes, *snapshot.spec.dataset.X[7]) == 7


def test_every_picture_of_every_step_can_be_drawn() -> None:
    sessions = [Session(choose("icecream")), Session(choose("hmm_gaussian"))]
    sessions.append(session_of(np.arange(300.0) % 7, HiddenMarkovModel(n_states=9)))
    sessions.append(session_of(np.sin(np.arange(500.0)), HiddenMarkovModel(2, emission="gaussian")))
    sessions.append(session_of([[2.0]], HiddenMarkovModel(1, emission="gaussian")))
    sessions.append(session_of([[2.0]], HiddenMarkovModel(2)))
    for session in sessions:
        for snapshot in snapshots(session, 4):
            for axes in VIEW.axes(snapshot):
                scene = VIEW.scene(snapshot, axes, DARK, highlight=0)
                for size in ((100, 40), (30, 8), (1, 1)):
                    draw_scene(scene, *size, DARK)
                assert VIEW.caption(snapshot, axes)
                assert scene.description.endswith(".")


def test_a_column_called_like_the_rows_is_not_taken_for_time() -> None:
    X = np.random.default_rng(0).normal(size=(40, 2))
    session = session_of(X, HiddenMarkovModel(2, emission="gaussian"), data={"feature_names": ("row", "b")})
    snapshot = walked(session, 1)
    for axes in VIEW.axes(snapshot):
        assert draw_scene(VIEW.scene(snapshot, axes, DARK), 60, 20, DARK) is not None
    in_time, clouds = VIEW.axes(snapshot)[0], VIEW.axes(snapshot)[2]
    assert "p(state)" in VIEW.scene(snapshot, in_time, DARK).y_label
    assert "p(state)" not in VIEW.scene(snapshot, clouds, DARK).y_label


def test_the_table_has_what_the_diary_was_published_with() -> None:
    table = VIEW.parameters(diary(2))
    assert table.columns == ("start", "to cold", "to hot", "stop", "stay", "p(1)", "p(2)", "p(3)")
    first, second = ([cell.text for cell in row.cells] for row in table.rows)
    assert first == [".129", ".876", ".109", ".015", "8.05", ".677", ".219", ".105"]
    assert second == [".871", ".093", ".865", ".042", "7.42", ".058", ".425", ".517"]
    assert [row.component for row in table.rows] == [0, 1]
    assert table.rows[0].cells[5].delta == "▼.023"
    start = [cell.text for cell in VIEW.parameters(diary(0)).rows[0].cells]
    assert start == [
        ".500",
        ".800",
        ".100",
        ".100",
        "5.00",
        ".700",
        ".200",
        ".100",
    ]
    assert VIEW.detail(diary(0), 0) is None


def test_the_table_of_measurements_has_means_and_deviations() -> None:
    snapshot = catalogue("hmm_gaussian", 2)
    table = VIEW.parameters(snapshot)
    assert table.columns == ("start", "to 1", "to 2", "to 3", "stay", "x", "y")
    emission = snapshot.step.params.emission
    assert table.rows[0].cells[5].text.strip() == f"{emission.means[0, 0]:.3f}"
    assert table.rows[1].name == "±σ"
    assert table.rows[1].cells[6].text.strip() == f"{np.sqrt(emission.covariances[0, 1]):.3f}"
    assert table.rows[1].cells[0].text.strip() == ""
    detail = VIEW.detail(snapshot, 2)
    assert detail is not None
    assert float(detail.rows[0].cells[0].text) == pytest.approx(emission.covariances[2, 0], abs=1e-3)


def test_a_standardised_table_is_told_in_both_units() -> None:
    snapshot = catalogue("hmm_gaussian", 2, standardize=True)
    units = snapshot.spec.dataset.units
    assert units is not None
    means = snapshot.step.params.emission.means
    data = VIEW.parameters(snapshot, units="data").rows[0].cells[5].text
    standard = VIEW.parameters(snapshot, units="standard").rows[0].cells[5].text
    assert float(standard.replace("−", "-")) == pytest.approx(means[0, 0], abs=1e-3)
    assert float(data.replace("−", "-")) == pytest.approx(units.to_original(means)[0, 0], abs=1e-3)
    seen = {name for _, name in VIEW.scene(snapshot, VIEW.axes(snapshot)[0], DARK, units="data").y_ticks or ()}
    own = {name for _, name in VIEW.scene(snapshot, VIEW.axes(snapshot)[0], DARK, units="standard").y_ticks or ()}
    assert seen != own


def test_the_sentences_speak_of_days_and_states() -> None:
    told = [VIEW.sentence(diary(steps)) for steps in range(6)]
    assert told[0].startswith("Two states start at the published values, log-likelihood −41.538; ")
    assert told[1].startswith("State cold has 14.")
    assert "days" in told[1]
    assert "state hot now emits 2 with probability .425 (before .200)" in told[2].replace("State", "state")
    assert "log-likelihood +4.8" in told[2]
    assert told[3].startswith("Day ")
    for line in told:
        assert "component" not in line
        assert "row" not in line
        assert "\n" not in line
    gaussian = [VIEW.sentence(catalogue("hmm_gaussian", steps)) for steps in range(4)]
    assert gaussian[0].startswith("Three states start at the centres of k-means")
    assert gaussian[1].startswith("State 1 has ")
    assert "moment" in gaussian[2]
    for line in gaussian:
        assert "component" not in line


def test_at_rest_the_sentence_says_so() -> None:
    session = session_of(np.zeros(5), HiddenMarkovModel(1))
    assert VIEW.sentence(walked(session, 2)).startswith("No probability moved")


def test_rows_are_called_what_the_data_call_them() -> None:
    assert row_noun(catalogue("icecream", 0)) == "day"
    assert row_noun(catalogue("hmm_gaussian", 0)) == "moment"
    made = session_of([0.0, 1.0], HiddenMarkovModel(1), data={"description": "one 3-D [bold] thing"})
    assert row_noun(walked(made, 0)) == "row"
    assert row_noun(walked(session_of([0.0, 1.0], HiddenMarkovModel(1)), 0)) == "row"


def test_what_was_seen_is_brought_to_one_scale() -> None:
    seen = symbols_seen(np.array([0.0, 2.0]), 1, 3)
    np.testing.assert_allclose(seen.heights, [1 / 3, 1.0])
    assert len(symbols_seen(np.array([0.0]), 0, 1000).ticks) <= 24
    for values in ([1.0, 1.0], [-1e150, 1e150], [0.0, 1e-300]):
        heights = measurements_seen(np.array(values)).heights
        assert np.isfinite(heights).all()
        assert ((heights >= 0) & (heights <= 1)).all()


def test_parameters_and_script_of_measurements_travel_through_files(tmp_path: Path) -> None:
    session = Session(choose("hmm_gaussian"))
    walked(session, 4)
    file = export_parameters(session, folder=tmp_path)
    begun = Session(choose("hmm_gaussian", start_file=str(file)))
    step, again = session.timeline.current, begun.timeline.current
    assert again.log_likelihood == step.log_likelihood
    np.testing.assert_array_equal(again.params.emission.means, step.params.emission.means)
    begun.take()
    script = export_script(begun, folder=tmp_path)
    printed: list[str] = []
    program = compile(script.read_text("utf-8"), str(script), "exec")
    exec(program, {"print": lambda *words: printed.append(" ".join(map(str, words)))})
    assert f"log_likelihood {begun.timeline.current.log_likelihood!r}" in printed
    assert any(line.startswith("emission.means ") for line in printed)
