"""`emtui replay`: published runs of EM, stepped again beside their published values; a tick for each that agrees.

Digits that the source did not print, but that were recomputed from what it says, are marked, and counted apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from emtui.cli.shell_output import CROSS, TICK, Output, table
from emtui.cli.split_report import split_report
from emtui.exports.data_table import json_text
from engine.reference.replay import Check, Replay, checks
from engine.reference.replays import replay_named, replays


def replay_lines(*, as_json: bool = False) -> list[str]:
    """What can be replayed, and where it was published."""
    found = replays()
    if as_json:
        return [json_text([{"name": one.name, "title": one.title, "source": one.source} for one in found])]
    head, *titles = table([("name", "title"), *((one.name, one.title) for one in found)])
    lines = [head]
    for title, one in zip(titles, found, strict=True):
        lines += [title, f"    {one.source}"]
    return [*lines, "", "emtui replay NAME steps beside its values; emtui NAME opens the same data."]


def replay(name: str, output: Output, *, as_json: bool = False, say: Callable[[str], None] = lambda _: None) -> bool:
    """Replay it, and print each value as it is reached; whether all of them agree comes back.

    say: is told what is going on.

    Raises:
        OptionError: there is no such replay.
        OSError: the output can't be written.
    """
    found = replay_named(name)
    if splits := found.splits():
        return split_report(found, splits, output, as_json=as_json, say=say)
    told = list(_json_lines(found, output) if as_json else _text_lines(found, output))
    published, recomputed = ([one for one in told if one.recomputed == which] for which in (False, True))
    if as_json:
        counted = {"values": len(told), "agree": _agreeing(told), "recomputed": len(recomputed)}
        output.line(json_text({"replay": name, **counted}))
    else:
        verdicts = [_verdict(published, "value", "to the digits that were printed")] if published else []
        verdicts += [_verdict(recomputed, "recomputed value", "to the digits shown")] if recomputed else []
        output.lines(["", *verdicts])
    return _agreeing(told) == len(told)


def _agreeing(told: Sequence[Check]) -> int:
    return sum(check.agrees for check in told)


def _verdict(told: Sequence[Check], what: str, digits: str) -> str:
    total, others = len(told), len(told) - _agreeing(told)
    if others:
        return f"{CROSS} {others} of {total} {what}s {'does' if others == 1 else 'do'} not agree {digits}"
    if total == 1:
        return f"{TICK} the {what} agrees {digits}"
    return f"{TICK} {'both' if total == 2 else f'all {total}'} {what}s agree {digits}"


def _mark(one: Check) -> str:
    return (TICK if one.agrees else CROSS) + (" recomputed" if one.recomputed else "")


def _json_lines(found: Replay, output: Output) -> Iterator[Check]:
    """One object a value."""
    for walk in found.walks():
        for check in checks(walk):
            record = {
                "replay": found.name,
                "walk": check.walk,
                "iteration": check.iteration,
                "phase": check.phase,
                "quantity": check.quantity,
                "published": check.printed,
                "recomputed": check.recomputed,
                "computed": check.computed,
                "agrees": check.agrees,
            }
            output.line(json_text(record))
            yield check


def _text_lines(found: Replay, output: Output) -> Iterator[Check]:
    """A table for each run."""
    output.lines([found.title, found.source])
    for walk in found.walks():
        output.lines(["", walk.title])
        done = list(checks(walk))
        rows = [("iter", "phase", "quantity", "published", "computed", "")]
        rows += [(str(one.iteration), one.phase, one.quantity, one.printed, one.shown, _mark(one)) for one in done]
        output.lines(table(rows, right=(0, 3, 4)))
        yield from done
