"""The responsibilities of one row in a list, as they are and as they would be, and how one is moved on the simplex."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from rich.style import Style

from emtui.charts.cell_text import clean
from emtui.charts.colors import Palette
from emtui.session.queries import QMoved
from emtui.session.row_weights import place_in_model
from emtui.session.snapshot import StepSnapshot
from emtui.views import view_for
from emtui.views.number_format import number, probability
from emtui.views.sentences import row_name
from emtui.widgets.table_columns import Sheet, TableCell, TableColumn, ink
from engine.errors import OptionError

STEP = 0.05
_SAME = 1e-12
_DECIMALS = 4


@dataclass(frozen=True, eq=False)
class QTable:
    """The source of the list, one component a line. q: as it would be; None as it is."""

    snapshot: StepSnapshot
    row: int
    q: tuple[float, ...] | None = None

    @property
    def before(self) -> tuple[float, ...]:
        """q as it is; () where rows have none that could be moved."""
        if self.refusal:
            return ()
        found = self.snapshot.responsibilities_of(np.array([self.row]))
        return () if found is None else tuple(float(share) for share in found[0])

    @property
    def now(self) -> tuple[float, ...]:
        """q as it would be."""
        return self.before if self.q is None else self.q

    @property
    def refusal(self) -> str:
        """Why no q can be moved here, in a sentence; "" where it can."""
        step, model = self.snapshot.step, self.snapshot.spec.model
        if not model.hides:
            return "Nothing is hidden in this model, so there is no q to move."
        if model.no_q_by_hand:
            return model.no_q_by_hand[:1].upper() + model.no_q_by_hand[1:]
        if step.phase != "E":
            return "the q of a row is moved after an E-step, before the M-step that follows it: esc, and press e first."
        data, name = step.problem.data, row_name(self.snapshot, self.row)
        given = place_in_model(self.snapshot.spec, self.row)
        place = None if given is None else data.place_of(given)
        if place is None:
            return f"{name} takes no part in the fit, so its q moves nothing: tab goes to the rows."
        if model.takes_labels and data.y is not None and data.y[place] >= 0:
            return f"The label of {name} is known, so there is nothing to move of its q: tab goes to the rows."
        return ""

    def moved(self, k: int, value: float) -> tuple[float, ...]:
        """q with that share for one component, the others in proportion. Raises OptionError outside 0 to 1."""
        if not 0.0 <= value <= 1.0:
            raise OptionError(f"A responsibility can't be {number(value)}: it lies between 0 and 1.")
        return with_share(self.now, k, value)

    def query(self, q: tuple[float, ...]) -> QMoved | None:
        """The change to be asked for and made; None where nothing is changed."""
        if np.allclose(q, self.before, rtol=0.0, atol=_SAME):
            return None
        return QMoved(self.snapshot.spec, self.row, q)

    @property
    def preview(self) -> StepSnapshot:
        """The snapshot with the row's colour as it would be."""
        R, here = self.snapshot.responsibilities, np.flatnonzero(self.snapshot.rows == self.row)
        if R is None or not len(here) or self.q is None:
            return self.snapshot
        changed = R.copy()
        changed[here] = self.q
        return replace(self.snapshot, responsibilities=changed)

    def sheet(self, width: int, palette: Palette) -> Sheet:
        """Lay it out in this width."""
        name = max(8, width - 22)
        columns = (
            TableColumn("name", f"q of {row_name(self.snapshot, self.row)}", name),
            TableColumn("was", "is", 8, "right"),
            TableColumn("now", "would be", 9, "right"),
        )
        names, before, now = view_for(self.snapshot.spec.model).component_names(self.snapshot), self.before, self.now

        def line(k: int) -> Sequence[TableCell]:
            color = ink(palette, palette.color(k), bold=True)
            moved = abs(now[k] - before[k]) > _SAME
            arrow = ("^" if now[k] > before[k] else "v") if palette.ascii else "▲" if now[k] > before[k] else "▼"
            faint = ink(palette, palette.muted) if moved else Style()
            return (
                ((f"{palette.marker(k)} {clean(names[k]) if k < len(names) else k + 1}", color),),
                ((probability(before[k], _DECIMALS), faint),),
                ((f"{probability(now[k], _DECIMALS)}{arrow}", Style(bold=True)),) if moved else "",
            )

        return Sheet(columns, len(before), lambda places: [line(k) for k in places])

    def sentence(self, k: int) -> str:
        """What the chosen share is, and how it moves."""
        if not self.before:
            return self.refusal
        k = min(k, len(self.before) - 1)
        was, now = probability(self.before[k], _DECIMALS), probability(self.now[k], _DECIMALS)
        name = view_for(self.snapshot.spec.model).component_names(self.snapshot)[k]
        value = was if was == now else f"{was} → {now}"
        return (
            f"q of {row_name(self.snapshot, self.row)} for component {clean(name)}: {value}; ← → move it by {STEP}; "
            "the others share what is left. The log-likelihood stays: the bound falls by the KL that opens."
        )


def with_share(q: tuple[float, ...], k: int, value: float) -> tuple[float, ...]:
    """q with q_k at this value and the others scaled to what is left; evenly where they had nothing."""
    others = np.array([share for place, share in enumerate(q) if place != k])
    total, left = float(others.sum()), 1.0 - value
    scaled = others * (left / total) if total > 0 else np.full(len(others), left / max(1, len(others)))
    made = list(scaled.tolist())
    made.insert(k, value)
    return tuple(made)
