"""What is run for a map of optima: from how many starts, from which, and how far."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from emtui.networks.choosing import choosing_spec, seconds_of_a_step
from emtui.spec.rival_model import has_rival
from emtui.spec.run_spec import RunSpec
from engine.em.model import Model
from engine.errors import EngineError

N_STARTS, N_STARTS_OF_NETWORKS = 200, 40
MAX_ITER, TOL = 1000, 1e-9  # tighter than usual: runs that stop on their way look like optima
_SECONDS_OF_NETWORKS, _LEAST_STARTS = 60.0, 4
NETWORK_ITERATIONS, NETWORK_TOL = 200, 1e-7  # of whose steps each is a hundred times as much work
SPREAD = "points"  # the start that finds most optima


def starts_of_network(spec: RunSpec) -> int:
    """Forty starts, or as many, four at least, as their exact E-steps are expected to take a minute for."""
    step = seconds_of_a_step(spec, spec.model.option_values[spec.model.size_option])
    affordable = _SECONDS_OF_NETWORKS / (NETWORK_ITERATIONS * step) if step > 0 else math.inf
    return int(min(N_STARTS_OF_NETWORKS, max(_LEAST_STARTS, affordable)))


def spread(model: Model[Any, Any]) -> Model[Any, Any]:
    """The model with the kind of start that finds most optima; unchanged if it has no such start.

    A network's gradient step comes to rest nowhere near as soon as Newton's, which finds the optima.
    """
    for option in model.options():
        if option.name == "m_step" and "newton" in option.choices and model.ascent == "gradient":
            climbing: Any = model
            sooner: Model[Any, Any] = replace(climbing, m_step="newton")
            return sooner
        if option.name == "init" and SPREAD in option.choices and model.start_name != SPREAD:
            wider: Any = model
            made: Model[Any, Any] = replace(wider, init=SPREAD)
            return made
    return model


def why_no_map(spec: RunSpec) -> str:
    """Why there is no map of optima for these choices, in a sentence; "" where there is."""
    if spec.model.supervised and not has_rival(spec.model):
        return f"The map of optima is for mixtures and networks, and the {spec.model.name} model is neither."
    try:
        _ = choosing_spec(spec) if spec.model.supervised else None
    except EngineError as error:
        return str(error)
    return ""
