"""Colours and markers: a colour-blind-safe palette, and the mixing of colours by responsibilities.

The colours start from Okabe & Ito (2008), "Color Universal Design", and were moved in Oklab until all of them keep
their distance, the first three and five most, also under simulated deuteranopia and protanopia [Machado, Oliveira
& Fernandes 2009], on a dark and on a light background. Every component has a colour *and* a marker; with 8 colours
and 12 markers the first 24 components differ in the pair, and the first 12 in the marker alone, which is what is
left under NO_COLOR.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from emtui.charts.scene import RGB, ColorArray, FloatArray, LegendEntry

ColorMode: TypeAlias = Literal["truecolor", "nearest", "ansi", "none"]

MARKERS = ("●", "■", "▲", "◆", "★", "▼", "○", "□", "△", "◇", "☆", "▽")
ASCII_MARKERS = ("o", "#", "^", "d", "*", "v", "c", "=", "a", "x", "s", "u")
MEAN_MARKER = "✚"
ASCII_MEAN_MARKER = "+"


def rgb(text: str) -> RGB:
    """'#56B4E9' as (86, 180, 233)."""
    digits = text.lstrip("#")
    return int(digits[0:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)


@dataclass(frozen=True, slots=True)
class Palette:
    """What a chart needs to know of the theme. A hashable value: charts cache by it.

    components: colours of the components, in their order. text, muted, frame, grid: titles, tick labels, axes
    and faint lines. mode: "truecolor"; "nearest" gives colours of which the terminal takes the nearest of sixteen;
    "ansi" keeps to the terminal's sixteen colours; "none" draws without
    any. ascii: characters below 128 only, for terminals and fonts without braille and blocks.
    """

    components: tuple[RGB, ...]
    background: RGB
    text: RGB
    muted: RGB
    frame: RGB
    grid: RGB
    dark: bool = True
    mode: ColorMode = "truecolor"
    ascii: bool = False

    @property
    def needs_signs(self) -> bool:
        """Areas can't be told apart by their colours alone: characters have to."""
        return self.mode != "truecolor" or self.ascii

    def color(self, component: int) -> RGB:
        """The colour of a component, counted from 0; they repeat after the last."""
        return self.components[component % len(self.components)]

    def colors(self, n_components: int) -> tuple[RGB, ...]:
        """The colours of the first components."""
        return tuple(self.color(k) for k in range(n_components))

    def fills(self, n_components: int) -> tuple[RGB, ...]:
        """The colours of the first components for areas: stepped back, so that lines of the full colour stand out."""
        if self.mode != "truecolor":  # a blend would be the nearest of sixteen: another component's
            return self.colors(n_components)
        return tuple(blend(self.background, color, 0.55) for color in self.colors(n_components))

    def marker(self, component: int) -> str:
        """The marker of a component, counted from 0; they repeat after the twelfth."""
        markers = ASCII_MARKERS if self.ascii else MARKERS
        return markers[component % len(markers)]

    def markers(self, n_components: int) -> tuple[str, ...]:
        """The markers of the first components."""
        return tuple(self.marker(k) for k in range(n_components))

    def legend(self, names: Sequence[str], most: int = 8) -> list[LegendEntry]:
        """The first components by these names; nothing where they are more than a legend has room for."""
        return [(self.marker(k), self.color(k), name) for k, name in enumerate(names) if len(names) <= most]

    @property
    def mean_marker(self) -> str:
        """The character for a component's mean, which no component has as its marker."""
        return ASCII_MEAN_MARKER if self.ascii else MEAN_MARKER

    def with_surface(self, background: RGB, text: RGB) -> Palette:
        """The same palette on another background: muted, frame and grid are blends of the two."""
        return replace(
            self,
            background=background,
            text=text,
            muted=blend(background, text, 0.62),
            frame=blend(background, text, 0.34),
            grid=blend(background, text, 0.14),
        )


DARK = Palette(
    components=tuple(
        map(rgb, ("#45A5E6", "#FB8F14", "#52F0B8", "#C4749A", "#FBDD3A", "#F02A2A", "#8A6CFF", "#BECBF5"))
    ),
    background=rgb("#121212"),
    text=rgb("#E0E0E0"),
    muted=rgb("#9A9DA2"),
    frame=rgb("#55585E"),
    grid=rgb("#2C2E32"),
)
LIGHT = Palette(
    components=tuple(
        map(rgb, ("#1967D0", "#9A5B00", "#05AA8C", "#A63D81", "#BD8202", "#6E051A", "#0E11AC", "#293858"))
    ),
    background=rgb("#F5F5F5"),
    text=rgb("#20242A"),
    muted=rgb("#5D636B"),
    frame=rgb("#A4A9B0"),
    grid=rgb("#DFE2E6"),
    dark=False,
)

TERMINAL: RGB = (1, 1, 1)
"""In an ANSI palette: the terminal's own text colour or background, whatever they are."""
ANSI = Palette(
    components=tuple(map(rgb, ("#5555FF", "#00AA00", "#FF55FF", "#00AAAA", "#AA00AA"))),
    background=TERMINAL,
    text=TERMINAL,
    muted=TERMINAL,
    frame=rgb("#555555"),
    grid=rgb("#555555"),
    mode="ansi",
)
"""Five of the sixteen colours, read on black and on white; red and yellow are left to errors and warnings. Five and
twelve markers make sixty pairs."""

# --- colour spaces --------------------------------------------------------------------------------------
# sRGB <-> linear light: IEC 61966-2-1. Linear light <-> Oklab: Ottosson (2020), "A perceptual color space for
# image processing".
_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
_LMS_INVERSE = np.linalg.inv(_LMS)
_LAB_INVERSE = np.linalg.inv(_LAB)


def _srgb_to_linear(values: FloatArray) -> FloatArray:
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


LINEAR_OF_BYTE: FloatArray = _srgb_to_linear(np.arange(256) / 255.0)
"""(256,): linear light of an sRGB byte."""
_BYTE_OF_LINEAR: npt.NDArray[np.uint8] = np.searchsorted(
    (LINEAR_OF_BYTE[1:] + LINEAR_OF_BYTE[:-1]) / 2, np.linspace(0.0, 1.0, 16385)
).astype(np.uint8)


def linear_to_bytes(linear: FloatArray) -> ColorArray:
    """Linear light in [0, 1] as sRGB bytes, clipped, by table."""
    index = np.clip(linear * 16384 + 0.5, 0, 16384).astype(np.int32)
    table: ColorArray = _BYTE_OF_LINEAR[index]
    return table


def to_oklab(colors: npt.ArrayLike) -> FloatArray:
    """SRGB bytes (..., 3) as Oklab (..., 3)."""
    linear = LINEAR_OF_BYTE[np.asarray(colors, dtype=np.uint8)]
    lab: FloatArray = np.cbrt(linear @ _LMS.T) @ _LAB.T
    return lab


def from_oklab(lab: FloatArray) -> ColorArray:
    """Oklab (..., 3) as sRGB bytes (..., 3), clipped to the gamut."""
    return linear_to_bytes((lab @ _LAB_INVERSE.T) ** 3 @ _LMS_INVERSE.T)


@lru_cache(maxsize=512)
def blend(first: RGB, second: RGB, share: float) -> RGB:
    """The colour a share of the way from the first to the second, in Oklab."""
    lab = to_oklab(np.array([first, second], dtype=np.uint8))
    r, g, b = from_oklab((1.0 - share) * lab[0] + share * lab[1]).tolist()
    return r, g, b


def mix(responsibilities: npt.ArrayLike, palette: Palette | Sequence[RGB], *, pure: bool = False) -> ColorArray:
    """The colour of each row: Σ_k r_nk · Oklab(colour_k). (n, K) -> (n, 3) uint8.

    Oklab keeps a half-and-half row half-way to the eye, where a mean of sRGB bytes turns muddy and dark. Rows whose
    largest responsibility is 0.995 or more keep the component's pure colour. Rows are normalised; a row that
    is not finite, or all zero, is grey. pure: each row in the colour of its largest responsibility, where there are
    too few colours for mixes.
    """
    R = np.maximum(np.asarray(responsibilities, dtype=np.float64), 0.0)
    K = R.shape[1]
    colors = palette.colors(K) if isinstance(palette, Palette) else tuple(palette)[:K]
    table = np.asarray(colors, dtype=np.uint8).reshape(-1, 3)
    if K == 0 or not len(R):
        return np.full((len(R), 3), 128, dtype=np.uint8)
    with np.errstate(over="ignore", invalid="ignore"):
        total = R.sum(axis=1)
    good = np.isfinite(total) & (total > 0)
    top = np.argmax(np.where(np.isfinite(R), R, -1.0), axis=1)
    largest = R[np.arange(len(R)), top]
    mixed: ColorArray = table[top]
    unsure = np.flatnonzero(good & ~(largest >= 0.995 * total))
    if len(unsure) and not pure:
        shares = R[unsure] / total[unsure, None]
        mixed[unsure] = from_oklab(shares @ to_oklab(table))
    mixed[~good] = 128
    return mixed
