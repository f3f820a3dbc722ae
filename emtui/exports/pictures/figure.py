"""A sheet as a figure by matplotlib: SVG with text that stays text, or PDF with its fonts inside.

The same sheet gives the same bytes: no date, no random ids, none of the user's own settings of matplotlib.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from emtui.charts.cell_text import clean, wrapped
from emtui.charts.colors import LIGHT, Palette
from emtui.charts.scene import RGB
from emtui.exports.pictures.fonts import BASE, BASE_EVEN, fallback_for
from emtui.exports.pictures.shapes import Boxes, Line, Markers, Outline, Plot, Raster, Shape, Sheet, Sign, Words
from engine.errors import EngineError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PRINT: Palette = LIGHT.with_surface((255, 255, 255), LIGHT.text)
"""The app's colours for light backgrounds, on white."""
MISSING = (
    "vector pictures (SVG, PDF) are drawn by matplotlib, which is not installed: pip install 'emtui[pictures]', or "
    "write the picture as text (.txt) or as a page (.html)."
)
MOST_VECTORS = 5_000
"""More points than this are drawn as an image inside the figure, which no viewer has to draw one by one."""
_DPI = 300  # of that image
_SIZE = 8.5  # points of a label's letters
_WIDE = 88  # letters of a note's line
_LETTER, _LEAST = 0.075, 18  # inches of a label's letter, about, and letters that any label has room for
_EVEN = (BASE_EVEN, "Menlo", "Consolas")  # letters of one width
_DOTS, _DASHES = (0, (1.2, 1.6)), (0, (5.0, 2.0))  # of a line, in its widths
_STYLE: dict[str, Any] = {
    "text.parse_math": False,  # a $ in a name is a $
    "svg.fonttype": "none",
    "svg.hashsalt": "emtui",
    "pdf.fonttype": 42,
    "font.sans-serif": [BASE, "Verdana", "Helvetica", "Arial"],
    "font.size": _SIZE,
    "axes.linewidth": 0.7,
    "axes.unicode_minus": True,
    "lines.solid_capstyle": "round",
    "savefig.dpi": _DPI,
    "figure.dpi": 100,
    "path.simplify": False,
}  # fmt: skip
_MARKERS: dict[str, str] = {
    "circle": "o", "square": "s", "up": "^", "diamond": "D", "star": "*", "down": "v",
    "ring": "o", "open square": "s", "open up": "^", "open diamond": "D", "open star": "*", "open down": "v",
    "plus": "P", "cross": "x", "dot": "o",
}  # fmt: skip
_AREA = {"D": 0.75, "d": 0.75, "*": 1.9, "^": 1.15, "v": 1.15, "s": 0.85, "P": 1.3}  # beside a disk that looks as large
_OPEN = ("ring", "open square", "open up", "open diamond", "open star", "open down")


def figure_bytes(sheet: Sheet, ending: Literal["svg", "pdf"], palette: Palette = PRINT) -> bytes:
    """The file. palette: the one that the plots were made with.

    Raises:
        EngineError: matplotlib is not there; the sentence says how to get it.
    """
    try:
        from matplotlib import style
        from matplotlib.figure import Figure
        from matplotlib.layout_engine import ConstrainedLayoutEngine
    except ImportError as error:
        raise EngineError(MISSING) from error
    about = {"Title": clean(sheet.title), "Creator": "emtui"}
    dates: dict[str, None] = {"Date": None} if ending == "svg" else {"CreationDate": None, "ModDate": None}
    written = io.BytesIO()
    fallback = fallback_for(sheet)
    fonts = {"font.family": ["sans-serif", *fallback.families], "font.monospace": list(_EVEN)}
    with style.context(["default", _STYLE | fonts], after_reset=True), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a letter that no font here has
        close: dict[str, Any] = {"w_pad": 0.015, "h_pad": 0.015, "wspace": 0.0, "hspace": 0.0} if sheet.joined else {}
        layout = ConstrainedLayoutEngine(**close)
        figure = Figure(figsize=(sheet.width, sheet.height), layout=layout, facecolor=_hex(palette.background))
        _draw_sheet(figure, sheet, palette, fallback.note if ending == "pdf" else "")
        figure.savefig(written, format=ending, metadata=about | dates)
    return written.getvalue()


def _draw_sheet(figure: Figure, sheet: Sheet, palette: Palette, fonts_note: str) -> None:
    """Title and caption, the plots in their rows, and the notes below."""
    rows, columns = len(sheet.plots), max(map(len, sheet.plots), default=1)
    drawn_as_image = 0
    for i, row in enumerate(sheet.plots):
        for j, plot in enumerate(row):
            axes = figure.add_subplot(rows, columns, i * columns + j + 1)
            room = (sheet.width / columns, (sheet.height - 1.0) / rows)
            drawn_as_image = max(drawn_as_image, _draw_plot(axes, plot, palette, room, small=rows * columns > 4))
    figure.suptitle(_head(sheet), x=0.01, ha="left", fontsize=_SIZE + 1, color=_hex(palette.text), linespacing=1.4)
    notes = [clean(note) for note in (*sheet.notes, fonts_note) if note]
    if drawn_as_image:
        notes.append(f"{drawn_as_image:,} points are drawn as an image of {_DPI} dots per inch.")
    if notes:
        lines = [line for note in notes for line in wrapped(note, round(_WIDE * sheet.width / 6.4))]
        figure.supxlabel("\n".join(lines), x=0.01, ha="left", fontsize=_SIZE - 1.5, color=_hex(palette.muted))


def _head(sheet: Sheet) -> str:
    width = round(_WIDE * 0.9 * sheet.width / 6.4)
    return "\n".join(line for text in (sheet.title, sheet.caption) if text for line in wrapped(clean(text), width))


def _draw_plot(axes: Axes, plot: Plot, palette: Palette, room: tuple[float, float], *, small: bool) -> int:
    """Draw one picture; how many of its points became an image comes back. room: its width and height in inches."""
    text, muted, frame = (_hex(color) for color in (palette.text, palette.muted, palette.frame))
    axes.set_xlim(0.0, 1.0)
    axes.set_ylim(0.0, 1.0)
    axes.set_facecolor("none")
    for side, spine in axes.spines.items():
        spine.set_visible(plot.framed and (small or side in ("left", "bottom")))
        spine.set_color(frame)
    axes.set_xticks(plot.x_ticks.fractions, [clean(label) for label in plot.x_ticks.labels])
    axes.set_yticks(plot.y_ticks.fractions, [clean(label) for label in plot.y_ticks.labels])
    axes.tick_params(color=frame, labelcolor=muted, labelsize=_SIZE - (2.5 if small else 1), length=3)
    across, up = (max(_LEAST, round(0.9 * inches / _LETTER)) for inches in room)
    axes.set_xlabel("\n".join(wrapped(plot.x_label, across)), color=text)
    axes.set_ylabel("\n".join(wrapped(plot.y_label, up)), color=text)
    if plot.title:
        axes.set_title("\n".join(wrapped(plot.title, across)), fontsize=_SIZE, color=text, loc="left")
    if plot.grid:
        axes.grid(color=_hex(palette.grid), linewidth=0.5)
        axes.set_axisbelow(True)
    as_image = 0
    for place, shape in enumerate(plot.shapes):
        as_image += _draw_shape(axes, shape, 2 + place / max(1, len(plot.shapes)), palette, small=small)
    if plot.empty:
        axes.text(0.5, 0.5, plot.empty, color=muted, ha="center", va="center")
    if plot.legend:
        _draw_legend(axes, plot.legend, palette)
    return as_image


def _draw_shape(axes: Axes, shape: Shape, order: float, palette: Palette, *, small: bool) -> int:
    match shape:
        case Markers():
            return _draw_markers(axes, shape, order, palette, small=small)
        case Line():
            style = _DOTS if shape.dotted else _DASHES if shape.dashed else "solid"
            order = 1.5 if shape.behind else order
            axes.plot(shape.x, shape.y, color=_hex(shape.color), linewidth=shape.width, linestyle=style, zorder=order)
        case Outline():
            from matplotlib.patches import PathPatch
            from matplotlib.path import Path

            path = Path(shape.points, [Path.MOVETO, *[Path.CURVE4] * 12])
            width = 0.9 if small else 1.3
            # on a line in the background's colour, so that it is seen before points of its own; a dotted one dot by dot
            for ink, wide in ((palette.background, width + 1.4), (shape.color, width)):
                dots = (0, (1.2 * width / wide, 1.6 * width / wide))  # in widths of the line
                style = dots if shape.dotted else "solid"
                patch = PathPatch(path, fill=False, edgecolor=_hex(ink), linewidth=wide, linestyle=style)
                patch.set_zorder(order)
                axes.add_patch(patch)
        case Boxes():
            colors = _hex(shape.colors) if isinstance(shape.colors, tuple) else shape.colors / 255.0
            axes.bar(
                shape.x0, shape.y1 - shape.y0, shape.x1 - shape.x0, shape.y0, align="edge", color=colors, zorder=order,
                linewidth=0.3, edgecolor=_hex(palette.background) if len(shape.x0) < 200 else "none",
            )  # fmt: skip
        case Raster():
            axes.imshow(
                shape.colors, extent=shape.extent, aspect="auto", interpolation="nearest", origin="upper",
                zorder=min(order, 1.2),
            )  # fmt: skip
            axes.set_xlim(0.0, 1.0)
            axes.set_ylim(0.0, 1.0)
        case Words():
            from matplotlib import rcParams

            family = ["monospace" if shape.even else "sans-serif", *rcParams["font.family"][1:]]
            text = shape.text.replace(" ", "\N{NO-BREAK SPACE}") if shape.even else shape.text  # SVG joins spaces
            axes.text(
                shape.x, shape.y, text, color=_hex(shape.color), va="center", zorder=order + 2.5,
                ha={"start": "left", "middle": "center", "end": "right"}[shape.anchor],
                fontsize=_SIZE * shape.size - 1, fontweight="bold" if shape.bold else "normal",
                family=family, clip_on=False,
            )  # fmt: skip
    return 0


def _draw_markers(axes: Axes, shape: Markers, order: float, palette: Palette, *, small: bool) -> int:
    """A collection for each form; many points as an image."""
    n = len(shape.x)
    as_image = n > MOST_VECTORS
    area = 60.0 if shape.strong else 16.0 if n <= 400 else 9.0 if n <= 2_000 else 3.0
    area = area * (0.4 if small else 1.0)
    for kind, form in enumerate(shape.forms):
        chosen = np.flatnonzero(shape.index == kind)
        if not len(chosen):
            continue
        sign = _MARKERS[form]
        colors = [_hex(shape.colors)] if isinstance(shape.colors, tuple) else shape.colors[chosen] / 255.0
        hollow = form in _OPEN
        size = area * _AREA.get(sign, 1.0) * (0.5 if form == "dot" and not shape.strong else 1.0)
        paint: dict[str, Any]
        if form == "cross":
            paint = {"c": colors, "linewidths": 0.8}
        elif hollow:
            paint = {"facecolors": "none", "edgecolors": colors, "linewidths": 0.8}
        elif shape.strong:
            paint = {"c": colors, "edgecolors": _hex(palette.background), "linewidths": 0.9}
        else:
            paint = {"c": colors, "linewidths": 0.0}
        place = order + (2.0 if shape.strong else 0.0)
        axes.scatter(
            shape.x[chosen], shape.y[chosen], s=size, marker=sign, zorder=place, clip_on=not shape.strong,
            rasterized=as_image, **paint,
        )  # fmt: skip
    return n if as_image else 0


def _draw_legend(axes: Axes, signs: Sequence[Sign], palette: Palette) -> None:
    """Beside the picture, from its upper corner down."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Any] = []
    for sign in signs:
        color = _hex(sign.color)
        if sign.kind == "box":
            handles.append(Patch(facecolor=color, label=sign.text))
        elif sign.kind in ("line", "dotted", "dashed"):
            style: Any = {"dotted": _DOTS, "dashed": _DASHES}.get(sign.kind, "solid")
            handles.append(Line2D([], [], color=color, linestyle=style, linewidth=1.6, label=sign.text))
        elif sign.kind == "character":
            handles.append(Line2D([], [], linestyle="none", label=f"{sign.character} {sign.text}"))
        else:
            marker = _MARKERS[sign.kind]
            hollow = "none" if sign.kind in _OPEN else color
            size = 5.0 * np.sqrt(_AREA.get(marker, 1.0))
            handles.append(
                Line2D([], [], linestyle="none", marker=marker, color=color, markerfacecolor=hollow, markersize=size,
                       markeredgewidth=0.8, label=sign.text)
            )  # fmt: skip
    legend = axes.legend(
        handles=handles, loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False, labelcolor=_hex(palette.text),
        fontsize=_SIZE - 0.5, handletextpad=0.5, borderaxespad=0.2,
    )  # fmt: skip
    for label in islice(legend.get_texts(), len(handles)):
        label.set_parse_math(False)


def _hex(color: RGB) -> str:
    return "#{:02x}{:02x}{:02x}".format(*color)
