"""By hand: what the screen shows before a move is what the engine makes of it, and the branch has that very step."""

from __future__ import annotations

import numpy as np
import pytest
from driving import explorer
from edit_host import by_hand, hand, point_at, told, words
from textual.widgets import Input

from emtui.screens.edit.edit_screen import EditScreen, value_of
from emtui.screens.explore.explore import ExploreScreen
from emtui.spec.train_test_split import split_of
from emtui.views.number_format import amount
from engine.editing.edits import is_by_hand, placed
from engine.editing.entries import entry_named, moved
from engine.editing.entries import value_of as entry_value
from engine.errors import OptionError

SIZES = [(120, 40), (80, 24)]


@pytest.mark.parametrize("size", SIZES)
async def test_a_mean_is_moved_seen_and_done(size):
    async with by_hand(size=size) as app:
        step = app.snapshot.step
        await point_at(app, "means[1,2]")
        await app.send("right", "right", "left_square_bracket", "right_curly_bracket")
        before = entry_value(step.params, entry_named(step.problem.model, step.params, "means[1,2]"))
        after = hand(app).edit.value(hand(app).entry)
        assert after == pytest.approx(before + (2 - 10 + 0.1) * 0.1, abs=1e-12)
        there = placed(step, moved(step.params, hand(app).entry, after), "moved")
        text = app.text
        for number in (there.log_likelihood, there.elbo, there.kl):
            assert amount(number) in text
        assert "component 2's mean of petal length" in words(text).lower()
        text = words(await app.press("enter"))
        assert isinstance(app.app.screen, ExploreScreen)
        assert (app.snapshot.branch, app.snapshot.n_branches) == (1, 2)
        assert is_by_hand(app.snapshot.step) and app.snapshot.step.iteration == step.iteration
        np.testing.assert_array_equal(app.snapshot.step.params.means, there.params.means)
        assert app.snapshot.step.objective == there.objective
        assert app.snapshot.step.at_q is step.at_q
        assert "mean of petal length set by hand from 1.462 to 0.672; nothing else moves" in text
        await app.send("n")
        assert not is_by_hand(app.snapshot.step)
        assert app.snapshot.step.objective > there.objective


async def test_before_the_first_e_step_another_start_is_made():
    async with by_hand(before=()) as app:
        assert "bound" not in app.text
        await app.send("right", "enter")
        assert app.snapshot.step.phase == "init"
        assert app.snapshot.step.at_q is None
        await app.send("e")
        assert app.snapshot.step.kl == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("size", SIZES)
async def test_a_weight_moves_the_others_by_a_rule_that_is_shown(size):
    async with by_hand(size=size) as app:
        await point_at(app, "weights[0]")
        assert "the others keep their proportions, so that the sum stays 1" in words(app.text)
        was = hand(app).edit.params.weights
        await app.send("right")
        now = hand(app).edit.params.weights
        assert now[0] == pytest.approx(was[0] + 0.05)
        assert now.sum() == pytest.approx(1.0, abs=1e-12)
        assert now[1] / now[2] == pytest.approx(was[1] / was[2])
        text = await app.press("enter")
        assert "the others keep their proportions" in words(text)


@pytest.mark.parametrize("size", [*SIZES, (40, 14)])
async def test_a_weight_beyond_one_is_refused_in_a_sentence(size):
    async with by_hand(size=size) as app:
        await point_at(app, "weights[0]")
        before = hand(app).edit
        await app.send("1", "full_stop", "2", "enter")
        assert hand(app).edit is before
        said = (
            "Component 1's weight can't be 1.2: it must be between 0 and 1, since they are probabilities that sum to 1."
        )
        assert words(told(app)) == said
        await app.send(*["right_square_bracket"] * 3)
        assert hand(app).edit.value(hand(app).entry) < 1.0
        assert "can't be" in told(app)
        assert "sum to 1" in words(app.text) or size[0] < 80


@pytest.mark.parametrize("size", SIZES)
async def test_a_covariance_ends_where_the_matrix_would_be_singular(size):
    async with by_hand(size=size) as app:
        await point_at(app, "covariances[0,1,0]")
        low, high = hand(app).edit.limits(hand(app).entry)
        await app.send(*["right"] * 25)
        value = hand(app).edit.value(hand(app).entry)
        assert low < value < high
        text = words(app.text)
        assert "covariance of sepal length and sepal width can't be" in text
        assert "so that Σ stays positive definite" in text
        matrix = hand(app).edit.params.covariances[0]
        assert np.linalg.eigvalsh(matrix).min() > 0
        assert matrix[0, 1] == matrix[1, 0] == value
        await app.send("enter")
        np.testing.assert_array_equal(app.snapshot.step.params.covariances[0], matrix)


@pytest.mark.parametrize("written", ["nan", "1e999", "inf", "5abc", "--3", "1_0", ""])
async def test_what_is_no_number_gets_one_sentence(written):
    async with by_hand(size=(80, 24)) as app:
        before = hand(app).edit
        await app.send("4")
        field = app.app.screen.query_one("#field", Input)
        field.value = written
        await app.send("enter")
        assert hand(app).edit is before
        assert told(app) == f"'{written}' is no finite number: write one such as 4.2, -0.5 or 1e-3."
        await app.send("right")
        assert hand(app).edit is not before
        assert "finite" not in told(app)


def test_numbers_as_people_write_them():
    assert [value_of(text) for text in (" 4.2 ", "4,2", "−3", "-1e-3")] == [4.2, 4.2, -3.0, -1e-3]
    with pytest.raises(OptionError):
        value_of("1.2.3")


async def test_a_value_is_written_and_put_back():
    async with by_hand() as app:
        step = app.snapshot.step
        await app.send("minus", "4", "full_stop", "2", "5", "enter")
        assert hand(app).edit.value(hand(app).entry) == -4.25
        await app.send("down", "7", "escape")
        assert isinstance(app.app.screen, EditScreen)
        assert hand(app).edit.value(hand(app).entry) == hand(app).edit.before(hand(app).entry)
        await app.send("up", "backspace")
        assert not hand(app).edit.is_moved
        assert hand(app).pending is None
        await app.send("enter")
        assert app.snapshot.step is step and app.snapshot.n_branches == 1
        assert "Nothing was moved by hand." in app.text


async def test_keys_that_come_at_once_make_one_number():
    async with by_hand() as app:
        await point_at(app, "means[1,2]")
        for key in ("7", ".", "5"):
            hand(app).action_type(key)
        await app.settle()
        assert hand(app).query_one("#field", Input).value == "7.5"
        await app.send("enter", "4")
        assert hand(app).query_one("#field", Input).value == "4"


async def test_escape_leaves_everything_as_it_was():
    async with by_hand() as app:
        step = app.snapshot.step
        await app.send("right", "right", "escape")
        assert app.snapshot.step is step and app.snapshot.n_branches == 1
        assert isinstance(app.app.screen, ExploreScreen)


async def test_where_the_data_would_be_impossible_the_reason_is_said_and_nothing_is_done():
    async with by_hand("coins", size=(80, 24)) as app:
        await app.send("1", "enter", "down", "1", "enter")
        text = words(app.text)
        assert "stay away from that border" in text
        await app.send("enter")
        assert isinstance(app.app.screen, EditScreen)
        await app.send("escape")
        assert app.snapshot.n_branches == 1


# rows


@pytest.mark.parametrize("size", SIZES)
async def test_a_row_is_left_out_and_put_back(size):
    async with by_hand(size=size) as app:
        step = app.snapshot.step
        doubtful = int(app.snapshot.responsibilities.max(axis=1).argmin())
        await app.send("tab")
        assert hand(app).chosen_row == doubtful
        await app.send("7", "enter")
        assert hand(app).chosen_row == 6
        await app.send("x")
        assert "Row 7 would be left out; now it counts once." in words(app.text)
        X = step.problem.data.X
        one = -sum_of_one(step, X[6])
        assert amount(step.log_likelihood + one) in app.text
        await app.send("backspace")
        assert hand(app).pending is None
        await app.send("delete", "enter")
        assert app.snapshot.branch == 1
        assert app.snapshot.step.problem.data.given_weight[6] == 0
        assert explorer(app.app).worker.session.weight_of(6) == 0
        assert app.snapshot.step.log_likelihood == pytest.approx(step.log_likelihood + one, abs=1e-9)
        await app.send("n")
        fit = app.snapshot.step.params
        R = app.snapshot.step.posterior.responsibilities
        R[6] = 0
        np.testing.assert_allclose(fit.means, (R.T @ X) / R.sum(axis=0)[:, None], rtol=1e-9)


def sum_of_one(step, row):
    """ln p of one row, written out."""
    from scipy.stats import multivariate_normal

    p = step.params
    return np.log(
        sum(w * multivariate_normal(m, c).pdf(row) for w, m, c in zip(p.weights, p.means, p.covariances, strict=True))
    )


async def test_a_row_counts_twice_and_once_again():
    async with by_hand() as app:
        await app.send("tab", "plus")
        row = hand(app).chosen_row
        assert "would count twice" in told(app)
        await app.send("enter")
        assert app.snapshot.step.problem.data.given_weight[row] == 2
        await app.send("E", "tab", "0", "backspace", "escape")
        await app.send(*str(row + 1), "enter", "minus")
        assert "would count once; now it counts twice" in told(app)
        await app.send("enter")
        assert app.snapshot.n_branches == 3
        assert app.snapshot.step.problem.data.given_weight is None
        assert app.snapshot.step.at_q is not None


async def test_a_row_that_is_not_there_and_one_that_can_not_go():
    async with by_hand(size=(80, 24)) as app:
        await app.send("tab", "9", "9", "9", "enter")
        assert told(app) == "There is no row 999 among those that are fitted: they go up to 150."
        await app.send("1")
        app.app.screen.query_one("#field", Input).value = "x"
        await app.send("enter")
        assert told(app) == "'x' is no row: write its number, such as 1."
    async with by_hand("icecream") as app:
        await app.send("tab", "x")
        assert "no single one of its rows can be left out" in told(app)
        assert hand(app).pending is None
        await app.send("tab", "tab")
        assert hand(app).subject == "parameters"


async def test_one_thing_at_a_time():
    async with by_hand() as app:
        await app.send("right", "tab")
        assert hand(app).subject == "parameters"
        assert "One thing at a time" in told(app)
        await app.send("backspace", "tab")
        assert hand(app).subject == "rows"
        await app.send("x", "tab")
        assert hand(app).subject == "rows"


async def test_the_network_lists_the_rows_that_it_is_trained_on():
    async with by_hand(model="mlp", before=("n",)) as app:
        split = split_of(app.snapshot.spec)
        await app.send("tab")
        assert hand(app).table.n_rows == len(split.train)
        assert not split.is_test(hand(app).chosen_row)
        held_back = int(split.test[0])
        await app.send(*str(held_back + 1), "enter")
        assert "among those that are fitted" in told(app)
        await app.send("x", "enter")
        assert (app.snapshot.step.problem.data.given_weight == 0).sum() == 1


@pytest.mark.parametrize("size", [(40, 12), (40, 10), (60, 20), (80, 24)])
@pytest.mark.parametrize("source", ["iris", "icecream"])
async def test_what_is_told_is_never_cut(source, size):
    async with by_hand(source, size=size, before=("n",)) as app:
        for place in range(len(hand(app).entries)):
            hand(app).table.move_to(place)
            await app.pilot.pause()
            said = told(app)
            assert said.endswith(".") and words(said) in words(app.text), said
        await app.settle()


async def test_a_difference_that_is_rounding_alone_is_nothing(tmp_path):
    generator = np.random.default_rng(0)
    rows = generator.normal(size=(30, 40))
    file = tmp_path / "wide.csv"
    file.write_text("\n".join([",".join(f"f{i}" for i in range(40)), *(",".join(map(str, row)) for row in rows)]))
    async with by_hand(str(file), k=3, before=("n",), settings={"covariance_type": "full"}) as app:
        await app.send("right")
        (kl,) = [line for line in app.text.splitlines() if " KL " in line]
        assert "e−" not in kl and "−0" not in kl, kl
        await app.resize(80, 24)
        assert "KL 0" in app.text or "KL" not in app.text


@pytest.mark.parametrize("value", ["1e308", "1e-300", "1e20"])
async def test_a_variance_beyond_what_digits_can_hold_is_refused_in_one_sentence(value):
    async with by_hand(settings={"covariance_type": "tied"}, before=("n",)) as app:
        await point_at(app, "covariances[3,3]")
        hand(app).action_type(value)
        await app.send("enter")
        assert told(app).startswith("A covariance can't be so wide or so narrow: keep its variances")
        await app.send("enter")
        assert isinstance(app.app.screen, EditScreen)
        await app.send("backspace", "right", "enter", "n", "n")
        assert app.snapshot.step.kl > -1e-9
