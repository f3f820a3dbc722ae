"""The pictures of many steps in one file: points once, and of each step only what it has that others don't."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from emtui.charts.scene import FloatArray
from emtui.exports.pages.page_colors import PageColors
from emtui.exports.pages.svg import Frame, Pair, form_path, is_open, marker_size, pieces_of
from emtui.exports.pictures.shapes import Markers

_PARTS = 63  # of which a responsibility in the file is a whole number
_SURE = 0.995  # from this responsibility on a point has its component's pure colour, as on the screen


@dataclass
class StepParts:
    """What the pictures of all steps have in common: each piece is in the file once, steps name it by its number."""

    ink: PageColors
    parts: dict[str, int] = field(default_factory=dict)
    clouds: list[dict[str, Any]] = field(default_factory=list)
    shares: list[list[int | list[int]]] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    _known: dict[bytes, int] = field(default_factory=dict)
    _placed: dict[tuple[Any, ...], int] = field(default_factory=dict)

    def plots(self, pairs: Sequence[Pair]) -> list[dict[str, Any]]:
        """A step's plots as numbers of pieces."""
        if not self.frames:
            wide = (580, 400) if len(pairs) == 1 else (400, 290)
            self.frames = [Frame.of([plot], *wide) for plot, _ in pairs]
        return [self._plot(pair, frame) for pair, frame in zip(pairs, self.frames, strict=False)]

    def _plot(self, pair: Pair, frame: Frame) -> dict[str, Any]:
        made = pieces_of(pair, frame, self.ink)
        cloud, shares = (-1, -1) if made.cloud is None else self._cloud(made.cloud, frame)
        return {
            "axes": self._numbers(made.axes),
            "behind": self._numbers(made.behind),
            "above": self._numbers(made.above),
            "legend": self._numbers(made.legend),
            "cloud": cloud,
            "shares": shares,
            "label": pair[0].description,
            "name": pair[0].title,
        }

    def _numbers(self, pieces: Sequence[str]) -> list[int]:
        return [self.parts.setdefault(piece, len(self.parts)) for piece in pieces]

    def _cloud(self, cloud: tuple[Markers, Markers], frame: Frame) -> tuple[int, int]:
        """The numbers of the places of its points, and of their shares."""
        points, dark = cloud
        width, height = frame.inner
        x, y = np.round(points.x * width, 1) + 0.0, np.round((1 - points.y) * height, 1) + 0.0
        colors = tuple(int(self.ink.fill(*both)[1:]) for both in zip(points.pure, dark.pure, strict=True))
        key = (x.tobytes(), y.tobytes(), colors, tuple(points.forms))
        if key not in self._placed:
            self._placed[key] = len(self.clouds)
            half = marker_size(len(x))
            forms = [(form_path(form, half).replace("m", "M", 1), is_open(form)) for form in points.forms]
            self.clouds.append({"x": x.tolist(), "y": y.tolist(), "colors": colors, "forms": forms})
        assert points.shares is not None
        coded = np.rint(_PARTS * np.clip(points.shares, 0.0, 1.0)).astype(np.uint8)
        found = self._known.setdefault(coded.tobytes(), len(self.shares))
        if found == len(self.shares):
            self.shares.append(_coded(points.shares, coded))
        return self._placed[key], found


def _coded(shares: FloatArray, coded: np.ndarray[Any, np.dtype[np.uint8]]) -> list[int | list[int]]:
    """Of each row its component where that is sure, else a share of each."""
    top = shares.argmax(axis=1)
    sure = (shares.max(axis=1) >= _SURE * shares.sum(axis=1)) | (coded.sum(axis=1) == 0)
    return [int(top[i]) if sure[i] else coded[i].tolist() for i in range(len(shares))]
