"""A session file as text: laid out so that it can be read and compared, with a checksum; and read again, checked."""

from __future__ import annotations

import hashlib
import re
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from emtui.session.deeds import Taken
from emtui.session.saved.session_file import FORM, SessionFile, SessionFileError
from engine.text import clean, quoted

LARGEST = 64 * 1024 * 1024
_LINE = 100  # what has an object or a list in it, and is longer, goes over several lines
_CHECKSUM = re.compile(rb'"checksum":"[0-9a-f]*"}$')
_SPACE = re.compile(rb'("(?:[^"\\]|\\.)*")|[ \t\r\n]+')


def text_of(file: SessionFile) -> str:
    """The file as it is written."""
    said = msgspec.to_builtins(msgspec.structs.replace(file, checksum=""))
    checksum = _hash(msgspec.json.encode(said))
    return "".join(_laid_out(said | {"checksum": checksum}, "")) + "\n"


def _checksum_of(content: bytes) -> str:
    """The checksum of a file but for its own, however it is laid out: every digit counts, white space does not."""
    dense = _SPACE.sub(lambda found: found[1] or b"", content)
    return _hash(_CHECKSUM.sub(b'"checksum":""}', dense))


def _hash(dense: bytes) -> str:
    return hashlib.blake2b(dense, digest_size=12).hexdigest()


def _laid_out(value: Any, indent: str) -> Iterator[str]:
    """JSON with a line for each step and each row of numbers."""
    parts: Sequence[Any] = list(value.values()) if isinstance(value, dict) else value
    nested = isinstance(value, dict | list | tuple) and any(isinstance(one, dict | list | tuple) for one in parts)
    line = "" if nested and len(parts) > _LINE else msgspec.json.encode(value).decode()
    if not nested or (line and len(line) <= _LINE) or not any(parts):
        yield line or msgspec.json.encode(value).decode()
        return
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    inner = f"{indent} "
    yield f"{opening}\n"
    heads = (
        [f"{msgspec.json.encode(key).decode()}: " for key in value] if isinstance(value, dict) else [""] * len(parts)
    )
    for place, (head, part) in enumerate(zip(heads, parts, strict=True)):
        yield f"{inner}{head}"
        yield from _laid_out(part, inner)
        yield ",\n" if place < len(parts) - 1 else "\n"
    yield f"{indent}{closing}"


class _Form(msgspec.Struct):
    """The first thing to know of a file."""

    emtui_session: int | None = None


class FoundFile(NamedTuple):
    """A session file that was read. unchanged: nothing in it but its layout was changed since it was saved."""

    file: SessionFile
    unchanged: bool


def read_session_file(path: Path) -> FoundFile:
    """The session in a file, each part of it checked.

    Raises:
        SessionFileError: it can't be read, was written by a newer emtui, or is damaged; one sentence.
    """
    content = _read(path)
    try:
        form = msgspec.json.decode(content, type=_Form).emtui_session
        if form is not None and form > FORM:
            raise SessionFileError(
                f"{_name(path)} was saved by a newer emtui (form {form}; this one reads up to {FORM}): "
                "bring emtui up to date to open it."
            )
        if form is None:
            raise SessionFileError(f"{_name(path)} is no session that emtui has saved: give another file.")
        file = msgspec.json.decode(content, type=SessionFile)
        _check(file)
    except RecursionError:
        why = "its lists are nested too deeply"
    except (msgspec.DecodeError, UnicodeError, _DamageError) as error:
        why = clean(str(error), 160)
    else:
        return FoundFile(file, _checksum_of(content) == file.checksum)
    raise SessionFileError(f"{_name(path)} is damaged, or no session of emtui ({why}): take a copy that is whole.")


class _DamageError(ValueError):
    """What the parts of a file say does not belong together."""


def _check(file: SessionFile) -> None:
    if file.emtui_session < 1:
        raise _DamageError(f"there is no form {file.emtui_session}")
    lengths = list[int]()
    for number, branch in enumerate(file.branches):
        begins = branch.parent is None
        taken = sum(deed.count if isinstance(deed, Taken) else 1 for deed in branch.deeds)
        if begins and (branch.choices is None or branch.choices >= len(file.choices) or branch.shared):
            raise _DamageError(f"branch {number} has no choices to begin by")
        if branch.parent is not None and (
            branch.parent >= number or not 1 <= branch.shared <= lengths[branch.parent] or branch.choices is not None
        ):
            raise _DamageError(f"branch {number} leaves no other one")
        if taken + begins != len(branch.numbers) or not branch.numbers:
            raise _DamageError(f"branch {number} has {taken + begins} steps, and numbers of {len(branch.numbers)}")
        lengths.append(branch.shared + len(branch.numbers))
    if not lengths or file.here.branch >= len(lengths) or file.here.step >= lengths[file.here.branch]:
        raise _DamageError("the cursor stands nowhere")
    for choices in file.choices:
        if choices.data >= len(file.data):
            raise _DamageError("choices are of data that are not there")
    for known in file.data:
        if (known.place == "inside") != (known.table is not None):
            raise _DamageError("data that are kept inside are not there")


def _read(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise SessionFileError(f"{_name(path)} is a folder: give a session file.")
        if not stat.S_ISREG(path.stat().st_mode):
            raise SessionFileError(f"{_name(path)} is no file: give a session file.")
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except SessionFileError:  # a ValueError too
        raise
    except FileNotFoundError:
        raise SessionFileError(f"there is no session file {_name(path)}: give the name of one.") from None
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise SessionFileError(f"{_name(path)} can't be read: {clean(why)}: give a session file.") from error
    if len(content) > LARGEST:
        raise SessionFileError(f"{_name(path)} is larger than {LARGEST >> 20} MB: it can't be a session.")
    return content.removeprefix(b"\xef\xbb\xbf")


def _name(path: Path) -> str:
    return quoted(str(path), 250)
