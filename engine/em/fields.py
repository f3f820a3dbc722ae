"""The arrays of a θ, each with its declaration and the model's options applied, and what follows for θ as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from engine.arrays import Array, IntArray
from engine.em.parameters import (
    FORMS,
    Axis,
    Declaration,
    Domain,
    Held,
    Parameters,
    Theta,
    declared_arrays,
    with_arrays,
)


class Options(Protocol):
    """The model, as far as its options say what arrays are."""

    def held(self, params: Any) -> Held:
        """The entries that no step moves, each at its value."""


@dataclass(frozen=True, eq=False)
class Field:
    """An array of θ, with its declaration and the model's options applied.

    Attributes:
        path: its dotted path, such as "emission.means".
        form: of a covariance, one of `FORMS`; "" of others, and where the options are not known.
        partner: the path of the array whose entries are the rest of this one's rows, or of which its own are the rest;
            "" for none.
        array: the numbers.
        held: in the form of the array, the value of each entry that is held there, nan where one is free; None where
            all are free, or where the options are not known.
    """

    path: str
    declared: Declaration
    form: str
    partner: str
    array: Array
    held: Array | None = None

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self.path.rpartition(".")[2]

    @property
    def domain(self) -> Domain:
        """Where each entry lies: variances by themselves are positive numbers."""
        return "positive" if self.form in ("diag", "spherical") else self.declared.domain

    @property
    def matrices(self) -> bool:
        """The last two axes are a covariance matrix."""
        return self.form in ("full", "tied")

    @property
    def said_axes(self) -> tuple[Axis, ...]:
        """The declared axes; () for a covariance whose form is not known."""
        said = self.declared
        if not said.form:
            return (*said.per, *said.to, *said.of)
        per, of = said.per, said.of
        return {"full": per + of + of, "tied": of + of, "diag": per + of, "spherical": per}.get(self.form, ())

    @property
    def axes(self) -> tuple[Axis, ...]:
        """What the entries along each axis of the array belong to."""
        return self.said_axes if len(self.said_axes) == self.array.ndim else self.array.ndim * (Axis(""),)

    def holds(self, index: tuple[int, ...]) -> bool:
        """Whether that entry is held, so that neither a step nor a hand moves it."""
        return self.held is not None and not bool(np.isnan(self.held[index]))

    @property
    def n_held(self) -> int:
        """How many entries are held."""
        return 0 if self.held is None else int(np.count_nonzero(~np.isnan(self.held)))

    def with_held(self, array: Array) -> Array:
        """The same numbers, those that are held at their values."""
        return array if self.held is None else np.where(np.isnan(self.held), array, self.held)

    def by_component(self, n_components: int) -> Array:
        """(K, m) each component's entries in a row; nan where it has none."""
        first, rows = self.axes[0].offset, self.array.reshape(len(self.array), -1)
        whole = np.full((n_components, rows.shape[1]), np.nan)
        whole[first : first + len(rows)] = rows
        return whole

    def word_at(self, index: tuple[int, ...]) -> str:
        """The word for an entry; on the diagonal of a covariance it is a variance."""
        apart = self.matrices and index[-1] != index[-2]
        return self.declared.word if apart or not self.form else "variance"

    def owners(self, index: tuple[int, ...]) -> tuple[int, ...]:
        """The components (from 0) that an entry belongs to: one, or two in a matrix between components."""
        places = zip(index, self.axes, strict=True)
        return tuple(i + axis.offset for i, axis in places if axis not in self.declared.of)

    def subjects(self, index: tuple[int, ...]) -> tuple[tuple[Axis, int], ...]:
        """What an entry is about, by axis and number: the column of a mean, both columns of a covariance."""
        places = zip(index, self.axes, strict=True)
        return tuple((axis, i + axis.offset) for i, axis in places if axis in self.declared.of)


def fields_of(params: Parameters, options: Options | None = None) -> dict[str, Field]:
    """Every array of θ by its dotted path, in order, without those that are None or no part of θ.

    options: the model, whose options settle the form of covariances, and what is held.
    """
    found, held = {}, {} if options is None else options.held(params)
    for path, said, partner, array in declared_arrays(params):
        form = said.form if said.form in FORMS or not said.form else str(getattr(options, said.form, ""))
        fixed = bool(said.fixed_by and getattr(options, said.fixed_by, False))
        found[path] = Field(path, said, form, partner, array, _held(said, array, held.get(path), fixed))
    return found


def _held(said: Declaration, array: Array, by_options: Array | None, fixed: bool) -> Array | None:
    """What is held of an array: all of it, the reference, and what the options hold."""
    if fixed:
        return array
    if not said.reference or not array.ndim:
        return by_options
    held = np.full(array.shape, np.nan) if by_options is None else by_options.copy()
    held[-1:] = 0.0
    return held


def count_held(params: Parameters, options: Options) -> int:
    """How many entries of θ are held: so many are no free parameters."""
    return sum(field.n_held for field in fields_of(params, options).values())


def mixing_weights(params: Parameters) -> Field | None:
    """The weights of the components, if they alone describe what is hidden; None for a chain, or for topics."""
    latent = [field for field in fields_of(params).values() if field.declared.latent]
    return latent[0] if len(latent) == 1 and latent[0].domain == "simplex" and latent[0].array.ndim == 1 else None


def location(params: Parameters) -> Field | None:
    """Where each component lies among the rows: (K, d), or (K,) for a single column; None if no array says."""
    return next((field for field in fields_of(params).values() if field.declared.location), None)


def expected_stays(field: Field) -> Array:
    """(S,) how many rows a chain is expected to stay once it enters a state: Σ_d d a^(d−1) (1 − a) = 1 / (1 − a_ii).

    The lengths of stay are geometric (Rabiner 1989, equation 5). inf for a state that is never left. field: a matrix
    between components, rows from and columns to.
    """
    with np.errstate(divide="ignore"):
        return np.asarray(1.0 / np.maximum(0.0, 1.0 - np.diagonal(field.array)))


def count_components(params: Parameters) -> int:
    """The number of components by the declarations; 0 if there are none."""
    counts = [
        size + axis.offset
        for field in fields_of(params).values()
        for size, axis in zip(field.array.shape, field.axes, strict=True)
        if axis.noun == params.component_noun
    ]
    return max(counts, default=0)


def relabelled(params: Theta, order: IntArray, options: Options | None = None) -> Theta | None:
    """θ with its components in another order, component j being what order[j] was.

    None if there are no components, or one would come to a place that has no entry for it.
    """
    moved: dict[str, Array] = {}
    for path, field in fields_of(params, options).items():
        array = field.array
        for place, axis in enumerate(field.axes):
            if axis.noun == params.component_noun:
                own = axis.reordered(order, array.shape[place])
                if own is None:
                    return None
                moved[path] = array = array.take(own, axis=place)
    return with_arrays(params, moved) if moved else None
