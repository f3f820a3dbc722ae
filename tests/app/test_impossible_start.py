"""An impossible start: the shell, the app and the export say the same, and EM goes on from it."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from choosing import chosen
from shell import ENVIRONMENT, ROOT, here, is_one_sentence

from emtui.session.session import Session
from emtui.views.registry import view_for

DATA, START = (str(ROOT / "tests" / "files" / f"impossible_start.{ending}") for ending in ("csv", "json"))
SAID = "the start is impossible, it gives these data the probability 0: the E-step takes their least impossible"


def test_the_shell_says_so_and_goes_on() -> None:
    words = ("run", DATA, "--model", "hmm", "--start", START, "--columns", "sym", "--max-iter", "200")
    status, out, err = here(*words)
    assert (status, err) == (0, "")
    lines = out.splitlines()
    first = next(line for line in lines if " E " in line)
    assert first.split() == ["1", "E", "-inf", "-", "-", "-inf", "-"]
    assert lines[lines.index(first) + 1].strip().startswith(SAID)
    assert "log-likelihood -2.77259" in out.replace("−", "-")
    records = [json.loads(line) for line in here(*words, "--json")[1].splitlines()]
    assert [records[i][name] for i in (0, 1) for name in ("log_likelihood", "elbo", "kl")] == [None] * 6
    assert records[1]["events"][0]["message"].startswith(SAID)
    assert math.isclose(records[-1]["log_likelihood"], 4 * math.log(0.5), abs_tol=1e-5)


def test_the_app_says_the_same() -> None:
    spec = chosen(DATA, model="hmm", columns=["sym"], start_file=START)
    session = Session(spec)
    view = view_for(spec.model)
    assert session.timeline.current.stop_reason is None
    session.take()
    sentence = view.sentence(session.snapshot())
    assert "the bound is undefined" in sentence
    assert SAID[1:] in sentence.replace("\n", " "), sentence
    record = session.snapshot().record
    assert math.isnan(record.elbo) and math.isnan(record.kl)
    for _ in session.run_on():
        pass
    assert math.isclose(session.timeline.current.log_likelihood, 4 * math.log(0.5), abs_tol=1e-5)


@pytest.mark.parametrize("far", [1e200, -1.7e308])
def test_a_start_beyond_arithmetic_is_refused_with_its_entry(tmp_path: Path, far: float) -> None:
    start, data = tmp_path / "start.json", tmp_path / "plain.csv"
    start.write_text(json.dumps({"weights": [0.5, 0.5], "means": [[1], [far]], "covariances": [[[1]], [[1]]]}))
    data.write_text("x\n" + "\n".join(str(i * 7 % 11) for i in range(30)) + "\n")
    with warnings.catch_warnings(record=True) as raw:
        warnings.simplefilter("always")
        status, out, err = here("run", str(data), "--model", "gmm", "-k", "2", "--start", str(start))
    assert (status, out, raw) == (2, "", []) and is_one_sentence(err)
    assert f"means[2, 1] of the start is {far:.6g}, too large to compute with" in err


def test_no_raw_warning_reaches_the_terminal() -> None:
    code = (
        "import sys, warnings\nfrom emtui.cli.main import main\nsys.argv = ['emtui', '--version']\nmain()\n"
        "warnings.warn('overflow', RuntimeWarning)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True)
    assert done.stderr == "" and done.returncode == 0
