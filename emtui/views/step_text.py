"""A step in a few words: the data and the model that it belongs to, where it stands, and its objective."""

from __future__ import annotations

import math

from emtui.session.snapshot import StepSnapshot
from emtui.spec.command_line import PUBLISHED
from emtui.spec.labels_given import NONE
from emtui.views.number_format import DOWN, UP, fixed, number


def where_parts(snapshot: StepSnapshot) -> list[str]:
    """Data, model, options: the most important first."""
    spec = snapshot.spec
    n_rows, n_columns = spec.dataset.X.shape
    size = f" {spec.model.size_words}".rstrip()
    standardised = " standardised" if spec.data.standardize else ""
    products = " with products" if spec.data.products else ""
    parts = [f"{spec.dataset.name} {n_rows:,}×{n_columns:,}{products}{standardised}", f"{spec.model.name}{size}"]
    if spec.model.variant:
        parts[1] += f" {spec.model.variant}"
    given = "published" if spec.start_file in (None, PUBLISHED) else "given"
    start = given if spec.start is not None else spec.model.start_name
    if start:
        parts.append(f"start {start}")
    parts.append(f"seed {spec.seed}")
    if spec.known != NONE:
        parts.insert(2, f"known labels {spec.known}")
    if spec.algorithm != "classic":
        parts.insert(2, _algorithm_words(snapshot))
    return parts


def _algorithm_words(snapshot: StepSnapshot) -> str:
    """The algorithm's name; `annealed T=3.4` if the E-step of this iteration has a temperature."""
    from engine.em.algorithms import Annealed

    algorithm = snapshot.step.problem.algorithm
    if isinstance(algorithm, Annealed):
        return f"{algorithm.name} T={number(algorithm.temperature(max(1, snapshot.step.iteration)))}"
    return algorithm.name


def step_words(snapshot: StepSnapshot) -> str:
    """`start`, or `iteration 7 · E`; `iteration 7 · by hand` for a change by hand."""
    step = snapshot.step
    phase = "by hand" if snapshot.record.by_hand else step.phase
    if step.phase == "init":
        return "start · by hand" if snapshot.record.by_hand else "start"
    return f"iteration {step.iteration} · {phase}"


def objective_words(snapshot: StepSnapshot) -> str:
    """The objective and its change since the step before; if E-steps are not exact, that is the bound."""
    label = objective_name(snapshot)
    words = f"{label} {fixed(snapshot.record.objective)}"
    before = snapshot.previous_record
    rise = 0.0 if before is None else snapshot.record.objective - before.objective
    # a change below the digits of the objective itself is rounding
    if not abs(rise) > 1e-12 * abs(snapshot.record.objective):
        return words
    return f"{words}  {UP if rise > 0 else DOWN} {number(abs(rise))}"


def objective_name(snapshot: StepSnapshot) -> str:
    """The name of what the M-step raises: the likelihood's, or "bound" if E-steps are not exact."""
    model = snapshot.step.problem.model
    if snapshot.record.log_prior:
        return "objective" if model.exact else "bound + prior"
    return model.objective_label if model.exact else "bound"


def estimate_words(snapshot: StepSnapshot) -> str:
    """`ln p ≈ −120.1 ± 0.31`: an estimated log-likelihood and its standard error; "" if it is exact."""
    error = snapshot.step.log_likelihood_error
    if not (error > 0 and math.isfinite(snapshot.record.log_likelihood)):
        return ""
    decimals = max(0, min(6, 1 - math.floor(math.log10(error))))
    return f"ln p ≈ {fixed(snapshot.record.log_likelihood, decimals)} ± {number(error, 2)}"


def pencil(*, ascii: bool) -> str:
    """The sign of a change by hand."""
    return "*" if ascii else "✎"
