"""A step in lines of words, for ears: what every pane says of it, without bars, colours and columns."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

import numpy as np

from emtui.charts.cell_text import clean
from emtui.charts.colors import DARK, MARKERS
from emtui.cli.run_numbers import decimals_for, fixed
from emtui.cli.shell_output import left_out
from emtui.panes.agreement.agreement_text import agreement_lines
from emtui.panes.agreement.rival_text import ON_ITS_WAY
from emtui.panes.convergence.convergence_sentences import Measured
from emtui.panes.convergence.convergence_text import entries as convergence_entries
from emtui.panes.rows.row_table import UNCERTAIN
from emtui.panes.why.ledger_text import entries as ledger_entries
from emtui.session.queries import OverlapAt, answer
from emtui.session.snapshot import StepSnapshot
from emtui.spec.run_notes import run_notes
from emtui.spec.tolerance import tolerance_of
from emtui.spec.work import is_small
from emtui.views import view_for
from emtui.views.confusion import MOST_CLASSES
from emtui.views.edit_sentences import step_sentence
from emtui.views.number_format import number, plural, probability
from emtui.views.sentences import row_name, row_noun
from emtui.views.view import Cell, ParameterRow
from emtui.widgets.table_columns import plain
from engine.analysis.convergence import convergence_of
from engine.analysis.overlap import Overlap

_PHASES = {"init": "the start", "E": "E-step", "M": "M-step"}
_SIGNS = {"": "", "+": "plus ", "=": "makes "}
_ROWS = 5  # rows in doubt that are named, and components of each
_TABLED = 60  # lines of the table of parameters
_SAID = 0.0005  # a responsibility that is not 0 as it is written
_ROUNDING = 1e-12  # of the largest number: changes of the last digits
_WIDTH = 100  # cells of the lines that panes wrap
_BARS = re.compile(r"[█▓▒░▏▎▍▌▋▊▉]+")
_MARKERS = re.compile(rf"[{''.join(MARKERS)}] ?(\w+)")
_GAPS = re.compile(r"\s{2,}")


def step_words(snapshot: StepSnapshot) -> Iterator[str]:
    """All of a step: where it is, what it did, and what the panes have to say, each part under its name."""
    step = snapshot.step
    notes = run_notes(snapshot.spec) if step.phase == "init" else ()
    yield f"iteration {step.iteration}, {_PHASES[step.phase]}."
    yield _for_the_shell(" ".join((step_sentence(snapshot), *notes)))
    for name, lines in (
        ("why", _ledger(snapshot)),
        ("parameters", _parameters(snapshot)),
        ("rows", _rows(snapshot)),
        ("agreement", _agreement(snapshot)),
        ("convergence", _convergence(snapshot)),
    ):
        yield from (f"{name}: {_for_the_shell(clean(line))}" for line in lines if line.strip())


def _for_the_shell(text: str) -> str:
    """What a shell has in place of the app's keys and panes."""
    for ours, theirs in ((": press e.", "."), (", press e.", "."), ("pane 7 raises", "--max-iter raises")):
        text = text.replace(ours, theirs)
    return text


def _ledger(snapshot: StepSnapshot) -> Iterator[str]:
    """What adds up to what."""
    shown = [entry for entry in ledger_entries(snapshot) if math.isfinite(entry.value)]
    scale = max((abs(entry.value) for entry in shown), default=0.0)
    decimals = max(2, min(6, decimals_for(scale)))
    for place, entry in enumerate(shown):
        sign = _SIGNS[entry.sign] if place else ""  # what comes before may have no number yet
        change = 0.0 if abs(entry.change) <= _ROUNDING * scale else entry.change
        yield f"{sign}{entry.name} {fixed(entry.value, decimals)}{_moved(change)}"


def _parameters(snapshot: StepSnapshot) -> Iterator[str]:
    """A line for each row of the table, the heading before each number."""
    view = view_for(snapshot.spec.model)
    shown, named = view.parameters(snapshot), view.component_names(snapshot)
    for row in shown.rows[:_TABLED]:
        pairs = zip(shown.columns, row.cells, strict=True)
        cells = [f"{head} {_number(cell)}".strip() for head, cell in pairs if cell.text.strip()]
        if cells:
            yield f"{_row_of_parameters(snapshot, row, named)}: {'; '.join(cells)}"
    yield from left_out((len(shown.rows) - _TABLED, "lines of parameters"))
    if shown.note:
        yield shown.note


def _rows(snapshot: StepSnapshot) -> Iterator[str]:
    """The rows in most doubt, with their responsibilities."""
    R = snapshot.responsibilities
    if R is None or R.ndim != 2 or len(R) != len(snapshot.rows) or not np.allclose(R.sum(axis=1), 1.0):
        return  # hidden units are on or off each by itself: none of them is the one in doubt
    names, noun = view_for(snapshot.spec.model).responsibilities_columns(snapshot), row_noun(snapshot)
    largest = R.max(axis=1)
    doubtful = np.flatnonzero(largest < UNCERTAIN)
    among = "" if len(R) == snapshot.n_rows else f" of {len(R):,} that were looked at"
    least = probability(UNCERTAIN, 1)
    many = plural(len(doubtful), noun) if len(doubtful) else f"no {noun}"
    yield f"{many}{among} in doubt, with no responsibility of {least} or more"
    for place in doubtful[np.argsort(largest[doubtful], kind="stable")][:_ROWS]:
        shares = sorted(((float(r), k) for k, r in enumerate(R[place]) if r >= _SAID), reverse=True)[:_ROWS]
        said = (f"{_component(snapshot, k, names[k] if k < len(names) else '')} {probability(r)}" for r, k in shares)
        yield f"{row_name(snapshot, int(snapshot.rows[place]), noun)}: {', '.join(said)}"


def _agreement(snapshot: StepSnapshot) -> Iterator[str]:
    """What is known of the rows: the pane's lines without bars, its tables as sentences."""
    for line in agreement_lines(snapshot, _WIDTH, DARK, tables=False):
        if line == ON_ITS_WAY:  # beside a run that is printed as it goes nobody trains it
            continue
        yield _GAPS.sub(", ", _BARS.sub("", plain(line)).strip())
    if snapshot.comparison is not None:
        return
    for k, share in enumerate(view_for(snapshot.spec.model).weights(snapshot)):
        said = [f"weight {probability(share.weight)}"] if share.weight is not None else []
        said += [f"{probability(share.hard)} of the rows, {share.rows:,}"] if share.hard is not None else []
        if said:
            yield f"{_component(snapshot, k, share.name)}: {'; '.join(said)}"
    found = snapshot.agreement
    if found is None:
        return
    names = view_for(snapshot.spec.model).component_names(snapshot)
    for word, counts in zip(snapshot.spec.dataset.class_names[:MOST_CLASSES], found.confusion, strict=False):
        pairs = zip(counts, map(int, found.components), strict=False)
        said = [f"{n:,} in {_component(snapshot, k, names[k] if k < len(names) else '')}" for n, k in pairs if n]
        yield f"class {word}: {', '.join(said) or 'none'}"


def _convergence(snapshot: StepSnapshot) -> Iterator[str]:
    """How fast it comes to rest."""
    known = answer(OverlapAt(), snapshot.step) if is_small(snapshot.spec, snapshot.n_rows) else None
    overlap = known if isinstance(known, Overlap) else None
    convergence = convergence_of(snapshot.recent, tolerance_of(snapshot.spec), overlap=overlap)
    for label, text in convergence_entries(snapshot, convergence, Measured(), DARK):
        said = _MARKERS.sub(lambda found: f"{snapshot.step.params.component_noun} {found[1]}", text)
        yield f"{label}: {said}" if label else said


def _component(snapshot: StepSnapshot, k: int, name: str) -> str:
    """A component in words: its name, behind its noun where the name alone is a number or a letter."""
    name = name or str(k + 1)
    return f"{snapshot.step.params.component_noun} {name}" if len(name) < 3 else name


def _row_of_parameters(snapshot: StepSnapshot, row: ParameterRow, names: tuple[str, ...]) -> str:
    """What a line of the table is of: a component, or something more of it (±σ)."""
    k = row.component
    if k is None or row.name in names:
        return row.name if k is None else _component(snapshot, k, row.name)
    own = _component(snapshot, k, names[k] if k < len(names) else "")
    if row.name.startswith(f"{own.rpartition(' ')[2]} "):
        return f"{snapshot.step.params.component_noun} {row.name}"
    return f"{own} {row.name}".strip()


def _number(cell: Cell) -> str:
    """A number and how it moved."""
    if not cell.delta:
        return cell.text.strip()
    return f"{cell.text.strip()}, {'up' if cell.direction > 0 else 'down'} {cell.delta.lstrip('▲▼')}"


def _moved(change: float) -> str:
    if not math.isfinite(change):
        return ""
    return f", {'up' if change > 0 else 'down'} {number(abs(change))}" if change else ", as before"
