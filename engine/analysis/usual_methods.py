"""The usual ways to train a network or a mixture of experts, each with a name: EM, and following gradients."""

from __future__ import annotations

from typing import Any

from engine.baselines.backprop import BackpropMLP
from engine.baselines.backprop_experts import BackpropExperts
from engine.models.experts.model import MixtureOfExperts
from engine.models.network.model import LatentMLP


def usual_methods(
    hidden_units: int = 7, weight_decay: float = 0.01, *, numeric: bool = False
) -> dict[str, LatentMLP | BackpropMLP]:
    """EM with each M-step, and backpropagation at the textbook's learning rate and at rates that suit it better.

    The last one climbs EM's own objective. numeric: they learn numbers, whatever the targets look like.
    """
    shared: dict[str, Any] = {"hidden_units": hidden_units, "weight_decay": weight_decay}
    shared |= LatentMLP.for_numbers if numeric else {}

    def em(m_step: str, learning_rate: float = 0.005) -> LatentMLP:
        return LatentMLP(m_step=m_step, learning_rate=learning_rate, **shared)

    def backprop(optimizer: str, learning_rate: float, loss: str = "forward") -> BackpropMLP:
        return BackpropMLP(optimizer=optimizer, learning_rate=learning_rate, loss=loss, **shared)

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


def usual_experts(
    n_experts: int = 2, weight_decay: float = 0.01, *, numeric: bool = False
) -> dict[str, MixtureOfExperts | BackpropExperts]:
    """EM, and gradients by single rows and by Adam, of the same likelihood. numeric: as in `usual_methods`."""
    shared: dict[str, Any] = {"n_experts": n_experts, "weight_decay": weight_decay}
    shared |= MixtureOfExperts.for_numbers if numeric else {}
    return {
        "EM": MixtureOfExperts(**shared),
        "backprop, sgd .005": BackpropExperts(optimizer="sgd", learning_rate=0.005, **shared),
        "backprop, sgd .1": BackpropExperts(optimizer="sgd", learning_rate=0.1, **shared),
        "backprop, adam .1": BackpropExperts(optimizer="adam", learning_rate=0.1, **shared),
    }
