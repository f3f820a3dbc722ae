"""What stands on the screen, or a part of it, as SVG: letters in cells, as they are there, with nothing to load."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from html import escape

from rich.console import Console
from rich.segment import Segment, Segments

from emtui.charts.cell_text import clean

_SPACE, _CELL = "&#160;", 12.2  # as Rich writes a space, and its width of a cell
_INDENTED = re.compile(
    rf'<text ([^>]*?)x="([\d.]+)"([^>]*?)textLength="([\d.]+)"([^>]*)>((?:{_SPACE})+)(?!{_SPACE}|</text>)'
)
_FORMAT = """\
<svg viewBox="0 0 {terminal_width} {terminal_height}" xmlns="http://www.w3.org/2000/svg">
<title>TITLE</title>
<style>
.{unique_id}-matrix {{ font-family: "Fira Code", "DejaVu Sans Mono", Menlo, Consolas, monospace; \
font-size: {char_height}px; line-height: {line_height}px; font-variant-east-asian: full-width; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>
{lines}
</defs>
<g clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def screen_svg(lines: Sequence[Iterable[Segment]], width: int, title: str) -> str:
    """Lines of so many cells."""
    console = Console(
        width=width, height=len(lines), file=io.StringIO(), force_terminal=True, color_system="truecolor", record=True,
        legacy_windows=False, _environ={},
    )  # fmt: skip
    console.print(Segments([part for line in lines for part in (*line, Segment.line())]), end="", soft_wrap=True)
    drawn = console.export_svg(title="", code_format=_FORMAT, unique_id="screen")
    drawn = _INDENTED.sub(_moved, drawn)
    return drawn.replace("<title>TITLE</title>", f"<title>{escape(clean(title))}</title>", 1)


def _moved(found: re.Match[str]) -> str:
    """A text that begins where its first letter does: some programs leave out spaces before it, unbroken ones too."""
    before, x, between, length, after, spaces = found.groups()
    by = _CELL * (len(spaces) // len(_SPACE))
    return f'<text {before}x="{float(x) + by:z.8g}"{between}textLength="{float(length) - by:z.8g}"{after}>'
