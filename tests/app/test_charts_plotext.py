"""plotext draws the axes, through its public interface and on a figure that is left as if nobody had used it."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import plotext
import pytest
from rich.cells import cell_len

from emtui.charts.axes import Scale, Ticks, make_ticks
from emtui.charts.cell_picture import to_strips
from emtui.charts.colors import DARK
from emtui.charts.plotext_axes import _drawn, draw_axes
from emtui.charts.scene import Dots, Scene
from emtui.charts.scene_drawing import draw_scene

ROOT = Path(__file__).resolve().parents[2]
NOTHING = Ticks((), ())


def test_only_charts_know_plotext_and_only_by_its_public_names() -> None:
    knowing = set()
    for path in [path for room in ("engine", "emtui", "tests") for path in (ROOT / room).rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Import(names=names) if any(name.name.split(".")[0] == "plotext" for name in names):
                    assert [name.name for name in names] == ["plotext"], path
                    assert names[0].asname is None, path
                    knowing.add(path.relative_to(ROOT).parts[:2])
                case ast.ImportFrom(module=str(module)):
                    assert module.split(".")[0] != "plotext", path
                case ast.Attribute(value=ast.Name(id="plotext"), attr=name):
                    assert not name.startswith("_"), path
    assert {parts for parts in knowing if parts[0] != "tests"} == {("emtui", "charts")}


def test_plotext_is_imported_with_the_first_picture_and_not_before() -> None:
    code = (
        "import sys; from emtui.screens.explore.explore import ExploreScreen;"
        "from emtui.charts.colors import DARK; from emtui.charts.scene import Scene;"
        "from emtui.charts.scene_drawing import draw_scene;"
        "assert 'plotext' not in sys.modules; draw_scene(Scene(), 40, 12, DARK); assert 'plotext' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=120)


def test_a_plot_of_somebody_else_leaves_no_trace_and_finds_none() -> None:
    ticks = make_ticks(Scale(0.0, 10.0), 5)
    expected = draw_axes.__wrapped__(60, 20, ticks, ticks, True, False).chars
    blank = plotext.build()
    plotext.subplots(2, 2)
    plotext.subplot(2, 1)
    plotext.title("mine")
    plotext.plot([1, 2, 3], [9, 8, 7])
    plotext.theme("dark")
    _drawn.cache_clear()
    np.testing.assert_array_equal(draw_axes.__wrapped__(60, 20, ticks, ticks, True, False).chars, expected)
    assert plotext.active() is plotext.main()
    assert plotext.build() == blank


def test_threads_take_turns_at_the_one_figure() -> None:
    asked = [(20 + i, 8 + i % 9, make_ticks(Scale(0.0, 1.0 + i), 4)) for i in range(40)]

    def drawn(each: tuple[int, int, Ticks]) -> np.ndarray:
        _drawn.cache_clear()
        return draw_axes.__wrapped__(each[0], each[1], each[2], each[2], False, False).chars

    with ThreadPoolExecutor(8) as pool:
        for found, expected in zip(pool.map(drawn, asked), map(drawn, asked), strict=True):
            np.testing.assert_array_equal(found, expected)


def test_a_second_frame_with_the_same_ticks_asks_plotext_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.linspace(0, 1, 9)
    first = draw_scene(Scene([Dots(x, x)], "x", "y"), 61, 19, DARK)
    monkeypatch.delattr(plotext, "build")
    again = draw_scene(Scene([Dots(x, x[::-1])], "x", "y"), 61, 19, DARK)
    np.testing.assert_array_equal(again.chars[-3:], first.chars[-3:])


def test_the_same_labels_find_room_in_every_process() -> None:
    """plotext's own labels would hang on the order of a set of texts."""
    code = (
        "from emtui.charts.axes import *; from emtui.charts.plotext_axes import draw_axes;"
        "t = make_ticks(Scale(99999998.0, 100000003.0), 6);"
        "print(*[''.join(row) for w in (9, 10, 12, 20) for row in draw_axes(w, 6, t, t, False, False).chars], sep='|')"
    )
    seen = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
            capture_output=True,
            check=True,
            timeout=120,
        ).stdout
        for seed in range(4)
    }
    assert len(seen) == 1


def test_names_of_wide_letters_take_their_cells() -> None:
    names = [(float(i), f"이름 {i}") for i in range(4)]
    scene = Scene([Dots(np.arange(4.0), np.arange(4.0))], x_ticks=names, y_ticks=names)
    for width in range(4, 60):
        picture = draw_scene(scene, width, 12, DARK)
        assert {cell_len(line) for line in picture.text.split("\n")} == {width}
        assert {strip.cell_length for strip in to_strips(picture, "truecolor")} == {width}
    assert picture.text.split("\n")[-1].split() == ["이름", "0", "이름", "1", "이름", "2", "이름", "3"]


def test_grid_lines_go_through_every_cell_beside_their_ticks() -> None:
    axes = draw_axes(40, 14, Ticks((0.0, 0.5), ("0", "5")), Ticks((0.0, 0.9), ("0", "9")), True, False)
    inside = axes.chars[: axes.rows, axes.left :]
    assert (inside != " ").sum() == 2 * axes.columns + 2 * axes.rows - 4
    assert (inside == "┼").sum() == 4
    plain = draw_axes(40, 14, NOTHING, NOTHING, True, True).chars
    assert set("".join(plain.ravel().tolist())) == set(" |-+")
