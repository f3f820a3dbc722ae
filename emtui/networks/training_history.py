"""What a session remembers about networks: the scores of each step, and the rival of each start."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from emtui.networks.rival import MethodComparison, Rival, rival_of, scores_beside
from emtui.networks.scores import Progress, progress
from emtui.spec.run_spec import RunSpec
from emtui.spec.train_test_split import split_of
from engine.em.evaluation import Evaluation
from engine.em.step import Problem, Step


class Learners:
    """The scores of every step, each computed once, and one rival for each start."""

    def __init__(self) -> None:
        self._progress: dict[Evaluation, Progress] = {}
        self._rivals: dict[Problem, tuple[Rival | None, str]] = {}

    def adopt(self, steps: Sequence[Step], own: Sequence[Progress], rival: tuple[Rival | None, str]) -> None:
        """Take over a run that was scored already: the progress of its start and iterations, and its rival."""
        kept = [step for step in steps if step.phase != "E"]
        self._progress |= {step.at: one for step, one in zip(kept, own, strict=True)}
        self._rivals[steps[0].problem] = rival

    def judge(self, spec: RunSpec, step: Step) -> Progress:
        """The scores of a step's parameters, computed once."""
        known = self._progress.get(step.at)
        if known is None:
            split = split_of(spec)
            assert split is not None
            known = progress(spec.model, step, split)
            self._progress[step.at] = known
        return known

    def comparison(self, spec: RunSpec, steps: Sequence[Step], cursor: int) -> MethodComparison:
        """A comparison of both methods: the explored one along these steps, and its rival as far as it has run."""
        split = split_of(spec)
        assert split is not None
        own = tuple(self.judge(spec, step) for step in steps if step.phase != "E")
        own_at = sum(step.phase != "E" for step in steps[: cursor + 1]) - 1
        rival, why = self._rivals.get(steps[0].problem, (None, ""))
        if rival is None:
            return MethodComparison(split, own, own_at, rival_why=why)
        return MethodComparison(split, own, own_at, rival.progress, rival.model, rival.params)

    def scores(self, spec: RunSpec, steps: Sequence[Step]) -> list[dict[str, float]]:
        """The scores of each step by name, and those of the rival after as many iterations; nan where it is behind."""
        rival = self.comparison(spec, steps, len(steps) - 1).rival
        return [scores_beside(self.judge(spec, step), rival) for step in steps]

    def is_behind(self, spec: RunSpec, steps: Sequence[Step]) -> bool:
        """Whether the rival has fewer iterations than these steps."""
        known = self._rivals.get(steps[0].problem)
        if known is None:
            return True
        rival, last = known[0], steps[-1]
        reached = last.iteration - (last.phase == "E")  # iterations that are done on this branch
        return rival is not None and not rival.has_stopped and rival.n_iterations < reached

    def keep_only(self, steps: Collection[Step]) -> None:
        """Forget what belongs to any other step."""
        places = {step.at for step in steps}
        problems = {step.problem for step in steps}
        self._progress = {at: scores for at, scores in self._progress.items() if at in places}
        self._rivals = {problem: rival for problem, rival in self._rivals.items() if problem in problems}

    def advance(self, spec: RunSpec, steps: Sequence[Step]) -> None:
        """Start the rival, or let it take one more iteration."""
        known = self._rivals.get(steps[0].problem)
        if known is None:
            self._rivals[steps[0].problem] = rival_of(spec, steps[0].params)
        elif known[0] is not None:
            known[0].advance()
