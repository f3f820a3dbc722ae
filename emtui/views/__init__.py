"""Views: one file a model, which says how its data, latent state, parameters and steps are shown.

    from emtui.views import view_for
    view = view_for(snapshot.step.problem.model)     # or by name: view_for("gmm")
    axes = view.axes(snapshot)[0]                    # the default picture; it never jumps between steps
    chart.set_scene(view.scene(snapshot, axes, palette, highlight=row))
    chart.border_title = view.caption(snapshot, axes)  # plain text: markup off
    table = view.parameters(snapshot, units="data")  # table.columns, table.rows[i].name / .component / .cells
    line = view.sentence(snapshot)                   # what just happened, one line

A view returns plain values (`View` says which) and scenes; panes draw them. Names from the data are clean of control
characters but may hold anything else, "[bold]" included: show them with markup off.
A model without a view of its own gets the generic one. A package brings a view for its model, a subclass of `View`,
`PointsView` or `GenericView`, by the entry point group `emtui.views`, under the model's name; what it needs to be
written is offered here, and imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from emtui.charts.colors import Palette as Palette
    from emtui.charts.colors import mix as mix
    from emtui.charts.scene import Bars as Bars
    from emtui.charts.scene import Cloud as Cloud
    from emtui.charts.scene import Curve as Curve
    from emtui.charts.scene import Dots as Dots
    from emtui.charts.scene import Ellipse as Ellipse
    from emtui.charts.scene import HLine as HLine
    from emtui.charts.scene import Layer as Layer
    from emtui.charts.scene import Mark as Mark
    from emtui.charts.scene import PixelImage as PixelImage
    from emtui.charts.scene import Scene as Scene
    from emtui.charts.scene import Span as Span
    from emtui.charts.scene import StackedBars as StackedBars
    from emtui.charts.scene import Trail as Trail
    from emtui.charts.scene import VLine as VLine
    from emtui.charts.scene import histogram as histogram
    from emtui.session.snapshot import StepSnapshot as StepSnapshot
    from emtui.views.generic import GenericView as GenericView
    from emtui.views.number_format import amount as amount
    from emtui.views.number_format import from_to as from_to
    from emtui.views.number_format import number as number
    from emtui.views.number_format import probability as probability
    from emtui.views.parameter_tables import Column as Column
    from emtui.views.parameter_tables import component_table as component_table
    from emtui.views.points import PointsView as PointsView
    from emtui.views.points import shares as shares
    from emtui.views.registry import view_for as view_for
    from emtui.views.registry import view_problems as view_problems
    from emtui.views.sentences import component_name as component_name
    from emtui.views.sentences import tell as tell
    from emtui.views.view import Axes as Axes
    from emtui.views.view import Axis as Axis
    from emtui.views.view import Cell as Cell
    from emtui.views.view import NumbersAlong as NumbersAlong
    from emtui.views.view import ParameterRow as ParameterRow
    from emtui.views.view import ParameterTable as ParameterTable
    from emtui.views.view import Share as Share
    from emtui.views.view import UnitsName as UnitsName
    from emtui.views.view import View as View

_HOMES = {
    "emtui.charts.colors": ("Palette", "mix"),
    "emtui.charts.scene": (
        *("Bars", "Cloud", "Curve", "Dots", "Ellipse", "HLine", "Layer", "Mark", "PixelImage", "Scene", "Span"),
        *("StackedBars", "Trail", "VLine", "histogram"),
    ),
    "emtui.session.snapshot": ("StepSnapshot",),
    "emtui.views.generic": ("GenericView",),
    "emtui.views.number_format": ("amount", "from_to", "number", "probability"),
    "emtui.views.parameter_tables": ("Column", "component_table"),
    "emtui.views.points": ("PointsView", "shares"),
    "emtui.views.registry": ("view_for", "view_problems"),
    "emtui.views.sentences": ("component_name", "tell"),
    "emtui.views.view": (
        *("Axes", "Axis", "Cell", "NumbersAlong", "ParameterRow", "ParameterTable", "Share", "UnitsName", "View"),
    ),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}
__all__ = sorted(_HOME_OF)


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'emtui.views' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_HOME_OF[name]), name)
    return value


def __dir__() -> list[str]:
    return list(__all__)
