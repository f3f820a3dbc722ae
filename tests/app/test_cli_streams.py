"""The command beside other programs: what it imports, streams that fail, Ctrl-C, terminals without UTF-8."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from shell import ENVIRONMENT, ROOT, bash, is_one_sentence, shell

from emtui.cli.shell_output import encodable, printable, table

# what is not imported

HEAVY = ("numpy", "textual", "sklearn", "pandas", "scipy", "msgspec", "rich", "plotext")


@pytest.mark.parametrize(
    ("words", "allowed"),
    [
        (["--version"], ()),
        (["--help"], ()),
        (["run", "--help"], ()),
        (["-k", "x"], ()),
        (["run", "--nonsense"], ()),
        (["datasets"], ("numpy", "rich")),
        (["run", "coins"], ("numpy", "rich", "msgspec")),
        (["run", "iris"], ("numpy", "rich", "msgspec")),
        (["run", "nowhere"], ("numpy", "rich", "msgspec")),
    ],
)
def test_nothing_heavy_is_imported_for_little(words: list[str], allowed: tuple[str, ...]) -> None:
    code = (
        "import sys\nfrom emtui.cli.main import main\n"
        f"main({words!r})\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, timeout=60
    )
    loaded = set(eval(done.stderr.splitlines()[-1]))
    assert loaded <= set(allowed)


# streams that fail


def test_a_reader_that_has_gone_ends_it_quietly() -> None:
    read, write = os.pipe()
    os.close(read)
    try:
        for words in (["run", "coins", "--json"], ["run", "coins"], ["datasets"], ["--help"]):
            done = subprocess.run(
                [sys.executable, "-m", "emtui", *words],
                cwd=ROOT,
                env=ENVIRONMENT,
                stdout=write,
                stderr=subprocess.PIPE,
                text=True,
                timeout=60,
            )
            assert done.returncode == 141, words
            assert done.stderr == "", words
    finally:
        os.close(write)


def test_ctrl_c_ends_it_quietly_and_leaves_whole_lines() -> None:
    words = ["run", "iris", "--json", "--tol", "0", "--max-iter", "1000000"]
    with subprocess.Popen(
        [sys.executable, "-m", "emtui", *words],
        cwd=ROOT,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a job in the background ignores ctrl+c
    ) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
        assert process.stderr is not None
        err = process.stderr.read()
    assert process.returncode == 130
    assert err == ""
    lines = (first + rest).splitlines()
    assert [json.loads(line)["phase"] for line in lines][:3] == ["init", "E", "M"][: len(lines)]
    assert (first + rest).endswith("}\n")


@pytest.mark.parametrize("words", ["run coins", "run coins --json", "datasets"])
def test_an_output_that_takes_no_more_is_said(words: str, tmp_path: Path) -> None:
    command = f"ulimit -f 0; {sys.executable} -m emtui {words} > {tmp_path}/out"
    done = bash(command)
    assert done.returncode == 1
    assert done.stderr == "emtui: the output can't be written: File too large.\n"


def test_a_closed_output_is_said() -> None:
    command = f"{sys.executable} -m emtui run coins >&-"
    done = bash(command)
    assert done.returncode == 1
    assert is_one_sentence(done.stderr)
    assert "closed" in done.stderr


@pytest.mark.parametrize("words", [["run", "iris", "--model", "kmeans"], ["datasets"], ["models"], ["--help"], ["x…"]])
def test_a_terminal_without_utf8_is_served(words: list[str]) -> None:
    done = shell(*words, PYTHONIOENCODING="ascii", PYTHONUTF8="0", LC_ALL="C")
    assert done.returncode == (2 if words == ["x…"] else 0)
    assert "Traceback" not in done.stderr
    assert (done.stdout + done.stderr).isascii()
    if words[0] == "run":
        assert "-inertia" in done.stdout
        assert "150x4" in done.stdout


def test_text_for_the_terminal() -> None:
    assert printable("a\x1b[31mb\nc\u202e") == "ab c"
    assert encodable("−∞ × 한글", "ascii") == "-inf x ??"
    assert encodable("한글", "utf-8") == "한글"
    assert table([["a", "한글"], ["bb", "c"]], right=[0]) == [" a  한글", "bb  c"]
