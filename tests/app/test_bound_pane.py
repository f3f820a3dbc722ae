"""The bound picture: what it draws is what the engine computes for the step on the screen."""

from dataclasses import replace

import numpy as np
import pytest
from choosing import chosen
from driving import driving, explorer

from emtui.charts.chart_widget import Chart
from emtui.charts.colors import DARK
from emtui.charts.scene import Curve, Mark
from emtui.panes.bound import BoundPane, bound_notes, bound_scene, marked
from emtui.session.messages import QueryAnswered
from emtui.session.queries import BothBounds, BoundAlong, answer
from emtui.session.session import Session
from emtui.spec.choose import choose
from engine.analysis.two_bounds import TwoBounds


def curves(app):
    """The objective and the bound that are drawn (None where there is none), as layers."""
    scene = app.app.screen.query_one("#bound-chart").scene
    drawn = [layer for layer in scene.layers if isinstance(layer, Curve)]
    return drawn[0], drawn[1] if len(drawn) > 1 else None


def snapshot_after(source, steps, **how):
    session = Session(chosen(source, **how))
    for _ in range(steps):
        session.take()
    return session.snapshot()


@pytest.mark.parametrize("source", ["iris", "coins", "linkage", "deaths", "icecream", "films"])
async def test_the_bound_lies_below_and_touches_where_q_was_settled(source):
    async with driving(choose(source)) as app:
        await app.send("8")
        for phase in "emem":
            await app.send(phase)
            step, record = app.snapshot.step, app.snapshot.record
            objective, bound = curves(app)
            scale = max(1.0, abs(record.objective))
            assert np.all(bound.y <= objective.y + 1e-9 * scale)
            at_old = objective.x == 0.0
            assert at_old.sum() == 1
            assert abs(objective.y[at_old] - bound.y[at_old]) <= 1e-9 * scale
            now = objective.x == (1.0 if phase == "m" else 0.0)
            assert objective.y[now] == pytest.approx(step.objective, rel=1e-9)
            assert bound.y[now] == pytest.approx(step.elbo + step.log_prior, rel=1e-9)
            if phase == "m":
                assert objective.y[now] >= objective.y[at_old] - 1e-9 * scale
                assert bound.y[now] >= bound.y.max() - 1e-9 * scale


async def test_it_moves_with_every_step_and_back():
    async with driving() as app:
        await app.send("n", "e", "8")
        pane = app.app.screen.query_one(BoundPane)
        first = pane.slice
        await app.send("n", "n")
        assert pane.slice is not first
        await app.send("left", "left", "left")
        np.testing.assert_array_equal(pane.slice.objective, first.objective)
        np.testing.assert_array_equal(pane.slice.bound, first.bound)


async def test_before_the_first_e_step_there_is_the_objective_alone():
    async with driving() as app:
        text = await app.press("8")
        assert "no bound before the first E-step" in text
        objective, bound = curves(app)
        assert bound is None
        assert objective.y[objective.x == 0.0] == pytest.approx(app.snapshot.record.objective, rel=1e-12)


async def test_nothing_is_computed_while_nobody_looks():
    async with driving() as app:
        await app.send("n", "n")
        assert app.app.screen.query_one(BoundPane).slice is None


async def test_keys_walk_through_the_parameters_and_back_to_the_line():
    async with driving(choose("coins", settings={"fixed_weights": "no"})) as app:
        await app.send("n", "8")
        pane = app.app.screen.query_one(BoundPane)
        seen = []
        for _ in range(4):
            seen.append(pane.along)
            assert pane.slice.label == (pane.along or "line")
            await app.send("p")
        assert seen == [None, "weights[0]", "weights[1]", "probabilities[0]"]
        await app.send("p")
        assert pane.along is None
        text = await app.press("P")
        assert pane.along == "probabilities[1]"
        assert "■ B probability" in text


async def test_the_palette_offers_every_parameter():
    async with driving(choose("coins")) as app:
        await app.send("n", "8")
        commands = {words: call for words, _, call in explorer(app.app).picture_commands()}
        commands["bound: along probabilities[1]"]()
        await app.settle()
        pane = app.app.screen.query_one(BoundPane)
        assert pane.slice.label == "probabilities[1]"
        commands["bound: from θ old to θ new"]()
        await app.settle()
        assert pane.slice.label == "line"


def test_along_one_parameter_only_what_lies_on_the_line_is_called_now():
    """After an M-step that moved other parameters as well, θ is not on the line of one."""
    snapshot = snapshot_after("coins", 4)
    found = answer(BoundAlong("probabilities[0]"), snapshot.step)
    assert marked(snapshot, found).keys() == {"top", "old"}
    assert "others at θ old" in bound_notes(snapshot, found)[-1]
    alone = snapshot_after("linkage", 4)
    found = answer(BoundAlong("theta"), alone.step)
    assert marked(alone, found)["now"] == pytest.approx(float(alone.step.params.theta))
    after_e = snapshot_after("coins", 3)
    found = answer(BoundAlong("probabilities[0]"), after_e.step)
    assert marked(after_e, found)["now"] == pytest.approx(float(after_e.step.params.probabilities[0]))


@pytest.mark.parametrize("steps", [1, 2, 3, 40])
@pytest.mark.parametrize("along", [None, "means[0,0]", "weights[1]", "covariances[2,1,0]"])
def test_every_mark_lies_in_the_picture(steps, along):
    snapshot = snapshot_after("iris", steps)
    found = answer(BoundAlong(along, 50), snapshot.step)
    scene = bound_scene(snapshot, found, DARK, "x")
    marks = [layer for layer in scene.layers if isinstance(layer, Mark)]
    assert marks
    for mark in marks:
        assert scene.x_range[0] <= mark.x <= scene.x_range[1]
        assert scene.y_range[0] <= mark.y <= scene.y_range[1]


def test_what_is_not_exact_is_said():
    snapshot = snapshot_after("iris", 4)
    found = answer(BoundAlong(None, 50), snapshot.step)
    estimated = replace(found, exact=False, error=np.full_like(found.t, 0.25))
    assert "estimate ±0.25" in bound_notes(snapshot, estimated)
    unknown = replace(found, exact=False, objective=np.full_like(found.t, np.nan))
    assert "the likelihood can't be evaluated" in bound_notes(snapshot, unknown)
    assert [layer for layer in bound_scene(snapshot, unknown, DARK, "x").layers if isinstance(layer, Mark)]
    fewer = replace(found, asked=len(found.t) + 1)
    assert f"{len(found.t)} points: each is a pass" in bound_notes(snapshot, fewer)
    drawn = snapshot_after("iris", 4, algorithm="stochastic")
    assert "q is not the posterior: no touch" in bound_notes(drawn, answer(BoundAlong(None, 20), drawn.step))


@pytest.mark.parametrize(
    ("source", "how", "labels"),
    [
        ("iris", {}, ["objective", "bound"]),
        ("iris", {"settings": {"reg_covar": "0"}}, ["log-likelihood", "bound"]),
        ("iris", {"model": "mlp", "settings": {"e_step": "gibbs"}}, ["estimated log-likelihood", "bound"]),
        (
            "iris",
            {"model": "mlp", "settings": {"e_step": "mean_field", "weight_decay": "0.1"}},
            ["estimated log-likelihood + prior", "bound + prior"],
        ),
        ("bars", {}, ["bound + prior"]),
        ("bars", {"settings": {"pseudo_count": "0"}}, ["bound"]),
    ],
)
def test_the_curves_have_the_names_of_what_they_are(source, how, labels):
    """Where E-steps are not exact the bound is what EM raises, and no other curve is called the objective."""
    snapshot = snapshot_after(source, 4, **how)
    found = answer(BoundAlong(None, 20), snapshot.step)
    scene = bound_scene(snapshot, found, DARK, "x")
    assert [layer.label for layer in scene.layers if isinstance(layer, Curve)] == labels
    raised = found.objective if snapshot.spec.model.exact else found.bound
    assert raised[found.t == 1.0] == pytest.approx(snapshot.record.objective, rel=1e-9)


async def test_a_late_answer_of_another_step_is_not_drawn():
    async with driving(choose("coins")) as app:
        await app.send("n", "8")
        pane, screen = app.app.screen.query_one(BoundPane), explorer(app.app)
        before = app.snapshot.step
        late = answer(BoundAlong(None, 100), before)
        await app.send("n")
        present = pane.slice
        screen.report(QueryAnswered(pane, BoundAlong(None, 100), before, late, screen.worker.generation))
        await app.settle()
        assert pane.slice is present


@pytest.mark.parametrize("size", [(200, 60), (120, 40), (80, 24), (40, 12)])
async def test_it_fits(size):
    async with driving(size=size) as app:
        text = await app.press("n", "e", "8")
        assert "bound" in text and "computing" not in text
        assert all(len(line) <= size[0] for line in text.splitlines())


# two bounds at once


async def test_two_bounds_before_and_after_an_e_step():
    async with driving(choose("deaths"), size=(120, 40)) as app:
        await app.send("8", "d", "n")
        pane = app.app.screen.query_one(BoundPane)
        for keys, now in (("", "after M"), ("e", "after E"), ("m", "after M"), ("n", "after M")):
            await app.send(*keys)
            found = pane.slice
            assert isinstance(found, TwoBounds), now
            step = app.snapshot.step if app.snapshot.step.phase == "M" else app.snapshot.previous
            old, new = (found.t == t for t in (0.0, 1.0))
            scale = 1e-9 * abs(step.objective)
            assert found.bound[old] == pytest.approx(step.objective_q, abs=scale)
            assert found.bound_after[new] == pytest.approx(step.objective, abs=scale)
            drawn = [layer.label for layer in pane.query_one(Chart).scene.layers if label(layer)]
            assert drawn == ["log-likelihood", "before", "after"]
            assert "─ log-likelihood  ┄ before  ╌ after" in app.text and "two bounds · 2 of 2" in app.text
        await app.send("d")
        assert "bound · 1 of 2" in app.text and not isinstance(pane.slice, TwoBounds)


def label(layer):
    return isinstance(layer, Curve)


@pytest.mark.parametrize(("source", "said"), [("iris", "one bound so far"), ("backprop", "nothing is hidden")])
async def test_where_there_are_no_two_bounds_a_sentence_says_so(source, said):
    spec = choose("iris") if source == "iris" else choose("iris", model=source)
    async with driving(spec) as app:
        await app.send("8", "d")
        assert said in app.text
        await app.send("e")
        assert said in app.text
        pane = app.app.screen.query_one(BoundPane)
        assert pane.state == {"both": True}
        pane.take_state({"both": False})
        assert pane.state == {}


def test_a_wide_view_names_both_ends_by_one_letter():
    snapshot = snapshot_after("coins", 6)
    found = answer(BothBounds(snapshot.step), snapshot.step)
    scene = bound_scene(snapshot, found, DARK, "x")
    assert found.n_hills == 2 and "2 hills" in bound_notes(snapshot, found)
    assert [text for _, text in scene.x_ticks] == ["θ"]
    for mark in (layer for layer in scene.layers if isinstance(layer, Mark)):
        assert scene.x_range[0] <= mark.x <= scene.x_range[1]
        assert scene.y_range[0] <= mark.y <= scene.y_range[1]
