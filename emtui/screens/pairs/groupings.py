"""Three ways to put the rows into groups: the known classes, the responsibilities on the screen, and k-means."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import count
from typing import Literal

import numpy as np

from emtui.networks.scores import Score, affordable_rows, numbers_said_by, said_by
from emtui.session.matched_labels import labels_by_place, matched_order
from emtui.session.snapshot import StepSnapshot
from emtui.spec.train_test_split import TrainTestSplit
from emtui.views import view_for
from emtui.views.baseline_snapshot import why_no_baseline
from emtui.views.changes import drawn_responsibilities
from emtui.views.dataset_cache import remembered
from emtui.views.number_format import count as in_figures
from emtui.views.number_format import number
from engine.analysis.evaluation import Agreement
from engine.arrays import Array, IntArray
from engine.text import clean

GroupingName = Literal["truth", "own", "k-means"]
UNKNOWN = -1
"""The mark of rows whose class is not known, which are of no component."""
_PREDICTED = 5_000  # rows that a network predicts at every step
_CLASSES = 24  # the largest ones, if there are more


@dataclass(frozen=True, eq=False)
class Grouping:
    """Rows in groups.

    Attributes:
        title: "truth", "k-means", or that of the model's own: "EM", "backprop".
        rows: (m,) the rows of the data that are grouped, ascending.
        shares: (m, G) of each group in each row; None where there is nothing yet.
        names: G, of the groups.
        marks: (G,) the component whose colour and marker each group has; `UNKNOWN` for no class.
        said: how many rows agree with the truth, or why there is nothing yet; "" where there is nothing to say.
        short: G shorter names, where there is little room; () where there are none.
        centers: (G, d) a point for each group in the model's units; None where it has none.
        is_own: the groups are the model's own components.
    """

    title: str
    rows: IntArray
    shares: Array | None
    names: tuple[str, ...]
    marks: tuple[int, ...]
    said: str = ""
    short: tuple[str, ...] = ()
    centers: Array | None = None
    is_own: bool = False


def offered(snapshot: StepSnapshot) -> tuple[GroupingName, ...]:
    """The groupings of these data and this model, in the order of the key that changes them."""
    truth, found = snapshot.spec.dataset.y, list[GroupingName]()
    if truth is not None and (truth >= 0).any():
        found.append("truth")
    found.append("own")
    if not why_no_baseline(snapshot.spec, snapshot.step.params):
        found.append("k-means")
    return tuple(found)


def grouping(snapshot: StepSnapshot, name: GroupingName) -> Grouping:
    """The rows in groups. A group matched with a component has its colour and marker."""
    if name == "truth":
        return _truth(snapshot)
    return replace(_own(snapshot), is_own=True) if name == "own" else _kmeans(snapshot)


def own_title(snapshot: StepSnapshot) -> str:
    """The title of the model's own grouping."""
    name = snapshot.spec.model.name
    return {"kmeans": "k-means", "backprop": "backprop"}.get(name, "EM")


def plotted_rows(snapshot: StepSnapshot) -> IntArray:
    """The rows to group: those that are drawn; for a network all, or as many as can be predicted at once."""
    if not snapshot.spec.model.supervised:
        return snapshot.rows
    data, most = snapshot.spec.dataset, min(affordable_rows(snapshot.step.params), _PREDICTED)
    return remembered(data, ("rows predicted", most), lambda: even_draw(data.n_samples, most))


def even_draw(n: int, most: int) -> IntArray:
    """At most `most` of n places, evenly spread."""
    return np.arange(n) if n <= most else np.linspace(0, n - 1, most).astype(np.int64)


def _truth(snapshot: StepSnapshot) -> Grouping:
    data, rows = snapshot.spec.dataset, plotted_rows(snapshot)
    assert data.y is not None
    truth = data.y
    n_classes = len(data.class_names)
    marks = class_marks(None if snapshot.spec.model.supervised else snapshot.agreement, n_classes)
    largest = np.argsort(-np.bincount(truth[truth >= 0], minlength=n_classes), kind="stable")[:_CLASSES]
    kept = np.sort(largest)

    def one_hot() -> Array:
        place = np.full(n_classes + 1, len(kept))  # of each class, and at the end of −1, no class
        place[kept] = np.arange(len(kept))
        return np.asarray(np.eye(len(kept) + 1)[place[truth[rows]]])

    shares = remembered(data, "classes, one-hot", one_hot, of=rows)
    order = sorted(range(len(kept)), key=lambda place: marks[kept[place]])  # groups have the order of their components
    kept, shares = kept[order], shares[:, [*order, len(kept)]]
    chosen = tuple(marks[c] for c in kept)
    names = tuple(data.class_names[c] for c in kept)
    said = f"{n_classes:,} known {'class' if n_classes == 1 else 'classes'}"
    if rest := int(np.count_nonzero(~np.isin(truth, kept))):
        said += f", {rest:,} rows of {'others' if n_classes > len(kept) else 'no known class'}"
        return Grouping("truth", rows, shares, (*names, "the rest"), (*chosen, UNKNOWN), said)
    return Grouping("truth", rows, shares[:, :-1], names, chosen, said)


def class_marks(found: Agreement | None, n_classes: int) -> tuple[int, ...]:
    """(n_classes,) the component matched with each class; classes left over come after all components."""
    if found is None:
        return tuple(range(n_classes))
    component_of = {int(c): k for k, c in enumerate(found.matching) if c >= 0}
    further = count(len(found.matching))
    return tuple(component_of[c] if c in component_of else next(further) for c in range(n_classes))


def _own(snapshot: StepSnapshot) -> Grouping:
    rows, view = plotted_rows(snapshot), view_for(snapshot.spec.model)
    if snapshot.spec.model.supervised:
        return _predicted(snapshot, rows)
    names, R, title = view.component_names(snapshot), drawn_responsibilities(snapshot), own_title(snapshot)
    if R is None:
        return Grouping(title, rows, None, names, tuple(range(len(names))), "no responsibilities yet: press e")
    if len(names) < R.shape[1]:  # a model from outside may name fewer
        names = tuple(str(k + 1) for k in range(R.shape[1]))
    said, short = _agreed(snapshot.agreement), names[: R.shape[1]]
    if snapshot.agreement is not None:
        names = _with_classes(names, snapshot.agreement.matching, snapshot.spec.dataset.class_names)
    return Grouping(title, rows, R, names[: R.shape[1]], tuple(range(R.shape[1])), said, short)


def _with_classes(names: tuple[str, ...], class_of: IntArray, classes: tuple[str, ...]) -> tuple[str, ...]:
    """Components with their matched classes: "1 = setosa", "2 = class 1"."""
    stands = {k: classes[c] for k, c in enumerate(class_of.tolist()) if 0 <= c < len(classes)}
    said = {k: f"class {name}" if name[:1].isdigit() else name for k, name in stands.items()}
    return tuple(f"{name} = {said[k]}" if k in said else name for k, name in enumerate(names))


def _predicted(snapshot: StepSnapshot, rows: IntArray) -> Grouping:
    """A network's classes, by their probabilities."""
    comparison, model = snapshot.comparison, snapshot.spec.model
    if comparison is None:
        return Grouping(own_title(snapshot), rows, None, (), (), "the network is on its way")
    split, here = comparison.split, comparison.here
    if split.numeric and not model.responsibilities_sum_to_one:
        return _thirds(snapshot, split, rows)
    shares = said_by(model, snapshot.step.params, split.inputs[rows], split.prediction)
    if split.numeric:
        names = view_for(model).component_names(snapshot)
        said = "rows as the gate shares them out, before their target is known"
        return Grouping(own_title(snapshot), rows, shares, names, tuple(range(len(names))), said)
    scores = [one for one in (here.train, here.test) if isinstance(one, Score)]
    hits, total = sum(one.hits for one in scores), sum(one.n_rows for one in scores)
    marks = tuple(range(split.n_classes))
    said = f"{in_figures(hits)} of {in_figures(total)} rows predicted right"
    return Grouping(own_title(snapshot), rows, shares, split.class_names, marks, said)


def _thirds(snapshot: StepSnapshot, split: TrainTestSplit, rows: IntArray) -> Grouping:
    """Rows by the number that is predicted: among the lowest, the middle or the highest third of the training rows'."""
    means = numbers_said_by(snapshot.spec.model, snapshot.step.params, split.inputs[rows])
    low, high = np.quantile(np.asarray(split.targets)[split.train], [1 / 3, 2 / 3])
    shares = np.eye(3)[(means >= low).astype(np.int64) + (means >= high)]
    ends = f"{number(float(low), 3)} and {number(float(high), 3)}"
    said = f"{clean(split.target_name)} predicted, parted at {ends}"
    return Grouping(own_title(snapshot), rows, shares, ("low", "middle", "high"), (0, 1, 2), said)


def _kmeans(snapshot: StepSnapshot) -> Grouping:
    """The clusters of k-means at rest, in the order of the components with which they share most rows."""
    baseline, rows = snapshot.baseline, plotted_rows(snapshot)
    k = view_for(snapshot.spec.model).n_components(snapshot) if baseline is None else len(baseline.run.params.centers)
    names = short = tuple(str(i + 1) for i in range(k))
    if baseline is None:
        return Grouping("k-means", rows, None, names, tuple(range(k)), "k-means is still running")
    theirs, data = baseline.run.labels, snapshot.spec.dataset
    order = matched_order(labels_by_place(snapshot), theirs, k)
    raw = remembered(data, "clusters, one-hot", lambda: np.eye(k)[theirs[rows]], of=baseline)
    if baseline.agreement is not None:
        said = _agreed(baseline.agreement)
        class_of = np.append(baseline.agreement.matching, np.full(k, -1))[order]  # the last clusters may have no rows
        names = _with_classes(names, class_of, data.class_names)
    elif snapshot.labels is not None and len(snapshot.labels) == len(theirs):
        same = int(np.count_nonzero(np.argsort(order)[theirs] == snapshot.labels))
        said = f"{same:,} of {len(theirs):,} rows as EM has them"
    else:
        said = ""
    centers = np.asarray(baseline.run.params.centers)[order]
    return Grouping("k-means", rows, raw[:, order], names, tuple(range(k)), said, short, centers)


def _agreed(found: Agreement | None) -> str:
    return "" if found is None else f"{found.hits:,} of {found.total:,} rows agree with the truth"
