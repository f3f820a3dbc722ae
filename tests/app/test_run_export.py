"""`emtui run … --export FILE`: the ending decides, files open in what people use, refusals are a sentence."""

from __future__ import annotations

import csv
import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from shell import here, is_one_sentence

import engine
from emtui.cli.parsers import PARSERS
from emtui.exports.export import EXPORTS, export_for
from emtui.spec.atomic_files import ExportError
from emtui.spec.parameters_file import read_parameters

FEW = ("iris", "--max-iter", "4", "--tol", "0", "--no-baseline")
MODEL = engine.GaussianMixture(n_components=3)


def written(folder: Path, *names: str, words: tuple[str, ...] = FEW) -> list[Path]:
    files = [folder / name for name in names]
    status, out, err = here("run", *words, *(word for file in files for word in ("--export", str(file))))
    assert (status, err) == (0, "")
    assert [line for line in out.splitlines() if " written to " in line] == out.splitlines()[-len(files) :]
    assert sorted(path.name for path in folder.iterdir() if path.name.startswith(".emtui")) == []
    return files


@pytest.fixture(scope="module")
def run() -> engine.Run[Any]:
    """The same run from Python."""
    return engine.fit(MODEL, engine.load("iris").X, max_iter=4, tol=0)


def read(path: Path) -> pd.DataFrame:
    """A table of numbers, each to its last digit, which not every version of pandas keeps by itself."""
    words = pd.read_csv(path, dtype=str)
    return pd.DataFrame({name: pd.to_numeric(words[name], errors="coerce") for name in words})


# what is written


def test_steps_in_three_formats_are_the_engines_to_the_last_digit(tmp_path: Path, run: engine.Run[Any]) -> None:
    table, whole, columns = written(tmp_path, "iris.csv", "a.json", "b.parquet")
    frames = [read(table), pd.read_parquet(columns)]
    for frame in frames:
        assert len(frame) == len(run.timeline.steps) == 9
        for name in ("objective", "log_likelihood", "elbo"):
            assert frame[name].tolist()[1:] == [getattr(step, name) for step in run.timeline.steps][1:]
        assert np.isnan(frame["elbo"][0])
        assert [frame[f"means[{k},2]"].iloc[-1] for k in range(3)] == run.params.means[:, 2].tolist()
    assert list(frames[0].columns) == list(frames[1].columns)
    assert frames[1].dtypes["iteration"] == "int64" and frames[1].dtypes["converged"] == "bool"
    last = json.loads(whole.read_text())["steps"][-1]
    assert last["params"]["means"] == run.params.means.tolist()
    assert last["objective"] == run.timeline.steps[-1].objective


def test_the_last_word_of_the_name_says_which_of_several_things(tmp_path: Path, run: engine.Run[Any]) -> None:
    names = ("my-parameters.json", "responsibilities.csv", "iris_predictions-2.parquet", "Responsibilities.json")
    parameters, r, predictions, objects = written(tmp_path, *names)
    assert np.array_equal(read_parameters(str(parameters), MODEL).means, run.params.means)
    posterior = run.timeline.steps[-1].posterior
    assert posterior is not None
    for frame in (read(r), pd.DataFrame(json.loads(objects.read_text()))):
        assert frame[["r1", "r2", "r3"]].to_numpy().tolist() == posterior.responsibilities.tolist()
        assert frame["row"].tolist() == list(range(1, 151))
    of_end = pq.read_table(predictions).to_pandas()
    np.testing.assert_array_equal(of_end[["r1", "r2", "r3"]], run.predict_proba(engine.load("iris").X))
    assert of_end.dtypes["row"] == of_end.dtypes["component"] == "int64"


def test_a_script_is_written_that_makes_the_run(tmp_path: Path) -> None:
    (script,) = written(tmp_path, "run.py")
    assert "max_iter=4" in script.read_text()


def test_several_starts_are_written_as_the_best_of_them(tmp_path: Path) -> None:
    words = ("iris", "--set", "init=points", "--n-init", "3", "--max-iter", "30", "--no-baseline")
    (file,) = written(tmp_path, "steps.json", words=words)
    _, out, _ = here("run", *words, "--json")
    printed = [json.loads(line) for line in out.splitlines()]
    steps = json.loads(file.read_text())["steps"]
    assert [step["objective"] for step in steps] == [step["objective"] for step in printed]
    assert json.loads(file.read_text())["seed"] == printed[-1]["seed"]


@pytest.mark.parametrize("n_init", ["1", "2"])
def test_a_networks_steps_have_the_scores_of_the_report(tmp_path: Path, n_init: str) -> None:
    words = ("iris", "--model", "mlp", "-k", "2", "--max-iter", "3", "--n-init", n_init)
    (file,) = written(tmp_path, "a.csv", words=words)
    _, out, _ = here("run", *words, "--json")
    printed = [json.loads(line) for line in out.splitlines() if '"phase"' in line]
    with file.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    for name in ("train_loss", "rival_test_loss", "test_accuracy"):
        assert [float(row[name]) for row in rows] == [step[name] for step in printed]


def test_names_of_rows_stand_where_numbers_would(tmp_path: Path) -> None:
    source = tmp_path / "places.csv"
    source.write_text("who,x\n" + "".join(f"{'=+@'[i % 3]}no {i},{i * i % 17}\n" for i in range(30)))
    named, plain = tmp_path / "named.csv", tmp_path / "plain.csv"
    for file, words in ((named, ("--rows", "who")), (plain, ("--columns", "x"))):
        file = file.with_name(f"{file.stem}-responsibilities.csv")
        assert here("run", str(source), "-k", "2", *words, "--export", str(file))[0] == 0
        rows = pd.read_csv(file)["row"].tolist()
        assert rows == ([f"{'=+@'[i % 3]}no {i}" for i in range(30)] if "named" in file.name else list(range(2, 32)))


# what is refused, before anything is run


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("steps.xlsx", "can't be written: end the name in .csv, .json, .parquet"),
        ("steps", "can't be written: end the name in"),
        ("a.b/steps.csv", "there is no folder"),
        ("there.csv", "exists already: choose another name, or remove it first."),
        ("parameters.csv", "can't hold parameters: end the name in .json"),
        ("-", "--export needs the name of a file"),
        ("", "--export needs the name of a file"),
        ("folder.csv", "is a folder"),
        ("/dev/null", "'/dev/null' is a device or a pipe, whose name has no ending that says what to write there"),
    ],
)
def test_what_can_not_be_written_is_said_before_the_run(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "there.csv").write_text("mine")
    (tmp_path / "folder.csv").mkdir()
    path = str(tmp_path / name) if name.strip("-") else name
    status, out, err = here("run", *FEW, f"--export={path}")
    assert (status, out) == (2, "") and said in err and is_one_sentence(err)
    assert sorted(os.listdir(tmp_path)) == ["folder.csv", "there.csv"]
    assert (tmp_path / "there.csv").read_text() == "mine"


def test_a_missing_library_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    for option in ("--export", "--predictions"):
        status, out, err = here("run", *FEW, option, str(tmp_path / "a.parquet"))
        assert (status, out) == (2, "") and is_one_sentence(err)
        assert ".parquet files are written by pyarrow: pip install 'emtui[files]'." in err


def test_one_file_is_not_written_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for words in (("--export", "./a.csv", "--export", "a.csv"), ("--export", "a.csv", "--predictions", "a.csv")):
        status, out, err = here("run", *FEW, *words)
        assert (status, out) == (2, "") and "is to be written twice" in err and is_one_sentence(err)


def test_a_link_is_followed_and_a_device_written_to(tmp_path: Path) -> None:
    (tmp_path / "link.csv").symlink_to(tmp_path / "real.csv")
    (tmp_path / "null.json").symlink_to(os.devnull)
    written(tmp_path, "link.csv", "null.json")
    assert (tmp_path / "link.csv").is_symlink() and (tmp_path / "real.csv").read_text().startswith("iteration")
    assert (tmp_path / "null.json").is_symlink() and Path(os.devnull).is_char_device()


def test_a_write_that_fails_leaves_the_report_and_the_other_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> Any:
        yield b"some"
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("emtui.exports.export.WRITERS", {"csv": full, "json": full, "parquet": full})
    a, b = tmp_path / "a.csv", tmp_path / "parameters.json"
    status, out, err = here("run", *FEW, "--export", str(a), "--export", str(b))
    assert status == 2 and "No space left on device" in err and is_one_sentence(err)
    assert "after 4 iterations" in out
    assert os.listdir(tmp_path) == ["parameters.json"]


def test_the_reader_of_json_gets_json_alone(tmp_path: Path) -> None:
    status, out, _ = here("run", *FEW, "--json", "--export", str(tmp_path / "a.csv"))
    assert status == 0 and all(json.loads(line) for line in out.splitlines())


# the rule


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("x.csv", "steps"),
        ("X.CSV", "steps"),
        ("x.json", "steps"),
        ("iris-gmm-parameters-3.json", "parameters"),
        ("run.csv", "steps"),
        ("my run.py", "run"),
        ("predictions.parquet", "predictions"),
        ("the predictions of june.csv", "steps"),
    ],
)
def test_which_thing_a_name_means(name: str, word: str) -> None:
    assert export_for(name, EXPORTS).word == word


def test_the_names_that_the_app_offers_mean_the_same_in_the_shell() -> None:
    for one in EXPORTS:
        assert export_for(f"iris-gmm-{one.word}-2.{one.ending}", EXPORTS) is one


def test_help_names_every_ending() -> None:
    text = PARSERS["run"]().format_help()
    for one in EXPORTS:
        assert f" .{one.ending} " in text, one.ending
    with pytest.raises(ExportError, match=r"end the name in \.csv, .* or \.\w+\.$"):
        export_for("x.doc", EXPORTS)


@pytest.mark.skipif(sys.platform == "win32", reason="folders of other rules")
def test_a_folder_that_can_not_be_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    status, out, err = here("run", *FEW, "--export", str(tmp_path / "a.csv"))
    assert (status, out) == (2, "") and "can't be written (Permission denied)" in err and is_one_sentence(err)


def test_curves_have_the_line_of_k_means_where_the_report_has_it(tmp_path: Path) -> None:
    with_it, without = (
        written(tmp_path, f"{name}-curves.svg", words=("iris", *words))[0].read_text()
        for name, words in (("with", ()), ("without", ("--no-baseline",)))
    )
    assert ">k-means<" in with_it and "k-means" not in without


def test_a_pair_plot_that_can_not_be_is_refused_before_the_run(tmp_path: Path) -> None:
    for words in (("coins",), ("coins", "--n-init", "2"), ("federalist",)):
        status, out, err = here("run", *words, "--export", str(tmp_path / "some-pairs.svg"))
        assert status == 2 and not out and "some-pairs.svg" in err and "the pair plot is for a table" in err
        assert is_one_sentence(err)
    status, out, err = here("run", "coins", "--export", str(tmp_path / "some-pairs.csv"))
    assert status == 2 and not out and "can't hold a pair plot: end the name" in err
    assert not list(tmp_path.iterdir())
