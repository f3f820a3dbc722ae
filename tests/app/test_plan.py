"""Where the panes lie: inside the desk, beside each other, and twins in one place."""

from itertools import combinations

import pytest
from driving import driving
from hypothesis import given
from hypothesis import strategies as st
from textual.geometry import Size

from emtui.plan import ORDER, PICTURE, RIGHT, TWINS, plan, twin_of, width_class

NAMES = st.sampled_from(ORDER)


@given(st.integers(40, 250), st.integers(6, 90), NAMES, st.none() | NAMES, st.sets(st.sampled_from(RIGHT)))
def test_panes_lie_in_the_desk_and_none_over_another(width, height, tab, zoomed, turned):
    made = plan(Size(width, height), width_class(width), tab, zoomed, frozenset(turned))
    boxes = [*made.regions.values(), *([made.tab_region] if made.tabs else [])]
    for box in boxes:
        assert box.x >= 0 and box.right <= width and box.y >= 0
        assert box.bottom <= height or height < 15  # very low screens cut the panes at the sides
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))
    assert sum(box.area for box in boxes) == width * height or height < 15


@given(st.integers(120, 250), st.integers(20, 90), st.sets(st.sampled_from(RIGHT)))
def test_of_twins_one_is_seen_in_the_same_place(width, height, turned):
    plain = plan(Size(width, height), "wide", "curves", None).regions
    made = plan(Size(width, height), "wide", "curves", None, frozenset(turned)).regions
    for pair in TWINS:
        [seen] = [name for name in pair if name in made]
        assert (seen == pair[1]) == (pair[0] in turned)
        assert made[seen] == plain[pair[0]]
    assert {PICTURE, "parameters", "agreement", "datasets", "model"} <= made.keys()


def test_twins_are_mutual_and_others_have_none():
    for first, second in TWINS:
        assert (twin_of(first), twin_of(second)) == (second, first)
    assert twin_of(PICTURE) is None
    assert len(ORDER) == len(set(ORDER)) == 9


@pytest.mark.parametrize(("width", "numbers"), [(80, range(2, 10)), (100, range(2, 10)), (40, range(1, 10))])
async def test_every_tab_stands_on_the_line_whichever_is_chosen(width, numbers):
    async with driving(size=(width, 24)) as app:
        for chosen in numbers:
            text = await app.press(str(chosen))
            line = text.splitlines()[1][-width if width == 40 else -(width - round(width * 0.55)) :]
            shown = [int(letter) for letter in line if letter.isdigit()]
            assert shown == list(numbers), line
        assert "9why" in line.replace(" ", "")


async def test_a_click_on_the_small_tab_shows_the_twin_and_another_brings_it_back():
    async with driving() as app:
        before = app.text
        assert " 2  8 bound " in before and " 3  9 why " in before
        line = next(y for y, text in enumerate(before.splitlines()) if "9 why" in text)
        await app.pilot.click(offset=(before.splitlines()[line].index("9 why"), line))
        await app.settle()
        assert "the ledger" in app.text and " 3 rows  9 " in app.text
        await app.pilot.click(offset=(app.text.splitlines()[line].index("3 rows"), line))
        await app.settle()
        assert " 3  9 why " in app.text and "the ledger" not in app.text


async def test_a_twin_that_was_chosen_in_the_tabs_is_seen_when_the_screen_grows():
    async with driving(size=(80, 24)) as app:
        await app.press("e", "9")
        text = await app.resize(120, 40)
        assert "the ledger" in text and "2  8 bound" in text
        text = await app.press("3")
        assert "the ledger" not in text


async def test_small_tabs_hide_under_a_zoom():
    async with driving() as app:
        text = await app.press("8", "z")
        assert "2 curves" not in text and "bound" in text
        assert "2 curves" in await app.press("escape")
