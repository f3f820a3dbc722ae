"""The ledger of a half-step as lines of text: what adds up to what, its changes, and the parameters it belongs to."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.style import Style

from emtui.charts.cell_text import clean, pad, wrapped
from emtui.charts.colors import Palette
from emtui.session.snapshot import StepSnapshot
from emtui.views import view_for
from emtui.views.estimate_words import draws_words
from emtui.views.number_format import fixed, listed, number, signed
from emtui.views.sentences import line, plain
from emtui.widgets.table_columns import TableCell, ink
from engine.editing.edits import rows_with_given_q
from engine.explain.ledger import Fall, Quantity, Reason

_ROUNDING = 1e-12
"""Relative to a sum: a change below this is of its last digits."""

_WIDEST = 60  # cells: in a wider line a number stands too far from its name


@dataclass(frozen=True)
class LedgerEntry:
    """A line of the ledger: "+" adds to what stands above it, "=" is the sum so far, "" begins.

    value and change are in nats; change is since the half-step before, nan if there is nothing to compare with.
    """

    sign: str
    name: str
    short: str
    value: float
    change: float


def entries(snapshot: StepSnapshot) -> tuple[LedgerEntry, ...]:
    """Q = its parts, L = Q + H, ln p(X | θ) = L + KL, objective = ln p(X | θ) + ln p(θ); all of this step's θ and q.

    If the E-step is not exact, the objective is the bound + ln p(θ). Without q (before the first E-step, or if nothing
    is hidden) the ledger begins with the log-likelihood.
    """
    model, book = snapshot.spec.model, snapshot.ledger
    likelihood = model.objective_label
    scale = max(1.0, *(abs(line.value) for line in book.lines if math.isfinite(line.value)))

    def entry(sign: str, name: str, short: str, quantity: Quantity) -> LedgerEntry:
        # what a subtraction left of nothing is nothing
        value, change = (
            0.0 if abs(v) <= _ROUNDING * scale else v for v in (book.value(quantity), book.change(quantity))
        )
        if quantity in model.estimates:
            name, short = name if name == likelihood else f"estimated {name}", f"est. {short}"
        return LedgerEntry(sign, name, short, value, change)

    lines: list[LedgerEntry] = []
    if model.hides and math.isfinite(book.value("elbo")):
        lines += [
            *_parts_of_q(snapshot),
            entry("=" if book.parts else "", "Q(θ; q)", "Q", "q_value"),
            entry("+", "entropy H(q)", "H(q)", "entropy"),
            entry("=", "bound L(q, θ)", "bound", "elbo"),
        ]
    prior = book.value("log_prior") != 0.0
    if not lines:
        lines.append(entry("", likelihood, "log-lik.", "log_likelihood"))
    elif math.isfinite(book.value("kl")):
        lines += [entry("+", "KL(q ‖ posterior)", "KL", "kl"), entry("=", likelihood, "log-lik.", "log_likelihood")]
        if prior and not model.exact:
            lines.append(entry("", "bound L(q, θ)", "bound", "elbo"))
    if prior:
        lines += [entry("+", "log-prior", "prior", "log_prior"), entry("=", "objective", "objective", "objective")]
    return tuple(lines)


def _parts_of_q(snapshot: StepSnapshot) -> list[LedgerEntry]:
    """What Q is the sum of, where the model has parts of it."""
    view, parts = view_for(snapshot.spec.model), snapshot.ledger.parts
    words = [view.q_part(part.name) for part in parts]
    return [
        LedgerEntry("+" if place else "", said, said.split(",")[0].replace(" of the ", " "), part.value, part.change)
        for place, (said, part) in enumerate(zip(words, parts, strict=True))
    ]


def ledger_lines(snapshot: StepSnapshot, width: int, palette: Palette) -> tuple[TableCell, ...]:
    """The ledger in this width: a head, one line per entry, the parameters they belong to, and why something fell."""
    width = min(width, _WIDEST)
    shown = entries(snapshot)
    values = _values([entry.value for entry in shown])
    changes = ["" if math.isnan(entry.change) else signed(entry.change) for entry in shown]
    values_room, changes_room = max(map(len, values)), max(6, *map(len, changes))
    room = width - 2 - values_room - (changes_room + 1 if any(changes) else 0)
    names = [entry.name if cell_len(entry.name) < room else entry.short for entry in shown]
    shown_changes = any(changes) and max(map(cell_len, names)) < room
    if any(changes) and not shown_changes:
        room += changes_room + 1
    faint = Style(dim=True) if palette.mode != "truecolor" else ink(palette, palette.muted)
    lines: list[TableCell] = []
    if shown_changes:
        lines.append(((f"{'now':>{2 + room + values_room}} {'change':>{changes_room}}", faint),))
    for entry, name, value, change in zip(shown, names, values, changes, strict=True):
        style = Style(bold=entry.sign == "=" or None)
        text = f"{entry.sign or ' '} {pad(clean(name), max(1, room))}{value}"
        told = entry.sign == "=" and entry.change and entry.short != "Q"  # Q falls where entropy rises: no news
        color = ink(palette, palette.color(1 if entry.change < 0 else 0)) if told else faint
        tail = (f" {change:>{changes_room}}", color) if shown_changes else ("", faint)
        lines.append(((text, style), tail))
    lines += [((text, faint),) for said in _belongings(snapshot) for text in wrapped(said, width)]
    error = snapshot.step.log_likelihood_error
    if error > 0:
        said = f"The log-likelihood is estimated from draws: its standard error is {number(error, 2)}"
        said = ", and ".join(filter(None, (said, draws_words(snapshot.step)))) + "."
        lines += [((text, faint),) for text in wrapped(said, width)]
    if snapshot.step.remark:
        lines += wrapped(line([plain(snapshot.step.remark)]), width)
    return (*lines, *(part for said in falls(snapshot) for part in wrapped(said, width)))


def _values(values: Sequence[float]) -> list[str]:
    """Aligned numbers, with as many decimals as fit, and exponents for those that would show as 0."""
    largest = max((abs(value) for value in values if math.isfinite(value)), default=0.0)
    decimals = max(0, min(4, 8 - len(f"{largest:z.0f}"))) if largest < 1e9 else 3
    texts = []
    for value in values:
        tiny = 0 < abs(value) < 0.5 * 10.0**-decimals
        texts.append(number(value, 3) if tiny or abs(value) >= 1e9 else fixed(value, decimals))
    room = max(map(len, texts))
    return [text.rjust(room) for text in texts]


def _belongings(snapshot: StepSnapshot) -> list[str]:
    """Which parameters θ and q belong to."""
    step = snapshot.step
    theta = "θ: the start" if step.iteration == 0 or (step.iteration == 1 and step.phase == "E") else None
    theta = theta or f"θ: of iteration {step.iteration - (step.phase == 'E')}"
    given = rows_with_given_q(step)
    if given and step.phase == "E":
        rows = "one row" if len(given) == 1 else f"{len(given)} rows"
        return [f"{theta}; q: settled at this very θ, but for {rows} by hand, so KL is what that opened."]
    if _moved_by_hand(snapshot):
        theta = f"{theta}, moved by hand"
    elif snapshot.record.by_hand:
        return ["θ and θ_q stay; the rows weigh otherwise, so each change is between sums over other rows."]
    if not snapshot.spec.model.hides:
        return [f"{theta}. Nothing is hidden, so there is no q, no bound and no KL."]
    if step.at_q is None:
        return [f"{theta}. There is no q before the first E-step."]
    if step.phase == "E":
        return [f"{theta}; q: settled at this very θ."]
    settled = "the start" if step.iteration == 1 else f"θ of iteration {step.iteration - 1}"
    who = "a hand on q and the M-step" if given else "the M-step"
    if _moved_by_hand(snapshot):
        who = "the move" if snapshot.previous is not None and snapshot.previous.phase == "E" else "the moves since"
    opened = f", so KL is what {who} opened" if snapshot.spec.model.exact and snapshot.record.kl > _ROUNDING else ""
    return [f"{theta}; q: settled at {settled}{opened}."]


def _moved_by_hand(snapshot: StepSnapshot) -> bool:
    """θ was changed by hand in place of the M-step, on the same rows."""
    return (
        snapshot.record.by_hand and snapshot.previous is not None and snapshot.previous.problem is snapshot.step.problem
    )


def falls(snapshot: StepSnapshot) -> list[str]:
    """What fell in this half-step, and why: a sentence for each reason; () if nothing fell."""
    names = {"log_likelihood": snapshot.spec.model.objective_label, "elbo": "bound", "objective": "objective"}
    shown = {entry.name for entry in entries(snapshot)}
    by_reason: dict[str, list[Fall]] = {}
    for fall in snapshot.ledger.falls:
        if fall.quantity != "objective" or "objective" in shown:
            by_reason.setdefault(fall.reason, []).append(fall)
    return [
        f"The {listed([f'{names[fall.quantity]} fell {number(fall.amount)}' for fall in fallen])}: {_why(fallen[0])}."
        for fallen in by_reason.values()
    ]


def _why(fall: Fall) -> str:
    if fall.reason == "estimate":
        errors = f", {number(fall.errors, 2)} standard errors here" if math.isfinite(fall.errors) else ""
        return f"the log-likelihood is estimated from draws{errors}"
    if fall.reason == "by_hand":
        return "; ".join(plain(detail) for detail in fall.details)
    said = _REASONS[fall.reason]
    return f"{said} ({'; '.join(plain(detail) for detail in fall.details)})" if fall.details else said


_REASONS: dict[Reason, str] = {
    "by_hand": "moved by hand",
    "given": "q was moved by hand, so the M-step raised a bound that did not touch",
    "event": "the M-step set parameters by a rule, not by the maximum",
    "gradient": "the gradient step was too long",
    "hard": "hard assignment pushes up the bound alone",
    "sampled": "the assignments were drawn, so nothing has to rise",
    "annealed": "at a temperature other than 1 nothing has to rise",
    "leap": "an accelerated step goes past the bound's top, to where the objective is no lower",
    "prior": "the log-prior gained more, and the objective is their sum",
    "branch": "the step before belongs to another start",
    "unexplained": "a limit of the arithmetic, since exact EM can't fall",
}
