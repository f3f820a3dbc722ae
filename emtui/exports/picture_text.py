"""The data picture as plain text, written to a file as the other exports are."""

from __future__ import annotations

import os
from pathlib import Path

from emtui.charts.colors import DARK
from emtui.charts.scene_drawing import draw_scene
from emtui.session.session import Session
from emtui.spec.atomic_files import file_name, write_file, write_numbered
from emtui.views import view_for
from emtui.views.edit_sentences import step_sentence

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
    lines = [view.caption(snapshot, axes), *picture.text.splitlines(), step_sentence(snapshot)]
    return "".join(f"{line.rstrip()}\n" for line in lines)


def export_picture(
    session: Session,
    path: str | os.PathLike[str] | None = None,
    *,
    folder: str | os.PathLike[str] = ".",
    overwrite: bool = False,
) -> Path:
    """The data picture under the cursor as text.

    Raises:
        ExportError: it can't be written.
    """
    text = picture_text(session)
    if path is not None:
        return write_file(path, [text], overwrite=overwrite)
    spec = session.spec
    return write_numbered(folder, file_name(spec.dataset.name, spec.model.name, "picture", ending="txt"), [text])
