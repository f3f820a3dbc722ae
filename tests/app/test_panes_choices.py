"""Choosing data: what is listed and marked, what is posted, and what passes through."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from choice_host import Host
from choosing import chosen
from driving import driving, explorer
from screen_text import screen_text

from emtui.panes.datasets import DatasetsPane, catalogue_offers
from emtui.panes.messages import DatasetChosen
from emtui.spec.choose import choose
from emtui.widgets.choice_list import ChoiceList
from engine.data.catalogue import datasets

SIZES = [(40, 12), (80, 24), (120, 40)]


def data_host(source: str = "iris", **options: Any) -> Host:
    return Host(DatasetsPane(id="data"), chosen(source, **options))


@pytest.mark.parametrize("size", SIZES)
async def test_the_catalogue_is_listed_and_the_present_one_marked(size: tuple[int, int]) -> None:
    app = data_host()
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        text = screen_text(app)
        assert "● Iris flowers" in text
        assert "150×4" in text
        assert "Old Faithful" in text
        assert text.count("●") == 1
    assert [offer.data.source for offer in catalogue_offers()] == [entry.key for entry in datasets()]


@pytest.mark.parametrize("size", [(20, 3), (20, 2), (20, 1), (3, 3), (1, 1)])
async def test_the_list_survives_no_room(size: tuple[int, int]) -> None:
    app = data_host()
    async with app.run_test(size=size) as pilot:
        app.query_one(ChoiceList).focus()
        await pilot.press("down", "pagedown", "up", "pageup", "j", "k")
        await pilot.resize_terminal(60, 30)
        await pilot.pause()
        assert "Iris flowers" in screen_text(app)


async def test_enter_chooses_and_the_detail_follows_the_line() -> None:
    app = data_host()
    async with app.run_test(size=(60, 36)) as pilot:
        app.query_one(ChoiceList).focus()
        await pilot.pause()
        assert "one iris flower, measured in centimetres" in " ".join(screen_text(app).replace("│", " ").split())
        await pilot.press("enter")
        assert app.posted == []  # it is open already
        await pilot.press("j")
        await pilot.pause()
        text = " ".join(screen_text(app).replace("│", " ").split())
        assert "one eruption of the geyser" in text
        assert "Licence: public domain" in text
        await pilot.press("enter")
        await pilot.pause()
        (posted,) = app.posted
        assert isinstance(posted, DatasetChosen)
        assert posted.data.source == "old_faithful"


async def test_history_keys_pass_through_the_list() -> None:
    app = data_host()
    async with app.run_test(size=(60, 36)) as pilot:
        app.query_one(ChoiceList).focus()
        await pilot.press("left", "home", "end", "h")
        assert app.keys == ["left", "home", "end", "h"]


async def test_a_click_chooses() -> None:
    app = data_host()
    async with app.run_test(size=(60, 36)) as pilot:
        await pilot.pause()
        await pilot.click(ChoiceList, offset=(5, 3))
        await pilot.pause()
        assert [posted.data.source for posted in app.posted if isinstance(posted, DatasetChosen)] == [datasets()[3].key]


async def test_files_opened_lately_are_kept_with_how_they_were_read(tmp_path: Path) -> None:
    table = tmp_path / "mine.csv"
    table.write_text("a,b,kind\n" + "".join(f"{i},{i * i},{'xy'[i % 2]}\n" for i in range(20)) + ",3,x\n")
    app = data_host(str(table), columns=("a",), label="kind")
    async with app.run_test(size=(70, 36)) as pilot:
        await pilot.pause()
        text = " ".join(screen_text(app).replace("│", " ").split())
        assert "● mine.csv" in text
        assert "1 of 21 rows had a missing value and was left out." in text
        app.open(choose("iris"))
        await pilot.pause()
        assert "mine.csv" in screen_text(app)
        app.query_one(ChoiceList).focus()
        app.query_one(ChoiceList).highlighted = len(datasets())
        await pilot.press("enter")
        await pilot.pause()
        (posted,) = app.posted
        assert isinstance(posted, DatasetChosen)
        assert (posted.data.source, posted.data.label, posted.data.columns) == (str(table), "kind", ("a",))


async def test_a_hostile_file_name_is_shown_as_text(tmp_path: Path) -> None:
    table = tmp_path / "[bold]\x1b[31mred[!] 漢字.csv"
    table.write_text("a,b\n" + "".join(f"{i},{i % 3}\n" for i in range(9)))
    app = data_host(str(table))
    async with app.run_test(size=(60, 30)) as pilot:
        await pilot.pause()
        text = screen_text(app)
        assert "[bold]red[!] 漢字.csv" in text.replace("漢 字", "漢字")
        assert "\x1b" not in text


async def test_the_last_line_opens_the_file_dialog() -> None:
    from emtui.screens.open_file.open_file import OpenFileScreen

    async with driving(choose("iris")) as app:
        await app.send("6")
        explorer(app.app).query_one("#data").query_one(ChoiceList).highlighted = len(datasets())
        await app.send("enter")
        assert isinstance(app.app.screen, OpenFileScreen)
        await app.send("escape")
        assert app.app.screen is explorer(app.app)
        assert app.snapshot.spec.dataset.name == "iris"
