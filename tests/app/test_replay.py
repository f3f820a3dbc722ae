"""`emtui replay`: every published value ticks, and one that is wrong is found."""

from __future__ import annotations

import dataclasses
import json
import math

import pytest
from shell import here, is_one_sentence, shell

import engine.reference.published_values
from emtui.panes.model_form.model_form_fields import settings_from, texts_of
from emtui.spec.choose import choose
from emtui.spec.command_line import command_of
from engine.reference.many_splits import ManySplits
from engine.reference.network_exercise import network_exercise
from engine.reference.replay import Check, Walk, checks
from engine.reference.replays import replay, replay_named, replays

NAMES = ("coins", "linkage", "icecream", "deaths", "waiting", "iris")
# how many values there are, and how many of them the source did not print; one that is lost would not be missed
COUNTS = {"coins": 36, "linkage": 10, "icecream": 28, "deaths": 13, "waiting": 12, "iris": 10}
RECOMPUTED = {"coins": 27, "icecream": 27, "iris": 2}


def check(printed: str, computed: float) -> Check:
    return Check("a run", 1, "M", "theta", printed, computed)


@pytest.mark.parametrize("name", NAMES)
def test_every_published_value_ticks(name: str) -> None:
    status, out, err = here("replay", name)
    assert (status, err) == (0, "")
    assert "✗" not in out
    others = RECOMPUTED.get(name, 0)
    assert sum(line.endswith("✓") for line in out.splitlines()) == COUNTS[name] - others
    assert sum(line.endswith("✓ recomputed") for line in out.splitlines()) == others
    printed = COUNTS[name] - others
    assert (f"all {printed} values agree" if printed > 1 else "the value agrees") in out
    assert others == 0 or f"{'both' if others == 2 else f'all {others}'} recomputed values agree" in out
    assert max(map(len, out.splitlines())) <= 80


def test_the_real_command_replays_without_a_terminal_or_colours() -> None:
    done = shell("replay", "linkage", NO_COLOR="1")
    assert (done.returncode, done.stderr) == (0, "")
    assert ".626821484  ✓" in done.stdout
    assert "\x1b" not in done.stdout
    plain = shell("replay", "linkage", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert plain.returncode == 0
    assert plain.stdout.isascii()
    assert "?" not in plain.stdout
    assert plain.stdout.count("  ok\n") == COUNTS["linkage"]


def spoiled(monkeypatch: pytest.MonkeyPatch, name: str, quantity: str, printed: str) -> None:
    """Let one published number be another."""
    found = replay_named(name)

    def walks() -> tuple[Walk, ...]:
        first, *rest = found.walks()
        values = tuple(
            dataclasses.replace(value, printed=printed) if value.quantity == quantity else value
            for value in first.values
        )
        return (dataclasses.replace(first, values=values), *rest)

    other = dataclasses.replace(found, walks=walks)
    everything = tuple(other if one.name == name else one for one in replays())
    monkeypatch.setattr(engine.reference.published_values, "REPLAYS", everything)


def test_a_wrong_value_gets_a_cross_and_status_1(monkeypatch: pytest.MonkeyPatch) -> None:
    spoiled(monkeypatch, "linkage", "rate of convergence", ".1329")
    status, out, err = here("replay", "linkage")
    assert (status, err) == (1, "")
    (crossed,) = [line for line in out.splitlines() if line.endswith("✗")]
    assert "rate of convergence" in crossed
    assert ".1329" in crossed
    assert "0.13277" in crossed
    assert "✗ 1 of 10 values does not agree" in out
    status, out, _ = here("replay", "linkage", "--json")
    assert status == 1
    records = [json.loads(line) for line in out.splitlines()]
    assert [one["published"] for one in records[:-1] if not one["agrees"]] == [".1329"]
    assert records[-1] == {"replay": "linkage", "values": 10, "agree": 9, "recomputed": 0}


def test_json_is_one_object_a_value() -> None:
    status, out, _ = here("replay", "waiting", "--json")
    assert status == 0
    *values, last = [json.loads(line) for line in out.splitlines()]
    assert last == {"replay": "waiting", "values": len(values), "agree": len(values), "recomputed": 0}
    assert set(values[0]) == {
        "replay", "walk", "iteration", "phase", "quantity", "published", "recomputed", "computed", "agrees",
    }  # fmt: skip
    assert values[0]["phase"] == "init"
    assert values[0]["computed"] == pytest.approx(-1051.0896414205, abs=1e-10)
    assert [one["iteration"] for one in values] == sorted(one["iteration"] for one in values)


def test_without_a_name_they_are_listed_with_their_sources() -> None:
    status, out, _ = here("replay")
    assert status == 0
    for one in replays():
        assert one.name in (*NAMES, "network")
        assert one.title in out
        assert one.source in out
    assert max(map(len, out.splitlines())) <= 80
    listed = json.loads(here("replay", "--json")[1])
    assert [one["name"] for one in listed] == [*NAMES, "network"]
    assert all(one["source"] for one in listed)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["coin"], "did you mean coins?"),
        (["zzzz"], "choose coins, linkage, icecream, deaths, waiting, iris, network"),
        (["no\x1b[31m"], "there is no replay of 'no'"),
        (["coins", "linkage"], "takes one name"),
        (["coins", "--jsn"], "did you mean --json?"),
    ],
)
def test_bad_words_get_one_sentence(words: list[str], says: str) -> None:
    status, out, err = here("replay", *words)
    assert (status, out) == (2, "")
    assert is_one_sentence(err)
    assert says in err


@pytest.mark.parametrize(
    ("printed", "computed", "agrees", "shown"),
    [
        (".449149", 0.4491494, True, ".449149"),
        (".449149", 0.4491496, False, "0.4491496"),
        ("-1034.002", -1034.0024, True, "-1034.002"),
        ("-1034.002", -1034.0026, False, "-1034.0026"),
        ("-.5", -0.52, True, "-.5"),
        ("145", 145.0, True, "145"),
        ("145", 144.0, False, "144"),
        ("9.13e-19", 9.1276e-19, True, "9.13e-19"),
        ("9.13e-19", 9.1244e-19, False, "9.1244e-19"),
        (".3000", 0.3, True, ".3000"),
        (".0002", 0.000158, True, ".0002"),
        (".5", math.nan, False, "nan"),
        (".5", math.inf, False, "inf"),
    ],
)
def test_to_agree_is_to_round_to_the_printed_digits(printed: str, computed: float, agrees: bool, shown: str) -> None:
    one = check(printed, computed)
    assert one.agrees is agrees
    assert one.shown == shown


def test_a_value_that_is_never_reached_does_not_tick() -> None:
    (walk,) = replay_named("linkage").walks()
    later = dataclasses.replace(walk.values[0], iteration=999)
    (one,) = checks(dataclasses.replace(walk, values=(later,)))
    assert one.iteration == 999
    assert math.isnan(one.computed)
    assert not one.agrees


def test_from_python_it_is_an_iterator_of_checks() -> None:
    found = list(replay("coins"))
    assert len(found) == COUNTS["coins"]
    assert found[0].computed == pytest.approx(0.449149, abs=5e-7)


def test_an_algorithm_with_options_passes_through_shell_form_and_command() -> None:
    spec = choose("iris", algorithm="annealed:initial=8")
    texts = texts_of(spec)
    assert texts["algorithm"] == "annealed:initial=8"
    assert settings_from(spec, texts) == {}
    assert settings_from(spec, texts | {"algorithm": "squarem"}) == {"algorithm": "squarem"}
    assert "--algorithm annealed:initial=8" in command_of(spec)
    status, out, err = here("run", "deaths", "--algorithm", "squarem", "--stop", "parameters=1e-7")
    assert (status, err) == (0, "")
    assert "1.256" in out
    assert "2.663" in out


def fewer_splits(monkeypatch: pytest.MonkeyPatch, shows: bool = True) -> None:
    def splits() -> tuple[ManySplits, ...]:
        first, *rest = network_exercise(2)
        return (first if shows else dataclasses.replace(first, shows=lambda _: False), *rest)

    other = dataclasses.replace(replay_named("network"), splits=splits)
    everything = tuple(other if one.name == "network" else one for one in replays())
    monkeypatch.setattr(engine.reference.published_values, "REPLAYS", everything)


def test_a_network_from_many_splits_stands_beside_the_single_published_run(monkeypatch: pytest.MonkeyPatch) -> None:
    fewer_splits(monkeypatch)
    status, out, err = here("replay", "network")
    assert (status, err) == (0, "")
    assert "✓ as printed, the loss ends at ln 3 = 1.099 (± .01), chance: 2 of 2 splits" in out
    rows = [line for line in out.splitlines() if line.startswith("  published")]
    assert [row.split()[-3:] for row in rows] == [["1.143", ".665", ".9333"], ["1.180", ".465", ".9667"]]
    assert max(map(len, out.splitlines())) <= 80
    status, out, _ = here("replay", "network", "--json")
    *runs, last = [json.loads(line) for line in out.splitlines()]
    assert status == 0
    assert len(runs) == 8
    assert runs[0]["method"] == "EM as printed"
    assert abs(runs[0]["train_log_loss"] - math.log(3)) < 0.01 < runs[0]["start_log_loss"]
    assert runs[2]["published"]["train_log_loss"] == ".665"
    assert last["claims"][0]["show_it"] == last["claims"][0]["runs"] == 2


def test_what_is_not_shown_gets_a_cross_and_status_1(monkeypatch: pytest.MonkeyPatch) -> None:
    fewer_splits(monkeypatch, shows=False)
    status, out, _ = here("replay", "network")
    assert status == 1
    assert "✗ as printed" in out
    assert "0 of 2 splits" in out
