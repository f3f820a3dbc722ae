"""Doing again what was done: the same deeds from the same choices make the same steps."""

from __future__ import annotations

from dataclasses import replace

from emtui.session.carried_row_weights import told_to_stay
from emtui.session.deeds import Deed, Moved, QMoved, Taken, Weighed, params_after
from emtui.session.q_by_hand import with_q_moved
from emtui.session.row_weights import with_row_weighed
from emtui.session.session import Session
from engine.editing.edits import placed
from engine.em.loop import stopped


def do_again(session: Session, deed: Deed, seconds: float, *, opens_branch: bool) -> None:
    """Do from the current step what was done there once, so many seconds after the start.

    opens_branch: it began a branch of its own.

    Raises:
        EngineError: it can't be done from here; nothing is recorded then.
    """
    step = session.timeline.current
    match deed:
        case Moved(message=message):
            made = placed(step, params_after(step.params, deed), message)
        case Weighed(row=row, weight=weight, stays=stays):
            made = with_row_weighed(session.spec, step, row, weight)
            made = told_to_stay(session.spec, made) if stays else made
        case QMoved(row=row, q=q):
            made = with_q_moved(session.spec, step, row, q)
        case Taken(turned=turned, draw=draw):
            if turned is not None:
                session.turn_to(turned)
            made = session.advanced(draw)
    made = replace(made, seconds_before=seconds - (made.seconds - made.seconds_before))
    if isinstance(deed, Taken):  # a stopping rule may go by the seconds
        made = stopped(made, session.spec_of(made).rules)
    session.add(made, deed, opens_branch=opens_branch)
