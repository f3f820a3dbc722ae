"""The catalogue of messages: every step of every model in one line of plain words that is true of it.

A view hands in what only it knows (what its components are called, how they start, how they moved); the rest is here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from emtui.settings.keys import PANE_KEYS
from emtui.spec.labels_given import known_labels
from emtui.spec.promise import may_fall
from emtui.views.bound_sentences import SAME, Settling, bound
from emtui.views.changes import drawn_responsibilities, expected_rows, most_moved, rows_that_count
from emtui.views.number_format import amount, count, listed, number, plural, probability, signed
from engine.analysis.rest import can_be_tested
from engine.em.inference import Hard, Sampled, Tempered
from engine.em.rest import Rest
from engine.text import clean

if TYPE_CHECKING:
    from emtui.session.snapshot import StepSnapshot

ComponentName = Callable[[int], str]
_NUMBER_WORDS = [
    "No",
    "One",
    "Two",
    "Three",
    "Four",
    "Five",
    "Six",
    "Seven",
    "Eight",
    "Nine",
    "Ten",
    "Eleven",
    "Twelve",
]
_ENTRY = re.compile(r"[a-z_.]+\[")
_NOT_NUMBERS = (
    (r"(?<!\w)-inf(inity)?(?!\w)", "−∞"),
    (r"(?<!\w)\+?inf(inity)?(?!\w)", "∞"),
    (r"(?<!\w)nan(?!\w)", "undefined"),
)


def tell(
    snapshot: StepSnapshot,
    *,
    start: str,
    component: ComponentName,
    moved: Callable[[], str],
    row: str = "row",
    settling: Settling | None = None,
) -> str:
    """The line for this step.

    Args:
        snapshot: the step, and the one before it.
        start: how the components start, a clause: "Three means start at random rows".
        component: the name of a component counted from 0, in the middle of a sentence: "component 2", "coin A".
        moved: asked after an M-step alone: how the parameters moved, a clause.
        row: what a row is called.
        settling: None if each row is handled by itself.
    """
    if snapshot.step.phase == "init":
        parts = [f"{start}; nothing has been assigned yet: press e", may_fall(snapshot.spec)]
    elif snapshot.step.phase == "E":
        said = assigned(snapshot, component, row)
        parts = [*said[:-1], f"{said[-1]}; {bound(snapshot, settling or _each(component, row))}"]
    else:
        parts = [f"{moved()}; {objective(snapshot)}"]
    return line([*parts, *given_labels(snapshot, row), *ending(snapshot), *events(snapshot)])


def _each(component: ComponentName, row: str) -> Settling:
    """Each row by itself, by the names that rows and components have."""
    kind = component(0).rpartition(" ")[0] or "component"
    return Settling(
        f"each {row} goes wholly to its likeliest {kind}", f"each {row} is drawn from its posterior", f"{row}s"
    )


def given_labels(snapshot: StepSnapshot, row: str = "row") -> list[str]:
    """What known labels are to this step: how many there are at the start; where all are given, what is left of EM."""
    labels = known_labels(snapshot.spec)
    if labels is None:
        return []
    given, total = int((labels >= 0).sum()), len(labels)
    if given < total:
        said = f"{given:,} of {total:,} {row}s have a known label, and the log-likelihood has these labels in it"
        return [said] if snapshot.step.phase == "init" else []
    if snapshot.step.phase == "E":
        return ["Every label is given: nothing is hidden, and the responsibilities are the labels"]
    if snapshot.step.phase == "M":
        highest = "maximum-likelihood fit" if not snapshot.record.log_prior else "fit of the highest objective"
        return [f"With every label given, this M-step alone is the closed-form {highest}"]
    return [f"The label of every {row} is known, and the log-likelihood is that of {row}s and labels, ln p(x, z)"]


def line(sentences: Sequence[str]) -> str:
    """Sentences joined on one line, each with a capital and a full stop, without control characters."""
    made = []
    for sentence in sentences:
        text = clean(sentence).rstrip(" .")
        if text:
            named = _ENTRY.match(text) is not None or text.startswith("q ")  # means[0,1] is a name, and q isn't Q
            made.append((text if named else text[0].upper() + text[1:]) + ".")
    return " ".join(made)


def how_many(n: int, one: str, many: str | None = None) -> str:
    """Three means; beyond twelve in digits: 20 means."""
    word = _NUMBER_WORDS[n] if n < len(_NUMBER_WORDS) else f"{n:,}"
    return f"{word} {one if n == 1 else (many or one + 's')}"


def component_name(k: int) -> str:
    """What a component counted from 0 is called in the middle of a sentence."""
    return f"component {k + 1}"


# after an E-step


def assigned(snapshot: StepSnapshot, component: ComponentName, row: str = "row") -> list[str]:
    """Which row moved most and how many more lean to a component; after the first E-step, who has how many.

    What is counted is Σr; weights and means are the M-step's to tell.
    """
    if drawn_responsibilities(snapshot) is None:
        return ["the responsibilities now belong to these parameters"]
    move = most_moved(snapshot)
    if move is None:
        return [first_counts(snapshot, component, row), *_unsure(snapshot, row)]
    drawn = "" if draws_all(snapshot) else f" {row}s drawn"
    among = "" if draws_all(snapshot) else f" of the {plural(len(snapshot.rows), row)} drawn"
    if move.amount < 5e-4:
        most = f"moved by more than {number(move.amount, 2)}" if move.amount > 0 else "moved"
        return [f"no {row}{among} {most}"]
    name, to = row_name(snapshot, move.row, row), component(move.component)
    how = "→".join(_apart(move.before, move.after))
    if isinstance(snapshot.step.inference, Hard | Sampled) and move.changed_sides:
        others = f", one of {move.n_changed:,}{drawn}" if move.n_changed > 1 else ""
        first = f"{name} changed sides to {to}{others}"
    elif move.changed_sides:
        others = f", one of {move.n_changed:,}{drawn} to change sides" if move.n_changed > 1 else ""
        first = f"{name} now leans to {to} ({how}){others}"
    else:
        first = f"{name} moved most{among}, to {to} ({how})"
    return [first, *_gains(snapshot, component, row)]


def row_name(snapshot: StepSnapshot, index: int, row: str = "row") -> str:
    """What a row of the data is called: "row 72", "day 11", "line 73", "set HTTTHHTHTH"."""
    return snapshot.spec.dataset.row_name(index, row)


def row_noun(snapshot: StepSnapshot, otherwise: str = "row") -> str:
    """What a row is called, by the data's own description: "one day of a diary" is a day.

    otherwise: where there is no such word, or one whose plural takes more than an s ("one iris flower" is no iris).
    """
    return noun_in(snapshot.spec.dataset.description, otherwise)


def noun_in(description: str, otherwise: str = "row") -> str:
    """The noun of a description of a row, as `row_noun` has it."""
    words = description.split()
    if len(words) < 2 or words[0].lower() != "one":
        return otherwise
    noun = words[1].strip(",.:;")
    alone = noun != words[1] or len(words) == 2 or words[2] in ("of", "in", "on")
    return noun if alone and noun.isalpha() and not noun.endswith("s") else otherwise


def draws_all(snapshot: StepSnapshot) -> bool:
    """Whether the drawn rows are all the rows, so that what is counted in them is exact."""
    return len(snapshot.rows) == snapshot.n_rows


def first_counts(snapshot: StepSnapshot, component: ComponentName, row: str) -> str:
    """How many rows each component has; of more than four the most and the fewest."""
    assert snapshot.responsibilities is not None
    rows = expected_rows(snapshot, snapshot.responsibilities)
    about = "" if draws_all(snapshot) else "about "
    said = {count(float(n)) for n in rows}
    if len(rows) > 4 and len(said) == 1:
        kind = component(0).rpartition(" ")[0] or "component"
        return f"each {kind} has {about}{said.pop()} of {plural(float(rows.sum()), row)}"
    if len(rows) > 4:
        most, least = int(rows.argmax()), int(rows.argmin())
        return (
            f"{component(most)} has the most {row}s, {about}{count(float(rows[most]))} of {count(float(rows.sum()))}, "
            f"and {component(least)} the fewest, {about}{count(float(rows[least]))}"
        )
    first = f"{component(0)} has {about}{plural(float(rows[0]), row)}"
    return listed([first, *(f"{component(k)} {about}{count(float(rows[k]))}" for k in range(1, len(rows)))])


def _apart(one: float, other: float) -> tuple[str, str]:
    """Two probabilities with two digits, or three where two don't tell them apart."""
    pair = probability(one, 2), probability(other, 2)
    return pair if pair[0] != pair[1] else (probability(one, 4), probability(other, 4))


def _unsure(snapshot: StepSnapshot, row: str) -> list[str]:
    """How many of the drawn rows no component has for itself."""
    assert snapshot.responsibilities is not None
    if isinstance(snapshot.step.inference, Hard | Sampled) or snapshot.responsibilities.shape[1] < 2:
        return []
    counted = rows_that_count(snapshot)
    R = snapshot.responsibilities if counted is None else snapshot.responsibilities[counted]
    unsure = int((R.max(axis=1) < 0.9).sum())
    drawn = "" if draws_all(snapshot) else " drawn"
    clause = plural(unsure, f"{row}{drawn} is", f"{row}s{drawn} are")
    if unsure == len(snapshot.responsibilities) > 1:
        clause = f"all {row}s{drawn} are"
    return [f"{clause} shared (no responsibility above .9)"] if unsure else []


def _gains(snapshot: StepSnapshot, component: ComponentName, row: str) -> list[str]:
    now, before = snapshot.responsibilities, snapshot.responsibilities_before
    assert now is not None and before is not None
    change = expected_rows(snapshot, now) - expected_rows(snapshot, before)
    about = "" if draws_all(snapshot) else "about "
    gainer, loser = int(change.argmax()), int(change.argmin())
    if round(float(change[gainer]), 1) <= 0:
        return [f"no {component(0).rpartition(' ')[0]} has a tenth of a {row} more leaning to it (Σr)"]
    wholly = isinstance(snapshot.step.inference, Hard | Sampled)
    verb, verbs = ("goes", "go") if wholly else ("leans", "lean")
    more = plural(float(change[gainer]), f"more {row} {verb}", f"more {row}s {verbs}")
    said = f"{about}{more} to {component(gainer)}"
    if round(float(change[loser]), 1) < 0:
        said += f", {about}{count(-float(change[loser]))} fewer to {component(loser)}"
    return [said if wholly else f"{said} (Σr)"]


# after an M-step


def objective(snapshot: StepSnapshot) -> str:
    """How the log-likelihood changed, and why where it fell."""
    record, before = snapshot.record, snapshot.previous_record
    label = snapshot.step.problem.model.objective_label
    if before is None or not math.isfinite(record.log_likelihood - before.log_likelihood):
        return f"{label} {amount(record.log_likelihood)}"
    change = record.log_likelihood - before.log_likelihood
    negligible = SAME * max(1.0, abs(record.log_likelihood))
    if abs(change) <= negligible:
        return f"{label} unchanged at {amount(record.log_likelihood)}"
    said = f"{label} {signed(change)}"
    return said if change > 0 else f"{said}: {_why_it_fell(snapshot, negligible)}"


def _why_it_fell(snapshot: StepSnapshot, negligible: float) -> str:
    step, record, before = snapshot.step, snapshot.record, snapshot.previous_record
    assert before is not None
    if any(event.breaks_ascent for event in step.events):
        return "it fell because parameters were set by a rule, not by the maximum"
    rises = step.problem.algorithm.rises
    if rises == "elbo":
        return f"hard assignment pushes up the bound ({signed(record.elbo - before.elbo)}), so this may fall"
    if rises == "nothing":
        if isinstance(step.inference, Tempered):
            return f"at temperature {number(step.inference.temperature)} nothing has to rise"
        if isinstance(step.inference, Sampled):
            return "the assignments were drawn, so nothing has to rise"
    with_prior = record.objective - before.objective
    if with_prior >= -negligible and record.log_prior != before.log_prior:
        return f"the prior weighs in, and with it the objective changed by {signed(with_prior)}"
    if not step.problem.model.exact:
        return f"the E-step is not exact, and what the M-step pushes up changed by {signed(with_prior)}"
    return "this is a limit of the arithmetic, since exact EM can't fall"


def events(snapshot: StepSnapshot) -> list[str]:
    """The events of the step, in the engine's own words; an event that stops the run is named at the end alone.

    What must be said of an estimate, or of a bound that lies far below, comes after them.
    """
    step = snapshot.step
    said = [plain(event.message) for event in step.events if event.message != step.stop_reason]
    return [*said, plain(step.remark)] if step.remark else said


def ending(snapshot: StepSnapshot) -> list[str]:
    """Why the run stops here, where it does."""
    reason = snapshot.step.stop_reason
    if reason is None:
        return []
    step = snapshot.step
    if step.rest is not None and step.rest.kind == "flight":
        return [f"Stopped at {plain(step.rest.said)}: {plain(step.rest.remedy)} (pane {PANE_KEYS['model']})"]
    if step.rest is not None and not step.rest.is_rest:
        return [f"Stopped at {plain(step.rest.said)}: {', '.join(_ways_off(step.rest))}"]
    how = "Stopped" if not step.converged else "At rest" if can_be_tested(step) else "Converged"
    limit = f"; pane {PANE_KEYS['model']} raises the limit" if _is_limit(reason) else ""
    return [f"{how}: {plain(reason)}{limit}"]


def _ways_off(rest: Rest) -> list[str]:
    """The keys that lead off what is no rest."""
    ways = ["N standardizes"] if rest.scales else []
    if rest.push:
        ways.append(f"E pushes it off ({plain(rest.push)})")
    elif rest.remedy.startswith("fit fewer"):
        ways.append("K compares fewer")
    if rest.starts:
        return [*ways, f"start {' or '.join(rest.starts)} (pane {PANE_KEYS['model']}) begins elsewhere"]
    other = "R tries another start" if "try another start" in rest.remedy else "R takes another start"
    return [*ways, other] if rest.another else ways or ["E pushes it off"]


def _is_limit(reason: str) -> bool:
    return reason.startswith("the limit of ") and reason.endswith(" before it came to rest")


def plain(message: str) -> str:
    """An engine's message with the app's signs: ∞ for inf, "undefined" for nan, − for a minus before a digit."""
    for pattern, word in (*_NOT_NUMBERS, (r"(?<=\de)-(?=\d)|(?<=[ (])-(?=[\d.])", "−")):
        message = re.sub(pattern, word, message)
    return message
