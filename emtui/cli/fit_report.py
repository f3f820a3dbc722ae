"""`emtui report`: one page on a fit, for a browser: data, choices, why it stopped, optima, sizes, warnings."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from emtui.cli.convergence_report import convergence_lines
from emtui.cli.headless import best_of, scored_run, steps_from
from emtui.cli.run_report import heading, summary, weak_lines
from emtui.cli.run_summary import RunSummary, judge
from emtui.cli.shell_output import Output, printable
from emtui.exports.pages.page_colors import BOTH
from emtui.exports.pages.report_page import (
    ReportTable,
    Section,
    curve_pictures,
    data_notes,
    data_pictures,
    report_page,
    scene_picture,
)
from emtui.exports.pages.step_page import thinned
from emtui.screens.studies.optima_map import OptimaMap, optima_scene, optima_table
from emtui.screens.studies.optima_map import verdict as optima_verdict
from emtui.screens.studies.optima_starts import MAX_ITER, TOL, spread
from emtui.screens.studies.selection_sizes import size_scene, size_table, sizes_of
from emtui.screens.studies.selection_sizes import verdict as sizes_verdict
from emtui.session.baseline import classes_to_find
from emtui.session.session import Session
from emtui.session.snapshot import StepSnapshot
from emtui.spec.atomic_files import ExportError, check_free, is_device, write_file
from emtui.spec.command_line import command_of
from emtui.spec.revise import with_seed
from emtui.spec.run_notes import run_notes
from emtui.spec.run_spec import RunSpec
from emtui.spec.train_test_split import problem_of, sample_weight_of, table_of
from emtui.views import view_for
from emtui.views.number_format import as_in_app, number, plural
from emtui.views.step_text import where_parts
from emtui.widgets.plain_table import PlainTable
from emtui.widgets.table_columns import plain
from engine.analysis.many_starts import many_starts
from engine.analysis.optima import group_optima
from engine.analysis.selection import badness, compare_sizes
from engine.em.run import Restart
from engine.em.step import Step
from engine.errors import EngineError
from engine.text import quoted

_STARTS = 20
_SIZES = 8  # at least
_SECONDS = 30.0  # that the starts, and then the sizes, may take
_COLUMNS = 30  # of the data, that are told of one by one
_ROWS = 40  # of a table of parameters
_PATIENCE = 10.0  # seconds for k-means

Say = Callable[[str], None]


def report(spec: RunSpec, path: str, output: Output, *, n_init: int = 1, baseline: bool = True, say: Say) -> None:
    """Run EM, look at other starts and sizes, and write the page.

    Raises:
        EngineError: the model can't start, or the file can't be written; one sentence.
    """
    if Path(path).suffix.lower() not in (".html", ".htm"):
        what = "is a device or a pipe, not a file" if is_device(path) else "can't hold a report"
        raise ExportError(f"{quoted(path, 200)} {what}: end the name in .html.")
    check_free(path)
    if n_init > 1:
        spec = replace(spec, start=None)  # a published start can be run only once
    say("looking for a start")
    problem = problem_of(spec)
    restarts: tuple[Restart, ...] = ()
    if n_init > 1:
        steps, restarts = best_of(spec, problem, n_init, lambda restart: say(f"seed {restart.seed}"))
        spec = with_seed(spec, steps[0].problem.seed)
    else:
        steps = list(_told(steps_from(spec, problem), say))
    scored = scored_run(spec)
    if scored is not None:
        for step in steps:
            scored.scores(step)
    say("comparing with what is known")
    comparison = None if scored is None else scored.comparison
    outcome = judge(spec, steps[-8:], restarts, _PATIENCE if baseline else 0.0, comparison)
    session = Session.of_run(spec, steps, None if scored is None else scored.history(steps), outcome.baseline)
    snapshot = session.snapshot()
    sections = [
        *_of_data(spec),
        *_of_choices(spec),
        *_of_fit(spec, outcome, snapshot),
        *_optima(spec, say),
        *_sizes(spec, say),
    ]
    title, *about = where_parts(snapshot)[:2]
    write_file(path, report_page(f"{title} · {' · '.join(about)}", " · ".join(where_parts(snapshot)[2:]), sections))
    output.line(printable(f"report written to {path}"))


def _told(steps: Iterator[Step], say: Say) -> Iterator[Step]:
    for step in steps:
        say(f"iteration {step.iteration + (step.phase != 'E')}")
        yield step


def _of_data(spec: RunSpec) -> list[Section]:
    """The table: how large, its columns, what was left out."""
    data = spec.dataset
    size = f"{data.name}: {plural(data.n_samples, 'row')}, {plural(data.n_features, 'column')}"
    said = [f"{size}{' standardised' if spec.standardized else ''}."]
    if data.class_names and data.y is not None:
        said.append(f"Known classes: {', '.join(data.class_names)}.")
    X, names = np.asarray(data.X), data.feature_names[:_COLUMNS]
    if X.ndim != 2 or X.dtype.kind != "f" or not np.isfinite(X).any():
        return [Section("Data", said)]
    with np.errstate(all="ignore"):
        columns = X[:, : len(names)]
        numbers = [f(columns, axis=0) for f in (np.nanmean, np.nanstd, np.nanmin, np.nanmax)]
    rows = [[name, *(as_in_app(number(float(each[j]))) for each in numbers)] for j, name in enumerate(names)]
    if data.n_features > len(names):
        said.append(f"The first {len(names)} columns:")
    return [Section("Data", said, table=ReportTable(("column", "mean", "sd", "least", "greatest"), rows))]


def _of_choices(spec: RunSpec) -> list[Section]:
    notes = run_notes(spec)
    told = [line for line in heading(spec) if line not in notes]
    return [Section("Choices", [*told, "The command that makes the same run:"], command_of(spec))]


def _of_fit(spec: RunSpec, outcome: RunSummary, snapshot: StepSnapshot) -> list[Section]:
    """Why it stopped, what to be careful with, the pictures and the parameters."""
    step, lines = outcome.step, [line for line in summary(outcome)[1:] if line]
    ended = next((place for place, line in enumerate(lines) if line.startswith(("AIC", "rate", "near"))), 1)
    weak, found = weak_lines(step), outcome.convergence
    stopped = [line for line in lines[: max(1, ended)] if line not in weak and line not in outcome.remarks]
    if outcome.criteria is not None:
        stopped += [line for line in lines if line.startswith(("AIC", "ICL"))]
    stopped += [] if found is None else convergence_lines(found, step, outcome.spec)
    if outcome.agreement is not None:
        agreed = outcome.agreement
        stopped.append(f"{agreed.hits} of {agreed.total} rows agree with the known classes.")
    careful = [
        *run_notes(spec),
        *weak,
        *(remark for remark in outcome.remarks if remark not in outcome.notes),
        *dict.fromkeys(event.message for event in step.events if not event.stops),
    ]
    table = view_for(snapshot.spec.model).parameters(snapshot)
    rows = [[row.name, *(as_in_app(cell.text.strip()) for cell in row.cells)] for row in table.rows[:_ROWS]]
    notes = [table.note] if table.note else []
    drawn = thinned(snapshot)
    few = list(data_notes(drawn))
    if len(drawn.rows) < snapshot.n_rows:
        few.append(f"{len(drawn.rows):,} of {snapshot.n_rows:,} rows are drawn, evenly from all.")
    notes += [f"The first {_ROWS} of {len(table.rows)} rows."] if len(table.rows) > _ROWS else []
    return [
        Section("Why it stopped", [_sentence(line) for line in stopped]),
        Section("Warnings", [_sentence(line) for line in careful] or ["None."]),
        Section("Notes", [_sentence(line) for line in outcome.notes]),
        Section("Picture", few, pictures=data_pictures(drawn)),
        Section("Curves", pictures=curve_pictures(snapshot)),
        Section("Parameters", notes, table=ReportTable(("", *table.columns), rows)),
    ]


def _sentence(line: str) -> str:
    line = as_in_app(line)
    return f"{line[:1].upper()}{line[1:]}" + ("" if line.endswith(".") else ".")


def _optima(spec: RunSpec, say: Say) -> list[Section]:
    """Where other starts end."""
    title = "Other starts"
    if spec.model.supervised:
        return [Section(title, ["Starts of networks and experts are compared by validation rows: see O in the app."])]
    model, last, due = spread(spec.model), None, time.monotonic() + _SECONDS
    try:
        for last in many_starts(
            model, *table_of(spec), sample_weight=sample_weight_of(spec), n_starts=_STARTS, seed=spec.seed,
            max_iter=MAX_ITER, tol=TOL, algorithm=spec.algorithm,
        ):  # fmt: skip
            say(f"start {min(last.done + 1, _STARTS)} of {_STARTS}")
            if time.monotonic() > due:
                break
        if last is None or not last.results:
            return [Section(title, ["No start came to its end in time."])]
        truth = classes_to_find(spec)
        fits = truth is not None and len(truth) == last.problem.data.n_given
        now = OptimaMap(last, group_optima(last, truth=truth if fits else None))
    except EngineError as error:
        return [Section(title, [str(error)])]
    table = optima_table(now, model.has_likelihood and model.exact)
    pictures = []
    if len(now.optima) > 1:
        light, dark = (optima_scene(now, 0, palette) for palette in BOTH)
        pictures.append(scene_picture("starts that ended at each optimum", light, dark))
    return [Section(title, [as_in_app(optima_verdict(now))], table=_report_table(table, ("share",)), pictures=pictures)]


def _sizes(spec: RunSpec, say: Say) -> list[Section]:
    """Other numbers of components, by BIC and held-out rows."""
    title, last, due = "Other sizes", None, time.monotonic() + _SECONDS
    largest = min(max(_SIZES, spec.n_components + 3), spec.dataset.n_samples)
    try:
        for last in compare_sizes(
            spec.model, table_of(spec)[0], n_components=tuple(range(1, largest + 1)), repeats=2, seed=spec.seed,
            sample_weight=sample_weight_of(spec), max_iter=spec.max_iter, tol=spec.tol,
        ):  # fmt: skip
            say(f"size {last.done} of {last.total}")
            if time.monotonic() > due:
                break
    except EngineError as error:
        return [Section(title, [str(error)])]
    if last is None or not last.candidates:
        return [Section(title, ["No size was fitted in time."])]
    candidates = last.candidates
    late = [] if last.finished else [f"{last.done} of {last.total} fits came to their end in time."]
    sizes = tuple(sorted(sizes_of(candidates), key=lambda one: badness(one.values["bic"], "bic")))
    kinds = tuple(dict.fromkeys(one.covariance_type for one in candidates))
    light, dark = (size_scene(candidates, "bic", kinds, palette) for palette in BOTH)
    table = _report_table(size_table(sizes, "bic", kinds, BOTH[0]))
    picture = scene_picture("BIC, the smaller the better", light, dark)
    return [Section(title, [as_in_app(sizes_verdict(candidates)), *late], table=table, pictures=[picture])]


def _report_table(table: PlainTable, without: Sequence[str] = ()) -> ReportTable:
    """A table of the app as text."""
    kept = [place for place, column in enumerate(table.columns) if column.key not in without]
    heads = [plain(table.columns[place].title) for place in kept]
    return ReportTable(heads, [[as_in_app(plain(row[place]).strip()) for place in kept] for row in table.rows])
