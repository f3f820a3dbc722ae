"""`emtui run --words`: a step in words says what the panes say, for every model, and nothing for eyes alone."""

import re

import pytest
from shell import here

from emtui.cli.step_words import step_words
from emtui.panes.why.ledger_text import entries
from emtui.session.session import Session
from emtui.spec.choose import choose
from emtui.views.edit_sentences import step_sentence

RUNS = {
    "iris": {}, "coins": {}, "icecream": {}, "films": {}, "linkage": {}, "deaths": {}, "bars": {},
    "xor": {"model": "mlp"}, "votes": {}, "hmm_gaussian": {},
}  # fmt: skip
FOR_EYES = re.compile("[─-◿★☆✚▸⠀-⣿\x00-\x1f\x7f]")


@pytest.mark.parametrize("source", RUNS)
def test_every_step_is_told_whole(source: str) -> None:
    session = Session(choose(source, **RUNS[source]))
    for _ in range(4):
        session.take()
        snapshot = session.snapshot()
        lines = list(step_words(snapshot))
        text = "\n".join(lines)
        assert lines[0] == f"iteration {snapshot.step.iteration}, {snapshot.step.phase}-step."
        assert step_sentence(snapshot) in lines[1] and "press e" not in text and "pane 7" not in lines[1]
        assert not FOR_EYES.search("".join(lines))
        assert all(f"{entry.name} " in text for entry in entries(snapshot))
        heads = {line.partition(":")[0] for line in lines[2:]}
        assert (
            {"why", "parameters", "convergence"} <= heads <= {"why", "parameters", "rows", "agreement", "convergence"}
        )


def test_numbers_are_those_of_the_step() -> None:
    session = Session(choose("iris", model="gmm"))
    for _ in range(3):
        session.take()
    snapshot, text = session.snapshot(), "\n".join(step_words(session.snapshot()))
    assert f"log-likelihood {snapshot.step.log_likelihood:.6f}" in text
    assert f"weight .{1000 * snapshot.step.params.weights[1]:03.0f}" in text
    shares = snapshot.responsibilities
    assert shares is not None
    doubtful = (shares.max(axis=1) < 0.8).sum()
    assert f"rows: {doubtful} rows in doubt" in text
    agreement = snapshot.agreement
    assert agreement is not None and f"EM {agreement.hits}/150" in text


def test_the_shell_says_every_step() -> None:
    status, out, error = here("run", "coins", "--words", "--max-iter", "3")
    assert (status, error) == (0, "")
    assert [line for line in out.splitlines() if line.startswith("iteration ")] == [
        "iteration 0, the start.",
        *(f"iteration {t}, {phase}-step." for t in (1, 2, 3) for phase in "EM"),
    ]
    assert "stopped after 3 iterations" in out
    assert here("run", "coins", "--words", "--json")[0] == 2
