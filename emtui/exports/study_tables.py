"""What studies have found, as tables: race, optima, sizes, pair plot. One row for each thing that was compared."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from emtui.exports.data_table import Columns, DataTable
from emtui.exports.export import Export, table_exports
from emtui.exports.latex_table import latex_lines
from emtui.exports.markup_table import as_markup, markdown_lines
from emtui.networks.sizes import SizesResult, size_name
from emtui.session.race import Race, Racer
from emtui.spec.run_spec import RunSpec
from engine.analysis.many_starts import StartResult, StartsProgress
from engine.analysis.optima import Optimum
from engine.analysis.selection import CRITERIA, Candidate
from engine.analysis.study_result import StudyResult
from engine.text import clean

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Study(Generic[T]):
    """The choices that a study is of, and what it has found so far."""

    spec: RunSpec
    found: T


def study_exports(title: str, word: str, table: Callable[[T], DataTable]) -> tuple[Export[Study[T]], ...]:
    """A short table of a study in every format: for programs, and for eyes with four significant digits."""

    def for_eyes(study: Study[T]) -> list[Any]:
        return [as_markup(f"{clean(study.spec.dataset.name)}: {title}", table(study.found))]

    def for_programs(study: Study[T]) -> DataTable:
        return table(study.found)

    data: dict[str, Export[Study[T]]] = table_exports(title, word, for_programs)
    return (
        *data.values(),
        Export(title, word, "md", lambda study: markdown_lines(for_eyes(study))),
        Export(title, word, "tex", lambda study: latex_lines(for_eyes(study))),
    )


def race_table(race: Race) -> DataTable:
    """A row for each racer, as it stands."""
    return DataTable.of([_racer_record(race, place) for place in range(len(race.racers))])


def _racer_record(race: Race, place: int) -> dict[str, Any]:
    racer = race.racers[place]
    last = racer.laps[-1] if racer.laps else None
    right = _right("validation_" * race.by_validation, None if last is None else last.hits, race.n_judged)
    if race.by_rmse:
        right = {"validation_rmse": None if last is None else last.rmse}
    return {
        "racer": racer.name,
        "seed": None if racer.spec is None else racer.spec.seed,
        "objective": None if last is None else float(last.objective),
        **right,
        "iterations": None if last is None else last.iteration,
        "seconds": None if last is None else float(last.seconds),
        "converged": racer.converged,
        "weak_components": weak_words(racer.weak),
        "stop_reason": racer.stop_reason or "",
        "error": racer.error or "",
    }


def _right(which: str, hits: float | None, judged: float) -> dict[str, Any]:
    """How many rows are right, of how many; empty where none is judged."""
    return (
        {f"{which}rows_right": None if hits is None else _count(hits), f"{which}rows_judged": _count(judged)}
        if judged
        else {}
    )


def _count(rows: float | None) -> float | int | None:
    """How many rows; with weights these need not be whole."""
    return int(rows) if rows is not None and float(rows).is_integer() else rows


def laps_table(race: Race) -> DataTable:
    """A row for each racer and iteration: what the curves show."""
    judged = "validation_rmse" if race.by_rmse else "validation_rows_right" if race.by_validation else "rows_right"
    columns: Columns = {
        "racer": "text", "iteration": "whole", "seconds": "number", "objective": "number", judged: "number"
    }  # fmt: skip
    return DataTable(columns, [_laps(racer, race.by_rmse) for racer in race.racers])


def _laps(racer: Racer, by_rmse: bool) -> list[list[Any]]:
    return [
        [racer.name, lap.iteration, lap.seconds, lap.objective, lap.rmse if by_rmse else lap.hits] for lap in racer.laps
    ]


def optima_table(optima: Sequence[Optimum], by_validation: bool = False) -> DataTable:
    """A row for each optimum, the highest first; the seeds of all of its starts stand in one cell."""
    by_rmse = any(math.isfinite(one.rmse) for one in optima)
    return DataTable.of(
        [
            {
                "optimum": place,
                "objective": float(one.objective),
                "log_likelihood": float(one.log_likelihood),
                **({"validation_rmse": float(one.rmse)} if by_rmse else {}),
                **_right("validation_" * by_validation, one.hits, max(each.total for each in optima)),
                "starts": one.count,
                "best_seed": one.best.seed,
                "weak_components": weak_words(one.weak),
                **({"to_infinity": bool(one.flight)} if by_validation else {}),
                "seeds": " ".join(map(str, one.seeds)),
            }
            for place, one in enumerate(optima, start=1)
        ]
    )


def starts_table(optima: Sequence[Optimum], starts: Sequence[StartResult]) -> DataTable:
    """A row for each start, with the number of the optimum that it reached; None where it could not be run."""
    reached = {seed: place for place, one in enumerate(optima, start=1) for seed in one.seeds}
    return DataTable.of(
        [
            {
                "seed": one.seed,
                "optimum": reached.get(one.seed),
                "objective": float(one.objective),
                "log_likelihood": float(one.log_likelihood),
                "iterations": one.n_iter,
                "converged": one.converged,
                "stop_reason": one.stop_reason,
                "error": one.error or "",
            }
            for one in sorted(starts, key=lambda one: one.seed)
        ]
    )


def fits_table(candidates: Sequence[Candidate]) -> DataTable:
    """A row for each fit of a comparison of sizes."""
    return DataTable.of([_fit_record(one) for one in candidates])


def _fit_record(one: Candidate) -> dict[str, Any]:
    return {
        "n_components": one.n_components,
        **({} if one.covariance_type is None else {"covariance_type": one.covariance_type}),
        "repeat": one.repeat + 1,
        "seed": one.seed,
        **{criterion: float(one.value(criterion)) for criterion in CRITERIA},
        "objective": float(one.objective),
        "log_likelihood": float(one.log_likelihood),
        "converged": one.converged,
        "weak_components": weak_words(one.weak),
        "error": one.error or "",
    }


def network_sizes_table(result: SizesResult) -> DataTable:
    """A row for each size: means over its seeds, how far they are spread, and of the chosen one its test scores."""
    return DataTable.of([_size_record(result, place) for place in range(len(result.sizes))])


def _size_record(result: SizesResult, place: int) -> dict[str, Any]:
    size, found = result.sizes[place], result.found
    name, chosen = size_name(size), size == result.chosen
    scores = [f"{rows}_{score}" for rows in ("validation", "train") for score in (found.measure, "log_loss")]
    record: dict[str, Any] = {
        "hidden_units": ",".join(map(str, size)) if isinstance(size, tuple) else size,
        "seeds": sum(run.error is None for run in found.of(name)),
        **{score: found.mean(name, score) for score in [*scores, "iterations", "seconds"]},
        **{f"{score}_sd": found.spread(name, score) for score in scores},
        "chosen": chosen,
    }
    tested = StudyResult(result.tested if chosen else ())
    for score in (f"test_{found.measure}", "test_log_loss"):
        record[score] = tested.mean(tested.methods[0], score) if tested.methods else None
    return record


@dataclass(frozen=True, eq=False)
class Pairs:
    """The features of a table in pairs. groups: their names. parts: both names, and r of all rows and of each group."""

    groups: Sequence[str]
    parts: Callable[[], Iterable[Sequence[tuple[str, str, Sequence[float]]]]]


class Optima(Protocol):
    """The starts of a map of optima, and where they ended. by_validation: they are judged by validation rows."""

    @property
    def by_validation(self) -> bool:
        """Whether they are."""

    @property
    def optima(self) -> tuple[Optimum, ...]:
        """The highest first."""

    @property
    def progress(self) -> StartsProgress:
        """All starts so far."""


def weak_words(weak: Mapping[int, str]) -> str:
    """What is wrong with which component: "2 on the ridge, 3 dead"."""
    return ", ".join(f"{component + 1} {what}" for component, what in weak.items())


def pairs_table(pairs: Pairs) -> DataTable:
    """A row for each pair of features: Pearson's r of all rows, and in each group."""
    heads: Columns = {"x": "text", "y": "text", "r": "number"}
    names = [f"r of group {place}: {name}" for place, name in enumerate(pairs.groups, start=1)]
    columns: Columns = {**heads, **dict.fromkeys(names, "number")}
    return DataTable(columns, ([[x, y, *map(float, r)] for x, y, r in part] for part in pairs.parts()))


def _optima(found: Optima) -> DataTable:
    return optima_table(found.optima, found.by_validation)


def _starts(found: Optima) -> DataTable:
    return starts_table(found.optima, found.progress.results)


RACE_EXPORTS = (
    *study_exports("race", "race", race_table),
    *study_exports("every iteration of the race", "iterations", laps_table)[:3],
)
OPTIMA_EXPORTS = (
    *study_exports("optima", "optima", _optima),
    *study_exports("every start", "starts", _starts)[:3],
)
NETWORK_SIZES_EXPORTS = study_exports("sizes", "sizes", network_sizes_table)
PAIRS_EXPORTS = study_exports("correlations of every pair", "pairs", pairs_table)
