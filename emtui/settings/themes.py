"""Three themes of our own: dark, light, and one of high contrast; the charts' palettes follow them.

Warnings and errors have colours that no component has, in every theme and among sixteen colours.
"""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="emtui-dark",
    primary="#2F6F9F",
    secondary="#8F8BFF",
    accent="#56B4E9",
    warning="#FFC396",
    error="#FF6978",
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
    warning="#783C0F",
    error="#C3001E",
    success="#00704F",
    foreground="#1B1F24",
    background="#FBFBF9",
    surface="#F4F4F1",
    panel="#E6E8EA",
    dark=False,
)
CONTRAST = Theme(
    name="emtui-contrast",
    primary="#0064C8",
    secondary="#C9B8FF",
    accent="#FFE500",
    warning="#FFC396",
    error="#FF8796",
    success="#4DFFA6",
    foreground="#FFFFFF",
    background="#000000",
    surface="#000000",
    panel="#3A3A3A",
    dark=True,
    variables={"text-muted": "#FFFFFF", "foreground-muted": "#FFFFFF", "text-disabled": "#D8D8D8"},
)
"""White on black, for a bright hall and for weak eyes: borders, ticks and hints are as bright as words."""
OURS = (DARK, LIGHT, CONTRAST)
"""In the order in which a key turns them."""


def next_theme(name: str) -> str:
    """The one of ours after this one; the first after any other."""
    names = [theme.name for theme in OURS]
    return names[(names.index(name) + 1) % len(names)] if name in names else names[0]
