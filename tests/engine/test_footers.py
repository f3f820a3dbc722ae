"""What stands below a table is left out with a note, and cells between apostrophes are cells."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

import engine
from engine.errors import DataError
from engine.readers.table import preview_table

ROWS = "region,sales,cost\n" + "".join(f"r{i},{i}.5,{i * i}\n" for i in range(8))


def put(folder: Path, text: str) -> Path:
    path = folder / "t.csv"
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize(
    ("below", "where"),
    [
        ("Total,15.1,14.2\n", "Line 10 below the table was left out as no row of it: 'Total,15.1,14.2'."),
        ("Source: Office of tables, 2020\n", "Line 10 below the table was left out as no row of it: 'Source: Office"),
        ("Total,15.1,14.2\n\n\nSource: Office, of, many, tables\n", "Lines 10 to 13 below the table were left out"),
        ("* preliminary numbers of the office\n", "Line 10 below"),
        ("Source: Office,,\n", "Line 10 below"),
        ("Note 1. of, three, cells\n", "Line 10 below"),
        ("合计,15.1,14.2\n자료: 통계청\n", "Lines 10 to 11 below"),
    ],
)
@pytest.mark.parametrize("first", ["r", ""])
def test_totals_and_sources_below_a_table_are_left_out(tmp_path: Path, below: str, where: str, first: str) -> None:
    data = engine.read_table(put(tmp_path, (ROWS if first else ROWS.replace("\nr", "\n1")) + below))
    assert data.X[:, -2:].tolist() == [[i + 0.5, i * i] for i in range(8)]
    assert any(note.startswith(where) for note in data.notes), data.notes


def test_a_table_that_is_packed_or_was_looked_at_ends_where_it_ends(tmp_path: Path) -> None:
    path = tmp_path / "t.csv.gz"
    path.write_bytes(gzip.compress((ROWS + "Total,1,2\n").encode()))
    preview = preview_table(path)
    assert preview.n_rows == 8 and any("Line 10 below" in note for note in preview.notes)
    assert engine.read_table(path).n_samples == 8


@pytest.mark.parametrize("below", ["Total,1,2\nr9,1,2\n", "New York,1,2\n", "Note,1,2\n", "Source of it,1,\n"])
def test_a_last_row_is_no_line_below_the_table(tmp_path: Path, below: str) -> None:
    data = engine.read_table(put(tmp_path, ROWS + below), columns=["sales"])
    assert data.n_samples == 8 + below.count("\n")


@pytest.mark.parametrize("below", ["r9,1", "r9", "New York"])
def test_a_row_that_was_cut_off_is_refused(tmp_path: Path, below: str) -> None:
    with pytest.raises(DataError, match=r"Line 10 of 't\.csv' has . cells? where the table has 3"):
        engine.read_table(put(tmp_path, ROWS + below))


def test_a_total_that_comes_again_is_a_name(tmp_path: Path) -> None:
    text = "kind,x\n" + "".join(f"{kind},{i}\n" for i in range(5) for kind in ("Part", "Total"))
    assert engine.read_table(put(tmp_path, text)).n_samples == 10


@pytest.mark.parametrize("delimiter", [",", ";", "\t", " "])
def test_cells_between_apostrophes(tmp_path: Path, delimiter: str) -> None:
    rows = [("name", "size", "weight"), *((f"it''s{delimiter} {i}", f"{i}.5", f"{i * i}") for i in range(9))]
    text = "".join(delimiter.join(f"'{cell}'" for cell in row) + "\n" for row in rows)
    data = engine.read_table(put(tmp_path, text), rows="name")
    assert data.feature_names == ("size", "weight")
    assert data.X.tolist() == [[i + 0.5, i * i] for i in range(9)]
    assert data.row_names[3] == f"it's{delimiter} 3".replace("\t", " ").replace("  ", " ")


@pytest.mark.parametrize("cell", ["O'Neil{}", "{}'", "'{}", "1'{}00"])
def test_apostrophes_that_are_no_quotes(tmp_path: Path, cell: str) -> None:
    data = engine.read_table(put(tmp_path, "a,x\n" + "".join(f"{cell.format(i)},{i}\n" for i in range(9))), columns="x")
    assert data.X.ravel().tolist() == list(range(9))


def test_columns_of_yes_and_no_are_called_so(tmp_path: Path) -> None:
    text = "x,flag,old\n" + "".join(f"{i},{bool(i % 2)},{('y', 'n')[i % 2]}\n" for i in range(9))
    data = engine.read_table(put(tmp_path, text))
    assert any(
        "'flag', 'old' were left out: they hold yes and no, 1 and 0 where they are named" in n for n in data.notes
    )
    with pytest.raises(DataError, match=r"'flag' of 't\.csv' holds yes and no such as 'False', and the target must be"):
        engine.read_table(tmp_path / "t.csv", target="flag")


def test_a_preview_says_where_na_is_a_name(tmp_path: Path) -> None:
    text = "code,x\nDE,1\nFR,2\nNA,3\nIT,4\n"
    assert any(note.startswith("NA on line 4, column 'code'") for note in preview_table(put(tmp_path, text)).notes)


def test_labels_of_a_file_are_names_whatever_they_are(tmp_path: Path) -> None:
    text = "x,y,c\n" + "".join(f"{i},{i * i % 7},{i % 3 - 1}\n" for i in range(30))
    data = engine.read_table(put(tmp_path, text), label="c")
    assert data.class_names == ("-1", "0", "1")
    assert data.y is not None and data.y.tolist() == [i % 3 for i in range(30)]
    assert engine.fit(engine.LatentMLP(2), data.X, data.y, max_iter=1).step.iteration == 1
    with pytest.raises(DataError, match="−1 beside 0 is no class, so write classes of that name as words"):
        engine.fit(engine.LatentMLP(2), data.X, data.y - 1, max_iter=1)
