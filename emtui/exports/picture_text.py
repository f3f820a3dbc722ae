"""The data picture as plain text."""

from __future__ import annotations

from emtui.charts.colors import DARK
from emtui.charts.scene_drawing import draw_scene
from emtui.session.session import Session
from emtui.views import view_for
from emtui.views.edit_sentences import kept_sentence

WIDTH, HEIGHT = 100, 36


def picture_text(session: Session, width: int = WIDTH, height: int = HEIGHT) -> str:
    """The picture of the step under the cursor, in characters alone, with what it shows and the step in words."""
    snapshot = session.snapshot()
    view = view_for(snapshot.spec.model)
    axes = view.axes(snapshot)[0]
    diagram = view.diagram(snapshot, axes)
    if diagram is None:
        picture = draw_scene(view.scene(snapshot, axes, DARK), width, height, DARK)
    else:
        from emtui.charts.network_diagram import draw_diagram

        picture = draw_diagram(diagram, width, height, DARK)
    lines = [view.caption(snapshot, axes), *picture.text.splitlines(), kept_sentence(snapshot)]
    return "".join(f"{line.rstrip()}\n" for line in lines)
