"""Colours and markers: distinct to every eye, and mixed the way the responsibilities say."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from rich.cells import cell_len

from emtui.charts.colors import ANSI, DARK, LIGHT, LINEAR_OF_BYTE, Palette, blend, from_oklab, mix, rgb, to_oklab

# Machado, Oliveira & Fernandes (2009), severity 1, in linear light.
VISION = {
    "normal": np.eye(3),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
}


def seen(colors: np.ndarray, vision: np.ndarray) -> np.ndarray:
    linear = np.clip(LINEAR_OF_BYTE[colors] @ vision.T, 0, 1)
    back = np.interp(linear, LINEAR_OF_BYTE, np.arange(256)).round().astype(np.uint8)
    return to_oklab(back)


@pytest.mark.parametrize("palette", [DARK, LIGHT])
@pytest.mark.parametrize("vision", VISION)
def test_components_keep_their_distance_to_every_eye(palette: Palette, vision: str) -> None:
    colors = np.array([*palette.components, palette.background], dtype=np.uint8)
    lab = seen(colors, VISION[vision])
    distance = {
        pair: float(np.linalg.norm(lab[pair[0]] - lab[pair[1]])) for pair in itertools.combinations(range(9), 2)
    }
    # 0.02 is about a just noticeable difference in Oklab.
    assert min(distance.values()) > 0.07
    assert min(d for (i, j), d in distance.items() if j < 3) > 0.14
    assert min(d for (i, j), d in distance.items() if j == 8) > 0.2


@pytest.mark.parametrize("palette", [DARK, LIGHT])
def test_text_is_readable_on_its_background(palette: Palette) -> None:
    weights = np.array([0.2126, 0.7152, 0.0722])

    def contrast(color: tuple[int, int, int]) -> float:  # WCAG 2.1
        a, b = sorted(float(LINEAR_OF_BYTE[np.array(c)] @ weights) for c in (color, palette.background))
        return (b + 0.05) / (a + 0.05)

    assert contrast(palette.text) > 7
    assert contrast(palette.muted) > 4.5
    for surface in (palette, palette.with_surface(palette.background, palette.text)):
        assert contrast(surface.muted) > contrast(surface.frame) > contrast(surface.grid) > 1.05
    assert min(map(contrast, palette.components)) > 2.4


def test_markers_are_single_cells_and_all_different() -> None:
    for ascii in (False, True):
        palette = Palette(**{**{name: getattr(DARK, name) for name in DARK.__slots__}, "ascii": ascii})
        markers = palette.markers(12)
        assert len({*markers, palette.mean_marker}) == 13
        assert all(cell_len(marker) == 1 and len(marker) == 1 for marker in markers)
        assert all(marker.isascii() == ascii for marker in (*markers, palette.mean_marker))


@pytest.mark.parametrize("palette", [DARK, LIGHT, ANSI])
def test_24_components_differ_in_colour_or_marker(palette: Palette) -> None:
    assert len({(palette.color(k), palette.marker(k)) for k in range(24)}) == 24


def test_oklab_of_published_colours() -> None:
    # Ottosson's table gives XYZ; these are sRGB white, red and blue as in CSS Color 4.
    np.testing.assert_allclose(to_oklab([255, 255, 255]), [1, 0, 0], atol=1e-6)
    np.testing.assert_allclose(to_oklab([255, 0, 0]), [0.62796, 0.22486, 0.12585], atol=1e-4)
    np.testing.assert_allclose(to_oklab([0, 0, 255]), [0.45201, -0.03246, -0.31153], atol=1e-4)


@given(hnp.arrays(np.uint8, (20, 3)))
def test_oklab_and_back(colors: np.ndarray) -> None:
    assert np.abs(from_oklab(to_oklab(colors)).astype(int) - colors).max() <= 1


def test_confident_rows_are_pure_and_others_lie_between() -> None:
    palette = DARK
    R = np.array([[1.0, 0.0, 0.0], [0.0, 0.996, 0.004], [0.0, 0.5, 0.5], [0.7, 0.3, 0.0]])
    colors = mix(R, palette)
    assert tuple(colors[0]) == palette.color(0)
    assert tuple(colors[1]) == palette.color(1)
    half = to_oklab(np.array(palette.colors(3)))[1:].mean(axis=0)
    np.testing.assert_allclose(to_oklab(colors[2]), half, atol=0.005)
    ends = to_oklab(np.array(palette.colors(2)))
    mixed = to_oklab(colors[3])
    assert np.linalg.norm(mixed - ends[0]) < np.linalg.norm(mixed - ends[1])
    assert np.linalg.norm(mixed - ends[0]) > 0.03


@given(hnp.arrays(np.float64, st.tuples(st.integers(0, 6), st.integers(1, 12))))
def test_any_responsibilities_have_a_colour(R: np.ndarray) -> None:
    colors = mix(R, DARK)
    assert colors.shape == (len(R), 3)
    assert colors.dtype == np.uint8


def test_rows_without_sense_are_grey_and_rows_are_normalised() -> None:
    colors = mix(np.array([[0.0, 0.0], [np.nan, 1.0], [30.0, 10.0], [0.75, 0.25]]), DARK)
    assert colors[0].tolist() == colors[1].tolist() == [128, 128, 128]
    assert colors[2].tolist() == colors[3].tolist()


def test_blend_has_its_ends() -> None:
    a, b = rgb("#102030"), rgb("#F0E0D0")
    assert a == (16, 32, 48)
    assert np.abs(np.subtract(blend(a, b, 0.0), a)).max() <= 1
    assert np.abs(np.subtract(blend(a, b, 1.0), b)).max() <= 1
    lightness = [to_oklab(blend(a, b, s))[0] for s in (0, 0.25, 0.5, 0.75, 1)]
    assert lightness == sorted(lightness)
