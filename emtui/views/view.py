"""The View contract: how a model's data, parameters and steps are shown, as plain values that panes draw."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from emtui.views import plain_words
from emtui.views.plain_words import PlainWords
from engine.em.fields import location, mixing_weights
from engine.em.model import Model
from engine.models.mixture import Mixture

if TYPE_CHECKING:
    from emtui.charts.colors import Palette
    from emtui.charts.network_diagram import NetworkDiagram
    from emtui.charts.panels import Panels
    from emtui.charts.scene import Scene
    from emtui.session.snapshot import StepSnapshot
    from emtui.views.entry_parts import EntryParts
    from emtui.views.slice_choice import SliceChoice
    from engine.editing.entries import Entry

UnitsName = Literal["data", "standard"]
"""Which units numbers are shown in: the data's own, or mean 0 and variance 1 in each column."""
Row: TypeAlias = int | None
"""A row of the data, counted from 0; None for no row."""


@dataclass(frozen=True)
class PictureAxis:
    """One direction to look along: a column of the table, or a principal component, counted from 0.

    Others stand for pictures without axes of their own: "network" for the model itself, as a diagram; "regions" and
    "units" for slices through the inputs, with decision regions or what each hidden unit responds to;
    "lines" for a target over an input.
    """

    kind: Literal["feature", "component", "network", "regions", "units", "lines"]
    index: int
    label: str


@dataclass(frozen=True)
class Axes:
    """What a picture shows: two axes, or one (y is None), which makes it a histogram."""

    x: PictureAxis
    y: PictureAxis | None = None

    @property
    def is_slice(self) -> bool:
        """Whether it stands for a slice through the inputs, which `View.slices` draws."""
        return self.x.kind in ("regions", "units")

    @property
    def title(self) -> str:
        """The axes as a title: "petal length × petal width"."""
        return self.x.label if self.y is None else f"{self.x.label} × {self.y.label}"


@dataclass(frozen=True)
class Cell:
    """One number of the parameter table.

    Attributes:
        text: the number, padded on the left to its column's width, so that digits line up and don't jump.
        delta: the change since the parameters last moved, such as "▲0.031"; "" where there is none to show.
        direction: the sign of that change as shown: 1, −1, or 0.
        change: how large it is, 0 to 1: 1 is a change of the size of the column's own spread; for styling.
    """

    text: str
    delta: str = ""
    direction: int = 0
    change: float = 0.0


@dataclass(frozen=True)
class ParameterRow:
    """A row of the parameter table: usually a component; its marker and colour are those of the picture."""

    name: str
    cells: tuple[Cell, ...]
    component: int | None = None
    """The component whose colour and marker the row has; None for rows that belong to none."""


@dataclass(frozen=True)
class ParameterTable:
    """Parameters as a table of texts; every row has as many cells as there are columns.

    Attributes:
        columns: headings; text from the data is cleaned but may hold wide characters or "[".
        rows: a component each, as a rule.
        units: which units the numbers are in.
        note: a sentence to stand below the table, or "".
    """

    columns: tuple[str, ...]
    rows: tuple[ParameterRow, ...]
    units: UnitsName = "data"
    note: str = ""


@dataclass(frozen=True)
class Share:
    """A component's share of the rows, counted in two ways.

    weight is its mixing weight, None where the model has none; hard the share of the rows that are likeliest its
    own, and rows their number: None before the first E-step.
    """

    name: str
    weight: float | None
    hard: float | None
    rows: int | None


@dataclass(frozen=True)
class NumbersAlong:
    """Numbers of θ that a picture shows along one of its axes, each of them `scale` times as far.

    path: of their array. upright: along y.
    """

    path: str
    scale: float = 1.0
    upright: bool = False


class View(ABC):
    """How one model is shown. A view is stateless: everything comes from the snapshot."""

    def n_components(self, snapshot: StepSnapshot) -> int:
        """K: how many components have a colour, a marker and a column of responsibilities."""
        return len(self.component_names(snapshot))

    @abstractmethod
    def axes(self, snapshot: StepSnapshot) -> tuple[Axes, ...]:
        """What the picture can show, the default first; it depends on the data alone, never on the step."""

    def single_axes(self, snapshot: StepSnapshot) -> tuple[PictureAxis, ...]:
        """The axes that can be paired freely: every column, then the principal components; () for fixed pictures."""
        return ()

    @abstractmethod
    def scene(
        self, snapshot: StepSnapshot, axes: Axes, palette: Palette, *, highlight: Row = None, units: UnitsName = "data"
    ) -> Scene:
        """The picture of the data. highlight: a row (from 0) to mark, even if it is not among the drawn ones."""

    def row_at(self, snapshot: StepSnapshot, axes: Axes, x: float, y: float, units: UnitsName = "data") -> Row:
        """The row of the data whose point lies nearest to (x, y), each axis measured by its spread; None for none."""
        return None

    def usual_row(self, snapshot: StepSnapshot) -> Row:
        """The row of the data that is shown where none was chosen; None: each pane looks for one that suits it."""
        return None

    def diagram(
        self, snapshot: StepSnapshot, axes: Axes, *, highlight: Row = None, thorough: bool = True
    ) -> NetworkDiagram | None:
        """The model itself as a picture, where that is what these axes stand for; None: `scene` has the picture.

        thorough: include what takes long; a diagram without it says that there is more.
        """
        return None

    def slices(
        self, snapshot: StepSnapshot, axes: Axes, palette: Palette, choice: SliceChoice, *, highlight: Row = None,
        thorough: bool = True,
    ) -> Panels | None:  # fmt: skip
        """Slices through the inputs, where that is what these axes stand for: decision regions, response maps.

        choice: which features vary, where the others are held, and how it is drawn. thorough: include what takes long;
        a picture without it says that there is more.
        """
        return None

    def caption(self, snapshot: StepSnapshot, axes: Axes) -> str:
        """The picture's title: "petal length × petal width"."""
        return axes.title

    @abstractmethod
    def parameters(self, snapshot: StepSnapshot, *, units: UnitsName = "data") -> ParameterTable:
        """θ as a table, with the change since it last moved."""

    def detail(self, snapshot: StepSnapshot, component: int, *, units: UnitsName = "data") -> ParameterTable | None:
        """More about one component, such as its covariance matrix; None where the table says it all."""
        return None

    def detail_title(self, snapshot: StepSnapshot, component: int) -> str:
        """The title of what `detail` shows."""
        return f"covariance of component {self.component_names(snapshot)[component]}"

    def component_names(self, snapshot: StepSnapshot) -> tuple[str, ...]:
        """K short names, as in the table's first column: "1", "2", … unless a model has others, such as "A", "B"."""
        return snapshot.step.problem.model.component_names(snapshot.step.params)

    def entry_parts(self, snapshot: StepSnapshot, entry: Entry) -> EntryParts | None:
        """An entry of θ in words of the view's own; None where its declaration says enough."""
        return None

    def plain_words(self, model: Model[Any, Any]) -> PlainWords:
        """What is hidden, and what the two steps do, to a newcomer."""
        return plain_words.MIXTURE if isinstance(model, Mixture) else plain_words.ANY

    @abstractmethod
    def sentence(self, snapshot: StepSnapshot, *, units: UnitsName = "data") -> str:
        """What just happened: one line of plain text that is true of this step."""

    def numbers_along(self, snapshot: StepSnapshot, axes: Axes) -> NumbersAlong | None:
        """Which numbers of θ can be dragged along an axis: where each component lies, if the data are one column."""
        found = location(snapshot.step.params)
        return None if found is None or found.array.ndim != 1 or axes.y is not None else NumbersAlong(found.path)

    def words(self, snapshot: StepSnapshot, row: int) -> tuple[int, ...]:
        """The words of a row to choose from, as columns of the data; () if rows have no words."""
        return ()

    def with_names(self, snapshot: StepSnapshot, formula: str) -> str:
        """A formula with the data's own names in place of numbers: "word 17", "document 3"."""
        return formula

    def q_part(self, name: str) -> str:
        """A part of Q in words, by its name in `Step.q_parts`."""
        return f"Q of the {name.replace('_', ' ')}"

    def responsibilities_columns(self, snapshot: StepSnapshot) -> tuple[str, ...]:
        """Headings of the responsibilities table: the components' names."""
        return self.component_names(snapshot)

    def weights(self, snapshot: StepSnapshot) -> tuple[Share, ...]:
        """Mixing weights, where there are any, beside hard shares, where labels are of the rows; a component each."""
        names, labels, weights = self.component_names(snapshot), snapshot.labels, mixing_weights(snapshot.step.params)
        of_rows = labels is not None and len(labels) == snapshot.n_rows and labels.max(initial=0) < len(names)
        counts = np.bincount(labels, minlength=len(names)) if labels is not None and of_rows else None
        return tuple(
            Share(
                name,
                None if weights is None else float(weights.array[k]),
                None if counts is None else float(counts[k]) / max(1, snapshot.n_rows),
                None if counts is None else int(counts[k]),
            )
            for k, name in enumerate(names)
        )
