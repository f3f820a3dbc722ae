"""The grid of a sweep, from what was typed: learning rates, hidden units, seeds and iterations."""

from __future__ import annotations

import math
from dataclasses import dataclass

from engine.errors import OptionError
from engine.text import quoted

RATES = (0.001, 0.005, 0.02, 0.1, 0.5)
UNITS = (1, 2, 4, 7, 12)
N_SEEDS, MAX_ITER = 3, 50
_MOST_VALUES, _MOST_UNITS, _MOST_SEEDS, _MOST_ITERATIONS = 20, 10_000, 1_000, 100_000


@dataclass(frozen=True)
class SweepGrid:
    """The grid of a sweep.

    rates: learning rates. units: hidden units of one layer. n_seeds: each draws a start and validation rows. max_iter:
    iterations, epochs.

    Raises OptionError on making one: a grid that can't be swept; one sentence.
    """

    rates: tuple[float, ...] = RATES
    units: tuple[int, ...] = UNITS
    n_seeds: int = N_SEEDS
    max_iter: int = MAX_ITER

    def __post_init__(self) -> None:
        if not self.rates or not self.units or self.n_seeds < 1 or self.max_iter < 1:
            raise OptionError("a sweep needs a learning rate, a number of hidden units, a seed and an iteration.")
        for what, values in (("learning rates", self.rates), ("numbers of hidden units", self.units)):
            if len(values) > _MOST_VALUES:
                raise OptionError(f"a sweep takes up to {_MOST_VALUES} {what}, not {len(values)}: leave some out.")
            unfit = next((value for value in values if not 0 < value < math.inf), None)
            if unfit is not None:
                raise OptionError(f"{unfit:zg} can't be among the {what}: say numbers above 0.")
            twice = next((value for i, value in enumerate(values) if value in values[:i]), None)
            if twice is not None:
                raise OptionError(f"the {what} hold {twice:zg} twice: say each once.")
        limits = (("seeds", self.n_seeds, _MOST_SEEDS), ("iterations", self.max_iter, _MOST_ITERATIONS))
        for what, number, most in limits:
            if number > most:
                raise OptionError(f"a sweep takes up to {most:,} {what}, not {number:,}: say fewer.")


def rates_from(text: str) -> tuple[float, ...]:
    """The learning rates in `.001,.01,.1`. Raises OptionError: what stands there can't be used; one sentence."""
    found = []
    for word in _words(text, "learning rates", ".001,.01,.1"):
        try:
            rate = float(word)
        except ValueError:
            rate = math.nan
        if not 0 < rate < math.inf:
            raise OptionError(f"{quoted(word)} is no learning rate: write numbers above 0, such as .001,.01,.1.")
        found.append(rate)
    return tuple(found)


def units_from(text: str) -> tuple[int, ...]:
    """The numbers of hidden units in `2,4,7`. Raises OptionError: what stands there can't be used; one sentence."""
    words = _words(text, "numbers of hidden units", "2,4,7")
    return tuple(_whole(word, "number of hidden units", _MOST_UNITS, ", such as 2,4,7") for word in words)


def seeds_from(text: str) -> int:
    """The number of seeds. Raises OptionError: it can't be used; one sentence."""
    return _whole(text.strip(), "number of seeds", _MOST_SEEDS)


def iterations_from(text: str) -> int:
    """The number of iterations. Raises OptionError: it can't be used; one sentence."""
    return _whole(text.strip(), "number of iterations", _MOST_ITERATIONS)


def listed_values(values: tuple[float, ...] | tuple[int, ...]) -> str:
    """The values as they are typed: 0.001,0.01,0.1."""
    return ",".join(f"{value:zg}" for value in values)


def _words(text: str, what: str, example: str) -> list[str]:
    words = [word.strip() for word in text.split(",")]
    if not all(words):
        raise OptionError(f"the {what} need a value between commas: write {example}.")
    return words


def _whole(word: str, what: str, most: int, example: str = "") -> int:
    number = int(word) if word.isascii() and word.isdigit() and len(word) < 20 else 0
    if not 1 <= number <= most:
        raise OptionError(f"{quoted(word)} is no {what}: write whole numbers from 1 to {most:,}{example}.")
    return number
