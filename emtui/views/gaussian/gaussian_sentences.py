"""How a component of a Gaussian mixture moved, widened and rose or fell in weight, as a clause.

Rows that lean to it are the E-step's to tell, so that one gain is not told twice.
"""

from __future__ import annotations

from collections.abc import Sequence

from emtui.views.changes import ComponentMove
from emtui.views.number_format import listed, number, percent, probabilities_apart, probability
from emtui.views.sentences import component_name

_REST = 1e-4
_ROUNDING = 1e-9
"""A move of so little is the arithmetic's."""
_NO_WIDENING = 5e-4
_NO_WEIGHT = 5e-4


def moved_clause(move: ComponentMove, columns: Sequence[str], kind: str) -> str:
    """The move in words: "component 2 moved 0.31 along petal length and fell in weight from .35 to .25".

    Args:
        move: of the component that moved most.
        columns: the names of the columns.
        kind: the covariance type: tied components widen together, a spherical one in every direction alike.
    """
    if move.amount < _REST:
        least = f" by more than {number(move.amount, 2)} of its width" if move.amount > _ROUNDING else ""
        return f"no component moved{least}"
    along, wide = columns[move.shift_column], columns[move.widening_column]
    widens, moves = abs(move.widening) >= _NO_WIDENING, move.shift != 0
    did = []
    if moves:
        apart = along != wide or kind in ("tied", "spherical") or not widens
        did.append(f"moved {number(abs(move.shift))}" + (f" along {along}" if apart else ""))
    if widens and kind != "tied":
        did.append(f"{width(move.widening)} {'all round' if kind == 'spherical' else f'along {wide}'}")
    before, now = move.weights
    if abs(now - before) >= _NO_WEIGHT:
        did.append(
            f"{'rose' if now > before else 'fell'} in weight from {' to '.join(probabilities_apart(before, now))}"
        )
    said = f"{component_name(move.component)} {listed(did)}" if did else ""
    if widens and kind == "tied":
        together = f"all components {width(move.widening)} along {wide}"
        return f"{said}; {together}" if said else together
    return said or f"the weight of {component_name(move.component)} is now {probability(now)}"


def width(widening: float) -> str:
    """A standard deviation's relative change in words: widened 30 %, narrowed 2 %, widened 6-fold."""
    if widening > 2:
        return f"widened {number(1 + widening)}-fold"
    if -1 < widening < -2 / 3:
        return f"narrowed {number(1 / (1 + widening))}-fold"
    return f"{'widened' if widening > 0 else 'narrowed'} {percent(abs(widening))}"
