"""Views: one file a model, which says how its data, latent state, parameters and steps are shown.

    from emtui.views import view_for
    view = view_for(frame.step.problem.model)        # or by name: view_for("gmm")
    axes = view.axes(frame)[0]                       # the default picture; it never jumps between steps
    chart.set_scene(view.scene(frame, axes, palette, highlight=row))
    chart.border_title = view.caption(frame, axes)   # plain text: markup off
    table = view.parameters(frame, units="data")     # table.columns, table.rows[i].name / .component / .cells
    line = view.sentence(frame)                      # what just happened, one line

A view returns plain values (`emtui.views.view`) and scenes (`emtui.charts.scene`); panes draw them. Names from the data
are clean of control characters but may hold anything else, "[bold]" included: show them with markup off.
A model without a view of its own, one from another package for instance, gets the generic one.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

from emtui.views.view import Axes, Axis, Cell, NumbersAlong, ParameterRow, ParameterTable, Share, UnitsName, View

__all__ = [
    "Axes",
    "Axis",
    "Cell",
    "NumbersAlong",
    "ParameterRow",
    "ParameterTable",
    "Share",
    "UnitsName",
    "View",
    "view_for",
]

_VIEWS = {
    "gmm": ("emtui.views.gaussian.gaussian", "GaussianView"),
    "coins": ("emtui.views.coins", "CoinsView"),
    "bernoulli": ("emtui.views.bernoulli.bernoulli", "BernoulliView"),
    "poisson": ("emtui.views.poisson", "PoissonView"),
    "linkage": ("emtui.views.linkage", "LinkageView"),
    "topics": ("emtui.views.topics.topics", "TopicsView"),
    "hmm": ("emtui.views.hmm.hmm", "HiddenMarkovView"),
    "mlp": ("emtui.views.network.network", "NetworkView"),
    "backprop": ("emtui.views.network.network", "NetworkView"),
    "kmeans": ("emtui.views.kmeans", "KMeansView"),
}
_GENERIC = ("emtui.views.generic", "GenericView")


def view_for(model: Any) -> View:
    """The view of a model, given by itself or by its name; the generic one where it has none of its own."""
    return _made(*_VIEWS.get(model if isinstance(model, str) else getattr(model, "name", ""), _GENERIC))


@cache
def _made(module: str, name: str) -> View:
    view: View = getattr(import_module(module), name)()
    return view
