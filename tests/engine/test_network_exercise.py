"""The network as an exercise has it, and what its program does as it was printed."""

from __future__ import annotations

import mlp_by_definition as definition
import numpy as np
import pytest

import engine
from engine.reference.network_exercise import ExerciseNetwork, PrintedNetwork, network_exercise


def test_the_printed_step_subtracts_u_times_x_and_the_meant_one_multiplies_the_difference():
    generator = np.random.default_rng(0)
    X, y = generator.standard_normal((9, 2)) + 3.0, np.arange(9) % 3
    as_written = {"hidden_units": 2, "learning_rate": 0.01, "bias": False, "free_output": True}
    for kind in (PrintedNetwork, ExerciseNetwork):
        step = engine.e_step(engine.begin(kind(**as_written), X, y, seed=1))
        before, after = step.params, engine.m_step(step).params
        q, _ = definition.posterior(before.hidden, before.output, X, y)
        z = q @ definition.configurations(2)
        u = 1.0 / (1.0 + np.exp(-X @ before.hidden[:, 1:].T))
        if kind is PrintedNetwork:
            expected = [[sum(z[j, h] - u[j, h] * X[j, i] for j in range(9)) for i in range(2)] for h in range(2)]
        else:
            expected = [[sum((z[j, h] - u[j, h]) * X[j, i] for j in range(9)) for i in range(2)] for h in range(2)]
        np.testing.assert_allclose((after.hidden - before.hidden)[:, 1:] / 0.01, expected, rtol=1e-9)
        assert not after.hidden[:, 0].any()
        assert (after.output[-1, 1:] != before.output[-1, 1:]).all()


def test_as_printed_nothing_is_learned_and_with_the_brackets_it_is():
    """Ranges are of an independent transcription from twenty splits of its own (.532, .81; 1.095 to 1.103)."""
    printed, meant, _, theory = (list(one.runs()) for one in network_exercise(6))
    assert all(1.09 < one.run.train_log_loss < 1.11 for one in printed)
    losses, right = ([one.score(name) for one in meant] for name in ("train_log_loss", "test_accuracy"))
    assert 0.4 < float(np.median(losses)) < 0.65
    assert float(np.median(right)) > 0.6
    assert float(np.mean([one.run.train_log_loss for one in theory])) == pytest.approx(0.600, abs=0.06)
    assert all(one.start_log_loss > 0.8 for one in (*printed, *meant, *theory))
