"""The table below a race: where each racer stands."""

from __future__ import annotations

from dataclasses import replace

from rich.style import Style

from emtui.charts.colors import Palette
from emtui.networks.cost import seconds_in_words
from emtui.screens.studies.race_sentences import SAME, top_objective
from emtui.session.race import Race, Racer
from emtui.views.number_format import MISSING, amount, number, share
from emtui.widgets.plain_table import PlainTable
from emtui.widgets.table_columns import TableCell, TableColumn, ink

WEAK = "!"
"""After the name of a racer with a component that is dead, on a single row or on the ridge."""
_COLUMNS = (
    TableColumn("name", "racer", 13),
    TableColumn("objective", "objective", 14, "right"),
    TableColumn("hits", "accuracy", 15, "right"),
    TableColumn("iterations", "iterations", 10, "right"),
    TableColumn("seconds", "time", 8, "right"),
    TableColumn("state", "", 31, gap=2),
)


def race_table(now: Race | None, palette: Palette) -> PlainTable:
    """A table with the current results of each racer."""
    rows: list[tuple[TableCell, ...]] = []
    top = top_objective(now)
    for place, racer in enumerate(() if now is None else now.racers):
        assert now is not None
        name: TableCell = (
            (palette.marker(place), ink(palette, palette.color(place), bold=True)),
            (f" {racer.name}{WEAK if racer.weak else ''}", Style()),
        )
        if not racer.laps:
            rows.append((name, MISSING, MISSING, MISSING, MISSING, racer.error or ""))
            continue
        lap = racer.laps[-1]
        hits = MISSING if lap.hits is None else share(lap.hits, now.n_judged)
        hits = hits if lap.rmse is None else number(lap.rmse, 4)
        stands, time = racer.error or _standing(racer, top), seconds_in_words(lap.seconds)
        rows.append((name, amount(lap.objective), hits, str(lap.iteration), time, stands))
    columns: tuple[TableColumn, ...] = _COLUMNS
    if now is not None and now.by_validation:
        title = "validation RMSE" if now.by_rmse else "validation"
        columns = tuple(replace(one, title=title) if one.key == "hits" else one for one in columns)
    return PlainTable(columns, tuple(rows), ("seconds", "iterations", "hits"))


def _standing(racer: Racer, top: float) -> str:
    """The state of a racer: running, converged at the top, or stopped that far below it."""
    gap = top - racer.laps[-1].objective
    far = f"{number(gap)} below the top" if gap > SAME else "at the top"
    if racer.stop_reason is None:
        return f"running, {far}"
    if not racer.converged:
        return f"not at rest, {far}"
    return f"stopped {far}" if gap > SAME else "at rest at the top"
