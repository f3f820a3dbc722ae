"""What an exact E-step costs before it is started: memory from its arrays, seconds from a tiny measurement."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from functools import cache

import numpy as np

from engine.errors import OptionError
from engine.models.network.configurations import halves
from engine.parallel import one_blas_thread

MOST_EXACT = 20  # units of one hidden layer up to which all 2^m configurations are summed over unless asked otherwise
SHARE_OF_MEMORY = 0.8  # of what is free may be taken
_MOST_EXACT = 40  # so far up the numbers of configurations are whole numbers that an index can hold


def exact_cost(n_rows: int, hidden_units: int, n_classes: int) -> tuple[int, float]:
    """(bytes, seconds) of one exact E-step on this machine, predicted; the first call takes some milliseconds.

    6·n·2^m flops at the measured speed of a matrix product, some passes over each grid, and the calls.
    """
    m, memory = hidden_units, exact_memory(n_rows, hidden_units)
    if m > _MOST_EXACT:
        return memory, math.inf
    a, b = halves(m)
    flop, entry, call = _speed()
    # in products of two numbers that are in the cache; a logarithm counts as twenty, an entry from memory as two
    entries = 12 * n_rows * (2**a + 2**b) + (30 + 8 * n_classes) * 2**m + 60 * n_rows * m
    calls = 120 + n_classes * (40 + 6 * m)
    seconds = 6.0 * n_rows * 2.0**m * flop + entries * entry + calls * call
    return memory, seconds


def exact_memory(n_rows: int, hidden_units: int) -> int:
    """Bytes of one exact E-step: five grids of 2^m (counts, output layer, what is added), tables of a part of the rows.

    A little more than is measured.
    """
    a, _ = halves(hidden_units)
    part = min(n_rows, max(512, 2**19 >> a))
    return 8 * (5 * (1 << hidden_units) + 5 * part * (1 << a) + 4 * n_rows * hidden_units)


def fits(n_rows: int, hidden_units: int, free: int) -> bool:
    """Whether an exact E-step has the memory that it needs, of what is free (bytes)."""
    return hidden_units <= _MOST_EXACT and exact_memory(n_rows, hidden_units) <= SHARE_OF_MEMORY * free


def most_exact(n_rows: int, free: int) -> int:
    """Up to how many units of one layer the E-step is exact: 20, or fewer where the free memory (bytes) holds no more.

    The one rule for "up to m": of e_step=auto, of predictions, and of what is said about them. 20 is no measurement, so
    that the same options are the same model on every machine. e_step=exact goes further where memory holds it.
    """
    return next((m for m in range(MOST_EXACT, 0, -1) if fits(n_rows, m, free)), 0)


def check_memory(n_rows: int, hidden_units: int, instead: str = "e_step=gibbs") -> None:
    """Raises OptionError before an exact sum for which this machine lacks the memory, and says what would do."""
    free = free_memory()
    if fits(n_rows, hidden_units, free):
        return
    memory, most = exact_memory(n_rows, hidden_units), most_exact(n_rows, free)
    raise OptionError(
        f"an exact E-step over 2^{hidden_units} hidden configurations needs {bytes_in_words(memory)}, and "
        f"{bytes_in_words(free)} are free: take {instead}, or at most {most} hidden units."
    )


def check_draws(n_rows: int, sizes: tuple[int, ...], n_classes: int, draws: int, option: str) -> None:
    """The same for an E-step that keeps several draws of each row: their bits, and a regression over all of them."""
    number, units = n_rows * draws, sum(sizes)
    memory = number * (2 * units + 8 * (2 * (max(sizes) + 1) + 3 * n_classes)) + 48 * n_rows * units
    if len(sizes) > 1:
        memory += 24 * number * units
    free = free_memory()
    if memory > SHARE_OF_MEMORY * free:
        raise OptionError(
            f"{draws} draws of {units} hidden units for each of {n_rows} rows need {bytes_in_words(memory)}, and "
            f"{bytes_in_words(free)} are free: take fewer rows, or a smaller {option}."
        )


def free_memory() -> int:
    """Bytes that can be had: what the system calls available, else its whole memory."""
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            for line in file:
                if line.startswith("MemAvailable:"):
                    return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 4 * 2**30


@cache
def _speed() -> tuple[float, float, float]:
    """(seconds a flop of a matrix product, seconds an entry of a product by elements, seconds a call), measured."""
    generator = np.random.default_rng(0)
    square, vector, small = generator.random((384, 384)), generator.random(2**17), generator.random(16)
    with one_blas_thread():
        product = min(_timed(lambda: square @ square) for _ in range(5))
    entry = min(_timed(lambda: vector * vector) for _ in range(9))
    call = min(_timed(lambda: small * small) for _ in range(50))
    return product / (2 * 384**3), entry / 2**17, call


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def bytes_in_words(size: float) -> str:
    """12 kB, 3.4 MB, 8.6 GB."""
    if size > 10**15:
        return "more than a million GB"
    for limit, unit, name in ((1e6, 1e3, "kB"), (1e9, 1e6, "MB"), (1e12, 1e9, "GB")):
        if size < limit:
            return f"{size / unit:z.3g} {name}"
    return f"{size / 1e12:z.3g} TB"
