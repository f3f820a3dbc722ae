"""How many hidden units, or experts: the same model at several sizes, compared by validation rows; no screen here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from emtui.networks.choosing import seconds_of_a_step, studied, study_of
from emtui.spec.rival_model import has_rival, is_network
from emtui.spec.run_spec import RunSpec
from emtui.spec.tolerance import tolerance_of
from engine.analysis.study import StudyResult, StudyRun
from engine.errors import OptionError
from engine.models import model_class

Size: TypeAlias = int | tuple[int, ...]
"""What `hidden_units` takes, the units of one layer or of each; or how many experts."""
REPEATS = 3
_FIRST, _FURTHER = 8, 3  # the sizes that are tried: as many, and at least so many beyond the present one
_MOST_SECONDS = 10.0  # that a run may be expected to take; larger networks are left out, but for the present one
_USUAL_ITERATIONS = 200
_LARGE = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128)  # of large networks


@dataclass(frozen=True, eq=False)
class SizesResult:
    """The results so far.

    sizes: rising. found: the runs of each, judged by validation rows. tested: those of the chosen one on test rows.
    """

    spec: RunSpec
    sizes: tuple[Size, ...]
    repeats: int
    found: StudyResult = field(default_factory=StudyResult)
    tested: tuple[StudyRun, ...] = ()

    @property
    def n_runs(self) -> int:
        """How many runs there are, those on the test rows included."""
        return (len(self.sizes) + (self.spec.test_share > 0)) * self.repeats

    @property
    def n_done(self) -> int:
        """How many of them are done."""
        return len(self.found.runs) + len(self.tested)

    @property
    def chosen(self) -> Size | None:
        """The size that is best on validation rows; None before all are run."""
        if len(self.found.runs) < len(self.sizes) * self.repeats:
            return None
        return next((size for size in self.sizes if self.name(size) == self.found.best), None)

    @property
    def noun(self) -> str:
        """What there are so many of."""
        return size_noun(self.spec.model)

    def name(self, size: Size) -> str:
        """What a size is called."""
        return size_name(size, self.noun)


def size_noun(model: Any) -> str:
    """What the size of a model counts: "unit" of a network, "expert" of a mixture of experts."""
    return "unit" if is_network(model) else "expert"


def size_name(size: Size, noun: str = "unit") -> str:
    """`4 units`; `layers 4,3`; `3 experts`."""
    if isinstance(size, tuple):
        return f"layers {','.join(map(str, size))}"
    return f"1 {noun}" if size == 1 else f"{size} {noun}s"


def first_layer(size: Size) -> int:
    """The units of the first hidden layer, which are what varies."""
    return size[0] if isinstance(size, tuple) else size


def sizes_for(spec: RunSpec) -> tuple[Size, ...]:
    """The sizes to be tried: 1, 2, … units or experts; of several layers as many in the first, the others as they are.

    Those whose runs would take too long on this machine are left out.

    Raises:
        EngineError: the model has neither hidden units nor experts.
    """
    asked = spec.model.option_values.get(spec.model.size_option)
    if asked is None or not has_rival(spec.model):
        raise OptionError(f"Sizes are compared for networks and mixtures, and {spec.model.name} is neither.")
    here = first_layer(asked)
    tried = tuple(range(1, max(_FIRST, here + _FURTHER) + 1))
    if len(tried) > 2 * _FIRST:
        tried = tuple(sorted({m for m in _LARGE if m <= 2 * here} | {here}))
    sizes = [resized(asked, m) for m in tried]
    iterations = min(spec.max_iter, _USUAL_ITERATIONS)
    return tuple(one for one in sizes if one == asked or iterations * seconds_of_a_step(spec, one) <= _MOST_SECONDS)


def resized(size: Size, units: int) -> Size:
    """So many units, in the first of several layers."""
    return (units, *size[1:]) if isinstance(size, tuple) else units


def with_size(model: Any, size: Size) -> Any:
    """The same model with another number of hidden units, or of experts."""
    return model_class(model.name)(**model.option_values | {model.size_option: size})


def network_sizes(spec: RunSpec, sizes: tuple[Size, ...], repeats: int, seed: int) -> Iterator[SizesResult]:
    """Run every size from every seed; then test the chosen one, fitted again to all training rows.

    Raises:
        EngineError: the data or an option can't be used; one sentence.
    """
    now = SizesResult(spec, sizes, repeats)
    methods = {now.name(size): with_size(spec.model, size) for size in sizes}
    study = study_of(spec, methods, n_seeds=repeats, max_iter=max(1, spec.max_iter), tol=tolerance_of(spec), seed=seed)
    for found, tested in studied(study, spec, "size"):
        yield replace(now, found=found, tested=tested)
