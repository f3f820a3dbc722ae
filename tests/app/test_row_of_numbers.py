"""`Q` on a mixture of numbers: a row of one's own, typed, and what the step on the screen says of it."""

import numpy as np
import pytest
from choosing import chosen
from driving import Driver, driving
from textual.widgets import Input

import engine
from emtui.screens.dialogs.row_of_numbers import RowOfNumbersScreen

SIZES = [(120, 40), (80, 24)]


def line(app: Driver) -> Input:
    assert isinstance(app.app.screen, RowOfNumbersScreen)
    return app.app.screen.query_one(Input)


@pytest.mark.parametrize("size", SIZES)
async def test_it_begins_with_the_chosen_row_and_follows_what_is_typed(size: tuple[int, int]) -> None:
    async with driving(chosen("iris", model="gmm"), size) as app:
        await app.send("n", "3", "down", "down", "enter")
        text = await app.press("Q")
        row = [float(word) for word in line(app).value.split(",")]
        assert row in app.snapshot.spec.dataset.X.tolist() and "row " in text.splitlines()[0]
        line(app).value = ""
        text = await app.press(*"5.9, 3, 4.9, 1.8")
        found = engine.new_row(app.snapshot.step, [5.9, 3.0, 4.9, 1.8])
        for r, distance in zip(found.responsibilities, found.distances, strict=True):
            assert f"{r:.3f}".removeprefix("0") in text and f"{distance:.2f} σ away" in text
        assert f"ln p(x) = {found.log_likelihood:.6g}".replace("-", "−")[:14] in text
        assert "w · p(x | k)" in text and "a row of your own" in text


async def test_the_lines_step_along() -> None:
    async with driving(chosen("iris", model="gmm"), (120, 40)) as app:
        await app.send("Q")
        before = await app.press("enter")
        after = await app.press("n", "n")
        assert "iteration 2 · M" in after and after.splitlines()[4:10] != before.splitlines()[4:10]
        await app.send("escape")
        assert not isinstance(app.app.screen, RowOfNumbersScreen)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("typed", ["", "1, 2", "x", "1,2,3,nan", "1e999,1,1,1"])
async def test_half_a_row_is_said_in_a_sentence(size: tuple[int, int], typed: str) -> None:
    async with driving(chosen("iris", model="gmm"), size) as app:
        await app.send("n", "Q")
        line(app).value = typed
        await app.settle()
        text = app.text
        assert "σ away" not in text and any(word in text for word in ("columns", "number", "finite"))


async def test_standardised_data_are_asked_in_their_own_units() -> None:
    async with driving(chosen("old_faithful", k=2, standardize=True), (120, 40)) as app:
        await app.send("n", "Q")
        own = app.snapshot.spec.dataset.units.to_original(app.snapshot.spec.dataset.X.mean(axis=0))
        np.testing.assert_allclose([float(word) for word in line(app).value.split(",")], own, rtol=1e-5)
        assert "of x standardised" in app.text


@pytest.mark.parametrize(("source", "typed"), [("deaths", "3"), ("coins", "9"), ("waiting", "70")])
async def test_other_mixtures_take_their_numbers(source: str, typed: str) -> None:
    async with driving(chosen(source), (80, 24)) as app:
        await app.send("n", "Q")
        line(app).value = typed
        await app.settle()
        assert "σ away" in app.text


@pytest.mark.parametrize("source", ["icecream", "linkage"])
async def test_a_model_without_such_rows_says_so(source: str) -> None:
    async with driving(chosen(source), (120, 40)) as app:
        assert "does not divide a row by itself: a mixture does" in await app.press("Q")
