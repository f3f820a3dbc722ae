"""What is said of the columns' scales when data open, in the shell and on the screen."""

from pathlib import Path

import numpy as np
import pytest
from driving import driving
from shell import here
from textual.widgets import Static

from emtui.panes.datasets import DatasetsPane
from emtui.spec.choose import choose

NORMAL = np.random.default_rng(0).normal(size=(40, 3))


def test_a_file_says_it_when_it_opens_and_models_of_counts_do_not(tmp_path: Path) -> None:
    file = tmp_path / "plots.csv"
    rows = "\n".join(f"{a:.3f},{1e4 * b:.1f},{i + 100}" for i, (a, b, _) in enumerate(NORMAL))
    file.write_text(f"height,weight,plot\n{rows}\n")
    said = " ".join(choose(str(file)).notes)
    assert "very different scales" in said and "'plot' numbers the rows from 100 to 139" in said
    assert "scales" not in " ".join(choose("digits_binary").notes)


async def test_wine_says_it_in_the_shell_and_on_the_screen() -> None:
    said = "The columns are on very different scales"
    assert said in here("run", "wine", "--max-iter", "0")[1]
    assert said not in here("run", "wine", "--max-iter", "0", "--standardize")[1]
    async with driving(choose("wine")) as app:
        assert said in " ".join(app.text.split())


async def test_a_network_says_it_at_once_and_one_key_standardizes() -> None:
    async with driving(choose("wine", model="mlp", settings={"m_step": "newton"}), size=(120, 40)) as app:
        assert "on the screen, N)" in " ".join(app.snapshot.spec.notes)
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
