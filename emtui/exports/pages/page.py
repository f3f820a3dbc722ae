"""The frame of a page: one HTML file that asks nothing of any network, and runs no script but its own."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from html import escape
from importlib.resources import files

from emtui.charts.cell_text import clean


def asset(name: str) -> str:
    """A file that lies beside this one."""
    return (files("emtui.exports.pages") / name).read_text(encoding="utf-8")


def html_text(text: str) -> str:
    """Text from data as text of a page."""
    return escape(clean(text), quote=True)


def json_for_script(text: str) -> str:
    """JSON that can't end the element which it stands in."""
    for char in "<>&\N{LINE SEPARATOR}\N{PARAGRAPH SEPARATOR}":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text


def page(title: str, colors: str, body: str, data: str = "", script: str = "") -> Iterator[str]:
    """The file. colors: rules of CSS. data: JSON for the script."""
    style = asset("page.css") + colors
    policy = f"default-src 'none'; style-src '{_hash(style)}'; img-src data:; base-uri 'none'; form-action 'none'"
    policy += f"; script-src '{_hash(script)}'" if script else ""
    yield (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="generator" content="emtui">\n<title>{html_text(title)}</title>\n<style>{style}</style>\n</head>\n'
    )
    yield f"<body>\n{body}\n"
    if script:
        yield f'<script type="application/json" id="data">{json_for_script(data)}</script>\n'
        yield f"<script>{script}</script>\n"
    yield "</body>\n</html>\n"


def _hash(text: str) -> str:
    """What the policy knows a style or a script by [Content Security Policy Level 3]."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
