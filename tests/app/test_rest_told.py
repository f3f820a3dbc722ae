"""What the app and the shell say where a run rests: a maximum, or a saddle or a plateau with the keys that leave it."""

from __future__ import annotations

import pytest
from choosing import chosen
from driving import driving
from shell import ROOT, here
from walking import walked

from emtui.charts.colors import DARK
from emtui.cli.run_report import heading
from emtui.panes.convergence.convergence_sentences import Measured
from emtui.panes.convergence.convergence_text import entries
from emtui.session.session import Session
from emtui.spec.choose import choose
from emtui.views import view_for
from engine.analysis.convergence import convergence_of

ALIKE = {"settings": {"init": "responsibilities"}}


def said_of(session):
    snapshot = session.snapshot()
    convergence = convergence_of(session.timeline.steps, session.spec.tol)
    lines = entries(snapshot, convergence, Measured(), DARK)
    return view_for(snapshot.spec.model).sentence(snapshot), "; ".join(f"{label} {text}" for label, text in lines)


def test_components_that_coincide_are_a_plateau_with_the_keys_that_leave_it():
    sentence, pane = said_of(walked("two_gaussians", **ALIKE))
    assert "Stopped at a " in sentence
    assert "components 1 and 2 coincide" in sentence
    assert "E pushes it off (the mean of component " in sentence
    assert "start kmeans or points (pane 7) begins elsewhere" in sentence
    assert "coincide" in pane
    assert "push it off: E, the mean of component " in pane
    assert "another kind of start in pane 7 (kmeans or points)" in pane
    assert "onverged" not in sentence + pane


def test_a_network_at_chance_is_told_to_standardize():
    sentence, pane = said_of(walked("wine", model="mlp", settings={"m_step": "newton"}, seed=3, test_share=0.0))
    assert "nothing was learned" in sentence
    assert "N standardizes" in sentence
    assert "N standardizes" in pane
    assert "onverged" not in sentence + pane


def test_a_look_goes_on_with_the_step_that_is_shown_and_the_step_says_what_was_found():
    session = Session(choose("iris"))
    for _ in session.run_on():
        pass
    here, place = session.timeline.current, session.timeline.cursor
    session.advance_rest()
    session.timeline.move(-1)
    assert not session.rest_is_due
    session.timeline.move(1)
    while session.rest_is_due:
        session.advance_rest()
    told = session.timeline.current
    assert (session.timeline.cursor, told.params) == (place, here.params)
    assert told.rest.kind == "maximum"
    assert session.snapshot().record == session.snapshot().records[place]


async def test_the_app_looks_in_the_background():
    async with driving() as app:
        assert "Converged" in await app.press("c")
        assert app.snapshot.step.rest.kind == "maximum"
        assert "a maximum" in app.text


def test_the_shell_says_it_and_what_to_try():
    status, out, _ = here("run", "two_gaussians", "--set", "init=responsibilities")
    assert status == 0
    assert "stopped after" in out
    assert "plateau" in out or "saddle" in out
    assert "try --set init=kmeans" in out
    assert "converged" not in out


IMPOSSIBLE = {
    "model": "hmm", "columns": ["sym"], "start_file": str(ROOT / "tests" / "files" / "impossible_start.json")
}  # fmt: skip


@pytest.mark.parametrize(
    ("source", "how", "words", "kind"),
    [
        ("two_gaussians", ALIKE, ["--set", "init=responsibilities"], "a saddle: components 1 and 2 coincide"),
        (
            str(ROOT / "tests" / "files" / "impossible_start.csv"),
            IMPOSSIBLE,
            ["--model", "hmm", "--columns", "sym", "--start", IMPOSSIBLE["start_file"]],
            "a saddle: states 1 and 2 could as well be one",
        ),
    ],
)
def test_the_app_and_the_shell_call_it_the_same(source, how, words, kind):
    session = Session(chosen(source, **how))
    for _ in session.run_on():
        pass
    while session.rest_is_due:
        session.advance_rest()
    said = session.timeline.current.stop_reason
    assert said.startswith(kind)
    assert said in here("run", source, *words)[1]


def test_before_the_rate_is_steady_it_is_too_soon_to_say():
    _, pane = said_of(walked("iris", 4))
    assert "too soon to say" in pane


@pytest.mark.parametrize(
    ("source", "how", "why"),
    [
        ("iris", {}, ""),
        ("iris", {"algorithm": "squarem"}, ""),
        ("iris", {"algorithm": "hard"}, "the bound alone has to rise"),
        ("iris", {"algorithm": "stochastic"}, "draws at random"),
        ("iris", {"algorithm": "annealed"}, "until the temperature is 1"),
        ("bars", {"settings": {"e_step": "gibbs"}}, "draws at random"),
        ("iris", {"model": "mlp", "settings": {"m_step": "gradient"}}, "a step along the gradient may be too long"),
        ("iris", {"model": "mlp", "settings": {"m_step": "newton"}}, ""),
    ],
)
def test_a_run_that_promises_no_ascent_says_so_at_its_start(source, how, why):
    session = walked(source, 0, **how)
    snapshot = session.snapshot()
    sentence = view_for(snapshot.spec.model).sentence(snapshot)
    for said in (sentence, " ".join(heading(snapshot.spec)[:2])):
        assert ("he objective may fall" in said) == bool(why)
        assert why in said


def test_a_network_whose_classes_are_told_apart_has_not_converged():
    settings = {"m_step": "newton"}
    sentence, pane = said_of(walked("iris", model="mlp", settings=settings, test_share=0.0, max_iter=500))
    assert "the likelihood has no maximum" in sentence
    assert "a weight_decay above 0 would hold them" in sentence
    assert "weights that are held: weight decay above 0" in pane
    assert "onverged" not in sentence + pane
    status, out, _ = here("run", "iris", "--model", "mlp", "--set", "m_step=newton", "--max-iter", "500")
    assert status == 0
    assert "the likelihood has no maximum" in out
    assert "no maximum: try --set weight_decay=0.1" in out
    assert "converged" not in out


def test_a_start_that_leads_there_again_is_not_told(tmp_path):
    file = tmp_path / "coin.csv"
    file.write_text("side\n" + "\n".join("011010011100" * 8) + "\n")
    sentence, pane = said_of(walked(str(file), model="hmm"))
    assert "states 1 and 2 coincide" in sentence and "E pushes it off (" in sentence
    assert "start" not in sentence and "start" not in pane.lower()
    _, out, _ = here("run", str(file), "--model", "hmm")
    assert "try a push by hand (in the app, E; here, --start)" in out and "another start" not in out
