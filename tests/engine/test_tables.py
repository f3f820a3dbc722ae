"""Tables as people write them: every dialect and encoding reads back what was written."""

from __future__ import annotations

import codecs
import csv
import io
from pathlib import Path

import numpy as np
import pytest
from counts import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.data.catalogue import load
from engine.data.dataset import Dataset
from engine.errors import DataError
from engine.readers.corpus import read_corpus
from engine.readers.table import preview_table, read_table

PEOPLE = "이름,키,몸무게\n가온,170.5,60\n나래,160,50.25\n가온,150,40\n나래,151,41\n"


def read(folder: Path, text: str | bytes, encoding: str = "utf-8", **options: object) -> Dataset:
    path = folder / "table.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return read_table(path, **options)  # type: ignore[arg-type]  # the tests mix options on purpose


def test_the_bundled_iris_reads_as_it_loads() -> None:
    from engine.data.catalogue import data_folder

    mine, bundled = read_table(data_folder() / "iris.csv"), load("iris")
    np.testing.assert_array_equal(mine.X, bundled.X)
    assert mine.y is not None
    np.testing.assert_array_equal(mine.y, bundled.y)
    assert mine.feature_names == bundled.feature_names
    assert mine.class_names == bundled.class_names
    assert mine.name == "iris.csv"
    assert mine.options == {"n_components": 3}
    assert mine.notes == ("The column 'species' was taken as the label.",)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_separators_and_line_ends_are_told(tmp_path: Path, delimiter: str, end: str) -> None:
    text = end.join(["a,b,c", "1.5,2,-3e2", "4,5.25,6", "", ""]).replace(",", delimiter)
    data = read(tmp_path, text)
    assert data.feature_names == ("a", "b", "c")
    assert data.X.tolist() == [[1.5, 2.0, -300.0], [4.0, 5.25, 6.0]]
    assert data.line_numbers is not None
    assert data.line_numbers.tolist() == [2, 3]
    assert data.notes == ()


@pytest.mark.parametrize(
    "text",
    [
        "a;b\n1,5;2\n-3,25;4e-1\n",
        "a\tb\n1,5\t2\n-3,25\t4e-1\n",
        'a,b\n"1,5",2\n"-3,25","4e-1"\n',
    ],
)
def test_decimal_commas_are_told(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text).X.tolist() == [[1.5, 2.0], [-3.25, 0.4]]


def test_a_quoted_thousand_between_commas_is_not_a_decimal(tmp_path: Path) -> None:
    data = read(tmp_path, 'a,b\n"1,234",2.5\n"5,678",3\n')
    assert data.X.tolist() == [[1234, 2.5], [5678, 3]]
    assert data.notes == (
        "The comma in 1,234 was taken to group thousands (1234); if it is the decimal mark, say so with decimal= (in "
        "the shell, --decimal).",
    )
    assert read(tmp_path, 'a,b\n"1,234",2\n"5,678",3\n', delimiter=",", decimal=",").X[0, 0] == 1.234


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("cp949", "CP949"),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16-LE"),
        ("utf-16-be", "UTF-16-BE"),
        ("utf-32", "UTF-32"),
    ],
)
def test_encodings_are_told(tmp_path: Path, encoding: str, name: str) -> None:
    data = read(tmp_path, PEOPLE, encoding)
    assert data.feature_names == ("키", "몸무게")
    assert data.class_names == ("가온", "나래")
    assert data.X.tolist() == [[170.5, 60.0], [160.0, 50.25], [150.0, 40.0], [151.0, 41.0]]
    assert preview_table(tmp_path / "table.csv").encoding == name
    taken = f"The encoding was taken to be {name}"
    guessed = f"{taken}; name another with encoding= (in the shell, --encoding) if letters look wrong."
    assert (guessed in data.notes) == (encoding in ("cp949", "utf-16-le", "utf-16-be"))


@pytest.mark.parametrize("mark", [codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE])
def test_utf_16_with_its_mark_in_either_order(tmp_path: Path, mark: bytes) -> None:
    order = "utf-16-le" if mark == codecs.BOM_UTF16_LE else "utf-16-be"
    assert read(tmp_path, mark + PEOPLE.encode(order)).feature_names == ("키", "몸무게")


def test_a_mark_before_a_first_number_is_no_part_of_it(tmp_path: Path) -> None:
    assert read(tmp_path, codecs.BOM_UTF8 + b"1.5,2\n3,4\n").X[0].tolist() == [1.5, 2.0]
    marked = codecs.BOM_UTF16_LE + "1.5,2\n3,4\n".encode("utf-16-le")
    assert read(tmp_path, marked, encoding="utf-16-le").X[0].tolist() == [1.5, 2.0]


def test_western_european_letters_are_not_taken_for_korean(tmp_path: Path) -> None:
    data = read(tmp_path, "âge,prénom\n1,Bédard\n2,Hélène\n3,Zoë\n", "cp1252")
    assert data.feature_names == ("âge",)
    assert "CP1252" in " ".join(data.notes)


@pytest.mark.parametrize(
    ("text", "names", "rows"),
    [
        ("1,2\n3,4\n", ("column 1", "column 2"), 2),
        ("x,y\n3,4\n", ("x", "y"), 1),
        ("x,2\n3,4\n5,6\n", ("x", "2"), 2),
        ("5.1\n4.9\n", ("column 1",), 2),
        ("5.1,4.9\n", ("column 1", "column 2"), 1),
        ("height\n170\n165\n", ("height",), 2),
        ("5.1,setosa\n4.9,setosa\n6.0,virginica\n6.1,virginica\n", ("column 1",), 4),
        ("NA,1\n2,3\n4,5\n", ("column 1", "column 2"), 2),
    ],
)
def test_a_header_is_told_from_a_first_row(tmp_path: Path, text: str, names: tuple[str, ...], rows: int) -> None:
    data = read(tmp_path, text)
    assert data.feature_names == names
    assert data.X.shape == (rows, len(names))


def test_a_header_of_years_is_taken_when_it_is_named_so(tmp_path: Path) -> None:
    text = "1990,1991\n5,6\n7,8\n"
    assert read(tmp_path, text).X.shape == (3, 2)
    named = read(tmp_path, text, header=True)
    assert named.feature_names == ("1990", "1991")
    assert named.X.tolist() == [[5, 6], [7, 8]]
    assert read(tmp_path, "1,2\n3,4\n", header=False).X.shape == (2, 2)


def test_the_numbered_header_that_pandas_writes_is_no_row(tmp_path: Path) -> None:
    for index in (True, False):
        text = "".join(
            f"{'' if i < 0 else i},"[: 9 * index] + row for i, row in enumerate(["0,1,2\n", "3.5,4,5\n", "6,7,9\n"], -1)
        )
        data = read(tmp_path, text)
        assert data.feature_names == ("0", "1", "2")
        assert data.X.tolist() == [[3.5, 4, 5], [6, 7, 9]]
        assert data.notes[-1] == (
            "The first line, which ends in 2, was taken as column names; if it is a row, say so with header=False (in "
            "the shell, --no-header)."
        )
    assert read(tmp_path, "0,1,2\n3,4,5\n", header=False).X.shape == (2, 3)
    assert read(tmp_path, "0,1\n1,0\n").X.shape == (2, 2)


def test_quoted_cells_may_hold_separators_quotes_and_line_breaks(tmp_path: Path) -> None:
    text = '"a ""b"", c","d\ne",k\n1,2,"x, y"\n3,"4","p\nq"\n5,6,"x, y"\n7,8,"p\nq"\n'
    data = read(tmp_path, text)
    assert data.feature_names == ('a "b", c', "d e")
    assert data.class_names == ("p q", "x, y")
    assert data.X.tolist() == [[1, 2], [3, 4], [5, 6], [7, 8]]
    assert data.line_numbers is not None
    assert data.line_numbers.tolist() == [3, 4, 6, 7]


def test_blank_lines_and_empty_cells_at_the_ends_of_lines_are_passed_over(tmp_path: Path) -> None:
    data = read(tmp_path, "\n\na,b\n1,2,\n\n3,4\n,,\n  \n\n")
    assert data.X.tolist() == [[1, 2], [3, 4]]
    assert data.line_numbers is not None
    assert data.line_numbers.tolist() == [4, 6]


@pytest.mark.parametrize("mark", ["", "NA", "NaN", "nan", "?", "null", "-", "N/A", " NA "])
def test_rows_with_a_missing_value_are_left_out_and_counted(tmp_path: Path, mark: str) -> None:
    data = read(tmp_path, f"a,b\n1,2\n{mark},4\n5,{mark}\n7,8\n9,10\n")
    assert data.X.tolist() == [[1, 2], [7, 8], [9, 10]]
    assert data.notes == ("2 of 5 rows had missing values and were left out.",)
    assert data.line_numbers is not None
    assert data.line_numbers.tolist() == [2, 5, 6]


def test_missing_values_can_be_kept(tmp_path: Path) -> None:
    data = read(tmp_path, "a,b\n1,2\nNA,4\n5,6\n", missing="keep")
    np.testing.assert_array_equal(data.X, [[1, 2], [np.nan, 4], [5, 6]])
    assert data.has_missing
    assert data.notes == ("1 of 3 rows has a missing value, kept as not seen.",)


def test_a_missing_value_in_a_column_that_is_not_chosen_costs_no_row(tmp_path: Path) -> None:
    assert read(tmp_path, "a,b\n1,2\nNA,4\n5,6\n", columns=["b"]).X.tolist() == [[2], [4], [6]]


def test_an_empty_column_is_left_out_rather_than_every_row(tmp_path: Path) -> None:
    data = read(tmp_path, "a,b,c\n1,NA,2\n3,,4\n")
    assert data.feature_names == ("a", "c")
    later = "".join(f"{i},NA,{i}\n" for i in range(30))
    assert read(tmp_path, "a,b,c\n0,NA,0\n" + later).X.shape == (31, 2)


def test_unnamed_row_numbers_are_left_out(tmp_path: Path) -> None:
    for first in (0, 1):
        data = read(tmp_path, f'"",x\n{first},2.5\n{first + 1},3.5\n{first + 2},4.5\n')
        assert data.feature_names == ("x",)
        assert data.notes == ("The column 'column 1' was left out: it has no name and numbers the rows.",)
    assert read(tmp_path, "n,x\n1,2.5\n2,3.5\n").feature_names == ("n", "x")


def test_columns_and_label_by_name_index_and_number(tmp_path: Path) -> None:
    text = "a,b,class,d\n1,2,u,3\n4,5,v,6\n7,8,u,9\n"
    for columns in (["d", "a"], [3, 0], [-1, -4], ["4", "1"]):
        for label in ("class", 2, -2, "3"):
            data = read(tmp_path, text, columns=columns, label=label)
            assert data.feature_names == ("d", "a")
            assert data.X.tolist() == [[3, 1], [6, 4], [9, 7]]
            assert data.y is not None
            assert data.y.tolist() == [0, 1, 0]
            assert data.class_names == ("u", "v")
    assert read(tmp_path, text, columns="b").feature_names == ("b",)


def test_a_column_is_found_by_the_name_it_has_in_the_file_and_by_the_name_shown(tmp_path: Path) -> None:
    text = "a\x1b[1m,b  c,b c\n1,2,3\n4,5,6\n"
    assert read(tmp_path, text, columns=["a\x1b[1m"]).X.tolist() == [[1], [4]]
    assert read(tmp_path, text, columns=["a", "b c (2)"]).X.tolist() == [[1, 3], [4, 6]]


def test_number_labels_are_sorted_as_numbers(tmp_path: Path) -> None:
    data = read(tmp_path, "x,k\n1,10\n2,9\n3,10\n4,2\n", label="k")
    assert data.class_names == ("2", "9", "10")
    assert data.y is not None
    assert data.y.tolist() == [2, 1, 2, 0]
    assert data.feature_names == ("x",)


def test_rows_without_a_label_are_kept_as_unknown(tmp_path: Path) -> None:
    data = read(tmp_path, "x,k\n1,u\n2,\n3,v\n4,NA\n5,u\n", label="k")
    assert data.y is not None
    assert data.y.tolist() == [0, -1, 1, -1, 0]
    assert data.notes == ("2 of 5 rows have no label and count as unknown.",)


def test_one_row_without_a_label_is_counted_among_several(tmp_path: Path) -> None:
    assert read(tmp_path, "x,k\n1,u\n2,\n3,v\n", label="k").notes == (
        "1 of 3 rows has no label and counts as unknown.",
    )


def test_plus_and_minus_are_two_classes(tmp_path: Path) -> None:
    data = read(tmp_path, "x,k\n1,+\n2,-\n3,+\n4,-\n", label="k")
    assert data.class_names == ("+", "-")
    assert data.y is not None
    assert data.y.tolist() == [0, 1, 0, 1]


def test_of_two_text_columns_none_is_guessed_to_be_the_label(tmp_path: Path) -> None:
    data = read(tmp_path, "x,k,m\n1,u,p\n2,v,q\n3,u,p\n4,v,q\n")
    assert data.y is None
    assert data.notes == ("The columns 'k', 'm' were left out: they hold text.",)


def test_a_text_column_of_distinct_values_is_no_label(tmp_path: Path) -> None:
    data = read(tmp_path, "x,date\n1,2020-01-01\n2,2020-01-02\n3,2020-01-03\n")
    assert data.y is None
    assert data.notes == ("The column 'date' was left out: it holds text.",)


def test_a_preview_shows_what_reading_will_do(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("a;b\x1b[2J;class\n1,5;x;u\n2;y;v\n3;z;u\n4;w;v\n", encoding="utf-8")
    preview = preview_table(path)
    assert (preview.encoding, preview.delimiter_name, preview.decimal, preview.header) == (
        "UTF-8",
        "semicolon",
        ",",
        True,
    )
    assert [(c.number, c.name, c.kind, c.n_distinct) for c in preview.columns] == [
        (1, "a", "number", 4),
        (2, "b", "text", 4),
        (3, "class", "text", 2),
    ]
    assert preview.rows[0] == ("1,5", "x", "u")
    assert preview.features == ("a",)
    assert preview.label == "class"
    data = read_table(path)
    assert data.feature_names == preview.features
    assert data.notes[-1] == "The column 'class' was taken as the label."
    assert preview_table(path, header=False).columns[0].name == "column 1"


@pytest.mark.parametrize("n", [1, 998, 999, 1000, 3000])
@pytest.mark.parametrize("end", ["", "\n", "\n\n"])
def test_a_preview_counts_rows_and_says_whether_they_are_all(tmp_path: Path, n: int, end: str) -> None:
    path = tmp_path / "table.csv"
    rows = [f"{i},{'NA' if i % 10 == 3 else i}" for i in range(n)]
    path.write_text("a,b\n" + "\n".join(rows) + end, encoding="utf-8")
    preview = preview_table(path)
    assert preview.whole == (n <= 999) == (len(preview.gaps) == n)
    assert abs(preview.n_rows - n) <= (0 if preview.whole else 3)
    assert [i for i, gaps in enumerate(preview.gaps) if gaps] == list(range(3, len(preview.gaps), 10))
    assert {gaps for gaps in preview.gaps if gaps} <= {(1,)}
    assert sum(1 in gaps for gaps in preview.gaps) == n - len(read_table(path).X) or not preview.whole


def test_rows_over_several_lines_are_told_from_the_first_of_them(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("a,b\n" + '1,"x\n\ny"\n' * 2000, encoding="utf-8")
    assert preview_table(path).n_rows == pytest.approx(2000, rel=1e-2)
    path.write_text(",".join(f"c{j}" for j in range(5000)) + "\n" + (",".join(["1"] * 5000) + "\n") * 40, "utf-8")
    wide = preview_table(path)
    assert not wide.whole and len(wide.gaps) < 40 and wide.n_rows == 40


@pytest.mark.parametrize("place", ["~nobody-has-this-name/x.csv", "~nobody-has-this-name"])
def test_a_home_that_nobody_has_is_a_sentence(place: str) -> None:
    with pytest.raises(DataError, match="There is no file"):
        read_table(place)
    with pytest.raises(DataError, match="There is no folder"):
        read_corpus(place)


NAMES = st.text(alphabet="abcxyz _-0123456789가나다é,;\"'", min_size=1, max_size=8).filter(lambda s: s == s.strip())
FLOATS = st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def written_tables(draw: st.DrawFn) -> tuple[bytes, list[list[float]], list[str], list[str], dict[str, object]]:
    """A table in some dialect and encoding: its bytes, numbers, names, label cells, and how it was written."""
    n, d = draw(st.integers(1, 8)), draw(st.integers(1, 4))
    X = draw(st.lists(st.lists(FLOATS, min_size=d, max_size=d), min_size=n, max_size=n))
    names = [f"v{j} {draw(NAMES)}" for j in range(d)]
    labels = [draw(st.sampled_from(["u", "v v", 'w "quoted"', "x,y;z"])) for _ in range(n)]
    delimiter, decimal = draw(st.sampled_from(",;\t|")), draw(st.sampled_from(".,"))
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32"]))
    buffer = io.StringIO()
    quoting = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    end = draw(st.sampled_from(["\n", "\r\n"]))
    writer = csv.writer(buffer, delimiter=delimiter, quoting=quoting, lineterminator=end)
    writer.writerow([*names, "label"])
    for row, label in zip(X, labels, strict=True):
        writer.writerow([*(repr(x).replace(".", decimal) for x in row), label])
    options: dict[str, object] = {"delimiter": delimiter, "decimal": decimal, "encoding": encoding, "header": True}
    return buffer.getvalue().encode(encoding), X, names, labels, options


@given(written_tables())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=examples(60))
def test_a_table_written_in_any_dialect_reads_back_to_the_last_digit(
    tmp_path: Path, table: tuple[bytes, list[list[float]], list[str], list[str], dict[str, object]]
) -> None:
    content, X, names, labels, options = table
    columns = list(range(len(names)))
    several = len(set(labels)) > 1
    data = read(tmp_path, content, columns=columns, label="label" if several else None, **options)
    assert data.X.tolist() == X
    if several:
        assert data.y is not None
        assert [data.class_names[code] for code in data.y] == labels


@given(
    st.integers(2, 12).flatmap(lambda n: st.lists(st.tuples(*[st.integers(-9999, 9999)] * 3), min_size=n, max_size=n)),
    st.sampled_from([(",", "."), (";", "."), (";", ","), ("\t", "."), ("\t", ","), ("|", ".")]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp949"]),
    st.booleans(),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=examples(60))
def test_a_table_of_decimals_is_told_without_help(
    tmp_path: Path, tenths: list[tuple[int, ...]], marks: tuple[str, str], encoding: str, header: bool
) -> None:
    delimiter, decimal = marks
    lines = [["길이", "너비", "높이"]] if header else []
    lines += [[f"{x / 10:.1f}".replace(".", decimal) for x in row] for row in tenths]
    text = "".join(delimiter.join(line) + "\n" for line in lines)
    data = read(tmp_path, text, encoding)
    assert data.X.tolist() == [[x / 10 for x in row] for row in tenths]
    assert data.feature_names == (("길이", "너비", "높이") if header else ("column 1", "column 2", "column 3"))


def test_a_column_without_any_value_is_left_out_with_a_word(tmp_path):
    path = tmp_path / "survey.csv"
    path.write_text("a,b,c\n1,2,\n3,4,\n5,6,\n")
    data = read_table(path)
    assert data.feature_names == ("a", "b")
    assert data.notes == ("The column 'c' was left out: it is empty.",)


def test_blanks_in_dates_do_not_cut_a_table_with_commas(tmp_path: Path) -> None:
    months = "".join(f"MSFT,{month} 1 2000,{30 + i / 4}\n" for i, month in enumerate(["Jan", "Feb", "Mar"] * 40))
    path = tmp_path / "stocks.csv"
    path.write_text(f"symbol,date,price\n{months}")
    data = read_table(path)
    assert (data.feature_names, data.n_samples) == (("price",), 120)


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (("€ 12,50", "€ 7,99", "€ 3,5"), [12.5, 7.99, 3.5]),
        (("12,50 €", "7,99 €", "3,5 €"), [12.5, 7.99, 3.5]),
        (("12,5%", "13,25 %", "1%"), [12.5, 13.25, 1.0]),
        (("(1,5)", "2,5", "(3,25)"), [-1.5, 2.5, -3.25]),
        (("−1,5", "−2,5", "3,25"), [-1.5, -2.5, 3.25]),
        (("$1,200.50", "$900.00", "($3.25)"), [1200.5, 900.0, -3.25]),
    ],
)
def test_the_decimal_mark_is_told_beside_currencies_and_signs(
    tmp_path: Path, cells: tuple[str, ...], numbers: list[float]
) -> None:
    text = "p;q\n" + "".join(f"{cell};{i}\n" for i, cell in enumerate(cells))
    assert read(tmp_path, text).X[:, 0].tolist() == numbers


def test_notes_on_numbers_show_no_control_characters(tmp_path: Path) -> None:
    data = read(tmp_path, "p;q\n\x1b$1,200;1\n\x0712%;2\n$3,400;3\n")
    assert all(note.isprintable() for note in data.notes)
    assert len(data.notes) == 2
    assert data.X[:, 0].tolist() == [1200.0, 12.0, 3400.0]
