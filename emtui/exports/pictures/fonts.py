"""Fonts for the letters of a picture: matplotlib's own, and behind it installed ones that have what it lacks.

Matplotlib takes each letter from the first font of a list that has it; a letter that none has becomes a box.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache

from emtui.charts.cell_text import clean
from emtui.exports.pictures.shapes import Sheet, Words

BASE, BASE_EVEN = "DejaVu Sans", "DejaVu Sans Mono"
"""They come with matplotlib."""
_PREFERRED = (
    BASE, "Noto Sans CJK SC", "Noto Sans CJK JP", "Source Han Sans", "Noto Sans", "PingFang SC", "Hiragino Sans",
    "Microsoft YaHei", "Yu Gothic", "Malgun Gothic", "WenQuanYi Zen Hei", "Droid Sans Fallback", "Arial Unicode MS",
    "Segoe UI Symbol", "Noto Emoji", "Unifont",
)  # fmt: skip
_MOST_NAMED = 6  # letters in a note


@dataclass(frozen=True)
class Fallback:
    """families: installed fonts to look for letters in, after matplotlib's own; missing: letters that none has."""

    families: tuple[str, ...] = ()
    missing: str = ""

    @property
    def note(self) -> str:
        """Which letters become boxes, by their numbers, since they can't be written here; "" where none does."""
        if not self.missing:
            return ""
        codes = [f"U+{ord(letter):04X}" for letter in self.missing]
        more = f" and {len(codes) - _MOST_NAMED} more" if len(codes) > _MOST_NAMED else ""
        return (
            f"No installed font has {', '.join(codes[:_MOST_NAMED])}{more}: drawn as boxes. Install one that has them, "
            "or take the SVG, whose text the program that shows it draws."
        )


def fallback_for(sheet: Sheet) -> Fallback:
    """Which installed fonts have the letters of a sheet that matplotlib's own fonts lack."""
    plain, even = _letters(sheet)
    lacking = {one for one in plain if not _has(_path_of(BASE), one)}
    lacking |= {one for one in even if not _has(_path_of(BASE_EVEN), one)}
    families: list[str] = []
    for family, path in _installed() if lacking else ():
        found = {letter for letter in lacking if _has(path, letter)}
        if found:
            families.append(family)
            lacking -= found
        if not lacking:
            break
    return Fallback(tuple(families), "".join(sorted(lacking)))


def _letters(sheet: Sheet) -> tuple[set[str], set[str]]:
    """Those of its usual text, and those of text in letters of one width."""
    plain = {sheet.title, sheet.caption, *sheet.notes}
    even = set[str]()
    for plot in (plot for row in sheet.plots for plot in row):
        plain |= {plot.title, plot.x_label, plot.y_label, plot.empty}
        plain |= {*plot.x_ticks.labels, *plot.y_ticks.labels}
        plain |= {f"{sign.character}{sign.text}" for sign in plot.legend}
        for shape in plot.shapes:
            if isinstance(shape, Words):
                (even if shape.even else plain).add(shape.text)
    letters = [{letter for text in texts for letter in clean(text)} for texts in (plain, even)]
    return letters[0], letters[1]


def _installed() -> Iterator[tuple[str, str]]:
    """Families and files of the installed fonts, those that have many letters first."""
    from matplotlib.font_manager import fontManager

    found: dict[str, str] = {}
    real = (one for one in fontManager.ttflist if "LastResort" not in one.name.replace(" ", ""))  # it has boxes alone
    for entry in sorted(real, key=lambda one: (one.name, one.style != "normal", one.weight != 400)):
        found.setdefault(entry.name, entry.fname)
    order = {name: place for place, name in enumerate(_PREFERRED)}
    yield from sorted(found.items(), key=lambda item: (order.get(item[0], len(order)), item[0]))


@cache
def _path_of(family: str) -> str:
    from matplotlib.font_manager import FontProperties, findfont

    return findfont(FontProperties(family=family))


def _has(path: str, letter: str) -> bool:
    return ord(letter) in _codes(path)


@cache
def _codes(path: str) -> Collection[int]:
    """The letters of a font file; none where it can't be drawn from."""
    from matplotlib.ft2font import FT2Font

    try:
        return frozenset(FT2Font(path).get_charmap())
    except (OSError, RuntimeError, ValueError):
        return ()
