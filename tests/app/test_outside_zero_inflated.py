"""A model of another package with more components than K: one component of zeros beside K Poisson distributions.

It is one file, and everywhere it is named, counted, compared with k-means and drawn by what its parameters declare.
"""

from __future__ import annotations

import csv
import json
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from driving import driving, explorer
from outside_package import HERE, installed_at, with_package
from sklearn.cluster import KMeans as SklearnKMeans
from studying import at_rest
from walking import walked

import engine
from emtui.charts.colors import DARK
from emtui.charts.scene import Bars, Curve
from emtui.exports.export import export_responsibilities, export_script, export_steps_csv
from emtui.screens.compare.compare import CompareScreen
from emtui.screens.edit.edit_screen import EditScreen
from emtui.session.race import KMEANS, race
from emtui.session.session import Session
from emtui.spec.choose import choose
from emtui.spec.labels_given import known_labels
from emtui.spec.run_spec import RunSpec
from emtui.spec.train_test_split import table_of
from emtui.views import GenericView, view_for
from emtui.views.entry_names import entry_words, whose
from engine import models, plugins
from engine.analysis.overlap import overlap_of
from engine.editing.entries import entries
from engine.testing import check_model

K = 2
SIZES = [(120, 40), (80, 24)]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return installed_at(tmp_path / "site", "outside_zero_inflated")


@pytest.fixture
def installed(site: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The model's class, with its package on the path of this process."""
    monkeypatch.syspath_prepend(str(site))
    plugins.forget()
    monkeypatch.delitem(sys.modules, "zero_inflated", raising=False)
    yield models.model_class("zero-inflated")
    plugins.forget()


@pytest.fixture
def catches(tmp_path: Path) -> Path:
    """Fish caught by visitors: some did not fish at all, some caught a few, some many."""
    generator = np.random.default_rng(3)
    kind = np.repeat([0, 1, 2], [60, 80, 60])
    counts = np.where(kind == 0, 0, generator.poisson(np.array([0.0, 3.0, 15.0])[kind]))
    file = tmp_path / "catches.csv"
    rows = "".join(f"{x},{['absent', 'few', 'many'][k]}\n" for x, k in zip(counts, kind, strict=True))
    file.write_text(f"caught,kind\n{rows}")
    return file


@pytest.fixture
def spec(installed: Any, catches: Path) -> RunSpec:
    return choose(str(catches), model="zero-inflated", k=K)


def words(text: str) -> str:
    return " ".join(text.replace("│", " ").split())


def poisson(x: Any, rate: float) -> Any:
    """e^−λ λ^x / x!, written out."""
    return np.array([math.exp(-rate) * rate**n / math.factorial(int(n)) for n in np.ravel(x)])


def test_it_is_one_file() -> None:
    assert [path.name for path in (HERE / "outside_zero_inflated").glob("*.py")] == ["zero_inflated.py"]
    lines = (HERE / "outside_zero_inflated" / "zero_inflated.py").read_text().splitlines()
    assert [line for line in lines if line.startswith(("from e", "import e"))] == ["from engine import ("]


def test_it_keeps_every_invariant(installed: Any, spec: RunSpec) -> None:
    X, y = spec.dataset.X, spec.dataset.y
    assert y is not None
    for size in (1, 2, 3):
        check_model(installed(size), X)
    check_model(installed(K), X, np.where(np.arange(len(y)) % 10 == 0, y, -1))


# named and counted


def test_components_are_k_and_one_and_a_rate_is_of_the_component_after_the_zeros(spec: RunSpec) -> None:
    session = Session(spec)
    session.take_iteration()
    snapshot = session.snapshot()
    view = view_for(spec.model)
    assert type(view) is GenericView
    assert view.n_components(snapshot) == K + 1
    assert view.component_names(snapshot) == view.responsibilities_columns(snapshot) == ("1", "2", "3")
    assert snapshot.responsibilities is not None and snapshot.responsibilities.shape == (200, K + 1)
    said = {entry.name: (entry_words(snapshot, entry), whose(snapshot, entry)) for entry in _entries(snapshot)}
    assert said["rates[0]"] == ("component 2's rate", "the rate of component 2")
    assert said["rates[1]"] == ("component 3's rate", "the rate of component 3")
    assert said["weights[0]"][0] == "component 1's weight"
    assert [share.weight for share in view.weights(snapshot)] == pytest.approx(snapshot.step.params.weights)


def _entries(snapshot: Any) -> Any:
    return entries(snapshot.step.problem.model, snapshot.step.params)


def test_its_table_has_a_row_a_component_and_no_rate_of_the_zeros(spec: RunSpec) -> None:
    session = Session(spec)
    session.take_iteration()
    table = view_for(spec.model).parameters(session.snapshot())
    assert table.columns == ("weight", "rate")
    assert [(row.name, row.component) for row in table.rows] == [("1", 0), ("2", 1), ("3", 2)]
    assert [bool(row.cells[1].text.strip()) for row in table.rows] == [False, True, True]
    rates = [float(row.cells[1].text) for row in table.rows[1:]]
    np.testing.assert_allclose(rates, session.timeline.current.params.rates, atol=0.01)


@pytest.mark.parametrize("size", SIZES)
async def test_the_screen_says_whose_a_rate_is(spec: RunSpec, size: tuple[int, int]) -> None:
    async with driving(spec, size=size) as app:
        assert "the rate of component 3 moved most" in words(await app.press("n")).lower()
        await app.send("E")
        assert isinstance(app.app.screen, EditScreen)
        assert "■ 2 rate" in app.text and "▲ 3 rate" in app.text and "● 1 rate" not in app.text
        assert "Component 2's rate" in words(app.text)
        text = words(await app.press("right", "enter"))
        assert "component 2's rate" in text.lower() and app.snapshot.n_branches == 2
        np.testing.assert_array_equal(app.snapshot.step.params.weights, app.snapshot.trail[-2].weights)


@pytest.mark.parametrize("size", SIZES)
async def test_a_row_and_a_parameter_are_worked_out_for_all_components(spec: RunSpec, size: tuple[int, int]) -> None:
    async with driving(spec, size=size) as app:
        text = words(await app.press("n", "e", "9", "d", "z"))
        step = app.snapshot.step
        row = int(step.posterior.responsibilities.max(axis=1).argmin())
        x, (weights, rates) = step.problem.data.X[row], (step.params_q.weights, step.params_q.rates)
        density = np.concatenate([(x == 0).astype(float), *(poisson(x, rate) for rate in rates)])
        joint = weights * density
        for name, p, j in zip("123", density, joint, strict=True):
            assert f"{name} {weights[int(name) - 1]:.4g} · {p:.4g} = {j:.4g}" in text
        assert f"= {joint.sum():.4g}" in text
        text = words(await app.press("d", "P"))
        counts = step.posterior.responsibilities.sum(axis=0)
        assert f"N / n = {counts[0]:.4g} / 200" in text


async def test_responsibilities_convergence_and_bound_show_every_component(spec: RunSpec) -> None:
    async with driving(spec) as app:
        await app.send("n", "n", "n", "e")
        heading = next(line for line in app.text.splitlines() if "line" in line and "●1" in line)
        assert all(name in heading for name in ("●1", "■2", "▲3"))
        assert "θ new" in await app.press("8")
        found = overlap_of(app.snapshot.step)
        assert found is not None
        one, other = (f"{'●■▲'[k]} {k + 1}" for k in (found.first, found.second))
        assert f"overlap {one} and {other}:" in words(await app.press("0", "z"))


# compared


def test_k_means_has_as_many_clusters_as_there_are_components(spec: RunSpec) -> None:
    session = walked(spec.data.source, model="zero-inflated", k=K)
    assert session.baseline is not None
    centers = session.baseline.run.params.centers
    assert centers.shape == (K + 1, 1)
    peer = SklearnKMeans(K + 1, n_init=10, random_state=0).fit(spec.dataset.X)
    assert -session.baseline.run.step.objective == pytest.approx(peer.inertia_, rel=1e-9)
    snapshot = session.snapshot()
    assert snapshot.agreement is not None and snapshot.agreement.confusion.shape == (3, K + 1)
    assert snapshot.agreement.hits > 190


async def test_agreement_and_comparison_on_screen(spec: RunSpec) -> None:
    async with driving(spec) as app:
        await app.send("c")
        text = await at_rest(app)
        assert "EM      194/200" in text and "k-means 112/200" in text
        for name in ("● 1", "■ 2", "▲ 3"):
            assert any(line.split("│")[1].startswith(name) for line in text.splitlines() if line.count("│") > 1)
        text = await app.press("v")
        await at_rest(app)
        assert isinstance(app.app.screen, CompareScreen)
        assert app.text.count("▲3") == 2
        assert "best of 10 starts" in app.text


def test_in_the_race_every_algorithm_counts_all_and_k_means_has_no_centre_to_begin_from(spec: RunSpec) -> None:
    *_, ended = race(spec, 1)
    assert KMEANS not in [racer.name for racer in ended.racers]
    classic = next(racer for racer in ended.racers if racer.name == "classic")
    run = engine.fit(spec.model, spec.dataset.X, seed=0)
    assert classic.laps[-1].objective == pytest.approx(run.step.objective)
    assert classic.laps[-1].hits == engine.agreement(run.labels, spec.dataset.y).hits


def test_known_labels_may_be_as_many_as_components(installed: Any, catches: Path) -> None:
    spec = choose(str(catches), model="zero-inflated", k=K, known="all")
    given = known_labels(spec)
    assert given is not None and set(given) == {0, 1, 2}
    *_, last = engine.iterate(spec.model, *table_of(spec), max_iter=1)
    y, x = spec.dataset.y, spec.dataset.X[:, 0]
    np.testing.assert_allclose(last.params.rates, [x[y == k].mean() for k in (1, 2)], rtol=1e-12)
    with pytest.raises(engine.OptionError, match="take at least 3 components, not 2"):
        choose(str(catches), model="zero-inflated", k=1, known="all")


# drawn


def test_the_picture_is_the_counts_one_by_one_under_each_density(spec: RunSpec) -> None:
    session = Session(spec)
    session.take_iteration()
    snapshot, view = session.snapshot(), view_for(spec.model)
    scene = view.scene(snapshot, view.axes(snapshot)[0], DARK)
    (bars,) = (layer for layer in scene.layers if isinstance(layer, Bars))
    largest = int(spec.dataset.X.max())
    np.testing.assert_array_equal(bars.edges, np.arange(largest + 2) - 0.5)
    counts = np.bincount(spec.dataset.X[:, 0].astype(int))
    np.testing.assert_allclose(bars.heights, counts / counts.sum())
    total, *parts = (layer for layer in scene.layers if isinstance(layer, Curve))
    weights, rates = snapshot.step.params.weights, snapshot.step.params.rates
    x = np.arange(largest + 1)
    counted = [w * poisson(x, r) for w, r in zip(weights[1:], rates, strict=True)]
    expected = np.vstack([np.where(x == 0, weights[0], 0.0), *counted])
    assert [part.color for part in parts] == [DARK.color(k) for k in range(K + 1)]
    for part, density in zip(parts, expected, strict=True):
        np.testing.assert_allclose(part.y[:-1], density, rtol=1e-9, atol=1e-300)
    np.testing.assert_allclose(total.y, expected.sum(axis=0), rtol=1e-9)
    assert [name for _, _, name in scene.legend] == ["1", "2", "3"]


@pytest.mark.parametrize("size", SIZES)
async def test_it_is_on_the_screen(spec: RunSpec, size: tuple[int, int]) -> None:
    async with driving(spec, size=size) as app:
        text = await app.press("n", "e")
        assert "● 1  ■ 2  ▲ 3  ┄ sum" in text and "density" in text
        assert app.snapshot.step is explorer(app.app).snapshot.step


# in the shell and in files


def test_the_shell_counts_them_too(site: Path, catches: Path) -> None:
    asked = (str(catches), "--model", "zero-inflated", "-k", "2")
    status, out, err = with_package(site, "run", *asked)
    assert (status, err) == (0, "")
    lines = {line.split()[0]: line.split()[1:] for line in out.splitlines() if line.strip()}
    assert lines["component"] == ["1", "2", "3"]
    assert len(lines["weights"]) == K + 1 and lines["rates"][0] == "-" and len(lines["rates"]) == K + 1
    assert lines["zero-inflated"][0] == "194/200" and lines["k-means"][0] == "112/200"
    status, out, err = with_package(site, "run", *asked, "--json")
    last = json.loads(out.splitlines()[-1])
    assert len(last["params"]["weights"]) == len(last["hard_shares"]) == K + 1 == len(last["params"]["rates"]) + 1
    assert last["agreement"]["kmeans"]["hits"] == 112
    assert "zero-inflated Poisson mixture" in with_package(site, "models")[1]


def test_exports_have_a_column_a_component(spec: RunSpec, tmp_path: Path) -> None:
    session = walked(spec.data.source, 4, model="zero-inflated", k=K)
    with export_responsibilities(session, tmp_path / "r.csv").open(newline="") as file:
        heads, *rows = csv.reader(file)
    assert heads == ["row", "class", "r1", "r2", "r3", "component"]
    assert {row[-1] for row in rows} == {"1", "2", "3"}
    heads = export_steps_csv(session, tmp_path / "s.csv").read_text().splitlines()[0].split(",")
    assert heads[-5:] == ["weights[0]", "weights[1]", "weights[2]", "rates[0]", "rates[1]"]
    assert "from zero_inflated import ZeroInflatedPoisson" in export_script(session, tmp_path / "run.py").read_text()
