"""The snapshots of an exploration: the choices and scalars of every step, and what runs beside it."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from emtui.session.baseline import Baselines, agreement_with_classes, kmeans_steps
from emtui.session.deeds import Deed
from emtui.session.posterior_cache import PosteriorCache
from emtui.session.snapshot import Baseline, Record, StepSnapshot
from emtui.spec.run_spec import RunSpec
from emtui.spec.train_test_split import split_of
from engine.analysis.rest import can_be_tested, looking_at_rest, passes_in_background, with_rest
from engine.editing.edits import is_by_hand
from engine.em.given import buffers
from engine.em.rest import Rest
from engine.em.step import Step
from engine.em.timeline import Timeline

if TYPE_CHECKING:
    from emtui.networks.rival import MethodComparison
    from emtui.networks.training_history import Learners


class SnapshotMaker:
    """A timeline, the choices and scalars of its steps, and snapshots of them; a `Session` adds what is done.

    Args:
        spec: the choices that it begins with.
        first: the step before the first.
    """

    def __init__(self, spec: RunSpec, first: Step) -> None:
        self._records: dict[Step, Record] = {}
        self._deeds: dict[Step, Deed] = {}  # what each step came of
        self._posteriors = PosteriorCache(lambda problem: self._spec_of[problem])
        self._spec_of = {first.problem: spec}
        self.timeline = Timeline(first)
        self._learners: Learners | None = None
        self._baselines = Baselines()
        self._begin_baseline(spec, first)
        self._unknown_rests: set[Step] = set()
        self._looking: tuple[Step, Generator[None, None, Rest | None]] | None = None  # at the rest of a run

    def _begin_baseline(self, spec: RunSpec, first: Step) -> None:
        """Run k-means beside this start, where none runs there yet."""
        self._baselines.begin(spec, kmeans_steps(spec, first.params))

    @property
    def spec(self) -> RunSpec:
        """The choices that the current branch began with; another start has another seed."""
        return self._spec_of[self.timeline.current.problem]

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

    # looking

    def snapshot(self, note: str = "") -> StepSnapshot:
        """The step under the cursor as the screen shows it."""
        return self.snapshot_at(self.timeline.branch, self.timeline.cursor, note)

    def snapshot_at(self, branch: int, index: int, note: str = "") -> StepSnapshot:
        """Any step of any branch as the screen shows it; the cursor stays where it is. Raises IndexError beyond."""
        steps = self.timeline.steps_of(branch)
        step, previous = steps[index], steps[index - 1] if index else None
        spec, labels = self._spec_of[step.problem], self._posteriors.labels(step)
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
            rows=self._posteriors.rows(step.problem),
            responsibilities=self._posteriors.responsibilities(step),
            labels=labels,
            agreement=agreement_with_classes(spec, labels),
            baseline=baseline,
            note=note,
            responsibilities_before=None if previous is None else self._posteriors.responsibilities(previous),
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
            matched = agreement_with_classes(spec, self._posteriors.labels(step))
            known = Record(
                index, step.iteration, step.phase, step.log_likelihood, step.log_prior, step.objective, step.elbo,
                step.kl, step.q_value, step.entropy, step.seconds, None if matched is None else matched.hits,
                is_by_hand(step), step.stop_reason is not None, step.problem.algorithm.text, step.problem.draw,
            )  # fmt: skip
            self._records[step] = known
        return known

    # memory

    def release(self) -> None:
        """Free what can be computed again."""
        self.timeline.current.release()
        self._posteriors.keep_only(self._spec_of)

    @property
    def table_bytes(self) -> int:
        """How much memory its data take: the tables as they were read, and those that each start has of its own."""
        tables = [*(spec.dataset.X for spec in self._spec_of.values()), *(one.data.X for one in self._spec_of)]
        return sum({id(part): part.nbytes for table in tables for part in buffers(table)}.values())

    def _forget_the_closed(self) -> None:
        """Free what belongs to no branch any more."""
        steps = {step for line in self.timeline.lines for step in line}
        problems = {step.problem for step in steps}
        self._records = {step: record for step, record in self._records.items() if step in steps}
        self._deeds = {step: deed for step, deed in self._deeds.items() if step in steps}
        self._spec_of = {problem: spec for problem, spec in self._spec_of.items() if problem in problems}
        self._unknown_rests &= steps
        self._posteriors.keep_only(problems)
        self._baselines.keep_only(list(self._spec_of.values()))
        if self._learners is not None:
            self._learners.keep_only(steps)
        if self._looking is not None and self._looking[0] not in steps:
            self._looking = None
