"""What was published of one split and one start, beside the same from many of them: a picture, no digits to match."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from engine.analysis.prediction_score import prediction_scores
from engine.analysis.study import Study, StudyRun
from engine.em.loop import begin

Score = Literal["start_log_loss", "train_log_loss", "test_accuracy"]
SCORES: tuple[Score, ...] = ("start_log_loss", "train_log_loss", "test_accuracy")


@dataclass(frozen=True)
class SplitRun:
    """A method from one seed, which drew the split and the start.

    Attributes:
        start_log_loss: mean −ln p(y | x) of the training rows at the start.
        run: what came of it.
    """

    start_log_loss: float
    run: StudyRun

    def score(self, name: Score) -> float:
        """One of the scores by its name."""
        return self.start_log_loss if name == "start_log_loss" else float(getattr(self.run, name))


@dataclass(frozen=True, eq=False)
class ManySplits:
    """One method from many splits.

    Attributes:
        title: how it was run, in a few words.
        study: of this method alone, in the data's own order of rows.
        published: what was printed of a single run, by score.
        claim: what each run is to show, in words; "" for nothing.
        shows: whether a run shows it.
    """

    title: str
    study: Study
    published: Mapping[Score, str] = field(default_factory=dict)
    claim: str = ""
    shows: Callable[[SplitRun], bool] = lambda _: True

    def runs(self) -> Iterator[SplitRun]:
        """One seed after the other. Raises EngineError where one can't be run."""
        for seed, run in zip(self.study.seeds, self.study.runs(), strict=True):
            yield SplitRun(self._start_log_loss(seed), run)

    def _start_log_loss(self, seed: int) -> float:
        (model,), rows = self.study.methods.values(), self.study.rows(seed).train
        X, y = self.study.X[rows], self.study.y[rows]
        return prediction_scores(model, begin(model, X, y, seed=seed).params, X, y)["loss"]
