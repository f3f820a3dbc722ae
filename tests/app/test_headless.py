"""A run without a screen says what the engine says: the same steps, the same digits, and how it ended."""

from __future__ import annotations

import io
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from choosing import chosen
from counts import examples
from hypothesis import given, settings
from hypothesis import strategies as st

import engine
from emtui.cli.headless import best_of, run, steps_from
from emtui.cli.run_numbers import fixed, number, significant
from emtui.cli.shell_output import Output
from emtui.session.session import Session
from emtui.spec.choose import choose
from emtui.spec.run_notes import run_notes
from emtui.spec.run_spec import RunSpec
from emtui.spec.train_test_split import problem_of
from engine.analysis.rest import judged
from engine.errors import EngineError

NUMBERS = ("log_likelihood", "log_prior", "objective", "elbo", "kl", "q_value", "entropy")


def strict_json(line: str) -> Any:
    def refuse(word: str) -> Any:
        raise AssertionError(f"{word} is no JSON")

    return json.loads(line, parse_constant=refuse)


def json_steps(spec: RunSpec, n_init: int = 1) -> list[dict[str, Any]]:
    out = io.StringIO()
    run(spec, Output(out), n_init=n_init, as_json=True)
    assert out.getvalue().endswith("}\n")
    return [strict_json(line) for line in out.getvalue().splitlines()]


def test_several_starts_of_em_stand_beside_as_many_of_k_means() -> None:
    lines = text_lines(choose("iris", max_iter=3), n_init=2)
    place = lines.index("k-means from the same seeds, best of 2 starts: seed 0")
    assert [line.partition(" after ")[0] for line in lines[place + 1 :]] == [
        "seed 0: inertia 78.851441",
        "seed 1: inertia 78.851441",
    ]
    record = json_steps(choose("iris", max_iter=3), n_init=2)[-1]
    assert [one["seed"] for one in record["kmeans_restarts"]] == [one["seed"] for one in record["restarts"]] == [0, 1]


@pytest.mark.parametrize("max_iter", [1, 2, 4])
def test_hits_are_counted_from_the_same_responsibilities_as_in_the_app(max_iter: int) -> None:
    spec = choose("iris", settings={"init": "points"}, seed=4, max_iter=max_iter)
    session = Session(spec)
    for _ in session.run_on():
        pass
    shown = session.snapshot().agreement
    assert shown is not None
    assert json_steps(spec)[-1]["agreement"]["hits"] == shown.hits


def text_lines(spec: RunSpec, n_init: int = 1) -> list[str]:
    out = io.StringIO()
    run(spec, Output(out), n_init=n_init)
    return out.getvalue().splitlines()


@pytest.mark.parametrize(
    ("source", "how"),
    [
        ("coins", {}),
        ("coins", {"settings": {"fixed_weights": "yes"}, "stop": "parameters=1e-3"}),
        ("iris", {"stop": "responsibilities=1e-4"}),
        ("iris", {"model": "kmeans", "tol": 0.0}),
        ("old_faithful", {"settings": {"covariance_type": "tied"}, "seed": 4, "standardize": True}),
        ("coins", {"algorithm": "stochastic", "max_iter": 6, "tol": 0.0}),
    ],
)
def test_json_lines_are_the_steps_of_iterate(source: str, how: dict[str, Any]) -> None:
    spec = chosen(source, **how)
    lines = json_steps(spec)
    stopping = None if spec.stop is None else engine.stopping.parse_rule(spec.stop)
    steps = list(
        engine.iterate(
            spec.model,
            spec.dataset.X,
            start=spec.start,
            seed=spec.seed,
            max_iter=spec.max_iter,
            tol=spec.tol,
            stopping=stopping,
            algorithm=spec.algorithm,
        )
    )
    assert [(line["iteration"], line["phase"]) for line in lines] == [(s.iteration, s.phase) for s in steps]
    for line, step in zip(lines, steps, strict=True):
        for name in NUMBERS:
            value = getattr(step, name)
            assert line[name] == (None if math.isnan(value) else value), name
        for name, values in line["params"].items():
            assert np.array_equal(values, getattr(step.params, name))
        assert line["seconds"] >= 0
        assert [event["message"] for event in line["events"]] == [event.message for event in step.events]
        assert (line["converged"], line["stop_reason"]) == (judged(step).converged, judged(step).stop_reason)
    assert [line["stop_reason"] is None for line in lines] == [True] * (len(lines) - 1) + [False]


def test_the_last_line_of_json_says_how_it_ended() -> None:
    last = json_steps(choose("iris", stop="responsibilities=1e-4"))[-1]
    assert (last["agreement"]["hits"], last["agreement"]["total"]) == (145, 150)
    assert (last["agreement"]["kmeans"]["hits"], last["agreement"]["kmeans"]["total"]) == (134, 150)
    assert sorted(round(weight, 4) for weight in last["params"]["weights"]) == [0.2992, 0.3333, 0.3675]
    assert sorted(round(share, 4) for share in last["hard_shares"]) == [0.3, 0.3333, 0.3667]
    p = 3 * 4 + 3 * 10 + 2
    assert last["criteria"]["aic"] == pytest.approx(2 * p - 2 * last["log_likelihood"], rel=1e-12)
    assert last["criteria"]["bic"] == pytest.approx(p * math.log(150) - 2 * last["log_likelihood"], rel=1e-12)
    assert "restarts" not in last


def test_several_starts_are_those_of_fit() -> None:
    spec = choose("iris", settings={"init": "points"}, seed=2, max_iter=15)
    lines = json_steps(spec, n_init=4)
    expected = engine.fit(spec.model, spec.dataset.X, seed=2, max_iter=15, n_init=4)
    last = lines[-1]
    assert last["objective"] == expected.step.objective
    assert last["seed"] == expected.step.problem.seed
    assert [one["seed"] for one in last["restarts"]] == [2, 3, 4, 5]
    assert [one["objective"] for one in last["restarts"]] == [one.objective for one in expected.restarts]
    assert len(lines) == len(expected.timeline)
    text = text_lines(spec, n_init=4)
    assert [line.split(":")[0] for line in text[1:5]] == ["seed 2", "seed 3", "seed 4", "seed 5"]
    assert f"best of 4 starts: seed {last['seed']}" in text


def test_a_start_that_fails_is_reported_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = choose("coins", max_iter=3)
    kind = type(spec.model)
    begin = kind.start

    def start(self: Any, data: Any, generator: np.random.Generator) -> Any:
        params = begin(self, data, generator)
        if params.probabilities[0] == begin(self, data, np.random.default_rng(1)).probabilities[0]:
            raise EngineError("this start is no good.")
        return params

    monkeypatch.setattr(kind, "start", start)
    restarts = json_steps(spec, n_init=3)[-1]["restarts"]
    assert [one["error"] for one in restarts] == [None, "this start is no good.", None]
    assert "seed 1: could not be run: this start is no good." in text_lines(spec, n_init=3)
    monkeypatch.setattr(kind, "start", lambda *_: (_ for _ in ()).throw(EngineError("no good.")))
    with pytest.raises(EngineError, match=r"none of the 2 starts could be run.*no good"):
        best_of(replace(spec, start=None), problem_of(spec), 2, lambda _: None)


def test_one_start_only_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "start.json"
    file.write_text('{"weights": [0.5, 0.5], "probabilities": [0.6, 0.5]}')
    spec = choose("coins", start_file=str(file))
    with pytest.raises(EngineError, match="leave out --start or --n-init"):
        run(spec, Output(io.StringIO()), n_init=2)


def test_published_coins_from_a_start_file(tmp_path: Path) -> None:
    file = tmp_path / "start.json"
    file.write_text('{"weights": [0.5, 0.5], "probabilities": [0.6, 0.5]}')
    lines = json_steps(choose("coins", start_file=str(file), settings={"fixed_weights": "yes"}, max_iter=10, tol=0.0))
    found = [line["params"]["probabilities"] for line in lines if line["phase"] == "M"]
    published = [(0.713012, 0.581339), (0.745292, 0.569256), (0.768099, 0.549536), (0.783165, 0.534617)]
    np.testing.assert_allclose(found[:4], published, atol=5e-7)
    np.testing.assert_allclose(found[9], (0.796744, 0.519659), atol=5e-7)


def test_statistics_are_let_go_and_numbers_are_not_computed_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = choose("coins", max_iter=8, tol=0.0)
    kind, passes = type(spec.model), []
    expect = kind.expect
    monkeypatch.setattr(kind, "expect", lambda *given, **named: passes.append(1) or expect(*given, **named))
    steps = list(steps_from(spec, problem_of(spec)))
    for step in steps:
        _ = step.elbo, step.kl, step.objective, step.entropy
    assert len(passes) == 9  # one at each θ: the start and eight M-steps
    assert all(step.at._expectation is None for step in steps[:-3])  # the last M-step still has its q


# for eyes


def rows_of(lines: list[str]) -> list[list[str]]:
    """The lines of the steps, in cells."""
    begin = next(i for i, line in enumerate(lines) if line.startswith("iter phase"))
    return [line.split() for line in lines[begin + 1 : lines.index("", begin + 1)]]


def test_text_lines_are_the_steps_too() -> None:
    spec = choose("old_faithful")
    lines, steps = text_lines(spec), json_steps(spec)
    rows = rows_of(lines)
    assert len(rows) == len(steps)
    before = None
    for row, step in zip(rows, steps, strict=True):
        assert row[:2] == [str(step["iteration"]), step["phase"]]
        for cell, name in zip(row[2:6], ("log_likelihood", "elbo", "kl", "objective"), strict=True):
            assert cell == "-" if step[name] is None else float(cell) == pytest.approx(step[name], abs=1e-6)
        if before is not None and row[6] != "0.000000":
            assert float(row[6]) == pytest.approx(step["objective"] - before, rel=0.1, abs=1e-6)
        before = step["objective"]
    assert max(map(len, lines[2 : 3 + len(rows)])) <= 79
    assert len({len(line) for line in lines[2 : 3 + len(rows)]}) == 1


def test_the_summary_has_parameters_shares_and_accuracy() -> None:
    spec = choose("iris", stop="responsibilities=1e-4")
    lines, last = text_lines(spec), json_steps(spec)[-1]
    table = {line[:18].strip(): line[18:].split() for line in lines if line}
    assert table["weights"] == [f"{weight:.4f}" for weight in last["params"]["weights"]]
    assert table["hard shares"] == [f"{share:.4f}" for share in last["hard_shares"]]
    assert table["mean petal width"] == [f"{mean[3]:.4f}" for mean in last["params"]["means"]]
    assert table["sd sepal length"] == [f"{math.sqrt(c[0][0]):.4f}" for c in last["params"]["covariances"]]
    assert any(line.split()[:2] == ["gmm", "145/150"] for line in lines)
    assert any(line.split()[:2] == ["k-means", "134/150"] for line in lines)
    assert any(line.startswith("converged after") and last["stop_reason"] in line for line in lines)


@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "spherical"])
@pytest.mark.parametrize("k", [1, 2, 4])
def test_standard_deviations_of_every_shape(covariance_type: str, k: int) -> None:
    spec = choose("iris", k=k, settings={"covariance_type": covariance_type}, max_iter=2)
    c = np.array(json_steps(spec)[-1]["params"]["covariances"])
    variances = {
        "full": lambda: [c[j][0][0] for j in range(k)],
        "tied": lambda: [c[0][0]] * k,
        "diag": lambda: [c[j][0] for j in range(k)],
        "spherical": lambda: list(c),
    }[covariance_type]()
    line = next(line for line in text_lines(spec) if line.startswith("sd "))
    assert line.split()[-k:] == [f"{math.sqrt(variance):.4f}" for variance in variances]


def test_many_components_and_columns_are_cut_with_a_word() -> None:
    spec = choose("digits", k=22, model="kmeans", max_iter=1)
    lines = text_lines(spec)
    assert max(len(line) for line in lines[1:] if not line.startswith("stopped") and line not in run_notes(spec)) <= 80
    assert "… and 24 more parameters of each: --json has them all" in lines
    assert "… and 2 more components: --json has them all" in lines


def test_k_means_has_no_criteria() -> None:
    spec = choose("iris", model="kmeans")
    last = json_steps(spec)[-1]
    assert last["criteria"] is None
    assert last["agreement"]["kmeans"] is None
    assert not any("AIC" in line for line in text_lines(spec))


def test_hostile_names_are_harmless(tmp_path: Path) -> None:
    file = tmp_path / "odd.csv"
    file.write_text('"wid\x1b[31mth","hei\x1b]0;x\x07ght",kind\n1,2,[red]a\n2,1,b\x07\n9,8,[red]a\n8,9,b\x07\n')
    spec = chosen(str(file), label="kind")
    for lines in (text_lines(spec), [json.dumps(json_steps(spec), ensure_ascii=False)]):
        assert all(line.isprintable() for line in lines)
    assert "mean width" in "\n".join(text_lines(spec))


def test_notes_of_a_file_are_said(tmp_path: Path) -> None:
    file = tmp_path / "gaps.csv"
    file.write_text("a,b\n" + "".join(f"{i},{i * i % 7}\n" for i in range(20)) + ",3\n")
    spec = choose(str(file), k=2)
    assert spec.dataset.notes
    assert spec.dataset.notes[0] in text_lines(spec)
    assert json_steps(spec)[-1]["notes"] == list(run_notes(spec))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (-0.0, "0.000000"),
        (-1e-9, "0.000000"),
        (math.nan, "-"),
        (-math.inf, "-inf"),
        (-182.3410004, "-182.341000"),
        (-136848.72812, "-136848.7281"),
        (-1.25e200, "-1.250000e+200"),
    ],
)
def test_numbers(value: float, text: str) -> None:
    assert number(value) == text


@settings(max_examples=examples(200))
@given(st.floats(), st.integers(0, 6))
def test_numbers_are_never_a_signed_zero_and_read_back(value: float, decimals: int) -> None:
    text = fixed(value, decimals)
    assert not text.startswith("-0") or float(text) != 0
    if math.isfinite(value):
        assert float(text) == pytest.approx(value, abs=0.51 * 10.0**-decimals, rel=1e-5)
    assert significant(value, abs(value)).strip()
