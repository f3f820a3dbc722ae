"""Tables in gzip, bzip2, xz and zip archives, read as they are unpacked."""

from __future__ import annotations

import io
import lzma
import zipfile
import zlib
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import PurePosixPath
from typing import IO, Any

from engine.errors import DataError
from engine.readers.byte_source import MAX_BYTES
from engine.text import quoted

Opener = Callable[[], IO[bytes]]
_FROM, _MOST_TIMES = 64 << 20, 500  # beyond so many bytes, a file that unpacks to so many times its size is no table
_PACKED = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\0": "xz"}
ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_FAULTS = (EOFError, OSError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, NotImplementedError, RuntimeError)
_FIRST_ENDINGS = (".csv", ".tsv", ".tab", ".parquet", ".feather", ".arrow", ".xlsx", ".xls", ".ods", ".jsonl", ".npy")
_LISTED = 8


def packed_by(head: bytes) -> str | None:
    """The program that packed a file of one member, by its first bytes; None for none."""
    return next((how for mark, how in _PACKED.items() if head.startswith(mark)), None)


def unpacking(open_packed: Opener, how: str, n_bytes: int, name: str) -> Opener:
    """Opens what is packed in a file. n_bytes, name: of the file, for sentences and for what is too much.

    What is read from it raises DataError where the archive is damaged or cut off, or unpacks to too much.
    """

    def opened() -> IO[bytes]:
        packed = open_packed()
        return _reader(_unpacked(packed, how), [packed], f"the {how} archive {name}", n_bytes)

    return opened


def _unpacked(packed: IO[bytes], how: str) -> IO[bytes]:
    if how == "gzip":
        import gzip

        return gzip.GzipFile(fileobj=packed, mode="rb")  # type: ignore[return-value]
    if how == "bzip2":
        import bz2

        return bz2.BZ2File(packed)
    return lzma.LZMAFile(packed)


def zip_members(open_zip: Opener, name: str) -> list[zipfile.ZipInfo]:
    """The files in a zip archive, without those that systems leave in it; DataError where it is damaged."""
    try:
        with closing(open_zip()) as file, zipfile.ZipFile(file) as archive:
            return [one for one in archive.infolist() if one.file_size and not one.is_dir() and _is_shown(one.filename)]
    except Exception as error:  # whatever the library says of an archive that is damaged
        raise _damaged(f"the zip archive {name}", error) from None


def only_table(members: Sequence[zipfile.ZipInfo], name: str) -> zipfile.ZipInfo:
    """The member that is the table: the only one, or the only one that is called so.

    Raises:
        DataError: there is none, or there are several; the sentence lists them.
    """
    named = [one for one in members if one.filename.lower().endswith(_FIRST_ENDINGS)]
    if len(members) == 1 or len(named) == 1:
        return members[0] if len(members) == 1 else named[0]
    if not members:
        raise DataError(f"The zip archive {name} has no file in it: choose another.")
    found, what = (named, "tables") if named else (members, "files")
    listed = listing([one.filename for one in found])
    raise DataError(f"The zip archive {name} has {len(found):,} {what}, {listed}: unpack it and open one of them.")


def unpacking_member(open_zip: Opener, member: zipfile.ZipInfo, n_bytes: int, name: str) -> Opener:
    """Opens one member of a zip archive; see `unpacking`."""
    whose = f"{quoted(member.filename, 60)} in the zip archive {name}"
    if member.flag_bits & 1:
        raise DataError(f"{whose} is locked by a password: unpack it first.")

    def opened() -> IO[bytes]:
        packed = open_zip()
        try:
            archive = zipfile.ZipFile(packed)
            return _reader(archive.open(member), [archive, packed], whose, n_bytes)
        except Exception as error:  # whatever the library says of an archive that is damaged
            packed.close()
            raise _damaged(whose, error) from None

    return opened


def listing(names: Sequence[str], word: str = "and") -> str:
    """'a', 'b' and 'c'; or 'a', 'b', … and 12 more; "" for none."""
    if not names:
        return ""
    shown = [quoted(one, 60) for one in names[:_LISTED]]
    last = f"{len(names) - _LISTED:,} more" if len(names) > _LISTED else shown.pop()
    return f"{', '.join(shown)} {word} {last}" if shown else last


def _is_shown(path: str) -> bool:
    parts = PurePosixPath(path).parts
    return bool(parts) and "__MACOSX" not in parts and not parts[-1].startswith(".") and parts[-1] != "Thumbs.db"


def _damaged(whose: str, error: Exception) -> DataError:
    whose = whose[0].upper() + whose[1:]
    if isinstance(error, NotImplementedError):
        return DataError(f"{whose} is packed in a way that can't be read here: unpack it first.")
    if isinstance(error, EOFError):
        return DataError(f"{whose} is cut off before its end: fetch it again.")
    return DataError(f"{whose} is damaged, or no archive at all: fetch it again, or unpack it first.")


def _reader(unpacked: IO[bytes], to_close: Sequence[Any], whose: str, n_bytes: int) -> IO[bytes]:
    return io.BufferedReader(_Unpacked(unpacked, to_close, whose, n_bytes), 1 << 16)


class _Unpacked(io.RawIOBase):
    """Unpacked bytes, whose faults are DataErrors."""

    def __init__(self, unpacked: IO[bytes], to_close: Sequence[Any], whose: str, n_bytes: int) -> None:
        super().__init__()
        self._unpacked, self._to_close, self._whose = unpacked, to_close, whose
        self._most = min(MAX_BYTES, max(_FROM, _MOST_TIMES * n_bytes))
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Forwards or backwards from the start; backwards unpacks again."""
        if whence != io.SEEK_SET:
            raise io.UnsupportedOperation("only from the start")
        if offset != self._at:
            try:
                self._at = self._unpacked.seek(offset)
            except _FAULTS as error:
                raise _damaged(self._whose, error) from None
        return self._at

    def readinto(self, buffer: Any) -> int:
        """The next bytes."""
        try:
            found = self._unpacked.read(len(buffer))
        except _FAULTS as error:
            raise _damaged(self._whose, error) from None
        buffer[: len(found)] = found
        self._at += len(found)
        if self._at > self._most:
            whose = self._whose[0].upper() + self._whose[1:]
            what = "1 GiB, the most that can be read: keep fewer rows or columns"
            if self._most < MAX_BYTES:
                what = f"{_MOST_TIMES} times its size, as no table does: unpack it first and look at it"
            raise DataError(f"{whose} unpacks to over {what}.")
        return len(found)

    def close(self) -> None:
        if not self.closed:
            for one in (self._unpacked, *self._to_close):
                one.close()
        super().close()
