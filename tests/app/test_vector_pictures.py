"""Pictures for slides and papers: what stands in the SVG and the PDF, and that they are the same bytes every time."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from html import escape
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from walking import walked

from emtui.charts.heatmap import Matrix
from emtui.charts.network_diagram import NetworkDiagram
from emtui.charts.pair_grid import Notes, PairGrid
from emtui.charts.scene import Bars, Curve, Dots, Ellipse, HLine, Mark, Scene
from emtui.charts.unit_layers import SecondValue, UnitLayer
from emtui.exports.pages.step_page import step_page
from emtui.exports.picture_look import Look
from emtui.exports.pictures import fonts
from emtui.exports.pictures.chart_plots import diagram_plot, matrix_plot, pair_plots
from emtui.exports.pictures.figure import MOST_VECTORS, PRINT, figure_bytes
from emtui.exports.pictures.fonts import Fallback, fallback_for
from emtui.exports.pictures.scene_plot import plot_of
from emtui.exports.pictures.session_pictures import curves_file, picture_file
from emtui.exports.pictures.shapes import Line, Sheet
from emtui.exports.pictures.step_sheets import curve_plots, picture_sheet
from emtui.views import view_for
from emtui.views.curve_scenes import accuracy_scene
from engine.errors import EngineError

SVG = "{http://www.w3.org/2000/svg}"


def parsed(svg: bytes) -> ElementTree.Element:
    return ElementTree.fromstring(svg)


def texts(root: ElementTree.Element) -> list[str]:
    """Every piece of text, with its own spaces."""
    return ["".join(one.itertext()).replace("\N{NO-BREAK SPACE}", " ") for one in root.iter(f"{SVG}text")]


def markers(root: ElementTree.Element) -> int:
    """Drawn in collections of points, which the ticks and the legend are not in."""
    of_points = [g for g in root.iter(f"{SVG}g") if g.get("id", "").startswith("PathCollection")]
    used, defined, all_paths = (
        sum(len(g.findall(path)) for g in of_points)
        for path in (f".//{SVG}use", f".//{SVG}defs/{SVG}path", f".//{SVG}path")
    )
    return used + all_paths - defined


def svg_of(scene: Scene) -> ElementTree.Element:
    return parsed(figure_bytes(Sheet("title", [[plot_of(scene, PRINT)]]), "svg"))


def test_long_names_go_on_in_another_line() -> None:
    scene = Scene([Dots(np.arange(3.0), np.arange(3.0))], x_label="x", y_label=60 * "y")
    plots = [plot_of(scene, PRINT, title=" ".join(["title"] * 9)), plot_of(scene, PRINT)]
    alone = texts(svg_of(scene))
    assert 60 * "y" not in alone and 60 * "y" in "".join(alone)
    said = texts(parsed(figure_bytes(Sheet("two", [plots]), "svg")))
    assert [len(text.split()) for text in said if text.startswith("title")] == [6, 3]


def test_the_data_picture_has_every_row_and_mean_axes_legend_and_title() -> None:
    root = parsed(b"".join(picture_file(walked("iris", 5), "svg")))
    said = texts(root)
    assert markers(root) == 150 + 3
    assert {"petal length", "petal width", "1", "2", "3"} <= set(said)
    assert said.count("iris 150×4 · gmm K=3 full · iteration 3 · E") == 1
    curved = [path.get("d", "") for path in root.iter(f"{SVG}path") if path.get("d", "").count("C ") == 4]
    assert len(curved) >= 6  # two ellipses a component, as curves
    assert "font-family" in ElementTree.tostring(root, encoding="unicode")


def test_the_curves_have_a_picture_each_and_the_line_of_k_means_lies_in_its_own() -> None:
    session = walked("iris", 5)
    assert session.baseline is not None
    said = texts(parsed(b"".join(curves_file(session, "svg"))))
    assert {"log-likelihood and bound", "KL(q ‖ posterior)", "accuracy", "iteration", "k-means", "EM"} <= set(said)
    accuracy = curve_plots(session.snapshot(), PRINT)[-1]
    lines = [shape for shape in accuracy.shapes if isinstance(shape, Line) and shape.behind]
    (level,) = (line.y[0] for line in lines if line.x[0] != line.x[1])
    assert 0.0 < level < 1.0


@pytest.mark.parametrize("ending", ["svg", "pdf"])
def test_the_same_picture_is_the_same_bytes_and_has_no_date(ending: str) -> None:
    session = walked("coins", 3)
    first, again = (b"".join(picture_file(session, ending)) for _ in range(2))  # type: ignore[arg-type]
    assert first == again
    assert not re.search(rb"CreationDate|ModDate|dc:date", first)
    assert first.startswith(b"%PDF" if ending == "pdf" else b"<?xml")


def test_settings_of_ones_own_for_matplotlib_change_nothing() -> None:
    import matplotlib

    session = walked("coins", 3)
    before = b"".join(picture_file(session, "svg"))
    with matplotlib.rc_context({"font.size": 30, "svg.fonttype": "path", "axes.facecolor": "red"}):
        assert b"".join(picture_file(session, "svg")) == before
        assert matplotlib.rcParams["font.size"] == 30  # and they are as they were


def test_text_from_data_is_text() -> None:
    hostile = "<script>alert(1)</script> $x^2$ & \x1b[31m\x07"
    scene = Scene([Dots([1.0, 2.0], [1.0, 2.0], label="$\\alpha$")], hostile, "]]>", title="$\\frac{")
    root = svg_of(scene)
    assert "<script>alert(1)</script> $x^2$ & [31m" in texts(root)
    assert {"]]>", "$\\alpha$", "$\\frac{"} <= set(texts(root))
    assert not list(root.iter(f"{SVG}script"))


def test_many_points_are_an_image_and_that_is_said() -> None:
    draw = np.random.default_rng(0).normal(size=(2, 2 * MOST_VECTORS))
    svg = figure_bytes(Sheet("many", [[plot_of(Scene([Dots(draw[0], draw[1])]), PRINT)]]), "svg")
    root = parsed(svg)
    assert markers(root) == 0 and len(list(root.iter(f"{SVG}image"))) == 1 and len(svg) < 1_000_000
    assert any("10,000 points are drawn as an image" in said for said in texts(root))


def test_values_of_any_size_and_none_at_all_are_drawn() -> None:
    x = np.array([1e300, 2e300, np.nan, np.inf])
    drawn = svg_of(
        Scene(
            [Dots(x, -x), Curve(x, -x, (1, 2, 3)), Ellipse(np.zeros(2), np.full((2, 2), np.nan)), Mark(1e300, -1e300)]
        )
    )
    assert markers(drawn) == 3 and any("×1e300" in said for said in texts(drawn))
    assert "nothing yet" in texts(svg_of(Scene(empty="nothing yet")))
    flat = svg_of(Scene([Bars(np.arange(3.0), np.zeros(2)), HLine(np.nan)]))
    assert flat is not None


def test_a_rows_left_out_sign_and_every_marker_has_a_form() -> None:
    signs = ("●", "■", "▲", "◆", "★", "▼", "○", "□", "△", "◇", "☆", "▽", "×", "✗", "•")
    place = np.arange(len(signs), dtype=float)
    root = svg_of(Scene([Dots(place, place, marker=signs, marker_index=place.astype(np.int64)), Mark(3, 3, "✎")]))
    assert markers(root) == len(signs) and "✎" in texts(root)


@pytest.mark.parametrize("name", ["digits_binary", "icecream", "federalist", "linkage", "xor"])
def test_every_kind_of_model_has_a_picture(name: str) -> None:
    snapshot = walked(name, 2).snapshot()
    for axes in view_for(snapshot.spec.model).axes(snapshot)[:2]:
        sheet = picture_sheet(snapshot, PRINT, Look(axes))
        assert all(plot.shapes for row in sheet.plots for plot in row), axes


def test_a_network_has_its_diagram_and_its_decision_regions() -> None:
    snapshot = walked("iris", 2, model="mlp").snapshot()
    offered = view_for(snapshot.spec.model).axes(snapshot)
    for axes, words in ((offered[0], "petal width"), (offered[1], "virginica")):
        said = texts(parsed(figure_bytes(picture_sheet(snapshot, PRINT, Look(axes)), "svg")))
        assert any(words in one for one in said), axes


def test_heat_maps_and_pairs_are_drawn_as_boxes_and_points() -> None:
    matrix = Matrix(np.array([[0.1, np.nan], [0.3, 0.4]]), (" 2", "▸3"), ("▾0.1", "1"), ".2f", "units╲rate")
    said = texts(parsed(figure_bytes(Sheet("sweep", [[matrix_plot(matrix, PRINT, "EM")]]), "svg")))
    assert {"0.10", "–", "0.40", "2", "3", "0.1", "units", "rate", "EM"} <= set(said)
    dots = Scene([Dots([0.0, 1.0], [0.0, 1.0])])
    scale = plot_of(dots, PRINT)
    assert scale.x_ticks.labels
    from emtui.charts.axes import make_scale

    note = Notes(((("all  .50", (0, 0, 0)),),))
    grid = PairGrid(("a", "b"), [make_scale(0.0, 1.0)] * 2, [[dots, note], [dots, dots]])
    root = parsed(figure_bytes(Sheet("pairs", pair_plots(grid, PRINT), joined=True), "svg"))
    assert markers(root) == 6 and {"a", "b", "all  .50"} <= set(texts(root))


def test_without_the_library_a_sentence_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [one for one in sys.modules if one.split(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(EngineError, match=r"emtui\[pictures\]"):
        list(picture_file(walked("coins", 1), "pdf"))


def test_fewer_rows_than_there_are_is_said() -> None:
    snapshot = walked("old_faithful", 1).snapshot()
    few = replace(snapshot, rows=snapshot.rows[:100], responsibilities=snapshot.responsibilities[:100])
    assert "100 of 272 rows are drawn, evenly from all." in picture_sheet(few, PRINT).notes


def test_the_pictures_are_not_in_the_engine() -> None:
    import subprocess

    code = "import sys, emtui.exports.pictures.step_sheets; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2]).returncode == 0


def test_the_axis_of_an_accuracy_that_never_changes_ends_at_one() -> None:
    snapshot = walked("iris", 3).snapshot()
    perfect = replace(snapshot, baseline=None, records=[replace(one, hits=150) for one in snapshot.records])
    scene = accuracy_scene(perfect, PRINT)
    assert scene.y_range == (0.9, 1.0)
    assert "1.1" not in plot_of(scene, PRINT).y_ticks.labels and "1.00" in plot_of(scene, PRINT).y_ticks.labels
    assert accuracy_scene(snapshot, PRINT).y_range is None


def test_an_axis_far_from_zero_says_what_is_added_to_its_ticks() -> None:
    far = Scene([Dots(np.array([0.0, 1.0, 2.0]), -192277.73 + 1e-6 * np.arange(3.0))], "a", "objective")
    plot = plot_of(far, PRINT)
    assert plot.y_label == f"objective: {plot.y_ticks.note}…" and re.fullmatch(
        r"−192277.7\d+ \+ 1e−\d·", plot.y_ticks.note
    )
    whole = plot_of(Scene([Dots(np.arange(3.0), 1e8 + np.arange(3.0))], "a", "b"), PRINT)
    assert whole.y_label == "b: 1e8 + …" and "0.0" not in whole.y_label
    near = plot_of(Scene([Dots(np.arange(3.0), np.arange(3.0) * 1e150)], "a", "b"), PRINT)
    assert (near.x_label, near.y_label) == ("a", "b ×1e150")
    nameless = plot_of(replace(far, y_label=""), PRINT)
    assert nameless.y_label == f"{plot.y_ticks.note}…"


def test_letters_that_the_usual_fonts_lack_are_taken_from_an_installed_one_or_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def sheet(text: str) -> Sheet:
        return Sheet(text, [[plot_of(Scene([Dots(np.arange(3.0), np.arange(3.0))], text), PRINT)]])

    assert fallback_for(sheet("petal length − ▲ αβ → ½")) == Fallback()
    with monkeypatch.context() as bare:
        bare.setattr(fonts, "_installed", lambda: iter([("DejaVu Sans", fonts._path_of("DejaVu Sans"))]))
        found = fallback_for(sheet("花 αβ 瓣"))
        assert (found.families, found.missing) == ((), "瓣花") and "has U+74E3, U+82B1: drawn as boxes" in found.note
        assert found.note.isascii()
        svg = figure_bytes(sheet("花"), "svg").decode()
        assert "花" in svg and "No installed font" not in svg
    cjk = fallback_for(sheet("花瓣"))
    assert bool(cjk.families) != bool(cjk.missing)  # on a machine with such a font, and on one without
    style = figure_bytes(sheet("花瓣"), "svg").decode()
    assert "花瓣" in style and all(family in style for family in cjk.families)


def test_a_dotted_outline_covers_no_more_of_a_marker_than_its_dots() -> None:
    root = svg_of(Scene([Dots(np.arange(3.0), np.arange(3.0)), Ellipse(np.ones(2), np.eye(2), style="dotted")]))
    halo, line = (path.get("style", "") for path in root.iter(f"{SVG}path") if path.get("d", "").count("C ") == 4)
    gaps = [re.search(r"stroke-dasharray: ([\d.]+),([\d.]+)", style) for style in (halo, line)]
    dots = [[float(part) for part in gap.groups()] for gap in gaps if gap is not None]
    assert len(dots) == 2 and dots[0] == pytest.approx(dots[1], rel=1e-3)


def test_curves_are_named_by_what_is_drawn() -> None:
    def names(source: str) -> list[str]:
        return [plot.title for plot in curve_plots(walked(source, 5).snapshot(), PRINT)]

    assert names("bars")[:1] == ["bound"] and not any(name.startswith("KL") for name in names("bars"))
    assert names("iris")[:2] == ["log-likelihood and bound", "KL(q ‖ posterior)"]
    assert names("coins")[0] == "log-likelihood and bound"


def test_a_picture_by_itself_has_no_sign_of_a_cursor_and_says_which_rows_it_draws() -> None:
    session = walked("iris", 4, model="mlp", k=2)
    snapshot = session.snapshot()
    view = view_for(snapshot.spec.model)
    axes = next(axes for axes in view.axes(snapshot) if axes.is_slice)
    sheet = picture_sheet(snapshot, PRINT, Look(axes=axes))
    said = " ".join(sheet.notes)
    assert "held: sepal length" in said and "▸" not in said
    page = "".join(step_page(session, Look(axes=axes)))
    assert all(escape(note) in page for note in sheet.notes[1:]) and "test rows" in page and "▸" not in page


def test_the_lines_of_a_network_begin_after_the_values_beside_its_units() -> None:
    def begin(one: str, other: str) -> float:
        full = np.array([1.0])
        ends = [UnitLayer(name, (name,), (".5",), full, 1) for name in "xy"]
        hidden = UnitLayer("u", ("a",), (one,), full, 1, SecondValue("E[z]", (other,), full))
        plot = diagram_plot(NetworkDiagram([ends[0], hidden, ends[1]], [np.ones((1, 1))] * 2), PRINT)
        return max(float(line.x[0]) for line in plot.shapes if isinstance(line, Line))

    assert begin("1.00", "1.00") - begin("1", "1") > 0.05
    assert begin("1.00", "1.00") > 0.52 + 0.0105 * len("1.00 → 1.00")
