"""Response maps: what each hidden unit of a network responds to along the features on the screen.

A map shows u_h = p(z_h = 1 | x); in a later layer the units before are summed over. Backpropagation's are activities.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from emtui.charts.colors import Palette, blend
from emtui.charts.panels import Panel, Panels
from emtui.charts.pixel_image import ASCII_SHADES, SHADES
from emtui.charts.scene import Backdrop, Curve, Dots, Layer, PixelImage, Scene
from emtui.networks.scores import affordable_rows
from emtui.session.snapshot import StepSnapshot
from emtui.views.mean_maps import number_dots
from emtui.views.network.network_row import target_words
from emtui.views.number_format import fixed, number, probability
from emtui.views.slice_choice import SliceChoice, SliceRows, held_words, rows_near, rows_words, slice_of
from engine.analysis.input_slice import InputSlice, response_maps
from engine.arrays import Array, IntArray
from engine.models.network.predict import activities
from engine.text import clean

SHAPE = (20, 40)
"""(rows, columns) of the grid."""
_LEVELS = 64  # colours from a unit that is off to one that is on
_MOST_USERS = 5
_SAID_WEIGHTS = 8


@dataclass(frozen=True, eq=False)
class UnitMaps:
    """The maps of all units.

    Attributes:
        plane: where.
        values: (units, rows, columns), layer after layer.
        layers: (units,) the layer of each, counted from 0; places: (units,) its place there.
        exact: they are sums, not estimates from draws.
        near: the rows that are drawn on the large map.
        users: the rows that use the chosen unit most; None where they were not asked for.
    """

    plane: InputSlice
    values: Array
    layers: IntArray
    places: IntArray
    exact: bool
    near: SliceRows
    users: UnitUsers | None = None


@dataclass(frozen=True, eq=False)
class UnitUsers:
    """The rows that use a unit most: those of the largest E[z_h | x, y], of test rows the largest u_h = p(z_h = 1 | x),
    or activity where nothing is latent.

    rows: of the data, the most first. values: theirs. held_back: they are of the test rows. n_rows: looked at.
    """

    rows: IntArray
    values: Array
    held_back: bool
    n_rows: int


def unit_maps(snapshot: StepSnapshot, choice: SliceChoice, *, thorough: bool = True) -> UnitMaps:
    """The maps at the parameters on the screen; thorough: with the rows that use the chosen unit most."""
    comparison, data, step = snapshot.comparison, snapshot.spec.dataset, snapshot.step
    assert comparison is not None
    split = comparison.split
    plane = slice_of(data, split, choice, SHAPE)
    found = response_maps(step.problem.model, step.params, plane, split.units)
    sizes = [len(layer) for layer in found.values]
    return UnitMaps(
        plane,
        np.concatenate(found.values),
        np.repeat(np.arange(len(sizes)), sizes),
        np.concatenate([np.arange(size) for size in sizes]),
        found.exact,
        rows_near(data, split, choice, plane),
        unit_users(snapshot, unit_of(snapshot, choice), choice.held_back) if thorough and choice.large else None,
    )


def unit_of(snapshot: StepSnapshot, choice: SliceChoice) -> int:
    """The marked unit, which another network may not have as many of."""
    return int(min(choice.unit, sum(snapshot.step.params.sizes) - 1))


def unit_users(snapshot: StepSnapshot, unit: int, held_back: bool) -> UnitUsers:
    """The training rows of the largest E[z_h | x, y] of this unit at the parameters on the screen, or the test rows of
    the largest u_h: their targets are not used.

    Equal ones are in the order of the data. Of very many rows an even draw is looked at.
    """
    comparison, step = snapshot.comparison, snapshot.step
    assert comparison is not None
    split, params, model = comparison.split, step.params, step.problem.model
    held_back = held_back and len(split.test) > 0
    part = split.rows(held_back)
    most = affordable_rows(params, 2_000)
    rows = part if len(part) <= most else part[np.linspace(0, len(part) - 1, most).astype(np.int64)]
    X = split.inputs[rows]
    if model.hides and not held_back:
        known = model.observe_apart(X, split.targets[rows], params)
        used = np.asarray(model.responsibilities(params, known, slice(None)))[:, unit]
    else:
        used = np.concatenate(activities(params.layers, np.hstack([np.ones((len(X), 1)), X])), axis=1)[:, unit]
    order = np.argsort(-used, kind="stable")[:_MOST_USERS]
    return UnitUsers(rows[order], used[order], held_back, len(rows))


# as pictures


def maps_panels(
    snapshot: StepSnapshot, found: UnitMaps, choice: SliceChoice, palette: Palette, names: Sequence[str]
) -> Panels:
    """All units as small maps, the marked one with a sign; or its map large, with its weights and its rows."""
    unit = unit_of(snapshot, choice)
    comparison, data = snapshot.comparison, snapshot.spec.dataset
    assert comparison is not None
    latent = snapshot.step.problem.model.hides
    what = "p(z=1 | x)" if latent else "activity"
    held = held_words(data, comparison.split, choice, ">" if palette.ascii else "▸")
    n_held = len(found.plane.held)
    ends = [f"{probability(float(v.min()), 2)} to {probability(float(v.max()), 2)}" for v in found.values]
    described = f"{what} of {len(names)} units: " + ", ".join(
        f"{name} {said}" for name, said in zip(names, ends, strict=True)
    )
    how = "" if found.exact else "; layers after the first estimated from 400 draws"
    deeper = latent and found.layers[-1] > 0
    summed = "; the units before are summed over" if deeper and found.exact else ""
    if choice.large:
        panel = Panel(
            (f"unit {names[unit]}: {what} from {ends[unit]}", f"unit {names[unit]}: {ends[unit]}", names[unit]),
            _large_scene(snapshot, found, choice, palette, unit, what),
        )
        drawn = rows_words(found.near)
        notes = [*_unit_notes(snapshot, found, unit), held, *((drawn,) if n_held else ())]
        notes += [(f"{what}{summed}{how}",)] if summed or how else []
        return Panels([panel], notes, title=f"unit {names[unit]}, response map", description=described)
    small = [
        Panel((f"{name} {said}", name), _small_scene(found, choice, palette, k))
        for k, (name, said) in enumerate(zip(names, ends, strict=True))
    ]
    features = [clean(data.feature_names[j]) for j in found.plane.features]
    axes = f"{features[0]} across" + (f", {features[1]} up" if len(features) > 1 else f", {what} up")
    long, short = _shades(found, choice, palette)
    notes = [(axes,), held, (f"{what}{summed}{how}: {long}", f"{what}: {short}")]
    return Panels(small, notes, unit, True, "units", "response maps", described)


def _shades(found: UnitMaps, choice: SliceChoice, palette: Palette) -> tuple[str, str]:
    """What light and dark stand for, and in fewer words."""
    if choice.hard:
        return "1 from .5 on, else 0", "1 from .5"
    if len(found.plane.features) == 1:
        return "0 at the bottom, 1 at the top", "0 to 1"
    if not palette.needs_signs:
        return "faint is 0, full colour 1", "full is 1"
    signs = ASCII_SHADES if palette.ascii else SHADES
    return f"blank 0, {signs[1]} .25, {signs[2]} .5, {signs[3]} .75, {signs[4]} 1", f"blank 0, {signs[4]} 1"


def _values(found: UnitMaps, choice: SliceChoice, unit: int) -> Array:
    values = found.values[unit]
    return np.asarray(values >= 0.5, dtype=np.float64) if choice.hard else values


def _map_layers(
    found: UnitMaps, choice: SliceChoice, palette: Palette, unit: int, *, rows: bool = False
) -> list[Layer]:
    """The plane as shades of the unit's colour, or of one character where there are none; a line as a curve.

    rows: there are rows in it, whose classes have those colours: then it is shades of grey.
    """
    values, ink = _values(found, choice, unit), palette.text if rows else palette.color(unit)
    if len(found.plane.features) == 1:
        return [Curve(found.plane.x, values[0], ink, "step" if choice.hard else "solid")]
    if palette.needs_signs:
        return [PixelImage(values, found.plane.extent, ink)]  # type: ignore[arg-type]  # of two features it has four ends
    full = 0.4 if rows else 0.7
    ramp = [blend(palette.background, ink, round(0.06 + full * i / _LEVELS, 4)) for i in range(_LEVELS + 1)]
    levels = np.round(np.clip(values, 0.0, 1.0) * _LEVELS).astype(np.int64)
    colors = np.array(ramp, dtype=np.uint8)[levels]
    nothing = np.zeros(values.shape, dtype=np.int64)
    return [Backdrop(colors, nothing, (" ",), found.plane.extent)]  # type: ignore[arg-type]


def _ends(found: UnitMaps) -> tuple[tuple[float, float], tuple[float, float]]:
    extent = found.plane.extent
    return (extent[0], extent[1]), ((-0.05, 1.05) if len(extent) == 2 else (extent[2], extent[3]))


def _small_scene(found: UnitMaps, choice: SliceChoice, palette: Palette, unit: int) -> Scene:
    x_range, y_range = _ends(found)
    return Scene(_map_layers(found, choice, palette, unit), x_range=x_range, y_range=y_range)


def _large_scene(
    snapshot: StepSnapshot, found: UnitMaps, choice: SliceChoice, palette: Palette, unit: int, what: str
) -> Scene:
    """The map with axes and the rows near it by their class."""
    comparison, data = snapshot.comparison, snapshot.spec.dataset
    assert comparison is not None
    split, features, rows = comparison.split, found.plane.features, found.near.rows
    targets = np.asarray(split.targets[rows])
    x = data.X[rows][:, features[0]]
    if len(features) > 1:
        y, y_label = data.X[rows][:, features[1]], data.feature_names[features[1]]
    else:
        nearest = np.clip(np.searchsorted(found.plane.x, x), 0, found.plane.shape[1] - 1)
        y, y_label = _values(found, choice, unit)[0][nearest], what
    g = split.n_classes
    if split.numeric:
        dots = number_dots(split, targets, x, y, palette)
    else:
        dots = Dots(x, y, np.array(palette.colors(g), dtype=np.uint8)[targets], palette.markers(g), targets)
    x_range, y_range = _ends(found)
    return Scene(
        [*_map_layers(found, choice, palette, unit, rows=True), dots],
        data.feature_names[features[0]],
        y_label,
        x_range,
        y_range,
        legend=palette.legend([clean(name) for name in split.class_names[:g]], 6),
    )


def _unit_notes(snapshot: StepSnapshot, found: UnitMaps, unit: int) -> list[tuple[str, ...]]:
    """Its weights from the layer before, the largest first, those to the next one, and the rows that use it most."""
    comparison, params = snapshot.comparison, snapshot.step.params
    assert comparison is not None
    split, depth, place = comparison.split, int(found.layers[unit]), int(found.places[unit])
    layers = params.layers
    before = split.input_names if depth == 0 else [f"unit {depth}.{k + 1}" for k in range(len(layers[depth - 1]))]
    own = layers[depth][place]
    if depth + 1 < len(layers):
        after, onwards = [f"unit {depth + 2}.{k + 1}" for k in range(len(layers[depth + 1]))], layers[depth + 1]
    else:
        after, onwards = list(split.output_names[: len(params.output)]), params.output
    of = " of standardised inputs" if depth == 0 and snapshot.spec.data.standardize else ""
    said = [f": bias {_weight(own[0])}, {weights}" for weights in _weights(own[1:], before)]
    notes = [
        (f"w{of}{said[0]}", *(f"w{each}" for each in said)),
        tuple(f"v: to {said}" for said in _weights(onwards[:, 1 + place], after)),
    ]
    return notes if found.users is None else [*notes, _users_words(snapshot, found.users)]


def _users_words(snapshot: StepSnapshot, users: UnitUsers) -> tuple[str, ...]:
    """The rows with their classes, then without them, then fewer."""
    assert snapshot.comparison is not None
    split, data = snapshot.comparison.split, snapshot.spec.dataset
    kind = "test" if users.held_back else "training"
    what = ("u" if users.held_back else "E[z | x, y]") if snapshot.step.problem.model.hides else "activity"
    rows = [clean(data.row_name(int(row))) for row in users.rows]
    classes = [f"({target_words(split, int(row))})" for row in users.rows]
    values = [probability(float(value), 2) for value in users.values]
    named = ", ".join(" ".join(each) for each in zip(rows, classes, values, strict=True))
    alone = [" ".join(each) for each in zip(rows, values, strict=True)]
    fewer = (f"{what}, {kind}: {', '.join(alone[:n])}" for n in range(len(alone), 0, -1))
    return (f"{kind} rows with the largest {what}: {named}", *fewer)


def _weight(value: float) -> str:
    return fixed(value, 2) if 0.005 <= abs(value) < 1e4 else number(value, 2)


def _weights(values: Array, names: Sequence[str]) -> list[str]:
    """The largest first, with the number of those that are left out; eight of them, then fewer."""
    order = np.argsort(-np.abs(values), kind="stable").tolist()
    said = [f"{clean(names[k])} {_weight(float(values[k]))}" for k in order[:_SAID_WEIGHTS]]
    left = [f", {len(order) - n} smaller" if n < len(order) else "" for n in range(len(said) + 1)]
    return [f"{', '.join(said[:n])}{left[n]}" for n in range(len(said), 0, -1)]
