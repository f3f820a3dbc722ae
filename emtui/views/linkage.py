"""Genetic linkage: the whole likelihood along θ, and the bound that touches it where q was chosen."""

from __future__ import annotations

from typing import Any

import numpy as np

from emtui.charts.colors import Palette
from emtui.charts.scene import Curve, Layer, Mark, Scene, VLine
from emtui.session.snapshot import StepSnapshot
from emtui.views import plain_words
from emtui.views.bound_sentences import Settling, bound
from emtui.views.dataset_cache import remembered
from emtui.views.number_format import amount, from_to, number, probability
from emtui.views.parameter_tables import Column, now_and_before, table
from emtui.views.plain_words import PlainWords
from emtui.views.sentences import ending, events, line, objective
from emtui.views.view import Axes, NumbersAlong, ParameterTable, PictureAxis, Row, Share, UnitsName, View
from engine.arrays import Array
from engine.em.inference import Hard, Sampled
from engine.em.model import Model

_GRID = 801
_WHOLE = Axes(PictureAxis("feature", 0, "theta"))
_CLOSE = Axes(PictureAxis("feature", 1, "theta"))
_PARTS = ("½", "θ/4")
_SETTLING = Settling(
    "each of them goes wholly to its likeliest part", "each of them is drawn from its posterior", "they"
)


class LinkageView(View):
    """The view of `GeneticLinkage`: its components are the two parts of the first cell."""

    def numbers_along(self, snapshot: StepSnapshot, axes: Axes) -> NumbersAlong:
        """θ itself, which is what x stands for."""
        return NumbersAlong("theta")

    def component_names(self, snapshot: StepSnapshot) -> tuple[str, ...]:
        """½ and θ/4, the chances of the parts."""
        return _PARTS

    def axes(self, snapshot: StepSnapshot) -> tuple[Axes, ...]:
        """All of θ from 0 to 1, and a closer look at the top of the likelihood."""
        return _WHOLE, _CLOSE

    def weights(self, snapshot: StepSnapshot) -> tuple[Share, ...]:
        """None: the parts have no weights of their own."""
        return ()

    def caption(self, snapshot: StepSnapshot, axes: Axes) -> str:
        """The caption: which curves are shown."""
        return "log-likelihood and bound along θ" if axes == _WHOLE else "the top of log-likelihood and bound"

    def scene(
        self, snapshot: StepSnapshot, axes: Axes, palette: Palette, *, highlight: Row = None, units: UnitsName = "data"
    ) -> Scene:
        """ln p(X | θ) for every θ, the bound L(q, θ) below it, θ_q where they touch, and θ."""
        step = snapshot.step
        model: Any = step.problem.model
        grid, heights = remembered(
            snapshot.spec.dataset, ("curve", axes), lambda: _curve(snapshot, axes), of=step.problem
        )
        now = float(step.params.theta)
        layers: list[Layer] = [Curve(grid, heights, palette.color(0), label="ln p")]
        if step.at_q is not None:
            below = model.q_value_at(step.at_q.expectation, grid, step.problem.data) + step.entropy
            layers.append(Curve(grid, below, palette.color(1), "dotted", "bound"))
            at_q = float(step.params_q.theta)
            if at_q != now:
                touch = model.q_value_at(step.at_q.expectation, np.array(at_q), step.problem.data) + step.entropy
                layers += [
                    VLine(at_q, palette.grid),
                    Mark(at_q, float(touch), palette.marker(1), palette.color(1), f"θ_q {probability(at_q)}"),
                ]
        layers += [
            VLine(now, palette.frame),
            Mark(now, step.log_likelihood, palette.mean_marker, palette.text, f"θ {probability(now)}"),
        ]
        low, high = _range(heights, axes)
        return Scene(
            layers,
            "θ",
            x_range=(float(grid[0]), float(grid[-1])),
            y_range=(min(low, step.log_likelihood - 0.02 * (high - low)), high),
            description=self._described(snapshot),
        )

    def _described(self, snapshot: StepSnapshot) -> str:
        now = float(snapshot.step.params.theta)
        said = f"The log-likelihood along theta from 0 to 1; theta is {number(now, 6)}"
        if snapshot.step.at_q is not None:
            said += f", and the bound touches it at {number(float(snapshot.step.params_q.theta), 6)}"
        return said + "."

    def parameters(self, snapshot: StepSnapshot, *, units: UnitsName = "data") -> ParameterTable:
        """θ and the chances of the four classes that follow from it."""
        names = snapshot.spec.dataset.feature_names
        rows = [("theta", None), *((f"p({name})", None) for name in names)]
        column = Column("value", 1e-3, 1.0)
        return table(rows, [column], *now_and_before(snapshot, _column), note=self._rate(snapshot))

    def _rate(self, snapshot: StepSnapshot) -> str:
        """How fast EM converges: its last step as a share of the one before; "" where either was made by hand."""
        path = [float(params.theta) for params in snapshot.trail[-3:]]
        made = [record for record in snapshot.records[: snapshot.cursor + 1] if record.phase != "E"]
        if len(path) < 3 or any(record.by_hand for record in made[-2:]) or not abs(path[1] - path[0]) > 1e-13:
            return ""
        return f"The last step of θ was {number((path[2] - path[1]) / (path[1] - path[0]), 4)} of the one before."

    def plain_words(self, model: Model[Any, Any]) -> PlainWords:
        """What is hidden, and what the two steps do, to a newcomer."""
        return plain_words.LINKAGE

    def sentence(self, snapshot: StepSnapshot, *, units: UnitsName = "data") -> str:
        """How the first class was split or how θ moved, and how the bound and the log-likelihood changed."""
        step = snapshot.step
        if step.phase == "init":
            start = (
                f"theta starts at {number(float(step.params.theta), 6)}, log-likelihood {amount(step.log_likelihood)}"
            )
            parts = [f"{start}; nothing has been split yet: press e"]
        elif step.phase == "E":
            parts = [f"{self._split(snapshot)}; {bound(snapshot, _SETTLING)}"]
        else:
            now, before = float(step.params.theta), float(snapshot.trail[-2].theta)
            moved = "theta stayed where it was" if now == before else f"theta went from {from_to(before, now)}"
            parts = [f"{moved}; {objective(snapshot)}", *events(snapshot)]
        return line([*parts, *ending(snapshot)])

    def _split(self, snapshot: StepSnapshot) -> str:
        """Where the animals of the first class belong."""
        assert snapshot.step.at_q is not None
        half, part = snapshot.step.at_q.expectation.statistics
        how = "were drawn into" if isinstance(snapshot.step.inference, Sampled) else "are expected in"
        if isinstance(snapshot.step.inference, Hard):
            how = "go wholly to"
        first = snapshot.spec.dataset.feature_names[0]
        return f"of the {number(float(half + part))} in {first}, {number(float(part), 5)} {how} its part θ/4"


def _curve(snapshot: StepSnapshot, axes: Axes) -> tuple[Array, Array]:
    """θ and ln p(X | θ), over all of (0, 1) or about the top: where the curve is within 4 of it."""
    model: Any = snapshot.step.problem.model
    data = snapshot.step.problem.data
    grid = np.linspace(0.0, 1.0, _GRID + 2)[1:-1]
    heights = model.log_likelihood_at(grid, data)
    if axes == _WHOLE:
        return grid, heights
    near = np.flatnonzero(heights >= heights.max() - 4.0)
    grid = np.linspace(grid[max(0, near[0] - 1)], grid[min(_GRID - 1, near[-1] + 1)], _GRID)
    return grid, model.log_likelihood_at(grid, data)


def _range(heights: Array, axes: Axes) -> tuple[float, float]:
    """The visible range of the curve: all but its fall to minus infinity at the ends."""
    top = float(heights.max())
    low = float(heights.min()) if axes == _CLOSE else float(np.quantile(heights, 0.06))
    return low - 0.02 * (top - low), top + 0.08 * (top - low)


def _column(params: Any) -> Array:
    """(5, 1) θ and the chances of the four classes."""
    theta = float(params.theta)
    return np.array([[theta], [0.5 + theta / 4], [(1 - theta) / 4], [(1 - theta) / 4], [theta / 4]])
