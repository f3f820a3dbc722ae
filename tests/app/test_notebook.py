"""The Jupyter notebook of a run: valid by its format, and its cells, run one after the other, make the same numbers."""

from __future__ import annotations

import builtins
import contextlib
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from choosing import chosen
from walking import walked

from emtui.exports.notebook import notebook_text
from emtui.session.session import Session


def cells_of(session: Session) -> list[dict[str, Any]]:
    """The cells, once the whole is held to nbformat 4.5 (nbformat.readthedocs.io, "the notebook file format")."""
    document = json.loads(notebook_text(session))
    assert (document["nbformat"], document["nbformat_minor"]) == (4, 5)
    assert document["metadata"]["kernelspec"]["name"] == "python3"
    cells: list[dict[str, Any]] = document["cells"]
    assert len({cell["id"] for cell in cells}) == len(cells)
    for cell in cells:
        assert re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", cell["id"])
        assert isinstance(cell["metadata"], dict) and cell["cell_type"] in ("markdown", "code")
        assert all(line.endswith("\n") for line in cell["source"][:-1])
        assert not any("\n" in line[:-1] for line in cell["source"])
        if cell["cell_type"] == "code":
            assert cell["outputs"] == [] and cell["execution_count"] is None
        else:
            assert set(cell) == {"cell_type", "id", "metadata", "source"}
    return cells


def executed(
    session: Session, monkeypatch: pytest.MonkeyPatch, *, plotting: Any = None, folder: Path | None = None
) -> tuple[str, dict[str, Any]]:
    """What the cells print, and the names that they leave; without matplotlib unless it is given."""
    real = builtins.__import__

    def importing(name: str, *args: Any, **keywords: Any) -> Any:
        if name.startswith("matplotlib"):
            if plotting is None:
                raise ImportError(name)
            return real("types").SimpleNamespace(pyplot=plotting)
        return real(name, *args, **keywords)

    names: dict[str, Any] = {}
    cells, out = cells_of(session), io.StringIO()
    with monkeypatch.context() as patched, contextlib.redirect_stdout(out):
        patched.setattr(builtins, "__import__", importing)
        if folder is not None:
            patched.chdir(folder)
        for cell in cells:
            if cell["cell_type"] == "code":
                exec("".join(cell["source"]), names)
    return out.getvalue(), names


@pytest.mark.parametrize(
    ("source", "steps", "how"),
    [
        ("iris", None, {}),
        ("iris", 5, {"standardize": True}),
        ("iris", 4, {"model": "mlp", "k": 2}),
        ("iris", 3, {"known": "10%"}),
        ("icecream", 4, {}),
        ("coins", 0, {}),
        ("bars", 2, {}),
        ("deaths", 6, {"algorithm": "squarem"}),
    ],
)
def test_its_cells_make_the_same_numbers(source: str, steps: int | None, how: Any, monkeypatch) -> None:
    session = walked(source, steps, **how)
    last = session.timeline.current
    printed, names = executed(session, monkeypatch)
    step = names["step"]
    assert (step.iteration, step.phase, step.objective) == (last.iteration, last.phase, last.objective)
    assert f"objective {float(last.objective)!r}\n" in printed
    assert "pip install matplotlib" in printed
    taken = [(one.iteration, one.phase, one.objective) for one in session.timeline.steps]
    assert names["history"] == taken[len(taken) - len(names["history"]) :]


class Plotting:
    """Stands in for pyplot: what is drawn is kept."""

    def __init__(self) -> None:
        self.drawn: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []

    def subplots(self, rows: int, columns: int, **_: Any) -> tuple[Any, Any]:
        self.columns = columns
        return None, {(0, column): self for column in range(columns)}

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **keywords: self.drawn.append((name, args, keywords))


def test_a_picture_is_drawn_where_matplotlib_is(monkeypatch: pytest.MonkeyPatch) -> None:
    session = walked("iris", None)
    plotting = Plotting()
    executed(session, monkeypatch, plotting=plotting)
    drawn = {name: args for name, args, _ in plotting.drawn if name != "set"}
    data = session.spec.dataset
    assert plotting.columns == 2 and list(drawn) == ["plot", "scatter", "show"]
    assert drawn["plot"][1] == [one.objective for one in session.timeline.steps if one.phase != "E"]
    rows, centers = (args for name, args, _ in plotting.drawn if name == "scatter")
    assert rows[0].tolist() == data.X[:, 2].tolist() and rows[1].tolist() == data.X[:, 3].tolist()
    assert centers[0].tolist() == session.timeline.current.params.means[:, 2].tolist()


def test_a_file_is_found_from_whatever_folder_it_runs_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my | table.csv").write_text("a,b\n" + "".join(f"{i % 7},{i * i % 11}\n" for i in range(40)))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    session = Session(chosen("my | table.csv", k=2))
    session.take_iteration()
    _, names = executed(session, monkeypatch, folder=tmp_path / "elsewhere")
    assert names["step"].objective == session.timeline.current.objective
    assert "my \\| table" in "".join(cells_of(session)[0]["source"])


def test_what_was_done_by_hand_is_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    session = walked("iris", 4)
    session.weigh_row(3, 0.0)
    session.take_iteration()
    _, names = executed(session, monkeypatch)
    assert names["step"].objective == pytest.approx(session.timeline.current.objective, rel=1e-12)


def test_its_text_gives_the_reason_that_its_cells_print_and_names_where_all_branches_are(monkeypatch) -> None:
    session = walked("iris", None)
    while session.rest_is_due:
        session.advance_rest()
    last = session.timeline.current
    assert last.rest is not None and last.stop_reason is not None and last.rest.said in last.stop_reason
    printed, names = executed(session, monkeypatch)
    prose = "".join(cells_of(session)[0]["source"])
    assert names["step"].stop_reason in printed
    assert f"where the run ended: {names['step'].stop_reason}.\nemtui looked at where it rests" in prose
    assert f"which no cell does: {last.rest.said}." in prose and "branch" not in prose
    session.timeline.go_to(4)
    session.weigh_row(3, 0.0)
    prose = "".join(cells_of(session)[0]["source"])
    assert "This is branch 2 of the 2 branches of a session." in prose and "`Python script`" in prose
    assert "where the run ended" not in prose
