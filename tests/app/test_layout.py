"""Where the panes lie: inside the desk, beside each other, and twins in one place."""

from itertools import combinations

import pytest
from driving import driving
from hypothesis import given
from hypothesis import strategies as st
from textual.geometry import Size

from emtui.screens.explore.pane_grid import PaneGrid
from emtui.settings.keys import PANE_KEYS
from emtui.settings.layout import ORDER, PICTURE, RIGHT, TWINS, pane_layout, twin_of, width_class

NAMES = st.sampled_from(ORDER)


@given(st.integers(40, 250), st.integers(6, 90), NAMES, st.none() | NAMES, st.sets(st.sampled_from(RIGHT)))
def test_panes_lie_in_the_desk_and_none_over_another(width, height, tab, zoomed, turned):
    made = pane_layout(Size(width, height), width_class(width), tab, zoomed, frozenset(turned))
    boxes = [*made.regions.values(), *([made.tab_region] if made.tabs else [])]
    for box in boxes:
        assert box.x >= 0 and box.right <= width and box.y >= 0
        assert box.bottom <= height or height < 15  # very low screens cut the panes at the sides
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))
    assert sum(box.area for box in boxes) == width * height or height < 15


@given(st.integers(120, 250), st.integers(20, 90), st.sets(st.sampled_from(RIGHT)))
def test_of_twins_one_is_seen_in_the_same_place(width, height, turned):
    plain = pane_layout(Size(width, height), "wide", "curves", None).regions
    made = pane_layout(Size(width, height), "wide", "curves", None, frozenset(turned)).regions
    for pair in TWINS:
        [seen] = [name for name in pair if name in made]
        assert (seen == pair[1]) == (pair[0] in turned)
        assert made[seen] == plain[pair[0]]
    assert {PICTURE, "agreement", "data", "model"} <= made.keys()


def test_twins_are_mutual_and_others_have_none():
    for first, second in TWINS:
        assert (twin_of(first), twin_of(second)) == (second, first)
    assert twin_of(PICTURE) is None
    assert len(ORDER) == len(set(ORDER)) == 10


def test_numbers_are_keys_and_lead_back_to_their_panes():
    assert list(PANE_KEYS) == list(ORDER)
    assert "".join(PANE_KEYS.values()) == "1234567890"


@pytest.mark.parametrize(("width", "first"), [(80, 2), (100, 2), (40, 1)])
@pytest.mark.parametrize("height", [12, 24])
async def test_every_tab_stands_there_whichever_is_chosen(width, height, first):
    numbers = [*range(first, 10), 0]
    lines = 2 if height == 24 else 1
    async with driving(size=(width, height)) as app:
        for chosen in numbers:
            text = await app.press(str(chosen))
            left = 0 if width == 40 else round(width * 0.55)
            tabs = " ".join(line[left:] for line in text.splitlines()[1 : 1 + lines])
            shown = [int(letter) for letter in tabs if letter.isdigit()]
            assert shown == numbers, tabs
            if lines == 2:
                assert {"curves", "params", "agree", "model", "why"} <= set(tabs.replace("0", " ").split()), tabs


async def test_a_tab_on_the_second_line_is_chosen_by_the_mouse():
    async with driving(size=(80, 24)) as app:
        tabs = app.app.screen.query_one("#tabs")
        assert tabs.size.height == 2
        await app.pilot.click("#tabs", offset=(3, 1))
        await app.settle()
        assert app.app.screen.query_one(PaneGrid).tab == "data"
        assert "Iris flowers" in app.text


async def test_a_narrow_window_opens_on_the_picture():
    async with driving(size=(60, 20)) as app:
        assert "petal length × petal width" in app.text
