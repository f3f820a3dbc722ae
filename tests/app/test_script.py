"""The exported script makes the same run and prints the same numbers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from walking import walked

from emtui.cli.headless import steps_from
from emtui.exports.export import (
    export_parameters,
    export_script,
)
from emtui.session.session import Session
from emtui.spec.choose import choose
from emtui.spec.parameters_file import params_as_lists
from emtui.spec.run_spec import RunSpec
from emtui.spec.train_test_split import problem_of

ROOT = Path(__file__).resolve().parents[2]


# the script


def run_script(path: Path, folder: Path) -> dict[str, str]:
    """What the script prints, by the first word of each line."""
    done = subprocess.run(
        [sys.executable, "-W", "error", str(path)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return {line.partition(" ")[0]: line.partition(" ")[2] for line in done.stdout.splitlines()}


def says_the_same(printed: dict[str, str], session: Session) -> None:
    step = session.timeline.current
    assert float(printed["log_likelihood"]) == step.log_likelihood
    assert float(printed["objective"]) == step.objective
    for name, values in params_as_lists(step.params).items():
        assert json.loads(printed[name]) == values


def own_file(folder: Path) -> str:
    lines = ['"wid, th",height,kind,"o\'k"']
    generator = np.random.default_rng(3)
    for i in range(30):
        x = generator.normal(5.0 * (i % 2), 1.0, 3)
        lines.append(f"{x[0]:.3f},{x[1]:.3f},{'ab'[i % 2]},{x[2]:.3f}")
    (folder / "my data.csv").write_text("\n".join(lines) + "\n")
    return "my data.csv"


@pytest.mark.parametrize(
    ("steps", "how"),
    [
        (None, {"source": "iris"}),
        (None, {"source": "iris", "stop": "responsibilities=1e-4,iterations=12", "seed": 5}),
        (9, {"source": "iris", "settings": {"covariance_type": "diag", "init": "points"}, "seed": 3}),
        (None, {"source": "coins", "algorithm": "stochastic", "max_iter": 7, "tol": 0.0, "seed": 2}),
        (None, {"source": "iris", "columns": ["petal width", "sepal length"], "standardize": True, "tol": 1e-4}),
        (0, {"source": "old_faithful", "k": 3}),
        (1, {"source": "iris", "model": "kmeans"}),
    ],
)
def test_the_script_makes_the_same_run(tmp_path: Path, steps: int | None, how: dict[str, Any]) -> None:
    session = walked(steps=steps, **how)
    printed = run_script(export_script(session, folder=tmp_path), tmp_path)
    says_the_same(printed, session)


def test_the_script_reads_the_same_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    session = walked(own_file(tmp_path), 6, label="kind", columns=["height", "wid, th"], k=2)
    path = export_script(session)
    assert path.name == "my-data-gmm-run.py"
    says_the_same(run_script(path, tmp_path), session)


def test_the_script_begins_where_the_run_began(tmp_path: Path) -> None:
    file = export_parameters(walked("old_faithful", 4), folder=tmp_path)
    session = walked("old_faithful", start_file=str(file))
    says_the_same(run_script(export_script(session, folder=tmp_path), tmp_path), session)


def test_the_script_knows_the_branch_and_the_steps_past_the_stop(tmp_path: Path) -> None:
    session = walked("coins", tol=1e-2)
    assert session.timeline.current.stop_reason is not None
    session.take()
    session.take()
    says_the_same(run_script(export_script(session, folder=tmp_path), tmp_path), session)
    session.restart(seed=9)
    for _ in range(3):
        session.take()
    says_the_same(run_script(export_script(session, folder=tmp_path), tmp_path), session)
    session.timeline.switch(0)
    says_the_same(run_script(export_script(session, folder=tmp_path), tmp_path), session)


def test_the_script_says_why_it_stopped(tmp_path: Path) -> None:
    session = walked("coins")
    printed = run_script(export_script(session, folder=tmp_path), tmp_path)
    reason = session.timeline.current.stop_reason
    assert reason is not None
    why = reason.partition(";")[0]  # what kind of rest it is, the script does not look
    assert printed[why.partition(" ")[0]] == why.partition(" ")[2]


def test_the_script_agrees_with_the_headless_run(tmp_path: Path) -> None:
    spec: RunSpec = choose("two_gaussians", seed=1)
    *_, last = steps_from(spec, problem_of(spec))
    session = walked("two_gaussians", seed=1)
    assert session.timeline.current.log_likelihood == last.log_likelihood
    printed = run_script(export_script(session, folder=tmp_path), tmp_path)
    assert float(printed["log_likelihood"]) == last.log_likelihood


@pytest.mark.parametrize(
    "how",
    [{"model": "mlp", "settings": {"hidden_units": "3,2", "e_step": "gibbs"}}, {"model": "backprop", "k": 2}],
)
def test_the_script_of_a_network_begins_from_given_layers(tmp_path: Path, how: dict[str, Any]) -> None:
    start = export_parameters(walked("iris", 2, **how), folder=tmp_path)
    session = walked("iris", 2, start_file=str(start), **how)
    printed = run_script(export_script(session, folder=tmp_path), tmp_path)
    step = session.timeline.current
    assert float(printed["objective"]) == step.objective
    assert json.loads(printed["hidden"]) == step.params.hidden.tolist()
    if step.params.deeper is not None:
        assert json.loads(printed["deeper.hidden"]) == step.params.deeper.hidden.tolist()
