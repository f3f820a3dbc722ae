"""The ledger adds up, and a worked row or parameter comes out at the numbers on the screen."""

import math
import re

import numpy as np
import pytest
from choosing import chosen
from driving import driving, explorer
from hypothesis import given
from hypothesis import strategies as st

from emtui.charts.colors import DARK
from emtui.panes.messages import RowChosen
from emtui.panes.why.derivation_text import expression, worked_lines
from emtui.panes.why.ledger_text import entries, falls, ledger_lines
from emtui.panes.why.subjects.registry import SUBJECTS
from emtui.panes.why.why import WhyPane
from emtui.session.queries import NewRowWorked, ParameterWorked, RowWorked, answer
from emtui.session.session import Session
from emtui.spec.train_test_split import split_of
from emtui.views import view_for
from emtui.views.entry_cursor import parameter_names, parameter_words
from engine.explain.derivation import line

SOURCES = ("iris", "coins", "linkage", "deaths", "icecream", "films", "hmm_gaussian")


def snapshots(source, steps, **how):
    session = Session(chosen(source, **how))
    yield session.snapshot()
    for _ in range(steps):
        session.take()
        yield session.snapshot()


def text_of(lines):
    return ["".join(piece[0] for piece in cell) if isinstance(cell, tuple) else cell for cell in lines]


def named(snapshot):
    return {entry.name: entry for entry in entries(snapshot)}


# the ledger


@pytest.mark.parametrize("algorithm", ["classic", "hard", "stochastic", "annealed"])
@pytest.mark.parametrize("source", ["iris", "coins", "icecream"])
def test_the_ledger_adds_up(source, algorithm):
    for snapshot in snapshots(source, 6, algorithm=algorithm):
        total, step = math.nan, snapshot.step
        for entry in entries(snapshot):
            if entry.sign == "=":
                assert entry.value == pytest.approx(total, rel=1e-9, abs=1e-9)
            total = total + entry.value if entry.sign == "+" else entry.value
        assert total == pytest.approx(step.objective, rel=1e-12)
        if step.phase != "init":
            found = named(snapshot)
            assert found["bound L(q, θ)"].value == pytest.approx(step.elbo, rel=1e-12)
            assert found["log-likelihood"].value == pytest.approx(step.log_likelihood, rel=1e-12)


@pytest.mark.parametrize(
    ("source", "how", "parts"),
    [
        ("iris", {"model": "mlp"}, ["Q_w, hidden units", "Q_v, output"]),
        ("icecream", {}, ["Q of the first states", "Q of the transitions", "Q of the ends", "Q of the emissions"]),
        ("linkage", {}, []),
        ("coins", {}, ["Q of the weights", "Q of the densities"]),
    ],
)
def test_q_is_the_sum_of_the_parts_above_it(source, how, parts):
    *_, snapshot = snapshots(source, 4, **how)
    shown = entries(snapshot)
    assert [entry.name for entry in shown[: len(parts) + 1]] == [*parts, "Q(θ; q)"]
    assert [entry.value for entry in shown[: len(parts)]] == list(snapshot.step.q_parts.values())
    q = shown[len(parts)]
    if parts:
        assert q.change == pytest.approx(sum(entry.change for entry in shown[: len(parts)]), abs=1e-9)


def test_changes_are_since_the_half_step_before():
    before = None
    for snapshot in snapshots("iris", 5):
        found = named(snapshot)
        for name, entry in found.items():
            if before is None or name not in before:
                assert math.isnan(entry.change)
            elif not math.isnan(entry.change):
                assert entry.change == pytest.approx(entry.value - before[name].value, abs=1e-9)
        before = found
        if snapshot.step.phase == "E":
            assert found["KL(q ‖ posterior)"].value == found["log-likelihood"].change == 0
        elif snapshot.step.phase == "M":
            assert found["KL(q ‖ posterior)"].value > 0.1


def test_the_ledger_says_whose_parameters_it_is_of():
    said = [" ".join(text_of(ledger_lines(snapshot, 60, DARK))) for snapshot in snapshots("coins", 4)]
    assert "θ: the start. There is no q" in said[0]
    assert "θ: the start; q: settled at this very θ" in said[1]
    assert "θ: of iteration 1; q: settled at the start" in said[2]
    assert "θ: of iteration 1; q: settled at this very θ" in said[3]
    assert "θ: of iteration 2; q: settled at θ of iteration 1" in said[4]


@pytest.mark.parametrize(
    ("source", "algorithm", "reason"),
    [("old_faithful", "stochastic", "drawn"), ("two_gaussians", "hard", "pushes up the bound")],
)
def test_a_fall_is_explained_and_a_rise_is_not(source, algorithm, reason):
    fell = 0
    for snapshot in snapshots(source, 40, algorithm=algorithm, settings={"init": "points"}):
        record, before = snapshot.record, snapshot.previous_record
        if snapshot.step.phase != "M" or before is None:
            continue
        change = record.log_likelihood - before.log_likelihood
        if change < -1e-6:
            fell += 1
            assert reason in " ".join(falls(snapshot))
            assert reason in " ".join(text_of(ledger_lines(snapshot, 200, DARK)))
        elif change > 0:
            assert not falls(snapshot)
    assert fell


@pytest.mark.parametrize("width", [8, 14, 20, 24, 32, 38, 80])
def test_no_line_of_the_ledger_is_wider_than_the_pane(width):
    for source in ("iris", "coins"):
        for snapshot in snapshots(source, 3):
            for text in text_of(ledger_lines(snapshot, width, DARK)):
                assert len(text) <= max(width, 13), text


# the worked numbers


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("width", [24, 38, 76])
def test_a_worked_row_comes_out_at_its_responsibilities(source, width):
    *_, snapshot = snapshots(source, 3)
    names = [str(k) for k in range(snapshot.responsibilities.shape[1])]
    row = int(snapshot.rows[snapshot.responsibilities.max(axis=1).argmin()])
    worked = answer(RowWorked(row), snapshot.step)
    texts = text_of(worked_lines(worked, names, width, DARK))
    assert all(len(text) <= width and text.isprintable() for text in texts)
    results = [text.rsplit("= ", 1)[1] for text in texts if "= " in text]
    for value in snapshot.step.posterior.rows(np.array([row]))[0]:
        assert any(float(said.replace("−", "-")) == pytest.approx(value, rel=1e-3) for said in map(plain, results)), (
            value
        )


def plain(said):
    """The number at the end of a line; nan for a formula that was cut there."""
    return said if re.fullmatch(r"−?[\d.]+(e[−+]?\d+)?", said) else "nan"


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("steps", [3, 4])
def test_every_parameters_m_step_comes_out_at_the_parameter(source, steps):
    *_, snapshot = snapshots(source, steps)
    later = list(snapshots(source, 4))[-1]  # an E-step tells of the M-step to come
    names = parameter_names(snapshot)
    for place in range(0, len(names.entries), max(1, len(names.entries) // 12)):
        entry = names.entries[place]
        worked = answer(ParameterWorked(entry.name), snapshot.step)
        texts = text_of(worked_lines(worked, ["a"] * 12, 38, DARK, of="it"))
        assert texts[0].startswith("M-step to come: it" if steps == 3 else "M-step: it")
        assert all(len(text) <= 38 for text in texts)
        array = later.step.params
        for part in entry.path.split("."):
            array = getattr(array, part)
        value = float(np.asarray(array)[entry.index])
        said = plain(texts[-1].rsplit("= ", 1)[1])
        assert float(said.replace("−", "-")) == pytest.approx(value, rel=1e-3, abs=1e-12), entry.name


NUMBERS = st.floats(-9, 9).map(lambda value: round(value, 2))


@given(
    st.sampled_from(
        ["product", "sum", "pairs", "difference", "quotient", "exp", "normal", "log_normal", "log_sum_exp"]
    ),
    st.lists(NUMBERS, min_size=2, max_size=10).filter(lambda numbers: numbers[1] != 0),
)
def test_what_is_written_is_what_is_done(operation, numbers):
    numbers = numbers[: len(numbers) // 2 * 2] if operation == "pairs" else numbers
    numbers = numbers[:2] if operation in ("difference", "quotient") else numbers
    made = line("part", "f", operation, [("v", number) for number in numbers])
    written = expression(made).replace("−½ (", "-0.5*(").replace("−", "-").replace("·", "*")
    written = re.sub(r"e\^(\([^)]*\)|[\d.]+)", r"exp(\1)", written)
    value = eval(written, {"exp": math.exp, "ln": math.log})
    assert value == pytest.approx(made.result, rel=1e-6, abs=1e-9), written


def test_of_very_many_terms_the_first_are_written_and_the_rest_counted():
    made = line("total", "f", "sum", [("v", 1.0)] * 64)
    assert expression(made).endswith("+ 1 + … 52 more")
    made = line("density", "f", "powers", [("v", 0.5)] * 64)
    assert expression(made).endswith("0.5^0.5 · … 20 more")


# walking


def test_walking_goes_through_components_entries_and_arrays():
    *_, snapshot = snapshots("iris", 2)
    names = parameter_names(snapshot)
    assert names.entry.name == "means[0,0]"
    assert names.component(1).entry.name == "means[1,0]"
    assert names.component(-1).entry.name == "means[2,0]"
    assert names.within(1).entry.name == "means[0,1]"
    assert names.within(-1).entry.name == "means[0,3]"
    assert names.array(1).entry.name == "covariances[0,0,0]"
    assert names.array(-1).entry.name == "weights[0]"
    assert names.array(-1).within(1).entry.name == "weights[1]"
    assert names.component(1).array(1).entry.name == "covariances[1,0,0]"
    assert parameter_names(snapshot, names.component(1)).entry.name == "means[1,0]"
    words = [
        parameter_words(snapshot, entry, DARK) for entry in (names.entry, names.array(-1).entry, names.array(1).entry)
    ]
    assert words == ["● 1 mean of sepal length", "● 1 weight", "● 1 variance of sepal length"]
    *_, other = snapshots("coins", 2)
    assert parameter_names(other, names.component(1)).entry.name == "probabilities[0]"


async def test_the_row_that_was_chosen_is_worked_out_and_walking_chooses_others():
    async with driving() as app:
        await app.send("n", "e", "3", "down", "down", "down")
        chosen = explorer(app.app)._row
        text = await app.press("9", "d")
        assert f"E-step of row {chosen + 1}" in text and "w · p(x | k)" in text
        text = await app.press("down")
        assert explorer(app.app)._row == chosen + 1
        assert f"E-step of row {chosen + 2}" in text
        await app.send("k", "k")
        assert explorer(app.app)._row == chosen - 1


async def test_the_row_in_most_doubt_is_worked_out_where_none_was_chosen():
    async with driving() as app:
        text = await app.press("n", "e", "9", "d")
        row = int(app.snapshot.responsibilities.max(axis=1).argmin())
        assert f"E-step of row {row + 1}" in text


async def test_the_m_step_of_a_parameter_with_the_numbers_of_the_step():
    async with driving() as app:
        text = await app.press("n", "9", "d", "d")
        assert "M-step: ● 1 mean of sepal length" in text
        assert f"= {app.snapshot.step.params.means[0, 0]:.4g}" in text
        text = await app.press("down", "full_stop")
        assert "■ 2 mean of sepal width" in text
        assert f"= {app.snapshot.step.params.means[1, 1]:.4g}" in text
        text = await app.press("e")
        assert "M-step to come" in text
        upcoming = await app.press("m")
        assert f"= {app.snapshot.step.params.means[1, 1]:.4g}" in upcoming


async def test_before_the_first_e_step_it_says_what_is_missing():
    async with driving() as app:
        text = await app.press("9")
        assert "log-likelihood" in text and "There is no q" in text
        assert "There are no responsibilities" in await app.press("d")
        assert "An M-step needs responsibilities" in await app.press("d")


async def test_where_there_is_room_the_ledger_stands_above_the_worked_row():
    async with driving() as app:
        text = await app.press("n", "e", "9", "d")
        assert "bound L(q, θ)" not in text
        text = await app.press("z")
        assert "bound L(q, θ)" in text and "w · p(x | k)" in text


@pytest.mark.parametrize("size", [(200, 60), (120, 40), (80, 24), (40, 12)])
async def test_it_fits(size):
    async with driving(size=size) as app:
        await app.send("n", "e")
        for key in ("9", *["d"] * len(SUBJECTS)):
            text = await app.press(key)
            assert all(len(line) <= size[0] for line in text.splitlines())
            assert "computing" not in text
        assert app.app.screen.query_one(WhyPane).subject == "ledger"


@pytest.mark.parametrize("source", ["iris", "coins"])
async def test_every_subject_has_its_number_its_words_and_its_place_in_the_palette(source):
    async with driving(chosen(source)) as app:
        await app.press("n", "9", "z")
        pane = app.app.screen.query_one(WhyPane)
        calls = {title: call for title, _, call in pane.commands()}
        assert len(calls) == len(SUBJECTS)
        for place, subject in enumerate(SUBJECTS):
            assert f"{place + 1} of {len(SUBJECTS)}" in app.text and pane.subject == subject.name
            assert "computing" not in app.text
            held = {**pane.state}
            await app.press("D")
            assert pane.subject == SUBJECTS[place - 1].name
            pane.take_state(held)
            assert pane.subject == subject.name
            await app.press("d")
        for title, subject in zip(calls, SUBJECTS, strict=True):
            calls[title]()
            assert pane.subject == subject.name


# networks, whose rows may be held back


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
@pytest.mark.parametrize("model", ["mlp", "backprop"])
async def test_the_row_that_is_chosen_is_the_row_that_is_worked_out(model, size):
    async with driving(chosen("iris", model=model), size=size) as driver:
        await driver.press("n", "e", "9", "z", "d")
        split, pane = split_of(driver.snapshot.spec), driver.app.screen.query_one(WhyPane)
        step = explorer(driver.app).worker.session.timeline.current
        for row in (int(split.test[3]), int(split.train[5])):
            driver.app.screen.post_message(RowChosen(row))
            await driver.settle()
            await driver.app.workers.wait_for_complete()
            await driver.settle()
            text = driver.text
            if split.is_test(row):
                assert f"prediction of row {row + 1}, a test row · 2 of {len(SUBJECTS)}" in text
                found = answer(NewRowWorked(tuple(split.inputs[row].tolist())), step)
                assert np.array_equal([one.result for one in found.of("input")], split.inputs[row])
            else:
                what = "E-step" if model == "mlp" else "forward pass"
                assert f"{what} of row {row + 1} · 2 of {len(SUBJECTS)}" in text
            assert pane._row == row
        await driver.press("down")
        assert pane.chosen_row == pane._row == row + 1  # whether it is held back or not


def test_the_lines_of_a_network_have_the_names_of_its_data():
    *_, snapshot = snapshots("iris", 3, model="mlp")
    split, step, view = split_of(snapshot.spec), snapshot.step, view_for(snapshot.spec.model)
    row = int(split.test[0])
    queries = (NewRowWorked(tuple(split.inputs[row].tolist())), RowWorked(4), ParameterWorked("hidden[1,3]"))
    for query, words in zip(
        queries,
        (
            ["The row's target is not used", "versicolor", "petal length", "the other 120 configurations"],
            ["p(y | x) = Σ p(z | x) · o_y(z)", "H of the row", "sepal width", "the other 120 configurations"],
            ["(E[z] − u) · petal length", "the other 84 rows", "rate · slope"],
        ),
        strict=True,
    ):
        for width in (38, 76):
            lines = worked_lines(
                answer(query, step), view.component_names(snapshot), width, DARK,
                said=lambda text: view.with_names(snapshot, text), row_name=step.problem.row_name,
            )  # fmt: skip
            texts = text_of(lines)
            assert all(len(text) <= width for text in texts)
            for word in words:
                assert word.replace(" ", "") in "".join(texts).replace(" ", "")
            assert not re.search(r"\b(class|x) \d", " ".join(texts))
    named = [text for text in texts if text.startswith("row ")]
    assert len(named) == 6 and all(int(re.findall(r"\d+", text)[0]) - 1 in split.train for text in named)


# backpropagation, which hides nothing


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_backpropagation_has_a_forward_pass_and_no_bound(size):
    async with driving(chosen("iris", model="backprop", standardize=True), size=size) as driver:
        await driver.press("n", "n")
        ledger = " ".join((await driver.press("9", "z")).replace("│", " ").split())
        assert "Nothing is hidden, so there is no q, no bound and no KL." in ledger
        assert "entropy" not in ledger and "KL(q" not in ledger
        text = await driver.press("d")
        assert "forward pass of row" in text and "σ(bias + Σ w · x)" in text and "E-step of" not in text
        session, split = explorer(driver.app).worker.session, split_of(driver.snapshot.spec)
        step, pane = session.timeline.current, driver.app.screen.query_one(WhyPane)
        place = int(np.searchsorted(split.train, pane.chosen_row if pane.chosen_row is not None else pane._row))
        found = answer(RowWorked(place), step)
        x, hidden = split.inputs[split.train][place], step.params_q.hidden
        u = 1.0 / (1.0 + np.exp(-(hidden[:, 0] + hidden[:, 1:] @ x)))
        assert [one.recomputed for one in found.of("responsibility")] == pytest.approx(u, rel=1e-12)
        assert found.result == pytest.approx(u, rel=1e-12)
        await driver.press("escape", "8")
        await driver.settle()
        assert "nothing is hidden" in driver.text and "┄ bound" not in driver.text


@pytest.mark.parametrize("model", ["mlp", "backprop", "experts"])
async def test_a_standardised_row_is_said_to_be_so_with_its_values_in_the_datas_units(model):
    async with driving(chosen("iris", model=model, standardize=True), size=(80, 40)) as driver:
        text = await driver.press("n", "e", "9", "d", "z")
        row, X = driver.app.screen.query_one(WhyPane)._row, driver.snapshot.spec.dataset.X
        split = split_of(driver.snapshot.spec)
        for held_back in (split.is_test(row), not split.is_test(row)):
            if held_back != split.is_test(row):
                row = int((split.test if held_back else split.train)[1])
                driver.app.screen.post_message(RowChosen(row))
                await driver.settle()
                await driver.app.workers.wait_for_complete()
                await driver.settle()
                text = driver.text
            assert "is standardised by the training rows" in " ".join(text.replace("│", " ").split())
            for name, own in zip(driver.snapshot.spec.dataset.feature_names, X[row], strict=True):
                assert f"{name}, {own:.4g} standardised" in text


@pytest.mark.parametrize(
    ("model", "optimizer", "said"),
    [
        ("backprop", "sgd", "gradient steps"),
        ("backprop-experts", "batch", "gradient step"),
        ("mlp", "momentum", "M-step"),
    ],
)
async def test_where_nothing_is_hidden_a_parameter_moves_by_gradient_steps(model, optimizer, said):
    spec = chosen("iris", model=model, settings={"optimizer": optimizer})
    async with driving(spec) as app:
        text, pane = await app.press("e", "9", "d", "d"), app.app.screen.query_one(WhyPane)
        assert f"{said} to come: " in text and pane.subject == "M-step"
        text = await app.press("m")
        assert f"{said}: " in text and ("M-step: " in text) == (model == "mlp")
        await app.press("D")
        assert f"d: {said} · D: ledger" in str(pane.border_subtitle)
