"""Topics as words and pictures, a document in the colours of its topics, and all of the mixtures."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from choosing import chosen
from view_frames import catalogue, session_of, snapshots, walked

import engine
from emtui.charts.colors import DARK
from emtui.charts.scene import Dots, Mark, PixelImage, Prose, Scene
from emtui.charts.scene_drawing import draw_scene
from emtui.exports.scripts.run_script import script_text
from emtui.session.session import Session
from emtui.spec.choose import choose
from emtui.views import view_for
from engine.errors import DataError

VIEW = view_for("topics")


def words_in(scene: Scene) -> list[list[str]]:
    prose = next(layer for layer in scene.layers if isinstance(layer, Prose))
    return [[word for word, _ in paragraph] for paragraph in prose.paragraphs]


def test_every_topic_has_a_paragraph_of_its_likeliest_words() -> None:
    snapshot = catalogue("federalist", 6)
    names, topics = snapshot.spec.dataset.feature_names, snapshot.step.params.topics
    paragraphs = words_in(VIEW.scene(snapshot, VIEW.axes(snapshot)[0], DARK))
    assert len(paragraphs) == 8
    for k, (head, share, *words) in enumerate(paragraphs):
        assert head == f"{DARK.marker(k)} {k + 1}"
        assert float(share) == pytest.approx(snapshot.step.posterior.responsibilities[:, k].mean(), abs=6e-3)
        assert words == [names[v] for v in np.argsort(-topics[k], kind="stable")[:40]]


def test_the_first_topics_have_no_share_yet() -> None:
    snapshot = catalogue("federalist", 0)
    assert words_in(VIEW.scene(snapshot, VIEW.axes(snapshot)[0], DARK))[0][0] == f"{DARK.marker(0)} 1"
    assert not words_in(VIEW.scene(snapshot, VIEW.axes(snapshot)[0], DARK))[0][1].startswith(".")
    mixtures = VIEW.scene(snapshot, VIEW.axes(snapshot)[2], DARK)
    assert (mixtures.layers, mixtures.empty) == ((), "press e: the mixtures are not known yet")


@pytest.mark.parametrize("e_step", ["variational", "gibbs"])
def test_a_documents_words_stand_under_their_topics(e_step: str) -> None:
    snapshot = catalogue("federalist", 5, settings={"e_step": e_step})
    row = 9
    step: Any = snapshot.step
    placed = step.problem.model.word_topics(step.params_q, step.problem.data, row, step.inference)
    document = step.problem.data.X[[row]]
    names = [snapshot.spec.dataset.feature_names[v] for v in document.indices]
    paragraphs = words_in(VIEW.scene(snapshot, VIEW.axes(snapshot)[1], DARK, highlight=row))
    counted: dict[str, float] = {}
    for head, share, *words in paragraphs:
        k = int(head.split()[1]) - 1
        assert float(share) == pytest.approx(placed[:, k].sum() / placed.sum(), abs=6e-3)
        for word in words:
            name, _, times = word.partition("×")
            amount = float(times or 1)
            counted[name] = counted.get(name, 0.0) + amount
            cell = placed[names.index(name)]
            if e_step == "gibbs":
                assert cell[k] == amount
            else:
                assert cell.argmax() == k
    assert counted == dict(zip(names, document.data.tolist(), strict=True))


def test_the_chosen_document_is_named() -> None:
    snapshot = catalogue("federalist", 1)
    assert VIEW.scene(snapshot, VIEW.axes(snapshot)[1], DARK, highlight=9).x_label.startswith("No. 10 (Madison)")
    assert VIEW.scene(snapshot, VIEW.axes(snapshot)[1], DARK).x_label.startswith("No. 1 (Hamilton)")


def test_mixtures_are_bands_and_a_click_chooses_a_document() -> None:
    snapshot = catalogue("federalist", 3)
    axes = VIEW.axes(snapshot)[2]
    scene = VIEW.scene(snapshot, axes, DARK, highlight=3)
    bands = [layer for layer in scene.layers if isinstance(layer, PixelImage)]
    np.testing.assert_array_equal(np.vstack([band.values for band in bands]).T, snapshot.responsibilities)
    assert VIEW.row_at(snapshot, axes, 12.2, -3.0) == 11
    assert VIEW.row_at(snapshot, axes, float("nan"), 0.0) is None
    assert VIEW.row_at(snapshot, VIEW.axes(snapshot)[0], 12.2, 0.0) is None


def test_a_topics_page_has_its_words_as_bars_beside_the_other_topics() -> None:
    snapshot = catalogue("federalist", 4)
    axes = VIEW.axes(snapshot)[3 + 2]
    assert VIEW.caption(snapshot, axes) == "topic 3: its likeliest words"
    scene = VIEW.scene(snapshot, axes, DARK)
    bars = [layer for layer in scene.layers if isinstance(layer, PixelImage)]
    dots = next(layer for layer in scene.layers if isinstance(layer, Dots))
    assert scene.y_ticks is not None
    names, topics = list(snapshot.spec.dataset.feature_names), snapshot.step.params.topics
    for bar, (y, word) in zip(bars, scene.y_ticks, strict=True):
        v = names.index(word)
        assert bar.extent[1] == topics[2, v]
        assert sorted(dots.x[dots.y == y]) == sorted(np.delete(topics[:, v], 2))


def test_pixels_are_pictures() -> None:
    snapshot = catalogue("bars", 4)
    assert len(VIEW.axes(snapshot)) == 3
    rasters = [x for x in VIEW.scene(snapshot, VIEW.axes(snapshot)[0], DARK).layers if isinstance(x, PixelImage)]
    topics = snapshot.step.params.topics
    np.testing.assert_allclose([r.values.ravel() for r in rasters], topics / topics.max(axis=1, keepdims=True))
    row = 7
    scene = VIEW.scene(snapshot, VIEW.axes(snapshot)[1], DARK, highlight=row)
    counts = snapshot.spec.dataset.X[row]
    ink = [x for x in scene.layers if isinstance(x, PixelImage)]
    assert [float(r.values[0, 0]) for r in ink] == (counts[counts > 0] / counts.max()).tolist()
    assert sum(isinstance(x, Mark) for x in scene.layers) == (counts > 0).sum()


def test_the_sentences_are_of_topics_documents_and_the_bound() -> None:
    start, after_e, after_m = (VIEW.sentence(snapshot) for snapshot in snapshots(Session(choose("federalist")), 2))
    assert start == (
        "Eight topics start from nearly the same random words; no word has been given to a topic yet: press e."
    )
    assert "topic 1 has the most papers" in after_e.lower() or " has the most papers" in after_e
    assert "the bound" in after_e
    assert re.search(r"^Topic \d changed most: its probability of [a-z]+ (rose|fell) from", after_m)
    assert re.search(r"the bound with the log prior \+[\d,.]+\.$", after_m)
    for text in (start, after_e, after_m):
        assert "–" not in text and "undefined" not in text and "log-likelihood" not in text
    drawn = VIEW.sentence(catalogue("bars", 1, settings={"e_step": "gibbs"}))
    assert drawn.endswith(", a topic having been drawn for each word.")
    hard = VIEW.sentence(walked(Session(choose("bars", algorithm="hard")), 1))
    assert hard.endswith(", each word going wholly to its likeliest topic.")


def test_the_table_has_alpha_and_the_words_and_says_the_perplexity() -> None:
    snapshot = catalogue("bars", 3, settings={"held_out": "0.1"})
    table = VIEW.parameters(snapshot)
    assert [row.name for row in table.rows] == ["alpha", *snapshot.spec.dataset.feature_names]
    shown = np.array([[float(cell.text) for cell in row.cells] for row in table.rows])
    np.testing.assert_allclose(shown[1:], snapshot.step.params.topics.T, atol=5.1e-4)
    data: Any = snapshot.step.problem.data
    words = data.lengths[~data.held_out].sum()
    assert f"Perplexity at most {np.exp(-snapshot.record.elbo / words):.4g} where fitted" in table.note
    held_out = engine.perplexity(snapshot.spec.model, snapshot.step.params, data.X[np.flatnonzero(data.held_out)])
    assert f"at most {held_out:.4g} on the 40 documents kept out" in table.note
    many = VIEW.parameters(catalogue("federalist", 0))
    assert len(many.rows) == 201
    assert many.note == "Probabilities of the 200 most frequent of 500 words, a column for each topic."
    detail = VIEW.detail(snapshot, 2)
    assert detail is not None
    likeliest = int(snapshot.step.params.topics[2].argmax())
    assert detail.rows[0].name == snapshot.spec.dataset.feature_names[likeliest]


@pytest.mark.parametrize("e_step", ["variational", "gibbs"])
@pytest.mark.parametrize(
    "X",
    [[[3.0]], [[0.0, 2.0], [0.0, 0.0]], np.eye(40), np.full((4, 9), 2.0)],
    ids=["one", "empty", "many", "alike"],
)
def test_odd_documents_are_drawn_at_every_size(X: list[list[float]], e_step: str) -> None:
    session = session_of(np.array(X), engine.LatentDirichletAllocation(n_components=3, e_step=e_step))
    for snapshot in snapshots(session, 4):
        for axes in VIEW.axes(snapshot):
            for width, height in ((60, 20), (30, 8), (12, 5), (1, 1)):
                draw_scene(VIEW.scene(snapshot, axes, DARK, highlight=len(X) - 1), width, height, DARK)
        assert VIEW.sentence(snapshot).endswith(".")
        assert VIEW.parameters(snapshot).rows


def test_a_folder_of_texts_is_a_source(tmp_path: Path) -> None:
    for i in range(4):
        (tmp_path / f"pets{i}.txt").write_text("cat dog cat dog bird")
        (tmp_path / f"money{i}.txt").write_text("stock bond stock bond bank")
    spec = choose(str(tmp_path), k=2)
    assert spec.model.name == "topics"
    session = Session(spec)
    snapshot = walked(session, 40)
    assert snapshot.labels is not None
    assert len(set(snapshot.labels[:4])) == len(set(snapshot.labels[4:])) == 1
    assert "engine.read_corpus(" in script_text(spec, session.timeline.steps)
    assert chosen(str(tmp_path), columns=["cat", "stock"]).dataset.feature_names == ("cat", "stock")
    with pytest.raises(DataError, match="leave out --label"):
        chosen(str(tmp_path), label="cat")
