"""Confusion matrices as values to draw: known classes by components, and targets by predictions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from emtui.charts.cell_text import clean
from emtui.charts.colors import Palette
from emtui.charts.heatmap import Matrix
from emtui.session.snapshot import StepSnapshot
from emtui.views.registry import view_for
from engine.analysis.evaluation import Agreement
from engine.arrays import Array, IntArray

MOST_CLASSES = 24


def agreement_matrix(snapshot: StepSnapshot, found: Agreement, palette: Palette) -> Matrix:
    """Known classes by components, the matched ones on the diagonal; the first classes where there are many."""
    names = view_for(snapshot.spec.model).component_names(snapshot)
    classes = snapshot.spec.dataset.class_names[: len(found.confusion)][:MOST_CLASSES]
    heads = [
        f"{palette.marker(int(k))}{names[int(k)] if int(k) < len(names) else int(k) + 1}" for k in found.components
    ]
    values = np.asarray(found.confusion, dtype=np.float64)[: len(classes)]
    return Matrix(values, classes, heads, ".0f", "class")


def prediction_matrix(found: Array | IntArray, classes: Sequence[str], palette: Palette, width: int) -> Matrix:
    """Targets down, predictions across; where names need more room, markers stand for them."""
    k = len(classes)
    values = np.asarray(found, dtype=np.float64)[:k, :k]
    heads = [f"{palette.marker(c)}{clean(name)}" for c, name in enumerate(classes)]
    longest = max((len(head) for head in heads), default=1)
    names = list(classes)
    if width < 8 + (longest + 2) * k:
        heads = [palette.marker(c) for c in range(k)]
        names = [f"{palette.marker(c)} {name}" for c, name in enumerate(classes)]
    digits = ".0f" if (values == np.floor(values)).all() else ".1f"  # sums of weights
    return Matrix(values, names, heads, digits)
