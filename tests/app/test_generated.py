"""A generated set with other rows, noise and seed: in the shell, in the form, and in what makes a run again."""

from __future__ import annotations

import numpy as np
import pytest
from driving import driving
from shell import here, is_one_sentence

import engine
from emtui.exports.scripts.run_script import script_text
from emtui.panes.model_form.model_form import ModelForm
from emtui.panes.model_form.model_form_fields import WrongFieldError, fields_for, settings_from, texts_of
from emtui.session.session import Session
from emtui.spec.choose import choose
from emtui.spec.command_line import command_of
from emtui.spec.revise import changed
from emtui.spec.run_notes import run_notes
from engine.data.data_spec import DataSpec, Generated

ANEW = Generated(n_samples=60, noise=0.3, seed=5)


def test_command_and_script_make_the_same_data_again() -> None:
    spec = choose(DataSpec("spirals", generated=ANEW))
    assert "--n-samples 60 --noise 0.3 --data-seed 5" in command_of(spec)
    assert spec.dataset.X.tobytes() == engine.load("spirals", n_samples=60, noise=0.3, seed=5).X.tobytes()
    assert run_notes(spec)[0] == "Made anew by its recipe: rows 60, noise 0.3, seed 5."
    step = Session(spec).timeline.current
    assert "engine.load('spirals', n_samples=60, noise=0.3, seed=5)" in script_text(spec, [step])
    assert "--noise" not in command_of(choose("spirals"))


def test_the_shell_makes_a_set_anew() -> None:
    status, out, err = here("run", "xor", "--n-samples", "50", "--noise", ".1", "--data-seed", "3", "--max-iter", "1")
    assert (status, err) == (0, "")
    assert out.startswith("xor 50×2")
    assert "Made anew by its recipe: rows 50, noise 0.1, seed 3." in out
    assert out == here("run", "xor", "--noise=0.1", "--data-seed=3", "--n-samples=50", "--max-iter", "1")[1]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["iris", "--noise", ".3"], "'iris' is no generated set: leave out noise"),
        (["./a.csv", "--data-seed", "3"], "'./a.csv' is no generated set: leave out --data-seed"),
        (["films", "--noise", "0"], "'films' has no noise to set"),
        (["xor", "--n-samples", "9"], "n_samples must be a whole number from 10"),
        (["xor", "--noise", "-1"], "--noise"),
        (["xor", "--data-seed", "x"], "--data-seed"),
    ],
)
def test_what_can_not_be_made_anew_gets_one_sentence(words: list[str], says: str) -> None:
    status, out, err = here("run", *words)
    assert (status, out) == (2, "")
    assert is_one_sentence(err)
    assert says in err


def test_the_form_has_lines_for_what_the_recipe_takes() -> None:
    spec = choose(DataSpec("spirals", generated=Generated(noise=0.3)))
    texts = texts_of(spec)
    assert [texts[key] for key in ("n_samples", "noise", "data_seed")] == ["400", "0.3", "6"]
    assert settings_from(spec, texts) == {}
    settings = settings_from(spec, texts | {"noise": "0.03", "data_seed": "9"})
    assert settings["data"].generated == Generated(seed=9)  # the noise is that of the set again
    made = changed(spec, **settings)
    np.testing.assert_array_equal(made.dataset.X, engine.load("spirals", seed=9).X)
    with pytest.raises(WrongFieldError, match="data rows must be a whole number from 10"):
        settings_from(spec, texts | {"n_samples": "2"})
    keys = {source: {field.key for field in fields_for("gmm", source)} for source in ("spirals", "bars", "iris")}
    assert keys["spirals"] - keys["bars"] == {"noise"}
    assert keys["bars"] - keys["iris"] == {"n_samples", "data_seed"}


async def test_another_noise_in_the_form_makes_the_data_anew_on_the_screen() -> None:
    async with driving(choose("spirals")) as app:
        form = app.app.screen.query_one(ModelForm)
        form._fields["noise"].focus()
        await app.send("ctrl+u", ".", "2", "enter")
        spec = app.snapshot.spec
        assert spec.data.generated == Generated(noise=0.2)
        assert spec.dataset.X.tobytes() == engine.load("spirals", noise=0.2).X.tobytes()
        assert form.texts["noise"] == "0.2"
