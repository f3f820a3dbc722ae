"""What `emtui run --json` prints: one JSON object a line, each a step; the last says how the run ended as well."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emtui.cli.convergence_report import convergence_record
from emtui.cli.run_summary import RunSummary
from emtui.cli.shell_output import Output
from emtui.exports.data_table import json_text
from emtui.exports.step_record import step_record
from emtui.spec.labels_given import n_given
from emtui.spec.run_notes import run_notes
from emtui.spec.run_spec import RunSpec
from engine.analysis.evaluation import Agreement
from engine.em.run import Restart
from engine.em.step import Step


class JsonPrinter:
    """A line for each step; that of the last one waits for the outcome."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._scores: Mapping[str, float] = {}
        self._previous: Step | None = None

    def begin(self, spec: RunSpec) -> None:
        """Nothing: every line is a step."""

    def restart(self, restart: Restart) -> None:
        """Nothing: the restarts stand in the last line."""

    def step(self, step: Step, scores: Mapping[str, float]) -> None:
        """A step that is not the last one, with the scores of a network."""
        self._scores = scores
        if step.stop_reason is None:
            self._output.line(json_text(step_record(step, scores, self._previous)))
            self._previous = step

    def end(self, outcome: RunSummary) -> None:
        """The last step, and the outcome."""
        record = step_record(outcome.step, self._scores, self._previous)
        self._output.line(json_text(record | outcome_record(outcome)))


def outcome_record(outcome: RunSummary) -> dict[str, Any]:
    """What the last line of JSON says beside its step; null where there is nothing to say."""
    found, baseline = outcome.agreement, outcome.baseline
    record: dict[str, Any] = {"agreement": None, "criteria": outcome.criteria}
    if found is not None:
        kmeans = None if baseline is None or baseline.agreement is None else agreement_record(baseline.agreement)
        record["agreement"] = {**agreement_record(found), "kmeans": kmeans}
    record["convergence"] = None if outcome.convergence is None else convergence_record(outcome.convergence)
    record["hard_shares"] = None if outcome.hard_shares is None else outcome.hard_shares.tolist()
    record["remarks"] = outcome.remarks
    record |= {"seed": outcome.spec.seed, "notes": run_notes(outcome.spec)}
    if outcome.comparison is not None:
        from emtui.cli.rival_report import comparison_record

        record |= comparison_record(outcome.spec, outcome.comparison)
    if given := n_given(outcome.spec):
        record["known_labels"] = given  # whose probability the log-likelihood has in it
    if outcome.restarts:
        record["restarts"] = outcome.restarts
        record["kmeans_restarts"] = None if baseline is None else baseline.run.restarts
    return record


def agreement_record(found: Agreement) -> dict[str, Any]:
    """An agreement by the names of `engine.evaluation.Agreement`."""
    return {
        "hits": found.hits,
        "total": found.total,
        "accuracy": found.accuracy,
        "adjusted_rand": found.adjusted_rand,
        "normalized_mutual_information": found.normalized_mutual_information,
        "matching": found.matching.tolist(),
    }
