"""Labels as people have them (1 and 2, −1 and 1, yes and no, words): as codes 0…g−1, and given back as they were."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import LabelEncoder

import engine
from engine.em.class_labels import encoded, labels_of
from engine.errors import DataError, EngineError

GENERATOR = np.random.default_rng(0)
CODES = np.repeat([0, 1, 2], 12)
X = GENERATOR.normal(size=(36, 2)) + 3.0 * np.eye(3)[CODES][:, :2]
TWO = CODES < 2

THREE_LABELS: list[Any] = [
    np.array([1, 2, 3]),
    np.array([0, 50, 100]),
    np.array([-1, 5, 10**12]),
    np.array([1.0, 2.0, 40.0]),
    np.array(["a", "b", "c"]),
    np.array(["setosa", "versicolor", "virginica"], dtype=object),
    np.array([-7, -1, 3], dtype=np.int8),
    np.array([1, 2, 2**40], dtype=np.uint64),
]
NETWORKS: list[Any] = [engine.LatentMLP(hidden_units=2), engine.BackpropMLP(hidden_units=2)]


@pytest.mark.parametrize("labels", THREE_LABELS, ids=str)
@pytest.mark.parametrize("model", NETWORKS, ids=lambda model: model.name)
def test_a_network_learns_any_labels_as_it_learns_their_codes(model: Any, labels: Any) -> None:
    y = labels[CODES]
    run, plain = (engine.fit(model, X, each, max_iter=3) for each in (y, CODES))
    np.testing.assert_array_equal(run.objectives, plain.objectives)
    np.testing.assert_array_equal(run.predict_proba(X), plain.predict_proba(X))
    assert run.model.n_parameters(run.params) == plain.model.n_parameters(plain.params)
    np.testing.assert_array_equal(run.classes_, LabelEncoder().fit(y.tolist()).classes_)
    np.testing.assert_array_equal(run.predict(X), labels[plain.predict(X)])
    found, expected = (
        engine.network_report(one.params, X, each, classes=one.classes_) for one, each in ((run, y), (plain, CODES))
    )
    np.testing.assert_array_equal(found["marginal"].confusion, expected["marginal"].confusion)
    assert found["forward"].log_loss == expected["forward"].log_loss
    some = slice(0, 20)  # without the last class: the labels say which is which
    only = engine.network_report(run.params, X[some], y[some], classes=run.classes_)["marginal"]
    np.testing.assert_array_equal(only.confusion[2], 0)


@pytest.mark.parametrize(
    "labels", [np.array([-1, 1]), np.array([1, 2]), np.array([False, True]), np.array(["no", "yes"])], ids=str
)
@pytest.mark.parametrize("model", NETWORKS, ids=lambda model: model.name)
def test_two_classes_of_any_kind(model: Any, labels: Any) -> None:
    y = labels[CODES[TWO]]
    run, plain = (engine.fit(model, X[TWO], each, max_iter=2) for each in (y, CODES[TWO]))
    np.testing.assert_array_equal(run.objectives, plain.objectives)
    predicted = run.predict(X[TWO])
    assert predicted.dtype == labels.dtype
    np.testing.assert_array_equal(predicted, labels[plain.predict(X[TWO])])


def test_a_series_of_pandas_and_its_categories_are_labels() -> None:
    y = pd.Series(["b", "a", "c"])[CODES].reset_index(drop=True)
    plain = engine.fit(NETWORKS[0], X, np.array([1, 0, 2])[CODES], max_iter=2)
    several: list[Any] = [y, y.astype("category"), y.to_list(), y.astype("string")]
    for labels in several:
        run = engine.fit(NETWORKS[0], X, labels, max_iter=2)
        np.testing.assert_array_equal(run.objectives, plain.objectives)
        assert run.classes_.tolist() == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (["a", "b", None], r"12 rows have no target \(the first is row 25\)"),
        ([1, 2, pd.NA], "12 rows have no target"),
        (["a", "b", ""], "12 rows have no target"),
        ([0.0, 1.0, np.nan], "12 rows have no target"),
        ([0, 1, -1], "12 rows have no target"),
        (["a", "a", "a"], "every row is of class 'a'"),
        ([7, 7, 7], "every row is of class 7"),
        ([1.0, np.inf, 2.0], "holds inf: classes are whole numbers"),
        ([1 + 1j, 2, 3], "can't be of the type complex128"),
        (["a", 1, True], "labels of different kinds"),
    ],
)
def test_what_can_not_be_targets_gets_a_sentence(labels: Any, words: str) -> None:
    kind = object if any(isinstance(label, str) or label is pd.NA for label in labels) else None
    with pytest.raises(DataError, match=words):
        engine.fit(NETWORKS[0], X, np.array(labels, dtype=kind)[CODES], max_iter=1)


def test_fractions_are_numbers_to_learn_and_no_classes() -> None:
    labels = np.array([0.5, 1.5, 2.0])[CODES]
    assert engine.fit(NETWORKS[0], X, labels, max_iter=1).params.output.shape == (1, 3)
    words = "holds 0.5: classes are whole numbers, words or booleans"
    with pytest.raises(DataError, match=words):
        engine.fit(engine.LatentMLP(2, likelihood="softmax"), X, labels, max_iter=1)


MIXTURES: list[tuple[Any, Any]] = [
    (engine.GaussianMixture(3), X),
    (engine.PoissonMixture(3), np.arange(36.0)),
    (engine.BernoulliMixture(3), (X > 0).astype(float)),
    (engine.HiddenMarkovModel(3, emission="gaussian"), X),
]


@pytest.mark.parametrize(("model", "table"), MIXTURES, ids=lambda value: getattr(value, "name", ""))
@pytest.mark.parametrize("labels", [np.array([1, 2, 3]), np.array(["a", "b", "c"])], ids=str)
def test_known_labels_of_any_kind_are_given_back(model: Any, table: Any, labels: Any) -> None:
    known = np.arange(36) % 4 != 0
    unknown = -1 if labels.dtype.kind == "i" else None
    y: Any = np.where(known, labels[CODES].astype(object), unknown)
    if labels.dtype.kind == "i":
        y = y.astype(np.int64)
    run, plain = (engine.fit(model, table, each, max_iter=3) for each in (y, np.where(known, CODES, -1)))
    np.testing.assert_array_equal(run.objectives, plain.objectives)
    np.testing.assert_array_equal(run.predict(table), labels[plain.predict(table)])
    np.testing.assert_array_equal(run.labels, plain.labels)  # components, whatever they are called
    assert run.classes_.tolist() == labels.tolist()


def test_components_without_a_label_have_none() -> None:
    run = engine.fit(engine.GaussianMixture(3), X, np.where(TWO, np.array(["a", "b", ""])[CODES], ""), max_iter=5)
    assert set(run.predict(X).tolist()) == {"a", "b", ""}
    assert labels_of(np.array([0, 1, 2]), np.array([5, 7])).tolist() == [5, 7, -1]
    with pytest.raises(EngineError, match="labels must be 0…1"):
        engine.fit(engine.GaussianMixture(2), X, np.array(["a", "b", "c"])[CODES])


def test_components_that_are_numbered_as_they_are_stay() -> None:
    run = engine.fit(engine.GaussianMixture(3), X[CODES != 1], CODES[CODES != 1], max_iter=3)
    assert set(run.predict(X[CODES != 1]).tolist()) <= {0, 1, 2} and run.classes_.tolist() == [0, 1, 2]


def test_a_start_with_another_number_of_classes_is_refused_where_labels_do_not_say_which() -> None:
    start = engine.begin(NETWORKS[0], X, CODES).params
    assert engine.begin(NETWORKS[0], X[TWO], CODES[TWO], start=start).params.n_classes == 3
    with pytest.raises(EngineError, match=r"the start has 3 classes, but y has 2 \(0, 2\)"):
        engine.begin(NETWORKS[0], X[CODES != 1], CODES[CODES != 1], start=start)
    report = engine.network_report(start, X, np.array(["a", "b", "c"])[CODES])["marginal"]
    assert report.log_loss == engine.network_report(start, X, CODES)["marginal"].log_loss
    with pytest.raises(DataError, match="row 13 is of class 'b', which is not among"):
        engine.network_report(start, X, np.array(["a", "b", "c"])[CODES], classes=["a", "c", "d"])


def test_codes_are_those_of_scikit_learn() -> None:
    for _ in range(30):
        y = GENERATOR.choice(GENERATOR.integers(-50, 50, size=5), size=40)
        codes, labels = encoded(y, unknown_is_minus_one=False)
        peer = LabelEncoder().fit(y)
        np.testing.assert_array_equal(labels, peer.classes_)
        np.testing.assert_array_equal(codes, peer.transform(y))


@pytest.mark.parametrize("unknown", [None, np.nan])
def test_labels_that_are_all_unknown_are_none(unknown: Any) -> None:
    run = engine.fit(engine.GaussianMixture(2), X, [unknown] * 36, max_iter=3)
    plain = engine.fit(engine.GaussianMixture(2), X, max_iter=3)
    np.testing.assert_array_equal(run.objectives, plain.objectives)
    np.testing.assert_array_equal(run.predict(X), plain.predict(X))


def test_yes_and_no_are_known_labels() -> None:
    run = engine.fit(engine.GaussianMixture(2), X[TWO], CODES[TWO] > 0, max_iter=3)
    assert run.predict(X[TWO]).dtype == bool and run.classes_.tolist() == [False, True]


@pytest.mark.parametrize(
    "y",
    [
        np.linspace(-1.0, 1.0, 30) * 1e40,
        np.arange(30) * 1000.0 + 1.7e12,
        np.repeat(np.arange(20.0), [2] * 10 + [1] * 10),
        np.array([0.0, 1e17, 2e17] * 10),
    ],
)
@pytest.mark.parametrize("model", [engine.LatentMLP(2), engine.BackpropMLP(2), engine.MixtureOfExperts(2)])
def test_floats_that_are_whole_by_chance_are_no_classes(y, model):
    X = np.random.default_rng(0).normal(size=(len(y), 2))
    with pytest.raises(DataError, match="to learn numbers, take likelihood='gaussian'"):
        engine.fit(model, X, y, max_iter=1)
    how = {"expert" if model.name == "experts" else "likelihood": "gaussian"}
    found = engine.fit(dataclasses.replace(model, **how), X, y, max_iter=1)
    assert found.model.predict_mean(found.params, found.model.observe_new(X, found.params)).shape == y.shape


def test_whole_floats_are_classes_as_ever():
    X = np.random.default_rng(0).normal(size=(30, 2))
    for y in (np.arange(30) % 3.0, np.arange(30) % 10 * 1e12, np.arange(30) // 2):
        run = engine.fit(engine.LatentMLP(2), X, y, max_iter=1)
        assert run.params.n_classes == len(np.unique(y))


@pytest.mark.parametrize(
    "y",
    [
        1_700_000_000_000 + 1000 * np.arange(40),
        np.random.default_rng(0).permutation(40),
        np.append(np.arange(39), 7),
        [f"p{i}" for i in range(40)],
    ],
)
def test_labels_that_tell_every_row_apart_are_no_classes(y: Any) -> None:
    X = np.random.default_rng(1).normal(size=(40, 2))
    models: list[Any] = [engine.LatentMLP(2), engine.BackpropMLP(2), engine.MixtureOfExperts(2)]
    for model in models:
        with pytest.raises(DataError, match=r"different labels in 40 rows, nearly one for each.*likelihood='gaussian'"):
            engine.fit(model, X, y, max_iter=1)


def test_many_classes_that_come_again_and_few_rows_are_classes():
    X = np.random.default_rng(1).normal(size=(40, 2))
    engine.fit(engine.LatentMLP(2), X, np.arange(40) % 30, max_iter=1)
    engine.fit(engine.LatentMLP(2), X[:8], np.arange(8), max_iter=1)


def test_a_label_column_of_measurements_is_told_when_it_opens(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a,t,who\n" + "".join(f"{i % 7}.5,{1_700_000_000_000 + 1000 * i},p{i}\n" for i in range(40)))
    data = engine.read_table(path, label="t")
    assert data.notes[-1] == (
        "'t' has 40 classes in 40 rows, nearly one for each: if it holds numbers to be learned, read it with target= "
        "(in the shell, --target; in the dialog o, t)."
    )
    assert "n_components" not in data.options
    assert "names of rows, read it with rows=" in engine.read_table(path, label="who").notes[-1]
    assert engine.read_table(path, target="t").target is not None
