"""`emtui replay` of what was published of a single split and start: a table of the same from many of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from emtui.cli.shell_output import CROSS, TICK, Output, table
from emtui.cli.study_report import run_record
from emtui.exports.data_table import json_text
from engine.reference.many_splits import SCORES, ManySplits, Score, SplitRun
from engine.reference.replay import Replay

_HEADS = ("method", "loss at start", "loss at end", "test accuracy")
_DIGITS = {"start_log_loss": 2, "train_log_loss": 3, "test_accuracy": 3}


def split_report(
    replay: Replay, splits: Sequence[ManySplits], output: Output, *, as_json: bool, say: Callable[[str], None]
) -> bool:
    """Run every method from every split, and print what came of them; whether all that was claimed was shown."""
    found: list[tuple[ManySplits, list[SplitRun]]] = []
    for one in splits:
        runs: list[SplitRun] = []
        for run in one.runs():
            say(f"{one.title}: split {len(runs) + 1} of {len(one.study.seeds)}")
            runs.append(run)
            if as_json:
                output.line(json_text(_record(replay, one, run)))
        found.append((one, runs))
    verdicts = [(one.claim, sum(map(one.shows, runs)), len(runs)) for one, runs in found if one.claim]
    if as_json:
        claims = [{"claim": claim, "runs": total, "show_it": shown} for claim, shown, total in verdicts]
        output.line(json_text({"replay": replay.name, "claims": claims}))
    else:
        output.lines(_text(replay, found))
        output.lines(
            [f"{TICK if n == total else CROSS} {claim}: {n} of {total} splits" for claim, n, total in verdicts]
        )
    return all(shown == total for _, shown, total in verdicts)


def _record(replay: Replay, one: ManySplits, run: SplitRun) -> dict[str, Any]:
    own = run_record(run.run, one.study.measure) | {"method": one.title}
    return {"replay": replay.name, **own, "start_log_loss": run.start_log_loss, "published": dict(one.published)}


def _text(replay: Replay, found: Sequence[tuple[ManySplits, list[SplitRun]]]) -> list[str]:
    study = found[0][0].study
    rows: list[tuple[str, ...]] = [_HEADS]
    for one, runs in found:
        rows.append((one.title, *(_spread(runs, name) for name in SCORES)))
        if one.published:
            rows.append(("  published, one run", *(one.published.get(name, "") for name in SCORES)))
    return [
        replay.title,
        replay.source,
        "",
        f"{len(study.seeds)} splits and starts, {study.max_iter} iterations: medians, least and largest in",
        "brackets; losses are means of the training rows in nats, by the forward pass",
        "",
        *table(rows),
        "",
    ]


def _spread(runs: Sequence[SplitRun], name: Score) -> str:
    values = np.array([run.score(name) for run in runs])
    low, middle, high = (f"{x:z.{_DIGITS[name]}f}" for x in (values.min(), np.median(values), values.max()))
    return f"{middle} ({low}–{high})"
