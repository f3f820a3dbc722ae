"""A session moved by hand: branches, words, rows that are left out, and exports that come to the same numbers."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from counts import examples
from driving import driving, explorer
from hypothesis import given, settings
from hypothesis import strategies as st
from test_script import run_script, says_the_same
from walking import walked

from emtui.charts.colors import DARK
from emtui.charts.scene import Cloud, Dots
from emtui.exports.export import export_responsibilities, export_script, export_steps_csv, export_steps_json
from emtui.panes.agreement.agreement_text import agreement_lines
from emtui.panes.rows.row_order import RowOrder
from emtui.panes.rows.row_table import RowSource
from emtui.panes.why.ledger_text import falls, ledger_lines
from emtui.session.race import race
from emtui.session.session import Session
from emtui.session.snapshot import StepSnapshot
from emtui.spec.train_test_split import split_of
from emtui.views import view_for
from emtui.views.edit_sentences import step_sentence
from engine.editing.edits import set_entry
from engine.errors import EngineError


def move(session: Session, entry: str, value: float) -> str:
    """Set an entry of the present step by hand."""
    step = set_entry(session.timeline.current, entry, value)
    return session.place(step.params, step.events[0].message)


def text_of(cells: Any) -> str:
    return "".join(cell if isinstance(cell, str) else "".join(piece[0] for piece in cell) for cell in cells)


# branches


def test_a_move_opens_a_branch_and_em_goes_on_from_there() -> None:
    session = walked("iris", 4)
    assert move(session, "means[1,2]", 3.0) == "This opened branch 2; branch 1 is kept."
    snapshot = session.snapshot()
    assert (snapshot.branch, snapshot.n_branches, snapshot.cursor) == (1, 2, 5)
    assert (snapshot.step.iteration, snapshot.step.phase) == (2, "M")
    assert [record.by_hand for record in snapshot.records] == [False] * 5 + [True]
    assert snapshot.moved_by_hand
    assert session.take("E") == ""  # no further branch
    assert session.timeline.current.params is snapshot.step.params
    with pytest.raises(EngineError, match="press m"):
        session.take("E")
    session.timeline.switch(0)
    assert not session.snapshot().moved_by_hand


def test_any_step_of_any_branch_can_be_looked_at() -> None:
    session = walked("iris", 6)
    session.timeline.go_to(2)
    move(session, "weights[0]", 0.6)
    session.take()
    other = session.snapshot_at(0, 6, "a note")
    assert (other.branch, other.cursor, other.note) == (0, 6, "a note")
    assert other.step is session.timeline.steps_of(0)[6]
    assert other.record.objective == other.step.objective
    assert session.snapshot().branch == 1  # the cursor stays
    session.timeline.switch(0)
    session.timeline.go_to(6)
    same = session.snapshot("a note")
    np.testing.assert_array_equal(same.labels, other.labels)
    np.testing.assert_array_equal(same.responsibilities, other.responsibilities)
    assert same.trail == other.trail and same.records == other.records
    with pytest.raises(IndexError):
        session.snapshot_at(2, 0)


@pytest.mark.parametrize("source", ["iris", "coins", "deaths", "votes", "linkage", "icecream", "bars"])
def test_whatever_comes_next_can_be_done(source: str) -> None:
    session = walked(source, 3)
    entries = {"iris": "means[0,0]", "coins": "probabilities[0]", "deaths": "rates[0]", "votes": "probabilities[0,0]",
               "linkage": "theta", "icecream": "transition[0,0]", "bars": "topics[0,0]"}  # fmt: skip
    value = {"iris": 6.0, "deaths": 1.5}.get(source, 0.45)
    move(session, entries[source], value)
    session.take_iteration()
    for _ in session.run_on():
        pass
    assert math.isfinite(session.timeline.current.objective)
    next(iter(race(session.spec)))
    session.restart(session.spec.seed + 1)
    session.take_iteration()
    session.timeline.switch(1)
    session.restart()
    assert session.snapshot().cursor == 0


def test_the_temperature_can_be_turned_after_a_move() -> None:
    session = walked("iris", 3, algorithm="annealed")
    move(session, "means[0,0]", 6.0)
    session.weigh_row(3, 0)
    session.turn_temperature(2.0)
    session.take_iteration()
    assert session.weight_of(3) == 0
    assert session.spec.algorithm.startswith("annealed:initial=")


# rows


def test_a_row_left_out_is_put_back_as_it_was() -> None:
    session = walked("iris", 3)
    before = session.timeline.current
    assert session.weight_of(7) == 1
    session.weigh_row(7, 0)
    assert session.weight_of(7) == 0 and session.weight_of(8) == 1
    assert session.timeline.current.events[0].message == "row 8 left out by hand; the parameters stay where they are"
    session.weigh_row(7, 2)
    assert "now counts twice" in session.timeline.current.events[0].message
    session.weigh_row(7, 1)
    assert session.timeline.current.log_likelihood == before.log_likelihood
    assert session.timeline.n_branches == 4
    with pytest.raises(EngineError, match="row 8 counts once already"):
        session.weigh_row(7, 1)


@pytest.mark.parametrize(
    ("source", "how", "row", "weight", "says"),
    [
        ("iris", {}, 150, 0, "there is no row 151"),
        ("iris", {}, -1, 0, "there is no row 0"),
        ("iris", {}, 3, -1, "at least 0"),
        ("iris", {}, 3, math.nan, "finite"),
        ("icecream", {}, 4, 0, "sequence"),
        ("icecream", {}, 4, 2, "sequence"),
        ("linkage", {}, 0, 0, "only row that is left"),
        ("iris", {"k": 149, "model": "gmm", "settings": {"covariance_type": "spherical"}}, 0, 0, ""),
    ],
)
def test_what_a_row_can_not_weigh_is_said(source: str, how: dict[str, Any], row: int, weight: float, says: str) -> None:
    session = walked(source, 0 if "k" in how else 2, **how)
    if not says:
        session.weigh_row(row, weight)
        with pytest.raises(EngineError, match="only 148 rows would be left for 149 components"):
            session.weigh_row(row + 1, weight)
        return
    with pytest.raises(EngineError) as refused:
        session.weigh_row(row, weight)
    assert says in str(refused.value)
    assert str(refused.value).endswith(".")
    assert session.timeline.n_branches == 1


def test_rows_of_a_network_are_those_that_it_is_trained_on() -> None:
    session = walked("iris", 2, model="mlp", standardize=True, settings={"m_step": "newton", "weight_decay": "0.01"})
    split = split_of(session.spec)
    assert split is not None
    with pytest.raises(EngineError, match="held back for the test"):
        session.weigh_row(int(split.test[0]), 0)
    row = int(split.train[5])
    session.weigh_row(row, 0)
    weights = session.timeline.current.problem.data.given_weight
    assert weights is not None
    assert np.flatnonzero(weights == 0).tolist() == [5]
    assert session.weight_of(row) == 0 and session.weight_of(int(split.test[0])) == 1
    session.take_iteration()
    assert session.snapshot().comparison is not None


@settings(max_examples=examples(15))
@given(st.lists(st.sampled_from(["take", "move", "out", "twice", "back", "other", "reset", "R"]), max_size=8))
def test_whatever_is_done_by_hand_numbers_belong_to_their_steps(moves: list[str]) -> None:
    session = Session(walked("coins", 0).spec)
    for index, one in enumerate(moves):
        try:
            if one == "take":
                session.take()
            elif one == "move":
                move(session, "probabilities[0]", 0.2 + 0.06 * index)
            elif one in ("out", "twice"):
                session.weigh_row(index % 5, {"out": 0, "twice": 2}[one])
            elif one == "back":
                session.timeline.move(-1)
            elif one == "other":
                session.timeline.switch(index % session.timeline.n_branches)
            else:
                session.restart(None if one == "reset" else index)
        except EngineError:
            pass  # refused in words, of which other tests are
        snapshot = session.snapshot()
        assert snapshot.record.objective == pytest.approx(snapshot.step.objective)
        assert snapshot.record.by_hand == any(event.by_hand for event in snapshot.step.events)
        assert len(snapshot.records) == len(session.timeline)
        assert step_sentence(snapshot).endswith(".")
        assert all("limit of the arithmetic" not in said for said in falls(snapshot))
        weights = snapshot.step.problem.data.given_weight
        assert [session.weight_of(row) for row in range(5)] == ([1.0] * 5 if weights is None else weights.tolist())


# words


def told(snapshot: StepSnapshot) -> str:
    return step_sentence(snapshot)


def test_the_sentence_of_a_move_says_what_was_moved_and_what_it_did() -> None:
    session = walked("iris", 4)
    before = session.timeline.current
    move(session, "means[1,2]", 3.0)
    snapshot = session.snapshot()
    said = told(snapshot)
    assert said.startswith("means[1,2] set by hand from 1.462 to 3; nothing else moves. Log-likelihood ")
    assert said.endswith("q is as it was, press e.")
    fell = before.log_likelihood - snapshot.step.log_likelihood
    assert fell > 0
    (why,) = falls(snapshot)
    assert why.endswith(": means[1,2] set by hand from 1.462 to 3; nothing else moves.")
    text = " ".join(text_of((line,)) for line in ledger_lines(snapshot, 60, DARK))
    assert "moved by hand" in text and "what the moves since opened" in text
    session.take()
    assert "by hand" not in told(session.snapshot())


def test_the_sentence_of_a_row_says_that_the_sums_are_others() -> None:
    session = walked("iris", 3)
    session.weigh_row(0, 0)
    said = told(session.snapshot())
    assert said.startswith("Row 1 left out by hand; the parameters stay where they are. Log-likelihood ")
    assert "a sum over other rows: press m" in said
    text = " ".join(text_of((line,)) for line in ledger_lines(session.snapshot(), 60, DARK))
    assert "sums over other rows" in text
    start = walked("iris", 0)
    move(start, "means[0,0]", 6.5)
    assert told(start.snapshot()).endswith(": press e.")


def test_curves_stand_at_the_iteration_of_a_move() -> None:
    session = walked("iris", 4)
    move(session, "means[1,2]", 3.0)
    session.take_iteration()
    assert session.snapshot().half_steps.tolist() == [0.0, 0.5, 1.0, 1.5, 2.0, 2.0, 2.5, 3.0]


def test_left_out_rows_keep_their_place_and_are_marked() -> None:
    session = walked("iris", 3)
    session.weigh_row(3, 0)
    session.weigh_row(5, 2)
    snapshot = session.snapshot()
    assert snapshot.labels is not None and len(snapshot.labels) == 150
    source = RowSource(snapshot, RowOrder(), None, ("1", "2", "3"))
    sheet = source.sheet(60, DARK)
    marks = next(i for i, column in enumerate(sheet.columns) if column.key == "mark")
    rows = [text_of((row[marks],)) for row in sheet.cells(range(7))]
    assert rows == ["", "", "", "out", "", "2×", ""]
    said = " ".join(text_of((line,)) for line in agreement_lines(snapshot, 60, DARK))
    assert "By hand: 1 left out, 1 counted otherwise" in said
    view = view_for("gmm")
    scene = view.scene(snapshot, view.axes(snapshot)[0], DARK, highlight=4)
    cloud = next(layer for layer in scene.layers if isinstance(layer, Cloud))
    out = next(layer for layer in scene.layers if isinstance(layer, Dots))
    assert (len(cloud.x), len(out.x)) == (149, 1)
    assert cloud.highlight == 3  # row 5 is the fourth of those that count
    marked = view.scene(snapshot, view.axes(snapshot)[0], DARK, highlight=3)
    assert next(layer for layer in marked.layers if isinstance(layer, Dots)).highlight == 0


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_the_screen_says_by_hand(size: tuple[int, int]) -> None:
    async with driving(size=size) as app:
        await app.send("n", "n")
        step = set_entry(app.snapshot.step, "means[1,2]", 3.0)
        explorer(app.app).worker.do(lambda session: session.place(step.params, step.events[0].message))
        await app.settle()
        lines = app.text.splitlines()
        assert "iteration 2 · by hand" in lines[0]
        assert any("M✎" in line and "branch 2 of 2" in line for line in lines)
        assert "means[1,2] set by hand from 1.462 to 3" in app.text
        said = " ".join((await app.press("y")).split())
        assert "--max-iter 2 — It ends before the change by hand, at iteration 2." in said
        assert "No command makes what was moved by hand" in said
        await app.send("b", "y")
        assert "clipboard: emtui run iris" in app.text


# exports


@pytest.mark.parametrize(
    ("source", "how", "moves", "since"),
    [
        ("iris", {}, [("means[1,2]", 3.0)], 4),
        ("iris", {"standardize": True}, [("means[1,2]", 0.5)], 0),
        ("iris", {"known": "few"}, [("weights[0]", 0.5), (3, 0), (77, 2)], 3),
        ("coins", {}, [(1, 0), ("probabilities[1]", 0.2)], 5),
        ("votes", {}, [(1, 0), (2, 3)], 2),
        ("icecream", {}, [("transition[0,1]", 0.3)], 3),
        ("linkage", {}, [(0, 2)], 2),
    ],
)
@pytest.mark.parametrize("half_steps", [2, 3])
def test_the_exported_script_comes_to_the_same_numbers(
    tmp_path: Path, source: str, how: dict[str, Any], moves: list[tuple[Any, float]], since: int, half_steps: int
) -> None:
    session = walked(source, half_steps, **how)
    split = split_of(session.spec)
    for what, value in moves:
        if isinstance(what, str):
            move(session, what, value)
        else:
            session.weigh_row(what if split is None else int(split.train[what]), value)
    for _ in range(since):
        session.take()
    path = export_script(session, tmp_path / "run.py")
    says_the_same(run_script(path, tmp_path), session)


def test_the_script_of_a_network_weighs_its_training_rows(tmp_path: Path) -> None:
    session = walked("iris", 3, model="mlp", standardize=True, settings={"m_step": "newton"})
    move(session, "hidden[0,1]", 1.5)
    split = split_of(session.spec)
    assert split is not None
    session.weigh_row(int(split.train[4]), 0)
    session.take_iteration()
    printed = run_script(export_script(session, tmp_path / "run.py"), tmp_path)
    assert float(printed["objective"]) == session.timeline.current.objective
    assert json.loads(printed["hidden"]) == session.timeline.current.params.hidden.tolist()


@pytest.mark.parametrize("how", ["moved", "weighed"])
def test_the_script_of_a_move_comes_to_its_bound_where_e_steps_are_not_exact(tmp_path: Path, how: str) -> None:
    session = walked("bars", 4)
    if how == "moved":
        move(session, "topics[0,0]", 0.2)
    else:
        session.weigh_row(3, 0)
    printed = run_script(export_script(session, tmp_path / "run.py"), tmp_path)
    step = session.timeline.current
    assert float(printed["objective"]) == pytest.approx(step.objective, rel=1e-7)
    assert json.loads(printed["topics"]) == step.params.topics.tolist()


def test_a_script_of_draws_goes_on_with_the_draws_of_the_session(tmp_path: Path) -> None:
    session = walked("coins", 3, algorithm="stochastic")
    move(session, "probabilities[0]", 0.9)
    session.take_iteration()
    says_the_same(run_script(export_script(session, tmp_path / "run.py"), tmp_path), session)


def test_steps_by_hand_are_exported_as_all_steps_are(tmp_path: Path) -> None:
    session = walked("coins", 3)
    move(session, "probabilities[0]", 0.9)
    session.weigh_row(0, 0)
    session.take()
    document = json.loads(export_steps_json(session, tmp_path / "steps.json").read_text())
    assert [step["phase"] for step in document["steps"]] == ["init", "E", "M", "E", "M", "M", "E"]
    (event,) = document["steps"][4]["events"]
    assert event["by_hand"] and "set by hand" in event["message"]
    with export_steps_csv(session, tmp_path / "steps.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert "set by hand" in rows[4]["events"] and "left out by hand" in rows[5]["events"]
    assert float(rows[4]["probabilities[0]"]) == 0.9
    with export_responsibilities(session, tmp_path / "r.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == 5  # a row that is left out keeps its place
