r"""What kind of rest a run has come to. A small gain is no proof of a maximum: θ may lie on a saddle or a plateau.

- Components that coincide: with the two closest made one, or with K = 1, the objective is as high. If EM goes up from
  there once they are pushed apart, that is a saddle: at equal Gaussians the eigenvalue of the means is exactly 1, and
  of a state that a chain never comes to nothing moves, so that only this trial sees it.
- A network at chance: its log-likelihood is Σ_c n_c ln(n_c / n), that of the classes' shares, which no input changes;
  of numbers that of their mean and variance.
- A network that tells all classes apart: larger weights are better without end (`Model.without_maximum`).
- The second-order test: near rest θ_t − θ* grows or shrinks by the eigenvalues of the Jacobian of one EM iteration
  (Dempster, Laird & Rubin 1977, §3.5). The largest is below 1 at a maximum, 1 along a direction in which the objective
  is level, and above 1 at a saddle. It is measured from a random direction of a stated seed, since at exact symmetry no
  move of the run itself leads off.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np

from engine.analysis.alike import closest_two, living, made_alike, objective_alike
from engine.analysis.chance_level import chance_level
from engine.analysis.convergence_rate import ITERATIONS, MapRate, measured, scales_of
from engine.analysis.leaving_saddles import tried_pushes, tried_starts
from engine.analysis.scales import column_scales
from engine.analysis.second_order import EXACT, above_one, judged_eigenvalue, risen_along, rounding_of, words_of_largest
from engine.analysis.zero_probabilities import maximum_beside_zeros
from engine.arrays import Array
from engine.em.fields import fields_of
from engine.em.inference import Exact
from engine.em.parameters import arrays_of
from engine.em.pushed_apart import pushed_apart
from engine.em.rest import Rest, RestKind
from engine.em.step import Step
from engine.errors import EngineError
from engine.parallel import one_blas_thread

_ALIKE = 1e-5  # of the objective, per observation: so little better is no better
_COARSE = 0.01  # of the rate: what the rounding of large parameters may add where there is something to measure
_MOVED = 0.01  # deviations: so far a level direction is followed, beyond the tolerance of any M-step
_NEAR = 1e-3  # deviations: so far a saddle is followed, short of where the objective bends down again
_FAR = 0.25  # of a parameter's scale: components that differ by more don't coincide, however little it matters
_MOST_COMPARED = 2000  # components, each with each other
_TRIED = 20  # iterations from components that are pushed apart
_WORK = 3e8  # of a look in the background, or at components that could be one: rows × entries of θ, for all passes

T = TypeVar("T")


def rest_of(step: Step, most_passes: float = math.inf) -> Rest | None:
    """What kind of rest the last step of a run lies at; None where there is nothing to test.

    Args:
        step: where a rule said that the run converged.
        most_passes: over the data, that it may take; what can't be told by then is "untested".
    """
    looking = looking_at_rest(step, most_passes)
    while True:
        try:
            next(looking)
        except StopIteration as end:
            found: Rest | None = end.value
            return found


def passes_in_background(step: Step) -> float:
    """How many passes a look may take that nobody waits for: as many as the run took, more where the data are few."""
    model = step.problem.model
    entries = sum(array.size for array in arrays_of(step.params).values())
    if model.supervised and model.size is not None:
        entries = max(entries, 2 ** min(model.size, 40))  # configurations of its hidden units
    return max(step.evaluations + 1.0, _WORK / (step.problem.data.n_rows * entries))


def judged(step: Step) -> Step:
    """A last step that says what kind of rest it is, where finding out takes no more passes than the run took.

    Components that could be one are looked at for as long as in the background, so that everywhere the same is said.
    """
    return with_rest(step, rest_of(step, step.evaluations + 1))


def with_rest(step: Step, rest: Rest | None) -> Step:
    """The step with what was found; where that is no rest, it has not converged, and the reason says so."""
    if rest is None or step.stop_reason is None:
        return step
    seemed = step.stop_reason.replace("and will gain", "and seemed to gain")  # a forecast for what rests
    told = f"{step.stop_reason}; {rest.said}" if rest.is_rest else f"{rest.said} ({seemed}): {rest.remedy}"
    return replace(step, rest=rest, converged=step.converged and rest.is_rest, stop_reason=told)


def can_be_tested(step: Step) -> bool:
    """Whether the run converged by its rule and can be tested further."""
    model = step.problem.model
    if step.stop_reason is None or not step.converged or step.rest is not None or step.phase != "M":
        return False
    plain = model.hides and model.exact and model.has_likelihood and not model.samples
    return (plain and isinstance(step.at.inference, Exact)) or _Look(step, 0).at_once() is not None


def looking_at_rest(step: Step, most_passes: float = math.inf) -> Generator[None, None, Rest | None]:
    """`rest_of` a pass or two at a time, so that the caller can do something else in between."""
    if not can_be_tested(step):
        return None
    look = _Look(step, most_passes)
    known = look.at_once()
    if known is not None:
        return known
    try:
        together = yield from look.together()
        return (yield from look.second_order(together))
    except (EngineError, np.linalg.LinAlgError, ArithmeticError):  # the model can't be put at a θ nearby
        return look.found("untested", "whether it is a maximum can't be tested here")


@dataclass(eq=False)
class _Look:
    """A look at the rest of a run, and the passes it took so far."""

    step: Step
    most_passes: float
    passes: int = 0
    rate: float = math.nan
    error: float = math.nan
    members: tuple[int, ...] = ()  # components that could as well be one
    away: dict[str, Array] = field(default_factory=dict)  # a direction that parts them

    def found(
        self,
        kind: RestKind,
        said: str,
        remedy: str = "",
        scales: bool = False,
        push: str = "",
        starts: tuple[str, ...] = (),
    ) -> Rest:
        return Rest(kind, said, remedy, self.rate, self.error, scales, self.passes, push, starts)

    def left_by(self, kind: RestKind, said: str, direction: dict[str, Array]) -> Generator[None, None, Rest]:
        """What is no rest, with what leads off it: a push that was tried, or a start that does not begin near it."""
        step, push = self.step, None
        self.most_passes = max(self.most_passes, passes_in_background(step))  # it is rare, and has to be told
        for along in (direction, self.away):
            if along and push is None:
                push = yield from self._counted(tried_pushes(step, along, self.most_passes - self.passes))
        pushed = "" if push is None else push.words(step)
        starts = yield from self._counted(tried_starts(step, self.most_passes - self.passes))
        ways = [f"fit fewer {step.params.component_noun}s"] if kind == "plateau" and not pushed else []
        ways += [f"push it off by hand ({pushed})"] if pushed else []
        if starts.kinds:
            ways.append(f"take another kind of start ({' or '.join(starts.kinds)})")
        elif starts.same_kind:
            ways.append("take another start" if starts.tried else "try another start")
        remedy = ", or ".join(ways) or "push it off by hand"
        found = self.found(kind, said, remedy, push=pushed, starts=starts.kinds)
        return replace(found, another=starts.same_kind)

    def _counted(self, trials: Generator[None, None, T]) -> Generator[None, None, T]:
        """What comes of trials, each of which is a pass."""
        while True:
            try:
                next(trials)
            except StopIteration as end:
                found: T = end.value
                return found
            self.passes += 1
            yield

    def at_once(self) -> Rest | None:
        """What takes no trial."""
        said, remedy = self.step.problem.model.without_maximum(self.step.params, self.step.problem.data)
        return (
            self.found("flight", f"a point on the way to infinity, since {said}", remedy) if said else self.at_chance()
        )

    def at_chance(self) -> Rest | None:
        """The log-likelihood is that of the classes' shares, or of one Gaussian for all rows, whatever the inputs."""
        model, data = self.step.problem.model, self.step.problem.data
        if not model.supervised:
            return None
        chance = chance_level(data)
        if chance is None or not abs(self.step.log_likelihood - chance[0]) <= _ALIKE * data.total_weight:
            return None
        scales = column_scales(data.X, data.sample_weight)
        said = f"a plateau where nothing was learned: {chance[1]}"
        if scales is None:
            return self.found("plateau", said, "try another start")
        said += f", and the inputs are on very different scales (sd {scales[0]:z.3g} to {scales[1]:z.3g})"
        return self.found("plateau", said, "standardise them, or try another start", True)

    def together(self) -> Generator[None, None, str]:
        """Which components could as well be one, in words; "" for none."""
        step, problem = self.step, self.step.problem
        if not problem.model.responsibilities_sum_to_one or problem.model.supervised:
            return ""
        if problem.data.y is not None and (problem.data.y >= 0).any():  # known labels tell components apart
            return ""
        alive = living(step.params, problem.data.total_weight)
        if not 2 <= len(alive) <= _MOST_COMPARED:
            return ""
        pair = closest_two(step.params, alive, problem.model)
        noun, names = step.params.component_noun, problem.model.component_names(step.params)
        two = f"{noun}s {names[pair[0]]} and {names[pair[1]]}"
        one = f"{two} coincide" if _nearly_equal(step, pair) else f"{two} could as well be one"
        words: dict[tuple[int, ...], str] = {pair: one}
        if len(alive) > 2:
            words[tuple(alive)] = f"all {noun}s together are no better than one"
        for members, said in words.items():
            if self.passes + 2 > self.most_passes:
                break
            with one_blas_thread():
                height = objective_alike(problem, step.params, members)
            self.passes += 2
            yield
            if height >= step.objective - _ALIKE * problem.data.total_weight:
                self.members = members
                self.most_passes = max(self.most_passes, passes_in_background(step))  # it is rare, and has to be told
                return said
        return ""

    def apart(self) -> Generator[None, None, bool]:
        """Whether EM goes up from the components that could be one, once they are pushed apart."""
        step, problem = self.step, self.step.problem
        model, data = problem.model, problem.data
        theta = made_alike(step.params, self.members, model)
        pushed = False
        for _ in range(_TRIED):
            if theta is None or self.passes >= self.most_passes:
                return False
            with one_blas_thread():
                at = problem.at(theta)
                if pushed and at.objective > step.objective + _ALIKE * data.total_weight:
                    return True
                theta = model.maximize(at.expectation, theta, data).params
            if not pushed:
                merged = arrays_of(theta)
                theta, groups = pushed_apart(theta, model, np.random.default_rng(0))
                self.away = {path: array - merged[path] for path, array in arrays_of(theta).items()}
                theta, pushed = model.check_params(theta, data), bool(groups)
                if not pushed:
                    return False
            self.passes += 1
            yield
        return False

    def second_order(self, together: str) -> Generator[None, None, Rest]:
        """By the largest eigenvalue; `together` says which components could be one."""
        power: MapRate | None = None
        rates: list[float] = []
        kind: RestKind | None = None
        rounding = rounding_of(self.step)
        # of mixtures `together` finds most saddles; those of networks may be the last that the power iteration comes to
        going_on = (None, "maximum") if self.step.problem.model.supervised else (None,)
        while (
            rounding < _COARSE and kind in going_on and len(rates) < ITERATIONS and self.passes + 2 <= self.most_passes
        ):
            if power is not None and power.over:
                break
            before = 0 if power is None else power.passes
            power = measured(self.step, power, iterations=1)
            self.passes += power.passes - before
            rates.append(power.rate)
            judged = judged_eigenvalue(self.step, rates, power)
            if judged is not None:
                self.rate, self.error, kind = judged.rate, judged.error, judged.kind or kind
            yield
        if kind == "maximum" and not self.rate + self.error < 1.0:  # rates that came nearer to 1 since
            kind = None
        if power is not None and kind == "saddle" and not (yield from self.rises(power)):
            kind = "untested"
        if power is not None and kind == "saddle":
            where = f"{together}, and " if together else ""
            along = words_of_largest(self.step, power)
            said = f"a saddle: {where}EM leaves it along {along}, {above_one(self.rate)} times as far each iteration"
            return (yield from self.left_by("saddle", said, power.direction))
        if together and (yield from self.apart()):
            said = f"a saddle: {together}, from where EM goes up once they are pushed apart"
            return (yield from self.left_by("saddle", said, self.away))
        if together:
            fewer = ", no better than fewer" if together.endswith("coincide") else ""
            return (yield from self.left_by("plateau", f"a plateau: {together}{fewer}", self.away))
        along = self.step.problem.model.level_along(self.step.params)
        if along and kind in ("maximum", "flat"):  # found or not among others of a rate near 1
            return self.found("flat", f"the objective is level along {along}, which is not identified")
        if power is not None and kind == "flat" and (yield from self.is_level(power)):
            along = words_of_largest(self.step, power)
            return self.found("flat", f"the objective is level along {along}, which is not identified")
        if kind == "maximum":
            left = self.most_passes - self.passes
            return self.found("maximum", (yield from self._counted(maximum_beside_zeros(self.step, left))))
        if power is not None and kind == "untested":
            return self.found("untested", f"too level along {words_of_largest(self.step, power)} to tell what it is")
        self.rate = self.error = math.nan
        return self.found("untested", "not tested for a saddle")

    def is_level(self, power: MapRate) -> Generator[None, None, bool]:
        """Whether the objective itself stays where θ moves along the direction of an eigenvalue of 1, and back.

        An M-step with a tolerance of its own moves nothing so near to rest, in whatever direction.
        """
        if self.passes + 2 > self.most_passes:
            return False
        risen = yield from self._counted(risen_along(self.step, power, _MOVED))
        return risen is None or -risen <= EXACT * _MOVED**2 * self.step.problem.data.total_weight

    def rises(self, power: MapRate) -> Generator[None, None, bool]:
        """Whether the objective curves upwards along the direction of an eigenvalue above 1, as it does at a saddle.

        Where an M-step's tolerance leaves more open than θ was moved for the eigenvalue, that is one of its last moves.
        """
        risen = yield from self._counted(risen_along(self.step, power, _NEAR))
        return risen is None or risen > 0.0


def _nearly_equal(step: Step, pair: tuple[int, int]) -> bool:
    """Whether the parameters of two components are nearly the same, and not only one of the two needed."""
    scale = scales_of(step.params, step.problem.model)
    for path, array in fields_of(step.params, step.problem.model).items():
        own = array.axes and array.axes[0].noun == step.params.component_noun and not array.axes[0].offset
        if own and not array.declared.latent:
            one, other = array.array[pair[0]], array.array[pair[1]]
            if float(np.max(np.abs(one - other) / scale[path], initial=0.0)) > _FAR:
                return False
    return True
