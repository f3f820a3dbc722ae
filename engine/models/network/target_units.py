"""In which units steps along gradients move the output weights where numbers are learned."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.arrays import Array
from engine.models.network.data import NetworkRows
from engine.models.network.held import Moved
from engine.models.network.params import NetworkParams


@dataclass(frozen=True)
class TargetUnits:
    """Those of the target's standard deviation, about its mean; of classes V is moved as it is.

    Attributes:
        centre, scale: of the target; 0 and 1 for classes.
        variance: σ² in these units.
    """

    centre: float = 0.0
    scale: float = 1.0
    variance: float = 1.0

    @classmethod
    def of(cls, params: NetworkParams, rows: NetworkRows, moved: Moved) -> TargetUnits:
        """About 0 where the bias of V is held."""
        if params.variances is None:
            return cls()
        no_bias = moved.output is not None and bool(moved.output[0, 0])
        variance = float(params.variances[0]) / rows.spread
        return cls(0.0 if no_bias else rows.centre, float(np.sqrt(rows.spread)), variance)

    def into(self, output: Array) -> Array:
        """V in these units."""
        found = output / self.scale
        found[:, 0] -= self.centre / self.scale
        return found

    def out(self, output: Array) -> Array:
        """The way back."""
        found = output * self.scale
        found[:, 0] += self.centre
        return found

    def precisions(self, loss: str, weight_decay: float) -> tuple[float, float]:
        """The decay of the hidden layers and of V in these units, times what their gradients are taken times."""
        of_output = weight_decay * self.variance * self.scale**2
        return weight_decay * (self.variance if loss == "forward" else 1.0), of_output
