"""The chapters of the guide in the order in which a student reads them; their texts lie in emtui/guide."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

NAMES = (
    "first-steps",
    "explorer",
    "why",
    "mixtures",
    "algorithms",
    "studies",
    "by-hand",
    "your-data",
    "sessions",
    "hidden-markov",
    "topics",
    "networks",
    "experts",
    "shell",
    "python",
    "settings",
    "speed",
)


@dataclass(frozen=True)
class Chapter:
    """One chapter.

    name: of its file, without the ending. title: its first heading. about: the sentence below that. text: Markdown.
    """

    name: str
    title: str
    about: str
    text: str


@cache
def chapters() -> tuple[Chapter, ...]:
    """All chapters. What stands behind a fence, how a test makes the screen below it, is not for the reader."""
    found = []
    for name in NAMES:
        text = (files("emtui") / "guide" / f"{name}.md").read_text(encoding="utf-8")
        title, about = text.split("\n\n", 2)[:2]
        text = re.sub(r"^```screen .*$", "```text", text, flags=re.MULTILINE)
        found.append(Chapter(name, title.removeprefix("# "), " ".join(about.split()), text))
    return tuple(found)


def place_of(link: str) -> tuple[int, str] | None:
    """The number of the chapter that a link like `mixtures.md#collapse` leads to, and the heading there, if any."""
    name, _, heading = link.partition("#")
    name = name.removesuffix(".md")
    return (NAMES.index(name), heading) if name in NAMES else None
