"""What there is: `emtui datasets` and `emtui models`, as tables or as JSON."""

from __future__ import annotations

from typing import Any

from emtui.cli.shell_output import table
from engine.data.catalogue import datasets, load
from engine.data.dataset import Dataset
from engine.models import model_class, model_names


def dataset_lines(*, as_json: bool = False) -> list[str]:
    """The data sets that come with the engine: name, title, size, classes and the model that suits them."""
    loaded = [load(entry.key) for entry in datasets()]
    if as_json:
        return [_json([_dataset_record(data) for data in loaded])]
    rows = [("name", "title", "rows × columns", "classes", "model")]
    for data in loaded:
        size = f"{data.n_samples} × {data.n_features}"
        rows.append((data.name, data.title, size, str(len(data.class_names) or "-"), data.model))
    return table(rows, right=(2, 3))


def model_lines(*, as_json: bool = False) -> list[str]:
    """The models: name and title, then each option with its default, its range and what it means."""
    models = [(name, model_class(name)) for name in model_names()]
    if as_json:
        # an option's limits of −∞ and ∞ become null: no limit
        return [_json([{"name": name, "title": m.title, "options": m.options()} for name, m in models])]
    head, *titles = table([("name", "title", ""), *((name, model.title, "") for name, model in models)])
    lines = [head]
    for title, (_, model) in zip(titles, models, strict=True):
        options = [(f"  {o.name}={o.format(o.default)}", o.allowed_in_words(), o.help) for o in model.options()]
        lines += ["", title, *table(options)]
    return [*lines, "", "An option is set by --set KEY=VALUE; -k sets the number of components."]


def _dataset_record(data: Dataset) -> dict[str, Any]:
    return {
        "name": data.name,
        "title": data.title,
        "description": data.description,
        "rows": data.n_samples,
        "columns": data.feature_names,
        "classes": data.class_names,
        "model": data.model,
        "options": dict(data.options),
        "source": data.source,
        "licence": data.licence,
    }


def _json(value: Any) -> str:
    import msgspec

    return msgspec.json.encode(value).decode()
