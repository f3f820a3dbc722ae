"""Options: declared once; checked, read from words, and written back."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import FrozenInstanceError, dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import engine
from engine.errors import EngineError, OptionError
from engine.options import check_options, option, options_of, parse_options


@dataclass(frozen=True)
class Sample:
    """Something with an option of every kind."""

    name = "sample"

    size: int = option(3, "how many", minimum=1, maximum=9)
    ridge: float = option(1e-6, "how much", minimum=0, exclusive_minimum=True)
    shift: float = option(0.0, "which way")
    shape: str = option("full", "which", choices=("full", "tied", "diag"))
    fixed: bool = option(False, "whether")
    seeds: object = option(None, "where", kind="array")
    layers: object = option(7, "how many in each", kind="sizes", minimum=1)
    limit: float | None = option(None, "at most", kind="float")
    not_an_option: int = 0

    def __post_init__(self):
        check_options(self)


BY_NAME = {declared.name: declared for declared in options_of(Sample)}


def test_options_come_in_the_order_of_the_constructor_with_their_kinds():
    assert {name: declared.kind for name, declared in BY_NAME.items()} == {
        "size": "int",
        "ridge": "float",
        "shift": "float",
        "shape": "choice",
        "fixed": "bool",
        "seeds": "array",
        "layers": "sizes",
        "limit": "float",
    }
    assert BY_NAME["shape"].default == "full"
    assert BY_NAME["size"].help == "how many"
    assert options_of(Sample) == options_of(Sample())


def test_every_default_is_a_value_of_its_option():
    for model in (Sample, engine.BinomialMixture, engine.KMeans):
        for declared in options_of(model):
            assert declared.check(declared.default) == declared.default
            assert declared.parse(declared.format(declared.default)) == declared.default


def test_values_come_in_the_type_of_the_option():
    made = Sample(size=np.int64(4), ridge=1, shift=np.float32(0.5))
    assert [type(made.size), type(made.ridge), type(made.shift)] == [int, float, float]
    with pytest.raises(FrozenInstanceError):
        made.size = 5  # type: ignore[misc]


@pytest.mark.parametrize(
    "wrong",
    [
        {"size": 0},
        {"size": 10},
        {"size": 2.0},
        {"size": True},
        {"size": None},
        {"size": "3"},
        {"ridge": 0},
        {"ridge": -1e-300},
        {"ridge": float("nan")},
        {"ridge": float("inf")},
        {"ridge": "much"},
        {"shift": float("-inf")},
        {"shape": "Full"},
        {"shape": None},
        {"shape": ["full"]},
        {"fixed": 1},
        {"fixed": "yes"},
        {"limit": float("nan")},
    ],
)
def test_wrong_values_are_refused_in_one_sentence_that_names_the_option(wrong):
    with pytest.raises(OptionError) as caught:
        Sample(**wrong)
    assert next(iter(wrong)) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("size", " 4 ", 4),
        ("ridge", "1e-3", 1e-3),
        ("shape", "TIED", "tied"),
        ("fixed", "Yes", True),
        ("fixed", "off", False),
        ("fixed", "0", False),
        ("seeds", "1, 2.5;3", (1.0, 2.5, 3.0)),
        ("seeds", "auto", None),
        ("limit", "", None),
        ("limit", "2", 2.0),
    ],
)
def test_options_are_read_from_words(name, text, value):
    assert BY_NAME[name].parse(text) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("size", "three"),
        ("size", "3.0"),
        ("size", ""),
        ("size", "1" * 5000),
        ("ridge", "1,5"),
        ("ridge", "nan"),
        ("shape", "round"),
        ("fixed", "maybe"),
        ("seeds", "1,x"),
        ("seeds", "1,nan"),
        ("limit", "soon"),
    ],
)
def test_words_that_are_no_value_are_refused(name, text):
    with pytest.raises(OptionError, match=name):
        BY_NAME[name].parse(text)


@given(st.sampled_from(sorted(BY_NAME)), st.text(max_size=30))
def test_any_text_is_a_value_or_an_option_error(name, text):
    declared = BY_NAME[name]
    with suppress(EngineError):
        value = declared.parse(text)
        assert declared.parse(declared.format(value)) == value


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_survives_being_written(value):
    shift = BY_NAME["shift"]
    assert shift.parse(shift.format(value)) == value


def test_pairs_become_keywords():
    assert parse_options(Sample, {"size": "2", "shape": "diag"}) == {"size": 2, "shape": "diag"}


def test_an_unknown_key_is_told_its_neighbour():
    with pytest.raises(OptionError, match="did you mean shape"):
        parse_options(Sample, {"shap": "full"})
    with pytest.raises(OptionError, match="size, ridge"):
        parse_options(Sample, {"zzz": "full"})


def test_sizes_are_one_whole_number_or_several():
    layers = BY_NAME["layers"]
    assert [layers.parse(text) for text in ("7", "7,5", " (7, 5) ", "7,")] == [7, (7, 5), (7, 5), 7]
    assert [layers.format(value) for value in (7, (7, 5))] == ["7", "7,5"]
    assert Sample(layers=(np.int64(7), 5)).layers == (7, 5)
    assert Sample(layers=[4]).layers == 4
    for wrong in ("", "0", "7,0", "7;5", "7.5", "seven"):
        with pytest.raises(OptionError, match=r"layers must .*whole number"):
            layers.parse(wrong)
    for other in ((), (7, 0), (7, 2.0), 2.0, "7", True):
        with pytest.raises(OptionError, match=r"layers must .*whole number"):
            Sample(layers=other)


@pytest.mark.parametrize("text", ["4,,3", ",4", "4,3,,", ",", "", "4 3"])
def test_sizes_with_a_place_left_empty_are_refused(text):
    with pytest.raises(OptionError, match=r"hidden_units must be whole numbers with commas between them"):
        parse_options(engine.LatentMLP, {"hidden_units": text})


def test_sizes_as_python_writes_them_are_taken():
    for text in ("4,3", "4, 3", "(4, 3)", "4,3,"):
        assert parse_options(engine.LatentMLP, {"hidden_units": text}) == {"hidden_units": (4, 3)}
