"""Studies take away what they show: `x` in race, optima, sizes, sweep and pair plot writes their tables."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from driving import Driver, driving
from studying import at_rest

import engine
from emtui.exports.study_tables import pairs_table
from emtui.networks.sweep_grid import SweepGrid
from emtui.screens.dialogs.export_dialog import ExportScreen
from emtui.screens.pairs.groupings import Grouping, grouping
from emtui.screens.pairs.pair_table import pairs_of
from emtui.screens.pairs.pairs import PairsScreen
from emtui.screens.studies.network_sizes import NetworkSizesScreen
from emtui.screens.studies.optima import OptimaScreen
from emtui.screens.studies.race import RaceScreen
from emtui.screens.studies.selection import SelectionScreen
from emtui.screens.studies.study import StudyScreen
from emtui.screens.studies.sweep import SweepScreen
from emtui.spec.choose import choose
from emtui.spec.run_spec import RunSpec
from engine.data.data_spec import DataSpec
from engine.data.dataset import Dataset

Open = Callable[[RunSpec], Any]


async def write_by_x(app: Driver, *keys: str) -> Path:
    """What `x` writes once these keys have chosen what and how; the screen says where."""
    screen = app.app.screen
    await app.send("x")
    dialog = app.app.screen
    assert isinstance(dialog, ExportScreen)
    await app.send(*keys, "enter")
    await at_rest(app)
    assert app.app.screen is screen
    path = max(Path.cwd().iterdir(), key=lambda path: path.stat().st_mtime_ns)
    assert f"Written: {path.name}" in app.text
    return path


async def opened(app: Driver, make: Open) -> Any:
    screen = make(app.snapshot.spec)
    app.app.push_screen(screen)
    await at_rest(app)
    return screen


STUDIES: list[tuple[str, Open, list[str], Any]] = [
    ("", RaceScreen, ["race.csv", "iterations.csv"], lambda screen: len(screen.race.racers)),
    ("", lambda spec: OptimaScreen(spec, 8), ["optima.csv", "starts.csv"], lambda screen: len(screen.map.optima)),
    ("", lambda spec: SelectionScreen(spec, 3, 1), ["sizes.csv", "fits.csv"], lambda _: 12),
    ("mlp", lambda spec: NetworkSizesScreen(spec, (1, 2), 1), ["sizes.csv"], lambda _: 2),
    ("mlp", lambda spec: SweepScreen(spec, SweepGrid((0.1,), (1, 2), 1, 1)), ["sweep.csv", "map.txt"], lambda _: 4),
]


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
@pytest.mark.parametrize(("model", "make", "names", "count"), STUDIES)
async def test_x_writes_each_table_of_a_study(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    size: tuple[int, int],
    model: str,
    make: Open,
    names: list[str],
    count: Any,
) -> None:
    monkeypatch.chdir(tmp_path)
    spec = choose("iris", model=model or None, max_iter=3, settings={"m_step": "newton"} if model else None)
    async with driving(spec, size=size) as app:
        screen = await opened(app, make)
        assert "x export" in app.text or size[0] == 80
        found = screen.exported()
        assert found is not None
        for place, name in enumerate(names):
            path = await write_by_x(app, *["down"] * place)
            assert path.name == f"iris-{spec.model.name}-{name}"
        assert len(pd.read_csv(tmp_path / f"iris-{spec.model.name}-{names[0]}")) == count(screen)


async def test_a_study_without_results_has_nothing_to_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with driving(choose("coins")) as app:
        screen = OptimaScreen(app.snapshot.spec, 0)
        monkeypatch.setattr(screen, "study", lambda: iter(()))
        app.app.push_screen(screen)
        await at_rest(app)
        assert "nothing here to write yet" in await app.press("x")
        assert isinstance(app.app.screen, StudyScreen) and not list(tmp_path.iterdir())


async def test_the_race_in_every_format(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with driving(choose("iris", max_iter=4)) as app:
        race = (await opened(app, RaceScreen)).race
        paths = [await write_by_x(app, *["right"] * turn) for turn in range(5)]
        laps = await write_by_x(app, "down")
    assert [path.suffix for path in paths] == [".csv", ".json", ".parquet", ".md", ".tex"]
    with paths[0].open(newline="") as file:
        rows: list[Any] = list(csv.DictReader(file))
    frames = [rows, json.loads(paths[1].read_text()), pd.read_parquet(paths[2]).to_dict("records")]
    for found in frames:
        assert [row["racer"] for row in found] == [racer.name for racer in race.racers]
        assert [float(row["objective"]) for row in found] == [racer.laps[-1].objective for racer in race.racers]
        assert [int(row["rows_right"]) for row in found] == [racer.laps[-1].hits for racer in race.racers]
    text = paths[3].read_text()
    assert text.startswith("**iris: race**\n") and f" {race.racers[0].laps[-1].objective:.3f} |" in text
    assert "\\toprule" in paths[4].read_text()
    lines = pd.read_csv(laps)
    assert len(lines) == sum(len(racer.laps) for racer in race.racers)


def test_correlations_are_numpys_for_any_number_of_features() -> None:
    generator = np.random.default_rng(0)
    X = generator.normal(size=(50, 30)) @ generator.normal(size=(30, 30))
    data = Dataset("made", X)
    groups = Grouping("none", np.arange(50), np.eye(2)[np.arange(50) % 2], ("a", "b"), (0, 1))
    table = pairs_table(pairs_of(data, groups))
    rows = list(table.rows)
    assert list(table.columns) == ["x", "y", "r", "r of group 1: a", "r of group 2: b"]
    assert len(rows) == len({(row[0], row[1]) for row in rows}) == 30 * 29 // 2
    place = {name: j for j, name in enumerate(data.feature_names)}
    expected = [np.corrcoef(part.T) for part in (X, X[::2], X[1::2])]
    for x, y, *r in rows:
        assert place[x] < place[y]
        np.testing.assert_allclose(r, [one[place[x], place[y]] for one in expected], atol=1e-12)


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_the_pair_plot_writes_its_correlations(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    monkeypatch.chdir(tmp_path)
    async with driving(choose("iris"), size=size) as app:
        await app.send("n", "M")
        screen = app.app.screen
        assert isinstance(screen, PairsScreen) and ("x export" in app.text or size[0] == 80)
        path = await write_by_x(app)
        figure = await write_by_x(app, "down")
        snapshot = app.snapshot
    assert figure.name == "iris-gmm-pairs.svg" and "<svg" in figure.read_text()
    frame = pd.read_csv(path)
    assert path.name == "iris-gmm-pairs.csv" and len(frame) == 6
    X = engine.load("iris").X
    assert frame["r"][0] == pytest.approx(np.corrcoef(X.T)[0, 1], rel=1e-12)
    groups = grouping(snapshot, "own")
    assert [str(name) for name in frame if str(name).startswith("r of")] == [
        f"r of group {k}: {name}" for k, name in enumerate(groups.names, start=1)
    ]


async def test_studies_of_numbers_have_the_rmse_in_place_of_rows_that_are_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    x = np.arange(60) / 10
    (tmp_path / "wave.csv").write_text("x,t\n" + "".join(f"{a},{np.sin(a):.4f}\n" for a in x))
    spec = choose(data=DataSpec("wave.csv", target="t"), model="mlp", k=2, max_iter=3, settings={"m_step": "newton"})
    async with driving(spec) as app:
        race = (await opened(app, RaceScreen)).race
        rows = pd.read_csv(await write_by_x(app))
        assert rows["validation_rmse"].tolist() == pytest.approx([racer.laps[-1].rmse for racer in race.racers])
        assert not any("rows" in name for name in rows)
        laps = pd.read_csv(await write_by_x(app, "down"))
        assert laps["validation_rmse"].notna().all()
        found = (await opened(app, lambda spec: OptimaScreen(spec, 4))).map
        rows = pd.read_csv(await write_by_x(app))
        assert rows["validation_rmse"].tolist() == pytest.approx([one.rmse for one in found.optima])
        await opened(app, lambda spec: NetworkSizesScreen(spec, (1, 2), 1))
        assert pd.read_csv(await write_by_x(app))["validation_rmse"].notna().all()
