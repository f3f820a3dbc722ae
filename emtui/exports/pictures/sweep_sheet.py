"""A sweep as a figure: a heat map for each method and subject."""

from __future__ import annotations

from emtui.exports.pictures.chart_plots import matrix_plot
from emtui.exports.pictures.shapes import Plot, Sheet
from emtui.networks.sweep import SIDES, Side, SweepResult, What
from emtui.views.network.sweep_text import (
    chosen_sentence,
    side_name,
    subject_name,
    subject_words,
    subjects_of,
    sweep_matrix,
)


def sweep_sheet(result: SweepResult) -> Sheet:
    """A row for each subject that its screen shows, a column for each method."""
    from emtui.exports.pictures.figure import PRINT

    def plot(side: Side, what: What) -> Plot:
        name = f"{side_name(result, side)} · {subject_name(result, what)}"
        return matrix_plot(sweep_matrix(result, side, what), PRINT, name)

    subjects = subjects_of(result)
    plots = [[plot(side, what) for side in SIDES] for what in subjects]
    part = "" if result.chosen is not None else f" · {result.n_done} of {result.n_runs} runs"
    words = subject_words(result, subjects[0]).split(", ", 1)[-1]
    said = [chosen_sentence(result)] if result.chosen is not None else []
    tall = 0.9 + len(plots) * (0.9 + 0.32 * len(result.grid.units))
    wide = max(6.4, 2 * (0.9 + 0.62 * len(result.grid.rates)))
    return Sheet(f"sweep of {result.spec.dataset.name}{part}", plots, words, said, wide, tall)
