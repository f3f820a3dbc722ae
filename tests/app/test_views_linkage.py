"""The likelihood curve and the bound of the linkage picture, and what is said of θ."""

from __future__ import annotations

import numpy as np
import pytest
from choosing import chosen
from view_frames import session_of, snapshots

import engine
from emtui.charts.colors import DARK
from emtui.charts.scene import Curve, Mark
from emtui.charts.scene_drawing import draw_scene
from emtui.session.session import Session
from emtui.session.snapshot import StepSnapshot
from emtui.spec.choose import choose
from emtui.views import view_for

VIEW = view_for("linkage")


def published(steps: int, **spec: str) -> list[StepSnapshot]:
    """Frames from the published start."""
    made = chosen("linkage", **spec)
    data = made.dataset
    return snapshots(
        session_of(
            data.X,
            made.model,
            data={"feature_names": data.feature_names},
            start=made.model.Params(**data.start),
            algorithm=made.algorithm,
        ),
        steps,
    )


@pytest.mark.parametrize("which", [0, 1])
def test_the_bound_lies_below_the_likelihood_and_touches_it_at_theta_q(which: int) -> None:
    for snapshot in published(6)[1:]:
        scene = VIEW.scene(snapshot, VIEW.axes(snapshot)[which], DARK)
        likelihood, bound = (layer for layer in scene.layers if isinstance(layer, Curve))
        gap = likelihood.y - bound.y
        assert gap.min() >= -1e-10
        touching = likelihood.x[gap.argmin()]
        assert touching == pytest.approx(float(snapshot.step.params_q.theta), abs=2 * np.diff(likelihood.x).max())
        theta = [layer for layer in scene.layers if isinstance(layer, Mark)][-1]
        assert (theta.x, theta.y) == (float(snapshot.step.params.theta), snapshot.step.log_likelihood)
        assert scene.y_range is not None
        low, high = scene.y_range
        assert low < theta.y < high


def test_after_an_m_step_theta_stands_at_the_top_of_the_bound() -> None:
    snapshot = published(2)[2]
    scene = VIEW.scene(snapshot, VIEW.axes(snapshot)[0], DARK)
    _, bound = (layer for layer in scene.layers if isinstance(layer, Curve))
    assert bound.x[bound.y.argmax()] == pytest.approx(float(snapshot.step.params.theta), abs=2e-3)
    touch, theta = (layer for layer in scene.layers if isinstance(layer, Mark))
    assert (touch.x, round(theta.x, 9)) == (0.5, 0.608247423)


def test_the_sentences_tell_the_split_and_the_move() -> None:
    start, after_e, after_m = (VIEW.sentence(snapshot) for snapshot in published(2))
    assert start.startswith("Theta starts at 0.5, log-likelihood ")
    assert after_e.startswith("Of the 125 in AB, 25 are expected in its part θ/4; the bound ")
    assert after_m.startswith("Theta went from 0.5 to 0.6082; log-likelihood +")


def test_the_rate_of_convergence_is_measured() -> None:
    seen = published(12)
    assert VIEW.parameters(seen[2]).note == ""
    note = VIEW.parameters(seen[-1]).note
    assert note.startswith("The last step of θ was 0.132")


def test_the_table_shows_theta_and_the_chances_of_the_classes() -> None:
    snapshot = published(2)[2]
    table = VIEW.parameters(snapshot)
    values = [float(row.cells[0].text) for row in table.rows]
    assert [row.name for row in table.rows] == ["theta", "p(AB)", "p(Ab)", "p(aB)", "p(ab)"]
    assert sum(values[1:]) == pytest.approx(1, abs=3e-6)
    assert values[0] == pytest.approx(0.608247, abs=1e-6)


@pytest.mark.parametrize("algorithm", ["hard", "stochastic", "annealed"])
def test_other_algorithms_are_told_apart(algorithm: str) -> None:
    said = [VIEW.sentence(snapshot) for snapshot in published(4, algorithm=algorithm)]
    if algorithm == "hard":
        assert "0 go wholly to its part θ/4" in said[1]
    if algorithm == "stochastic":
        assert "were drawn into its part θ/4" in said[1]
    assert all(sentence.endswith(".") for sentence in said)


@pytest.mark.parametrize("counts", [[0, 5, 3, 0], [9, 0, 0, 2], [1, 0, 0, 0], [10**9, 1, 1, 1]])
def test_odd_counts_are_drawn_at_every_size(counts: list[float]) -> None:
    session = session_of(np.array([counts]), engine.GeneticLinkage())
    for snapshot in snapshots(session, 6):
        for axes in VIEW.axes(snapshot):
            for width, height in ((60, 20), (12, 5), (1, 1)):
                draw_scene(VIEW.scene(snapshot, axes, DARK), width, height, DARK)
        assert VIEW.sentence(snapshot)


def test_there_is_nothing_to_click_and_no_component_has_a_weight() -> None:
    snapshot = Session(choose("linkage")).snapshot()
    assert VIEW.row_at(snapshot, VIEW.axes(snapshot)[0], 0.5, -10.0) is None
    assert VIEW.weights(snapshot) == ()
    assert VIEW.responsibilities_columns(snapshot) == ("½", "θ/4")
