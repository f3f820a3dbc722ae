"""`emtui sweep`: learning rate × hidden units, or experts, without a screen: its heat maps, and what is chosen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from emtui.cli.shell_output import Output, printable
from emtui.exports.data_table import json_text
from emtui.exports.export import export_for
from emtui.exports.sweep_table import SWEEP_EXPORTS, cell_record, sweep_text
from emtui.networks.sweep import SweepResult, cells, sweep, why_no_sweep
from emtui.networks.sweep_grid import OF_EXPERTS, OF_NETWORKS, SweepGrid, rates_from, units_from, usual_grid
from emtui.spec.atomic_files import check_free
from emtui.spec.run_notes import run_notes
from emtui.spec.run_spec import RunSpec
from engine.errors import OptionError


def grid_of(words: Mapping[str, Any], sizes_of: str = OF_NETWORKS) -> SweepGrid:
    """The grid that was asked for, rates and sizes as typed; the usual for what is left out.

    sizes_of: hidden units, or experts.

    Raises:
        OptionError: it can't be swept; one sentence.
    """
    named = {OF_NETWORKS: "hidden_units", OF_EXPERTS: "n_experts"}
    options = {OF_NETWORKS: "--hidden", OF_EXPERTS: "--experts"}
    other = OF_EXPERTS if sizes_of == OF_NETWORKS else OF_NETWORKS
    if named[other] in words:
        raise OptionError(f"{options[other]} is of {other}, and here the {sizes_of} vary: give {options[sizes_of]}.")
    rates, units = words.get("learning_rates"), words.get(named[sizes_of])
    usual = usual_grid(sizes_of)
    return SweepGrid(
        usual.rates if rates is None else rates_from(rates),
        usual.units if units is None else units_from(units, sizes_of),
        words.get("n_seeds", usual.n_seeds),
        words.get("max_iter", usual.max_iter),
        sizes_of,
    )


def check_settings(words: Mapping[str, Any]) -> None:
    """See that no option is set that the grid sets. Raises OptionError; several layers are no number of the grid."""
    for option, given in (("--set", words.get("settings") or {}), ("--rival", dict(words.get("rival") or ()))):
        for name, instead in (("learning_rate", "--rates"), ("hidden_units", "--hidden"), ("n_experts", "--experts")):
            if name in given and "," not in given[name]:
                raise OptionError(f"the grid of a sweep sets {name}: give {instead} in place of {option} {name}.")


def sweep_report(
    spec: RunSpec,
    grid: SweepGrid,
    output: Output,
    *,
    exports: Sequence[str] = (),
    as_json: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> None:
    """Run the sweep, print its heat maps (or a JSON object for each cell), and write them to files.

    exports: the files; their endings say what is written. say: is told what is going on.

    Raises:
        EngineError: the data, an option or the file can't be used; one sentence, and nothing has been printed then.
    """
    files = [(path, export_for(path, SWEEP_EXPORTS)) for path in exports]
    for path, kind in files:
        kind.check_library()
        check_free(path)
    if reason := why_no_sweep(spec.model):
        raise OptionError(reason)
    now = SweepResult(spec, grid)
    say(f"run 1 of {now.n_runs}")
    for now in sweep(spec, grid):
        say(f"run {min(now.n_done + 1, now.n_runs)} of {now.n_runs}")
    written = [kind(now, path) for path, kind in files]
    if as_json:
        output.lines([json_text(cell_record(now, cell)) for cell in cells(grid)])
        return
    notes = run_notes(spec)
    output.lines([*map(printable, notes), *([""] if notes else [])])
    output.lines("".join(sweep_text(now)).splitlines())
    if written:
        output.lines(["", *[printable(f"written to {path}") for path in written]])
