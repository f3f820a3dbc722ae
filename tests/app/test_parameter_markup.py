"""Tables of parameters in Markdown and LaTeX: sensible digits, words escaped, standard units."""

from __future__ import annotations

import re
import shutil
import string
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from walking import walked

from emtui.exports.export import EXPORTS, export_for
from emtui.exports.latex_table import latex_lines
from emtui.exports.latex_text import maths, words
from emtui.exports.markup_table import MarkupTable, Symbol, markdown_lines, markdown_text, numbers_alike

DOCUMENT = "\\documentclass{{article}}\n\\usepackage{{booktabs}}\n\\begin{{document}}\n{}\n\\end{{document}}\n"


def cells_of(line: str) -> list[str]:
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def text_of(session: object, ending: str) -> str:
    return "".join(export_for(f"x-parameters.{ending}", EXPORTS).chunks(session))  # type: ignore[arg-type]


def test_every_parameter_of_a_mixture_stands_in_its_row() -> None:
    session = walked("iris", 8)
    lines = text_of(session, "md").splitlines()
    params = session.timeline.current.params
    assert lines[0] == "**iris, Gaussian mixture K=3: parameters after 4 iterations**"
    assert cells_of(lines[2]) == ["component", "", "1", "2", "3"]
    rows = {cells_of(line)[0]: cells_of(line)[1:] for line in lines[4:]}
    names = session.spec.dataset.feature_names
    for j, name in enumerate(names):
        assert rows[f"mean {name}"] == ["μ", *(f"{value:.3f}" for value in params.means[:, j])]
        for i in range(j + 1):
            word = f"variance {name}" if i == j else f"covariance {names[i]}, {name}"
            found = [float(text) for text in rows[word][1:]]
            np.testing.assert_allclose(found, params.covariances[:, i, j], rtol=5e-3, atol=5e-5)
    assert rows["weight"][0] == "π" and len(rows) == 1 + 4 + 10
    assert len({len(line) for line in lines[2:]}) == 1  # aligned in the source as well


@pytest.mark.parametrize(("standardize", "said"), [(True, 1), (False, 0)])
def test_standard_units_are_said(standardize: bool, said: int) -> None:
    session = walked("iris", 2, standardize=standardize)
    for ending in ("md", "tex"):
        assert text_of(session, ending).count("Standard units: each column has mean 0") == said


@pytest.mark.parametrize(
    ("source", "how", "titles"),
    [
        ("icecream", {}, ["icecream, hidden Markov model K=2: parameters after 2 iterations", "transition A"]),
        ("xor", {"model": "mlp"}, ["xor, network trained by EM K=7: parameters after 2 iterations", "weight V"]),
        ("linkage", {}, ["linkage, genetic linkage: parameters after 2 iterations: theta θ"]),
        (
            "old_faithful",
            {"k": 2, "settings": {"covariance_type": "tied"}},
            ["old_faithful, Gaussian mixture K=2: parameters after 2 iterations", "covariance Σ"],
        ),
    ],
)
def test_what_belongs_to_no_component_has_a_table_of_its_own(source: str, how: dict, titles: list[str]) -> None:
    text = text_of(walked(source, 4, **how), "md")
    assert [one.replace("\\", "") for one in re.findall(r"^\*\*(.*)\*\*$", text, re.M)] == titles


def test_transitions_are_rows_from_and_columns_to() -> None:
    session = walked("icecream", 4)
    rows = [cells_of(line) for line in text_of(session, "md").splitlines() if line.startswith("| from")]
    params = session.timeline.current.params
    assert [row[0] for row in rows] == ["from cold", "from hot"]
    np.testing.assert_allclose([[float(x) for x in row[1:3]] for row in rows], params.transition, atol=5e-5)
    np.testing.assert_allclose([float(row[3]) for row in rows], params.stop, atol=5e-5)


def test_all_models_have_tables() -> None:
    for source, how in (
        ("coins", {}), ("deaths", {}), ("films", {"k": 2}), ("hmm_gaussian", {}), ("xor", {"model": "experts"}),
        ("old_faithful", {"model": "kmeans", "k": 2}), ("bars", {}), ("xor", {"model": "backprop"}),
    ):  # fmt: skip
        session = walked(source, 2, **how)  # type: ignore[arg-type]
        for ending in ("md", "tex"):
            assert len(text_of(session, ending).splitlines()) > 4


@pytest.mark.parametrize(
    ("numbers", "texts"),
    [
        ([0.2993, 1 / 3, 0.36737], ["0.2993", "0.3333", "0.3674"]),
        ([6.5446, 5.006], ["6.545", "5.006"]),
        ([746.89, 0.01234], ["746.8900", "0.0123"]),
        ([1.0, 1e-17], ["1.000", "0.000"]),
        ([1.0, 1e-9], ["1.0000", "1.000e-09"]),
        ([1.5e8, -2.0], ["1.500e+08", "-2.000e+00"]),
        ([-1e-12], ["-1.000e-12"]),
        ([0.0, -0.0], ["0.000", "0.000"]),
        ([float("inf"), 2.0], ["inf", "2.000"]),
    ],
)
def test_the_digits_of_numbers_that_stand_together(numbers: list[float], texts: list[str]) -> None:
    text = numbers_alike(numbers)
    assert [text(number) for number in numbers] == texts


# words from data


def test_words_of_markdown_are_shown_as_they_are() -> None:
    assert markdown_text("a|b *c* _d_ `e` [f](g) <h> $i$ #1 \\") == (
        "a\\|b \\*c\\* \\_d\\_ \\`e\\` \\[f\\](g) \\<h\\> \\$i\\$ \\#1 \\\\"
    )


@given(st.lists(st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=12), min_size=1, max_size=4))
def test_any_names_keep_a_markdown_table_whole(names: list[str]) -> None:
    table = MarkupTable("t", ["name", "value"], 1, [[name, float(i)] for i, name in enumerate(names)])
    lines = "".join(markdown_lines([table])).split("\n")
    rows = [line for line in lines if line.startswith("|")]
    assert len(rows) == 2 + len(names)
    assert all(len(re.findall(r"(?<!\\)(?:\\\\)*\|", row)) == 3 for row in rows)


SAID = {
    "100 % & a_b": r"100 \% \& a\_b",
    "#1 $x$ {y}": r"\#1 \$x\$ \{y\}",
    "~^\\": r"\textasciitilde{}\textasciicircum{}\textbackslash{}",
    "größe, Łódź": r"gr\"{o}\ss{}e, \L{}\'{o}d\'{z}",
    "µm² 20 °C": r"$\mu$m$^{2}$ 20 $^\circ$C",
    "a--b": "a-{}-b",
    "漢ą": r"\otherscript{U+6F22}{漢}\otherscript{a}{ą}",
}


@pytest.mark.parametrize(("text", "said"), list(SAID.items()))
def test_words_of_latex(text: str, said: str) -> None:
    assert words(text) == said


@pytest.mark.parametrize(
    ("symbol", "said"), [("π", r"\pi"), ("σ²", r"\sigma^{2}"), ("Σ", r"\Sigma"), ("W", "W"), ("λ", r"\lambda")]
)
def test_symbols_of_latex(symbol: str, said: str) -> None:
    assert maths(symbol) == said


def test_what_does_not_fit_on_a_page_is_cut() -> None:
    numbers = [[f"row {i}", Symbol("μ"), *(float(j) for j in range(20))] for i in range(50)]
    table = MarkupTable("wide", ["", None, *map(str, range(20))], 2, numbers, notes=["said once"])
    text = "".join(latex_lines([table]))
    parts = text.split(r"\begin{table}")[1:]
    assert len(parts) == 6 and text.count("(continued)") == 5 and text.count("said once") == 1
    for part in parts:
        lines = part.splitlines()
        n_columns = len(re.search(r"tabular}{(\w+)}", part)[1])  # type: ignore[index]
        assert all(line.count("&") == n_columns - 1 for line in lines if line.endswith(r"\\"))
    assert "otherscript" not in text


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no LaTeX here")
def test_latex_compiles(tmp_path: Path) -> None:
    rows = [[text, 0.5] for text in [*SAID, *(string.punctuation[i : i + 9] for i in range(0, 32, 8)), "ΩςΑάé½→«»ю"]]
    text = "".join(latex_lines([MarkupTable("t%", ["", "v"], 1, rows)])) + text_of(walked("iris", 4), "tex")
    (tmp_path / "a.tex").write_text(DOCUMENT.format(text))
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "a.tex"],
        cwd=tmp_path,
        capture_output=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout[-2000:]


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no LaTeX here")
def test_long_names_stay_on_the_page(tmp_path: Path) -> None:
    names = [60 * "y", 60 * "W", "measured very carefully in the second laboratory of 2021", 12 * "a_b%&", 30 * "花"]
    by_rows = [[f"covariance {a}, {b}", Symbol("Σ"), 0.25, -1e-9, 3.5] for a in names for b in names]
    tables = [
        MarkupTable(f"of {names[0]}", ["component", None, "1", "2", "3"], 2, by_rows, notes=[names[1]]),
        MarkupTable("to", ["from", *names], 1, [[name, *(0.1 * j for j in range(5))] for name in names]),
        MarkupTable("study", ["a", "b", "c", "v"], 3, [[names[0][:40], names[2][:40], "yes", 1.5]], by_column=True),
    ]
    text = "".join(latex_lines(tables))
    assert "p{" in text and r"\shortstack[r]{" in text
    (tmp_path / "a.tex").write_text(DOCUMENT.format(text))
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "a.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=60)
    assert done.returncode == 0 and b"Overfull" not in done.stdout, done.stdout[-3000:]


def test_room_on_a_page_is_by_the_width_of_letters() -> None:
    def parts(name: str) -> int:
        table = MarkupTable("t", ["", None, *"123"], 2, [[name, Symbol("Σ"), 0.09221, 0.09723, 0.09692]])
        return "".join(latex_lines([table])).count(r"\begin{table}")

    assert parts("covariance sepal length, petal length") == 1  # as of iris, whose three components fit
    assert parts("COVARIANCE SEPAL LENGTH, PETAL LENGTH") > 1
