"""The responsibilities as they stand on the screen."""

from __future__ import annotations

import re

import numpy as np
import pytest
from pane_host import Host, border, box, converged, hostile, iris, many_rows, table_of
from screen_text import screen_lines, screen_text

from emtui.panes.rows.responsibilities import ResponsibilitiesPane
from emtui.panes.rows.row_order import RowOrder
from emtui.widgets.paged_table import LineTable


async def test_before_the_first_e_step_a_sentence_says_what_to_press():
    app = Host(ResponsibilitiesPane(id="pane"))
    async with app.run_test(size=(60, 14)) as pilot:
        app.pane.show(iris(0))
        await pilot.press("s", "S", "down")
        assert "No responsibilities yet: press e." in screen_text(app)
        assert app.chosen == []


async def test_the_table_shows_the_responsibilities_of_the_frame():
    snapshot = iris(5)
    app = Host(ResponsibilitiesPane(id="pane"))
    async with app.run_test(size=(60, 24)) as pilot:
        app.pane.show(snapshot)
        await pilot.pause()
        head, first, *_ = box(app)[2:]
        assert head.split() == ["row", "●1", "■2", "▲3", "class"]
        shares = [f"{value:.2f}".replace("0.", ".") for value in snapshot.responsibilities[0]]
        assert first.split()[2:] == [*shares, "setosa"]
        assert "1–19 of 150 · in order" in border(app)
        assert "last E-step" not in border(app)


async def test_after_an_m_step_the_border_says_whose_responsibilities_they_are():
    app = Host(ResponsibilitiesPane(id="pane"))
    async with app.run_test(size=(60, 24)) as pilot:
        app.pane.show(iris(6))
        await pilot.pause()
        assert "of the last E-step" in border(app)


async def test_wrong_and_uncertain_rows_are_marked_and_no_others():
    snapshot = converged()
    app = Host(ResponsibilitiesPane(id="pane"))
    async with app.run_test(size=(60, 160)) as pilot:
        app.pane.show(snapshot)
        await pilot.pause()
        lines = {int(line.split()[0]) - 1: line for line in box(app)[3:] if line.strip()}
        assert len(lines) == 150
        wrong = {row for row, line in lines.items() if "✗" in line}
        unsure = {row for row, line in lines.items() if "!" in line}
        assert snapshot.agreement is not None
        assert len(wrong) == 5 == snapshot.agreement.total - snapshot.agreement.hits
        assert unsure == set(np.flatnonzero(snapshot.responsibilities.max(axis=1) < 0.8).tolist())


async def test_s_walks_through_the_orders_and_each_is_one():
    snapshot = iris(5)
    R, y = snapshot.responsibilities, snapshot.spec.dataset.y
    app = Host(ResponsibilitiesPane(id="pane"))
    async with app.run_test(size=(60, 24)) as pilot:
        pane = app.pane
        pane.show(snapshot)
        table_of(app).focus()
        seen = []
        for _ in range(7):
            rows = pane.source.rows(range(150))
            assert sorted(rows.tolist()) == list(range(150))
            seen.append((pane.order.by, pane.order.component, rows))
            await pilot.press("s")
        assert [one[:2] for one in seen] == [
            ("row", 0),
            ("uncertainty", 0),
            ("component", 0),
            ("component", 1),
            ("component", 2),
            ("class", 0),
            ("row", 0),
        ]
        assert np.all(np.diff(R.max(axis=1)[seen[1][2]]) >= 0)
        for k in range(3):
            assert np.all(np.diff(R[seen[2 + k][2], k]) <= 0)
        assert np.all(np.diff(y[seen[5][2]]) >= 0)
        before = pane.source.rows(range(150)).tolist()
        await pilot.press("S")
        assert pane.source.rows(range(150)).tolist() == before[::-1]
        assert "reversed" in border(app)


async def test_a_click_on_a_head_sorts_and_a_second_turns_it_round():
    app = Host(ResponsibilitiesPane(id="pane"))
    async with app.run_test(size=(60, 24)) as pilot:
        app.pane.show(iris(5))
        await pilot.pause()
        head = box(app)[2]
        await pilot.click(LineTable, offset=(head.index("■2"), 0))
        assert app.pane.order == RowOrder("component", 1)
        assert "by component 2" in border(app)
        await pilot.click(LineTable, offset=(head.index("■2"), 0))
        assert app.pane.order == RowOrder("component", 1, reverse=True)
        await pilot.click(LineTable, offset=(head.index("class"), 0))
        assert app.pane.order == RowOrder("class")
        await pilot.click(LineTable, offset=(1, 0))
        assert app.pane.order == RowOrder()


async def test_choosing_a_row_says_which_row_of_the_data_it_is():
    snapshot = iris(5)
    app = Host(ResponsibilitiesPane(id="pane"))
    async with app.run_test(size=(60, 24)) as pilot:
        app.pane.show(snapshot)
        table_of(app).focus()
        await pilot.press("s", "down")
        assert app.chosen == [int(np.argmin(snapshot.responsibilities.max(axis=1)))]
        await pilot.click(LineTable, offset=(2, 4))
        assert app.chosen[1] == int(app.pane.source.rows(range(3, 4))[0])
        assert f"row {app.chosen[1] + 1}" in screen_lines(app)[0]
        await pilot.click("HeatStrip", offset=(57, 0))
        assert app.chosen[2] in app.pane.source.rows(range(57 * 150 // 58, 150))


async def test_a_row_chosen_elsewhere_is_scrolled_to_and_followed_through_a_sort():
    snapshot = iris(5)
    app = Host(ResponsibilitiesPane(id="pane"))
    async with app.run_test(size=(60, 12)) as pilot:
        app.pane.show(snapshot)
        await pilot.pause()
        app.pane.show(snapshot, 120)
        await pilot.pause()
        assert any(line.split()[:1] == ["121"] for line in box(app))
        table_of(app).focus()
        await pilot.press("s")
        assert any(line.split()[:1] == ["121"] for line in box(app))
        assert app.chosen == []


async def test_of_very_many_rows_all_are_listed_but_only_those_drawn_are_sorted():
    many = many_rows()
    app = Host(ResponsibilitiesPane(id="pane"))
    async with app.run_test(size=(60, 16)) as pilot:
        app.pane.show(many)
        table_of(app).focus()
        await pilot.press("greater_than_sign")
        assert app.chosen == [119_999]
        assert "of 120,000" in border(app)
        last = many.responsibilities_of(np.array([119_999]))[0]
        assert f"{last.max():.2f}".replace("0.", ".") in box(app)[-1]
        await pilot.press("s", "less_than_sign")
        assert "of 100,000 drawn" in border(app)
        surest = many.responsibilities.max(axis=1).min()
        row = app.chosen[-1]
        assert many.responsibilities_of(np.array([row]))[0].max() == pytest.approx(surest, abs=1e-12)
        undrawn = int(np.setdiff1d(np.arange(120_000), many.rows)[0])
        app.pane.show(many, undrawn)  # not among the sorted: no cursor, no complaint
        await pilot.pause()
        assert table_of(app).cursor is None


async def test_components_that_do_not_fit_are_counted_and_can_be_reached():
    snapshot = iris(3, k=12)
    app = Host(ResponsibilitiesPane(id="pane"))
    async with app.run_test(size=(40, 12)) as pilot:
        app.pane.show(snapshot)
        table_of(app).focus()
        await pilot.pause()
        assert re.search(r"●1 .*\+\d+", box(app)[2])
        await pilot.press(*["full_stop"] * 12)
        assert "▽12" in box(app)[2]
        app.pane.show(iris(3))
        await pilot.pause()
        assert "●1" in box(app)[2]


async def test_names_from_the_data_are_text_and_nothing_else():
    app = Host(ResponsibilitiesPane(id="pane"))
    async with app.run_test(size=(70, 16)) as pilot:
        app.pane.show(hostile(), 0)
        await pilot.pause()
        text = screen_text(app)
        assert "[bold]x 0" in screen_lines(app)[0]
        assert "[bold]x" in box(app)[3]
        assert "漢字" in text
        assert "\x1b" not in text
