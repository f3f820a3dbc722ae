"""A step of a network in words: which unit moved, how the loss changed, and how both methods compare."""

from __future__ import annotations

from typing import Any

import numpy as np

from emtui.networks.rival import MethodComparison
from emtui.networks.scores import Progress
from emtui.session.snapshot import StepSnapshot
from emtui.spec.promise import may_fall
from emtui.views.bound_sentences import Settling, bound
from emtui.views.changes import drawn_responsibilities
from emtui.views.number_format import amount, from_to, number, probability
from emtui.views.score_words import how_right_in_words
from emtui.views.sentences import ending, events, how_many, line

_SETTLING = Settling(
    "each row goes wholly to the likeliest states of its units",
    "each row's units are drawn from their posterior",
    "units",
)


def network_sentence(snapshot: StepSnapshot, names: tuple[str, ...]) -> str:
    """The line for this step; `names` are those of the hidden units."""
    learns_by_em = snapshot.step.problem.model.name != "backprop"
    if snapshot.step.phase == "init":
        parts = [_start(snapshot), "nothing has been learned yet: press e", may_fall(snapshot.spec), *events(snapshot)]
    elif snapshot.step.phase == "E":
        parts = (
            [f"{_units(snapshot, names)}; {bound(snapshot, _SETTLING)}", *events(snapshot)]
            if learns_by_em
            else [_loss_alone(snapshot)]
        )
    else:
        parts = [_moved(snapshot, learns_by_em), *events(snapshot)]
    return line([*parts, *ending(snapshot)])


def _start(snapshot: StepSnapshot) -> str:
    comparison = snapshot.comparison
    model: Any = snapshot.step.problem.model
    assert comparison is not None
    given = (
        "given" if snapshot.spec.start is not None else f"drawn with standard deviation {number(model.weight_scale)}"
    )
    sizes = snapshot.step.params.sizes
    units = how_many(sum(sizes), "hidden unit") + (f" in {len(sizes)} layers" if len(sizes) > 1 else "")
    return f"{units}, weights {given}; {standing(comparison.here, comparison.split.prediction)}"


def standing(found: Progress, by: str = "") -> str:
    """The loss and the rows that are right: `training loss 1.07, 30 of 90 right; test loss 1.08, 20 of 60 right`.

    by: the way of predicting that the loss is of, where there are two.
    """
    way = f" ({by})" if by else ""
    said = f"training loss{way} {amount(found.train.log_loss)}, {how_right_in_words(found.train)}"
    if found.test is None:
        return said
    return f"{said}; test loss {amount(found.test.log_loss)}, {how_right_in_words(found.test)}"


def _units(snapshot: StepSnapshot, names: tuple[str, ...]) -> str:
    """The unit whose mean E[z] moved most; after the first E-step, the ones that are on most and least."""
    now, before = drawn_responsibilities(snapshot), snapshot.responsibilities_before
    if now is None:
        return "the hidden units have been settled for every row"
    mean = now.mean(axis=0)
    if before is None or before.shape != now.shape or before is now:
        most, least = int(mean.argmax()), int(mean.argmin())
        if most == least:
            return f"the hidden unit is on with probability {probability(float(mean[most]), 2)} on average"
        return (
            f"unit {names[most]} is on most, with E[z] {probability(float(mean[most]), 2)} on average, "
            f"and unit {names[least]} least, {probability(float(mean[least]), 2)}"
        )
    change = np.abs(now - before).mean(axis=0)
    unit = int(change.argmax())
    if change[unit] < 5e-4:
        return "E[z] of no unit moved by more than .0005 a row"
    was, is_now = probability(float(before[:, unit].mean()), 3), probability(float(mean[unit]), 3)
    by = probability(float(change[unit]), 3)
    return f"unit {names[unit]} moved most: its E[z] by {by} a row, its mean {was}→{is_now}"


def _loss_alone(snapshot: StepSnapshot) -> str:
    comparison = snapshot.comparison
    assert comparison is not None
    return (
        "backpropagation has nothing latent to settle, so this half-step only looks at the loss: "
        f"{standing(comparison.here, comparison.split.prediction)}"
    )


def _moved(snapshot: StepSnapshot, learns_by_em: bool) -> str:
    """The loss before and after, and how far a weight went: a short step shows here."""
    comparison = snapshot.comparison
    assert comparison is not None
    said = loss_moved(comparison, comparison.split.prediction)
    if not learns_by_em:
        said = f"epoch {snapshot.step.iteration}: {said}"
    return f"{said}; {_weight(snapshot)}"


def loss_moved(comparison: MethodComparison, by: str = "") -> str:
    """The training loss before and after, and the rows that are right now; `by` as for `standing`."""
    here, before = comparison.here, comparison.own[max(0, comparison.own_at - 1)]
    was, now = before.train.log_loss, here.train.log_loss
    went = "fell" if now < was else "rose"
    loss = "training loss" + (f" ({by})" if by else "")
    said = f"{loss} stays at {amount(now)}" if was == now else f"{loss} {went} from {from_to(was, now)}"
    right = how_right_in_words(here.train)
    if here.test is not None:
        right += f", on test rows {how_right_in_words(here.test).removesuffix(' right')}"
    return f"{said}, {right}"


def _weight(snapshot: StepSnapshot) -> str:
    """The weight that changed most in the last move of θ."""
    if len(snapshot.trail) < 2:
        return "no weight has moved"
    now, before = snapshot.trail[-1], snapshot.trail[-2]
    best, said = 0.0, "no weight moved"
    names = [f"of layer {number}" for number in range(1, len(now.layers) + 1)]
    if len(names) == 1:
        names = ["of the hidden units"]
    for name, new, old in zip(
        [*names, "of the output"], [*now.layers, now.output], [*before.layers, before.output], strict=True
    ):
        change = float(np.abs(new - old).max())
        if change > best:
            best, said = change, f"no weight moved farther than {number(change)} (one {name})"
    return said
