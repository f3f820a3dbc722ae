"""The worked word of a document: its numbers are the model's, and `,` `.` walk through the words that occur."""

from __future__ import annotations

import re

import numpy as np
import pytest
from driving import driving
from rich.cells import cell_len
from view_frames import session_of

from emtui.charts.colors import DARK
from emtui.panes.why.subjects.parameter import ParameterSubject
from emtui.panes.why.subjects.row import RowSubject
from emtui.panes.why.subjects.subject import Chosen, Subject
from emtui.panes.why.why import WhyPane, why_lines
from emtui.session.queries import ParameterWorked, RowWorked, answer
from emtui.session.session import Session
from emtui.spec.choose import choose
from emtui.views import view_for
from emtui.views.entry_cursor import ParameterNames
from engine.editing.entries import entry_named
from engine.models.topics.model import LatentDirichletAllocation

SIZES = [(120, 40), (80, 24)]
HOSTILE = ("[bold]", "\x1b[2J\x07x", "헌법", "宪法修正案的一个很长的词", "word 3", "x" * 90)


def pane_of(app):
    return app.app.screen.query_one(WhyPane)


def squeezed(text):
    """The text without line ends and frames, so that what was wrapped reads on."""
    return " ".join(re.sub(r"[│╭╮╰╯─▁▂▃▄▅▆▇█]", " ", text).split())


def lines_of(snapshot, query, width, height=9):
    subject: Subject = RowSubject()
    chosen = Chosen(row=0)
    if isinstance(query, ParameterWorked):
        entry = entry_named(snapshot.spec.model, snapshot.step.params, query.name)
        subject, chosen = ParameterSubject(), Chosen(names=ParameterNames((entry,)))
    cells = why_lines(snapshot, subject, chosen, answer(query, snapshot.step), height, width, DARK)
    return ["".join(text for text, _ in cell) if isinstance(cell, tuple) else cell for cell in cells]


@pytest.mark.parametrize("size", SIZES)
async def test_a_documents_word_is_worked_out(size):
    async with driving(choose("federalist"), size=size) as app:
        await app.send("n", "e", "9", "d")
        pane, snapshot = pane_of(app), app.snapshot
        row, word = pane._row, pane._word
        assert row == int(snapshot.responsibilities.max(axis=1).argmin())
        counts = snapshot.spec.dataset.X[row]
        assert counts[word] == counts.max()
        name = snapshot.spec.dataset.feature_names[word]
        assert f"word '{name}'" in app.text
        text = squeezed(await app.press("z"))
        assert f"E-step of word '{name}' in paper {snapshot.spec.dataset.row_name(row)}" in text
        assert "p(word | topic) · exp(E ln θ)" in text
        topics = snapshot.step.params_q.topics[:, word]
        assert f"● 1 {topics[0]:.4g} ·" in text
        text = squeezed(app.text + await app.press("pagedown") + await app.press("pagedown"))
        placed = snapshot.step.problem.model.word_topics(snapshot.step.params_q, snapshot.step.problem.data, row)
        phi = placed[list(snapshot.step.problem.data.X[[row]].indices).index(word)] / counts[word]
        assert f"= {phi[0]:.4g}" in text and f"= {phi[7]:.4g}" in text


@pytest.mark.parametrize("size", SIZES)
async def test_commas_and_full_stops_walk_through_the_words(size):
    async with driving(choose("federalist"), size=size) as app:
        await app.send("n", "e", "9", "d", "z")
        pane, data = pane_of(app), app.snapshot.spec.dataset
        first, row = pane._word, pane._row
        text = await app.press("full_stop")
        second = pane._word
        assert data.X[row][first] >= data.X[row][second] > 0 and second != first
        assert f"word '{data.feature_names[second]}'" in text
        assert pane.subject == "row" and pane._row == row
        await app.send("comma")
        assert pane._word == first
        await app.send("comma")
        assert data.X[row][pane._word] == data.X[row][data.X[row] > 0].min()
        await app.send("full_stop", "full_stop", "down")
        assert pane._row == row + 1 and pane._word == (second if data.X[row + 1][second] else pane._word)
        assert data.X[row + 1][pane._word] > 0
        assert ", . word" in app.text
        await app.send("d")
        assert "M-step to come" in app.text


async def test_where_rows_have_no_words_the_keys_go_to_the_parameters():
    async with driving() as app:
        await app.send("n", "e", "9", "d")
        assert ", . word" not in app.text
        await app.send("full_stop")
        assert pane_of(app).subject == "M-step"


async def test_before_the_first_e_step_it_says_what_is_missing():
    async with driving(choose("bars"), size=(80, 24)) as app:
        text = squeezed(await app.press("9", "d", "z"))
        assert "There are no responsibilities before the first E-step" in text
        assert "An M-step needs responsibilities" in squeezed(await app.press("d"))


@pytest.mark.parametrize("settings", [{}, {"e_step": "gibbs"}, {"learn_alpha": "yes"}])
@pytest.mark.parametrize("algorithm", ["classic", "hard", "stochastic", "annealed"])
def test_every_topics_m_step_ends_at_the_parameter(settings, algorithm):
    session = Session(choose("bars", algorithm=algorithm, settings=settings))
    for _ in range(4):
        session.take()
    snapshot = session.snapshot()
    for name in ("topics[0,0]", "topics[9,24]", "alpha[3]"):
        last = lines_of(snapshot, ParameterWorked(name), 60)[-1]
        entry = entry_named(snapshot.spec.model, snapshot.step.params, name)
        value = getattr(snapshot.step.params, entry.path)[entry.index]
        assert float(last.rsplit("= ", 1)[1].replace("−", "-")) == pytest.approx(value, rel=1e-3)


@pytest.mark.parametrize("width", [12, 24, 38, 76])
def test_names_of_any_kind_stay_in_their_lines(width):
    X = np.random.default_rng(0).poisson(1.0, (12, 6)) + (np.arange(6) == np.arange(12)[:, None] % 6)
    data = {"feature_names": HOSTILE, "row_names": tuple(HOSTILE * 2)}
    session = session_of(X.astype(float), LatentDirichletAllocation(2), data=data)
    for _ in range(3):
        session.take()
    snapshot = session.snapshot()
    view = view_for(snapshot.spec.model)
    for row in range(6):
        words = view.words(snapshot, row)
        assert sorted(words) == list(np.flatnonzero(X[row]))
        for word in words:
            lines = lines_of(snapshot, RowWorked(row, word), width)
            assert all(cell_len(text) <= width and text.isprintable() for text in lines)
            told = "".join(lines).replace(" ", "")
            if word == 4:
                assert "word3occurs" in told  # its name, and not the third word's
    shown = "".join(lines_of(snapshot, ParameterWorked("topics[1,0]"), width)).replace(" ", "")
    assert "document" in shown


def test_an_empty_document_has_the_priors_mixture():
    X = np.array([[3.0, 1.0, 0.0], [0.0, 0.0, 0.0], [0.0, 1.0, 2.0]])
    session = session_of(X, LatentDirichletAllocation(2, alpha=0.5))
    session.take()
    snapshot = session.snapshot()
    assert view_for(snapshot.spec.model).words(snapshot, 1) == ()
    text = " ".join(lines_of(snapshot, RowWorked(1), 60))
    assert "γ = α" in text and "0.5 / 1" in text
