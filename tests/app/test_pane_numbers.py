"""On a wide screen every border has the number of its pane, and no title is cut within a word."""

from __future__ import annotations

import pytest
from driving import Driver, driving, explorer

from emtui.charts.cell_text import first_fitting
from emtui.panes.pane import Pane
from emtui.screens.explore.pane_grid import PaneGrid
from emtui.settings.layout import ORDER
from emtui.spec.choose import choose
from emtui.widgets.tabs import PaneTabs


def borders(driver: Driver) -> dict[int, str]:
    """The upper border of each pane that is seen, by the pane's number."""
    lines = driver.text.splitlines()
    found = {}
    for pane in explorer(driver.app).query(Pane):
        if pane.display and pane.region:
            box = pane.region
            found[ORDER.index(pane.id or "") + 1] = lines[box.y][box.x : box.right]
    return found


@pytest.mark.parametrize("size", [(120, 40), (200, 60)])
async def test_borders_have_numbers(size: tuple[int, int]) -> None:
    async with driving(size=size) as driver:
        await driver.press("e")
        shown = borders(driver)
        assert set(shown) == {1, 2, 3, 4, 5, 6, 7}
        assert all(f" {number} " in border for number, border in shown.items())
        await driver.press("8", "9")
        shown = borders(driver)
        assert set(shown) == {1, 4, 5, 6, 7, 8, 9}
        assert all(f" {number} " in border for number, border in shown.items())


async def test_a_number_is_clicked() -> None:
    async with driving(size=(120, 40)) as driver:
        assert await driver.pilot.click("#tabs-model")
        await driver.settle()
        focused = driver.app.focused
        assert focused is not None
        assert any(parent.id == "model" for parent in focused.ancestors_with_self)


async def test_no_numbers_in_the_border_where_tabs_have_them() -> None:
    async with driving(size=(100, 30)) as driver:
        assert not [tabs for tabs in driver.app.screen.query(PaneTabs) if tabs.display and tabs.id != "tabs"]
        await driver.resize(130, 40)
        await driver.press("1", "z")
        pane_grid = driver.app.screen.query_one(PaneGrid)
        assert pane_grid.zoomed == "picture"
        assert not [tabs for tabs in pane_grid.query(PaneTabs) if tabs.display]


@pytest.mark.parametrize("model", ["gmm", "kmeans", "mlp"])
async def test_titles_are_whole_words(model: str) -> None:
    async with driving(choose("iris", model=model), size=(120, 40)) as driver:
        await driver.press("e", "m", "2", "d", "d")
        assert not [border for border in borders(driver).values() if "…" in border]


def test_the_first_that_fits() -> None:
    texts = ("log-likelihood and bound", "log-likelihood", "ln p")
    assert first_fitting(24, *texts) == texts[0]
    assert first_fitting(23, *texts) == texts[1]
    assert first_fitting(5, *texts) == texts[2]
    assert first_fitting(3, *texts) == "ln…"
