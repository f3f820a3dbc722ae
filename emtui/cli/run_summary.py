"""What is said of a run once it is over."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from emtui.session.baseline import agreement_with_classes, kmeans_baseline
from emtui.session.snapshot import Baseline
from emtui.spec.run_spec import RunSpec
from emtui.spec.tolerance import tolerance_of
from engine.analysis.classic_end import classic_end
from engine.analysis.convergence import Convergence, convergence_of
from engine.analysis.evaluation import Agreement, Criteria, criteria, hard_shares
from engine.analysis.remarks import notes_among, remarks_on
from engine.arrays import Array
from engine.em.algorithms import Annealed
from engine.em.evaluation import Posterior
from engine.em.fields import mixing_weights
from engine.em.run import Restart
from engine.em.step import Step

_NO_BETTER = 1e-5  # of the objective, per observation: so little higher is no higher

if TYPE_CHECKING:
    from emtui.networks.rival import MethodComparison


@dataclass(frozen=True, eq=False)
class RunSummary:
    """A finished run; all of it belongs to the parameters of the last step.

    restarts: every start that was tried; none where there was only one. criteria, hard_shares and agreement are None
    where the model or the data have none; baseline is k-means, where there is an agreement to compare; comparison a
    network beside the other way to train it, where the model is one. convergence is what the last steps tell.
    remarks: what else a reader must know; notes: those of them that warn of nothing.
    """

    spec: RunSpec
    step: Step
    restarts: tuple[Restart, ...]
    criteria: Criteria | None
    hard_shares: Array | None
    agreement: Agreement | None
    baseline: Baseline | None
    comparison: MethodComparison | None = None
    convergence: Convergence | None = None
    remarks: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def judge(
    spec: RunSpec,
    recent: Sequence[Step],
    restarts: tuple[Restart, ...] = (),
    patience: float = math.inf,
    comparison: MethodComparison | None = None,
) -> RunSummary:
    """What is said of a run by its last eight steps, oldest first, or as many as it had.

    patience: seconds that k-means may take beside it; at 0 it is left out. comparison: of a network, both methods.
    """
    step = recent[-1]
    model, data = spec.model, step.problem.data
    labels = None if model.supervised else Posterior(step.at_q or step.at).labels  # of the last E-step, as in the app
    agreed = agreement_with_classes(spec, labels)
    seeds = tuple(restart.seed for restart in restarts)
    baseline, too_slow = None, False
    if agreed is not None and patience > 0:
        try:
            baseline = kmeans_baseline(spec, step.params, seeds, patience)
        except TimeoutError:
            too_slow = True
    several = data.n_rows > 1  # for one row criteria mean nothing
    found = criteria(step) if several and model.has_likelihood and math.isfinite(step.log_likelihood) else None
    weights, shares = mixing_weights(step.params), None
    if labels is not None and weights is not None:
        shares = hard_shares(labels, len(weights.array), data.given_weight)
    convergence = convergence_of(recent, tolerance_of(spec))
    remarks = remarks_on(step)
    notes = notes_among(remarks, model)
    if too_slow:
        remarks += (f"k-means was left out: it takes longer than {patience:z.0f} seconds, and than EM did.",)
    remarks += annealed_lower(spec, step)
    return RunSummary(spec, step, restarts, found, shares, agreed, baseline, comparison, convergence, remarks, notes)


def annealed_lower(spec: RunSpec, step: Step) -> tuple[str, ...]:
    """That annealed EM ended lower than classic EM does from the same start, where that takes no more passes."""
    if step.problem.algorithm.name != Annealed.name or spec.model.samples or not math.isfinite(step.objective):
        return ()
    classic = classic_end(step, spec.start, spec.rules)
    if classic is None or not classic.objective - step.objective > _NO_BETTER * step.problem.data.total_weight:
        return ()
    ended = "ends at" if classic.stop_reason is not None else "comes in as many passes to"
    said = f"an objective of {classic.objective:z.6f}, higher by {classic.objective - step.objective:z.3g}"
    return (f"classic EM from the same start {ended} {said}",)
