"""What `emtui run` prints for eyes: a heading, a line for each half-step, and a summary.

Minus signs are plain hyphens here, so that other programs can read the numbers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from emtui.cli.convergence_report import convergence_lines
from emtui.cli.parameter_report import parameter_lines
from emtui.cli.run_numbers import decimals_for, fixed, number, signed
from emtui.cli.run_summary import RunSummary
from emtui.cli.shell_output import Output, table
from emtui.spec.labels_given import n_given
from emtui.spec.promise import may_fall
from emtui.spec.run_notes import run_notes
from emtui.spec.run_spec import RunSpec
from emtui.spec.state_names import with_state_names
from emtui.spec.train_test_split import split_of
from emtui.views.estimate_words import draws_words, quantity_name
from emtui.views.number_format import listed
from engine.analysis.evaluation import Agreement
from engine.em.run import Restart
from engine.em.step import Step
from engine.text import clean

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
        self._spec: RunSpec | None = None
        self._label = ""
        self._decimals: int | None = None
        self._before = math.nan

    def begin(self, spec: RunSpec) -> None:
        """What is run on what."""
        self._output.lines(heading(spec))
        self._spec = spec
        self._label = spec.model.objective_label

    def restart(self, restart: Restart) -> None:
        """How one of several starts ended."""
        self._output.line(restart_line(restart))

    def step(self, step: Step, scores: Mapping[str, float]) -> None:
        """The line of a step, below the heads of the columns, and one for each thing out of the ordinary.

        The scores of a network stand in the summary.
        """
        if self._decimals is None:
            self._decimals = decimals_for(step.log_likelihood)
            model = step.problem.model
            bound, kl = (quantity_name(model, *names) for names in (("elbo", "bound"), ("kl", "KL")))
            self._output.lines(["", "iter phase" + self._row((self._label, bound, kl, "objective", "change"))])
        change, self._before = step.objective - self._before, step.objective
        values = (step.log_likelihood, step.elbo, step.kl, step.objective)
        cells = [*(fixed(value, self._decimals) for value in values), signed(change, self._decimals)]
        line = f"{step.iteration:>4} {step.phase:<5}" + self._row(cells)
        events = [clean(event.message) for event in step.events]
        said = events if self._spec is None else [with_state_names(self._spec, text) for text in events]
        self._output.lines([line, *(f"           {text}" for text in said)])

    def _row(self, cells: Sequence[str]) -> str:
        return "".join(f" {cell:>{width}}" for cell, width in zip(cells, self._WIDTHS, strict=True))

    def end(self, outcome: RunSummary) -> None:
        """The summary."""
        self._output.lines(summary(outcome))


def restart_line(restart: Restart) -> str:
    """How one of several starts ended."""
    if restart.error is not None:
        return f"seed {restart.seed}: could not be run: {restart.error}"
    ended, plural = "converged" if restart.converged else "stopped", "" if restart.n_iter == 1 else "s"
    found = f"objective {number(restart.objective)}, {ended} after {restart.n_iter} iteration{plural}"
    return f"seed {restart.seed}: {found}"


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
    return [first, *([f"{promise[0].upper()}{promise[1:]}."] if promise else []), *run_notes(spec)]


def summary(outcome: RunSummary) -> list[str]:
    """Why the run stopped, its parameters, and how well they agree with what is known."""
    step = outcome.step
    ended = "converged" if step.converged else "stopped"
    plural = "" if step.iteration == 1 else "s"
    lines = [
        "",
        f"{ended} after {step.iteration} iteration{plural}: {step.stop_reason}",
    ]
    lines += [with_state_names(outcome.spec, text) for text in weak_lines(step)]
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
    lines += [with_state_names(outcome.spec, clean(remark, 500)) for remark in outcome.remarks]
    if outcome.convergence is not None:
        lines += convergence_lines(outcome.convergence, step, outcome.spec)
    if outcome.comparison is not None:
        from emtui.cli.prediction_sample import prediction_lines
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
