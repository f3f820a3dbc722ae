"""The subjects of the why pane, in the order in which `d` shows them."""

from __future__ import annotations

from emtui.panes.why.subjects.balance import BalanceSubject
from emtui.panes.why.subjects.jensen import JensenSubject
from emtui.panes.why.subjects.ledger import LedgerSubject
from emtui.panes.why.subjects.multiplier import MultiplierSubject
from emtui.panes.why.subjects.parameter import ParameterSubject
from emtui.panes.why.subjects.rise import RiseSubject
from emtui.panes.why.subjects.row import RowSubject
from emtui.panes.why.subjects.shares import SharesSubject
from emtui.panes.why.subjects.subject import Subject
from emtui.panes.why.subjects.why_q import WhyQSubject

SUBJECTS: tuple[Subject, ...] = (
    LedgerSubject(),
    RowSubject(),
    ParameterSubject(),
    JensenSubject(),
    WhyQSubject(),
    BalanceSubject(),
    RiseSubject(),
    MultiplierSubject(),
    SharesSubject(),
)
