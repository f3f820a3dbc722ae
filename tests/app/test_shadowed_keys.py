"""A key of the explorer means the same wherever it works; what means something else is listed here, on purpose."""

from __future__ import annotations

import importlib
import pkgutil

import pytest
from driving import driving, explorer
from textual.screen import Screen
from textual.widget import Widget

import emtui.screens
from emtui.screens.explore.explore import ExploreScreen
from emtui.settings.keys import EXPLORE
from emtui.spec.choose import choose

KEYS = {key: binding for binding in EXPLORE for key in binding.key.split(",")}

LETTERS_AND_CURSOR = {"left", "right", "home", "end"}  # in a field of text the cursor moves, in a form its choices
PANES: dict[str, set[str]] = {"model": LETTERS_AND_CURSOR}
"""The keys of the explorer that a pane has for itself while it has the focus."""

BACK = {"escape"}  # and the key that opened the screen closes it
STUDY = BACK | {"space", "x", "R"}  # stop and begin again, write what was found, other seeds
SIDES = BACK | {"v", "1", "2"}  # left and right are the panes there
ARROWS = {"left", "right", "h", "l"}
SCREENS: dict[str, set[str]] = {
    "OpeningScreen": set(),
    "SessionScreen": set(),
    "ExploreScreen": set(),
    "OverExplorer": set(),
    "EditPreview": set(),
    "Dialog": {"q"},
    "GoToScreen": {"q"},
    "OpenFileScreen": {"q"},
    "SaveScreen": {"q"},
    "YesNoScreen": {"q", "y", "n"},  # the answers
    "ExportScreen": {"q"} | ARROWS,  # formats
    "HelpScreen": {"q", "question_mark", "space", "g"},
    "FirstCard": {"q", "l"},  # its first door; the other keys close it and do in the explorer what they always do
    "GuideScreen": {"q", "n"} | BACK,
    "SideBySideScreen": SIDES,
    "CompareScreen": SIDES,
    "BranchesScreen": SIDES | {"B"},
    "RegionsScreen": SIDES | {"a", "A"},  # its own pair of features
    "ConditionalProbabilitiesScreen": BACK | ARROWS | {"Q", "space", "1", "0", "x"},  # answers
    "RowOfNumbersScreen": BACK | {"q", "Q"},
    "PairsScreen": BACK | {"M", "z", "x"},
    "EditScreen": BACK
    | ARROWS
    | {"E", "x", "left_square_bracket", "right_square_bracket", "left_curly_bracket", "right_curly_bracket"}
    | {"plus", "equals_sign", "minus", *"0123456789"},  # a value is moved or written
    "CostScreen": BACK | {"C"},
    "StudyScreen": STUDY - {"R"},
    "SelectionScreen": STUDY | {"K"},
    "NetworkSizesScreen": STUDY | {"K"},
    "OptimaScreen": STUDY | {"O"},
    "RaceScreen": STUDY | {"f", "plus", "equals_sign", "minus"},  # more starts and fewer
    "SweepScreen": STUDY - {"R"} | ARROWS | {"w", "g"},  # g is the form of its grid
}
"""The keys of the explorer that mean something else, or lead back, on a further screen."""


PASS_ON = {"FirstCard"}
"""A key of the explorer closes it, and does there what it always does."""


def screens() -> list[type[Screen[object]]]:
    """Every kind of screen of the app."""
    for module in pkgutil.walk_packages(emtui.screens.__path__, "emtui.screens."):
        importlib.import_module(module.name)
    found: list[type[Screen[object]]] = []
    waiting: list[type[Screen[object]]] = [Screen]
    while waiting:
        for kind in waiting.pop().__subclasses__():
            waiting.append(kind)
            if kind.__module__.startswith("emtui."):
                found.append(kind)
    return sorted(set(found), key=lambda kind: kind.__name__)


def means_the_same(action: str, key: str) -> bool:
    """It is the explorer's own action, or closes the screen and does it there."""
    return action in (KEYS[key].action, f"through({KEYS[key].action!r})")


def test_no_screen_rebinds_a_key_of_the_explorer_but_those_listed() -> None:
    for kind in screens():
        if kind.__name__ in PASS_ON:
            continue
        bound = kind._merge_bindings()
        shadowed = {key for key, binding in bound if key in KEYS and not means_the_same(binding.action, key)}
        assert shadowed == SCREENS.get(kind.__name__, set()), kind.__name__


def in_the_way(widget: Widget) -> set[str]:
    """The keys of the explorer that don't reach it while this widget has the focus."""
    below = [node for node in widget.ancestors_with_self if not isinstance(node, ExploreScreen)]
    return {key for node in below for key, _ in node._bindings if key in KEYS and node.parent is not None}


@pytest.mark.parametrize(
    ("source", "model"), [("iris", "gmm"), ("xor", "mlp"), ("icecream", "hmm"), ("films", "bernoulli")]
)
async def test_no_pane_rebinds_a_key_of_the_explorer_but_those_listed(source: str, model: str) -> None:
    async with driving(choose(source, model=model)) as app:
        await app.send("n")
        screen = explorer(app.app)
        for pane in screen._panes.panes:
            for widget in pane.query("*"):
                if widget.can_focus:
                    assert in_the_way(widget) <= PANES.get(pane.id or "", set()), (pane.id, widget)


async def test_the_rows_of_a_network_turn_by_h_and_f_is_the_race_there_too() -> None:
    async with driving(choose("xor", model="mlp", test_share=0.3)) as app:
        first = await app.press("n", "3")
        turned = await app.press("H")
        assert "H: training" in first and "H: test" in turned
        await app.send("f")
        assert type(app.app.screen).__name__ == "RaceScreen"
    async with driving() as app:
        text = await app.press("n", "3", "H")
        assert "rows are held back only where a model learns a target" in " ".join(text.split())
