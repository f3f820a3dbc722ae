"""`emtui check`: numbers of one's own in a file, beside those of a step."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

import engine
from emtui.cli.main import main


def checked(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    status = main(["check", *words])
    said = capsys.readouterr()
    return status, said.out, said.err


def written(tmp_path: Path, text: str, name: str = "mine.json") -> str:
    (tmp_path / name).write_text(text, encoding="utf-8")
    return str(tmp_path / name)


def test_numbers_beside_ours(tmp_path, capsys):
    file = written(tmp_path, '{"data": "coins", "iteration": 1, "phase": "M", "probabilities": [0.71, 0.58]}')
    status, out, err = checked(capsys, file)
    assert (status, err) == (0, "")
    assert "coin 1  0.713012   0.71" in out and "all agree" in out
    file = written(tmp_path, '{"data": "coins", "iteration": 1, "phase": "M", "probabilities": [0.710, 0.58]}')
    status, out, _ = checked(capsys, file)
    assert status == 1
    assert "✗ the first that disagrees: probabilities" in out and "no usual slip" in out


def test_the_slip_is_named_and_the_first_disagreement(tmp_path, capsys):
    run = engine.fit(engine.GaussianMixture(n_components=2), engine.load("old_faithful").X, max_iter=1, tol=0)
    mine = {"weights": run.params.weights.tolist(), "L": round(run.log_likelihood / math.log(10), 3), "phase": "M"}
    file = written(tmp_path, json.dumps(mine))
    words = (file, "old_faithful", "--model", "gmm", "-k", "2", "--start", "model")
    status, out, err = checked(capsys, *words)
    assert status == 1, err
    assert "log10 is taken for ln" in out and "the first that disagrees: log likelihood" in out
    status, out, _ = checked(capsys, *words, "--json")
    said = json.loads(out)
    assert status == 1 and not said["agrees"] and said["first"] == "log_likelihood" and said["phase"] == "M"
    assert [one["agrees"] for one in said["quantities"]] == [True, False]


def test_responsibilities_in_a_table(tmp_path, capsys):
    step = engine.e_step(engine.begin(engine.GaussianMixture(n_components=3), engine.load("iris").X, seed=0))
    r = step.posterior.responsibilities
    plain = "\n".join(",".join(f"{v:.4f}" for v in row) for row in r)
    exported = "row,r1,r2,r3,component\n" + "\n".join(
        f"{i},{','.join(f'{v:.6f}' for v in row)},2" for i, row in enumerate(r, 1)
    )
    for text in (plain, "a,b,c\n" + plain, exported):
        words = (written(tmp_path, text, "r.csv"), "iris", "--start", "model", "--phase", "e")
        status, out, err = checked(capsys, *words)
        assert (status, err) == (0, ""), out
    status, out, _ = checked(capsys, *words, "--iteration", "2")
    assert status == 1 and "one step old" in out


@pytest.mark.parametrize(
    ("text", "words", "said"),
    [
        ("{", (), "no JSON"),
        ("[1]", (), "by their names"),
        ("{}", ("coins",), "no numbers to compare"),
        ('{"data": [3]}', (), "data in"),
        ('{"data": "coins", "iteration": 1.5}', (), "whole number"),
        ('{"data": "coins", "phase": "X"}', (), 'must be "E" or "M"'),
        ('{"data": "coins", "L": "\\u001b[31m"}', (), "finite numbers"),
        ('{"data": "coins", "L": NaN}', (), "finite numbers"),
        ('{"data": "coins", "L": 1e999}', (), "finite numbers"),
        ('{"data": "coins", "L": null}', (), "finite numbers"),
        ('{"data": "coins", "L": {"a": 1}}', (), "finite numbers"),
        ('{"data": "coins", "L": [[1], [2, 3]]}', (), "finite numbers"),
        ('{"data": "coins", "\\u001b[31mx": 1}', (), "has no"),
        ('{"data": "coins", "L": 1}', ("iris",), "name the same data"),
        ('{"data": "coins", "model": "binomial", "L": 1}', ("--model", "gmm"), "leave one of them out"),
        ('{"data": "coins", "L": 1, "iteration": 900}', (), "the run ends after iteration"),
        ('{"data": "coins", "alpha": 1}', (), "has no 'alpha'"),
        ('{"data": "coins", "r": [[1, 0]], "iteration": 0}', (), "before the first E-step"),
    ],
)
def test_bad_input_is_one_sentence(tmp_path, capsys, text, words, said):
    status, out, err = checked(capsys, written(tmp_path, text), *words)
    assert (status, out) == (2, "")
    assert said in err and err.count("\n") == 1 and err.rstrip("\n").isprintable()


def test_a_file_that_is_not_there_or_no_text(tmp_path, capsys):
    status, _, err = checked(capsys, str(tmp_path / "none.json"))
    assert status == 2 and "No such file" in err
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe\x00")
    status, _, err = checked(capsys, str(tmp_path / "bytes.json"))
    assert status == 2 and "UTF-8" in err
    status, _, err = checked(capsys, written(tmp_path, "\n", "r.csv"), "coins")
    assert status == 2 and "holds no numbers" in err
