"""Chunk-parallel passes that give the same bytes with any number of threads, and BLAS kept to one.

BLAS threads on small matrices can be ten times slower when another core is busy; a pass over the rows is split into
chunks instead, the chunks are mapped over Python threads (numpy releases the lock), and the results are summed in the
order of the chunks.
"""

from __future__ import annotations

import operator
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, reduce
from typing import Any, TypeVar

from engine.options import whole_number

T = TypeVar("T")
R = TypeVar("R")

_n_threads: int | None = None
_most_rows: int | None = None


def n_threads() -> int:
    """How many threads a pass over the data may use: what `threads` says, else one a core, four at the most."""
    return _n_threads if _n_threads is not None else min(4, _n_cores())


@cache
def _n_cores() -> int:
    """Asked once: the system's answer takes as long as a pass over a few rows."""
    return os.cpu_count() or 1


@contextmanager
def threads(number: int) -> Iterator[None]:
    """Use so many threads in passes inside the block: the bytes stay the same. Raises OptionError for less than 1."""
    global _n_threads
    before = _n_threads
    _n_threads = whole_number("the number of threads", number, 1)
    try:
        yield
    finally:
        _n_threads = before


def map_chunks(function: Callable[[T], R], chunks: Sequence[T]) -> list[R]:
    """`[function(c) for c in chunks]`, over the threads where there is more than one chunk; order is kept."""
    workers = min(n_threads(), len(chunks))
    if workers <= 1:
        return [function(chunk) for chunk in chunks]
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(max_workers=workers) as pool:
        return list(pool.map(function, chunks))


def map_reduce(parts: Sequence[T], expect: Callable[[T], R], add: Callable[[R, R], R] = operator.add) -> R:
    """What is expected of each part, over the threads, added in the order of the parts; there is one at least."""
    return reduce(add, map_chunks(expect, parts))


def row_chunks(n_rows: int, rows_per_chunk: int) -> list[slice]:
    """Slices that cover 0…n_rows in order; their borders depend on the sizes alone, never on the threads."""
    most = rows_per_chunk if _most_rows is None else min(rows_per_chunk, _most_rows)
    return [slice(i, min(i + most, n_rows)) for i in range(0, n_rows, max(1, most))]


@contextmanager
def chunks_of_at_most(rows: int) -> Iterator[None]:
    """Cut the passes inside the block into chunks of no more rows, so that few rows, too, make several chunks."""
    global _most_rows
    before = _most_rows
    _most_rows = rows
    try:
        yield
    finally:
        _most_rows = before


_LOADED_LATER = ("scipy.linalg", "scipy.special", "scipy.sparse", "scipy.optimize")  # SciPy brings a BLAS of its own


@cache
def _blas(loaded: tuple[bool, ...]) -> Any:
    """What holds the threads of every BLAS in the process, looked up again where another one may have come."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController().select(user_api="blas")


_inside = threading.local()
_lock = threading.Lock()
_open_blocks = 0  # of all Python threads
_narrowed: list[tuple[Any, int]] = []  # what the open blocks have set to one thread, and what it had


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """A block in which BLAS uses one thread, whatever the environment says; blocks may lie within each other.

    The number belongs to the process: of blocks in several Python threads the last one to end gives it back.
    """
    global _open_blocks
    if getattr(_inside, "limited", False):
        yield
        return
    loaded = tuple(name in sys.modules for name in _LOADED_LATER)
    # what `limit(limits=1)` of threadpoolctl does, without its checks: a step on small data takes no longer than those
    libraries = _blas(loaded).lib_controllers
    _inside.limited = True
    try:
        with _lock:
            _open_blocks += 1
            for library in libraries:
                if (number := library.num_threads) != 1:
                    _narrowed.append((library, number))
                    _set_threads(library, 1)
        yield
    finally:
        with _lock:
            _open_blocks -= 1
            while _narrowed and not _open_blocks:
                _set_threads(*_narrowed.pop())
        _inside.limited = False


def _set_threads(library: Any, number: int) -> None:
    """From any Python thread: threadpoolctl 3.8 obeys only the one that was the first to set OpenBLAS."""
    getattr(library, "_real_set_num_threads", library.set_num_threads)(number)
