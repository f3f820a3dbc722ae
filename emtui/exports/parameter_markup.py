"""The parameters of a step as tables for eyes: a row for each entry, a column for each component.

What belongs to no single component, such as transitions, has a table of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from emtui.exports.markup_table import Cell, MarkupTable, Symbol
from emtui.session.session import Session
from emtui.spec.run_spec import RunSpec
from emtui.spec.state_names import state_names
from emtui.spec.train_test_split import place_name
from emtui.views.number_format import plural
from engine.em.fields import Field, count_components, fields_of
from engine.em.step import Step
from engine.text import clean

_MOST_COVARIANCES = 66  # entries of a matrix that have rows of their own: those of eleven columns
_MOST_ROWS = 400
_STANDARD = "Standard units: each column has mean 0 and standard deviation 1."


def parameter_tables(session: Session) -> list[MarkupTable]:
    """Those of the step under the cursor."""
    step, spec = session.timeline.current, session.spec
    K, noun = count_components(step.params), step.params.component_noun
    fields = fields_of(step.params, step.problem.model)
    apart = {path for field in fields.values() if field.declared.to for path in (field.path, field.partner)}
    own = [field for field in fields.values() if field.path not in apart and _by_component(field, K, noun)]
    notes = [_STANDARD] if spec.standardized else []
    tables: list[MarkupTable] = []
    rows: list[list[Cell]] = []
    for field in own:
        if field.form == "full" and _n_pairs(field) > _MOST_COVARIANCES:
            notes.append("Variances alone stand here; the JSON file has the covariances as well.")
        rows += _rows_of(field, K, spec)
    if rows:
        notes += _left_out(rows)
        heads: list[Cell] = [noun, None, *(state_names(spec) or (str(k + 1) for k in range(K)))]
        tables.append(MarkupTable(_title(spec, step), heads, 2, rows[:_MOST_ROWS], notes=notes))
    for field in fields.values():
        if field not in own and field.path not in {one.partner for one in fields.values() if one.declared.to}:
            tables += _own_tables(field, fields.get(field.partner) if field.declared.to else None, spec)
    if tables and not rows:
        tables[0] = MarkupTable(
            f"{_title(spec, step)}: {tables[0].title}", tables[0].heads, tables[0].n_heads, tables[0].rows, notes=notes
        )
    return tables


def _title(spec: RunSpec, step: Step) -> str:
    model = f"{spec.model.title} {spec.model.size_words}".rstrip()
    return f"{clean(spec.dataset.name)}, {model}: parameters after {plural(step.iteration, 'iteration')}"


def _by_component(field: Field, K: int, noun: str) -> bool:
    if field.form:
        return field.form != "tied"
    return bool(K and field.axes[:1] and field.axes[0].noun == noun)


def _n_pairs(field: Field) -> int:
    d = int(field.array.shape[-1])
    return d * (d + 1) // 2


def _rows_of(field: Field, K: int, spec: RunSpec) -> Iterator[list[Cell]]:
    """A row for each entry that a component has; of a covariance matrix the entries on the diagonal and above."""
    whole = field.by_component(K)
    for j, index in enumerate(np.ndindex(field.array.shape[1:])):
        if field.held is not None and not np.isnan(field.held[(slice(None), *index)]).any():
            continue  # such as those of the class that the others are relative to
        places = [(axis, i + axis.offset) for i, axis in zip(index, field.axes[1:], strict=True)]
        if field.form == "full":
            if index[0] > index[1] or (index[0] < index[1] and _n_pairs(field) > _MOST_COVARIANCES):
                continue
            places = places[:1] if index[0] == index[1] else places
        names = ", ".join(place_name(number, axis, spec) for axis, number in places)
        word = field.word_at((0, *index))
        values = [None if np.isnan(value) else float(value) for value in whole[:, j]]
        yield [f"{word} {names}".rstrip(), Symbol(_symbol(field, index)), *values]


def _symbol(field: Field, index: Sequence[int]) -> str:
    on_diagonal = field.form in ("diag", "spherical") or (field.form == "full" and index[0] == index[1])
    return "σ²" if on_diagonal else field.declared.symbol


def _own_tables(field: Field, rest: Field | None, spec: RunSpec) -> list[MarkupTable]:
    """A matrix, or a list of numbers, with the names of its rows and columns; further axes make further tables.

    rest: what its rows need to sum to 1, such as the probability of an end.
    """
    axes, array, title = field.axes, field.array, f"{field.declared.word} {field.declared.symbol}"
    if array.ndim == 0:
        return [MarkupTable(title, [None, None, "value"], 2, [[field.declared.word, _sign(field), float(array)]])]
    names = [
        [place_name(i + axis.offset, axis, spec) for i in range(n)] for n, axis in zip(array.shape, axes, strict=True)
    ]
    if array.ndim == 1:
        rows: list[list[Cell]] = [
            [name, _sign(field), float(value)] for name, value in zip(names[0], array, strict=True)
        ]
        return [MarkupTable(title, [axes[0].noun or None, None, "value"], 2, rows)]
    tables = []
    for index in np.ndindex(array.shape[:-2]):
        above = "".join(f", {axes[a].noun} {names[a][i]}" for a, i in enumerate(index))
        columns, ends = names[-1], [] if rest is None else rest.array.tolist()
        left, right = ("from ", "to ") if field.declared.to else ("", "")
        heads: list[Cell] = [axes[-2].noun or None, *(right + name for name in columns)]
        heads += [rest.declared.word] if rest is not None else []
        rows = [
            [left + name, *map(float, values), *ends[i : i + 1]]
            for i, (name, values) in enumerate(zip(names[-2], array[index], strict=True))
        ]
        cut = [f"{plural(len(rows) - _MOST_ROWS, 'further row')} left out here: the JSON file has all."]
        tables.append(
            MarkupTable(title + above, heads, 1, rows[:_MOST_ROWS], notes=cut if len(rows) > _MOST_ROWS else ())
        )
    return tables


def _left_out(rows: Sequence[object]) -> list[str]:
    more = len(rows) - _MOST_ROWS
    return [f"{plural(more, 'row is', 'rows are')} left out here; the JSON file has them."] if more > 0 else []


def _sign(field: Field) -> Symbol:
    return Symbol(field.declared.symbol)
