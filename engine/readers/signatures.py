"""What a file is by its first bytes, where it is no table of text: named, and refused with a remedy."""

from __future__ import annotations

import re

from engine.errors import DataError

_SAVE = "save its table as CSV"
_CHOOSE = "choose a file with a table"
_FROM_R = "in R, write its table with write.csv"
_STATISTICS = "save its table as CSV from the program that wrote it, or with pandas"

# First bytes of files that people try to open as tables, and what to do about each.
_SIGNATURES: tuple[tuple[bytes, str, str], ...] = (
    (b"RDX2\n", "a workspace of R (.RData)", _FROM_R),
    (b"RDX3\n", "a workspace of R (.RData)", _FROM_R),
    (b"RDA2\n", "a workspace of R (.RData)", _FROM_R),
    (b"RDA3\n", "a workspace of R (.RData)", _FROM_R),
    (b"X\n\0\0\0", "an object of R (.rds)", _FROM_R),
    (b"\x28\xb5\x2f\xfd", "a zstd archive", "unpack it"),
    (b"\x1f\x9d", "an archive of compress (.Z)", "unpack it"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "unpack it"),
    (b"Rar!\x1a\x07", "a RAR archive", "unpack it"),
    (b"\x89PNG", "a PNG picture", _CHOOSE),
    (b"\xff\xd8\xff", "a JPEG picture", _CHOOSE),
    (b"GIF8", "a GIF picture", _CHOOSE),
    (b"%PDF", "a PDF document", _SAVE),
    (b"{\\rtf", "a document of a word processor (RTF)", _SAVE),
    (b"\x7fELF", "a program", _CHOOSE),
    (b"\x89HDF", "an HDF5 file", _SAVE),
    (b"MATLAB 5.0 MAT", "a MATLAB file", _SAVE),
    (b"CDF\x01", "a NetCDF file", _SAVE),
    (b"CDF\x02", "a NetCDF file", _SAVE),
    (b"SIMPLE  =", "a FITS file", _SAVE),
    (b"$FL2", "an SPSS file (.sav)", _STATISTICS),
    (b"$FL3", "an SPSS file (.zsav)", _STATISTICS),
    (b"<stata_dta>", "a Stata file (.dta)", _STATISTICS),
    (b"HEADER RECORD*******LIBRARY", "a SAS transport file (.xpt)", _STATISTICS),
    (b"Obj\x01", "an Avro file", _SAVE),
    (b"SQLite format 3", "an SQLite database", _SAVE),
    (b"\x80\x02", "a pickle of Python", _SAVE),
    (b"\x80\x03", "a pickle of Python", _SAVE),
    (b"\x80\x04\x95", "a pickle of Python", _SAVE),
    (b"\x80\x05\x95", "a pickle of Python", _SAVE),
)
_SAS = bytes(12) + b"\xc2\xea\x81\x60\xb3\x14\x11\xcf\xbd\x92\x08\x00\x09\xc7\x31\x8c\x18\x1f\x10\x11"
_STATA = re.compile(rb"[\x69-\x73][\x01\x02]\x01\x00")  # versions 5 to 12, byte order, and the kind of file
_ARFF = re.compile(rb"(?:[ \t\r]*(?:%[^\n]*)?\n)*[ \t]*@relation\b", re.IGNORECASE)
_MARKUP: tuple[tuple[re.Pattern[bytes], str], ...] = (
    (re.compile(rb"\s*(<!doctype html|<html|<head|<body|<table)", re.IGNORECASE), "a web page (HTML)"),
    (re.compile(rb"\s*<svg", re.IGNORECASE), "an SVG picture"),
    (re.compile(rb"\s*(<\?xml|<!doctype|<!--|<[a-z][\w:-]*(\s[^<>]*)?>\s*<)", re.IGNORECASE), "XML"),
)
_BEGINS_WITH_A_MARK = b"\xef\xbb\xbf"


def refuse_other_formats(head: bytes, name: str) -> None:
    """Raise DataError where the first bytes of a file are those of something that is no table of text."""
    for signature, what, remedy in _SIGNATURES:
        if head.startswith(signature):
            raise not_a_table(name, what, remedy)
    if head.startswith(_SAS):
        raise not_a_table(name, "a SAS file (.sas7bdat)", _STATISTICS)
    if _STATA.match(head):
        raise not_a_table(name, "a Stata file (.dta)", _STATISTICS)
    if _ARFF.match(head):
        raise not_a_table(name, "a file of Weka (ARFF)", _SAVE)
    if head[257:262] == b"ustar":
        raise not_a_table(name, "a tar archive", "unpack it")
    for pattern, what in _MARKUP:
        if pattern.match(head.removeprefix(_BEGINS_WITH_A_MARK)):
            raise not_a_table(name, what, _SAVE)


def not_a_table(name: str, what: str, remedy: str) -> DataError:
    """The sentence for a file that is something else. name: in quotes."""
    return DataError(f"{name} looks like {what}, not a table of text: {remedy}.")
