"""Where a session stands, as far as its file says it: two that are equal open as the same."""

from __future__ import annotations

from dataclasses import dataclass

from emtui.session.session import Session
from engine.em.parameters import Parameters
from engine.em.step import Problem


@dataclass(frozen=True)
class Standing:
    """How many steps each branch has, what it has come to, where the cursor is, and what the next step goes on by."""

    ends: tuple[tuple[int, Problem, Parameters], ...]
    here: tuple[int, int]
    turned: str | None


def standing_of(session: Session) -> Standing:
    """Where it stands now."""
    timeline = session.timeline
    ends = tuple((len(line), line[-1].problem, line[-1].params) for line in timeline.lines)
    return Standing(ends, (timeline.branch, timeline.cursor), session.turned)
