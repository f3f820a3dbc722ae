"""What `emtui run` says about convergence: two lines at most, and JSON."""

from __future__ import annotations

import math
from typing import Any

from emtui.spec.run_spec import RunSpec
from emtui.spec.state_names import component_names
from emtui.views.number_format import plural
from engine.analysis.convergence import Convergence, Help
from engine.em.step import Step

_HELPS: dict[Help, str] = {
    "squarem": "--algorithm squarem",
    "fewer_components": "fewer components (-k)",
    "push": "",  # that is for the app
    "standardize": "--standardize",
    "leave_out": "another start (--seed, --n-init)",
    "other_start": "another start (--seed, --n-init)",
    "other_kind_of_start": "--set init=",
    "newton": "--set m_step=newton",
    "larger_tolerance": "a larger --tol",
    "weight_decay": "--set weight_decay=0.1",
}


def convergence_lines(told: Convergence, step: Step, spec: RunSpec) -> list[str]:
    """The rate and what it means; if EM is slow, why and what helps. Nothing if there is no rate."""
    if step.rest is not None and not step.rest.is_rest:
        words = [_HELPS[one] + (step.rest.starts[0] if one == "other_kind_of_start" else "") for one in told.helps]
        tried = " or ".join(dict.fromkeys(filter(None, words)))
        return [f"no maximum: try {tried or 'a push by hand (in the app, E; here, --start)'}"]
    if not 0.0 <= told.rate < 1.0:
        return []
    gains = f" by moves, {_rate(told.from_gains)} by gains" if math.isfinite(told.from_gains) else ""
    if not told.settled:
        meaning = "not steady yet"
    elif told.kind == "em":
        meaning = f"about {100 * told.rate:z.3g} % of the information is missing, or more"
    else:
        meaning = "steady"
    lines = [f"rate {_rate(told.rate)}{gains}: {meaning}"]
    if told.slow and told.settled:
        lines.append(_why(told, step, spec))
    return lines


def _why(told: Convergence, step: Step, spec: RunSpec) -> str:
    parts = []
    if told.overlap is not None:
        found = told.overlap
        noun, names = step.params.component_noun, component_names(spec, step.params)
        parts.append(f"{noun}s {names[found.first]} and {names[found.second]} overlap ({found.confusion:z.2f})")
    if told.helps:
        parts.append(f"try {_HELPS[told.helps[0]]}")
    elif step.converged and spec.tol > 0 and (step.rest is None or step.rest.kind == "untested"):
        parts.append("small changes are no proof of rest: try a smaller --tol")
    to_go = f" ({plural(told.steps_to_go, 'iteration')} to below {spec.tol:zg})" if told.steps_to_go else ""
    return f"slow{to_go}: {'; '.join(parts)}" if parts else f"slow{to_go}"


def _rate(rate: float) -> str:
    """Three decimals, more where it is near 1."""
    return f"{rate:z.{max(3, min(9, 1 + math.ceil(-math.log10(1.0 - rate))))}f}" if rate < 1.0 else f"{rate:z.3f}"


def convergence_record(told: Convergence) -> dict[str, Any]:
    """The same by the names of `engine.analysis.convergence.Convergence`; null where there is nothing to tell."""
    return {
        "kind": told.kind,
        "rate": told.rate,
        "from_gains": told.from_gains,
        "settled": told.settled,
        "missing_information": told.missing_information,
        "change": told.change,
        "steps_to_go": told.steps_to_go,
        "still_to_gain": told.still_to_gain,
        "overlap": told.overlap,
        "helps": list(told.helps),
    }
