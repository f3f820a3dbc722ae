"""What a run does not promise: whether its objective may fall, and why; said at its start."""

from __future__ import annotations

from emtui.spec.run_spec import RunSpec
from engine.em.algorithms import algorithm_named


def may_fall(spec: RunSpec) -> str:
    """Why the objective may fall, a clause; "" where it only rises, but for components that are set by a rule."""
    model, algorithm = spec.model, algorithm_named(spec.algorithm)
    if algorithm.rises == "elbo":
        return "the objective may fall: with hard assignments the bound alone has to rise"
    if algorithm.name == "annealed":
        return "the objective may fall until the temperature is 1"
    if algorithm.rises == "nothing" or model.samples or model.ascent == "drawn":
        return "the objective may fall: this way to run EM draws at random"
    if model.ascent == "gradient":
        return "the objective may fall: a step along the gradient may be too long"
    return ""
