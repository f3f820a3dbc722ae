"""θ says what it is: declarations, what follows from them for single entries, and components in another order."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from why_cases import CASES, HEADS, IRIS, walked

import engine
from engine.editing.entries import admissible, entries, entry_named, limits_of, moved, value_of
from engine.em.fields import count_components, fields_of, relabelled
from engine.em.parameters import (
    Axis,
    Parameters,
    arrays_of,
    largest_difference,
    positive,
    remembers_more,
    simplex,
    with_arrays,
)
from engine.em.step import Step
from engine.errors import OptionError
from engine.models import model_names
from engine.models.hmm.params import HiddenMarkovParams
from engine.testing import check_model


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


def test_arrays_are_read_only_and_values_are_equal_where_all_numbers_are():
    one, other = engine.PoissonMixture.Params([0.5, 0.5], [1, 2]), engine.PoissonMixture.Params([0.5, 0.5], [1, 2])
    assert one == other and hash(one) == hash(other) and len({one, other}) == 1
    for unlike in ([0.5, 0.5], [1, 3]), ([0.4, 0.6], [1, 2]), ([0.5, 0.25, 0.25], [1, 2, 3]):
        assert one != engine.PoissonMixture.Params(*unlike)
    assert one != ZerosLastParams(one.weights, one.rates) and one != "θ"  # another class
    assert Undeclared([0.0, np.nan]) == Undeclared([-0.0, np.nan]) and len({Undeclared([0.0]), Undeclared([-0.0])}) == 1
    assert Undeclared([1.0]) != Undeclared([1.0], [1.0])
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


def test_more_models_than_these_there_are_not():
    assert {of_case(name).problem.model.name for name in ALL} == set(model_names())


@cache
def of_case(name: str) -> Step:
    """The last step of a short run of every kind of model."""
    if name in CASES:
        return walked(name, 1)[-1]
    if name == "backprop":
        return engine.m_step(engine.e_step(engine.begin(engine.BackpropMLP(3), IRIS.X, IRIS.y)))
    if name in ("experts", "experts of numbers"):
        y = IRIS.y if name == "experts" else IRIS.X[:, 0]
        return engine.m_step(engine.e_step(engine.begin(engine.MixtureOfExperts(2), IRIS.X[:, 1:], y)))
    if name == "backprop-experts":
        return engine.m_step(engine.e_step(engine.begin(engine.BackpropExperts(2), IRIS.X, IRIS.y)))
    if name == "network of numbers":
        return engine.m_step(engine.e_step(engine.begin(engine.LatentMLP(2), IRIS.X[:, 1:], IRIS.X[:, 0])))
    if name == "deep":
        return engine.begin(engine.LatentMLP((3, 2), e_step="gibbs"), IRIS.X, IRIS.y)
    model = engine.LatentDirichletAllocation(3, learn_alpha=True)
    return engine.m_step(engine.e_step(engine.begin(model, engine.load("bars").X[::8])))


_LEARNERS = ("backprop", "deep", "network of numbers", "experts", "experts of numbers", "backprop-experts")
ALL = (*CASES, *_LEARNERS, "topics")


@settings(max_examples=150)
@given(name=st.sampled_from(ALL), where=st.floats(0, 1, exclude_max=True), share=st.floats(0, 1))
def test_wherever_an_entry_is_moved_theta_stays_what_it_is_declared_to_be(name, where, share):
    step = of_case(name)
    model, params = step.problem.model, step.params
    some = entries(model, params)
    entry = some[int(where * len(some))]
    low, high = limits_of(params, entry)
    value = value_of(params, entry)
    assert low <= value <= high
    for beyond in (low - 1e-3 * (1.0 + abs(low)), high + 1e-3 * (1.0 + abs(high))):
        if np.isfinite(beyond):
            with pytest.raises(OptionError, match="must lie between"):
                moved(params, entry, beyond)
    low, high = max(low, value - 2.0 * abs(value) - 1.0), min(high, value + 2.0 * abs(value) + 1.0)
    there = moved(params, entry, low + share * (high - low))
    assert value_of(there, entry) == pytest.approx(low + share * (high - low))
    assert admissible(model, there)
    if 0.01 < share < 0.99:
        model.check_params(there, step.problem.data)
    fields = fields_of(there, model)
    before = arrays_of(params)
    for path, field in fields.items():
        if field.domain == "simplex":
            rest = fields[field.partner].array if field.partner in fields else 0.0
            np.testing.assert_allclose(field.array.sum(axis=-1) + rest, 1.0, rtol=1e-9)
        if path not in (entry.path, fields[entry.path].partner):
            np.testing.assert_array_equal(field.array, before[path])


def test_a_share_next_to_1_leaves_the_others_their_digits():
    params = engine.PoissonMixture.Params([1.16571369e-10, 1.0 - 1.16571369e-10], [1.0, 2.0])
    weights = moved(params, entry_named(engine.PoissonMixture(), params, "weights[1]"), 0.0).weights
    assert weights.tolist() == [1.0, 0.0]


@settings(max_examples=60)
@given(name=st.sampled_from(ALL), data=st.data())
def test_components_come_back_from_another_order(name, data):
    step = of_case(name)
    model, params = step.problem.model, step.params
    K = count_components(params)
    order = np.array(data.draw(st.permutations(range(K))), dtype=np.int64)
    other = model.relabel(params, order)
    if other is None:
        assert name in ("linkage", "deep") or (name == "backprop-experts" and order[-1] != K - 1)  # relative to it
        return
    assert largest_difference(model.relabel(other, np.argsort(order)), params) == 0.0
    assert model.component_names(other) == model.component_names(params)
    r = model.responsibilities(params, step.problem.data, slice(0, 40))
    again = model.responsibilities(other, step.problem.data, slice(0, 40))
    if not model.samples and name not in ("topics", "labels"):  # begins where it came to rest; labels stay in order
        np.testing.assert_allclose(again, r[:, order], atol=1e-7)


@pytest.mark.parametrize("name", ALL)
def test_every_entry_is_somebodys(name):
    """Owners and subjects together are the whole index, offsets apart, and components are counted right."""
    step = of_case(name)
    K, noun = count_components(step.params), step.params.component_noun
    for field in fields_of(step.params, step.problem.model).values():
        assert len(field.said_axes) == field.array.ndim, field.path
        for index in ((0,) * field.array.ndim, tuple(size - 1 for size in field.array.shape)):
            assert len(field.owners(index)) + len(field.subjects(index)) == field.array.ndim
        for axis, size in zip(field.axes, field.array.shape, strict=True):
            assert axis.noun != noun or size + axis.offset == K or name == "deep"
    posterior = walked(name, 1)[1].posterior if name in CASES else None
    if posterior is not None and K:
        assert posterior.responsibilities.shape[1] == K


@dataclass(frozen=True)
class OddParams(Parameters):
    weights: np.ndarray = positive("π", "weight", per="component", of="column")
    probabilities: np.ndarray = simplex("p", "probability", per="component")


class Odd(engine.BinomialMixture):
    Params: ClassVar = OddParams

    def start(self, data, generator):
        return OddParams([0.5, 0.5], [0.3, 0.6])

    def check_params(self, params, data):
        return params


def test_check_model_holds_a_model_to_its_declarations():
    with pytest.raises(AssertionError, match="as they are declared does not hold at the start: weights has 1 axes"):
        check_model(Odd(), HEADS)
    assert "parameters are as they are declared" in check_model(engine.BinomialMixture(), HEADS)
