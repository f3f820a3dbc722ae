"""A lecture hall: picture, curve and sentence alone, themes that stay, and one of high contrast."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from driving import Driver, driving, explorer

from emtui.application import theme_memory
from emtui.application.app import EmtuiApp
from emtui.charts.chart_widget import Chart
from emtui.charts.colors import Palette
from emtui.cli.arguments import UsageError, parse
from emtui.panes.curves.curves import CurvesPane
from emtui.panes.status_line import StatusLine
from emtui.settings import themes
from emtui.settings.config import Config
from emtui.spec.choose import choose
from emtui.widgets.tabs import PaneTabs


def shown(app: Driver) -> set[str]:
    """The ids of what has a place on the screen."""
    seen = explorer(app.app).query("#headline, #timeline, #status, #keys, Pane, PaneTabs")
    return {one.id or "" for one in seen if one.display and one.size}


@pytest.mark.parametrize("size", [(40, 12), (80, 24), (200, 60)])
async def test_a_lecture_shows_picture_curve_and_sentence_alone(size: tuple[int, int]) -> None:
    async with driving(size=size) as app:
        await app.send("n", "3")
        before = shown(app)
        text = await app.press("Z")
        assert shown(app) == {"picture", "curves", "status"}
        picture, curves = (explorer(app.app).query_one(f"#{name}").region for name in ("picture", "curves"))
        status = explorer(app.app).query_one(StatusLine)
        assert picture.area + curves.area == size[0] * (size[1] - status.size.height)
        assert picture.area > curves.area
        assert status.sentence.split(" ")[0] in text
        assert app.app.focused is None, "the rows, which had the focus, are gone"
        await app.press("Z")
        assert shown(app) == before


async def test_every_stepping_key_acts_in_a_lecture() -> None:
    async with driving(size=(80, 24)) as app:
        await app.send("Z")
        phases = []
        for key in ("e", "m", "n", "left", "right", "home", "end", "left_square_bracket", "right_square_bracket"):
            await app.press(key)
            phases.append((app.snapshot.record.iteration, app.snapshot.step.phase))
        assert phases[:5] == [(1, "E"), (1, "M"), (2, "M"), (2, "E"), (2, "M")]
        assert phases[5:7] == [(0, "init"), (2, "M")]
        await app.press("c")
        assert app.snapshot.step.stop_reason is not None
        assert shown(app) == {"picture", "curves", "status"}
        sentence = explorer(app.app).query_one(StatusLine).sentence
        assert sentence.split(",")[0] in " ".join(app.text.split())


async def test_what_leaves_a_lecture() -> None:
    async with driving() as app:
        await app.send("Z", "2")
        assert isinstance(app.app.focused, Chart)
        curves = explorer(app.app).query_one(CurvesPane)
        assert "kl" in str(curves.border_subtitle)
        await app.send("z")
        assert shown(app) == {"curves", "status"}
        await app.send("escape")
        assert shown(app) == {"picture", "curves", "status"}
        await app.send("escape")
        assert "headline" in shown(app) and "parameters" in shown(app)
        await app.send("Z", "4")
        assert "parameters" in shown(app), "a pane that it has no place for ends it"


# themes


def test_t_turns_through_our_own_themes_and_begins_anew_after_any_other() -> None:
    turned = ["nord"]
    for _ in range(4):
        turned.append(themes.next_theme(turned[-1]))
    assert turned[1:] == ["emtui-dark", "emtui-light", "emtui-contrast", "emtui-dark"]


async def turned(file: Path, *keys: str, config: Config | None = None, theme: str = "") -> str:
    """The theme in the end."""
    app = EmtuiApp(choose("coins"), config or Config(autosave=False), theme=theme, theme_file=file)
    if not keys:
        return app.theme
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press(*keys)
        await pilot.pause()
        return app.theme


async def test_a_theme_is_remembered(tmp_path: Path) -> None:
    file = tmp_path / "state" / "theme"
    assert await turned(file) == "emtui-dark"
    assert await turned(file, "e", theme="nord") == "nord"
    assert not file.exists(), "for this time alone"
    assert await turned(file, "t") == "emtui-light"
    assert file.read_text() == "emtui-light\n" and [one.name for one in file.parent.iterdir()] == ["theme"]
    assert await turned(file) == "emtui-light"
    assert await turned(file, config=Config(autosave=False, theme="emtui-contrast")) == "emtui-contrast"
    assert await turned(file, theme="emtui-dark") == "emtui-dark"
    assert await turned(file, "t", "t") == "emtui-dark" == file.read_text().strip()


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"no-such\n", b"a\x1b[31m\n", b"x" * 9999])
async def test_a_file_that_names_no_theme_is_passed_over(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "theme").write_bytes(content)
    assert theme_memory.remembered(tmp_path / "theme").isprintable()
    assert await turned(tmp_path / "theme") == "emtui-dark"


def test_where_nothing_can_be_written_nothing_else_is_lost(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    theme_memory.remember(tmp_path / "file" / "theme", "nord")
    assert theme_memory.remembered(tmp_path / "file" / "theme") == ""
    assert theme_memory.theme_file().parent == Path(os.environ["XDG_STATE_HOME"]) / "emtui"


def test_the_shell_names_a_theme() -> None:
    for words in (["iris"], ["--resume"], ["three.emtui"], []):
        assert parse([*words, "--theme", "emtui-contrast"], str).theme == "emtui-contrast"
    with pytest.raises(UsageError, match="--theme has no 'blue': choose emtui-dark, emtui-light, emtui-contrast, "):
        parse(["iris", "--theme", "blue"], str)
    assert parse(["iris", "--theme", "nord"], str).spec.keys() == {"data"}


def luminance(color: tuple[int, int, int]) -> float:
    """Relative luminance, WCAG 2.1."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (one / 255 for one in color)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(palette: Palette, color: tuple[int, int, int]) -> float:
    light, dark = sorted((luminance(color), luminance(palette.background)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


async def test_high_contrast_steps_nothing_back() -> None:
    async with driving(config=Config(autosave=False, theme="emtui-contrast")) as app:
        palette = explorer(app.app).query_one("#curves-chart", Chart).palette
        for color in (palette.text, palette.muted, palette.frame):
            assert contrast(palette, color) > 15
        pane = explorer(app.app).query_one("#curves")
        assert pane.styles.border_top[1].rgb == (255, 255, 255)
        label = explorer(app.app).query_one(PaneTabs).get_component_styles("pane-tabs--other")
        assert label.color.rgb == (255, 255, 255)
