"""The parameters of a run as a table for eyes: a line for each entry, a column for each component."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from emtui.cli.run_numbers import fixed, significant
from emtui.cli.run_summary import RunSummary
from emtui.cli.shell_output import left_out, table
from emtui.spec.run_spec import RunSpec
from emtui.spec.state_names import state_names
from emtui.spec.train_test_split import place_name
from engine.arrays import Array
from engine.em.fields import Field, count_components, expected_stays, fields_of, mixing_weights
from engine.text import clean

_LINE = 80
_MOST_ENTRIES = 40
_MOST_COMPONENTS = 20


def parameter_lines(outcome: RunSummary) -> list[str]:
    """The parameters as a small table: a column for each component; what belongs to none stands below it."""
    params, model = outcome.step.params, outcome.spec.model
    K, weights = count_components(params), mixing_weights(params)
    entries: list[tuple[str, Array]] = []
    below: list[str] = []
    fields = fields_of(params, model)
    between = [field for field in fields.values() if field.declared.to]
    apart = {path for field in between for path in (field.path, field.partner)}
    for field in fields.values():
        if field.path in apart:
            continue
        if K and (field.form or (field.axes[:1] and field.axes[0].noun == params.component_noun)):
            entries += _entries(field, K, outcome.spec)
            if weights is not None and field.path == weights.path and outcome.hard_shares is not None:
                entries.append(("hard shares", outcome.hard_shares))
        else:
            text = np.array2string(field.array + 0.0, precision=6, threshold=60, max_line_width=10_000)  # −0 + 0 is 0
            below.append(f"{field.name} {clean(text)}")
    tables = [_between_lines(field, fields.get(field.partner), outcome.spec) for field in between]
    below = [*(text for lines in tables for text in lines), *below]
    if not entries:
        return ["", *below]
    shown = entries[:_MOST_ENTRIES]
    names = [params.component_noun, *(name for name, _ in shown)]
    heads = _names(outcome.spec, K)
    scales = [(float(np.nanmax(np.abs(values))), float(np.nanmax(values) - np.nanmin(values))) for _, values in shown]
    columns = [
        [heads[k], *(significant(values[k], *scale) for (_, values), scale in zip(shown, scales, strict=True))]
        for k in range(min(K, _MOST_COMPONENTS))
    ]
    noun = f"{params.component_noun}s"
    more = left_out((len(entries) - len(shown), "parameters of each"), (K - len(columns), noun))
    return ["", *_in_blocks(names, columns), *more, *below]


def _names(spec: RunSpec, K: int) -> tuple[str, ...]:
    """The heads of columns: the states' names where they are known, else numbers."""
    return state_names(spec) or tuple(str(k + 1) for k in range(K))


def _between_lines(field: Field, rest: Field | None, spec: RunSpec) -> list[str]:
    """A matrix between components as it stands in θ: a row for each that is left, a column for each that is entered.

    rest: what its rows need to sum to 1, such as the probability of an end; None if there is none. The last column is
    how many rows a stay is expected to last.
    """
    S = len(field.array)
    own = _names(spec, S)
    shown = range(min(S, _MOST_COMPONENTS))
    names = [field.declared.word, *(f"from {own[i]}" for i in shown)]
    columns = [[f"to {own[j]}", *(significant(field.array[i, j], 1.0) for i in shown)] for j in shown]
    if rest is not None:
        columns.append([rest.name, *(significant(rest.array[i], 1.0) for i in shown)])
    stays = expected_stays(field)
    columns.append(["expected stay", *(fixed(stays[i], 2) for i in shown)])
    return ["", *_in_blocks(names, columns), *left_out((S - len(shown), f"{field.axes[0].noun}s"))]


def _entries(field: Field, K: int, spec: RunSpec) -> list[tuple[str, Array]]:
    """A line for each entry that a component has, K numbers each; nan where one has none."""
    name, short = field.name, field.declared.word if field.declared.units else field.name
    if field.form:
        name, short, field = "sd", "sd", _deviations(field, K)
    whole = field.by_component(K)
    if field.array.ndim == 1:
        return [(name, whole[:, 0])]
    found = []
    for j, index in enumerate(np.ndindex(field.array.shape[1:])):
        if field.held is not None and not np.isnan(field.held[(slice(None), *index)]).any():
            continue  # such as those of the class that the others are relative to
        places = zip(index, field.axes[1:], strict=True)
        names = [place_name(i + axis.offset, axis, spec) for i, axis in places]
        found.append((" ".join((short, *names)), whole[:, j]))
    return found


def _in_blocks(names: list[str], columns: list[list[str]]) -> list[str]:
    """A table as several below each other where it is wider than a line; each begins with the names."""
    lines: list[str] = []
    rest = columns
    while rest:
        count = len(rest)
        while count > 1 and len(_set(names, rest[:count])[0]) > _LINE:
            count -= 1
        lines += [*([""] if lines else []), *_set(names, rest[:count])]
        rest = rest[count:]
    return lines


def _set(names: list[str], columns: list[list[str]]) -> list[str]:
    return table(list(zip(names, *columns, strict=True)), right=range(1, len(columns) + 1))


def _deviations(field: Field, K: int) -> Field:
    """Standard deviations (K, d) in place of covariances of any form; (K,) where they are spherical."""
    variances = np.diagonal(field.array, axis1=-2, axis2=-1) if field.matrices else field.array
    if field.form == "spherical":
        return replace(field, array=np.sqrt(variances))
    return replace(field, form="diag", array=np.sqrt(np.broadcast_to(variances, (K, variances.shape[-1]))))
