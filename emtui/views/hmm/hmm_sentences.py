"""What a step of a hidden Markov model did to its probabilities, in words."""

from __future__ import annotations

from typing import Any

import numpy as np

from emtui.views.number_format import number, probabilities_apart

REST = 5e-7
"""A probability that changes by less than this has not moved."""


def transition_moved(now: Any, before: Any, noun: str) -> str:
    """The transition, start or stop that changed most, in words; "" where none moved."""
    changes = [np.abs(now.transition - before.transition), np.abs(now.initial - before.initial)]
    if now.stop is not None:
        changes.append(np.abs(now.stop - before.stop))
    which = int(np.argmax([change.max() for change in changes]))
    change = changes[which]
    if change.max() < REST:
        return ""
    if which == 0:
        i, j = (int(k) for k in np.unravel_index(int(change.argmax()), change.shape))
        was, is_now = probabilities_apart(before.transition[i, j], now.transition[i, j])
        goes = "stays" if i == j else f"goes to {state_name(j)}"
        return f"{state_name(i)} {goes} from one {noun} to the next with {is_now} (before {was})"
    k = int(change.argmax())
    pair = (before.initial[k], now.initial[k]) if which == 1 else (before.stop[k], now.stop[k])
    was, is_now = probabilities_apart(*pair)
    if which == 1:
        return f"the first {noun} is in {state_name(k)} with {is_now} (before {was})"
    return f"{state_name(k)} is the last one with {is_now} (before {was})"


def hardly_moved(now: Any, before: Any, symbols: bool) -> str:
    """A clause that nothing moved, or how little it did, since small moves can matter, too."""
    pairs = [(now.initial, before.initial), (now.transition, before.transition)]
    pairs += [(now.stop, before.stop)] if now.stop is not None else []
    pairs += [(now.emission, before.emission)] if symbols else []
    most = max(float(np.abs(a - b).max()) for a, b in pairs)
    return f"no probability moved by more than {number(most, 2)}" if most > 0 else "no probability moved"


def state_name(k: int) -> str:
    """The name of the k-th state, counted from 0."""
    return f"state {k + 1}"
