"""Words become choices, and choices become words that make them again."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from choosing import chosen
from counts import examples
from hypothesis import given, settings
from hypothesis import strategies as st

import engine
from emtui.cli.arguments import parse
from emtui.spec.choose import choose, make_model
from emtui.spec.command_line import command_of, join_columns, words_of
from emtui.spec.revise import changed
from emtui.spec.run_spec import RunSpec
from emtui.spec.sources import looks_like_file, open_source
from engine.data.data_spec import DataSpec
from engine.errors import DataError, EngineError, OptionError


def again(spec: RunSpec) -> RunSpec:
    """The choices that the copied command makes."""
    name, *words = shlex.split(command_of(spec))
    assert name == "emtui"
    return choose(**parse(words, lambda: "").spec)


def same(one: RunSpec, other: RunSpec) -> bool:
    names = ("data", "model", "seed", "algorithm", "max_iter", "tol", "stop")
    return (
        all(getattr(one, name) == getattr(other, name) for name in names)
        and np.array_equal(one.dataset.X, other.dataset.X)
        and one.start_file == other.start_file
    )


def test_the_data_say_what_is_not_said() -> None:
    iris, coins, digits = choose(), choose("coins"), choose("digits")
    assert (iris.data.source, iris.model.name, iris.n_components, iris.seed) == ("iris", "gmm", 3, 0)
    assert coins.model == engine.BinomialMixture(n_components=2, n_trials=10, fixed_weights=True)
    assert digits.n_components == 10
    assert choose("two_gaussians").n_components == 2
    assert choose("iris", model="kmeans").n_components == 3
    assert choose("old_faithful", model="kmeans").n_components == 2
    assert choose("Old-Faithful").dataset.name == "old_faithful"


def test_what_is_said_goes_first() -> None:
    spec = choose("coins", settings={"n_components": "4", "fixed_weights": "yes"}, seed=3)
    assert spec.model == engine.BinomialMixture(n_components=4, n_trials=10, fixed_weights=True)
    assert choose("coins", k=5, settings={"n_components": "4"}).n_components == 5


@pytest.mark.parametrize(
    ("how", "error", "part"),
    [
        ({"source": "irsi"}, DataError, "did you mean iris"),
        ({"source": "nowhere.csv"}, DataError, "nowhere.csv"),
        ({"source": ""}, DataError, "''"),
        ({"label": "species"}, DataError, "own labels"),
        ({"columns": ["petal"]}, DataError, "petal"),
        ({"model": "gm"}, OptionError, "did you mean gmm"),
        ({"settings": {"n_componets": "3"}}, OptionError, "did you mean n_components"),
        ({"settings": {"reg_covar": "-1"}}, OptionError, "reg_covar"),
        ({"k": 0}, OptionError, "at least 1"),
        ({"k": 10**9}, EngineError, "at most 1,000,000"),
        ({"stop": "never"}, OptionError, "objective"),
        ({"tol": float("nan")}, OptionError, "tol"),
        ({"max_iter": -1}, OptionError, "max_iter"),
        ({"algorithm": "quick"}, OptionError, "classic"),
    ],
)
def test_refusals(how: dict[str, Any], error: type[EngineError], part: str) -> None:
    with pytest.raises(error) as refused:
        chosen(**how)
    assert part in str(refused.value)
    assert str(refused.value).isprintable()


def test_a_catalogue_name_is_never_a_file_of_that_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("iris", "run", "other"):
        (tmp_path / name).write_text("a,b\n1,2\n3,4\n5,7\n")
    assert open_source(DataSpec("iris")).n_samples == 150
    assert open_source(DataSpec("./iris")).n_samples == 3
    assert open_source(DataSpec("other")).n_samples == 3
    assert not looks_like_file("iris")
    assert looks_like_file("./run")


def own_file(folder: Path) -> Path:
    file = folder / "my data.csv"
    rows = "".join(f"{i % 5}.5,{i % 7},{i},{'ab'[i % 2]}\n" for i in range(24))
    file.write_text('"wid, th",-height,"say ""x""",kind\n' + rows)
    return file


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    spec = chosen(str(own_file(tmp_path)), label="kind", columns=["-height", "wid, th"], standardize=True)
    assert spec.dataset.feature_names == ("-height", "wid, th")
    assert spec.dataset.class_names == ("a", "b")
    assert spec.n_components == 2
    np.testing.assert_allclose(spec.dataset.X.std(axis=0), 1.0)


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"source": "coins", "settings": {"fixed_weights": "yes"}, "seed": 11},
        {"k": 5, "settings": {"covariance_type": "tied", "reg_covar": "1e-3", "init": "points"}, "algorithm": "hard"},
        {"columns": ["petal width", "sepal length"], "standardize": True, "tol": 1.2345678901e-5, "max_iter": 7},
        {"stop": "responsibilities=1e-4,iterations=9"},
        {"source": "wine", "model": "kmeans", "k": 4},
    ],
)
def test_the_command_makes_the_same_choices(how: dict[str, Any]) -> None:
    spec = chosen(**how)
    assert same(spec, again(spec))


def test_the_command_of_a_file_makes_the_same_choices(tmp_path: Path) -> None:
    for columns in (["-height"], ["wid, th", 'say "x"'], ['say "x"', "-height"]):
        spec = chosen(str(own_file(tmp_path)), label="kind", columns=columns, k=2)
        assert same(spec, again(spec))


def test_a_file_whose_name_begins_with_a_hyphen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    own_file(tmp_path).rename(tmp_path / "-odd.csv")
    spec = chosen("-odd.csv", label="kind")
    np.testing.assert_array_equal(again(spec).dataset.X, spec.dataset.X)


def test_a_start_file_is_kept_until_the_model_changes(tmp_path: Path) -> None:
    file = tmp_path / "start.json"
    file.write_text('{"weights": [0.5, 0.5], "probabilities": [0.6, 0.5]}')
    spec = choose("coins", start_file=str(file))
    assert spec.start.probabilities.tolist() == [0.6, 0.5]
    assert same(spec, again(spec))
    other = changed(spec, model=engine.BinomialMixture(n_components=3))
    assert other.start is None
    assert "--start" not in words_of(other)


def test_a_stopping_rule_stands_in_the_place_of_the_tolerance() -> None:
    spec = choose("coins", stop="parameters=1e-3")
    assert "--tol" not in command_of(spec)
    _, rule, limit = spec.rules
    assert rule == engine.stopping.ParameterChange(1e-3)
    assert limit == engine.stopping.Iterations(200)


def test_make_model_keeps_the_data_sets_options_for_its_own_model_only() -> None:
    data = engine.load("coins")
    coins: Any = make_model(data)
    kmeans: Any = make_model(data, "kmeans")
    assert (coins.n_trials, kmeans.n_components) == (10, 2)


_names = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=8)


@settings(max_examples=examples(200))
@given(st.lists(_names, min_size=1, max_size=4, unique=True))
def test_any_column_names_survive_the_command_line(names: list[str]) -> None:
    from emtui.cli.arguments import split_columns

    assert split_columns(join_columns(names)) == tuple(names)


def test_a_published_start_is_taken_unless_another_is_asked_for() -> None:
    published = choose("coins")
    np.testing.assert_array_equal(published.start.probabilities, [0.6, 0.5])
    assert "--start" not in words_of(published)
    own = choose("coins", start_file="model")
    assert own.start is None
    assert words_of(own)[-4:] == ["--start", "model", "--seed", "0"]
    assert choose("coins", k=3).start is None  # it was published for two
    assert choose("coins", model="gmm").start is None
    assert changed(published, tol=1e-3).start is not None
    assert changed(published, seed=4).start is None
    with pytest.raises(EngineError, match="no published start"):
        choose("iris", start_file="published")


def test_rows_with_missing_answers_stay_for_a_model_that_takes_them(tmp_path: Path) -> None:
    file = tmp_path / "liked.csv"
    file.write_text("a,b,c\n1,0,\n0,1,1\n,1,0\n1,1,1\n")
    kept = choose(str(file), model="bernoulli", k=2)
    assert kept.dataset.X.shape == (4, 3)
    assert kept.dataset.has_missing
    assert choose(str(file), model="gmm", k=2).dataset.X.shape == (2, 3)
    assert changed(kept, model=make_model(kept.dataset, "gmm", 1)).dataset.X.shape == (2, 3)
