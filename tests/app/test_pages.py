"""Pages for a browser: complete in themselves, harmless whatever the data say, and small."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from choosing import chosen
from walking import walked

from emtui.charts.scene import Dots, Scene
from emtui.exports.export import EXPORTS, export_for, exports_as_seen
from emtui.exports.pages.page_colors import BOTH, PageColors
from emtui.exports.pages.step_page import MOST_POINTS, MOST_STEPS, chosen_steps, step_page, thinned
from emtui.exports.pages.svg import Frame, pieces_of
from emtui.exports.picture_look import Look
from emtui.exports.pictures.scene_plot import plot_of
from emtui.session.session import Session
from emtui.views import view_for
from engine.data.data_spec import DataSpec
from engine.data.dataset import Dataset
from engine.errors import EngineError


@dataclass
class Elements(HTMLParser):
    """What a browser finds in a page."""

    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    text: dict[str, list[str]] = field(default_factory=dict)
    _open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self._open:
            self.text.setdefault(self._open[-1], []).append(data)

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def elements(page: str) -> Elements:
    found = Elements()
    found.feed(page)
    return found


def document(page: str) -> dict:
    return json.loads(elements(page).text["script"][0])


def test_a_page_asks_nothing_of_a_network() -> None:
    page = "".join(step_page(walked("iris", 6)))
    said = re.sub(r"'sha256-[^']+'", "", page)  # a checksum may hold anything
    assert not re.search(r"https?:|//\w|\bsrc=|@import|url\(|<link|<iframe|<img", said)
    (policy,) = (one["content"] for one in elements(page).of("meta") if one.get("http-equiv"))
    assert policy.startswith("default-src 'none';")
    for tag in ("style", "script"):  # the policy knows the page's own, and no other
        own = elements(page).text[tag][-1]
        assert f"'sha256-{base64.b64encode(hashlib.sha256(own.encode()).digest()).decode()}'" in policy


def test_points_are_in_it_once_and_every_step_has_its_words_and_numbers() -> None:
    session = walked("iris", 9)
    page = "".join(step_page(session))
    found = document(page)
    assert len(found["steps"]) == 10 and found["begin"] == 9
    (cloud,) = found["clouds"]
    assert len(cloud["x"]) == len(cloud["y"]) == 150
    assert len(found["shares"]) == 5  # of an E-step each
    assert [one["title"] for one in found["steps"][:3]] == ["start", "iteration 1 · E", "iteration 1 · M"]
    last = session.timeline.current
    numbers = found["steps"][9]["numbers"]
    assert float(numbers[0].replace("−", "-")) == pytest.approx(last.objective, abs=1e-3)
    assert len(page) < 100_000
    drawn = "".join(found["parts"][i] for i in found["steps"][9]["plots"][0]["above"])
    assert drawn.count("C") >= 6 and drawn.count('class="halo') == 6


def test_a_share_that_is_sure_is_its_component_and_others_add_up() -> None:
    (*_, last) = document("".join(step_page(walked("iris", 9))))["shares"]
    sure = [one for one in last if isinstance(one, int)]
    mixed = [one for one in last if not isinstance(one, int)]
    assert set(sure) == {0, 1, 2} and mixed and all(abs(sum(one) - 63) <= 2 for one in mixed)


def test_keyboard_and_screen_readers_have_what_they_need() -> None:
    found = elements("".join(step_page(walked("coins", 4))))
    (slider,) = found.of("input")
    assert slider["type"] == "range" and slider["max"] == "4"
    assert {"for": "step"}.items() <= found.of("label")[0].items()
    assert all(button["aria-label"] for button in found.of("button"))
    assert any(one.get("aria-live") == "polite" for one in found.of("p"))
    assert all(one["aria-label"] is not None for one in found.of("svg") if one.get("role") == "img")
    style = found.text["style"][0]
    assert ":focus-visible{outline" in style and "prefers-color-scheme:dark" in style


HOSTILE = "</script><script>alert(1)</script>"


def test_names_from_data_are_text() -> None:
    draw = np.random.default_rng(0)
    X = np.concatenate([draw.normal(size=(20, 2)), 5 + draw.normal(size=(20, 2))])
    data = Dataset("<b>", X, np.repeat([0, 1], 20), (HOSTILE, '"><img src=x onerror=alert(2)>'), ("<i>", "&lt;\x1b"))
    session = Session(chosen(DataSpec("<b>"), opened=data, model="gmm", k=2))
    for _ in range(3):
        session.take()
    page = "".join(step_page(session))
    found = elements(page)
    assert len(found.of("script")) == 2 and not found.of("img") and not found.of("b")
    assert "\x1b" not in page and page.count("</script>") == 2
    assert HOSTILE in "".join(found.text["figcaption"])
    parts = "".join(document(page)["parts"])
    assert "&lt;/script&gt;" in parts and "<script" not in parts and "<img" not in parts


def test_the_same_exploration_is_the_same_page() -> None:
    assert "".join(step_page(walked("iris", 4))) == "".join(step_page(walked("iris", 4)))


@pytest.mark.parametrize(("source", "how"), [("federalist", {}), ("icecream", {}), ("iris", {"model": "mlp"})])
def test_models_without_points_have_their_picture(source: str, how: dict[str, str]) -> None:
    found = document("".join(step_page(walked(source, 2, **how))))
    for step in found["steps"]:
        assert any(plot["behind"] + plot["above"] for plot in step["plots"])


def test_many_steps_and_many_rows_are_thinned_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    phases = ["init", *["E", "M"] * 500]
    places = chosen_steps(phases, 333)
    assert len(places) <= MOST_STEPS + 1 and {0, 333, 1000} <= set(places)
    assert all(phases[place] != "E" for place in places if place != 333)
    assert chosen_steps(phases[:50], 3) == list(range(50))
    snapshot = walked("digits", 1).snapshot()
    assert len(thinned(snapshot).rows) == 1797 <= MOST_POINTS
    monkeypatch.setattr("emtui.exports.pages.step_page.MOST_POINTS", 40)
    monkeypatch.setattr("emtui.exports.pages.step_page.MOST_STEPS", 5)
    page = "".join(step_page(walked("iris", 12)))
    assert len(document(page)["clouds"][0]["x"]) == 40
    assert "5 of 13 steps are here" in page and "40 of 150 rows are drawn" in page


def test_the_shell_and_the_app_find_them_by_their_endings() -> None:
    assert [export_for(name, EXPORTS).word for name in ("a.svg", "a.pdf", "a-curves.svg", "a.html")] == [
        "picture", "picture", "curves", "page",
    ]  # fmt: skip
    with pytest.raises(EngineError, match=r"can't hold curves: end the name in .svg or .pdf"):
        export_for("a-curves.html", EXPORTS)


def test_a_picture_from_the_app_looks_along_the_axes_of_its_pane(tmp_path: Path) -> None:
    session = walked("iris", 2)
    axes = view_for(session.spec.model).axes(session.snapshot())[1]
    for ending in ("svg", "html"):
        export = export_for(f"a.{ending}", exports_as_seen(Look(axes)))
        assert "PC 1 × PC 2" in export(session, tmp_path / f"a.{ending}").read_text("utf-8")
    assert len(exports_as_seen(Look(axes))) == len(EXPORTS)


def test_a_page_that_is_given_up_leaves_what_was_there(tmp_path: Path) -> None:
    there = tmp_path / "a.html"
    there.write_text("what was there")
    calls = []

    def leave(size: int) -> None:
        calls.append(size)
        if len(calls) > 3:
            raise EngineError("left")

    with pytest.raises(EngineError, match="left"):
        export_for(there, EXPORTS)(walked("iris", 6), there, overwrite=True, say=leave)
    assert there.read_text() == "what was there" and [one.name for one in tmp_path.iterdir()] == ["a.html"]


def test_a_long_name_of_an_axis_is_in_lines_that_are_shorter_than_the_axis() -> None:
    x_label, y_label = "how long each of them was, and how wide the others had been", 60 * "y"
    plot = plot_of(Scene([Dots(np.arange(3.0), np.arange(3.0))], x_label, y_label), BOTH[0])
    for width, height in ((580, 400), (420, 210), (400, 290)):
        frame = Frame.of([plot], width, height)
        drawn = "".join(pieces_of((plot, plot), frame, PageColors()).axes)
        upright = re.findall(r">(y+)<", drawn)
        level = [line for line in re.findall(r">([^<>]+)</text>", drawn) if "h" in line]
        assert "".join(upright) == y_label and " ".join(level) == plot.x_label
        assert max(map(len, upright)) * 6.6 < frame.inner[1] and max(map(len, level)) * 6.6 < frame.inner[0]
        assert frame.left >= 14 * len(upright) + 14 and frame.bottom >= 30 + 14 * len(level)
