"""Parameters as a JSON file: written by the export, read again by `--start`.

    {"model": "coins", "standardized": false, "params": {"weights": [0.5, 0.5], "probabilities": [0.6, 0.5]}}

A file that holds the arrays alone, {"weights": …, "probabilities": …}, is read as well. A network's file is read
whichever way the network is trained.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Collection
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from emtui.spec.atomic_files import file_name
from emtui.spec.rival_model import other_way
from engine.em.model import Model
from engine.em.step import Step
from engine.errors import EngineError
from engine.models import model_class, model_names
from engine.text import clean, quoted

_LARGEST = 64 * 1024 * 1024


class ParametersError(EngineError):
    """A file of parameters can't be used; the message is one sentence with the remedy."""


class _File(msgspec.Struct):
    """What a file of parameters holds."""

    params: dict[str, Any]
    model: str | None = None
    standardized: bool | None = None


def parameters_text(step: Step, *, standardized: bool) -> str:
    """The parameters of a step as JSON, every digit kept. standardized: they are in standard units."""
    model = step.problem.model
    document = {
        "model": model.name,
        "options": model.option_values,
        "standardized": standardized,
        "iteration": step.iteration,
        "phase": step.phase,
        "params": params_as_lists(step.params),
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


def params_as_lists(params: Any) -> dict[str, Any]:
    """Parameters by name, arrays as nested lists; a dataclass within them likewise."""
    found = {}
    for field in fields_of(params):
        value = getattr(params, field.name)
        if dataclasses.is_dataclass(value):
            found[field.name] = params_as_lists(value)
        else:
            found[field.name] = value.tolist() if isinstance(value, np.ndarray | np.generic) else value
    return found


def fields_of(params: Any) -> tuple[dataclasses.Field[Any], ...]:
    """The fields that hold θ: one with `compare=False`, such as what an optimiser remembers, is no part of it."""
    return tuple(field for field in dataclasses.fields(params) if field.compare)


def read_parameters(path: str, model: Model[Any, Any], *, standardized: bool | None = None) -> Any:
    """`model.Params` from a file. Whether they fit the data is checked when the run begins.

    standardized: whether the data are in standard units; a file that says otherwise is refused. None: not checked.

    Raises:
        ParametersError: the file can't be read, is not of this form, or belongs to another model.
    """
    found = _decode(path, _read(path))
    if found.model not in (None, model.name, other_way(model.name)):
        raise ParametersError(
            f"{_name(path)} holds parameters of the model {quoted(found.model)}, not of {model.name}: "
            f"add --model {clean(found.model)}, or choose another file."
        )
    if None not in (standardized, found.standardized) and standardized != found.standardized:
        theirs, remedy = ("standard", "add") if found.standardized else ("the data's own", "leave out")
        raise ParametersError(f"the parameters in {_name(path)} are in {theirs} units: {remedy} --standardize.")
    return params_from_lists(_name(path), model, found.params)


def params_from_lists(where: str, model: Model[Any, Any], values: dict[str, Any]) -> Any:
    """`model.Params` from nested lists by name; `where` names them in a sentence.

    Raises:
        ParametersError: they are not those of the model, or no numbers.
    """
    fields = {field.name: field for field in fields_of(model.Params)}
    unknown = next((name for name in values if name not in fields), None)
    if unknown is not None:
        raise ParametersError(
            f"{where} has {quoted(unknown)}, which {model.name} does not know: it has {', '.join(fields)}"
            f"{_of_others(values)}."
        )
    needed = [name for name, field in fields.items() if field.default is dataclasses.MISSING]
    for name in needed:
        if name not in values:
            raise ParametersError(f"{where} lacks {name}: {model.name} needs {', '.join(needed)}.")
    try:
        return model.Params(**{name: _array(where, fields[name], value) for name, value in values.items()})
    except EngineError:
        raise
    except (TypeError, ValueError, RecursionError) as error:
        raise ParametersError(f"the parameters in {where} don't fit the {model.name} model: {error}.") from error


def _of_others(values: Collection[str]) -> str:
    """The models that have such parameters, as a remedy; "" where none has."""
    known = {name: {field.name for field in fields_of(model_class(name).Params)} for name in model_names()}
    fitting = [name for name, names in known.items() if names >= {*values}]
    return f" (for parameters of {fitting[0]}, add --model {fitting[0]})" if fitting else ""


def _array(where: str, field: dataclasses.Field[Any], value: Any) -> Any:
    name = field.name
    if value is None and field.default is not dataclasses.MISSING:
        return None  # an array that the model can do without
    if isinstance(value, dict):
        if _holds_parameters(field):
            return {inner: _array(where, field, part) for inner, part in value.items()}
        raise ParametersError(f"{name} in {where} must be numbers in lists, not a table of names.")
    _check_numbers(where, name, value)
    try:
        return np.array(value, dtype=np.float64)
    except (ValueError, OverflowError):
        raise ParametersError(f"the lists of {name} in {where} differ in length: make them equal.") from None


def _holds_parameters(field: dataclasses.Field[Any]) -> bool:
    """Values inside values: the field may be a dataclass of arrays, which the parameters make from a table of names."""
    return any(not part.strip().startswith(("Array", "None")) for part in str(field.type).split("|"))


def _check_numbers(where: str, name: str, value: Any) -> None:
    for number in value if isinstance(value, list) else [value]:
        if isinstance(number, list):
            _check_numbers(where, name, number)
        elif isinstance(number, bool) or not isinstance(number, int | float) or not _finite(number):
            raise ParametersError(f"{name} in {where} holds {quoted(str(number))}: every entry must be a number.")


def _finite(number: int | float) -> bool:
    try:
        return math.isfinite(number)
    except OverflowError:  # a whole number of more than 308 digits
        return False


def _decode(path: str, content: bytes) -> _File:
    try:
        document = msgspec.json.decode(content, type=dict[str, Any])
        return msgspec.convert(document if "params" in document else {"params": document}, type=_File)
    except RecursionError:
        why = "its lists are nested too deeply"
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        why = clean(str(error), 120)
    raise ParametersError(
        f"{_name(path)} is no file of parameters ({why}): use one that the export has written, such as "
        f"{file_name('iris', 'gmm', 'parameters', ending='json')}."
    )


def _read(path: str) -> bytes:
    try:
        with Path(path).open("rb") as file:
            content = file.read(_LARGEST + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise ParametersError(f"{_name(path)} can't be read: {clean(why)}: give a file of parameters.") from error
    if len(content) > _LARGEST:
        raise ParametersError(f"{_name(path)} is larger than {_LARGEST >> 20} MB: it can't be a file of parameters.")
    return content.removeprefix(b"\xef\xbb\xbf")


def _name(path: str) -> str:
    return quoted(str(path), 250)
