"""What is given to a run: copied or watched, in any usual form, and refused in a sentence that names the argument."""

from __future__ import annotations

import copy
import pickle
from array import array
from typing import Any

import numpy as np
import pytest
import scipy.sparse

import engine
from engine.em import given
from engine.errors import DataError, EngineError
from engine.testing.case import leaves, same_bytes

IRIS = engine.load("iris")
GENERATOR = np.random.default_rng(0)
SYMBOLS = GENERATOR.integers(0, 3, 40).astype(float)
COUNTS = GENERATOR.poisson(1.0, (30, 8)).astype(float)

GMM, KMEANS, THETA = engine.GaussianMixture(2), engine.KMeans(2), engine.GaussianMixture.Params
CHAIN = engine.HiddenMarkovModel.Params
ANY_X: Any = IRIS.X
ANY_CLASS: Any = engine.GaussianMixture
ANY_WORD: Any = "gmm"
GIVEN: list[tuple[engine.Model[Any, Any], Any, Any]] = [
    (engine.KMeans(3), IRIS.X.copy(), None),
    (engine.GaussianMixture(3), IRIS.X.copy(), np.where(np.arange(150) % 9 == 0, IRIS.y, -1)),
    (engine.GaussianMixture(3), IRIS.X[:, 0].copy(), None),
    (engine.PoissonMixture(), COUNTS[:, 0].copy(), None),
    (engine.BernoulliMixture(), (COUNTS > 0).astype(float), None),
    (engine.BinomialMixture(n_trials=20), COUNTS[:, 1].copy(), None),
    (engine.GeneticLinkage(), COUNTS[:, :4].copy(), None),
    (engine.LatentDirichletAllocation(2), COUNTS.copy(), None),
    (engine.LatentDirichletAllocation(2), scipy.sparse.csr_array(COUNTS), None),
    (engine.HiddenMarkovModel(2), SYMBOLS.copy(), None),
    (engine.HiddenMarkovModel(2, emission="gaussian"), [IRIS.X[:70].copy(), IRIS.X[70:].copy()], None),
    (engine.LatentMLP(2), IRIS.X.copy(), IRIS.y.copy()),
    (engine.BackpropMLP(2), IRIS.X.copy(), IRIS.y.copy()),
]


def spoil(values: Any) -> None:
    """What a caller does who uses an array again."""
    if isinstance(values, list):
        for one in values:
            spoil(one)
    elif isinstance(values, scipy.sparse.csr_array):
        values.data[:] = values.data[::-1].copy() + 1.0
        values.indices[:] = values.indices[::-1].copy()
    elif values is not None:
        values[:] = values[::-1].copy()
        values[0] = 1


@pytest.mark.parametrize("case", GIVEN, ids=lambda case: case[0].name)
def test_nothing_changes_when_the_caller_uses_his_arrays_again(case: tuple[Any, Any, Any]) -> None:
    model, (X, y), (X2, y2) = case[0], copy.deepcopy(case[1:]), copy.deepcopy(case[1:])
    units = 1 if model.name == "hmm" and not isinstance(X, list) else len(X) if isinstance(X, list) else X.shape[0]
    weight = np.full(units, 2.0)
    run = engine.fit(model, X, y, sample_weight=weight, max_iter=2)
    kept = engine.fit(model, X2, y2, sample_weight=weight.copy(), max_iter=2)
    for used in (X, y, weight):
        spoil(used)
    assert np.array_equal(run.labels, kept.labels)
    one, other = (engine.advance(engine.advance(which.step)) for which in (run, kept))
    assert all(map(same_bytes, leaves(one.params), leaves(other.params)))
    assert repr(one.objective) == repr(other.objective)
    for which in (one, other):
        assert which.posterior is not None
    assert np.array_equal(one.posterior.responsibilities, other.posterior.responsibilities)  # type: ignore[union-attr]


def test_the_case_of_reversed_rows() -> None:
    X = IRIS.X.copy()
    run, wanted = engine.fit(engine.KMeans(3), X), engine.fit(engine.KMeans(3), IRIS.X).labels
    X[:] = X[::-1].copy()
    assert np.array_equal(run.labels, wanted)


def test_buffers_and_arrays_of_other_libraries_are_copied() -> None:
    class Lent:
        """An array of another library."""

        def __init__(self, values: np.ndarray) -> None:
            self.values = values

        def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
            return self.values

    column = IRIS.X[:, 0].copy()
    for X in (array("d", column.tolist()), memoryview(column), Lent(column)):
        run = engine.fit(engine.KMeans(3), X)
        column[:] = column[::-1].copy()
        if isinstance(X, array):
            X[:] = X[::-1]
        assert np.array_equal(run.labels, engine.fit(engine.KMeans(3), IRIS.X[:, 0]).labels)
        column[:] = IRIS.X[:, 0]


def test_copies_are_not_watched() -> None:
    X = IRIS.X.copy()
    for own in (X, scipy.sparse.csr_array(COUNTS)):
        model: Any = engine.GaussianMixture(3) if own is X else engine.LatentDirichletAllocation(2)
        assert not engine.begin(model, own).problem.data.watches


def test_large_arrays_are_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(given, "COPIED_BYTES", 1000)
    X = IRIS.X.copy()
    step = engine.begin(engine.GaussianMixture(3), X)
    assert np.shares_memory(step.problem.data.X, X)
    step = engine.m_step(engine.e_step(step))
    X[[3, 4]] = X[[4, 3]] + [[0.0, 0.0, 0.0, 1e-9]]  # however little
    for read in (lambda: engine.advance(engine.e_step(step)), lambda: engine.e_step(step).posterior.labels):  # type: ignore[union-attr]
        with pytest.raises(DataError, match=r"^X was changed while a run still reads it: begin again, and leave"):
            read()
    counts = scipy.sparse.csr_array(COUNTS)
    step = engine.begin(engine.LatentDirichletAllocation(2), counts)
    counts.data[2] += 1.0
    with pytest.raises(DataError, match="X was changed"):
        _ = step.at.expectation
    frozen = engine.begin(engine.GaussianMixture(3), IRIS.X)
    assert not frozen.problem.data.watches  # nobody can change it
    X = IRIS.X.astype(np.float32)
    assert not engine.begin(engine.GaussianMixture(3), X).problem.data.watches  # it was copied on the way


def test_a_dataset_keeps_what_it_was_given() -> None:
    X, y, weights = IRIS.X.copy(), IRIS.y.copy(), np.ones(150)
    data = engine.Dataset("mine", X, y, class_names=IRIS.class_names, weights=weights)
    spoil(X), spoil(y), spoil(weights)
    assert np.array_equal(data.X, IRIS.X) and np.array_equal(data.y, IRIS.y) and (data.weights == 1.0).all()
    with pytest.raises(ValueError, match="read-only"):
        data.X[0, 0] = 1.0
    masked = engine.Dataset("mine", np.ma.array(IRIS.X, mask=IRIS.X > 7.5))
    assert np.isnan(masked.X).sum() == (IRIS.X > 7.5).sum()


def test_masked_entries_and_the_na_of_pandas_are_missing() -> None:
    pandas = pytest.importorskip("pandas")
    answers = (GENERATOR.random((40, 3)) < 0.6).astype(float)
    seen = np.where(GENERATOR.random((40, 3)) < 0.2, np.nan, answers)
    wanted = engine.fit(engine.BernoulliMixture(), seen, max_iter=5)
    masked = np.ma.array(np.where(np.isnan(seen), 7.0, seen), mask=np.isnan(seen))
    frames = [pandas.DataFrame(seen).astype(kind) for kind in ("Int64", "Float64", "boolean")]
    for X in (
        masked,
        masked.astype(int),
        *frames,
        frames[0].astype(object),
        [[None if v != v else v for v in row] for row in seen],
    ):
        run = engine.fit(engine.BernoulliMixture(), X, max_iter=5)
        assert all(map(same_bytes, leaves(run.params), leaves(wanted.params)))
    for X in (masked, frames[1]):
        with pytest.raises(DataError, match="X holds nan at row"):
            engine.fit(engine.GaussianMixture(2), X)
        with pytest.raises(DataError, match="sequence 1 holds nan at row"):
            engine.fit(engine.HiddenMarkovModel(2, emission="gaussian"), [X])


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: engine.fit(GMM, IRIS.X * 1j), "X holds complex numbers: give their real parts"),
        (lambda: engine.fit(GMM, IRIS), "a Dataset was given where an array belongs: give data.X"),
        (lambda: engine.fit(KMEANS, scipy.sparse.csr_array(IRIS.X)), r"X is a sparse matrix, .* X.toarray\(\)"),
        (lambda: engine.fit(KMEANS, IRIS.X, sample_weight=["a"] * 150), "sample_weight must be numbers, one a row"),
        (lambda: engine.fit(KMEANS, IRIS.X, sample_weight=np.ones(150) * 1j), "sample_weight holds complex"),
        (lambda: engine.fit(KMEANS, IRIS.X, sample_weight=np.ones(3)), "sample_weight must have one number a row"),
        (lambda: engine.fit(KMEANS, IRIS.X, sample_weight=2.0), "sample_weight must have one number a row"),
        (lambda: engine.fit(ANY_X, GMM), "model and X have changed places: the model comes first"),
        (lambda: engine.begin(ANY_CLASS, IRIS.X), r"model is the class GaussianMixture: .*, GaussianMixture\(…\)"),
        (lambda: list(engine.iterate(ANY_WORD, IRIS.X)), "model must be a model such as .*, not str"),
        (
            lambda: engine.fit(KMEANS, "iris.csv"),
            "X must be a table of numbers, not of the type str: give a list or an arr",
        ),
        (lambda: engine.fit(KMEANS, {"a": [1.0]}), "X must be a table of numbers, not of the type dict"),
        (
            lambda: engine.fit(KMEANS, (row for row in IRIS.X)),
            "X must be a table of numbers, not of the type generator",
        ),
        (
            lambda: engine.fit(GMM, IRIS.X, algorithm=3),
            "algorithm must be a name such as squarem, or an algorithm, not 3",
        ),
        (lambda: THETA(None, [[1.0]], [[[1.0]]]), "weights of GaussianParams must be an array of numbers, not None"),
        (lambda: engine.all_starts(ANY_X, KMEANS), "model and X have changed places"),
        (lambda: engine.compare_sizes(ANY_X, GMM, n_components=[1]), "have changed places"),
        (lambda: THETA(["a", "b"], [[1.0]], [[[1.0]]]), "weights of GaussianParams must be an array of numbers"),
        (lambda: THETA([1.0], [[1.0], [1.0, 2.0]], [[[1.0]]]), "means of GaussianParams has rows of different"),
        (lambda: THETA([1j], [[1.0]], [[[1.0]]]), "weights of GaussianParams holds complex numbers"),
        (lambda: CHAIN([1.0], [[1.0]], {"means": [[1.0]]}), "emission of HiddenMarkovParams must have means and cov"),
        (lambda: engine.fit(GMM, IRIS.X, [[1], [1, 2]]), "y must have one label a row, but it holds lists of diff"),
        (lambda: engine.fit(GMM, IRIS.X, IRIS), "a Dataset was given where an array belongs: give data.X"),
        (lambda: engine.fit(KMEANS, [[1.0], [1.0, 2.0]]), "X has rows of different lengths"),
        (lambda: engine.fit(KMEANS, np.array(["2020-01-01"], dtype="M8[D]")), "X holds dates or times"),
        (lambda: engine.fit(KMEANS, IRIS.X, n_init=2, seed=-1), "seed must be a whole number"),
        (lambda: engine.fit(KMEANS, IRIS.X, n_init=2, seed=ANY_WORD), "seed must be a whole number"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(call: Any, said: str) -> None:
    with pytest.raises(EngineError, match=said) as caught:
        call()
    assert str(caught.value).endswith(".") and "\n" not in str(caught.value)


def test_data_runs_and_parameters_can_be_pickled_and_copied() -> None:
    for again in (lambda value: pickle.loads(pickle.dumps(value)), copy.deepcopy, copy.copy):
        data = again(IRIS)
        assert np.array_equal(data.X, IRIS.X) and np.array_equal(data.y, IRIS.y)
        assert (data.options, data.start, data.name) == (IRIS.options, IRIS.start, IRIS.name)
        assert not data.X.flags.writeable
        with pytest.raises(TypeError):
            data.options["n_components"] = 4
        assert [entry.key for entry in again(engine.datasets())] == [entry.key for entry in engine.datasets()]
    for model, X, y in GIVEN:
        run = engine.fit(model, X, y, max_iter=2)
        for again in (lambda value: pickle.loads(pickle.dumps(value)), copy.deepcopy):
            other = again(run)
            assert other.model == run.model and other.stop_reason == run.stop_reason
            assert np.array_equal(other.labels, run.labels)
            assert all(map(same_bytes, leaves(other.params), leaves(run.params)))
            assert not any(leaf.flags.writeable for leaf in leaves(other.params))
            one, two = (engine.advance(engine.advance(which.step)) for which in (run, other))
            assert all(map(same_bytes, leaves(one.params), leaves(two.params)))
            assert again(run.step).iteration == run.step.iteration
            assert again(run.timeline).current.iteration == run.timeline.current.iteration
    weighted = engine.fit(engine.GaussianMixture(2), IRIS.X, sample_weight=np.arange(150) % 2)
    assert np.array_equal(pickle.loads(pickle.dumps(weighted)).labels, weighted.labels)


def test_new_rows_may_have_any_extent() -> None:
    run = engine.fit(engine.GaussianMixture(2, "diag"), IRIS.X, max_iter=5)
    assert run.predict(np.full((3, 4), 1e-200)).tolist() == run.predict(np.zeros((3, 4))).tolist()
    assert run.predict(np.full((1, 4), 1e200)).tolist() == run.predict(np.full((1, 4), 1e151)).tolist()
    clusters = engine.fit(engine.KMeans(3), IRIS.X)
    assert clusters.predict(np.full((3, 4), 1e-200)).tolist() == clusters.predict(np.zeros((3, 4))).tolist()
    assert clusters.predict(IRIS.X).tolist() == clusters.labels.tolist()
    assert len(clusters.predict(np.full((2, 4), 1e300))) == 2
    chain = engine.fit(engine.HiddenMarkovModel(2, emission="gaussian"), IRIS.X, max_iter=5)
    assert chain.predict(np.full((3, 4), 1e-200)).tolist() == chain.predict(np.zeros((3, 4))).tolist()


def test_new_rows_are_named_as_those_that_were_fitted() -> None:
    run = engine.fit(engine.HiddenMarkovModel(2), SYMBOLS)
    with pytest.raises(DataError, match=r"^row 2 of sequence 2 holds symbol 9, which the model has never seen"):
        run.predict([[0, 1, 2], [1, 9]])
    with pytest.raises(DataError, match=r"^row 2 holds symbol 9, which the model has never seen"):
        run.predict([1, 9])
    with pytest.raises(DataError, match=r"^row 1 of sequence 2 holds 0.5, but symbols must be whole"):
        run.predict([[0, 1, 2], [0.5, 1]])


def test_a_factorisation_that_fails_is_told_in_the_models_own_words() -> None:
    class Singular(engine.LatentMLP):
        """Its curvature has no inverse."""

        def maximize(self, expectation: Any, params: Any, data: Any) -> Any:
            raise np.linalg.LinAlgError

    class Plain(engine.PoissonMixture):
        """Neither has what this one solves."""

        def expect(self, params: Any, data: Any, inference: Any = None) -> Any:
            raise np.linalg.LinAlgError

    with pytest.raises(DataError, match="the curvature of a Newton step is singular") as caught:
        engine.fit(Singular(2), IRIS.X, IRIS.y)
    assert "covariance" not in str(caught.value)
    with pytest.raises(DataError, match="a matrix is singular to the last digit here"):
        engine.fit(Plain(), COUNTS[:, 0])
    assert "covariance is singular" in engine.GaussianMixture().singular
    assert "fewer states" in engine.HiddenMarkovModel().singular
