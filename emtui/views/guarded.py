"""Views of other packages, each method of which may fail: a sentence takes the place of what could not be made.

A view that raises, or gives what is no scene, table or sentence, would else end the app in the middle of a frame. What
the generic view can show stands in its place; the picture, the table's note and the sentence say what went wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from emtui.charts.network_diagram import NetworkDiagram
from emtui.charts.panels import Panels
from emtui.charts.scene import Prose, Scene
from emtui.charts.scene_drawing import draw_scene
from emtui.views.entry_parts import EntryParts
from emtui.views.view import Axes, NumbersAlong, ParameterTable, PictureAxis, Share, View
from engine.text import clean, quoted

_GIVES: dict[str, type | tuple[type, ...]] = {
    "axes": tuple, "single_axes": tuple, "scene": Scene, "caption": str, "parameters": ParameterTable, "sentence": str,
    "n_components": int, "component_names": tuple, "words": tuple, "weights": tuple, "responsibilities_columns": tuple,
    "detail_title": str, "with_names": str, "detail": (ParameterTable, type(None)), "row_at": (int, type(None)),
    "diagram": (NetworkDiagram, type(None)), "numbers_along": (NumbersAlong, type(None)),
    "slices": (Panels, type(None)), "entry_parts": (EntryParts, type(None)),
}  # fmt: skip
_EACH: dict[str, type] = {
    "axes": Axes,
    "single_axes": PictureAxis,
    "component_names": str,
    "weights": Share,
    "words": int,
}
_TRIED_AT = (60, 20)  # cells, in which a picture is drawn once before it is shown


def guarded(kind: type[View], name: str, generic: View) -> View:
    """The view of that class, with every public method guarded.

    name: of the model that it shows. generic: the view that stands in for what fails.
    """
    offered = [method for method in dir(View) if not method.startswith("_") and callable(getattr(View, method))]
    methods = {method: _guarded(method, getattr(kind, method), name, generic) for method in offered}
    made: type[View] = type(kind.__name__, (kind,), methods)
    return made()


def _guarded(method: str, original: Callable[..., Any], name: str, generic: View) -> Callable[..., Any]:
    def call(self: View, *words: Any, **named: Any) -> Any:
        try:
            found = original(self, *words, **named)
            if not _fits(method, found):
                raise TypeError(f"{method} gave {type(found).__name__}")
            if method == "scene":
                draw_scene(found, *_TRIED_AT, words[2])
            return found
        except (Exception, SystemExit) as error:  # a stranger's code may do anything
            why = clean(f"{type(error).__name__}: {error}", 120).rstrip(". :")
            return _instead(method, f"the view {quoted(name)} of another package failed ({why})", generic, words, named)

    return call


def _fits(method: str, found: Any) -> bool:
    """Whether it is of the type that the method owes, and each of its parts, too."""
    parts = found if isinstance(found, tuple) else ()
    return isinstance(found, _GIVES.get(method, object)) and all(
        isinstance(p, _EACH.get(method, object)) for p in parts
    )


def _instead(method: str, said: str, generic: View, words: tuple[Any, ...], named: dict[str, Any]) -> Any:
    """What is shown where a method failed."""
    if method == "scene":
        palette = words[2]
        return Scene(
            [Prose([[(word, palette.text) for word in f"{said[0].upper()}{said[1:]}.".split()]])], description=said
        )
    found = getattr(generic, method)(*words, **named)
    if method == "parameters":
        return replace(found, note=f"{found.note} {said[0].upper()}{said[1:]}.".lstrip())
    if method == "sentence":
        return f"{found} {said[0].upper()}{said[1:]}."
    return found
