"""A sweep as files: its table as CSV or JSON, a line or an object for each cell, and its heat maps as text."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from emtui.exports.data_table import DataTable, json_text
from emtui.exports.export import Export, table_exports
from emtui.exports.pictures.sweep_sheet import sweep_sheet
from emtui.exports.sheet_exports import sheet_exports
from emtui.networks.sweep import Cell, SweepResult, cells, has_rate, models_of
from emtui.views.network.sweep_text import chosen_sentence, differences_of, heat_lines, measure_of, subjects_of
from engine.text import clean


def cell_record(result: SweepResult, cell: Cell) -> dict[str, Any]:
    """A cell as plain values: means over its seeds, how far they are spread, and of the chosen one its test scores."""
    side, m, r = cell
    name, found, measure = result.names[cell], result.found, measure_of(result.spec)
    scores = (f"validation_{measure}", "validation_log_loss", f"train_{measure}", "train_log_loss")
    model = models_of(result.spec, side, result.grid.rates[r], result.grid.units[m])
    record: dict[str, Any] = {
        "method": name,
        "model": model.name,
        model.size_option: result.grid.units[m],
        "learning_rate": result.grid.rates[r],
        "uses_rate": has_rate(model),
        "seeds": sum(run.error is None for run in found.of(name)),
    }
    record |= {score: found.mean(name, score) for score in (*scores, "iterations", "seconds")}
    record |= {f"{score}_sd": found.spread(name, score) for score in scores}
    chosen = cell == result.chosen
    record |= {"chosen": chosen}
    for score in (f"test_{measure}", "test_log_loss"):
        known = [getattr(run, score) for run in result.tested if math.isfinite(getattr(run, score))]
        record[score] = sum(known) / len(known) if chosen and known else math.nan
    return record


def cells_table(result: SweepResult) -> DataTable:
    """A row for each cell."""
    return DataTable.of([cell_record(result, cell) for cell in cells(result.grid)])


def sweep_record(result: SweepResult) -> dict[str, Any]:
    """The whole sweep as plain values: the grid, every cell, every run, and what is chosen."""
    spec, grid, measure = result.spec, result.grid, measure_of(result.spec)
    return {
        "dataset": spec.dataset.name,
        "standardized": spec.standardized,
        "test_share": spec.test_share,
        "learning_rates": grid.rates,
        spec.model.size_option: grid.units,
        "seeds": [spec.seed + i for i in range(grid.n_seeds)],
        "max_iter": grid.max_iter,
        "cells": [cell_record(result, cell) for cell in cells(grid)],
        "runs": [run.record(measure) for run in result.found.runs],
        "chosen": None if result.chosen is None else result.names[result.chosen],
        "tested": [run.record(measure) for run in result.tested],
    }


def sweep_text(result: SweepResult) -> Iterable[str]:
    """Both subjects as heat maps in characters, what is chosen, and what else differs between the methods."""
    part = f", {result.n_done} of {result.n_runs} runs" if result.chosen is None else ""
    lines = [f"sweep of {clean(result.spec.dataset.name)}{part}"]
    for what in subjects_of(result):
        lines += ["", *heat_lines(result, what)]
    said = (chosen_sentence(result), differences_of(result))
    lines += [line for sentence in said if sentence for line in ("", sentence)]
    return [f"{line}\n" for line in lines]


def _document(result: SweepResult) -> Iterable[str]:
    return [json_text(sweep_record(result)), "\n"]


_of_cells = table_exports("table of the sweep", "sweep", cells_table)
SWEEP_EXPORTS: tuple[Export[SweepResult], ...] = (
    *(_of_cells | {"json": replace(_of_cells["json"], chunks=_document)}).values(),
    Export("heat maps", "map", "txt", sweep_text),
    *sheet_exports("heat maps", "map", sweep_sheet),
)
