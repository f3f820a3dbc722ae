"""Arrays of θ are known by what they are declared to be: by name to a model's folder and its view alone."""

from __future__ import annotations

import ast
import dataclasses
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from walking import walked

from emtui.charts.colors import DARK
from emtui.views import view_for
from emtui.views.entry_cursor import parameter_words
from emtui.views.entry_names import entry_words, whose
from engine.editing.entries import entries
from engine.em.parameters import Parameters
from engine.models import model_class, model_names

ROOT = Path(__file__).parents[2]
HOMONYMS = {
    ("emtui/cli/arguments.py", "stop"): "the option --stop, which names a stopping rule",
    ("emtui/panes/model_form/model_form_fields.py", "stop"): "the same in the form",
    ("emtui/settings/keys.py", "stop"): "what the key esc does",
    ("emtui/views/registry.py", "topics"): "the name of the model",
    ("emtui/screens/guide/chapters.py", "topics"): "a chapter of the guide",
    ("engine/readers/corpus.py", "topics"): "the name of the model",
    ("emtui/spec/rival_model.py", "experts"): "the name of the model",
    ("emtui/views/registry.py", "experts"): "the same",
    ("emtui/screens/guide/chapters.py", "experts"): "a chapter of the guide",
    ("engine/readers/footers.py", "means"): "what a line below a table is called",
    ("engine/reference/published_values.py", "theta"): "what a published number is called in its paper",
    **dict.fromkeys(
        [
            ("emtui/cli/arguments.py", "weights"),
            ("emtui/screens/open_file/column_roles.py", "weights"),
            ("engine/data/data_spec.py", "weights"),
            ("engine/data/dataset.py", "weights"),
            ("engine/readers/column_selection.py", "weights"),
            ("engine/readers/columns.py", "weights"),
            ("engine/readers/table.py", "weights"),
        ],
        "the column that tells how often each row counts",
    ),
    ("emtui/views/guarded.py", "weights"): "what a view shows of the shares of the components",
    ("emtui/spec/own_options.py", "emission"): "the option that says whether a chain has covariances",
    ("engine/readers/columns.py", "emission"): "the option of the model that suits sequences of measurements",
}
"""Words that are a field's name, too, and mean something else there."""


def kinds(kind: type[Any]) -> list[type[Any]]:
    """A class of parameters, and those of the values within them."""
    return [kind, *(inner for one in kind.__subclasses__() for inner in kinds(one))]


def field_names() -> set[str]:
    for name in model_names():
        model_class(name)  # so that its parameters are known
    ours = [kind for kind in kinds(Parameters) if kind.__module__.startswith("engine.")]
    return {
        part.name
        for kind in ours
        if dataclasses.is_dataclass(kind)
        for part in dataclasses.fields(kind)
        if part.compare
    }


def own_places() -> tuple[Path, ...]:
    """The folders of models, and the file or the folder of each view."""
    views = {Path(view_for(name).__class__.__module__.replace(".", "/")) for name in model_names()}
    of_views = (view.with_suffix(".py") if view.parent == Path("emtui/views") else view.parent for view in views)
    return (
        Path("engine/models"),
        Path("engine/baselines"),
        *(place for place in of_views if place.name != "generic.py"),
    )


def test_outside_a_models_folder_and_its_view_nothing_knows_a_field_by_its_name() -> None:
    names, own, found = field_names(), own_places(), set()
    assert {"weights", "means", "covariances", "rates", "hidden", "centers", "stop"} <= names
    for path in sorted(file for package in ("engine", "emtui") for file in (ROOT / package).rglob("*.py")):
        place = path.relative_to(ROOT)
        if any(place.is_relative_to(folder) for folder in own):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and node.value in names:
                found.add((place.as_posix(), node.value))
    assert found == set(HOMONYMS)


SPECS: list[tuple[str, dict[str, Any]]] = [
    *(("iris", {"settings": {"covariance_type": shape}}) for shape in ("full", "tied", "diag", "spherical")),
    *((name, {}) for name in ("coins", "deaths", "films", "linkage", "icecream", "hmm_gaussian", "bars")),
    ("icecream", {"settings": {"stop_state": "yes"}}),
    *(("iris", {"model": name}) for name in ("kmeans", "mlp", "backprop")),
]


@pytest.mark.parametrize(("source", "how"), SPECS)
def test_each_entry_has_words_of_its_own(source: str, how: dict[str, Any]) -> None:
    step = walked(source, 1, **how).snapshot()
    every = entries(step.step.problem.model, step.step.params)
    for words in (entry_words, whose, lambda frame, entry: parameter_words(frame, entry, DARK)):
        said = Counter(words(step, entry) for entry in every)
        assert said.most_common(1)[0][1] == 1, said.most_common(2)
    assert len({entry.name for entry in every}) == len(every)
