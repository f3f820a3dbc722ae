"""One exploration: choices, the steps taken so far, and where the cursor stands. No screen here; tested without one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from emtui.session.carried_row_weights import (
    begun_with,
    capital,
    lost_words,
    rows_by_hand,
    rows_carried,
    rows_words,
    told_to_stay,
    weight_given,
)
from emtui.session.deeds import Deed, QMoved, Taken, Weighed, moved
from emtui.session.q_by_hand import q_words, with_q_moved
from emtui.session.row_weights import weighed_words, weight_of, with_row_weighed
from emtui.session.same_start import same_start
from emtui.session.snapshot_maker import SnapshotMaker
from emtui.session.temperature import turned
from emtui.session.undo import NOTHING_SINCE_OPENED, NOTHING_TO_UNDO, Act, undone
from emtui.spec.choices_words import differing_words, same_choices
from emtui.spec.revise import started_anew
from emtui.spec.run_spec import RunSpec
from engine.editing.edits import is_by_hand, placed, rows_with_given_q
from engine.em.algorithms import Annealed, algorithm_named
from engine.em.loop import advance, drawn_anew, stopped, switch_algorithm
from engine.em.step import Step
from engine.errors import EngineError, OptionError

if TYPE_CHECKING:
    from emtui.networks.training_history import Learners
    from emtui.session.snapshot import Baseline

WALKED = "Walked to"  # how a note begins that says that no step was taken


class Session(SnapshotMaker):
    """Choices, a timeline, and the scalars of every step; it hands out frames.

    Raises (on making one):
        EngineError: the model can't start on these data; one sentence.
    """

    def __init__(self, spec: RunSpec, first: Step | None = None) -> None:
        """`first` is the step that it begins with, where that has been taken already."""
        super().__init__(spec, stopped(begun_with(spec, {}), spec.rules) if first is None else first)
        self._turned: Annealed | None = None  # what the next step goes on by, where the temperature was turned
        self._acts: list[Act] = []
        self._nothing_to_undo = NOTHING_TO_UNDO

    @classmethod
    def of_run(
        cls, spec: RunSpec, steps: Sequence[Step], learners: Learners | None = None, baseline: Baseline | None = None
    ) -> Session:
        """A session whose only branch is a run that is over, with the cursor at its end; nothing is computed again.

        learners: of a network, with the scores of these steps. baseline: the k-means that was run beside it.
        """
        session = cls(spec, steps[0])
        for step in steps[1:]:
            session.timeline.record(step)
        session._learners = learners if learners is not None else session._learners
        if baseline is not None:
            session._baselines.know(spec, baseline)
        return session

    # walking

    def refusal(self, phase: str | None = None) -> str | None:
        """Why the next step can't be taken, in words; None where it can."""
        step = self.timeline.current
        if phase == "M" and step.phase != "E":
            return "An M-step needs responsibilities: press e first."
        if phase == "E" and step.phase == "E" and rows_with_given_q(step):
            return "q was moved by hand: press m to go on from it, or ← back to the posterior."
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

    def move_q(self, row: int, q: Sequence[float]) -> str:
        """Move the responsibilities of a row of the data set by hand, after an E-step; as `place` does."""
        place = self.timeline.place
        made = with_q_moved(self.spec, self.timeline.current, row, q)
        said = self.add(made, QMoved(row, [float(share) for share in q]), opens_branch=True)
        self._acts.append(Act(q_words(self.spec, row, q), place, self.timeline.place))
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
        before, place, n_before = self.spec, self.timeline.place, self.timeline.n_branches
        said = self._begin_beside(spec)
        opened = self.timeline.place if self.timeline.n_branches > n_before else None
        self._acts.append(Act(differing_words(before, spec), place, opened))
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
        known = self._same_start(steps[0], rows)
        if known is None:
            self._weigh_at_start(rows)
        else:
            self.timeline.switch(known[0])
            self.timeline.go_to(known[1])
        said = self._rows_unsaid(rows)
        if self.timeline.branch != branch:
            said.append(f"This is branch {self.timeline.branch + 1}; branch {branch + 1} is kept.")
        return " ".join(said)

    def _rows_unsaid(self, rows: Mapping[int, float]) -> list[str]:
        """A sentence on rows that are weighed by hand here, without those that the step itself names."""
        step, data = self.timeline.current, self.spec.dataset
        if not rows or any(event.message == rows_words(data, rows) for event in step.events):
            return []
        deed = self.deed_of(step)
        named = deed.row if isinstance(deed, Weighed) else None
        others = {row: weight for row, weight in rows.items() if row != named}
        return [f"{capital(rows_words(data, others))}."] if others else []

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

    def _weigh_at_start(self, rows: Mapping[int, float]) -> None:
        """Weigh these rows at the start of the branch as they are weighed here: on a branch of its own."""
        timeline, came_from = self.timeline, self.timeline.place
        start = timeline.go_to(0)
        spec = self.spec_of(start)
        wanted = dict.fromkeys(rows_by_hand(spec, start), None) | dict(rows)
        opens_branch = True
        try:
            for row, weight in wanted.items():
                weight = weight_given(spec, row) if weight is None else weight
                if weight_of(spec, timeline.current, row) != weight:
                    made = with_row_weighed(spec, timeline.current, row, weight)
                    deed = Weighed(row, weight, stays=bool(rows_by_hand(spec, made)))
                    made = told_to_stay(spec, made) if deed.stays else made
                    self.add(made, deed, opens_branch=opens_branch)
                    opens_branch = False
        except EngineError:
            timeline.return_to(came_from)
            raise

    def _begin_beside(self, spec: RunSpec) -> str:
        """Begin by these choices beside what there is, or where that was begun; rows weighed by hand stay so."""
        before, left = self.spec, self.timeline.branch
        kept = rows_carried(rows_by_hand(before, self.timeline.current), before, spec)
        begun = self._begun_already(spec, kept.weights)
        if begun is None:
            self.plant(spec, kept.weights)
            said = f"This opened branch {self.timeline.branch + 1}; branch {left + 1} is kept."
        else:
            self._turned = None
            self.timeline.switch(begun)
            self.timeline.go_to(0)
            said = f"{WALKED} the start of branch {begun + 1}, which was begun with these choices."
        return " ".join(part for part in (said, lost_words(before.dataset, kept)) if part)

    def _begun_already(self, spec: RunSpec, rows: Mapping[int, float]) -> int | None:
        """The branch that began with these choices, and with these rows weighed by hand."""
        for branch, line in enumerate(self.timeline.branches):
            first = line.steps[0]
            its = self.spec_of(first)
            if line.parent is None and same_choices(its, spec) and rows_by_hand(its, first) == dict(rows):
                return branch
        return None

    def plant(self, spec: RunSpec, rows: Mapping[int, float] | None = None) -> None:
        """Begin by these choices, on a branch that shares nothing with the others, and go there.

        rows: of the data set, by number from 0, that count by hand what is said here.
        """
        first = stopped(begun_with(spec, rows or {}), spec.rules)
        self._turned = None
        self._spec_of[first.problem] = spec
        self.timeline.plant(first)
        self._record(0, first)
        self._begin_baseline(spec, first)

    def undo(self) -> str:
        """Undo the last choices applied, or row weighed: go back to where one stood. A sentence says what was undone.

        Raises:
            EngineError: there is nothing to undo.
        """
        if not self._acts:
            raise EngineError(self._nothing_to_undo)
        self._turned = None
        said = undone(self.timeline, self._acts.pop())
        self._forget_the_closed()
        return said

    @property
    def can_undo(self) -> bool:
        """There is something to undo."""
        return bool(self._acts)

    # what was done, and doing it again

    def came_from_file(self) -> None:
        """All that was done so far was done again from a file, which doesn't hold what can be undone."""
        self._acts.clear()
        self._nothing_to_undo = NOTHING_SINCE_OPENED

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


def one_note(notes: Iterable[str]) -> str:
    """What to say of several steps: what one of them opened, or else what is to be said of the last."""
    last = ""
    for last in notes:
        if last and not last.startswith(WALKED):
            return last
    return last
