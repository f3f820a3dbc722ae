"""What `x` writes of the screen itself, of a race, of optima and of a sweep."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from driving import driving, explorer
from rich.segment import Segment
from rich.style import Style
from studying import at_rest
from walking import walked

from emtui.exports.export import EXPORTS, export_for
from emtui.exports.pictures.figure import figure_bytes
from emtui.exports.pictures.screen_svg import screen_svg
from emtui.exports.sweep_table import SWEEP_EXPORTS
from emtui.networks.sweep import sweep
from emtui.networks.sweep_grid import SweepGrid
from emtui.screens.dialogs.export_dialog import ExportScreen
from emtui.screens.pairs.pair_sheet import PAIR_FIGURES, pair_sheet
from emtui.screens.studies.optima import OptimaScreen
from emtui.screens.studies.race import RaceScreen
from emtui.spec.choose import choose
from engine.errors import EngineError

SVG = "{http://www.w3.org/2000/svg}"


def texts(svg: str | bytes) -> str:
    found = ElementTree.fromstring(svg).iter(f"{SVG}text")
    return "\n".join("".join(one.itertext()) for one in found).replace("\N{NO-BREAK SPACE}", " ")


async def test_the_screen_and_the_pane_with_the_focus_are_written_as_they_stood() -> None:
    async with driving(choose("coins")) as app:
        await app.send("n", "2")
        shown = app.text
        await app.send("x")
        dialog = app.app.screen
        assert isinstance(dialog, ExportScreen)
        screen, pane = (
            "".join(export.chunks(dialog._of)) for export in dialog._exports if export.word in ("screen", "curves-pane")
        )
    words = texts(screen)
    for line in (shown.splitlines()[0], "log-likelihood", "agreement"):
        assert all(word in words for word in line.split())
    assert "│ export" not in words and "esc cancels" not in words  # the dialog came later
    assert "log-likelihood" in texts(pane) and "agreement" not in texts(pane)
    for svg in (screen, pane):
        assert not re.search(r"url\((?!#)|@font-face|https?:(?!//www\.w3\.org/2000/svg)", svg)
        assert svg == re.sub(r"terminal-\d+", "", svg)  # no number that changes from one writing to the next


async def test_a_picture_from_the_dialog_looks_as_pane_1_does(tmp_path: Path) -> None:
    async with driving(choose("iris")) as app:
        await app.send("n", "a", "x")
        dialog = app.app.screen
        assert isinstance(dialog, ExportScreen)
        (export,) = (one for one in dialog._exports if (one.word, one.ending) == ("picture", "svg"))
        assert "PC 1 × PC 2" in export(dialog._of, tmp_path / "a.svg").read_text("utf-8")


async def test_a_race_and_its_optima_are_drawn_as_they_stand() -> None:
    async with driving(choose("coins")) as app:
        await app.send("f")
        await at_rest(app)
        race = app.app.screen
        assert isinstance(race, RaceScreen)
        assert len(race.sheet().plots) == 1  # no classes are known here
        words = texts(figure_bytes(race.sheet(), "svg"))
        assert all(one.name in words for one in race.race.racers if one.laps) and "iterations" in words
        await app.send("x")
        dialog = app.app.screen
        assert isinstance(dialog, ExportScreen) and "picture" in app.text
        assert "coins-coins-race.svg" in [one.name_for(race.spec) for one in dialog._exports]
        await app.send("escape", "escape", "O")
        await at_rest(app)
        optima = app.app.screen
        assert isinstance(optima, OptimaScreen)
        words = texts(figure_bytes(optima.sheet(), "svg"))
        assert "starts that ended there" in words and "optimum 1" in words and "200 starts" in words
        await app.send("escape")
        assert app.app.screen is explorer(app.app)


def test_a_sweeps_heat_maps_are_written_by_the_ending(tmp_path: Path) -> None:
    grid = SweepGrid(rates=(0.1, 1.0), units=(2,), n_seeds=1, max_iter=2)
    *_, last = sweep(choose("xor", model="mlp"), grid)
    export = export_for(tmp_path / "a.svg", SWEEP_EXPORTS)
    words = texts(export(last, tmp_path / "a.svg").read_bytes())
    assert all(word in words for word in ("validation accuracy", "backprop", "rate", "units", "0.1", "sweep of xor"))


def test_a_pair_plot_is_written_of_every_pair_or_of_one(tmp_path: Path) -> None:
    session = walked("iris", 5)
    export = export_for(tmp_path / "iris-pairs.svg", (*EXPORTS, *PAIR_FIGURES))
    words = texts(export(session, tmp_path / "iris-pairs.svg").read_bytes())
    assert all(words.count(name) == 2 for name in ("sepal width", "petal length"))  # of a row and of a column
    assert words.count("\nall ") == 6 and "1 = virginica" in words and "coloured by EM" in words
    alone = pair_sheet(session.snapshot(), "truth", pair=(2, 3))
    assert "coloured by truth" in alone.caption and [len(row) for row in alone.plots] == [1]
    assert [len(row) for row in pair_sheet(walked("wine", 1).snapshot()).plots] == [6] * 6
    with pytest.raises(EngineError, match="The pair plot is for a table of measured features"):
        pair_sheet(walked("icecream", 1).snapshot())


def test_a_text_begins_at_its_first_letter() -> None:
    line = [Segment("a", Style(bold=True)), Segment("   b  c ", Style(color="red"))]
    found = ElementTree.fromstring(screen_svg([line], 20, "t")).iter(f"{SVG}text")
    said = [("".join(one.itertext()), float(one.get("x", "")), float(one.get("textLength", ""))) for one in found]
    first, second = said[:2]  # what follows is the end of the line
    assert first == ("a", 0.0, 12.2)
    assert second[0].replace("\N{NO-BREAK SPACE}", " ") == "b  c " and second[1:] == pytest.approx((4 * 12.2, 5 * 12.2))
