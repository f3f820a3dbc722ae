"""Steps that are walked to in a few frames: only the picture moves, and a key is there at once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
from driving import Driver, driving, explorer
from view_frames import catalogue

from emtui.charts import motion
from emtui.charts.chart_widget import Chart
from emtui.charts.scene import Cloud, Curve, Dots, Ellipse, Mark, Scene, Trail
from emtui.charts.scene_blend import between, moves
from emtui.charts.under_way import under_way
from emtui.panes.headline import Headline
from emtui.panes.picture.picture import PicturePane
from emtui.panes.status_line import StatusLine
from emtui.screens.explore.drag_preview import DragPreview
from emtui.screens.stepping import Stepping
from emtui.session.queries import Query, answer
from emtui.settings.config import Config, load_config
from emtui.views.edit_sentences import step_sentence
from engine.editing.entries import Entry
from engine.em.step import Step

RED, BLUE = (200, 0, 0), (0, 0, 200)
X = np.array([0.0, 1.0, 2.0])


def scene(shift: float, share: float, trails: int = 0) -> Scene:
    R = np.array([[share, 1 - share]] * 3)
    path = [Trail(X, X, RED)] * trails
    ellipse = Ellipse(np.array([shift, 0.0]), np.eye(2) * (1 + shift), color=RED)
    return Scene((Cloud(X, X, R, (RED, BLUE), "ox"), *path, ellipse, Mark(shift, 0.0, "+", RED)), "x", "y")


def test_a_scene_in_between_has_everything_on_its_way() -> None:
    before, after = scene(0.0, 0.2), scene(2.0, 0.8, trails=1)
    cloud, trail, ellipse, mark = between(before, after, 0.25).layers
    assert isinstance(cloud, Cloud) and isinstance(ellipse, Ellipse) and isinstance(mark, Mark)
    np.testing.assert_allclose(cloud.responsibilities, [[0.35, 0.65]] * 3)
    np.testing.assert_allclose(ellipse.center, [0.5, 0.0])
    np.testing.assert_allclose(ellipse.covariance, 1.5 * np.eye(2))
    assert mark.x == 0.5 and trail is after.layers[1]
    assert between(before, after, 1.0) is after
    assert moves(before, after) and not moves(after, after) and not moves(before, Scene(after.layers, "z", "y"))


def test_layers_that_can_not_be_compared_are_the_later_ones() -> None:
    before = Scene((Curve(X, X, RED), Mark(0.0, 0.0, "+", RED)))
    after = Scene((Curve(X + 1, X, RED), Mark(1.0, 0.0, "+", RED), Mark(2.0, 0.0, "+", BLUE)))
    assert between(before, after, 0.5).layers == after.layers and not moves(before, after)
    fewer = Scene((Cloud(X, X, np.ones((3, 1)), (RED,), "o"),))
    more = Scene((Cloud(X, X, np.ones((3, 2)) / 2, (RED, BLUE), "ox"),))
    assert between(fewer, more, 0.5).layers == more.layers


def test_grey_points_take_their_colours() -> None:
    R = np.array([[0.9, 0.1], [0.2, 0.8], [0.5, 0.5]])
    grey, coloured = Dots(X, X, (90, 90, 90), "•"), Cloud(X, X, R, (RED, BLUE), "ox")
    (early,) = between(Scene((grey,)), Scene((coloured,)), 0.25).layers
    assert isinstance(early, Cloud)
    np.testing.assert_allclose(early.responsibilities, np.column_stack([R / 4, [0.75] * 3]))
    assert early.colors == (RED, BLUE, (90, 90, 90)) and early.markers == ("o", "x", "•")
    assert moves(Scene((grey,)), Scene((coloured,)))
    elsewhere = Dots(X + 1, X, (90, 90, 90), "•")
    assert between(Scene((elsewhere,)), Scene((coloured,)), 0.25).layers == (coloured,)


@asynccontextmanager
async def moving(config: Config | None = None, size: tuple[int, int] = (120, 40)) -> AsyncIterator[Driver]:
    async with driving(config=config or Config(autosave=False), size=size) as app:
        if not (config and config.reduce_motion):
            app.app.animation_level = "full"
        yield app


def of_picture(app: Driver) -> Scene:
    return explorer(app.app).query_one("#picture-chart", Chart).scene


def centers(shown: Scene) -> np.ndarray:
    return np.array([layer.center for layer in shown.layers if isinstance(layer, Ellipse)])


async def seen(app: Driver, monkeypatch: pytest.MonkeyPatch, *keys: str) -> list[Scene]:
    """All scenes that the picture shows because of these keys."""
    chart, found = explorer(app.app).query_one("#picture-chart", Chart), list[Scene]()
    usual = Chart.show

    def show(self: Chart, value: Scene) -> None:
        if self is chart and value is not self.scene:
            found.append(value)
        usual(self, value)

    monkeypatch.setattr(Chart, "show", show)
    await app.send(*keys)
    while under_way:
        await app.pilot.pause(0.02)
    monkeypatch.setattr(Chart, "show", usual)
    return found


async def test_m_moves_its_ellipses_and_e_fades_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(motion, "_SLOW", 10.0)
    monkeypatch.setattr(motion, "_FAR_TOO_SLOW", 10.0)
    async with moving() as app:
        first = await seen(app, monkeypatch, "e")
        assert 4 <= len(first) <= 7, "grey points take their colours"
        start = of_picture(app)
        frames = await seen(app, monkeypatch, "m")
        assert 4 <= len(frames) <= 7
        end = centers(frames[-1])
        away = [float(np.abs(centers(one) - end).max()) for one in frames]
        assert away == sorted(away, reverse=True) and away[-1] == 0.0
        assert 0 < away[0] < float(np.abs(centers(start) - end).max())
        clouds = [one.layers[0] for one in await seen(app, monkeypatch, "e")]
        shares = [cloud.responsibilities for cloud in clouds if isinstance(cloud, Cloud)]
        np.testing.assert_array_equal(shares[-1], app.snapshot.responsibilities)
        assert all(np.abs(one.sum(axis=1) - 1).max() < 1e-12 for one in shares), "every frame is a mixture"
        assert [np.abs(one - shares[-1]).max() for one in shares] == sorted(
            (np.abs(one - shares[-1]).max() for one in shares), reverse=True
        )


async def test_numbers_and_words_are_those_of_the_step_from_the_first_frame_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(motion, "_SLOW", 10.0)
    monkeypatch.setattr(motion, "_SECONDS", 60.0)
    async with moving() as app:
        await app.send("e")
        await app.send("m")
        explorer(app.app).query_one(PicturePane).redraw()
        assert under_way, "it is on its way, though something else has become known of the step"
        assert explorer(app.app).query_one(StatusLine).sentence == step_sentence(app.snapshot)
        assert "iteration 1 · M" in app.text
        await app.send("f9")  # a key that is bound to nothing
        assert not under_way
        np.testing.assert_allclose(centers(of_picture(app))[:1], app.snapshot.step.params.means[:1, 2:])
        await app.send("m", "e", "m")
        assert app.snapshot.step.iteration == 2 and app.snapshot.step.phase == "M"


@pytest.mark.parametrize("why", ["reduced", "slow", "history", "fast"])
async def test_when_nothing_moves(why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(motion, "_SLOW", -1.0 if why == "slow" else 10.0)
    async with moving(Config(autosave=False, reduce_motion=why == "reduced")) as app:
        await app.send("n")
        await app.send("f9")
        if why == "history":
            assert len(await seen(app, monkeypatch, "left")) == 1
            assert len(await seen(app, monkeypatch, "home")) == 1
        elif why == "fast":
            await app.send("space", "plus", "plus", "plus")
            assert explorer(app.app).stepping.is_fast
            await app.send("space")
            assert not explorer(app.app).stepping.is_fast
            monkeypatch.setattr(Stepping, "is_fast", True)
            await app.send("f9")
            assert len(await seen(app, monkeypatch, "e")) == 1
        else:
            assert len(await seen(app, monkeypatch, "e")) == 1


def test_the_setting(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("reduce_motion = true\n")
    assert load_config(file).reduce_motion and not load_config(file).warnings
    file.write_text('reduce_motion = "yes"\n')
    assert load_config(file).warnings == (f"reduce_motion in {file} must be true or false.",)
    assert not Config().reduce_motion


# dragging


async def test_sentence_and_objective_follow_the_mouse() -> None:
    async with driving(size=(120, 40)) as app:
        await app.send("n")
        chart = explorer(app.app).query_one("#picture-chart", Chart)
        status, headline = explorer(app.app).query_one(StatusLine), explorer(app.app).query_one(Headline)
        before, sentence = app.snapshot, status.sentence
        x, y = (float(v) for v in before.step.params.means[1, 2:])
        area = chart.picture.area
        assert area is not None
        column = int(area.left + area.x_scale.fraction(np.array([x]))[0] * area.columns)
        row = int(area.top + (1 - area.y_scale.fraction(np.array([y]))[0]) * area.rows)
        told = []
        await app.pilot.mouse_down(chart, offset=(column, row))
        for by in (2, 4, 6):
            await app.pilot.hover(chart, offset=(column + by, row))
            await app.settle()
            told.append(status.sentence)
            assert " · dragged" in app.text.splitlines()[0]
            assert f"objective {headline._would_be.split()[1]}" in app.text.splitlines()[0]
        assert len(set(told)) == 3 and all("if it is let go here: log-likelihood −" in one for one in told)
        assert app.snapshot is before, "nothing was done yet"
        await app.pilot.mouse_up(chart, offset=(column + 6, row))
        await app.settle()
        after = app.snapshot
        assert after.record.by_hand and "dragged" not in app.text.splitlines()[0]
        said = told[-1].split("log-likelihood ")[1].split(",")[0].replace("−", "-").rstrip(".")
        assert float(said) == pytest.approx(after.record.log_likelihood, rel=1e-4)
        assert status.sentence != sentence


def test_one_place_is_worked_out_at_a_time_and_the_last_one_that_was_passed_counts() -> None:
    asked: list[tuple[Query, Step]] = []
    said: list[str] = []
    objectives: list[str] = []
    here, later = catalogue("iris", 2), catalogue("iris", 4)
    drag = DragPreview(lambda query, step, _: asked.append((query, step)), StatusLine(), said.append, objectives.append)
    entry = Entry("means", (1, 2), "alone")
    for place in (3.0, 3.5, 4.0, np.inf, 4.5):
        drag.moved(here, [(entry, place)])
    assert len(asked) == 1
    drag.take_answer(*asked[0], answer(*asked[0]))
    assert len(asked) == 2 and "to 3; if" in said[-1]
    drag.take_answer(*asked[0], answer(*asked[0]))
    assert len(said) == 1, "an answer that nobody waits for"
    drag.take_answer(*asked[1], answer(*asked[1]))
    assert len(asked) == 2 and "to 4.5; if it is let go here: log-likelihood −" in said[-1] and "KL" in said[-1]
    drag.moved(here, [(entry, 5.0)])
    drag.moved(later, [(entry, 5.0)])
    assert asked[-1][1] is later.step, "another step has come in between"
    drag.over()
    drag.take_answer(*asked[-1], answer(*asked[-1]))
    assert len(said) == 2 and objectives[-1] == ""
