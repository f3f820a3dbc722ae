"""Opening an unknown text file: is it a file, is it text, and in which encoding?"""

from __future__ import annotations

import codecs
import io
import itertools
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from engine.errors import DataError, OptionError
from engine.text import clean, quoted

MAX_BYTES = 1 << 30
MAX_LINE = 10_000_000
_BLOCK = 1 << 20
_HEAD = 1 << 16  # bytes
_HEAD_CHARACTERS = 1 << 22

# First bytes of files that people try to open as tables, and what to do about each.
_SIGNATURES: tuple[tuple[bytes, str, str], ...] = (
    (b"PK\x03\x04", "an Excel workbook or a zip archive", "save the sheet as CSV, or unpack the archive"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook", "save the sheet as CSV"),
    (b"\x1f\x8b", "a gzip archive", "unpack it"),
    (b"BZh", "a bzip2 archive", "unpack it"),
    (b"\xfd7zXZ", "an xz archive", "unpack it"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive", "unpack it"),
    (b"\x89PNG", "a PNG picture", "choose a CSV or TSV file"),
    (b"\xff\xd8\xff", "a JPEG picture", "choose a CSV or TSV file"),
    (b"GIF8", "a GIF picture", "choose a CSV or TSV file"),
    (b"%PDF", "a PDF document", "save its table as CSV"),
    (b"\x7fELF", "a program", "choose a CSV or TSV file"),
    (b"\x93NUMPY", "a numpy array", "load it with numpy.load"),
    (b"\x89HDF", "an HDF5 file", "save its table as CSV"),
    (b"PAR1", "a Parquet file", "save its table as CSV"),
    (b"SQLite format 3", "an SQLite database", "save its table as CSV"),
)
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROL_BYTES = bytes(set(range(32)) - set(b"\t\n\r\f\x1b"))
_MARKUP = re.compile(rb"\s*(<!doctype|<html|<\?xml|<svg|\{\s*[\"}]|\[\s*[\[{])", re.IGNORECASE)
_TWO_BYTE = re.compile(rb"[\x81-\xfe][\x41-\xfe]")


@dataclass(frozen=True)
class TextFile:
    """A file that was read through once and is known to be text.

    path: where it is. encoding: Python's name of an encoding that decodes the whole of it. guessed: whether that
    encoding is a guess that could be wrong. n_bytes: its size. n_lines: its lines, the last one with or without an end.
    head: its first characters, up to four million and something. whole: that is all of it. stamp: what the system
    says of its size and of when it was changed.
    """

    path: Path
    encoding: str
    guessed: bool
    n_bytes: int
    n_lines: int
    head: str = field(repr=False)
    whole: bool
    stamp: tuple[int, ...]

    @property
    def name(self) -> str:
        """The file's name, in quotes and safe to print, for use in a sentence."""
        return quoted(self.path.name, 60)

    @property
    def has_changed(self) -> bool:
        """The file was replaced or changed after it was read through."""
        try:
            return _stamp(self.path.stat()) != self.stamp
        except OSError:
            return True

    def open(self) -> IO[str]:
        """The file, opened for reading as text with its line ends as they are."""
        return self.path.open(encoding=self.encoding, newline="")

    def first_lines(self) -> Iterator[str]:
        """Its lines from the first on. The file is opened again only for lines beyond the head."""
        at_hand = self.head if self.whole else self.head[: self.head.rfind("\n") + 1]
        yield from io.StringIO(at_hand, newline="")
        if self.whole:
            return
        with self.open() as text:
            text.read(len(at_hand))
            yield from text

    def text(self) -> str:
        """All of it."""
        if self.whole:
            return self.head
        with self.open() as text:
            return text.read()


def open_text(path: str | os.PathLike[str], encoding: str | None = None) -> TextFile:
    """Read the file at `path` through once and say how it is written; `encoding` is detected unless given.

    Raises DataError if it is missing, a folder, a device, empty, too large, not text, or in another encoding, and
    OptionError if Python knows no such encoding.
    """
    where = expanded(path)
    name = quoted(str(where), 200)
    size = _regular_size(where, name)
    try:
        with where.open("rb") as file:
            stamp = _stamp(os.fstat(file.fileno()))
            reading = _Pass(file, name)
            candidates = reading.candidates() if encoding is None else iter([(known_encoding(encoding), False)])
            for candidate, guessed in candidates:
                try:
                    found = reading.decoded(candidate)
                except _UndecodableError as error:
                    fault = error
                else:
                    n_lines = found.n_breaks + (found.last != "\n")
                    return TextFile(where, candidate, guessed, size, n_lines, found.head, found.whole, stamp)
    except OSError as error:
        reason = clean(error.strerror or "it can't be opened").lower()
        raise DataError(f"{name} can't be read ({reason}): check its permissions.") from None
    raise DataError(
        f"Line {fault.line} of {name} can't be read as {encoding_name(fault.encoding)}: "
        "save the file as UTF-8, or name its encoding with encoding= (in the shell, --encoding)."
    )


def expanded(path: str | os.PathLike[str]) -> Path:
    """The path with ~ as the home folder; a ~ of an unknown user stays as it is."""
    return Path(os.path.expanduser(path))


def encoding_name(encoding: str) -> str:
    """What people call the encoding: "UTF-8" for Python's "utf-8-sig", else Python's name in capitals."""
    return "UTF-8" if encoding == "utf-8-sig" else encoding.upper()


class _UndecodableError(Exception):
    """A line of the file is not in the encoding."""

    def __init__(self, encoding: str, line: int) -> None:
        super().__init__(encoding, line)
        self.encoding, self.line = encoding, line


def _regular_size(path: Path, name: str) -> int:
    """The size in bytes of a regular file that is neither empty nor too large; DataError for anything else."""
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError, ValueError):
        raise DataError(f"There is no file {name}: check the name and the folder.") from None
    except OSError as error:
        reason = clean(error.strerror or "it can't be reached").lower()
        raise DataError(f"{name} can't be opened ({reason}): check the name and its permissions.") from None
    if stat.S_ISDIR(status.st_mode):
        raise DataError(f"{name} is a folder: name a CSV or TSV file in it.")
    if not stat.S_ISREG(status.st_mode):
        raise DataError(f"{name} is a device or a pipe, not a file: save the table to a file first.")
    if status.st_size == 0:
        raise DataError(f"{name} is empty: choose a file with a table in it.")
    if status.st_size > MAX_BYTES:
        size = status.st_size / (1 << 30)
        raise DataError(f"{name} has {size:z.1f} GiB and at most 1 GiB can be read: keep fewer rows or columns.")
    return status.st_size


def _refuse_other_formats(head: bytes, name: str) -> None:
    for signature, what, remedy in _SIGNATURES:
        if head.startswith(signature):
            raise DataError(f"{name} looks like {what}, not a table of text: {remedy}.")
    if _MARKUP.match(head):
        raise DataError(f"{name} looks like a web page, XML or JSON, not a table: save its table as CSV.")


def known_encoding(encoding: str) -> str:
    """Python's own name of `encoding`; UTF-8 reads with or without a byte order mark.

    Raises OptionError if Python knows no such encoding of text.
    """
    try:
        b"\0\0\0\0".decode(encoding)  # one zero character, or more, in every encoding of text
        name = codecs.lookup(encoding).name
    except (LookupError, ValueError, TypeError):
        remedy = "try utf-8, cp949, utf-16 or cp1252"
        raise OptionError(f"There is no text encoding called {quoted(encoding)}: {remedy}.") from None
    return "utf-8-sig" if name == "utf-8" else name


@dataclass(frozen=True)
class _Decoded:
    """What is known of the text so far. unbroken: the characters since the last block with a line break in it."""

    n_breaks: int = 0
    last: str = "\n"
    unbroken: int = 0
    head: str = ""
    whole: bool = True

    def and_then(self, text: str, name: str) -> _Decoded:
        """With the next block of text; DataError where that is no text, or a line without end."""
        if "\0" in text:
            raise _not_text(name)
        n_breaks = self.n_breaks + text.count("\n")
        unbroken = 0 if "\n" in text or "\r" in text else self.unbroken + len(text)
        if unbroken > MAX_LINE:
            raise DataError(f"Line {n_breaks + 1} of {name} has over {MAX_LINE:,} characters: break it into rows.")
        full = len(self.head) >= _HEAD_CHARACTERS
        head = self.head if full else self.head + text
        return _Decoded(n_breaks, text[-1:] or self.last, unbroken, head, self.whole and not (full and text))


class _Pass:
    """One pass over a file. If an encoding turns out wrong, the next one continues after the blocks of pure ASCII."""

    def __init__(self, file: IO[bytes], name: str) -> None:
        self._file, self._name = file, name
        self._start, self._known = 0, _Decoded()  # of what every encoding in question reads alike
        self._block = file.read(_BLOCK)
        _refuse_other_formats(self._block[:_HEAD], name)

    def candidates(self) -> Iterator[tuple[str, bool]]:
        """Encodings to try in turn, and whether each would be a guess: marks and zero bytes, then what decodes."""
        head = self._block[:_HEAD]
        marked = next((encoding for mark, encoding in _BYTE_ORDER_MARKS if head.startswith(mark)), None)
        if marked is not None:
            yield marked, False
            return
        if b"\0" in head:
            # Digits and commas have a zero byte in UTF-16: the second of each pair in little endian, else the first.
            pairs = len(head) // 2
            first, second = head[0::2].count(0), head[1::2].count(0)
            if second > 0.3 * pairs and second > 4 * first:
                yield "utf-16-le", True
            elif first > 0.3 * pairs and first > 4 * second:
                yield "utf-16-be", True
            else:
                raise _not_text(self._name)
            return
        controls = len(head) - len(head.translate(None, _CONTROL_BYTES))
        if controls > 0.05 * len(head):
            raise _not_text(self._name)
        yield "utf-8-sig", False
        if self._looks_korean():
            yield "cp949", True
        yield "cp1252", True

    def _looks_korean(self) -> bool:
        """Whether bytes beyond ASCII come in pairs as common Hangul does, both from A1 up (KS X 1001).

        In Western European text a letter beyond ASCII is mostly followed by one of ASCII, which CP949 accepts, too.
        """
        for block in self._blocks():
            pairs: list[bytes] = _TWO_BYTE.findall(block)
            if pairs:
                return sum(pair[1] >= 0xA1 for pair in pairs) >= 0.75 * len(pairs)
        return False

    def decoded(self, encoding: str) -> _Decoded:
        """What the text is like, once every byte of it has been decoded; raises _UndecodableError."""
        decoder = codecs.getincrementaldecoder(encoding)()
        found, ascii_so_far = self._known, True
        try:
            for block in itertools.chain(self._blocks(), [b""]):
                found = found.and_then(decoder.decode(block, final=not block), self._name)
                ascii_so_far = ascii_so_far and block.isascii()
                if ascii_so_far and block:
                    self._start, self._known = self._start + len(block), found
        except UnicodeDecodeError as error:
            before = bytes(error.object[: error.start]).decode(encoding, "ignore")
            raise _UndecodableError(encoding, found.n_breaks + before.count("\n") + 1) from None
        return found

    def _blocks(self) -> Iterator[bytes]:
        """The blocks after those of pure ASCII; the first block of the file was read before."""
        begin = self._start
        if begin == 0:
            yield self._block
            begin = len(self._block)
        self._file.seek(begin)
        while block := self._file.read(_BLOCK):
            yield block


def _stamp(status: os.stat_result) -> tuple[int, ...]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _not_text(name: str) -> DataError:
    return DataError(f"{name} looks like a binary file, not a table of text: save its table as CSV.")
