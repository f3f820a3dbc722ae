"""What `emtui run` prints for eyes: a heading, a line for each half-step, and a summary.

Minus signs are plain hyphens here, so that other programs can read the numbers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from emtui.cli.convergence_report import convergence_lines
from emtui.cli.run_summary import RunSummary
from emtui.cli.shell_output import Output, left_out, table
from emtui.spec.labels_given import n_given
from emtui.spec.promise import may_fall
from emtui.spec.run_spec import RunSpec
from emtui.spec.train_test_split import input_names, split_of
from emtui.views.estimate_words import draws_words, quantity_name
from emtui.views.number_format import listed
from engine.analysis.evaluation import Agreement
from engine.arrays import Array
from engine.em.fields import Field, count_components, expected_stays, fields_of, mixing_weights
from engine.em.parameters import Axis
from engine.em.run import Restart
from engine.em.step import Step
from engine.text import clean

_LINE = 80
_MOST_ENTRIES = 40
_MOST_COMPONENTS = 20
_WEAK = (
    ("on the ridge", "lives on the ridge", "live on the ridge"),
    ("one row", "holds a single row", "hold a single row each"),
    ("dead", "died", "died"),
)


class TextPrinter:
    """Says a run in lines, each as soon as there is something to say.

    Steps stand in columns of one width, with as many decimals as the first log-likelihood leaves room for.
    """

    _WIDTHS = (14, 13, 11, 13, 13)  # 79 with iteration and phase: a line of the smallest usual terminal

    def __init__(self, output: Output) -> None:
        self._output = output
        self._label = ""
        self._decimals: int | None = None
        self._before = math.nan

    def begin(self, spec: RunSpec) -> None:
        """What is run on what."""
        self._output.lines(heading(spec))
        self._label = spec.model.objective_label

    def restart(self, restart: Restart) -> None:
        """How one of several starts ended."""
        if restart.error is not None:
            self._output.line(f"seed {restart.seed}: could not be run: {restart.error}")
            return
        ended, plural = "converged" if restart.converged else "stopped", "" if restart.n_iter == 1 else "s"
        found = f"objective {number(restart.objective)}, {ended} after {restart.n_iter} iteration{plural}"
        self._output.line(f"seed {restart.seed}: {found}")

    def step(self, step: Step, scores: Mapping[str, float]) -> None:
        """The line of a step, below the heads of the columns, and one for each thing out of the ordinary.

        The scores of a network stand in the summary.
        """
        if self._decimals is None:
            self._decimals = _decimals_for(step.log_likelihood)
            model = step.problem.model
            bound, kl = (quantity_name(model, *names) for names in (("elbo", "bound"), ("kl", "KL")))
            self._output.lines(["", "iter phase" + self._row((self._label, bound, kl, "objective", "change"))])
        change, self._before = step.objective - self._before, step.objective
        values = (step.log_likelihood, step.elbo, step.kl, step.objective)
        cells = [*(fixed(value, self._decimals) for value in values), _change(change, self._decimals)]
        line = f"{step.iteration:>4} {step.phase:<5}" + self._row(cells)
        self._output.lines([line, *(f"           {clean(event.message)}" for event in step.events)])

    def _row(self, cells: Sequence[str]) -> str:
        return "".join(f" {cell:>{width}}" for cell, width in zip(cells, self._WIDTHS, strict=True))

    def end(self, outcome: RunSummary) -> None:
        """The summary."""
        self._output.lines(summary(outcome))


def heading(spec: RunSpec) -> list[str]:
    """What is run on what, and what the data set has to say about itself."""
    data, model = spec.dataset, spec.model
    values = model.option_values
    options = " ".join(f"{option.name}={option.format(values[option.name])}" for option in model.options())
    start = f"start {clean(spec.start_file, 60)}" if spec.start_file is not None else f"seed {spec.seed}"
    if spec.start_file is None and spec.start is not None:  # the data begin there unless told otherwise
        start = f"start published · {start}"
    units = (" with products" if spec.data.products else "") + (" standardised" if spec.standardized else "")
    algorithm = "" if spec.algorithm == "classic" else f" · {spec.algorithm}"
    size = f"{data.n_samples}×{data.n_features}"
    split = split_of(spec)
    if split is not None:
        size += f" ({len(split.train)} train, {len(split.test)} test)"
    first = f"{data.name} {size}{units} · {f'{model.name} {options}'.strip()} · {start}{algorithm}"
    promise = may_fall(spec)
    return [first, *([f"{promise[0].upper()}{promise[1:]}."] if promise else []), *spec.notes]


def summary(outcome: RunSummary) -> list[str]:
    """Why the run stopped, its parameters, and how well they agree with what is known."""
    step = outcome.step
    ended = "converged" if step.converged else "stopped"
    plural = "" if step.iteration == 1 else "s"
    lines = ["", f"{ended} after {step.iteration} iteration{plural}: {step.stop_reason}"]
    lines += weak_lines(step)
    if outcome.restarts:
        lines.append(f"best of {len(outcome.restarts)} starts: seed {outcome.spec.seed}")
    model = outcome.spec.model
    error = step.log_likelihood_error
    heights = []
    if math.isfinite(step.log_likelihood) or model.exact:
        heights.append(f"{model.objective_label} {number(step.log_likelihood)}" + (f" ± {error:z.2g}" if error else ""))
        if given := n_given(outcome.spec):
            heights[-1] += f" with the known labels of {given:,} rows in it"
    heights += [] if model.exact else [f"{quantity_name(model, 'elbo', 'bound')} {number(step.elbo)}"]
    heights += [f"with the prior {number(step.objective)}"] if step.log_prior else []
    lines.append(", ".join(heights))
    if draws := draws_words(step):
        lines.append(f"the log-likelihood is estimated: {draws}")
    lines += [clean(step.remark, 500)] if step.remark else []
    if outcome.criteria is not None:
        found = outcome.criteria
        remark = f"smaller is better; from an estimate, ± {2 * error:z.2g}" if error else "smaller is better"
        lines.append(f"AIC {number(found.aic)}, BIC {number(found.bic)} ({remark})")
        forms = [("entropy", found.icl), ("MAP", found.icl_map)]
        said = [f"{number(value)} in its {form} form" for form, value in forms if math.isfinite(value)]
        lines += [f"ICL {', '.join(said)}"] if said else []
    lines += [f"{clean(remark, 500)}" for remark in outcome.remarks]
    if outcome.convergence is not None:
        lines += convergence_lines(outcome.convergence, step, outcome.spec)
    if outcome.comparison is not None:
        from emtui.cli.prediction_report import prediction_lines
        from emtui.cli.rival_report import comparison_lines, curve_lines, has_layers, weight_lines

        spec, comparison, params = outcome.spec, outcome.comparison, step.params
        lines += [*comparison_lines(spec, comparison), *curve_lines(spec, comparison)]
        lines += prediction_lines(spec, params, comparison)
        return [*lines, *(weight_lines(comparison, params) if has_layers(params) else parameter_lines(outcome))]
    return [*lines, *parameter_lines(outcome), *_agreement_lines(outcome)]


def weak_lines(step: Step) -> list[str]:
    """Which components the rows alone don't hold up, and what a fit with dead ones counts as."""
    model, noun = step.problem.model, step.params.component_noun
    weak = model.weak_components(step.params, step.problem.data)
    lines = []
    for what, one, several in _WEAK:
        names = [str(k + 1) for k, found in weak.items() if found == what]
        if names:
            lines.append(f"{noun} {names[0]} {one}" if len(names) == 1 else f"{noun}s {listed(names)} {several}")
    died = sum(what == "dead" for what in weak.values())
    if died:
        left = len(step.problem.model.alive(step.params)) - died
        lines[-1] += f": it counts as a fit with {left}"
    return lines


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
    below = [*(text for field in between for text in _between_lines(field, fields.get(field.partner))), *below]
    if not entries:
        return ["", *below]
    shown = entries[:_MOST_ENTRIES]
    names = [params.component_noun, *(name for name, _ in shown)]
    scales = [(float(np.nanmax(np.abs(values))), float(np.nanmax(values) - np.nanmin(values))) for _, values in shown]
    columns = [
        [str(k + 1), *(significant(values[k], *scale) for (_, values), scale in zip(shown, scales, strict=True))]
        for k in range(min(K, _MOST_COMPONENTS))
    ]
    noun = f"{params.component_noun}s"
    more = left_out((len(entries) - len(shown), "parameters of each"), (K - len(columns), noun))
    return ["", *_in_blocks(names, columns), *more, *below]


def _between_lines(field: Field, rest: Field | None) -> list[str]:
    """A matrix between components as it stands in θ: a row for each that is left, a column for each that is entered.

    rest: what its rows need to sum to 1, such as the probability of an end; None if there is none. The last column is
    how many rows a stay is expected to last.
    """
    S = len(field.array)
    shown = range(min(S, _MOST_COMPONENTS))
    names = [field.declared.word, *(f"from {i + 1}" for i in shown)]
    columns = [[f"to {j + 1}", *(significant(field.array[i, j], 1.0) for i in shown)] for j in shown]
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
        names = [_place_name(i + axis.offset, axis, spec) for i, axis in places]
        found.append((" ".join((short, *names)), whole[:, j]))
    return found


def _place_name(number: int, axis: Axis, spec: RunSpec) -> str:
    """What an entry is of: a column or a symbol of the data by its name, one of the classes that are learned."""
    data, split = spec.dataset, split_of(spec)
    if axis.noun == "class" and split is not None and number < len(split.class_names):
        return split.class_names[number]
    return axis.name_of(number, input_names(spec), spec.model, data.symbol_names)


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


def _agreement_lines(outcome: RunSummary) -> list[str]:
    if outcome.agreement is None:
        return []
    rows = [("", "right", "accuracy", "adjusted Rand"), _agreement_row(outcome.spec.model.name, outcome.agreement)]
    if outcome.baseline is not None and outcome.baseline.agreement is not None:
        rows.append(_agreement_row("k-means", outcome.baseline.agreement))
    remark = [outcome.agreement.unmatched] if outcome.agreement.unmatched else []
    if outcome.spec.dataset.weights is not None:
        remark.append("every row counts once here, whatever its weight")
    return ["", *table(rows, right=(1, 2, 3)), *remark, *_kmeans_starts(outcome)]


def _kmeans_starts(outcome: RunSummary) -> list[str]:
    """How k-means ended from the seed of each start, where there were several."""
    if outcome.baseline is None or not outcome.restarts:
        return []
    run, ends = outcome.baseline.run, []
    for restart in run.restarts:
        plural = "" if restart.n_iter == 1 else "s"
        ends.append(
            f"seed {restart.seed}: inertia {number(-restart.objective)} after {restart.n_iter} iteration{plural}"
        )
    best = f"k-means from the same seeds, best of {len(ends)} starts: seed {run.step.problem.seed}"
    return ["", best, *ends]


def _agreement_row(name: str, found: Agreement) -> tuple[str, str, str, str]:
    return name, f"{found.hits}/{found.total}", f"{found.accuracy:z.3f}", f"{found.adjusted_rand:z.3f}"


def number(value: float) -> str:
    """A log-likelihood or the like: up to ten significant digits, at most six decimals."""
    return fixed(value, _decimals_for(value))


def fixed(value: float, decimals: int) -> str:
    """With this many decimals; "-" where there is no number, an exponent where it is too wide, never "-0.000"."""
    if math.isnan(value):
        return "-"
    if math.isinf(value) or abs(value) >= 1e12:
        return f"{value:z.6e}" if math.isfinite(value) else ("inf" if value > 0 else "-inf")
    return f"{value:z.{decimals}f}"


def significant(value: float, largest: float, apart: float = 0.0) -> str:
    """A parameter: four decimals where they say something, an exponent else; 0 if it is rounding beside `largest`.

    apart: how far apart the numbers beside it are, where an exponent needs more digits to show that.
    """
    if not math.isfinite(value) or abs(value) <= 1e-14 * largest:
        return fixed(value, 4) if not math.isfinite(value) else "0.0000"
    if 1e-3 <= abs(value) < 1e6:
        return fixed(value, 4)
    needed = 3 + math.ceil(math.log10(largest / apart)) if 0 < apart < math.inf and largest < math.inf else 4
    return f"{value:z.{min(16, max(4, needed))}e}"


def _change(value: float, decimals: int) -> str:
    text = fixed(value, decimals)
    if abs(value) > 0 and not text.strip("-0."):  # it is neither 0 nor nan
        text = f"{value:z.1e}"
    return f"+{text}" if value > 0 else text


def _decimals_for(value: float) -> int:
    if not math.isfinite(value) or abs(value) < 1e4:
        return 6
    return max(0, 9 - math.floor(math.log10(abs(value))))
