"""Columns with a part of their own: answers, symbols, sequences, weights, names of rows, targets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import engine
from engine.analysis.scales import scale_notes
from engine.errors import DataError

FILES = Path(__file__).resolve().parents[1] / "files"


def table(folder: Path, text: str) -> Path:
    path = folder / "table.csv"
    path.write_text(text)
    return path


def test_true_false_and_yes_no_are_answers() -> None:
    data = engine.read_table(FILES / "bool_two.csv", columns=["a", "c"])
    assert data.X.tolist() == [[1, 1], [0, 0], [1, 0], [1, 1]]
    assert data.model == "bernoulli"
    assert any("yes (true) counts as 1" in note for note in data.notes)
    numbers = engine.read_table(FILES / "bool_two.csv")
    assert numbers.feature_names == ("b",)  # without being asked, words are no data beside numbers


def test_a_table_of_answers_alone_needs_no_columns_named(tmp_path: Path) -> None:
    data = engine.read_table(table(tmp_path, "p,q,r\nY,f,\nn,t,no\nn,T,yes\nN,f,no\n"), missing="keep")
    assert np.array_equal(data.X, [[1, 0, np.nan], [0, 1, 0], [0, 1, 1], [0, 0, 0]], equal_nan=True)
    assert data.y is None
    assert not any("as a name" in note for note in data.notes)


def test_a_cell_that_is_no_answer_is_named(tmp_path: Path) -> None:
    path = table(tmp_path, "a,b\n" + "1,yes\n" * 1500 + "1,maybe\n")
    with pytest.raises(DataError, match=r"Line 1502 of 'table.csv', column 2 \('b'\), holds 'maybe', which is neither"):
        engine.read_table(path, columns=["b"])


def test_words_are_the_symbols_of_a_sequence() -> None:
    data = engine.read_table(FILES / "symbols_as_words.csv")
    assert data.symbol_names == ("clean", "shop", "walk")
    assert data.X[:, 0].tolist() == [2, 1, 0, 2, 2, 1, 0, 0]
    assert data.model == "hmm"
    run = engine.fit(engine.HiddenMarkovModel(n_states=2), data.X, max_iter=3)
    assert run.params.emission.shape == (2, 3)


def test_a_column_of_words_is_chosen_as_symbols(tmp_path: Path) -> None:
    path = table(tmp_path, "day,sky,place\n1,sun,a\n2,rain,b\n3,sun,a\n4,rain,b\n")
    data = engine.read_table(path, columns=["sky"], label="")
    assert (data.X[:, 0].tolist(), data.symbol_names) == ([1, 0, 1, 0], ("rain", "sun"))
    with pytest.raises(DataError, match="holds text such as 'a', not numbers"):
        engine.read_table(path, columns=["day", "place"])


def test_words_that_never_come_again_are_no_symbols(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no column of numbers"):
        engine.read_table(table(tmp_path, "name\nann\nbob\ncid\ndan\n"))


def test_a_column_tells_the_sequences() -> None:
    data = engine.read_table(FILES / "several_sequences.csv", columns=["cones"], sequence="who")
    assert [part[:, 0].tolist() for part in data.sequences] == [[2, 3, 1], [3, 3], [1, 2, 2, 1]]
    assert data.model == "hmm"
    assert dict(data.options) == {"first_symbol": 1}
    assert "3 sequences of 2 to 4 rows." in data.notes


def test_the_rows_of_a_sequence_are_put_together(tmp_path: Path) -> None:
    path = table(tmp_path, "who,x,w\nb,1.5,2\na,2.5,1\nb,3.5,2\n,9,1\na,4.5,1\n")
    data = engine.read_table(path, sequence="who", weights="w")
    assert [part[:, 0].tolist() for part in data.sequences] == [[1.5, 3.5], [2.5, 4.5]]
    assert data.line_numbers is not None and data.line_numbers.tolist() == [2, 4, 3, 6]
    assert data.sequence_weights is not None and data.sequence_weights.tolist() == [2, 1]
    assert "1 row had no sequence and was left out." in data.notes
    assert "2 sequences of 2 rows; the rows of each were put together, in their order." in data.notes
    assert dict(data.options) == {"emission": "gaussian"}


def test_rows_of_a_sequence_have_one_weight(tmp_path: Path) -> None:
    data = engine.read_table(table(tmp_path, "who,x,w\na,1,1\na,2,3\n"), sequence="who", weights="w", columns=["x"])
    with pytest.raises(DataError, match=r"line 3 of .table\.csv. differs in weight from the rows before it"):
        _ = data.sequence_weights


def test_weights_count_as_rows_that_come_again(tmp_path: Path) -> None:
    data = engine.read_table(table(tmp_path, "x,n,k\n1,2,u\n2,3,u\n8,0,v\n9,4,v\n10,1,v\n"), weights="n", label="")
    assert data.feature_names == ("x",)
    assert data.weights is not None and data.weights.tolist() == [2, 3, 0, 4, 1]
    model = engine.GaussianMixture(n_components=2)
    start = model.Params([0.5, 0.5], [[1.0], [9.0]], [[[1.0]], [[1.0]]])
    weighed = engine.fit(model, data.X, sample_weight=data.weights, start=start)
    again = engine.fit(model, np.repeat(data.X, data.weights.astype(int), axis=0), start=start)
    assert weighed.log_likelihood == pytest.approx(again.log_likelihood, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "how", "said"),
    [
        ("x,w\n1,-2\n2,1\n", {"weights": "w"}, "Line 2 of 'table.csv' has the weight -2 in 'w', and a weight is"),
        ("x,w\n1,0\n2,0\n", {"weights": "w"}, "gives no row a weight above 0"),
        ("x,w\n1,a\n2,b\n", {"weights": "w"}, "holds text such as 'a', and the weights must be numbers"),
        ("x,w\n1,2\n2,3\n", {"weights": "v"}, "has no column called 'v'"),
        ("x,w\n1,2\n2,3\n", {"weights": "w", "rows": "x"}, "no column of numbers left beside those that were named"),
        ("x,w\n1,2\n2,3\n", {"weights": "w", "rows": "w"}, "can't be both the names of the rows and the weights"),
        ("x,w\n1,2\n2,3\n", {"weights": "w", "columns": ["x", "w"]}, "can't be both the weights and data"),
    ],
)  # fmt: skip
def test_a_part_that_a_column_can_not_have_is_refused(
    tmp_path: Path, text: str, how: dict[str, str], said: str
) -> None:
    with pytest.raises(DataError) as error:
        engine.read_table(table(tmp_path, text), **how)  # type: ignore[arg-type]
    assert said in str(error.value)


def test_rows_without_a_weight_are_left_out_with_all_that_is_theirs(tmp_path: Path) -> None:
    path = table(tmp_path, "id,x,w,t\nann,1,2,0.5\nbob,2,,1\n,3,1,\ndan,,1,2\n")
    data = engine.read_table(path, rows="id", weights="w", target="t", label="")
    assert data.row_names == ("ann", "line 4")
    assert data.weights is not None and data.weights.tolist() == [2, 1]
    assert data.target is not None and np.array_equal(data.target, [0.5, np.nan], equal_nan=True)
    kept = data.for_model(engine.BernoulliMixture)
    assert kept.row_names == ("ann", "line 4", "dan")


def test_rows_are_called_by_their_names() -> None:
    data = engine.read_table(FILES / "several_sequences.csv", rows="who", columns=["cones"])
    assert data.row_name(3) == "b"


def test_large_tables_have_the_same_parts(tmp_path: Path) -> None:
    lines = [f"the long name of row number {i},{i % 3}.5,{i % 4 + 1},{'yes' if i % 2 else 'no'}" for i in range(30_000)]
    data = engine.read_table(
        table(tmp_path, "\n".join(["id,x,w,c", *lines]) + "\n"), rows="id", weights="w", columns=["c", "x"], label=""
    )
    assert data.row_names is not None and data.row_names[-1] == "the long name of row number 29999"
    assert data.X[:3].tolist() == [[0, 0.5], [1, 1.5], [0, 2.5]]
    assert data.weights is not None and data.weights.sum() == 75_000


def test_data_from_memory_are_checked() -> None:
    X = np.ones((3, 1))
    with pytest.raises(DataError, match="must be numbers of at least 0"):
        engine.Dataset("d", X, weights=np.array([1.0, -1.0, 2.0]))
    with pytest.raises(DataError, match=r"must be numbered 0, 1, … in blocks"):
        engine.Dataset("d", X, sequence=np.array([0, 1, 0]))
    with pytest.raises(DataError, match="weights has the shape"):
        engine.Dataset("d", X, weights=np.ones(2))


# what the shape of a table suggests


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Class,Sex,Survived,Freq\n1st,M,No,118\n1st,M,Yes,62\n1st,F,No,4\n1st,F,Yes,141\n", True),
        ("deaths,n\n0,109\n1,65\n2,22\n3,3\n4,1\n", True),
        ("a,b,count\n0,0,10\n0,1,20\n1,0,30\n1,1,5\n", True),
        ("x,count\n1.5,3\n2.5,4\n1.5,3\n2.5,1\n", False),  # rows that come again
        ("year,count\n1951,3\n1952,4\n1953,3\n1954,1\n", False),
        ("x,freq\n1,0.5\n2,0.25\n3,0.25\n", False),  # shares, which a weight can't tell from measurements
        ("count\n3\n4\n3\n1\n", False),  # there is nothing that could occur so often
    ],
)
def test_a_frequency_table_is_told(tmp_path: Path, text: str, said: bool) -> None:
    notes = engine.read_table(table(tmp_path, text)).notes
    assert any("looks like how often each row occurs" in note for note in notes) == said


@pytest.mark.parametrize("head", ["x,freq", "x,n", "x,freq,group"])
@pytest.mark.parametrize("weights", [None, "known"])
def test_the_values_of_a_frequency_table_are_no_identifier(tmp_path: Path, head: str, weights: str | None) -> None:
    rows = "\n".join(f"{i},{i * 7 % 11 + 1},{i % 2}"[: None if head.endswith("p") else -2] for i in range(12))
    path = table(tmp_path, f"{head}\n{rows}\n")
    data = engine.read_table(path, weights=weights and head.split(",")[1])
    assert weights or "how often each row occurs" in data.notes[-1]
    assert not any("identifier" in note for note in scale_notes(data))


@pytest.mark.parametrize(
    ("first", "said"),
    [("1990,1991,1992", True), ("10,20,30", True), ("5,9,7", False), ("1.5,2.5,3.5", False), ("7,8", False)],
)
def test_a_first_row_that_could_be_names_is_told(tmp_path: Path, first: str, said: bool) -> None:
    width = len(first.split(","))
    rows = [",".join(map(str, (i, i * i, i % 3)[:width])) for i in range(3, 15)]
    path = table(tmp_path, "\n".join([first, *rows]) + "\n")
    data = engine.read_table(path)
    assert data.n_samples == 13
    note = f"The first line, '{first}', was taken as a row; if it holds column names, say so with header=True"
    assert any(one.startswith(note) for one in data.notes) == said
    named = engine.read_table(path, header=True)
    assert named.feature_names == tuple(first.split(",")) and named.n_samples == 12


def test_weights_that_are_known_are_not_offered(tmp_path: Path) -> None:
    data = engine.read_table(table(tmp_path, "deaths,n\n0,109\n1,65\n2,22\n3,3\n"), weights="n")
    assert not any("how often" in note for note in data.notes)


def test_an_angle_is_told(tmp_path: Path) -> None:
    rows = "\n".join(f"{i * 37 % 360},{i * 7 % 200},{i * 61 % 300}" for i in range(360))
    notes = engine.read_table(table(tmp_path, f"a,x,wind_dir\n{rows}\n")).notes
    assert [note.split("'")[1] for note in notes if "may be an angle" in note] == ["a", "wind_dir"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("angle,x\n2,1\n60,2\n120,4\n180,3\n240,6\n300,5\n355,9\n", "an angle (0 to 360): 359 and 1 count"),
        ("heading,x\n-170,1\n100,2\n170,3\n", "an angle (−180 to 180): −179 and 179 count"),
        ("angle,x\n2,1\n60,2\n120,4\n", ""),  # half way round at most: nothing is cut apart
        ("y,x\n2,1\n60,2\n120,4\n180,3\n240,6\n300,5\n355,9\n", ""),  # few numbers, and no name that says so
    ],
)
def test_an_angle_is_told_by_its_name_in_few_rows(tmp_path: Path, text: str, said: str) -> None:
    notes = " ".join(engine.read_table(table(tmp_path, text)).notes)
    assert said in notes if said else "angle" not in notes


@pytest.mark.parametrize(
    ("model", "n_columns", "said"),
    [
        (engine.BernoulliMixture(n_components=2), 1, "only Σ w·p is determined"),
        (engine.BernoulliMixture(n_components=2), 2, "2 columns of yes and no tell 3 numbers, and 2 components have 5"),
        (engine.BernoulliMixture(n_components=2), 3, ""),
        (engine.BernoulliMixture(n_components=1), 1, ""),
        (engine.BinomialMixture(n_trials=1), 1, "With one toss a set only Σ w·p is determined"),
        (engine.BinomialMixture(n_trials=2), 1, "With 2 tosses a set 2 coins are not identified"),
        (engine.BinomialMixture(n_trials=2, fixed_weights=True), 1, ""),
        (engine.BinomialMixture(n_trials=3), 1, ""),
        (engine.GaussianMixture(), 1, ""),
    ],
)
def test_too_few_answers_do_not_identify_the_components(model: engine.Model, n_columns: int, said: str) -> None:
    assert said in " ".join(model.notes_on(n_columns)) and bool(model.notes_on(n_columns)) == bool(said)
