"""The explorer, driven by its keys: what the screen says is what the engine computes."""

from pathlib import Path

import numpy as np
import pytest
from driving import driving, explorer
from textual.actions import parse as parse_action

import engine
from emtui.charts.chart_widget import Chart
from emtui.settings.config import Config
from emtui.settings.keys import EXPLORE
from emtui.spec.choose import choose
from emtui.views.number_format import fixed


async def test_opens_on_iris_with_a_gaussian_mixture_at_its_start():
    async with driving() as app:
        text = app.text
        assert "iris 150×4" in text and "gmm K=3 full" in text and "start" in text
        assert "Iris flowers" in text and "petal length × petal width" in text
        assert app.snapshot.step.phase == "init"
        assert "press e" in text


async def test_half_steps_are_those_of_the_engine():
    data = engine.load("iris")
    steps = list(engine.iterate(engine.GaussianMixture(n_components=3), data.X, seed=0, max_iter=3))
    async with driving() as app:
        for wanted in steps[1:]:
            text = await app.press(wanted.phase.lower())
            assert f"iteration {wanted.iteration} · {wanted.phase}" in text
            assert fixed(wanted.objective) in text
            np.testing.assert_array_equal(app.snapshot.step.params.means, wanted.params.means)
            np.testing.assert_array_equal(app.snapshot.responsibilities, wanted.posterior.responsibilities)


async def test_every_number_on_the_screen_is_of_the_step_on_the_screen():
    """Walk on, walk back: each stop says again what it said the first time."""
    async with driving() as app:
        seen = [app.text]
        for key in ("e", "m", "e", "m"):
            seen.append(await app.press(key))
        for back in range(3, 0, -1):
            text = await app.press("left")
            assert parameters_of(text) == parameters_of(seen[back])
            assert agreement_of(text) == agreement_of(seen[back])
        forward = await app.press("l")
        assert parameters_of(forward) == parameters_of(seen[2])


def parameters_of(text):
    return [line[78:] for line in text.splitlines()[29:37]]


def agreement_of(text):
    return next(line for line in text.splitlines() if "EM " in line)[:28]


async def test_iris_from_kmeans_reaches_the_published_accuracy():
    spec = choose("iris", stop="responsibilities=1e-4")
    async with driving(spec) as app:
        text = await app.press("c")
        assert "145/150" in text and "134/150" in text
        assert "Converged" in text
        assert ".2992" in text and ".3333" in text and ".3675" in text


async def test_stepping_after_going_back_walks_to_the_steps_that_are_there():
    async with driving() as app:
        await app.send("n", "n", "left", "left", "left")
        text = await app.press("m")
        assert "iteration 1 · M" in text and "Walked to a step that was taken before." in text
        assert "branch" not in text.splitlines()[-4]
        text = await app.press("n")
        assert "iteration 2 · M" in text and "Walked to" in text
        text = await app.press("n")
        assert "iteration 3 · M" in text and "Walked to" not in text


async def test_an_e_step_that_draws_opens_a_branch_and_the_old_one_stays():
    async with driving(choose("iris", algorithm="stochastic")) as app:
        await app.send("n", "n", "left", "left")
        text = await app.press("e")
        assert "branch 2 of 2" in text and "opened branch 2 with another draw" in " ".join(text.split())
        text = await app.press("b")
        assert "branch 1 of 2" in text
        text = await app.press("end")
        assert "iteration 2 · M" in text


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        (("m",), "An M-step needs responsibilities: press e first."),
        (("e", "e"), "press m to move the parameters"),
        (("left",), "there is nothing before it"),
        (("right",), "press e, m or n to go on"),
        (("b",), "There is one branch only"),
    ],
)
async def test_a_key_that_cannot_act_says_why(keys, words):
    async with driving() as app:
        assert words in await app.press(*keys)


async def test_history_keys():
    async with driving() as app:
        await app.send("n", "n", "n", "n", "n", "n")
        assert app.snapshot.cursor == 12
        await app.send("left_square_bracket")
        assert app.snapshot.cursor == 2
        await app.send("right_square_bracket")
        assert app.snapshot.cursor == 12
        await app.send("home")
        assert app.snapshot.cursor == 0
        await app.send("end")
        assert app.snapshot.cursor == 12
        await app.send("r")
        assert app.snapshot.cursor == 0
        await app.send("g", "4", "enter")
        assert (app.snapshot.step.iteration, app.snapshot.step.phase) == (4, "M")


async def test_a_new_start_is_another_seed_and_the_old_one_stays_reachable():
    async with driving(choose("iris", settings={"init": "points"})) as app:
        before = app.snapshot.step.params.means
        text = await app.press("n", "R")
        assert "seed 1" in text and "branch 2 of 2" in text
        assert not np.array_equal(app.snapshot.step.params.means, before)
        text = await app.press("b")
        np.testing.assert_array_equal(app.snapshot.trail[0].means, before)
        assert "seed 0" in text


@pytest.mark.parametrize("size", [(200, 60), (120, 40), (80, 24), (40, 12)])
async def test_every_pane_can_be_reached_and_fits(size):
    async with driving(size=size) as app:
        await app.send("n", "e")
        titles = ("petal", "bound", "responsibilities", "parameters", "agreement", "data", "model", "bound", "why")
        for number, title in enumerate(titles, start=1):
            text = await app.press(str(number))
            assert title in text, (number, title)
            assert all(len(line) <= size[0] for line in text.splitlines())
            await app.send("escape")
        text = await app.press("z")
        assert "petal" in text
        await app.send("escape")


async def test_shrinking_says_so_and_growing_recovers():
    async with driving(size=(200, 60)) as app:
        whole = await app.press("n")
        for width, height in ((120, 40), (100, 30), (80, 24), (60, 20), (40, 12), (30, 8), (10, 3), (1, 1)):
            text = await app.resize(width, height)
            assert len(text.splitlines()) <= height
        text = await app.resize(30, 8)
        assert "needs 40×10" in text
        assert await app.resize(200, 60) == whole


async def test_rows_chosen_in_the_table_are_marked_in_the_picture():
    async with driving() as app:
        await app.send("n", "e", "3", "down", "down")
        assert explorer(app.app)._row is not None
        scene = app.app.screen.query_one("#picture-chart", Chart).scene
        assert any(getattr(layer, "highlight", None) is not None for layer in scene.layers) or len(scene.layers) > 0


async def test_axes_walk_through_the_pictures_and_back():
    async with driving() as app:
        first = app.text
        second = await app.press("a")
        assert "petal length × petal width" not in second.splitlines()[1]
        back = await app.press("A")
        assert back.splitlines()[1:20] == first.splitlines()[1:20]


async def test_play_takes_steps_and_pauses(monkeypatch):
    async with driving() as app:
        screen, begun = explorer(app.app), []

        def by_hand(interval, tick):
            begun.append((interval, tick))
            return type(screen).set_interval(screen, 3600.0, tick)

        monkeypatch.setattr(screen, "set_interval", by_hand)
        assert "Playing" in await app.press("space")
        ((interval, tick),) = begun
        for taken in range(1, 5):
            tick()
            await app.settle()
            assert app.snapshot.cursor == taken
        assert "Playing" in await app.press("plus") and begun[1][0] < interval
        assert "Paused" in await app.press("space")
        for _, late in begun:  # it was under way when the pause came
            late()
            await app.settle()
        assert app.snapshot.cursor == 4
        said = [await app.press("minus") for _ in range(6)]
        assert any("Play will take 1 half-step a second." in one for one in said)


async def test_steps_are_played_by_the_clock():
    async with driving(choose("iris", tol=0.0, max_iter=10_000)) as app:  # a run at rest would pause by itself
        await app.send("plus", "plus", "plus", "space")
        while app.snapshot.cursor < 4:
            await app.pilot.pause(0.02)
        await app.send("space")
        stopped_at = app.snapshot.cursor
        await app.pilot.pause(0.1)
        await app.settle()
        assert app.snapshot.cursor == stopped_at


async def test_copying_says_a_command_that_the_shell_takes():
    async with driving(choose("iris", k=4, settings={"covariance_type": "diag"}, seed=3)) as app:
        text = await app.press("y")
        assert "emtui run iris --model gmm -k 4 --set covariance_type=diag --seed 3" in " ".join(text.split())


async def test_the_users_key_map_is_used_and_shown():
    async with driving(config=Config(keymap={"step.e": "w"})) as app:
        text = await app.press("w")
        assert "iteration 1 · E" in text
        assert "w E-step" in text.splitlines()[-1]


async def test_light_and_dark_say_the_same():
    async with driving() as app:
        dark = await app.press("n")
        light = await app.press("t")
        assert app.app.theme == "emtui-light"
        assert light == dark


async def test_settings_that_cannot_be_used_are_said_and_not_fatal(tmp_path):
    from emtui.settings.config import load_config

    path = tmp_path / "config.toml"
    path.write_text('theme = "no-such"\nblue = 1\n[keys]\n"step.e" = 3\n')
    config = load_config(path)
    assert len(config.warnings) == 2
    async with driving(config=config) as app:
        assert "iris 150×4" in app.text
    path.write_text("theme = ")
    assert "can't be read" in load_config(path).warnings[0]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"x = " + b"[" * 20_000, "nested too deeply"),
        (b"\xff\xfe\x00", "can't be read"),
        (b"#" * 100_000, "it has over 32,768 bytes"),
        (None, "it is no file"),
    ],
)
def test_settings_that_are_no_settings_are_left_alone(tmp_path, content, reason):
    from emtui.settings.config import load_config

    path = tmp_path / "config.toml"
    if content is None:
        path = Path("/dev/zero")
    else:
        path.write_bytes(content)
    (warning,) = load_config(path).warnings
    assert reason in warning and warning.endswith("the defaults are used.")
    (tmp_path / "marked.toml").write_bytes(b'\xef\xbb\xbftheme = "emtui-light"\n')
    assert load_config(tmp_path / "marked.toml").theme == "emtui-light"


async def test_the_comparison_steps_with_the_same_keys_and_a_refusal_is_said_there():
    async with driving() as app:
        text = await app.press("v")
        assert "k-means" in text
        text = await app.press("e")
        assert "iteration 1, E-step" in text
        text = await app.press("m")
        assert "iteration 1, M-step" in text
        text = await app.press("m")
        assert "press e first" in text
        text = await app.press("escape")
        assert "iteration 1 · M" in text


async def test_a_theme_reaches_the_pictures():
    async with driving() as app:
        await app.send("e")
        dark = list(app.app.screen.query_one("#picture-chart", Chart).scene.layers)
        await app.send("t")
        light = list(app.app.screen.query_one("#picture-chart", Chart).scene.layers)
        assert dark[0].colors != light[0].colors


async def test_help_shows_the_keys_as_the_user_bound_them():
    async with driving(config=Config(keymap={"step.iteration": "i"}), size=(120, 60)) as app:
        text = await app.press("question_mark")
        while "an E-step and an M-step" not in text:
            before, text = text, await app.press("space")
            assert text != before, "the end of the help was reached"
        line = next(line for line in text.splitlines() if "an E-step and an M-step" in line)
        assert " i " in line and " n " not in line


async def test_the_palette_leaves_a_window_that_has_no_room_for_it():
    """Its list fails where it has no height."""
    async with driving() as app:
        await app.send("ctrl+p")
        await app.resize(10, 3)
        await app.send("pageup", "pagedown", "ctrl+p", "pageup")
        assert "needs 40×10" in " ".join((await app.resize(39, 9)).split())
        await app.resize(120, 40)
        await app.send("ctrl+p")
        assert "E-step" in app.text


@pytest.mark.parametrize("key", ["f", "O", "K", "M", "E", "v", "x", "question_mark"])
async def test_q_goes_back_from_a_further_screen_and_leaves_from_the_explorer(key):
    async with driving(choose("coins" if key == "f" else "iris", max_iter=3)) as app:
        await app.send("n", key)
        assert len(app.app.screen_stack) == 3
        await app.send("q")
        assert app.app.screen is explorer(app.app) and not app.app._exit
        await app.send("0")
        await app.pilot.press("q")
        assert app.app._exit


async def test_q_in_a_dialog_is_a_letter():
    async with driving() as app:
        await app.send("o", "q")
        assert not app.app._exit and "open a file" in app.text


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_the_footer_has_the_first_key_of_each(size):
    async with driving(size=size) as app:
        footer = (await app.press("n")).splitlines()[-1].strip()
        assert footer.startswith("e E-step  m M-step  n iteration  ") and "c converge" in footer
        assert footer.endswith("? help  q quit")
        if size[0] == 80:
            assert "space play" in footer and "← back" in footer
        else:
            for key in ("f race", "O optima", "K sizes", "E by hand", "M pairs", "B branches"):
                assert f"  {key}  " in footer


async def test_every_key_is_an_action_of_the_explorer_or_of_one_of_its_parts():
    async with driving() as app:
        screen = explorer(app.app)
        parts = {
            "step": screen.stepping,
            "study": screen.studies,
            "edit": screen.edits,
            "view": screen.views,
            "dialog": screen.dialogs,
        }
        for binding in EXPLORE:
            target, name, arguments = parse_action(binding.action)
            holder = app.app if target == "app" else screen
            assert hasattr(holder, f"action_{name}"), binding
            assert name not in parts or callable(getattr(parts[name], str(arguments[0]))), binding
