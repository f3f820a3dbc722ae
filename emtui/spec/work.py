"""How much work a pass over the data is; what is small is done while a key waits, all else in the background."""

from __future__ import annotations

from emtui.spec.rival_model import is_network
from emtui.spec.run_spec import RunSpec

AT_ONCE = 20_000
"""Numbers that are gone through in less than a blink."""
_NEWTON_STEPS = 5


def work_of_a_pass(spec: RunSpec, n_rows: int) -> float:
    """Numbers that an E- and an M-step go through: rows × (columns + components).

    A network goes through every configuration of its hidden units for each row, experts several times through all of
    their columns.
    """
    per_row = spec.dataset.n_features + spec.n_components
    if is_network(spec.model):
        return n_rows * 2.0**spec.n_components
    return float(n_rows) * per_row * (_NEWTON_STEPS * spec.n_components if spec.model.supervised else 1)


def is_small(spec: RunSpec, n_rows: int) -> bool:
    """Whether a pass over this many rows is quick enough to be done at once."""
    return work_of_a_pass(spec, n_rows) <= AT_ONCE
