"""Data with more columns than rows: what suits them is chosen and said, and nothing takes long."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from emtui.cli.arguments import parse
from emtui.spec.choose import choose, make_model
from emtui.spec.command_line import command_of
from emtui.spec.revise import changed
from emtui.spec.run_notes import run_notes
from engine.data.data_spec import DataSpec


@pytest.fixture
def wide(tmp_path: Path) -> str:
    """Three rows of 3,000 columns."""
    table = np.random.default_rng(0).normal(size=(3, 3000))
    path = tmp_path / "wide.csv"
    names = ",".join(f"x{j}" for j in range(3000))
    path.write_text("\n".join([names, *(",".join(f"{x:.4f}" for x in row) for row in table)]) + "\n")
    return str(path)


def test_covariances_are_diagonal_where_columns_outnumber_the_rows(wide: str) -> None:
    spec = choose(wide)
    assert spec.model.option_values["covariance_type"] == "diag"
    said = (
        "There are more columns than rows (3,000 and 3), so a full covariance can't be told from them: here it is diag"
    )
    assert any(note.startswith(said) for note in run_notes(spec))
    assert "covariance_type=diag" in command_of(spec)


def test_what_is_chosen_is_kept_and_copied(wide: str) -> None:
    for shape, said in (("full", "a full covariance can't be told"), ("spherical", "here it is spherical")):
        spec = choose(wide, settings={"covariance_type": shape})
        assert spec.model.option_values["covariance_type"] == shape
        assert any(said in note for note in run_notes(spec))
        words = dict(parse(command_of(spec).split()[1:], lambda: "").spec)
        assert choose(words.pop("data"), **words).model == spec.model


def test_principal_components_and_chosen_columns_are_few(wide: str) -> None:
    for data in (DataSpec(wide, principal=2), DataSpec(wide, columns=("x1", "x2"))):
        spec = choose(data)
        assert spec.model.option_values["covariance_type"] == "full"
        assert not any("more columns than rows" in note for note in run_notes(spec))


def test_a_chain_on_such_data_is_diagonal_too_and_other_models_say_nothing(wide: str) -> None:
    spec = choose(wide, k=2)
    chain = changed(spec, model=make_model(spec.dataset, "hmm", settings={"emission": "gaussian"}))
    assert chain.model.option_values["covariance_type"] == "diag"
    assert sum("more columns than rows" in note for note in run_notes(chain)) == 1
    assert not any("more columns than rows" in note for note in run_notes(choose("iris")))
