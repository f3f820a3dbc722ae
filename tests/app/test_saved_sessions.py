"""A session in a file: opened again it has the same numbers, to the bit, and what was changed in it is found."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from choosing import chosen
from counts import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from random_sessions import WAYS, by_hand, model_sets, wander
from shell import ENVIRONMENT, ROOT, here, is_one_sentence, shell

import engine
from emtui.session.saved import opening
from emtui.session.saved.file_text import read_session_file, text_of
from emtui.session.saved.opening import Reopening, reopen
from emtui.session.saved.saving import save, session_as_file
from emtui.session.saved.session_file import Choices, SavedData, SessionFileError, View
from emtui.session.session import Session
from emtui.spec.run_spec import RunSpec
from engine.data.data_spec import DataSpec, Generated, ReadOptions
from engine.em.parameters import arrays_of
from engine.errors import EngineError


def opened(path: Path, data: str | None = None) -> Reopening:
    found = reopen(path, data)
    for _ in found.steps():
        pass
    return found


def saved(session: Session, folder: Path, **how: Any) -> Path:
    return save(session, folder / "some.emtui", overwrite=True, **how)


def is_the_same(one: Session, other: Session, *, seconds: bool = True) -> None:
    """Every branch has the same steps, with the same θ and the same numbers, to the bit; the cursor stands alike."""
    here, there = one.timeline, other.timeline
    assert (here.branch, here.cursor, one.turned) == (there.branch, there.cursor, other.turned)
    assert [(line.parent, line.shared) for line in here.branches] == [
        (line.parent, line.shared) for line in there.branches
    ]
    for line, again in zip(here.branches, there.branches, strict=True):
        assert len(line.steps) == len(again.steps)
        for step, same in zip(line.steps, again.steps, strict=True):
            assert (step.iteration, step.phase, step.stop_reason) == (same.iteration, same.phase, same.stop_reason)
            assert [event.message for event in step.events] == [event.message for event in same.events]
            ours, theirs = arrays_of(step.params), arrays_of(same.params)
            assert all(array.tobytes() == theirs[path].tobytes() for path, array in ours.items())
            left, right = (
                np.array([s.log_likelihood, s.log_prior, s.objective, s.kl, s.q_value, s.entropy]) for s in (step, same)
            )
            assert np.array_equal(left, right, equal_nan=True)
            if seconds:
                assert other.record_of(same).seconds == pytest.approx(one.record_of(step).seconds, abs=1e-6)


def test_three_branches_a_move_by_hand_a_row_left_out_and_a_network_open_again(tmp_path: Path) -> None:
    for source, how in (("iris", {"model": "mlp", "k": 3, "standardize": True}), ("iris", {})):
        session = Session(chosen(source, **how))
        for _ in range(3):
            session.take_iteration()
        session.timeline.go_to(3)
        by_hand(session, 2)
        session.take_iteration()
        session.timeline.go_to(2)
        train = session.spec.dataset if not how else None
        row = 7 if train is not None else int(next(iter(session.snapshot().fitted_rows)))
        session.weigh_row(row, 0.0)
        session.take_iteration()
        session.timeline.switch(1)
        path = saved(session, tmp_path)
        found = opened(path)
        assert found.difference is None and found.session is not None and found.is_complete
        is_the_same(session, found.session)
        assert session.timeline.n_branches == 3
        assert [found.session.scores_of(s) for s in found.session.timeline.steps] == [
            session.scores_of(s) for s in session.timeline.steps
        ]
        text = path.read_text()
        assert text_of(session_as_file(found.session, View(), tmp_path)) == text
        assert here("show", str(path))[0] == 0


def test_what_was_undoable_is_not_in_the_file_and_that_is_said(tmp_path: Path) -> None:
    session = Session(chosen("coins"))
    session.take_iteration()
    session.weigh_row(1, 0.0)
    found = opened(saved(session, tmp_path)).session
    assert found is not None and session.can_undo and not found.can_undo
    with pytest.raises(EngineError, match="nothing to undo since this session was opened"):
        found.undo()
    found.weigh_row(2, 0.0)
    assert found.undo().startswith("Undone: ")
    with pytest.raises(EngineError, match="since this session was opened"):
        found.undo()


def digits(text: str) -> list[int]:
    return [place for place, letter in enumerate(text) if letter.isdigit()]


def test_any_digit_that_is_changed_is_found_by_show(tmp_path: Path) -> None:
    session = Session(chosen("coins"))
    session.take_iteration()
    by_hand(session)
    session.take_iteration()
    path, rng = saved(session, tmp_path), random.Random(1)
    text = path.read_text()
    for place in rng.sample(digits(text), examples(12)):
        other = str((int(text[place]) + rng.randrange(1, 10)) % 10)
        path.write_text(text[:place] + other + text[place + 1 :])
        status, out, err = here("show", str(path))
        assert status in (1, 2), text[place - 40 : place + 20]
        assert "✗" in out or is_one_sentence(err)


def test_show_names_the_first_number_that_differs(tmp_path: Path) -> None:
    session = Session(chosen("coins"))
    for _ in range(3):
        session.take_iteration()
    path = saved(session, tmp_path)
    document = json.loads(path.read_text())
    for place in (3, 5):
        document["branches"][0]["numbers"][place]["entropy"] += 1e-9
    path.write_text(json.dumps(document))
    status, out, _ = here("show", str(path))
    assert status == 1
    assert "entropy at iteration 2 · E of branch 1 was saved as" in out
    status, out, _ = here("show", str(path), "--json")
    said = json.loads(out)
    assert (status, said["verified"], said["unchanged"]) == (1, False, False)
    assert (said["difference"]["quantity"], said["difference"]["step"]) == ("entropy", "iteration 2 · E")


def test_the_name_of_a_number_in_the_file_brings_no_control_characters(tmp_path: Path) -> None:
    path = saved(Session(chosen("iris", model="mlp", k=2, standardize=True)), tmp_path)
    document = json.loads(path.read_text())
    scores = document["branches"][0]["numbers"][0]["scores"]
    document["branches"][0]["numbers"][0]["scores"] = {"\x1b[2J" + "x" * 900: 0.5} | scores
    path.write_text(json.dumps(document))
    status, out, _ = here("show", str(path))
    assert status == 1 and "✗ " in out
    assert all(line.isprintable() and len(line) < 300 for line in out.splitlines())
    assert opened(path).words.isprintable()


@settings(max_examples=examples(10))
@given(st.sampled_from([*WAYS, *model_sets()]), st.randoms(use_true_random=False))
def test_random_walks_open_again_to_the_bit(
    tmp_path_factory: pytest.TempPathFactory, way: tuple[str, dict[str, Any]], rng: random.Random
) -> None:
    session, folder = Session(chosen(way[0], **way[1])), tmp_path_factory.mktemp("walk")
    wander(session, rng, 10)
    path = saved(session, folder)
    found = opened(path)
    assert found.session is not None and found.difference is None
    is_the_same(session, found.session)
    wander(session, random.Random(5), 3)
    wander(found.session, random.Random(5), 3)
    is_the_same(session, found.session, seconds=False)  # it goes on the same, too


def test_every_choice_is_in_the_file() -> None:
    of_data = {field.name for field in fields(DataSpec)} | {"opened", "dataset", "rows", "weights"}
    kept = set(Choices.__struct_fields__) | set(SavedData.__struct_fields__) | {"options"}
    assert {field.name for field in fields(RunSpec)} - of_data - {"data"} <= kept
    assert {field.name for field in fields(DataSpec)} - {"source"} <= kept
    names = {field.name for field in fields(ReadOptions)} | {field.name for field in fields(Generated)}
    from emtui.session.saved.session_file import MadeAnew, Reading

    assert names == {*Reading.__struct_fields__, *MadeAnew.__struct_fields__}


# the data


@pytest.fixture
def table(tmp_path: Path) -> Path:
    rng = np.random.default_rng(2)
    rows = rng.normal(size=(40, 2)).round(3)
    lines = [f"{a},{b},{'yes' if i % 2 else 'no'},n{i},{1 + i % 3}" for i, (a, b) in enumerate(rows.tolist())]
    lines[5] = ",1.5,yes,n5,1"
    path = tmp_path / "own.csv"
    path.write_text("\n".join(["one,two,kind,name,times", *lines]) + "\n")
    return path


def of_table(table: Path, **how: Any) -> Session:
    session = Session(
        chosen(str(table), columns=("one", "two"), label="kind", rows="name", weights="times", k=2, **how)
    )
    session.take_iteration()
    session.weigh_row(3, 0.0)
    session.take_iteration()
    return session


def test_a_table_with_the_same_numbers_opens_however_it_was_saved(tmp_path: Path, table: Path) -> None:
    session = of_table(table)
    path = saved(session, tmp_path)
    assert json.loads(path.read_text())["data"][0]["source"] == "own.csv"  # from the session's folder
    text = table.read_text()
    head, *rows = text.splitlines()
    table.write_text("\r\n".join([head, *(f'"{row.split(",")[0]}0",{row.split(",", 1)[1]}' for row in rows)]) + "\r\n")
    table.write_text(table.read_text().replace('"0"', '""'))
    found = opened(path)
    assert found.difference is None and found.session is not None
    is_the_same(session, found.session)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text.replace(",1.5,yes", ",1.6,yes"), "the column 'two' holds other numbers"),
        (lambda text: text.replace("one,two", "ones,two"), "no column called 'one'"),
        (lambda text: text + "1,2,no,last,1\n", "they have 41 rows, and had 40"),
        (lambda text: text.replace("1.5,yes", "1.5,no"), "the classes are others"),
        (lambda text: text.replace("n7,", "m7,"), "the row names are others"),
        (lambda text: text.replace("yes,n5,1", "yes,n5,2"), "the row weights are others"),
    ],
)
def test_data_that_changed_are_named(tmp_path: Path, table: Path, change: Callable[[str], str], said: str) -> None:
    path = saved(of_table(table), tmp_path)
    table.write_text(change(table.read_text()))
    status, _, err = here("show", str(path))
    assert status == 2 and is_one_sentence(err)
    assert said in err


def test_data_that_moved_are_asked_for_and_pointed_to(tmp_path: Path, table: Path) -> None:
    session = of_table(table)
    path = saved(session, tmp_path)
    (tmp_path / "there").mkdir()
    table = table.rename(tmp_path / "there" / "other.csv")
    status, _, err = here("show", str(path))
    assert status == 2 and is_one_sentence(err)
    assert "own.csv" in err and "--data" in err
    assert here("show", str(path), "--data", str(table))[0] == 0
    found = opened(path, str(table))
    assert found.session is not None
    is_the_same(session, found.session)
    assert json.loads(saved(found.session, tmp_path).read_text())["data"][0]["source"] == "there/other.csv"


def test_what_lies_where_the_data_were_is_said(tmp_path: Path, table: Path) -> None:
    path = saved(of_table(table), tmp_path)
    table.unlink()
    table.mkdir()
    makes = [lambda: None, lambda: (table.rmdir(), os.mkfifo(table)), table.unlink]
    for make, said in zip(makes, ("is a folder now", "is a device or a pipe now", "and are not there"), strict=True):
        make()  # type: ignore[no-untyped-call]
        status, _, err = here("show", str(path))
        assert status == 2 and is_one_sentence(err) and f"{said}: put them back" in err
    folder = tmp_path / "texts"
    folder.mkdir()
    for name in "abc":
        (folder / f"{name}.txt").write_text("one word and another word " * 5)
    session = Session(chosen(str(folder), k=2))
    path = saved(session, tmp_path)
    for text in folder.iterdir():
        text.unlink()
    assert "There is no *.txt file in the folder" in here("show", str(path))[2]
    folder.rmdir()
    folder.write_text("a file")
    assert "is a file now, not a folder" in here("show", str(path))[2]


@pytest.mark.parametrize("model", ["gmm", "mlp", "bernoulli"])
def test_a_table_kept_inside_needs_no_other_file(tmp_path: Path, table: Path, model: str) -> None:
    if model == "bernoulli":  # it takes the row with the missing value
        table.write_text(table.read_text().replace("-", ""))
        lines = table.read_text().splitlines()
        flat = [
            lines[0],
            *(",".join(["1" if i % 2 else "0", *line.split(",")[1:]]) for i, line in enumerate(lines[1:])),
        ]
        flat = [line if i != 6 else line.replace("1,", ",", 1) for i, line in enumerate(flat)]
        table.write_text("\n".join(flat))
        session = Session(chosen(str(table), columns=("one",), model="bernoulli", k=2, rows="name"))
        session.take_iteration()
    else:
        session = of_table(table, model=model)
    path = saved(session, tmp_path, keep_data=True)
    table.unlink()
    found = opened(path)
    assert found.difference is None and found.session is not None
    is_the_same(session, found.session)
    again = saved(found.session, tmp_path / ".", keep_data=True)
    assert opened(again).difference is None


@pytest.mark.parametrize(
    ("how", "sequence"),
    [({"model": "experts", "k": 2, "target": "times", "standardize": True}, False), ({"model": "hmm", "k": 2}, True)],
    ids=["target", "sequences"],
)
@pytest.mark.parametrize("keep_data", [False, True])
def test_targets_and_sequences_open_again(
    tmp_path: Path, table: Path, how: dict[str, Any], sequence: bool, keep_data: bool
) -> None:
    if sequence:
        lines = table.read_text().splitlines()
        table.write_text("\n".join([f"{lines[0]},who", *(f"{line},w{i // 13}" for i, line in enumerate(lines[1:]))]))
        how = how | {"sequence": "who", "settings": {"emission": "gaussian"}}
    session = Session(chosen(str(table), columns=("one", "two"), **how))
    wander(session, random.Random(8), 8)
    path = saved(session, tmp_path, keep_data=keep_data)
    found = opened(path)
    assert found.difference is None and found.session is not None
    is_the_same(session, found.session)


def test_data_that_were_piped_in_are_kept(tmp_path: Path) -> None:
    data = engine.load("coins")
    session = Session(chosen("coins"))
    spec = RunSpec(data=DataSpec("-"), dataset=data, model=session.spec.model)
    session = Session(spec)
    session.take_iteration()
    path = saved(session, tmp_path)
    assert json.loads(path.read_text())["data"][0]["place"] == "inside"
    assert opened(path).difference is None


def test_a_start_from_a_file_is_kept(tmp_path: Path) -> None:
    start = tmp_path / "start.json"
    start.write_text('{"weights": [0.3, 0.7], "probabilities": [0.61, 0.22]}')
    session = Session(chosen("coins", start_file=str(start)))
    session.take_iteration()
    path = saved(session, tmp_path)
    start.unlink()
    found = opened(path)
    assert found.session is not None
    is_the_same(session, found.session)


# other machines and versions


def test_kernels_of_another_processor_come_to_the_same_within_the_tolerance(tmp_path: Path) -> None:
    session = Session(chosen("iris"))
    for _ in range(6):
        session.take_iteration()
    path = saved(session, tmp_path)
    kernels = read_session_file(path).file.saved_by.kernels
    other = "Haswell" if "Nehalem" in kernels else "Nehalem"
    done = shell("show", str(path), OPENBLAS_CORETYPE=other)
    assert done.returncode == 0, done.stdout
    if "openblas" in kernels:
        assert f"to within {opening.TOLERANCE:g} of their size" in done.stdout


def test_a_file_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = saved(Session(chosen("coins")), tmp_path)
    path.write_text(path.read_text().replace('"emtui_session": 1', '"emtui_session": 2, "new": [1]'))
    status, out, err = here("show", str(path))
    assert (status, out) == (2, "") and is_one_sentence(err)
    assert "newer emtui" in err
    assert here(str(path))[0] == 2


# damage


def test_damaged_files_are_refused_in_a_sentence(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    session = Session(chosen("coins"))
    session.take_iteration()
    by_hand(session)
    session.weigh_row(2, 0.0)
    path = saved(session, tmp_path, keep_data=True)
    whole, undamaged, rng = path.read_bytes(), read_session_file(path), random.Random(3)
    for _ in range(request.config.getoption("--damaged")):
        path.write_bytes(_damaged(whole, rng))
        if path.read_bytes() == whole:
            continue
        status, out, err = here("show", str(path))
        if status == 0:  # nothing but the layout was changed
            assert read_session_file(path) == undamaged and undamaged.unchanged
            continue
        assert status in (1, 2)
        assert is_one_sentence(err) if status == 2 else "✗" in out
        assert all(line.isprintable() for line in out.splitlines())


def _damaged(content: bytes, rng: random.Random) -> bytes:
    place, other = rng.randrange(len(content)), rng.randrange(len(content))
    match rng.randrange(6):
        case 0:
            return content[:place]
        case 1:
            return content[:place] + bytes([rng.randrange(256)]) + content[place + 1 :]
        case 2:
            return content[:place] + rng.choice((b"9", b"-", b"1e", b"null", b"\x1b[2J", b"[", b'"')) + content[place:]
        case 3:
            return content[: min(place, other)] + content[max(place, other) :]
        case 4:
            return content[:place] + content[min(place, other) : max(place, other)] + content[place:]
        case _:
            numbers = digits(content.decode())
            place = rng.choice(numbers)
            return content[:place] + str(rng.choice((0, 7, 99, 10**6, 10**30))).encode() + content[place + 1 :]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[" * 200_000,
        b'{"emtui_session": 1, "data": ' + b"[" * 200_000,
        b'{"emtui_session": ' + b"9" * 5000 + b"}",
        b"\x80\x04\x95pickle",
        b'{"emtui_session": "one"}',
    ],
)
def test_what_is_no_session_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "no.emtui"
    path.write_bytes(content)
    status, out, err = here("show", str(path))
    assert (status, out) == (2, "")
    assert is_one_sentence(err) and len(err) < 600


def test_a_folder_a_device_and_nothing_are_no_sessions(tmp_path: Path) -> None:
    (tmp_path / "dir.emtui").mkdir()
    for name, why in ("dir.emtui", "is a folder"), ("none.emtui", "there is no"), ("/dev/zero", "is no file"):
        with pytest.raises(SessionFileError, match=why) as refused:
            read_session_file(tmp_path / name)
        assert str(refused.value).count(": ") == 1 and "can't be read" not in str(refused.value)


# kills


def test_kills_while_saving_lose_nothing(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    count = request.config.getoption("--kills")
    script = Path(__file__).with_name("killed_saves.py")
    command = [sys.executable, str(script), str(tmp_path / "some.emtui"), str(count)]
    done = subprocess.run(
        command, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, timeout=60 + count, check=False
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_a_name_that_is_no_text_is_told_of(tmp_path: Path) -> None:
    table = tmp_path / os.fsdecode(b"caf\xe9.csv")
    table.write_text("a,b\n" + "\n".join(f"{i},{i * i % 7}" for i in range(20)) + "\n")
    with pytest.raises(SessionFileError, match="bytes that are no text"):
        save(Session(chosen(str(table), k=2)), tmp_path / "some.emtui")


def test_what_is_there_is_not_replaced_unasked(tmp_path: Path) -> None:
    session = Session(chosen("coins"))
    path = save(session, tmp_path / "some.emtui")
    before = path.read_text()
    session.take()
    with pytest.raises(EngineError, match="exists already"):
        save(session, path)
    assert path.read_text() == before
