"""`emtui report`: one page on a fit."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from test_pages import HOSTILE, elements

from emtui.cli.arguments import UsageError, parse
from emtui.cli.main import main
from emtui.views.number_format import as_in_app


def request(*words: str) -> tuple[str | None, list[str]]:
    asked = parse(words, lambda: "")
    data = asked.spec.get("data")
    return None if data is None else data.source, list(asked.exports)


def test_the_page_is_named_by_export_or_stands_alone() -> None:
    assert request("report", "wine", "--export", "a.html") == ("wine", ["a.html"])
    assert request("report", "a.html") == (None, ["a.html"])
    for words in (["report", "wine"], ["report", "--export", "a.html", "--export", "b.html"]):
        with pytest.raises(UsageError, match="needs the name of one file"):
            parse(words, lambda: "")


def test_a_report_has_its_sections_and_asks_nothing_of_a_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("emtui.cli.fit_report._STARTS", 4)
    monkeypatch.setattr("emtui.exports.pages.step_page.MOST_POINTS", 50)
    there = tmp_path / "iris.html"
    assert main(["report", "iris", "--seed", "1", "--export", str(there), "--max-iter", "40"]) == 0
    assert "report written to" in capsys.readouterr().out
    page = there.read_text("utf-8")
    found = elements(page)
    assert [text.strip() for text in found.text["h2"]] == [
        "Data", "Choices", "Why it stopped", "Warnings", "Picture", "Curves", "Parameters",
        "Other starts", "Other sizes",
    ]  # fmt: skip
    said = " ".join(found.text["p"])
    assert "50 of 150 rows are drawn" in said
    assert "onverged after" in said and "of 4 starts" in said and "BIC" in said
    assert "--seed 1" in "".join(found.text["pre"])
    assert not re.search(r"https?:|\bsrc=|@import|url\(|<link|<script", page)
    assert len(found.of("figure")) == 1 + 3 + len(re.findall("starts that ended", page)) + 1
    assert main(["report", "iris", "--export", str(there)]) == 2  # it is there already
    assert there.read_text("utf-8") == page


def test_names_from_data_are_text_and_networks_say_what_is_not_there(tmp_path: Path) -> None:
    table = tmp_path / "a.csv"
    rows = "\n".join(f"{i % 7},{i % 3},{'ab'[i % 2]}" for i in range(40))
    table.write_text(f'"{HOSTILE}",b,class\n{rows}\n')
    there = tmp_path / "a.html"
    words = ["--label", "class", "--model", "mlp", "--max-iter", "2"]
    assert main(["report", str(table), "--export", str(there), *words]) == 0
    page = there.read_text("utf-8")
    assert "<script" not in page and "&lt;script&gt;" in page
    assert "compared by validation rows" in page
    assert main(["report", str(table), "--export", str(tmp_path / "a.pdf"), *words]) == 2


def test_what_warns_of_the_data_stands_under_warnings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("optima", "sizes"):
        monkeypatch.setattr(f"emtui.cli.fit_report._{name}", lambda spec, say: [])
    table = tmp_path / "a.csv"
    rows = "\n".join(f"{i * 7 % 11},{i * i}000,w" for i in range(40))
    table.write_text(f"small,large,word\n{rows}\n")
    there = tmp_path / "a.html"
    assert main(["report", str(table), "--export", str(there), "--max-iter", "2", "--no-baseline"]) == 0
    before, found, after = there.read_text("utf-8").partition("<h2>Warnings</h2>")
    careful = after.partition("<h2>")[0]
    for said in ("The columns are on very different scales", "&#x27;word&#x27; was left out"):
        assert found and said in careful and said not in before
    assert "None." not in careful


def test_numbers_have_one_style_and_what_warns_of_nothing_is_a_note(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emtui.cli.fit_report._STARTS", 3)
    monkeypatch.setattr("emtui.cli.fit_report._SIZES", 2)
    table, there = tmp_path / "a.csv", tmp_path / "a.html"
    draw = np.random.default_rng(1).normal(size=(2000, 2)) * 1e30
    table.write_text("a,b\n" + "".join(f"{x!r},{y!r}\n" for x, y in draw.tolist()))
    assert main(["report", str(table), "-k", "2", "--export", str(there), "--no-baseline", "--max-iter", "5"]) == 0
    found = elements(there.read_text("utf-8"))
    said = [*found.text["p"], *found.text["td"]]
    assert not [text for text in said if re.search(r"(?<![\w-])-\d|\de-\d|−\d+,\d|,\d{3}\.\d", text)]
    assert any("−28" in text for text in said) and any("2,000 rows" in text for text in said)
    there = tmp_path / "ice.html"
    assert main(["report", "icecream", "--export", str(there), "--max-iter", "3"]) == 0
    before, notes, after = there.read_text("utf-8").partition("<h2>Notes</h2>")
    assert notes and "Time adds" in after and "Time adds" not in before


def test_words_of_the_shell_as_in_the_app() -> None:
    assert as_in_app("log-likelihood -134,586.214, 9,000 rows") == "log-likelihood −134586.214, 9,000 rows"
    assert (
        as_in_app("changed by 5.72e-07, a-1 (-2) -.5 -inf 2021-05") == "changed by 5.72e−07, a-1 (−2) −.5 −inf 2021-05"
    )
    assert (as_in_app("147,994"), as_in_app("−382,531"), as_in_app("1,234.5")) == ("147994", "−382531", "1234.5")
