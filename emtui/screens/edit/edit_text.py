"""A change that is not made yet, in words, and the keys for it."""

from __future__ import annotations

from typing import Literal

from emtui.session.snapshot import StepSnapshot
from emtui.views.number_format import number
from emtui.views.parameter_edit import ParameterEdit, limits_words
from emtui.views.sentences import row_name
from engine.editing.entries import RULES, Entry

Subject = Literal["parameters", "rows", "q"]
SUBJECTS: tuple[Subject, ...] = ("parameters", "rows", "q")
"""In the order in which `tab` turns to them."""
TITLES: dict[Subject, str] = {"parameters": "parameters", "rows": "rows", "q": "q of a row"}
KEYS: dict[Subject, str] = {
    "parameters": "↑↓ choose · ←→ move · enter do it · esc leave · tab rows · 0-9 type · bksp back"
    " · [ ] ×10 · { } ÷10 · a axes",
    "rows": "↑↓ choose · x leave out · enter do it · tab q of the row · + − count · esc leave · 0-9 row · bksp back",
    "q": "↑↓ choose · ←→ move · enter do it · tab parameters · esc leave · 0-9 type · bksp back · [ ] ×10 · { } ÷10",
}
"""The keys, the most needed first."""
_FOLLOWS = {"alone": "Nothing else moves.", "covariance": "Its mirror image follows."}


def entry_sentences(edit: ParameterEdit, entry: Entry) -> tuple[str, ...]:
    """An entry's value, its new value, its limits, and what moves with it; in shorter and shorter forms."""
    was, now, step = edit.before(entry), edit.value(entry), edit.step(entry)
    value = f"{number(was, 5)} → {number(now, 5)}" if now != was else number(now, 5)
    nudge = "by a tenth of itself" if step is None else f"by {number(step)}"
    rule = _FOLLOWS.get(entry.rule, f"When it moves, {RULES[entry.rule]}.")
    name = edit.named(entry)
    said = f"{name}: {value}; it may be {limits_words(*edit.limits(entry))}"
    return (
        f"{said}, and ← → move it {nudge}. {rule}",
        f"{said}. {rule}",
        f"{name}: {value}. {rule}",
        f"{name}: {value}.",
    )


def row_sentence(snapshot: StepSnapshot, row: int, was: float, now: float) -> str:
    """A row's weight and its new weight."""
    name = row_name(snapshot, row)
    if was == now:
        if now == 0:
            return f"{name} is left out: + puts it back."
        return f"{name} counts {counted(now)}: x leaves it out, + counts it once more, − once less."
    would = "be left out" if now == 0 else f"count {counted(now)}"
    return f"{name} would {would}; now it {'is left out' if was == 0 else f'counts {counted(was)}'}."


def typing_sentence(edit: ParameterEdit, entry: Entry | None) -> str:
    """What can be typed: a value of the entry; without an entry, the number of a row."""
    if entry is None:
        return "Write the number of a row: enter goes there, esc does not."
    limits = limits_words(*edit.limits(entry))
    return f"{edit.named(entry)}, {number(edit.value(entry), 5)} now: write {limits}; enter takes it, esc does not."


def counted(weight: float) -> str:
    """A row's weight in a word or two."""
    return {0.0: "left out", 1.0: "once", 2.0: "twice"}.get(weight, f"{number(weight)} times")
