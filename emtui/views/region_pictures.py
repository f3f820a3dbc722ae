"""Decision regions as pictures: the plane in the colours or signs of the classes, curves along one feature, rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from emtui.charts.colors import Palette, blend, mix
from emtui.charts.panels import Panel, Panels
from emtui.charts.scene import Backdrop, Curve, Dots, Layer, LineStyle, Scene
from emtui.networks.rival import MethodComparison, method_name, short_name
from emtui.networks.scores import Progress, loss_name
from emtui.session.snapshot import StepSnapshot
from emtui.spec.train_test_split import TrainTestSplit
from emtui.views.decision_regions import Regions
from emtui.views.mean_maps import means_scene, means_words
from emtui.views.number_format import fixed
from emtui.views.score_words import how_right
from emtui.views.slice_choice import SliceChoice, held_words, rows_words
from engine.arrays import Array
from engine.data.dataset import Dataset
from engine.text import clean

if TYPE_CHECKING:
    from engine.models.network.predict import Prediction

_GROUNDS, _ASCII_GROUNDS = "·:-'~=^/\\|_,", ".:-'~=^/\\|_,"
_ESTIMATED = (
    "p(y|x) is estimated from draws of the hidden units: borders are rough by its error",
    "p(y|x) is estimated from draws",
)
_SURE, _RATHER_SURE = 0.9, 0.6  # of the likeliest class, from which its sign stands thickly, or thinly


def grounds(palette: Palette, n_classes: int) -> tuple[str, ...]:
    """The signs of the classes' regions where there are no true colours: none of them is a row's marker."""
    signs = _ASCII_GROUNDS if palette.ascii else _GROUNDS
    return tuple(signs[c % len(signs)] for c in range(n_classes))


def grounds_words(palette: Palette, names: Sequence[str], choice: SliceChoice) -> tuple[tuple[str, ...], ...]:
    """What the signs of the regions stand for, where there are any; () where colours do."""
    if not palette.needs_signs:
        return ()
    signed = [f"{sign} {clean(name)}" for sign, name in zip(grounds(palette, len(names)), names, strict=True)]
    said, short = f"ground: {', '.join(signed)}", f"ground {' '.join(signed)}"
    return ((said, short) if choice.hard else (f"{said}; thick from p .9, thin from .6, none below", said, short),)


def wrong_sign(palette: Palette) -> str:
    """What stands for a row that gets another class."""
    return "X" if palette.ascii else "✗"


def regions_scene(
    snapshot: StepSnapshot, found: Regions, choice: SliceChoice, palette: Palette, highlight: int | None = None
) -> Scene:
    """The plane in the mixed colours of the classes (or each place in that of the likeliest), and the rows near it."""
    comparison, data = snapshot.comparison, snapshot.spec.dataset
    assert comparison is not None
    split, g = comparison.split, found.probabilities.shape[2]
    if found.means is not None:
        rows = found.near.rows
        return means_scene(data, split, found.plane, found.means, rows, palette, hard=choice.hard, highlight=highlight)
    names = [clean(name) for name in split.class_names[:g]]
    features = found.plane.features
    if len(features) == 1:
        return _line_scene(data, split, found, choice, palette, highlight)
    shares = np.bincount(found.winners.ravel(), minlength=g) / found.winners.size
    layers: list[Layer] = [
        _ground(found, choice, palette),
        *_rows_layers(split, found, palette, data.X[found.near.rows][:, features[1]], data, highlight),
    ]
    return Scene(
        layers,
        data.feature_names[features[0]],
        data.feature_names[features[1]],
        found.plane.extent[:2],  # type: ignore[arg-type]  # two ends each
        found.plane.extent[2:],  # type: ignore[arg-type]
        legend=palette.legend(names, 6),
        description=", ".join(f"{name} {share:z.0%} of the plane" for name, share in zip(names, shares, strict=True)),
    )


def _ground(found: Regions, choice: SliceChoice, palette: Palette) -> Backdrop:
    rows, columns, g = found.probabilities.shape
    fills = [blend(palette.background, color, 0.32) for color in palette.colors(g)]
    shown, density = found.probabilities, None
    if choice.hard:
        shown = np.eye(g)[found.winners]
    else:
        likeliest = shown.max(axis=2)
        density = (likeliest >= _RATHER_SURE).astype(np.int64) + (likeliest >= _SURE)
    colors = mix(shown.reshape(-1, g), fills).reshape(rows, columns, 3)
    return Backdrop(colors, found.winners, grounds(palette, g), found.plane.extent, density)  # type: ignore[arg-type]


def _rows_layers(
    split: TrainTestSplit, found: Regions, palette: Palette, heights: Array, data: Dataset, highlight: int | None
) -> list[Layer]:
    """The rows by their class; those that get another one as crosses in the colour of their own, above the others."""
    rows, x = found.near.rows, data.X[found.near.rows][:, found.plane.features[0]]
    targets = np.asarray(split.targets[rows])
    inks = np.array(palette.colors(split.n_classes), dtype=np.uint8)[targets]
    markers: tuple[tuple[str, ...], ...] = (palette.markers(split.n_classes), (wrong_sign(palette),))
    layers: list[Layer] = []
    for some, signs in zip((found.right, ~found.right), markers, strict=True):
        if not some.any() and signs is markers[1]:
            continue
        place = np.flatnonzero(rows[some] == highlight)
        layers.append(
            Dots(
                x[some], heights[some], inks[some], signs, targets[some] if len(signs) > 1 else None,
                highlight=int(place[0]) if len(place) else None,
            )
        )  # fmt: skip
    return layers


def _line_scene(
    data: Dataset,
    split: TrainTestSplit,
    found: Regions,
    choice: SliceChoice,
    palette: Palette,
    highlight: int | None,
) -> Scene:
    """p(y | x) of each class along one feature; every row stands on the curve of its own class."""
    [column] = found.plane.features
    x, said = found.plane.x, found.probabilities[0]
    if choice.hard:
        said = np.eye(said.shape[1])[found.winners[0]]
    rows = found.near.rows
    values, targets = data.X[rows, column], np.asarray(split.targets[rows])
    nearest = np.clip(np.searchsorted(x, values), 0, len(x) - 1)
    heights = said[nearest, targets] if len(rows) else np.empty(0)
    styles: tuple[LineStyle, LineStyle] = ("solid", "dotted")
    names = [clean(name) for name in split.class_names[: said.shape[1]]]
    curves: list[Layer] = [
        Curve(x, said[:, c], palette.color(c), "step" if choice.hard else styles[c % 2]) for c in range(said.shape[1])
    ]
    shares = np.bincount(found.winners.ravel(), minlength=len(names)) / found.winners.size
    return Scene(
        [*curves, *_rows_layers(split, found, palette, heights, data, highlight)],
        data.feature_names[column],
        "p(y|x)",
        found.plane.extent[:2],  # type: ignore[arg-type]  # two ends
        (-0.05, 1.05),
        legend=palette.legend(names, 6),
        description=", ".join(f"{name} {share:z.0%} of the line" for name, share in zip(names, shares, strict=True)),
    )


def heading_of(model: Any, found: Progress, prediction: Prediction) -> tuple[str, str]:
    """`iteration 12 · marginal loss 0.210 · EM newton`, and `train 85/90 .944 · test 57/60 .950`."""
    parts = [f"train {how_right(found.train)}"]
    if found.test is not None:
        parts.append(f"test {how_right(found.test)}")
    loss = loss_name(model, prediction)
    first = f"iteration {found.iteration} · {loss} {fixed(found.train.log_loss, 3)} · {method_name(model)}"
    return first, " · ".join(parts)


def slice_notes(snapshot: StepSnapshot, found: Regions, choice: SliceChoice, palette: Palette) -> list[tuple[str, ...]]:
    """Where the other features are held, which rows are drawn and how many are not, and what the signs stand for."""
    comparison, data = snapshot.comparison, snapshot.spec.dataset
    assert comparison is not None
    names = comparison.split.class_names[: found.probabilities.shape[2]]
    held = held_words(data, comparison.split, choice, ">" if palette.ascii else "▸")
    if found.means is not None:
        return [held, rows_words(found.near), *means_words(comparison.split, palette, len(choice.features))]
    drawn = [] if found.exact else [_ESTIMATED]
    return [held, rows_words(found.near), *drawn, *grounds_words(palette, names, choice)]


def regions_panels(
    snapshot: StepSnapshot,
    found: tuple[Regions, Regions | None],
    choice: SliceChoice,
    palette: Palette,
    highlight: int | None = None,
) -> Panels:
    """Both methods as panels, or the chosen one; where there is room for one alone, the explored method is kept."""
    comparison = snapshot.comparison
    assert comparison is not None
    taken = bool(snapshot.recent) and snapshot.recent[-1] is snapshot.step  # else θ as it would be has no scores yet
    sides: list[tuple[Any, Regions, Progress | None]] = [
        (snapshot.step.problem.model, found[0], comparison.here if taken else None)
    ]
    if found[1] is not None and comparison.rival_here is not None:
        sides.append((comparison.rival_model, found[1], comparison.rival_here))
    if choice.method and len(sides) > 1:
        sides = [sides[2 - choice.method]]
    panels = [
        Panel(
            _panel_titles(model, regions, progress, palette, comparison),
            regions_scene(snapshot, regions, choice, palette, highlight),
        )
        for model, regions, progress in sides
    ]
    described = "; ".join(
        f"{short_name(model)}: {panel.scene.description}" for (model, _, _), panel in zip(sides, panels, strict=True)
    )
    notes = slice_notes(snapshot, found[0], choice, palette)
    if found[1] is None:
        notes.append((comparison.rival_why or "the other method is on its way",))
    estimated = "" if found[0].exact else ", estimated"
    title = (
        f"decision regions{estimated}" if found[0].means is None else f"predicted {clean(comparison.split.target_name)}"
    )
    return Panels(panels, notes, title=title, description=described)


def _panel_titles(
    model: Any, found: Regions, progress: Progress | None, palette: Palette, comparison: MethodComparison
) -> tuple[str, ...]:
    """The method, its training loss, and the rows that it gets wrong (or its RMSE); with less of it for little room.

    A rival that has not come as far, or had to stop before, says where it is.
    """
    way = loss_name(model, comparison.split.prediction)
    loss = "" if progress is None else f" · train {way} {fixed(progress.train.log_loss, 3)}"  # the rows may be others
    if progress is not None and progress.iteration != comparison.here.iteration:
        loss = f" · at {progress.iteration}{loss}"
    if found.means is not None:
        right = "" if progress is None else f" · {how_right(progress.train)}"
        return f"{method_name(model)}{loss}{right}", f"{short_name(model)}{right}", short_name(model)
    shorter = (loss,) if found.near.held_back else (loss, loss.replace("train ", ""))
    wrong = f"{wrong_sign(palette)} {found.n_wrong} of {len(found.right)}"
    return (
        f"{method_name(model)}{loss} · {wrong} wrong",
        f"{short_name(model)}{loss} · {wrong} wrong",
        *(f"{short_name(model)}{said} · {wrong_sign(palette)} {found.n_wrong}" for said in shorter),
        f"{short_name(model)} · {wrong}",
        short_name(model),
    )
