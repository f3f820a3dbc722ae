"""One exploration: choices, the steps taken so far, and where the cursor stands. No screen here; tested without one."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from emtui.session.baseline import Baselines, agreement_with_classes, kmeans_steps
from emtui.session.deeds import Deed, Taken, Weighed, moved
from emtui.session.row_weights import weight_of, with_row_weighed
from emtui.session.snapshot import Baseline, Record, StepSnapshot
from emtui.session.temperature import turned
from emtui.spec.revise import started_anew
from emtui.spec.run_spec import RunSpec
from emtui.spec.train_test_split import problem_of, split_of
from engine.analysis.rest import can_be_tested, looking_at_rest, passes_in_background, with_rest
from engine.arrays import Array, IntArray
from engine.editing.edits import is_by_hand, placed
from engine.em.algorithms import Annealed, algorithm_named
from engine.em.evaluation import Evaluation, Posterior
from engine.em.loop import advance, begin_problem, stopped, switch_algorithm
from engine.em.rest import Rest
from engine.em.step import Problem, Step
from engine.em.timeline import Timeline
from engine.errors import EngineError, OptionError

if TYPE_CHECKING:
    from emtui.networks.rival import MethodComparison
    from emtui.networks.training_history import Learners

ROWS_DRAWN = 100_000


class Session:
    """Choices, a timeline, and the scalars of every step; it hands out frames.

    Raises (on making one):
        EngineError: the model can't start on these data; one sentence.
    """

    def __init__(self, spec: RunSpec, first: Step | None = None) -> None:
        """`first` is the step that it begins with, where that has been taken already."""
        self._records: dict[Step, Record] = {}
        self._deeds: dict[Step, Deed] = {}  # what each step came of
        self._labels: tuple[Step, IntArray] | None = None
        self._responsibilities: list[tuple[Evaluation, Array]] = []
        self._drawn: dict[Problem, tuple[IntArray, IntArray]] = {}
        first = self._begin(spec) if first is None else first
        self._spec_of = {first.problem: spec}
        self.timeline = Timeline(first)
        self._turned: Annealed | None = None  # what the next step goes on by, where the temperature was turned
        self._learners = _learners_of(spec)
        self._baselines = Baselines()
        self._baselines.begin(spec, kmeans_steps(spec, first.params))
        self._unknown_rests: set[Step] = set()
        self._looking: tuple[Step, Generator[None, None, Rest | None]] | None = None  # at the rest of a run

    @classmethod
    def of_run(cls, spec: RunSpec, steps: Sequence[Step], learners: Learners | None = None) -> Session:
        """A session whose only branch is a run that is over, with the cursor at its end; nothing is computed again.

        learners: of a network, with the scores of these steps.
        """
        session = cls(spec, steps[0])
        for step in steps[1:]:
            session.timeline.record(step)
        session._learners = learners if learners is not None else session._learners
        return session

    @property
    def spec(self) -> RunSpec:
        """The choices that the current branch began with; another start has another seed."""
        return self._spec_of[self.timeline.current.problem]

    @staticmethod
    def _begin(spec: RunSpec) -> Step:
        return stopped(begin_problem(problem_of(spec), spec.start), spec.rules)

    # walking

    def refusal(self, phase: str | None = None) -> str | None:
        """Why the next step can't be taken, in words; None where it can."""
        step = self.timeline.current
        if phase == "M" and step.phase != "E":
            return "An M-step needs responsibilities: press e first."
        if phase == "E" and step.phase == "E":
            return "The responsibilities already belong to these parameters: press m to move the parameters."
        if step.stop_reason is not None and self.timeline.at_end and any(event.stops for event in step.events):
            return f"The run can't go on from here: {step.stop_reason}."
        return None

    def take(self, phase: str | None = None) -> str:
        """Take the next half-step and record it; a sentence to say beside the step's own comes back, or "".

        Going on after looking back opens a branch.

        Raises:
            EngineError: the step can't be taken (`refusal`), or the model can't go on; nothing is recorded then.
        """
        refused = self.refusal(phase)
        if refused is not None:
            raise EngineError(refused)
        deed = Taken(turned=self.turned)
        return self.add(stopped(self.advanced(), self.spec.rules), deed, opens_branch=False)

    def place(self, params: Any, message: str) -> str:
        """Move θ by hand, in place of the M-step, on a branch of its own; what can't be is an EngineError.

        message says what was moved, and becomes the step's event. Returns a sentence on the branch that this opened.
        """
        step = self.timeline.current
        made = placed(step, params, message)
        return self.add(made, moved(step.params, params, message), opens_branch=True)

    def weigh_row(self, row: int, weight: float) -> str:
        """Leave out a row of the data set (0), count it twice (2) or put it back (1); as `place` does."""
        made = with_row_weighed(self.spec, self.timeline.current, row, weight)
        return self.add(made, Weighed(row, weight), opens_branch=True)

    def weight_of(self, row: int) -> float:
        """What a row of the data set counts in the current step."""
        return weight_of(self.spec, self.timeline.current, row)

    def turn_temperature(self, factor: float) -> str:
        """Let the next E-steps be hotter or cooler (the sentence says how hot); steps that were taken stay as they are.

        Raises:
            OptionError: this is not annealed EM, so that there is no temperature.
        """
        step = self.timeline.current
        upcoming = step.iteration + 1
        present = self.spec.algorithm if self._turned is None else self._turned.text
        self._turned = turned(present, upcoming, factor)
        return (
            f"From the E-step of iteration {upcoming} on the temperature is {self._turned.initial:z.3g}, turned by hand"
            ": a copied command holds it from the start."
        )

    def _as_turned(self, step: Step) -> Step:
        """The step to go on from: by another temperature, where it was turned."""
        if self._turned is None:
            return step
        spec = replace(self._spec_of[step.problem], algorithm=self._turned.text)
        step, self._turned = switch_algorithm(step, self._turned), None
        self._spec_of[step.problem] = spec
        return step

    def take_iteration(self) -> str:
        """Go on to the end of the next M-step: an E and an M, or the M alone after an E."""
        notes = [self.take()]
        while self.timeline.current.phase != "M":
            notes.append(self.take())
        return next((note for note in notes if note), "")

    def run_on(self) -> Iterator[str]:
        """Iterate until a stopping rule is met, a half-step at a time, so that the caller can stop in between."""
        yield self.take()
        while self.timeline.current.stop_reason is None:
            yield self.take()

    def restart(self, seed: int | None = None) -> None:
        """Back to the start: the same one, or that of another seed. The old steps stay as a branch of their own."""
        self._turned = None
        if seed is None or seed == self.spec.seed:
            self.timeline.go_to(0)
            return
        self.plant(started_anew(self.spec, seed))

    def plant(self, spec: RunSpec) -> None:
        """Begin by these choices, on a branch that shares nothing with the others, and go there."""
        first = self._begin(spec)
        self._spec_of[first.problem] = spec
        self.timeline.plant(first)
        self._baselines.begin(spec, kmeans_steps(spec, first.params))

    # what was done, and doing it again

    def spec_of(self, step: Step) -> RunSpec:
        """The choices that a step belongs to."""
        return self._spec_of[step.problem]

    def deed_of(self, step: Step) -> Deed | None:
        """What was done to come to this step from the one before; None at a start."""
        return self._deeds.get(step)

    def record_of(self, step: Step) -> Record:
        """The scalars of any step of any branch."""
        return self._record(self.timeline.cursor, step)

    def scores_of(self, step: Step) -> Mapping[str, float]:
        """Of a network: the scores of a step by name, without its rival's; else {}."""
        return {} if self._learners is None else self._learners.judge(self.spec_of(step), step).scores

    @property
    def turned(self) -> str | None:
        """The algorithm that the next step goes on by, where the temperature was turned since the last one."""
        return None if self._turned is None else self._turned.text

    def turn_to(self, algorithm: str) -> None:
        """Let the next step go on by annealed EM with these options. Raises OptionError where it is another one."""
        found = algorithm_named(algorithm)
        if not isinstance(found, Annealed):
            raise OptionError(f"a temperature is turned in annealed EM, and this is {found.name}.")
        self._turned = found

    def advanced(self) -> Step:
        """The half-step after the current one, by the temperature that was turned, before a stopping rule is asked."""
        return advance(self._as_turned(self.timeline.current))

    def add(self, step: Step, deed: Deed, *, opens_branch: bool) -> str:
        """Record a step that came of a deed; on a branch of its own, even at the end of this one, where that is said.

        Returns a sentence on the branch that this opened, or "".
        """
        left = self.timeline.branch
        self._spec_of.setdefault(step.problem, self.spec)
        (self.timeline.fork if opens_branch else self.timeline.record)(step)
        self._deeds[self.timeline.current] = deed
        self._record(self.timeline.cursor, self.timeline.current)  # now, while its statistics are at hand
        now = self.timeline.branch
        return "" if now == left else f"This opened branch {now + 1}; branch {left + 1} is kept."

    # looking

    def snapshot(self, note: str = "") -> StepSnapshot:
        """The step under the cursor as the screen shows it."""
        return self.snapshot_at(self.timeline.branch, self.timeline.cursor, note)

    def snapshot_at(self, branch: int, index: int, note: str = "") -> StepSnapshot:
        """Any step of any branch as the screen shows it; the cursor stays where it is. Raises IndexError beyond."""
        steps, learners = self.timeline.steps_of(branch), self._learners
        step, previous = steps[index], steps[index - 1] if index else None
        spec, labels = self._spec_of[step.problem], self._labels_of(step)
        return StepSnapshot(
            spec=spec,
            step=step,
            previous=previous,
            records=tuple(self._record(place, one) for place, one in enumerate(steps)),
            cursor=index,
            branch=branch,
            n_branches=self.timeline.n_branches,
            trail=tuple(one.params for one in steps[: index + 1] if one.phase != "E"),
            rows=self._places_and_rows(step.problem)[1],
            responsibilities=self._drawn_responsibilities(step),
            labels=labels,
            agreement=agreement_with_classes(spec, labels),
            baseline=self._baselines.of(spec),
            note=note,
            responsibilities_before=None if previous is None else self._drawn_responsibilities(previous),
            comparison=None if learners is None else learners.comparison(spec, steps, index),
            recent=tuple(steps[max(0, index - 7) : index + 1]),
        )

    def _places_and_rows(self, problem: Problem) -> tuple[IntArray, IntArray]:
        """The drawn rows as the model counts them, and as the data set does: a split leaves rows out."""
        if problem not in self._drawn:
            n_rows, split = problem.data.n_given, split_of(self._spec_of[problem])
            places = np.arange(n_rows)
            if n_rows > ROWS_DRAWN:
                places = np.sort(np.random.default_rng(0).choice(n_rows, ROWS_DRAWN, replace=False))
            self._drawn[problem] = (places, places if split is None else split.train[places])
        return self._drawn[problem]

    @property
    def scores(self) -> list[dict[str, float]]:
        """Of a network: the scores of each step of the current branch by name, its rival's among them; else []."""
        return [] if self._learners is None else self._learners.scores(self.spec, self.timeline.steps)

    @property
    def comparison(self) -> MethodComparison | None:
        """Of a network: both ways to train it, at the step under the cursor; else None."""
        steps, cursor = self.timeline.steps, self.timeline.cursor
        return None if self._learners is None else self._learners.comparison(self.spec, steps, cursor)

    @property
    def rival_is_behind(self) -> bool:
        """The other way to train the network has not come as far as the current branch."""
        return self._learners is not None and self._learners.is_behind(self.spec, self.timeline.steps)

    def advance_rival(self) -> None:
        """Let the other way to train the network take an iteration; it may take a moment."""
        if self._learners is not None:
            self._learners.advance(self.spec, self.timeline.steps)

    @property
    def rest_is_due(self) -> bool:
        """The run rests here, and what kind of rest that is has not been told yet."""
        return self.timeline.current not in self._unknown_rests and can_be_tested(self.timeline.current)

    def advance_rest(self) -> None:
        """Look a little further at what kind of rest this is; at the end the step says so."""
        step = self.timeline.current
        if self._looking is None or self._looking[0] is not step:
            self._looking = step, looking_at_rest(step, passes_in_background(step))
        try:
            next(self._looking[1])
        except StopIteration as end:
            told = with_rest(step, end.value)
            self.timeline.amend(step, told)
            self._records[told] = self._record(self.timeline.cursor, step)
            if step in self._deeds:
                self._deeds[told] = self._deeds[step]
            self._unknown_rests.add(told)  # it is told by now, or never
        except BaseException:
            self._unknown_rests.add(step)  # what went wrong once is not tried for ever
            raise

    @property
    def baseline(self) -> Baseline | None:
        """k-means on the same table with the same K, from the same seed; None where it can't be run.

        It may take a moment on large data: advance it in the background; a frame carries it once it is there.
        """
        while self.baseline_is_due:
            self.advance_baseline()
        return self._baselines.of(self.spec)

    @property
    def baseline_is_due(self) -> bool:
        """Whether k-means has not come to its end, or has not begun."""
        return self._baselines.due

    def advance_baseline(self) -> None:
        """Let k-means take a half-step; after its last one `baseline_is_due` no longer holds."""
        self._baselines.advance()

    def _record(self, index: int, step: Step) -> Record:
        known = self._records.get(step)
        if known is None:
            if self._learners is not None:
                self._learners.judge(self._spec_of[step.problem], step)
            matched = agreement_with_classes(self._spec_of[step.problem], self._labels_of(step))
            known = Record(
                index, step.iteration, step.phase, step.log_likelihood, step.log_prior, step.objective, step.elbo,
                step.kl, step.q_value, step.entropy, step.seconds, None if matched is None else matched.hits,
                is_by_hand(step), step.stop_reason is not None, step.problem.algorithm.text,
            )  # fmt: skip
            self._records[step] = known
        return known

    def _drawn_responsibilities(self, step: Step) -> Array | None:
        """q's probabilities for the drawn rows; those of the last two E-steps looked at are kept, to be compared."""
        if step.at_q is None:
            return None
        known = next((r for at, r in self._responsibilities if at is step.at_q), None)
        if known is None:
            known = Posterior(step.at_q).rows(self._places_and_rows(step.problem)[0])
            self._responsibilities = [*self._responsibilities[-1:], (step.at_q, known)]
        return known

    def _labels_of(self, step: Step) -> IntArray | None:
        """Labels under q; those of the last step looked at are kept, since E and M share them."""
        if step.at_q is None:
            return None
        if self._labels is None or self._labels[0].at_q is not step.at_q:
            self._labels = (step, Posterior(step.at_q).labels)
        return self._labels[1]


def _learners_of(spec: RunSpec) -> Learners | None:
    if split_of(spec) is None:
        return None
    from emtui.networks.training_history import Learners

    return Learners()
