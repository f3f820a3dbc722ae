"""What differs between two choices of one exploration, in words: "K=4, covariance_type=tied"; and whether it does."""

from __future__ import annotations

from dataclasses import fields

from emtui.spec.run_spec import RunSpec

_SHOWN = 3
_OF_DATA_AND_MODEL = {"data", "dataset", "opened", "model", "start", "start_file"}


def what_differs(old: RunSpec, new: RunSpec) -> list[str]:
    """What the new choices have that the old ones have not, the most telling first; [] if nothing differs."""
    said: list[str] = []
    model, before = new.model, old.model.option_values
    if model.name != old.model.name:
        said.append(" ".join(part for part in (f"the model {model.name}", model.size_words) if part))
    else:
        for option in model.options():
            value = model.option_values[option.name]
            if value != before[option.name]:
                sized = option.name == model.size_option and model.size_words
                said.append(model.size_words if sized else f"{option.name}={option.format(value)}")
    if new.data.standardize != old.data.standardize:
        said.append("standardized columns" if new.data.standardize else "columns in their own units")
    if new.data.generated != old.data.generated:
        said.append("another draw of the data")
    for one in fields(new):
        ours, theirs = getattr(new, one.name), getattr(old, one.name)
        if one.name not in _OF_DATA_AND_MODEL and ours != theirs:
            plain = isinstance(ours, str | int | float) and not isinstance(ours, bool)
            said.append(f"{one.name}={ours}" if plain else f"other {one.name.replace('_', ' ')}")
    if new.start is not old.start and not said:
        said.append("another start")
    if (new.data.products, new.data.principal) != (old.data.products, old.data.principal):
        said.append("other inputs")
    return said


def differing_words(old: RunSpec, new: RunSpec) -> str:
    """The same as one phrase, cut to the first few; "the same choices" where nothing differs."""
    said = what_differs(old, new)
    more = [f"{len(said) - _SHOWN} more"] if len(said) > _SHOWN else []
    return ", ".join([*said[:_SHOWN], *more]) or "the same choices"


def same_choices(one: RunSpec, other: RunSpec) -> bool:
    """Both lead to the very same run: the same choices on the same data."""
    if one.opened is not other.opened or (one.opened is None and one.dataset is not other.dataset):
        return False
    names = {field.name for field in fields(one)} - {"opened", "dataset"}
    return all(getattr(one, name) == getattr(other, name) for name in names)
