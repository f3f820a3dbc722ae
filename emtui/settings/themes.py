"""Two themes of our own, one dark and one light; the charts' palettes follow them."""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="emtui-dark",
    primary="#2F6F9F",
    secondary="#8F8BFF",
    accent="#56B4E9",
    warning="#F0A30A",
    error="#FF6347",
    success="#2ECC8F",
    foreground="#E0E0E0",
    background="#101316",
    surface="#15191D",
    panel="#20262C",
    dark=True,
)
LIGHT = Theme(
    name="emtui-light",
    primary="#9CC7E4",
    secondary="#4B3FBF",
    accent="#005F99",
    warning="#9A5200",
    error="#B3260F",
    success="#00704F",
    foreground="#1B1F24",
    background="#FBFBF9",
    surface="#F4F4F1",
    panel="#E6E8EA",
    dark=False,
)
