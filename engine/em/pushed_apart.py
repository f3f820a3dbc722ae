r"""Components that have merged at a high temperature, pushed apart again.

Above a critical temperature components melt into one (Rose 1998, Proc. IEEE 86:2210). Exactly alike they would stay so
for ever: as the temperature falls, the merged one becomes a saddle, which EM leaves only once something pushes it off.
Components have merged where their places μ_k lie within δ of that of the first of them, in its standard deviations; or,
where no array says how wide they are, in units of the largest entry. They go to

    μ_k ← m + δ (o_k + z_k / 100),    m their mean, o_k = (μ_k − m) / r, r the root of the mean of ‖μ_k − m‖²

the directions in which they still differ, which the start gave them, and a hundredth of noise z_k, where they don't.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from engine.arrays import Array
from engine.em.fields import Field, Options, count_components, fields_of, location, mixing_weights
from engine.em.parameters import Parameters, Theta, with_arrays

_APART, _APART_OF_LARGEST = 0.3, 0.05
_NOISE = 0.01
_ROUNDING = 1e-12


def pushed_apart(params: Theta, model: Options | None, generator: np.random.Generator) -> tuple[Theta, list[list[int]]]:
    """θ with merged components apart, and which had merged; θ itself where none had."""
    fields = fields_of(params, model)
    place = _place(fields, params)
    if place is None:
        return params, []
    distance, scale = _unit(fields, place)
    rows = place.array.reshape(len(place.array), -1) / scale
    groups = _merged(rows, distance, _alive(params))
    for group in groups:
        rows[group] = _apart(rows[group], distance, _noise(place, scale, group, generator))
    moved = fields[place.path].with_held((rows * scale).reshape(place.array.shape))
    return (with_arrays(params, {place.path: moved}), groups) if groups else (params, [])


def _place(fields: Mapping[str, Field], params: Parameters) -> Field | None:
    """Where each component lies; else the first array that says what its rows are like."""
    told = [location(params), *(one for one in fields.values() if not one.declared.latent and not one.declared.rest_of)]
    for field in told:
        own = field is not None and field.array.ndim and field.axes[0].noun == params.component_noun
        if field is not None and own and not field.axes[0].offset and not field.declared.to:
            return field
    return None


def _unit(fields: Mapping[str, Field], place: Field) -> tuple[float, Array]:
    """δ, and the unit of each column in which places are compared."""
    shape = next((field for field in fields.values() if field.form), None)
    if shape is None:
        return _APART_OF_LARGEST, np.full(1, float(np.abs(place.array).max(initial=0.0)) or 1.0)
    variances = np.diagonal(shape.array, axis1=-2, axis2=-1) if shape.matrices else shape.array
    columns = 1 if shape.form == "spherical" else variances.shape[-1]
    return _APART, np.sqrt(np.maximum(variances.reshape(-1, columns).max(axis=0), np.finfo(np.float64).tiny))


def _merged(rows: Array, distance: float, alive: list[int]) -> list[list[int]]:
    groups: list[list[int]] = []
    for k in alive:
        firsts = rows[[group[0] for group in groups]]
        near = (
            np.flatnonzero(np.linalg.norm(firsts - rows[k], axis=1) < distance)
            if groups
            else np.zeros(0, dtype=np.int64)
        )
        if len(near):
            groups[int(near[0])].append(k)
        else:
            groups.append([k])
    return [group for group in groups if len(group) > 1]


def _apart(rows: Array, distance: float, noise: Array) -> Array:
    mean = rows.mean(axis=0)
    offsets = rows - mean
    size = _size(offsets)
    directions = (offsets / size if size > _ROUNDING * max(1.0, _size(rows)) else 0.0) + _NOISE * noise
    directions = directions - directions.mean(axis=0)
    return np.asarray(mean + distance * directions / (_size(directions) or 1.0))


def _noise(place: Field, scale: Array, group: list[int], generator: np.random.Generator) -> Array:
    """(len(group), d) normal numbers of size 1; of probabilities such that sums stay and borders are not left."""
    rows = place.array[group].reshape(len(group), -1)
    z = generator.standard_normal(rows.shape)
    if place.domain == "simplex":
        z = rows * (z - (rows * z).sum(axis=1, keepdims=True) / rows.sum(axis=1, keepdims=True))
    elif place.domain == "probability":
        z = rows * (1.0 - rows) * z
    z = (z - z.mean(axis=0)) / scale
    return np.asarray(z / (_size(z) or 1.0))


def _size(rows: Array) -> float:
    """The root of the mean of the squared lengths of rows."""
    return float(np.sqrt((rows**2).sum(axis=1).mean()))


def _alive(params: Parameters) -> list[int]:
    weights = mixing_weights(params)
    if weights is None:
        return list(range(count_components(params)))
    return [int(k) for k in np.flatnonzero(weights.array > 0.0)]
