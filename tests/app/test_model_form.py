"""The model form: what stands on the screen, what is posted, and what is refused in words."""

from __future__ import annotations

from typing import Any

import pytest
from choice_host import Host
from choosing import chosen
from driving import driving, explorer
from screen_text import screen_text
from textual.app import App

from emtui.panes.messages import ModelChosen, SettingsChanged
from emtui.panes.model_form.model_form import ModelForm
from emtui.panes.model_form.model_form_fields import WrongFieldError, fields_for, settings_from, texts_of
from emtui.spec.choose import choose, make_model
from emtui.widgets.form_field import FormField
from engine.data.data_spec import DataSpec
from engine.models import model_names

SIZES = [(40, 12), (80, 24), (120, 40)]


def form_host(source: str = "iris", **options: Any) -> Host:
    return Host(ModelForm(id="model"), chosen(source, **options))


def line_of(app: App[Any], label: str) -> FormField:
    return next(field for field in app.query(FormField) if field.spec.label == label)


async def write(pilot: Any, label: str, text: str) -> FormField:
    """Go to a line of the form and write `text` in the place of what stands there."""
    field = line_of(pilot.app, label)
    field.focus()
    await pilot.pause()
    await pilot.press("ctrl+u", *text)
    await pilot.pause()
    return field


# the form as values


def test_the_form_says_what_is_chosen() -> None:
    spec = choose("iris", seed=7, stop="responsibilities=1e-4", tol=1e-3)
    texts = texts_of(spec)
    assert texts["model"] == "gmm"
    assert texts["n_components"] == "3"
    assert (texts["seed"], texts["stop"], texts["tol"]) == ("7", "responsibilities=1e-4", "0.001")
    assert settings_from(spec, texts) == {}


@pytest.mark.parametrize("name", model_names())
def test_every_model_has_a_form_whose_texts_parse_to_its_options(name: str) -> None:
    spec = choose("coins") if name == "coins" else choose("iris")
    made = make_model(spec.dataset, name)
    texts = texts_of(spec, made)
    fields = {field.key: field for field in fields_for(name, measured=made.takes_measurements)}
    assert fields.keys() == texts.keys()
    for option in made.options():
        assert fields[option.name].parse(texts[option.name]) == getattr(made, option.name)


def test_only_what_differs_is_changed() -> None:
    spec = choose("iris")
    settings = settings_from(spec, texts_of(spec) | {"seed": "5", "standardize": "yes"})
    assert settings == {"seed": 5, "data": DataSpec("iris", standardize=True)}
    settings = settings_from(spec, texts_of(spec) | {"n_components": "4"})
    assert settings.keys() == {"model"}
    assert settings["model"].n_components == 4


@pytest.mark.parametrize(
    ("key", "text", "begins"),
    [
        ("n_components", "0", "K must be a whole number of at least 1"),
        ("n_components", "2.5", "K must be a whole number"),
        ("n_components", "", "K must be a whole number"),
        ("reg_covar", "-1", "ridge must be a number"),
        ("reg_covar", "nan", "ridge must be a number"),
        ("seed", "-1", "seed must be a whole number of at least 0"),
        ("seed", "[bold]", "seed must be a whole number"),
        ("tol", "x", "tolerance must be a number"),
        ("max_iter", "1e3", "iterations must be a whole number"),
        ("stop", "never", "there is no stopping rule 'never'"),
        ("stop", "seconds=soon", "the stopping rule seconds needs a number"),
    ],
)
def test_a_wrong_line_is_named_with_one_sentence(key: str, text: str, begins: str) -> None:
    spec = choose("iris")
    with pytest.raises(WrongFieldError) as caught:
        settings_from(spec, texts_of(spec) | {key: text})
    assert caught.value.key == key
    assert str(caught.value).startswith(begins)
    assert "\n" not in str(caught.value)


# the form on the screen


@pytest.mark.parametrize("size", SIZES)
async def test_the_form_is_readable(size: tuple[int, int]) -> None:
    app = form_host()
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        text = screen_text(app)
        for words in ("model", "gmm ▾", "K", "covariance", "full ▾", "ridge", "1e-06", "seed"):
            assert words in text


@pytest.mark.parametrize("size", [(20, 3), (20, 2), (12, 4), (3, 3), (200, 60)])
async def test_the_form_survives_any_size(size: tuple[int, int]) -> None:
    app = form_host()
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        await pilot.press("tab", "down", "x", "enter")
        await pilot.resize_terminal(120, 40)
        await pilot.pause()
        assert "covariance" in screen_text(app)


async def test_a_typed_value_is_applied_with_enter() -> None:
    app = form_host()
    async with app.run_test(size=(40, 20)) as pilot:
        field = await write(pilot, "K", "5")
        assert field.changed
        assert "*K" in screen_text(app)
        assert "1 changed: enter applies" in screen_text(app)
        assert app.posted == []
        await pilot.press("enter")
        await pilot.pause()
        (posted,) = app.posted
        assert isinstance(posted, SettingsChanged)
        assert posted.settings["model"].n_components == 5
        await pilot.press("e")
        assert app.keys == ["e"]  # the form is left: letters are the app's again
        app.open(choose("iris", k=5))
        await pilot.pause()
        assert not field.changed
        assert "*K" not in screen_text(app)


@pytest.mark.parametrize(
    ("label", "text", "said"),
    [
        ("K", "0", "K must be a whole number of at least 1, not 0."),
        ("K", "many", "K must be a whole number of at least 1, not 'many'."),
        ("ridge", "-3", "ridge must be a number from 0 to 1e+100, or auto, not -3.0."),
        ("seed", "-1", "seed must be a whole number of at least 0, not -1."),
        ("tolerance", "small", "tolerance must be a number of at least 0, not 'small'."),
        ("stop rule", "[/x]=1", "there is no stopping rule '[/x]'"),
        ("iterations", "-5", "iterations must be a whole number of at least 0, not -5."),
    ],
)
async def test_a_wrong_value_is_said_in_place_and_not_applied(label: str, text: str, said: str) -> None:
    app = form_host()
    async with app.run_test(size=(100, 30)) as pilot:
        field = await write(pilot, label, text)
        assert said in " ".join(screen_text(app).split())
        await pilot.press("enter")
        await pilot.pause()
        assert app.posted == []
        assert field.active
        await pilot.press("escape")
        await pilot.pause()
        assert said not in " ".join(screen_text(app).split())
        assert not field.changed
        assert app.focused is None


async def test_letters_belong_to_a_typed_line_and_to_the_app_elsewhere() -> None:
    app = form_host()
    async with app.run_test(size=(40, 20)) as pilot:
        field = await write(pilot, "stop rule", "e m")
        await pilot.press("home", "left")
        assert field.text == "e m"
        assert app.keys == []
        line_of(app, "covariance").focus()
        await pilot.press("e", "m")
        assert app.keys == ["e", "m"]
        assert line_of(app, "covariance").text == "full"


async def test_what_is_typed_replaces_the_text_unless_it_was_changed_already() -> None:
    app = form_host()
    async with app.run_test(size=(40, 20)) as pilot:
        field = line_of(app, "seed")
        field.focus()
        await pilot.pause()
        await pilot.press("4")
        assert field.text == "4"
        line_of(app, "tolerance").focus()
        await pilot.pause()
        field.focus()
        await pilot.pause()
        await pilot.press("2")
        assert field.text == "42"


async def test_a_long_text_shows_its_beginning_and_the_cursor_once_it_is_entered() -> None:
    app = form_host()
    async with app.run_test(size=(30, 20)) as pilot:
        field = await write(pilot, "stop rule", "responsibilities=1e-4")
        shown = next(line for line in screen_text(app).splitlines() if "*stop rule" in line)
        assert "ties=1e-4" in shown and "responsib" not in shown
        line_of(app, "seed").focus()
        await pilot.pause()
        assert "responsibili…" in screen_text(app) and not field.active


async def test_choices_cycle_and_wrap() -> None:
    app = form_host()
    async with app.run_test(size=(40, 20)) as pilot:
        field = line_of(app, "covariance")
        field.focus()
        seen = [field.text]
        for key in ("right", "space", "right", "right"):
            await pilot.press(key)
            seen.append(field.text)
        assert seen == ["full", "tied", "diag", "spherical", "full"]
        await pilot.press("left")
        assert field.text == "spherical"
        await pilot.press("enter")
        await pilot.pause()
        (posted,) = app.posted
        assert isinstance(posted, SettingsChanged)
        assert posted.settings["model"].covariance_type == "spherical"


async def test_a_click_on_a_choice_opens_its_list_and_a_click_there_takes_a_word() -> None:
    app = form_host()
    async with app.run_test(size=(40, 20)) as pilot:
        await pilot.pause()
        field = line_of(app, "covariance")
        await pilot.click(field, offset=(16, 0))
        await pilot.pause()
        assert (field.text, field.active, field.menu_open) == ("full", True, True)
        await pilot.click(field, offset=(6, 3))  # a choice says nothing of its words
        await pilot.pause()
        assert (field.text, field.active, field.menu_open) == ("diag", True, False)


async def test_up_and_down_walk_the_lines() -> None:
    app = form_host()
    async with app.run_test(size=(40, 20)) as pilot:
        line_of(app, "model").focus()
        await pilot.press("j", "down")
        await pilot.pause()
        assert line_of(app, "covariance").active
        await pilot.press("k")
        await pilot.pause()
        assert line_of(app, "K").active


async def test_another_model_brings_its_own_lines_and_is_posted_by_name() -> None:
    app = form_host("coins")
    async with app.run_test(size=(40, 24)) as pilot:
        field = line_of(app, "model")
        field.focus()
        await pilot.pause()
        assert "tosses" in screen_text(app)
        for _ in model_names():
            if field.text == "kmeans":
                break
            await pilot.press("right")
        await pilot.pause()
        assert "tosses" not in screen_text(app)
        assert field.active
        assert app.posted == []
        await pilot.press("enter")
        await pilot.pause()
        (posted,) = app.posted
        assert isinstance(posted, ModelChosen)
        assert posted.name == "kmeans"
        field.focus()
        await pilot.press("escape")
        await pilot.pause()
        assert "tosses" in screen_text(app)


async def test_another_model_with_other_options_is_posted_whole() -> None:
    app = form_host()
    async with app.run_test(size=(40, 24)) as pilot:
        line_of(app, "model").focus()
        for _ in model_names():
            if line_of(app, "model").text == "kmeans":
                break
            await pilot.press("right")
        await pilot.pause()
        await write(pilot, "K", "6")
        await pilot.press("enter")
        await pilot.pause()
        (posted,) = app.posted
        assert isinstance(posted, SettingsChanged)
        assert (posted.settings["model"].name, posted.settings["model"].n_components) == ("kmeans", 6)


async def test_standardizing_is_a_setting() -> None:
    app = form_host()
    async with app.run_test(size=(40, 20)) as pilot:
        line_of(app, "standardize").focus()
        await pilot.press("space", "enter")
        await pilot.pause()
        (posted,) = app.posted
        assert isinstance(posted, SettingsChanged)
        assert posted.settings == {"data": DataSpec("iris", standardize=True)}


async def test_frames_of_the_same_choices_leave_what_is_being_typed_alone() -> None:
    app = form_host()
    async with app.run_test(size=(40, 20)) as pilot:
        field = await write(pilot, "K", "1")
        for _ in range(3):
            app.session.take()
            app.pane.show(app.session.snapshot())
            await pilot.pause()
        await pilot.press("7")
        await pilot.pause()
        assert field is line_of(app, "K")
        assert (field.text, field.active) == ("17", True)
        app.session.restart(seed=9)
        app.pane.show(app.session.snapshot())
        await pilot.pause()
        assert (field.text, field.changed, line_of(app, "seed").text) == ("17", True, "9")


async def test_a_paste_takes_its_first_line_without_control_characters() -> None:
    from textual import events

    app = form_host()
    async with app.run_test(size=(40, 20)) as pilot:
        field = await write(pilot, "seed", "")
        app.focused.post_message(events.Paste("\x1b[31m42\x07\nsecond"))
        await pilot.pause()
        assert field.text == "42"


async def test_a_model_picked_but_not_applied_gives_way_to_another_start() -> None:
    """New choices arrive while the form shows the lines of another model."""
    host = form_host("coins")
    async with host.run_test(size=(60, 30)) as pilot:
        await pilot.pause()
        line_of(host, "model").focus()
        await pilot.press("right")
        await pilot.pause()
        assert "n_trials" not in host.pane.texts
        host.session.restart(seed=5)
        host.pane.show(host.session.snapshot())
        await pilot.pause()
        assert host.pane.texts["seed"] == "5" and "n_trials" in host.pane.texts


@pytest.mark.parametrize("source", ["coins", "deaths", "linkage", "icecream", "votes", "bars"])
async def test_what_is_no_measurement_is_not_offered_to_be_standardized(source: str) -> None:
    async with driving(choose(source), size=(120, 40)) as app:
        text = await app.press("7", "z")
        assert "iterations" in text and "standardize" not in text


async def test_the_line_comes_and_goes_with_the_model() -> None:
    async with driving(choose("iris"), size=(120, 40)) as app:
        form = app.app.screen.query_one(ModelForm)
        assert list(form.texts).index("standardize") == list(form.texts).index("max_iter") + 1
        explorer(app.app).open_spec(lambda: choose("votes", settings={"threshold": "0.5"}))
        await app.settle()
        assert "standardize" in form.texts
        explorer(app.app).open_spec(lambda: choose("votes"))
        await app.settle()
        assert "standardize" not in form.texts
        explorer(app.app).open_spec(lambda: choose("iris"))
        await app.settle()
        assert list(form.texts).index("standardize") == list(form.texts).index("max_iter") + 1
