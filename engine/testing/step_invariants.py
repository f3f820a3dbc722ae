"""Invariants of a step, and of one step after another."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator

import numpy as np

from engine.em.fields import Field, fields_of
from engine.em.inference import Exact
from engine.em.loop import begin
from engine.em.model import Model
from engine.em.step import Step
from engine.testing.case import Case, close, leaves, require, same_bytes, scale_of


def immutable(case: Case, step: Step) -> Iterator[str]:
    """No array can be written to, and no field can be replaced."""
    name = "parameters are immutable"
    for leaf in leaves(step.params):
        require(not leaf.flags.writeable, name, step, f"an array of shape {leaf.shape} can be written to")
    try:
        part = dataclasses.fields(step.params)[0].name
        setattr(step.params, part, getattr(step.params, part))
    except (dataclasses.FrozenInstanceError, IndexError):
        yield name
    else:
        require(False, name, step, f"`{part}` can be set anew")


def finite(case: Case, step: Step) -> Iterator[str]:
    """Every parameter and the objective is a number."""
    name = "parameters and objective are finite"
    require(all(np.isfinite(leaf).all() for leaf in leaves(step.params)), name, step, "a parameter is not")
    if case.model.exact or step.at_q is not None:
        require(math.isfinite(step.objective), name, step, f"the objective is {step.objective}")
    yield name


def declared(case: Case, step: Step) -> Iterator[str]:
    """Every array has the axes that it is declared with, lies in its domain, and is where it is held."""
    name = "parameters are as they are declared"
    fields = fields_of(step.params, case.model)
    for path, field in fields.items():
        array, axes = field.array, len(field.said_axes)
        require(axes in (0, array.ndim), name, step, f"{path} has {array.ndim} axes, not {axes}")
        require(_in_domain(field), name, step, f"{path} is not {field.domain}: {array.ravel()[:5]}")
        require(same_bytes(field.with_held(array), array), name, step, f"an entry of {path} has left where it is held")
        if field.domain == "simplex":
            rest = fields[field.partner].array if field.partner in fields else 0.0
            apart = float(np.abs(array.sum(axis=-1) + rest - 1.0).max(initial=0.0))
            require(apart < 1e-6, name, step, f"the sums of {path} are off by {apart:z.3g}")
    yield name


def _in_domain(field: Field) -> bool:
    """In its declared domain, including the border."""
    array = field.array
    if field.domain in ("simplex", "probability"):
        return bool(((array >= 0) & (array <= 1 + 1e-12)).all())
    if field.matrices:
        return bool((np.linalg.eigvalsh(array) > 0).all()) and close(array, np.swapaxes(array, -1, -2), 1e-9)
    if field.domain == "whole":
        return bool((array == np.round(array)).all())
    return field.domain == "real" or bool((array >= 0).all())


def responsibilities(case: Case, step: Step) -> Iterator[str]:
    """They are shares, sum to 1 if the model says so, and a selection of rows equals those rows of the whole."""
    if step.posterior is None:
        return
    sum_to_one = case.model.responsibilities_sum_to_one
    name = "responsibilities lie in [0, 1]" + (" and sum to 1" if sum_to_one else "")
    r = step.posterior.responsibilities
    require(bool(np.isfinite(r).all()), name, step, "one is not finite")
    require(bool(((r >= 0) & (r <= 1 + 1e-12)).all()), name, step, f"they run from {r.min()} to {r.max()}")
    if sum_to_one:
        apart = np.abs(r.sum(axis=1) - 1.0)
        require(bool((apart < 1e-9).all()), name, step, f"row {apart.argmax() + 1} is off by {apart.max():z.3g}")
    yield name
    name, some = "responsibilities of some rows are those rows of all", slice(0, len(r), 2)
    yield require(close(step.posterior.rows(some), r[some], 1e-9), name, step, "every other row was asked for")


def ledger(case: Case, step: Step) -> Iterator[str]:
    """elbo = Q + H and KL = log-likelihood − elbo, with H and KL a second time from the responsibilities."""
    if step.at_q is None or step.posterior is None or step.inference is None:
        return
    model, data = case.model, step.problem.data
    scale = scale_of(step, step.log_likelihood, step.q_value, step.elbo)
    slack = case.tolerance * scale
    again = model.entropy(step.params_q, data, step.inference)
    name = "the entropy is that of the responsibilities"
    yield require(abs(step.entropy - again) <= slack, name, step, f"{step.entropy} is not {again}")
    if step.q_parts:
        name, total = "the parts of Q sum to Q", sum(step.q_parts.values())
        own = model.q_value(step.expectation, step.params, data)
        yield require(total == own or abs(total - own) <= slack, name, step, f"{total} is not {own}")
    name = "Q + entropy = elbo"
    require(abs(step.q_value + again - step.elbo) <= 2 * slack, name, step, f"{step.q_value} + {again} ≠ {step.elbo}")
    yield name
    if not math.isfinite(step.log_likelihood) or step.log_likelihood_error > 0:
        return
    name = "elbo + KL = log-likelihood"
    total = step.elbo + step.kl
    yield require(abs(total - step.log_likelihood) <= slack, name, step, f"{total} is not {step.log_likelihood}")
    exact = model.exact and isinstance(step.inference, Exact)
    if step.phase == "E" and exact:
        name = "KL = 0 after an exact E-step"
        yield require(abs(step.kl) <= slack, name, step, f"KL is {step.kl}")
    name = "KL is never negative"
    yield require(step.kl >= -slack, name, step, f"KL is {step.kl}")
    whole = type(model).entropy is Model.entropy  # q is its responsibilities
    if exact and whole and model.has_likelihood:
        name = "KL is that between the responsibilities"
        apart = _kl_of_rows(step)
        yield require(abs(step.kl - apart) <= slack + 1e-9 * apart, name, step, f"{step.kl} is not {apart}")


def _kl_of_rows(step: Step) -> float:
    """Σ_i w_i Σ_k q_ik ln(q_ik / p_ik), p the posterior at θ."""
    assert step.posterior is not None
    q, data = step.posterior.responsibilities, step.problem.data
    p = step.problem.model.responsibilities(step.params, data, slice(None))
    used = q > 0
    each = np.zeros(len(q))
    with np.errstate(divide="ignore"):
        terms = q[used] * (np.log(q[used]) - np.log(p[used]))
    np.add.at(each, np.nonzero(used)[0], terms)
    return float(each.sum() if data.sample_weight is None else each @ data.sample_weight)


def own_parameters(case: Case, step: Step) -> Iterator[str]:
    """Log-likelihood and log prior are the same when computed again from the step's parameters."""
    if step.log_likelihood_error > 0 or not math.isfinite(step.log_likelihood):
        return
    name = "the numbers of a step are those of its parameters"
    fresh = begin(case.model, case.X, case.y, start=step.params, seed=case.seed, algorithm=case.algorithm)
    slack = 1e-12 * scale_of(step, step.log_likelihood)
    same = abs(fresh.log_likelihood - step.log_likelihood) <= slack
    require(same, name, step, f"the log-likelihood is {step.log_likelihood}, afresh {fresh.log_likelihood}")
    same = abs(fresh.log_prior - step.log_prior) <= 1e-12 * scale_of(step, step.log_prior)
    yield require(same, name, step, f"the log prior is {step.log_prior}, afresh {fresh.log_prior}")


def comes_back(case: Case, step: Step) -> Iterator[str]:
    """Released statistics are the same bytes when computed again."""
    name = "released statistics come back the same"
    before = [leaf.copy() for leaf in leaves(step.at.expectation.statistics)]
    step.release()
    after = list(leaves(step.at.expectation.statistics))
    require(len(before) == len(after), name, step, f"{len(after)} arrays come back of {len(before)}")
    for one, other in zip(before, after, strict=True):
        apart = np.max(np.abs(one - other), initial=0.0) if one.shape == other.shape else np.inf
        require(same_bytes(one, other), name, step, f"a second pass is up to {apart:z.3g} apart")
    yield name


def ascent(case: Case, before: Step, after: Step) -> Iterator[str]:
    """The objective never falls in an M-step, the bound in neither half-step, as far as the algorithm says so.

    An M-step that breaks its ascent says so by an event, whatever the model promises; one that goes to a random place
    promises nothing.
    """
    if before.phase == "init" or any(event.breaks_ascent for event in after.events):
        return
    if after.phase == "M" and case.model.ascent == "drawn":
        return
    rises, data = case.algorithm.rises, after.problem.data
    if after.phase == "M" and rises in ("both", "objective") and after.log_likelihood_error == 0:
        name, low, high = "the objective never falls", after.objective_q, after.objective
        slack = case.tolerance * scale_of(after, low, high)
        yield require(high >= low - slack, name, after, f"from {low!r} to {high!r}, by {low - high:z.3g}")
    bound_rises = rises in ("both", "elbo") if after.phase == "M" else rises != "nothing" and case.model.exact
    if bound_rises:
        name = "neither half-step lowers the bound" if rises != "objective" else "an E-step never lowers the bound"
        low = before.elbo + case.model.log_prior(before.params, data)
        high = after.elbo + after.log_prior
        slack = case.tolerance * scale_of(after, low, high)
        yield require(high >= low - slack, name, after, f"from {low!r} to {high!r}, by {low - high:z.3g}")


CHECKS: tuple[Callable[[Case, Step], Iterator[str]], ...] = (
    immutable, finite, declared, responsibilities, ledger, own_parameters, comes_back,
)  # fmt: skip
