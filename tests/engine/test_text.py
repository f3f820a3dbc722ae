"""Text from outside never carries anything that a terminal would obey."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.text import clean, nearest, quoted, unique_names


@pytest.mark.parametrize(
    ("dirty", "expected"),
    [
        ("sepal length", "sepal length"),
        ("  a \t b\r\nc ", "a b c"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x9b2Jgone", "gone"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1bc reset", "reset"),
        ("a\x00b\x08\x7fc\x85d", "abc d"),
        ("user\u202etxt.exe", "usertxt.exe"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("line\u2028sep", "line sep"),
        ("lone \ud800 surrogate", "lone surrogate"),
        ("\u1112\u1161\u11ab\u1100\u1173\u11af", "한글"),
        ("\U0001f338 꽃", "\U0001f338 꽃"),
        ("[0] not markup", "[0] not markup"),
    ],
)
def test_clean_keeps_what_is_seen_and_drops_what_is_obeyed(dirty: str, expected: str) -> None:
    assert clean(dirty) == expected


@given(st.text(), st.integers(1, 30))
def test_clean_text_is_printable_short_enough_and_stays_as_it_is(text: str, limit: int) -> None:
    cleaned = clean(text, limit)
    assert len(cleaned) <= limit
    assert cleaned.isprintable()
    assert clean(clean(text)) == clean(text)


def test_a_long_text_is_cut_with_an_ellipsis() -> None:
    assert clean("abcdefgh", 5) == "abcd…"
    assert quoted("x" * 100) == f"'{'x' * 39}…'"


@given(st.lists(st.text(max_size=6)))
def test_unique_names_are_distinct_and_never_empty(names: list[str]) -> None:
    unique = unique_names(names, "column")
    assert len(set(unique)) == len(unique) == len(names)
    assert all(unique)


def test_names_are_told_apart_by_number() -> None:
    assert unique_names(["a", "", "a", "a", "a (2)"], "column") == ("a", "column 2", "a (2)", "a (3)", "a (2) (2)")


def test_nearest_passes_over_capitals() -> None:
    assert nearest("IRSI", ["wine", "iris"]) == ("iris",)
    assert nearest("Wind", ["Wine", "iris"]) == ("Wine",)
    assert nearest("zzzz", ["wine", "iris"]) == ()
