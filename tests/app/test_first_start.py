"""The first minute: the card over the explorer, what it opens on, and the first two steps in plain words."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from driving import Driver, driving
from shell import here
from test_terminal import OUT_OF_IT, read_until, terminal_of

import engine
from emtui.cli import main as command
from emtui.cli.arguments import parse
from emtui.screens.dialogs.first_card import FirstCard
from emtui.screens.guide.guide import GuideScreen
from emtui.screens.open_file.open_file import OpenFileScreen
from emtui.session.saved.opening import reopen
from emtui.settings.config import Config
from emtui.settings.first_start import is_first_start
from emtui.spec.choose import FIRST, choose, make_model
from emtui.spec.run_spec import RunSpec
from emtui.views.first_words import first_words
from engine.data.catalogue import CatalogueEntry, datasets
from engine.models import BUILT_IN, model_names


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for state in which nothing was kept yet."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path


def first() -> RunSpec:
    return choose(**FIRST)


def card(driver: Driver) -> FirstCard | None:
    screen = driver.app.screen
    return screen if isinstance(screen, FirstCard) else None


# what it opens on


def test_emtui_alone_opens_where_every_step_moves_something() -> None:
    opened = command._choose(parse([], lambda: ""))
    assert (opened.dataset.name, opened.model.name) == ("old_faithful", "gmm")
    assert opened.model.option_values["n_components"] == 2
    X = opened.dataset.X
    run = engine.fit(opened.model, X, seed=opened.seed)
    steps = [step for step in run.timeline.steps if step.phase in ("init", "M")]
    moved = [
        float(np.abs((after.params.means - before.params.means) / X.std(axis=0)).max())
        for before, after in pairwise(steps)
    ]
    assert len(moved) <= 25
    assert run.converged
    assert min(moved[:10]) > 0.07  # standard deviations: a cell of the picture at 80 columns
    assert np.ptp(np.array(run.params.means)[:, 0]) > 2.0  # one mean in each cloud


@pytest.mark.parametrize(("words", "name"), [(["iris"], "iris"), (["coins"], "coins"), (["-k", "4"], "iris")])
def test_with_words_it_opens_what_they_say(words: list[str], name: str) -> None:
    assert command._choose(parse(words, lambda: "")).dataset.name == name


def test_a_run_without_words_is_as_it_was() -> None:
    assert "iris" in here("run", "--max-iter", "1")[1]


# the words


@pytest.mark.parametrize("entry", [entry for entry in datasets() if entry.file], ids=lambda entry: entry.key)
def test_every_bundled_set_says_what_it_is_and_what_is_hidden(entry: CatalogueEntry) -> None:
    assert entry.story.endswith(".")
    assert entry.hidden.endswith((".", "it."))
    assert entry.kind
    spec = choose(entry.key)
    words = first_words(spec)
    assert words.hidden == entry.hidden
    if "{rows}" in entry.story:
        assert words.story.startswith(f"{spec.dataset.n_samples:,} ")
    _are_plain(words)


@pytest.mark.parametrize("name", model_names())
def test_every_model_has_words_for_other_data(name: str) -> None:
    spec = choose("coins") if name == "coins" else choose("linkage") if name == "linkage" else choose("iris")
    made = make_model(spec.dataset, name)
    _are_plain(first_words(choose(spec.dataset.name, model=made.name)))


def _are_plain(words: object) -> None:
    for text in vars(words).values():
        assert text
        assert "{" not in text
        assert "  " not in text


def test_no_built_in_model_has_the_vaguest_words() -> None:
    from emtui.views import plain_words
    from emtui.views.registry import view_for
    from engine.models import model_class

    for name in BUILT_IN:
        assert view_for(name).plain_words(model_class(name)()) is not plain_words.ANY


def test_data_of_the_users_own_get_honest_words(tmp_path: Path) -> None:
    path = tmp_path / "old_faithful.csv"
    path.write_text("height,weight\n1.5,50\n1.6,58\n1.7,66\n1.8,71\n1.9,90\n")
    words = first_words(choose(str(path), k=2))
    assert words.story == "5 rows with 2 columns: height, weight."
    assert words.hidden == "The model supposes that each row came from one of its components. Which one is hidden."
    assert "state" in first_words(choose(str(path), model="hmm")).hidden


def test_a_set_made_anew_or_cut_says_its_own_numbers() -> None:
    from engine.data.data_spec import DataSpec, Generated

    made = choose(DataSpec("three_gaussians", generated=Generated(n_samples=50)))
    assert first_words(made).story.startswith("50 points in the plane")
    assert first_words(choose(DataSpec("iris", principal=2))).story == "150 rows with 2 columns: PC 1, PC 2."


def test_given_classes_are_not_called_hidden() -> None:
    assert "nothing is left to guess" in first_words(choose("iris", known="all")).hidden
    assert "some rows" in first_words(choose("iris", known="few")).hidden


# the card


async def test_five_keys_show_what_both_steps_do(state: Path) -> None:
    async with driving(first(), size=(80, 24), welcoming=True) as driver:
        text = driver.text
        for words in (
            "Old Faithful",
            "272 eruptions",
            "nobody wrote down which",
            "e   guess: how likely",
            "m   learn:",
        ):
            assert words in text
        for door in ("enter look around", "l first steps", "o my own data", "? help"):
            assert door in text
        text = " ".join((await driver.press("e")).split())
        assert card(driver) is None
        assert driver.snapshot.step.phase == "E"
        assert "You guessed (e): each eruption is shared out by how likely it is to belong to each kind" in text
        text = " ".join((await driver.press("m")).split())
        assert "You learned (m): each kind went to the middle of what it was given" in text
        assert "You" not in await driver.press("e")
        assert "You" not in await driver.press("m")


async def test_the_card_fits(state: Path) -> None:
    async with driving(first(), size=(80, 24), welcoming=True) as driver:
        for size in ((80, 24), (120, 40), (200, 60), (60, 16)):
            text = await driver.resize(*size)
            shown = card(driver)
            assert shown is not None
            assert shown.query_one("#box").max_scroll_y == 0
            assert "? help" in " ".join(text.split())


async def test_every_bundled_card_fits_into_a_small_window() -> None:
    async with driving(first(), size=(80, 24)) as driver:
        for entry in datasets():
            driver.app.push_screen(shown := FirstCard(first_words(choose(entry.key)), mock.AsyncMock(), lambda: None))
            await driver.settle()
            assert shown.query_one("#box").max_scroll_y == 0, entry.key
            await driver.send("enter")


async def test_once_closed_it_stays_closed(state: Path) -> None:
    async with driving(first(), size=(80, 24), welcoming=True) as driver:
        assert is_first_start()
        await driver.send("n")
        assert card(driver) is None
    assert not is_first_start()
    async with driving(first(), size=(80, 24), welcoming=True) as driver:
        assert card(driver) is None


async def test_it_opens_over_any_data_but_not_over_a_session(state: Path, tmp_path: Path) -> None:
    async with driving(choose("coins"), size=(80, 24), welcoming=True) as driver:
        assert "Nobody wrote down which coin" in driver.text
        await driver.send("e", "ctrl+s", "ctrl+u", *str(tmp_path / "kept.emtui"), "enter")
    (state / "emtui" / "welcomed").unlink()
    async with driving(reopen(tmp_path / "kept.emtui", None), size=(80, 24), welcoming=True) as driver:
        assert card(driver) is None
        assert "set" in driver.text


async def test_where_nothing_can_be_kept_it_comes_again(state: Path) -> None:
    (state / "emtui").write_text("a file where the folder would be")
    for _ in range(2):
        async with driving(first(), size=(80, 24), welcoming=True) as driver:
            assert card(driver) is not None
            await driver.send("enter")
            assert card(driver) is None


async def test_its_doors(state: Path) -> None:
    async with driving(first(), size=(80, 24), welcoming=True) as driver:
        await driver.send("l")
        assert isinstance(driver.app.screen, GuideScreen)
        assert "First steps" in driver.text
        await driver.send("escape", "escape")
        assert "shows the first card again" in await driver.press("question_mark")
        await driver.send("enter")
        assert card(driver) is not None
        await driver.send("o")
        assert isinstance(driver.app.screen, OpenFileScreen)


async def test_keys_of_ones_own_stand_on_it(state: Path) -> None:
    config = Config(autosave=False, keymap={"step.e": "s", "choose.open": "ctrl+o"})
    async with driving(first(), config=config, welcoming=True) as driver:
        assert "s   guess:" in driver.text
        assert "ctrl+o my own data" in driver.text or "^o my own data" in driver.text
        await driver.send("s")
        assert driver.snapshot.step.phase == "E"


def test_keys_typed_before_the_first_frame_count(tmp_path: Path) -> None:
    with terminal_of(XDG_STATE_HOME=str(tmp_path)) as (terminal, app):
        os.write(terminal, b"emem")
        read_until(terminal, b"iteration 2 ")
        os.write(terminal, b"q")
        read_until(terminal, OUT_OF_IT)
        assert app.wait(30) == 0
    assert (tmp_path / "emtui" / "welcomed").exists()
