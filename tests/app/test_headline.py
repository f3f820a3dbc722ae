"""The headline names what the M-step pushes up, and says of an estimate how good it is."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from rich.cells import cell_len
from shell import here
from walking import walked

from emtui.charts.axes import fit_scales
from emtui.charts.colors import DARK
from emtui.panes.agreement.agreement_text import criteria_of
from emtui.session.snapshot import StepSnapshot
from emtui.views.curve_scenes import bound_scene
from emtui.views.number_format import fixed
from emtui.views.step_text import estimate_words, objective_words

SAMPLED = {"model": "mlp", "k": 2, "settings": {"e_step": "importance", "draws": "10"}}


@pytest.mark.parametrize(
    ("source", "how", "name"),
    [
        ("coins", {}, "log-likelihood"),
        ("iris", {}, "objective"),  # the ridge is a prior
        ("iris", {"model": "kmeans"}, "−inertia"),
        ("iris", SAMPLED, "bound"),
        ("iris", SAMPLED | {"settings": {"e_step": "importance", "weight_decay": "1"}}, "bound + prior"),
    ],
)
def test_the_objective_has_its_name(source: str, how: dict[str, Any], name: str) -> None:
    snapshot = walked(source, 2, **how).snapshot()
    assert objective_words(snapshot).startswith(f"{name} {fixed(snapshot.step.objective)}")
    if name == "bound":
        assert snapshot.step.objective == snapshot.step.elbo


def test_an_estimate_says_its_standard_error() -> None:
    snapshot = walked("iris", 2, **SAMPLED).snapshot()
    assert snapshot.step.log_likelihood_error > 0
    words = estimate_words(snapshot)
    value, error = (float(part.replace("−", "-")) for part in words.removeprefix("ln p ≈ ").split(" ± "))
    assert value == pytest.approx(snapshot.step.log_likelihood, abs=snapshot.step.log_likelihood_error)
    assert error == pytest.approx(snapshot.step.log_likelihood_error, rel=0.05)
    assert cell_len(words) < 40
    assert estimate_words(walked("coins", 2).snapshot()) == ""


def test_criteria_of_an_estimate_say_so() -> None:
    status, out, _ = here("run", "iris", "--model", "mlp", "-k", "2", "--set", "e_step=importance", "--max-iter", "1")
    assert status == 0
    summary = next(line for line in out.splitlines() if line.startswith("AIC"))
    assert "from an estimate, ± " in summary
    assert any(line.startswith("estimated log-likelihood") and ", est. bound " in line for line in out.splitlines())
    status, out, _ = here("run", "coins", "--max-iter", "1")
    assert "(smaller is better)" in out


def lengthened(snapshot: StepSnapshot, values: list[float]) -> StepSnapshot:
    """The frame with a record for each value of the log-likelihood, which the bound meets."""
    records = tuple(
        dataclasses.replace(snapshot.record, index=i, log_likelihood=v, elbo=v, kl=0.0) for i, v in enumerate(values)
    )
    return dataclasses.replace(snapshot, records=records, cursor=len(records) - 1)


@pytest.mark.parametrize("size", [1.0, 1e150, -182.341])
def test_rounding_is_not_drawn_as_if_it_were_news(size: float) -> None:
    snapshot = walked("coins", 2).snapshot()
    noise = size * (1 + 1e-13 * np.array([0.0, 3.0, -2.0, 5.0, 1.0]))
    axes = fit_scales(bound_scene(lengthened(snapshot, noise.tolist()), DARK))
    assert axes is not None
    heights = axes[1].fraction(noise)
    assert np.ptp(heights) < 0.02
    assert abs(heights.mean() - 0.5) < 0.02
    rising = size + abs(size) * 1e-6 * np.arange(5.0)
    axes = fit_scales(bound_scene(lengthened(snapshot, rising.tolist()), DARK))
    assert axes is not None
    assert np.ptp(axes[1].fraction(rising)) > 0.8


def test_criteria_are_there_for_the_exact() -> None:
    assert criteria_of(walked("coins", 2).snapshot()) is not None
