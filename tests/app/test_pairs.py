"""The pair plot: what it says at any size, the colouring key, walking and stepping there, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from driving import Driver, driving, explorer
from textual.widgets import Static

from emtui.charts.pair_grid import PairGridChart
from emtui.screens.pairs.pairs import PairsScreen
from emtui.spec.choose import choose

NAMES = ("sepal length", "sepal width", "petal length", "petal width")


def head(text: str) -> str:
    """The line of the colouring."""
    return text.splitlines()[1].strip()


def table(path: Path, columns: dict[str, Any], name: str = "made.csv") -> str:
    """A file of these columns."""
    rows = zip(*columns.values(), strict=True)
    text = [",".join(f'"{key}"' for key in columns), *(",".join(map(str, row)) for row in rows)]
    (path / name).write_text("\n".join(text) + "\n", encoding="utf-8")
    return str(path / name)


async def with_kmeans(app: Driver) -> None:
    """Wait until k-means stands beside the frame."""
    while app.snapshot.baseline is None:
        await app.settle()


# the grid


async def test_all_pairs_of_iris_with_their_names_and_numbers() -> None:
    async with driving() as app:
        text = await app.press("M")
        assert isinstance(app.app.screen, PairsScreen)
        assert head(text) == "by EM · no responsibilities yet: press e   ● 1  ■ 2  ▲ 3"
        for name in NAMES:
            assert text.count(f"─ {name} ─") == 1  # above its row
            assert text.splitlines()[-2].count(name) == 1  # below its column
        X = app.snapshot.spec.dataset.X
        said = [word for line in text.splitlines() for word in line.replace("│", " ").split("all")[1:]]
        r = np.corrcoef(X, rowvar=False)
        found = sorted(float(word.split()[0].replace("−", "-")) for word in said)
        np.testing.assert_allclose(found, np.sort(r[np.triu_indices(4, 1)]), atol=0.006)


async def test_the_colouring_is_one_key_apart() -> None:
    async with driving() as app:
        await with_kmeans(app)
        text = await app.press("M", "e")
        hits = app.snapshot.agreement.hits
        by_em = f"by EM · {hits} of 150 rows agree with the truth   ● 1 = virginica  ■ 2 = setosa  ▲ 3 = versicolor"
        assert head(text) == by_em
        by_kmeans = await app.press("d")
        assert head(by_kmeans).startswith("by k-means · 134 of 150 rows agree with the truth   ● 1 = virginica")
        by_truth = await app.press("d")
        assert head(by_truth) == "by truth · 3 known classes   ● virginica  ■ setosa  ▲ versicolor"
        assert len({by_em, by_kmeans, by_truth}) == 3
        assert head(await app.press("d")) == by_em


async def test_truth_says_the_correlations_within_the_classes() -> None:
    async with driving() as app:
        await app.send("M", "e")
        while "by truth" not in head(app.text):
            await app.send("d")
        data = app.snapshot.spec.dataset
        lines = app.text.splitlines()
        first = next(i for i, line in enumerate(lines) if "−.12" in line)  # sepal length and width
        for line, name in zip(lines[first + 1 :], ("virginica", "setosa", "versicolor"), strict=False):
            rows = data.X[data.y == data.class_names.index(name)]
            said = float(line.split("│")[2].split()[-1])
            assert said == pytest.approx(np.corrcoef(rows[:, :2], rowvar=False)[0, 1], abs=0.006)


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_em_is_stepped_there(size: tuple[int, int]) -> None:
    async with driving(size=size) as app:
        before = await app.press("M")
        assert "start" in before.splitlines()[0]
        for key, place in (("e", "iteration 1 · E"), ("m", "iteration 1 · M"), ("n", "iteration 2 · M")):
            after = await app.press(key)
            assert place in after.splitlines()[0]
            assert after.splitlines()[2:] != before.splitlines()[2:]
            before = after
        assert "iteration 2 · E" in (await app.press("left")).splitlines()[0]
        assert "start" in (await app.press("home")).splitlines()[0]
        await app.send("escape")
        assert app.app.screen is explorer(app.app)
        assert app.snapshot.step.phase == "init"


async def test_a_key_that_can_not_act_says_why() -> None:
    async with driving() as app:
        await app.send("M", "m")
        assert any("press e first" in note.message for note in app.app._notifications)
        assert isinstance(app.app.screen, PairsScreen)


async def test_pairs_are_walked_and_one_is_looked_at_in_the_explorer() -> None:
    async with driving() as app:
        await app.send("M")
        screen = app.app.screen
        assert isinstance(screen, PairsScreen)
        assert screen.pair == (2, 3)  # the explorer's own
        walked = [screen.pair]
        for _ in range(5):
            await app.send("tab")
            walked.append(screen.pair)
        assert len(set(walked)) == 6 and walked[1] == (0, 1)
        await app.send("tab", "shift+tab", "up", "down", "comma", "full_stop", "tab")
        assert screen.pair == walked[0]
        await app.send("tab", "tab")
        assert screen.pair == (0, 2)
        text = await app.press("enter")
        assert app.app.screen is explorer(app.app)
        assert "╭─ sepal length × petal length ─" in text
        assert "Picture" in await app.press("a")


async def test_a_click_chooses_a_pair_on_either_side_of_the_diagonal() -> None:
    async with driving() as app:
        await app.send("M")
        screen, grid = app.app.screen, app.app.screen.query_one(PairGridChart)
        assert isinstance(screen, PairsScreen)
        for offset, expected in (((10, 12), (0, 1)), ((110, 20), (2, 3)), ((110, 35), (2, 3))):
            await app.pilot.click(grid, offset=offset)
            await app.settle()
            assert screen.pair == expected


async def test_one_pair_takes_all_the_room_and_gives_it_back() -> None:
    async with driving() as app:
        grid = await app.press("M", "e")
        alone = await app.press("z")
        assert "pair 1 of 6" in head(alone) and "correlation: all .96" in alone
        assert "─ sepal width ─" not in alone and "z grid" in alone
        assert await app.press("z") == grid


# one pair at a time


async def test_where_three_do_not_fit_there_is_one_pair() -> None:
    async with driving(size=(80, 24)) as app:
        text = await app.press("M", "e")
        assert head(text).endswith("rows agree with the truth · pair 1 of 6")
        assert "petal width" in text.splitlines()[2] and "● 1 = virginica" in text.splitlines()[2]
        assert text.splitlines()[-3].split() == ["petal", "length"]
        assert "correlation: all .96 · ● " in text.splitlines()[-2]
        assert "pair 2 of 6" in head(await app.press("full_stop"))
        assert "pair 1 of 6" in head(await app.press("comma"))
        assert "pair 6 of 6" in head(await app.press("shift+tab"))
        await app.send("tab")
        assert "─ petal length ─" in await app.resize(120, 40)
        assert "pair 1 of 6" in head(await app.resize(80, 24))
        assert "petal length × petal width" in await app.press("enter")


async def test_one_feature_is_its_density_alone() -> None:
    for size in ((120, 40), (80, 24)):
        async with driving(choose("waiting"), size=size) as app:
            text = await app.press("M", "e", "m")
            assert "density" in text and text.splitlines()[-3].split() == ["waiting"]
            assert "correlation" not in text and "pair" not in head(text)
            await app.send("tab", "full_stop", "z", "z", "d")
            assert isinstance(app.app.screen, PairsScreen)
            await app.send("enter")
            assert app.app.screen is explorer(app.app)


async def test_two_features_are_two_densities_and_a_picture() -> None:
    async with driving(choose("old_faithful")) as app:
        text = await app.press("M", "e")
        assert "─ eruptions ─" in text and "━ waiting ━" in text and text.count("all") == 1
        assert "pair 1" not in head(await app.press("z"))  # there is no other


# many features


async def test_of_a_hundred_features_there_is_a_window(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    columns = {f"f{j}": draw.normal(size=60).round(4) for j in range(100)}
    columns["f70"] = np.where(np.arange(60) < 30, -9.0, 9.0) + draw.normal(size=60).round(4)
    async with driving(choose(table(tmp_path, columns), k=2, settings={"covariance_type": "diag"})) as app:
        text = await app.press("M", "e")
        assert "features 1–4 of 100, best separated first" in head(text)
        assert " f70 " in text
        second = await app.press("full_stop")
        assert "features 5–8 of 100" in head(second) and " f70 " not in second
        assert "features 1–4 of 100" in head(await app.press("comma"))
        assert "features 97–100 of 100" in head(await app.press("comma"))
        assert "features 1–4 of 100" in head(await app.press("full_stop"))
        assert "pair 1 of 4,950" in head(await app.resize(80, 24))
        assert "pair 4,950 of 4,950" in head(await app.press("comma"))
        assert "of 100" in head(await app.resize(120, 40))  # a pair far apart is no trouble


# what data may hold


async def test_constant_columns_have_no_correlation(tmp_path: Path) -> None:
    source = table(tmp_path, {"a": [1.0, 2.0, 4.0, 8.0], "b": [3.0] * 4, "c": [1e9, 2e9, 3e9, 5e9]})
    async with driving(choose(source, k=2)) as app:
        text = await app.press("M")
        assert "━ b ━" in text and text.count("all     –") == 2
        await app.send("e", "m", "n", "d", "tab", "z", "tab")
        assert isinstance(app.app.screen, PairsScreen)


async def test_as_many_components_as_rows_and_more(tmp_path: Path) -> None:
    source = table(tmp_path, {"a": [1.0, 2.0, 4.0, 8.0], "b": [3.0, 1.0, 4.0, 1.0], "c": [0.0, 2.0, 7.0, 5.0]})
    async with driving(choose(source, k=4)) as app:
        text = await app.press("M", "e", "m", "e", "d", "d")
        assert "by EM" in head(text) and "● 1  ■ 2  ▲ 3  ◆ 4" in head(text)
        explorer(app.app).open_spec(lambda: choose(source, k=9))  # which can't be begun
        await app.settle()
        assert any("9" in note.message and "4" in note.message for note in app.app._notifications)
        assert isinstance(app.app.screen, PairsScreen) and head(app.text) == head(text)
    async with driving(choose(source, k=9)) as app:
        await app.send("M", "e", "M")
        assert app.snapshot is None and app.app.screen is explorer(app.app)


async def test_names_are_no_markup_and_stay_in_their_places(tmp_path: Path) -> None:
    names = ("[bold]width[/]", "x" * 200, "꽃받침의 너비를 센티미터로", "d]")
    draw = np.random.default_rng(1)
    source = table(tmp_path, {name: draw.normal(size=20).round(3) for name in names})
    async with driving(choose(source, k=2)) as app:
        text = await app.press("M", "e")
        assert "[bold]width[/]" in text and "꽃받침의" in text
        for size in ((80, 24), (60, 20), (40, 12), (200, 60)):
            await app.resize(*size)
        await app.send("enter")
        assert app.app.screen is explorer(app.app)


async def test_data_without_classes_are_coloured_by_em_and_k_means() -> None:
    async with driving(choose("old_faithful"), size=(80, 24)) as app:
        await with_kmeans(app)
        assert head(await app.press("M", "e")) == "by EM"
        assert head(await app.press("d")).endswith("of 272 rows as EM has them")
        assert head(await app.press("d")) == "by EM"


async def test_k_means_as_the_model_has_no_other_k_means() -> None:
    async with driving(choose("iris", model="kmeans")) as app:
        assert head(await app.press("M", "e")).startswith("by k-means · ")
        assert "by truth" in head(await app.press("d"))
        assert "by k-means" in head(await app.press("d"))


async def test_where_there_is_one_colouring_the_key_says_so() -> None:
    async with driving(choose("waiting", model="kmeans")) as app:
        await app.send("M", "d")
        assert any("no other colouring" in note.message for note in app.app._notifications)


async def test_a_network_is_coloured_by_what_it_predicts() -> None:
    async with driving(choose("iris", model="mlp")) as app:
        text = await app.press("M")
        assert "rows predicted right" in head(text) and "setosa" in head(text)
        assert await app.press("n", "n") != text
        assert "by truth" in head(await app.press("d"))
        assert "by EM" in head(await app.press("d"))


@pytest.mark.parametrize("source", ["coins", "deaths", "votes", "linkage", "icecream", "bars"])
async def test_what_is_no_table_of_measurements_is_refused_in_a_sentence(source: str) -> None:
    async with driving(choose(source)) as app:
        text = " ".join((await app.press("M")).split())
        assert app.app.screen is explorer(app.app)
        assert f"which {app.snapshot.spec.model.name} does not model: choose the model gmm or kmeans" in text


# any state


async def test_any_size_theme_and_terminal() -> None:
    async with driving() as app:
        await app.send("M", "e", "t")
        for size in ((1, 1), (10, 3), (39, 9), (40, 12), (200, 60), (60, 20), (121, 11), (79, 50), (65, 23)):
            await app.resize(*size)
            await app.send("d", "tab", "m", "e", "z", "full_stop")
        app.app.add_class("-ascii")
        await app.send("d")
        assert isinstance(app.app.screen, PairsScreen)
        app.app.theme = "ansi-dark" if "ansi-dark" in app.app.available_themes else "textual-ansi"
        await app.send("d")
        await app.send("M")
        assert app.app.screen is explorer(app.app)


async def test_it_leaves_when_what_is_explored_is_no_table_any_more() -> None:
    async with driving() as app:
        await app.send("M")
        explorer(app.app).open_spec(lambda: choose("icecream"))
        await app.settle()
        assert app.app.screen is explorer(app.app)
        assert app.snapshot.spec.model.name == "hmm"


async def test_other_data_begin_at_their_own_best_pair() -> None:
    async with driving() as app:
        await app.send("M")
        explorer(app.app).open_spec(lambda: choose("wine"))
        await app.settle()
        assert isinstance(app.app.screen, PairsScreen)
        assert "of 13" in head(app.text)
        assert str(app.app.screen.query_one("#hint", Static).render()).startswith("d colours · tab pair · , . features")


async def test_rows_weighed_by_hand_count_once_here_and_that_is_said() -> None:
    async with driving() as driver:
        await driver.press("n")
        explorer(driver.app).worker.do(lambda session: session.weigh_row(3, 0.0))
        await driver.settle()
        assert "every row counted once" in await driver.press("M")
