r"""The network as an exercise has it, and what its program does as it was printed.

No layer has biases, and every class has output weights. A row's hidden unit is to move by

    (S_h / S − u_h) x,    S = Σ_z p(z, y | x),  S_h the part of S with z_h = 1,  so that S_h / S = E[z_h]

as it stands in the text. In the program the brackets are missing: S_h / S − u_h x. Where inputs are above 0 that drives
u towards 0 whatever y is; then the forward pass softmax(V u) says 1/g of every class, and the loss is ln g.
                    Ng & McLachlan 2004, IEEE Trans. Neural Networks 15:738; a course project on iris
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from engine.analysis.study import Study
from engine.baselines.backprop import BackpropMLP
from engine.data.catalogue import load
from engine.em.expectation import Expectation
from engine.em.maximization import Maximization
from engine.models.network.data import NetworkRows
from engine.models.network.held import Moved, hold
from engine.models.network.model import LatentMLP
from engine.models.network.params import NetworkParams, sigmoid
from engine.reference.many_splits import ManySplits, Score, SplitRun

_SPLITS = 20
_AT_CHANCE = 0.01  # of ln g


@dataclass(frozen=True)
class ExerciseNetwork(LatentMLP):
    """The network trained by EM, scored by the forward pass as the exercise has it."""

    @property
    def forward_pass(self) -> bool:
        """It is scored by softmax(V u)."""
        return True


@dataclass(frozen=True)
class PrintedNetwork(ExerciseNetwork):
    """The same with the hidden layer's step as it was printed, without brackets: no step up Q, and no M-step."""

    def maximize(
        self, expectation: Expectation, params: NetworkParams, data: NetworkRows
    ) -> Maximization[NetworkParams]:
        """w_h ← w_h + learning_rate Σ_j (E[z_hj] − u_hj x_j); the output's step is right."""
        moved = super().maximize(expectation, params, data)
        u = sigmoid(data.design @ params.hidden.T)
        step = expectation.statistics.hidden.sum(axis=0)[:, None] - u.T @ data.design
        hold([step], Moved.of(params, self.held(params)).layers)
        return Maximization(NetworkParams(params.hidden + self.learning_rate * step, moved.params.output), moved.events)


def network_exercise(n_splits: int = _SPLITS) -> tuple[ManySplits, ...]:
    """Iris as it is, 60 of 100 rows drawn without regard to class: as printed, as meant, by theory, and by backprop."""
    as_written: dict[str, Any] = {"hidden_units": 7, "learning_rate": 0.005, "bias": False, "free_output": True}
    printed, meant = PrintedNetwork(**as_written), ExerciseNetwork(**as_written)
    theory, backprop = LatentMLP(7, learning_rate=0.005), BackpropMLP(optimizer="sgd", **as_written)
    iris = load("iris")

    def study(model: Any, max_iter: int = 50) -> Study:
        return Study(
            iris.X, iris.y, {model.title: model}, seeds=range(n_splits), max_iter=max_iter, stratified=False
        )  # fmt: skip

    single: dict[Score, str] = {"start_log_loss": "1.143", "train_log_loss": ".665", "test_accuracy": ".9333"}
    other: dict[Score, str] = {"start_log_loss": "1.180", "train_log_loss": ".465", "test_accuracy": ".9667"}
    chance = f"as printed, the loss ends at ln 3 = {math.log(3):z.3f} (± .01), chance"
    return (
        # the published run can't be the printed program's
        ManySplits("EM as printed", study(printed), claim=chance, shows=_at_chance),
        ManySplits("EM, with brackets", study(meant), single),
        ManySplits("backprop, 30 epochs", study(backprop, 30), other),
        ManySplits("EM, biases; marginal", study(theory)),
    )


def _at_chance(one: SplitRun) -> bool:
    return abs(one.run.train_log_loss - math.log(3)) < _AT_CHANCE
