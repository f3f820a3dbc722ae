"""What a race says in words: who stands highest, who came first, and who wins among networks."""

from __future__ import annotations

import math

from emtui.networks.cost import seconds_in_words
from emtui.session.race import Race, Racer
from emtui.session.racer import final_rmse
from emtui.views.number_format import amount, number, plural, share

SAME = 1e-2
"""Nats within which two objectives are the same optimum."""


def top_objective(now: Race | None) -> float:
    """The highest current objective of all racers."""
    heights = [r.laps[-1].objective for r in (() if now is None else now.racers) if r.laps]
    return max((height for height in heights if math.isfinite(height)), default=math.nan)


def verdict(now: Race) -> str:
    """Which racer is highest, which has the most correct rows, and how many are still running, in a sentence or two."""
    running = [r for r in now.racers if not r.over]
    top = top_objective(now)
    standing = [r for r in now.racers if r.laps and math.isfinite(r.laps[-1].objective)]
    if not standing:
        return ""
    highest = [r for r in standing if top - r.laps[-1].objective <= SAME]
    specs = [r.spec for r in highest if r.spec is not None]
    drawn = any(spec.model.supervised and not spec.model.exact for spec in specs)
    what = "estimated objective" if drawn else "objective"
    said = f"{_names(highest)} {'stand' if len(highest) > 1 else 'stands'} highest, {what} {amount(top)}"
    judged = [(r.laps[-1].hits or 0, r) for r in now.racers if r.laps and r.laps[-1].hits is not None]
    if judged:
        most = max(hits for hits, _ in judged)
        right = [r for hits, r in judged if hits == most]
        rows = "validation rows" if now.by_validation else "rows"
        said += (
            f"; {_names(right)} {'have' if len(right) > 1 else 'has'} most {rows} right, {share(most, now.n_judged)}"
        )
        said += f" without the {now.n_given:,} given" if now.n_given else ""
    erring = [(rmse, r) for r in now.racers if (rmse := final_rmse(r)) is not None]
    if erring:
        least, best = min(erring, key=lambda one: one[0])
        said += f"; {best.name} has the lowest RMSE on validation rows, {number(least, 4)}"
    if running:
        return f"{said}; {plural(len(running), 'racer')} still running."
    return f"{said}."


def by_seconds(now: Race) -> str:
    """Who is highest after the same time of computing: as long as each has had that is not at rest.

    Where all are at rest, who came first to the top. An iteration of one may take as long as ten of another.
    """
    racers = [r for r in now.racers if len(r.laps) > 1 and r.error is None]
    going = [r.laps[-1].seconds for r in racers if not r.converged]
    if not going:
        top = top_objective(now)
        came = {r.name: lap.seconds for r in racers for lap in reversed(r.laps) if top - lap.objective <= SAME}
        if not came:
            return ""
        first = min(came, key=lambda name: came[name])
        return f"{first} is the first within {SAME:zg} of the top, after {seconds_in_words(came[first])}."
    time = min(going)
    then = {r.name: lap.objective for r in racers for lap in r.laps if lap.seconds <= time}  # the last one stays
    known = {name: value for name, value in then.items() if math.isfinite(value)}
    if not known:
        return ""
    best = max(known.values())
    names = [r for r in racers if best - known.get(r.name, -math.inf) <= SAME]
    said = f"After {seconds_in_words(time)} of computing each (who is at rest stays there), {_names(names)}"
    return f"{said} {'stand' if len(names) > 1 else 'stands'} highest, {amount(best)}."


def winner_sentence(now: Race) -> str:
    """What the test rows say of the winner among networks, which alone they are shown to; "" before that."""
    winner = now.winner if now.by_validation else None
    if winner is None:
        return ""
    if now.by_rmse:
        said = f"{winner.name} wins by that"
        if now.tested_rmse is not None:
            return (
                f"{said}, and it alone is tested, fitted again to all training rows: RMSE {number(now.tested_rmse, 4)}."
            )
        return f"{said}." if now.n_tested else f"{said}; no test rows are held back."
    equal = sum(racer.laps[-1].hits == winner.laps[-1].hits for racer in now.racers if racer.laps)
    said = f"{winner.name} wins by them" if equal == 1 else f"{winner.name} wins as the highest of them"
    if not now.n_tested:
        return f"{said}; no test rows are held back."
    if now.tested is None:
        return f"{said}."
    tested = share(now.tested, now.n_tested)
    return f"{said}, and it alone is tested, fitted again to all training rows: {tested}."


def _names(racers: list[Racer]) -> str:
    names = [r.name for r in racers]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
