"""The grid of a sweep, from what was typed: learning rates, hidden units or experts, seeds and iterations."""

from __future__ import annotations

import math
from dataclasses import dataclass

from engine.errors import OptionError
from engine.models import model_class
from engine.text import quoted

RATES = (0.001, 0.005, 0.02, 0.1, 0.5)
UNITS, EXPERTS = (1, 2, 4, 7, 12), (1, 2, 3, 4, 6)
EXPERT = "expert"
OF_NETWORKS, OF_EXPERTS = "hidden units", f"{EXPERT}s"
N_SEEDS, MAX_ITER = 3, 50
_MOST_VALUES, _MOST_UNITS, _MOST_SEEDS, _MOST_ITERATIONS = 20, 10_000, 1_000, 100_000


@dataclass(frozen=True)
class SweepGrid:
    """The grid of a sweep.

    rates: learning rates. units: hidden units of one layer, or experts. n_seeds: each draws a start and validation
    rows. max_iter: iterations, epochs. sizes_of: what `units` are.

    Raises OptionError on making one: a grid that can't be swept; one sentence.
    """

    rates: tuple[float, ...] = RATES
    units: tuple[int, ...] = UNITS
    n_seeds: int = N_SEEDS
    max_iter: int = MAX_ITER
    sizes_of: str = OF_NETWORKS

    def __post_init__(self) -> None:
        if not self.rates or not self.units or self.n_seeds < 1 or self.max_iter < 1:
            raise OptionError(f"a sweep needs a learning rate, a number of {self.sizes_of}, a seed and an iteration.")
        for what, values in (("learning rates", self.rates), (f"numbers of {self.sizes_of}", self.units)):
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


def sizes_of_model(name: str) -> str:
    """What a sweep of this model varies beside the rate. Raises OptionError where there is no such model."""
    return OF_EXPERTS if model_class(name).size_option == "n_experts" else OF_NETWORKS


def usual_grid(sizes_of: str) -> SweepGrid:
    """The grid where none is asked for, of hidden units or of experts."""
    return SweepGrid(units=UNITS if sizes_of == OF_NETWORKS else EXPERTS, sizes_of=sizes_of)


def units_from(text: str, sizes_of: str = OF_NETWORKS) -> tuple[int, ...]:
    """The numbers of hidden units, or experts, in `2,4,7`.

    Raises OptionError: what stands there can't be used; one sentence.
    """
    words = _words(text, f"numbers of {sizes_of}", "2,4,7")
    return tuple(_whole(word, f"number of {sizes_of}", _MOST_UNITS, ", such as 2,4,7") for word in words)


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
