"""`emtui predict`, and a query that begins with a row of the data."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from driving import driving

import engine
from emtui.cli.main import main
from emtui.screens.dialogs.conditional_probabilities import ConditionalProbabilitiesScreen, said_in
from emtui.spec.choose import choose
from emtui.spec.row_words import answer, row_from_words
from engine.data.data_spec import DataSpec
from engine.errors import DataError

FILMS = ["predict", "films", "-k", "2", "--seed", "3", "--max-iter", "4"]
NAMES = ("a", "b, c", "d=e", "ä", "X", "x")


def test_a_row_in_words_is_answered_as_the_model_says(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*FILMS, "--row", "Gate Nine Whispers=yes, a waltz in merrow=no", "--json"]) == 0
    [said] = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    data = engine.load("films")
    spec = choose("films", k=2, seed=3)
    run = engine.fit(spec.model, data.X, seed=3, max_iter=4, tol=0)
    row = np.full(data.n_features, np.nan)
    row[data.feature_names.index("Gate Nine Whispers")] = 1
    row[data.feature_names.index("A Waltz in Merrow")] = 0
    filled = spec.model.predict_unseen(run.params, row)
    expected = {n: p for n, p, x in zip(data.feature_names, filled, row, strict=True) if np.isnan(x)}
    assert said["seen"] == {"A Waltz in Merrow": 0, "Gate Nine Whispers": 1}
    assert said["unseen"] == pytest.approx(expected, rel=1e-9)
    r = run.predict_proba(row[None])[0]
    assert list(said["responsibilities"].values()) == pytest.approx(r, rel=1e-9)


def test_rows_of_a_file_come_after_those_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, names = tmp_path / "rows.csv", engine.load("films").feature_names
    cells = [["1", "", *"01010101"], ["0", "1", *"?1010101"]]
    file.write_text("\n".join([",".join(names), *(",".join(row) for row in cells)]))
    assert main([*FILMS, "--row", "Comet Over Harrow=?", "--table", str(file), "--json"]) == 0
    said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [len(one["unseen"]) for one in said] == [10, 1, 1]
    assert said[1]["seen"][names[0]] == 1
    assert said[0]["log_likelihood"] == pytest.approx(0.0, abs=1e-12)
    assert main([*FILMS, "--table", str(file)]) == 0
    told = capsys.readouterr().out
    assert f"{names[0]}: yes" in told
    assert "p(yes)" in told


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "needs a row"),
        (["--row", "gate=yes"], "there is no column 'gate'"),
        (["--row", "Gate Nine Whispers=maybe"], "an answer is yes, no or ?"),
        (["--row", "Gate Nine Whispers"], "write NAME=VALUE"),
        (["--row", "Comet Over Harrow=1,Comet Over Harrow=1"], "say each column once"),
        (["--model", "gmm", "--row", "Comet Over Harrow=1"], "gmm needs one for each column"),
        (["--table", "nowhere.csv"], "nowhere.csv"),
    ],
)
def test_what_can_not_be_asked_is_said(words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*FILMS, *words]) == 2
    told = capsys.readouterr()
    assert sentence in told.err
    assert told.out == ""


def test_names_with_commas_signs_and_capitals_are_found() -> None:
    read = answer((0.0, 1.0))
    row = row_from_words('A=Yes, "b, c=0", d=e=?, Ä=n, X=1, x=0', NAMES, read)
    np.testing.assert_array_equal(row, [1, 0, np.nan, 0, 1, 0])
    with pytest.raises(DataError, match="no column"):
        row_from_words("\x1b[31m=yes", NAMES, read)
    assert np.isnan(row_from_words("", NAMES, read)).all()


async def test_a_query_begins_with_the_chosen_row() -> None:
    async with driving(choose("films", model="bernoulli", k=2, seed=3), size=(100, 30)) as app:
        await app.send("n", "3", "down", "down")
        row = app.app.screen.query_one("PicturePane").chosen_row  # type: ignore[attr-defined]
        assert row is not None
        text = await app.press("Q")
        screen, X = app.app.screen, app.snapshot.step.problem.data.given_table
        assert isinstance(screen, ConditionalProbabilitiesScreen)
        assert screen.said == said_in(app.snapshot, row)
        np.testing.assert_array_equal(screen.row, X[row])
        assert f"row {row + 1} · what about the others?" in text
        text = await app.press("x")
        assert set(screen.said) == {"unseen"}
        assert f"row {row + 1} ·" not in text


def test_a_row_of_numbers_is_divided_as_the_model_says(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["predict", "iris", "--seed", "2", "--max-iter", "3"]
    by_name = "petal width=1.8, sepal length=5.9, sepal width=3, petal length=4.9"
    assert main([*words, "--row", "5.9, 3.0, 4.9, 1.8", "--row", by_name, "--json"]) == 0
    said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    data = engine.load("iris")
    run = engine.fit(choose("iris").model, data.X, seed=2, max_iter=3, tol=0)
    found = engine.new_row(run.step, [5.9, 3.0, 4.9, 1.8])
    for one in said:
        assert list(one["responsibilities"].values()) == pytest.approx(found.responsibilities, rel=1e-9)
        assert list(one["distances"].values()) == pytest.approx(found.distances, rel=1e-9)
        assert one["log_likelihood"] == pytest.approx(found.log_likelihood, rel=1e-9)
    assert main([*words, "--row", "5.9 3.0 4.9 1.8"]) == 0
    told = capsys.readouterr().out
    assert "component 1" in told and " σ" in told and "w · p(x | k)" in told and "D² = " in told


def test_a_row_of_standardised_data_is_given_in_its_own_units(capsys: pytest.CaptureFixture[str]) -> None:
    data = engine.load("old_faithful")
    row = ", ".join(map(repr, data.X[7].tolist()))
    assert main(["predict", "old_faithful", "-k", "2", "--standardize", "--row", row, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    spec = choose(DataSpec("old_faithful", standardize=True), k=2)
    run = engine.fit(spec.model, spec.dataset.X, seed=0)
    assert list(said["responsibilities"].values()) == pytest.approx(run.predict_proba(spec.dataset.X[7:8])[0], rel=1e-6)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["iris"], 'needs a row: --row="1.5, 1.5, 1.5"'),
        (["iris", "--row", "1, 2"], "2 numbers for 4 columns"),
        (["iris", "--row", "1, 2, 3, x"], "'petal width' can't be 'x'"),
        (["iris", "--row", "petal width=1"], "no number for 'sepal length'"),
        (["iris", "--row", "1, 2, 3, nan"], "no number for 'petal width'"),
        (["coins", "--row", "11"], "whole number"),
        (["icecream", "--row", "1"], "hmm is not"),
        (["iris", "--model", "mlp", "--row", "1"], "mlp is not"),
    ],
)
def test_rows_that_are_none_are_refused_in_a_sentence(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["predict", *words]) == 2
    out, error = capsys.readouterr()
    assert out == "" and sentence in error and error.count("\n") == 1
