"""Words in cells: lines_of_words, shared out, cut, and clean."""

from __future__ import annotations

import pytest

from emtui.charts.colors import DARK
from emtui.charts.prose import lines_of_words
from emtui.charts.scene import RGB, Prose, Scene
from emtui.charts.scene_drawing import draw_scene

RED: RGB = (255, 0, 0)


def lines_of(prose: Prose, width: int, height: int) -> list[str]:
    scene = Scene([prose], x_range=(0.0, 1.0), y_range=(0.0, 1.0), x_ticks=(), y_ticks=())
    picture = draw_scene(scene, width, height, DARK)
    return ["".join(row) for row in picture.chars]


def test_words_are_wrapped_and_further_lines_are_indented() -> None:
    words = [(word, RED) for word in ["one", "two", "three", "four", "five"]]
    lines = lines_of_words(words, 9, 5)
    assert [[(column, text) for column, text, _ in line] for line in lines] == [
        [(0, "one"), (4, "two")],
        [(2, "three")],
        [(2, "four")],
        [(2, "five")],
    ]
    assert len(lines_of_words(words, 9, 2)) == 2
    assert lines_of_words([], 9, 2) == [[]]


def test_paragraphs_share_the_lines_and_what_one_leaves_goes_to_the_next() -> None:
    long, short = [(f"word{i}", RED) for i in range(40)], [("brief", RED)]
    text = lines_of(Prose([short, long]), 30, 9)
    assert sum("word" in line for line in text) > sum("brief" in line for line in text) == 1
    assert "word0" in next(line for line in text if "word" in line)


def test_colours_belong_to_their_words() -> None:
    scene = Scene([Prose([[("red", RED), ("blue", (0, 0, 255))]])], x_range=(0, 1), y_range=(0, 1))
    picture = draw_scene(scene, 20, 5, DARK)
    found = {char: int(colour) for char, colour in zip(picture.chars.ravel(), picture.foreground.ravel(), strict=True)}
    assert found["r"] == 0xFF0000
    assert found["b"] == 0x0000FF


@pytest.mark.parametrize("size", [(60, 20), (12, 5), (3, 3), (1, 1)])
def test_any_words_are_drawn_at_every_size(size: tuple[int, int]) -> None:
    words = [("\x1b[31mred\x07", RED), ("한국어" * 9, RED), ("[bold]", RED), ("x" * 500, RED), ("", RED)]
    text = "".join(lines_of(Prose([words] * 7), *size))
    assert "\x1b" not in text
    assert "\x07" not in text
