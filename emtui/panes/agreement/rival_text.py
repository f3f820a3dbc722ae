"""The agreement pane where a target is learned: both methods on training and test rows, and their confusion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.style import Style

from emtui.charts.cell_picture import to_strips
from emtui.charts.cell_text import fit, pad, wrapped
from emtui.charts.colors import Palette
from emtui.charts.heatmap import draw_matrix
from emtui.networks.rival import differences, short_name
from emtui.networks.scores import Score, loss_name
from emtui.views.confusion import MOST_CLASSES, prediction_matrix
from emtui.views.number_format import fixed
from emtui.views.score_words import estimated_losses, how_right, how_right_alone
from emtui.widgets.table_columns import Piece, TableCell, ink

if TYPE_CHECKING:
    from emtui.networks.rival import MethodComparison
    from emtui.networks.scores import Progress

_ROOM_FOR_KINDS = 18


ON_ITS_WAY = "The other method is on its way."


def comparison_lines(
    comparison: MethodComparison, model: Any, width: int, palette: Palette, *, tables: bool = True
) -> list[TableCell]:
    """Hits and losses of both methods, then their confusion matrices, side by side if both fit, and what differs.

    tables: without them it is the lines that can be read one by one.
    """
    sides = [(short_name(model), comparison.here)]
    if comparison.rival_here is not None:
        sides.append((comparison.rival_name, comparison.rival_here))
    room = max(len(name) for name, _ in sides)
    lines: list[TableCell] = []
    loss = loss_name(model, comparison.split.prediction)
    for color, (name, found) in enumerate(sides):
        lines += _method(name, found, loss, room, width, ink(palette, palette.color(color), bold=True))
    if comparison.rival_here is None:
        lines += wrapped(comparison.rival_why or ON_ITS_WAY, width)
    elif comparison.rival_here.iteration < comparison.here.iteration:
        behind = f"{sides[1][0]} has come to iteration {comparison.rival_here.iteration}"
        lines += wrapped(behind, width)
    classes = comparison.split.class_names[:MOST_CLASSES]
    scores = [(name, *(("train", one.train) if one.test is None else ("test", one.test))) for name, one in sides]
    said = "" if comparison.rival_model is None else differences(model, comparison.rival_model)
    said = " ".join(filter(None, (estimated_losses(found for _, found in sides), said)))
    last = ["", *wrapped(said, width)] if said else []
    if comparison.split.numeric or not tables:
        return [*lines, *last]
    matrices = [(f"{name}, {kind}", score.confusion) for name, kind, score in scores if isinstance(score, Score)]
    return [*lines, "", *_confusions(matrices, classes, width, palette), *last]


def _method(name: str, found: Progress, loss: str, room: int, width: int, style: Style) -> list[TableCell]:
    """Two lines for a method, hits and log-losses; one if that fits. loss: what these are called."""
    parts = [("train", found.train)] + ([] if found.test is None else [("test", found.test)])
    long = "  ".join(f"{kind} {how_right(s)} {loss} {fixed(s.log_loss, 3)}" for kind, s in parts)
    head = f"{pad(name, room)} "
    if len(head) + len(long) <= width:
        return [((head, style), (long, Style()))]
    hits = [f"{kind} {how_right(s)}" for kind, s in parts]
    if len(head) + len("  ".join(hits)) <= width:
        losses = f"{loss} " + " · ".join(fixed(s.log_loss, 3) for _, s in parts)
        return [((head, style), ("  ".join(hits), Style())), " " * len(head) + losses]
    if width >= _ROOM_FOR_KINDS:
        said = f" · {loss}" if len(name) + len(loss) + 3 <= width else ""
        lines: list[TableCell] = [((name, style), (said, Style()))]
        for kind, s in parts:
            forms = (f" {pad(kind, 5)} {how_right(s)}", f" {kind} {how_right(s)}")
            with_loss = [f"{form} · {fixed(s.log_loss, 3)}" for form in forms]
            lines.append(next((form for form in with_loss if len(form) <= width), fit(forms[0], width)))
        return lines
    return [((fit(name, width), style),), *(fit(how_right_alone(s), width) for _, s in parts)]


def _confusions(
    matrices: Sequence[tuple[str, Any]], classes: Sequence[str], width: int, palette: Palette
) -> list[TableCell]:
    """Side by side where both fit."""
    drawn = [_confusion(title, found, classes, palette, width) for title, found in matrices]
    if len(drawn) == 2:
        half = (width - 2) // 2
        beside = [_confusion(title, found, classes, palette, half) for title, found in matrices]
        needed = 4 + 4 * len(classes)
        if half >= needed:
            return [(*left, ("  ", Style()), *right) for left, right in zip(beside[0], beside[1], strict=True)]
    return [line for lines in drawn for line in lines]


def _confusion(title: str, found: Any, classes: Sequence[str], palette: Palette, width: int) -> list[tuple[Piece, ...]]:
    """Targets down, predictions across, each line filled to the width; the corner names the method."""
    picture = draw_matrix(prediction_matrix(found, classes, palette, width), width, len(classes) + 1, palette)
    lines: list[tuple[Piece, ...]] = [((pad(title, width), ink(palette, palette.muted)),)]
    for strip in to_strips(picture, palette.mode):
        lines.append(tuple((segment.text, segment.style or Style()) for segment in strip))
    return lines
