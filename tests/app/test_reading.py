"""What is said of how a file is written, and principal components: shell, copied command, script, screen."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from choosing import chosen
from hypothesis import given
from hypothesis import strategies as st
from shell import ENVIRONMENT, here, is_one_sentence

import engine
from emtui.cli.arguments import UsageError, parse
from emtui.exports.scripts.run_script import script_text
from emtui.panes.datasets import offer_of
from emtui.session.session import Session
from emtui.spec.choose import choose
from emtui.spec.command_line import command_of
from emtui.spec.read_options import read_option_words
from emtui.spec.revise import changed
from emtui.spec.run_spec import RunSpec
from emtui.spec.train_test_split import table_of
from engine.data.data_spec import ReadOptions
from engine.errors import DataError

CODED = "Größe;Länge\n1,5;2,25\n2,5;3,5\n9,5;1,0\n8,0;7,0\n3,0;2,5\n"


def request(*words: str) -> dict[str, Any]:
    return dict(parse(words, lambda: "").spec)


def again(spec: RunSpec) -> RunSpec:
    return choose(**request(*shlex.split(command_of(spec))[1:]))


def revised(spec: RunSpec, **how: Any) -> RunSpec:
    return changed(spec, data=replace(spec.data, **how))


all_read_options = st.builds(
    ReadOptions,
    encoding=st.none() | st.sampled_from(["cp949", "utf-8", "utf-16"]),
    delimiter=st.none() | st.characters(exclude_characters='"\r\n\0', exclude_categories=["Cs"]),
    decimal=st.none() | st.sampled_from([".", ","]),
    header=st.none() | st.booleans(),
    skip=st.none() | st.integers(0, 99),
    comment=st.none() | st.sampled_from(["", "#", "//", "-"]),
    missing_marks=st.none() | st.lists(st.sampled_from(["-99", "unknown", "not known", "a,b"]), min_size=1).map(tuple),
)


@given(read_options=all_read_options)
def test_words_make_the_same_reading(read_options: ReadOptions) -> None:
    assert request("run", "my.csv", *read_option_words(read_options))["data"].read_options == read_options


@pytest.mark.parametrize(
    ("word", "character"),
    [
        ("tab", "\t"),
        ("\\t", "\t"),
        ("Semicolon", ";"),
        ("bar", "|"),
        ("space", " "),
        ("-", "-"),
        ("aligned", "aligned"),
    ],
)
def test_delimiters_have_names(word: str, character: str) -> None:
    assert request(f"--delimiter={word}")["data"].read_options.delimiter == character


@pytest.mark.parametrize(
    "word",
    [
        "--delimiter=;;",
        "--delimiter=",
        '--delimiter="',
        "--decimal=;",
        "--principal=0",
        "--skip=-1",
        "--comment=",
        "--missing=",
    ],
)
def test_words_that_cannot_be_used(word: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse(["run", "my.csv", word], lambda: "")
    assert word.partition("=")[0] in str(refused.value)


def coded_file(folder: Path) -> str:
    (folder / "coded.csv").write_bytes(CODED.encode("cp850"))
    return str(folder / "coded.csv")


def test_a_file_is_read_as_it_is_said(tmp_path: Path) -> None:
    read_options = ReadOptions(encoding="cp850", delimiter=";", decimal=",", header=True)
    spec = chosen(coded_file(tmp_path), k=2, read_options=read_options)
    assert spec.dataset.feature_names == ("Größe", "Länge")
    assert spec.dataset.X[0].tolist() == [1.5, 2.25]
    for made in (again(spec), revised(revised(spec, standardize=True), standardize=False)):
        assert made.data.read_options == read_options
        assert made.dataset.feature_names == spec.dataset.feature_names
        assert np.array_equal(made.dataset.X, spec.dataset.X)
    assert offer_of(spec).data.read_options == read_options


async def test_a_name_that_is_no_utf_8_is_opened_copied_and_exported(tmp_path: Path) -> None:
    from driving import driving

    from emtui.exports.export import EXPORTS

    path = tmp_path / os.fsdecode(b"b\xffd.csv")
    path.write_text("a,b\n1,2\n3,4\n5,6\n9,1\n")
    spec = chosen(str(path), k=1)
    command = command_of(spec)
    assert "b\\xffd.csv'" in command and command.encode()
    shown = subprocess.run(["bash", "-c", f"printf %s {command.split()[2]}"], capture_output=True, check=True).stdout
    assert shown == os.fsencode(path)
    session = Session(spec)
    session.take("E")
    for export in EXPORTS:
        assert export(session, folder=tmp_path).stat().st_size
    async with driving(spec) as app:
        assert "clipboard: emtui run" in await app.press("y")
    status, out, error = here("run", str(path), "-k", "1", "--json")
    assert (status, error) == (0, "") and out
    assert is_one_sentence(here("run", str(path.with_name(os.fsdecode(b"\xfe.csv"))))[2])


def test_without_a_header_the_first_line_is_a_row(tmp_path: Path) -> None:
    (tmp_path / "numbers.csv").write_text("1,2\n3,5\n5,6\n")
    source = str(tmp_path / "numbers.csv")
    assert chosen(source, k=1, read_options=ReadOptions(header=False)).dataset.n_samples == 3
    assert chosen(source, k=1, read_options=ReadOptions(header=True)).dataset.n_samples == 2


def test_the_remedy_of_a_refusal_helps(tmp_path: Path) -> None:
    source = tmp_path / "one.csv"
    source.write_text("height\n")
    status, _, error = here("run", str(source))
    assert (status, is_one_sentence(error)) == (2, True)
    assert "--no-header" in error
    lone = tmp_path / "odd.csv"
    lone.write_text("a~b\n1~2\n2~5\n4~3\n")
    status, _, error = here("run", str(lone))
    assert (status, "--delimiter" in error) == (2, True)
    status, out, error = here("run", str(lone), "--delimiter=~", "-k", "1")
    assert (status, error) == (0, "")
    assert "3×2" in out


def test_only_files_are_read_so(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="leave out --encoding"):
        chosen("iris", read_options=ReadOptions(encoding="utf-8"))
    with pytest.raises(DataError, match="leave out --no-header"):
        chosen(str(tmp_path), read_options=ReadOptions(header=False))


@pytest.mark.parametrize(
    ("source", "how"),
    [
        ("iris", {"principal": 2}),
        ("wine", {"principal": 3, "standardize": True, "columns": ("alcohol", "ash", "magnesium", "hue")}),
        ("iris", {"principal": 2, "model": "mlp", "standardize": True, "k": 2}),
        ("digits_binary", {"principal": 2, "k": 3}),
    ],
)
def test_principal_components_come_again(source: str, how: dict[str, Any]) -> None:
    spec = chosen(source, **how)
    assert spec.dataset.feature_names[0] == "PC 1"
    assert spec.dataset.n_features == how["principal"]
    made = again(spec)
    assert (made.model, made.data) == (spec.model, spec.data)
    assert np.array_equal(table_of(made)[0], table_of(spec)[0])
    assert np.array_equal(changed(spec, max_iter=7).dataset.X, spec.dataset.X)


def test_components_are_those_of_the_units_that_were_asked_for() -> None:
    wine = engine.load("wine")
    assert np.array_equal(chosen("wine", principal=2, standardize=True).dataset.X, wine.standardized().principal(2).X)
    raw = chosen("wine", principal=2)
    assert np.array_equal(raw.dataset.X, wine.principal(2).X)
    assert np.array_equal(revised(raw, standardize=True).dataset.X, wine.standardized().principal(2).X)
    assert np.array_equal(revised(raw, principal=None).dataset.X, wine.X)
    assert np.array_equal(revised(choose("wine"), principal=2).dataset.X, wine.principal(2).X)


@pytest.mark.parametrize(
    "how", [{"principal": 2, "standardize": True, "k": 2}, {"k": 1, "principal": None, "standardize": False}]
)
def test_the_script_reads_the_same(tmp_path: Path, how: dict[str, Any]) -> None:
    read_options = ReadOptions(encoding="cp850", delimiter=";", decimal=",", header=True)
    session = Session(chosen(coded_file(tmp_path), read_options=read_options, **how))
    for _ in range(4):
        session.take()
    script = tmp_path / "run.py"
    script.write_text(script_text(session.spec, session.timeline.steps), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error", str(script)], env=ENVIRONMENT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert f"objective {session.timeline.current.objective!r}" in done.stdout
