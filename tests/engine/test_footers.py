"""What stands below a table is left out with a note, and cells between apostrophes are cells."""

from __future__ import annotations

import gzip
import random
from pathlib import Path
from typing import Any

import pytest
from counts import examples

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
        ("Total,15.1,14.2\n", "Line 10 below the table was left out as no row of it: 'Total,15.1,14.2'; to keep"),
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


MEANS = "name,a,b\nx,4,60\ny,6,40\nz,5,51\nw,2,11\n"


@pytest.mark.parametrize(
    "below",
    [
        "average,4.25,40.5\n",
        "average,4,40\nSource: office\n",
        ",17,162\n",
        ",4.25,40.5\n\nSource: office\n",
        "Total,17,162\nMean,4.25,40.5\nSD,1.7,21.2\n",
        ",,\nAverage:,4.25,40.50\n",
        "\n,17,162\n",
        "all of them,17,162\n",
    ],
)
def test_sums_and_means_are_left_out_and_the_note_says_how_they_are_kept(tmp_path: Path, below: str) -> None:
    data = engine.read_table(put(tmp_path, MEANS + below))
    assert data.X.tolist() == [[4, 60], [6, 40], [5, 51], [2, 11]]
    assert any("below the table" in note and "say skip=0 (in the shell, --skip 0)" in note for note in data.notes)
    kept = engine.read_table(put(tmp_path, MEANS + below), skip=0)
    rows = [line for line in below.splitlines() if line.strip(",") and not line.startswith("Source")]
    assert kept.n_samples == 4 + len(rows)


@pytest.mark.parametrize(
    "line",
    [
        "average,5,5",
        "average,5,5\n\n",
        "v,17,161",
        "v,7,62",
        ",75,80",
        "max,6,60",
        "SD,1.7,21.2",
        "sum of all,4,3",
        ",NA,3",
    ],
)
def test_a_row_that_sums_nothing_up_stays_whatever_it_is_called(tmp_path: Path, line: str) -> None:
    data = engine.read_table(put(tmp_path, MEANS + line + "\n"), missing="keep")
    assert data.n_samples == 5


@pytest.mark.parametrize("last", ["Total", "All", ""])
def test_rows_that_are_called_as_summaries_count_among_the_sums(tmp_path: Path, last: str) -> None:
    text = '"region","pop","area"\n"N","1,200","10"\n"Max","3,400","21"\n"W","2,000","30"\n"SE","2,100","7"\n'
    data = engine.read_table(put(tmp_path, text + f'"{last}","8,700","68"\n'))
    assert data.X.tolist() == [[1200, 10], [3400, 21], [2000, 30], [2100, 7]]


def test_a_table_whose_rows_are_summaries_keeps_them(tmp_path: Path) -> None:
    names = ("n", "mean", "sd", "min", "median", "max", "total")
    text = "statistic,a,b\n" + "".join(f"{name},{i},{i * i}\n" for i, name in enumerate(names))
    assert engine.read_table(put(tmp_path, text)).n_samples == 7


@pytest.mark.parametrize(
    "below",
    [
        "\n1 Includes the north, south and east\n2 Preliminary\n",
        "\nPreliminary, subject to change\n",
        "\n(a) Of the year before.\n(b) Revised, see page 3.\n",
        "* preliminary, subject to change, of the office\n",
        "\nThe office counts the whole region, with its islands\nand, since last year, the lakes\n",
    ],
)
def test_footnotes_are_left_out(tmp_path: Path, below: str) -> None:
    data = engine.read_table(put(tmp_path, ROWS + below))
    assert data.X.tolist() == [[i + 0.5, i * i] for i in range(8)]
    assert any("below the table" in note for note in data.notes)


@pytest.mark.parametrize(
    "below", ["\nr9,1,2\n", "\nr9,NA,2\n", "\nr9,NA,NA\n", "\nOf the north of it,7,8\n", "\n*,1,2\n"]
)
def test_a_row_below_a_blank_line_is_a_row(tmp_path: Path, below: str) -> None:
    assert engine.read_table(put(tmp_path, ROWS + below), missing="keep").n_samples == 9


@pytest.mark.parametrize("seed", range(examples(20)))
def test_rows_stay_and_what_stands_below_them_goes(tmp_path: Path, seed: int) -> None:
    """Random tables of names and numbers, some of them without a number or a name, with lines below or without."""
    chance = random.Random(seed)
    width, n = chance.randint(2, 5), chance.randint(3, 30)
    names = [chance.choice(("Ost", "New York", "Note", "Source", "a.b", "x (new)", "*", "Sumo")) for _ in range(n)]

    def number() -> float:
        return round(chance.gauss(50, 20), chance.choice((0, 2)))

    rows: list[list[Any]] = [[f"{name} {i}", *(number() for _ in range(width))] for i, name in enumerate(names)]
    if chance.random() < 0.5:
        rows[-1][0] = ""
    if chance.random() < 0.5 and n > 5:
        rows[-1][chance.randint(1, width)] = "NA"
    text = "\n".join(",".join(map(str, row)) for row in [["name", *(f"v{j}" for j in range(width))], *rows]) + "\n"
    whole = engine.read_table(put(tmp_path, text), missing="keep")
    assert whole.n_samples == n
    assert not any("below the table" in note for note in whole.notes)
    told = [[value for row in rows if (value := row[j]) != "NA"] for j in range(1, width + 1)]
    sums = ",".join(f"{sum(map(float, column)):.2f}" for column in told)
    means = ",".join(f"{sum(map(float, column)) / len(column):.4f}" for column in told)
    below = [f"Total,{sums}\n", f"average,{means}\n", f"Mean,{means}\nSource: an office, 2020\n"]
    below += [f",{sums}\n", f",{means}\n\n1 Of the year before, as far as it is known\n"] if rows[-1][0] else []
    for lines in below:
        data = engine.read_table(put(tmp_path, text + lines), missing="keep")
        assert data.n_samples == n, lines
        assert engine.read_table(put(tmp_path, text + lines), missing="keep", skip=0).n_samples == n + 1


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ('"","a","b"\n"1","x","y"\n"2","z","y"\n"3","x","q"\n', {"columns": "1"}),
        ("a,b\nx,u\ny,v\nx,u\nx,v\nz,u\n", {"columns": "b"}),
        ("first,second\nwords,here\nand,so\n3,4\n5,6\n6,7\n", {"skip": 3}),
    ],
)
def test_what_a_table_without_numbers_is_told_to_do_works(tmp_path: Path, text: str, options: dict[str, Any]) -> None:
    with pytest.raises(DataError) as refused:
        engine.read_table(put(tmp_path, text), label="")
    [(option, value)] = options.items()
    assert f"--{option} {value})" in str(refused.value)
    assert engine.read_table(put(tmp_path, text), **options).n_samples >= 3


@pytest.mark.parametrize("name", ["r{}", "{}"])
@pytest.mark.parametrize(
    "last", ["Total,55", "Mean,5.5", "average,5.50", "Median,5.5", "Max,10", "Total,55\nMean,5.5\nSD,3.03"]
)
def test_all_summaries_are_told_below_two_columns(tmp_path: Path, name: str, last: str) -> None:
    text = "name,x\n" + "".join(f"{name.format(i * 3 % 7)},{i}\n" for i in range(1, 11))
    data = engine.read_table(put(tmp_path, text + last + "\n"), missing="keep")
    kept = last.startswith("Max") and name == "r{}"  # there it may be the name of a row
    assert data.X[:, -1].tolist() == [*range(1, 11), *([10] if kept else [])]
    assert any("below the table" in note for note in data.notes) != kept
