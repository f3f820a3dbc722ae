"""The guide on screen: its chapters, sections and links, at every size and in both themes."""

from __future__ import annotations

import re

import pytest
from driving import Driver, driving
from textual.widgets import Markdown
from textual.widgets.markdown import MarkdownFence

from emtui.screens.dialogs.help import HelpScreen
from emtui.screens.explore.explore import ExploreScreen
from emtui.screens.guide.chapters import NAMES, chapters, place_of
from emtui.screens.guide.guide import GuideScreen, Reader
from emtui.settings.config import Config

SIZES = [(120, 40), (80, 24), (40, 12)]


def guide(app: Driver) -> GuideScreen:
    screen = app.app.screen
    assert isinstance(screen, GuideScreen)
    return screen


async def opened(app: Driver, number: int | None = None) -> GuideScreen:
    await app.app.push_screen(GuideScreen(number))
    await app.settle()
    return guide(app)


@pytest.mark.parametrize(
    ("size", "theme"), [*((size, "emtui-dark") for size in SIZES), ((80, 24), "emtui-light"), ((40, 12), "emtui-light")]
)
async def test_help_leads_to_the_guide_and_escape_leads_back(size: tuple[int, int], theme: str) -> None:
    async with driving(size=size, config=Config(theme=theme)) as app:
        assert "g guide" in await app.press("question_mark")
        text = await app.press("g")
        assert "guide 1 of" in text and " 1 First steps" in text and " 2 The explorer" in text
        assert ("one another" in text or "half a step at a time" in text) == (size[0] >= 100)
        assert "From the first key" in await app.press("down", "up", "enter")
        before = app.text
        after = await app.press("space")
        assert (after != before and re.search(r"First steps · \d+%", after.splitlines()[0])) or size[0] < 80
        if size[0] < 100:
            assert " 2 The explorer" in await app.press("escape")
        await app.send("escape")
        assert isinstance(app.app.screen, HelpScreen)
        await app.send("escape")
        assert isinstance(app.app.screen, ExploreScreen)


async def test_every_chapter_is_shown_to_its_end() -> None:
    async with driving(size=(80, 24)) as app:
        screen = await opened(app, len(NAMES) - 1)
        assert screen.query_one(Reader).has_focus
        for chapter in chapters():
            await app.send("n")
            assert chapter.title in app.text and chapter.about.split(".")[0][:30] in app.text
            assert all("screen" not in fence.lexer for fence in screen.query(MarkdownFence))
            await app.send("end")
            last = re.sub(
                r"[`*]|\]\([^)]*\)|\[", "", chapter.text.rstrip().removesuffix("```").rstrip().splitlines()[-1]
            )
            assert last.strip("| .").split("|")[-1].strip()[-20:].split()[-1] in app.text
            assert "100%" in app.text.splitlines()[0]


async def test_sections_are_listed_below_the_open_chapter_and_lead_there() -> None:
    async with driving() as app:
        await opened(app)
        assert "Press e, then m" in await app.press("down", "down")
        text = await app.press("enter")
        assert "· Mixtures" not in text and "e takes an E-step" in text
        assert guide(app).query_one(Reader).scroll_y > 0
        text = await app.press("n")
        assert "guide 2 of" in text and "Every pair of features" in text and "Press e, then m" not in text
        assert "guide 1 of" in await app.press("p")
        assert f"guide {len(NAMES)} of" in await app.press("comma")


async def test_links_lead_to_chapters_and_headings_and_escape_comes_back() -> None:
    async with driving(size=(80, 24)) as app:
        screen = await opened(app, NAMES.index("explorer"))
        text = screen.query_one(Markdown)
        text.post_message(Markdown.LinkClicked(text, "by-hand.md#two-branches-side-by-side"))
        await app.settle()
        assert "Changed by hand" in app.text and "Two branches side by side" in app.text
        assert screen.query_one(Reader).scroll_y > 20
        text.post_message(Markdown.LinkClicked(text, "https://example.org/[b]"))
        await app.settle()
        assert screen.number == NAMES.index("by-hand")
        await app.send("escape")
        assert screen.number == NAMES.index("explorer")
        await app.send("escape", "escape")
        assert isinstance(app.app.screen, ExploreScreen)


async def test_a_picture_that_is_wider_than_the_window_moves_sideways() -> None:
    async with driving(size=(40, 12)) as app:
        screen = await opened(app, 0)
        await app.send("right")
        assert any(fence.scroll_x > 0 for fence in screen.query(MarkdownFence))
        await app.send("left")
        assert all(fence.scroll_x == 0 for fence in screen.query(MarkdownFence))


async def test_the_window_may_change_its_size_while_the_guide_is_open() -> None:
    async with driving() as app:
        await opened(app)
        for width, height in (*SIZES, (10, 3), (120, 40)):
            assert "guide 1" in await app.resize(width, height) or width < 20
        assert "half a step at a time" in app.text
        await app.send("tab")
        assert guide(app).query_one(Reader).has_focus


async def test_the_palette_opens_a_chapter() -> None:
    async with driving() as app:
        await app.send("ctrl+p", *"guide", "space", *"topics")
        assert "guide: Topics" in await app.press("down")
        await app.send("enter")
        await app.settle()
        assert guide(app).number == NAMES.index("topics")


def test_links_are_read() -> None:
    assert place_of("mixtures.md#counts") == (NAMES.index("mixtures"), "counts")
    assert place_of("why.md") == (NAMES.index("why"), "")
    assert place_of("https://example.org") is None
