"""The hidden configurations of one row of a network, the likeliest apart from the others, as derivations show them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from engine.arrays import Array, IntArray
from engine.models.network.configurations import all_configurations
from engine.models.network.data import NetworkRows
from engine.models.network.e_steps.exact import log_output, log_prior_table
from engine.models.network.gaussian_output import log_normal
from engine.models.network.params import NetworkParams

SHOWN = 8
"""Configurations with lines of their own."""
Values = list[tuple[str, float]]


@dataclass(frozen=True, eq=False)
class RowConfigurations:
    """Every configuration of one row of a network with one layer.

    Attributes:
        params: θ.
        design: (1, p+1) [1, x].
        target: the class of the row, 0 where numbers are learned; None where it is not used.
        number: the row's number where numbers are learned, else nan.
    """

    params: NetworkParams
    design: Array
    target: int | None
    number: float = math.nan

    @classmethod
    def of(cls, params: NetworkParams, one: NetworkRows) -> RowConfigurations:
        """Of a single row with its target."""
        if one.target is not None:
            return cls(params, one.design, 0, float(one.target[0]))
        return cls(params, one.design, int(one.sorted_targets[0]))

    @property
    def said(self) -> str:
        """What p(y | z) is called."""
        return "N(y | Vz, σ²)" if self.params.numeric else "o_y(z)"

    @cached_property
    def means(self) -> Array:
        """(2^m,) vᵀ[1, z] where numbers are learned."""
        return np.asarray(all_configurations(self.params.hidden_units).logits(self.params.output[0])).ravel()

    @cached_property
    def log_prior(self) -> Array:
        """(2^m,) ln p(z | x)."""
        return np.asarray(log_prior_table(self.params, self.design)[:, 0])

    @cached_property
    def log_outputs(self) -> Array:
        """(g, 2^m) ln o_i(z); where numbers are learned (1, 2^m) ln N(y | vᵀ[1, z], σ²)."""
        if self.params.variances is not None:
            return log_normal(self.number - self.means, float(self.params.variances[0]))[None]
        return np.stack([log_output(self.params, i) for i in range(self.params.n_classes)])

    @cached_property
    def log_joint(self) -> Array:
        """(2^m,) ln p(z | x) + ln o_y(z); without a target ln p(z | x)."""
        return self.log_prior if self.target is None else self.log_prior + self.log_outputs[self.target]

    @cached_property
    def shown(self) -> IntArray:
        """The numbers of the likeliest, the likeliest first."""
        return np.asarray(np.argsort(-self.log_joint, kind="stable")[:SHOWN])

    @cached_property
    def others(self) -> IntArray:
        """The numbers of the others."""
        return np.setdiff1d(np.arange(len(self.log_joint)), self.shown)

    @property
    def others_named(self) -> str:
        """What they are called."""
        n = len(self.others)
        return f"the other {n:,} configurations" if n > 1 else "the other configuration"

    def named(self, number: int) -> str:
        """z = 0110, the first unit first."""
        return "z = " + "".join("1" if number >> h & 1 else "0" for h in range(self.params.hidden_units))

    def with_others(self, values: Values, each: Array) -> Values:
        """The values, and the sum of the same over the other configurations, where there are any."""
        return [*values, (self.others_named, float(each[self.others].sum()))] if len(self.others) else values
