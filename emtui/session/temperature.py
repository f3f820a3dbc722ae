"""The temperature of annealed EM, turned while stepping."""

from __future__ import annotations

from engine.em.algorithms import Annealed, algorithm_named
from engine.errors import OptionError

COLDEST, HOTTEST = 1e-3, 1e3


def turned(algorithm: str, iteration: int, factor: float) -> Annealed:
    """Annealed EM held at `factor` times the temperature that the E-step of this iteration would have had.

    Three digits of it are kept, so that what is said of it, and what a copied command says, is what it is.

    Raises:
        OptionError: the algorithm is another one, which has no temperature; one sentence.
    """
    present = algorithm_named(algorithm)
    if not isinstance(present, Annealed):
        raise OptionError(
            f"A temperature is turned in annealed EM, and this is {present.name}: choose the algorithm annealed."
        )
    wanted = float(f"{present.temperature(iteration) * factor:z.3g}")
    near_one = abs(wanted - 1.0) < 1e-9  # turned there and back, but for rounding: classic E-steps again
    return present.turned(1.0 if near_one else min(HOTTEST, max(COLDEST, wanted)))
