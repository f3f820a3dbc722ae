r"""k-means, stepped like EM: assign (E), update (M).

It is EM for equal spherical Gaussians as their variance goes to 0, and its objective stands where others have a
log-likelihood:

    objective(c) = −inertia = −Σ_i w_i min_k ‖x_i − c_k‖²                 Lloyd 1982, IEEE Trans. Inf. Theory 28:129
    bound(z, c)  = −Σ_i w_i ‖x_i − c_{z_i}‖² ≤ objective(c),   KL = what assigning again would gain, 0 after an E-step
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from engine.arrays import Array, Rows
from engine.editing.entries import Entry
from engine.em.expectation import Expectation
from engine.em.inference import EXACT, Inference
from engine.em.maximization import Event, Maximization
from engine.em.model import Model
from engine.em.observations import Observations
from engine.em.parameters import Parameters, real
from engine.em.row_text import RowText
from engine.em.step import Step
from engine.errors import DataError, EngineError
from engine.explain.derivation import Worked, WorkedLine, line
from engine.explain.pulls import Pulls, Slopes
from engine.explain.row_states import RowStates
from engine.explain.worked import Explains, responsibilities_of
from engine.models.mixture import checked_table, checked_weights
from engine.options import option
from engine.starts.initialization import kmeans_plus_plus, random_rows
from engine.starts.nearest_centres import Clusters, ScaledRows, gather, nearest, updated

_SMALLEST_SCALE = 1e-150
_LARGEST_NEW = 1e150


@dataclass(frozen=True)
class KMeansParams(Parameters):
    """θ of k-means: `centers` (K, d), in the units of the data."""

    centers: Array = real("c", "centre", per="component", of="column", units=1, location=True)


@dataclass(frozen=True, eq=False)
class FramedRows(Observations):
    """Rows (n, d), with the frame that distances are computed in."""

    frame: ScaledRows = None  # type: ignore[assignment]  # always given; fields of the base have defaults


@dataclass(frozen=True)
class KMeans(Model[KMeansParams, FramedRows], Explains):
    """k-means as a baseline for mixtures, walked by the same `iterate`.

    Each row belongs wholly to the nearest centre, whatever the `inference` of an algorithm says; a tie goes to the
    first. A component that has lost all its rows moves to the row farthest from every centre.
    """

    Params: ClassVar[type] = KMeansParams
    name: ClassVar[str] = "kmeans"
    no_q_by_hand: ClassVar[str] = "k-means gives each row wholly to its nearest centre: move a centre."
    title: ClassVar[str] = "k-means"
    objective_label: ClassVar[str] = "−inertia"
    has_likelihood: ClassVar[bool] = False

    n_components: int = option(3, "how many clusters", minimum=1)
    init: str = option("kmeans++", "seeds drawn far apart, or any rows", choices=("kmeans++", "points"))

    @property
    def compares_columns(self) -> bool:
        """By distances."""
        return True

    @property
    def least_rows(self) -> int:
        """One a component."""
        return self.n_components

    def observe(self, X: Any, y: Any = None, sample_weight: Any = None) -> FramedRows:
        """Check the rows, and find the frame in which squared distances neither overflow nor vanish."""
        table = checked_table(X)
        if y is not None:
            raise DataError("k-means takes no known labels: leave y out.")
        weights = checked_weights(sample_weight, len(table))
        total = len(table) if weights is None else float(weights.sum())
        largest = max(float(table.max()), -float(table.min()))
        if largest > np.sqrt(1e307 / table.shape[1] / max(1.0, total)):
            raise DataError(f"X holds {largest:z.3g}, and squares of it overflow: divide X by {largest:z.0e}.")
        frame = ScaledRows.of(table, weights)
        if frame.total_scatter > 0 and frame.scale < _SMALLEST_SCALE:
            raise DataError(f"the rows of X differ by less than {frame.scale:z.0e}, whose square vanishes: scale X up.")
        return FramedRows(table, None, weights, frame)

    def observe_new(self, X: Any, params: KMeansParams) -> FramedRows:
        """Rows to assign to the centres. Raises DataError where they have other columns."""
        table, d = checked_table(X), params.centers.shape[1]
        if table.shape[1] != d:
            raise DataError(f"the new rows have {table.shape[1]} columns: give the {d} that the centers have.")
        table = np.clip(table, -_LARGEST_NEW, _LARGEST_NEW)  # beyond, as far away as that
        corners = [table.min(axis=0), table.max(axis=0), *params.centers]
        frame = ScaledRows.of(np.array(corners))  # in which rows and centres can be told apart
        return FramedRows(table, frame=replace(frame, X=table))

    def start(self, data: FramedRows, generator: np.random.Generator) -> KMeansParams:
        """Centres on k-means++ seeds, or on rows drawn at random."""
        draw = kmeans_plus_plus if self.init == "kmeans++" else random_rows
        return KMeansParams(draw(data.X, self.n_components, generator, data.sample_weight))

    def check_params(self, params: KMeansParams, data: FramedRows) -> KMeansParams:
        """One finite centre a component, with a number for each column."""
        super().check_params(params, data)
        wanted = (self.n_components, data.X.shape[1])
        if params.centers.shape != wanted:
            raise EngineError(f"the centers of a start must have shape {wanted}, not {params.centers.shape}.")
        if not np.all(np.isfinite(params.centers)):
            raise EngineError("the centers of a start must be finite numbers.")
        return params

    def expect(self, params: KMeansParams, data: FramedRows, inference: Inference = EXACT) -> Expectation:
        """Assign: z_i = argmin_k ‖x_i − c_k‖², gathered into the counts, sums and inertia of the clusters."""
        clusters = gather(data.frame, data.frame.into(params.centers))
        return Expectation(clusters, 0.0 - _squared_units(clusters.inertia, data.frame), 0.0)

    def maximize(self, expectation: Expectation, params: KMeansParams, data: FramedRows) -> Maximization[KMeansParams]:
        """Update: c_k = Σ_{z_i=k} w_i x_i / Σ_{z_i=k} w_i; an empty component moves to the farthest row."""
        clusters: Clusters = expectation.statistics.as_in(data.frame)
        centers, moved = updated(data.frame, clusters)
        centers = data.frame.out_of(centers)
        events = []
        for k in (int(k) for k in np.flatnonzero(clusters.counts <= 0)):
            if k in moved:
                centers[k] = data.X[moved[k]]
                what = RowText(
                    f"component {k + 1} had no rows left: it moved to ", moved[k], ", the farthest from every centre"
                )
            else:
                centers[k] = params.centers[k]
                what = RowText(
                    f"component {k + 1} has no rows and stays where it was: every row lies on a centre already"
                )
            events.append(Event(what, k))
        return Maximization(KMeansParams(centers), tuple(events))

    def q_value(self, expectation: Expectation, params: KMeansParams, data: FramedRows) -> float:
        """−Σ_i w_i ‖x_i − c_{z_i}‖² for the assignment z as it was made."""
        clusters: Clusters = expectation.statistics.as_in(data.frame)
        return 0.0 - _squared_units(clusters.inertia_about(data.frame.into(params.centers)), data.frame)

    def responsibilities(
        self, params: KMeansParams, data: FramedRows, rows: Rows, inference: Inference = EXACT
    ) -> Array:
        """(len(rows), K) 1 for the nearest centre, 0 for the others."""
        labels, _ = nearest(data.frame.rows(rows), data.frame.into(params.centers))
        one_hot = np.zeros((len(labels), self.n_components))
        one_hot[np.arange(len(labels)), labels] = 1.0
        return one_hot

    def objective_unit(self, data: FramedRows) -> float:
        """The scatter of a row about the mean of all: inertia has the square of the data's units."""
        each = data.frame.total_scatter / data.total_weight
        return _squared_units(each, data.frame) if each > 0 else 1.0

    def n_parameters(self, params: KMeansParams) -> int:
        """K·d coordinates."""
        return int(params.centers.size)

    def worked_row(self, step: Step, row: int) -> Worked:
        """The squared distances to the centres; the row belongs to the nearest."""
        x, lines = step.problem.data.X[row], []
        for k, center in enumerate(step.params_q.centers):
            squares = [(f"column {j}", value) for j, value in enumerate((x - center) ** 2)]
            lines.append(line("part", "‖x − c‖²", "sum", squares, k))
        r = responsibilities_of(step, row)
        lines += [line("assignment", "1 for the nearest", "value", [("r", value)], k) for k, value in enumerate(r)]
        return Worked("row", str(row), tuple(lines), r, "E-step")

    def row_states(self, step: Step, row: int) -> RowStates:
        """There are none: it has distances and no densities."""
        raise EngineError("k-means has distances and no densities, so there is no ln p(x) to compare a bound with.")

    def slopes(self, at: Any, params: Any, entry: Entry) -> Slopes:
        """−∂ ‖x − c‖²/∂c = 2 (x − c) of the rows assigned there."""
        found = self.pulls(at, params, entry)
        (_, x), (_, c), (_, r) = found.values
        return Slopes(r[:, None], 2.0 * (x - c)[:, None], (entry.index[0],))

    def pulls(self, at: Any, params: Any, entry: Entry) -> Pulls:
        """r (x − c)."""
        k, j = entry.index
        r = self.responsibilities(at.params, at.data, slice(None), at.inference)[:, k]
        centre = np.full(len(r), float(params.centers[k, j]))
        return Pulls("r (x − c)", (("x", at.data.X[:, j]), ("c", centre), ("r", r)))

    def parameter_lines(self, step: Step, entry: Entry, after: Any) -> list[WorkedLine] | None:
        """The mean of the cluster's rows."""
        data, clusters = step.problem.data, step.expectation.statistics
        assert isinstance(data, FramedRows)
        k, j = entry.index
        count = float(clusters.counts[k])
        if not count > 0:
            return None
        total = count * float(data.frame.out_of(clusters.means())[k, j])
        return [
            line("count", "rows of this cluster", "value", [("N", count)], k),
            line("total", "Σ x over them", "value", [("Σ x", total)], k),
            line("parameter", "Σ x / N", "quotient", [("Σ x", total), ("N", count)], k),
        ]


def _squared_units(in_frame: float, frame: ScaledRows) -> float:
    """A sum of squares from the frame to the units of the data, squared."""
    return in_frame * frame.scale * frame.scale
