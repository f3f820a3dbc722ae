"""Published values of seven examples, as they were printed; `engine.replays` steps beside them.

Where the source prints fewer digits, or only a picture, the values are a recomputation in double precision, and are
marked as such.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from engine.analysis.evaluation import agreement, hard_shares
from engine.arrays import Array, IntArray
from engine.baselines.kmeans import KMeans
from engine.data.catalogue import load
from engine.em.model import Model
from engine.em.step import Phase, Step
from engine.em.stopping import Iterations, ObjectiveChange, ParameterChange, ResponsibilityChange
from engine.models.binomial import BinomialMixture
from engine.models.gaussian.mixture import GaussianMixture
from engine.models.hmm.model import HiddenMarkovModel
from engine.models.linkage import GeneticLinkage
from engine.models.poisson import PoissonMixture
from engine.reference.network_exercise import network_exercise
from engine.reference.replay import Published, Replay, Walk

_REST = ParameterChange(1e-13)


def _at(
    iteration: int | None,
    phase: Phase,
    names: str,
    printed: str,
    read: Callable[[Step], Any],
    recomputed: bool = False,
) -> tuple[Published, ...]:
    """Several numbers of one step: names with commas, printed numbers with spaces between them, and how to read them.

    read gives a number for each name, in an array of any shape, from a step.
    """
    pairs = list(zip((name.strip() for name in names.split(",")), printed.split(), strict=True))

    def one(index: int) -> Callable[[Step], float]:
        return lambda step: float(np.ravel(read(step))[index])

    return tuple(
        Published(iteration, phase, name, number, one(i), recomputed) for i, (name, number) in enumerate(pairs)
    )


_recomputed = partial(_at, recomputed=True)


def _start(dataset: str, model: Model[Any, Any]) -> Any:
    """The start that the catalogue has for these data."""
    return model.Params(**(load(dataset).start or {}))


def _first_column(step: Step) -> Array:
    """The first component's responsibility for each row."""
    assert step.posterior is not None  # read after an E-step
    return step.posterior.responsibilities[:, 0]


def _labels(step: Step) -> IntArray:
    assert step.posterior is not None
    return step.posterior.labels


def _coins() -> tuple[Walk, ...]:
    """Two coins with fixed weights, and with free ones."""
    both = "p(heads) of A, p(heads) of B"

    def probabilities(step: Step) -> Array:
        return np.asarray(step.params.probabilities)

    def expected(step: Step) -> Array:
        assert step.at_q is not None
        _, heads, tails, _ = step.at_q.expectation.statistics
        return np.stack([heads, tails], axis=1)

    walked = """.713012 .581339  .745292 .569256  .768099 .549536  .783165 .534617  .791055 .526281
               .794533 .522390  .795929 .520730  .796466 .520047  .796668 .519770  .796744 .519659"""
    pairs = walked.split()
    sets = ", ".join(f"share of A in set {i}" for i in range(1, 6))
    counts = "heads of A, tails of A, heads of B, tails of B"
    fixed, free = BinomialMixture(2, 10, fixed_weights=True), BinomialMixture(2, 10)
    each = [_recomputed(t, "M", both, " ".join(pairs[2 * t - 2 : 2 * t]), probabilities) for t in range(1, 11)]
    first = _at(1, "E", sets, ".449149 .804986 .733467 .352156 .647215", _first_column)
    first += _at(1, "E", counts, "21.2975 8.5722 11.7025 8.4278", expected)
    limit = _recomputed(None, "M", both, ".796789 .519583", probabilities)
    loose = _recomputed(1, "M", both, ".713012 .581339", probabilities)
    loose += _recomputed(None, "M", both, ".793368 .513917", probabilities)
    loose += _recomputed(None, "M", "weight of A", ".522751", lambda step: step.params.weights[0])
    start = _start("coins", fixed)
    return (
        Walk("each coin as likely", "coins", fixed, first + sum(each, ()) + limit, start, stopping=_REST),
        Walk("free weights", "coins", free, loose, start, stopping=_REST),
    )


def _linkage() -> tuple[Walk, ...]:
    """Eight iterations, the limit, and the rate at which it is approached."""
    model = GeneticLinkage()
    limit = (15 + np.sqrt(53809)) / 394  # the root of the likelihood equation
    thetas = ".608247423 .624321050 .626488879 .626777322 .626815632 .626820719 .626821394 .626821484"
    values: tuple[Published, ...] = ()
    for t, theta in enumerate(thetas.split(), start=1):
        values += _at(t, "M", "theta", theta, lambda step: step.params.theta)
        if t == 6:  # the ratio of errors has settled, and they are still far above rounding
            values += _at(
                t, "M", "rate of convergence", ".1328",
                lambda step: (step.params.theta - limit) / (step.params_q.theta - limit),
            )  # fmt: skip
    values += _at(None, "M", "limit of theta", ".6268214979", lambda step: step.params.theta)
    return (Walk("from one half", "linkage", model, values, _start("linkage", model), stopping=_REST),)


def _icecream() -> tuple[Walk, ...]:
    """Baum–Welch on the diary: the likelihood, and the parameters after one and ten iterations."""
    model = HiddenMarkovModel(2, stop_state=True, first_symbol=1)

    def likelihood(step: Step) -> float:
        return float(np.exp(step.log_likelihood))

    def emission(step: Step) -> Array:
        return np.asarray(step.params.emission)

    def transition(step: Step) -> Array:
        return np.asarray(step.params.transition).T

    symbols = "p(1 | C), p(2 | C), p(3 | C), p(1 | H), p(2 | H), p(3 | H)"
    moves = "C to C, H to C, C to H, H to H"
    values = _at(0, "init", "likelihood", "9.13e-19", likelihood)
    values += _recomputed(1, "M", "likelihood", "1.1041e-16", likelihood)
    values += _recomputed(1, "M", symbols, ".6765 .2188 .1047 .0584 .4251 .5165", emission)
    values += _recomputed(1, "M", moves, ".8757 .0925 .1090 .8652", transition)
    values += _recomputed(1, "M", "C to stop, H to stop", ".0153 .0423", lambda step: step.params.stop)
    values += _recomputed(1, "M", "C at first", ".1291", lambda step: step.params.initial[0])
    values += _recomputed(2, "M", "likelihood", "2.4198e-16", likelihood)
    values += _recomputed(5, "M", "likelihood", "4.2007e-16", likelihood)
    values += _recomputed(10, "M", "likelihood", "4.5136e-16", likelihood)
    values += _recomputed(10, "M", symbols, ".6407 .1481 .2112 .0002 .5341 .4657", emission)
    values += _recomputed(10, "M", moves, ".9337 .0718 .0663 .8650", transition)
    start = _start("icecream", model)
    return (Walk("ten iterations", "icecream", model, values, start, stopping=Iterations(10)),)


def _deaths() -> tuple[Walk, ...]:
    """The first step, and the optimum: plain EM crawls there, SQUAREM does not."""
    model = PoissonMixture(2)

    def theta(step: Step) -> Array:
        return np.concatenate([step.params.weights[:1], step.params.rates])

    def both(step: Step) -> Array:
        return np.concatenate([step.params.weights, step.params.rates])

    first = _at(1, "M", "weight 1, rate 1, rate 2", ".46158873 1.18891795 2.98683046", theta)
    optimum = _at(None, "M", "weight 1, weight 2, rate 1, rate 2", ".35989 .64011 1.25610 2.66340", both)
    optimum += _at(None, "M", "log-likelihood", "-1989.945860", lambda step: step.log_likelihood)
    start = _start("deaths", model)
    return (
        # where plain EM moves by 1e-7, it still has a hundred times as far to go as the digits that were printed
        Walk("plain EM", "deaths", model, first + optimum, start, stopping=ParameterChange(1e-9)),
        Walk("squarem", "deaths", model, optimum, start, stopping=ParameterChange(1e-7), algorithm="squarem"),
    )


def _waiting() -> tuple[Walk, ...]:
    """Two Gaussians of equal variance, by mixtools' M-step, whose residuals are about the means before it."""
    model = GaussianMixture(2, "tied", reg_covar=0.0, m_step="conditional")
    start = model.Params([0.5, 0.5], [[55.0], [80.0]], [[25.0]])
    walked = "-1051.0896414205 -1034.1677112632 -1034.0134164915 -1034.0027223413 -1034.0018416882"
    values: tuple[Published, ...] = ()
    for t, printed in enumerate(walked.split()):
        phase: Phase = "M" if t else "init"
        values += _at(t, phase, "log-likelihood", printed, lambda step: step.log_likelihood)
    values += _at(None, "M", "weight 1, weight 2", ".36085 .63915", lambda step: step.params.weights)
    values += _at(None, "M", "mean 1, mean 2", "54.61364 80.09031", lambda step: step.params.means)
    values += _at(None, "M", "standard deviation", "5.86909", lambda step: np.sqrt(step.params.covariances))
    values += _at(None, "M", "log-likelihood", "-1034.002", lambda step: step.log_likelihood)
    values += _at(None, "M", "iterations", "9", lambda step: step.iteration)
    rest = ObjectiveChange(1e-8, per_observation=False)
    return (Walk("two Gaussians of equal variance", "waiting", model, values, start, stopping=rest),)


def _iris() -> tuple[Walk, ...]:
    """Three Gaussians from a k-means start, k-means beside them, and the optimum without a ridge."""
    species = load("iris").y

    def right(step: Step) -> int:
        return agreement(_labels(step), species).hits

    def shares(step: Step) -> Array:
        return np.sort(hard_shares(_labels(step), 3))

    names = "smallest {0}, middle {0}, largest {0}"
    mixture = _at(None, "M", names.format("weight"), ".2992 .3333 .3675", lambda step: np.sort(step.params.weights))
    mixture += _at(None, "M", names.format("share"), ".3000 .3333 .3667", shares)
    mixture += _at(None, "M", "right of 150", "145", right)
    kmeans = _recomputed(None, "M", "inertia", "78.8514", lambda step: -step.log_likelihood)
    kmeans += _at(None, "M", "right of 150", "134", right)
    optimum = _recomputed(None, "M", "log-likelihood", "-180.1854771", lambda step: step.log_likelihood)
    bare = GaussianMixture(3, reg_covar=0.0)
    moved = ResponsibilityChange(1e-4)
    return (
        Walk("three Gaussians, ridge 1e-6", "iris", GaussianMixture(3, reg_covar=1e-6), mixture, stopping=moved),
        # seed 2 comes to the better of two optima, whose inertias are 78.8514 and 78.8557
        Walk("k-means", "iris", KMeans(3), kmeans, seed=2, stopping=_REST),
        Walk("three Gaussians, no ridge", "iris", bare, optimum, stopping=ObjectiveChange(1e-13)),
    )


REPLAYS = (
    Replay("coins", "Two coins", "Do and Batzoglou (2008), Nat. Biotechnol. 26:897; further digits recomputed", _coins),
    Replay("linkage", "Genetic linkage", "Dempster, Laird and Rubin (1977), JRSS B 39:1", _linkage),
    Replay(
        "icecream",
        "Ice cream diary",
        "Eisner (2002), ACL workshop on teaching NLP; further digits recomputed",
        _icecream,
    ),
    Replay(
        "deaths", "Death notices", "Hasselblad (1969), JASA 64:1459; Varadhan and Roland (2008), SJS 35:335", _deaths
    ),
    Replay(
        "waiting",
        "Old Faithful, waiting times",
        "Benaglia, Chauveau, Hunter and Young (2009), JSS 32:6, on mixtools",
        _waiting,
    ),
    Replay(
        "iris",
        "Iris flowers",
        "a course report on EM for Gaussian mixtures; further digits recomputed",
        _iris,
    ),
    Replay(
        "network",
        "A network trained by EM, as an exercise",
        "a course project on iris, after Ng and McLachlan (2004), IEEE TNN 15:738",
        splits=network_exercise,
    ),
)
