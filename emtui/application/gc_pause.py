"""Python's collector of cyclic garbage, kept from holding up pictures.

A full collection looks through everything that was ever imported: a tenth of a second in the midst of a step. So it
waits while the app starts, and what is there by then is left out of it ever after.
"""

from __future__ import annotations

import gc


def hold() -> None:
    """Collect nothing until `let_go`; for a process that starts the app and does nothing else."""
    gc.disable()


def let_go() -> None:
    """Collect again, but for what is there already; nothing is changed where nothing was held."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
