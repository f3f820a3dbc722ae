"""Which columns are looked at, and along which directions."""

from __future__ import annotations

import numpy as np
import pytest
from counts import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import PCA
from view_frames import blobs

from emtui.views.column_separation import ranked_columns, separation
from emtui.views.points import pairs, single_axes
from emtui.views.principal_axes import decompose, principal_components
from emtui.views.projection import direction, marginal_covariances, shown_units, spreads
from emtui.views.view import PictureAxis
from engine import load
from engine.data.dataset import Dataset


def test_the_default_pair_of_iris_is_that_of_the_petals() -> None:
    data = load("iris")
    offered = pairs(data)
    assert offered[0].title == "petal length × petal width"
    assert offered[1].title == "PC 1 × PC 2"
    titles = [axes.title for axes in offered]
    assert len(titles) == len(set(titles)) == 6 + 1 + 4  # pairs, components, single columns
    assert pairs(data) is offered
    assert [axis.label for axis in single_axes(data)][:5] == [*data.feature_names, "PC 1"]


def test_one_column_is_a_histogram_and_many_are_principal_components() -> None:
    assert [axes.title for axes in pairs(load("waiting"))] == ["waiting"]
    assert pairs(load("old_faithful"))[0].title == "eruptions × waiting"
    assert pairs(load("digits"))[0].title == "PC 1 × PC 2"
    of_many = [axes.title for axes in pairs(load("digits"))]
    assert len(of_many) == len(set(of_many)) == 1 + 66 + 12  # components, pairs of the twelve best, each alone


def test_separation_equals_trying_every_cut() -> None:
    generator = np.random.default_rng(0)
    for values in (generator.normal(size=60), np.repeat([0.0, 0.0, 5.0], 20), generator.exponential(size=33) * 1e200):
        ordered, n = np.sort(values / np.abs(values).max()), len(values)
        best = 0.0
        for cut in range(max(1, n // 10), n - max(1, n // 10) + 1):
            a, b = ordered[:cut], ordered[cut:]
            within = (a.var() * len(a) + b.var() * len(b)) / n
            best = max(best, 1 - within / ordered.var())
        assert separation(values) == pytest.approx(best, rel=1e-9)


def test_outliers_and_constant_columns_separate_nothing() -> None:
    normal = np.random.default_rng(1).normal(size=400)
    outlier = np.append(normal, 1e6)
    assert separation(np.full(50, 3.0)) == 0.0
    assert separation(np.array([1.0, np.nan, 1.0])) == 0.0
    assert separation(outlier) < 0.1
    two = np.append(normal - 6, normal + 6)
    assert separation(two) > 0.9 > 0.7 > separation(normal)
    X = np.column_stack([np.full(800, 1.0), np.resize(normal, 800), two])
    assert ranked_columns(X).tolist() == [2, 1, 0]


def test_a_column_and_its_double_are_not_paired() -> None:
    X = blobs(200, 3, 2)
    X = np.column_stack([X[:, 0], 2 * X[:, 0] + 1, X[:, 1], X[:, 2]])
    chosen = pairs(Dataset("doubled", X))[0]
    assert chosen.y is not None
    assert {chosen.x.index, chosen.y.index} != {0, 1}


def test_principal_components_agree_with_scikit_learn() -> None:
    for name in ("iris", "wine", "breast_cancer"):
        X = load(name).X
        ours, peer = decompose(X), PCA().fit(X)
        np.testing.assert_allclose(ours.shares, peer.explained_variance_ratio_, atol=1e-12)
        for mine, other in zip(ours.directions[:4], peer.components_[:4], strict=True):
            np.testing.assert_allclose(mine, other * np.sign(other[np.abs(other).argmax()]), atol=1e-8)
            assert mine[np.abs(mine).argmax()] > 0


@pytest.mark.parametrize("scale", [1e-150, 1.0, 1e150])
def test_principal_components_at_any_scale_and_of_few_rows(scale: float) -> None:
    X = blobs(50, 3, 2) * scale
    np.testing.assert_allclose(decompose(X).directions, decompose(X / scale).directions, atol=1e-10)
    for rows in (1, 2):
        few = decompose(X[:rows])
        assert len(few.directions) >= 2
        np.testing.assert_allclose(few.directions @ few.directions.T, np.eye(len(few.directions)), atol=1e-12)
    assert np.isfinite(decompose(np.full((5, 2), scale)).directions).all()


def test_a_large_table_is_sampled_and_kept() -> None:
    data = Dataset("large", np.random.default_rng(0).normal(size=(20_000, 60)) * np.arange(1, 61))
    assert principal_components(data) is principal_components(data)
    assert abs(principal_components(data).directions[0]).argmax() == 59


@settings(max_examples=examples(40))
@given(st.integers(0, 10_000), st.sampled_from(["full", "tied", "diag", "spherical"]), st.booleans())
def test_marginal_covariances_equal_brute_force(seed: int, kind: str, components: bool) -> None:
    generator = np.random.default_rng(seed)
    K, d = 3, 4
    data = Dataset("any", blobs(30, d, 2, seed)).standardized()
    L = generator.normal(size=(K, d, d))
    full = L @ L.transpose(0, 2, 1)
    given_as = {
        "full": full,
        "tied": full[0],
        "diag": np.diagonal(full, axis1=1, axis2=2),
        "spherical": full[:, 0, 0],
    }[kind]
    expanded = {
        "full": full,
        "tied": np.stack([full[0]] * K),
        "diag": np.stack([np.diag(np.diag(S)) for S in full]),
        "spherical": np.stack([S[0, 0] * np.eye(d) for S in full]),
    }[kind]
    axes = [PictureAxis("component", i, "") if components else PictureAxis("feature", 2 - i, "") for i in (0, 1)]
    along = [direction(data, axis, "data") for axis in axes]
    A = np.stack([each.vector for each in along])
    expected = np.stack([A @ S @ A.T for S in expanded])
    np.testing.assert_allclose(marginal_covariances(np.asarray(given_as), kind, K, along), expected, atol=1e-10)
    if not components:  # exactly the entries of Σ, in the units of the data
        units = data.units
        assert units is not None
        wanted = expanded[:, 2, 1] * units.scale[2] * units.scale[1]
        np.testing.assert_allclose(marginal_covariances(np.asarray(given_as), kind, K, along)[:, 0, 1], wanted)


def test_directions_in_either_units() -> None:
    raw = load("iris")
    standard = raw.standardized()
    axis = PictureAxis("feature", 2, "petal length")
    np.testing.assert_array_equal(direction(raw, axis, "data").of(raw.X), raw.X[:, 2])
    np.testing.assert_array_equal(direction(standard, axis, "standard").of(standard.X), standard.X[:, 2])
    np.testing.assert_allclose(direction(standard, axis, "data").of(standard.X), raw.X[:, 2], rtol=1e-12)
    np.testing.assert_allclose(direction(raw, axis, "standard").of(raw.X), standard.X[:, 2], atol=1e-12)
    assert shown_units(raw, "data") is None
    assert shown_units(standard, "standard") is None
    np.testing.assert_allclose(spreads(standard, "data")[0], raw.X.std(axis=0))
    np.testing.assert_allclose(spreads(raw, "standard")[0], 1.0)
    components = [direction(raw, PictureAxis("component", i, ""), "data").of(raw.X) for i in range(4)]
    peer = PCA().fit_transform(raw.X)
    np.testing.assert_allclose(np.abs(np.stack(components, axis=1)), np.abs(peer), atol=1e-8)


@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_a_few_far_values_are_no_group(sign: float) -> None:
    values = np.append(np.random.default_rng(2).normal(size=97), [20.0, 20.1, 20.2]) * sign
    ordered = np.sort(values)
    cut = 3 if sign < 0 else 97
    a, b = ordered[:cut], ordered[cut:]
    all_cuts = 1 - (a.var() * len(a) + b.var() * len(b)) / 100 / ordered.var()
    assert all_cuts > 0.9  # that cut would win, if it were allowed
    assert separation(values) < 0.6  # less than a plain normal column
