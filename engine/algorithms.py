"""Ways to run EM, orthogonal to the models: each says how iteration t settles on q, and what must rise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from engine.errors import OptionError
from engine.inference import Exact, Hard, Inference, Sampled, Tempered

Rising = Literal["objective", "elbo", "nothing"]


@dataclass(frozen=True)
class Classic:
    """EM as Dempster, Laird & Rubin (1977) have it: q is the posterior."""

    name: str = "classic"
    rises: Rising = "objective"

    def inference(self, iteration: int, seed: int) -> Inference:
        """How the E-step of this iteration settles on q."""
        return Exact((seed, iteration))


@dataclass(frozen=True)
class HardAssignment:
    """Classification EM: each row goes wholly to its likeliest component; the bound rises, the likelihood may fall."""

    name: str = "hard"
    rises: Rising = "elbo"

    def inference(self, iteration: int, seed: int) -> Inference:
        """How the E-step of this iteration settles on q."""
        return Hard()


@dataclass(frozen=True)
class Stochastic:
    """Stochastic EM: each row goes to a component drawn from its posterior; nothing has to rise."""

    name: str = "stochastic"
    rises: Rising = "nothing"

    def inference(self, iteration: int, seed: int) -> Inference:
        """How the E-step of this iteration settles on q: one seed an iteration, so that looking back draws alike."""
        return Sampled(int(np.random.SeedSequence([seed, iteration]).generate_state(1)[0]))


@dataclass(frozen=True)
class Annealed:
    """Deterministic annealing: a temperature that falls to 1, from `initial` by the factor `rate` an iteration.

    Nothing has to rise while the temperature changes; once it is 1, the objective does.
    """

    initial: float = 4.0
    rate: float = 0.8
    name: str = "annealed"
    rises: Rising = "nothing"

    def inference(self, iteration: int, seed: int) -> Inference:
        """How the E-step of this iteration settles on q."""
        temperature = 1.0 + (self.initial - 1.0) * self.rate ** (iteration - 1)
        at = (seed, iteration)
        return Exact(at) if abs(temperature - 1.0) < 1e-3 else Tempered(temperature, at)


Algorithm = Classic | HardAssignment | Stochastic | Annealed
ALGORITHMS: dict[str, type[Algorithm]] = {
    "classic": Classic,
    "hard": HardAssignment,
    "stochastic": Stochastic,
    "annealed": Annealed,
}


def algorithm_named(algorithm: str | Algorithm) -> Algorithm:
    """The algorithm of that name, or the value itself. Raises OptionError with the names that there are."""
    if not isinstance(algorithm, str):
        return algorithm
    if algorithm not in ALGORITHMS:
        raise OptionError(f"there is no algorithm {algorithm!r}: choose {', '.join(ALGORITHMS)}.")
    return ALGORITHMS[algorithm]()
