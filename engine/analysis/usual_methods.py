"""The usual ways to train a network, each with a name: EM with every M-step, and backpropagation."""

from __future__ import annotations

from engine.baselines.backprop import BackpropMLP
from engine.models.network.model import LatentMLP


def usual_methods(hidden_units: int = 7, weight_decay: float = 0.01) -> dict[str, LatentMLP | BackpropMLP]:
    """EM with each M-step, and backpropagation at the textbook's learning rate and at rates that suit it better.

    The last one climbs EM's own objective.
    """

    def em(m_step: str, learning_rate: float = 0.005) -> LatentMLP:
        return LatentMLP(hidden_units, m_step=m_step, learning_rate=learning_rate, weight_decay=weight_decay)

    def backprop(optimizer: str, learning_rate: float, loss: str = "forward") -> BackpropMLP:
        return BackpropMLP(hidden_units, optimizer, loss, learning_rate, weight_decay=weight_decay)

    return {
        "EM, newton": em("newton"),
        "EM, lbfgs": em("lbfgs"),
        "EM, ecm": em("ecm"),
        "EM, gradient .005": em("gradient"),
        "EM, gradient .05": em("gradient", 0.05),
        "backprop, sgd .005": backprop("sgd", 0.005),
        "backprop, sgd .1": backprop("sgd", 0.1),
        "backprop, adam .3": backprop("adam", 0.3),
        "backprop, adam .3, marginal": backprop("adam", 0.3, "marginal"),
    }
