"""Which models can't take the data as they are, and why: asked before one is chosen."""

from __future__ import annotations

import re
from collections.abc import Mapping

from emtui.spec.choose import make_model
from emtui.spec.revise import changed
from emtui.spec.run_spec import RunSpec, once_a_spec
from emtui.spec.train_test_split import sample_weight_of, table_of
from engine.em.observed import observed
from engine.errors import EngineError
from engine.models import model_class, model_names

_MOST_CELLS = 1_000_000  # of larger data only what their columns say is looked at: the values would take too long


@once_a_spec
def refused_models(spec: RunSpec) -> Mapping[str, str]:
    """The models that no choice of options lets take these data, with the sentence that says why.

    Where the sentence names an option of the model, that can be set, so the model is not refused.
    """
    reasons = {name: _why_not(spec, name) for name in model_names() if name != spec.model.name}
    return {name: reason for name, reason in reasons.items() if reason and not _names_an_option(reason, name)}


def _why_not(spec: RunSpec, name: str) -> str:
    try:
        made = changed(spec, model=make_model(spec.dataset, name))
        if not made.model.supervised and made.dataset.X.size <= _MOST_CELLS:
            observed(made.model, table_of(made)[0], None, sample_weight_of(made))
    except EngineError as error:
        return str(error)
    return ""


def _names_an_option(reason: str, name: str) -> bool:
    return any(re.search(rf"\b{option.name}\b", reason) for option in model_class(name).options())
