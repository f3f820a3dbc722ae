"""What a session file holds: JSON with checked types, a number for its form, readable, and in the same order always.

Everything is counted from 0. Numbers of steps are written in full; what is not finite is a word ("nan", "inf", "-inf").
"""

from __future__ import annotations

import hashlib
import re
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, TypeAlias

import msgspec

from emtui.session.deeds import Deed, Taken
from engine.errors import EngineError
from engine.text import clean, quoted

FORM = 1
LARGEST = 64 * 1024 * 1024
_LINE = 100  # what has an object or a list in it, and is longer, goes over several lines

Whole: TypeAlias = Annotated[int, msgspec.Meta(ge=0)]
Number: TypeAlias = float | Literal["nan", "inf", "-inf"]
Plain: TypeAlias = bool | int | float | str | None
State: TypeAlias = dict[str, Plain | list[Plain]]
"""What a pane says of how it stands."""


class SessionFileError(EngineError):
    """A session file can't be used; the message is one sentence with the remedy."""


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A part of the file that is written in full."""


class _Slim(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """A part of which only what is not as usual is written."""


class SavedBy(_Part, frozen=True, kw_only=True):
    """What wrote the file: where all of these are the same, numbers come out again to the last bit."""

    emtui: str
    python: str
    numpy: str
    scipy: str
    machine: str
    kernels: str


class Reading(_Slim, frozen=True, kw_only=True):
    """How a table is read, where it was said."""

    encoding: str | None = None
    delimiter: str | None = None
    decimal: str | None = None
    header: bool | None = None
    skip: Whole | None = None
    comment: str | None = None
    missing_marks: tuple[str, ...] | None = None
    sheet: str | None = None


class MadeAnew(_Slim, frozen=True, kw_only=True):
    """How a generated set is made, where it was said."""

    n_samples: Whole | None = None
    noise: float | None = None
    seed: Whole | None = None


class Marks(_Part, frozen=True, kw_only=True):
    """The fingerprint of data after reading: a hash for each column, and for what belongs to the rows besides."""

    n_rows: Whole
    columns: dict[str, str]
    others: dict[str, str]


class Table(_Slim, frozen=True, kw_only=True):
    """Data that are kept inside: every row that was read; a missing value is null."""

    name: str
    columns: dict[str, list[float | None]]
    y: list[int] | None = None
    class_names: tuple[str, ...] = ()
    title: str = ""
    description: str = ""
    source: str = ""
    licence: str = ""
    model: str = "gmm"
    options: dict[str, Plain | list[Plain]] = {}
    start: dict[str, Any] | None = None
    row_names: tuple[str, ...] | None = None
    line_numbers: list[int] | None = None
    line_noun: Literal["line", "row"] = "line"
    weights: list[float] | None = None
    target: list[float | None] | None = None
    sequence: list[int] | None = None
    symbol_names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class SavedData(_Slim, frozen=True, kw_only=True):
    """Data and how they are read. place: what `source` is; a path leads from the folder of the session file."""

    place: Literal["catalogue", "file", "folder", "inside"]
    source: str
    label: str | None = None
    columns: tuple[str, ...] | None = None
    read_options: Reading = Reading()
    rows: str | None = None
    sequence: str | None = None
    weights: str | None = None
    target: str | None = None
    generated: MadeAnew = MadeAnew()
    fingerprint: Marks
    table: Table | None = None


class Choices(_Part, frozen=True, kw_only=True):
    """What was chosen for a start. data: which of the data. start: θ⁰ by the names of its arrays, where it is given."""

    data: Whole
    model: str
    options: dict[str, Plain | list[Plain]]
    seed: Whole
    algorithm: str
    max_iter: Whole
    tol: float
    stop: str | None
    start: dict[str, Any] | None
    start_file: str | None
    standardize: bool
    principal: Whole | None
    products: bool
    missing: Literal["drop", "keep"]
    test_share: float
    stratify: bool
    split_seed: Whole | None
    rival: tuple[tuple[str, str], ...]
    same_start: bool
    prediction: str
    known: str


class Numbers(_Slim, frozen=True, kw_only=True):
    """The scalars of a step; `scores` are those of a network."""

    iteration: Whole
    phase: Literal["init", "E", "M"]
    log_likelihood: Number
    log_prior: Number
    objective: Number
    elbo: Number
    q_value: Number
    entropy: Number
    seconds: float
    scores: dict[str, Number] = {}


class SavedBranch(_Slim, frozen=True, kw_only=True):
    """A line of steps.

    choices: which of the choices it begins by; None where it left another branch. rows: what rows of the data set
    counted by hand from the beginning. parent: the branch that it left; shared: how many of its steps are that one's.
    deeds: what was done from there on. numbers: of every step of its own, of a start of its own, too.
    """

    choices: Whole | None = None
    rows: dict[Whole, float] = {}
    parent: Whole | None = None
    shared: Whole = 0
    deeds: list[Deed] = []
    numbers: list[Numbers]


class Here(_Slim, frozen=True, kw_only=True):
    """Where the cursor stands. turned: the algorithm that the next step goes on by, if it was changed here."""

    branch: Whole
    step: Whole
    turned: str | None = None


class View(_Slim, frozen=True, kw_only=True):
    """How the panes stand: the tab, the pane with all the room, the twins in front, the focus, the chosen row."""

    tab: str = ""
    zoomed: str | None = None
    turned: tuple[str, ...] = ()
    focus: str | None = None
    row: Whole | None = None
    panes: dict[str, State] = {}


class SessionFile(_Part, frozen=True, kw_only=True):
    """The whole file. checksum: of everything else, so that a change of anything is known."""

    emtui_session: Whole
    saved_by: SavedBy
    data: list[SavedData]
    choices: list[Choices]
    branches: list[SavedBranch]
    here: Here
    view: View
    checksum: str = ""

    @property
    def n_steps(self) -> int:
        """Steps of all branches, each once."""
        return sum(len(branch.numbers) for branch in self.branches)


def text_of(file: SessionFile) -> str:
    """The file as it is written."""
    said = "".join(_laid_out(msgspec.to_builtins(msgspec.structs.replace(file, checksum="")), ""))
    head, _, _ = said.rpartition(_EMPTY)
    return f'{head}{_EMPTY[:-1]}{_checksum_of(said.encode())}"\n}}\n'


_EMPTY = '"checksum": ""'
_CHECKSUM = re.compile(rb'"checksum":"[0-9a-f]*"}$')
_SPACE = re.compile(rb'("(?:[^"\\]|\\.)*")|[ \t\r\n]+')


def _checksum_of(content: bytes) -> str:
    """The checksum of a file but for its own, however it is laid out: every digit counts, white space does not."""
    dense = _SPACE.sub(lambda found: found[1] or b"", content)
    return hashlib.blake2b(_CHECKSUM.sub(b'"checksum":""}', dense), digest_size=12).hexdigest()


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
