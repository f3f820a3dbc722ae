"""What somebody met who used chains, topics, counts and networks for the first time, and must not meet again."""

from __future__ import annotations

import io
import math
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from choosing import chosen
from driving import driving, explorer
from view_frames import catalogue, session_of, walked

from emtui.charts.colors import DARK
from emtui.charts.pixel_image import shades_of
from emtui.charts.scene import Bars, Curve, PixelImage, Prose, Scene
from emtui.charts.scene_drawing import draw_scene
from emtui.cli.headless import run
from emtui.cli.shell_output import Output
from emtui.panes.agreement.agreement_text import agreement_lines
from emtui.panes.parameters.parameter_table import ParameterSource
from emtui.panes.rows.row_order import RowOrder
from emtui.panes.rows.row_table import RowSource
from emtui.screens.compare.comparison_side import model_heading
from emtui.screens.compare.region_comparison import RegionsScreen
from emtui.session.session import Session
from emtui.session.worker import SessionWorker
from emtui.spec.choose import choose
from emtui.spec.command_line import command_of
from emtui.spec.revise import started_anew
from emtui.spec.run_spec import RunSpec
from emtui.spec.train_test_split import split_of
from emtui.views import view_for
from emtui.views.curve_scenes import bound_scene
from emtui.views.hmm.hmm import HiddenMarkovView
from emtui.views.hmm.hmm_charts import HIGH, LOW, PATH, band_places
from emtui.views.number_format import decimals_apart
from engine import HiddenMarkovModel
from engine.errors import DataError

SIZES = [(120, 40), (80, 24)]


def drawn(scene: Scene, width: int = 42, height: int = 20) -> list[str]:
    """A scene as lines of text."""
    return ["".join(row).rstrip() for row in draw_scene(scene, width, height, DARK).chars]


def said_by_shell(spec: RunSpec) -> str:
    """What `emtui run` prints."""
    out = io.StringIO()
    run(spec, Output(out))
    return out.getvalue()


# curves


def test_topics_have_a_bound_and_no_curve_above_it() -> None:
    begun = bound_scene(catalogue("bars", 0), DARK)
    assert begun.layers == () and any("no E-step yet" in line for line in drawn(begun))
    snapshot = catalogue("bars", 2)
    (curve,) = (layer for layer in bound_scene(snapshot, DARK).layers if isinstance(layer, Curve))
    assert curve.label == "bound"
    np.testing.assert_allclose(curve.y, [record.elbo for record in snapshot.records])


async def test_the_pane_of_a_bound_alone_is_called_so() -> None:
    async with driving(choose("bars"), size=(80, 24)) as app:
        text = await app.press("e")
        assert "╭─ bound ─" in text and "log-likelihood" not in text


# charts


def test_the_legend_comes_before_the_name_of_an_axis() -> None:
    x = np.arange(3.0)
    curves = [Curve(x, x * k, DARK.color(k), label=name) for k, name in enumerate(["EM", "backprop", "test"])]
    narrow, wide = (drawn(Scene(curves, y_label="log-loss"), width)[0] for width in (29, 60))
    assert "EM" in narrow and "backp" in narrow and "test" in narrow and "log-loss" not in narrow
    assert "log-loss" in wide and "backprop" in wide


def test_the_edge_of_a_raster_is_straight() -> None:
    """Cells at the corners are no emptier than those at the edges."""
    scene = Scene(
        [PixelImage(np.ones((5, 5)), (0.0, 5.0, 0.0, 5.0), (1, 2, 3))], x_range=(-0.5, 6.0), y_range=(-0.6, 6.1)
    )
    for size in [(23, 11), (9, 13), (47, 20), (31, 31)]:
        picture = draw_scene(scene, *size, DARK)
        full = picture.chars == "█"
        assert full.any()
        assert (full == full.any(axis=1)[:, None] & full.any(axis=0)[None, :]).all()
    assert shades_of(PixelImage(np.zeros((0, 0)), (0, 1, 0, 1), (1, 2, 3)), _unit_axes(), (4, 4))[0].size == 0


def _unit_axes():
    from emtui.charts.axes import Scale

    return Scale(0.0, 1.0), Scale(0.0, 1.0)


def test_paragraphs_get_their_lines_in_turn() -> None:
    words = [(f"word{i}", DARK.text) for i in range(40)]
    scene = Scene([Prose([[(f"#{k}", DARK.text), *words] for k in range(6)])], x_range=(0, 1), y_range=(0, 1))
    text = drawn(scene, 42, 22)
    heads = [i for i, line in enumerate(text) if "#" in line]
    assert len(heads) == 6
    gaps = np.diff([*heads, max(i for i, line in enumerate(text) if "word" in line) + 1])
    assert gaps.max() - gaps.min() <= 1


# chains

CHAIN = HiddenMarkovView()


def test_a_long_chain_has_a_band_for_each_state() -> None:
    snapshot = catalogue("hmm_gaussian", 3)
    scene = CHAIN.scene(snapshot, CHAIN.axes(snapshot)[0], DARK)
    bands = [layer for layer in scene.layers if isinstance(layer, PixelImage)]
    R = snapshot.responsibilities
    assert R is not None and len(bands) == 3
    for k, band in enumerate(bands):
        np.testing.assert_array_equal(band.values, R[:, k][None, :])
        assert LOW <= band.extent[2] < band_places(3)[k] < band.extent[3] <= HIGH
        assert band.color == DARK.color(k)
    ticks = {name: place for place, name in scene.y_ticks or ()}
    assert [ticks[f"{DARK.marker(k)} {k + 1}"] for k in range(3)] == band_places(3)
    assert [line for line in drawn(scene) if "● 1" in line and "┤" in line]


def test_every_day_of_a_diary_is_in_the_picture() -> None:
    snapshot = catalogue("icecream", 1)
    scene = CHAIN.scene(snapshot, CHAIN.axes(snapshot)[0], DARK)
    (bars,) = (layer for layer in scene.layers if isinstance(layer, Bars))
    for width in (40, 47, 60, 90):
        picture = draw_scene(scene, width, 20, DARK)
        assert picture.area is not None
        columns = picture.area.columns
        middle = 0.5 + (np.arange(columns) + 0.5) / columns * snapshot.n_rows
        assert set(np.searchsorted(bars.edges, middle)) == set(range(1, snapshot.n_rows + 1))


def test_the_picture_of_a_chain_stays_where_it_is_at_the_first_e_step() -> None:
    for source in ("icecream", "hmm_gaussian"):
        views = []
        for steps in (0, 1, 2):
            snapshot = catalogue(source, steps)
            scene = CHAIN.scene(snapshot, CHAIN.axes(snapshot)[0], DARK)
            assert (PATH, "path") in (scene.y_ticks or ())
            views.append(draw_scene(scene, 42, 18, DARK).area)
        assert views[0] is not None and views[1] is not None
        assert views[0].left == views[1].left and views[0].columns == views[1].columns


def test_measurements_have_round_ticks() -> None:
    snapshot = catalogue("hmm_gaussian", 1)
    scene = CHAIN.scene(snapshot, CHAIN.axes(snapshot)[0], DARK)
    X = snapshot.spec.dataset.X[:, 0]
    for place, name in scene.y_ticks or ():
        if place <= 1.0:
            assert float(name) == pytest.approx(X.min() + place * np.ptp(X)) and float(name) == round(float(name))


def test_what_hardly_moves_is_not_said_to_rest() -> None:
    session = session_of(np.tile([0.0, 0.0, 1.0, 1.0], 40), HiddenMarkovModel(2), seed=1)
    said = CHAIN.sentence(walked(session, 2))
    for _ in range(600):
        if session.timeline.current.stop_reason is not None:
            break
        snapshot = walked(session, 2)
        said = CHAIN.sentence(snapshot)
        now, before = snapshot.trail[-1], snapshot.trail[-2]
        both = [(getattr(now, name), getattr(before, name)) for name in ("initial", "transition", "emission")]
        rests = all(np.array_equal(one, other) for one, other in both)
        assert ("no probability moved;" in said.lower()) == rests
    assert said


async def test_the_covariance_is_that_of_a_state_and_empty_lines_are_left_out() -> None:
    async with driving(choose("hmm_gaussian"), size=(80, 24)) as app:
        text = await app.press("e", "m", "4")
        assert "±σ" not in text  # the deviations belong to columns that are out of sight
        assert "±σ" in await app.press("full_stop", "full_stop", "full_stop", "full_stop")
        assert "covariance of state 1" in await app.press("d")


def test_no_line_of_a_table_is_empty_at_any_width() -> None:
    snapshot = catalogue("hmm_gaussian", 2)
    table = view_for("hmm").parameters(snapshot)
    for width in range(12, 90, 3):
        source = ParameterSource(table, 20)
        sheet = source.sheet(width, DARK)
        for cells in sheet.cells(range(sheet.n_rows)):
            texts = ["".join(t for t, _ in cell) if not isinstance(cell, str) else cell for cell in cells[1:]]
            assert any(text.strip() for text in texts)


# topics


async def test_the_words_of_a_topic_are_called_so_and_its_own_come_first() -> None:
    async with driving(choose("federalist"), size=(80, 24)) as app:
        text = await app.press("e", "m", "4", "d", "d", "d")
        assert "likeliest words of topic 3" in text and "covariance" not in text
        snapshot = app.snapshot
        table = view_for("topics").detail(snapshot, 2)
        assert table is not None and table.columns[0] == "3" and sorted(table.columns) == [str(k) for k in range(1, 9)]
        best = np.sort(snapshot.step.params.topics[2])[::-1][: len(table.rows)]
        np.testing.assert_allclose([float(row.cells[0].text) for row in table.rows], best, atol=5e-4)


# linkage, counts


@pytest.mark.parametrize("size", SIZES)
async def test_one_row_is_not_compared_with_k_means(size: tuple[int, int]) -> None:
    async with driving(choose("linkage"), size=size) as app:
        text = " ".join((await app.press("e", "v")).split())
        assert "data are one row" in text or "these data are" in text
        assert "linkage · iteration 1" in text and "K=1" not in text


def test_criteria_say_nothing_of_one_row() -> None:
    snapshot = catalogue("linkage", 2)
    assert not any("BIC" in str(line) for line in agreement_lines(snapshot, 40, DARK))
    assert "BIC" not in said_by_shell(choose("linkage"))
    assert any("BIC" in str(line) for line in agreement_lines(catalogue("deaths", 2), 40, DARK))
    assert model_heading(snapshot)[0].startswith("linkage · ")
    assert model_heading(catalogue("deaths", 2))[0].startswith("poisson K=2 · ")


@pytest.mark.parametrize("size", SIZES)
async def test_another_start_is_another_one_also_where_one_was_published(size: tuple[int, int]) -> None:
    async with driving(choose("deaths"), size=size) as app:
        published = app.snapshot.record.log_likelihood
        assert "start published" in app.text
        text = await app.press("R")
        drawn_one = app.snapshot.record.log_likelihood
        assert drawn_one != published and "start published" not in text
        assert command_of(app.snapshot.spec) == "emtui run deaths --model poisson -k 2 --start model --seed 1"
        again = choose("deaths", start_file="model", seed=1)
        assert walked(Session(again), 0).record.log_likelihood == drawn_one
        await app.send("R")
        assert app.snapshot.record.log_likelihood not in (drawn_one, published)


def test_another_start_keeps_the_training_rows_of_a_network() -> None:
    spec = choose("iris", model="mlp")
    other = started_anew(spec, 7)
    assert other.seed == 7 and split_of(other) is not None and split_of(spec) is not None
    np.testing.assert_array_equal(split_of(other).train, split_of(spec).train)


def test_rows_of_one_number_show_it() -> None:
    for source, shown in (("deaths", "deaths"), ("icecream", "ice creams"), ("coins", "heads")):
        snapshot = catalogue(source, 1)
        table = RowSource(snapshot, RowOrder(), None, ("1", "2"))
        sheet = table.sheet(40, DARK)
        place = [column.key for column in sheet.columns].index("value")
        assert sheet.columns[place].title == shown
        seen = [cells[place] for cells in sheet.cells(range(4))]
        assert seen == [f"{value:g}" for value in snapshot.spec.dataset.X[:4, 0]]
    several = RowSource(catalogue("iris", 1), RowOrder(), None, ("1", "2", "3"))
    assert "value" not in [column.key for column in several.columns(60, DARK)]


# the shell


def test_rows_of_a_report_are_named_after_what_they_are(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("x,y\n" + "\n".join(f"{i % 5},{(i * 7) % 11}" for i in range(40)))
    said = said_by_shell(choose(str(table), model="hmm", settings={"emission": "gaussian"}, max_iter=2))
    assert "transition    to 1" in said and "transition x" not in said and "mean x" in said
    table.write_text("s\n0\n2\n0\n1\n")
    said = said_by_shell(choose(str(table), model="hmm", max_iter=2))
    assert all(f"emission {v}" in said for v in (0, 1, 2)) and "emission 3" not in said
    assert "emission 1" in said_by_shell(choose("icecream", max_iter=1))
    assert "emission 0" not in said_by_shell(choose("icecream", max_iter=1))


def test_transitions_stand_in_the_report_from_row_to_column(tmp_path: Path) -> None:
    spec = choose("icecream", max_iter=2)
    said, last = said_by_shell(spec), walked(Session(spec), 4).step.params
    heads = next(line for line in said.splitlines() if line.startswith("transition"))
    assert heads.split() == ["transition", "to", "cold", "to", "hot", "stop", "expected", "stay"]
    for i, name in enumerate(("cold", "hot")):
        numbers = next(line for line in said.splitlines() if line.startswith(f"from {name} ")).split()[2:]
        expected = [*last.transition[i], last.stop[i], 1.0 / (1.0 - last.transition[i, i])]
        np.testing.assert_allclose([float(text) for text in numbers], expected, atol=6e-3)
    start = tmp_path / "kept.json"
    start.write_text('{"initial": [1, 0], "transition": [[1, 0], [0.5, 0.5]], "emission": [[0.5, 0.5], [0.5, 0.5]]}')
    table = tmp_path / "two.csv"
    table.write_text("s\n0\n1\n0\n1\n")
    said = said_by_shell(choose(str(table), model="hmm", start_file=str(start), max_iter=1))
    kept = next(line for line in said.splitlines() if line.startswith("from 1 "))
    assert kept.split()[2:] == ["1.0000", "0.0000", "inf"]


def test_the_head_of_a_run_says_where_it_starts_and_its_end_what_there_is() -> None:
    assert said_by_shell(choose("linkage", max_iter=1)).startswith("linkage 1×4 · linkage · start published · seed 0\n")
    said = said_by_shell(choose("bars", max_iter=1))
    assert "\nbound " in said and "log-likelihood -" not in said
    assert "the limit of 1 iteration was reached" in said


def test_a_class_of_a_single_row_is_named(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("x,c\n1,red\n2,red\n3,blue\n4,red\n")
    with pytest.raises(DataError, match="the class 'blue' has a single row"):
        split_of(chosen(str(table), model="mlp", label="c"))


async def test_no_number_of_the_headline_is_cut() -> None:
    async with driving(choose("hmm_gaussian"), size=(40, 16)) as app:
        await app.send("e", "m")
        seen = set()
        for width in range(40, 90, 3):
            words = (await app.resize(width, 16)).splitlines()[0].split()
            seen |= {word for word in words if word[:1].isdigit()} - {"0", "1", "43.3"}
        assert seen == {"300×2"}


def test_names_are_whole_where_that_costs_no_column() -> None:
    source = ParameterSource(view_for("mlp").parameters(catalogue("iris", 2, model="mlp")), 8)
    sheet = source.sheet(34, DARK)
    assert sheet.columns[0].width == len("petal length") and len(sheet.columns) == 4  # two units, and how many more
    assert all(sum(c.width + c.gap for c in source.sheet(w, DARK).columns) <= w + 1 for w in range(16, 90))
    papers = RowSource(catalogue("federalist", 1), RowOrder(), None, tuple(map(str, range(1, 9))))
    for width in range(24, 60):
        shown = papers.columns(width, DARK)
        assert shown[0].width >= min(16, width // 3)
        assert sum(column.width + column.gap for column in shown) - shown[0].gap <= width


def test_the_best_of_the_held_out_can_be_told_from_the_others() -> None:
    assert decimals_apart([-1.8331, -1.8422, -1.8335]) == 4
    assert decimals_apart([-1.83, -1.9]) == 3
    assert decimals_apart([-2.0, -2.0, -2.0]) == 6
    assert decimals_apart([math.nan, -1.0]) == 3 == decimals_apart([])


async def test_the_inputs_of_a_network_are_shortened_alike() -> None:
    async with driving(chosen("iris", model="mlp", standardize=True), size=(80, 24)) as app:
        lines = [line[1:14] for line in app.text.splitlines() if line[1:4] in ("sep", "pet")]
        assert [line[:6] for line in lines] == ["sep le", "sep wi", "pet le", "pet wi"]
        assert all(line[6] == " " and line[7:12].strip()[-3] == "." for line in lines)


# waiting


@pytest.mark.parametrize("size", SIZES)
async def test_a_step_that_takes_its_time_is_spoken_of(size: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    go, take = threading.Event(), Session.take

    def held(self: Session, *words: Any) -> Any:
        go.wait(60)
        return take(self, *words)

    async with driving(choose("icecream"), size=size) as app:
        monkeypatch.setattr(Session, "take", held)
        monkeypatch.setattr(SessionWorker, "_is_small", False)  # small steps are taken before a key is let go
        screen = explorer(app.app)
        await app.pilot.press("e")
        screen.stepping._ask_for_patience()
        await app.pilot.pause()
        assert "Computing this step…" in app.text
        go.set()
        await app.settle()
        assert "Computing" not in app.text and "State cold has 14.7 days" in app.text
        screen.stepping._ask_for_patience()  # nothing is under way: nothing is said of it
        await app.pilot.pause()
        assert "State cold has 14.7 days" in app.text


async def test_regions_that_are_not_there_yet_are_not_refused() -> None:
    async with driving(choose("xor", model="mlp", k=3)) as app:
        await app.send("e")
        screen = RegionsScreen(explorer(app.app).stepping)
        app.app.push_screen(screen)
        await app.pilot.pause()
        assert "choose the model mlp" not in app.text and "The regions are being computed" in app.text
        screen.show(app.snapshot)
        await app.pilot.app.workers.wait_for_complete()
        await app.settle()
        assert "iteration 1" in app.text or "test" in app.text
