"""Tables as people and programs write them: what a person who opens one expects of numbers, names and notes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.data.dataset import Dataset
from engine.errors import DataError
from engine.readers.table import preview_table, read_table

FILES = Path(__file__).parent.parent / "files"


def told(data: Dataset, part: str) -> bool:
    return any(part in note for note in data.notes)


@pytest.mark.parametrize("blank", [" ", "\xa0", "\u202f", "'"])
@pytest.mark.parametrize(("mark", "cut"), [(",", ";"), (".", ";"), (",", "\t")])
def test_a_decimal_mark_beside_groups_cut_by_blanks_is_told(tmp_path: Path, blank: str, mark: str, cut: str) -> None:
    file = tmp_path / "t.csv"
    file.write_text(f"a{cut}b\n1{blank}234{mark}5{cut}2\n12{blank}500{mark}25{cut}3\n", encoding="utf-8")
    data = read_table(file)
    assert data.X.tolist() == [[1234.5, 2.0], [12500.25, 3.0]]
    assert any("was taken to group thousands (1234.5)" in note for note in data.notes)


def test_one_column_with_decimal_commas_is_told_how_to_say_so(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("v\n-105,4\n148,7\n-72,7\n", encoding="utf-8")
    assert "If the comma in -105,4 is the decimal mark, say so with decimal=" in " ".join(read_table(file).notes)
    assert read_table(file, decimal=",").X.tolist() == [[-105.4], [148.7], [-72.7]]


def test_a_dash_before_a_number_is_a_minus(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("a,b\n\u20131.5,2\n\u2013,3\n3,4\n", encoding="utf-8")
    assert read_table(file).X.tolist() == [[-1.5, 2.0], [3.0, 4.0]]


def test_several_unnamed_columns_of_pandas_number_the_rows(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("Unnamed: 0,Unnamed: 0.1,a\n0,0,2\n1,1,4\n2,2,9\n", encoding="utf-8")
    data = read_table(file)
    assert data.feature_names == ("a",)
    assert "'Unnamed: 0', 'Unnamed: 0.1' were left out" in data.notes[0]


@pytest.mark.parametrize(
    ("name", "options", "names", "rows", "note"),
    [
        ("thousands_tab.tsv", {}, ("population",), [[1234], [987], [12345], [450], [2345]], "group thousands (1234)"),
        ("thousands_tab.tsv", {"decimal": ","}, ("population",), [[1.234], [987], [12.345]], ""),
        ("thousands_semi.csv", {}, ("a", "b"), [[1.234, 2], [2.5, 3], [12.345, 4], [1, 5]], "decimal mark (1.234); if"),
        ("thousands_semi.csv", {"decimal": "."}, ("a", "b"), [[1234, 2], [2500, 3], [12345, 4], [1000, 5]], ""),
        ("eu_dot_thousands.csv", {}, ("einwohner",), [[1.299], [987], [12.345]], "in the shell, --decimal"),
        ("eu_dot_thousands.csv", {"decimal": ","}, ("einwohner",), [[1299], [987000], [12345], [450120]], ""),
        ("comment_head.csv", {}, ("time", "temp"), [[1, 20.5], [2, 21.5]], "2 lines that begin with # were left out"),
        ("excel_sep.csv", {}, ("a", "b", "c"), [[1, 2, 3], [2, 3.5, 4], [4, 5, 6]], ""),
        ("units_row.csv", {}, ("time", "temp"), [[1, 20.5], [2, 21.5], [3, 22], [4, 23]], "Line 2 was left out"),
        ("multihdr.csv", {}, ("bar", "bar (2)", "foo"), [[1, 2, 3], [2, 4, 4]], "with skip= (in the shell, --skip)"),
        ("multihdr.csv", {"skip": 1}, ("one", "two", "one (2)"), [[1, 2, 3], [2, 4, 4]], ""),
        ("pandas14124_trailing.csv", {}, ("A", "B", "C"), [[1, 4, 7], [2, 5, 8], [3, 6, 9], [4, 1, 2]], ""),
        ("quoted_space.csv", {}, ("a", "b"), [[1, 2], [2, 3], [5, 1]], ""),
        ("duck14304_backslash.csv", {}, ("foo",), [[332], [123], [124]], "'bar' was left out: it holds text"),
        ("invis.csv", {}, ("a", "b"), [[1, 2], [5, 3], [7, 4], [8, 1]], ""),
        ("accounting_neg.csv", {}, ("a", "b"), [[-1.5, 2], [-2.5, 3], [3, 4], [7, 5], [8, 1]], ""),
        ("minus_unicode.csv", {}, ("a", "b"), [[-1.5, 2], [-2.5, 3], [3, 4]], ""),
        ("percent.csv", {}, ("a", "b"), [[12, 2], [13.5, 3], [9, 4], [8, 1]], "12% was read as 12"),
        ("unnamed0.csv", {}, ("a", "b"), [[1, 2], [3, 4]], "'Unnamed: 0' was left out: it has no name"),
        ("rownum5.csv", {}, ("a", "b"), [[1, 2], [3, 4], [4, 4], [1, 2]], "it has no name and numbers the rows"),
        ("idcol.csv", {}, ("a", "b"), [[1, 1], [2, 4], [0, 4]], "'id' was left out: by its name it numbers the rows"),
        ("idcol.csv", {"columns": ["id", "a"]}, ("id", "a"), [[1, 1], [2, 2], [3, 0]], ""),
        ("years_hdr.csv", {}, ("2023", "2024", "2025"), [[10, 20, 30], [5, 6, 7], [4, 4, 9]], "as column names"),
        ("years_hdr.csv", {}, ("2023", "2024", "2025"), [[10, 20, 30]], "NA on line 5, column 'region', was taken as"),
        ("fixed.txt", {}, ("len", "wid"), [[5.1, 3.5], [4.9, 3], [14.9, 13]], "by its name it numbers the rows"),
        ("fixed.txt", {"delimiter": "aligned"}, ("len", "wid"), [[5.1, 3.5], [4.9, 3], [14.9, 13]], "by its name"),
        ("savetxt.txt", {}, ("x", "y"), [[1, 2], [2, 3], [4, 4.5]], "taken from the comment on line 1"),
        ("savetxt.txt", {"header": False}, ("column 1", "column 2"), [[1, 2], [2, 3], [4, 4.5]], ""),
        ("r_write_table.txt", {}, ("a", "b", "c"), [[1, 2, 3], [2, 3, 1], [4, 5, 2]], "'column 1' was left out"),
        ("one_word_in_numbers.csv", {}, ("a", "b"), [[1, 2], [3, 4], [2, 1], [4, 4]], "'rotary' on line 4, column 'a'"),
        ("one_word_in_numbers.csv", {"missing_marks": ["rotary"]}, ("a", "b"), [[1, 2], [3, 4], [2, 1]], "1 of 5"),
        ("mac_lines.csv", {}, ("a", "b"), [[1, 2], [3, 4], [2, 1]], ""),
        ("missing_marks.csv", {}, ("x", "y"), [[1, 2], [4, 1], [5, 3]], "3 of 6 rows had missing values"),
        ("missing_marks.csv", {"missing_marks": ["4"]}, ("x", "y"), [[1, 2], [5, 3]], "4 of 6 rows had missing values"),
        ("none_na.csv", {}, ("a", "b"), [[1, 2], [3, 4], [4, 5]], "1 of 4 rows had a missing value"),
        ("one_inf.csv", {}, ("x", "y"), [[1, 2], [3, 1], [4, 1]], "'inf' on line 3, column 'y', is infinite"),
    ],
)  # fmt: skip
def test_a_file_is_what_a_person_sees_in_it(
    name: str, options: dict[str, Any], names: tuple[str, ...], rows: list[list[float]], note: str
) -> None:
    data = read_table(FILES / name, **options)
    assert data.feature_names == names
    assert data.X[: len(rows)].tolist() == rows
    assert told(data, note) if note else data.notes == () or options, data.notes


def test_a_row_number_is_never_the_only_feature() -> None:
    assert preview_table(FILES / "rownames_and_words.csv").header
    with pytest.raises(DataError, match="has no column of numbers"):
        read_table(FILES / "rownames_and_words.csv", label="")


def test_lines_that_end_in_carriage_returns_are_counted(tmp_path: Path) -> None:
    preview = preview_table(FILES / "mac_lines.csv")
    assert (preview.n_rows, preview.whole) == (3, True)
    path = tmp_path / "long.csv"
    path.write_bytes(b"a,b\r" + b"1,2\r" * 400_000)
    preview = preview_table(path)
    assert preview.n_rows == 400_000 and not preview.whole
    assert read_table(path).n_samples == 400_000


def read(folder: Path, text: str, **options: Any) -> Dataset:
    path = folder / "table.txt"
    path.write_text(text, "utf-8")
    return read_table(path, **options)


@pytest.mark.parametrize(
    ("text", "names", "rows"),
    [
        # as R writes them
        ('"","mpg","cyl"\n"Mazda RX4",21,6\n"Fiat 128",32.4,4\n', ("mpg", "cyl"), [[21, 6], [32.4, 4]]),
        ('"mpg" "cyl"\n"Mazda RX4" 21 6\n"Fiat 128" 32.4 4\n', ("mpg", "cyl"), [[21, 6], [32.4, 4]]),
        ('"x","y"\n"2",1.5,2\n"7",2.5,3\n"11",4,5\n', ("x", "y"), [[1.5, 2], [2.5, 3], [4, 5]]),
        ("rownames;a;b\n1;1,5;2\n2;2,5;3\n3;4;5\n", ("a", "b"), [[1.5, 2], [2.5, 3], [4, 5]]),
        # years, months and dates
        ("country\t1990\t2000\t2010\nPeru\t1\t2\t3\nChad\t4\t5\t6\n", ("1990", "2000", "2010"), [[1, 2, 3], [4, 5, 6]]),
        ("date,price\n2020-01-01,1.5\n2020-01-02,2.5\n", ("price",), [[1.5], [2.5]]),
        ("symbol,date,price\nMSFT,Jan 1 2000,39.81\nMSFT,Feb 1 2000,36.35\n", ("price",), [[39.81], [36.35]]),
        ("year,sales\n2001,5\n2002,7\n2003,6\n", ("year", "sales"), [[2001, 5], [2002, 7], [2003, 6]]),
        ("PassengerId,Age\n1,22\n2,38\n3,26\n", ("Age",), [[22], [38], [26]]),
        ("A,B\n1,22\n2,38\n3,26\n", ("A", "B"), [[1, 22], [2, 38], [3, 26]]),
        ("case\n1\n2\n3\n", ("case",), [[1], [2], [3]]),
        # numbers in other dress
        ('city,n\nA,"1,234,567"\nB,12\n', ("n",), [[1234567], [12]]),
        ("a;b\n1.234,5;2\n12,25;3\n", ("a", "b"), [[1234.5, 2], [12.25, 3]]),
        ("a;b\n1 234,5;2\n12,25;3\n", ("a", "b"), [[1234.5, 2], [12.25, 3]]),
        ("a\tb\n1'234.5\t2\n12.25\t3\n", ("a", "b"), [[1234.5, 2], [12.25, 3]]),
        ("a;b\n0,125;2\n0,250;3\n1,375;3\n", ("a", "b"), [[0.125, 2], [0.25, 3], [1.375, 3]]),
        ("a,b\n(1,2\n3,4\n5,6\n", ("a", "b"), [[3, 4], [5, 6]]),
        ('item,price\na,"$1,250.50"\nb,-$3\n', ("price",), [[1250.5], [-3]]),
        ("  1.0D+00  2.0D-01\n  3.0D+00  4.0D+01\n", ("column 1", "column 2"), [[1, 0.2], [3, 40]]),
        # a first row that is none of names
        ("2020-01-01,1,2\n2020-01-02,3,4\n", ("column 2", "column 3"), [[1, 2], [3, 4]]),
        (
            "Texas,37,34453\nOhio,9,41534\nIowa,6,35802\n",
            ("column 2", "column 3"),
            [[37, 34453], [9, 41534], [6, 35802]],
        ),
        ("Texas,1990,1991\nOhio,1992,1993\n", ("column 2", "column 3"), [[1990, 1991], [1992, 1993]]),
        ("1990,1991,1992\n5,6,7\n", ("column 1", "column 2", "column 3"), [[1990, 1991, 1992], [5, 6, 7]]),
        ("state,2020\nOhio,5\nIowa,7\n", ("2020",), [[5], [7]]),
        ("geo\t2001\t2002\nDE\t1.5 b\t:\nFR\t2.5\t3.5\nIT\t1\t2\n", ("2001", "2002"), [[2.5, 3.5], [1, 2]]),
        # blanks and alignment
        ("time temp\ns degC\n1 2.5\n2 3.5\n3 4\n", ("time", "temp"), [[1, 2.5], [2, 3.5], [3, 4]]),
        ("  1   2.5\n 10  -3.5\n100   4.5\n", ("column 1", "column 2"), [[1, 2.5], [10, -3.5], [100, 4.5]]),
        ("x   y\n1,5 2\n2,5 3\n", ("x", "y"), [[1.5, 2], [2.5, 3]]),
        (
            "name         height  age\nAnna Maria      1.70   31\nBob             1.80   42\nEve van Dyk     1.65"
            "\nZoë             1.55   27\n",
            ("height", "age"),
            [[1.7, 31], [1.8, 42], [1.55, 27]],
        ),
        ("| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n", ("a", "b"), [[1, 2], [3, 4]]),
        # above and below the table
        ("Report 2020;;\n;;\nname;x;y\nA;1,5;2\nB;2,5;3\nC;2,5;4\n", ("x", "y"), [[1.5, 2], [2.5, 3], [2.5, 4]]),
        ("My flowers\n\nx,y\n1,2\n3,4\n5,6\n", ("x", "y"), [[1, 2], [3, 4], [5, 6]]),
        ("% made by octave\n1 2\n3 4\n5 7\n", ("column 1", "column 2"), [[1, 2], [3, 4], [5, 7]]),
        ("#id,x,y\n4,1,2\n2,3,4\n9,5,6\n", ("id", "x", "y"), [[4, 1, 2], [2, 3, 4], [9, 5, 6]]),
        ("x,y\n1,2\n# a pause\n3,4\n5,6\n", ("x", "y"), [[1, 2], [3, 4], [5, 6]]),
        ("'x' 'y'\n1 2\n3 4\n", ("x", "y"), [[1, 2], [3, 4]]),
    ],
)
def test_tables_of_other_programs(tmp_path: Path, text: str, names: tuple[str, ...], rows: list[list[float]]) -> None:
    data = read(tmp_path, text, label="")
    assert (data.feature_names, data.X.tolist()) == (names, rows)


@pytest.mark.parametrize(
    ("text", "options", "rows"),
    [
        ("1 made\n2 by\nx,y\n1,2\n3,4\n", {"skip": 2}, [[1, 2], [3, 4]]),
        ("x,y\n1,2\n!3,4\n5,6\n", {"comment": "!"}, [[1, 2], [5, 6]]),
        ("#x,y\n#1,2\n3,4\n5,6\n7,8\n", {"comment": ""}, [[3, 4], [5, 6], [7, 8]]),
        ("x,y\n1,2\nunknown,4\nn.b.,6\n7,8\n", {"missing_marks": ["unknown", "n.b."]}, [[1, 2], [7, 8]]),
        ("x,y\n1,-99\n2,4\n3,6\n", {"missing_marks": ("-99",)}, [[2, 4], [3, 6]]),
    ],
)
def test_what_is_said_goes_before_what_is_told(
    tmp_path: Path, text: str, options: dict[str, Any], rows: list[list[float]]
) -> None:
    assert read(tmp_path, text, **options).X.tolist() == rows


def test_a_column_with_a_few_words_is_read_and_one_with_many_is_left_out_and_named(tmp_path: Path) -> None:
    text = "x,y\n1,2\n2,red\n3,4\n4,blue\n5,6\n6,7\n"
    data = read(tmp_path, text)
    assert data.feature_names == ("x",)
    assert told(data, "The column 'y' was left out for words among its numbers, such as 'red' on line 3; name them")
    chosen = read(tmp_path, text, columns=["y"])
    assert chosen.X.tolist() == [[2], [4], [6], [7]]
    assert told(chosen, "'red' on line 3, column 'y', and 1 more of that column are no number and count as missing")
    assert read(tmp_path, text, missing_marks=["red", "blue"]).X.tolist() == [[1, 2], [3, 4], [5, 6], [6, 7]]


def test_a_name_that_looks_like_a_missing_value_is_one_where_words_come_again(tmp_path: Path) -> None:
    words = "x,k\n1,EU\n2,NA\n3,EU\n4,US\n5,US\n"
    assert read(tmp_path, words, label="k").class_names == ("EU", "US")
    names = "x,k\n1,EU\n2,NA\n3,AS\n4,US\n"
    assert read(tmp_path, names, label="k").class_names == ("AS", "EU", "NA", "US")
    assert read(tmp_path, names, label="k", missing_marks=["NA"]).class_names == ("AS", "EU", "US")


def test_rows_with_an_infinite_number_are_kept_by_a_model_that_takes_gaps() -> None:
    data = read_table(FILES / "one_inf.csv", missing="keep")
    assert np.isnan(data.X).sum() == 1 and data.n_samples == 4


def test_tabs_at_the_ends_of_lines_are_no_blanks(tmp_path: Path) -> None:
    path = tmp_path / "table.txt"
    path.write_text("a\tb\t\n1\t2\t\n3\t4\t\n")
    preview = preview_table(path)
    assert (preview.delimiter, preview.features) == ("\t", ("a", "b"))
