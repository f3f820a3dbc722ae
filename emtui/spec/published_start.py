"""The start that was published with the data."""

from __future__ import annotations

from typing import Any

from engine.data.dataset import Dataset
from engine.em.model import Model
from engine.errors import EngineError


def published_start(data: Dataset, model: Model[Any, Any]) -> Any:
    """The start that was published with the data, as the model's parameters; None where none fits this model."""
    if data.start is None or data.model != model.name:
        return None
    try:
        return model.check_params(model.Params(**data.start), model.observe(data.X))
    except EngineError:
        return None  # another K, or other options
