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

from engine.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
