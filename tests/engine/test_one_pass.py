"""A file is opened and passed over once to see how it is written, and once for its cells; its rows are kept."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import engine
from engine.errors import DataError
from engine.readers.corpus import count_folder
from engine.readers.table import preview_table, read_from, read_table

ROWS = 60_000  # 3 MB: large enough for blocks, and for pandas


class Counter:
    """How often files are opened, and how many bytes come of them."""

    opens = 0
    n_bytes = 0

    def passes(self, path: Path) -> float:
        """What was read of the file since the last time, in units of its size."""
        found, self.n_bytes = self.n_bytes / path.stat().st_size, 0
        return found

    def opened(self) -> int:
        found, self.opens = self.opens, 0
        return found


@pytest.fixture
def counter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Counter:
    count = Counter()

    class Counted(io.FileIO):
        def readinto(self, buffer: Any) -> Any:
            n = super().readinto(buffer)
            count.n_bytes += n or 0
            return n

    def opened(self: Path, mode: str = "r", encoding: str | None = None, newline: str | None = None, **how: Any) -> Any:
        if mode not in ("r", "rb") or tmp_path not in self.parents:
            return plainly(self, mode, encoding=encoding, newline=newline, **how)
        count.opens += 1
        raw = io.BufferedReader(Counted(self))
        return raw if "b" in mode else io.TextIOWrapper(raw, encoding=encoding, newline=newline)

    plainly = Path.open
    monkeypatch.setattr(Path, "open", opened)
    return count


def written(path: Path, *, gaps: bool = False, encoding: str = "utf-8", quotes: bool = False) -> Path:
    """A table of three columns and a label; with gaps, every thousandth row lacks a number."""
    X = np.random.default_rng(0).standard_normal((ROWS, 3))
    kinds = ["tête", "pied"] if encoding != "utf-8" else ["head", "foot"]
    lines = ["a,b,c,kind"]
    for i, row in enumerate(X.tolist()):
        cells = [repr(x) for x in row]
        if gaps and i % 1000 == 500:
            cells[1] = ""
        kind = kinds[i % 2]
        lines.append(",".join([*cells, f'"{kind}"' if quotes else kind]))
    path.write_bytes(("\n".join(lines) + "\n").encode(encoding))
    return path


@pytest.mark.parametrize("how", [{}, {"gaps": True}, {"quotes": True}, {"gaps": True, "quotes": True}])
def test_a_table_is_passed_over_once_for_its_dialect_and_once_for_its_cells(
    tmp_path: Path, counter: Counter, how: dict[str, bool]
) -> None:
    path = written(tmp_path / "table.csv", **how)
    preview = preview_table(path)
    assert counter.opened() == 1
    assert counter.passes(path) == pytest.approx(1.0)
    data = read_from(preview.table)
    assert counter.opened() == 1
    assert counter.passes(path) == pytest.approx(1.0)
    again = read_table(path)
    assert counter.opened() == 2
    assert counter.passes(path) == pytest.approx(2.0)
    assert (again.X.tobytes(), again.notes, again.class_names) == (data.X.tobytes(), data.notes, data.class_names)


@pytest.mark.parametrize("encoding", ["cp1252", "cp949"])
def test_what_comes_before_the_first_letter_beyond_ascii_is_not_read_again_for_another_encoding(
    tmp_path: Path, counter: Counter, encoding: str
) -> None:
    path = tmp_path / "table.csv"
    word = "tête".encode("cp1252") if encoding == "cp1252" else "머리".encode("cp949")
    rows = b"1.25,2.5,x\n" * 400_000
    path.write_bytes(b"a,b,kind\n" + rows + b"1.25,2.5," + word + b"\n" + b"3,4,y\n" * 100)
    assert preview_table(path).table.file.encoding == encoding
    assert counter.opened() == 1
    assert counter.passes(path) < 2.0  # 1 and the last block for each encoding


def test_texts_are_opened_once_each(tmp_path: Path, counter: Counter) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.txt").write_text("the cat sat on the mat, and the cat ran. " * 50)
    assert count_folder(tmp_path).counts.shape[0] == 2
    assert counter.opened() == 2


def test_a_preview_tells_when_its_file_is_another_one_by_now(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("a,b\n1,2\n3,4\n")
    file = preview_table(path).table.file
    assert not file.has_changed
    path.write_text("a,b\n1,2\n3,4\n5,6\n")
    assert file.has_changed
    path.unlink()
    assert file.has_changed


# rows with missing values


def rows_of(data: engine.Dataset) -> tuple[object, ...]:
    return (
        data.X.tobytes(), None if data.y is None else data.y.tobytes(), data.class_names, data.feature_names,
        data.notes, None if data.line_numbers is None else data.line_numbers.tobytes(), dict(data.options),
    )  # fmt: skip


TAKES, TAKES_NOT = engine.BernoulliMixture(n_components=2), engine.GaussianMixture


@pytest.mark.parametrize(
    "text",
    [
        "a,b,k\n1,0,u\n,1,u\n0,1,v\n1,1,v\n",
        "a,b,k\n1,0,1\n,1,x\n0,1,01\n1,1,2\n1,0,2.0\n",  # without the second row the classes are numbers
        "a,b,k\n1,0,u\n,1,rare\n0,1,v\n1,1,\n1,0,v\n0,0,u\n",  # a class that is gone, a row without one
        "a,b,k\n1,0,u\n0,,\n0,1,v\n1,1,v\n1,?,u\n",
        "a,b\n1,0\n0,1\n1,1\n",
    ],
)
def test_for_a_model_the_rows_are_those_that_another_reading_would_give(
    tmp_path: Path, text: str, counter: Counter
) -> None:
    path = tmp_path / "table.csv"
    path.write_text(text)
    kept, dropped = (read_table(path, label="k" if "k" in text else None, missing=m) for m in ("keep", "drop"))
    assert counter.opened() == 4
    assert rows_of(kept.for_model(TAKES_NOT)) == rows_of(dropped) == rows_of(dropped.for_model(TAKES_NOT))
    assert rows_of(dropped.for_model(TAKES)) == rows_of(kept) == rows_of(kept.for_model(TAKES))
    assert rows_of(kept.for_model(TAKES_NOT).for_model(TAKES)) == rows_of(kept)
    assert counter.opened() == 0


def test_where_every_row_has_a_gap_the_sentence_is_the_same(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("a,b\n1,\n,2\n3,\n")
    with pytest.raises(DataError) as read:
        read_table(path)
    with pytest.raises(DataError) as dropped:
        read_table(path, missing="keep").for_model(TAKES_NOT)
    assert str(read.value) == str(dropped.value)


def test_data_from_memory_lose_the_rows_that_a_model_can_not_take() -> None:
    X = np.array([[1.0, 2.0], [np.nan, 1.0], [3.0, 4.0]])
    data = engine.Dataset("mine", X, y=np.array([0, 1, 1]), class_names=("u", "v"), row_names=("p", "q", "r"))
    found = data.for_model(engine.GaussianMixture(n_components=1))
    assert found.X.tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert found.y is not None and found.y.tolist() == [0, 1]
    assert found.row_names == ("p", "r")
    assert found.notes == ("1 of 3 rows had a missing value and was left out.",)
    assert data.for_model(TAKES) is data
