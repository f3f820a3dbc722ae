"""Every text calls a row what the tables call it: by its line in the file, where rows were left out above it."""

from __future__ import annotations

import ast
import io
import json
import pickle
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from emtui.cli.headless import run
from emtui.cli.main import main
from emtui.cli.shell_output import Output
from emtui.exports.export import EXPORTS
from emtui.session.race import race
from emtui.session.session import Session
from emtui.spec.choose import choose
from emtui.views import view_for
from engine import DataError, GaussianMixture, fit
from engine.em.row_text import RowText, rows_called
from engine.explain.worked import worked_parameter

GAPS = (3, 5, 8, 13, 21, 22, 34, 40, 47, 55, 61, 70, 80)
OUTLIER = 88
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A header, 119 rows of two groups of which 13 have a missing cell, and an outlier at line 88 of the file."""
    generator = np.random.default_rng(3)
    lines = ["x,y,kind"]
    for number in range(2, 121):
        kind = number % 2
        x, y = generator.normal(4.0 * kind, 0.5, 2).round(3)
        if number == OUTLIER:
            x, y = 1000.0, 1000.0
        lines.append(f"{'' if number in GAPS else x},{y},{'ab'[kind]}")
    path = tmp_path / "own.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def of_start(path: Path, k: int, means: list[list[float]], **how: Any) -> Any:
    spec = choose(str(path), model="gmm", k=k, settings={"covariance_type": "spherical", **how})
    start = GaussianMixture.Params(np.full(k, 1 / k), np.array(means), np.ones(k))
    return replace(spec, start=start)


def counted(text: str) -> list[str]:
    """The rows that are named by their number, where lines were to be named."""
    return re.findall(r"\b[Rr]ow \d[\d,]*", text)


def assert_names_the_line(text: str) -> None:
    assert f"line {OUTLIER}" in text, text
    assert not counted(text), text


def test_a_component_on_the_outlier_is_told_by_its_line_everywhere(table: Path) -> None:
    spec = of_start(table, 2, [[2.0, 2.0], [1000.0, 1000.0]], on_collapse="stop")
    assert len(spec.dataset.X) == 119 - len(GAPS)
    session = Session(spec)
    for _ in session.run_on():
        pass
    snapshot = session.snapshot()
    step = snapshot.step
    assert_names_the_line("; ".join(event.message for event in step.events))
    assert_names_the_line(step.stop_reason or "")
    assert_names_the_line(view_for(spec.model).sentence(snapshot))
    assert_names_the_line(worked_parameter(step, "covariances[1]").remark)
    assert_names_the_line(session.refusal() or "")
    session.timeline.go_to(1)
    assert_names_the_line(worked_parameter(session.timeline.current, "covariances[1]").remark)
    session.timeline.go_to(2)
    for export in EXPORTS:
        if export.ending != "py":
            chunks = [one if isinstance(one, str) else one.decode("latin-1") for one in export.chunks(session)]
            assert not counted("".join(chunks))
    for as_json in (False, True):
        out = io.StringIO()
        run(spec, Output(out), as_json=as_json)
        assert_names_the_line(out.getvalue())
    racers = list(race(spec))[-1].racers
    assert_names_the_line(racers[0].stop_reason or "")


def test_ways_on_are_told_by_the_line(table: Path) -> None:
    """A dead component begins again at the row that is explained worst; an empty cluster moves to the farthest one."""
    again = Session(of_start(table, 2, [[2.0, 2.0], [-500.0, 3000.0]], on_collapse="reset"))
    again.take_iteration()
    assert_names_the_line(view_for(again.spec.model).sentence(again.snapshot()))
    spec = choose(str(table), model="kmeans", k=2)
    empty = Session(replace(spec, start=spec.model.Params(np.array([[2.0, 2.0], [-9e9, 9e9]]))))
    empty.take_iteration()
    assert_names_the_line(view_for(spec.model).sentence(empty.snapshot()))


@pytest.mark.parametrize(("model", "said"), [("poisson", "no count"), ("bernoulli", "answers"), ("hmm", "symbols")])
def test_refusals_name_the_line(tmp_path: Path, model: str, said: str) -> None:
    path = tmp_path / "counts.csv"
    path.write_text("x\n" + "\n".join("NA" if i in (3, 4) else "1.5" if i == 7 else str(i % 2) for i in range(2, 12)))
    with pytest.raises(DataError, match=said) as caught:
        Session(choose(str(path), model=model))
    wanted = "line 7"
    assert wanted in str(caught.value)
    assert not counted(str(caught.value))


def test_a_networks_rows_are_those_of_the_file(table: Path) -> None:
    session = Session(choose(str(table), model="mlp", settings={"hidden_units": "2"}))
    session.take_iteration()
    snapshot = session.snapshot()
    problem, data = snapshot.step.problem, snapshot.spec.dataset
    for place, row in enumerate(snapshot.fitted_rows):
        assert problem.row_name(place) == data.row_name(int(row))
    session.take_iteration()
    assert not counted(view_for(snapshot.spec.model).sentence(session.snapshot()))


def test_a_step_of_a_split_can_be_pickled() -> None:
    step = Session(choose("iris", model="mlp")).timeline.current
    again = pickle.loads(pickle.dumps(step))
    assert again.params == step.params
    assert [again.problem.row_name(row) for row in range(5)] == [step.problem.row_name(row) for row in range(5)]


def test_names_of_rows_are_said_in_place_of_numbers() -> None:
    text = RowText("component 2 holds only ", 82, ": it begins again at ", np.int64(0))
    assert text == "component 2 holds only row 83: it begins again at row 1"
    assert text.rows == (82, 0)
    assert text.named(lambda row: f"line {row + 6}").endswith("line 6")
    assert text.reworded(lambda words: words.replace("component", "state")).rows == (82, 0)
    assert pickle.loads(pickle.dumps(text)) == text
    assert json.loads(json.dumps(text)) == text
    with pytest.raises(DataError, match=r"^Alabama holds nothing"), rows_called(lambda row: "Alabama"):
        raise DataError(RowText(0, " holds nothing"))


def test_without_a_file_rows_are_numbered(table: Path) -> None:
    spec = of_start(table, 2, [[2.0, 2.0], [1000.0, 1000.0]])
    there = fit(spec.model, spec.dataset.X, start=spec.start, max_iter=3)
    outlier = int(spec.dataset.X[:, 0].argmax())
    assert f"row {outlier + 1}" in there.step.events[0].message


# what would count rows by itself


ROW_BEFORE = re.compile(r"(?<!\ba )\b[Rr]ow $")  # and not "0.3 a row"
BY_THE_USER = {  # numbers that are given back to whoever typed them, and rows that are not those of the data
    "emtui/screens/edit/row_weight_table.py": 1,  # "There is no row 17 among those that are fitted"
    "emtui/cli/new_row_report.py": 1,  # a row of one's own by its number
    "emtui/session/row_weights.py": 1,  # "there is no row 17"
    "engine/editing/edits.py": 1,  # the same
    "engine/explain/worked.py": 1,  # the same
    "engine/models/network/likeliest_configurations.py": 1,  # the same
    "engine/em/given_start.py": 1,  # a row of a matrix of probabilities, as in the three below
    "engine/models/hmm/emissions.py": 1,
    "engine/models/hmm/params.py": 1,
    "engine/models/topics/params.py": 1,
    "engine/readers/text_file.py": 1,  # a line of a sheet
    "engine/em/row_text.py": 1,  # the one place
    "engine/testing/step_invariants.py": 1,  # what a test of a model says
}


def counting_texts(source: str) -> Iterator[str]:
    """The f-strings in which a value follows the word "row"."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.JoinedStr):
            continue
        for before, value in zip(node.values, node.values[1:], strict=False):
            text = before.value if isinstance(before, ast.Constant) else ""
            if isinstance(value, ast.FormattedValue) and isinstance(text, str) and ROW_BEFORE.search(text):
                yield ast.unparse(node)


def test_no_text_counts_rows_by_itself() -> None:
    found = {}
    for path in sorted([*(ROOT / "engine").rglob("*.py"), *(ROOT / "emtui").rglob("*.py")]):
        source = path.read_text()
        texts = list(counting_texts(source)) if "ow {" in source else []
        if texts:
            found[str(path.relative_to(ROOT))] = texts
    allowed = {path: n for path, n in BY_THE_USER.items() if path in found}
    assert {path: len(texts) for path, texts in found.items()} == allowed, found


def test_the_guard_sees_a_text_that_counts() -> None:
    assert list(counting_texts('f"component {k + 1} holds only row {row}"'))
    assert not list(counting_texts('f"component {k + 1} holds {n} rows"'))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("k,a,b\nx,1,2\ny,0,1\nz,1,0\n", "line 2, column 'b' holds 2: answers must be 1, 0 or missing"),
        ("x,1,2\ny,0,1\nz,1,0\n", "line 1, column 3 holds 2: answers must be 1, 0 or missing"),
    ],
)
def test_columns_are_called_as_the_file_calls_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    (tmp_path / "t.csv").write_text(text)
    assert main(["run", str(tmp_path / "t.csv"), "--model", "bernoulli", "-k", "1"]) == 2
    assert said in capsys.readouterr().err
