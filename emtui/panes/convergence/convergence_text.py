"""The convergence of a step as lines of text: a label at the left, its text at the right."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.style import Style

from emtui.charts.cell_text import clean, pad, wrapped
from emtui.charts.colors import Palette
from emtui.panes.convergence.convergence_sentences import (
    Measured,
    change_words,
    help_words,
    left_words,
    measured_words,
    missing_words,
    overlap_words,
    rate_words,
    to_go_words,
)
from emtui.session.snapshot import StepSnapshot
from emtui.views import view_for
from emtui.views.sentences import plain
from emtui.widgets.table_columns import TableCell, ink

if TYPE_CHECKING:
    from engine.analysis.convergence import Convergence

_LABELS = 9  # cells
_NARROW = 24  # cells below which the labels stand on lines of their own
_WIDEST = 90  # cells beyond which a line is hard to read


def convergence_lines(
    snapshot: StepSnapshot, convergence: Convergence, measured: Measured, waiting: bool, width: int, palette: Palette
) -> list[TableCell]:
    """The pane's text for a step.

    measured: the rate at this θ, if it was asked for. waiting: the overlap is being computed.
    """
    faint = Style(dim=True) if palette.mode != "truecolor" else ink(palette, palette.muted)
    said = entries(snapshot, convergence, measured, palette, waiting=waiting)
    return [line for label, text in said for line in _laid_out(label, text, width, faint)]


def entries(
    snapshot: StepSnapshot, convergence: Convergence, measured: Measured, palette: Palette, *, waiting: bool = False
) -> tuple[tuple[str, str], ...]:
    """Labels and texts in their order; labels without a text are left out."""
    at_rest = snapshot.step.stop_reason is not None and snapshot.step.converged
    all_of_it = [
        ("rest", "" if snapshot.step.rest is None else plain(snapshot.step.rest.said)),
        ("rate", rate_words(convergence, at_rest)),
        ("measured", measured_words(convergence, measured)),
        ("missing", missing_words(convergence, measured, snapshot.spec.model.ascent)),
        ("change", change_words(convergence)),
        ("to go", to_go_words(snapshot, convergence, measured)),
        ("to gain", left_words(convergence)),
        ("why" if convergence.slow else "overlap", _overlap(snapshot, convergence, palette, waiting)),
        *(
            ("helps" if not place else "", text)
            for place, text in enumerate(help_words(convergence, measured, at_rest, snapshot.step.rest))
        ),
    ]
    return tuple((label, text) for label, text in all_of_it if text)


def _overlap(snapshot: StepSnapshot, convergence: Convergence, palette: Palette, waiting: bool) -> str:
    if convergence.overlap is None:
        return "…" if waiting else ""
    names = view_for(snapshot.spec.model).component_names(snapshot)
    return overlap_words(convergence.overlap, tuple(f"{palette.marker(k)} {name}" for k, name in enumerate(names)))


def _laid_out(label: str, text: str, width: int, faint: Style) -> Iterator[TableCell]:
    """A label and its text, wrapped beside it."""
    width, text = min(width, _WIDEST), clean(text)
    if width < _NARROW:
        if label:
            yield ((label, faint),)
        yield from wrapped(text, width)
        return
    for place, part in enumerate(wrapped(text, width - _LABELS)):
        yield ((pad(label if place == 0 else "", _LABELS), faint), (part, Style()))
