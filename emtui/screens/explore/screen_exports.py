"""What stands on the screen now, as exports: the whole of it, and one pane."""

from __future__ import annotations

from typing import Any

from textual.geometry import Region
from textual.screen import Screen

from emtui.exports.export import Export
from emtui.panes.pane import Pane


def screen_exports(screen: Screen[Any], pane: Pane) -> tuple[Export[Any], ...]:
    """The screen and the pane as they are at this moment, before a dialog covers them."""
    lines = screen._compositor.render_strips()  # Textual's own screenshot has a frame, and fonts to load
    whole, part = screen.size.region, pane.region

    def export(title: str, word: str, region: Region) -> Export[Any]:
        def chunks(of: Any) -> list[str]:
            from emtui.exports.pictures.screen_svg import screen_svg

            shown = [line.crop(region.x, region.right) for line in lines[region.y : region.bottom]]
            return [screen_svg(shown, region.width, f"emtui · {of.spec.dataset.name}")]

        return Export(title, word, "svg", chunks)

    return export("this screen", "screen", whole), export(f"pane {pane.label}", f"{pane.label}-pane", part)
