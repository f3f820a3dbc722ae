"""The view of a supervised model: its decision regions as a picture, whatever kind of model it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emtui.views.view import Axes, PictureAxis, Row, View

if TYPE_CHECKING:
    from emtui.charts.colors import Palette
    from emtui.charts.panels import Panels
    from emtui.session.snapshot import StepSnapshot
    from emtui.views.slice_choice import SliceChoice

REGIONS = Axes(PictureAxis("regions", 0, "decision regions"))


class SupervisedView(View):
    """Offers decision regions: a subclass has `REGIONS` among its axes."""

    def rows_at_once(self, snapshot: StepSnapshot) -> int:
        """How many rows the model predicts fast enough to answer a key press."""
        return 20_000

    def slices(
        self, snapshot: StepSnapshot, axes: Axes, palette: Palette, choice: SliceChoice, *, highlight: Row = None,
        thorough: bool = True,
    ) -> Panels | None:  # fmt: skip
        """The decision regions of both methods, if these axes stand for them."""
        from emtui.views.decision_regions import COARSE, FINE, regions_of
        from emtui.views.region_pictures import regions_panels

        if axes != REGIONS or snapshot.comparison is None:
            return None
        at_once = self.rows_at_once(snapshot)
        if not thorough and _points(COARSE) > at_once:
            return later(axes.title)
        found = regions_of(snapshot, choice, FINE if _points(FINE) <= at_once else COARSE)
        return regions_panels(snapshot, found, choice, palette, highlight)


def _points(shape: tuple[int, int]) -> int:
    """Of the grid of each of two methods, and half of that again for the rows."""
    return 3 * shape[0] * shape[1]


def later(title: str) -> Panels:
    """What stands there until the picture has been computed."""
    from emtui.charts.panels import Panels

    return Panels(notes=(("being computed: here in a moment",),), title=title, more=True)
