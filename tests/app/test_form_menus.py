"""The form explains its lines, opens its choices as lists, and says which models can't take the data."""

from __future__ import annotations

from typing import Any

import pytest
from choice_host import Host
from choosing import chosen
from driving import driving, explorer
from screen_text import screen_text
from shell import here

from emtui.panes.messages import SettingsChanged
from emtui.panes.model_form.model_form import ModelForm
from emtui.panes.model_form.model_form_fields import fields_for
from emtui.spec.choose import choose
from emtui.spec.takes_data import refused_models
from emtui.widgets.form_field import FormField
from engine.models import model_class, model_names


def line_of(app: Any, key: str) -> FormField:
    return next(field for field in app.screen.query(FormField) if field.spec.key == key)


# the words


@pytest.mark.parametrize("name", model_names())
def test_every_option_of_every_model_is_explained_with_its_range_in_the_shells_words(name: str) -> None:
    listed = here("models")[1]
    fields = {field.key: field for field in fields_for(name, "moons")}
    for option in model_class(name).options():
        field = fields[option.name]
        assert option.help
        assert "\n" not in option.help
        assert field.help.startswith(option.help)
        assert option.allowed_in_words() in listed
        if field.words:
            assert set(option.allowed_in_words().split(" | ")) == set(field.words)
        else:
            assert option.allowed_in_words() in field.help
        if option.default is None:
            assert "auto" in option.allowed_in_words()
            assert field.parse("auto") is None
        if field.label.replace(" ", "_") != option.name:  # then it says what the shell calls it
            assert f"(--set {option.name}=)" in field.help or "(-k)" in field.help
    for field in fields.values():
        assert field.help
        assert not field.words or field.about.keys() <= set(field.words)


# the lists


async def test_a_line_is_explained_while_it_has_the_focus() -> None:
    app = Host(ModelForm(id="model"), chosen("iris"))
    async with app.run_test(size=(60, 24)) as pilot:
        line_of(app, "n_components").focus()
        await pilot.pause()
        assert "how many Gaussians: whole number of at least 1 (-k)" in screen_text(app)
        line_of(app, "tol").focus()
        await pilot.pause()
        text = " ".join(screen_text(app).replace("│", " ").split())
        assert "how many Gaussians" not in text
        assert "stop at a smaller change of the objective per row: number of at least 0 (--tol)" in text


async def test_enter_opens_the_list_arrows_point_enter_takes_and_escape_leaves_it() -> None:
    app = Host(ModelForm(id="model"), chosen("iris"))
    async with app.run_test(size=(60, 24)) as pilot:
        field = line_of(app, "covariance_type").focus()
        await pilot.press("enter", "down", "j")
        await pilot.pause()
        assert [word for word in ("▸ full", "▸ tied", "▸ diag", "  spherical") if word in screen_text(app)] == [
            "▸ diag",
            "  spherical",
        ]
        await pilot.press("escape")
        await pilot.pause()
        assert (field.text, field.active, field.menu_open) == ("full", True, False)
        await pilot.press("enter", "up", "enter")
        await pilot.pause()
        assert (field.text, field.menu_open) == ("spherical", False)
        assert app.posted == []
        await pilot.press("enter")
        await pilot.pause()
        (posted,) = app.posted
        assert isinstance(posted, SettingsChanged)
        assert posted.settings["model"].covariance_type == "spherical"


async def test_a_list_closes_when_the_focus_leaves_it() -> None:
    app = Host(ModelForm(id="model"), chosen("iris"))
    async with app.run_test(size=(60, 24)) as pilot:
        field = line_of(app, "covariance_type").focus()
        await pilot.press("enter")
        assert field.menu_open
        line_of(app, "seed").focus()
        await pilot.pause()
        assert (field.menu_open, field.text) == (False, "full")


async def test_a_model_that_cant_take_the_data_says_why() -> None:
    async with driving(choose("old_faithful"), size=(120, 40)) as app:
        await app.send("7", "enter", "down")  # from gmm to coins
        field = line_of(app.app, "model")
        assert "▸ coins ✗" in app.text
        assert "coins take one" in app.text  # its own line, cut where the pane ends
        await app.send("enter")
        assert (field.text, field.menu_open) == ("gmm", False)
        assert field.problem == "coins take one column, the heads of each set, not 2: choose a column."
        await app.send("down")
        assert field.problem == ""
        assert explorer(app.app).spec.model.name == "gmm"


def test_which_models_are_refused() -> None:
    faithful, coins = refused_models(choose("old_faithful")), refused_models(choose("coins"))
    assert faithful.keys() == {"coins", "poisson", "linkage", "mlp", "experts", "backprop", "backprop-experts"}
    assert "no column of known classes" in faithful["mlp"]
    assert not {"gmm", "poisson", "kmeans"} & coins.keys()
    iris = refused_models(choose("iris"))
    assert iris.keys() == {"coins", "poisson", "linkage"}  # bernoulli takes a threshold, hmm emission=gaussian
    for reason in (*faithful.values(), *coins.values(), *iris.values()):
        assert reason.endswith((".", ")."))


# numbers typed at once


async def test_a_number_typed_at_once_is_whole() -> None:
    async with driving(choose("old_faithful"), size=(80, 24)) as app:
        await app.send("7")
        for key, typed in (("max_iter", "147"), ("tol", "6.25"), ("seed", "11")):
            line_of(app.app, key).focus()
            await app.pilot.press(*typed)  # none waits for the one before
            await app.settle()
            assert line_of(app.app, key).text == typed


async def test_a_pasted_number_takes_the_place_of_the_one_before() -> None:
    from textual.events import Paste

    async with driving(choose("old_faithful"), size=(120, 40)) as app:
        await app.send("7", "down")
        app.app.post_message(Paste("147"))
        await app.settle()
        assert line_of(app.app, "n_components").text == "147"
