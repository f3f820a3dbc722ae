"""Where the panes lie on a screen of any size. It imports geometry alone, so that the first frame can use it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from textual.geometry import Region, Size

Width = Literal["wide", "middle", "narrow"]
LEFT = ("data", "model", "agreement")
RIGHT = ("curves", "responsibilities", "parameters")
# panes that share one place of a wide screen
TWINS = (("curves", "bound"), ("responsibilities", "why"), ("parameters", "convergence"))
PICTURE, CURVES = "picture", "curves"
LECTURE = (PICTURE, CURVES)
_BESIDE_FROM = 72  # columns from which both stand beside each other
# of the tabs
ORDER = (PICTURE, *RIGHT, "agreement", "data", "model", "bound", "why", "convergence")
WIDE, MIDDLE = 120, 80
_TWO_LINES_FROM = 14  # lines of the pane grid from which the tabs may have two lines, and so their names
SMALLEST = (40, 10)  # columns and lines, below which there is only a sentence


@dataclass(frozen=True)
class PaneLayout:
    """Which panes are visible, where, and which of them share the tabs (none: no tabs)."""

    regions: dict[str, Region]
    tabs: tuple[str, ...] = ()
    tab_region: Region = field(default_factory=Region)


def too_small(size: Size) -> bool:
    """The window has room for one sentence only."""
    return size.width < SMALLEST[0] or size.height < SMALLEST[1]


def width_class(width: int) -> Width:
    """The layout for a screen of this width."""
    return "wide" if width >= WIDE else "middle" if width >= MIDDLE else "narrow"


def twin_of(name: str) -> str | None:
    """The pane that shares its place with this one on a wide screen; None if it has a place of its own."""
    return next((pair[1 - pair.index(name)] for pair in TWINS if name in pair), None)


def pane_layout(
    size: Size,
    width: Width,
    tab: str,
    zoomed: str | None,
    turned: frozenset[str] | tuple[str, ...] = (),
    lecture: bool = False,
) -> PaneLayout:
    """Lay the panes out.

    size: of the pane grid. width: of the screen. tab: the pane chosen last. zoomed: the pane that fills the grid.
    turned: panes at the right whose twin is visible in their place. lecture: the picture and the curves alone.
    """
    whole = Region(0, 0, size.width, size.height)
    if zoomed is not None:
        return PaneLayout({zoomed: whole})
    if lecture:
        return PaneLayout(_beside(size) if size.width >= _BESIDE_FROM else _below(size))
    if width == "wide":
        left, right = _shares(size.width)
        regions = _stack(LEFT, Region(0, 0, left, size.height), _left_heights(size.height))
        regions[PICTURE] = Region(left, 0, size.width - left - right, size.height)
        column = Region(size.width - right, 0, right, size.height)
        seen = tuple((twin_of(name) or name) if name in turned else name for name in RIGHT)
        return PaneLayout(regions | _stack(seen, column, _right_heights(size.height)))
    tabs = tuple(name for name in ORDER if width == "narrow" or name != PICTURE)
    chosen = tab if tab in tabs else tabs[0]
    picture = 0 if width == "narrow" else round(size.width * 0.55)
    rest = Region(picture, 0, size.width - picture, size.height)
    lines = 2 if size.height >= _TWO_LINES_FROM else 1
    regions = {chosen: rest.shrink((lines, 0, 0, 0))}
    if picture:
        regions[PICTURE] = Region(0, 0, picture, size.height)
    return PaneLayout(regions, tabs, Region(rest.x, 0, rest.width, lines))


def _beside(size: Size) -> dict[str, Region]:
    """The picture of a lecture, and the curves at its right."""
    picture = round(size.width * 0.58)
    return {
        PICTURE: Region(0, 0, picture, size.height),
        CURVES: Region(picture, 0, size.width - picture, size.height),
    }


def _below(size: Size) -> dict[str, Region]:
    """The picture of a lecture, and the curves below it."""
    picture = round(size.height * 0.6)
    return {
        PICTURE: Region(0, 0, size.width, picture),
        CURVES: Region(0, picture, size.width, size.height - picture),
    }


def _shares(width: int) -> tuple[int, int]:
    """Columns of the left and the right side; a wider screen gives its extra columns to the picture, up to half."""
    return min(34, 28 + (width - WIDE) // 12), min(60, 42 + (width - WIDE) // 5)


def _left_heights(height: int) -> tuple[int, ...]:
    agreement = max(5, min(14, height * 3 // 10))
    model = max(6, min(14, height * 4 // 10))
    return max(3, height - model - agreement), model, agreement


def _right_heights(height: int) -> tuple[int, ...]:
    curves = max(6, height * 35 // 100)
    parameters = max(6, height * 30 // 100)
    return curves, max(3, height - curves - parameters), parameters


def _stack(names: tuple[str, ...], column: Region, heights: tuple[int, ...]) -> dict[str, Region]:
    regions, y = {}, column.y
    for name, height in zip(names, heights, strict=True):
        regions[name] = Region(column.x, y, column.width, height)
        y += height
    return regions
