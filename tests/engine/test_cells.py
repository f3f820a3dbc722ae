"""The fast way of reading a plain file agrees with the careful one, and refuses every file that is not plain."""

from __future__ import annotations

import dataclasses
import io
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.readers import cells as cells_module
from engine.readers import csv_dialect
from engine.readers.cells import Cells, WantedColumns, read_carefully, read_cells, read_plain
from engine.readers.csv_dialect import Written, detect_dialect
from engine.readers.table import read_table
from engine.readers.text_file import open_text


def looked_at(path: Path) -> tuple[str, int, WantedColumns]:
    """The text below the header, the line that it begins on, and every column that holds something."""
    file = open_text(path)
    dialect = detect_dialect(file, Written())
    features = tuple(j for j, kind in enumerate(dialect.kinds) if kind == "number")
    label = next((j for j, kind in enumerate(dialect.kinds) if kind == "text"), None)
    with file.open() as text:
        below = "".join(text.readlines()[dialect.first_line - 1 :])
    return below, dialect.first_line, WantedColumns(file, dialect, features, label)


def carefully(text: str, first_line: int, wanted: WantedColumns) -> Cells:
    return read_carefully(io.StringIO(text, newline=""), first_line, wanted)


def same(one: Cells, other: Cells) -> bool:
    return one.X.tobytes() == other.X.tobytes() and one.labels == other.labels and (one.lines == other.lines).all()


@pytest.mark.parametrize(("delimiter", "decimal"), [(",", "."), (";", ","), ("\t", ".")])
@pytest.mark.parametrize("label_at", [0, 2, 3, None])
def test_the_fast_way_of_reading_agrees_with_the_careful_one(
    tmp_path: Path, delimiter: str, decimal: str, label_at: int | None
) -> None:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((200, 3)) * 10.0 ** rng.integers(-300, 300, (200, 3))
    rows = [[repr(x).replace(".", decimal) for x in row] for row in X.tolist()]
    header = ["a", "b", "c"]
    if label_at is not None:
        header.insert(label_at, "k")
        for i, row in enumerate(rows):
            row.insert(label_at, '"u, ; v"' if i % 2 else "w")
    path = tmp_path / "table.csv"
    path.write_text("".join(delimiter.join(row) + "\n" for row in [header, *rows]))
    plain = read_plain(*looked_at(path))
    assert plain is not None
    np.testing.assert_array_equal(plain.X, X)
    assert same(plain, carefully(*looked_at(path)))


@pytest.mark.parametrize(
    "unusual",
    [
        "1,2,3",
        "1,2,3,4,5",
        "1,2,3,4,5,6\n1,2,3,4",
        "1,2,x,4",
        "1,2,1_0,4",
        "1,2,1e400,4",
        "1,2,,4",
        "1,2,3,",
        "\n1,2,3,4",
        "1,2,nan,4",
        "1,2,inf,4",
        "1,2,True,4",
        '1,"2\n",3,4',
        '1,2,3,"4',
    ],
)
def test_the_fast_way_refuses_all_that_is_not_plain(
    tmp_path: Path, unusual: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_dialect, "SAMPLE_RECORDS", 20)
    path = tmp_path / "table.csv"
    path.write_text("a,b,c,d\n" + "1,2,3.5,4\n" * 50 + unusual + "\n" + "1,2,3.5,4\n" * 5)
    assert read_plain(*looked_at(path)) is None


def test_a_large_plain_file_and_a_large_quoted_one_read_alike(tmp_path: Path) -> None:
    X = np.random.default_rng(1).standard_normal((20_000, 4))
    rows = [",".join(map(repr, row)) for row in X.tolist()]
    path = tmp_path / "table.csv"
    path.write_text("\n".join(["a,b,c,d", *rows]) + "\n")
    assert path.stat().st_size > 1 << 20
    np.testing.assert_array_equal(read_table(path).X, X)
    path.write_text("\n".join(["a,b,c,d", *rows, "1,2,NA,4", ""]))
    data = read_table(path)
    np.testing.assert_array_equal(data.X, X)
    assert data.notes == ("1 of 20,001 rows had a missing value and was left out.",)


ODD_LINES = (
    "1,2,3.5,u\n",
    "1,,3.5,u\n",
    "\n",
    '1,"2",3.5,"u"\n',
    '1,2,3.5,"two\nlines, and a ""quote"""\n',
    "1,2,3.5,u\r\n",
    "1,2,3.5,v\r",
    "NA,2,3.5,?\n",
    "1,2,3.5,u,\n",
    " 1 , 2,3.5 ,u\n",
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, len(ODD_LINES) - 1), min_size=1, max_size=80), st.integers(1, 60), st.booleans())
def test_blocks_of_lines_come_to_the_same_as_one_careful_reading(which: list[int], block: int, ends: bool) -> None:
    text = "a,b,c,k\n" + "1,2,3.5,u\n" * 3 + "".join(ODD_LINES[i] for i in which)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        path.write_bytes((text if ends else text.rstrip("\r\n")).encode())
        below, first_line, wanted = looked_at(path)
        wanted = dataclasses.replace(wanted, features=(0, 1, 2), label=3)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(cells_module, "_FAST_FROM_BYTES", 0)
            patch.setattr(cells_module, "_BLOCK", block)
            found = read_cells(wanted.file, wanted.dialect, wanted.features, wanted.label)
        assert same(found, carefully(below, first_line, wanted))
