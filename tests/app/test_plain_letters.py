"""`ascii = true` is ASCII: on every screen nothing above 126 but what the user's data say."""

import pytest
from driving import Driver, driving
from rich.cells import cell_len

from emtui.charts.colors import ASCII_MARKERS, MARKERS
from emtui.charts.plain_letters import PLAIN, plain
from emtui.charts.right_to_left import isolated
from emtui.settings.config import Config
from emtui.spec.choose import choose

PLAINLY = Config(autosave=False, ascii=True)
SCREENS = ("", "v", "M", "B", "w", "f", "O", "K", "C", "Q", "E", "o", "x", "g", "ctrl+s", "question_mark", "ctrl+p")


def strange(text: str) -> str:
    return "".join(sorted({char for char in text if ord(char) > 126}))


async def walked(app: Driver) -> None:
    for key in "0123456789":
        assert not strange(await app.press(key)), key
    for key in "ddd":
        assert not strange(await app.press("9", key)), key


@pytest.mark.parametrize("source", ["iris", "coins", "icecream", "xor"])
@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_every_screen_is_ascii(source: str, size: tuple[int, int]) -> None:
    async with driving(choose(source, model="mlp" if source == "xor" else None), size=size, config=PLAINLY) as app:
        await app.send("n", "n", "e")
        await walked(app)
        for key in SCREENS:
            if key:
                assert not strange(await app.press(key)), key
                if app.app.screen is not app.app.screen_stack[1]:
                    await app.send("escape")


async def test_letters_of_names_stay() -> None:
    assert plain("Müller 漢字 שלום") == "Müller 漢字 שלום"
    assert plain("".join(MARKERS)) == "".join(ASCII_MARKERS)
    assert all(len(letter) == cell_len(chr(code)) and letter.isascii() for code, letter in PLAIN.items())


def test_a_product_is_no_other_number() -> None:
    assert plain("0.2077·1 + 0.5·(−0.014)") == "0.2077*1 + 0.5*(-0.014)"
    assert plain("gmm · K=2 · seed 0") == "gmm . K=2 . seed 0"


async def test_they_are_turned_on_and_off_as_the_app_runs() -> None:
    async with driving(choose("iris"), size=(120, 40)) as app:
        assert strange(app.text)
        app.app.action_plain_letters()
        await app.settle()
        assert not strange(app.text)
        app.app.action_plain_letters()
        await app.settle()
        assert strange(app.text)


def test_names_from_right_to_left_are_held_together() -> None:
    assert isolated("plain × é") == "plain × é"
    assert isolated("שלום") == "\u2068שלום\u2069"
    assert isolated("a: אב גד, 3") == "a: \u2068אב גד\u2069, 3"
