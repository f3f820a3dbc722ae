"""`emtui run` is never silent for long, and what it is compared with does not take longer than itself."""

from __future__ import annotations

import io
import time

import pytest
from shell import here

from emtui.cli import progress
from emtui.cli.headless import steps_from
from emtui.cli.progress import Progress
from emtui.cli.run_summary import judge
from emtui.cli.shell_output import Output
from emtui.spec.choose import choose
from emtui.spec.train_test_split import problem_of


class Terminal(io.StringIO):
    """A stream that appears on a terminal."""

    def isatty(self) -> bool:
        return True


def until(stream: io.StringIO, words: str) -> None:
    """Wait until these words were written."""
    end = time.monotonic() + 60
    while words not in stream.getvalue():
        assert time.monotonic() < end
        time.sleep(0.01)


def last_line(stream: io.StringIO) -> str:
    """What stands on the last line of the terminal, where each return writes over what was there."""
    line = ""
    for part in stream.getvalue().rsplit("\n", 1)[-1].split("\r"):
        line = part + line[len(part) :]
    return line.rstrip()


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_SILENCE", 0.0)
    monkeypatch.setattr(progress, "_BETWEEN", 0.01)


def test_it_is_said_what_is_going_on_and_goes_away() -> None:
    terminal = Terminal()
    with Progress(terminal) as shown:
        shown.now("reading \x1b[31mthe data")
        until(terminal, "reading the data, 0 s")
        output = Output(terminal, shown.aside)
        output.line("a result")
        assert "\ra result\n" in terminal.getvalue()
        shown.now("iteration 2")
        until(terminal, "iteration 2, 0 s")
    assert last_line(terminal) == ""
    before = terminal.getvalue()
    time.sleep(0.05)
    assert terminal.getvalue() == before


def test_how_far_it_is_begins_nothing_new(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    with Progress(terminal) as shown:
        shown.now("writing a.csv")
        begun = shown._begun
        shown.now("writing a.csv, 3 MB")
        assert shown._begun == begun
        until(terminal, "writing a.csv, 3 MB, 0 s")
        shown.now("writing b.csv")
        assert shown._begun > begun


def test_away_from_a_terminal_nothing_is_said() -> None:
    stream = io.StringIO()
    for given in (stream, None):
        with Progress(given) as shown:
            shown.now("reading the data")
            time.sleep(0.05)
    assert stream.getvalue() == ""


def test_the_run_says_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(Progress, "now", lambda self, what: said.append(what))
    assert here("run", "coins", "--max-iter", "2")[0] == 0
    assert said[:3] == ["reading the data", "looking for a start", "iteration 1"]
    assert said[-1] == "comparing with what is known" and "iteration 3" in said
    said.clear()
    assert here("run", "iris", "--max-iter", "2", "--n-init", "3")[0] == 0
    assert [what for what in said if what.startswith("start ")] == [f"start {n} of 3" for n in (1, 2, 3, 3)]


def test_the_k_means_beside_it_can_be_left_out_and_does_not_take_for_ever() -> None:
    assert "k-means" in here("run", "iris", "--max-iter", "2")[1]
    status, out, _ = here("run", "iris", "--max-iter", "2", "--no-baseline")
    assert status == 0 and "accuracy" in out and "\nk-means" not in out
    spec = choose("iris", max_iter=2)
    steps = list(steps_from(spec, problem_of(spec)))
    outcome = judge(spec, steps, patience=1e-9)
    assert outcome.agreement is not None and outcome.baseline is None
    assert "k-means was left out" in outcome.remarks[-1]
