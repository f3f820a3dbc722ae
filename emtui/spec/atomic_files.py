"""Files are written whole or not at all: to a temporary file first, which is then renamed. None is replaced unasked.

A link is followed: what it leads to is written. What is no file, such as /dev/stdout or a pipe, is written to as it is.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from emtui.spec.file_locks import HAS_LOCKS, locked
from engine.errors import EngineError
from engine.text import clean, quoted

_TEMPORARY = ".emtui-"
_TEMPORARY_NAME = re.compile(r"\.emtui-[0-9a-f]{12}\.tmp")
_LONGEST_STEM = 80
_LONGEST_PATH = 250
_MOST_NUMBERED = 10_000
_STREAM = re.compile(r"/dev/(stdin|stdout|stderr|fd/\d+)")

Chunk = str | bytes
"""A part of a file: text, which is written as UTF-8, or bytes."""


class ExportError(EngineError):
    """A file can't be written; the message is one sentence with the remedy."""


def write_file(path: str | os.PathLike[str], chunks: Iterable[Chunk], *, overwrite: bool = False) -> Path:
    """Write `chunks` to `path`, whole or not at all.

    Raises:
        ExportError: the file exists already (unless `overwrite`), or it can't be written.
    """
    target = Path(path)
    if is_device(target):
        _write_through(target, chunks)
        return target
    place = _followed(target)
    with _written_beside(place, chunks) as written:
        if overwrite:
            os.replace(written, place)
        elif not _move_to_free(written, place):
            raise ExportError(f"{_name(target)} exists already: choose another name, or allow it to be replaced.")
    return target


def check_free(path: str | os.PathLike[str]) -> None:
    """Before long work: raises ExportError where `write_file` could not write there, as far as can be told."""
    target = Path(path)
    if is_device(target):
        return
    place = _followed(target)
    if not place.is_dir() and os.path.lexists(place):
        raise ExportError(f"{_name(target)} exists already: choose another name, or remove it first.")
    with _written_beside(place, ()):
        pass


def is_device(path: str | os.PathLike[str]) -> bool:
    """Whether this is something that is written to but not replaced: a device, a pipe, a stream of this process."""
    if _STREAM.fullmatch(os.fspath(path)):
        return True
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def is_terminal(path: str | os.PathLike[str]) -> bool:
    """Whether what is written there appears on a terminal."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        return os.isatty(descriptor)
    finally:
        os.close(descriptor)


def write_numbered(folder: str | os.PathLike[str], name: str, chunks: Iterable[Chunk]) -> Path:
    """Write `chunks` under a free name in `folder`: iris-gmm-steps.csv, then iris-gmm-steps-2.csv, …

    Raises:
        ExportError: the folder can't be written to.
    """
    first = Path(folder) / name
    with _written_beside(first, chunks) as written:
        for number in range(1, _MOST_NUMBERED):
            target = first if number == 1 else first.with_name(f"{first.stem}-{number}{first.suffix}")
            if _move_to_free(written, target):
                return target
    raise ExportError(f"every name up to {quoted(target.name)} is taken: choose another folder or a name of your own.")


def file_name(*parts: str, ending: str) -> str:
    """A name that every file system takes, from words: `iris-gmm-steps.csv`."""
    words = (re.sub(r"[^\w.+-]+", "-", clean(part)).strip("-.") for part in parts)
    stem = "-".join(word for word in words if word)[:_LONGEST_STEM]
    return f"{stem or 'emtui'}.{ending}"


def _followed(path: Path) -> Path:
    """Where a link leads to, whether there is something or not."""
    try:
        return Path(os.path.realpath(path)) if path.is_symlink() else path
    except OSError as error:
        raise _unwritable(path, error) from error


def _write_through(path: Path, chunks: Iterable[Chunk]) -> None:
    """Write to what is no file; it can be neither replaced nor taken back. A pipe is not waited for."""
    try:
        if stat.S_ISBLK(path.stat().st_mode):
            raise ExportError(f"{_name(path)} is a disk: give the name of a file.")
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_NOCTTY | os.O_NONBLOCK)
        os.set_blocking(descriptor, True)
        with open(descriptor, "wb") as device:
            device.writelines(map(_bytes, chunks))
    except OSError as error:
        raise _unwritable(path, error) from error


def _bytes(chunk: Chunk) -> bytes:
    return chunk if isinstance(chunk, bytes) else chunk.encode("utf-8", errors="replace")


def _unwritable(path: Path, error: OSError) -> ExportError:
    why = clean(error.strerror or str(error))
    room = "make room, or " if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG) else ""
    return ExportError(f"{_name(path)} can't be written ({why}): {room}choose another folder.")


@contextlib.contextmanager
def _written_beside(target: Path, chunks: Iterable[Chunk]) -> Iterator[Path]:
    """A temporary file in the folder of `target`, to be renamed; nothing of it stays, whatever happens."""
    if target.is_dir():
        raise ExportError(f"{_name(target)} is a folder: give the name of a file in it.")
    if not target.parent.is_dir():
        raise ExportError(f"there is no folder {_name(target.parent)}: make it first, or choose another.")
    temporary: Path | None = None
    try:
        _sweep(target.parent)
        descriptor, temporary = _temporary_in(target.parent)
        with open(descriptor, "wb") as file:
            file.writelines(map(_bytes, chunks))
            file.flush()
            if target.exists():  # else after a failure of power neither the old file nor the new one may be there
                os.fsync(descriptor)
                _keep_mode(descriptor, target)
            if not HAS_LOCKS:
                file.close()  # what is open can't be renamed there
            yield temporary
    except OSError as error:
        raise _unwritable(target, error) from error
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)


def _temporary_in(folder: Path) -> tuple[int, Path]:
    """A file of its own, locked as long as this process lives and has it open."""
    while True:
        temporary = folder / f"{_TEMPORARY}{secrets.token_hex(6)}.tmp"
        # the mode of a new file follows the user's umask, which a temporary file of the library does not
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        if locked(descriptor) and temporary.exists():
            return descriptor, temporary
        os.close(descriptor)  # another process took it for one that was left behind


def _sweep(folder: Path) -> None:
    """Remove temporary files whose writers were killed: nobody has them locked."""
    if not HAS_LOCKS:
        return
    with contextlib.suppress(OSError):
        left = [entry.path for entry in os.scandir(folder) if _TEMPORARY_NAME.fullmatch(entry.name)]
        for path in left:
            with contextlib.suppress(OSError):
                descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW)
                try:
                    if locked(descriptor, where_there_are_none=False):
                        os.unlink(path)
                finally:
                    os.close(descriptor)


def _keep_mode(descriptor: int, target: Path) -> None:
    """What replaces a file can be read by the same people."""
    with contextlib.suppress(OSError, AttributeError):
        os.fchmod(descriptor, stat.S_IMODE(target.stat().st_mode))


def _move_to_free(written: Path, target: Path) -> bool:
    """Give the file its name unless that is taken, in one go where the file system can (a hard link fails if it is)."""
    try:
        os.link(written, target)
    except FileExistsError:
        return False
    except OSError:  # no hard links here
        if os.path.lexists(target):
            return False
        os.rename(written, target)
    return True


def _name(path: Path) -> str:
    return quoted(str(path), _LONGEST_PATH)
