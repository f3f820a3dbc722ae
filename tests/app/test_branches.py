"""Two branches side by side: the same iteration on both, what differs most, and the keys that move either side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from choosing import chosen
from driving import Driver, driving, explorer
from rich.cells import cell_len
from screen_text import screen_lines
from walking import walked

from emtui.charts.axes import fit_scales
from emtui.charts.colors import DARK
from emtui.charts.scene import Curve, Mark
from emtui.screens.compare.branch_comparison import BranchesScreen
from emtui.screens.compare.branch_text import (
    branches_sentence,
    curves_title,
    difference_lines,
    heading,
    objectives_scene,
)
from emtui.session.branches import TwoBranches, differences, origin_of, same_place, two_branches
from emtui.session.session import Session
from emtui.spec.choose import choose, make_model
from emtui.spec.revise import changed
from emtui.spec.run_spec import RunSpec
from emtui.views.number_format import number
from emtui.views.parameter_edit import ParameterEdit
from engine.data.data_spec import Generated
from engine.editing.edits import set_entry
from engine.editing.entries import entries, value_of
from engine.errors import OptionError

SIZES = [(120, 40), (80, 24), (60, 20), (40, 12)]


def moved(
    source: str = "iris", steps: int = 4, entry: str = "means[1,2]", value: float = 3.0, since: int = 3
) -> Session:
    """A session with a branch that left the first one by a move by hand, and has gone on."""
    session = walked(source, steps)
    step = set_entry(session.timeline.current, entry, value)
    session.place(step.params, step.events[0].message)
    for _ in range(since):
        session.take()
    return session


async def with_two_branches(app: Driver) -> None:
    """Two iterations, a move by hand, and an iteration on from it."""
    await app.send("n", "n")
    step = set_entry(app.snapshot.step, "means[1,2]", 3.0)
    explorer(app.app).worker.do(lambda session: session.place(step.params, step.events[0].message))
    await app.settle()
    await app.send("n")


# as values


def test_both_stand_at_the_same_iteration_or_at_their_end() -> None:
    session = moved()  # branch 2: init E M E M M✎ E M E
    two = two_branches(session)
    assert (two.left.branch, two.right.branch) == (0, 1)
    assert two.right.step is session.timeline.current
    assert two.left.step is session.timeline.steps_of(0)[-1]  # the first has not come so far
    session.timeline.go_to(3)
    assert two_branches(session).left.step is session.timeline.current  # shared
    session.timeline.switch(0)
    session.timeline.go_to(4)
    session.take()
    other = two_branches(session, 1)
    assert (other.left.step.iteration, other.left.step.phase) == (3, "E")
    assert (other.right.step.iteration, other.right.step.phase) == (3, "E")
    assert other.left.record.objective == other.left.step.objective


def test_of_two_steps_of_one_place_the_later_counts() -> None:
    steps = moved(since=0).timeline.steps  # init E M E M M✎
    assert same_place(steps, steps[4]) == 5
    assert same_place(steps, steps[3]) == 3
    assert same_place(steps, steps[0]) == 0


def test_it_says_where_each_came_from() -> None:
    session = moved()
    assert origin_of(session, 0) == "the first"
    assert origin_of(session, 1) == "from branch 1 at iteration 2 · M"
    session.restart(7)
    assert origin_of(session, 2) == "a start of its own, seed 7"
    assert two_branches(session).left.branch == 1  # a start of its own stands beside the branch before it


def test_without_another_branch_there_is_nothing_to_lay_beside() -> None:
    session = walked("coins", 2)
    with pytest.raises(OptionError, match="one branch only"):
        two_branches(session)
    session = moved("coins", entry="probabilities[0]", value=0.9)
    for wrong in (1, 2, -1):
        with pytest.raises(OptionError, match="no other branch"):
            two_branches(session, wrong)


def test_the_differences_are_the_largest_of_all_entries() -> None:
    two = two_branches(moved())
    model, left, right = two.left.step.problem.model, two.left.step.params, two.right.step.params
    found = differences(model, left, right, most=5)
    by_field: dict[str, float] = {}
    for entry in entries(model, left):
        size = max(
            abs(value_of(p, each)) for p in (left, right) for each in entries(model, left) if each.path == entry.path
        )
        by_field[entry.name] = abs(value_of(left, entry) - value_of(right, entry)) / size
    expected = sorted(by_field, key=lambda name: -by_field[name])[:5]
    assert [each.entry.name for each in found] == expected
    for each in found:
        assert (each.left, each.right) == (value_of(left, each.entry), value_of(right, each.entry))
    assert differences(model, left, left) == ()


def test_what_is_told_is_true() -> None:
    two = two_branches(moved())
    assert isinstance(two, TwoBranches)
    ours, theirs = two.right.record.objective, two.left.record.objective
    higher = "branch 2 is" if ours > theirs else "branch 1 is"
    assert f"The objective of {higher}" in branches_sentence(two)
    assert "branch 1 has taken 2 iterations only" in branches_sentence(two)
    session = moved()
    session.weigh_row(0, 0)
    assert branches_sentence(two_branches(session)).startswith("Rows weigh otherwise in one of the two")
    session.timeline.switch(0)
    session.timeline.go_to(2)
    assert "Both have the same objective" in branches_sentence(two_branches(session))
    assert "the parameters are the same" in branches_sentence(two_branches(session))
    assert difference_lines(two_branches(session), 40, 5, DARK) == ["the parameters are the same"]


@pytest.mark.parametrize("width", [10, 24, 40, 80])
def test_the_table_of_differences_keeps_its_width(width: int) -> None:
    lines = difference_lines(two_branches(moved()), width, 6, DARK)
    assert 2 <= len(lines) <= 6
    assert all(cell_len(line) <= width for line in lines)


def test_both_objectives_are_drawn_with_where_they_stand() -> None:
    two = two_branches(moved())
    scene = objectives_scene(two, DARK)
    curves = [layer for layer in scene.layers if isinstance(layer, Curve)]
    assert [len(curve.x) for curve in curves] == [5, 9]
    marks = [(layer.char, layer.x) for layer in scene.layers if isinstance(layer, Mark)]
    assert ("○", 2.0) in marks
    assert ("●", 3.5) in marks
    assert ("✎", 2.0) in marks
    fitted = fit_scales(scene)
    assert fitted is not None


def beside(source: str, *specs: Callable[[RunSpec], RunSpec], steps: int = 4) -> Session:
    """A session with branches of other choices, each gone on so far."""
    session = walked(source, steps)
    for choices in specs:
        session.apply(choices(session.spec))
        for _ in range(steps):
            session.take()
    return session


def another(model: str, k: int | None = None, **options: str) -> Callable[[RunSpec], RunSpec]:
    return lambda spec: changed(spec, model=make_model(spec.dataset, model, k, options))


def test_another_k_is_compared_by_likelihood_and_not_entry_by_entry() -> None:
    two = two_branches(beside("iris", another("gmm", 4)))
    assert (two.left_origin, two.right_origin) == ("the first", "K=4, seed 0")
    said = branches_sentence(two)
    apart = two.right.record.log_likelihood - two.left.record.log_likelihood
    assert apart > 0 and f"The log-likelihood of branch 2 is {number(apart)} higher than that of branch 1" in said
    assert said.endswith("parameters of other shapes (K=3 and K=4) are not compared entry by entry.")
    assert difference_lines(two, 100, 6, DARK) == [
        "parameters of other shapes (K=3 and K=4) are not compared entry by entry"
    ]
    curves = [layer for layer in objectives_scene(two, DARK).layers if isinstance(layer, Curve)]
    assert [curve.y[-1] for curve in curves] == [one.record.log_likelihood for one in (two.left, two.right)]


@pytest.mark.parametrize(
    ("source", "choices", "objectives", "parameters"),
    [
        ("iris", another("kmeans"), "no two values of one thing", "parameters of gmm and of kmeans are not compared"),
        ("iris", another("mlp"), "trained on other rows", "parameters of gmm and of mlp are not compared"),
        ("iris", lambda spec: changed(spec, data=replace(spec.data, standardize=True)),
         "columns or units differ", "other columns or units"),
        ("iris", lambda spec: changed(spec, known="few"), "the classes that are given differ", ""),
        ("moons", lambda spec: changed(spec, data=replace(spec.data, generated=Generated(noise=0.3))),
         "fitted to other rows", ""),
    ],
)  # fmt: skip
def test_what_can_not_be_compared_is_said(source: str, choices: Any, objectives: str, parameters: str) -> None:
    two = two_branches(beside(source, choices))
    assert objectives in two.objectives_apart and (not parameters or parameters in two.parameters_apart)
    said = branches_sentence(two)
    assert objectives.lower() in said.lower() and "higher" not in said
    assert len([layer for layer in objectives_scene(two, DARK).layers if isinstance(layer, Curve)]) == 1
    assert curves_title(two).endswith("of branch 2 alone by iteration")


def test_components_of_other_starts_stand_in_one_order() -> None:
    session = walked("iris", None, settings={"init": "points"})
    for seed in range(1, 6):
        session.restart(seed)
        for _ in session.run_on():
            pass
        two = two_branches(session, 0)
        assert two.left.labels is not None and two.right.labels is not None
        together = (two.left.labels[:, None] == np.arange(3)) & (two.right.labels[:, None] == np.arange(3))
        for order in permutations(range(3)):
            assert together.sum() >= (np.array(order)[two.left.labels] == two.right.labels).sum()
        assert two.left.responsibilities is not None
        np.testing.assert_array_equal(two.left.responsibilities.argmax(axis=1), two.left.labels)
        for each in two.differences:
            assert each.left == value_of(two.left.step.params, each.entry)


# on the screen


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
@pytest.mark.parametrize("model", ["kmeans", "mlp", "experts"])
async def test_unlike_models_stand_side_by_side(model: str, size: tuple[int, int]) -> None:
    async with driving(size=size) as app:
        await app.send("n")
        explorer(app.app).apply(lambda: another(model)(choose("iris")))
        await app.settle()
        await app.send("n", "B")
        assert two_of(app) == (0, 1)
        text = " ".join(app.text.split())
        assert f"parameters of gmm and of {model} are not compared" in text.replace("│ ", "")
        assert "gmm K=3 · iteration 1 · M" in text and f"{model} " in text
        await app.send("e", "b", "a", "m", "escape")
        assert app.app.screen is explorer(app.app)


@pytest.mark.parametrize("size", SIZES)
async def test_the_present_branch_is_stepped_beside_the_other(size: tuple[int, int]) -> None:
    async with driving(size=size) as app:
        await with_two_branches(app)
        await app.send("B")
        screen = app.app.screen
        assert isinstance(screen, BranchesScreen)
        if size[0] < 80:
            assert "iteration 2 · M" in app.text  # one at a time: the other branch first
            await app.send("2")
        else:
            assert "branch 1 · the first" in app.text and "iteration 2 · M" in app.text
        assert "iteration 3 · M" in app.text
        assert two_of(app) == (0, 1)
        await app.send("e")
        assert "iteration 4 · E" in app.text
        await app.send("left", "left", "left")
        assert "iteration 2 · by hand" in app.text
        assert all(cell_len(line) <= size[0] for line in screen_lines(app.app))
        await app.send("escape")
        assert app.app.screen is explorer(app.app)


def two_of(app: Driver) -> tuple[int, int]:
    """Which branches stand at the left and at the right."""
    screen = app.app.screen
    assert isinstance(screen, BranchesScreen) and screen.two is not None
    return screen.two.left.branch, screen.two.right.branch


@pytest.mark.parametrize("size", SIZES[:2])
async def test_either_side_can_be_another_branch(size: tuple[int, int]) -> None:
    async with driving(size=size) as app:
        await with_two_branches(app)
        await app.send("left", "left", "left", "left")
        explorer(app.app).worker.do(lambda session: session.weigh_row(3, 0))  # a third branch, from the first steps
        await app.settle()
        await app.send("n", "B")
        assert app.snapshot.n_branches == 3
        assert two_of(app) == (1, 2)
        await app.send("full_stop")
        assert two_of(app) == (0, 2)
        await app.send("comma")
        assert two_of(app) == (1, 2)
        await app.send("b")  # the next branch at the right
        assert two_of(app) == (1, 0)
        await app.send("b")  # which stood at the left: the sides change
        assert two_of(app) == (0, 1)
        heads = [heading(snapshot)[1] for snapshot in (app.app.screen.two.left, app.app.screen.two.right)]  # type: ignore[attr-defined]  # checked by two_of
        assert all(head in app.text for head in heads)


async def test_with_one_branch_only_a_sentence_says_so() -> None:
    async with driving(choose("coins")) as app:
        await app.send("n", "B")
        assert app.app.screen is explorer(app.app)
        assert "There is one branch only" in app.text


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("source", ["coins", "deaths", "votes", "linkage", "icecream", "bars"])
async def test_every_model_can_be_laid_side_by_side(source: str, size: tuple[int, int]) -> None:
    async with driving(choose(source), size=size) as app:
        await app.send("n", "R", "n", "B")
        assert two_of(app) == (0, 1)
        assert "iteration 1 · M" in app.text
        before = app.text
        await app.send("a", "A")
        assert app.text == before


async def test_networks_are_laid_side_by_side_too() -> None:
    async with driving(chosen("iris", model="mlp", standardize=True, settings={"m_step": "newton"})) as app:
        await app.send("n", "R", "n", "B")
        assert two_of(app) == (0, 1)
        assert "/60 right" in app.text


def test_entries_that_differ_a_little_are_shown_with_digits_that_tell_them_apart() -> None:
    session = moved(entry="means[0,0]", value=6.6)
    for branch in (0, 1):
        session.timeline.switch(branch)
        session.timeline.go_to(len(session.timeline) - 1)
        while session.timeline.current.stop_reason is None:
            session.take()
    two = two_branches(session)
    assert two.differences and two.differences[0].share < 1e-3
    shown = [line.split()[-2:] for line in difference_lines(two, 100, 9, DARK)[1:]]
    told_apart = [each.share > 1e-8 for each in two.differences]
    assert any(told_apart) and all(left != right for (left, right), can in zip(shown, told_apart, strict=True) if can)
    left, right = branches_sentence(two).rpartition(": ")[2].rstrip(".").split(" against ")
    assert left != right


def test_what_differs_is_said_to_be_in_standard_units_where_it_is() -> None:
    session = walked("iris", 4, standardize=True)
    edit = ParameterEdit.of(session.snapshot())
    mean, weight = (next(e for e in entries(edit.snapshot.spec.model, edit.params) if e.name == name)
                    for name in ("means[1,2]", "weights[0]"))  # fmt: skip
    assert ", in standard units; nothing else moves" in edit.move((mean, -1.0)).message
    assert "standard units" not in edit.move((weight, 0.4)).message
    made = edit.move((mean, -1.0))
    session.place(made.params, made.message)
    assert branches_sentence(two_branches(session)).endswith(" in standard units.")
