"""What is said of the columns' scales when data open: by the engine."""

import numpy as np
import pytest

import engine
from engine.analysis.scales import scale_notes
from engine.data.dataset import Dataset

NORMAL = np.random.default_rng(0).normal(size=(40, 3))


def test_ordinary_columns_say_nothing() -> None:
    assert scale_notes(Dataset("a", NORMAL)) == ()
    assert scale_notes(engine.load("iris")) == scale_notes(engine.load("old_faithful")) == ()
    assert scale_notes(Dataset("one row", NORMAL[:1])) == ()


def test_a_constant_column_is_said_with_the_key_that_acts() -> None:
    one = Dataset("a", np.column_stack([NORMAL, np.full(40, 7.0)]), feature_names=("a", "b", "c", "[red]"))
    (note,) = scale_notes(one)
    assert note.startswith("The column '[red]' is constant and tells no rows apart: leave it out (in the shell, --col")
    five = Dataset("a", np.column_stack([NORMAL, np.zeros((40, 5))]))
    assert "columns 'x4', 'x5', 'x6' and 2 others are constant" in scale_notes(five)[0]
    assert scale_notes(Dataset("all", np.ones((9, 2)))) == ("Every column is constant: nothing tells the rows apart.",)


@pytest.mark.parametrize("factor", [1e-6, 1e4, 1e150])
def test_very_different_scales_are_said(factor: float) -> None:
    data = Dataset("a", NORMAL * [1.0, factor, 1.0])
    (note,) = scale_notes(data)
    assert "very different scales" in note and "'x2'" in note and "--standardize; on the screen, N" in note
    assert scale_notes(data.standardized()) == ()
    assert scale_notes(Dataset("a", NORMAL * [1.0, 50.0, 1.0])) == ()


def test_a_column_that_numbers_the_rows_is_said() -> None:
    numbers = np.random.default_rng(1).permutation(40) + 1.0
    data = Dataset("a", np.column_stack([NORMAL, numbers]), feature_names=("a", "b", "c", "case"))
    said = "The column 'case' numbers the rows from 1 to 40: leave it out if it is an identifier"
    assert scale_notes(data)[-1].startswith(said)
    assert scale_notes(data.standardized())[-1].startswith(said)
    twice = np.column_stack([NORMAL, np.r_[numbers[:-1], numbers[0]]])
    assert not any("numbers the rows" in note for note in scale_notes(Dataset("a", twice)))
    (alone,) = scale_notes(Dataset("a", numbers[:, None], feature_names=("case",)))
    assert alone.startswith("'case', the only column, numbers the rows from 1 to 40")
