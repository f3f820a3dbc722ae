"""The usual slips: each makes of a step the numbers that somebody gets who makes it.

To add one, write a function of the workings and the quantity that yields its words and the wrong numbers, and put it
into `SLIPS`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from engine.arrays import Array
from engine.em.evaluation import Evaluation, Posterior
from engine.em.fields import Field, fields_of
from engine.em.parameters import arrays_of, with_arrays
from engine.em.step import Step
from engine.explain.own_numbers.quantities import BOUND, DEVIATIONS, LOG_LIKELIHOOD, OBJECTIVE, RESPONSIBILITIES
from engine.explain.quantity import Quantity
from engine.explain.worked import explainer
from engine.parallel import one_blas_thread

Wrong = Iterator[tuple[str, Array]]
_OF_LIKELIHOOD = (LOG_LIKELIHOOD, OBJECTIVE)


@dataclass(frozen=True, eq=False)
class Workings:
    """A step, and what slips need of it.

    older: θ before θ_q, one M-step back; None where it isn't known. rows: those that numbers are given for.
    """

    step: Step
    older: Any = None
    rows: tuple[int, ...] | None = None

    def at(self, params: Any) -> Evaluation:
        """The pass at another θ, with q chosen as in this step."""
        step = self.step
        return step.problem.at(params) if step.inference is None else step.problem.at(params, step.inference)

    def responsibilities(self, at: Evaluation) -> Array:
        """Those of the rows that were given, at another θ."""
        return Posterior(at).rows(slice(None) if self.rows is None else np.asarray(self.rows, dtype=np.int64))

    def maximized(self, at: Evaluation) -> Any:
        """θ of the M-step after the E-step there."""
        with one_blas_thread():
            return self.step.problem.algorithm.maximize(at).params

    def follows(self, quantity: Quantity, params: Any, params_q: Any) -> Array | None:
        """The quantity with the E-step made at another θ_q, and ln p(x) had at another θ; None where it is of neither.

        Of θ itself, after an M-step, it is what that M-step makes of those responsibilities.
        """
        if quantity.name == RESPONSIBILITIES:
            return self.responsibilities(self.at(params_q))
        if quantity.path:
            if self.step.phase != "M":
                return None
            return quantity.read(arrays_of(self.maximized(self.at(params_q)))[quantity.path])
        if quantity.name in _OF_LIKELIHOOD or (quantity.name == BOUND and self.step.phase == "E"):
            return np.asarray(quantity.values + self.at(params).log_likelihood - self.step.log_likelihood)
        return None

    @cached_property
    def fields(self) -> dict[str, Field]:
        """The arrays of θ."""
        return fields_of(self.step.params, self.step.problem.model)

    @cached_property
    def counts(self) -> Array:
        """(K,) N_k, the responsibilities summed over the rows that count."""
        assert self.step.posterior is not None
        r, weight = self.step.posterior.counted(slice(None)), self.step.problem.data.sample_weight
        return np.asarray(r.sum(axis=0) if weight is None else weight @ r)

    @cached_property
    def without_prior(self) -> dict[str, Array]:
        """The arrays of θ as the M-step makes them without the model's prior; {} where there is none to leave out."""
        at, model = self.step.at_q, explainer(self.step).without_prior()
        if at is None or model is None or self.step.phase != "M":
            return {}
        return arrays_of(self.maximized(Evaluation(model, at.data, at.params, at.inference)))

    def bases(self, path: str) -> tuple[Array, ...]:
        """The array of θ, and the same without the prior, which a slip may start from as well."""
        plain = self.without_prior.get(path)
        return (self.fields[path].array,) if plain is None else (self.fields[path].array, plain)

    @property
    def covariance(self) -> Field | None:
        """The field with the covariances, where components have them."""
        return next((one for one in self.fields.values() if one.form), None)

    @property
    def location(self) -> Field | None:
        """The field with the means."""
        return next((one for one in self.fields.values() if one.declared.location), None)


def weights_left_out(of: Workings, quantity: Quantity) -> Wrong:
    """p(x | k) in the place of π_k p(x | k), in the E-step or in ln p(x)."""
    weights = [one for one in of.fields.values() if one.declared.latent]  # those of a chain are several
    if len(weights) != 1 or weights[0].domain != "simplex" or weights[0].array.ndim != 1:
        return
    field, K = weights[0], len(weights[0].array)
    even = {field.path: np.full(K, 1.0 / K)}
    found = of.follows(quantity, with_arrays(of.step.params, even), _at_q(of.step, even))
    if found is None:
        return
    if quantity.values.ndim == 0:
        found = found + of.step.problem.data.total_weight * math.log(K)
    where = "" if quantity.name == RESPONSIBILITIES or not quantity.path else " of the E-step"
    words = f"the {field.declared.word}s {field.declared.symbol} are left out{where}"
    yield f"{words}: each density is multiplied by its {field.declared.word}", found


def scale_mistaken(of: Workings, quantity: Quantity) -> Wrong:
    """σ² in the place of σ, or σ in that of σ²: in the densities, or in what is written down."""
    field = of.covariance
    if field is None:
        return
    if quantity.path == field.path and quantity.name == DEVIATIONS:
        yield "σ² is written for σ: a standard deviation is the square root of the variance", quantity.values**2
    single = not field.matrices or field.array.shape[-1] == 1
    if quantity.path == field.path and quantity.name != DEVIATIONS and single:
        yield "σ is written for σ²: a variance is the square of the standard deviation", np.sqrt(quantity.values)
    if not single:
        return
    for words, power in (("σ² stands for σ in the densities", 2.0), ("σ stands for σ² in the densities", 0.5)):
        here = {field.path: field.array**power}
        there = {} if of.step.params_q is None else {field.path: arrays_of(of.step.params_q)[field.path] ** power}
        found = of.follows(quantity, with_arrays(of.step.params, here), _at_q(of.step, there))
        if found is not None:
            yield f"{words}: exp(−(x − μ)²/(2σ²)) / (σ √(2π)) has the variance in one place, σ in the other", found


def another_step(of: Workings, quantity: Quantity) -> Wrong:
    """Numbers of one half-step or one iteration before, or after."""
    step = of.step
    if of.older is not None:
        old = "the responsibilities are one step old: they are to be had anew from the parameters of the last M-step"
        if quantity.name == RESPONSIBILITIES or quantity.path:
            found = of.follows(quantity, step.params, of.older)
            if found is not None:
                yield old, found
    if step.at_q is None:
        return
    ahead = step.params if step.phase == "M" else None
    if quantity.name == RESPONSIBILITIES and ahead is not None:
        yield "they are one step ahead: the E-step was made before this M-step", of.responsibilities(of.at(ahead))
    if quantity.path and step.phase == "M":
        before = quantity.read(arrays_of(step.params_q)[quantity.path])
        yield "they are those before this M-step", before
    if quantity.path and step.phase == "E":
        after = quantity.read(arrays_of(of.maximized(step.at_q))[quantity.path])
        yield "they are those after the M-step that comes next", after
    if quantity.name in _OF_LIKELIHOOD and step.phase == "M":
        before = np.asarray(quantity.values + step.at_q.log_likelihood - step.log_likelihood)
        yield "it is of the parameters before this M-step", before


def common_logarithm(of: Workings, quantity: Quantity) -> Wrong:
    """log10 in the place of ln."""
    if quantity.values.ndim == 0:
        yield "log10 is taken for ln: one is 2.302585 of the other", np.asarray(quantity.values / math.log(10.0))


def about_the_old_mean(of: Workings, quantity: Quantity) -> Wrong:
    """Σ_k r (x − μ_old)(x − μ_old)ᵀ / N_k = Σ_k + δδᵀ with δ = μ_new − μ_old."""
    field, location = of.covariance, of.location
    if field is None or location is None or quantity.path != field.path or of.step.phase != "M":
        return
    moved = location.array - arrays_of(of.step.params_q)[location.path]
    outer = np.einsum("ki,kj->kij", moved, moved)
    added = {
        "full": outer,
        "tied": np.tensordot(of.counts / of.counts.sum(), outer, axes=1) if field.form == "tied" else outer,
        "diag": moved**2,
        "spherical": (moved**2).mean(axis=1),
    }[field.form]
    symbol = field.declared.symbol
    for base in of.bases(field.path):
        yield f"{symbol} is taken about the old mean: the M-step takes the new one", quantity.read(base + added)


def divisor_less_one(of: Workings, quantity: Quantity) -> Wrong:
    """N_k − 1, or n − 1 for what is of all rows together, in the place of N_k and n."""
    field = of.fields.get(quantity.path)
    if field is None or of.step.phase != "M":
        return
    n, N = float(of.counts.sum()), of.counts
    if field.form == "tied" or (field.declared.latent and field.domain == "simplex" and field.array.ndim == 1):
        for base in of.bases(field.path) if n > 1 else ():
            yield "the divisor is n − 1: maximum likelihood divides by n", quantity.read(base * (n / (n - 1)))
    elif (field.form or field.declared.location) and len(field.array) == len(N) and (N > 1).all():
        by = (N / (N - 1)).reshape(-1, *(1,) * (field.array.ndim - 1))
        for base in of.bases(field.path):
            yield "the divisor is N_k − 1: maximum likelihood divides by N_k", quantity.read(base * by)


def prior_left_out(of: Workings, quantity: Quantity) -> Wrong:
    """Maximum likelihood, where the M-step has a prior or a ridge as well."""
    if quantity.path in of.without_prior:
        found = quantity.read(of.without_prior[quantity.path])
        yield "the model's prior (reg_covar) is left out, which adds to each variance", found


def of_its_own(of: Workings, quantity: Quantity) -> Wrong:
    """Slips that are of this quantity alone, such as α that is scaled."""
    yield from quantity.usual


SLIPS: tuple[Callable[[Workings, Quantity], Wrong], ...] = (
    weights_left_out,
    scale_mistaken,
    another_step,
    common_logarithm,
    about_the_old_mean,
    divisor_less_one,
    prior_left_out,
    of_its_own,
)


def _at_q(step: Step, arrays: dict[str, Array]) -> Any:
    return None if step.params_q is None else with_arrays(step.params_q, arrays)
