"""At both usual sizes legends and heads are whole or end in …, the headline names the model, no two numbers touch."""

from __future__ import annotations

import re
from typing import Any

import pytest
from choosing import chosen
from driving import Driver, driving, explorer
from rich.cells import cell_len
from walking import walked

from emtui.charts.cell_text import short_head
from emtui.charts.chart_widget import Chart
from emtui.charts.colors import DARK
from emtui.charts.scene import LegendEntry, Scene
from emtui.charts.scene_drawing import legend_of
from emtui.panes.agreement.rival_text import comparison_lines
from emtui.panes.headline import _fitted
from emtui.panes.pane import Pane

_CASES: list[tuple[str, dict[str, Any], tuple[str, ...]]] = [
    ("iris", {}, ("c",)),
    ("icecream", {}, ("n",)),
    ("iris", {"model": "mlp", "k": 2}, ("n",)),
    ("iris", {"model": "experts"}, ("n",)),
]
_LEAST = 6  # cells of a label that is cut


def whole_or_signed(label: str, text: str) -> bool:
    """The label stands in the text, or as much of it as tells it, with a sign that it goes on."""
    return label in text or any(f"{label[:n]}…" in text for n in range(_LEAST - 1, len(label)))


def legends_of(driver: Driver) -> list[tuple[str, str]]:
    """(label, text of the pane) of each entry of each chart's legend that is seen."""
    lines, found = driver.text.splitlines(), []
    for pane in explorer(driver.app).query(Pane):
        if pane.display and pane.region:
            box = pane.region
            text = "\n".join(line[box.x : box.right] for line in lines[box.y : box.bottom])
            for chart in pane.query(Chart):
                if chart.display and chart.region:
                    found += [(label, text) for _, _, label in entries_of(chart.scene)]
    return found


def entries_of(scene: Scene) -> list[LegendEntry]:
    """What stands in a scene's legend."""
    return legend_of(scene, DARK)


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
@pytest.mark.parametrize(("source", "how", "keys"), _CASES)
async def test_legends_and_numbers(
    source: str, how: dict[str, Any], keys: tuple[str, ...], size: tuple[int, int]
) -> None:
    async with driving(chosen(source, **how), size=size) as app:
        model = app.snapshot.spec.model.name
        await app.send(*keys)
        for key in ("1", "a", "2", "d", "3", "4", "8", "9", "d"):
            text = await app.press(key)
            for label, shown in legends_of(app):
                assert whole_or_signed(label, shown), (key, label, shown)
            assert not re.search(r"\d[.]\d+[.]\d|\d[−-]\d+[.]\d{3}", text), (key, text)
            assert f"· {model}" in text.splitlines()[0]


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_the_title_of_the_curves_fits_from_the_start(size: tuple[int, int]) -> None:
    async with driving(chosen("iris", model="mlp"), size=size) as app:
        assert "marginal loss · 1 of 4" in app.text


def test_a_head_that_is_cut_says_so() -> None:
    for name in ("ice cream", "sepal length", "versicolor", "amount of everything"):
        for width in range(8, 24):
            short = short_head(name, width)
            assert cell_len(short) <= width and (short == name or short.endswith("…"))
    assert short_head("pixel 3 11", 8) == "pix 3 11"
    long = "measurement of the quantity that nobody remembers any more (2)"
    for width in range(8, 24):
        short = short_head(long, width)
        assert cell_len(short) <= width and short.count("…") == 1
    assert short_head(long, 12) == "measure… (2)"


def test_the_headline_keeps_the_model_before_the_size_of_the_data() -> None:
    parts = ["icecream 33×1", "hmm K=2 categorical", "start published"]
    assert _fitted(list(parts), 60) == "icecream 33×1 · hmm K=2 categorical · start published"
    assert _fitted(list(parts), 36) == "icecream 33×1 · hmm K=2 categorical"
    assert _fitted(list(parts), 22) == "icecream 33×1 · hmm"
    assert _fitted(list(parts), 18) == "icecream · hmm K=2"
    assert _fitted(list(parts), 15) == "icecream · hmm"
    assert _fitted(list(parts), 9) == "icecream"
    layers = ["iris 150×4", "mlp layers 4,3", "seed 0"]
    assert [_fitted(list(layers), room) for room in (27, 26, 16, 14)] == [
        "iris 150×4 · mlp layers 4,3", "iris 150×4 · mlp", "iris 150×4 · mlp", "iris · mlp"
    ]  # fmt: skip


def test_the_loss_stands_beside_hits_that_are_all_right() -> None:
    spec = chosen("iris", model="experts")
    comparison = walked("iris", 4, model="experts").snapshot().comparison
    assert comparison is not None and comparison.here.test is not None
    lines = comparison_lines(comparison, spec.model, 25, DARK)
    rows = [line for line in lines if isinstance(line, str) and line.lstrip().startswith(("train", "test"))]
    assert any("60/60 1.000" in row for row in rows)
    assert all(re.search(r" · \d[.]\d{3}$", row) and cell_len(row) <= 25 for row in rows)


async def test_where_nothing_is_hidden_no_bound_and_no_kl_are_drawn() -> None:
    async with driving(chosen("iris", model="backprop", k=2), size=(80, 24)) as app:
        assert "· 1 of 3" in await app.press("n", "2")
        text = await app.press("d", "d")
        assert "· 3 of 3" in text and "bound ─" not in text and "┄ bound" not in text and "d: loss · accuracy" in text
