"""Old branches stay beside applied choices; rows left out stay so; U takes back what closes branches or drops rows."""

from __future__ import annotations

import asyncio
import gc
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from choosing import chosen
from counts import examples
from driving import Driver, driving, explorer
from hypothesis import given, settings
from hypothesis import strategies as st
from test_script import run_script, says_the_same
from textual.widgets import Input
from walking import walked

from emtui.exports.export import export_script
from emtui.session import closed_sessions
from emtui.session.closed_sessions import ClosedSessions
from emtui.session.copied_command import copied_command
from emtui.session.saved.saving import save
from emtui.session.session import Session
from emtui.session.worker import SessionWorker
from emtui.spec.choose import choose, make_model
from emtui.spec.revise import changed
from emtui.spec.run_spec import RunSpec
from emtui.spec.train_test_split import split_of
from engine.editing.edits import set_entry
from engine.em.parameters import arrays_of
from engine.errors import EngineError


def with_k(spec: RunSpec, k: int, **options: str) -> RunSpec:
    """The choices with another K, and other options of the model."""
    made = make_model(spec.dataset, spec.model.name, k, options)
    return changed(spec, model=made)


def with_model(spec: RunSpec, name: str) -> RunSpec:
    """The choices with the model of this name, as it suits the data."""
    return changed(spec, model=make_model(spec.dataset, name))


def numbers_of(session: Session) -> list[list[tuple[Any, ...]]]:
    """Every number of every step of every branch, as bytes where they are arrays."""
    found = []
    for line in session.timeline.branches:
        found.append([
            (step.iteration, step.phase, repr(step.objective), repr(step.elbo), session.record_of(step).hits,
             tuple(array.tobytes() for array in arrays_of(step.params).values()))
            for step in line.steps
        ])  # fmt: skip
    return found


def in_one_line(app: Driver) -> str:
    """What stands on the screen, without its line ends."""
    return " ".join(app.text.split())


# applied choices


def test_choices_that_are_applied_stand_beside_the_old_branches() -> None:
    session = walked("iris", 6)
    before = numbers_of(session)
    assert session.apply(with_k(session.spec, 4)) == "This opened branch 2; branch 1 is kept."
    session.take_iteration()
    assert (session.spec.n_components, len(session.timeline.current.params.means)) == (4, 4)
    assert numbers_of(session)[0] == before[0]
    session.timeline.switch(0)
    assert session.spec.n_components == 3 and session.snapshot().step.params.means.shape == (3, 4)
    alone = Session(with_k(session.spec, 4))
    alone.take_iteration()
    assert numbers_of(session)[1] == numbers_of(alone)[0]


@pytest.mark.parametrize("others", [("kmeans", "mlp", "backprop"), ("experts", "kmeans", "mlp")])
def test_unlike_models_stand_side_by_side(others: tuple[str, ...]) -> None:
    session = walked("iris", 3)
    for name in others:
        session.apply(with_model(session.spec, name))
        session.take_iteration()
        session.advance_rival()
    while session.baseline_is_due:
        session.advance_baseline()
    for branch, name in enumerate(("gmm", *others)):
        session.timeline.switch(branch)
        alone = Session(session.spec)
        while not alone.timeline.current.iteration == session.timeline.current.iteration == 1:
            (alone if alone.timeline.current.iteration < 1 else session).take_iteration()
        if alone.timeline.current.phase == "E":
            alone.take()
        if session.timeline.current.phase == "E":
            session.take()
        ours, theirs = session.snapshot(), alone.snapshot()
        assert ours.spec.model.name == name
        assert ours.record.objective == theirs.record.objective
        assert (ours.comparison is None) == (theirs.comparison is None)
        expected = alone.baseline
        assert (ours.baseline is None) == (expected is None)
        if ours.baseline is not None and expected is not None:
            assert ours.baseline.run.log_likelihood == expected.run.log_likelihood
            assert ours.baseline.began_em == expected.began_em


def test_choices_that_were_begun_already_are_walked_to() -> None:
    session = walked("iris", 3)
    session.apply(with_k(session.spec, 4))
    session.take()
    said = "Walked to the start of branch {}, which was begun with these choices."
    assert session.apply(with_k(session.spec, 3)) == said.format(1)
    assert session.apply(changed(session.spec, algorithm="hard")) == "This opened branch 3; branch 1 is kept."
    assert session.apply(with_k(changed(session.spec, algorithm="classic"), 4)) == said.format(2)
    session.weigh_row(3, 0)
    assert "This opened branch 5" in session.apply(with_k(session.spec, 3))  # the rows are others
    session.timeline.switch(0)
    session.timeline.go_to(0)
    assert "This opened branch 6" in session.restart(1)
    session.timeline.switch(0)
    assert said.format(6) in session.restart(1)
    for _ in range(6):
        session.undo()
    assert session.timeline.branch == 0 and session.timeline.cursor == 3
    assert not session.can_undo


def test_choices_that_can_not_be_used_change_nothing() -> None:
    session = walked("iris", 3)
    step = session.timeline.current
    with pytest.raises(EngineError):
        session.apply(with_k(session.spec, 151))
    assert session.timeline.current is step and session.timeline.n_branches == 1
    assert not session.can_undo


# rows that were left out


def test_rows_left_out_stay_out_at_every_start() -> None:
    session = walked("iris", 3)
    session.weigh_row(11, 0)
    session.take_iteration()
    assert session.restart() == "This is branch 3; branch 2 is kept."
    assert [event.message for event in session.timeline.current.events] == ["row 12 stays left out"]
    start = session.timeline.steps_of(0)[0]
    assert session.timeline.current.params is start.params and session.weight_of(11) == 0
    assert session.restart() == "" and session.timeline.n_branches == 3  # no further branch
    said = session.restart(seed=5)
    assert said == "This opened branch 4; branch 3 is kept."
    assert session.weight_of(11) == 0 and session.spec.seed == 5
    assert session.timeline.current.events[-1].message == "row 12 stays left out"
    session.apply(with_k(session.spec, 4))
    assert session.weight_of(11) == 0 and session.weight_of(12) == 1
    without = np.delete(session.spec.dataset.X, 11, axis=0)
    assert session.timeline.current.problem.data.n_rows == len(without)
    session.apply(with_model(session.spec, "mlp"))
    session.apply(changed(session.spec, data=session.spec.data, test_share=0.0))
    assert session.weight_of(11) == 0


def test_rows_that_are_there_no_more_are_named() -> None:
    session = walked("iris", 3)
    session.weigh_row(11, 0)
    session.weigh_row(30, 2)
    gaussian = make_model(session.spec.dataset, "hmm", 3, {"emission": "gaussian"})
    said = session.apply(changed(session.spec, model=gaussian))
    assert "Row 12 and row 31 count as the data say again: what follows in a sequence" in said
    session.timeline.switch(2)
    session.timeline.go_to(100)
    said = session.apply(with_model(session.spec, "mlp"))
    held = {row for row in (11, 30) if session.weight_of(row) == 1}
    assert ("held back for the test" in said) == bool(held)


def test_counted_as_the_data_say_is_kept_as_well() -> None:
    session = walked("iris", 2)
    session.weigh_row(11, 0)
    session.restart(seed=3)
    session.weigh_row(11, 1)
    session.take()
    assert session.restart() == "This is branch 5; branch 4 is kept." or session.weight_of(11) == 1
    assert session.weight_of(11) == 1


# draws


@pytest.mark.parametrize(
    ("source", "how"),
    [
        ("iris", {"algorithm": "stochastic"}),
        ("bars", {"settings": {"e_step": "gibbs"}}),
        ("iris", {"model": "mlp", "k": 3, "settings": {"e_step": "gibbs"}}),
    ],
)
def test_another_draw_is_another_one_and_comes_again(source: str, how: dict[str, Any]) -> None:
    session = walked(source, 2, **how)
    for _ in range(2):
        session.timeline.switch(0)
        session.timeline.go_to(0)
        assert "with another draw" in session.take()
        session.take()
    draws = [np.concatenate([a.ravel() for a in arrays_of(line.steps[2].params).values()])
             for line in session.timeline.branches]  # fmt: skip
    assert not any(np.array_equal(draws[i], draws[j]) for i in range(3) for j in range(i))
    again = walked(source, 2, **how)
    again.timeline.go_to(0)
    again.take()
    again.take()
    assert numbers_of(again)[1] == numbers_of(session)[1]
    session.timeline.go_to(1)
    assert session.take().startswith("Walked to")  # an M-step leaves nothing to chance


@pytest.mark.parametrize("more", [0, 3])
def test_the_script_and_the_command_know_of_other_draws(tmp_path: Path, more: int) -> None:
    session = walked("coins", 4, algorithm="stochastic")
    session.timeline.go_to(2)
    session.take()
    for _ in range(more):
        session.take()
    says_the_same(run_script(export_script(session, tmp_path / "run.py"), tmp_path), session)
    assert "An E-step was drawn anew on the way" in copied_command(session.snapshot()).notice()


# undo


_DEEDS = st.lists(
    st.tuples(
        st.sampled_from(["take", "iteration", "move", "out", "twice", "back", "other", "reset", "R", "K", "undo"]),
        st.integers(0, 4),
    ),
    max_size=14,
)  # fmt: skip


@settings(max_examples=examples(25))
@given(_DEEDS)
def test_whatever_is_done_and_undone_no_number_changes(deeds: list[tuple[str, int]]) -> None:
    session = Session(chosen("coins"))
    known: dict[Any, tuple[Any, ...]] = {}
    for what, number in deeds:
        before = len(session.timeline.lines)
        try:
            match what:
                case "take":
                    session.take()
                case "iteration":
                    session.take_iteration()
                case "move":
                    step = set_entry(session.timeline.current, "probabilities[0]", 0.2 + 0.1 * number)
                    session.place(step.params, step.events[0].message)
                case "out" | "twice":
                    session.weigh_row(number, 0 if what == "out" else 2)
                case "back":
                    session.timeline.move(-1 - number)
                case "other":
                    session.timeline.switch(number % session.timeline.n_branches)
                case "reset":
                    session.restart()
                case "R":
                    session.restart(session.spec.seed + 1)
                case "K":
                    session.apply(with_k(session.spec, 1 + number))
                case "undo":
                    session.undo()
        except EngineError:
            pass
        assert len(session.timeline.lines) >= before - (what == "undo")
        session.snapshot()
        for line, numbers in zip(session.timeline.lines, numbers_of(session), strict=True):
            for step, number_of in zip(line, numbers, strict=True):
                assert known.setdefault(step, number_of) == number_of
        for place, branch in enumerate(session.timeline.branches):
            assert (branch.parent is None) == (branch.shared == 0)
            if branch.parent is not None:
                assert branch.parent < place
                its = session.timeline.branches[branch.parent].steps
                assert branch.steps[: branch.shared] == its[: branch.shared]


def test_undo_goes_back_level_by_level_and_says_what_it_took_back() -> None:
    session = walked("iris", 4)
    step = session.timeline.current
    session.weigh_row(11, 0)
    session.apply(with_k(session.spec, 4, covariance_type="tied"))
    session.apply(changed(session.spec, algorithm="hard"))
    session.take()
    assert session.undo() == (
        "Undone: algorithm=hard; back on branch 3, and branch 4 stays, with the step that was taken on it."
    )
    assert session.undo() == "Undone: K=4, covariance_type=tied; back on branch 2, and branch 3 is closed."
    assert session.timeline.n_branches == 3
    assert session.undo() == "Undone: row 12 left out; back on branch 1, and branch 2 is closed."
    assert session.timeline.current is step and session.weight_of(11) == 1
    with pytest.raises(EngineError, match="nothing to undo"):
        session.undo()


def test_what_is_closed_is_free() -> None:
    session = walked("iris", 4)
    session.apply(with_k(session.spec, 4))
    freed = [weakref.ref(session.timeline.current), weakref.ref(session.spec), weakref.ref(session.spec.model)]
    session.snapshot()
    session.undo()
    gc.collect()
    assert [one() for one in freed] == [None] * 3


def test_explorations_that_were_left_are_kept_while_they_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    worker = SessionWorker(lambda _: None)
    for name in ("iris", "coins", "deaths", "old_faithful"):
        worker.open(lambda name=name: choose(name), small=True)  # type: ignore[misc]
        worker.wait()
    names = []
    for _ in range(3):
        worker.undo()
        worker.wait()
        assert worker.session is not None
        names.append(worker.session.spec.dataset.name)
    assert names == ["deaths", "coins", "iris"]
    worker.close()
    monkeypatch.setattr("emtui.session.closed_sessions.MOST_BYTES", 100)
    closed = ClosedSessions()
    closed.keep(walked("iris", 1))
    with pytest.raises(EngineError, match="iris was too large to be kept beside other data: open it again"):
        closed.take_back()


def test_what_is_beyond_the_last_few_is_free() -> None:
    closed, freed = ClosedSessions(), []
    for _ in range(closed_sessions.MOST + 2):
        session = walked("coins", 2)
        freed.append(weakref.ref(session))
        closed.keep(session)
        del session
    gc.collect()
    assert [one() is None for one in freed] == [True] * 2 + [False] * closed_sessions.MOST
    closed.forget()
    gc.collect()
    assert all(one() is None for one in freed)


@pytest.mark.parametrize("how", [{}, {"model": "mlp", "k": 3, "settings": {"m_step": "newton"}}])
def test_the_script_of_a_start_without_a_row_makes_the_same_numbers(how: dict[str, Any], tmp_path: Path) -> None:
    session = walked("iris", 2, **how)
    split = split_of(session.spec)
    session.weigh_row(11 if split is None else int(split.train[4]), 0)
    session.restart(3)
    session.apply(with_k(session.spec, 4))
    session.take_iteration()
    printed = run_script(export_script(session, tmp_path / "run.py"), tmp_path)
    assert float(printed["objective"]) == session.timeline.current.objective


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_the_screen_keeps_the_branches_and_undoes(size: tuple[int, int]) -> None:
    async with driving(size=size) as app:
        await app.send("n", "n", "7", "down", "4", "enter")
        assert "K=4" in app.text.splitlines()[0]
        assert "opened branch 2; branch 1 is kept." in in_one_line(app)
        await app.send("n", "b")
        assert "K=3" in app.text.splitlines()[0] and app.snapshot.n_branches == 2
        await app.send("U")
        assert "Undone: K=4; back on branch 1, and branch 2 stays, with the 2 steps" in in_one_line(app)
        await app.send("N")
        assert app.snapshot.spec.data.standardize and app.snapshot.n_branches == 3
        await app.send("U")
        assert "Undone: standardized columns" in in_one_line(app) and app.snapshot.n_branches == 2
        await app.send("U")
        assert "There is nothing to undo" in in_one_line(app)


async def test_data_opened_are_undone_with_all_branches() -> None:
    async with driving() as app:
        await app.send("n", "R")
        explorer(app.app).open_spec(lambda: choose("coins"))
        await app.settle()
        assert "coins" in app.text.splitlines()[0]
        await app.send("n", "U")
        assert "iris" in app.text.splitlines()[0]
        assert "Undone: coins was opened; back on iris with its 2 branches." in in_one_line(app)
        assert app.snapshot.n_branches == 2
        await app.send("n", "b", "end")
        assert "iteration 1 · M" in app.text


def test_each_row_that_stays_left_out_is_said_once_at_the_start() -> None:
    session = walked("iris", 2)
    session.weigh_row(11, 0)
    session.weigh_row(2, 2)
    session.restart()
    assert session.timeline.current.events[-1].message == "row 12 stays left out, row 3 still counts twice"
    other = walked("iris", 0)  # weighed at the start itself, by hand
    other.weigh_row(11, 0)
    other.weigh_row(2, 2)
    assert other.timeline.current.events[-1].message.startswith("row 3 now counts twice")
    other.take_iteration()
    assert other.restart() == "Row 12 stays left out."


async def test_rows_left_out_are_said_to_stay_so() -> None:
    async with driving() as app:
        await app.send("n")
        explorer(app.app).worker.do(lambda session: session.weigh_row(11, 0))
        await app.settle()
        await app.send("n", "r")
        assert in_one_line(app).lower().count("row 12 ") == 1 and "Row 12 stays left out" in in_one_line(app)
        await app.send("n", "r")  # walked to now
        assert in_one_line(app).lower().count("row 12 ") == 1 and "Row 12 stays left out" in in_one_line(app)
        await app.send("R")
        assert "row 12 stays left out" in in_one_line(app).lower()
        assert explorer(app.app).worker.session.weight_of(11) == 0  # type: ignore[union-attr]
        await app.send("U")
        assert "Undone: row 12 left out" in in_one_line(app)
        assert explorer(app.app).worker.session.weight_of(11) == 1  # type: ignore[union-attr]


async def looked_at(app: Driver) -> None:
    """The dialog has looked at the path that is in its line."""
    for _ in range(200):
        await app.settle()
        if "A session that was saved" in app.text:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(app.text)


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_a_session_is_opened_beside_what_was_there(
    tmp_path: Path, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # a path in full may be longer than the lines that say it
    session = Session(choose("coins"))
    session.take_iteration()
    session.weigh_row(1, 0.0)
    session.take_iteration()
    path = save(session, tmp_path / "two.emtui")
    async with driving(choose("iris"), size=size) as app:
        await app.send("n", "o")
        app.app.screen.query_one("#path", Input).value = str(path)
        await looked_at(app)
        await app.send("enter")
        assert app.snapshot.n_branches == 2 and app.snapshot.step.objective == session.timeline.current.objective
        assert explorer(app.app).saving.saved_to == str(path)
        await app.send("U")
        assert app.snapshot.spec.model.name == "gmm"
        assert "Undone: coins was opened; back on iris." in in_one_line(app)
        path.write_text(path.read_text().replace("}", "", 1))
        await app.send("o")
        app.app.screen.query_one("#path", Input).value = path.name
        await looked_at(app)
        await app.send("enter")
        assert "two.emtui" in in_one_line(app)
        assert app.snapshot.spec.model.name == "gmm" and app.snapshot.n_branches == 1
        await app.send("n")
        assert app.snapshot.step.iteration == 2
