"""The script of a session with branches makes the same numbers, to the bit."""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from choosing import chosen
from counts import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from random_sessions import WAYS, by_hand, model_sets, wander, with_another_size
from walking import walked

from emtui.exports.export import export_script
from emtui.exports.scripts.session_script import session_script
from emtui.session.session import Session
from engine.em.parameters import arrays_of
from engine.em.step import Step

ROOT = Path(__file__).resolve().parents[2]


def numbers_by_name(text: str) -> dict[str, dict[str, Any]]:
    """What a script printed of each branch, and of the step under the cursor."""
    found: dict[str, dict[str, Any]] = {}
    name = ""
    for line in text.splitlines():
        words = line.split(" ")
        if words[0] in ("branch", "here"):
            name = " ".join(words[:-2])
            found[name] = {"at": (int(words[-2]), words[-1])}
        elif name:
            found[name][words[0]] = line.partition(" ")[2]
    return found


def executed(text: str) -> dict[str, dict[str, Any]]:
    """The script done in this process."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(text, "script.py", "exec"), {"__name__": "__main__"})
    return numbers_by_name(out.getvalue())


def is_this_step(printed: dict[str, Any], step: Step) -> None:
    assert printed["at"] == (step.iteration, step.phase)
    assert printed["objective"] == repr(float(step.objective))
    assert printed["log_likelihood"] == repr(float(step.log_likelihood))
    for path, array in arrays_of(step.params).items():
        assert printed[path] == str(array.tolist())


def makes_the_same(printed: dict[str, dict[str, Any]], session: Session) -> None:
    branches = session.timeline.branches
    assert sorted(printed) == sorted([*(f"branch {number + 1}" for number in range(len(branches))), "here"])
    for number, branch in enumerate(branches):
        is_this_step(printed[f"branch {number + 1}"], branch.steps[-1])
    is_this_step(printed["here"], session.timeline.current)


@settings(max_examples=examples(12))
@given(st.sampled_from([*WAYS, *model_sets()]), st.randoms(use_true_random=False))
def test_scripts_of_random_sessions_make_the_same_numbers_to_the_bit(
    way: tuple[str, dict[str, Any]], rng: random.Random
) -> None:
    session = Session(chosen(way[0], **way[1]))
    wander(session, rng, 10)
    text = session_script(session)
    if "branch_1 = " in text:
        makes_the_same(executed(text), session)
    else:
        assert session.timeline.n_branches == 1


def session_of_all(source: str = "iris", **how: Any) -> Session:
    """Moves by hand, a row left out, another K, another seed, the same start again, a temperature turned."""
    session = walked(source, 6, **how)
    session.timeline.go_to(3)
    by_hand(session, 2)
    session.take_iteration()
    session.timeline.go_to(2)
    session.weigh_row(int(session.snapshot().fitted_rows[7]), 0.0)
    session.take_iteration()
    session.apply(with_another_size(session.spec))
    session.take_iteration()
    session.restart(5)
    session.take_iteration()
    session.restart()
    session.timeline.switch(1)
    return session


@pytest.mark.parametrize(
    ("source", "how"),
    [
        ("iris", {"algorithm": "annealed:initial=3"}),
        ("iris", {"model": "mlp", "k": 3, "standardize": True}),
        ("iris", {"known": "20%"}),
    ],
)
def test_every_branch_is_in_it_and_what_they_share_once(source: str, how: dict[str, Any], tmp_path: Path) -> None:
    session = session_of_all(source, **how)
    if "algorithm" in how:
        session.turn_temperature(2.0)
        session.take_iteration()
    path = export_script(session, tmp_path / "session.py")
    text = path.read_text()
    roots = sum(branch.parent is None for branch in session.timeline.branches)
    assert roots >= 3 and text.count("= [engine.begin(") == roots
    assert text.count("data = engine.load(") + text.count("split = ") <= 2 * roots
    done = subprocess.run(
        [sys.executable, "-W", "error", str(path)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    printed = numbers_by_name(done.stdout)
    if "model" in how:  # and how the network fares
        scores = session.scores_of(session.timeline.current)
        assert float(printed["here"]["test_accuracy"]) == scores["test_accuracy"]
    makes_the_same(printed, session)


def test_data_that_are_the_same_are_read_once() -> None:
    session = walked("iris", 4)
    session.restart(3)
    session.take_iteration()
    text = session_script(session)
    assert text.count("engine.load(") == 1 and text.count("model = ") == 1
    makes_the_same(executed(text), session)


def test_words_of_the_data_and_of_moves_are_no_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rows = "\n".join(f"{i % 5},{i * i % 7}" for i in range(20))
    name = "a'\"\"\"; raise SystemExit('''.csv"
    Path(name).write_text(f'x\'""",#\\\n{rows}\n')
    session = walked(name, 4)
    step = session.timeline.current
    session.place(step.params, "'''\"\"\"\\")
    makes_the_same(executed(session_script(session)), session)


def test_a_single_run_stays_the_script_of_a_run() -> None:
    assert "def take" not in session_script(walked("coins", 5))
    turned = walked("coins", 2, algorithm="annealed")
    turned.turn_temperature(2.0)
    turned.take_iteration()
    text = session_script(turned)
    assert turned.timeline.n_branches == 1 and "switch_algorithm" in text
    makes_the_same(executed(text), turned)
    assert json.loads(executed(text)["here"]["probabilities"]) == turned.timeline.current.params.probabilities.tolist()
