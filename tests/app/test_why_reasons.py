"""The reasons in the why pane: of every model, at two widths, and walked to by keys."""

from __future__ import annotations

import re

import pytest
from choosing import chosen
from driving import driving
from rich.cells import cell_len

from emtui.charts.colors import DARK
from emtui.panes.why.subjects.registry import SUBJECTS
from emtui.panes.why.subjects.subject import Chosen
from emtui.session.queries import answer
from emtui.session.session import Session
from emtui.spec.choose import choose
from emtui.views.entry_cursor import parameter_names
from emtui.widgets.table_columns import plain

REASONS = ("why Q", "balance", "rise", "lambda", "shares")
RUNS = {
    "full": {"data": "iris"},
    "one column": {"data": "iris", "model": "gmm", "settings": {"covariance_type": "tied"}},
    "coins": {"data": "coins"},
    "answers": {"data": "films"},
    "counts": {"data": "deaths"},
    "linkage": {"data": "linkage"},
    "diary": {"data": "icecream"},
    "walk": {"data": "hmm_gaussian"},
    "topics": {"data": "federalist", "k": 3},
    "network": {"data": "iris", "model": "mlp", "k": 2},
    "experts": {"data": "iris", "model": "experts", "k": 2},
    "centres": {"data": "iris", "model": "kmeans"},
}


def told(session: Session, name: str, width: int, chosen_name: str | None = None) -> list[str]:
    """The lines of a reason, or its refusal."""
    snapshot = session.snapshot()
    subject = next(one for one in SUBJECTS if one.name == name)
    about = Chosen(0, None, parameter_names(snapshot, None))
    refusal = subject.refusal(snapshot, about)
    if refusal:
        return [refusal]
    query = subject.query(snapshot, about)
    assert query is not None
    lines = subject.lines(snapshot, about, answer(query, snapshot.step), width, DARK)
    assert all(title for title in subject.titles(snapshot, about, DARK, 60))
    return [plain(line) for line in lines]


@pytest.mark.parametrize("run", RUNS)
def test_every_reason_fits_and_is_said_or_refused_in_a_sentence(run: str) -> None:
    session = Session(choose(**RUNS[run]))
    for name in REASONS:
        assert told(session, name, 76) in (["there is no q before the first E-step: press e"],)
    for _ in range(3):
        session.take()
        for name in REASONS:
            for width in (76, 38):
                lines = told(session, name, width)
                assert all(cell_len(line) <= width for line in lines), lines
                assert not any("nan" in line for line in lines), lines


def test_nothing_hidden_has_no_reasons() -> None:
    session = Session(chosen("iris", model="backprop"))
    session.take_iteration()
    for name in REASONS:
        assert told(session, name, 76) == ["nothing is hidden in this model: it has no q, and so no Q"]


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_d_walks_through_the_reasons(size: tuple[int, int]) -> None:
    async with driving(choose("coins"), size=size) as app:
        await app.send("n", "n", "9", "z")
        seen = []
        for _ in SUBJECTS:
            await app.send("d")
            seen += re.findall(r"(\d+) of \d+", app.text.splitlines()[1])[:1]
            if "Δ ln p" in app.text.splitlines()[1]:
                assert "Δ ln p(X | θ) = ΔQ + ΔKL" in app.text
        assert len(set(seen)) == len(SUBJECTS)
