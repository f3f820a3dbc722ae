"""The change of the objective at which a run stops, whichever rule sets it."""

from __future__ import annotations

from emtui.spec.run_spec import RunSpec
from engine.em.stopping import AnyOf, ObjectiveChange, StillToGain, StoppingRule


def tolerance_of(spec: RunSpec) -> float:
    """The change of the objective per observation at which the run stops, or would stop without another rule."""
    found = _of(spec.rules)
    return spec.tol if found is None else found


def stops_by_objective(spec: RunSpec) -> bool:
    """Such a change stops the run."""
    return _of(spec.rules) is not None


def _of(rules: tuple[StoppingRule, ...]) -> float | None:
    for rule in rules:
        found = _of(rule.rules) if isinstance(rule, AnyOf) else None
        if isinstance(rule, (ObjectiveChange, StillToGain)):
            return rule.tol
        if found is not None:
            return found
    return None
