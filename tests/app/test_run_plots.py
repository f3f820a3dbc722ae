"""`emtui run … --plot`: charts of a run below its report, as wide as the terminal, plain where it is none."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from rich.cells import cell_len
from shell import here, is_one_sentence, shell
from walking import walked

from emtui.cli.run_plots import plot_lines
from emtui.cli.shell_output import Output
from emtui.session.session import Session

COLOR = re.compile(r"\x1b\[[0-9;]*m")
FEW = ("--max-iter", "3", "--no-baseline", "--plot")


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def titles(text: str) -> list[str]:
    """The titles of the charts: each stands under an empty line."""
    charts = text[text.index(" by iteration") :]
    first = text[: text.index(" by iteration")].rpartition("\n")[2] + " by iteration"
    return [first, *re.findall(r"\n\n(\S.*)", charts)]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("old_faithful",), ["log-likelihood and bound by iteration", "eruptions"]),
        (("iris",), ["log-likelihood and bound by iteration", "sepal length", "known classes by components"]),
        (("coins",), ["log-likelihood and bound by iteration", "heads"]),
        (("iris", "--model", "kmeans", "-k", "3"), ["-inertia and bound", "sepal length", "known classes"]),
        (("linkage",), ["log-likelihood and bound by iteration"]),
        (
            ("iris", "--model", "mlp", "-k", "2"),
            [
                "loss by iteration",
                "accuracy by iteration",
                "known classes by predictions of EM, test rows",
                "known classes by predictions of backprop, test rows",
            ],
        ),
        (("iris", "--model", "experts", "--test-share", "0"), ["loss", "accuracy", "known classes", "known classes"]),
    ],
)
def test_it_draws_what_the_run_has(words: tuple[str, ...], expected: list[str]) -> None:
    status, out, err = here("run", *words, *FEW)
    assert (status, err) == (0, "")
    found = titles(out)
    assert len(found) == len(expected), found
    assert all(title.replace("−", "-").startswith(start) for title, start in zip(found, expected, strict=True)), found
    assert "\x1b" not in out


def test_numbers_have_rmse_and_no_confusion(tmp_path: Path) -> None:
    file = tmp_path / "n.csv"
    file.write_text("a,y\n" + "\n".join(f"{i / 7},{i * i / 50}" for i in range(30)))
    status, out, _ = here("run", str(file), "--target", "y", "--model", "mlp", *FEW)
    assert status == 0 and titles(out) == ["loss by iteration", "RMSE by iteration"]


@pytest.mark.parametrize(("columns", "lines"), [(80, 24), (120, 40), (200, 60), (33, 9), (1, 1)])
@pytest.mark.parametrize("session", ["iris", "mlp"])
def test_it_fits_the_terminal(session: str, columns: int, lines: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("LINES", str(lines))
    drawn = list(plot_lines(_session(session), Output(io.StringIO())))
    starts = [place for place, line in enumerate(drawn) if line == "" and (place == 0 or drawn[place - 1] != "")]
    assert len(starts) >= 3
    charts = [line for place, line in enumerate(drawn) if place - 1 not in starts]
    assert max(map(cell_len, charts)) <= columns
    if columns >= 33:
        assert max(map(cell_len, charts)) >= columns - 4  # it uses the width
        first = drawn[starts[0] + 1 : starts[1]]
        assert 8 <= len(first) - 1 <= max(8, lines - 4)


def test_colours_are_the_terminals_own_and_none_where_they_are_not_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    session = _session("iris")

    def drawn(stream: io.StringIO) -> str:
        return "\n".join(plot_lines(session, Output(stream)))

    colored = drawn(Terminal())
    assert COLOR.search(colored) and "\x1b" not in COLOR.sub("", colored)
    assert not re.search(r"\x1b\[[0-9;]*[34]8;", colored)  # of sixteen
    plain = drawn(io.StringIO())
    assert "\x1b" not in plain and "known classes by components" in plain
    for name, value in (("NO_COLOR", "1"), ("TERM", "dumb")):
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            assert drawn(Terminal()) == plain
    monkeypatch.setenv("NO_COLOR", "")
    assert drawn(Terminal()) == colored


def test_curves_that_differ_by_colour_alone_have_signs_where_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    plain = "\n".join(plot_lines(_session("mlp"), Output(io.StringIO())))
    assert "● EM marginal  ■ backprop marginal" in plain
    loss = plain.partition("accuracy by iteration")[0].partition("\n")[2]
    assert all(loss.count(sign) >= 4 for sign in "●■")


def test_an_encoding_without_these_signs_has_others() -> None:
    done = shell("run", "iris", *FEW, PYTHONIOENCODING="ascii", COLUMNS="60")
    assert done.returncode == 0 and done.stdout.isascii() and "?" not in done.stdout.partition("by iteration")[2]


def test_charts_are_for_eyes_and_json_for_programs() -> None:
    status, out, err = here("run", "coins", "--json", "--plot")
    assert (status, out) == (2, "") and is_one_sentence(err) and "--json" in err


def test_it_goes_with_exports(tmp_path: Path) -> None:
    status, out, _ = here("run", "coins", *FEW, "--export", str(tmp_path / "a.csv"))
    assert status == 0 and (tmp_path / "a.csv").exists()
    assert out.index("by iteration") < out.index(" written to ")


def _session(name: str) -> Session:
    if name == "iris":
        return walked("iris", 6)
    session = walked("iris", 6, model="mlp", k=2)
    while session.rival_is_behind:
        session.advance_rival()
    return session
