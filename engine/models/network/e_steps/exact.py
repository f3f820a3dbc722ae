r"""The exact E-step over all 2^m hidden configurations, without an array of n × 2^m.

    p(z | x, y) = p(z | x) o_y(z) / p(y | x),  p(z | x) = Π_h u_h^z_h (1 − u_h)^(1−z_h),  p(y | x) = Σ_z p(z | x) o_y(z)

With z = (z_a, z_b) the prior is A(z_a, x) B(z_b, x), and o_c is a matrix O_c(z_b, z_a). For the rows of class c:

    R = (O_cᵀ B) ∘ A    evidence = column sums of R,     E[z_a] = Z_aᵀ R / evidence
    L = (O_c A) ∘ B                                      E[z_b] = Z_bᵀ L / evidence
    N += O_c ∘ (B diag(weight / evidence) Aᵀ)

three matrix products, 6·n·2^m flops. Where numbers are learned, rows of about one number are a class, whose O is
`Factors.grid` of `gaussian_output`: the rest of p(y | z) belongs to one half of the units each. Rows whose evidence is
too small for plain numbers go through `enumerated`, in logarithms, as do q's that are not the posterior itself (hard,
sampled, tempered).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

import numpy as np

from engine.arrays import Array, IntArray
from engine.em.inference import EXACT, Exact, Inference, assign
from engine.models.network import gaussian_output
from engine.models.network.configurations import FLUSHED, all_configurations, binary_design, binary_rows, halves
from engine.models.network.data import NetworkRows
from engine.models.network.params import NetworkParams, sigmoids, softplus
from engine.parallel import map_chunks, n_threads, row_chunks

_LEAST_EVIDENCE = 1e-80  # above, what was flushed is less than 2^m·1e-20 of the evidence
_ENTRIES_AT_ONCE = 2**19  # of A, of B and of their products
_ENUMERATED_AT_ONCE = 2**21
_A_GROUP = 2**11  # entries of an enumeration that take as long as the calls for one grid
_MAY_BE_FLUSHED = -float(np.log(FLUSHED))  # a product of factors whose logarithms reach this far
_SMALL = 2**16  # entries of a table of n × 2^m that is cheaper than halves; far below 2^12 configurations a row


@dataclass(frozen=True, eq=False)
class ExactPosterior:
    """What one pass over the rows gives; row by row in the order of the design.

    Attributes:
        hidden: (n, m) E[z_h].
        log_evidence: (n,) ln p(y | x).
        counts: N(z) = Σ_j weight_j q_j(z), in the shape of all configurations.
        entropy: (n,) H(q) of each row in nats where q is not the posterior; None where it is.
    """

    hidden: Array
    log_evidence: Array
    counts: Array
    entropy: Array | None


def exact_posterior(
    params: NetworkParams, rows: NetworkRows, inference: Inference = EXACT, draws: Array | None = None
) -> ExactPosterior:
    """The E-step at θ for labelled rows; `draws` (n,) are uniform numbers in the user's order, for `Sampled`."""
    if not isinstance(inference, Exact):
        return enumerated(params, rows, np.arange(rows.n_rows), inference, draws)
    small = rows.n_rows << params.hidden_units <= _SMALL
    if rows.numeric:
        found = enumerated(params, rows, np.arange(rows.n_rows)) if small else _numbers_in_halves(params, rows)
        return replace(found, entropy=None)
    hidden, evidence, counts = (_in_one_table if small else _in_halves)(params, rows)
    return _completed(params, rows, hidden, evidence, counts)


def _completed(
    params: NetworkParams,
    rows: NetworkRows,
    hidden: Array,
    evidence: Array,
    counts: Array,
    log_scale: Array | float = 0.0,
) -> ExactPosterior:
    """The posterior from E[z] (m, n), evidence / scale and N(z); rows of which too little is left are done again."""
    if evidence.min() >= _LEAST_EVIDENCE:
        return ExactPosterior(hidden.T, np.log(evidence) + log_scale, counts, None)
    lost = np.flatnonzero(evidence < _LEAST_EVIDENCE)
    again = enumerated(params, rows, lost)
    log_evidence = np.log(np.maximum(evidence, _LEAST_EVIDENCE)) + log_scale
    hidden[:, lost], log_evidence[lost] = again.hidden.T, again.log_evidence
    return ExactPosterior(hidden.T, log_evidence, counts + again.counts, None)


def _in_one_table(params: NetworkParams, rows: NetworkRows) -> tuple[Array, Array, Array]:
    """E[z] (m, n), the evidence (n,) and N(z) by the definition: one table p(z, y | x) (2^m, n) while that is small."""
    configurations = all_configurations(params.hidden_units)
    outputs = configurations.outputs(params.output)
    joint = Factors.of(params.hidden @ rows.design.T).table(slice(None), slice(None))
    for c, of_class in rows.class_slices():
        joint[:, of_class] *= outputs.probability(c).reshape(-1, 1)
    moments = binary_design(params.hidden_units).T @ joint  # Σ_z [1, z] p(z, y | x): the evidence, and E[z] times it
    evidence, hidden = moments[0], moments[1:]
    scale = _inverse(evidence)
    hidden *= scale
    counts = joint @ (scale if rows.weights is None else scale * rows.weights)
    return hidden, evidence, counts.reshape(configurations.shape)


def _inverse(evidence: Array) -> Array:
    """1 / evidence, 0 where it is too small: those rows take no part here, the caller does them in logarithms."""
    kept = evidence >= _LEAST_EVIDENCE
    if kept.all():
        return np.asarray(1.0 / evidence)
    return np.asarray(kept / np.where(kept, evidence, 1.0))


def _in_halves(params: NetworkParams, rows: NetworkRows) -> tuple[Array, Array, Array]:
    """The same by the three matrix products of each class, some rows at a time."""
    a = params.hidden @ rows.design.T  # (m, n)
    factors = Factors.of(a)
    configurations = all_configurations(len(a))
    outputs, counts = configurations.outputs(params.output), np.zeros(configurations.shape)
    first, last = halves(len(a))
    grid = counts.reshape(2**last, 2**first)
    hidden, evidence = np.empty(a.shape), np.empty(rows.n_rows)
    for c, of_class in rows.class_slices():
        o = outputs.probability(c).reshape(grid.shape)
        if factors.flush:
            o = np.where(o < FLUSHED, 0.0, o)
        one = partial(_class_pass, o, factors, rows.weights, hidden, evidence)
        for wave in _waves(of_class, 2**first):
            for share in map_chunks(one, wave):
                share *= o
                grid += share
    return hidden, evidence, counts


def _numbers_in_halves(params: NetworkParams, rows: NetworkRows) -> ExactPosterior:
    """The same where numbers are learned: one grid for rows of about the same number."""
    a = params.hidden @ rows.design.T
    factors = gaussian_output.Factors(params, rows, -softplus(a), -softplus(-a))
    weights = None if rows.weights is None else rows.weights[factors.order]
    if len(factors.groups) * (_A_GROUP + 2 ** len(a) // 4) > rows.n_rows << len(a):
        return enumerated(params, rows, np.arange(rows.n_rows))
    first, last = halves(len(a))
    counts = np.zeros((2**last, 2**first))
    hidden, evidence = np.empty(a.shape), np.empty(rows.n_rows)
    for number, group in enumerate(factors.groups):
        o = factors.grid(number)
        one = partial(_class_pass, o, factors, weights, hidden, evidence)
        for wave in _waves(group, 2**first):
            for share in map_chunks(one, wave):
                share *= o
                counts += share
    back = np.argsort(factors.order)
    counts = counts.reshape(all_configurations(len(a)).shape)
    return _completed(params, rows, hidden[:, back], evidence[back], counts, factors.log_scale[back])


class HalfTables(Protocol):
    """The part of each half of the units in p(z, y | x)."""

    def table(self, units: slice, part: slice) -> Array:
        """(2^units, rows) over every configuration of these units."""


@dataclass(frozen=True, eq=False)
class Factors:
    """u and 1 − u (m, n), and whether their products may be too small for plain numbers."""

    u: Array
    not_u: Array
    flush: bool

    @classmethod
    def of(cls, a: Array) -> Factors:
        """From a = w_hᵀ[1, x] (m, n)."""
        return cls(*sigmoids(a), flush=bool(np.abs(a).max() * len(a) > _MAY_BE_FLUSHED))

    def table(self, units: slice, part: slice) -> Array:
        """(2^units, rows) Π_h u_h^z_h (1 − u_h)^(1−z_h) over these units, built by doubling."""
        u, not_u = self.u[units, part], self.not_u[units, part]
        table = np.empty((2 ** len(u), u.shape[1]))
        if not len(u):
            table[0] = 1.0
            return table
        table[0], table[1] = not_u[0], u[0]
        for h in range(1, len(u)):
            width = 1 << h
            lower = table[:width]
            np.multiply(lower, u[h], out=table[width : 2 * width])
            lower *= not_u[h]
        if self.flush:
            table[table < FLUSHED] = 0.0
        return table


def _class_pass(
    o: Array, factors: HalfTables, weights: Array | None, hidden: Array, evidence: Array, part: slice
) -> Array:
    """Rows of one class, whose o is (2^b, 2^a): their E[z] and evidence are filled in; B diag(weight / evidence) Aᵀ.

    A row whose evidence is too small takes no part: the caller does it in logarithms.
    """
    b, a = (int(size).bit_length() - 1 for size in o.shape)
    A, B = factors.table(slice(a), part), factors.table(slice(a, None), part)
    R = o.T @ B
    R *= A
    found = R.sum(axis=0)
    evidence[part] = found
    scale = _inverse(found)
    np.multiply(binary_rows(a).T @ R, scale, out=hidden[:a, part])
    L = o @ A
    L *= B
    np.multiply(binary_rows(b).T @ L, scale, out=hidden[a:, part])
    B *= scale if weights is None else scale * weights[part]
    return np.asarray(B @ A.T)


def _waves(of_class: slice, width: int) -> list[list[slice]]:
    """Parts of a class, as many at once as there are threads, so that few grids wait to be summed."""
    begin = of_class.start
    chunks = row_chunks(of_class.stop - begin, max(512, _ENTRIES_AT_ONCE // width))
    parts = [slice(begin + chunk.start, begin + chunk.stop) for chunk in chunks]
    return [parts[i : i + n_threads()] for i in range(0, len(parts), n_threads())]


def enumerated(
    params: NetworkParams, rows: NetworkRows, chosen: IntArray, inference: Inference = EXACT, draws: Array | None = None
) -> ExactPosterior:
    """The same for the chosen rows of the design, configuration by configuration in logarithms, some rows at a time.

    It holds about 2^21 entries at once, those of one row at least.
    """
    m = params.hidden_units
    hidden, log_evidence, entropy = np.empty((m, len(chosen))), np.empty(len(chosen)), np.empty(len(chosen))
    counts = np.zeros(2**m)
    for places, log_o in _groups(params, rows, chosen):
        some = chosen[places]
        drawn = None if draws is None else draws[rows.order[some]]
        log_joint = log_prior_table(params, rows.design[some])
        log_joint += log_o
        q, log_evidence[places], entropy[places] = assign(log_joint, inference, drawn)
        hidden[:, places] = unit_means(q)
        counts += q.sum(axis=1) if rows.weights is None else q @ rows.weights[some]
    shape = all_configurations(m).shape
    return ExactPosterior(hidden.T, log_evidence, counts.reshape(shape), entropy)


def _groups(params: NetworkParams, rows: NetworkRows, chosen: IntArray) -> Iterator[tuple[IntArray, Array]]:
    """Places among the chosen rows, some at a time, with ln p(y | z) (2^m, rows or 1) of them."""
    at_once = max(1, _ENUMERATED_AT_ONCE >> params.hidden_units)
    if rows.numeric:
        for part in row_chunks(len(chosen), at_once):
            yield np.arange(part.start, part.stop), gaussian_output.log_output_table(params, rows, chosen[part])
        return
    targets = rows.sorted_targets[chosen]
    for c in np.unique(targets):
        of_class, log_o = np.flatnonzero(targets == c), log_output(params, int(c))[:, None]
        for part in row_chunks(len(of_class), at_once):
            yield of_class[part], log_o


def log_output_of_row(params: NetworkParams, one: NetworkRows) -> Array:
    """(2^m,) ln p(y | z) of a single row with its target, by the number of the configuration."""
    if one.numeric:
        return gaussian_output.log_output_table(params, one, slice(None))[:, 0]
    return log_output(params, int(one.sorted_targets[0]))


def log_output(params: NetworkParams, target: int) -> Array:
    """(2^m,) ln o_y(z) of one class, by the number of the configuration."""
    configurations = all_configurations(params.hidden_units)
    log_normaliser = configurations.outputs(params.output).log_normaliser
    return (configurations.logits(params.output[target]) - log_normaliser).ravel()


def log_prior_table(params: NetworkParams, design: Array) -> Array:
    """(2^m, rows) ln p(z | x), by the number of the configuration."""
    a = params.hidden @ design.T
    return gaussian_output.log_doubled(-softplus(a), -softplus(-a))  # ln(1 − u) = −softplus(a)


def unit_means(q: Array) -> Array:
    """(m, rows) Σ_z z_h q(z) of q (2^m, rows), halved from the highest bit of the number to the lowest."""
    m = len(q).bit_length() - 1
    on = np.empty((m, q.shape[1]))
    for h in reversed(range(m)):
        upper = q[1 << h :]
        on[h] = upper.sum(axis=0)
        q = q[: 1 << h] + upper
    return on
