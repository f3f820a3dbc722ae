"""A model of another package, found by the entry point group `emtui.models`: in the shell, in the engine, on screen."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from driving import driving
from outside_package import HERE, installed_at, with_package
from shell import is_one_sentence, shell

from emtui.spec.choose import choose
from emtui.spec.train_test_split import table_of
from emtui.views import view_for
from emtui.views.generic import GenericView
from engine import models, plugins
from engine.em.loop import iterate
from engine.explain.derivation import Worked, line
from engine.models.known_labels import some_labels
from engine.testing import check_model

MOST_LINES = 150


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return installed_at(tmp_path / "site", "outside_model")


@pytest.fixture
def waits(tmp_path: Path) -> Path:
    """Waiting times of two kinds, short and long, with their kind."""
    generator = np.random.default_rng(11)
    kind = np.repeat([0, 1], [60, 40])
    times = generator.exponential(np.array([[1.0, 2.0], [20.0, 9.0]])[kind])
    rows = "".join(f"{a:.6f},{b:.6f},{['short', 'long'][k]}\n" for (a, b), k in zip(times, kind, strict=True))
    file = tmp_path / "waits.csv"
    file.write_text(f"wait,service,kind\n{rows}")
    return file


@pytest.fixture
def installed(site: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The model's class, with its package on the path of this process."""
    monkeypatch.syspath_prepend(str(site))
    plugins.forget()
    monkeypatch.delitem(sys.modules, "waiting_times", raising=False)
    yield models.model_class("exponential")
    plugins.forget()


def test_it_is_one_short_file() -> None:
    assert len((HERE / "outside_model" / "waiting_times.py").read_text().splitlines()) <= MOST_LINES


def test_the_shell_lists_and_runs_it(site: Path, waits: Path) -> None:
    status, out, err = with_package(site, "models")
    assert (status, err) == (0, "")
    assert "exponential mixture" in out
    assert "exponential" not in shell("models").stdout
    status, out, err = with_package(site, "run", str(waits), "--model", "exponential", "-k", "2", "--json")
    assert (status, err) == (0, "")
    steps = [step for line in out.splitlines() if "phase" in (step := json.loads(line))]
    objectives = [step["objective"] for step in steps if step["phase"] == "M"]
    assert len(objectives) > 3
    assert (np.diff(objectives) >= -1e-9).all()


def test_what_it_can_not_read_is_a_sentence(site: Path, waits: Path) -> None:
    waits.write_text(waits.read_text() + "-1,2,long\n")
    status, out, err = with_package(site, "run", str(waits), "--model", "exponential")
    assert (status, out) == (2, "")
    assert "row 101, column 'wait' holds -1" in err
    assert is_one_sentence(err)
    status, _, err = with_package(site, "run", str(waits), "--model", "exponentail")
    assert status == 2
    assert "did you mean exponential?" in err


def test_a_package_that_can_not_be_imported_is_a_sentence(site: Path, waits: Path) -> None:
    (site / "waiting_times.py").write_text("raise RuntimeError('no such luck')\n")
    status, _, err = with_package(site, "run", str(waits), "--model", "exponential")
    assert status == 2
    assert "could not be loaded from its package: no such luck" in err
    assert is_one_sentence(err)


def test_it_keeps_every_invariant(installed: Any, waits: Path) -> None:
    data = choose(str(waits), model="exponential").dataset
    for K in (1, 2, 3):
        check_model(installed(n_components=K), data.X)
    assert data.y is not None
    check_model(installed(n_components=2), data.X, some_labels(data.y, 0.1))


def test_with_every_label_given_it_is_the_closed_form_fit(installed: Any, waits: Path) -> None:
    spec = choose(str(waits), model="exponential", known="all")
    _, _, m, *_ = iterate(spec.model, *table_of(spec))
    X, y = table_of(spec)
    np.testing.assert_allclose(m.params.rates, [1 / X[y == k].mean(axis=0) for k in range(2)], rtol=1e-12)


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_the_screen_works_out_a_row_as_weight_times_density(installed: Any, waits: Path, size: Any) -> None:
    async with driving(choose(str(waits), model="exponential"), size=size) as app:
        text = " ".join((await app.press("n", "e", "9", "d", "z")).split())
        step = app.snapshot.step
        row = int(step.posterior.responsibilities.max(axis=1).argmin())
        weights, rates = step.params_q.weights, step.params_q.rates
        density = rates.prod(axis=1) * np.exp(-rates @ step.problem.data.X[row])
        joint = weights * density
        assert "w · p(x | k)" in text and "joint / sum" in text
        for k in range(2):
            assert f"{weights[k]:.4g} · {density[k]:.4g} = {joint[k]:.4g}" in text
            assert f"{joint[k]:.4g} / {joint.sum():.4g} = {joint[k] / joint.sum():.4g}" in text
        assert f"= {joint.sum():.4g}" in text
        text = " ".join((await app.press("d", "P")).split())
        counts = step.posterior.responsibilities.sum(axis=0)
        assert f"N = Σ r = {counts[0]:.4g}" in text and f"N / n = {counts[0]:.4g} / 100" in text


async def test_it_may_bring_words_of_its_own_for_a_row_and_a_parameter(
    installed: Any, waits: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def worked_row(self: Any, step: Any, row: int) -> Worked:
        return Worked(
            "row", str(row), (line("joint", "waited alone", "value", [("r", 0.25)], 0),), np.ones(2), "E-step"
        )

    def worked_parameter(self: Any, step: Any, entry: Any) -> Worked:
        made = line("parameter", "N / S", "quotient", [("N", 3.0), ("S", 8.0)])
        return Worked("parameter", entry.name, (made,), np.array([0.375]), "M-step to come")

    monkeypatch.setattr(installed, "worked_row", worked_row, raising=False)
    monkeypatch.setattr(installed, "worked_parameter", worked_parameter, raising=False)
    async with driving(choose(str(waits), model="exponential"), size=(80, 24)) as app:
        assert "waited alone" in await app.press("n", "e", "9", "d", "z")
        assert "3 / 8" in await app.press("d")


async def test_the_screen_shows_it(installed: Any, waits: Path) -> None:
    spec = choose(str(waits), model="exponential")
    assert isinstance(spec.model, installed)
    assert isinstance(view_for(spec.model), GenericView)
    for size in ((120, 40), (80, 24)):
        async with driving(spec, size=size) as app:
            assert "exponential K=2" in app.text
            assert "press e" in app.text
            text = await app.press("e", "m")
            assert "log-likelihood +" in " ".join(text.split())
            text = await app.press("n", "c", "end")
            assert app.snapshot.step.converged
            assert app.snapshot.agreement.hits > 80
            if size[0] == 120:
                assert "rate wait" in text and "rate service" in text


def test_the_module_is_the_one_that_was_installed(installed: Any, site: Path) -> None:
    file = import_module(installed.__module__).__file__
    assert file is not None
    assert Path(file).parent == site
