"""`emtui study`: a network from many seeds, by EM and by backpropagation, as a table without a screen."""

from __future__ import annotations

from dataclasses import asdict, replace

from emtui.cli.shell_output import Output, table
from emtui.exports.step_record import json_text
from emtui.spec.choose import DEFAULT_SOURCE, choose
from emtui.spec.run_spec import RunSpec
from emtui.spec.train_test_split import train_share
from engine.data.data_spec import DataSpec

LEARNED = 0.95  # of the training rows right


def study(
    output: Output,
    data: DataSpec | str = DEFAULT_SOURCE,
    *,
    n_seeds: int = 20,
    max_iter: int = 50,
    hidden_units: int = 7,
    weight_decay: float = 0.01,
    raw: bool = False,
    test_share: float = 0.4,
    stratify: bool = True,
    as_json: bool = False,
) -> None:
    """Run every usual method from every seed, which draws a split and a start, and print what came of them.

    Raises:
        EngineError: the data or an option can't be used; one sentence, and nothing has been printed then.
    """
    from engine.errors import OptionError
    from engine.reference.network_study import network_study, usual_methods

    if test_share == 0.0:
        raise OptionError("a study tests on rows that are held back: give a test share above 0, such as 0.4.")
    spec = choose(data, model="mlp", k=hidden_units, test_share=test_share, stratify=stratify)
    if spec.dataset.weights is not None:
        raise OptionError("a study counts every row once: leave out --weights.")
    dataset = spec.dataset if raw else spec.dataset.standardized()
    methods = usual_methods(hidden_units, weight_decay)
    if not as_json:
        output.line(_heading(replace(spec, dataset=dataset), n_seeds, max_iter, weight_decay))
    found = network_study(
        dataset.X,
        dataset.y,
        methods,
        seeds=range(n_seeds),
        max_iter=max_iter,
        train_share=train_share(test_share),
        stratified=stratify,
    )
    if as_json:
        output.lines([json_text(asdict(outcome)) for outcome in found.outcomes])
        return
    output.lines(["", *found.lines(), ""])
    counts = [(method, f"{found.learned(method, LEARNED)} of {n_seeds}") for method in found.methods]
    head = ("learned from", f"starts (at least {LEARNED:z.0%} of the training rows right)")
    output.lines(table([head, *counts]))


def _heading(spec: RunSpec, n_seeds: int, max_iter: int, weight_decay: float) -> str:
    data = spec.dataset
    units = " standardised" if data.units is not None else ""
    seeds = "1 seed" if n_seeds == 1 else f"{n_seeds} seeds"
    held_back = f"{spec.test_share:z.0%} held back" + ("" if spec.stratify else ", not stratified")
    return (
        f"{data.name} {data.n_samples}×{data.n_features}{units} · {spec.n_components} hidden units, "
        f"weight decay {weight_decay:zg} · {held_back} · {seeds}, {max_iter} iterations"
    )
