"""The explorer's ways to the screens that lie over it: other looks at the present step, and dialogs."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any

from emtui.panes.messages import DatasetChosen, FileWanted, GoTo
from emtui.panes.pane import Pane
from emtui.panes.picture.picture import PicturePane
from emtui.screens.explore.edit_actions import EditActionsScreen
from emtui.session.row_weights import NO_COMMAND
from emtui.settings.keys import as_bound
from emtui.spec.run_spec import RunSpec
from emtui.views import Axes
from engine.text import clean


class ViewActionsScreen(EditActionsScreen):
    """The actions that open another look at the present step, or ask for something and act on the answer."""

    _picture: PicturePane

    @abstractmethod
    def on_dataset_chosen(self, event: DatasetChosen) -> None:
        """Open other data."""

    # --- the same step, looked at in another way

    def _lay_over(self, screen: Any, then: Callable[[Any], None] | None = None) -> None:
        """Put a screen over this one; it shows the present step, and every one that is stepped to from there."""
        self.app.push_screen(screen, then)
        if self.snapshot is not None:
            self.call_after_refresh(screen.show, self.snapshot)

    def action_compare(self) -> None:
        """EM and k-means side by side; for a network, what EM and backpropagation make of the plane."""
        if self._spec.model.supervised:
            from emtui.screens.compare.region_comparison import RegionsScreen

            self._lay_over(RegionsScreen(self))
        else:
            from emtui.screens.compare.compare import CompareScreen

            self._lay_over(CompareScreen(self))

    def action_pairs(self) -> None:
        """Every pair of features at once; enter there brings one into the picture here."""
        from emtui.screens.pairs.pairs import PairsScreen, why_no_pairs

        if self.snapshot is None:
            return
        if reason := why_no_pairs(self.snapshot):
            self._refuse(reason)
            return
        self._lay_over(PairsScreen(self, self._picture.axes), self._paired)

    def _paired(self, axes: Axes | None) -> None:
        if axes is not None:
            self._picture.look_along(axes)

    def action_branches(self) -> None:
        """Two branches side by side."""
        from emtui.screens.compare.branch_comparison import BranchesScreen

        if self.snapshot is None or self.snapshot.n_branches == 1:
            self._refuse("There is one branch only: go back and take a step, or move something by hand (E).")
            return
        self._lay_over(BranchesScreen(self, self.worker.ask))

    def action_query(self) -> None:
        """A row of the user's own, of which a Bernoulli mixture predicts the rest."""
        from emtui.screens.dialogs.conditional_probabilities import QueryScreen, can_be_asked

        if self.snapshot is None or not can_be_asked(self.snapshot.step.problem.model):
            self._refuse("A query is for answers of yes and no: choose the model bernoulli.")
            return
        self._lay_over(QueryScreen(self))

    # --- networks

    def action_sweep(self) -> None:
        """A network over learning rates and hidden units; enter there opens a cell here."""
        if not self._spec.model.supervised:
            self._refuse("A sweep is for networks: choose the model mlp or backprop.")
            return
        from emtui.screens.studies.sweep import SweepScreen

        self._study(SweepScreen(self._spec), "Each cell begins anew", self._swept)

    def _swept(self, spec: RunSpec | None) -> None:
        if spec is not None:
            self.open_spec(lambda: spec)

    def action_cost(self) -> None:
        """What an exact E-step of a network costs against its hidden units."""
        if not self._spec.model.supervised:
            self._refuse("The cost of an exact E-step is that of a network: choose the model mlp.")
            return
        from emtui.screens.studies.cost import CostScreen

        self.app.push_screen(CostScreen(self._spec))

    # --- dialogs

    def action_help(self) -> None:
        """Keys, panes and words."""
        from emtui.screens.dialogs.help import HelpScreen

        self.app.push_screen(HelpScreen(as_bound(self.active_bindings.values()), self.query(Pane)))

    def action_go_to(self) -> None:
        """Ask where to."""
        from emtui.screens.dialogs.go_to import GoToScreen

        if self.worker.session is not None:
            self.app.push_screen(GoToScreen(self.worker.session.timeline), self._went)

    def _went(self, index: int | None) -> None:
        if index is not None:
            self.on_go_to(GoTo(index))

    def action_open_file(self) -> None:
        """Ask for a file of the user's own."""
        from emtui.screens.open_file.open_file import OpenFileScreen

        self.app.push_screen(OpenFileScreen(), self._opened)

    def on_file_wanted(self, event: FileWanted) -> None:
        """The list of data sets has a line for it, too."""
        event.stop()
        self.action_open_file()

    def _opened(self, chosen: DatasetChosen | None) -> None:
        if chosen is not None:
            self.on_dataset_chosen(chosen)

    def action_export(self) -> None:
        """Ask what to write, and where."""
        from emtui.screens.dialogs.export_dialog import ExportScreen

        if self.worker.session is not None:
            self.app.push_screen(ExportScreen(self.worker.session), self._written)

    def _written(self, path: Path | None) -> None:
        if path is not None:
            self._telling.tell(clean(f"Written: {path.resolve()}"))

    def action_copy_command(self) -> None:
        """Copy the command that reproduces this, and say it; of what was moved by hand, what does."""
        if self.snapshot is not None and self.snapshot.moved_by_hand:
            self._refuse(NO_COMMAND)
            return
        command = self._spec.command()
        self.app.copy_to_clipboard(command)
        self._telling.tell(f"Copied: {command}")
