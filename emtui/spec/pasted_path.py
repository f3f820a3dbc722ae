"""A path as terminals and file managers paste it: quoted, with backslashes before spaces, or a file:// address."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import unquote, urlsplit

from engine.readers.byte_source import expanded

_ADDRESS = re.compile(r"file:/", re.IGNORECASE)
_WRAPPED = re.compile(r"['\"]|file:/|[^\\]*\\[ '\"()&\[\]]", re.IGNORECASE)
_IN_DOUBLE_QUOTES = re.compile(r"\\([$`])")  # a shell escapes these there, which shlex leaves as they are
_LONGEST = 4096  # letters of a path
_DRIVE = re.compile(r"[A-Za-z]:\\")  # where a backslash parts folders, it escapes nothing


def pasted_path(text: str) -> str:
    """The path that the first line means: the line itself where that is there, else as it reads without its wrapping.

    >>> pasted_path("'/no such/table.csv'"), pasted_path("file:///no%20such/table.csv")
    ('/no such/table.csv', '/no such/table.csv')
    """
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    readings = [line, *_unwrapped(line)]
    meant = readings[1] if len(readings) > 1 and _WRAPPED.match(line) else line
    return next((one for one in readings if is_there(one)), meant)


def names_a_file(text: str) -> bool:
    """Whether pasted text is one line that says in full where a file or a folder is: a bare word is not enough."""
    if len(text.strip().splitlines()) != 1:
        return False
    path = pasted_path(text)
    return (os.sep in path or path.startswith("~")) and is_there(path)


def looks_like_a_path(text: str) -> bool:
    """Whether pasted text is one line that is written as a path, whatever is there."""
    line = text.strip()
    return len(line.splitlines()) == 1 and len(line) < _LONGEST and (os.sep in line or line.startswith("~"))


def is_there(path: str) -> bool:
    """Something has this path; ~ is the home folder."""
    with suppress(OSError, ValueError):  # a name too long, or with a zero in it, is nowhere
        return bool(path) and os.path.lexists(expanded(path))
    return False


def _unwrapped(line: str) -> Iterator[str]:
    words = [line]
    if not _DRIVE.match(line):
        with suppress(ValueError):  # a quote that nothing closes
            words = shlex.split(_IN_DOUBLE_QUOTES.sub(r"\1", line) if line.startswith('"') else line)
    for word in words:
        if _ADDRESS.match(word):
            with suppress(ValueError):
                yield unquote(urlsplit(word).path)
        else:
            yield word
            yield unquote(word)
