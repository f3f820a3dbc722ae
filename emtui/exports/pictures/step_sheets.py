"""What is shown of a step, as sheets: the data picture, and the curves up to the end of the branch."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from emtui.charts.axes import Scale
from emtui.charts.colors import Palette
from emtui.charts.network_diagram import NetworkDiagram
from emtui.charts.panels import Panels
from emtui.charts.scene import Curve, Scene
from emtui.exports.picture_look import Look
from emtui.exports.pictures.chart_plots import diagram_plot, panel_plots
from emtui.exports.pictures.scene_plot import plot_of, sign_of
from emtui.exports.pictures.shapes import Markers, Plot, Sheet
from emtui.session.snapshot import StepSnapshot
from emtui.views import view_for
from emtui.views.curve_scenes import accuracy_scene, bound_scene, kl_scene
from emtui.views.edit_sentences import kept_sentence
from emtui.views.estimate_words import quantity_name
from emtui.views.slice_choice import first_choice
from emtui.views.step_text import step_words, where_parts
from engine.errors import EngineError

_MOST_SIGNS = 24  # components that differ in the pair of colour and form
_ROOM = 90  # letters of a legend of curves
_HIGH = 3.2  # inches of a picture below another one


def title_of(snapshot: StepSnapshot) -> str:
    """Data, model, K, and the step: "iris 150×4 · gmm K=3 full · iteration 7 · E"."""
    return " · ".join([*where_parts(snapshot)[:2], step_words(snapshot)])


@dataclass(frozen=True, eq=False)
class Pictured:
    """The data picture of a step before it is laid out. names: of the components, for a picture without a legend."""

    content: Scene | NetworkDiagram | Panels
    caption: str
    notes: Sequence[str]
    names: Sequence[str]

    def plots(self, palette: Palette, scales: tuple[Scale, Scale] | None = None) -> list[list[Plot]]:
        """As plots in rows. scales: the axes of a scene; its own where there are none."""
        if isinstance(self.content, Panels):
            return panel_plots(self.content, palette)
        if isinstance(self.content, NetworkDiagram):
            return [[diagram_plot(self.content, palette)]]
        plot = plot_of(self.content, palette, scales)
        if not plot.legend and any(isinstance(shape, Markers) and shape.shares is not None for shape in plot.shapes):
            plot = replace(plot, legend=tuple(sign_of(*entry) for entry in palette.legend(self.names, _MOST_SIGNS)))
        return [[plot]]


def pictured(snapshot: StepSnapshot, palette: Palette, look: Look) -> Pictured:
    """What the model's view shows of a step.

    Raises:
        EngineError: it has no picture.
    """
    view = view_for(snapshot.spec.model)
    axes, names = look.axes or next(iter(view.axes(snapshot)), None), view.component_names(snapshot)
    if axes is None:
        raise EngineError(f"the model {snapshot.spec.model.name} has no picture.")
    if axes.is_slice:
        choice = replace(look.choice or first_choice(snapshot.spec.dataset), at_keys=False)
        panels = view.slices(snapshot, axes, palette, choice, highlight=look.row)
        if panels is not None:
            caption, notes = panels.title or view.caption(snapshot, axes), [note[0] for note in panels.notes]
            return Pictured(panels, caption, notes, names)
    diagram = view.diagram(snapshot, axes, highlight=look.row)
    if diagram is not None:
        return Pictured(diagram, diagram.title, (), names)
    scene = view.scene(snapshot, axes, palette, highlight=look.row, units=look.units)
    return Pictured(scene, view.caption(snapshot, axes), (), names)


def picture_sheet(snapshot: StepSnapshot, palette: Palette, look: Look | None = None) -> Sheet:
    """The data picture of a step; raises as `pictured` does."""
    shown = pictured(snapshot, palette, look or Look())
    notes = [kept_sentence(snapshot), *shown.notes]
    if len(snapshot.rows) < snapshot.n_rows:
        notes.append(f"{len(snapshot.rows):,} of {snapshot.n_rows:,} rows are drawn, evenly from all.")
    plots = shown.plots(palette)
    rows, columns = len(plots), max(map(len, plots))
    wide, high = (6.4, 4.4) if rows * columns == 1 else (max(6.4, 3.4 * columns), max(3.8, 2.9 * rows))
    return Sheet(title_of(snapshot), plots, shown.caption, notes, wide, high)


def curves_sheet(snapshot: StepSnapshot, palette: Palette) -> Sheet:
    """All curves of the branch below each other, with a mark at the step."""
    plots = [[plot] for plot in curve_plots(snapshot, palette)]
    return Sheet(title_of(snapshot), plots, "by iteration", (), 6.4, 0.6 + max(_HIGH, 2.3 * len(plots)))


def curve_plots(snapshot: StepSnapshot, palette: Palette) -> list[Plot]:
    """`curve_scenes` as plots under their names."""
    return [plot_of(scene, palette, title=name) for name, scene in curve_scenes(snapshot, palette)]


def curve_scenes(snapshot: StepSnapshot, palette: Palette) -> list[tuple[str, Scene]]:
    """Log-likelihood and bound, KL, and the accuracy where classes are known; of a network how it learns."""
    made: list[tuple[str, Scene]] = []
    if snapshot.comparison is not None:
        from emtui.views.network.learning_chart import Axes as Against
        from emtui.views.network.learning_chart import learning_scene

        second = "RMSE" if snapshot.comparison.split.numeric else "accuracy"
        made = [
            ("loss", learning_scene(snapshot, palette, Against("loss", room=_ROOM))),
            (second, learning_scene(snapshot, palette, Against(second, room=_ROOM))),  # type: ignore[arg-type]
        ]
    label = snapshot.spec.model.objective_label
    kl = quantity_name(snapshot.step.problem.model, "kl", "KL(q ‖ posterior)")
    makers: Sequence[tuple[str, Callable[[StepSnapshot, Palette], Scene]]] = (
        (f"{label} and bound", bound_scene), (kl, kl_scene), ("accuracy", accuracy_scene),
    )  # fmt: skip
    known = any(record.hits is not None for record in snapshot.records)
    finite = any(math.isfinite(record.elbo) for record in snapshot.records)
    for name, maker in makers[: 3 if known and snapshot.comparison is None else 2]:
        if maker is kl_scene and finite and not any(math.isfinite(record.kl) for record in snapshot.records):
            continue  # where the likelihood is not known, nor is how far the bound lies below it
        if finite or not made:
            scene = maker(snapshot, palette)
            made.append((_drawn_words(scene) or name if maker is bound_scene else name, scene))
    return made


def _drawn_words(scene: Scene) -> str:
    """The curves of a scene by name, the first on top: one of two may be unknown."""
    return " and ".join(layer.label for layer in reversed(scene.layers) if isinstance(layer, Curve) and layer.label)
