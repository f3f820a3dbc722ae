"""Files that can't be read as a table: one sentence each that says what, where and what to do."""

from __future__ import annotations

import encodings.aliases
import errno
import functools
import os
import re
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from counts import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.data.dataset import Dataset
from engine.errors import DataError, EngineError, OptionError
from engine.readers import text_file as textfile
from engine.readers.table import TablePreview, preview_table, read_table
from engine.readers.text_file import open_text


def refuse(path: Path | str, **options: object) -> str:
    """The one sentence that reading gives, checked to be one, and safe to print."""
    with pytest.raises(EngineError) as caught:
        read_table(path, **options)  # type: ignore[arg-type]  # the tests mix options on purpose
    message = str(caught.value)
    assert message.isprintable()
    assert "\n" not in message
    assert message.endswith(".")
    assert len(message) < 400
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return message


def written(folder: Path, content: str | bytes, name: str = "t.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty: choose a file with a table"),
        ("\n\n  \n\n", "has nothing but blank lines"),
        ("a,b\n", "has a header but no rows below it: add the rows, or read it with header=False"),
        ("a,b\n1,2\n3\n", "Line 3 of 't.csv' has 1 cell where the table has 2: add or remove cells"),
        ("a,b\n1,2\n3,4,5\n", "Line 3 of 't.csv' has 3 cells where the table has 2"),
        ("a;b\n1.5;2\n2.5;3\n3,5;4\n", "holds '3,5', a number with a decimal comma where the others have a point"),
        ("a,b\nx,y\nz,w\n", "has no column of numbers to work on"),
        (
            "a,b\nx,y\nz,w\n1,2\n3,4\n",
            "to work on: leave out the lines above its numbers with skip=3 (in the shell, --skip 3)",
        ),
        ("a\nx\nz\n", "has no column of numbers to work on: put a comma, semicolon or tab between cells"),
        (
            "a,b\n1,NA\nNA,2\n3,?\n",
            "Every row of 't.csv' has a missing value: leave out the worst with columns= (in the shell, --columns). "
            "Of 3 rows, the columns cost: 'b' 2, 'a' 1.",
        ),
        ("a,b\nNA,NA\nNA,NA\n", "has no column of numbers"),
        ('a,b\n1,"2\n3,4\n', "Line 2 of 't.csv' opens a quote that is never closed: close it or remove it"),
        ('a,b\n1,"x"y\n3,4\n', "Line 2 of 't.csv' has a quote inside a quoted cell: double it or remove it"),
        ("a,b\n1," + "9" * 140_000 + "\n", "Line 2 of 't.csv' begins a cell longer than 131,072 characters"),
        (",".join("1" * 10_001) + "\n", "has 10,001 columns and at most 10,000 can be read: keep fewer"),
        ("<!DOCTYPE html>\n<html></html>", "looks like a web page (HTML), not a table of text: save its table as CSV"),
        ("<?xml version='1.0'?><a/>", "looks like XML, not a table of text"),
        ('{"a": [1, 2], "b": "c"}', "looks like JSON, not a table of text: save its table as CSV, or as JSON lines"),
        (b"\x89PNG\r\n\x1a\n" + bytes(64), "looks like a PNG picture, not a table of text: choose a file with a table"),
        (
            b"PK\x03\x04" + bytes(64),
            "The zip archive 't.csv' is damaged, or no archive at all: fetch it again",
        ),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(64), "looks like an old Excel workbook, but is damaged"),
        (b"\x1f\x8b\x08" + bytes(64), "The gzip archive 't.csv' is damaged, or no archive at all: fetch it again"),
        (bytes(range(256)) * 8, "looks like a binary file, not a table of text"),
        (b"1,2\n3,4\n" * 20_000 + b"5,\x006\n", "looks like a binary file"),
        (b"a,b\n1,2\n3,\x81\x30\n", "Line 3 of"),
    ],
)
def test_a_file_that_is_no_table(tmp_path: Path, content: str | bytes, message: str) -> None:
    path = written(tmp_path, content)
    assert message in refuse(path)


@pytest.mark.parametrize(
    ("content", "note"),
    [
        ("a,b\n1,2\n3,1e400\n", "'1e400' on line 3, column 'b', is infinite and counts as missing."),
        ("a,b\n1,2\n3,-inf\n", "'-inf' on line 3, column 'b', is infinite and counts as missing."),
        ("a,b\n1,2\n3,1_000\n3,4\n", "'1_000' on line 3, column 'b', is no number and counts as missing; name"),
        ("a,b\n1,2\n\n3,4\n5,2020-01-01\n6,7\n", "'2020-01-01' on line 5, column 'b', is no number"),
        ('a,b\n1,"2\n"\n3,4\n5,red\n', "'red' on line 5, column 'b', is no number"),
        ("a,b\n1,2\n3,x\x1b[2Jy\n5,6\n7,8\n", "'xy' on line 3, column 'b', is no number"),
        ("a,b\n1,2\n3," + "z" * 500 + "\n5,6\n7,8\n", f"'{'z' * 39}…' on line 3, column 'b', is no number"),
        ("a,b\n1,2\n3,red\n5,6\n7,8\n9,red\n1,1\n", "'red' on line 3, column 'b', and 1 more of that column are no"),
    ],
)
def test_a_word_or_an_infinite_number_among_numbers_counts_as_missing_and_is_named(
    tmp_path: Path, content: str, note: str
) -> None:
    data = read_table(written(tmp_path, content))
    assert np.isfinite(data.X).all() and data.n_features == 2
    assert any(said.startswith(note) and said.isprintable() for said in data.notes), data.notes


def test_a_bad_cell_deep_in_a_large_file_is_named(tmp_path: Path) -> None:
    rows = ["1.5,2.5,3.5"] * 120_000
    rows[100_000] = "1.5,2.5,oops"
    rows[100_007] = "1.5,2.5,oh no"
    data = read_table(written(tmp_path, "\n".join(["a,b,c", *rows])))
    assert data.notes[0].startswith("'oops' on line 100002, column 'c', and 1 more of that column are no number")
    assert data.notes[1] == "2 of 120,000 rows had missing values and were left out."
    rows[100_000] = "1.5,2.5"
    assert "Line 100002 of 't.csv' has 2 cells" in refuse(written(tmp_path, "\n".join(["a,b,c", *rows])))


def test_what_is_not_a_file(tmp_path: Path) -> None:
    assert "There is no file" in refuse(tmp_path / "nothing.csv")
    assert "There is no file" in refuse(written(tmp_path, "1\n") / "below")
    assert "There is no file" in refuse("nul\0byte")
    assert "is a folder: name a file with a table in it" in refuse(tmp_path)
    assert "can't be opened" in refuse("x" * 5000)
    assert "is a device or a pipe" in refuse("/dev/zero")
    os.mkfifo(tmp_path / "pipe")
    assert "is a device or a pipe" in refuse(tmp_path / "pipe")


def test_a_file_name_is_data_too(tmp_path: Path) -> None:
    path = written(tmp_path, "a,b\n1,2\n3,4\n", "we\x1b[31mird\n\u202ename.csv")
    data = read_table(path)
    assert data.name == "weird name.csv"
    assert data.source.isprintable()
    assert preview_table(path).path.isprintable()
    refuse(written(tmp_path, "a,b\n1\n", "we\x1b[31mird\n\udcffname.csv"))


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(self: Path, *args: object, **options: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    path = written(tmp_path, "1\n")
    monkeypatch.setattr(Path, "open", denied)
    assert "can't be read (permission denied): check its permissions" in refuse(path)


def test_a_file_that_is_too_large_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = written(tmp_path, "1\n")
    os.truncate(path, 3 << 30)
    assert "has 3.0 GiB and at most 1 GiB can be read: keep fewer rows or columns" in refuse(path)


def test_an_endless_line_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(textfile, "MAX_LINE", 100_000)
    path = written(tmp_path, "a,b\n" + "1," * 2_000_000)
    assert "Line 2 of" in refuse(path)
    assert "has over 100,000 characters: break it into rows" in refuse(path)


def test_an_encoding_that_does_not_fit_names_the_line(tmp_path: Path) -> None:
    path = written(tmp_path, "x,이름\n1,가\n2,나\n".encode("cp949"))
    message = refuse(path, encoding="utf-8")
    assert "Line 1 of" in message
    assert "can't be read as UTF-8: save the file as UTF-8, or name its encoding with encoding=" in message
    path = written(tmp_path, b"x,k\n" + b"1,ab\n" * 300_000 + "2,나\n".encode("cp949"))
    assert "Line 300002 of" in refuse(path, encoding="utf-8")
    with pytest.raises(OptionError, match=r"no text encoding called 'klingon': try utf-8, cp949"):
        read_table(path, encoding="klingon")
    with pytest.raises(OptionError, match=r"no text encoding called 'rot13'"):
        read_table(path, encoding="rot13")


def test_every_codec_of_python_reads_or_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, b"a,b\n1,\xff\n\\,\xc3\x28\n5,6\n")
    names = {
        *encodings.aliases.aliases.values(),
        "idna",
        "punycode",
        "undefined",
        "unicode_escape",
        "mbcs",
        "utf_8_sig",
    }
    for name in sorted(names):
        with warnings.catch_warnings(action="ignore"):  # of a codec about what it decodes
            for text in texts_of(path, functools.partial(read_table, encoding=name)):
                assert text.isprintable(), name


@pytest.mark.parametrize("content", [b"a,b\n1,2\n", b"\xff\xfe" * 5000, None])
def test_a_file_that_changes_while_it_is_read(tmp_path: Path, content: bytes | None) -> None:
    path = written(tmp_path, "a,b\n" + "1,2\n" * 1000)
    file = open_text(path)

    def read_on() -> None:
        with file.reading() as text:
            if content is None:
                path.unlink()
                raise DataError("Line 2 has fewer cells.")
            path.write_bytes(content)
            text.read()

    with pytest.raises(DataError, match=r"'t\.csv' changed while it was read: open it again"):
        read_on()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"skip": -1}, "The lines to skip can't be '-1': use a whole number of at least 0."),
        ({"comment": '"'}, "Comments can't begin with"),
        ({"header": "maybe"}, "The header can't be 'maybe': use True, False or 'auto'."),
        ({"delimiter": "::"}, "The delimiter can't be '::': use one character"),
        ({"delimiter": '"'}, "use one character"),
        ({"decimal": "'"}, "use '.' or ','."),
        ({"missing": "guess"}, "Missing values can't be treated as 'guess': use 'drop' or 'keep'."),
    ],
)
def test_options_that_cannot_be(tmp_path: Path, options: dict[str, object], message: str) -> None:
    path = written(tmp_path, "a,b\n1,2\n3,4\n")
    with pytest.raises(OptionError, match=re.escape(message)):
        read_table(path, **options)  # type: ignore[arg-type]  # the tests mix options on purpose


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"label": "klass"}, "'t.csv' has no column called 'klass': choose 'class'."),
        ({"label": 4}, "has no column 4: choose an index from 0 to 3."),
        ({"columns": ["a", "zz\x1b[1m"]}, "has no column called 'zz': choose"),
        ({"columns": [0, "a"]}, "The column 'a' of 't.csv' was chosen twice"),
        ({"columns": []}, "No column of 't.csv' was chosen: choose at least one."),
        ({"columns": ["a", "class"], "label": "class"}, "can't be both label and data"),
        ({"columns": ["name"]}, "The column 'name' of 't.csv' holds text such as 'p', not numbers"),
        ({"label": "b"}, "The label column 'b' of 't.csv' holds one value only ('7'): choose another column, or none."),
    ],
)
def test_columns_that_cannot_be_had(tmp_path: Path, options: dict[str, object], message: str) -> None:
    path = written(tmp_path, "a,b,class,name\n1,7,u,p\n2,7,v,q\n3,7,u,r\n")
    assert message in refuse(path, **options)


def test_labels_with_too_many_values_or_none(tmp_path: Path) -> None:
    path = written(tmp_path, "x,price,empty\n" + "".join(f"{i},{i / 10},\n" for i in range(60)))
    message = refuse(path, label="price")
    assert "holds 60 different numbers, too many for classes (at most 50): choose another column, or none" in message
    assert "The label column 'empty' of 't.csv' holds no value at all" in refuse(path, label="empty")
    words = written(tmp_path, "x,word\n" + "".join(f"{i},w{i}\n" for i in range(201)))
    assert "holds 201 different values, too many for classes (at most 200)" in refuse(words, label="word")
    assert read_table(words).y is None


def test_a_guessed_label_that_turns_out_useless_is_not_used(tmp_path: Path) -> None:
    data = read_table(written(tmp_path, "x,k\n1,u\n2,u\nNA,v\nNA,v\n5,u\n"))
    assert data.y is None
    assert data.notes[-1] == "The label column 'k' of 't.csv' holds one value only ('u'), so it was not used."


def texts_of(path: Path, read: Callable[[Path], Dataset | TablePreview]) -> tuple[str, ...]:
    """Everything that would be shown: the sentence of an error, or the names and notes of what was read."""
    try:
        result = read(path)
    except EngineError as error:
        return (str(error),)
    if isinstance(result, Dataset):
        return (*result.feature_names, *result.class_names, *result.notes)
    return (*result.features, *(cell for row in result.rows for cell in row))


@given(st.binary(max_size=300))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_give_a_dataset_or_a_sentence(tmp_path: Path, content: bytes) -> None:
    path = written(tmp_path, content)
    assert all(text.isprintable() for text in texts_of(path, read_table))


@given(st.text(alphabet='12.,;-\n\r"\t a가\x1b[|eNA', max_size=80))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=examples(200))
def test_any_table_like_text_gives_a_dataset_or_a_sentence(tmp_path: Path, text: str) -> None:
    path = written(tmp_path, text)
    for read in (read_table, preview_table):
        assert all(text.isprintable() for text in texts_of(path, read))


def test_a_file_that_is_emptied_while_it_is_opened_is_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, "a,b\n1,2\n")
    size = path.stat().st_size
    monkeypatch.setattr("engine.readers.byte_source._regular_size", lambda *_: size)
    path.write_bytes(b"")
    assert "t.csv' is empty: choose a file with a table in it" in refuse(path)


@pytest.mark.parametrize("n_rows", [3, 300_000])
def test_the_mark_of_dos_for_the_end_of_a_text_is_no_row(tmp_path: Path, n_rows: int) -> None:
    path = written(tmp_path, "a,b\n" + "1,2\n" * n_rows + "\x1a")
    assert len(read_table(path).X) == n_rows
