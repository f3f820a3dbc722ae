"""The shell command that opens the session as it was saved, or leads to the step under the cursor.

What no command holds of the way there is said beside it.
"""

from __future__ import annotations

from dataclasses import dataclass

from emtui.session.row_weights import NO_COMMAND
from emtui.session.snapshot import StepSnapshot
from emtui.spec.command_line import command_of, session_command

_TIMED = "seconds"
SAVE_FIRST = "Save the session first (ctrl+s): then y copies a line that opens all of it."


@dataclass(frozen=True)
class CopiedCommand:
    """The command, and what it leaves out or brings back, in sentences."""

    command: str
    said: str = ""

    def notice(self, how: str = "Copied") -> str:
        """It with what is said of it; `how` it was copied."""
        return f"{how}: {self.command}" + (f" — {self.said}" if self.said else "")


def copied_command(snapshot: StepSnapshot, saved_to: str | None = None) -> CopiedCommand:
    """The command of this branch up to the step, or up to the first change by hand before it.

    saved_to: the file that has the session as it stands, where there is one; then it is the command that opens this.
    """
    if saved_to is not None:
        command = session_command(saved_to)
        return CopiedCommand(command, "It opens this session here, with all of its branches.")
    way = snapshot.records[: snapshot.cursor + 1]
    by_hand = next((place for place, record in enumerate(way) if record.by_hand), None)
    if by_hand is not None:
        way = way[: max(by_hand, 1)]
        way = way[:-1] if way[-1].phase == "E" else way  # the change was made in place of the M-step
    last, rested = way[-1], any(record.ends for record in way[:-1])
    timed = snapshot.spec.stop is not None and _TIMED in snapshot.spec.stop
    at_its_end = last.ends and not rested and not timed
    command = command_of(snapshot.spec, None if at_its_end else last.iteration, past_rest=rested or timed)
    notes, whole = [], by_hand is None
    if by_hand == 0:
        notes.append(f"The change by hand at the start is not in it. {NO_COMMAND}")
    elif by_hand is not None:
        notes.append(f"It ends before the change by hand, at iteration {last.iteration}. {NO_COMMAND}")
    elif last.phase == "E":
        notes.append("It ends half a step later, with the M-step; this E-step is on its way.")
    elif last.phase == "init":
        notes.append("It ends at the start; without --max-iter it runs until a stopping rule is met.")
    if len({record.algorithm for record in way}) > 1:
        whole = False
        notes.append("The temperature was turned on the way: the command holds the last one from the start.")
    if any(record.draw for record in way):
        whole = False
        notes.append("An E-step was drawn anew on the way: the command makes the first draw of its seed.")
    if snapshot.n_branches > 1:
        whole = False
        others = snapshot.n_branches - 1
        notes.append("The other branch is not in it." if others == 1 else f"The other {others} branches are not in it.")
    notes += [] if whole else [SAVE_FIRST]
    return CopiedCommand(command, " ".join(notes))
