"""Networks without a screen: the split, the scores, the rival, the shell; every number is that of the engine."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from choosing import chosen
from driving import driving
from shell import ENVIRONMENT, here, is_one_sentence
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, log_loss
from view_frames import walked

import engine
from emtui.charts.colors import DARK
from emtui.exports.export import export_responsibilities
from emtui.exports.scripts.run_script import script_text
from emtui.exports.step_record import step_record
from emtui.networks.scores import predict_row, score
from emtui.panes.why.ledger_text import ledger_lines
from emtui.session.session import Session
from emtui.spec.choose import choose
from emtui.spec.command_line import command_of
from emtui.spec.revise import changed
from emtui.spec.rival_model import rival_model
from emtui.spec.train_test_split import split_of, table_of
from emtui.views import view_for
from engine.data.units import standard_units
from engine.errors import EngineError
from engine.models.network.predict import network_report

NEWTON = {"m_step": "newton", "weight_decay": "0.01"}


def network(steps: int = 6, source: str = "iris", **words: object) -> Session:
    session = Session(chosen(source, **({"model": "mlp", "settings": NEWTON} | words)))  # type: ignore[arg-type]
    for _ in range(steps):
        session.take()
    while session.rival_is_behind:
        session.advance_rival()
    return session


# the split


def test_the_split_is_the_engines() -> None:
    spec = choose("iris", model="mlp", seed=3)
    drawn = engine.train_test_split(spec.dataset.y, train_share=0.6, seed=3)
    split = split_of(spec)
    assert split is not None
    np.testing.assert_array_equal(split.train, drawn.train)
    np.testing.assert_array_equal(split.test, drawn.test)
    assert (len(split.train), len(split.test)) == (90, 60)
    assert [split.is_test(row) for row in (*split.test[:3], *split.train[:3])] == [True] * 3 + [False] * 3


def test_other_shares_and_no_strata() -> None:
    split = split_of(choose("iris", model="mlp", test_share=0.2, stratify=False, split_seed=9, seed=1))
    assert split is not None
    drawn = engine.train_test_split(split.targets, train_share=0.8, stratified=False, seed=9)
    np.testing.assert_array_equal(split.test, drawn.test)
    whole = split_of(choose("iris", model="mlp", test_share=0.0))
    assert whole is not None
    assert (len(whole.train), len(whole.test)) == (150, 0)


def test_inputs_are_standardised_by_the_training_rows_alone() -> None:
    spec = chosen("iris", model="mlp", standardize=True)
    split = split_of(spec)
    assert split is not None
    train = split.inputs[split.train]
    np.testing.assert_allclose(train.mean(axis=0), 0.0, atol=1e-12)
    np.testing.assert_allclose(train.std(axis=0), 1.0)
    raw = spec.dataset.X
    assert spec.dataset.units is None
    expected = (raw - raw[split.train].mean(axis=0)) / raw[split.train].std(axis=0)
    np.testing.assert_allclose(split.inputs, expected, atol=1e-12)


def test_from_a_mixture_to_a_network_and_back_the_data_keep_what_was_asked() -> None:
    mixture = chosen("iris", standardize=True)
    assert mixture.dataset.units is not None
    network_spec = changed(mixture, model=choose("iris", model="mlp").model)
    assert network_spec.dataset.units is None  # the split standardises
    assert network_spec.standardized
    assert changed(network_spec, model=mixture.model).dataset.units is not None


def test_another_start_keeps_the_rows() -> None:
    session = network(2)
    rows = session.snapshot().rows
    session.restart(7)
    np.testing.assert_array_equal(session.snapshot().rows, rows)
    assert "--split-seed 0 --seed 7" in command_of(session.spec)
    assert split_of(choose("iris", model="mlp", split_seed=0, seed=7)) is not None


def test_data_of_one_class_are_refused() -> None:
    data = engine.load("iris")
    spec = replace(choose("iris"), model=engine.LatentMLP(), dataset=replace(data, y=np.zeros(150, dtype=np.int64)))
    with pytest.raises(EngineError, match="every row of 'iris' is of the class 'setosa'"):
        _ = split_of(spec)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("a,b,kind\n1,2,x\n3,4,x\n5,5,x\n2,2,x\n", "one value only"),
        ("a,b,kind\n1,2,x\n3,4,y\n5,5,\n2,2,y\n3,3,x\n", "no class"),
        ("a,b\n1,2\n3,4\n5,5\n", "no column of known classes"),
    ],
)
def test_what_can_not_be_learned_from_is_said(tmp_path: Path, table: str, words: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(table)
    label = {"label": "kind"} if "kind" in table else {}
    with pytest.raises(EngineError, match=words) as error:
        chosen(str(path), model="mlp", **label)
    assert is_one_sentence(str(error.value))
    status, out, err = here("run", str(path), "--model", "mlp", *(["--label", "kind"] if label else []))
    assert (status, out) == (2, "")
    assert words in err
    assert is_one_sentence(err)


def test_a_class_without_a_training_row_is_said(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    rows = "".join(f"{i},{i % 3},{'rare' if i == 19 else 'ab'[i % 2]}\n" for i in range(20))
    path.write_text("x,y,kind\n" + rows)
    y = chosen(str(path), label="kind").dataset.y
    assert y is not None
    splits = [engine.train_test_split(y, train_share=0.6, stratified=False, seed=seed) for seed in range(20)]
    held_back = next(seed for seed, split in enumerate(splits) if 19 in split.test)
    with pytest.raises(EngineError, match="'rare' has no training row"):
        chosen(str(path), model="mlp", label="kind", stratify=False, seed=held_back)
    with pytest.raises(EngineError, match="single row"):
        chosen(str(path), model="mlp", label="kind")


# scores and the rival


def test_scores_are_those_of_the_reports() -> None:
    session = network(8)
    snapshot = session.snapshot()
    comparison = snapshot.comparison
    assert comparison is not None
    split = comparison.split
    for rows, found in ((split.train, comparison.here.train), (split.test, comparison.here.test)):
        assert found is not None
        report = network_report(snapshot.step.params, split.inputs[rows], split.targets[rows])["marginal"]
        assert found.log_loss == report.log_loss
        assert found.accuracy == report.accuracy
        np.testing.assert_array_equal(found.confusion, report.confusion)
        assert found.log_loss == pytest.approx(log_loss(split.targets[rows], report.probabilities), rel=1e-9)
        peer = accuracy_score(split.targets[rows], report.probabilities.argmax(axis=1))
        assert found.hits / found.n_rows == found.accuracy == peer
    assert comparison.here.train.log_loss == pytest.approx(-snapshot.step.log_likelihood / 90, rel=1e-12)


def test_progress_belongs_to_its_iteration_and_an_e_step_changes_nothing() -> None:
    session = network(7)
    comparison = session.snapshot().comparison
    assert comparison is not None
    assert [one.iteration for one in comparison.own] == [0, 1, 2, 3]
    assert [one.passes for one in comparison.own] == [0, 129, 258, 387]  # 2^7 for each E-step, 1 for each M-step
    seconds = [one.seconds for one in comparison.own]
    assert seconds == sorted(seconds)
    assert seconds[-1] == session.timeline[6].seconds
    session.timeline.go_to(3)  # the E-step of iteration 2
    assert session.snapshot().comparison is not None
    assert session.snapshot().comparison.own_at == 1  # type: ignore[union-attr]
    session.timeline.go_to(4)
    assert session.snapshot().comparison.own_at == 2  # type: ignore[union-attr]


@pytest.mark.parametrize("name", ["mlp", "backprop"])
def test_the_rival_begins_from_the_same_weights_and_is_a_run_of_the_engine(name: str) -> None:
    session = network(6, model=name, settings={})
    comparison = session.snapshot().comparison
    assert comparison is not None
    start = session.timeline[0].params
    np.testing.assert_array_equal(comparison.rival_params[0].hidden, start.hidden)
    np.testing.assert_array_equal(comparison.rival_params[0].output, start.output)
    X, y = table_of(session.spec)
    model = rival_model(session.spec)
    assert model.name != name
    run = engine.fit(model, X, y, start=model.Params(start.hidden, start.output), max_iter=3, tol=0.0)
    np.testing.assert_array_equal(run.params.hidden, comparison.rival_params[3].hidden)
    assert [one.iteration for one in comparison.rival] == [0, 1, 2, 3]
    assert comparison.rival_here is comparison.rival[3]


def test_the_rivals_options_and_its_own_start() -> None:
    session = network(2, rival=[("optimizer", "adam"), ("learning_rate", "0.2")], same_start=False)
    comparison = session.snapshot().comparison
    assert comparison is not None
    assert (comparison.rival_model.optimizer, comparison.rival_model.learning_rate) == ("adam", 0.2)
    assert comparison.rival_model.weight_decay == 0.01
    assert not np.allclose(comparison.rival_params[0].hidden, session.timeline[0].params.hidden)
    assert "--rival optimizer=adam --rival learning_rate=0.2 --own-start" in command_of(session.spec)
    with pytest.raises(EngineError, match="learning_rate"):
        choose("iris", model="mlp", rival=[("learning_rate", "-1")])


def test_what_suits_the_rival() -> None:
    assert rival_model(choose("iris", model="mlp")).optimizer == "sgd"
    assert rival_model(choose("iris", model="mlp", settings=NEWTON)).optimizer == "adam"
    assert rival_model(choose("iris", model="backprop")).m_step == "gradient"
    assert rival_model(choose("iris")) is None


def test_a_branch_has_the_same_rival_and_another_start_another_one() -> None:
    session = network(6)
    first = session.snapshot().comparison
    session.timeline.go_to(2)
    session.take()
    assert not session.rival_is_behind
    assert session.snapshot().comparison.rival_params[0] is first.rival_params[0]  # type: ignore[union-attr]
    session.restart(4)
    assert session.rival_is_behind
    assert session.snapshot().comparison.rival == ()  # type: ignore[union-attr]


def test_a_rival_that_runs_away_rests() -> None:
    session = network(4, rival=[("optimizer", "batch"), ("learning_rate", "1e99")], source="wine")
    comparison = session.snapshot().comparison
    assert comparison is not None
    assert len(comparison.rival) < 5
    assert not session.rival_is_behind
    assert np.isfinite(comparison.rival[-1].train.log_loss)


def test_a_network_beats_a_line_on_xor() -> None:
    session = network(60, source="xor")
    comparison = session.snapshot().comparison
    assert comparison is not None
    split = comparison.split
    straight = LogisticRegression().fit(split.inputs[split.train], split.targets[split.train])
    peer = straight.score(split.inputs[split.test], split.targets[split.test])
    assert comparison.here.test is not None
    assert comparison.here.test.accuracy > 0.9 > 0.7 > peer


def test_three_ways_of_predicting_one_row() -> None:
    session = network(4)
    split = split_of(session.spec)
    assert split is not None
    params = session.timeline.current.params
    found = predict_row(params, split.inputs[7])
    report = network_report(params, split.inputs[7:8], split.targets[7:8])
    np.testing.assert_array_equal(found.marginal, report["marginal"].probabilities[0])
    np.testing.assert_array_equal(found.forward, report["forward"].probabilities[0])
    assert found.exact
    np.testing.assert_allclose(found.sampled, found.marginal, atol=0.12)
    np.testing.assert_array_equal(found.sampled, predict_row(params, split.inputs[7]).sampled)
    assert score(session.spec.model, params, split, np.arange(0)) is None


# the shell


def test_run_prints_both_methods() -> None:
    status, out, _ = here("run", "iris", "--model", "mlp", "--set", "m_step=newton", "--max-iter", "4", "--standardize")
    assert status == 0
    assert "iris 150×4 (90 train, 60 test) standardised" in out
    session = network(8, settings={"m_step": "newton"}, standardize=True)
    comparison = session.snapshot().comparison
    assert comparison is not None
    assert comparison.rival_here is not None
    for name, found in (("EM newton", comparison.here), ("backprop adam 0.3", comparison.rival_here)):
        line = next(line for line in out.splitlines() if line.startswith(name))
        assert f"{found.train.log_loss:.4f}" in line
        assert found.test is not None
        assert f"{found.test.hits}/60" in line
    assert "hidden unit" in out
    assert "petal width" in out


@pytest.mark.parametrize("name", ["mlp", "backprop"])
def test_the_last_line_of_json_has_the_scores(name: str) -> None:
    status, out, _ = here("run", "wine", "--model", name, "--max-iter", "2", "--json", "--test-share", "0.25")
    assert status == 0
    last = json.loads(out.splitlines()[-1])
    session = network(4, source="wine", model=name, settings={}, test_share=0.25)
    comparison = session.snapshot().comparison
    assert comparison is not None
    assert comparison.here.test is not None
    assert comparison.rival_here is not None
    assert last["train_accuracy"] == comparison.here.train.accuracy
    assert last["test_accuracy"] == comparison.here.test.accuracy
    assert last["train_log_loss"] == pytest.approx(comparison.here.train.log_loss)
    assert last["test_log_loss"] == pytest.approx(comparison.here.test.log_loss)
    assert last["rival"]["train_log_loss"] == pytest.approx(comparison.rival_here.train.log_loss)
    assert last["prediction"] == "marginal"


def test_words_of_networks_are_refused_for_others() -> None:
    for words in (["--test-share", "0.3"], ["--no-stratify"], ["--rival", "optimizer=adam"], ["--own-start"]):
        status, out, err = here("run", "iris", *words)
        assert (status, out) == (2, "")
        assert "learns no classes" in err
    status, _, err = here("run", "iris", "--model", "mlp", "--test-share", "1.2")
    assert status == 2
    assert "at least 0 and below 1" in err


def test_an_exact_step_beyond_memory_says_so_and_offers_gibbs() -> None:
    status, out, err = here("run", "iris", "--model", "mlp", "-k", "45", "--set", "e_step=exact")
    assert (status, out) == (2, "")
    assert "gibbs" in err
    assert is_one_sentence(err)


def test_the_command_makes_the_same_choices() -> None:
    words = ("--model", "mlp", "--test-share", "0.3", "--no-stratify", "--split-seed", "2", "--standardize")
    first = here("run", "iris", *words, "--max-iter", "2")
    session = Session(
        chosen("iris", model="mlp", test_share=0.3, stratify=False, split_seed=2, standardize=True, max_iter=2)
    )
    command = command_of(session.spec).split()
    assert command[:2] == ["emtui", "run"]
    again = here(*command[1:])
    assert first[0] == again[0] == 0
    stable = [line for line in first[1].splitlines() if "EM " not in line and "backprop" not in line]
    assert stable == [line for line in again[1].splitlines() if "EM " not in line and "backprop" not in line]


@pytest.mark.parametrize(
    "words", [{}, {"standardize": True, "test_share": 0.25, "stratify": False}, {"test_share": 0.0}]
)
def test_the_script_comes_to_the_same_numbers(tmp_path: Path, words: dict[str, object]) -> None:
    session = network(5, **words)
    path = tmp_path / "run.py"
    path.write_text(script_text(session.spec, session.timeline.steps))
    done = subprocess.run(
        [sys.executable, str(path)], env=ENVIRONMENT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert f"log_likelihood {float(session.timeline.current.log_likelihood)!r}" in done.stdout


def test_several_layers_are_explored_too() -> None:
    session = network(4, settings={"hidden_units": "4,3"})
    snapshot = session.snapshot()
    assert snapshot.responsibilities is not None
    assert snapshot.responsibilities.shape == (90, 7)
    assert snapshot.comparison is not None
    assert snapshot.comparison.here.train.log_loss_error > 0
    assert "--set hidden_units=4,3" in command_of(session.spec)
    np.testing.assert_array_equal(
        snapshot.comparison.rival_params[0].deeper.hidden, session.timeline[0].params.deeper.hidden
    )


# the study


def test_the_study_prints_a_table_and_from_how_many_starts_it_was_learned() -> None:
    status, out, _ = here("study", "xor", "--seeds", "2", "--max-iter", "15", "-k", "4")
    assert status == 0
    assert "xor 400×2 standardised · 4 hidden units, weight decay 0.01 · 40% held back · 2 seeds, 15 iterations" in out
    names = ("EM, newton", "EM, lbfgs", "EM, gradient .005", "backprop, adam .3")
    for name in names:
        assert [line.split("  ")[0] for line in out.splitlines()].count(name) == 2  # in the table, and the rate
    assert "of 2" in out


def test_the_study_as_json_is_the_engines() -> None:
    status, out, _ = here("study", "iris", "--seeds", "1", "--max-iter", "3", "--json", "--raw")
    assert status == 0
    rows = [json.loads(line) for line in out.splitlines()]
    data = engine.load("iris")
    methods = engine.studies.usual_methods()
    found = engine.studies.Study(data.X, data.y, methods, seeds=[0], max_iter=3, prediction="marginal").result()
    assert [row["method"] for row in rows] == list(found.methods)
    for row, outcome in zip(rows, found.runs, strict=True):
        assert row["train_log_loss"] == pytest.approx(outcome.train_log_loss)
        assert row["test_accuracy"] == outcome.test_accuracy and "test_rmse" not in row


@pytest.mark.parametrize("way", ["marginal", "forward"])
def test_a_study_scores_every_method_by_one_way_of_predicting_and_says_it(way: str) -> None:
    words = ("study", "iris", "--seeds", "1", "--max-iter", "3", "-k", "2", "--prediction", way)
    status, out, _ = here(*words)
    assert status == 0 and f"Every method is scored by its {way} prediction. EM learns the marginal loss" in out
    rows = [json.loads(line) for line in here(*words, "--json")[1].splitlines()]
    data = engine.load("iris")
    split = engine.train_test_split(data.y)
    Z = standard_units(data.X[split.train])[0].to_standard(data.X)
    methods: dict[str, Any] = {**engine.studies.usual_methods(2)}
    for row in rows[::4]:
        fitted = engine.fit(methods[row["method"]], Z[split.train], data.y[split.train], max_iter=3, tol=0)
        report = network_report(fitted.params, Z[split.test], data.y[split.test])[way]
        assert row["test_log_loss"] == pytest.approx(report.log_loss)


def test_a_study_of_numbers_and_one_of_experts(tmp_path: Path) -> None:
    numbers = tmp_path / "numbers.csv"
    numbers.write_text("x,y\n" + "".join(f"{i},{i * i}\n" for i in range(20)))
    for model, said in (("mlp", "7 hidden units"), ("experts", "2 experts")):
        words = ("study", str(numbers), "--target", "y", "--model", model, "--seeds", "1", "--max-iter", "2")
        status, out, err = here(*words)
        assert (status, err) == (0, "") and said in out and "test RMSE" in out
        assert "RMSE is in units of the target" in out
        assert "acc" not in out and "learned from" not in out
        rows = [json.loads(line) for line in here(*words, "--json")[1].splitlines()]
        assert all(row["test_rmse"] > 0 and "test_accuracy" not in row for row in rows)
    status, out, _ = here("study", "iris", "--model", "experts", "-k", "3", "--seeds", "1", "--max-iter", "2")
    assert status == 0 and "3 experts" in out and "learned from" in out and "test acc" in out


def test_the_study_refuses_in_one_sentence(tmp_path: Path) -> None:
    numbers = tmp_path / "numbers.csv"
    numbers.write_text("x,y\n" + "".join(f"{i},{i * i}\n" for i in range(20)))
    unlearned = [str(numbers), "--target", "x", "--label", "y"]
    other_ways = (["iris", "--prediction", "x"], ["iris", "--prediction", "forward", "--model", "experts"])
    some = (["old_faithful"], ["iris", "--test-share", "0"], ["iris", "--seeds", "0"], ["iris", "--bogus"], unlearned)
    others = (["iris", "--model", "gmm"], ["iris", "--model", "nothing"])
    for words in (*some, *other_ways, *others):
        status, out, err = here("study", *words)
        assert (status, out) == (2, "")
        assert is_one_sentence(err)


async def test_losses_that_are_estimates_are_called_so() -> None:
    words = ("run", "iris", "--model", "mlp", "--set", "hidden_units=4,3", "--standardize", "--max-iter", "1")
    said = "p(y | x) is estimated from draws: standard errors of a loss up to 0.0"
    assert said in here(*words)[1]
    assert said not in here(*words, "--prediction", "forward")[1]
    assert said not in here("run", "iris", "--model", "mlp", "--max-iter", "1")[1]
    async with driving(choose("iris", model="mlp", settings={"hidden_units": "4,3"})) as app:
        text = await app.press("n", "5", "z")
        assert said in " ".join(text.replace("│", " ").split())


def test_exported_units_carry_the_rows_of_the_table(tmp_path: Path) -> None:
    session = network(3)
    path = export_responsibilities(session, tmp_path / "units.csv")
    rows = list(csv.reader(path.read_text().splitlines()))
    split = split_of(session.spec)
    assert split is not None
    assert len(rows) == 91
    last = int(split.train[-1])
    assert rows[-1][0] == str(last + 1)
    assert rows[-1][1] == split.class_names[split.targets[last]]
    posterior = session.timeline.current.posterior
    assert posterior is not None
    np.testing.assert_array_equal([float(v) for v in rows[-1][2:9]], posterior.responsibilities[-1])


def test_a_class_without_rows_is_not_learned() -> None:
    spec = chosen("iris", model="mlp", settings={"hidden_units": "2"}, test_share=0.0)
    rows = spec.dataset.y != 1
    data = replace(spec.dataset, X=spec.dataset.X[rows], y=spec.dataset.y[rows])
    split = split_of(replace(spec, dataset=data))
    assert split.class_names == ("setosa", "virginica") and set(split.targets.tolist()) == {0, 1}
    step = Session(replace(spec, dataset=data)).timeline.current
    assert step.params.n_classes == 2


def test_what_must_be_said_of_an_estimate_is_said_by_screen_and_shell(tmp_path: Path) -> None:
    table, start = tmp_path / "rare.csv", tmp_path / "rare.json"
    table.write_text("x,y\n" + "".join(f"{i / 1e6},{'a' if i < 50 else 'b'}\n" for i in range(60)))
    start.write_text('{"hidden": [[-6.9, 0], [-6.9, 0]], "output": [[-7, 14, 14], [0, 0, 0]]}')
    settings = {"hidden_units": "2", "e_step": "mean_field"}
    spec = chosen(str(table), label="y", model="mlp", settings=settings, start_file=str(start), test_share=0.0)
    snapshot = walked(Session(spec), 1)
    said = view_for("mlp").sentence(snapshot)
    assert "Mean field is a bound, and it lies" in said and "by all configurations" in said
    ledger = "".join(text if isinstance(text, str) else text[0][0] for text in ledger_lines(snapshot, 200, DARK))
    assert "Mean field is a bound" in ledger
    assert step_record(snapshot.step)["remark"].startswith("mean field is a bound")
