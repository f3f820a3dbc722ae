"""The bundled data: the catalogue tells the truth, and the numbers are those of their sources."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from engine.data.catalogue import CatalogueEntry, data_folder, datasets, load, made_with
from engine.data.recipes import DECIMALS, RECIPES
from engine.errors import EngineError

ENTRIES = datasets()
WITH_MISSING = {"films", "votes"}
GENERATED = [entry for entry in ENTRIES if entry.seed is not None]


def key_of(entry: CatalogueEntry) -> str:
    return entry.key


@pytest.mark.parametrize("entry", ENTRIES, ids=key_of)
def test_every_entry_loads_with_the_shape_and_names_it_promises(entry: CatalogueEntry) -> None:
    data = load(entry.key)
    assert data.X.shape == entry.shape
    assert data.X.dtype == np.float64
    assert not np.isinf(data.X).any()
    assert data.has_missing == (entry.key in WITH_MISSING)
    assert entry.columns in ((), data.feature_names)
    assert (data.y is None) == (entry.label is None)
    assert data.name == entry.key
    assert (data.title, data.description) == (entry.title, entry.row)
    assert data.source
    assert data.licence
    assert data.notes == ()


@pytest.mark.parametrize("entry", [e for e in ENTRIES if e.label], ids=key_of)
def test_every_class_has_rows_and_every_row_a_class(entry: CatalogueEntry) -> None:
    data = load(entry.key)
    assert data.y is not None
    assert set(data.y.tolist()) == set(range(len(data.class_names)))


def test_the_folder_holds_data_alone_and_stays_small() -> None:
    files = [path for path in data_folder().rglob("*") if path.is_file()]
    assert {path.name for path in files} == {"catalogue.toml", *(entry.file for entry in ENTRIES)}
    assert sum(path.stat().st_size for path in files) < 1_500_000
    assert all(b'"' not in path.read_bytes() for path in files if path.suffix == ".csv")


@pytest.mark.parametrize("entry", GENERATED, ids=key_of)
def test_a_generated_set_is_its_recipe_with_its_seed(entry: CatalogueEntry) -> None:
    recipe = RECIPES[entry.key]
    X, component = recipe.make(np.random.default_rng(entry.seed), recipe.n_samples, recipe.noise or 0.0)
    data = load(entry.key)
    assert data.y is not None
    np.testing.assert_allclose(data.X, X, rtol=0, atol=0.5 * 10**-DECIMALS + 1e-9)
    assert [data.class_names[code] for code in data.y] == [str(c) for c in component]
    assert entry.recipe


@pytest.mark.parametrize("entry", GENERATED, ids=key_of)
def test_a_generated_set_is_made_anew_with_other_rows_noise_and_seed(entry: CatalogueEntry) -> None:
    usual, noisy = load(entry.key), RECIPES[entry.key].noise is not None
    same = load(entry.key, **made_with(entry.key).given())
    assert same.X.tobytes() == usual.X.tobytes()
    assert same.notes == ()
    for n in (11, 3 * usual.n_samples // 2):
        other = load(entry.key, n_samples=n, seed=99, **({"noise": 0.5} if noisy else {}))
        again = load(entry.key, n_samples=n, seed=99, **({"noise": 0.5} if noisy else {}))
        assert other.X.shape == (n, usual.n_features)
        assert other.X.tobytes() == again.X.tobytes()
        assert other.y is not None
        assert other.y.shape == (n,)
        assert set(other.class_names) <= set(usual.class_names)
        assert other.notes == (f"Made anew by its recipe: rows {n}, {'noise 0.5, ' if noisy else ''}seed 99.",)
    assert load(entry.key, seed=99).X.shape == usual.X.shape
    if not noisy:
        with pytest.raises(EngineError, match="has no noise to set: leave it out"):
            load(entry.key, noise=0.1)


def test_without_noise_the_points_lie_on_the_curves() -> None:
    spirals, moons = load("spirals", noise=0.0), load("moons", noise=0, n_samples=101)
    turns = np.linalg.norm(spirals.X, axis=1)
    np.testing.assert_allclose(np.sort(turns)[[0, -1]], [0.25, 1.5], atol=1e-4)
    upper = moons.X[moons.y == 0]
    np.testing.assert_allclose(np.linalg.norm(upper, axis=1), 1.0, atol=1e-4)
    assert len(upper) == 51
    assert len(np.unique(load("xor", noise=0.0).X, axis=0)) == 4


@pytest.mark.parametrize(
    ("name", "how", "says"),
    [
        ("iris", {"noise": 0.3}, "'iris' is no generated set: leave out noise"),
        ("spirals", {"n_samples": 3}, "n_samples must be a whole number from 10 to 1,000,000, not 3"),
        ("spirals", {"n_samples": 10.5}, "n_samples must be a whole number"),
        ("spirals", {"noise": -1.0}, "noise must be a number from 0"),
        ("spirals", {"noise": float("nan")}, "noise must be a number from 0"),
        ("spirals", {"noise": "much"}, "noise must be a number from 0"),
        ("spirals", {"seed": -1}, "seed must be a whole number of at least 0"),
        ("spiral", {"seed": 1}, "There is no data set called 'spiral'"),
    ],
)
def test_what_can_not_be_made_is_said(name: str, how: dict[str, Any], says: str) -> None:
    with pytest.raises(EngineError, match=re.escape(says)):
        load(name, **how)


def test_every_generated_set_has_a_recipe_and_every_recipe_a_set() -> None:
    assert {entry.key for entry in GENERATED} == set(RECIPES)
    assert all(entry.source == "generated for this project" for entry in GENERATED)


@pytest.mark.parametrize("key", ["iris", "wine", "breast_cancer", "digits"])
def test_the_classic_sets_agree_with_scikit_learn(key: str) -> None:
    from sklearn import datasets as peer

    theirs, ours = getattr(peer, f"load_{key}")(), load(key)
    np.testing.assert_array_equal(ours.X, theirs.data)
    assert ours.y is not None
    names = [ours.class_names[code] for code in ours.y]
    expected = [str(theirs.target_names[code]).replace("class_", "") for code in theirs.target]
    if key == "wine":
        assert [int(name.removeprefix("cultivar ")) - 1 for name in names] == [int(name) for name in expected]
    else:
        assert names == expected


def test_iris_is_fishers_and_not_the_copy_with_two_wrong_rows() -> None:
    X = load("iris").X
    np.testing.assert_array_equal(X[34], [4.9, 3.1, 1.5, 0.2])
    np.testing.assert_array_equal(X[37], [4.9, 3.6, 1.4, 0.1])
    assert load("iris").class_names == ("setosa", "versicolor", "virginica")


def test_old_faithful_has_the_moments_that_r_prints() -> None:
    X = load("old_faithful").X
    assert X.shape == (272, 2)
    assert X.mean(axis=0) == pytest.approx([3.487783, 70.897059], abs=5e-7)
    assert X.std(axis=0, ddof=1) == pytest.approx([1.141371, 13.594974], abs=5e-7)
    np.testing.assert_array_equal(load("waiting").X[:, 0], X[:, 1])


def test_waiting_times_give_the_published_first_log_likelihood() -> None:
    """Two Gaussians, start ½, 55, 80, σ 5 [Benaglia et al. 2009]."""
    x = load("waiting").X[:, 0]
    z = (x[:, np.newaxis] - np.array([55.0, 80.0])) / 5.0
    density = 0.5 * np.exp(-0.5 * z * z) / (5.0 * np.sqrt(2.0 * np.pi))
    assert np.log(density.sum(axis=1)).sum() == pytest.approx(-1051.0896414205, abs=1e-9)


def test_the_coins_are_the_published_tosses() -> None:
    coins = load("coins")
    assert coins.X[:, 0].tolist() == [5, 9, 8, 4, 7]
    assert coins.row_names == ("HTTTHHTHTH", "HHHHTHHHHH", "HTHHHHHTHH", "HTHTTTHHTT", "THHHTHHHTH")
    assert coins.X[:, 0].tolist() == [tosses.count("H") for tosses in coins.row_names]
    assert all(len(tosses) == coins.options["n_trials"] for tosses in coins.row_names)
    assert coins.model == "coins"


def test_counts_and_diary_are_the_published_ones() -> None:
    assert load("linkage").X.tolist() == [[125, 18, 20, 34]]
    diary = "2 3 3 2 3 2 3 2 2 3 1 3 3 1 1 1 2 1 1 1 3 1 2 1 1 1 2 3 3 2 3 2 2"
    assert load("icecream").X[:, 0].tolist() == [int(day) for day in diary.split()]
    deaths = load("deaths").X[:, 0].astype(int)
    assert np.bincount(deaths).tolist() == [162, 267, 271, 185, 111, 61, 27, 8, 3, 1]


def test_the_votes_are_those_of_the_house() -> None:
    votes = load("votes")
    assert votes.y is not None
    assert dict(zip(votes.class_names, np.bincount(votes.y).tolist(), strict=True)) == {
        "democrat": 267,
        "republican": 168,
    }
    assert np.isnan(votes.X).sum() == 392
    assert set(np.unique(votes.X[~np.isnan(votes.X)]).tolist()) == {0.0, 1.0}
    fee_freeze = votes.X[:, votes.feature_names.index("physician fee freeze")]
    assert [int(np.nansum(fee_freeze[votes.y == k])) for k in (0, 1)] == [14, 163]  # as UCI's table has them


def test_films_are_liked_or_not_or_not_seen() -> None:
    films = load("films")
    assert set(np.unique(films.X[~np.isnan(films.X)]).tolist()) == {0.0, 1.0}
    assert 0.3 < np.isnan(films.X).mean() < 0.5
    assert not np.isnan(films.X).all(axis=1).any()


@pytest.mark.parametrize("entry", [e for e in ENTRIES if e.start is not None], ids=key_of)
def test_a_published_start_is_a_start_of_its_model(entry: CatalogueEntry) -> None:
    from engine import begin
    from engine.models import model_class

    data = load(entry.key)
    model = model_class(entry.model)(**entry.options)
    assert data.start is not None
    first = begin(model, data.X, start=model.Params(**data.start))
    assert np.isfinite(first.log_likelihood)


def test_a_published_start_is_of_the_data_as_they_are() -> None:
    coins = load("coins")
    assert coins.start == {"weights": [0.5, 0.5], "probabilities": [0.6, 0.5]}
    assert coins.columns(["heads"]).start == coins.start
    assert coins.standardized().start is None
    linkage = load("linkage")
    assert linkage.columns(["ab", "AB"]).start is None
    assert load("iris").start is None


def test_k_means_cuts_the_stretched_blobs_and_a_gaussian_mixture_does_not() -> None:
    from sklearn.cluster import KMeans
    from sklearn.metrics import adjusted_rand_score
    from sklearn.mixture import GaussianMixture

    data = load("stretched")
    k_means = KMeans(3, n_init=10, random_state=0).fit_predict(data.X)
    mixture = GaussianMixture(3, n_init=5, random_state=0).fit_predict(data.X)
    assert adjusted_rand_score(data.y, k_means) < 0.5
    assert adjusted_rand_score(data.y, mixture) > 0.95
