"""One exploration: choices, the steps taken so far, and where the cursor stands. No screen here; tested without one."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from emtui.session.baseline import Baselines, agreement_with_classes, kmeans_steps
from emtui.session.deeds import Deed, Taken, Weighed, moved
from emtui.session.kept_rows import (
    begun_with,
    capital,
    lost_words,
    rows_by_hand,
    rows_carried,
    rows_words,
    weight_given,
)
from emtui.session.looked_at import LookedAt
from emtui.session.row_weights import weighed_words, weight_of, with_row_weighed
from emtui.session.same_start import same_start
from emtui.session.snapshot import Baseline, Record, StepSnapshot
from emtui.session.temperature import turned
from emtui.session.undo import NOTHING_TO_UNDO, Act, undone
from emtui.spec.choices_words import differing_words
from emtui.spec.revise import started_anew
from emtui.spec.run_spec import RunSpec
from emtui.spec.train_test_split import split_of
from engine.analysis.rest import can_be_tested, looking_at_rest, passes_in_background, with_rest
from engine.editing.edits import is_by_hand, placed
from engine.em.algorithms import Annealed, algorithm_named
from engine.em.given import buffers
from engine.em.loop import advance, drawn_anew, stopped, switch_algorithm
from engine.em.rest import Rest
from engine.em.step import Step
from engine.em.timeline import Timeline
from engine.errors import EngineError, OptionError

if TYPE_CHECKING:
    from emtui.networks.rival import MethodComparison
    from emtui.networks.training_history import Learners

WALKED = "Walked to"  # how a note begins that says that no step was taken


class Session:
    """Choices, a timeline, and the scalars of every step; it hands out frames.

    Raises (on making one):
        EngineError: the model can't start on these data; one sentence.
    """

    def __init__(self, spec: RunSpec, first: Step | None = None) -> None:
        """`first` is the step that it begins with, where that has been taken already."""
        self._records: dict[Step, Record] = {}
        self._deeds: dict[Step, Deed] = {}  # what each step came of
        self._looked_at = LookedAt(lambda problem: self._spec_of[problem])
        first = stopped(begun_with(spec, {}), spec.rules) if first is None else first
        self._spec_of = {first.problem: spec}
        self.timeline = Timeline(first)
        self._turned: Annealed | None = None  # what the next step goes on by, where the temperature was turned
        self._learners: Learners | None = None
        self._acts: list[Act] = []
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

        A step that was taken from here already, and has no part left to chance, is walked to. Otherwise going on after
        looking back opens a branch; an E-step that draws makes another draw there.

        Raises:
            EngineError: the step can't be taken (`refusal`), or the model can't go on; nothing is recorded then.
        """
        refused = self.refusal(phase)
        if refused is not None:
            raise EngineError(refused)
        known = self._taken_already()
        if known is not None:
            return self._walk_to(known)
        draw = self._draw_to_make()
        deed = Taken(turned=self.turned, draw=draw)
        step = stopped(self.advanced(draw), self.spec.rules)
        return self.add(step, deed, opens_branch=False)

    def _taken_already(self) -> Step | None:
        """The step that the next half-step would come to, where it was taken from here already."""
        here, turned_to = self.timeline.current, self._turned
        if here.next_is_drawn:
            return None
        phase = "M" if here.phase == "E" else "E"
        for step in self.timeline.followers:
            problem, same = step.problem, step.problem is here.problem
            if turned_to is not None:
                same = problem.algorithm == turned_to and problem.data is here.problem.data
            if same and step.phase == phase and not is_by_hand(step):
                return step
        return None

    def _walk_to(self, step: Step) -> str:
        left, self._turned = self.timeline.branch, None
        self.timeline.walk_to(step)
        now = self.timeline.branch
        where = "a step" if now == left else f"a step of branch {now + 1}"
        return f"{WALKED} {where} that was taken before."

    def _draw_to_make(self) -> int | None:
        """The number of another draw, where an E-step that draws was taken from here already."""
        if not self.timeline.current.next_is_drawn:
            return None
        drawn_here = any(step.phase == "E" and not is_by_hand(step) for step in self.timeline.followers)
        return 1 + max(problem.draw for problem in self._spec_of) if drawn_here else None

    def place(self, params: Any, message: str) -> str:
        """Move θ by hand, in place of the M-step, on a branch of its own; what can't be is an EngineError.

        message says what was moved, and becomes the step's event. Returns a sentence on the branch that this opened.
        """
        step = self.timeline.current
        made = placed(step, params, message)
        return self.add(made, moved(step.params, params, message), opens_branch=True)

    def weigh_row(self, row: int, weight: float) -> str:
        """Leave out a row of the data set (0), count it twice (2) or put it back (1); as `place` does."""
        place = self.timeline.place
        made = with_row_weighed(self.spec, self.timeline.current, row, weight)
        said = self.add(made, Weighed(row, weight), opens_branch=True)
        self._acts.append(Act(weighed_words(self.spec, row, weight), place, self.timeline.place))
        return said

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
        return one_note(notes)

    def run_on(self) -> Iterator[str]:
        """Iterate until a stopping rule is met, a half-step at a time, so that the caller can stop in between."""
        yield self.take()
        while self.timeline.current.stop_reason is None:
            yield self.take()

    # beginning again

    def apply(self, spec: RunSpec) -> str:
        """Begin with other choices, on a branch of its own beside the old ones; a sentence on that comes back.

        Rows that were weighed by hand stay so, as long as they are among the rows. It can be undone.

        Raises:
            EngineError: the model can't start so; nothing has changed then.
        """
        before, place = self.spec, self.timeline.place
        said = self._begin_beside(spec)
        self._acts.append(Act(differing_words(before, spec), place, self.timeline.place))
        return said

    def restart(self, seed: int | None = None) -> str:
        """Back to the start: the same one, or that of another seed. The old steps stay as a branch of their own.

        Rows that were weighed by hand stay so: a sentence says it.
        """
        if seed is not None and seed != self.spec.seed:
            before = self.timeline.steps[0]
            begun = self._begin_beside(started_anew(self.spec, seed))
            return " ".join(filter(None, (begun, same_start(before, self.timeline.steps[0]))))
        self._turned = None
        rows, steps, branch = rows_by_hand(self.spec, self.timeline.current), self.timeline.steps, self.timeline.branch
        place = self._same_start(steps[0], rows)
        if place is None:
            place = self._weigh_at_start(rows)
        else:
            self.timeline.switch(place[0])
            self.timeline.go_to(place[1])
        said = [f"{capital(rows_words(self.spec.dataset, rows))}."] if rows else []
        if self.timeline.branch != branch:
            said.append(f"This is branch {self.timeline.branch + 1}; branch {branch + 1} is kept.")
        return " ".join(said)

    def _same_start(self, start: Step, rows: Mapping[int, float]) -> tuple[int, int] | None:
        """Branch and place of a start at this very θ, with these rows weighed by hand; the current branch first."""
        lines = list(enumerate(self.timeline.lines))
        for branch, line in sorted(lines, key=lambda each: each[0] != self.timeline.branch):
            for place, step in enumerate(line if line[0] is start else ()):
                if step.phase != "init" or step.params is not start.params:
                    break
                if rows_by_hand(self.spec_of(step), step) == rows:
                    return branch, place
        return None

    def _weigh_at_start(self, rows: Mapping[int, float]) -> tuple[int, int]:
        """Weigh these rows at the start of the branch as they are weighed here: on a branch of its own."""
        timeline = self.timeline
        start = timeline.go_to(0)
        spec = self.spec_of(start)
        wanted = dict.fromkeys(rows_by_hand(spec, start), None) | dict(rows)
        for number, (row, weight) in enumerate(wanted.items()):
            weight = weight_given(spec, row) if weight is None else weight
            if weight_of(spec, timeline.current, row) != weight:
                made = with_row_weighed(spec, timeline.current, row, weight)
                self.add(made, Weighed(row, weight), opens_branch=number == 0)
        return timeline.branch, timeline.cursor

    def _begin_beside(self, spec: RunSpec) -> str:
        """Begin by these choices beside what there is; rows weighed by hand stay so."""
        before, left = self.spec, self.timeline.branch
        kept = rows_carried(rows_by_hand(before, self.timeline.current), before, spec)
        self.plant(spec, kept.weights)
        said = f"This opened branch {self.timeline.branch + 1}; branch {left + 1} is kept."
        return " ".join(part for part in (said, lost_words(before.dataset, kept)) if part)

    def plant(self, spec: RunSpec, rows: Mapping[int, float] | None = None) -> None:
        """Begin by these choices, on a branch that shares nothing with the others, and go there.

        rows: of the data set, by number from 0, that count by hand what is said here.
        """
        first = stopped(begun_with(spec, rows or {}), spec.rules)
        self._turned = None
        self._spec_of[first.problem] = spec
        self.timeline.plant(first)
        self._record(0, first)
        self._baselines.begin(spec, kmeans_steps(spec, first.params))

    def undo(self) -> str:
        """Undo the last choices applied, or row weighed: go back to where one stood. A sentence says what was undone.

        Raises:
            EngineError: there is nothing to undo.
        """
        if not self._acts:
            raise EngineError(NOTHING_TO_UNDO)
        self._turned = None
        said = undone(self.timeline, self._acts.pop())
        self._forget_the_closed()
        return said

    def release(self) -> None:
        """Free what can be computed again."""
        self.timeline.current.release()
        self._looked_at.keep_only(self._spec_of)

    @property
    def table_bytes(self) -> int:
        """How much memory its data take: the tables as they were read, and those that each start has of its own."""
        tables = [*(spec.dataset.X for spec in self._spec_of.values()), *(one.data.X for one in self._spec_of)]
        return sum({id(part): part.nbytes for table in tables for part in buffers(table)}.values())

    @property
    def can_undo(self) -> bool:
        """There is something to undo."""
        return bool(self._acts)

    def _forget_the_closed(self) -> None:
        """Free what belongs to no branch any more."""
        steps = {step for line in self.timeline.lines for step in line}
        problems = {step.problem for step in steps}
        self._records = {step: record for step, record in self._records.items() if step in steps}
        self._deeds = {step: deed for step, deed in self._deeds.items() if step in steps}
        self._spec_of = {problem: spec for problem, spec in self._spec_of.items() if problem in problems}
        self._unknown_rests &= steps
        self._looked_at.keep_only(problems)
        self._baselines.keep_only(list(self._spec_of.values()))
        if self._learners is not None:
            self._learners.keep_only(steps)
        if self._looking is not None and self._looking[0] not in steps:
            self._looking = None

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
        learners = self._learners_of(self.spec_of(step))
        return {} if learners is None else learners.judge(self.spec_of(step), step).scores

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

    def advanced(self, draw: int | None = None) -> Step:
        """The half-step after the current one, by the temperature that was turned, before a stopping rule is asked.

        draw: which draw E-steps make from here on; None for the present one.
        """
        step = self._as_turned(self.timeline.current)
        if draw is not None:
            spec = self._spec_of[step.problem]
            step = drawn_anew(step, draw)
            self._spec_of[step.problem] = spec
        return advance(step)

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
        drawn = " with another draw" if isinstance(deed, Taken) and deed.draw is not None else ""
        return "" if now == left else f"This opened branch {now + 1}{drawn}; branch {left + 1} is kept."

    # looking

    def snapshot(self, note: str = "") -> StepSnapshot:
        """The step under the cursor as the screen shows it."""
        return self.snapshot_at(self.timeline.branch, self.timeline.cursor, note)

    def snapshot_at(self, branch: int, index: int, note: str = "") -> StepSnapshot:
        """Any step of any branch as the screen shows it; the cursor stays where it is. Raises IndexError beyond."""
        steps = self.timeline.steps_of(branch)
        step, previous = steps[index], steps[index - 1] if index else None
        spec, labels = self._spec_of[step.problem], self._looked_at.labels(step)
        learners, baseline = self._learners_of(spec), self._baselines.of(spec)
        if baseline is not None and baseline.began_em and is_by_hand(steps[0]):
            baseline = replace(baseline, began_em=False)  # the model began with other weights of the rows
        return StepSnapshot(
            spec=spec,
            step=step,
            previous=previous,
            records=tuple(self._record(place, one) for place, one in enumerate(steps)),
            cursor=index,
            branch=branch,
            n_branches=self.timeline.n_branches,
            trail=tuple(one.params for one in steps[: index + 1] if one.phase != "E"),
            rows=self._looked_at.rows(step.problem),
            responsibilities=self._looked_at.responsibilities(step),
            labels=labels,
            agreement=agreement_with_classes(spec, labels),
            baseline=baseline,
            note=note,
            responsibilities_before=None if previous is None else self._looked_at.responsibilities(previous),
            comparison=None if learners is None else learners.comparison(spec, steps, index),
            recent=tuple(steps[max(0, index - 7) : index + 1]),
        )

    def _learners_of(self, spec: RunSpec) -> Learners | None:
        """What is remembered about networks; None for choices that are none."""
        if split_of(spec) is None:
            return None
        if self._learners is None:
            from emtui.networks.training_history import Learners

            self._learners = Learners()
        return self._learners

    @property
    def scores(self) -> list[dict[str, float]]:
        """Of a network: the scores of each step of the current branch by name, its rival's among them; else []."""
        learners = self._learners_of(self.spec)
        return [] if learners is None else learners.scores(self.spec, self.timeline.steps)

    @property
    def comparison(self) -> MethodComparison | None:
        """Of a network: both ways to train it, at the step under the cursor; else None."""
        learners, cursor = self._learners_of(self.spec), self.timeline.cursor
        return None if learners is None else learners.comparison(self.spec, self.timeline.steps, cursor)

    @property
    def rival_is_behind(self) -> bool:
        """The other way to train the network has not come as far as the current branch."""
        learners = self._learners_of(self.spec)
        return learners is not None and learners.is_behind(self.spec, self.timeline.steps)

    def advance_rival(self) -> None:
        """Let the other way to train the network take an iteration; it may take a moment."""
        learners = self._learners_of(self.spec)
        if learners is not None:
            learners.advance(self.spec, self.timeline.steps)

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
            spec = self._spec_of[step.problem]
            if (learners := self._learners_of(spec)) is not None:
                learners.judge(spec, step)
            matched = agreement_with_classes(spec, self._looked_at.labels(step))
            known = Record(
                index, step.iteration, step.phase, step.log_likelihood, step.log_prior, step.objective, step.elbo,
                step.kl, step.q_value, step.entropy, step.seconds, None if matched is None else matched.hits,
                is_by_hand(step), step.stop_reason is not None, step.problem.algorithm.text,
                step.problem.draw,
            )  # fmt: skip
            self._records[step] = known
        return known


def one_note(notes: Iterable[str]) -> str:
    """What to say of several steps: what one of them opened, or else what is to be said of the last."""
    last = ""
    for last in notes:
        if last and not last.startswith(WALKED):
            return last
    return last
