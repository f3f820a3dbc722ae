"""The colours of a page: each has a name, and one value on a light background and another on a dark one."""

from __future__ import annotations

from dataclasses import dataclass, field

from emtui.charts.colors import DARK, LIGHT, Palette
from emtui.charts.scene import RGB

PAPER: Palette = LIGHT.with_surface((255, 255, 255), LIGHT.text)
NIGHT: Palette = DARK.with_surface((24, 26, 29), DARK.text)
BOTH: tuple[Palette, Palette] = (PAPER, NIGHT)
"""The palettes that a page is drawn with: everything is drawn twice, and the two differ in their colours alone."""


@dataclass
class PageColors:
    """Gives names to pairs of colours, in the order in which they come."""

    _names: dict[tuple[RGB, RGB], int] = field(default_factory=dict)

    def fill(self, light: RGB, dark: RGB) -> str:
        """The class of what is filled with it."""
        return f"f{self._number(light, dark)}"

    def stroke(self, light: RGB, dark: RGB) -> str:
        """The class of a line in it."""
        return f"s{self._number(light, dark)}"

    def _number(self, light: RGB, dark: RGB) -> int:
        return self._names.setdefault((light, dark), len(self._names))

    def css(self) -> str:
        """The rules that the classes stand for."""
        rules = "".join(f".f{n}{{fill:var(--c{n})}}.s{n}{{stroke:var(--c{n})}}" for n in self._names.values())
        sides = ["".join(f"--c{n}:{css_color(pair[side])};" for pair, n in self._names.items()) for side in (0, 1)]
        return f":root{{{sides[0]}}}@media (prefers-color-scheme:dark){{:root{{{sides[1]}}}}}{rules}"


def css_color(color: RGB) -> str:
    """#1967d0"""
    return "#{:02x}{:02x}{:02x}".format(*(int(part) for part in color))
