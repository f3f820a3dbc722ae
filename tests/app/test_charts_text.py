"""Text in cells, and numbers as bars of text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from emtui.charts.cell_text import cells, clean, cut_lines, fit, pad, single_cell, wrapped
from emtui.charts.text_bars import bar, share_cells

anything = st.text(max_size=12) | st.sampled_from(
    ["한국어", "e\u0301tude", "👍🏽", "🇰🇷", "👨‍👩‍👧", "\x1b[31mred", "a\u202eb"]
)


@given(anything, st.integers(0, 20), st.sampled_from(["left", "right"]))
def test_text_has_the_width_it_was_given(text: str, width: int, align: str) -> None:
    assert cell_len(fit(text, width)) <= width
    assert cell_len(pad(text, width, align)) == width
    assert "".join(cells(text)) == clean(text)
    assert len(cells(text)) == cell_len(clean(text))
    assert cell_len(single_cell(text)) == 1


@given(st.lists(anything.map(clean), max_size=6), st.integers(2, 20))
def test_wrapped_text_keeps_its_letters_and_never_leaves_its_lines(words: list[str], width: int) -> None:
    lines = wrapped(" ".join(words), width)
    assert all(0 < cell_len(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == "".join(words).replace(" ", "")
    assert wrapped(" a:  b ", 7) == ["a:  b"] and wrapped("a:  b", 4) == ["a:", "b"]
    assert wrapped("a k-means 한국어 tie", 7) == ["a", "k-means", "한국어", "tie"]


def test_lines_are_cut_with_an_ellipsis_only_where_they_are_too_many() -> None:
    assert cut_lines("one two three", 7, 2) == ["one two", "three"]
    assert cut_lines("one two three four", 9, 1) == ["one two…"]
    assert cut_lines("", 9, 1) == []


@given(anything)
def test_clean_text_is_printable_and_stays_as_it_is(text: str) -> None:
    cleaned = clean(text)
    assert cleaned.isprintable()
    assert clean(cleaned) == cleaned


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("petal length", 12, "petal length"),
        ("petal length", 8, "petal l…"),
        ("꽃잎 길이", 7, "꽃잎…"),
        ("ab", 1, "…"),
        ("ab", 0, ""),
        ("a\tb\nc\x07", 9, "a b c"),
    ],
)
def test_fit(text: str, width: int, shown: str) -> None:
    assert fit(text, width) == shown


@pytest.mark.parametrize(
    ("share", "width", "ascii", "shown"),
    [
        (0.0, 4, False, "    "),
        (1.0, 4, False, "████"),
        (0.5, 4, False, "██  "),
        (0.62, 4, False, "██▌ "),
        (1e-9, 4, False, "▏   "),
        (1 - 1e-9, 4, False, "███▉"),
        (0.5, 4, True, "##  "),
        (0.99, 4, True, "### "),
        (float("nan"), 3, False, "   "),
        (7.0, 2, False, "██"),
        (0.5, 0, False, ""),
    ],
)
def test_bar(share: float, width: int, ascii: bool, shown: str) -> None:
    assert bar(share, width, ascii) == shown


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8), st.integers(0, 30))
def test_shares_fill_the_bar(shares: list[float], width: int) -> None:
    counts = share_cells(shares, width)
    total = sum(shares)
    assert sum(counts) == (width if total > 0 else 0)
    if total > 0:
        assert all(abs(c - s / total * width) < 1 + 1e-9 for c, s in zip(counts, shares, strict=True))
