"""The command itself: words, refusals, lists, exit statuses."""

from __future__ import annotations

import contextlib
import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from counts import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from shell import ROOT, bash, here, is_one_sentence, shell

from emtui.cli.arguments import UsageError, parse, split_columns
from emtui.cli.main import version
from emtui.spec.run_spec import RunSpec
from engine.data.data_spec import DataSpec

# words


def test_words_become_choices() -> None:
    words = "wine -k 4 --model gmm --set init=points --set reg_covar=0 --seed 7 --standardize --columns alcohol,ash"
    how = "--max-iter 5 --stop seconds=2 --n-init 3 --json"
    request = parse(["run", *words.split(), *how.split()], version)
    assert (request.command, request.json, request.n_init) == ("run", True, 3)
    assert request.spec == {
        "data": DataSpec("wine", columns=("alcohol", "ash"), standardize=True),
        "k": 4,
        "model": "gmm",
        "settings": {"init": "points", "reg_covar": "0"},
        "seed": 7,
        "max_iter": 5,
        "stop": "seconds=2",
    }


def test_the_app_takes_the_rules_that_stop_a_run() -> None:
    """So that the command that `y` copies opens the same exploration without its `run`."""
    words = "iris --max-iter 5 --stop responsibilities=1e-4 --seed 2"
    asked, run = (parse([*command, *words.split()], version) for command in ([], ["run"]))
    assert (asked.command, run.command) == ("open", "run")
    assert asked.spec.keys() == run.spec.keys() >= {"stop", "max_iter"}
    assert (asked.spec["stop"], asked.spec["max_iter"]) == ("responsibilities=1e-4", 5)
    assert "stopping rules" in here("--help")[1]


@pytest.mark.parametrize(
    ("words", "command", "source"),
    [
        ([], "open", None),
        (["iris"], "open", "iris"),
        (["run"], "run", None),
        (["run", "iris"], "run", "iris"),
        (["./run"], "open", "./run"),
        (["run", "./run"], "run", "./run"),
        (["--", "-odd.csv"], "open", "-odd.csv"),
        (["-k", "3", "./my.csv"], "open", "./my.csv"),
    ],
)
def test_first_word_is_a_command_or_data(words: list[str], command: str, source: str | None) -> None:
    request = parse(words, version)
    data = request.spec.get("data")
    assert (request.command, None if data is None else data.source) == (command, source)


def test_where_nothing_was_said_nothing_waits_for_the_data() -> None:
    assert parse([], version).spec == {}


@pytest.mark.parametrize(
    ("text", "names"),
    [("a,b", ("a", "b")), (" a , b c ", ("a", "b c")), ('"a,b",c', ("a,b", "c")), ('"say ""x""",y', ('say "x"', "y"))],
)
def test_columns_are_split_like_csv(text: str, names: tuple[str, ...]) -> None:
    assert split_columns(text) == names


# refusals

BAD_WORDS = [
    (["-k", "x"], "-k needs a whole number of at least 1, not 'x'"),
    (["-k", "4,3"], "-k needs one whole number, not '4,3': several hidden layers are --set hidden_units=4,3"),
    (["run", "-k", "(4, 3)"], "--set hidden_units=4,3"),
    (["-k", "0"], "at least 1"),
    (["-k", "-3"], "at least 1"),
    (["-k", "2.5"], "'2.5'"),
    (["-k"], "-k needs a value"),
    (["--seed", "-1"], "--seed needs a whole number of at least 0"),
    (["--seed", "9" * 5000], "whole number"),
    (["--sed", "3"], "did you mean --seed?"),
    (["--set", "foo"], "KEY=VALUE"),
    (["--set", "=3"], "KEY=VALUE"),
    (["--columns", "a,,b"], "column names"),
    (["--columns", '"a'], "column names"),
    (["--standardize=yes"], "--standardize takes no value"),
    (["--json"], "emtui run"),
    (["iris", "wine"], "'wine'"),
    (["iris", "run"], "no place for 'run'"),
    (["--seed", "1", "run"], "comes first"),
    (["run", "models"], "./models"),
    (["run", "--tol", "nan"], "--tol needs a number"),
    (["run", "--tol", "-1"], "--tol needs a number"),
    (["run", "--tol", "inf"], "--tol needs a number"),
    (["run", "--max-iter", "many"], "--max-iter needs a whole number"),
    (["run", "--n-init", "0"], "--n-init needs a whole number of at least 1"),
    (["run", "--tol", "1e-3", "--stop", "seconds=1"], "leave one of them out"),
    (["datasets", "iris"], "'iris'"),
    (["models", "--jsn"], "did you mean --json?"),
    (["\x1b[31mred\x1b[0m", "\x1b]0;title\x07"], "no place for"),
]


@pytest.mark.parametrize(("words", "part"), BAD_WORDS)
def test_words_are_refused_in_one_sentence(words: list[str], part: str) -> None:
    status, out, err = here(*words)
    assert (status, out) == (2, "")
    assert is_one_sentence(err)
    assert part in err
    assert err.startswith("emtui: ")


BAD_CHOICES = [
    (["irsi"], "did you mean iris"),
    (["nowhere.csv"], "nowhere.csv"),
    (["--model", "gnm"], "gmm"),
    (["--set", "covariance=full"], "covariance_type"),
    (["--set", "covariance_type=round"], "full, tied, diag or spherical"),
    (["--set", "n_components=two"], "whole number"),
    (["--algorithm", "annealled"], "classic, hard, stochastic, annealed"),
    (["--label", "species"], "has its own labels"),
    (["--columns", "petal lenght"], "petal length"),
    (["--stop", "never=1"], "objective, responsibilities"),
    (["--stop", "seconds=soon"], "needs a number"),
    (["--start", "nowhere.json"], "'nowhere.json' can't be read"),
    (["--model", "coins"], "one column"),
    (["coins", "--set", "n_trials=3"], "whole number from 0 to n_trials"),
    (["."], "'.'"),
    (["-k", "9" * 30], "at most 1,000,000"),
    (["coins", "--set", "n_components=123456789"], "at most 1,000,000"),
]


@pytest.mark.parametrize(("words", "part"), BAD_CHOICES)
@pytest.mark.parametrize("flag", [[], ["--json"]])
def test_choices_are_refused_in_one_sentence(words: list[str], part: str, flag: list[str]) -> None:
    status, out, err = here("run", *words, *flag)
    assert (status, out) == (2, "")
    assert is_one_sentence(err)
    assert part in err


def test_a_data_set_is_judged_before_the_terminal() -> None:
    status, _, err = here("irsi")
    assert status == 2
    assert "iris" in err


def test_refusal_of_the_real_command() -> None:
    done = shell("run", "iris", "--model", "gnm")
    assert (done.returncode, done.stdout) == (2, "")
    assert is_one_sentence(done.stderr)


def test_no_terminal_is_said_at_once() -> None:
    done = shell("coins")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "emtui needs a terminal to draw on: use `emtui run …` for a run without a screen.\n"


def test_closed_streams_are_no_terminal() -> None:
    command = f"{sys.executable} -m emtui coins <&- >&-"
    done = bash(command)
    assert done.returncode == 2
    assert "needs a terminal" in done.stderr


def test_in_a_terminal_the_app_opens_on_the_choices(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[tuple[RunSpec, str]] = []

    def open_app(spec: RunSpec, *, mouse: bool, theme: str) -> int:
        opened.append((spec, theme))
        return 7

    monkeypatch.setattr("emtui.cli.main._why_not_drawn", lambda: "")
    monkeypatch.setitem(sys.modules, "emtui.application.app", SimpleNamespace(open_app=open_app))
    words = ("old_faithful", "-k", "4", "--seed", "2", "--set", "covariance_type=diag", "--theme", "nord")
    assert here(*words) == (7, "", "")
    ((spec, theme),) = opened
    assert theme == "nord"
    assert (spec.dataset.name, spec.n_components, spec.seed) == ("old_faithful", 4, 2)
    assert spec.model.covariance_type == "diag"  # type: ignore[attr-defined]  # of the Gaussian mixture


def test_a_file_of_ones_own_is_run(tmp_path: Path) -> None:
    rows = "".join(f"{i % 2 * 9 + i % 3},{i % 2 * 9 + i % 5},{'ab'[i % 2]}\n" for i in range(40))
    (tmp_path / "run").write_text("width,height,kind\n" + rows)
    done = shell("run", "./run", "--label", "kind", "--standardize", "--seed", "1", cwd=tmp_path)
    assert done.stderr == ""
    assert done.returncode == 0
    assert done.stdout.startswith("run 40×2 standardised · gmm n_components=2 ")
    assert any(line.split()[:2] == ["gmm", "40/40"] for line in done.stdout.splitlines())


def test_bugs_are_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emtui.cli.headless.run", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        here("run", "coins")


def test_no_memory_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr("emtui.cli.headless.run", run)
    status, _, err = here("run", "coins")
    assert status == 1
    assert "not enough memory" in err


# help and lists


def test_version_is_that_of_the_project() -> None:
    import tomllib

    import engine

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["project"]["dynamic"] == ["version"]
    assert project["tool"]["hatch"]["version"]["path"] == "engine/__init__.py"
    expected = engine.__version__
    assert here("--version") == (0, f"emtui {expected}\n", "")
    assert here("iris", "--version")[1] == f"emtui {expected}\n"


@pytest.mark.parametrize("words", [["--help"], ["run", "--help"], ["datasets", "-h"], ["models", "--help"]])
def test_help(words: list[str]) -> None:
    status, out, err = here(*words)
    assert (status, err) == (0, "")
    assert out.startswith("usage: emtui")
    if words[0] in ("--help", "run"):
        assert "examples:" in out


def test_every_example_in_the_help_can_be_parsed() -> None:
    import shlex

    examples = []
    for words in (["--help"], ["run", "--help"]):
        text = here(*words)[1].split("examples:\n")[1]
        examples += [line.strip().split("   ")[0].split(" | ")[0].split(" > ")[0] for line in text.splitlines()]
    assert len(examples) >= 10
    for example in examples:
        name, *words = shlex.split(example)
        assert name == "emtui"
        assert parse(words, version).command in ("open", "run")


def test_datasets_are_listed() -> None:
    import engine

    status, out, _ = here("datasets")
    assert status == 0
    lines = out.splitlines()
    assert lines[0].split() == ["name", "title", "rows", "×", "columns", "classes", "model"]
    assert len(lines) == 1 + len(engine.datasets())
    iris = next(line for line in lines if line.startswith("iris "))
    assert iris.split() == ["iris", "Iris", "flowers", "150", "×", "4", "3", "gmm"]
    found = json.loads(here("datasets", "--json")[1])
    assert [one["name"] for one in found] == [entry.key for entry in engine.datasets()]
    assert found[0]["classes"] == list(engine.load("iris").class_names)
    assert (found[0]["rows"], len(found[0]["columns"])) == (150, 4)


def test_models_are_listed_with_their_options() -> None:
    import engine

    status, out, _ = here("models")
    assert status == 0
    for name in engine.model_names():
        assert any(line.startswith(f"{name} ") for line in out.splitlines())
        for option in engine.model_class(name).options():
            assert f"  {option.name}={option.format(option.default)}" in out
            assert option.help in out
    found = {one["name"]: one for one in json.loads(here("models", "--json")[1])}
    assert tuple(found) == engine.model_names()
    coins = {option["name"]: option for option in found["coins"]["options"]}
    assert coins["n_components"]["minimum"] == 1
    assert coins["n_components"]["maximum"] is None


# any words at all

_KNOWN = (
    "coins ./coins iris run datasets models nosuch -k 2 3 0 --seed -1 --set init=points fixed_weights=yes n_trials=10 ="
    " --json --model gmm kmeans --columns sepal --standardize --algorithm hard stochastic --n-init --tol 1e-2 --stop"
    " seconds=0.01 iterations=2 --label heads --start x.json -- - --help --version"
)
_SAFE_WORDS = st.sampled_from(_KNOWN.split())
_WORDS = st.lists(_SAFE_WORDS | st.text(st.characters(exclude_characters="\0"), max_size=8), max_size=7)


@settings(max_examples=examples(150))
@given(_WORDS)
def test_any_words_end_in_a_status_and_at_most_one_sentence(words: list[str]) -> None:
    limit = ["--max-iter", "2"] if words[:1] == ["run"] else []
    status, _, err = here(*words[:1], *limit, *words[1:])
    assert status in (0, 2)
    assert err == "" if status == 0 else is_one_sentence(err)


@settings(max_examples=examples(300))
@given(st.lists(st.text(max_size=10), max_size=6))
def test_any_words_are_parsed_or_refused(words: list[str]) -> None:
    with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(UsageError, SystemExit):
        assert parse(words, version).command in ("open", "run", "datasets", "models")
