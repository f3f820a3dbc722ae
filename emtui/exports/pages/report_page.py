"""A report as a page without a script: sections of sentences, tables and pictures, in light and dark."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from emtui.charts.scene import Scene
from emtui.exports.pages.page import html_text, page
from emtui.exports.pages.page_colors import BOTH, PageColors
from emtui.exports.pages.svg import Frame, Pair, picture_svg
from emtui.exports.picture_look import Look
from emtui.exports.pictures.scene_plot import plot_of
from emtui.exports.pictures.step_sheets import curve_scenes, pictured
from emtui.session.snapshot import StepSnapshot

_LARGE, _SMALL = (580, 400), (400, 240)  # pixels


@dataclass(frozen=True)
class ReportTable:
    """Heads and rows of text; the first cell of each row names it."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, eq=False)
class Picture:
    """A plot on light and on dark, and what stands above it."""

    title: str
    pair: Pair
    large: bool = False


@dataclass(frozen=True, eq=False)
class Section:
    """A heading, and below it sentences, what was typed, a table and pictures, as far as there are any."""

    title: str
    said: Sequence[str] = ()
    typed: str = ""
    table: ReportTable | None = None
    pictures: Sequence[Picture] = field(default_factory=tuple)


def report_page(title: str, about: str, sections: Sequence[Section]) -> Iterator[str]:
    """The file. about: the line below the title."""
    ink = PageColors()
    body = [f"<header><h1>{html_text(title)}</h1>\n<p class='about'>{html_text(about)}</p></header>\n<main>"]
    body += [_section(one, ink) for one in sections if one.said or one.table or one.pictures]
    yield from page(title, ink.css(), "\n".join([*body, "</main>"]))


def scene_picture(title: str, light: Scene, dark: Scene) -> Picture:
    """A scene that was made with the colours of both."""
    return Picture(title, (plot_of(light, BOTH[0]), plot_of(dark, BOTH[1])))


def data_pictures(snapshot: StepSnapshot) -> list[Picture]:
    """The data picture of a step; raises EngineError where its model has none."""
    light, dark = (pictured(snapshot, palette, Look()) for palette in BOTH)
    flat = [
        [plot for row in one.plots(palette) for plot in row] for one, palette in zip((light, dark), BOTH, strict=True)
    ]
    return [Picture(plots[0].title or light.caption, plots, large=True) for plots in zip(*flat, strict=True)]


def data_notes(snapshot: StepSnapshot) -> Sequence[str]:
    """What there is to say below the data picture, as which rows near a slice are drawn."""
    return pictured(snapshot, BOTH[0], Look()).notes


def curve_pictures(snapshot: StepSnapshot) -> list[Picture]:
    """The curves of the branch."""
    light, dark = (curve_scenes(snapshot, palette) for palette in BOTH)
    return [scene_picture(name, one, other) for (name, one), (_, other) in zip(light, dark, strict=True)]


def _section(section: Section, ink: PageColors) -> str:
    made = [f"<section>\n<h2>{html_text(section.title)}</h2>"]
    made += [f"<p>{html_text(sentence)}</p>" for sentence in section.said]
    made += [f"<pre>{html_text(section.typed)}</pre>"] if section.typed else []
    made += [_table(section.table)] if section.table is not None else []
    if section.pictures:
        drawn = "\n".join(_figure(one, ink) for one in section.pictures)
        made.append(f'<div class="side">{drawn}</div>')
    return "\n".join([*made, "</section>"])


def _table(table: ReportTable) -> str:
    heads = "".join(f"<th scope='col'>{html_text(head)}</th>" for head in table.heads)
    rows = "\n".join(map(_row, table.rows))
    return f'<div class="scroll"><table><thead><tr>{heads}</tr></thead>\n<tbody>{rows}</tbody></table></div>'


def _row(cells: Sequence[str]) -> str:
    name, *numbers = map(html_text, cells)
    return f"<tr><th scope='row'>{name}</th>{''.join(f'<td>{cell}</td>' for cell in numbers)}</tr>"


def _figure(picture: Picture, ink: PageColors) -> str:
    frame = Frame.of([picture.pair[0]], *(_LARGE if picture.large else _SMALL))
    drawn = picture_svg(picture.pair, frame, ink, picture.pair[0].description or picture.title)
    return f"<figure><figcaption>{html_text(picture.title)}</figcaption>{drawn}</figure>"
