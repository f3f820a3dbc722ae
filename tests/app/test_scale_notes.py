"""What is said of the columns' scales when data open, in the shell and on the screen."""

from pathlib import Path

import numpy as np
import pytest
from driving import driving
from shell import here
from textual.widgets import Static

from emtui.panes.datasets import DatasetsPane
from emtui.spec.choose import choose
from emtui.spec.run_notes import run_notes

NORMAL = np.random.default_rng(0).normal(size=(40, 3))


def test_a_file_says_it_when_it_opens_and_models_of_counts_do_not(tmp_path: Path) -> None:
    file = tmp_path / "plots.csv"
    rows = "\n".join(f"{a:.3f},{1e4 * b:.1f},{i + 100}" for i, (a, b, _) in enumerate(NORMAL))
    file.write_text(f"height,weight,plot\n{rows}\n")
    said = " ".join(run_notes(choose(str(file))))
    assert "very different scales" in said and "'plot' numbers the rows from 100 to 139" in said
    assert "scales" not in " ".join(run_notes(choose("digits_binary")))


async def test_wine_says_it_in_the_shell_and_on_the_screen() -> None:
    said = "The columns are on very different scales"
    assert said in here("run", "wine", "--max-iter", "0")[1]
    assert said not in here("run", "wine", "--max-iter", "0", "--standardize")[1]
    async with driving(choose("wine")) as app:
        assert said in " ".join(app.text.split())


async def test_a_network_says_it_at_once_and_one_key_standardizes() -> None:
    async with driving(choose("wine", model="mlp", settings={"m_step": "newton"}), size=(120, 40)) as app:
        assert "on the screen, N)" in " ".join(run_notes(app.snapshot.spec))
        assert "very different scales" in " ".join(app.text.split())
        below = app.app.screen.query_one(DatasetsPane).query_one(Static)
        assert "The columns are on very" in str(below.content)
        await app.send("N")
        assert app.snapshot.spec.data.standardize and "very different scales" not in " ".join(app.text.split())
        assert str(below.content).startswith("Each row is one wine")
        await app.send("N")
        assert not app.snapshot.spec.data.standardize


@pytest.mark.parametrize("source", ["linkage", "icecream", "coins", "votes", "deaths"])
async def test_columns_that_are_no_measurements_are_not_standardised(source: str) -> None:
    async with driving(choose(source)) as app:
        await app.send("N")
        assert "standardised columns are no counts, answers or symbols" in " ".join(app.text.lower().split())
        assert not app.snapshot.spec.data.standardize


UNLIKE = "The columns are on very different scales (standard deviations from "


def unlike_scales(folder: Path) -> str:
    """Inputs of unlike scale, and a number that is a line of them."""
    X = NORMAL * [1.0, 0.01, 10_000.0]
    rows = "\n".join(f"{a:.4f},{b:.6f},{c:.2f},{a + 100 * b + c / 1e4:.4f}" for a, b, c in X)
    path = folder / "three.csv"
    path.write_text(f"a,b,c,y\n{rows}\n")
    return str(path)


@pytest.mark.parametrize("words", [("run",), ("sweep", "--seeds", "1", "--rates", ".1", "--experts", "2")])
def test_scales_that_matter_to_the_rival_alone_are_told_of_the_rival(tmp_path: Path, words: tuple[str, ...]) -> None:
    asked = (*words, unlike_scales(tmp_path), "--target", "y", "--max-iter", "1", "--model")
    said = here(*asked, "experts")[1]
    assert UNLIKE in said and "it is nothing to experts, but much to backprop-experts beside it, so standardize" in said
    own = here(*asked, "backprop-experts")[1]
    assert UNLIKE in own and "nothing to" not in own
    decay = here(*asked, "experts", "--set", "weight_decay=0.1")[1]
    assert UNLIKE in decay and "nothing to" not in decay
    assert UNLIKE not in here(*asked, "experts", "--standardize")[1]


def test_a_study_of_raw_columns_says_it(tmp_path: Path) -> None:
    asked = ("study", unlike_scales(tmp_path), "--target", "y", "--model", "experts", "--seeds", "1", "--max-iter", "1")
    assert f"{UNLIKE}0.0" in (said := here(*asked, "--raw")[1]) and "standardize them (leave out --raw)." in said
    assert UNLIKE not in here(*asked)[1]
