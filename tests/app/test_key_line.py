"""The line of keys follows the focus: the keys of what is in front, most useful first, never cut without the help."""

from __future__ import annotations

import pytest
from driving import driving, explorer
from rich.cells import cell_len
from textual.widget import Widget

from emtui.panes.key_line import KeyLine
from emtui.settings.config import Config
from emtui.settings.keys import EXPLORE, PANE_FOOTERS, PANE_KEYS
from emtui.spec.choose import choose
from emtui.widgets.key_items import KeyHints, keys_in_line

SIZES = [(120, 40), (80, 24), (44, 14)]


def line(text: str) -> str:
    """The last line of the screen."""
    return text.splitlines()[-1].strip()


@pytest.mark.parametrize("size", SIZES)
async def test_each_pane_has_its_own_keys_and_escape_brings_back_the_explorers(size: tuple[int, int]) -> None:
    async with driving(size=size) as app:
        own = line(await app.press("n"))
        for name, key in PANE_KEYS.items():
            shown = line(await app.press(key))
            assert shown.endswith("? more") and shown != own, name
            assert cell_len(shown) <= size[0] - 1
            first, word = PANE_FOOTERS[name][0]
            assert shown.startswith(first if "." not in first else "") and f" {word}" in shown, name
        assert line(await app.press("escape")) == own


async def test_the_keys_of_the_rows_are_those_of_the_model() -> None:
    async with driving() as app:
        shown = line(await app.press("n", "3"))
        assert shown.startswith("s sort  ↑↓ row  enter mark  d worked row") and "H rows" not in shown
        assert "s soft" not in line(await app.press("1"))
        await app.send("3", "down", "down", "d")
        text = await app.press()
        assert "E-step of row" in text or "row" in text.splitlines()[-4]
        assert explorer(app.app)._panes.chosen.id == "why"
    async with driving(choose("xor", model="mlp")) as app:
        assert "H rows" in line(await app.press("n", "3"))


async def test_a_key_that_the_user_moved_is_shown_and_a_click_presses_it() -> None:
    async with driving(config=Config(keymap={"responsibilities.sort": "f5"})) as app:
        assert line(await app.press("n", "3")).startswith("f5 sort")
        before = explorer(app.app).query_one("#responsibilities").order.by  # type: ignore[attr-defined]
        await app.pilot.click(KeyLine, offset=(2, 0))
        await app.settle()
        assert explorer(app.app).query_one("#responsibilities").order.by != before  # type: ignore[attr-defined]


def test_every_key_of_a_pane_is_one_that_there_is() -> None:
    from emtui.screens.explore.pane_grid import PaneGrid

    ids = {binding.id for binding in EXPLORE}
    known = {one.id for kind in _kinds(Widget) for _, one in kind._merge_bindings() if kind.__module__[:6] == "emtui."}
    assert PaneGrid is not None
    for items in PANE_FOOTERS.values():
        assert {name for name, _ in items if "." in name} <= ids | known


def _kinds(kind: type[Widget]) -> list[type[Widget]]:
    found = [kind]
    for below in kind.__subclasses__():
        found += _kinds(below)
    return found


def test_what_does_not_fit_is_left_out_but_the_way_back_and_the_help() -> None:
    keys = ["enter opens", "d subject", "R seeds", "x export", "esc back"]
    assert keys_in_line(keys, 90) == "enter opens · d subject · R seeds · x export · esc back · ? more"
    assert keys_in_line(keys, 46) == "enter opens · d subject · esc back · ? more"
    assert keys_in_line(keys, 20) == "esc back · ? more"


@pytest.mark.parametrize("size", SIZES[:2])
async def test_every_further_screen_ends_in_the_way_to_more(size: tuple[int, int]) -> None:
    async with driving(choose("iris", max_iter=3), size=size) as app:
        await app.send("n")
        for key in ("O", "K", "M", "E", "v"):
            shown = line(await app.press(key))
            assert "? more" in shown and cell_len(shown) <= size[0], key
            assert bool(app.app.screen.query(KeyHints)) or key == "M"
            await app.send("escape")


async def test_keys_of_the_tables_that_change_nothing_say_why() -> None:
    async with driving() as app:
        for key in ("s", "S", "full_stop", "enter", "d"):
            assert "No responsibilities yet: press e." in await app.press("escape", "home", "3", key), key
        assert "no further column on that side" in await app.press("e", "3", "comma")
        text = await app.press("4", "z", "full_stop")
        assert "All columns are shown" in text
        assert "no decision regions here" in await app.press("escape", "escape", "1", "d")


async def test_a_refusal_fits_the_model() -> None:
    async with driving(choose("icecream"), size=(120, 40)) as app:
        assert "A hidden Markov model has no components to choose" in " ".join((await app.press("K")).split())


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_keys_sideways_and_of_the_rate_say_why_they_do_nothing(size: tuple[int, int]) -> None:
    async with driving(choose("iris", model="gmm"), size=size) as app:
        await app.send("n", "n", "3")
        for key in ("full_stop", "full_stop", "comma"):  # all three components are in sight: nothing is moved unseen
            assert "There is no further column on that side" in " ".join((await app.press(key)).split())
        await app.send("c", "0", "d")
        text = " ".join((await app.press("d")).split())
        assert "there is no more to measure here" in text
    async with driving(choose("icecream"), size=size) as app:
        await app.send("n", "4")
        assert "There is no further column on that side" in " ".join((await app.press("comma")).split())
