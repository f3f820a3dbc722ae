"""Words are at reading contrast on every screen: titles, hints, heads, keys, notes; whatever pane has the focus."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import counts
import pytest
from driving import driving
from rich.style import Style
from textual.app import App

from emtui.charts.picture_widget import theme_palette
from emtui.charts.scene import RGB
from emtui.spec.choose import choose

READING = 4.5  # to one: WCAG 2.2, success criterion 1.4.3
THEMES = ("emtui-dark", "emtui-light", "emtui-contrast")
LEAST = 5  # texts of a screen, lest nothing was looked at
MIXTURE = {
    **dict.fromkeys("1234567890", "ExploreScreen"),
    "O": "OptimaScreen",
    "v": "CompareScreen",
    "E": "EditScreen",
    "K": "SelectionScreen",
    "f": "RaceScreen",
    "M": "PairsScreen",
    "Q": "RowOfNumbersScreen",
    "g": "GoToScreen",
    "x": "ExportScreen",
    "o": "OpenFileScreen",
    "question_mark": "HelpScreen",
    "question_mark g": "GuideScreen",
    "left left R n B": "BranchesScreen",
}
NETWORK = {
    **dict.fromkeys("35", "ExploreScreen"),
    "C": "CostScreen",
    "K": "NetworkSizesScreen",
    "w": "SweepScreen",
}
BERNOULLI = {"3": "ExploreScreen", "Q": "ConditionalProbabilitiesScreen"}


def luminance(color: RGB) -> float:
    """Relative luminance, as WCAG 2.2 defines it."""
    parts = [c / 255 for c in color]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: RGB, second: RGB) -> float:
    """The ratio of two colours' luminances, 1 to 21."""
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def inks(style: Style) -> tuple[RGB, RGB] | None:
    """What the letters and what the ground are drawn in."""
    if style.color is None or style.bgcolor is None or style.color.triplet is None or style.bgcolor.triplet is None:
        return None
    color, ground = tuple(style.color.triplet), tuple(style.bgcolor.triplet)
    if style.dim:
        color = tuple((c + g) // 2 for c, g in zip(color, ground, strict=True))
    return color, ground  # type: ignore[return-value]


def cells_of(app: App[Any]) -> Iterator[tuple[str, Style]]:
    """Texts on the screen in front and how they are drawn; not what a dialog's veil dims on purpose."""
    screen = app.screen
    own = [one.region for one in screen.query("*") if one.styles.background.a == 1]
    for y, strip in enumerate(screen._compositor.render_strips()):
        x = 0
        for segment in strip:
            if not screen.is_modal or any(region.contains(x, y) for region in own):
                yield segment.text, segment.style or Style()
            x += segment.cell_length


def faint_words(app: App[Any]) -> tuple[int, list[tuple[float, str, RGB, RGB]]]:
    """How many words were looked at, and those below reading contrast.

    Left out are names in a component's own colour: its sign stands beside them.
    """
    faint: list[tuple[float, str, RGB, RGB]] = []
    seen, components = 0, set(theme_palette(app.screen).components)
    for text, style in cells_of(app):
        found = inks(style) if any(c.isalnum() for c in text) else None
        if found is not None and not components & set(found):
            seen += 1
            if contrast(*found) < READING:
                faint.append((round(contrast(*found), 2), text.strip(), *found))
    return seen, faint


@pytest.mark.parametrize(
    ("source", "model", "walk"),
    [("iris", "gmm", MIXTURE), ("xor", "mlp", NETWORK), ("films", "bernoulli", BERNOULLI)],
)
async def test_words_are_at_reading_contrast_on_every_screen(source: str, model: str, walk: dict[str, str]) -> None:
    async with driving(choose(source, model=model)) as driver:
        await driver.send("n")
        for turn, (key, kind) in enumerate(walk.items()):
            await driver.send(*key.split())
            assert type(driver.app.screen).__name__ == kind, key
            for theme in THEMES if counts.share > 1 else (THEMES[turn % len(THEMES)],):
                driver.app.theme = theme
                await driver.settle()
                seen, faint = faint_words(driver.app)
                assert seen >= LEAST, (key, theme)
                assert not faint, (kind, key, theme)
            while kind != "ExploreScreen" and type(driver.app.screen).__name__ != "ExploreScreen":
                await driver.send("escape")


async def test_a_dim_colour_is_found_out() -> None:
    async with driving() as driver:
        driver.app.screen.query("Pane").first().styles.border_title_color = "#444444"
        await driver.pilot.pause()
        assert faint_words(driver.app)[1]
