"""Keys that are typed ahead, and numbers that are pasted, go into the field that the key before them opens."""

from __future__ import annotations

from pathlib import Path

import pytest
from bursts import burst, send_at_once
from driving import Driver, driving, explorer
from edit_host import by_hand, hand, point_at
from textual import events
from textual.widgets import Input

from emtui.application.app import EmtuiApp
from emtui.screens.dialogs.go_to import GoToScreen
from emtui.screens.edit.edit_screen import EditScreen
from emtui.screens.explore.explore import ExploreScreen
from emtui.settings.config import Config
from emtui.spec.choose import choose


async def test_go_to_and_a_number_and_enter_at_once() -> None:
    async with driving() as app:
        await app.send(*"nnnnnn")
        await burst(app, "g3⏎")
        assert isinstance(app.app.screen, ExploreScreen)
        assert (app.snapshot.step.iteration, app.snapshot.step.phase) == (3, "M")
        await burst(app, "g#11⏎bg1⏎e")  # a refusal between does no harm, and a dialog that closes eats no key
        assert app.snapshot.step.iteration == 2 and app.snapshot.step.phase == "E"
        await burst(app, "g11")
        assert isinstance(app.app.screen, GoToScreen)
        assert app.app.screen.query_one(Input).value == "11"


@pytest.mark.parametrize("number", ["147", "-6.25"])
async def test_a_number_typed_ahead_is_whole_where_a_parameter_is_set_by_hand(number: str) -> None:
    async with by_hand() as app:
        await point_at(app, "means[1,2]")
        await burst(app, number)
        assert hand(app).query_one("#field", Input).value == number
        await burst(app, "⏎")
        assert hand(app).edit is not None and hand(app).entry is not None
        assert hand(app).edit.value(hand(app).entry) == float(number)


async def test_the_screen_the_row_and_its_number_in_one_burst() -> None:
    async with driving() as app:
        await burst(app, "nE6.25")
        assert isinstance(app.app.screen, EditScreen)
        assert app.app.screen.query_one("#field", Input).value == "6.25"
        await burst(app, "⎋⇥147⏎")
        assert hand(app).subject == "rows" and hand(app).chosen_row == hand(app).weights.row_called("147")


async def test_a_number_pasted_is_written_into_the_field() -> None:
    async with by_hand() as app:
        await point_at(app, "means[1,2]")
        app.app.post_message(events.Paste("6.25\n"))
        await app.settle()
        assert hand(app).query_one("#field", Input).value == "6.25"
    async with driving() as app:
        await app.send(*"nnnn")
        send_at_once(app, "g")
        app.app.post_message(events.Paste("2"))
        await burst(app, "⏎")
        assert app.snapshot.step.iteration == 2


async def test_a_path_and_a_name_typed_ahead(tmp_path: Path) -> None:
    async with driving() as app:
        await app.send("n")
        send_at_once(app, "o")
        await burst(app, "/no/such/file.csv")
        assert any(field.value == "/no/such/file.csv" for field in app.app.screen.query(Input))
        await app.send("escape")
        app.app.post_message(events.Key("ctrl+s", None))
        await burst(app, "my work")
        assert any(field.value.endswith("my work") for field in app.app.screen.query(Input))


async def test_steps_typed_ahead_are_all_taken_and_a_pane_gets_the_keys_after_its_digit() -> None:
    async with driving() as app:
        await burst(app, "ememem")
        assert app.snapshot.step.iteration == 3
        send_at_once(app, "3s")
        await app.settle()
        from emtui.panes.rows.predictions import RowsPane

        assert explorer(app.app).query_one(RowsPane).order.by != "data"


async def test_keys_typed_before_the_first_frame_count() -> None:
    app = EmtuiApp(choose("iris"), Config(autosave=False))
    async with app.run_test(size=(120, 40)) as pilot:
        for key in "eme":
            app.post_message(events.Key(key, key))
        await pilot.pause()
        driver = Driver(app, pilot)
        for _ in range(40):
            await driver.settle()
            if driver.snapshot is not None and driver.snapshot.step.iteration == 2:
                break
            await pilot.pause(0.05)
        assert (driver.snapshot.step.iteration, driver.snapshot.step.phase) == (2, "E")
