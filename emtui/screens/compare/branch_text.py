"""Two branches in words and curves: how each stands, both objectives by iteration, and what differs most."""

from __future__ import annotations

import math

import numpy as np

from emtui.charts.cell_text import fit, pad, wrapped
from emtui.charts.colors import Palette
from emtui.charts.scene import Curve, Layer, Mark, Scene, VLine
from emtui.networks.scores import NumberScore
from emtui.screens.compare.comparison_side import hits_of
from emtui.session.branches import TwoBranches
from emtui.session.snapshot import Record, StepSnapshot
from emtui.views.entry_cursor import parameter_words
from emtui.views.entry_names import entry_words
from emtui.views.number_format import count, fixed, number, plural
from emtui.views.parameter_edit import in_standard_units
from emtui.views.score_words import how_right
from emtui.views.step_text import objective_name, pencil, step_words

_COLORS = (3, 4)  # of the left and the right branch: the first colours belong to the components
_MOST_DIGITS = 9
_DEEP = 3.0  # times the height of the upper three quarters of a curve: lower parts are cut off


def heading(snapshot: StepSnapshot, *, of_model: bool = False) -> tuple[str, str]:
    """The place of a branch and its numbers: two lines. of_model: which model it is comes first."""
    model = snapshot.step.problem.model
    named = f"{' '.join(part for part in (model.name, model.size_words) if part)} · " if of_model else ""
    hits = "" if snapshot.spec.dataset.y is None or snapshot.labels is None else f" · {hits_of(snapshot.agreement)}"
    if snapshot.comparison is not None:
        score = snapshot.comparison.here.test or snapshot.comparison.here.train
        hits = f" · {how_right(score)}"
        if not isinstance(score, NumberScore):
            hits = f" · {count(score.hits)}/{count(score.n_rows)} right"
    record = snapshot.record
    same = record.log_likelihood == record.objective or not math.isfinite(record.log_likelihood)
    likelihood = "" if same else f" · ln p {fixed(record.log_likelihood)}"
    return f"{named}{step_words(snapshot)}{hits}", f"{objective_name(snapshot)} {_value(record.objective)}{likelihood}"


def _value(value: float) -> str:
    return fixed(value) if math.isfinite(value) else "not known yet"


def objectives_scene(two: TwoBranches, palette: Palette) -> Scene:
    """Both objectives by iteration, with a marker at each branch's place and a pencil at each change by hand.

    Where they can't be compared, that of the current branch alone.
    """
    layers: list[Layer] = []
    marks: list[Layer] = []
    heights = []
    shown = _shown(two)
    for place, snapshot in shown:
        x = snapshot.half_steps
        y = np.array([_height(two, record) for record in snapshot.records])
        heights.append(y[np.isfinite(y)])
        color = palette.color(_COLORS[place])
        layers.append(Curve(x, y, color, "dotted" if place == 0 else "solid"))
        for record in snapshot.records:
            if record.by_hand and math.isfinite(y[record.index]):
                marks.append(Mark(float(x[record.index]), y[record.index], pencil(ascii=palette.ascii), color))
        if math.isfinite(y[snapshot.cursor]):
            marks.append(Mark(float(x[snapshot.cursor]), y[snapshot.cursor], _standing(place, palette), color))
    legend = [(_standing(i, palette), palette.color(_COLORS[i]), _name(snapshot)) for i, snapshot in shown]
    now = VLine(float(two.right.half_steps[two.right.cursor]))
    last = max(float(snapshot.half_steps[-1]) for _, snapshot in shown)
    return Scene(
        (now, *layers, *marks),
        x_label="iteration",
        x_range=(0.0, max(1.0, last)),
        y_range=_upper_part(np.concatenate(heights)),
        legend=legend,
        empty="no bound before the first E-step",
        description=branches_sentence(two),
    )


def _shown(two: TwoBranches) -> list[tuple[int, StepSnapshot]]:
    """The branches whose heights stand on one axis: both, or the current one alone."""
    both = [(0, two.left), (1, two.right)]
    return both[1:] if two.objectives_apart else both


def _height(two: TwoBranches, record: Record) -> float:
    quantity = "objective" if two.objectives_apart else two.quantity
    return float(getattr(record, quantity))


def compared_name(two: TwoBranches) -> str:
    """The name of what the curves show, and of what is compared."""
    model = two.right.step.problem.model
    if two.objectives_apart or two.quantity == "objective":
        return objective_name(two.right)
    return "bound" if two.quantity == "elbo" else model.objective_label


def curves_title(two: TwoBranches) -> str:
    """What the curves are, and of which branch where the other one is not on the same axis."""
    alone = f" of {_name(two.right)} alone" if two.objectives_apart else ""
    return f"{compared_name(two)}{alone} by iteration"


def _standing(place: int, palette: Palette) -> str:
    """The markers of the left and the right branch, which no component has."""
    return ("o*" if palette.ascii else "○●")[place]


def _name(snapshot: StepSnapshot) -> str:
    return f"branch {snapshot.branch + 1}"


def _upper_part(values: np.ndarray) -> tuple[float, float] | None:
    """A range without values far below, such as a change by hand, which would flatten the rest; None for all."""
    if len(values) < 4:
        return None
    low, quarter, high = float(values.min()), float(np.quantile(values, 0.25)), float(values.max())
    least = high - (1.0 + _DEEP) * (high - quarter)
    if not high > quarter or low >= least:
        return None
    return least, high + 0.05 * (high - least)


def difference_lines(two: TwoBranches, width: int, height: int, palette: Palette) -> list[str]:
    """The entries of θ that differ most: in words, at the left, at the right."""
    if two.parameters_apart:
        return wrapped(two.parameters_apart, width)[:height]
    if not two.differences:
        return ["the parameters are the same"]
    shown = two.differences[: max(1, height - 1)]
    values = [_alike(each.left, each.right) for each in shown]
    heads = _name(two.left), _name(two.right)
    rooms = [max(len(head), *(len(pair[i]) for pair in values)) for i, head in enumerate(heads)]
    words = [parameter_words(two.right, each.entry, palette) for each in shown]
    room = max(1, width - sum(rooms) - 4)
    if room < 16:
        words = [each.entry.name for each in shown]
    rows = [("", *heads), *((word, *pair) for word, pair in zip(words, values, strict=True))]
    return [fit(f"{pad(word, room)}  {a:>{rooms[0]}}  {b:>{rooms[1]}}", width) for word, a, b in rows]


def _alike(one: float, other: float) -> tuple[str, str]:
    """Two numbers with equally many decimals: four digits, or enough to tell them apart; else with an exponent."""
    largest, apart = max(abs(one), abs(other)), abs(one - other)
    digits = 4 if not apart > 0 else min(_MOST_DIGITS, max(4, 2 + math.ceil(math.log10(largest / apart))))
    if not 1e-3 <= largest < 1e6:
        return number(one, digits), number(other, digits)
    decimals = max(0, digits - 1 - math.floor(math.log10(largest)))
    return fixed(one, decimals), fixed(other, decimals)


def branches_sentence(two: TwoBranches) -> str:
    """Which branch is higher, and what differs most, in a sentence or two."""
    said = []
    ours, theirs = _height(two, two.right.record), _height(two, two.left.record)
    mine, other = _name(two.right), _name(two.left)
    if two.objectives_apart:
        said.append(two.objectives_apart[:1].upper() + two.objectives_apart[1:])
    elif math.isfinite(ours - theirs):
        apart = abs(ours - theirs)
        if apart <= 1e-9 * max(1.0, abs(ours)):
            said.append(f"Both have the same {compared_name(two)}")
        else:
            higher, lower = (mine, other) if ours > theirs else (other, mine)
            said.append(f"The {compared_name(two)} of {higher} is {number(apart)} higher than that of {lower}")
    if two.left.step.iteration != two.right.step.iteration:
        taken = plural(two.left.step.iteration, "iteration")
        said.append(f"{other} has taken {taken} only" if two.left.is_last else f"{other} stands at {taken}")
    if two.parameters_apart:
        said.append(two.parameters_apart)
    elif two.differences:
        most = two.differences[0]
        words = entry_words(two.right, most.entry)
        left, right = _alike(most.left, most.right)
        units = " in standard units" if in_standard_units(two.right, most.entry) else ""
        said.append(f"{words} differs most: {left} against {right}{units}")
    else:
        said.append("the parameters are the same")
    return "; ".join(said) + "."
