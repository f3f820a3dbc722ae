"""Which weights of a network stay where they are: held biases, and the last row of the output."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Array, IntArray
from engine.em.parameters import Held
from engine.models.network.configurations import read_only
from engine.models.network.params import NetworkParams

Mask = NDArray[np.bool_]


def held_weights(params: NetworkParams, bias: bool, free_output: bool) -> Held:
    """What the options hold at 0: the biases of every layer without bias, the last row of output unless it is free."""
    return _held_in(tuple((path, layer.shape) for path, layer in _paths(params)), bias, free_output)


@lru_cache(maxsize=16)
def _held_in(shapes: tuple[tuple[str, tuple[int, ...]], ...], bias: bool, free_output: bool) -> Held:
    """The same for layers of these shapes, by their paths: every M-step asks for it."""
    found = {}
    for path, shape in shapes:
        held = np.full(shape, np.nan)
        if not bias:
            held[:, 0] = 0.0
        if path == "output" and not free_output:
            held[-1] = 0.0
        if not np.isnan(held).all():
            found[path] = read_only(held)
    return found


def _paths(params: NetworkParams) -> Iterator[tuple[str, Array]]:
    """The matrix of each layer with its path: the hidden layers, then the output."""
    for number, layer in enumerate(params.layers):
        yield number * "deeper." + "hidden", layer
    yield "output", params.output


@dataclass(frozen=True, eq=False)
class Moved:
    """What an M-step moves of each layer, and what it leaves as it is.

    Attributes:
        layers: of each hidden layer, which entries are held (m_l, m_(l−1)+1); None where none is.
        output: (g, m+1) which entries of the output are held; None where no more is held than the rows left out.
        classes: the rows of the output that move.
    """

    layers: tuple[Mask | None, ...]
    output: Mask | None
    classes: range

    @classmethod
    def of(cls, params: NetworkParams, held: Held | None) -> Moved:
        """From what a model holds; None holds the last row of the output, and no more."""
        if held is None:
            return cls((None,) * len(params.layers), None, range(params.n_classes - 1))
        masks = {path: ~np.isnan(held[path]) if path in held else None for path, _ in _paths(params)}
        output = masks.pop("output")
        if output is None:
            return cls(tuple(masks.values()), None, range(params.n_classes))
        free = params.n_classes - int(np.all(output[-1]))
        return cls(tuple(masks.values()), output if output[:free].any() else None, range(free))

    def level_columns(self, part: range, output: Array, weight_decay: float) -> IntArray:
        """The columns of V in which one number, added to every row of `part`, changes nothing: the softmax stays.

        None but for all rows together: those of which nothing is held; of weights only where no decay draws them to 0.
        """
        level = np.full(output.shape[1], len(part) == len(output))
        if self.output is not None:
            level &= ~np.logical_or.reduce(self.output)
        if weight_decay > 0.0:
            level[1:] = False
        return np.flatnonzero(level)


def hold(gradients: Sequence[Array], masks: Sequence[Mask | None]) -> None:
    """Set what belongs to held entries to 0, in place."""
    for gradient, mask in zip(gradients, masks, strict=True):
        if mask is not None:
            gradient[mask] = 0.0
