"""Standardised inputs of a derivation beside their values in the data's own units."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from emtui.session.snapshot import StepSnapshot
from emtui.spec.train_test_split import split_of
from emtui.views.number_format import number
from engine.explain.derivation import Worked, WorkedLine

_DIGITS = 4


def with_own_units(answer: Any, snapshot: StepSnapshot) -> Any:
    """A derivation that says that x is standardised, and behind each input what it is in the data's own units."""
    split = split_of(snapshot.spec)
    if not isinstance(answer, Worked) or split is None or split.units is None or not snapshot.spec.data.standardize:
        return answer
    units = split.units

    def said(line: WorkedLine) -> WorkedLine:
        found = re.fullmatch(r"x (\d+)", line.formula) if line.role == "input" else None
        if found is None:
            return line
        j = int(found[1])
        own = number(float(units.offset[j] + units.scale[j] * line.result), _DIGITS)
        return replace(line, formula=f"{line.formula}, {own} standardised")

    remark = "; ".join(filter(None, (answer.remark, "x is standardised by the training rows")))
    return replace(answer, lines=tuple(map(said, answer.lines)), remark=remark)
