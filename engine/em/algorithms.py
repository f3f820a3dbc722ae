"""The ways to run EM by name: classic, hard, stochastic, annealed and squarem."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from engine.em.algorithm import Algorithm as Algorithm
from engine.em.algorithm import Moved
from engine.em.algorithm import Rising as Rising
from engine.em.evaluation import Evaluation
from engine.em.inference import Exact, Hard, Inference, Sampled, Tempered, generator_of, temperature_of
from engine.em.maximization import Event
from engine.em.pushed_apart import pushed_apart
from engine.em.squarem import Squarem as Squarem
from engine.errors import EngineError, OptionError
from engine.options import option
from engine.text import did_you_mean, quoted


@dataclass(frozen=True)
class Classic(Algorithm):
    """EM as in Dempster, Laird & Rubin (1977): q is the posterior."""

    name: ClassVar[str] = "classic"
    title: ClassVar[str] = "q is the posterior"
    rises: ClassVar[Rising] = "both"

    def inference(self, iteration: int, seed: int) -> Inference:
        """The posterior; the seed is for models that can only draw from it."""
        return Exact((seed, iteration))


@dataclass(frozen=True)
class HardAssignment(Algorithm):
    """Classification EM: each row goes wholly to its likeliest component; the bound rises, the likelihood may fall.

    With fixed equal spherical covariances and equal weights it is k-means (Celeux & Govaert 1992).
    """

    name: ClassVar[str] = "hard"
    title: ClassVar[str] = "each row goes wholly to its likeliest component; the objective may fall"
    rises: ClassVar[Rising] = "elbo"

    def inference(self, iteration: int, seed: int) -> Inference:
        """Everything on the likeliest Z."""
        return Hard()


@dataclass(frozen=True)
class Stochastic(Algorithm):
    """Stochastic EM: each row goes to a component drawn from its posterior; nothing has to rise."""

    name: ClassVar[str] = "stochastic"
    title: ClassVar[str] = "each row goes to a component drawn from its posterior; the objective may fall"
    rises: ClassVar[Rising] = "nothing"

    def inference(self, iteration: int, seed: int) -> Inference:
        """A draw, with one seed for each iteration, so that looking back gives the same draw."""
        return Sampled(int(np.random.SeedSequence([seed, iteration]).generate_state(1)[0]))


@dataclass(frozen=True)
class Annealed(Algorithm):
    """Deterministic annealing, nothing has to rise on its way: q ∝ p(X, Z | θ)^(1/temperature), which goes to 1.

    temperature(t) = 1 + (initial − 1) rate^(t − 1) (Ueda & Nakano 1998). Above 1, rows are shared more evenly first:
    the hotter, the less is left of the start, and where all components melt into one, the run ends where that one
    parts. Near 0 they begin wholly in one component, as in k-means, and soften. With rate = 1 the temperature stays
    until it is changed (`turned`). Nothing has to rise while it is not 1; from then on E-steps are those of classic EM.

    While it falls, components that have merged are pushed apart, by the seed of the run (`engine.em.pushed_apart`); an
    event says so.
    """

    name: ClassVar[str] = "annealed"
    title: ClassVar[str] = (
        "a temperature that comes to 1: above it softer, near 0 as hard as k-means; the objective may fall"
    )
    rises: ClassVar[Rising] = "nothing"

    initial: float = option(1.3, "temperature of the first iteration", minimum=1e-6, maximum=1e6)
    rate: float = option(0.8, "what is left of its distance from 1 after each iteration", minimum=0.0, maximum=1.0)

    def temperature(self, iteration: int) -> float:
        """The temperature of the E-step of iteration 1, 2, …; exactly 1 once it is within a thousandth of 1."""
        left = self.rate ** max(0, iteration - 1)
        temperature = left * self.initial + (1.0 - left)  # exactly `initial` while the distance has not shrunk
        return 1.0 if abs(temperature - 1.0) < 1e-3 else temperature

    def inference(self, iteration: int, seed: int) -> Inference:
        """The posterior at the temperature of this iteration."""
        temperature, at = self.temperature(iteration), (seed, iteration)
        return Exact(at) if temperature == 1.0 else Tempered(temperature, at)

    def maximize(self, at: Evaluation) -> Moved:
        """The model's M-step; above temperature 1, and where it falls, components that have merged go apart."""
        best = super().maximize(at)
        hot = isinstance(at.inference, Tempered) and at.inference.temperature > 1.0 and self.rate < 1.0
        alike = at.model.responsibilities_sum_to_one and at.model.exact and not at.model.samples
        if not hot or not alike or at.data.y is not None:
            return best
        params, groups = pushed_apart(best.params, at.model, generator_of(at.inference))
        try:
            params = at.model.check_params(params, at.data) if groups else params
        except EngineError:
            return best
        names = at.model.component_names(params)
        noun = params.component_noun
        events = tuple(
            Event(
                f"{noun}s {' and '.join(names[k] for k in group)} had merged at temperature "
                f"{temperature_of(at.inference):z.3g} and were pushed apart",
                breaks_ascent=True,
            )
            for group in groups
        )
        return Moved(params, (*best.events, *events), best.evaluations)

    def turned(self, temperature: float) -> Annealed:
        """The same, kept at this temperature from now on; pass it to `engine.em.loop.switch_algorithm`."""
        return replace(self, initial=temperature, rate=1.0)


ALGORITHMS: dict[str, type[Algorithm]] = {
    kind.name: kind for kind in (Classic, HardAssignment, Stochastic, Annealed, Squarem)
}


def algorithm_named(algorithm: str | Algorithm) -> Algorithm:
    """The algorithm of that name, or the value itself; options follow a colon, as in annealed:initial=8,rate=0.9.

    Raises OptionError for a name, an option or a value that there isn't.
    """
    if isinstance(algorithm, Algorithm):
        return algorithm
    if not isinstance(algorithm, str):
        raise OptionError(f"algorithm must be a name such as squarem, or an algorithm, not {algorithm!r}.")
    name, colon, rest = (part.strip() for part in algorithm.partition(":"))
    if name not in ALGORITHMS:
        hint, names = did_you_mean(name, ALGORITHMS), ", ".join(ALGORITHMS)
        raise OptionError(f"there is no algorithm {quoted(name)}: {hint and f'{hint} '}the algorithms are {names}.")
    kind = ALGORITHMS[name]
    known = {declared.name: declared for declared in kind.options()}
    values = {}
    for pair in rest.split(",") if colon else ():
        key, _, text = (part.strip() for part in pair.partition("="))
        if key not in known:
            example = ",".join(f"{one.name}={one.format(one.default)}" for one in known.values())
            remedy = f"write {name}:{example}, say" if known else f"write {name} alone"
            raise OptionError(f"the algorithm {name} has no option {quoted(key)}: {remedy}.")
        values[key] = known[key].parse(text)
    return kind(**values)
