"""What U undoes: choices applied, rows weighed by hand, and (in the worker) data opened. Steps are walked instead."""

from __future__ import annotations

from dataclasses import dataclass

from engine.em.timeline import Place, Timeline

NOTHING_TO_UNDO = (
    "There is nothing to undo. U undoes choices applied, rows weighed, and data opened; ← → walk the steps."
)

NOTHING_SINCE_OPENED = (
    "There is nothing to undo since this session was opened: its file has the branches, not what U undoes; "
    "b goes to the next branch, ← → walk the steps."
)


@dataclass(frozen=True, eq=False)
class Act:
    """What can be undone: what it was in words, where one stood, and the step that it opened a branch with.

    opened: None where it led to a branch that was there before.
    """

    words: str
    came_from: Place
    opened: Place | None


def undone(timeline: Timeline, act: Act) -> str:
    """Go back to where one stood before it, and say so.

    The branch that it opened is closed if no step was taken on it; else it stays, so that no work is lost.
    """
    if act.opened is None:
        timeline.return_to(act.came_from)
        return f"Undone: {act.words}; back on branch {timeline.branch + 1}."
    opened, before = number_of(timeline, act.opened), timeline.n_branches
    taken = len(act.opened.line) - 1 - act.opened.index
    timeline.return_to(act.came_from)
    timeline.close_if_unused(act.opened)
    here = f"back on branch {timeline.branch + 1}" if timeline.n_branches > 1 else "back where you were"
    if timeline.n_branches < before:
        return f"Undone: {act.words}; {here}, and branch {opened} is closed."
    if not taken:
        return f"Undone: {act.words}; {here}, and branch {opened} stays, since another branch left it."
    steps = "the step that was" if taken == 1 else f"the {taken} steps that were"
    return f"Undone: {act.words}; {here}, and branch {opened} stays, with {steps} taken on it."


def number_of(timeline: Timeline, place: Place) -> int:
    """The number of a branch, counted from 1."""
    return next(index for index, line in enumerate(timeline.lines) if line is place.line) + 1
