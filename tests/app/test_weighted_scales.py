"""A row that counts n times is the same as the row n times, also where its columns are standardised."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from choosing import chosen
from hypothesis import given
from hypothesis import strategies as st
from test_script import run_script

import engine
from emtui.exports.export import export_script
from emtui.session.session import Session
from emtui.spec.run_spec import RunSpec
from emtui.spec.train_test_split import problem_of, sample_weight_of, split_of, table_of
from engine.analysis.study import Study
from engine.data.products import product_units
from engine.data.units import standard_units
from engine.em.parameters import arrays_of

OFTEN = np.array([3, 1, 0, 7, 2, 1] * 6)


def table(folder: Path, *, repeated: bool) -> str:
    """Two groups of different size, numbers and classes; with a column of counts, or the rows as often as they say."""
    generator = np.random.default_rng(5)
    lines = ["x,z,n,k,t"]
    for i, n in enumerate(OFTEN):
        x, z = generator.normal(3.0 * (i % 2), 1.0 + (n > 2), 2)
        row = f"{x:.4f},{100 * z:.2f},{n},{'ab'[i % 2] if i % 5 else 'ba'[i % 2]},{x - z + generator.normal():.4f}"
        lines += [row] * n if repeated else [row]
    path = folder / f"repeated-{repeated}.csv"
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def both(folder: Path, **how: Any) -> tuple[RunSpec, RunSpec]:
    """The choices for the table of counts, and for the rows themselves."""
    with_weights = chosen(table(folder, repeated=False), columns=("x", "z"), weights="n", **how)
    return with_weights, chosen(table(folder, repeated=True), columns=("x", "z"), **how)


@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.integers(0, 5)), min_size=1, max_size=12))
def test_units_are_those_of_the_repeated_rows(rows: list[tuple[float, int]]) -> None:
    X, n = np.array([row[0] for row in rows])[:, None], np.array([row[1] for row in rows])
    n[0] += 1
    found, constant = standard_units(X, n.astype(np.float64))
    plain, also = standard_units(np.repeat(X, n, axis=0))
    size = np.abs(X).max() + 1e-300
    assert constant == also
    assert np.abs(found.offset - plain.offset).max() <= 1e-12 * size
    assert np.abs(found.scale - plain.scale).max() <= 1e-7 * plain.scale.max() + 1e-12 * size


MODELS: list[tuple[str, str, dict[str, Any]]] = [
    *(("gmm", "", {"covariance_type": shape}) for shape in ("full", "tied", "diag", "spherical")),
    ("kmeans", "", {}),
    *((name, kind, {}) for name in ("experts", "backprop-experts") for kind in ("k", "t")),
    *(("mlp", kind, {"m_step": "newton", "weight_decay": "0.01"}) for kind in ("k", "t")),
    ("mlp", "k", {"m_step": "gradient"}),
    *(("backprop", kind, {"optimizer": "batch"}) for kind in ("k", "t")),
]


@pytest.mark.parametrize("products", [False, True])
@pytest.mark.parametrize(("model", "learned", "settings"), MODELS)
def test_counted_rows_are_rows_that_come_again(
    tmp_path: Path, model: str, learned: str, settings: dict[str, Any], products: bool
) -> None:
    if products and not learned:
        pytest.skip("products are inputs of supervised models")
    how: dict[str, Any] = {"model": model, "settings": settings, "standardize": True, "k": 2}
    how |= {"label": "k" if learned == "k" else "", "products": products}
    how |= {"test_share": 0.0} if learned else {}
    counted, again = both(tmp_path, **how, **({"target": "t"} if learned == "t" else {}))
    start = again.model.start(problem_of(again).data, np.random.default_rng(0))
    ends = [
        engine.fit(
            one.model, *table_of(one), sample_weight=sample_weight_of(one), start=start, max_iter=4, tol=0.0
        ).step
        for one in (counted, again)
    ]
    assert ends[0].objective == pytest.approx(ends[1].objective, rel=1e-10)
    others = arrays_of(ends[1].params)
    for path, array in arrays_of(ends[0].params).items():
        np.testing.assert_allclose(array, others[path], rtol=1e-7, atol=1e-9, err_msg=path)


@pytest.mark.parametrize("products", [False, True])
def test_training_units_are_those_of_the_training_rows_as_often_as_they_count(tmp_path: Path, products: bool) -> None:
    spec, _ = both(tmp_path, model="mlp", label="k", standardize=True, products=products)
    split = split_of(spec)
    assert split is not None and split.units is not None and len(split.test)
    rows = np.repeat(split.train, OFTEN[split.train])
    X = spec.dataset.X[rows]
    plain = product_units(X, True) if products else standard_units(X)[0]
    np.testing.assert_allclose(split.units.offset, plain.offset, rtol=1e-12)
    np.testing.assert_allclose(split.units.scale, plain.scale, rtol=1e-12)
    inputs = split.inputs[rows]
    assert abs(inputs.mean(axis=0)).max() < 1e-9 and abs(inputs.std(axis=0) - 1.0).max() < 1e-9


def test_principal_components_are_those_of_the_rows_as_often_as_they_count(tmp_path: Path) -> None:
    for standardize in (False, True):
        counted, again = both(tmp_path, model="gmm", label="", standardize=standardize, principal=2)
        often = np.repeat(counted.dataset.X, OFTEN, axis=0)
        signs = np.sign((often * again.dataset.X).sum(axis=0))  # of two alike in size rounding may choose either
        np.testing.assert_allclose(often * signs, again.dataset.X, rtol=1e-9, atol=1e-9 * abs(often).max())
        assert counted.dataset.notes[-1] == again.dataset.notes[-1]


def test_a_study_standardises_by_the_weights() -> None:
    generator = np.random.default_rng(0)
    X, y, n = generator.normal(size=(30, 2)) * [1.0, 50.0], np.arange(30) % 2, np.arange(30) % 4
    study = Study(X, y, {"em": engine.LatentMLP(2)}, range(1), 3, standardize=True, sample_weight=n.astype(float))
    (run,), train = study.runs(), study.rows(0).train
    units = standard_units(np.repeat(X[train], n[train], axis=0))[0]
    curves = engine.learning_curves(
        engine.LatentMLP(2), units.to_standard(X[train]), y[train], sample_weight=n[train], max_iter=3
    )
    assert run.train_log_loss == pytest.approx(curves.points[-1].scores["train_loss"], rel=1e-12)


@pytest.mark.parametrize("how", [{"model": "gmm", "principal": 1}, {"model": "mlp", "products": True}])
def test_the_script_makes_the_same_numbers(tmp_path: Path, how: dict[str, Any]) -> None:
    spec, _ = both(tmp_path, label="k", k=2, standardize=True, max_iter=4, **how)
    session = Session(spec)
    session.take_iteration()
    session.take_iteration()
    printed = run_script(export_script(session, tmp_path / "run.py"), tmp_path)
    assert float(printed["log_likelihood"]) == session.timeline.current.log_likelihood
