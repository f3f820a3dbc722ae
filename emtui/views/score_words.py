"""A score in words: classes by the rows that are right, numbers by their RMSE."""

from __future__ import annotations

from collections.abc import Iterable

from emtui.networks.scores import AnyScore, NumberScore, Progress
from emtui.views.number_format import count, number, probability, share


def how_right(score: AnyScore) -> str:
    """In a table: "57/60 .950", "RMSE 0.213"."""
    return f"RMSE {number(score.rmse, 4)}" if isinstance(score, NumberScore) else share(score.hits, score.n_rows)


def how_right_in_words(score: AnyScore) -> str:
    """In a sentence: "57 of 60 right", "RMSE 0.213"."""
    return how_right(score) if isinstance(score, NumberScore) else f"{count(score.hits)} of {count(score.n_rows)} right"


def how_right_alone(score: AnyScore) -> str:
    """In the least room: ".950", "0.213"."""
    return number(score.rmse, 3) if isinstance(score, NumberScore) else probability(score.accuracy)


def estimated_losses(points: Iterable[Progress]) -> str:
    """That what is scored is an estimate, and how far off a loss may be; "" where all is computed."""
    scores = [score for one in points for score in (one.train, one.test) if score is not None]
    error = max((score.log_loss_error for score in scores), default=0.0)
    if not error > 0:
        return ""
    return f"p(y | x) is estimated from draws: standard errors of a loss up to {number(error, 2)}."
