"""The widget that shows a scene."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message

from emtui.charts.cell_picture import Picture
from emtui.charts.colors import Palette
from emtui.charts.picture_widget import PictureWidget
from emtui.charts.scene import Scene
from emtui.charts.scene_drawing import draw_scene


class Chart(PictureWidget[Scene], can_focus=True):
    """Shows one scene at whatever size it has, and says in data coordinates where it was clicked."""

    DEFAULT_CSS = """
    Chart { width: 1fr; height: 1fr; }
    """

    @dataclass(eq=False)
    class Picked(PictureWidget.Clicked):
        """A click in the picture, in data coordinates."""

        x: float
        y: float

    def __init__(self, scene: Scene | None = None, *, can_focus: bool = True, id: str | None = None) -> None:
        super().__init__(scene or Scene(), id=id)
        self.can_focus = can_focus

    @property
    def scene(self) -> Scene:
        """The scene that is shown."""
        return self._value

    def set_scene(self, scene: Scene) -> None:
        """Show another scene."""
        self.show(scene)

    @property
    def description(self) -> str:
        """The scene in words, for those who can't see the picture."""
        return self.scene.description or self.scene.title

    def draw_value(self, width: int, height: int, palette: Palette) -> Picture:
        """The picture of the scene."""
        return draw_scene(self.scene, width, height, palette)

    def picked(self, column: int, row: int) -> Message | None:
        """Where in the data a cell lies."""
        area = self.picture.area
        where = None if area is None else area.data_at(column, row)
        return None if where is None else self.Picked(self, *where)
