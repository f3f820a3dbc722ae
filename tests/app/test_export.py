"""What an export holds: every step, every row, every digit."""

from __future__ import annotations

import csv
import gzip
import json
import math
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from walking import walked

from emtui.exports.export import (
    export_parameters,
    export_responsibilities,
    export_script,
    export_steps_csv,
    export_steps_json,
)
from emtui.exports.step_record import SCALARS
from emtui.session.session import Session
from emtui.spec.atomic_files import ExportError
from emtui.spec.choose import choose
from emtui.spec.parameters_file import params_as_lists
from engine.errors import EngineError

EXPORTS: tuple[Callable[..., Path], ...] = (
    export_steps_csv,
    export_steps_json,
    export_parameters,
    export_responsibilities,
    export_script,
)


# names and folders of the exports


def test_default_names_come_from_data_and_model(tmp_path: Path) -> None:
    session = walked("iris", 2)
    names = [export(session, folder=tmp_path).name for export in EXPORTS]
    assert names == [
        "iris-gmm-steps.csv",
        "iris-gmm-steps.json",
        "iris-gmm-parameters.json",
        "iris-gmm-responsibilities.csv",
        "iris-gmm-run.py",
    ]
    assert export_steps_csv(session, folder=tmp_path).name == "iris-gmm-steps-2.csv"


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("my.csv", "my-gmm-steps.csv"),
        ("my.table.csv", "my.table-gmm-steps.csv"),
        ("counts.csv.gz", "counts-gmm-steps.csv"),
        ("my | own.txt", "my-own-gmm-steps.csv"),
    ],
)
def test_names_do_not_repeat_the_ending_of_the_data(tmp_path: Path, file: str, name: str) -> None:
    text = "a,b\n" + "".join(f"{i % 5},{i * i % 11}\n" for i in range(30))
    (tmp_path / file).write_bytes(gzip.compress(text.encode()) if file.endswith(".gz") else text.encode())
    session = Session(choose(str(tmp_path / file), k=2))
    assert export_steps_csv.name_for(session.spec) == name
    assert export_steps_csv(session, folder=tmp_path).name == name


@pytest.mark.parametrize("export", EXPORTS)
def test_a_path_of_ones_own(tmp_path: Path, export: Callable[..., Path]) -> None:
    session = walked("coins", 2)
    path = tmp_path / "mine"
    assert export(session, path) == path
    first = path.read_bytes()
    with pytest.raises(EngineError, match="exists already"):
        export(session, path)
    export(session, path, overwrite=True)
    assert path.read_bytes() == first


# steps


def test_steps_as_csv_keep_every_digit(tmp_path: Path) -> None:
    session = walked("old_faithful", 7)
    with export_steps_csv(session, folder=tmp_path).open(newline="") as file:
        rows = list(csv.DictReader(file))
    steps = session.timeline.steps
    assert len(rows) == len(steps) == 8
    for row, step in zip(rows, steps, strict=True):
        assert (int(row["iteration"]), row["phase"]) == (step.iteration, step.phase)
        for name in SCALARS:
            value = getattr(step, name)
            assert row[name] == "" if math.isnan(value) else float(row[name]) == value
        for k in range(2):
            assert float(row[f"weights[{k}]"]) == step.params.weights[k]
            assert float(row[f"means[{k},1]"]) == step.params.means[k, 1]
            assert float(row[f"covariances[{k},0,1]"]) == step.params.covariances[k, 0, 1]


@pytest.mark.parametrize(
    ("source", "model", "parts"), [("iris", "mlp", "hidden output"), ("coins", None, "weights densities")]
)
def test_the_parts_of_q_are_written_with_the_steps(tmp_path: Path, source, model, parts) -> None:
    session = walked(source, 3, model=model)
    with export_steps_csv(session, folder=tmp_path).open(newline="") as file:
        rows = list(csv.DictReader(file))
    document = json.loads(export_steps_json(session, folder=tmp_path).read_text())
    assert "q_parts" not in document["steps"][0]
    for row, written, step in zip(rows, document["steps"], session.timeline.steps, strict=True):
        for part in parts.split():
            assert row[f"q_parts[{part}]"] == ("" if step.phase == "init" else repr(step.q_parts[part]))
        if step.phase != "init":
            assert written["q_parts"] == step.q_parts
            assert sum(written["q_parts"].values()) == written["q_value"]


@pytest.mark.parametrize("source", ["iris", "coins"])
def test_so_is_what_each_part_changed_by(tmp_path: Path, source) -> None:
    session = walked(source, 4, model="mlp" if source == "iris" else None)
    with export_steps_csv(session, folder=tmp_path).open(newline="") as file:
        rows = list(csv.DictReader(file))
    document = json.loads(export_steps_json(session, folder=tmp_path).read_text())
    steps = session.timeline.steps
    assert set(document["steps"][1]["q_parts_change"].values()) == {None}
    for before, step, row, written in zip(steps[1:], steps[2:], rows[2:], document["steps"][2:], strict=False):
        for part, value in step.q_parts.items():
            change = value - before.q_parts[part]
            assert written["q_parts_change"][part] == change == float(row[f"q_parts_change[{part}]"])
            assert rows[1][f"q_parts_change[{part}]"] == ""


def test_wide_parameters_stay_out_of_the_csv(tmp_path: Path) -> None:
    with export_steps_csv(walked("digits", 1, model="kmeans", k=10), folder=tmp_path).open(newline="") as file:
        assert next(csv.reader(file))[-1] == "events"


def test_steps_as_json_are_the_present_branch(tmp_path: Path) -> None:
    session = walked("coins")
    session.timeline.go_to(3)
    session.weigh_row(0, 2)
    session.take()
    document = json.loads(export_steps_json(session, folder=tmp_path).read_text())
    assert (document["dataset"], document["model"], document["seed"]) == ("coins", "coins", 0)
    assert document["options"] == {"n_components": 2, "n_trials": 10, "fixed_weights": True}
    assert [(s["iteration"], s["phase"]) for s in document["steps"]] == [
        (s.iteration, s.phase) for s in session.timeline.steps
    ]
    assert document["steps"][0]["elbo"] is None
    assert document["steps"][-1]["params"] == params_as_lists(session.timeline.current.params)


def test_responsibilities_of_every_row(tmp_path: Path) -> None:
    session = walked("iris", 5)
    with export_responsibilities(session, folder=tmp_path).open(newline="") as file:
        rows = list(csv.DictReader(file))
    posterior = session.timeline.current.posterior
    assert posterior is not None
    r = np.array([[float(row[f"r{k}"]) for k in (1, 2, 3)] for row in rows])
    assert np.array_equal(r, posterior.responsibilities)
    assert [int(row["component"]) - 1 for row in rows] == posterior.labels.tolist()
    assert [row["row"] for row in rows[:2]] == ["1", "2"]
    data = session.spec.dataset
    assert data.y is not None
    assert [row["class"] for row in rows] == [data.class_names[label] for label in data.y]


def test_responsibilities_are_of_what_the_model_calls_its_components(tmp_path: Path) -> None:
    for name, noun in (("experts", "expert"), ("mlp", "unit"), ("gmm", "component")):
        with export_responsibilities(walked("iris", 1, model=name), folder=tmp_path).open(newline="") as file:
            assert next(csv.reader(file))[-1] == noun


def test_responsibilities_of_many_rows_come_in_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session = walked("iris", 1)

    def read() -> list[list[str]]:
        return list(csv.reader(export_responsibilities(session, folder=tmp_path).read_text().splitlines()))

    whole = read()
    monkeypatch.setattr("emtui.exports.predictions.ROWS_AT_ONCE", 7)
    chunked = read()
    assert [row[:2] + row[-1:] for row in chunked] == [row[:2] + row[-1:] for row in whole]
    one, other = (np.array([row[2:5] for row in rows[1:]], dtype=float) for rows in (chunked, whole))
    np.testing.assert_allclose(one, other, rtol=1e-9)


def test_there_are_no_responsibilities_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="take an E-step first"):
        export_responsibilities(walked("coins", 0), folder=tmp_path)
    assert os.listdir(tmp_path) == []


# what is no ordinary file


def test_a_link_is_followed_and_stays(tmp_path: Path) -> None:
    session, place, link = walked("coins", 1), tmp_path / "deep" / "steps.csv", tmp_path / "link"
    place.parent.mkdir()
    link.symlink_to(place)
    assert export_steps_csv(session, link) == link  # to nothing yet
    first = place.read_text()
    with pytest.raises(ExportError, match="exists already"):
        export_steps_csv(session, link)
    assert export_parameters(session, link, overwrite=True) == link
    assert link.is_symlink() and place.read_text() != first and json.loads(place.read_text())
    assert os.listdir(place.parent) == ["steps.csv"]


def test_a_device_is_written_to_and_never_replaced(tmp_path: Path) -> None:
    session, link = walked("coins", 1), tmp_path / "null"
    link.symlink_to(os.devnull)
    for path in (Path(os.devnull), link):
        for overwrite in (False, True):
            assert export_steps_csv(session, path, overwrite=overwrite) == path
    assert Path(os.devnull).is_char_device() and link.is_symlink()
    assert os.listdir(tmp_path) == ["null"]
    read, write = os.pipe()
    export_steps_csv(session, f"/dev/fd/{write}")
    os.close(write)
    with open(read) as pipe:
        assert pipe.read() == export_steps_csv(session, tmp_path / "steps.csv").read_text()


def test_a_pipe_that_nobody_reads_is_said(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ExportError, match="can't be written"):
        export_steps_csv(walked("coins", 1), tmp_path / "pipe", overwrite=True)
    assert os.listdir(tmp_path) == ["pipe"]
