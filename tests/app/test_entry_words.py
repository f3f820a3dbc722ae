"""Every entry of θ has words: on the screen none is called hidden[0,0]."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from edit_host import by_hand
from walking import walked

from emtui.charts.colors import DARK
from emtui.views.entry_cursor import parameter_names, parameter_words
from emtui.views.entry_names import entry_words, whose
from engine.editing.entries import entry_named


def words(source: str, name: str, **how: object) -> str:
    """The entry of that name as a sentence has it."""
    snapshot = walked(source, 2, **how).snapshot()
    return entry_words(snapshot, entry_named(snapshot.step.problem.model, snapshot.step.params, name))


@pytest.mark.parametrize("model", ["mlp", "backprop"])
def test_weights_by_where_they_come_from_and_go_to(model: str) -> None:
    assert words("iris", "hidden[0,0]", model=model) == "the bias of unit 1"
    assert words("iris", "hidden[6,4]", model=model) == "the weight from petal width to unit 7"
    assert words("iris", "output[0,0]", model=model) == "the bias of class setosa"
    assert words("iris", "output[1,3]", model=model) == "the weight from unit 3 to class versicolor"
    deep = {"model": model, "settings": {"hidden_units": "4,3,2"}}
    assert words("iris", "hidden[1,2]", **deep) == "the weight from sepal width to unit 1.2"
    assert words("iris", "deeper.hidden[2,4]", **deep) == "the weight from unit 1.4 to unit 2.3"
    assert words("iris", "deeper.deeper.hidden[1,0]", **deep) == "the bias of unit 3.2"
    assert words("iris", "output[0,2]", **deep) == "the weight from unit 3.2 to class setosa"


def test_a_network_of_numbers(tmp_path: Path) -> None:
    table = tmp_path / "line.csv"
    x = np.linspace(-1, 1, 20)
    table.write_text("dose,effect\n" + "\n".join(f"{a:.2f},{2 * a:.2f}" for a in x))
    how = {"model": "mlp", "k": 2, "target": "effect"}
    assert words(str(table), "hidden[1,1]", **how) == "the weight from dose to unit 2"
    assert words(str(table), "output[0,0]", **how) == "the bias of effect"
    assert words(str(table), "output[0,2]", **how) == "the weight from unit 2 to effect"
    assert words(str(table), "variances[0]", **how) == "the variance of effect"


def test_the_bias_of_an_expert_is_called_one() -> None:
    snapshot = walked("iris", 2, model="experts").snapshot()
    model, params = snapshot.step.problem.model, snapshot.step.params
    assert entry_words(snapshot, entry_named(model, params, "gate[0,0]")) == "expert 1's gate bias"
    assert whose(snapshot, entry_named(model, params, "gate[0,0]")) == "the gate bias of expert 1"
    bias = entry_named(model, params, "experts.coefficients[1,0,0]")
    assert parameter_words(snapshot, bias, DARK) == "■ 2 bias of class setosa"


@pytest.mark.parametrize("model", ["mlp", "backprop", "experts", "backprop-experts"])
def test_no_two_entries_have_the_same_words(model: str) -> None:
    snapshot = walked("iris", 2, model=model).snapshot()
    names = parameter_names(snapshot)
    assert names is not None
    said = [parameter_words(snapshot, entry, DARK) for entry in names.entries]
    assert len(set(said)) == len(said)
    assert not any("[" in one for one in said)


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
@pytest.mark.parametrize("model", ["mlp", "backprop"])
async def test_the_screens_say_them(model: str, size: tuple[int, int]) -> None:
    async with by_hand(size=size, model=model, settings={"hidden_units": "2"}) as app:
        text = app.text
        assert "bias" in text and "unit 1" in text and "hidden[" not in text and "output[" not in text
        text = await app.press("right", "enter")
        assert "bias of unit 1 set by hand" in " ".join(text.split())
        assert "hidden[" not in app.text
        assert "hidden[" not in await app.press("9")
        assert "hidden[" not in await app.press("d", "d")
        assert "bias of unit 1" in app.text
        await app.send("n", "B")
        text = " ".join(app.text.split())
        assert "bias of unit 1 differs most" in text and "hidden[" not in text and "output[" not in text
