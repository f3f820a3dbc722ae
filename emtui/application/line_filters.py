"""The last look at every line before it is sent: plain letters, no colours, right-to-left names held together."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

if TYPE_CHECKING:
    from rich.color import Color as RichColor

_STANDS_OUT = 0.12  # of brightness, from which a background is seen as another
_FAINT = 0.42  # of brightness between letters and what is behind them


class PlainLetters(LineFilter):
    """ASCII letters for our own signs (`ascii = true`)."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same cells in plain letters."""
        from emtui.charts.plain_letters import plain

        return [Segment(plain(text), style, control) for text, style, control in segments]


class NoColors(LineFilter):
    """No colour at all (https://no-color.org): what a background set apart is reversed, what was faint is dim."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same letters, without colours."""
        return [Segment(text, style and colorless(style, background), control) for text, style, control in segments]


class TogetherFromRight(LineFilter):
    """Names in Hebrew or Arabic letters are isolated: a terminal that reorders them leaves the cells around alone."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same letters, with marks that take no cell."""
        from emtui.charts.right_to_left import isolated

        return [
            segment if segment.text.isascii() else Segment(isolated(segment.text), segment.style, segment.control)
            for segment in segments
        ]


@lru_cache(4096)
def colorless(style: Style, background: Color) -> Style:
    """The style as it is told without colours; what a click on it does stays."""
    behind = _brightness(style.bgcolor, background.brightness)
    letters = _brightness(style.color, 1.0 - behind)
    apart, faint = abs(behind - background.brightness) > _STANDS_OUT, abs(letters - behind) < _FAINT
    told = Style(
        bold=style.bold,
        dim=style.dim or (faint and not apart) or None,
        italic=style.italic,
        underline=style.underline,
        strike=style.strike,
        reverse=style.reverse or apart or None,
        link=style.link,
    )
    return told + Style.from_meta(style.meta) if style.meta else told


def _brightness(color: RichColor | None, otherwise: float) -> float:
    if color is None or color.is_default:
        return otherwise
    return Color.from_rich_color(color).brightness
