"""The options that follow from the data: their own, and diagonal covariances where columns outnumber the rows."""

from __future__ import annotations

from typing import Any

from engine.data.dataset import Dataset
from engine.em.model import Model

_SHAPE, _DIAGONAL, _TOLD = "covariance_type", "diag", ("diag", "spherical")


def own_options(data: Dataset, chosen: type[Model[Any, Any]]) -> dict[str, Any]:
    """The options of this model that the data set; None for a size that they leave open."""
    components = None if chosen.supervised else data.options.get("n_components")  # hidden units are no components
    own = dict(data.options) if chosen.name == data.model else {chosen.size_option: components}
    if data.n_features > data.n_samples:
        own = {_SHAPE: _DIAGONAL} | own
    known = {option.name for option in chosen.options()}
    return {key: value for key, value in own.items() if key in known and value is not None}


def wide_notes(data: Dataset, model: Model[Any, Any]) -> tuple[str, ...]:
    """A sentence where there are more columns than rows, and the model has covariances of the columns."""
    shape = model.option_values.get(_SHAPE)
    n, d = data.X.shape
    if shape is None or d <= n or d == 1 or model.option_values.get("emission") == "categorical":
        return ()
    said = f"There are more columns than rows ({d:,} and {n:,}), "
    if shape in _TOLD:
        said += "so a full covariance can't be told from them: here it is "
        said += "diagonal" if shape == _DIAGONAL else "spherical"
    else:
        said += f"and a {shape} covariance can't be told from them: choose covariance_type=diag or spherical"
    return (f"{said}; principal components take fewer columns (in the shell, --principal; in pane 7).",)
