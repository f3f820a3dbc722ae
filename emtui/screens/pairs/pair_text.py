"""The lines around a pair plot: the colouring and how many rows agree, correlations, and the keys."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text

from emtui.charts.cell_text import first_fitting, fit
from emtui.charts.colors import Palette
from emtui.charts.scene import RGB
from emtui.screens.pairs.pair_order import Pair, PairOrder
from emtui.screens.pairs.pair_plot import PairPlot
from emtui.widgets.key_items import MORE
from emtui.widgets.table_columns import ink

Pieces = list[tuple[str, RGB]]


@dataclass(frozen=True)
class PairPlace:
    """What is shown. columns: of the grid, () for one pair; start: the rank of their first; pair: the chosen one.

    alone: one pair is shown because the user asked for it, not for lack of room.
    """

    order: PairOrder
    columns: tuple[int, ...]
    start: int
    pair: Pair
    alone: bool

    @property
    def n_features(self) -> int:
        """d."""
        return len(self.order.ranked)

    @property
    def is_part(self) -> bool:
        """The grid shows only some features."""
        return 0 < len(self.columns) < self.n_features

    def words(self) -> str:
        """The shown part in words, "" for all."""
        if self.is_part:
            last = self.start + len(self.columns)
            return f"features {self.start + 1:,}–{last:,} of {self.n_features:,}, best separated first"
        if not self.columns and self.n_features > 2:
            return f"pair {self.order.number(self.pair) + 1:,} of {self.order.n_pairs:,}"
        return ""


def by_line(plot: PairPlot, place: PairPlace, width: int) -> Pieces:
    """The colouring, how many rows agree, the shown part, and over a grid the groups if there is room."""
    said, where, drawn = plot.groups.said, place.words(), _drawn(plot)
    short = said.replace(" with the truth", "").replace(" rows agree", " agree")
    least, part = re.sub(r"(\d) of (\d)", r"\1/\2", short), where.split(",")[0]
    wordings = [(said, where, drawn), (short, part, drawn), (short, part), (least, part), (least,)]
    texts = [" · ".join(one for one in (f"by {plot.groups.title}", *parts) if one) for parts in wordings]
    line, color = first_fitting(width, *texts), plot.palette.text
    legend = _legend(plot, width - cell_len(line) - 3) if place.columns else []
    return [(line, color), ("   ", color), *legend] if legend else [(line, color)]


def _drawn(plot: PairPlot) -> str:
    """How many rows the pictures draw, and the numbers are of, where that is not all; that each counts once, where by
    hand one doesn't."""
    n_rows, looked = plot.data.n_samples, len(plot.groups.rows)
    parts = ["every row counted once"] if plot.snapshot.step.problem.data.given_weight is not None else []
    if plot.n_drawn != n_rows:
        numbers = f", r of {looked:,}" if plot.n_drawn < looked < n_rows else ""
        parts.append(f"{plot.n_drawn:,} of {n_rows:,} rows drawn{numbers}")
    return " · ".join(parts)


def _legend(plot: PairPlot, room: int) -> Pieces:
    """Marker and name of each group, all of them or none; names are shortened if that helps."""
    groups, least = plot.groups, plot.groups.short or plot.groups.names
    for names, longest in ((groups.names, 24), (groups.names, 14), (least, 24), (least, 8), (least, 4)):
        named = [(mark, color, fit(name, longest)) for (mark, color, _), name in zip(plot.legend(), names, strict=True)]
        if sum(4 + cell_len(name) for _, _, name in named) - 2 <= room:
            break
    else:
        return []
    pieces: Pieces = []
    for marker, color, name in named:
        pieces += [(f"{marker} ", color), (f"{name}  ", plot.palette.text)]
    return pieces


def number_line(plot: PairPlot, pair: Pair, width: int) -> Pieces:
    """The pair's correlations on one line."""
    pieces: Pieces = [("correlation: " if width >= 60 else "r: ", plot.palette.muted)]
    for index, line in enumerate(plot.notes(plot.correlations(pair)[:, 0, 1])):
        if index:
            pieces.append((" · ", plot.palette.muted))
        for part, (text, color) in enumerate(line):
            pieces.append((" ".join(text.split()) + (" " if part + 1 < len(line) else ""), color))
    return pieces


def key_line(place: PairPlace, width: int) -> str:
    """The keys, and the meaning of the numbers; if room is short, the least needed are dropped first."""
    several = place.n_features > 1
    parts = {
        "colours": "d colours",
        "walk": "tab pair" if place.columns else ", . pair" if several else "",
        "turn": ", . features" if place.is_part else "",
        "alone": "" if not several else "z alone" if place.columns else "z grid" if place.alone else "",
        "enter": "enter in the picture",
        "export": "x export" if several else "",
        "step": "e m n ← → step",
        "back": "esc back",
        "more": MORE,
        "numbers": "numbers: correlation by group" if place.columns else "",
    }
    said = ""
    for least in ("", "alone", "step", "numbers", "export", "enter", "walk", "turn"):
        parts.pop(least, None)
        said = " · ".join(part for part in parts.values() if part)
        if cell_len(said) <= width:
            break
    return fit(said, width)


def painted(pieces: Pieces, palette: Palette) -> Text:
    """Pieces as a text in their colours; plain text keeps the theme's colour."""
    text = Text(no_wrap=True, overflow="ellipsis")
    for words, color in pieces:
        text.append(words, Style() if color == palette.text else ink(palette, color))
    return text
