"""Python's garbage collector, kept from delaying pictures.

A full collection looks through everything that was ever imported: a tenth of a second in the middle of a step. So it
waits while the app starts, and then leaves out everything that was loaded by that time.
"""

from __future__ import annotations

import gc


def hold() -> None:
    """Collect nothing until `let_go`; for a process that only starts the app."""
    gc.disable()


def let_go() -> None:
    """Collect again, except what is loaded already; do nothing if collection was not held."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
