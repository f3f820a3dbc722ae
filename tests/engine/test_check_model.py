"""`check_model` finds every invariant that is broken, and names it: coins that are wrong in one way each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest

import engine
from engine.em.inference import EXACT, Tempered
from engine.em.maximization import Event, Maximization
from engine.models.binomial import BinomialParams
from engine.parallel import n_threads
from engine.testing import check_model

HEADS = np.random.default_rng(2).binomial(10, np.where(np.arange(40) % 3 == 0, 0.3, 0.75))
START = engine.BinomialMixture.Params([0.3, 0.7], [0.35, 0.6])


class Coins(engine.BinomialMixture):
    """The model that is broken below."""


class FallingObjective(Coins):
    def maximize(self, expectation, params, data):
        return Maximization(replace(params, probabilities=params.probabilities * 0.9))


class FallingBound(Coins):
    """Takes any step along which the likelihood rises, though Q falls: no M-step."""

    def maximize(self, expectation, params, data):
        best = super().maximize(expectation, params, data).params
        far = params.probabilities + 2.3 * (best.probabilities - params.probabilities)
        return Maximization(replace(best, weights=params.weights, probabilities=far))


class SoftExpectation(Coins):
    def expect(self, params, data, inference=EXACT):
        return super().expect(params, data, Tempered(2.0))

    def responsibilities(self, params, data, rows, inference=EXACT):
        return super().responsibilities(params, data, rows, Tempered(2.0))


class WrongLikelihood(Coins):
    def expect(self, params, data, inference=EXACT):
        made = super().expect(params, data, inference)
        return replace(made, log_likelihood=made.log_likelihood - 0.1)


class WrongEntropy(Coins):
    def expect(self, params, data, inference=EXACT):
        made = super().expect(params, data, inference)
        return replace(made, entropy=made.entropy + 0.01)


class WrongQ(Coins):
    """Forgets a constant of Q where the parameters are not those of the E-step."""

    def q_value(self, expectation, params, data):
        moved = params.probabilities[0] != START.probabilities[0]
        return super().q_value(expectation, params, data) - (0.05 if moved else 0.0)


class WrongPartsOfQ(Coins):
    """Counts a constant of Q in neither of its parts."""

    def q_value(self, expectation, params, data):
        return sum(super().q_parts(expectation, params, data).values())

    def q_parts(self, expectation, params, data):
        parts = super().q_parts(expectation, params, data)
        return parts if params.probabilities[0] == START.probabilities[0] else parts | {"densities": 0.0}


class WrongSums(Coins):
    def responsibilities(self, params, data, rows, inference=EXACT):
        return super().responsibilities(params, data, rows, inference) * 0.999


class Negative(Coins):
    def responsibilities(self, params, data, rows, inference=EXACT):
        r = super().responsibilities(params, data, rows, inference)
        return r + np.array([1.0, -1.0])


class NotANumber(Coins):
    def responsibilities(self, params, data, rows, inference=EXACT):
        r = super().responsibilities(params, data, rows, inference)
        r[0] = np.nan
        return r


class RowsOfItsOwn(Coins):
    """Responsibilities of some rows are those of the first rows."""

    def responsibilities(self, params, data, rows, inference=EXACT):
        every = super().responsibilities(params, data, slice(None), inference)
        return every[: len(every[rows])]


class FirstRowCounts(Coins):
    def collect(self, data, rows, responsibilities):
        responsibilities[0, 0] *= 1.5
        return super().collect(data, rows, responsibilities)


class OrderOfRows(Coins):
    """M-steps keep the first row in mind."""

    def maximize(self, expectation, params, data):
        best = super().maximize(expectation, params, data).params
        nudged = best.probabilities * (1 - 1e-5 * data.X[0, 0])
        return Maximization(replace(best, probabilities=nudged), (Event("nudged", breaks_ascent=True),))


class OrderOfComponents(Coins):
    def maximize(self, expectation, params, data):
        best = super().maximize(expectation, params, data).params
        nudged = best.probabilities * [1, 1 - 1e-5]
        return Maximization(replace(best, probabilities=nudged), (Event("nudged", breaks_ascent=True),))


class NumberOfRows(Coins):
    """Shrinks by the number of rows, not by what they weigh."""

    def maximize(self, expectation, params, data):
        best = super().maximize(expectation, params, data).params
        nudged = best.probabilities * (1 - 1e-3 / data.n_rows)
        return Maximization(replace(best, probabilities=nudged), (Event("nudged", breaks_ascent=True),))


class Forgetful(Coins):
    """Draws anew each time."""

    generator: ClassVar = np.random.default_rng(0)

    def start(self, data, generator):
        return super().start(data, self.generator)


class Drifting(Coins):
    """The E-step remembers how often it was asked."""

    asked: ClassVar[list[int]] = []

    def expect(self, params, data, inference=EXACT):
        made = super().expect(params, data, inference)
        self.asked.append(1)
        statistics = tuple(part * (1 + 1e-13 * len(self.asked)) for part in made.statistics)
        return replace(made, statistics=statistics)


class MovingLikelihood(Coins):
    """The log-likelihood is that of the call before."""

    shift: ClassVar[list[float]] = []

    def expect(self, params, data, inference=EXACT):
        made = super().expect(params, data, inference)
        self.shift.append(made.log_likelihood)
        return replace(made, log_likelihood=self.shift[-2] if len(self.shift) > 1 else made.log_likelihood)


class FirstChunkOnly(Coins):
    """Loses what the chunks after the first hold."""

    def collect(self, data, rows, responsibilities):
        return super().collect(data, rows, responsibilities * (rows.start == 0))


class UnitsOfItsOwn(Coins):
    """Statistics in units of the data that were seen, which are others for parts of them."""

    def expect(self, params, data, inference=EXACT):
        made = super().expect(params, data, inference)
        return replace(made, statistics=tuple(part / data.X.sum() for part in made.statistics))

    def maximize(self, expectation, params, data):
        return super().maximize(self.back(expectation, data), params, data)

    def q_value(self, expectation, params, data):
        return super().q_value(self.back(expectation, data), params, data)

    def back(self, expectation, data):
        return replace(expectation, statistics=tuple(part * data.X.sum() for part in expectation.statistics))


class NumberOfThreads(Coins):
    def maximize(self, expectation, params, data):
        best = super().maximize(expectation, params, data).params
        return Maximization(replace(best, probabilities=best.probabilities * (1 - 1e-15 * n_threads())))


class TooLittle(SoftExpectation):
    """E-steps that are not exact, and a likelihood below its bound."""

    exact: ClassVar[bool] = False

    def expect(self, params, data, inference=EXACT):
        made = super().expect(params, data, inference)
        return replace(made, log_likelihood=made.log_likelihood - 50.0)


class BadNumbers(Coins):
    def maximize(self, expectation, params, data):
        return Maximization(replace(params, probabilities=params.probabilities * np.nan))


@dataclass(frozen=True, eq=False)
class OpenParams(BinomialParams):
    def __post_init__(self):
        object.__setattr__(self, "weights", np.array(self.weights, dtype=float))
        object.__setattr__(self, "probabilities", np.array(self.probabilities, dtype=float))


class Writable(Coins):
    def maximize(self, expectation, params, data):
        best = super().maximize(expectation, params, data).params
        return Maximization(OpenParams(best.weights, best.probabilities))


@dataclass(eq=False)
class LooseParams:
    weights: np.ndarray
    probabilities: np.ndarray

    def __post_init__(self):
        for name in ("weights", "probabilities"):
            array = np.array(getattr(self, name), dtype=float)
            array.flags.writeable = False
            setattr(self, name, array)


class Settable(Coins):
    Params: ClassVar = LooseParams

    def start(self, data, generator):
        return LooseParams(START.weights, START.probabilities)


BROKEN = [
    (FallingObjective, "the objective never falls"),
    (FallingBound, "neither half-step lowers the bound"),
    (SoftExpectation, "KL = 0 after an exact E-step"),
    (WrongLikelihood, "KL = 0 after an exact E-step"),
    (TooLittle, "KL is never negative"),
    (WrongEntropy, "the entropy is that of the responsibilities"),
    (WrongQ, "KL is that between the responsibilities"),
    (WrongPartsOfQ, "the parts of Q sum to Q"),
    (WrongSums, "responsibilities lie in [0, 1] and sum to 1"),
    (Negative, "responsibilities lie in [0, 1] and sum to 1"),
    (NotANumber, "responsibilities lie in [0, 1] and sum to 1"),
    (RowsOfItsOwn, "responsibilities of some rows are those rows of all"),
    (FirstRowCounts, "KL = 0 after an exact E-step"),
    (OrderOfRows, "the order of the rows does not matter"),
    (OrderOfComponents, "the order of the components does not matter"),
    (NumberOfRows, "a weight of 2 is the same as the row twice"),
    (NumberOfThreads, "any number of threads gives the same bytes"),
    (Drifting, "released statistics come back the same"),
    (MovingLikelihood, "the numbers of a step are those of its parameters"),
    (FirstChunkOnly, "the pass is additive over chunks of rows"),
    (UnitsOfItsOwn, "three parts of the data add up to the whole"),
    (BadNumbers, "parameters and objective are finite"),
    (Writable, "parameters are immutable"),
]


@pytest.mark.parametrize(("broken", "invariant"), BROKEN, ids=lambda value: getattr(value, "__name__", ""))
def test_a_broken_model_is_found_and_the_invariant_named(broken, invariant):
    with pytest.raises(AssertionError) as caught:
        check_model(broken(), HEADS, start=START)
    sentence = str(caught.value)
    assert sentence.startswith("coins: ")
    assert invariant in sentence
    assert "does not hold at" in sentence
    assert any(mark.isdigit() for mark in sentence)


def test_parameters_that_can_be_set_anew_are_found():
    with pytest.raises(AssertionError, match=r"immutable.*`weights` can be set anew"):
        check_model(Settable(), HEADS)


def test_a_start_that_forgets_its_seed_is_found():
    with pytest.raises(AssertionError, match="the same seed gives the same bytes"):
        check_model(Forgetful(), HEADS)


def test_the_step_and_the_numbers_are_said():
    with pytest.raises(AssertionError, match=r"iteration 1, after M: from -\d+\.\d+ to -\d+\.\d+, by \d"):
        check_model(FallingObjective(), HEADS, start=START)


def test_an_event_that_breaks_ascent_is_no_fall():
    class Mending(Coins):
        def maximize(self, expectation, params, data):
            made = super().maximize(expectation, params, data)
            worse = replace(made.params, probabilities=np.clip(made.params.probabilities * 0.9, 0.01, 1))
            return Maximization(worse, (Event("set again", 0, breaks_ascent=True),))

    assert "the objective never falls" not in check_model(Mending(), HEADS)


@pytest.mark.parametrize("ascent", ["maximum", "conditional", "layerwise", "gradient", "drawn"])
def test_an_m_step_is_held_to_what_it_promises(ascent):
    class Careless(Coins):
        """Falls, and says neither before nor after that it does."""

    Careless.ascent = ascent  # type: ignore[assignment, method-assign]
    Careless.maximize = FallingObjective.maximize  # type: ignore[assignment, method-assign]
    if ascent != "drawn":
        with pytest.raises(AssertionError, match="the objective never falls does not hold"):
            check_model(Careless(), HEADS)
    else:
        assert "the objective never falls" not in check_model(Careless(), HEADS)


def test_the_untouched_model_passes_and_says_what_was_checked():
    checked = check_model(Coins(), HEADS, start=START)
    known = {invariant for _, invariant in BROKEN}
    assert known < set(checked)
    assert len(checked) == len(set(checked))


@pytest.mark.parametrize("algorithm", ["hard", "stochastic", "annealed"])
def test_other_algorithms_owe_what_they_say(algorithm):
    checked = check_model(Coins(), HEADS, algorithm=algorithm)
    assert "KL is never negative" in checked
    assert "the objective never falls" not in checked
    assert ("neither half-step lowers the bound" in checked) == (algorithm == "hard")


def test_known_labels_fix_the_order_of_the_components():
    checked = check_model(Coins(), HEADS, np.where(np.arange(40) < 5, 0, -1))
    assert "the order of the components does not matter" not in checked
    assert "the order of the rows does not matter" in checked


def test_data_that_cannot_be_used_stay_the_error_that_they_are():
    with pytest.raises(engine.DataError):
        check_model(Coins(), [-1])
