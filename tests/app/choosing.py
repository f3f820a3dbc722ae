"""Choices in one line: the words of a `DataSpec` among those of `choose`."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from emtui.spec.choose import DEFAULT_SOURCE, choose
from emtui.spec.run_spec import RunSpec
from engine.data.data_spec import DataSpec

_OF_DATA = {field.name for field in fields(DataSpec)}


def chosen(source: str = DEFAULT_SOURCE, **words: Any) -> RunSpec:
    of_data = {name: words.pop(name) for name in _OF_DATA & words.keys()}
    if of_data.get("columns") is not None:
        of_data["columns"] = tuple(of_data["columns"])
    return choose(DataSpec(source, **of_data), **words)
