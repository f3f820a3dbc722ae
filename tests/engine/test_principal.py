"""Principal components of a data set, with scikit-learn's as a peer."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.decomposition import PCA

import engine
from engine.data.dataset import Dataset
from engine.errors import DataError


@pytest.mark.parametrize(("name", "n_components"), [("iris", 2), ("iris", 4), ("wine", 5), ("digits", 10)])
@pytest.mark.parametrize("standardize", [False, True])
def test_scores_are_those_of_scikit_learn(name: str, n_components: int, standardize: bool) -> None:
    data = engine.load(name)
    data = data.standardized() if standardize else data
    peer = PCA(n_components, svd_solver="full")
    expected = peer.fit_transform(data.X)
    found = data.principal(n_components)
    signs = np.sign((found.X * expected).sum(axis=0))
    np.testing.assert_allclose(found.X, expected * signs, atol=1e-9 * np.abs(expected).max())
    assert f"{peer.explained_variance_ratio_.sum():.1%} of the variance" in found.notes[-1]
    assert found.feature_names == tuple(f"PC {j + 1}" for j in range(n_components))
    assert found.units is None
    assert found.y is not None
    assert np.array_equal(found.y, data.y)


def test_all_components_keep_the_distances() -> None:
    X = np.random.default_rng(4).normal(size=(12, 5))
    scores = Dataset("made", X).principal(5).X
    assert np.allclose(np.linalg.norm(X[3] - X, axis=1), np.linalg.norm(scores[3] - scores, axis=1))


@pytest.mark.parametrize("scale", [1e-200, 1e-150, 1.0, 1e150, 1e300])
def test_any_scale(scale: float) -> None:
    X = np.random.default_rng(5).normal(size=(20, 4))
    found = Dataset("made", X * scale).principal(3)
    np.testing.assert_allclose(found.X / scale, Dataset("made", X).principal(3).X, atol=1e-12)


def test_a_far_origin_changes_no_more_than_rounding() -> None:
    X = np.random.default_rng(6).normal(size=(20, 3))
    far = Dataset("made", X + 1e8).principal(2).X
    assert np.allclose(far, Dataset("made", X).principal(2).X, atol=1e-6)


@pytest.mark.parametrize("value", [0.0, 0.1, -1e300])
def test_equal_rows_lie_at_the_origin(value: float) -> None:
    found = Dataset("made", np.full((7, 3), value)).principal(2)
    assert not found.X.any()
    assert "keep 0.0% of the variance" in found.notes[-1]


def test_turned_columns_point_the_same_way() -> None:
    X = np.random.default_rng(7).normal(size=(30, 3)) * [5.0, 2.0, 1.0]
    assert np.allclose(Dataset("made", X).principal(2).X, -Dataset("made", -X).principal(2).X)


@pytest.mark.parametrize("n_components", [0, 5, -1])
def test_as_many_as_there_are(n_components: int) -> None:
    with pytest.raises(DataError, match="choose 1 to 4 of them"):
        engine.load("iris").principal(n_components)


def test_missing_values_are_named() -> None:
    X = np.arange(12.0).reshape(4, 3)
    X[2, 1] = np.nan
    with pytest.raises(DataError, match="row 3 of 'made' has no 'x2'"):
        Dataset("made", X).principal(2)


def test_another_model_suits_what_was_zeros_and_ones() -> None:
    binary = engine.load("digits_binary")
    assert binary.model == "bernoulli"
    found = binary.principal(3)
    assert found.model == "gmm"
    assert set(found.options) <= {"n_components"}
    assert engine.load("xor").principal(2).model == engine.load("xor").model
