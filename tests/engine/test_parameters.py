"""θ says what it is: declarations, what follows from them for single entries, and components in another order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

import engine
from engine.em.parameters import (
    Axis,
    Parameters,
    arrays_of,
    count_components,
    fields_of,
    largest_difference,
    positive,
    relabelled,
    remembers_more,
    simplex,
    with_arrays,
)
from engine.models.hmm.params import HiddenMarkovParams


@dataclass(frozen=True)
class InflatedParams(Parameters):
    """K + 1 weights, the first of them that of certain zeros, and K rates."""

    weights: np.ndarray = simplex("π", "weight", per="component")
    rates: np.ndarray = positive("λ", "rate", per=Axis("component", offset=1))


@dataclass(frozen=True)
class ZerosLastParams(Parameters):
    weights: np.ndarray = simplex("π", "weight", per="component")
    rates: np.ndarray = positive("λ", "rate", per="component")


@dataclass(frozen=True)
class Undeclared(Parameters):
    component_noun: ClassVar[str] = "part"

    numbers: np.ndarray
    nothing: np.ndarray | None = None


def test_arrays_are_read_only_and_values_equal_themselves_alone():
    one, other = engine.PoissonMixture.Params([0.5, 0.5], [1, 2]), engine.PoissonMixture.Params([0.5, 0.5], [1, 2])
    assert one == one and one != other and hash(one) == hash(one) and len({one, other}) == 2
    with pytest.raises(ValueError, match="read-only"):
        one.rates[0] = 3.0
    assert largest_difference(one, with_arrays(other, {"rates": np.array([1.0, 4.0])})) == 2.0


@pytest.mark.parametrize("kind", ["full", "tied", "diag", "spherical"])
def test_a_covariance_has_the_form_of_the_models_option(kind):
    """Three components in three columns: the shapes of full ones apart, only the option tells which is which."""
    model = engine.GaussianMixture(3, covariance_type=kind)
    params = engine.begin(model, engine.load("iris").X[:, :3]).params
    field = fields_of(params, model)["covariances"]
    nouns = {
        "full": ("component", "column", "column"), "tied": ("column", "column"),
        "diag": ("component", "column"), "spherical": ("component",),
    }[kind]  # fmt: skip
    assert tuple(axis.noun for axis in field.axes) == nouns
    assert field.matrices == (kind in ("full", "tied"))
    assert field.domain == ("positive definite" if field.matrices else "positive")
    order = np.array([2, 0, 1])
    other = model.relabel(params, order)
    assert other is not None
    expected = params.covariances if kind == "tied" else params.covariances[order]
    np.testing.assert_array_equal(other.covariances, expected)
    np.testing.assert_array_equal(other.means, params.means[order])


def test_values_within_values_have_dotted_paths_and_partners_find_each_other():
    model = engine.HiddenMarkovModel(2, emission="gaussian", covariance_type="full", stop_state=True)
    emission = engine.GaussianEmission(np.zeros((2, 3)), np.tile(np.eye(3), (2, 1, 1)))
    params = HiddenMarkovParams(np.full(2, 0.5), np.full((2, 2), 0.4), emission, np.full(2, 0.2))
    fields = fields_of(params, model)
    assert list(fields) == ["initial", "transition", "emission.means", "emission.covariances", "stop"]
    assert (fields["transition"].partner, fields["stop"].partner) == ("stop", "transition")
    assert fields["transition"].owners((0, 1)) == (0, 1)
    assert fields["emission.covariances"].subjects((1, 2, 0)) == ((Axis("column"), 2), (Axis("column"), 0))
    assert count_components(params) == 2
    changed = with_arrays(params, {"emission.means": np.ones((2, 3)), "stop": np.full(2, 0.1)})
    assert changed.emission.means.all() and changed.stop[0] == 0.1 and changed.transition is not params.transition


def test_more_components_than_rates_are_counted_and_put_in_order():
    params = InflatedParams([0.2, 0.5, 0.3], [1.0, 4.0])
    assert count_components(params) == 3
    assert fields_of(params)["rates"].owners((1,)) == (2,)
    other = relabelled(params, np.array([0, 2, 1]))
    assert other is not None
    assert other.weights.tolist() == [0.2, 0.3, 0.5] and other.rates.tolist() == [4.0, 1.0]
    assert relabelled(params, np.array([1, 0, 2])) is None  # the component of the zeros has no rate to take along
    last = ZerosLastParams([0.5, 0.3, 0.2], [1.0, 4.0])
    assert count_components(last) == 3 and fields_of(last)["rates"].owners((1,)) == (1,)
    moved = relabelled(last, np.array([1, 0, 2]))
    assert moved is not None and moved.rates.tolist() == [4.0, 1.0]
    assert relabelled(last, np.array([2, 0, 1])) is None


def test_what_is_not_declared_holds_numbers_that_belong_to_nobody():
    params = Undeclared([[1.0, 2.0]])
    assert list(arrays_of(params)) == ["numbers"]
    field = fields_of(params)["numbers"]
    assert (field.domain, field.declared.word, field.axes) == ("real", "numbers", (Axis(""), Axis("")))
    assert count_components(params) == 0 and relabelled(params, np.arange(1)) is None


def test_what_an_optimiser_remembers_is_no_part_of_theta():
    iris = engine.load("iris")
    step = engine.begin(engine.BackpropMLP(3), iris.X, iris.y)
    assert list(arrays_of(step.params)) == ["hidden", "output"] and remembers_more(step.params)
    assert not remembers_more(engine.begin(engine.LatentMLP(3), iris.X, iris.y).params)
    order = np.array([1, 2, 0])
    other = step.problem.model.relabel(step.params, order)
    assert other is not None
    np.testing.assert_array_equal(other.output[:, 1:], step.params.output[:, 1:][:, order])
    np.testing.assert_array_equal(other.output[:, 0], step.params.output[:, 0])
    np.testing.assert_array_equal(other.hidden, step.params.hidden[order])
