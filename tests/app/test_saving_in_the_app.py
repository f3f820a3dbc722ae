"""ctrl+s in the app, and a session opened there again: everything stands as it stood."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import msgspec
import pytest
from choosing import chosen
from driving import Driver, driving, explorer
from textual.widgets import Input

from emtui.screens.dialogs.save_dialog import SaveScreen
from emtui.screens.dialogs.yes_no import YesNoScreen
from emtui.session.messages import SessionSaved, WorkerMessage
from emtui.session.saved.file_text import read_session_file, text_of
from emtui.session.saved.opening import reopen
from emtui.session.saved.saving import save, session_as_file
from emtui.session.saved.session_file import View
from emtui.session.session import Session
from emtui.session.worker import SessionWorker
from emtui.spec.run_spec import RunSpec

NETWORK = {"model": "mlp", "k": 3, "standardize": True}


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


async def saved(driver: Driver) -> Path:
    """Save under the name that is offered."""
    await driver.send("ctrl+s")
    assert isinstance(driver.app.screen, SaveScreen)
    name = driver.app.screen.query_one("#path", Input).value
    await driver.send("enter")
    assert f"Saved: {Path(name).resolve()}" in " ".join(driver.text.replace("│", " ").split()) or Path(name).is_file()
    return Path(name)


async def standing(driver: Driver) -> list[str]:
    """The screen but for the sentence, which keeps the height that it once needed."""
    explorer(driver.app).say("words " * 200)
    await driver.settle()
    await driver.send("left", "right")
    return driver.text.splitlines()[:-4]


def focused(driver: Driver) -> str | None:
    """The pane that has the focus."""
    return next((pane.id for pane in explorer(driver.app)._panes.panes if pane.has_focus_within), None)


@pytest.mark.parametrize(
    ("spec", "keys", "size"),
    [
        (chosen("iris"), "n n e left left left m a a 3 s s down down 2 d 9 d d p p", (120, 40)),
        (chosen("iris", **NETWORK), "n n 2 d i i s 3 H s 1 a a s H", (120, 40)),  # type: ignore[arg-type]
        (chosen("old_faithful", standardize=True), "n R n b 8 p p 4 d u", (80, 24)),
        (chosen("coins"), "n e 3 S z", (80, 24)),
    ],
    ids=["rows", "network", "parameters", "zoomed"],
)
async def test_it_opens_exactly_there(spec: RunSpec, keys: str, size: tuple[int, int]) -> None:
    async with driving(spec, size=size) as driver:
        await driver.send(*keys.split())
        path = await saved(driver)
        focus, before = focused(driver), await standing(driver)
    async with driving(reopen(path), size=size) as driver:
        await driver.settle()
        assert focused(driver) == focus
        assert await standing(driver) == before
        view = explorer(driver.app)._view()
        assert view == read_session_file(path).file.view


async def test_it_is_saved_to_the_same_file_from_then_on_and_nobody_elses_is_replaced_unasked() -> None:
    async with driving(chosen("coins")) as driver:
        await driver.send("n")
        path = await saved(driver)
        assert path == Path("coins-coins.emtui")
        await driver.send("n", "ctrl+s")
        assert "Saved:" in driver.text
        assert read_session_file(path).file.n_steps == 5
        theirs = path.read_text().replace("coins", "other")
        path.write_text(theirs)
        os.utime(path, (0, 0))
        await driver.send("n", "ctrl+s")
        assert isinstance(driver.app.screen, YesNoScreen)
        await driver.send("n")
        assert path.read_text() == theirs
        await driver.send("ctrl+s", "y")
        assert read_session_file(path).file.n_steps == 7
        path.unlink()
        await driver.send("ctrl+s")
        assert read_session_file(path).file.n_steps == 7


async def test_a_name_that_is_taken_is_asked_for_and_an_ending_is_added(tmp_path: Path) -> None:
    (tmp_path / "mine.emtui").write_text("not yours")
    async with driving(chosen("coins")) as driver:
        await driver.send("n", "ctrl+s")
        driver.app.screen.query_one("#path", Input).value = "mine"
        await driver.send("enter")
        assert isinstance(driver.app.screen, YesNoScreen)
        await driver.send("n")
        assert (tmp_path / "mine.emtui").read_text() == "not yours"
        driver.app.screen.query_one("#path", Input).value = ""
        assert "Write the name" in await driver.press("enter")
        driver.app.screen.query_one("#path", Input).value = "no/such/folder/mine"
        assert "there is no folder" in (await driver.press("enter")).lower().replace("\n", " ")
        await driver.send("ctrl+s")
        driver.app.screen.query_one("#path", Input).value = "yours"
        await driver.send("tab", "right", "enter")
        assert read_session_file(tmp_path / "yours.emtui").file.data[0].place == "inside"


async def test_a_name_that_no_file_can_have_is_answered(tmp_path: Path) -> None:
    async with driving(chosen("coins")) as driver:
        await driver.send("n", "ctrl+s")
        for name in ("/", ".", "..", "sub/..", "~"):
            driver.app.screen.query_one("#path", Input).value = name
            assert "is no file that a session can be saved" in " ".join((await driver.press("enter")).split()), name
        driver.app.screen.query_one("#path", Input).value = "a" * 300
        assert "can't be written" in " ".join((await driver.press("enter")).split())
    assert not list(tmp_path.iterdir())


async def test_a_session_that_was_opened_is_saved_where_it_came_from(tmp_path: Path) -> None:
    session = Session(chosen("coins"))
    session.take_iteration()
    path = save(session, tmp_path / "from.emtui", keep_data=True)
    async with driving(reopen(path)) as driver:
        await driver.settle()
        await driver.send("n", "ctrl+s")
        assert "Saved:" in driver.text
    found = read_session_file(path).file
    assert (found.n_steps, found.data[0].place) == (5, "inside")


async def test_opening_is_stopped_by_escape_and_the_file_is_left_alone(tmp_path: Path) -> None:
    session = Session(chosen("wine", max_iter=10_000))
    for _ in range(60):
        session.take_iteration()
    path = save(session, tmp_path / "long.emtui")
    before = path.read_text()
    async with driving() as driver:
        worker, found = explorer(driver.app).worker, reopen(path)
        steps, reached = found._steps, []

        def counted():  # type: ignore[no-untyped-def]
            for done in steps():
                reached.append(done)
                if done == 7:
                    worker._cancelled.set()
                yield done

        found._steps = counted  # type: ignore[method-assign]
        worker.reopen(found)
        await driver.settle()
        assert "Stopped opening the session at step 7 of 121." in driver.text
        assert len(driver.snapshot.records) == 7
        await driver.send("ctrl+s")
        assert isinstance(driver.app.screen, SaveScreen)
    assert path.read_text() == before


def test_a_session_is_saved_in_the_middle_of_a_long_run_and_when_the_app_is_left_at_once(tmp_path: Path) -> None:
    reports: list[WorkerMessage] = []
    worker, written = SessionWorker(reports.append), threading.Event()
    worker.open(lambda: chosen("breast_cancer", max_iter=10**6, stop="iterations=1000000", k=2))
    worker.wait()
    session = worker.session
    assert session is not None

    def write(one: Session) -> Path:
        path = save(one, tmp_path / "some.emtui", overwrite=True)
        written.set()
        return path

    worker.run_on()
    worker.save(session, write, tmp_path / "some.emtui")
    assert written.wait(20) and worker.running_on
    assert opened_whole(tmp_path / "some.emtui")
    worker.cancel()
    worker.wait()
    session.timeline.go_to(0)
    worker.save(session, write, tmp_path / "some.emtui")
    worker.close()
    assert read_session_file(tmp_path / "some.emtui").file.here.step == 0
    assert [report.problem for report in reports if isinstance(report, SessionSaved)] == ["", ""]


def opened_whole(path: Path) -> bool:
    found = reopen(path)
    return all(True for _ in found.steps()) and found.difference is None


async def test_what_comes_out_otherwise_is_said_and_not_saved_over(tmp_path: Path) -> None:
    session = Session(chosen("coins"))
    session.take_iteration()
    path = save(session, tmp_path / "some.emtui")
    document = msgspec.json.decode(path.read_bytes())
    document["branches"][0]["numbers"][1]["entropy"] += 1.0
    path.write_bytes(msgspec.json.encode(document))
    async with driving(reopen(path)) as driver:
        await driver.settle()
        assert "This is not what was saved: entropy at iteration 1 · E" in " ".join(driver.text.split())
        await driver.send("ctrl+s")
        assert isinstance(driver.app.screen, SaveScreen)


async def test_what_can_not_be_done_again_is_said_and_what_was_before_it_stays(tmp_path: Path) -> None:
    session = Session(chosen("coins"))
    session.take_iteration()
    session.weigh_row(2, 0.0)
    path = save(session, tmp_path / "some.emtui")
    path.write_text(path.read_text().replace('"row":2', '"row":77'))
    async with driving(reopen(path)) as driver:
        await driver.settle()
        said = " ".join(driver.text.split())
        assert "The session could not be opened to its end: iteration 1 · M of branch 2 can't be done again" in said
        assert (driver.snapshot.n_branches, len(driver.snapshot.records)) == (1, 3)


async def test_panes_take_only_what_they_can_show(tmp_path: Path) -> None:
    session = Session(chosen("iris", **NETWORK))  # type: ignore[arg-type]
    session.take_iteration()
    wild = {
        "picture": {"axes": "none", "features": [99, -1], "unit": 10**9, "moved": [1, 1e300, 7], "method": 55},
        "curves": {"curve": "nothing", "against": 3, "log": None},
        "responsibilities": {"rows": ["by", 3], "predictions": ["component", 10**9, True], "first": 10**6},
        "parameters": {"units": "miles", "component": 10**9, "first": 10**9},
        "why": {"subject": "row", "row": 10**9, "word": 10**9, "entry": "none"},
        "bound": {"along": "none"},
        "no pane": {"x": 1},
    }
    wild["picture"] = {"axes": "response maps", "features": [0, 1], "unit": 10**9, "large": True, "moved": [1, 1e300]}
    view = View(tab="none", zoomed="none", turned=("none", "curves"), focus="none", row=10**9, panes=wild)  # type: ignore[arg-type]
    path = tmp_path / "wild.emtui"
    path.write_text(text_of(session_as_file(session, view, tmp_path)))
    async with driving(reopen(path)) as driver:
        await driver.settle()
        for key in "1234567890":
            await driver.send(key)
        assert driver.snapshot.record.phase == "M"
