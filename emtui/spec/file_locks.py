"""Locks on files: held as long as a process lives and has the file open."""

from __future__ import annotations

try:
    import fcntl
except ImportError:  # not on Windows
    fcntl = None  # type: ignore[assignment]

HAS_LOCKS = fcntl is not None


def locked(descriptor: int, *, where_there_are_none: bool = True) -> bool:
    """Lock the file for this process; False where another has it.

    where_there_are_none: what to say of a system, or of a file system, without locks.
    """
    if fcntl is None:
        return where_there_are_none
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return where_there_are_none
    return True
