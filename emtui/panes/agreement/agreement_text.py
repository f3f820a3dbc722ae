"""The agreement pane as lines of text: values in, lines out."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich.cells import cell_len
from rich.style import Style

from emtui.charts.cell_picture import to_strips
from emtui.charts.cell_text import clean, pad, wrapped
from emtui.charts.colors import Palette
from emtui.charts.heatmap import draw_matrix
from emtui.charts.text_bars import bar
from emtui.session.snapshot import StepSnapshot
from emtui.spec.labels_given import known_labels, n_given
from emtui.spec.work import is_small
from emtui.views import view_for
from emtui.views.confusion import agreement_matrix
from emtui.views.dataset_cache import remembered
from emtui.views.number_format import MISSING, fixed, number, probability, share
from emtui.views.sentences import line, plain
from emtui.views.view import Share
from emtui.widgets.table_columns import Piece, TableCell, ink
from engine.analysis.evaluation import Agreement, Criteria, criteria
from engine.analysis.remarks import remarks_on
from engine.em.inference import Exact
from engine.errors import EngineError
from engine.text import quoted

_ROWS_SUMMED = 20_000


def agreement_lines(
    snapshot: StepSnapshot, width: int, palette: Palette, *, tables: bool = True
) -> tuple[TableCell, ...]:
    """Hits, indices, shares, criteria and the confusion matrix, most important first; no line is wider than width.

    tables: without them it is the lines that can be read one by one.
    """
    if snapshot.comparison is not None:
        from emtui.panes.agreement.rival_text import comparison_lines

        compared = comparison_lines(snapshot.comparison, snapshot.spec.model, width, palette, tables=tables)
        return (*compared, *_weighed(snapshot, width))
    lines: list[TableCell] = [*_hits(snapshot, width, palette), *_indices(snapshot, width), *_matching(snapshot, width)]
    lines += _shares(snapshot, width, palette) if tables else ()
    lines += _weighed(snapshot, width)
    lines += _criteria(snapshot, width)
    lines += _remarks(snapshot, width)
    if tables and snapshot.agreement is not None:
        lines += _confusion(snapshot, snapshot.agreement, width, palette)
    return tuple(lines)


# hits


def _hits(snapshot: StepSnapshot, width: int, palette: Palette) -> list[TableCell]:
    truth = snapshot.spec.dataset.y
    if truth is None:
        return [*wrapped("No known classes: there is nothing to compare the components with.", width)]
    baseline = None if snapshot.baseline is None else snapshot.baseline.agreement
    own = "k-means" if snapshot.spec.model.name == "kmeans" else "EM"
    rows = [(own, snapshot.agreement, palette.color(0))]
    if own == "EM" and baseline is not None:
        rows.append(("k-means", baseline, palette.color(1)))
    texts = [share(found.hits, found.total) for _, found, _ in rows if found is not None]
    room = max(map(len, texts), default=0)
    if width < room + 8:
        rows = [({"k-means": "km"}.get(name, name), found, color) for name, found, color in rows]
    names = max(len(name) for name, _, _ in rows)
    lines: list[TableCell] = []
    for name, found, color in rows:
        if found is None:
            lines += wrapped(_why_not(snapshot, name), width)
            continue
        text = share(found.hits, found.total)
        head = f"{pad(name, names, ellipsis='')} {text.rjust(room)}"
        pieces: list[Piece] = [(head, Style(bold=True))]
        if len(head) > width:
            short = f"{pad(name, names, ellipsis='')} {probability(found.accuracy)}"
            pieces = [(short if len(short) <= width else probability(found.accuracy), Style(bold=True))]
        elif width - len(head) > 5:
            length = min(20, width - len(head) - 1)
            pieces += [(" ", Style()), (bar(found.accuracy, length, palette.ascii), ink(palette, color))]
        lines.append(tuple(pieces))
    given = n_given(snapshot.spec)
    if given and snapshot.agreement is not None:
        lines += wrapped(f"{given:,} given rows don't count.", width)
    return lines


def _why_not(snapshot: StepSnapshot, name: str) -> str:
    if snapshot.spec.model.supervised:
        return f"{name}: the classes are given to this model, so there is nothing to match."
    if snapshot.labels is None:
        return f"{name}: no responsibilities yet, press e."
    if known_labels(snapshot.spec) is not None:
        return f"{name}: every class is given, so there is nothing to compare."
    return f"{name}: no row has a known class."


def _indices(snapshot: StepSnapshot, width: int) -> list[TableCell]:
    """Adjusted Rand index and normalised mutual information; those of k-means in brackets if there is room."""
    found = snapshot.agreement
    if found is None:
        return []
    other = None if snapshot.baseline is None else snapshot.baseline.agreement
    rand, information = probability(found.adjusted_rand), probability(found.normalized_mutual_information)
    long = f"adjusted Rand {rand} · NMI {information}"
    if other is not None:
        their = probability(other.adjusted_rand), probability(other.normalized_mutual_information)
        with_theirs = f"adjusted Rand {rand} (k-means {their[0]}) · NMI {information} ({their[1]})"
        long = with_theirs if len(with_theirs) <= width else long
    return _side_by_side([long] if len(long) <= width else [f"ARI {rand}", f"NMI {information}"], width)


def _matching(snapshot: StepSnapshot, width: int) -> list[TableCell]:
    """If components and classes differ in number: which rows can't be hits, however good the clustering is."""
    said = "" if snapshot.agreement is None else snapshot.agreement.unmatched
    return [*wrapped(f"{said[0].upper()}{said[1:]}.", width)] if said else []


# shares


def _shares(snapshot: StepSnapshot, width: int, palette: Palette) -> list[TableCell]:
    shares = view_for(snapshot.spec.model).weights(snapshot)
    if not shares:
        return []
    columns = _share_columns(shares, width)
    if not columns:
        return []
    names = max(2, min(2 + max(cell_len(clean(s.name)) for s in shares), width // 3))
    faint = Style(dim=True) if palette.mode != "truecolor" else ink(palette, palette.muted)
    lines: list[TableCell] = [((" " * names + "".join(f" {head:>{room}}" for head, room, _ in columns), faint),)]
    for k, each in enumerate(shares):
        pieces: list[Piece] = [
            (pad(f"{palette.marker(k)} {each.name}", names), ink(palette, palette.color(k), bold=True)),
            ("".join(f" {values[k]:>{room}}" for _, room, values in columns), Style()),
        ]
        used = names + sum(room + 1 for _, room, _ in columns)
        size = each.weight if each.weight is not None else each.hard
        if width - used > 5 and size is not None:
            length = min(20, width - used - 1)
            pieces += [(" ", Style()), (bar(size, length, palette.ascii), ink(palette, palette.color(k)))]
        lines.append(tuple(pieces))
    return lines


def _share_columns(shares: Sequence[Share], width: int) -> list[tuple[str, int, list[str]]]:
    """Weights, hard shares and rows, as far as they are known and fit."""
    wanted = [
        ("weight", [None if s.weight is None else probability(s.weight, 4) for s in shares]),
        ("hard", [None if s.hard is None else probability(s.hard, 4) for s in shares]),
        ("rows", [None if s.rows is None else f"{s.rows:,}" for s in shares]),
    ]
    columns: list[tuple[str, int, list[str]]] = []
    used = 2 + max(1, min(4, max(cell_len(clean(s.name)) for s in shares)))
    for head, values in wanted:
        if all(value is None for value in values):
            continue
        texts = [value or MISSING for value in values]
        room = max(len(head), *map(len, texts))
        if used + room + 1 <= width:
            columns.append((head, room, texts))
            used += room + 1
    return columns


def _weighed(snapshot: StepSnapshot, width: int) -> list[TableCell]:
    """Rows that are weighed, by a column or by hand: hits and shares count rows, whatever their weights."""
    weights, column = snapshot.step.problem.data.given_weight, snapshot.spec.data.weights
    if weights is None:
        return []
    if not snapshot.moved_by_hand:
        if column is None:
            return []
        counted = "hits, hard shares and rows count every row once"
        if snapshot.comparison is not None:
            counted = "hits and losses count each row so often"
        said = f"Rows are weighed by {quoted(column)}; {counted}."
        return [*wrapped(said, width)]
    out, other = int((weights == 0).sum()), int(((weights != 0) & (weights != 1)).sum())
    parts = [f"{out:,} left out"] * (out > 0) + [f"{other:,} counted otherwise"] * (other > 0)
    counted = "hits, hard shares and rows count every row once"
    if snapshot.comparison is not None:
        so_often = "every row once" if column is None else f"each by {quoted(column)}"
        counted = f"hits and losses count {so_often}, and the other method has them all"
    return [*wrapped(f"By hand: {', '.join(parts)}; {counted}.", width)] if parts else []


# criteria and confusion


def criteria_of(snapshot: StepSnapshot) -> Criteria | None:
    """AIC, BIC and ICL at θ; None where the model has none. What would cost a long pass of its own is nan.

    Where the rows are many, that is the MAP form of ICL, and the entropy form where responsibilities are not exact, so
    that their entropy is not at hand.
    """
    model = snapshot.spec.model
    if not model.has_likelihood or snapshot.n_rows == 1:  # for one row they mean nothing
        return None
    step = snapshot.step
    try:
        if snapshot.n_rows <= _ROWS_SUMMED:
            found = criteria(step)
        else:
            n, exact = step.problem.data.total_weight, isinstance(step.at.inference, Exact)
            entropy = step.at.entropy if exact and model.responsibilities_sum_to_one else math.nan
            found = Criteria.of(step.log_likelihood, model.n_parameters(step.params), n, entropy)
    except EngineError:
        return None
    return found if math.isfinite(found.bic) else None


def _criteria(snapshot: StepSnapshot, width: int) -> list[TableCell]:
    found = criteria_of(snapshot)
    if found is None:
        return []
    pairs = (("AIC", found.aic), ("BIC", found.bic), ("ICL entropy", found.icl), ("ICL MAP", found.icl_map))
    said = [f"{name} {fixed(value, 1)}" for name, value in pairs if math.isfinite(value)]
    if snapshot.step.log_likelihood_error > 0:  # each has −2·ln p(X | θ) in it
        said.append(f"estimates ± {number(2 * snapshot.step.log_likelihood_error, 2)}")
    return _side_by_side(said, width)


def _remarks(snapshot: StepSnapshot, width: int) -> list[TableCell]:
    """What else is to be said of θ, where that is quick to find."""
    step = snapshot.step
    if not is_small(snapshot.spec, snapshot.n_rows) or not math.isfinite(snapshot.record.log_likelihood):
        return []
    said = remembered(snapshot.spec.dataset, "remarks", lambda: remarks_on(step), of=step.at)
    return [text for clause in said for text in wrapped(line([plain(clause)]), width)]


def _confusion(snapshot: StepSnapshot, found: Agreement, width: int, palette: Palette) -> list[TableCell]:
    """Known classes by components, the matched ones on the diagonal."""
    matrix = agreement_matrix(snapshot, found, palette)
    n_classes = len(matrix.row_labels)
    picture = draw_matrix(matrix, width, n_classes + 1, palette)
    lines: list[TableCell] = [""]
    for strip in to_strips(picture, palette.mode):
        lines.append(tuple((segment.text, segment.style or Style()) for segment in strip))
    left_out = len(found.confusion) - n_classes
    return [*lines, f"+{left_out} more classes"] if left_out > 0 else lines


def _side_by_side(texts: Sequence[str], width: int) -> list[TableCell]:
    """The texts on as few lines as they need; a text is cut only if it is wider than a line."""
    lines: list[str] = []
    for text in texts:
        if lines and cell_len(f"{lines[-1]} · {text}") <= width:
            lines[-1] = f"{lines[-1]} · {text}"
        else:
            lines.append(text)
    return list(lines)
