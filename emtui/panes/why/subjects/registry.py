"""The subjects of the why pane, in the order in which `d` shows them."""

from __future__ import annotations

from emtui.panes.why.subjects.jensen import JensenSubject
from emtui.panes.why.subjects.ledger import LedgerSubject
from emtui.panes.why.subjects.parameter import ParameterSubject
from emtui.panes.why.subjects.row import RowSubject
from emtui.panes.why.subjects.subject import Subject

SUBJECTS: tuple[Subject, ...] = (
    LedgerSubject(),
    RowSubject(),
    ParameterSubject(),
    JensenSubject(),
)
