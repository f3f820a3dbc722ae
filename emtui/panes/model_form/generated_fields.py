"""The lines of the form that make a generated set anew: rows, noise and seed; none for other data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from emtui.widgets.field_spec import FieldSpec
from engine.data.catalogue import key_of, made_with
from engine.data.data_spec import DataSpec, Generated
from engine.data.recipes import MOST_NOISE, MOST_ROWS, RECIPES
from engine.options import Option

_KEYS = {"n_samples": "n_samples", "noise": "noise", "seed": "data_seed"}
"""The key of the line for each part of `Generated`."""
GENERATED = frozenset(_KEYS.values())


def generated_fields(source: str) -> tuple[FieldSpec, ...]:
    """A line for each number that the recipe of this set takes; () for data that were not generated."""
    recipe = RECIPES.get(key_of(source))
    if recipe is None:
        return ()
    options = [
        Option(name="n_samples", kind="int", default=recipe.n_samples, minimum=recipe.least, maximum=MOST_ROWS,
               help="rows of the generated set"),
        Option(name="noise", kind="float", default=recipe.noise, minimum=0.0, maximum=MOST_NOISE,
               help="standard deviation of what is added to each point"),
        Option(name="data_seed", kind="int", default=0, minimum=0, help="the seed that the set is generated with"),
    ]  # fmt: skip
    labels = ("data rows", "noise", "data seed")
    fields = [
        FieldSpec(option.name, label, f"{option.help}: {option.allowed_in_words()}", (), option.parse)
        for option, label in zip(options, labels, strict=True)
    ]
    return tuple(field for field in fields if field.key != "noise" or recipe.noise is not None)


def generated_texts(data: DataSpec) -> dict[str, str]:
    """The texts of these lines by key: the numbers that the set was made with; a set without noise has none."""
    if key_of(data.source) not in RECIPES:
        return {}
    values = asdict(made_with(key_of(data.source))) | data.generated.given()
    return {
        _KEYS[name]: f"{value:zg}" if isinstance(value, float) else str(value)
        for name, value in values.items()
        if value is not None
    }


def generated_from(data: DataSpec, values: Mapping[str, Any]) -> Generated:
    """How the set is made by these values, by key; what it comes with is nothing said."""
    if key_of(data.source) not in RECIPES:
        return data.generated
    usual = asdict(made_with(key_of(data.source)))
    wanted = {name: values[key] for name, key in _KEYS.items() if key in values}
    return Generated(**{name: value for name, value in wanted.items() if value != usual[name]})
