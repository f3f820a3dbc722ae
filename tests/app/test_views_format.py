from __future__ import annotations

import ast
import math
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emtui.charts.axes import make_scale, make_ticks
from emtui.charts.heatmap import Matrix
from emtui.cli import run_numbers
from emtui.views.number_format import (
    MINUS,
    aligned,
    amount,
    count,
    delta,
    fixed,
    format_for,
    from_to,
    listed,
    number,
    percent,
    plural,
    probability,
    share,
    signed,
)

ANY = st.floats(allow_nan=True, allow_infinity=True)
FINITE = st.floats(allow_nan=False, allow_infinity=False)


def read(text: str) -> float:
    """A shown number, read back."""
    return float(text.replace(MINUS, "-").replace(",", ""))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (-182.3414, "−182.341"),
        (-0.0001, "0.000"),
        (0.0, "0.000"),
        (-0.0, "0.000"),
        (0.5, "0.500"),
        (-1.5e150, "−1.500e+150"),
        (math.inf, "∞"),
        (-math.inf, "−∞"),
        (math.nan, "–"),
    ],
)
def test_fixed(value: float, shown: str) -> None:
    assert fixed(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.31, "0.31"),
        (3.214, "3.21"),
        (14.0, "14"),
        (1681589.2, "1,681,589"),
        (99_999.7, "100,000"),
        (-0.4, "−0.4"),
        (3.2e-7, "3.2e−07"),
        (1.2e150, "1.2e+150"),
        (-1.2e-150, "−1.2e−150"),
        (9.996, "10"),
        (0.0, "0"),
    ],
)
def test_number(value: float, shown: str) -> None:
    assert number(value) == shown


def test_signed_delta_and_amount() -> None:
    assert signed(3.2149) == "+3.21"
    assert signed(-0.4) == "−0.4"
    assert signed(0.0) == "0"
    assert delta(0.52) == "▲0.520"
    assert delta(-0.013) == "▼0.013"
    assert delta(0.0004) == ""
    assert delta(math.nan) == ""
    assert amount(-182.34144) == "−182.341"
    assert amount(-23010280.8384) == "−23,010,280.838"
    assert amount(-1.25e151) == "−1.25e+151"


def test_shares() -> None:
    assert share(145, 150) == "145/150 .967"
    assert share(0, 0) == "0/0"
    assert probability(1 / 3) == ".333"
    assert probability(1.0) == "1.000"
    assert percent(0.3) == "30 %"
    assert percent(0.004) == "0.4 %"


def test_words() -> None:
    assert plural(1, "row") == "1 row"
    assert plural(1.04, "row") == "1 row"
    assert plural(1.8, "row") == "1.8 rows"
    assert plural(0, "row") == "0 rows"
    assert plural(2, "row is", "rows are") == "2 rows are"
    assert count(100_000) == "100,000"
    assert count(-0.04) == count(-0.0) == "0"
    assert listed(["a"]) == "a"
    assert listed(["a", "b"]) == "a and b"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert aligned(["1", "−10"]) == ("  1", "−10")


@given(FINITE)
def test_number_keeps_its_digits(value: float) -> None:
    shown = number(value, 6)
    assert read(shown) == pytest.approx(value, rel=1e-5)
    assert "-" not in shown


@given(ANY, st.integers(0, 9))
def test_nothing_is_a_negative_zero(value: float, decimals: int) -> None:
    for shown in (fixed(value, decimals), number(value), signed(value), amount(value), count(value)):
        assert not re.fullmatch(r"[−+]0[.0]*", shown)
        assert "nan" not in shown
        assert "inf" not in shown


@given(st.floats(1e-300, 1e300), st.lists(st.floats(-4, 4), min_size=1), st.floats(-1e3, 1e3))
def test_a_column_shows_a_thousandth_of_its_spread(spread: float, steps: list[float], offset: float) -> None:
    values = [(offset + step) * spread for step in steps]
    how = format_for(spread, max(map(abs, values)))
    for value in values:
        assert read(how.text(value)) == pytest.approx(value, abs=0.002 * spread)
    assert how.delta(0.0) == ""
    assert how.delta(spread)[0] == "▲"
    assert how.delta(-spread)[0] == "▼"


def test_the_digits_of_a_column_do_not_depend_on_the_value() -> None:
    how = format_for(1.76, 6.9)  # petal length
    assert (how.text(1.462), how.text(5.0), how.text(-0.0001)) == ("1.462", "5.000", "0.000")
    wide = format_for(1.0, 1e8)
    assert wide.text(100000000.1234) == "100000000.123"
    assert format_for(0.0, 0.0).text(0.0) == "0.000"


# no negative zero

ROOT = Path(__file__).resolve().parents[2]
SMALL = st.floats(-1e-2, 1e-2) | st.sampled_from([-0.0, -1e-300, -5e-324, -0.0004999, -0.00049, -0.05]) | FINITE


def negative_zeros(text: str) -> list[str]:
    """Numbers with a minus sign and no digit but 0: "-0", "−0.00", "-0.0000e+00"."""
    found = re.findall(rf"(?<![\de])[-{MINUS}](?:[\d,]*\.)?\d+(?:e[-+{MINUS}]?\d+)?", text)
    return [each for each in found if not re.search("[1-9]", each.partition("e")[0])]


def test_a_negative_zero_is_known_where_it_is_seen() -> None:
    assert negative_zeros("KL -0.0000, −0, -0.0e+00, −.000") == ["-0.0000", "−0", "-0.0e+00", "−.000"]
    assert negative_zeros("-0.01, −1e-00, 1e-00, 0.0, -inf, – 0") == []


@given(SMALL, SMALL, st.integers(0, 6))
def test_no_number_is_shown_as_a_negative_zero(value: float, other: float, decimals: int) -> None:
    shown = [fixed(value, decimals), number(value, max(1, decimals)), amount(value), signed(value), count(value)]
    shown += [delta(value, decimals), probability(value, decimals), percent(value), from_to(value, other)]
    shown += [run_numbers.number(value), run_numbers.fixed(value, decimals), run_numbers.significant(value, abs(other))]
    shown += [format_for(abs(other), abs(value)).text(value), plural(value, "row")]
    shown += [Matrix([[value]], [""], [""], spec).number(0, 0) for spec in ("g", ".0f", ".3f")]
    scale = make_scale(value, other)
    ticks = make_ticks(scale, 4)
    assert not negative_zeros(" ".join([*shown, *ticks.labels, ticks.note]))


def test_floats_are_formatted_without_negative_zeros() -> None:
    """Every format of a float in a text says "z", or is of a size, so that -0.00 has no way in."""
    unsafe = []
    for path in [path for room in ("engine", "emtui") for path in (ROOT / room).rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.FormattedValue) or node.format_spec is None:
                continue
            spec = ast.unparse(node.format_spec)[2:-1]
            size = isinstance(node.value, ast.Call) and ast.unparse(node.value.func) == "abs"
            if spec[-1] in "eEfFgG%" and "z" not in spec and not size:
                unsafe.append(f"{path.relative_to(ROOT)}:{node.lineno}: {ast.unparse(node)}")
    assert not unsafe
