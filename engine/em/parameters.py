"""θ as a value that describes itself: each array is declared once, with a symbol, a word, a domain and axes.

    @dataclass(frozen=True)
    class PoissonParams(Parameters):
        weights: Array = simplex("π", "weight", per="component")
        rates: Array = positive("λ", "rate", per="component")

From the declarations follow the limits of an entry and what moves with it, its name in words, headings, handles in
pictures, and θ with its components in another order. Only a model's folder and its view know an array by its name.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, ClassVar, Literal, TypedDict, TypeVar, Unpack

import numpy as np

from engine.arrays import Array, ByFields, IntArray, freeze
from engine.em.html_table import params_html
from engine.em.value_text import arrays_text

Domain = Literal["simplex", "probability", "positive", "positive definite", "real", "whole"]
Theta = TypeVar("Theta", bound="Parameters")

Held = Mapping[str, Array]
"""What is held of θ, by the path of an array: the value of each entry that is held there, nan where one is free."""

FORMS = ("full", "tied", "diag", "spherical")
DATA_NOUNS = ("column", "input", "word")  # axes along the columns of the data, which have their names
_METADATA_KEY = "engine.parameter"
_HASHED = 16  # numbers


class Parameters(ByFields):
    """Base class of every model's `Params`: frozen dataclasses of read-only arrays, equal where all numbers are.

    A field may hold another value of this kind, whose arrays then have dotted paths (`emission.means`), or None if the
    model does without. A field with `compare=False`, such as an optimiser's state, is no part of θ.
    """

    component_noun: ClassVar[str] = "component"  # the noun of the axes along which components change places

    def __init_subclass__(cls, **keywords: Any) -> None:
        """Keep what is here: `dataclass` would compare arrays, whose truth is ambiguous, and show all of them."""
        super().__init_subclass__(**keywords)
        for name in ("__eq__", "__hash__", "__repr__"):
            if name not in vars(cls):
                setattr(cls, name, getattr(Parameters, name))

    def __post_init__(self) -> None:
        """Make the arrays read-only."""
        freeze(self)

    def __eq__(self, other: object) -> bool:
        """Of one class, with the same number at every place; nan is the same as nan."""
        if self is other or type(self) is not type(other):
            return self is other
        assert isinstance(other, Parameters)
        mine, others = arrays_of(self), arrays_of(other)
        same = (np.array_equal(array, others[path], equal_nan=True) for path, array in mine.items() if path in others)
        return mine.keys() == others.keys() and all(same)

    def __hash__(self) -> int:
        """The same for equal values: by the first numbers of the first array."""
        return self._hash

    @cached_property
    def _hash(self) -> int:
        first = next(declared_arrays(self), None)
        some = b"" if first is None else (first[3].ravel()[:_HASHED] + 0.0).tobytes()  # −0 is 0
        return hash((type(self), some))

    def __repr__(self) -> str:
        """The arrays by their paths, large ones in part."""
        return arrays_text(type(self).__name__, arrays_of(self))

    def _repr_html_(self) -> str:
        """In a notebook: a table of the arrays, large ones in part."""
        return params_html(type(self).__qualname__, arrays_of(self))


@dataclass(frozen=True)
class Axis:
    """What the entries along one axis of an array belong to: entry i belongs to number i + offset, counted from 0.

    Attributes:
        noun: "component", "state", "column", "word", "symbol", …; "" if unknown.
        offset: −1 if the first entry belongs to none, such as a bias before the inputs; 1 if the first of them has no
            entry, such as a component without a rate.
        numbered_by: the model's option with the number of the first; without one they are numbered from 1.
    """

    noun: str
    offset: int = 0
    numbered_by: str = ""

    def name_of(
        self, number: int, columns: Sequence[str] = (), options: object = None, words: Sequence[str] = ()
    ) -> str:
        """The name of one of them: that of a column of the data, "bias" before the first, else its number.

        words: what symbols stand for, by their numbers in the data; empty where they are numbers.
        """
        if number < 0:
            return "bias"
        if self.noun in DATA_NOUNS and number < len(columns):
            return columns[number]
        shown = number + (int(getattr(options, self.numbered_by, 1)) if self.numbered_by else 1)
        return words[shown] if self.noun == "symbol" and 0 <= shown < len(words) else str(shown)

    def reordered(self, order: IntArray, size: int) -> IntArray | None:
        """Which entry stands in each place after reordering; None if one has no entry there."""
        of = np.arange(size) + self.offset
        wanted = np.where(of >= 0, np.asarray(order)[np.maximum(of, 0)], of) - self.offset
        return wanted if np.array_equal(np.sort(wanted), np.arange(size)) else None


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """What the entries of one array are.

    Attributes:
        symbol, word: "μ", and in the singular "mean".
        domain: where each lies; the last axis of a simplex sums to 1.
        per: what each entry belongs to; `to`: the second one, for a matrix between components.
        of: what the entry is about, such as the column of a mean.
        units: the power of the data's units that it has: 1 for a mean, 2 for a covariance.
        location: the array says where each component lies in the space of the rows.
        latent: it belongs to the distribution of the hidden part, not to that of the rows given it.
        rest_of: the array each of whose rows sums to 1 together with the entry of this one.
        form: of a covariance, one of `FORMS`, or the model's option that says which.
        fixed_by: the model's option that keeps the array as it is.
        reference: the last along the first axis stays 0: the others are relative to it.

    What else is held, by the options of a model, is said by its `held`.
    """

    symbol: str
    word: str
    domain: Domain = "real"
    per: tuple[Axis, ...] = ()
    to: tuple[Axis, ...] = ()
    of: tuple[Axis, ...] = ()
    units: int = 0
    location: bool = False
    latent: bool = False
    rest_of: str = ""
    form: str = ""
    fixed_by: str = ""
    reference: bool = False


class Details(TypedDict, total=False):
    """Keywords of the functions that declare: see `Declaration`. optional: the array may be None."""

    per: str | Axis
    to: str | Axis
    of: str | Axis | tuple[str | Axis, ...]
    units: int
    location: bool
    latent: bool
    rest_of: str
    fixed_by: str
    reference: bool
    optional: bool


def simplex(symbol: str, word: str, **details: Unpack[Details]) -> Any:
    """Probabilities that sum to 1 along the last axis; those of the components themselves are latent."""
    details.setdefault("latent", "of" not in details)
    return _declared("simplex", symbol, word, details)


def probability(symbol: str, word: str, **details: Unpack[Details]) -> Any:
    """Probabilities from 0 to 1, each by itself."""
    return _declared("probability", symbol, word, details)


def positive(symbol: str, word: str, **details: Unpack[Details]) -> Any:
    """Numbers above 0."""
    return _declared("positive", symbol, word, details)


def positive_definite(symbol: str, word: str, form: str = "full", **details: Unpack[Details]) -> Any:
    """Covariances: a matrix for each (full) or for all together (tied), or variances alone (diag, spherical)."""
    return _declared("positive definite", symbol, word, details, form)


def real(symbol: str, word: str, **details: Unpack[Details]) -> Any:
    """Any finite numbers."""
    return _declared("real", symbol, word, details)


def whole(symbol: str, word: str, **details: Unpack[Details]) -> Any:
    """Whole numbers."""
    return _declared("whole", symbol, word, details)


def _declared(domain: Domain, symbol: str, word: str, details: Details, form: str = "") -> Any:
    given: dict[str, Any] = dict(details)
    optional = given.pop("optional", False)
    for name in {"per", "to", "of"} & given.keys():
        axes = given[name] if isinstance(given[name], tuple) else (given[name],)
        given[name] = tuple(Axis(axis) if isinstance(axis, str) else axis for axis in axes)
    said = Declaration(symbol=symbol, word=word, domain=domain, form=form, **given)
    default = None if optional else dataclasses.MISSING
    return dataclasses.field(default=default, metadata={_METADATA_KEY: said})


def arrays_of(params: Parameters) -> dict[str, Array]:
    """The arrays alone, by their paths."""
    return {path: array for path, _, _, array in declared_arrays(params)}


def declared_arrays(params: Parameters, prefix: str = "") -> Iterator[tuple[str, Declaration, str, Array]]:
    """Path, declaration, path of the partner (see `Field`), and numbers of each array, including inner values."""
    kind: Any = type(params)  # mypy takes no class for hashable
    for name, said, partner in _declarations(kind):
        value = getattr(params, name)
        if isinstance(value, Parameters):
            yield from declared_arrays(value, f"{prefix}{name}.")
        elif value is not None:
            yield prefix + name, said, partner and prefix + partner, np.asarray(value, dtype=np.float64)


@cache
def _declarations(kind: type[Any]) -> tuple[tuple[str, Declaration, str], ...]:
    """Name, declaration and partner of each field of θ; an undeclared field holds real numbers."""
    parts = [part for part in dataclasses.fields(kind) if part.compare]
    said = {
        part.name: part.metadata.get(_METADATA_KEY) or Declaration(symbol=part.name, word=part.name) for part in parts
    }
    partner = {one.rest_of: name for name, one in said.items() if one.rest_of}
    return tuple((name, one, one.rest_of or partner.get(name, "")) for name, one in said.items())


def with_arrays(params: Theta, arrays: Mapping[str, Array]) -> Theta:
    """The same θ with other arrays at these dotted paths."""
    own: dict[str, Any] = {path: array for path, array in arrays.items() if "." not in path}
    inner: dict[str, dict[str, Array]] = {}
    for path, array in arrays.items():
        if "." in path:
            head, rest = path.split(".", 1)
            inner.setdefault(head, {})[rest] = array
    for head, parts in inner.items():
        own[head] = with_arrays(getattr(params, head), parts)
    changed: Theta = dataclasses.replace(params, **own)  # type: ignore[type-var]  # every subclass is a dataclass
    return changed


def remembers_more(params: Parameters) -> bool:
    """Whether it holds more than θ, such as an optimiser's state."""
    kind: Any = params
    return any(not part.compare and getattr(params, part.name) is not None for part in dataclasses.fields(kind))


def largest_difference(one: Parameters, other: Parameters) -> float:
    """The largest absolute difference between two values of one class, over all of their entries."""
    here, there = arrays_of(one), arrays_of(other)
    apart = [here[path] - there[path] for path in here if path in there]
    return max((float(np.abs(move).max(initial=0.0)) for move in apart), default=0.0)
