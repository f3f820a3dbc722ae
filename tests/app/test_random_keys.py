"""Random keys and resizes raise nothing, whatever they open; `pytest tests/app/test_random_keys.py --keys 20000`."""

import random
import traceback

import pytest
from driving import driving, explorer

from emtui.spec.choose import choose

KEYS = (
    *"emn",
    *("e", "m", "n") * 4,
    *("left", "right", "h", "l", "home", "end", "left_square_bracket", "right_square_bracket"),
    *"123456789",
    *(
        "b",
        "r",
        "R",
        "z",
        "a",
        "A",
        "v",
        "o",
        "x",
        "ctrl+s",
        "y",
        "t",
        "g",
        "c",
        "question_mark",
        "plus",
        "minus",
        "space",
    ),
    *("escape", "escape", "escape", "enter", "tab", "shift+tab", "up", "down", "j", "k", "pageup", "pagedown"),
    *("s", "S", "u", "d", "w", "comma", "full_stop", "less_than_sign", "greater_than_sign", "backspace", "delete"),
    *("f", "O", "K", "Q", "i", "p", "P", "w", "C", "left_curly_bracket", "right_curly_bracket"),
    *("B", "E", "M", "B", "E"),
    *("ctrl+p", "ctrl+home", "ctrl+end", "0", "f1", "ctrl+a", "ctrl+z", "slash", "é", "世"),
)
SIZES = ((120, 40), (80, 24), (40, 12), (200, 60), (10, 3), (39, 9), (1, 1), (60, 20), (119, 24), (121, 11), (79, 50))
SOURCES = ("iris", "coins", "two_gaussians", "films")


@pytest.mark.parametrize("source", SOURCES)
async def test_random_keys_and_resizes_raise_nothing(source, request, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # where an export would write
    count = request.config.getoption("--keys") // len(SOURCES)
    walk = random.Random(f"{source} {count}")
    pressed: list[str] = []
    async with driving(choose(source, max_iter=30), size=(120, 40), drawn=True) as app:
        try:
            for number in range(count):
                if walk.random() < 0.05:
                    size = walk.choice(SIZES)
                    pressed.append(f"{size[0]}×{size[1]}")
                    await app.pilot.resize_terminal(*size)
                else:
                    pressed.append(walk.choice(KEYS))
                    await app.pilot.press(pressed[-1])
                if number % 20 == 0:
                    await app.settle()
            await app.settle()
            assert not app.app._exception, pressed[-20:]
        except Exception:
            pytest.fail(f"after {pressed[-25:]}:\n{traceback.format_exc()}")
        while len(app.app.screen_stack) > 2:
            app.app.pop_screen()
        assert explorer(app.app).snapshot is not None
