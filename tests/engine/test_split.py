"""Training and test rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import engine
from engine.data.train_test import train_test_split
from engine.errors import DataError, OptionError


@given(
    st.lists(st.integers(0, 3), min_size=2, max_size=60),
    st.floats(0.01, 0.99),
    st.booleans(),
    st.integers(0, 2**31),
)
def test_every_row_is_in_one_part_and_neither_is_empty(labels, share, stratified, seed):
    y = np.array([*labels, *labels]) if stratified else np.array(labels)  # no class of a single row
    split = train_test_split(y, train_share=share, stratified=stratified, seed=seed)
    assert sorted([*split.train, *split.test]) == list(range(len(y)))
    assert len(split.train)
    assert len(split.test)
    again = train_test_split(y, train_share=share, stratified=stratified, seed=seed)
    np.testing.assert_array_equal(split.train, again.train)
    if stratified:
        for c in np.unique(y):
            size, trained = (y == c).sum(), (y[split.train] == c).sum()
            assert 1 <= trained < size
            assert abs(trained - share * size) <= 1
    else:
        assert abs(len(split.train) - share * len(y)) <= 1


def test_iris_is_split_sixty_to_forty_with_thirty_rows_of_each_class():
    y = engine.load("iris").y
    split = engine.train_test_split(y)
    assert np.bincount(y[split.train]).tolist() == [30, 30, 30]
    loose = engine.train_test_split(y, stratified=False)
    assert len(loose.train) == 90
    assert np.bincount(y[loose.train]).tolist() != [30, 30, 30]


def test_a_stratified_total_is_that_of_the_share():
    y = np.repeat([0, 1, 2], [5, 6, 14])  # 60 %: 3, 3.6 and 8.4
    assert np.bincount(y[train_test_split(y, seed=4).train]).tolist() == [3, 4, 8]


def test_other_seeds_draw_other_rows():
    y = engine.load("iris").y
    assert len({tuple(train_test_split(y, seed=seed).train) for seed in range(10)}) == 10


@pytest.mark.parametrize("share", [0, 1, -0.1, 1.5, "half", True, float("nan")])
def test_shares_that_leave_nothing(share):
    with pytest.raises(OptionError, match="train_share must be a number above 0 and below 1"):
        train_test_split([0, 1], train_share=share)


def test_rows_that_cannot_be_split():
    with pytest.raises(DataError, match="1 rows can't be split"):
        train_test_split([0])
    with pytest.raises(DataError, match="class 2 has a single row"):
        train_test_split([0, 0, 1, 1, 2])
    with pytest.raises(DataError, match="one class a row"):
        train_test_split([[0, 1]])
    with pytest.raises(OptionError, match="seed must be"):
        train_test_split([0, 1], seed=-1)
