"""The panes with numbers at any size, and the parameters."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from pane_host import SIZES, Host, border, box, hostile, iris, many_rows, table_of, taken
from screen_text import screen_lines, screen_text

from emtui.charts.colors import DARK
from emtui.panes.agreement.agreement import AgreementPane
from emtui.panes.parameters.parameter_table import ParameterSource
from emtui.panes.parameters.parameters import ParametersPane
from emtui.panes.rows.responsibilities import ResponsibilitiesPane
from emtui.session.session import Session
from emtui.spec.choose import choose
from emtui.views import view_for
from emtui.widgets.table_columns import plain

# every pane


@pytest.mark.parametrize("make", [ResponsibilitiesPane, ParametersPane, AgreementPane])
async def test_any_size_any_step_any_data(make):
    snapshots = [iris(0), iris(1), iris(2), iris(3, k=12), taken(Session(choose("coins")), 4), hostile(), many_rows()]
    snapshots.append(taken(Session(choose("iris", model="kmeans")), 3))
    app = Host(make(id="pane"))
    async with app.run_test(size=(80, 24)) as pilot:
        for turn, size in enumerate([*SIZES, (10, 3)]):
            await pilot.resize_terminal(*size)
            for place, snapshot in enumerate(snapshots):
                app.pane.show(snapshot, 3)
                await pilot.pause()
                if place == turn:
                    table_of(app).focus()
                    await pilot.press("s", "S", "u", "d", "full_stop", "comma", "down", "greater_than_sign")
                text = screen_text(app)
                assert "\x1b" not in text
                assert "\x07" not in text
                assert "nan" not in text


@pytest.mark.parametrize("make", [ResponsibilitiesPane, ParametersPane, AgreementPane])
async def test_a_pane_shown_before_it_is_mounted_is_drawn_when_it_is(make):
    pane = make(id="pane")
    pane.show(iris(3))
    app = Host(pane)
    async with app.run_test(size=(60, 14)) as pilot:
        await pilot.pause()
        assert "● 1" in screen_text(app) or "●1" in screen_text(app)


@pytest.mark.parametrize("make", [ResponsibilitiesPane, ParametersPane, AgreementPane])
async def test_sixteen_colours_are_enough(make):
    app = Host(make(id="pane"))
    app.theme = "ansi-dark"
    async with app.run_test(size=(60, 14)) as pilot:
        app.pane.show(iris(4), 1)
        await pilot.pause()
        assert re.search("● ?1", screen_text(app))
        strips = [table_of(app).render_line(y) for y in range(6)]
        styles = [segment.style for strip in strips for segment in strip if segment.style]
        assert all(style.color is None or style.color.triplet is None for style in styles)
        if make is ResponsibilitiesPane:
            assert any(style.reverse for style in styles)


# parameters


def numbers_on(lines: list[str]) -> list[str]:
    return re.findall(r"[▲▼]?−?\d*\.\d+(?:e[+−]\d+)?|[▲▼]\d+", "\n".join(lines))


@pytest.mark.parametrize("size", SIZES[1:])
@pytest.mark.parametrize("source", ["iris", "wine", "coins"])
async def test_parameters_are_never_cut_in_mid_number(size, source):
    snapshot = taken(Session(choose(source)), 4)
    table = view_for(snapshot.spec.model).parameters(snapshot)
    cells = [cell for row in table.rows for cell in row.cells]
    whole = {cell.text.strip() for cell in cells} | {cell.delta for cell in cells}
    whole |= {delta.replace("0.", ".", 1) for delta in whole if delta[1:3] == "0."}
    app = Host(ParametersPane(id="pane"))
    async with app.run_test(size=size) as pilot:
        app.pane.show(snapshot)
        await pilot.pause()
        shown = numbers_on(box(app))
        assert shown
        assert set(shown) <= whole


async def test_changes_stand_beside_below_or_as_arrows_as_there_is_room():
    snapshot = iris(4)
    app = Host(ParametersPane(id="pane"))
    weight = view_for(snapshot.spec.model).parameters(snapshot).rows[0].cells[0]
    assert weight.direction != 0
    async with app.run_test(size=(120, 20)) as pilot:
        app.pane.show(snapshot)
        await pilot.pause()
        assert f"{weight.text.strip()} {weight.delta}" in box(app)[1]
        await pilot.resize_terminal(60, 20)
        await pilot.pause()
        assert weight.text.strip() in box(app)[1]
        assert weight.delta in box(app)[2]
        await pilot.resize_terminal(42, 10)
        await pilot.pause()
        assert f"{weight.text.strip()}{weight.delta[0]}" in box(app)[1]
        assert weight.delta not in screen_text(app)


async def test_at_the_start_there_are_no_changes():
    app = Host(ParametersPane(id="pane"))
    async with app.run_test(size=(80, 20)) as pilot:
        app.pane.show(iris(0))
        await pilot.pause()
        assert "▼" not in screen_text(app)
        assert "last M-step" not in border(app)


async def test_units_are_turned_where_the_data_were_standardised():
    snapshot = iris(4, standardize=True)
    data, params = snapshot.spec.dataset, snapshot.step.params
    app = Host(ParametersPane(id="pane"))
    async with app.run_test(size=(120, 20)) as pilot:
        app.pane.show(snapshot)
        table_of(app).focus()
        await pilot.pause()
        assert "data units" in border(app)
        own = float(data.units.to_original(params.means)[0, 0])
        assert f"{own:.3f}" in box(app)[1]
        await pilot.press("u")
        assert "standard units" in border(app)
        standard = f"{abs(params.means[0, 0]):.3f}"
        assert standard in box(app)[1]
        app.pane.show(iris(4))
        await pilot.press("u")
        assert "units" not in border(app)


async def test_d_lists_the_covariances_of_one_component_after_another():
    snapshot = iris(4)
    app = Host(ParametersPane(id="pane"))
    async with app.run_test(size=(120, 20)) as pilot:
        app.pane.show(snapshot)
        table_of(app).focus()
        await pilot.press("d", "d")
        assert "covariance of component 2" in screen_lines(app)[0]
        covariance = snapshot.step.params.covariances[1]
        for line, row in zip(box(app)[1:], covariance, strict=False):
            values = [float(text.replace("−", "-")) for text in re.findall(r"(?<![▲▼.\d])−?\d*\.\d+", line)]
            assert values == pytest.approx(row.tolist(), abs=2e-3)
        await pilot.press("d", "d")
        assert "covariance" not in screen_lines(app)[0]


async def test_all_columns_can_be_reached_in_a_narrow_pane():
    snapshot = iris(4)
    app = Host(ParametersPane(id="pane"))
    async with app.run_test(size=(26, 10)) as pilot:
        app.pane.show(snapshot)
        table_of(app).focus()
        await pilot.pause()
        seen = set(numbers_on(box(app)))
        assert "+" in box(app)[0]
        for _ in range(5):
            await pilot.press("full_stop")
            seen |= set(numbers_on(box(app)))
            assert re.search(r"columns? [\d–]+ of 5", border(app))
        wanted = view_for(snapshot.spec.model).parameters(snapshot).rows[0].cells
        assert {cell.text.strip() for cell in wanted} <= seen


@pytest.mark.parametrize("source", ["iris", "old_faithful", "wine", "deaths", "icecream"])
def test_heads_keep_their_words_from_step_to_step(source):
    # states by their numbers: a longer name gives way where a number beside it needs one more cell
    spec = choose(source)
    session = Session(replace(spec, start=None) if source == "icecream" else spec)
    seen: dict[tuple[int, int], set[tuple[str, ...]]] = {}
    for _ in range(5):
        snapshot = session.snapshot()
        table = view_for(snapshot.spec.model).parameters(snapshot)
        for size in ((38, 12), (52, 9), (74, 20), (110, 30)):
            columns = ParameterSource(table, size[1]).sheet(size[0], DARK).columns
            seen.setdefault(size, set()).add(tuple(plain(column.title).strip() for column in columns))
        session.take()
    assert {size: len(heads) for size, heads in seen.items()} == dict.fromkeys(seen, 1), seen
