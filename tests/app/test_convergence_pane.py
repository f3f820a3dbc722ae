"""The convergence pane: what it says is what the engine tells of the last steps, and what it foresees comes about."""

import math

import numpy as np
import pytest
from choosing import chosen
from driving import driving, explorer
from walking import walked

from emtui.charts.colors import DARK
from emtui.charts.scene import Curve, HLine, Mark
from emtui.panes.convergence import convergence as pane_module
from emtui.panes.convergence.convergence import ConvergencePane
from emtui.panes.convergence.convergence_chart import changes, convergence_scene
from emtui.panes.convergence.convergence_sentences import Measured, rate_text, share_text
from emtui.panes.convergence.convergence_text import convergence_lines, entries
from emtui.session.messages import QueryAnswered
from emtui.session.queries import OverlapAt, RateAt
from emtui.session.session import Session
from emtui.spec import work
from emtui.spec.choose import choose
from emtui.spec.tolerance import stops_by_objective, tolerance_of
from emtui.widgets.table_columns import cell_width, plain
from engine.analysis.convergence import convergence_of
from engine.analysis.convergence_rate import MapRate, map_rate, measured
from engine.analysis.overlap import overlap_of

SIZES = [(120, 40), (80, 24)]
NOT_MEASURED = Measured()


def pane_of(app) -> ConvergencePane:
    return app.app.screen.query_one(ConvergencePane)


def lines_of(app) -> str:
    """All lines of the pane, those out of sight too, as one line of words."""
    sheet = pane_of(app).table.sheet
    return " ".join(" ".join(plain(line) for (line,) in sheet.cells(range(sheet.n_rows))).split())


async def until_measured(app) -> None:
    while pane_of(app).measured.under_way:
        await app.settle()


def said_of(snapshot, found=NOT_MEASURED) -> dict[str, str]:
    """What is said beside each label."""
    convergence = convergence_of(snapshot.recent, tolerance_of(snapshot.spec), measured=found.rate)
    said: dict[str, str] = {}
    for label, text in entries(snapshot, convergence, found, DARK):
        label = label or "helps"
        said[label] = f"{said[label]} | {text}" if label in said else text
    return said


# what it says, on the screen


@pytest.mark.parametrize("size", SIZES)
async def test_iris_from_the_start_to_rest(size):
    async with driving(size=size) as app:
        assert "not known yet: it takes 2 M-steps more (n)" in (await app.press("0"), lines_of(app))[1]
        await app.send("n")
        assert "takes 1 M-step more" in lines_of(app) and "to go can't be foreseen yet" in lines_of(app)
        text = await app.press("n", "n")
        convergence = convergence_of(explorer(app.app).worker.session.timeline.steps)
        assert pane_of(app).convergence == convergence
        assert f"rate {rate_text(convergence.rate)} by moves, {rate_text(convergence.from_gains)} by gains" in lines_of(
            app
        )
        assert "not steady yet" in lines_of(app) and "missing" not in lines_of(app)
        assert f"about {convergence.steps_to_go} iterations to below 1e−06, if this rate stays" in lines_of(app)
        assert "rate" in text and "change" in text and "to go" in text
        await app.send("c")
        convergence = convergence_of(explorer(app.app).worker.session.timeline.steps)
        assert "none, converged: the objective changed by 4.7e−07 per observation, and will gain" in lines_of(app)
        assert "missing about 57 % of the information on θ, or more" in lines_of(app)
        assert "of the smaller one's rows .03 belong to the other; Bhattacharyya .12" in lines_of(app)
        assert "EM is not slow here, by these moves" in lines_of(app)


@pytest.mark.parametrize("size", SIZES)
async def test_an_e_step_leaves_it_as_it_is_and_going_back_brings_back_what_was_said(size):
    async with driving(size=size) as app:
        await app.send("n", "n", "n", "0")
        said = lines_of(app)
        await app.send("e")
        assert lines_of(app) == said
        await app.send("m")
        assert lines_of(app) != said
        await app.send("left", "left")
        assert lines_of(app) == said


@pytest.mark.parametrize("size", SIZES)
async def test_slow_deaths_are_explained_and_squarem_offered(size):
    async with driving(choose("deaths", tol=1e-9), size=size) as app:
        await app.send("c", "0")
        said = lines_of(app)
        assert "stopped: the limit of 200 iterations was reached before it came to rest; about 1,213 iterations" in said
        assert "why ● 1 and ■ 2: of the smaller one's rows .49 belong to the other" in said
        assert "helps SQUAREM: the algorithm in pane 7; f races it fewer components: K" in said
        await app.send("left_square_bracket", "left_square_bracket")
        assert "to below 1e−09 at this rate; the limit of 200 comes first" in lines_of(app)


@pytest.mark.parametrize("size", SIZES)
async def test_measuring_shows_the_rate_that_is_still_to_come(size):
    """After five iterations the deaths seem fast (.66): the slow direction shows only when it is measured."""
    async with driving(choose("deaths"), size=size) as app:
        await app.send("n", "n", "n", "n", "n", "0")
        assert "missing about 66 %" in lines_of(app) and "not slow here, by these moves" in lines_of(app)
        assert "d: measure the rate" in app.text
        await app.send("d")
        await until_measured(app)
        found = map_rate(app.snapshot.step)
        assert found > 0.99
        assert f"measured {rate_text(found)} at this θ, 46 passes" in lines_of(app)
        assert "missing 99.6 % of the information on θ, as measured here" in lines_of(app)
        assert "more once the slower moves of rate .9960 are left" in lines_of(app)
        assert "why ● 1 and ■ 2" in lines_of(app) and "helps SQUAREM" in lines_of(app)
        assert "d: measure" not in app.text
        await app.send("n")
        assert "measured" not in lines_of(app)  # that was of another θ


async def test_a_measurement_goes_on_in_pieces_and_d_stops_it(monkeypatch):
    monkeypatch.setattr(pane_module, "_WORK_OF_A_QUERY", 1.0)  # one iteration of power a question
    async with driving(choose("deaths")) as app:
        await app.send("n", "n", "0")
        pane, asked = pane_of(app), []
        answered = pane.take_answer

        def take(query, step, answer):
            asked.append(query)
            answered(query, step, answer)

        monkeypatch.setattr(pane, "take_answer", take)
        await app.send("d")
        await until_measured(app)
        pieces = [query for query in asked if isinstance(query, RateAt)]
        assert len(pieces) == pane.measured.found.passes // 2 > 5
        assert pane.measured.rate == map_rate(app.snapshot.step)
        await app.send("n")
        pane.action_measure()
        assert pane.measured.under_way and pane.measured.found is None
        pane.action_measure()
        await app.settle()
        assert pane.measured.found is None and "measured" not in lines_of(app)
        await app.send("d")
        await until_measured(app)
        assert pane.measured.rate == map_rate(app.snapshot.step)


async def test_what_takes_too_long_is_not_measured(monkeypatch):
    monkeypatch.setattr(pane_module, "_WORK_OF_ALL", 1000.0)
    async with driving() as app:
        await app.send("n", "0", "d")
        assert "measured not here: it takes tens of passes" in lines_of(app)


async def test_with_many_rows_the_overlap_is_looked_for_off_the_screen(monkeypatch):
    monkeypatch.setattr(work, "AT_ONCE", 0)
    async with driving() as app:
        await app.send("n", "0")
        convergence = pane_of(app).convergence
        assert convergence.overlap == overlap_of(app.snapshot.step)
        before = app.snapshot.step
        screen = explorer(app.app)
        await app.send("n")
        present = pane_of(app).convergence.overlap
        assert present == overlap_of(app.snapshot.step) != convergence.overlap
        screen.report(QueryAnswered(pane_of(app), OverlapAt(), before, convergence.overlap, screen.worker.generation))
        await app.settle()
        assert pane_of(app).convergence.overlap == present


async def test_nothing_is_told_while_nobody_looks():
    async with driving() as app:
        await app.send("n", "n")
        assert pane_of(app).convergence is None


# models and algorithms, in words


def test_a_closed_form_leaves_nothing_of_the_way():
    session = Session(choose("iris", known="all"))
    while session.timeline.current.stop_reason is None:
        session.take()
    said = said_of(session.snapshot())
    assert said["rate"] == "0: an iteration goes all the way, and nothing moves any more"
    assert said["helps"] == "EM is not slow here, by these moves"


def test_one_component_rests_at_once():
    said = said_of(walked("iris", 2, k=1).snapshot())
    assert said["to go"].startswith("none, converged: the objective changed by")
    assert said["rate"] == "not known: it came to rest before two M-steps were taken"
    assert "overlap" not in said and "why" not in said
    session = Session(choose("iris", k=1))
    for _ in range(4):
        session.take()
    assert said_of(session.snapshot())["rate"] == "none: moves of θ are rounding by now"


@pytest.mark.parametrize(
    ("source", "how", "rate", "missing"),
    [
        ("iris", {"model": "mlp"}, " by moves", "gradient step stops short"),
        ("bars", {}, " by moves", "only comes near the posterior"),
        ("bars", {"settings": {"e_step": "gibbs"}}, "none: E-steps draw", ""),
        ("iris", {"algorithm": "hard"}, "none: whole rows change sides", ""),
        ("iris", {"model": "kmeans"}, "none: whole rows change sides", ""),
        ("iris", {"algorithm": "stochastic"}, "none: E-steps draw", ""),
        ("old_faithful", {"algorithm": "annealed"}, "none while the temperature changes", ""),
        ("old_faithful", {"algorithm": "annealed:initial=2,rate=1"}, " by moves", "the rate at a temperature"),
        ("iris", {"algorithm": "squarem"}, "none: SQUAREM", ""),
        ("iris", {"model": "backprop"}, "none: backpropagation is no EM", ""),
        ("iris", {"settings": {"m_step": "conditional"}}, " by moves", "one parameter after another"),
    ],
)
def test_what_is_not_known_is_not_told(source, how, rate, missing):
    snapshot = walked(source, 6, **how).snapshot()
    said = said_of(snapshot)
    assert rate in said["rate"]
    assert missing in said.get("missing", "") and "%" not in said.get("missing", "")
    if " by moves" not in said["rate"]:
        assert "about" not in said["to go"] and "if this rate" not in said["to go"]
        assert "to gain" not in said and "SQUAREM:" not in said.get("helps", "")


def test_no_tolerance_is_foreseen_at_a_temperature():
    said = said_of(walked("old_faithful", 8, algorithm="annealed:initial=2,rate=1").snapshot())
    assert said["to go"] == "unknown: no small change counts as rest while the temperature is not 1"


@pytest.mark.parametrize(
    ("source", "how", "why"),
    [
        ("bars", {"settings": {"e_step": "gibbs"}}, "the E-step draws at random"),
        ("bars", {}, "the E-step only comes near the posterior"),
        ("iris", {"model": "kmeans"}, "one iteration is no smooth map"),
        ("iris", {"model": "backprop"}, "one iteration is no smooth map"),
    ],
)
async def test_what_cannot_be_measured_says_why(source, how, why):
    async with driving(chosen(source, **how), size=(80, 24)) as app:
        await app.send("n", "n", "0", "d")
        assert f"measured not possible: {why}" in lines_of(app)


async def test_squarem_has_the_rate_of_plain_em_measured():
    async with driving(choose("deaths", algorithm="squarem")) as app:
        await app.send("n", "n", "0", "d")
        await until_measured(app)
        assert "for plain EM at this θ" in lines_of(app) and "rate none: SQUAREM" in lines_of(app)


def test_another_rule_than_the_tolerance_is_named():
    spec = choose("iris", stop="responsibilities=1e-4")
    assert not stops_by_objective(spec) and tolerance_of(spec) == spec.tol
    assert said_of(walked("iris", 16, stop="responsibilities=1e-4").snapshot())["to go"].endswith(
        "; it stops by responsibilities=1e-4"
    )
    both = choose("iris", stop="seconds=5,objective=1e-3")
    assert stops_by_objective(both) and tolerance_of(both) == 1e-3


def test_a_step_by_hand_begins_anew():
    session = walked("iris", 8)
    before = convergence_of(session.timeline.steps)
    assert before.needs == 0
    params = session.timeline.current.params
    session.place(type(params)(params.weights, params.means + 0.1, params.covariances), "means set by hand")
    snapshot = session.snapshot()
    assert "takes 2 M-steps more" in said_of(snapshot)["rate"] and "change" not in said_of(snapshot)
    iterations, _ = changes(snapshot)
    assert list(iterations) == [1, 2, 3, 4]
    for _ in range(4):
        session.take()
    assert convergence_of(session.timeline.steps).needs == 0


# numbers


def test_rates_near_1_keep_digits_that_tell_them_from_it():
    assert rate_text(0.5678) == ".568" and rate_text(0.99573) == ".9957" and rate_text(0.9999812) == ".999981"
    assert rate_text(1.0) == "1.000" and rate_text(0.0) == ".000" and rate_text(1.024) == "1.024"
    assert share_text(0.99573, 0) == "99.57 % of the information on θ"
    assert share_text(0.5678, 1) == "57 % of the information on θ"


def test_the_forecast_comes_about():
    """On the deaths from 160 iterations on the forecast is within 15 % of the iterations that were really taken."""
    session = walked("deaths", tol=1e-9, max_iter=3000)
    steps = session.timeline.steps
    last = steps[-1].iteration
    assert steps[-1].converged and last > 500
    for iteration in (160, 320, 480):
        convergence = convergence_of(steps[: 2 * iteration + 1], 1e-9)
        assert convergence.settled
        assert convergence.steps_to_go == pytest.approx(last - iteration, rel=0.15)
        gained = (steps[-1].objective - steps[2 * iteration].objective) / 1096 + convergence_of(steps).still_to_gain
        assert convergence.still_to_gain == pytest.approx(gained, rel=0.15)
        session.timeline.go_to(2 * iteration)
        assert (
            f"about {convergence.steps_to_go:,} iterations to below 1e−09 at this rate"
            == said_of(session.snapshot())["to go"]
        )


def test_on_the_border_gains_shrink_by_the_rate_itself_and_the_forecast_goes_by_them():
    """The diary's model loses an emission on its way: gains are of first order there, and .67 is the root of .45."""
    session = walked("icecream")
    steps, last = session.timeline.steps, session.timeline.current.iteration
    convergence = convergence_of(steps[: 2 * 10 + 1])
    assert convergence.settled and convergence.from_gains**2 == pytest.approx(convergence.rate, abs=0.01)
    assert convergence.steps_to_go == pytest.approx(last - 10, abs=1)
    assert map_rate(steps[-1]) == pytest.approx(convergence_of(steps).rate, abs=0.01)


def test_the_picture_holds_the_changes_the_tolerance_and_the_forecast():
    session = walked("deaths", 2 * 40, tol=1e-7)
    snapshot = session.snapshot()
    convergence = convergence_of(snapshot.recent, 1e-7)
    scene = convergence_scene(snapshot, convergence, DARK)
    rises, forecast = [layer for layer in scene.layers if isinstance(layer, Curve)]
    steps = session.timeline.steps
    expected = [(steps[2 * t].objective - steps[2 * t - 2].objective) / 1096 for t in range(1, 41)]
    np.testing.assert_allclose(10.0**rises.y, expected, rtol=1e-6)
    np.testing.assert_array_equal(rises.x, np.arange(1, 41))
    assert [layer.y for layer in scene.layers if isinstance(layer, HLine)] == [pytest.approx(-7.0)]
    assert (forecast.x[0], forecast.y[0]) == (40.0, pytest.approx(math.log10(convergence.change)))
    assert forecast.x[1] - 40.0 == convergence.steps_to_go
    ratio = convergence.from_gains**2
    ahead = 10.0 ** forecast.y[1] * ratio / (1 - ratio)  # what would come after the last of them: rest
    assert ahead <= 1e-7 < ahead / ratio
    assert scene.x_range[1] >= 40 and scene.y_range[0] <= -7 <= scene.y_range[1]


def test_a_fall_has_no_logarithm_its_size_is_marked_and_said():
    snapshot = walked("two_gaussians", 40, algorithm="stochastic", settings={"init": "points"}).snapshot()
    iterations, change = changes(snapshot)
    fell = iterations[change < 0]
    assert len(fell)
    scene = convergence_scene(snapshot, convergence_of(snapshot.recent), DARK)
    marks = {layer.x: layer.y for layer in scene.layers if isinstance(layer, Mark) and layer.char == "▼"}
    assert sorted(marks) == list(fell)
    for iteration, value in zip(iterations, change, strict=True):
        if value < 0:
            assert 10.0 ** marks[iteration] == pytest.approx(-value)
    [curve] = [layer for layer in scene.layers if isinstance(layer, Curve)]
    assert np.isnan(curve.y[change < 0]).all() and np.isfinite(curve.y[change > 1e-16]).all()
    assert "a fall, its size" in [text for _, _, text in scene.legend]


def test_there_is_no_picture_before_the_first_m_step():
    snapshot = walked("iris", 1).snapshot()
    scene = convergence_scene(snapshot, convergence_of(snapshot.recent), DARK)
    assert not [layer for layer in scene.layers if isinstance(layer, Mark)]
    assert changes(snapshot)[0].shape == (0,)


def test_a_measurement_in_pieces_is_the_one_at_once():
    step = walked("iris").timeline.current
    whole = measured(step)
    piece: MapRate | None = None
    while piece is None or not piece.over:
        piece = measured(step, piece, iterations=3)
    assert (piece.rate, piece.passes, piece.settled) == (whole.rate, whole.passes, True)


# room


@pytest.mark.parametrize("width", [6, 14, 23, 24, 34, 38, 58, 118])
@pytest.mark.parametrize("source", ["iris", "deaths", "coins"])
def test_no_line_is_wider_than_the_pane(source, width):
    snapshot = walked(source, 8).snapshot()
    found = Measured(measured(snapshot.step))
    convergence = convergence_of(snapshot.recent, measured=found.rate)
    lines = convergence_lines(snapshot, convergence, found, False, width, DARK)
    assert len(lines) > 3
    for line in lines:
        assert cell_width(line) <= max(width, 14)


@pytest.mark.parametrize("size", [(200, 60), (120, 40), (80, 24)])
async def test_zoomed_there_are_words_and_the_picture(size):
    async with driving(choose("deaths"), size=size) as app:
        text = await app.press("n", "n", "n", "n", "0", "z")
        chart = app.app.screen.query_one("#convergence-chart")
        assert "rate" in text and "to go" in text
        if size[1] > 24:
            assert chart.display and "tolerance 1e−06" in text and "at this rate" in text
        text = await app.press("z")
        assert "tolerance 1e−06" not in text and "rate" in text


@pytest.mark.parametrize("size", [(200, 60), (120, 40), (80, 24), (60, 20), (40, 12), (20, 6)])
async def test_it_fits(size):
    async with driving(size=size) as app:
        text = await app.press("n", "n", "n", "0", "d")
        assert all(len(line) <= size[0] for line in text.splitlines())


async def test_it_takes_turns_with_the_parameters():
    async with driving() as app:
        assert " 4  0 conv " in app.text and "weight" in app.text
        text = await app.press("0")
        assert " 4 params  0 " in text and "to go" not in text and "rate" in text
        text = await app.press("4")
        assert " 4  0 conv " in text
