"""What numbers are called that are no more than estimates from draws, and how many of the draws count."""

from __future__ import annotations

from typing import Any

from emtui.views.number_format import number
from engine.em.step import Step


def quantity_name(model: Any, quantity: str, name: str) -> str:
    """The name of a number of a step; "est. KL" where it is no more than an estimate from draws."""
    return f"est. {name}" if quantity in model.estimates else name


def draws_words(step: Step) -> str:
    """How many draws of a row count of those that the log-likelihood is estimated from; "" where it isn't."""
    found = step.effective_draws
    if found is None:
        return ""
    median, least = number(found.median, 3), number(found.least, 3)
    return f"of {found.drawn} draws a row effectively {median} count, {least} at worst"
