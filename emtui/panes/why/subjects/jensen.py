"""Jensen's inequality on the chosen row: the gap between ln p(x) and the row's bound is its KL."""

from __future__ import annotations

from typing import Any

from rich.cells import cell_len
from rich.style import Style

from emtui.charts.cell_text import clean, fit, pad, wrapped
from emtui.charts.colors import Palette
from emtui.charts.scene import Scene
from emtui.panes.why.derivation_text import worked_lines
from emtui.panes.why.jensen_picture import jensen_scene, point_name
from emtui.panes.why.subjects.subject import Chosen, Subject, fitted_row
from emtui.session.queries import Query, RowJensen
from emtui.session.snapshot import StepSnapshot
from emtui.views import view_for
from emtui.views.number_format import fixed, number
from emtui.views.sentences import row_name
from emtui.widgets.table_columns import TableCell, ink
from engine.explain.jensen import Jensen, JensenPoint

_TOGETHER = 1e-9  # of 1: nearer than this the points have fallen together
_WIDEST_NAME = 32  # cells


class JensenSubject(Subject):
    """The curve is ln; each point is a state of the row, weighted by q; their mean is the row's part of the bound."""

    name = "Jensen"
    of = "row"
    below_ledger = False

    def words(self, snapshot: StepSnapshot) -> str:
        """What `d` goes to."""
        return "Jensen"

    def titles(self, snapshot: StepSnapshot, chosen: Chosen, palette: Palette, room: int) -> tuple[str, ...]:
        """Of which row."""
        if chosen.row is None:
            return ("Jensen",)
        name = row_name(snapshot, chosen.row)
        return (f"why KL ≥ 0: Jensen · {name}", f"Jensen · {name}", "Jensen")

    def refusal(self, snapshot: StepSnapshot, chosen: Chosen) -> str:
        """Where there is no row, or one that is held back."""
        if not snapshot.spec.model.hides:
            return "nothing is hidden here, so there is no q and no bound to compare ln p(x) with"
        if chosen.row is None:
            return "there is no row to draw"
        if fitted_row(snapshot, chosen.row) is None:
            return "this row is held back for testing: it has no q and no part in the bound; ↑ and ↓ choose another"
        return ""

    def query(self, snapshot: StepSnapshot, chosen: Chosen) -> Query | None:
        """The numbers of the picture."""
        place = None if chosen.row is None else fitted_row(snapshot, chosen.row)
        return None if place is None else RowJensen(place)

    def lines(
        self, snapshot: StepSnapshot, chosen: Chosen, answer: Any, width: int, palette: Palette
    ) -> tuple[TableCell, ...]:
        """What the picture shows, in numbers."""
        if not isinstance(answer, Jensen):
            return worked_lines(answer, (), width, palette)
        return _lines(answer, view_for(snapshot.spec.model).component_names(snapshot), width, palette)

    def scene(self, snapshot: StepSnapshot, chosen: Chosen, answer: Any, palette: Palette) -> Scene | None:
        """The logarithm, the points, their mean and the gap."""
        if not isinstance(answer, Jensen):
            return None
        return jensen_scene(answer, view_for(snapshot.spec.model).component_names(snapshot), palette)


def _lines(found: Jensen, names: tuple[str, ...], width: int, palette: Palette) -> tuple[TableCell, ...]:
    total = f"ln p(x) {fixed(found.log_evidence)} = L {fixed(found.bound)} + KL {number(found.gap)}"
    if cell_len(total) > width:
        total = f"KL {number(found.gap)} = {fixed(found.log_evidence, 2)} − L"
    mean = f"L of {found.of or 'the row'}"
    said = [f"The curve is ln, at 1 it is ln p(x). ✚, the mean of the points by q, is {mean}; the line above it is KL."]
    if all(abs(point.log_abscissa) < _TOGETHER for point in found.points):
        said = ["q is the posterior: all points lie at 1, and nothing is between L and ln p(x)."]
    if found.left_out:
        said.append(f"{found.left_out} with q = 0 {'has' if found.left_out == 1 else 'have'} no point.")
    room = min(_WIDEST_NAME, max((cell_len(clean(point_name(point, names))) for point in found.points), default=0))
    told = wrapped(" ".join(said), width)
    return (
        ((total, Style(bold=True)),),
        *(_point_line(point, names, room, width, palette) for point in found.points),
        *told,
    )


def _point_line(point: JensenPoint, names: tuple[str, ...], room: int, width: int, palette: Palette) -> TableCell:
    """`● 1  q 0.378  at 0.41  ln −3.21`."""
    k = point.component
    mark, style = ("", Style()) if k is None else (f"{palette.marker(k)} ", ink(palette, palette.color(k), bold=True))
    numbers = f" q {number(point.q)} at {number(point.abscissa)}, ln {fixed(point.height)}"
    name = pad(fit(clean(point_name(point, names)), min(room, max(1, width - cell_len(mark + numbers)))), room)
    return ((f"{mark}{name}", style), (fit(numbers, max(1, width - cell_len(mark + name))), Style()))
