"""Hidden states have the catalogue's names where it is known which state is which, and numbers elsewhere."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from driving import driving
from shell import here
from walking import walked

from emtui.exports.parameter_markup import parameter_tables
from emtui.spec.choose import choose
from emtui.spec.revise import changed
from emtui.spec.state_names import component_names, state_names, with_state_names
from engine.data.catalogue import datasets

NAMES = ("cold", "hot")


def test_names_hold_from_the_published_start_alone(tmp_path: Path) -> None:
    spec = choose("icecream")
    assert state_names(spec) == NAMES
    assert state_names(choose("icecream", start_file="published")) == NAMES
    assert state_names(choose("icecream", start_file="model")) == ()
    assert state_names(choose("icecream", k=3)) == ()
    assert state_names(changed(spec, seed=3)) == ()
    assert state_names(replace(spec, start=None)) == ()
    swapped = tmp_path / "swapped.json"
    swapped.write_text(
        '{"initial": [0.5, 0.5], "transition": [[0.8, 0.1], [0.1, 0.8]], "stop": [0.1, 0.1],'
        ' "emission": [[0.1, 0.2, 0.7], [0.7, 0.2, 0.1]]}'
    )
    given = choose("icecream", start_file=str(swapped))
    assert state_names(given) == () and component_names(given, given.start) == ("1", "2")
    own = tmp_path / "icecream.csv"
    own.write_text("ice creams\n1\n2\n3\n1\n")
    assert state_names(choose(str(own), model="hmm")) == ()
    for entry in datasets():
        assert not entry.states or (entry.start and len(entry.states) == entry.options["n_states"])


def test_cold_days_are_those_of_few_ice_creams() -> None:
    emission = walked("icecream").timeline.current.params.emission
    few, many = emission[:, 0], emission[:, -1]
    assert few[NAMES.index("cold")] > few[NAMES.index("hot")]
    assert many[NAMES.index("hot")] > many[NAMES.index("cold")]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("State 1 goes to state 2.", "State cold goes to state hot."),
        ("states 1 and 2 could as well be one", "states cold and hot could as well be one"),
        ("state 3, state 12, day 1, state 1", "state 3, state 12, day 1, state cold"),
    ],
)
def test_numbers_of_states_in_a_text(text: str, named: str) -> None:
    assert with_state_names(choose("icecream"), text) == named
    assert with_state_names(choose("icecream", start_file="model"), text) == text


def test_the_shell_and_exports_have_them() -> None:
    runs = ([], ["--start", "model"])
    (_, named, _), (_, plain, _) = (here("run", "icecream", "--max-iter", "2", *words) for words in runs)
    assert "state         cold     hot" in named and "from hot " in named
    assert "cold" not in plain and "from 2 " in plain
    heads = [head for table in parameter_tables(walked("icecream", 2)) for head in table.heads]
    assert "cold" in heads and "to hot" in heads


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_the_screen_has_them(size: tuple[int, int]) -> None:
    async with driving(choose("icecream"), size=size) as app:
        text = await app.press("n", "4")
        assert "● cold" in text and "■ hot" in text and "to cold" in text and "State hot now emits 2" in text
        assert "●cold" in await app.press("3") and "state 1" not in app.text
    async with driving(choose("icecream", start_file="model"), size=size) as app:
        text = await app.press("n")
        assert "cold" not in text and "state 1" in text.lower().replace("state 2", "state 1")


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_the_names_of_films_are_whole_where_there_is_room(size: tuple[int, int]) -> None:
    spec = choose("films")
    async with driving(spec, size=size) as app:
        text = await app.press("n")
        for name in spec.dataset.feature_names:
            assert f"{name}┤" in text
