"""What the explorer tells in words: whole, where there is room for it, and with what was found out about the data."""

from __future__ import annotations

from pathlib import Path

import pytest
from driving import driving, explorer

from emtui.panes.datasets import DatasetsPane
from emtui.panes.pane import Pane
from emtui.panes.status_line import StatusLine
from emtui.screens.dialogs.help import HelpScreen, help_parts, pane_groups
from emtui.settings.keys import PANE_KEYS
from emtui.settings.layout import ORDER
from emtui.spec.choose import choose
from emtui.widgets.choice_list import ChoiceList


def identical_rows(folder: Path) -> Path:
    file = folder / "same.csv"
    file.write_text("a,b\n" + "1.5,2.5\n" * 40)
    return file


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (60, 20)])
async def test_a_long_sentence_gets_the_lines_that_it_needs(tmp_path: Path, size: tuple[int, int]) -> None:
    """Two dead components and the reason to stop, all at once: nothing is cut, and the reason comes first."""
    async with driving(choose(str(identical_rows(tmp_path))), size=size) as driver:
        await driver.press("c")
        status = driver.app.screen.query_one(StatusLine)
        said = " ".join(driver.text.split())
        assert said.index("Converged: ") < said.index("Component 2 died") < said.index("Component 3 died")
        assert "…" not in "".join(driver.text.splitlines()[-status.size.height - 1 : -1])
        height = status.size.height
        await driver.press("home")  # a short sentence again: the picture does not jump
        assert status.size.height == height


async def test_rows_that_were_left_out_are_told_when_the_file_is_opened(tmp_path: Path) -> None:
    file = tmp_path / "holes.csv"
    rows = [f"{i % 7},{'' if i in (3, 4) else i % 5},{'pq'[i % 2]}" for i in range(30)]
    file.write_text("\n".join(["a,b,kind", *rows]) + "\n")
    async with driving(choose(str(file)), size=(80, 24)) as driver:
        said = " ".join(driver.text.split())
        assert "2 of 30 rows had missing values and were left out." in said
        assert "The column 'kind' was taken as the label." in said
        assert "missing values" not in " ".join((await driver.press("e")).split())


async def test_a_file_of_the_users_own_is_in_sight_in_the_list(tmp_path: Path) -> None:
    """It stands last in a list that is longer than its pane."""
    async with driving(choose(str(identical_rows(tmp_path))), size=(120, 40)) as driver:
        options = driver.app.screen.query_one(DatasetsPane).query_one(ChoiceList)
        seen = range(options.scroll_offset.y, options.scroll_offset.y + options.size.height)
        assert options.highlighted in seen


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (60, 20), (40, 12)])
async def test_after_an_m_step_the_responsibilities_are_said_to_be_of_the_last_e_step(size: tuple[int, int]) -> None:
    async with driving(size=size) as driver:
        assert "last E-step" not in await driver.press("3", "e")
        assert "last E-step" in await driver.press("m")


async def test_enter_on_a_choice_opens_its_list_and_then_applies_what_was_taken() -> None:
    async with driving(size=(80, 24)) as driver:
        await driver.press("7", "down", "down", "enter", "down", "enter")
        assert "tied" in driver.text
        assert driver.snapshot.spec.model.covariance_type == "full"
        await driver.press("enter")
        assert driver.snapshot.spec.model.covariance_type == "tied"


async def test_help_numbers_the_panes_and_names_the_keys_of_each() -> None:
    """The numbers are those of the keys: the help lists the panes in the same order."""
    async with driving(size=(120, 40)) as driver:
        await driver.press("question_mark")
        screen = driver.app.screen
        assert isinstance(screen, HelpScreen)
        groups = pane_groups(explorer(driver.app).query(Pane))
        assert ("u", "the data's own units or standard units") in groups["while in parameters"]
        text = "".join(piece for piece, _ in help_parts(groups, 90))
        for name in ORDER:
            assert f"\n{PANE_KEYS[name]} {name} " in text
