"""Marks, falls and warnings have colours that no component has; lines of one picture differ where there are none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from rich.color import Color as Ink
from rich.color import ColorSystem
from rich.style import Style
from textual.theme import Theme
from walking import walked

from emtui.charts.colors import ANSI, DARK, LIGHT, TERMINAL, Palette, rgb, to_oklab
from emtui.charts.scene import RGB, Curve, HLine, Mark, Scene
from emtui.charts.scene_drawing import draw_scene, legend_of
from emtui.panes.bound import bound_scene
from emtui.panes.convergence.convergence_chart import convergence_scene
from emtui.panes.rows.prediction_table import mark_of
from emtui.session.queries import BothBounds, BoundAlong, answer
from emtui.settings.themes import CONTRAST as CONTRAST_THEME
from emtui.settings.themes import DARK as DARK_THEME
from emtui.settings.themes import LIGHT as LIGHT_THEME
from engine.analysis.convergence import convergence_of

APART = 0.08  # in Oklab: components themselves are told apart from 0.07 on, by any eye
SURFACES = {theme.name: theme for theme in (DARK_THEME, LIGHT_THEME, CONTRAST_THEME)}


def palette_of(theme: Theme) -> Palette:
    """What charts draw with in a theme."""
    palette = DARK if theme.dark else LIGHT
    surface = palette.with_surface(rgb(str(theme.background)), rgb(str(theme.foreground)))
    return replace(surface, muted=surface.text) if theme is CONTRAST_THEME else surface


PALETTES = {name: palette_of(theme) for name, theme in SURFACES.items()} | {"ansi": ANSI}


def distance(color: RGB, palette: Palette) -> float:
    """To the nearest component, in Oklab; a terminal's own text colour is none of sixteen colours of components."""
    if color == TERMINAL:
        return np.inf
    return float(np.linalg.norm(to_oklab(np.array(palette.components)) - to_oklab(color), axis=1).min())


def signs_of(scene: Scene) -> list[RGB]:
    """The colours of marks and of straight lines that have one; a dot of a curve, where no line leads, is none."""
    signs = [one for one in scene.layers if isinstance(one, HLine) or (isinstance(one, Mark) and one.char != "•")]
    return [one.color for one in signs if one.color is not None]


@pytest.mark.parametrize("name", SURFACES)
def test_warnings_and_errors_have_no_colour_of_a_component_also_among_sixteen(name: str) -> None:
    theme = SURFACES[name]
    of_components = {Ink.from_rgb(*color).downgrade(ColorSystem.STANDARD).number for color in ANSI.components}
    for color in (rgb(str(theme.warning)), rgb(str(theme.error))):
        assert distance(color, PALETTES[name]) > APART + 0.02
        assert Ink.from_rgb(*color).downgrade(ColorSystem.STANDARD).number not in of_components


@pytest.mark.parametrize("name", PALETTES)
def test_marks_of_the_bound_and_of_convergence_have_no_colour_of_a_component(name: str) -> None:
    palette = PALETTES[name]
    fallen = walked("two_gaussians", 40, algorithm="stochastic", settings={"init": "points"}).snapshot()
    steps = walked("iris", 6).snapshot()
    scenes = [
        bound_scene(steps, answer(BoundAlong(None, 40), steps.step), palette, "t"),
        convergence_scene(fallen, convergence_of(fallen.recent), palette),
        convergence_scene(steps, convergence_of(steps.recent, 1e-6), palette),
    ]
    for scene in scenes:
        signs = signs_of(scene)
        assert signs
        assert min(distance(color, palette) for color in signs) > APART


@pytest.mark.parametrize("name", PALETTES)
def test_right_and_wrong_have_no_colour_of_a_component_and_signs_of_their_own(name: str) -> None:
    palette = PALETTES[name]
    cells: list[Any] = [mark_of(False, palette), mark_of(True, palette)]
    (right, first), (wrong, second) = (cell[0] for cell in cells)
    assert right != wrong
    for style in (first, second):
        assert style.color is None or distance(rgb_of(style), palette) > APART


def rgb_of(style: Style) -> RGB:
    """The colour of a style's letters."""
    assert style.color is not None and style.color.triplet is not None
    red, green, blue = style.color.triplet
    return red, green, blue


@pytest.mark.parametrize("ascii", [False, True])
def test_two_bounds_and_the_objective_differ_where_there_are_no_colours(ascii: bool) -> None:
    palette = replace(ANSI, mode="none", ascii=ascii)
    snapshot = walked("iris", 6).snapshot()
    found: Any = answer(BothBounds(snapshot.step, None, None, 40), snapshot.step)
    scene = bound_scene(snapshot, found, palette, "t")
    lines = [char for char, _, text in legend_of(scene, palette) if text]
    assert len(lines) == len(set(lines)) == 3
    t = np.linspace(0.0, 1.0, 50)
    drawn = [draw_scene(Scene((Curve(t, t, DARK.text, style),)), 60, 20, palette).text for style in STYLES]
    assert len(set(drawn)) == 3


STYLES: tuple[Any, ...] = ("solid", "dotted", "dashed")
