"""Dataset, Units and load: checked values, columns, standard units and the way back."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from engine.data.catalogue import datasets, load
from engine.data.class_labels import encode_labels
from engine.data.dataset import Dataset
from engine.data.units import standard_units
from engine.errors import DataError

NUMBERS = st.floats(-1e6, 1e6, allow_subnormal=False)
TABLES = st.tuples(st.integers(1, 12), st.integers(1, 4)).flatmap(
    lambda shape: arrays(np.float64, shape, elements=NUMBERS)
)


def small(**changes: object) -> Dataset:
    values: dict[str, object] = {"name": "small", "X": np.arange(6.0).reshape(3, 2), "feature_names": ("a", "b")}
    return Dataset(**(values | changes))  # type: ignore[arg-type]  # the test mixes kinds on purpose


def test_import_reads_neither_pandas_nor_scipy_nor_scikit_learn() -> None:
    code = (
        "import sys, engine.data.catalogue, engine.readers.table; engine.data.catalogue.load('iris'); "
        "engine.data.catalogue.datasets();"
        "print(sorted({'pandas', 'scipy', 'sklearn', 'textual', 'rich'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


@pytest.mark.parametrize("name", ["old_faithful", "Old Faithful", "old-faithful", " OLD_FAITHFUL "])
def test_load_forgives_capitals_spaces_and_hyphens(name: str) -> None:
    assert load(name).name == "old_faithful"


def test_a_wrong_name_gets_the_nearest_names() -> None:
    with pytest.raises(DataError, match=r"no data set called 'irsi': did you mean iris"):
        load("irsi")
    with pytest.raises(DataError, match=r"choose one of iris, .*wine"):
        load("q\x1b[31mqqqqqqqqqqqq")


def test_the_catalogue_opens_no_data_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.data.catalogue.data_folder", lambda: pytest.fail("a data file was opened"))
    assert datasets()[0].key == "iris"


def test_arrays_are_read_only_and_the_callers_array_is_left_alone() -> None:
    X = np.arange(6.0).reshape(3, 2)
    data = small(X=X, y=np.array([0, 1, 0]), class_names=("u", "v"))
    with pytest.raises(ValueError, match="read-only"):
        data.X[0, 0] = 1.0
    assert data.y is not None
    with pytest.raises(ValueError, match="read-only"):
        data.y[0] = 1
    X[0, 0] = 5.0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"X": np.arange(3.0)}, r"shape is \(3,\)"),
        ({"X": np.empty((0, 2))}, r"at least one row"),
        ({"X": np.array([[1.0, np.inf]])}, r"infinite value in row 1, column 2"),
        ({"feature_names": ("a",)}, r"2 columns but 1 feature names"),
        ({"y": np.array([0, 1])}, r"3 rows but y has the shape \(2,\)"),
        ({"row_names": ("one",)}, r"3 rows but row_names has the shape \(1,\)"),
        ({"y": np.array([0, 1, 2]), "class_names": ("u", "v")}, r"use 0 to 1, or -1"),
        ({"y": np.array([0, -2, 1]), "class_names": ("u", "v")}, r"use 0 to 1, or -1"),
    ],
)
def test_what_does_not_belong_together_is_a_sentence(changes: dict[str, object], message: str) -> None:
    with pytest.raises(DataError, match=message):
        small(**changes)


def test_every_text_of_a_dataset_is_cleaned() -> None:
    dirty = "a\x1b[2J\nb"
    data = small(
        name=dirty,
        title=dirty,
        description=dirty,
        source=dirty,
        licence=dirty,
        feature_names=(dirty, dirty),
        class_names=(dirty, "v"),
        row_names=(dirty, "2", "3"),
        notes=(dirty,),
        y=np.array([0, 1, 1]),
    )
    texts = (data.name, data.title, data.description, data.source, data.licence, *data.class_names, *data.notes)
    assert set(texts) == {"a b", "v"}
    assert data.feature_names == ("a b", "a b (2)")
    assert data.row_names == ("a b", "2", "3")


def test_rows_are_called_by_name_line_or_number() -> None:
    assert small().row_name(0) == "row 1"
    assert small().row_name(-1) == "row 3"
    assert small(line_numbers=np.array([2, 5, 6])).row_name(1) == "line 5"
    assert load("coins").row_name(1) == "HHHHTHHHHH"


def test_features_without_names_get_some() -> None:
    assert small(feature_names=()).feature_names == ("x1", "x2")


def test_columns_by_name_and_index_in_the_order_asked_for() -> None:
    iris = load("iris")
    chosen = iris.columns(["petal width", 0])
    assert chosen.feature_names == ("petal width", "sepal length")
    np.testing.assert_array_equal(chosen.X, iris.X[:, [3, 0]])
    assert chosen.y is not None
    np.testing.assert_array_equal(chosen.y, iris.y)
    assert iris.columns([-1]).feature_names == ("petal width",)
    assert iris.columns("sepal width").X.shape == (150, 1)


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        (["petal widht"], r"no column called 'petal widht': there is 'petal width'"),
        ([4], r"no column 4: choose an index from 0 to 3"),
        ([0, "sepal length"], r"'sepal length' of 'iris' was chosen twice"),
        ([], r"choose at least one"),
    ],
)
def test_columns_that_cannot_be_had(chosen: list[str | int], message: str) -> None:
    with pytest.raises(DataError, match=message):
        load("iris").columns(chosen)


@given(TABLES)
def test_standard_units_have_mean_0_variance_1_and_a_way_back(X: np.ndarray) -> None:
    data = Dataset("t", X).standardized()
    assert data.units is not None
    spread = np.ptp(X, axis=0)
    varying = spread > 1e-9 * np.abs(X).max(axis=0, initial=0.0)
    np.testing.assert_allclose(data.X.mean(axis=0)[varying], 0.0, atol=1e-6)
    np.testing.assert_allclose(data.X.std(axis=0)[varying], 1.0, rtol=1e-6)
    np.testing.assert_array_equal(data.X[:, spread == 0], 0.0)
    np.testing.assert_allclose(data.units.to_original(data.X), X, rtol=1e-9, atol=1e-9 * np.abs(X).max())


def test_standardizing_agrees_with_scikit_learn() -> None:
    from sklearn.preprocessing import StandardScaler

    X = load("wine").X
    np.testing.assert_allclose(load("wine").standardized().X, StandardScaler().fit_transform(X), rtol=1e-12, atol=1e-12)


def test_standardizing_twice_and_choosing_columns_remember_the_original_units() -> None:
    iris = load("iris")
    twice = iris.standardized().columns([2, 0]).standardized()
    assert twice.units is not None
    np.testing.assert_allclose(twice.units.to_original(twice.X), iris.X[:, [2, 0]], rtol=1e-12)
    np.testing.assert_allclose(twice.units.to_standard(iris.X[:, [2, 0]]), twice.X, atol=1e-12)


def test_a_constant_column_is_shifted_and_said() -> None:
    data = small(X=np.array([[0.1, 1.0], [0.1, 2.0], [0.1, 4.0]])).standardized()
    assert data.X[:, 0].tolist() == [0.0, 0.0, 0.0]
    assert data.notes == ("The column 'a' is constant, so standardizing only shifted it to 0.",)
    assert data.standardized().notes == data.notes


@pytest.mark.parametrize("scale", [1e-200, 1e-150, 1.0, 1e150, 1e200])
def test_standard_units_of_extreme_scales(scale: float) -> None:
    Z = small(X=scale * np.array([[1.0, -1.0], [2.0, 0.0], [4.0, 3.0]])).standardized().X
    np.testing.assert_allclose(Z, small(X=np.array([[1.0, -1.0], [2.0, 0.0], [4.0, 3.0]])).standardized().X, rtol=1e-12)


def test_standard_units_pass_over_missing_values() -> None:
    units, constant = standard_units(np.array([[1.0, np.nan], [3.0, np.nan], [np.nan, np.nan]]))
    assert units.offset.tolist() == [2.0, 0.0]
    assert units.scale.tolist() == [1.0, 1.0]
    assert constant == (1,)


def test_means_of_standard_units_are_those_of_the_data_once_back() -> None:
    iris = load("iris")
    data = iris.standardized()
    assert data.units is not None
    np.testing.assert_allclose(data.units.to_original(data.X.mean(axis=0)), iris.X.mean(axis=0))


def test_labels_are_sorted_as_numbers_where_all_are_numbers() -> None:
    y, names = encode_labels(["10", "9", "9.0", "1e1", None])
    assert names == ("9", "10")
    assert y.tolist() == [1, 0, 0, 1, -1]
    y, names = encode_labels(["10", "9", "b", "a"])
    assert names == ("10", "9", "a", "b")
    assert y.tolist() == [0, 1, 3, 2]
    assert encode_labels(["0.5", "-2"])[1] == ("-2", "0.5")
