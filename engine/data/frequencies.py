"""Columns that say how often each row occurs, told by their name and numbers: a table of frequencies has one."""

from __future__ import annotations

import re
from typing import Literal

import numpy as np

from engine.arrays import Array

_FREQUENCY = re.compile(r"freq(s|uency|uencies)?|n_?obs|wgts?|weights", re.IGNORECASE)
_COUNT = re.compile(r"counts?|n|cases|times|num(ber)?", re.IGNORECASE)


def frequencies(name: str, known: Array) -> Literal["no", "maybe", "likely"]:
    """Whether these are: whole numbers that are not all the same; "maybe" by a name that fits plain counts as well."""
    whole = len(known) > 1 and bool((known >= 0).all()) and bool((known == np.floor(known)).all())
    if not whole or known.min() == known.max():
        return "no"
    if _FREQUENCY.fullmatch(name.strip()):
        return "likely"
    return "maybe" if _COUNT.fullmatch(name.strip()) else "no"
