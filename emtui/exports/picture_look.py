"""How a picture that is written to a file looks at the data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emtui.views.slice_choice import SliceChoice
    from emtui.views.view import Axes, UnitsName


@dataclass(frozen=True)
class Look:
    """How the data picture is looked at: along which axes, in which units, through which slice, with which row marked.

    What is None is the view's own first.
    """

    axes: Axes | None = None
    units: UnitsName = "data"
    choice: SliceChoice | None = None
    row: int | None = None
