"""What a caller gave to a run: which of the rows count, and whether large arrays are still what they were."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Array, IntArray, is_frame, is_frozen, is_sparse, lends_its_memory
from engine.errors import DataError
from engine.parallel import map_chunks

COPIED_BYTES = 64 * 2**20
"""Arrays up to this size are copied when a run begins; larger ones are watched."""
_PIECE_BYTES = 8 * 2**20


@dataclass(frozen=True, eq=False)
class Given:
    """Everything that was given, where some of it has weight 0 and is kept from the model.

    Attributes:
        X, y: as given: rows, or sequences; y is None where nothing is known.
        unit: (n,) the row or the sequence of X that each row belongs to.
        weight: (n,) of every row.
    """

    X: Any
    y: Any
    unit: IntArray
    weight: Array

    @property
    def n_rows(self) -> int:
        """n, those of weight 0 included."""
        return len(self.unit)

    @cached_property
    def rows(self) -> IntArray:
        """The given row behind each row that counts."""
        return np.flatnonzero(self.weight > 0)

    @cached_property
    def places(self) -> IntArray:
        """(n,) where each given row stands among those that count; −1 for one that doesn't."""
        places = np.full(self.n_rows, -1, dtype=np.int64)
        places[self.rows] = np.arange(len(self.rows))
        return places


@dataclass(frozen=True, eq=False)
class Watch:
    """A large array of the caller's that is read in place, and a checksum of each piece of it.

    A CRC-32 of 80 MB (a million rows of ten columns) takes 17 ms on one thread, 8 % of an iteration of a Gaussian
    mixture with ten components; so each pass may look again.
    """

    name: str
    array: NDArray[Any]
    sums: tuple[int, ...]

    @classmethod
    def of(cls, name: str, array: NDArray[Any]) -> Watch:
        """As it is now."""
        return cls(name, array, _sums(array))

    def check(self) -> None:
        """Raises DataError where the array has changed since."""
        if _sums(self.array) != self.sums:
            raise DataError(
                f"{self.name} was changed while a run still reads it: begin again, and leave the array as it is or "
                f"give a copy (arrays above {COPIED_BYTES // 2**20} MB are not copied)."
            )


def _sums(array: NDArray[Any]) -> tuple[int, ...]:
    """The CRC-32 of each piece, over the threads."""
    flat = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
    pieces = [slice(at, at + _PIECE_BYTES) for at in range(0, len(flat), _PIECE_BYTES)]
    return tuple(map_chunks(lambda piece: zlib.crc32(flat[piece].data), pieces))


def private(value: Any) -> Any:
    """A copy that the caller can't change; the value itself where nobody can, or where it is too large to copy.

    Arrays of numpy, scipy and pandas, and lists of them; what else there may be is given back.
    """
    if lends_its_memory(value) and not (isinstance(value, np.ndarray) or is_frame(value) or is_sparse(value)):
        value = np.asarray(value)
    if isinstance(value, np.ndarray):
        return value if is_frozen(value) or value.nbytes > COPIED_BYTES else value.copy()
    if isinstance(value, list | tuple):
        return [private(one) if lends_its_memory(one) else one for one in value]
    if is_sparse(value):
        return value.copy() if sum(part.nbytes for part in buffers(value)) <= COPIED_BYTES else value
    return value.copy() if is_frame(value) else value


def buffers(values: Any) -> list[NDArray[Any]]:
    """The arrays that hold a table: itself, or those of a sparse one, whatever its format calls them."""
    if isinstance(values, np.ndarray):
        return [values]
    return [part for part in vars(values).values() if isinstance(part, np.ndarray)] if is_sparse(values) else []


def watched(X: Any, kept: Any) -> tuple[Watch, ...]:
    """Watches over what `kept`, the model's own form of X, still shares with the caller; see `private`."""
    parts, own = buffers(X), buffers(kept)
    if sum(part.nbytes for part in parts) <= COPIED_BYTES:
        return ()
    return tuple(
        Watch.of("X", part)
        for part in parts
        if part.nbytes > 0 and not is_frozen(part) and any(np.may_share_memory(part, one) for one in own)
    )
