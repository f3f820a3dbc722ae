"""Rows of weight 0 in the app: every pane and screen has them, and no number counts them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from choosing import chosen
from driving import driving

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
