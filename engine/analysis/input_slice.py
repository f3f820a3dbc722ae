r"""A line or a plane through the space of inputs, what a supervised model says there, and which rows are near it.

One or two features vary over a grid, the others are held. A row lies at the distance

    √( (1/r) Σ_j ((x_j − a_j) / s_j)² )        over the r held features, a_j where they are held, s_j their spread

from it: 1 is a typical row, if the features are held at their means. Features that don't vary take no part.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import index
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.arrays import Array, as_numbers
from engine.data.units import Units
from engine.em.model import Model
from engine.errors import OptionError
from engine.parallel import one_blas_thread

if TYPE_CHECKING:
    from engine.models.network.predict import Prediction

MARGIN = 0.06
"""Of a feature's range, left free on both sides of the rows."""
_LARGEST = float(np.finfo(np.float64).max)


@dataclass(frozen=True, eq=False)
class InputSlice:
    """Where inputs vary, and where the others are held.

    Attributes:
        features: the columns that vary: across, and up unless there is one alone.
        at: (p,) where every feature is held; the entries of those that vary don't count.
        extent: x0, x1 and, of two features, y0, y1: what is in sight.
        shape: (rows, columns) of the grid; one row for a line.
    """

    features: tuple[int, ...]
    at: Array
    extent: tuple[float, ...]
    shape: tuple[int, int]

    @property
    def held(self) -> tuple[int, ...]:
        """The columns that don't vary."""
        return tuple(j for j in range(len(self.at)) if j not in self.features)

    @property
    def x(self) -> Array:
        """(columns,) the middles of the cells across."""
        return _middles(self.extent[0], self.extent[1], self.shape[1])

    @property
    def y(self) -> Array:
        """(rows,) the middles of the cells upwards, the highest first; none of a line."""
        if len(self.features) == 1:
            return np.empty(0)
        return _middles(self.extent[2], self.extent[3], self.shape[0])[::-1]

    @property
    def points(self) -> Array:
        """(rows · columns, p) every cell's middle, row by row, the first row at the top."""
        rows, columns = self.shape
        points = np.tile(self.at, (rows * columns, 1))
        points[:, self.features[0]] = np.tile(self.x, rows)
        if len(self.features) > 1:
            points[:, self.features[1]] = np.repeat(self.y, columns)
        return points

    def distances(self, X: Array, spread: Array) -> Array:
        """(n,) how far rows (n, p) lie from here in the held features, each measured by its spread (p,), 0 for none."""
        chosen = [j for j in self.held if spread[j] > 0]
        if not chosen:
            return np.zeros(len(X))
        return np.asarray(np.sqrt((((X[:, chosen] - self.at[chosen]) / spread[chosen]) ** 2).mean(axis=1)))


def _middles(low: float, high: float, cells: int) -> Array:
    share = (np.arange(cells) + 0.5) / cells
    if not np.isfinite(high - low):
        return np.asarray(low * (1.0 - share) + high * share)
    return np.asarray(low + share * (high - low))


def input_slice(
    X: Array, features: Sequence[int], at: Array | None = None, *, columns: int = 40, rows: int = 20
) -> InputSlice:
    """The slice along one or two features of rows X (n, p) that has all of them in sight.

    at: (p,) where the other features are held; the columns' means if nothing is said.

    Raises:
        OptionError: features that are not one or two different columns, an `at` of another length, an empty grid, or
            rows with gaps.
    """
    table = as_numbers(X)
    if table.ndim != 2 or not len(table):
        raise OptionError("a slice is of a table: give rows and columns.")
    if not np.isfinite(table).all():
        raise OptionError("X holds nan or inf: leave those rows out.")
    p = table.shape[1]
    try:
        chosen = tuple(index(j) for j in features)
    except TypeError:
        chosen = ()
    if len(chosen) not in (1, 2) or len(set(chosen)) < len(chosen) or not all(0 <= j < p for j in chosen):
        raise OptionError(f"a slice has one or two different features from 0 to {p - 1} in a list, not {features!r}.")
    held = _means(table) if at is None else np.array(at, dtype=np.float64)
    if held.shape != (p,) or not np.isfinite(held).all():
        raise OptionError(f"at must hold a number for each of the {p} features.")
    if columns < 1 or rows < 1:
        raise OptionError("the grid needs at least a column and a row.")
    extent = tuple(end for j in chosen for end in _range(table[:, j]))
    return InputSlice(chosen, held, extent, (rows if len(chosen) > 1 else 1, columns))


def _range(values: Array) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    margin = MARGIN * high - MARGIN * low if np.isinf(high - low) else MARGIN * (high - low)
    margin = margin or max(0.5, 8.0 * float(np.spacing(abs(low))))
    return max(low - margin, -_LARGEST), min(high + margin, _LARGEST)


def _means(table: Array) -> Array:
    """(p,) the columns' means, of numbers whose sum would overflow, too."""
    with np.errstate(over="ignore", invalid="ignore"):
        found = table.mean(axis=0)
    return np.asarray(found if np.isfinite(found).all() else (table / len(table)).sum(axis=0))


def decision_regions(
    model: Model[Any, Any],
    params: Any,
    plane: InputSlice,
    units: Units | None = None,
    prediction: Prediction | None = None,
) -> Array:
    """(rows, columns, g) the class probabilities of a supervised model at every point of a slice.

    units: how the model's inputs came of the features, where they were standardised. prediction: of a network, the
    marginal Σ_z p(z | x) p(y | z), or the forward pass; None for the one that it is trained by. Of several hidden
    layers, or more than 20 units, the marginal is an estimate from draws that are always the same.

    Raises:
        OptionError: the model is not supervised, or has learned numbers, which have no classes.
    """
    if not model.supervised:
        raise OptionError(f"{model.title or model.name} is not supervised: it has no classes to decide between.")
    if model.predicts_numbers(params):
        raise OptionError(f"{model.title or model.name} has learned numbers, not classes: ask for predicted_means.")
    from engine.models.network.params import NetworkParams
    from engine.models.network.predict import predict_network

    points = plane.points if units is None else units.to_standard(plane.points)
    if prediction is not None and isinstance(params, NetworkParams):
        return predict_network(params, points, prediction).reshape(*plane.shape, -1)
    with one_blas_thread():
        return np.asarray(model.predict_proba(params, model.observe_new(points, params))).reshape(*plane.shape, -1)


def predicted_means(model: Model[Any, Any], params: Any, plane: InputSlice, units: Units | None = None) -> Array:
    """(rows, columns) E[y | x] of a model that learns numbers, at every point of a slice.

    units: how the model's inputs came of the features, where they were standardised.

    Raises:
        EngineError: the model does not predict numbers.
    """
    points = plane.points
    with one_blas_thread():
        data = model.observe_new(points if units is None else units.to_standard(points), params)
        return np.asarray(model.predict_mean(params, data)).reshape(plane.shape)


@dataclass(frozen=True, eq=False)
class ResponseMaps:
    """What each hidden unit of a network responds to.

    values: of each hidden layer (m_l, rows, columns) p(z_h = 1 | x), or the activity of a unit of backpropagation.
    exact: they are sums over all configurations of the layers before, not estimates from draws.
    """

    values: tuple[Array, ...]
    exact: bool


def response_maps(model: Model[Any, Any], params: Any, plane: InputSlice, units: Units | None = None) -> ResponseMaps:
    """The probability that each hidden unit of a network is on, given the inputs alone, at every point of a slice.

    units: how the model's inputs came of the features, where they were standardised.

    Raises:
        OptionError: the model is no network.
    """
    from engine.models.network.params import NetworkParams
    from engine.models.network.units import unit_probabilities

    if not isinstance(params, NetworkParams):
        raise OptionError(f"{model.title or model.name} has no hidden units: name a network.")
    points = plane.points
    found = unit_probabilities(
        params, points if units is None else units.to_standard(points), forward=model.forward_pass
    )
    return ResponseMaps(tuple(layer.T.reshape(-1, *plane.shape) for layer in found.layers), found.exact)
