"""Text that is safe to put into terminal cells: no control characters, known width, an ellipsis when cut."""

from __future__ import annotations

import re
import unicodedata

from rich.cells import cell_len, chop_cells, get_character_cell_size, set_cell_size


def clean(text: str) -> str:
    """Text without anything that isn't a visible cell: control, zero-width and directional characters go.

    Tabs and line ends become a space. Composed (NFC) first, so that accents survive.
    """
    if text.isascii() and text.isprintable():
        return text
    kept = []
    for char in unicodedata.normalize("NFC", text):
        if char.isspace():
            kept.append(" ")
        elif unicodedata.category(char)[0] != "C" and not _joins(char) and get_character_cell_size(char) > 0:
            kept.append(char)
    return "".join(kept)


def _joins(char: str) -> bool:
    """Whether a terminal may merge a character with its neighbour: halves of flags, skin tones."""
    return "\U0001f1e6" <= char <= "\U0001f1ff" or "\U0001f3fb" <= char <= "\U0001f3ff"


def fit(text: str, width: int, ellipsis: str = "…") -> str:
    """Clean text of at most width cells, with an ellipsis when something had to go."""
    text = clean(text)
    if cell_len(text) <= width:
        return text
    if width <= cell_len(ellipsis):
        return ellipsis if width == cell_len(ellipsis) else ""
    room, kept = width - cell_len(ellipsis), []
    for char in text:
        room -= get_character_cell_size(char)
        if room < 0:
            break
        kept.append(char)
    return "".join(kept).rstrip() + ellipsis


_SIGNED = 8  # cells of a shortened name from which it ends in …


def first_fitting(width: int, *texts: str) -> str:
    """The first of the texts that fits into so many cells, so that no word is cut; else the last one, cut."""
    return next((text for text in map(clean, texts) if cell_len(text) <= width), fit(texts[-1], width))


def short_head(name: str, width: int) -> str:
    """A name in so many cells, each of its words shortened alike: "petal length" in seven is "pet len".

    A plain cut would make "petal length" and "petal width" the same; and "reading_12" and "reading_13", so that
    underscores part words too, and the digits at the end of a word are kept. Where there is room for a sign that
    letters are missing at the end, it has one: "sepal len…".
    """
    text = clean(name)
    if cell_len(text) <= width:
        return text
    words = text.replace("_", " ").split()
    short = _shortened(text, words, width)
    if width < _SIGNED or short.endswith("…") or not words or short.endswith(words[-1]):
        return short
    short = _shortened(text, words, width - 1).rstrip()
    return short if "…" in short else f"{short}…"


def _shortened(text: str, words: list[str], width: int) -> str:
    if len(words) < 2:
        stem = text.rstrip("0123456789")
        digits = text[len(stem) :]
        return fit(stem, width - len(digits), "") + digits if 0 < len(digits) < width else fit(text, width)
    letters = width - len(words) + 1
    if letters < len(words):  # the first word and the last tell more than the first alone
        room = width - cell_len(words[-1]) - 2
        if len(words) > 2 and width >= _SIGNED and room >= 3:
            return f"{fit(words[0], room, '')}… {words[-1]}"  # whole words are missing between them
        return short_head(f"{words[0]} {words[-1]}", width) if len(words) > 2 and width >= 3 else fit(text, width)
    lengths = [0] * len(words)
    while letters and any(length < cell_len(word) for length, word in zip(lengths, words, strict=True)):
        for index, word in enumerate(words):
            if letters and lengths[index] < cell_len(word):
                lengths[index] += 1
                letters -= 1
    return " ".join(fit(word, length, "") for word, length in zip(words, lengths, strict=True))


def wrapped(text: str, width: int) -> list[str]:
    """Text in lines of at most so many cells, broken between words; a longer word is cut into pieces."""
    lines, width = [""], max(1, width)
    for gap, word in re.findall(r"(\s*)(\S+)", text):
        joined = f"{lines[-1]}{' ' * len(gap)}{word}" if lines[-1] else word
        if cell_len(joined) <= width:
            lines[-1] = joined
            continue
        *broken, rest = chop_cells(word, width) or [""]
        lines += [*broken, rest]
    return [line for line in lines if line]


def cut_lines(text: str, width: int, height: int) -> list[str]:
    """The text in at most so many lines; where that is not all of it, the last one ends in …."""
    lines = wrapped(text, width)
    if len(lines) > height > 0:
        lines = [*lines[: height - 1], set_cell_size(lines[height - 1], max(0, width - 1)).rstrip() + "…"]
    return lines


def pad(text: str, width: int, align: str = "left", ellipsis: str = "…") -> str:
    """Text fitted and filled with spaces to exactly width cells; align is "left" or "right"."""
    text = fit(text, width, ellipsis)
    space = " " * max(0, width - cell_len(text))
    return space + text if align == "right" else text + space


def cells(text: str) -> list[str]:
    """Clean text as one string per cell: a wide character is followed by an empty string."""
    out: list[str] = []
    for char in clean(text):
        out.append(char)
        out.extend([""] * (get_character_cell_size(char) - 1))
    return out


def single_cell(marker: str, fallback: str = "•") -> str:
    """A marker as exactly one cell."""
    marker = clean(marker)[:1]
    return marker if cell_len(marker) == 1 else fallback
