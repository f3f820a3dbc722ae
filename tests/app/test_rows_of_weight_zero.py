"""Rows of weight 0 in the app: every pane and screen has them, and no number counts them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from choosing import chosen
from driving import driving

import engine
from emtui.session.session import Session
from emtui.spec.train_test_split import split_of
from engine.analysis.study import Study
from engine.em.parameters import arrays_of

KEYS = ("e", "m", "e", "down", "9", "0", "4", "c")


def table(kind: str, folder: Path) -> Path:
    """A column of weights, some of them 0 on rows that would spoil the fit."""
    generator = np.random.default_rng(0)
    weight = np.where(np.arange(24) % 7 == 3, 0, 1)
    if kind == "gmm":
        X = np.where(weight[:, None] == 0, 1e12, generator.normal(size=(24, 2)) + 4.0 * (np.arange(24) % 2)[:, None])
    elif kind == "topics":
        X = generator.poisson(1.0, (24, 6))
    elif kind == "hmm":
        X = generator.integers(0, 3, (24, 1))
        weight = np.repeat([1, 0, 1, 2], 6)
    else:
        X = generator.poisson(3.0, (24, 1))
    rows = zip(X, weight, np.arange(24) // 6, strict=True)
    lines = [",".join([*(f"{value:g}" for value in row), str(w), str(who)]) for row, w, who in rows]
    names = [*(f"x{j}" for j in range(X.shape[1])), "w", "who"]
    path = folder / f"{kind}.csv"
    path.write_text("\n".join([",".join(names), *lines]) + "\n")
    return path


@pytest.mark.parametrize("kind", ["gmm", "topics", "hmm", "poisson"])
async def test_every_pane_has_them(kind: str, tmp_path: Path) -> None:
    path = table(kind, tmp_path)
    columns = [name for name in path.read_text().split("\n")[0].split(",") if name.startswith("x")]
    spec = chosen(str(path), model=kind, columns=columns, weights="w", sequence="who" if kind == "hmm" else None)
    async with driving(spec) as app:
        await app.send(*KEYS)
        assert app.snapshot.n_rows == 24
        assert app.snapshot.step.problem.data.n_rows < 24
        r = app.snapshot.step.posterior
        assert r is not None and len(r.responsibilities) == 24


def labelled(folder: Path, name: str, weights: bool) -> Path:
    """Three classes in two columns; with `weights` also rows of weight 0, far away and near, between the others."""
    generator = np.random.default_rng(3)
    lines = []
    for i in range(60):
        x = generator.normal(size=2) + 3.0 * (i % 3)
        lines.append(f"{x[0]:.6f},{1000 * x[1]:.3f},{'abc'[i % 3]},1,{x.sum():.4f}")
        if weights and i % 5 == 2:
            lines.append(f"{1e9 * i},{-i},{'abc'[i % 2]},0,{7.5 * i}")
    path = folder / name
    path.write_text("\n".join(["x,y,class,w,t", *lines]) + "\n")
    return path


@pytest.mark.parametrize("target", [None, "t"])
@pytest.mark.parametrize("more", [{"standardize": True}, {"products": True, "standardize": True}, {}])
@pytest.mark.parametrize("share", [0.0, 0.4])
def test_a_network_has_the_same_bytes_with_them_as_without(tmp_path, target, more, share):
    ends = []
    for weights in (True, False):
        path = labelled(tmp_path, f"{weights}.csv", weights)
        words = {"columns": ["x", "y"], "weights": "w", "model": "mlp", "max_iter": 4, "test_share": share, **more}
        words |= {"label": "class"} if target is None else {"target": target}
        spec = chosen(str(path), **words)
        session = Session(spec)
        for _ in session.run_on():
            pass
        split = split_of(spec)
        assert split is not None
        ends.append((session.timeline.current, split))
    (one, with_them), (other, without) = ends
    for name, array in arrays_of(one.params).items():
        assert array.tobytes() == arrays_of(other.params)[name].tobytes()
    assert one.log_likelihood == other.log_likelihood
    if more:
        assert with_them.units.offset.tobytes() == without.units.offset.tobytes()
        assert with_them.units.scale.tobytes() == without.units.scale.tobytes()


def test_standardised_data_and_studies_leave_them_out(tmp_path):
    data = engine.read_table(labelled(tmp_path, "w.csv", True), label="class", columns=["x", "y"], weights="w")
    plain = data.take(np.flatnonzero(data.weights))
    counted = data.weights > 0
    assert data.standardized().X[counted].tobytes() == plain.standardized().X.tobytes()
    for validation in (0.0, 0.25):
        studies = [
            Study(
                one.X, one.y, {"em": engine.LatentMLP(2)}, seeds=range(2), max_iter=3, standardize=True,
                sample_weight=one.weights, validation_share=validation,
            )
            for one in (data, plain)
        ]  # fmt: skip
        told = [[replace(run, seconds=0.0) for run in study.runs()] for study in studies]
        assert told[0] == told[1]
    for share in (0.3, 0.6):
        drawn = engine.train_test_split(data.y, train_share=share, seed=4, sample_weight=data.weights)
        assert drawn.train.tolist() == np.flatnonzero(counted)[
            engine.train_test_split(plain.y, train_share=share, seed=4).train
        ].tolist()  # fmt: skip
        assert sorted([*drawn.train, *drawn.test]) == list(range(data.n_samples))
