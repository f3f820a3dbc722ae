"""Whole screens as pictures: what each shows, cell by cell, is what the file in tests/app/pictures says.

`pytest tests/app/test_pictures.py --update-pictures` takes them anew. Only what is the same on any machine is
photographed: no measured time, no path, no cursor that blinks, and no number whose last shown digit hangs on rounding.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from dialog_host import Host, settle
from driving import Driver, driving, explorer
from screen_picture import Picture, difference, picture_of, read, written
from studying import at_rest
from textual.widgets import Input, Static
from textual.worker import WorkerCancelled

from emtui.application.splash import OpeningScreen
from emtui.networks.cost import Cost
from emtui.networks.sweep_grid import SweepGrid
from emtui.screens.dialogs.export_dialog import ExportScreen
from emtui.screens.dialogs.yes_no import YesNoScreen
from emtui.screens.open_file.open_file import OpenFileScreen
from emtui.screens.studies.cost import CostScreen
from emtui.screens.studies.network_sizes import NetworkSizesScreen
from emtui.screens.studies.optima import OptimaScreen
from emtui.screens.studies.race import RaceScreen
from emtui.screens.studies.selection import SelectionScreen
from emtui.screens.studies.sweep import SweepScreen
from emtui.settings.config import Config
from emtui.spec.choose import choose
from engine.editing.edits import set_entry

PICTURES = Path(__file__).parent / "pictures"
SIZES = {"wide": (120, 40), "middle": (80, 24), "narrow": (40, 12)}
TABLE = "id,width,species\n" + "".join(f"{i},{i % 7 / 2},{'ab'[i % 2]}\n" for i in range(30)) + "30,,a\n"

Way = Callable[[Driver], Awaitable[Any]]


def keys(*pressed: str) -> Way:
    """Press these keys."""
    return lambda app: app.send(*pressed)


@dataclass(frozen=True)
class Scene:
    """What is opened, at which size, and how one comes to what is photographed."""

    way: Way
    source: str = "iris"
    size: tuple[int, int] = (120, 40)
    theme: str = "emtui-dark"
    words: dict[str, Any] = field(default_factory=dict)


# ways to the screens


async def branched(app: Driver) -> None:
    """Two branches side by side: the second left the first by a move by hand."""
    await app.send("n", "n")
    step = set_entry(app.snapshot.step, "means[1,2]", 3.0)
    explorer(app.app).worker.do(lambda session: session.place(step.params, step.events[0].message))
    await app.settle()
    await app.send("n", "B")


async def asked(app: Driver) -> None:
    """A row of one's own."""
    await app.send("n", "n", "Q", "space", "down", "left", "down", "1")


async def raced(app: Driver) -> None:
    """A race after six iterations; each iteration took a millisecond."""
    screen = RaceScreen(app.snapshot.spec)
    app.app.push_screen(screen)
    await at_rest(app)
    race = screen.race
    assert race is not None
    racers = [replace(r, laps=tuple(replace(lap, seconds=lap.iteration / 1000) for lap in r.laps)) for r in race.racers]
    screen.take(replace(race, racers=tuple(racers)))
    screen.draw()


async def costed(app: Driver) -> None:
    """The cost on a machine with 8 GB free and nothing measured."""
    screen = CostScreen(app.snapshot.spec)
    app.app.push_screen(screen)
    await app.pilot.pause()
    screen.workers.cancel_node(screen)
    with suppress(WorkerCancelled):
        await screen.workers.wait_for_complete()
    await app.settle()
    screen.measuring = False
    screen.costs = tuple(Cost(c.hidden_units, c.memory, 1e-6 * 2**c.hidden_units) for c in screen.costs)
    screen._free, screen.most = 8 * 10**9, 20
    screen._draw()


def studied(make: Callable[[Any], Any]) -> Way:
    """A study of the app's choices, at its end."""

    async def way(app: Driver) -> None:
        app.app.push_screen(make(app.snapshot.spec))
        await at_rest(app)

    return way


async def exported(app: Driver) -> None:
    """What to write, from the explorer."""
    await app.send("n")
    session = explorer(app.app).worker.session
    assert session is not None
    screen = ExportScreen(session)
    app.app.push_screen(screen)
    await app.settle()
    screen.query_one("#folder", Static).update("a path, or a name in /tables")  # wherever this runs


async def questioned(app: Driver) -> None:
    """A question of yes and no."""
    app.app.push_screen(YesNoScreen("steps.csv is there already: replace it?"))


async def compared(app: Driver) -> None:
    """The screen beside k-means, or backpropagation."""
    await app.send("n", "e", "v")
    await at_rest(app)


MLP = {"model": "mlp", "settings": {"m_step": "newton", "weight_decay": "0.01"}}
TWO_SIDES = SweepGrid(rates=(0.005, 0.1), units=(1, 3), n_seeds=1, max_iter=4)

SCENES = {
    f"explorer-{size}-{theme}": Scene(keys("n", "n", "n", "e"), size=SIZES[size], theme=f"emtui-{theme}")
    for size in SIZES
    for theme in ("dark", "light")
} | {
    "explorer-start": Scene(keys(), source="old_faithful", size=SIZES["middle"]),
    "explorer-other-panes": Scene(keys("n", "n", "n", "e", "8", "9", "0")),
    "explorer-zoom": Scene(keys("n", "n", "n", "e", "9", "z")),
    "explorer-too-small": Scene(keys(), size=(30, 8)),
    "coins": Scene(keys("n", "e"), source="coins"),
    "poisson": Scene(keys("n", "n"), source="deaths"),
    "bernoulli": Scene(keys("n", "e"), source="votes"),
    "linkage": Scene(keys("n", "e"), source="linkage"),
    "topics": Scene(keys("n", "n", "e"), source="bars"),
    "hmm": Scene(keys("n", "n", "n", "e"), source="icecream"),
    "kmeans": Scene(keys("n", "e"), words={"model": "kmeans"}),
    "mlp": Scene(keys("n", "e"), words=MLP),
    "backprop": Scene(keys("n", "e"), words={"model": "backprop"}),
    "lecture": Scene(keys("n", "n", "e", "Z"), size=SIZES["middle"]),
    "lecture-contrast": Scene(keys("n", "n", "e", "Z"), source="old_faithful", theme="emtui-contrast"),
    "contrast": Scene(keys("n", "n", "e"), theme="emtui-contrast"),
    "help": Scene(keys("question_mark")),
    "go-to": Scene(keys("n", "e", "g"), size=SIZES["middle"]),
    "export": Scene(exported, size=SIZES["middle"]),
    "yes-no": Scene(questioned, size=SIZES["middle"]),
    "query": Scene(asked, source="films", words={"model": "bernoulli", "k": 2, "seed": 3}),
    "by-hand": Scene(keys("n", "e", "E")),
    "compare": Scene(compared),
    "regions": Scene(compared, words=MLP),
    "branches": Scene(branched),
    "pairs": Scene(keys("n", "e", "M")),
    "race": Scene(raced, words={"max_iter": 6}),
    "cost": Scene(costed, words=MLP),
    "optima": Scene(studied(lambda spec: OptimaScreen(spec, 8))),
    "selection": Scene(studied(lambda spec: SelectionScreen(spec, 3, 1))),
    "network-sizes": Scene(studied(lambda spec: NetworkSizesScreen(spec, (1, 3), 1)), words=MLP | {"max_iter": 4}),
    "sweep": Scene(studied(lambda spec: SweepScreen(spec, TWO_SIDES)), words=MLP),
}
HOSTED = ("opening", "open-file")  # screens that stand without an explorer


# taking them


async def still(app: Any, pause: Callable[[], Awaitable[Any]]) -> Picture:
    """The screen, once nothing moves on it."""
    for line in app.screen.query(Input):
        line.cursor_blink = False
    await pause()
    return picture_of(app)


async def photographed(scene: Scene) -> Picture:
    """What the scene comes to."""
    spec = choose(scene.source, **scene.words)
    async with driving(spec, scene.size, Config(theme=scene.theme)) as app:
        app.app.animation_level = "none"
        await with_rival(app)
        await scene.way(app)
        await app.settle()
        return await still(app.app, app.pilot.pause)


async def with_rival(app: Driver) -> None:
    """Wait until what it is compared with is there, too: it is computed in the background."""
    await app.app.workers.wait_for_complete()
    await app.settle()


async def hosted(name: str, folder: Path) -> Picture:
    """A screen in an app of its own."""
    app = Host()
    app.animation_level = "none"
    async with app.run_test(size=SIZES["wide"]) as pilot:
        if name == "opening":
            await app.open(pilot, OpeningScreen())
        else:
            tables = folder / "tables"
            tables.mkdir()
            (tables / "table.csv").write_text(TABLE, "utf-8")
            await app.open(pilot, OpenFileScreen(tables))
            line = app.screen.query_one(Input)
            line.value = "table.csv"
            await settle(pilot)
        return await still(app, pilot.pause)


@pytest.mark.parametrize("name", [*SCENES, *HOSTED])
async def test_screen_is_as_in_its_picture(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    picture = await (photographed(SCENES[name]) if name in SCENES else hosted(name, tmp_path))
    path = PICTURES / f"{name}.txt"
    if request.config.getoption("update_pictures"):
        path.write_text(written(picture, path.read_text("utf-8") if path.exists() else ""), "utf-8")
    assert path.exists(), f"there is no picture {path.name} yet: take it with --update-pictures"
    differs = difference(read(path.read_text("utf-8")), picture)
    if differs:
        pytest.fail(
            f"{name} is not as in its picture (if it should be so: --update-pictures):\n{differs}", pytrace=False
        )


def test_each_picture_has_a_scene(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("update_pictures"):
        pytest.skip("they are being taken")
    assert {path.stem for path in PICTURES.glob("*")} == {*SCENES, *HOSTED}


# the form


PLAIN = Picture(
    (
        (("a", "#ffffff on #000000"), ("b", "#ffffff on #000000"), (" ", "on #000000")),
        (("宽", "#ff0000 on #000000 bold"), ("", "#ff0000 on #000000 bold"), ("1", "default on default")),
    )
)


def test_a_picture_is_read_as_it_was_written() -> None:
    file = written(PLAIN)
    assert file.splitlines() == [
        "ab",
        "宽1",
        "-- styles",
        " 1 a2 b1",
        " 2 c2 d1",
        "-- legend",
        "a #ffffff on #000000",
        "b on #000000",
        "c #ff0000 on #000000 bold",
        "d default on default",
    ]
    assert read(file) == PLAIN
    assert difference(PLAIN, read(file)) == ""


def test_styles_keep_their_letters_when_a_picture_is_taken_anew() -> None:
    later = Picture(((("x", "#00ff00 on #000000"), *PLAIN.rows[0][1:]), PLAIN.rows[1]))
    file = written(later, written(PLAIN))
    assert " 1 e1 a1 b1" in file and " 2 c2 d1" in file
    assert read(file) == later


def test_what_differs_is_said_row_by_row() -> None:
    later = Picture(((("x", "#00ff00 on #000000"), *PLAIN.rows[0][1:]), PLAIN.rows[1]))
    assert difference(PLAIN, later).splitlines() == [
        "row  1 -|ab",
        "       +|xb",
        "        |^",
        "        columns 1 to 1: #ffffff on #000000  ->  #00ff00 on #000000",
    ]
