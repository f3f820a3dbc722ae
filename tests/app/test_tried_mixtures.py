"""What somebody met who used the mixtures for the first time, at two sizes of window, and must not meet again."""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
import pytest
from driving import driving, explorer
from walking import walked

from emtui.application.app import EmtuiApp
from emtui.charts.colors import DARK
from emtui.charts.heatmap import Matrix, layout
from emtui.charts.scene import Curve, Scene
from emtui.charts.scene_drawing import draw_scene
from emtui.cli.run_numbers import significant
from emtui.panes.bound import BoundPane
from emtui.panes.datasets import DatasetsPane
from emtui.panes.messages import KeyRefused
from emtui.screens.studies.optima_map import OptimaMap, optima_table, verdict
from emtui.screens.studies.selection import kinds
from emtui.session.temperature import turned
from emtui.spec.choose import choose
from emtui.spec.train_test_split import table_of
from emtui.views import view_for
from emtui.views.changes import ComponentMove
from emtui.views.curve_scenes import bound_scene
from emtui.views.gaussian.gaussian_sentences import moved_clause
from emtui.views.step_text import where_parts
from engine import GaussianMixture
from engine.analysis.bound_profile import Slice
from engine.analysis.many_starts import many_starts
from engine.analysis.optima import group_optima
from engine.models.bernoulli.mixture import BernoulliMixture

SIZES = [(120, 40), (80, 24)]


def lines_with(text: str, *words: str) -> list[str]:
    """The lines of a screen that hold all of these."""
    return [line for line in text.splitlines() if all(word in line for word in words)]


# curves and pictures


@pytest.mark.parametrize("source", ["iris", "coins", "waiting", "films"])
def test_the_curve_after_the_first_e_step_has_ticks_with_few_digits(source: str) -> None:
    for steps in (0, 1):
        snapshot = walked(source, steps).snapshot()
        text = ["".join(row).rstrip() for row in draw_scene(bound_scene(snapshot, DARK), 34, 17, DARK).chars]
        ticks = [match[1] for line in text if (match := re.match(r" *(-?[\d.]+)┤", line))]
        assert len(ticks) >= 2 and all(len(tick) <= 8 for tick in ticks)
        assert "×1e" not in text[0]
        low, high = float(ticks[-1]), float(ticks[0])
        assert low - (high - low) < snapshot.record.log_likelihood < high + (high - low)


@pytest.mark.parametrize("size", SIZES)
async def test_a_click_on_the_tab_of_the_bound_shows_the_bound(size: tuple[int, int]) -> None:
    async with driving(size=size) as app:
        await app.send("n", "e")
        row, line = next((y, line) for y, line in enumerate(app.text.splitlines()) if "8 bo" in line or "8bo" in line)
        await app.pilot.click(offset=(max(line.find("8 bo"), line.find("8bo")), row))
        await app.settle()
        assert isinstance(app.app.screen.query_one(BoundPane).slice, Slice)
        assert "not there yet" not in app.text


def test_each_set_of_tosses_is_numbered() -> None:
    snapshot = walked("coins", 1).snapshot()
    view = view_for(snapshot.spec.model)
    chars = draw_scene(view.scene(snapshot, view.axes(snapshot)[0], DARK), 42, 17, DARK).chars
    assert "".join(chars[-2]).split() == ["1", "2", "3", "4", "5"]


def test_the_bundled_coins_follow_the_paper() -> None:
    session = walked("coins", 20)
    assert session.timeline.current.iteration == 10
    np.testing.assert_allclose(session.timeline.current.params.probabilities, [0.796744, 0.519659], atol=5e-7)


@pytest.mark.parametrize("width", [30, 44, 60])
def test_a_long_name_of_the_y_axis_gives_way_to_the_legend(width: int) -> None:
    lines = [Curve(np.arange(3.0), np.arange(3.0), DARK.color(k), label=name) for k, name in enumerate(("one", "two"))]
    drawn = draw_scene(Scene(lines, y_label="a feature with a very long name"), width, 12, DARK)
    header, below = ("".join(row) for row in drawn.chars[:2])
    assert "one" in header and "two" in header
    assert "a feature with a very long n" in (header if width == 60 else below)


def test_names_of_classes_take_the_room_that_numbers_leave() -> None:
    classes = [f"a species with name {i}" for i in range(3)]
    fitted = layout(Matrix(np.ones((3, 2)), classes, ["●1", "■2"], ".0f", "class"), 34, 4)
    assert fitted.label_width > len(classes[0]) and fitted.columns == 2


# words and keys


@pytest.mark.parametrize("size", SIZES)
async def test_what_a_pane_refuses_is_said_where_steps_are_told(size: tuple[int, int]) -> None:
    async with driving(choose("coins"), size=size) as app:
        for keys, said in ((("4", "u"), "are not standardised"), (("2", "i"), "choose the model mlp")):
            text = await app.press(*keys)
            assert said in " ".join(text.split())
            assert not app.app._notifications  # a toast would lie over the very pane


async def test_a_refusal_from_any_pane_is_said() -> None:
    async with driving() as app:
        app.app.screen.query_one(DatasetsPane).post_message(KeyRefused("There is [0] nothing here."))
        await app.settle()
        assert "There is [0] nothing here." in app.text


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("table", "model", "said"), [
    ("heads\n5\n4.5\n7\n", "coins", "has 4.5 heads"),
    ("a,b\n1.5,2.5\n", "gmm", "1 row can't start 3 components"),
])  # fmt: skip
async def test_data_that_a_model_cannot_begin_on_end_the_app_with_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], size: tuple[int, int], table: str, model: str, said: str
) -> None:
    (tmp_path / "own.csv").write_text(table)
    app = EmtuiApp(choose(str(tmp_path / "own.csv"), model=model, k=3 if model == "gmm" else None))
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
    assert app.return_code == 2
    assert said in " ".join(capsys.readouterr().err.split())


async def test_keys_at_the_ends_of_history_say_so() -> None:
    async with driving() as app:
        for key in ("r", "home", "left"):
            assert "This is the start" in await app.press("e", "left", key)
        assert "This is the last step taken" in await app.press("right", "end")
        await app.send("home")
        assert app.snapshot.step.phase == "init" and "press e" in await app.press("right", "r")


@pytest.mark.parametrize("size", SIZES)
async def test_what_is_typed_into_a_field_takes_the_place_of_its_text(size: tuple[int, int]) -> None:
    async with driving(size=size) as app:
        await app.send("7", "down", "5", "enter")
        assert app.snapshot.spec.n_components == 5
        await app.send("7", "down", "end", "0", "backspace", "backspace", "4", "enter")  # the cursor was moved: edited
        assert app.snapshot.spec.n_components == 4


def test_a_turned_temperature_is_the_one_that_is_said() -> None:
    now = "annealed"
    for factor in (1.5, 1.5, 1.5, 2 / 3, 2 / 3, 1.5):
        now = turned(now, 3, factor).text
        assert len(now) <= len("annealed:initial=88.88,rate=1")
        assert f"T={turned(now, 3, 1.0).initial:g}" in where_parts(walked("iris", 1, algorithm=now).snapshot())[2]
    assert where_parts(walked("iris", 4, algorithm="annealed").snapshot())[2] == "annealed T=1.24"  # 1 + .3 · .8


def test_a_move_that_is_rounding_has_no_size() -> None:
    def clause(amount: float) -> str:
        return moved_clause(ComponentMove(0, (0.5, 0.5), 0.0, 0, 0.0, 0, amount), ["x"], "full")

    assert clause(2.6e-17) == clause(0.0) == "no component moved"
    assert clause(3e-5) == "no component moved by more than 3e−05 of its width"


def test_when_every_set_is_shared_they_are_not_counted() -> None:
    snapshot = walked("coins", 1).snapshot()
    assert "All sets are shared (no responsibility above .9)" in view_for(snapshot.spec.model).sentence(snapshot)


# tables


@pytest.mark.parametrize("source", ["wine", "breast_cancer"])
def test_a_covariance_is_shown_with_the_digits_that_it_needs(source: str) -> None:
    snapshot = walked(source, 4).snapshot()
    shown = view_for(snapshot.spec.model).detail(snapshot, 0)
    assert shown is not None
    covariance = snapshot.step.params.covariances[0]
    deviation = np.sqrt(np.diagonal(covariance))
    texts = [[cell.text.strip().replace("−", "-") for cell in row.cells] for row in shown.rows]
    error = np.abs(np.array(texts, dtype=float) - covariance) / np.outer(deviation, deviation)
    assert error.max() < 0.02
    assert all(len({len(row[j].text) for row in (r.cells for r in shown.rows)}) == 1 for j in range(len(deviation)))


def test_numbers_far_from_0_are_told_apart_in_the_shell() -> None:
    first, second = 1e8 + 0.125, 1e8 + 0.75
    texts = [significant(value, second, second - first) for value in (first, second)]
    assert texts[0] != texts[1]
    assert float(texts[1]) - float(texts[0]) == pytest.approx(0.625, abs=0.1)
    assert significant(1e8, 1e8) == "1.0000e+08" and significant(2.5, 2.5, math.inf) == "2.5000"


@pytest.mark.parametrize("size", SIZES)
async def test_more_components_than_classes_are_explained(size: tuple[int, int]) -> None:
    async with driving(choose("xor"), size=size) as app:
        text = " ".join(re.sub(r"[│╭╮╰╯─]", " ", await app.press("e", "5", "z")).split())
        assert "4 components for 2 classes: only one component counts for each class." in text
    async with driving(size=size) as app:
        assert "components for" not in await app.press("e", "5", "z")


def test_one_optimum_is_told_as_one() -> None:
    data = choose("films").dataset
    *_, progress = many_starts(BernoulliMixture(3), data.X, n_starts=4)
    found = OptimaMap(progress, group_optima(progress, truth=data.y))
    assert len(found.optima) == 1
    assert re.fullmatch(r"All 4 starts end at the same optimum, objective −\d+\.\d+, which gets 133 of 150 rows "
                        r"right\.", verdict(found))  # fmt: skip


@pytest.mark.parametrize(("source", "likelihood", "kept"), [("iris", True, 6), ("iris", False, 5), ("coins", True, 5)])
def test_the_map_of_optima_has_no_empty_column(source: str, likelihood: bool, kept: int) -> None:
    spec = choose(source)
    *_, progress = many_starts(spec.model, *table_of(spec), n_starts=3)
    found = OptimaMap(progress, group_optima(progress, truth=spec.dataset.y))
    table = optima_table(found, likelihood)
    assert len(table.columns) == kept and all(len(row) == kept for row in table.rows)
    assert "–" not in {str(cell) for row in table.rows for cell in row}


def test_on_a_line_spherical_and_diagonal_are_full_again() -> None:
    assert kinds(GaussianMixture(), 1) == ("full", "tied")
    assert kinds(GaussianMixture(), 2) == ("full", "tied", "diag", "spherical")
    assert kinds(BernoulliMixture(), 1) is None


# data and comparison


@pytest.mark.parametrize("size", SIZES)
async def test_data_sets_are_told_apart_and_their_source_is_not_cut(size: tuple[int, int]) -> None:
    async with driving(choose("digits_binary"), size=size) as app:
        text = await app.press("6")
        places = lines_with(text, "1,797×64", "│")
        titles = [line.split("│")[1 if size[0] > 100 else -2].partition("1,797")[0][2:] for line in places]
        assert len(titles) == len(set(titles)) == 2
    async with driving(size=size) as app:
        text = await app.press("6")
        assert "centimetres." in text
        assert all(not re.search(r"Source: .*…", line) for line in text.splitlines())


@pytest.mark.parametrize("size", SIZES)
async def test_an_own_table_is_not_described_by_its_own_name(tmp_path: Path, size: tuple[int, int]) -> None:
    (tmp_path / "own.csv").write_text("a,b\n1,2\n3,5\n4,4\n9,7\n")
    async with driving(choose(str(tmp_path / "own.csv"), k=2), size=size) as app:
        assert "one row of own.csv" not in await app.press("6")


@pytest.mark.parametrize("size", SIZES)
async def test_the_headings_of_a_comparison_are_whole(size: tuple[int, int]) -> None:
    async with driving(choose("coins"), size=size) as app:
        await app.send("n", "n")
        text = await app.press("v")
        head = [line.split("││") for line in text.splitlines()[1:3]]
        assert all("…" not in part for line in head for part in line)
        assert "log-likelihood −" in text and "objective" not in text
        await app.send("escape")
        assert explorer(app.app) is app.app.screen
