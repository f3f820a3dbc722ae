"""Opening an unknown text file: is it a file, is it text, and in which encoding?"""

from __future__ import annotations

import codecs
import io
import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import IO

from engine.errors import DataError, OptionError
from engine.readers.archives import ZIP, Opener, only_table, packed_by, unpacking, unpacking_member, zip_members
from engine.readers.byte_source import ByteSource, byte_source
from engine.readers.encodings import east_asian_encoding
from engine.readers.signatures import not_a_table, refuse_other_formats
from engine.readers.table_formats import TextOfTable, format_name, no_workbook, text_of_table
from engine.text import clean, quoted

MAX_LINE = 10_000_000
_BLOCK = 1 << 20
_HEAD = 1 << 16  # bytes
_HEAD_CHARACTERS = 1 << 22

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROL_BYTES = bytes(set(range(32)) - set(b"\t\n\r\f\x1b"))


@dataclass(frozen=True)
class TextFile:
    """A file that was read through once and is known to be text.

    path: where it is. encoding: Python's name of an encoding that decodes the whole of it. guessed: whether that
    encoding is a guess that could be wrong. n_bytes: its size. n_lines: its lines, the last one with or without an end.
    head: its first characters, up to four million and something. whole: that is all of it. stamp: what the system
    says of its size and of when it was changed; () for what can't change. contents: opens the text where it is not the
    file itself but what is packed in it. named: whether the first line is names, where its format says so, which is
    comma-separated then; notes: what that left out. sheets: those of a workbook that hold something; sheet: this one.
    """

    path: Path
    encoding: str
    guessed: bool
    n_bytes: int
    n_lines: int
    head: str = field(repr=False)
    whole: bool
    stamp: tuple[int, ...]
    contents: Opener | None = None
    named: bool | None = None
    is_text: bool = True
    notes: tuple[str, ...] = ()
    sheets: tuple[str, ...] = ()
    sheet: str = ""

    @property
    def name(self) -> str:
        """The file's name, in quotes and safe to print, for use in a sentence."""
        return quoted(self.path.name, 60)

    def place(self, line: int) -> str:
        """Where a line is, in words: "line 4"; "row 4" of a sheet, or of a table whose names stand above row 1."""
        return f"line {line}" if self.is_text else f"row {line - self.n_above}"

    @property
    def n_above(self) -> int:
        """How many lines more than its row each line counts, where rows of a table became lines of text."""
        return int(not self.is_text and bool(self.named))

    @property
    def has_changed(self) -> bool:
        """The file was replaced or changed after it was read through."""
        if not self.stamp:
            return False
        try:
            return _stamp(self.path.stat()) != self.stamp
        except OSError:
            return True

    def open(self) -> IO[str]:
        """The file, opened for reading as text with its line ends as they are."""
        if self.contents is not None:
            return io.TextIOWrapper(self.contents(), self.encoding, newline="")
        return self.path.open(encoding=self.encoding, newline="")

    def first_lines(self) -> Iterator[str]:
        """Its lines from the first on. The file is opened again only for lines beyond the head."""
        at_hand = self.head if self.whole else self.head[: _last_line_end(self.head)]
        yield from io.StringIO(at_hand, newline="")
        if self.whole:
            return
        with self.reading() as text:
            text.read(len(at_hand))
            yield from text

    def text(self) -> str:
        """All of it."""
        if self.whole:
            return self.head
        with self.reading() as text:
            return text.read()

    @contextmanager
    def reading(self) -> Iterator[IO[str]]:
        """The file, opened for reading; DataError if it can't be read to its end, or became another one meanwhile."""
        try:
            with self.open() as text:
                yield text
        except (UnicodeError, OSError) as error:
            if self.has_changed:
                raise self._changed() from None
            reason = clean(getattr(error, "strerror", None) or str(error)).lower()
            raise DataError(f"{self.name} can't be read ({reason}): check the file, or name its encoding.") from None
        except DataError:
            if self.has_changed:
                raise self._changed() from None
            raise
        if self.has_changed:
            raise self._changed()

    def _changed(self) -> DataError:
        return DataError(f"{self.name} changed while it was read: open it again once nothing writes to it.")


def _last_line_end(text: str) -> int:
    """Where the last whole line ends; a carriage return at the very end may be half of an end."""
    return max(text.rfind("\n"), text.rfind("\r", 0, max(0, len(text) - 1))) + 1


def open_text(
    path: str | os.PathLike[str], encoding: str | None = None, *, tables: bool = True, sheet: str | None = None
) -> TextFile:
    """Read the file at `path` through once and say how it is written; `encoding` is detected unless given.

    A packed file, or with `tables` a table that is no text, is opened as what is in it. "-" is standard input.
    sheet: which one of a workbook, by its name or its number.

    Raises DataError if it is missing, a folder, a device, empty, too large, not text, or in another encoding, and
    OptionError if Python knows no such encoding.
    """
    source = byte_source(path)
    name = source.name
    try:
        with source.open() as file:
            stamp = _stamp(os.fstat(file.fileno())) if isinstance(file, io.BufferedReader) else ()
            head = file.read(_BLOCK)
            if not tables:
                _refuse_packed(source, head)
            found = _unpacked(source.open, head, source, sheet)
            if sheet is not None and (found is None or found.as_text is None):
                raise no_workbook(name)
            if found is None:
                return _read_through(source, file, head, stamp, encoding)
        with found.open() as inner:
            return _read_through(source, inner, inner.read(_BLOCK), stamp, encoding, found)
    except OSError as error:
        reason = clean(error.strerror or "it can't be opened").lower()
        raise DataError(f"{name} can't be read ({reason}): check its permissions.") from None


@dataclass(frozen=True)
class _Contents:
    """What is in a file that is not text itself. as_text: what became text, where it was another kind of table."""

    open: Opener
    as_text: TextOfTable | None = None


def _unpacked(
    open_bytes: Opener, head: bytes, source: ByteSource, sheet: str | None, *, inside: bool = False
) -> _Contents | None:
    """What is to be read as text in place of these bytes; None where they are text. inside: of an archive."""
    name = quoted(source.path.name, 60)
    table = text_of_table(open_bytes, head, name, sheet)
    if table is not None:
        return _Contents(lambda: io.BytesIO(table.text), table)
    how = packed_by(head)
    if how is None and not head.startswith(ZIP):
        refuse_other_formats(head, source.name)
        return None
    if inside:
        raise DataError(f"{source.name} holds another archive: unpack it, and open the table in it.")
    if how is not None:
        opened = unpacking(open_bytes, how, source.n_bytes, name)
    else:
        opened = unpacking_member(open_bytes, only_table(zip_members(open_bytes, name), name), source.n_bytes, name)
    with opened() as file:
        inner = file.read(_BLOCK)
        if inner.startswith(ZIP):  # such as a workbook, which is read from its end
            whole = inner + file.read()
            opened = partial(io.BytesIO, whole)
    return _unpacked(opened, inner, source, sheet, inside=True) or _Contents(opened)


def _refuse_packed(source: ByteSource, head: bytes) -> None:
    """Raise DataError where a text is wanted and the bytes are packed, or a table that is no text."""
    what = format_name(source.open, head, source.name)
    if what is None and (how := "zip" if head.startswith(ZIP) else packed_by(head)):
        what = f"a {how} archive"
    if what is not None:
        raise not_a_table(source.name, what, "unpack it")


def _read_through(
    source: ByteSource,
    file: IO[bytes],
    head: bytes,
    stamp: tuple[int, ...],
    encoding: str | None,
    found: _Contents | None = None,
) -> TextFile:
    """The text from its first byte to its last, once. head: its first block, which was read already."""
    name, table = source.name, None if found is None else found.as_text
    if not head:
        what = "is empty" if found is None else "has nothing packed in it"  # a file may be emptied at this moment
        raise DataError(f"{name} {what}: choose a file with a table in it.")
    reading = _Pass(file, head, name)
    wanted = "utf-8" if table is not None else encoding
    for candidate, guessed in reading.candidates() if wanted is None else [(known_encoding(wanted), False)]:
        try:
            text = reading.decoded(candidate)
        except _UndecodableError as error:
            fault = error
            continue
        n_lines = text.n_breaks + (text.last not in "\r\n")
        n_bytes = source.n_bytes if found is None else reading.n_bytes
        plain = TextFile(source.path, candidate, guessed, n_bytes, n_lines, text.head, text.whole, stamp)
        if found is None and stamp:
            return plain
        opened = replace(plain, contents=source.open if found is None else found.open)
        if table is None:
            return opened
        opened = replace(opened, is_text=False, named=table.named, notes=table.notes)
        return replace(opened, sheets=table.sheets, sheet=table.sheet)
    raise DataError(
        f"Line {fault.line} of {name} can't be read as {encoding_name(fault.encoding)}: "
        "save the file as UTF-8, or name its encoding with encoding= (in the shell, --encoding)."
    )


def encoding_name(encoding: str) -> str:
    """What people call the encoding: "UTF-8" for Python's "utf-8-sig", else Python's name in capitals."""
    return "UTF-8" if encoding == "utf-8-sig" else encoding.upper()


class _UndecodableError(Exception):
    """A line of the file is not in the encoding."""

    def __init__(self, encoding: str, line: int) -> None:
        super().__init__(encoding, line)
        self.encoding, self.line = encoding, line


def known_encoding(encoding: str) -> str:
    """Python's own name of `encoding`; UTF-8 reads with or without a byte order mark.

    Raises OptionError if Python knows no such encoding of text.
    """
    try:
        b"\0\0\0\0".decode(encoding)  # one zero character, or more, in every encoding of text
        name = codecs.lookup(encoding).name
    except (LookupError, ValueError, TypeError):
        remedy = "try utf-8, cp949, shift_jis, gb18030, utf-16 or cp1252"
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
        if "\r" in text:
            n_breaks += text.count("\r") - text.count("\r\n")
        if self.last == "\r" and text.startswith("\n"):
            n_breaks -= 1  # the two are one end
        unbroken = 0 if "\n" in text or "\r" in text else self.unbroken + len(text)
        if unbroken > MAX_LINE:
            raise DataError(f"Line {n_breaks + 1} of {name} has over {MAX_LINE:,} characters: break it into rows.")
        full = len(self.head) >= _HEAD_CHARACTERS
        head = self.head if full else self.head + text
        return _Decoded(n_breaks, text[-1:] or self.last, unbroken, head, self.whole and not (full and text))


class _Pass:
    """One pass over a file. If an encoding turns out wrong, the next one continues after the blocks of pure ASCII."""

    def __init__(self, file: IO[bytes], block: bytes, name: str) -> None:
        self._file, self._block, self._name = file, block, name
        self._start, self._known = 0, _Decoded()  # of what every encoding in question reads alike
        self.n_bytes = 0  # that were read for the last encoding

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
        if controls > max(1, 0.05 * len(head)):
            raise _not_text(self._name)
        yield "utf-8-sig", False
        if east_asian := self._east_asian():
            yield east_asian, True
        yield "cp1252", True

    def _east_asian(self) -> str | None:
        return next((east_asian_encoding(block) for block in self._blocks() if not block.isascii()), None)

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
        except UnicodeError as error:  # some codecs raise it without the bytes in question
            n_breaks = found.n_breaks
            if isinstance(error, UnicodeDecodeError):
                with suppress(UnicodeError):
                    n_breaks += bytes(error.object[: error.start]).decode(encoding, "ignore").count("\n")
            raise _UndecodableError(encoding, n_breaks + 1) from None
        return found

    def _blocks(self) -> Iterator[bytes]:
        """The blocks after those of pure ASCII; the first block of the file was read before."""
        begin = self._start
        if begin == 0:
            yield self._block
            begin = len(self._block)
        self.n_bytes = begin
        self._file.seek(begin)
        while block := self._file.read(_BLOCK):
            self.n_bytes += len(block)
            yield block


def _stamp(status: os.stat_result) -> tuple[int, ...]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _not_text(name: str) -> DataError:
    return DataError(f"{name} looks like a binary file, not a table of text: save its table as CSV.")
