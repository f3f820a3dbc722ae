"""Files are written whole or not at all: to a temporary file first, which is then renamed. None is replaced unasked."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path

from engine.errors import EngineError
from engine.text import clean, quoted

_LONGEST_STEM = 80
_LONGEST_PATH = 250
_MOST_NUMBERED = 10_000


class ExportError(EngineError):
    """A file can't be written; the message is one sentence with the remedy."""


def write_file(path: str | os.PathLike[str], chunks: Iterable[str], *, overwrite: bool = False) -> Path:
    """Write `chunks` (UTF-8) to `path`, whole or not at all.

    Raises:
        ExportError: the file exists already (unless `overwrite`), or it can't be written.
    """
    target = Path(path)
    with _written_beside(target, chunks) as written:
        if overwrite:
            os.replace(written, target)
        elif not _move_to_free(written, target):
            raise ExportError(f"{_name(target)} exists already: choose another name, or allow it to be replaced.")
    return target


def write_numbered(folder: str | os.PathLike[str], name: str, chunks: Iterable[str]) -> Path:
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


@contextlib.contextmanager
def _written_beside(target: Path, chunks: Iterable[str]) -> Iterator[Path]:
    """A temporary file in the folder of `target`, to be renamed; nothing of it stays, whatever happens."""
    if target.is_dir():
        raise ExportError(f"{_name(target)} is a folder: give the name of a file in it.")
    if not target.parent.is_dir():
        raise ExportError(f"there is no folder {_name(target.parent)}: make it first, or choose another.")
    temporary = target.with_name(f".emtui-{secrets.token_hex(6)}.tmp")
    try:
        # the mode of a new file follows the user's umask, which a temporary file of the library does not
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        with open(descriptor, "w", encoding="utf-8", errors="replace", newline="") as file:
            file.writelines(chunks)
        yield temporary
    except OSError as error:
        why = clean(error.strerror or str(error))
        raise ExportError(f"{_name(target)} can't be written: {why}: choose another folder or make room.") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


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
