"""The other way to train the same network, as a model: backpropagation for EM, or EM for backpropagation."""

from __future__ import annotations

from typing import Any

from emtui.spec.run_spec import RunSpec
from emtui.spec.train_test_split import learns_numbers
from engine.models import model_class
from engine.models.network.cost import MOST_EXACT
from engine.models.network.params import sizes_of
from engine.options import parse_options

_OTHER = {"mlp": "backprop", "backprop": "mlp", "experts": "backprop-experts", "backprop-experts": "experts"}
_SHARED = ("hidden_units", "weight_decay", "weight_scale", "bias", "free_output", "likelihood")
_SHARED_BY_EXPERTS = ("n_experts", "expert", "init", "weight_decay", "reg_covar")


def has_rival(model: Any) -> bool:
    """There is another way to train it."""
    return model.name in _OTHER


def other_way(name: str) -> str | None:
    """The name of the model that learns the same θ in the other way; None where there is none."""
    return _OTHER.get(name)


def is_network(model: Any) -> bool:
    """It is a network with hidden units, however it is trained."""
    return has_rival(model) and "hidden_units" in model.option_values


def rival_model(spec: RunSpec) -> Any:
    """The other way to train the network of this spec; None for a model that has none.

    Options that both have are the same, so that it makes no difference which of the two is the model and which the
    rival: EM by gradient steps stands beside backpropagation at the same rate. M-steps that go further than the
    gradient, and have no rate to share, stand beside Adam.

    Raises:
        EngineError: an option that was set for it can't be used; one sentence.
    """
    model: Any = spec.model
    other = _OTHER.get(model.name)
    if other is None:
        return None
    made = model_class(other)
    own = model.option_values
    options: dict[str, Any] = {name: own[name] for name in (*_SHARED, *_SHARED_BY_EXPERTS) if name in own}
    if "n_experts" in own:  # experts are trained by Adam, or by EM, as they are by themselves
        return made(**options | parse_options(made, dict(spec.rival)))
    if other == "mlp" or model.m_step == "gradient":
        options["learning_rate"] = model.learning_rate
        options |= _steps_alike(spec, other)
    else:
        options |= {"optimizer": "adam", "learning_rate": 0.3}
    return made(**options | parse_options(made, dict(spec.rival)))


def _steps_alike(spec: RunSpec, other: str) -> dict[str, Any]:
    """The same optimiser on as many rows a step, as far as the other way has it."""
    model: Any = spec.model
    if other == "backprop":
        return {"optimizer": model.optimizer, "batch_size": model.batch_size}
    if learns_numbers(spec) or model.optimizer == "batch":  # plain steps over all rows
        return {}
    sizes = sizes_of(model.hidden_units)
    in_parts = len(sizes) == 1 and sizes[0] <= MOST_EXACT  # whose exact q is known row by row
    return {"optimizer": model.optimizer, "batch_size": model.batch_size if in_parts else None}
