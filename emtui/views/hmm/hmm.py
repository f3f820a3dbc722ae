"""Hidden Markov models: states along time above what was seen, and for measurements the states as clouds of points."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from emtui.charts.colors import Palette
from emtui.charts.scene import Scene
from emtui.session.snapshot import StepSnapshot
from emtui.spec.command_line import PUBLISHED
from emtui.spec.state_names import component_names, with_state_names
from emtui.views import plain_words
from emtui.views.bound_sentences import Settling
from emtui.views.changes import drawn_responsibilities, largest_move
from emtui.views.dataset_cache import remembered
from emtui.views.gaussian.gaussian import GaussianView
from emtui.views.gaussian.gaussian_sentences import moved_clause
from emtui.views.hmm.hmm_charts import (
    HIGH,
    LOW,
    PATH,
    TOP,
    Seen,
    band_places,
    in_bands,
    layers_in_time,
    likeliest_path,
    measurements_seen,
    symbol_name,
    symbols_seen,
)
from emtui.views.hmm.hmm_sentences import REST, hardly_moved, state_name, transition_moved
from emtui.views.number_format import amount, listed, plural, probabilities_apart, probability
from emtui.views.parameter_tables import Column, component_table, now_and_before
from emtui.views.plain_words import PlainWords
from emtui.views.points import pairs
from emtui.views.projection import nearest_row, spreads
from emtui.views.sentences import how_many, line, row_name, row_noun, tell
from emtui.views.view import Axes, ParameterTable, PictureAxis, Row, UnitsName, View
from engine.arrays import Array
from engine.em.fields import expected_stays, fields_of
from engine.em.model import Model
from engine.models.gaussian.params import GaussianParams

_TABLED_SYMBOLS = 40
_MEASURED = 12


class HiddenMarkovView(View):
    """The view of `HiddenMarkovModel`: states are called 1, 2, … or, where they are known, by names: cold, hot."""

    def component_names(self, snapshot: StepSnapshot) -> tuple[str, ...]:
        """The states' names, from the published start on; else numbers."""
        return component_names(snapshot.spec, snapshot.step.params)

    def with_names(self, snapshot: StepSnapshot, formula: str) -> str:
        """A formula with the states' names."""
        return with_state_names(snapshot.spec, formula)

    def axes(self, snapshot: StepSnapshot) -> tuple[Axes, ...]:
        """Each column along time; for measurements the columns against one another as well, as for a mixture."""
        data = snapshot.spec.dataset
        time = PictureAxis("feature", 0, row_noun(snapshot))
        columns = [PictureAxis("feature", j, name) for j, name in enumerate(data.feature_names[:_MEASURED])]
        in_time = tuple(Axes(time, column) for column in columns)
        return in_time if _symbols(snapshot) is not None else (*in_time, *pairs(data))

    def scene(
        self, snapshot: StepSnapshot, axes: Axes, palette: Palette, *, highlight: Row = None, units: UnitsName = "data"
    ) -> Scene:
        """The observations over time, the likeliest path, and the posterior of the states above them."""
        if not _in_time(snapshot, axes):
            return GaussianView().scene(_as_mixture(snapshot), axes, palette, highlight=highlight, units=units)
        assert axes.y is not None
        column, params, means = axes.y.index, snapshot.step.params, []
        seen = self._seen(snapshot, column, units)
        if not seen.symbols:
            means = [seen.height(mean) for mean in GaussianView().means(snapshot, params.emission, units)[:, column]]
        ticks = [*seen.ticks, (LOW, "0"), ((LOW + HIGH) / 2, ".5"), (HIGH, "1")]
        if in_bands(len(snapshot.rows), 0 if snapshot.responsibilities is None else self.n_components(snapshot)):
            names = self.component_names(snapshot)
            ticks = [
                *seen.ticks,
                *((place, f"{palette.marker(k)} {names[k]}") for k, place in enumerate(band_places(len(names)))),
            ]
        ticks.append((PATH, "path"))  # before there is one, too, so that the picture stays where it is
        return Scene(
            layers_in_time(snapshot, seen, means, palette, highlight),
            axes.x.label,
            f"p(state) above {axes.y.label}",
            x_range=(0.5, snapshot.n_rows + 0.5),
            y_range=(0.0, TOP),
            y_ticks=ticks,
            legend=palette.legend(self.component_names(snapshot)),
            description=self._described(snapshot, axes),
        )

    def _seen(self, snapshot: StepSnapshot, column: int, units: UnitsName) -> Seen:
        model: Any = snapshot.step.problem.model
        symbols = _symbols(snapshot)
        if symbols is not None:
            drawn, V = symbols[snapshot.rows].astype(np.float64), snapshot.step.params.emission.shape[1]
            return remembered(
                snapshot.spec.dataset,
                ("symbols", model.first_symbol, V),
                lambda: symbols_seen(drawn, model.first_symbol, V, snapshot.spec.dataset.symbol_names),
                of=snapshot.rows,
            )
        data = snapshot.spec.dataset
        values = data.X[snapshot.rows, column]
        if units == "data" and data.units is not None:
            values = values * data.units.scale[column] + data.units.offset[column]
        return remembered(data, ("measured", column, units), lambda: measurements_seen(values), of=snapshot.rows)

    def row_at(self, snapshot: StepSnapshot, axes: Axes, x: float, y: float, units: UnitsName = "data") -> Row:
        """The drawn row that is nearest in time; in a scatter plot, the nearest point."""
        if not _in_time(snapshot, axes):
            return GaussianView().row_at(snapshot, axes, x, y, units)
        return nearest_row(snapshot.rows, (snapshot.rows + 1.0, x))

    def caption(self, snapshot: StepSnapshot, axes: Axes) -> str:
        """ "ice creams and states by day"."""
        if not _in_time(snapshot, axes) or axes.y is None:
            return axes.title
        return f"{axes.y.label} and states by {axes.x.label}"

    def _described(self, snapshot: StepSnapshot, axes: Axes) -> str:
        """The picture in words: how long each state is likeliest."""
        noun = axes.x.label
        said = [f"{axes.title}: {plural(snapshot.n_rows, noun)}"]
        if snapshot.labels is not None:
            counts = np.bincount(snapshot.labels, minlength=self.n_components(snapshot))
            said += [f"{state_name(k)} is likeliest on {plural(int(count), noun)}" for k, count in enumerate(counts)]
        return with_state_names(snapshot.spec, "; ".join(said) + ".")

    def parameters(self, snapshot: StepSnapshot, *, units: UnitsName = "data") -> ParameterTable:
        """One row for each state: its initial and transition probabilities, its expected stay, and its emission."""
        names, first = self.component_names(snapshot), snapshot.step.params
        columns = [Column("start", 1.0, probability=True)]
        columns += [Column(f"to {name}", 1.0, probability=True) for name in names]
        if first.stop is not None:
            columns.append(Column("stop", 1.0, probability=True))
        columns.append(Column("stay", 10.0, 10.0))
        note = ""
        if _symbols(snapshot) is not None:
            V, shown = first.emission.shape[1], min(first.emission.shape[1], _TABLED_SYMBOLS)
            columns += [Column(f"p({self._symbol(snapshot, v)})", 1.0, probability=True) for v in range(shown)]
            note = "" if shown == V else f"The first {shown} of {V:,} symbols."
        else:
            data = snapshot.spec.dataset
            scales = zip(data.feature_names, *spreads(data, units), strict=True)
            columns += [Column(name, float(spread), float(size)) for name, spread, size in scales]
        now, before = now_and_before(snapshot, lambda params: self._rows(snapshot, params, units))
        suffixes = ("",) if _symbols(snapshot) is not None else ("", "±σ")
        return component_table(names, columns, now, before, suffixes, units, note)

    def _rows(self, snapshot: StepSnapshot, params: Any, units: UnitsName) -> Array:
        """(S, kinds, columns): one kind of row for symbols; means and standard deviations for measurements."""
        chain = [params.initial[:, None], params.transition]
        if params.stop is not None:
            chain.append(params.stop[:, None])
        chain.append(expected_stays(fields_of(params)["transition"])[:, None])
        behind = np.column_stack(chain)
        if _symbols(snapshot) is not None:
            return np.column_stack([behind, params.emission[:, :_TABLED_SYMBOLS]])[:, None, :]
        gaussian = GaussianView()
        above = np.column_stack([behind, gaussian.means(snapshot, params.emission, units)])
        deviations = gaussian.standard_deviations(snapshot, params.emission, units)
        below = np.column_stack([np.full_like(behind, np.nan), deviations])
        return np.stack([above, below], axis=1)

    def detail(self, snapshot: StepSnapshot, component: int, *, units: UnitsName = "data") -> ParameterTable | None:
        """The covariance matrix of a state's measurements."""
        if _symbols(snapshot) is not None:
            return None
        return GaussianView().detail(_as_mixture(snapshot), component, units=units)

    def detail_title(self, snapshot: StepSnapshot, component: int) -> str:
        """The title of that matrix."""
        return with_state_names(snapshot.spec, f"covariance of {state_name(component)}")

    def q_part(self, name: str) -> str:
        """A part of Q in words."""
        words = {"initial": "first states", "transition": "transitions", "stop": "ends", "emission": "emissions"}
        return f"Q of the {words[name]}"

    def plain_words(self, model: Model[Any, Any]) -> PlainWords:
        """What is hidden, and what the two steps do, to a newcomer."""
        return plain_words.HIDDEN_MARKOV

    def sentence(self, snapshot: StepSnapshot, *, units: UnitsName = "data") -> str:
        """Which row or state moved most, and how the bound and the log-likelihood changed."""
        n = self.n_components(snapshot)
        start = f"{how_many(n, 'state')} {'starts' if n == 1 else 'start'}{self._start(snapshot)}"
        start += f", log-likelihood {amount(snapshot.record.log_likelihood)}"
        row = row_noun(snapshot)
        path = Settling("every state is that of the likeliest path", "the path is drawn from its posterior", f"{row}s")
        moved = partial(self._moved, snapshot, units)
        told = tell(snapshot, start=start, component=state_name, moved=moved, row=row, settling=path)
        tied = self._path_remark(snapshot)
        return with_state_names(snapshot.spec, f"{told} {line(tied)}" if tied else told)

    def _path_remark(self, snapshot: StepSnapshot) -> tuple[str, ...]:
        """After an E-step, that the path of the picture is not the only likeliest one; () if it is."""
        step = snapshot.step
        model: Any = step.problem.model
        if step.phase != "E" or likeliest_path(snapshot) is None:
            return ()
        data, params = step.problem.data, step.params_q
        said = remembered(snapshot.spec.dataset, "path", lambda: model.path_remark(params, data), of=params)
        return tuple(one.named(partial(row_name, snapshot, row=row_noun(snapshot))) for one in said)

    def _start(self, snapshot: StepSnapshot) -> str:
        """What the states emit at the start, as far as it fits on one line."""
        params = snapshot.step.params
        if snapshot.spec.start is not None:
            published = snapshot.spec.start_file in (None, PUBLISHED)
            return " at the published values" if published else " at the values that were given"
        if _symbols(snapshot) is None:
            return " at the centres of k-means"
        if len(params.initial) > 4:
            return " with random emissions"
        best = params.emission.argmax(axis=1)
        said = [
            f"{state_name(k)} emits {self._symbol(snapshot, int(v))} the most ({probability(params.emission[k, v], 2)})"
            for k, v in enumerate(best)
        ]
        return f": {listed(said)}"

    def _symbol(self, snapshot: StepSnapshot, v: int) -> str:
        """A symbol as it is written in the data."""
        model: Any = snapshot.step.problem.model
        return symbol_name(v + model.first_symbol, snapshot.spec.dataset.symbol_names)

    def _moved(self, snapshot: StepSnapshot, units: UnitsName) -> str:
        """What the state that changed most emits now, and the transition that changed most."""
        now, before = snapshot.trail[-1], snapshot.trail[-2]
        if _symbols(snapshot) is not None:
            emits = self._emission_moved(snapshot, now.emission, before.emission)
        else:
            emits = self._gaussian_moved(snapshot, units)
        goes = transition_moved(now, before, row_noun(snapshot))
        return listed([part for part in (emits, goes) if part]) or hardly_moved(
            now, before, _symbols(snapshot) is not None
        )

    def _emission_moved(self, snapshot: StepSnapshot, now: Array, before: Array) -> str:
        change = np.abs(now - before)
        k, v = (int(i) for i in np.unravel_index(int(change.argmax()), change.shape))
        if change[k, v] < REST:
            return ""
        was, is_now = probabilities_apart(before[k, v], now[k, v])
        return f"{state_name(k)} now emits {self._symbol(snapshot, v)} with probability {is_now} (before {was})"

    def _gaussian_moved(self, snapshot: StepSnapshot, units: UnitsName) -> str:
        """How the state that changed most moved and widened."""
        gaussian, now, before = GaussianView(), snapshot.trail[-1].emission, snapshot.trail[-2].emission
        S = self.n_components(snapshot)
        equal = np.full(S, 1.0 / S)
        move = largest_move(
            (equal, equal),
            (gaussian.means(snapshot, before, units), gaussian.means(snapshot, now, units)),
            (gaussian.standard_deviations(snapshot, before, units), gaussian.standard_deviations(snapshot, now, units)),
        )
        model: Any = snapshot.step.problem.model
        said = moved_clause(move, snapshot.spec.dataset.feature_names, model.covariance_type)
        return "" if said.startswith("no component") else said.replace("component", "state")


def _symbols(snapshot: StepSnapshot) -> Any:
    """(T,) the symbols of every row that was given, or None where measurements are seen."""
    data: Any = snapshot.step.problem.data
    if data.symbols is None or data.given is None:
        return data.symbols
    model: Any = snapshot.step.problem.model
    return np.nan_to_num(data.given_table[:, 0] - model.first_symbol, nan=-1.0, posinf=-1.0, neginf=-1.0)


def _in_time(snapshot: StepSnapshot, axes: Axes) -> bool:
    """Whether the picture is drawn over time: its x axis is none of the table's columns."""
    return axes.x.kind == "feature" and axes.x.label == row_noun(snapshot) and axes not in pairs(snapshot.spec.dataset)


def _as_mixture(snapshot: StepSnapshot) -> StepSnapshot:
    """The snapshot with the states as the components of a Gaussian mixture, weighted by their share of the rows."""
    S, R = len(snapshot.step.params.initial), drawn_responsibilities(snapshot)
    weights = np.full(S, 1.0 / S) if R is None else R.mean(axis=0)

    def mixture(params: Any) -> GaussianParams:
        return GaussianParams(weights, params.emission.means, params.emission.covariances)

    step = replace(snapshot.step, params=mixture(snapshot.step.params))
    return replace(snapshot, step=step, trail=tuple(mixture(params) for params in snapshot.trail))
