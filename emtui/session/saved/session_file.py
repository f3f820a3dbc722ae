"""What a session file holds: JSON with checked types, a number for its form, readable, and in the same order always.

Everything is counted from 0. Numbers of steps are written in full; what is not finite is a word ("nan", "inf", "-inf").
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

import msgspec

from emtui.session.deeds import Deed
from engine.errors import EngineError

FORM = 1

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
