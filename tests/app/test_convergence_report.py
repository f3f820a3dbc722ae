"""What `emtui run` says of the way to rest."""

import json

import pytest
from shell import here
from walking import walked

from emtui.cli import run_summary
from emtui.cli.convergence_report import convergence_lines
from engine.analysis.classic_end import classic_end
from engine.analysis.convergence import convergence_of


def said(source, **how):
    session = walked(source, **how)
    steps = session.timeline.steps
    return convergence_lines(convergence_of(steps, session.spec.tol), steps[-1], session.spec)


def test_slow_runs_say_why_and_what_helps():
    assert said("deaths", tol=1e-9) == [
        "rate 0.9959 by moves, 0.9960 by gains: about 99.6 % of the information is missing, or more",
        "slow (1,213 iterations to below 1e-09): components 1 and 2 overlap (0.49); try --algorithm squarem",
    ]
    assert said("deaths", tol=1e-7, max_iter=1000)[1] == "slow: components 1 and 2 overlap (0.52)"  # a maximum
    lines = said("iris", model="mlp", max_iter=60)
    assert lines[0].endswith("by gains: steady") and lines[1].endswith("try --set m_step=newton")


def test_quick_runs_say_the_rate_alone_and_runs_without_one_nothing():
    assert said("linkage") == [
        "rate 0.133 by moves, 0.133 by gains: about 13.3 % of the information is missing, or more"
    ]
    assert said("deaths", stop="objective=1e-6") == ["rate 0.913 by moves, 0.877 by gains: not steady yet"]
    assert said("iris", k=1) == said("iris", algorithm="hard") == said("iris", model="kmeans") == []


def test_it_stands_below_the_criteria():
    status, out, _ = here("run", "deaths")
    lines = out.splitlines()
    place = next(i for i, line in enumerate(lines) if line.startswith("rate "))
    assert status == 0 and lines[place - 2].startswith("AIC ") and lines[place - 1].startswith("ICL ")


@pytest.mark.parametrize("words", [("deaths",), ("iris", "--algorithm", "hard"), ("iris", "-k", "1")])
def test_json_has_the_numbers_by_the_engines_names(words):
    status, out, _ = here("run", *words, "--json")
    found = json.loads(out.splitlines()[-1])["convergence"]
    assert status == 0
    told = walked(words[0], **({"algorithm": "hard"} if "hard" in words else {"k": 1} if "-k" in words else {}))
    expected = convergence_of(told.timeline.steps)
    assert found["kind"] == expected.kind and found["steps_to_go"] == expected.steps_to_go
    for name in ("rate", "from_gains", "change", "still_to_gain", "missing_information"):
        value = getattr(expected, name)
        assert found[name] == (None if value != value else pytest.approx(value, rel=1e-12)), name
    if expected.overlap is not None:
        assert found["overlap"]["confusion"] == pytest.approx(expected.overlap.confusion, rel=1e-12)


def test_annealed_em_that_ended_lower_says_where_classic_em_ends():
    words = ("run", "icecream", "--algorithm", "annealed:initial=4")
    said = "classic EM from the same start ends at an objective of -35.33"
    out = here(*words)[1]
    assert said in out and "higher by 2.68" in out
    assert any(said in remark for remark in json.loads(here(*words, "--json")[1].splitlines()[-1])["remarks"])
    for not_lower in (("run", "iris", "--algorithm", "annealed"), ("run", "icecream")):
        assert "classic EM" not in here(*not_lower)[1]


def test_annealed_em_is_compared_for_no_more_passes_than_it_took(monkeypatch):
    taken = []
    monkeypatch.setattr(run_summary, "classic_end", lambda *given: taken.append((given[0], classic_end(*given))))
    here("run", "deaths", "--algorithm", "annealed", "--tol", "0", "--max-iter", "30")
    [(last, classic)] = taken
    assert classic.evaluations <= last.evaluations
    assert classic.problem.algorithm.name == "classic"
