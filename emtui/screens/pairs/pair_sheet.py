"""The pair plot as a figure for a slide or a paper."""

from __future__ import annotations

from dataclasses import replace

from emtui.exports.pictures.chart_plots import pair_plots
from emtui.exports.pictures.figure import PRINT
from emtui.exports.pictures.scene_plot import plot_of, sign_of
from emtui.exports.pictures.shapes import Sheet
from emtui.exports.pictures.step_sheets import title_of
from emtui.exports.sheet_exports import sheet_exports
from emtui.screens.pairs.groupings import GroupingName, grouping
from emtui.screens.pairs.pair_order import Pair, PairOrder
from emtui.screens.pairs.pair_plot import PairPlot
from emtui.session.session import Session
from emtui.session.snapshot import StepSnapshot
from emtui.views import view_for
from engine.errors import EngineError

_MOST_COLUMNS = 6  # in a figure that nobody has chosen the features of
_POINTS = 5_000, 1_000  # of a pair alone, and of one of many
_INCHES = 1.5  # of a pair in a grid


def pair_sheet(
    snapshot: StepSnapshot, colored_by: GroupingName = "own", columns: tuple[int, ...] = (), pair: Pair | None = None
) -> Sheet:
    """Every pair of these features, or of the best separated ones; or this pair alone.

    Raises:
        EngineError: the data have no pairs of features to draw.
    """
    if reason := why_no_pairs(snapshot):
        raise EngineError(reason)
    groups, data = grouping(snapshot, colored_by), snapshot.spec.dataset
    if not columns and pair is None:
        columns = PairOrder.of(data).window(0, min(_MOST_COLUMNS, data.n_features))
    alone = len(columns) < 2
    plot = PairPlot(snapshot, groups, PRINT, _POINTS[0] if alone else _POINTS[1])
    n_rows = len(groups.rows)
    said = [f"{plot.n_drawn:,} of {n_rows:,} rows are drawn, evenly from all."] if plot.n_drawn < n_rows else []
    said += [groups.said] if groups.said else []
    caption = f"coloured by {groups.title}"
    if alone:
        x, y = pair or (columns[0], columns[0])
        scene = plot.density(x, small=False) if x == y else plot.pair(x, y, small=False)
        return Sheet(title_of(snapshot), [[plot_of(scene, PRINT)]], caption, said)
    rows = pair_plots(plot.grid(columns, None), PRINT)
    rows[0][-1] = replace(rows[0][-1], legend=tuple(sign_of(*entry) for entry in plot.legend()))
    side = 1.2 + _INCHES * len(columns)
    said.append(f"Correlations of all rows, and within each group as {groups.title} has them.")
    return Sheet(title_of(snapshot), rows, caption, said, side + 1.0, side, joined=True)


def why_no_pairs(snapshot: StepSnapshot) -> str:
    """Why there can be no pair plot of this, in a sentence; "" where there can."""
    model = snapshot.spec.model
    if any(axis.kind == "feature" for axis in view_for(model).single_axes(snapshot)):
        return ""
    return (
        f"The pair plot is for a table of measured features, which {model.name} does not model: "
        "choose the model gmm or kmeans on such data."
    )


def _of_session(session: Session) -> Sheet:
    return pair_sheet(session.snapshot())


PAIR_FIGURES = sheet_exports("pair plot", "pairs", _of_session)
"""The pair plot of an exploration, as files."""
