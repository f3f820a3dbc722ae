"""A folder of texts becomes documents × vocabulary."""

from __future__ import annotations

import numpy as np
import pytest

import engine
from engine.errors import DataError, EngineError, OptionError
from engine.readers.corpus import count_folder, count_words, read_corpus, text_files, words_of
from engine.readers.stop_words import STOP_WORDS


def folder(tmp_path, **texts):
    for name, text in texts.items():
        (tmp_path / f"{name}.txt").write_bytes(text if isinstance(text, bytes) else text.encode())
    return tmp_path


def test_words_are_runs_of_letters_in_lower_case():
    assert words_of("The cat's CAFÉ—don’t stop_here, 3 times! naïve Straße 한국어") == [
        "the", "cat's", "café", "don't", "stop", "here", "times", "naïve", "straße", "한국어",
    ]  # fmt: skip
    assert words_of("'quoted' end' \x1b[31mred\x1b[0m") == ["quoted", "end", "mred", "m"]


def test_counts_are_those_of_the_words(tmp_path):
    where = folder(tmp_path, b="Dog cat dog. The DOG!", a="cat and bird", c="bird bird; cat")
    found = count_folder(where, min_count=1)
    assert found.names == ("a", "b", "c")
    assert found.words == ("bird", "cat", "dog")  # as frequent: by the alphabet
    assert found.counts.toarray().tolist() == [[1, 1, 0], [0, 1, 3], [2, 1, 0]]
    assert found.n_left_out == 2
    assert "2 words that are stop words, rare or beyond the vocabulary were left out." in found.notes


def test_stop_words_rare_and_common_words_go():
    texts = ["the red ball", "the red car", "the blue red car x"]
    names = ["1", "2", "3"]
    assert count_words(texts, names, min_count=1).words == ("red", "car", "ball", "blue")
    assert count_words(texts, names, min_count=2, stop_words="none").words == ("red", "the", "car")
    assert count_words(texts, names, min_count=1, stop_words=["Red", "The"]).words == ("car", "ball", "blue")
    assert count_words(texts, names, min_count=1, max_share=0.9).words == ("car", "ball", "blue")
    assert count_words(texts, names, min_count=1, max_words=2).words == ("red", "car")
    assert {"the", "and", "don't"} <= STOP_WORDS


def test_a_corpus_is_a_data_set_for_topics(tmp_path):
    where = folder(tmp_path, one="cat dog cat dog", two="stock bond bond stock", three="", four="zebra")
    data = read_corpus(where)
    assert data.model == "topics"
    assert data.feature_names == ("bond", "cat", "dog", "stock")
    assert data.row_names == ("four", "one", "three", "two")
    assert data.X.tolist() == [[0, 0, 0, 0], [0, 2, 2, 0], [0, 0, 0, 0], [2, 0, 0, 2]]
    assert "three.txt is empty." in data.notes
    assert any("1 of 4 documents" in note and "no word of the vocabulary" in note for note in data.notes)
    run = engine.fit(engine.LatentDirichletAllocation(n_components=2), data.X, max_iter=20)
    labels = run.labels
    assert labels[1] != labels[3]


def test_encodings_are_found_or_given(tmp_path):
    where = folder(
        tmp_path,
        utf8="café café",
        mark=b"\xef\xbb\xbf" + "café".encode(),
        wide="café".encode("utf-16"),
        west="café crème".encode("cp1252"),
    )
    found = count_folder(where)
    assert found.words == ("café",)
    assert found.counts.toarray()[:, 0].tolist() == [1, 2, 1, 1]
    assert "'west.txt' as CP1252 was read: its encoding is a guess." in found.notes
    with pytest.raises(EngineError, match=r"west\.txt' can't be read as UTF-8"):
        count_folder(where, encoding="utf-8")


def test_names_and_words_bring_no_control_characters(tmp_path):
    (tmp_path / "bad\x1b[2Jname.txt").write_text("ding\x07 ding\x1b[31m and a long line of common words after it " * 2)
    data = read_corpus(tmp_path)
    for text in (*data.feature_names, *(data.row_names or ()), *data.notes):
        assert text.isprintable()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda where: where / "none", "There is no folder"),
        (lambda where: folder(where), "There is no *.txt file"),
        (lambda where: folder(where, a="the and of"), "no word of the 1 documents occurs 2 times"),
        (lambda where: folder(where, a=""), "no word of the 1 documents"),
        (
            lambda where: folder(where, a="word word", b=b"%PDF-1.4 x"),
            "looks like a PDF document, not plain text: save it as text, or take it out",
        ),
        (lambda where: folder(where, a=bytes(range(256))), "looks like a binary file"),
    ],
    ids=["missing", "empty", "stop words", "no words", "pdf", "binary"],
)
def test_what_is_no_corpus_gets_a_sentence(tmp_path, make, said):
    with pytest.raises(DataError) as caught:
        read_corpus(make(tmp_path))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_that_cannot_be_listed_is_not_called_empty(tmp_path, monkeypatch):
    def listdir(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.listdir", listdir)
    with pytest.raises(DataError, match=r"can't be read \(permission denied\): check the name and its permissions"):
        read_corpus(folder(tmp_path, a="word word"))


@pytest.mark.parametrize(
    "options",
    [{"min_count": 0}, {"max_words": 0}, {"max_share": 0.0}, {"max_share": True}, {"stop_words": "klingon"}],
    ids=str,
)
def test_options_that_cannot_be_get_a_sentence(options):
    with pytest.raises(OptionError):
        count_words(["a word"], ["1"], **options)


def test_too_many_cells_for_a_table_are_refused_but_counted(tmp_path, monkeypatch):
    monkeypatch.setattr("engine.readers.corpus._MOST_CELLS", 5)
    where = folder(tmp_path, a="cat dog bird fish " * 2, b="cat dog bird fish")
    with pytest.raises(DataError, match="set max_words to 2 or fewer"):
        read_corpus(where)
    counts = count_folder(where).counts
    assert counts.shape == (2, 4)
    assert np.isfinite(engine.fit(engine.LatentDirichletAllocation(n_components=2), counts, max_iter=2).step.objective)


def test_the_documents_of_a_folder_are_its_texts_by_name(tmp_path):
    for name in ("b.txt", "a.txt", ".hidden.txt", "c.csv"):
        (tmp_path / name).write_text("x")
    (tmp_path / "folder.txt").mkdir()
    assert [path.name for path in text_files(tmp_path)] == ["a.txt", "b.txt"]
    assert [path.name for path in text_files(tmp_path, "*.csv")] == ["c.csv"]
    with pytest.raises(DataError, match=r"There is no \*\.md file"):
        text_files(tmp_path, "*.md")
