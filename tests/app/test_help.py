"""Help opens at what is in front, works on every screen and in every dialog, and is searched."""

from __future__ import annotations

import pytest
from bursts import burst
from driving import driving, explorer
from test_shadowed_keys import screens

from emtui.screens.dialogs.help import HelpScreen
from emtui.screens.dialogs.help_places import MOUSE, PANE_MOUSE, SCREENS
from emtui.screens.over_explorer import OverExplorer
from emtui.settings.keys import PANE_KEYS
from emtui.spec.choose import choose


def words(text: str) -> str:
    """Without line breaks and borders."""
    return " ".join(text.replace("│", " ").replace("▁", " ").split())


def test_every_screen_has_its_words() -> None:
    bases = {"Dialog", "EditPreview", "SideBySideScreen", "StudyScreen", "SessionScreen", "ExploreScreen"}
    named = {kind.__name__ for kind in screens()} - bases - {OverExplorer.__name__, "OpeningScreen", "HelpScreen"}
    assert named == set(SCREENS)
    assert set(PANE_MOUSE) == set(PANE_KEYS)
    assert any("shift+drag" in name for name, _ in MOUSE)


async def test_help_begins_with_the_pane_in_front() -> None:
    async with driving() as app:
        text = words(await app.press("n", "3", "question_mark"))
        assert text.index("here: 3 responsibilities") < text.index("EM in a page")
        here = text[: text.index("EM in a page")]
        assert "order of rows" in here and "sorts by it" in here and "held-back or training" not in here
        await app.send("escape")
        text = words(await app.press("9", "question_mark"))
        assert "here: 9 why" in text
        text = words(await app.press("escape", "escape", "question_mark"))
        assert "here:" not in text


@pytest.mark.parametrize(
    ("keys", "title"),
    [
        ("O", "optima"),
        ("K", "sizes"),
        ("M", "pairs"),
        ("E", "by hand"),
        ("v", "EM and k-means"),
        ("x", "export"),
        ("g", "go to"),
    ],
)
async def test_help_works_on_a_further_screen_and_leads_back_to_it(keys: str, title: str) -> None:
    async with driving(choose("iris", max_iter=3)) as app:
        await app.send("n", keys)
        screen = app.app.screen
        text = words(await app.press("question_mark"))
        assert isinstance(app.app.screen, HelpScreen) and f"here: {title}" in text
        await app.send("escape")
        assert app.app.screen is screen


async def test_help_works_in_fields_whose_text_has_no_question_mark() -> None:
    async with driving() as app:
        for keys in ("nE7", "⎋⎋g1"):
            await burst(app, keys + "?")
            assert isinstance(app.app.screen, HelpScreen), keys
            await app.send("escape")
        await burst(app, "⎋o?")
        assert not isinstance(app.app.screen, HelpScreen)  # a path may have one


async def test_help_is_searched() -> None:
    async with driving() as app:
        text = words(await burst(app, "?/shift+drag"))
        assert "selects text as the terminal does" in text and "EM in a page" not in text
        text = words(await burst(app, "⎋/annealed⏎"))
        assert "annealed EM hotter" in text and "the guide" in text and "algorithms" in text.lower()
        await app.send("g")
        assert type(app.app.screen).__name__ == "GuideScreen"
        text = words(await burst(app, "⎋⎋⎋"))
        text = words(await burst(app, "?/no such word⏎"))
        assert "Nothing here has" in text
        await app.send("escape")
        assert isinstance(app.app.screen, HelpScreen)
        await app.send("escape")
        assert app.app.screen is explorer(app.app)
