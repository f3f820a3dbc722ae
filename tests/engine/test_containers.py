"""Tables that are packed, or kept in another form than text."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from workbooks import workbook

import engine
from engine.errors import DataError
from engine.readers import archives, byte_source
from engine.readers.table import preview_table, read_from

TABLE = b"len,wid,kind\n1.5,2,a\n2.5,3,b\n0.1,4,a\n3.25,,b\n"
PACK: dict[str, Callable[[bytes], bytes]] = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}


def zipped(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def put(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def refusal(path: Path | str, **how: Any) -> str:
    with pytest.raises(DataError) as error:
        engine.read_table(path, **how)
    said = str(error.value)
    assert "\n" not in said and said.isprintable()
    return said


def plain(folder: Path) -> engine.Dataset:
    return engine.read_table(put(folder, "plain.csv", TABLE))


def same(one: engine.Dataset, other: engine.Dataset) -> None:
    assert one.X.tolist() == other.X.tolist()
    assert (one.feature_names, one.class_names) == (other.feature_names, other.class_names)
    assert one.y is not None and other.y is not None and one.y.tolist() == other.y.tolist()


# packed


@pytest.mark.parametrize("how", PACK)
def test_a_packed_table_is_read_as_the_table(tmp_path: Path, how: str) -> None:
    same(engine.read_table(put(tmp_path, f"t.csv.{how}", PACK[how](TABLE))), plain(tmp_path))


def test_a_zip_archive_of_one_table_is_read_as_the_table(tmp_path: Path) -> None:
    files = {"data/t.csv": TABLE, "data/README.md": b"words", "__MACOSX/._t.csv": b"x", "data/.DS_Store": b"x"}
    same(engine.read_table(put(tmp_path, "t.zip", zipped(**files))), plain(tmp_path))
    same(engine.read_table(put(tmp_path, "u.zip", zipped(strange=TABLE))), plain(tmp_path))


def test_a_zip_archive_of_several_tables_lists_them(tmp_path: Path) -> None:
    said = refusal(put(tmp_path, "t.zip", zipped(**{"a.csv": TABLE, "b/c.tsv": TABLE, "notes.txt": b"x"})))
    assert said == "The zip archive 't.zip' has 2 tables, 'a.csv' and 'b/c.tsv': unpack it and open one of them."
    many = refusal(put(tmp_path, "m.zip", zipped(**{f"{i}.csv": TABLE for i in range(12)})))
    assert "has 12 tables, '0.csv', '1.csv'" in many and "and 4 more" in many
    assert "has no file in it" in refusal(put(tmp_path, "none.zip", zipped()))


def test_a_packed_table_may_be_a_workbook_and_no_archive(tmp_path: Path) -> None:
    pytest.importorskip("python_calamine")
    book = (Path(__file__).resolve().parents[1] / "files" / "sheets.xlsx").read_bytes()
    found = engine.read_table(put(tmp_path, "b.zip", zipped(**{"b.xlsx": book})))
    assert found.feature_names == ("len", "wid")
    twice = put(tmp_path, "t.gz", gzip.compress(gzip.compress(TABLE)))
    assert "holds another archive: unpack it, and open the table in it" in refusal(twice)


def test_a_name_that_promises_an_archive_is_not_believed(tmp_path: Path) -> None:
    same(engine.read_table(put(tmp_path, "t.csv.gz", TABLE)), plain(tmp_path))


@pytest.mark.parametrize("how", PACK)
def test_an_archive_that_is_cut_off_or_damaged_is_named(tmp_path: Path, how: str) -> None:
    rows = "".join(f"{i},{i * i % 977},{'ab'[i % 2]}\n" for i in range(20_000))
    packed = PACK[how](TABLE + rows.encode())
    assert "is cut off before its end: fetch it again" in refusal(put(tmp_path, "t", packed[: len(packed) // 2]))
    middle = len(packed) // 2
    broken = packed[:middle] + bytes(byte ^ 0xFF for byte in packed[middle : middle + 40]) + packed[middle + 40 :]
    said = refusal(put(tmp_path, "u", broken))
    assert "archive 'u' is damaged" in said or "is cut off" in said


def test_a_zip_archive_that_is_damaged_is_named(tmp_path: Path) -> None:
    packed = zipped(**{"t.csv": TABLE * 100})
    assert "is damaged, or no archive at all" in refusal(put(tmp_path, "t.zip", packed[: len(packed) // 2]))
    at = packed.index(b"t.csv") + 30
    broken = packed[:at] + b"\xff\xff\xff\xff" + packed[at + 4 :]
    assert "'t.csv' in the zip archive 'u.zip' is damaged" in refusal(put(tmp_path, "u.zip", broken))
    locked = bytearray(packed)
    locked[6] |= 1
    locked[packed.index(b"PK\x01\x02") + 8] |= 1
    assert "is locked by a password: unpack it first" in refusal(put(tmp_path, "l.zip", bytes(locked)))


def test_what_unpacks_to_too_much_is_refused_before_it_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "_FROM", 1 << 18)
    path = put(tmp_path, "t.csv.gz", gzip.compress(b"1,2\n" * (1 << 17)))
    assert "The gzip archive 't.csv.gz' unpacks to over 500 times its size, as no table does" in refusal(path)
    monkeypatch.setattr(archives, "MAX_BYTES", 1 << 17)
    assert "unpacks to over 1 GiB, the most that can be read" in refusal(path)


def test_a_packed_table_is_unpacked_once_for_its_dialect_and_once_for_its_cells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    X = np.random.default_rng(0).standard_normal((25_000, 3))
    text = pd.DataFrame(X, columns=["a", "b", "c"]).to_csv(index=False).encode()
    path = put(tmp_path, "t.csv.gz", gzip.compress(text, 1))
    n_bytes = [0]
    unpacked = archives._Unpacked.readinto

    def counted(self: Any, buffer: Any) -> int:
        found = unpacked(self, buffer)
        n_bytes[0] += found
        return found

    monkeypatch.setattr(archives._Unpacked, "readinto", counted)
    preview = preview_table(path)
    slack = 2 << 20  # the first block is looked at to see what it is
    assert n_bytes[0] <= len(text) + slack
    before = n_bytes[0]
    data = read_from(preview.table)
    assert n_bytes[0] - before == len(text)
    assert data.X.tolist() == X.tolist()


# in another form


def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "len": [1.1, 2.2, 3.3, 0.1 + 0.2],
            "wid": np.array([0.1, 0.2, 0.3, 0.4], dtype=np.float32),
            "n": pd.array([1, 2, None, 4], dtype="Int64"),
            "kind": pd.Categorical(["a", "b", "a", "b"]),
            "when": pd.date_range("2020-01-01", periods=4),
        }
    )


@pytest.mark.parametrize("form", ["parquet", "feather"])
def test_columns_come_with_every_digit(tmp_path: Path, form: str) -> None:
    pytest.importorskip("pyarrow")
    table, path = frame(), tmp_path / f"t.{form}"
    getattr(table, f"to_{form}")(path)
    data = engine.read_table(path, missing="keep")
    assert data.feature_names == ("len", "wid", "n")
    expected = np.column_stack([table["len"], table["wid"].astype(float), [1, 2, np.nan, 4]])
    assert np.array_equal(data.X, expected, equal_nan=True)
    assert data.class_names == ("a", "b")


def test_the_names_of_rows_in_an_index_are_a_column(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    path = tmp_path / "t.parquet"
    frame().set_index("kind").to_parquet(path)
    assert engine.read_table(path, rows="kind", columns=["len"]).row_names == ("a", "b", "a", "b")


@pytest.mark.parametrize("name", ["sheets.xlsx", "sheets.ods"])
def test_the_first_sheet_that_holds_something_is_read(name: str) -> None:
    pytest.importorskip("python_calamine")
    data = engine.read_table(Path(__file__).resolve().parents[1] / "files" / name)
    assert data.X.tolist() == [[1.1, 2], [2.2, 3], [3.3, 5]]
    assert (data.feature_names, data.class_names) == (("len", "wid"), ("a", "b"))
    assert any("Of the sheets 'Data' and 'More', 'Data' was read" in note for note in data.notes)
    assert any("1 of 4 rows had a missing value" in note for note in data.notes)
    assert any("'when'" in note for note in data.notes)


@pytest.mark.parametrize("packed", [False, True])
def test_a_sheet_is_chosen_by_its_name_or_its_number(tmp_path: Path, packed: bool) -> None:
    pytest.importorskip("python_calamine")
    book = workbook(**{"Notes": [], "a b": [["x"], *[[i] for i in range(5)]], "Cé": [["y"], *[[i] for i in range(9)]]})
    path = put(tmp_path, "b.zip", zipped(**{"b.xlsx": book})) if packed else put(tmp_path, "b.xlsx", book)
    first = engine.read_table(path)
    assert first.feature_names == ("x",)
    assert any("Of the sheets 'a b' and 'Cé', 'a b' was read; name another with sheet=" in n for n in first.notes)
    for word in ("Cé", " cÉ", "3"):
        found = engine.read_table(path, sheet=word)
        assert found.X.ravel().tolist() == list(range(9)) and found.feature_names == ("y",)
        assert not any("sheet" in note for note in found.notes)
        assert preview_table(path, sheet=word).sheet == "Cé"
    assert preview_table(path).sheets == ("a b", "Cé")
    for word, what in (("d", "has no sheet 'd'"), ("4", "has no sheet '4'"), ("Notes", "has nothing on sheet 'Notes'")):
        with pytest.raises(DataError, match=rf"{what}: choose 'a b' or 'Cé'\."):
            engine.read_table(path, sheet=word)


def test_a_sheet_of_what_is_no_workbook_is_refused(tmp_path: Path) -> None:
    for path in (
        put(tmp_path, "t.csv", TABLE),
        put(tmp_path, "t.gz", gzip.compress(TABLE)),
        put(tmp_path, "t.json", b"[1, 2]"),
    ):
        with pytest.raises(DataError, match=r"is no workbook and has no sheets: leave out sheet="):
            engine.read_table(path, sheet="x")


RECORDS: list[dict[str, Any]] = [
    {"a": 1, "p": {"x": 2.5, "y": [1, 2]}, "k": "u"},
    {"a": 2, "p": {"x": 0.1}, "k": "v", "b": None},
    {"a": 3, "p": {"x": 1e300}, "k": "u"},
    {"a": None, "p": {"x": 4}, "k": "v"},
]


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(map(json.dumps, RECORDS)) + "\n",
        json.dumps(RECORDS),
        json.dumps(RECORDS, indent=2),
        json.dumps({"meta": "x", "rows": RECORDS}),
    ],
)
def test_json_records_are_rows(tmp_path: Path, text: str) -> None:
    data = engine.read_table(put(tmp_path, "t.json", text.encode()))
    assert data.feature_names == ("a", "p.x")
    assert data.X.tolist() == [[1, 2.5], [2, 0.1], [3, 1e300]]
    assert data.class_names == ("u", "v")


@pytest.mark.parametrize(
    ("text", "names", "X"),
    [
        ('{"a": [1, 2], "b": [3, 4]}', ("a", "b"), [[1, 3], [2, 4]]),
        ('{"a": {"0": 1, "1": 2}, "b": {"0": 3, "1": 4}}', ("a", "b"), [[1, 3], [2, 4]]),
        ("[[1, 3], [2, 4]]", ("column 1", "column 2"), [[1, 3], [2, 4]]),
        ("[1, 3]\n[2, 4]\n", ("column 1", "column 2"), [[1, 3], [2, 4]]),
        ("[1, -2.5, 3]", ("column 1",), [[1], [-2.5], [3]]),
    ],
)
def test_json_columns_and_lists_are_tables(tmp_path: Path, text: str, names: tuple[str, ...], X: object) -> None:
    data = engine.read_table(put(tmp_path, "t.json", text.encode()))
    assert (data.feature_names, data.X.tolist()) == (names, X)


def test_json_that_is_no_table_is_refused(tmp_path: Path) -> None:
    assert "looks like JSON, not a table of text" in refusal(put(tmp_path, "t.json", b'{"a": {"b": 1}, "c": 2}'))
    assert "looks like JSON" in refusal(put(tmp_path, "u.json", b"[" * 100_000))
    assert "Line 2 of 'v.jsonl' is no JSON" in refusal(put(tmp_path, "v.jsonl", b'{"a": 1}\nnonsense\n{"a": 2}\n'))


def arrays(**named: Any) -> bytes:
    out = io.BytesIO()
    np.savez_compressed(out, **named)
    return out.getvalue()


def array(values: Any) -> bytes:
    out = io.BytesIO()
    np.save(out, values)
    return out.getvalue()


def test_arrays_of_numpy_are_tables(tmp_path: Path) -> None:
    X = np.random.default_rng(0).standard_normal((5, 2))
    data = engine.read_table(put(tmp_path, "t.npy", array(np.asfortranarray(X))))
    assert (data.X.tolist(), data.feature_names) == (X.tolist(), ("column 1", "column 2"))
    both = engine.read_table(put(tmp_path, "t.npz", arrays(X=X.astype(">f4"), y=np.arange(5) % 2)), label="y")
    assert both.X.tolist() == X.astype(np.float32).astype(float).tolist()
    assert (both.feature_names, both.class_names) == (("X1", "X2"), ("0", "1"))
    fields = np.array([(1, 2.5, b"a"), (2, 3.5, b"b"), (3, 1.5, b"a"), (4, 1.5, b"b")], "i4,f4,S1")
    assert engine.read_table(put(tmp_path, "f.npy", array(fields))).class_names == ("a", "b")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (array(np.ones((2, 2, 2))), "an array of shape (2, 2, 2), which is no table: save one of two dimensions"),
        (arrays(X=np.ones((4, 2)), Z=np.ones((3, 2))), "holds 'X (4, 2)' and 'Z (3, 2)', which are not the columns"),
        (array(np.array([1, "a"], dtype=object)), "holds objects of Python, which may run code"),
        (array(np.ones((2, 2)) * 1j), "holds complex numbers"),
        (array(np.ones((50, 2)))[:200], "looks like an array of numpy, but is damaged"),
        (array(np.float64(3.0)), "which is no table"),
        (array(np.ones((0, 2))), "without a cell in it"),
    ],
)
def test_arrays_that_are_no_table_are_refused(tmp_path: Path, content: bytes, said: str) -> None:
    assert said in refusal(put(tmp_path, "t.npy", content))


def test_an_array_that_says_it_is_huge_is_refused(tmp_path: Path) -> None:
    content = array(np.ones((50, 2))).replace(b"(50, 2), }" + b" " * 7, b"(99999999, 99), }")
    assert "cells at most can be read" in refusal(put(tmp_path, "t.npy", content))


@pytest.mark.parametrize("module", ["pyarrow", "python_calamine"])
def test_a_library_that_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == module]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module, None)
    content = b"PAR1" + bytes(20) + b"PAR1" if module == "pyarrow" else b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(60)
    said = refusal(put(tmp_path, "t", content))
    assert f"{module.replace('_', '-')} reads it: pip install 'emtui[files]', or save its table as CSV" in said


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (gzip.compress(b"RDX3\nX\n\0\0\0\3" + bytes(99)), "looks like a workspace of R (.RData)"),
        (b"RDX2\nX\n\0\0\0\2", "looks like a workspace of R (.RData)"),
        (bz2.compress(b"X\n\0\0\0\3" + bytes(99)), "looks like an object of R (.rds)"),
        (b"\xef\xbb\xbf  <html><body>", "looks like a web page (HTML)"),
        (b"<table>\n<tr><td>1", "looks like a web page (HTML)"),
        (b"\x80\x05\x95" + bytes(30), "looks like a pickle of Python"),
        (b"<stata_dta><header>", "looks like a Stata file"),
        (b"r\x02\x01\x00" + bytes(60), "looks like a Stata file"),
        (b"% weka\n\n@RELATION iris\n", "looks like a file of Weka (ARFF)"),
        (b"$FL2@(#) SPSS", "looks like an SPSS file"),
        (b"MATLAB 5.0 MAT-file, Platform", "looks like a MATLAB file"),
        (b"PAR1" + bytes(60), "'t' looks like a Parquet file, but is damaged: write it again"),
        (zipped(**{"[Content_Types].xml": b"x", "word/document.xml": b"x"}), "looks like a Word document"),
        (zipped(**{"[Content_Types].xml": b"x", "xl/workbook.xml": b"x"}), "an Excel workbook, but is damaged"),
    ],
    ids=lambda value: value if isinstance(value, str) else "bytes",  # packed bytes hold the time
)  # fmt: skip
def test_what_is_no_table_is_named_rightly(tmp_path: Path, content: bytes, said: str) -> None:
    assert said in refusal(put(tmp_path, "t", content))


def test_a_tar_archive_within_gzip_is_named(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "t.tar.gz", "w:gz") as archive:
        archive.add(put(tmp_path, "t.csv", TABLE))
    assert "looks like a tar archive" in refusal(tmp_path / "t.tar.gz")


# from elsewhere


@pytest.mark.parametrize("address", ["http://example.com/a//b.csv", "HTTPS://Example.com/x.zip", "s3://bucket/t.csv"])
def test_an_address_is_spelt_rightly(address: str) -> None:
    scheme, rest = address.split("://")
    told = f"'{scheme.lower()}://{rest}' is an address, not a file: download it first, then open the file."
    assert refusal(address) == told
    assert "://" in refusal(Path(address))  # though a path loses a slash


def test_the_address_of_a_file_names_its_path() -> None:
    told = "'file:///home/me/t.csv' is an address: give the path alone, '/home/me/t.csv'."
    assert refusal("file:///home/me/t.csv") == refusal(Path("file:///home/me/t.csv")) == told


@pytest.fixture
def piped(monkeypatch: pytest.MonkeyPatch) -> Any:
    def pipe(content: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
        byte_source.standard_input.cache_clear()

    yield pipe
    byte_source.standard_input.cache_clear()


def test_a_table_comes_by_standard_input(tmp_path: Path, piped: Any) -> None:
    for content in (TABLE, gzip.compress(TABLE), json.dumps(RECORDS).encode()):
        piped(content)
        data = engine.read_table("-")
        assert (data.name, data.n_samples) == ("standard input", 3)
        assert engine.read_table("-").X.tolist() == data.X.tolist()  # it can be read again
    piped(b"")
    assert "Standard input is empty: pipe a table into it" in refusal("-")
    piped(b"a,b\n1,2\n3,4,5\n4,5\n6,7\n8,9\n")
    assert "Line 3 of 'standard input' has 3 cells where the table has 2" in refusal("-", columns=["a", "b"])


# rows by their numbers


def test_rows_are_called_rows_where_they_are_no_lines(tmp_path: Path) -> None:
    records = "\n".join(json.dumps({"a": None if i == 1 else i, "t": f"two\nlines {i}"}) for i in range(5))
    data = engine.read_table(put(tmp_path, "t.jsonl", records.encode()))
    assert [data.row_name(i) for i in range(4)] == ["row 1", "row 3", "row 4", "row 5"]
    assert data.row_heading == "row"
    named = engine.read_table(
        put(tmp_path, "u.jsonl", b'{"a": 1, "k": "p"}\n{"a": 2, "k": ""}\n{"a": 3, "k": "q"}'), rows="k"
    )
    assert named.row_names == ("p", "row 2", "q")
    packed = engine.read_table(put(tmp_path, "t.gz", gzip.compress(TABLE)))
    assert packed.row_name(1) == "line 3"


def test_rows_of_a_sheet_have_its_numbers() -> None:
    pytest.importorskip("python_calamine")
    data = engine.read_table(Path(__file__).resolve().parents[1] / "files" / "sheets.xlsx")
    assert [data.row_name(i) for i in range(3)] == ["row 2", "row 3", "row 4"]


def test_a_cell_far_from_all_others_ends_nothing() -> None:
    pytest.importorskip("python_calamine")
    said = refusal(Path(__file__).resolve().parents[1] / "files" / "far_cell.xlsx")
    assert "'far_cell.xlsx' has a sheet that is too large, or a cell far from all others: keep the table alone." in said


def test_titles_above_the_table_of_a_sheet_are_no_names() -> None:
    pytest.importorskip("python_calamine")
    data = engine.read_table(Path(__file__).resolve().parents[1] / "files" / "titled.xlsx")
    assert (data.feature_names, data.n_samples) == (("len", "wid"), 20)
    assert data.row_name(0) == "row 4"
