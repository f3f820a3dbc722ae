"""The numbers of a change that is not made yet, each with its difference: lines under a list, or one line."""

from __future__ import annotations

import math

from rich.cells import cell_len
from rich.style import Style

from emtui.charts.colors import Palette
from emtui.session.snapshot import StepSnapshot
from emtui.views.estimate_words import quantity_name
from emtui.views.number_format import amount, signed
from emtui.widgets.plain_table import PlainTable
from emtui.widgets.table_columns import TableCell, TableColumn, ink, joined
from engine.explain.ledger import Ledger, Quantity

_ROUNDING = 1e-12


def shown(snapshot: StepSnapshot) -> list[tuple[Quantity, str]]:
    """Which numbers, and what they are called here: a prior or a bound only where there is one."""
    model, has_q = snapshot.spec.model, snapshot.step.at_q is not None
    found: list[tuple[Quantity, str]] = [("log_likelihood", model.objective_label)]
    if has_q:
        found += [("elbo", quantity_name(model, "elbo", "bound")), ("kl", quantity_name(model, "kl", "KL"))]
    if snapshot.record.log_prior:
        found.append(("objective", "objective" if model.exact else "bound + prior"))
    return [one for one in found if math.isfinite(getattr(snapshot.record, one[0]))]


def number_table(snapshot: StepSnapshot, book: Ledger | None, palette: Palette, *, waiting: bool = False) -> PlainTable:
    """One line each: the number as it would be (as it is, without a ledger), and its difference.

    waiting: the ledger is not there yet, so that there is no number.
    """
    lines: list[tuple[TableCell, ...]] = []
    for quantity, name in shown(snapshot):
        now, change = _number(snapshot, book, quantity)
        gain = change < 0 if quantity == "kl" else change > 0
        style = ink(palette, palette.color(0 if gain else 1), bold=True)
        shown_now = "~" if waiting and palette.ascii else "…" if waiting else amount(now)
        shown_change = signed(change) if change and not waiting else ""
        lines.append((name, ((shown_now, Style(bold=True)),), ((shown_change, style),)))
    longest = max((cell_len(name) for _, name in shown(snapshot)), default=1)
    columns = (
        TableColumn("name", "", longest),
        TableColumn("now", "", 14, "right"),
        TableColumn("change", "", 11, "right", gap=2),
    )
    return PlainTable(columns, tuple(lines), first_to_go=("change",))


def number_line(snapshot: StepSnapshot, book: Ledger | None, width: int, *, waiting: bool = False) -> str:
    """The same on one line, as far as it fits."""
    if waiting:
        return "computing …"
    parts = []
    for quantity, name in shown(snapshot):
        now, change = _number(snapshot, book, quantity)
        short = "log-lik." if name == "log-likelihood" else name
        parts.append(f"{short} {amount(now)}{f' ({signed(change)})' if change else ''}")
    return joined(parts, width)


def _number(snapshot: StepSnapshot, book: Ledger | None, quantity: Quantity) -> tuple[float, float]:
    if book is None:
        value = float(getattr(snapshot.record, quantity))
        rounding = _ROUNDING * max(1.0, abs(snapshot.record.log_likelihood))
        return _kl(value, rounding) if quantity == "kl" else value, 0.0
    value, change = book.value(quantity), book.change(quantity)
    rounding = _ROUNDING * max(1.0, *(abs(line.value) for line in book.lines if math.isfinite(line.value)))
    nothing = not math.isfinite(change) or abs(change) <= rounding
    return _kl(value, rounding) if quantity == "kl" else value, 0.0 if nothing else change


def _kl(value: float, rounding: float) -> float:
    """KL; 0 if the two numbers differ in their last digits alone, and never below 0."""
    return 0.0 if abs(value) <= rounding else value
