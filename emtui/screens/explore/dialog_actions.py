"""The explorer's dialogs: each asks for something, and acts on the answer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from emtui.panes.messages import DatasetChosen
from emtui.screens.explore.host import ActionHost
from emtui.screens.explore.pane_grid import PaneGrid
from engine.text import clean


class DialogActions:
    """Where to go, which file to open, what to write. open_data: opens what was chosen. panes: what can be written."""

    def __init__(self, host: ActionHost, open_data: Callable[[DatasetChosen], None], panes: PaneGrid) -> None:
        self._host = host
        self._open_data = open_data
        self._panes = panes

    def go_to(self) -> None:
        """Ask where to."""
        from emtui.screens.dialogs.go_to import GoToScreen

        session = self._host.stepping.worker.session
        if session is not None:
            self._host.lay_over(GoToScreen(session.timeline), self._host.stepping.go_to)

    def open_file(self, path: str = "") -> None:
        """Ask for a file of the user's own; `path` is there already where one was dropped."""
        from emtui.screens.open_file.open_file import OpenFileScreen

        self._host.lay_over(OpenFileScreen(path=path), self._open_data)

    def export(self) -> None:
        """Ask what to write, and where."""
        from emtui.exports.export import exports_as_seen
        from emtui.screens.dialogs.export_dialog import ExportScreen
        from emtui.screens.explore.screen_exports import screen_exports
        from emtui.screens.pairs.pair_sheet import PAIR_FIGURES, why_no_pairs

        session, snapshot = self._host.stepping.worker.session, self._host.snapshot
        if session is not None:
            exports = (
                *exports_as_seen(self._panes.picture.look),
                *(() if snapshot is None or why_no_pairs(snapshot) else PAIR_FIGURES),
                *screen_exports(self._panes.screen, self._panes.chosen),
            )
            self._host.lay_over(ExportScreen(session, exports=exports), self._say_written)

    def _say_written(self, path: Path) -> None:
        self._host.say(clean(f"Written: {path.resolve()}"))
