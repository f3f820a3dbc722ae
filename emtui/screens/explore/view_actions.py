"""Other views of the current step from the explorer: screens over it, which step along."""

from __future__ import annotations

from emtui.panes.picture.picture import PicturePane
from emtui.screens.explore.host import ActionHost
from emtui.spec.train_test_split import learns_numbers


class ViewActions:
    """Each lays a screen over the explorer. picture: shows the axes that are chosen in the pair plot."""

    def __init__(self, host: ActionHost, picture: PicturePane) -> None:
        self._host = host
        self._picture = picture

    def compare(self) -> None:
        """EM and k-means side by side; for a network, what EM and backpropagation make of the plane."""
        if learns_numbers(self._host.spec):
            self._host.refuse("Decision regions are of classes: of numbers pane 1 shows E[y|x] of both methods.")
        elif self._host.spec.model.supervised:
            from emtui.screens.compare.region_comparison import RegionsScreen

            self._host.lay_over(RegionsScreen(self._host.stepping))
        else:
            from emtui.screens.compare.compare import CompareScreen

            self._host.lay_over(CompareScreen(self._host.stepping))

    def pairs(self) -> None:
        """Every pair of features at once; enter there brings one into the picture here."""
        from emtui.screens.pairs.pair_sheet import why_no_pairs
        from emtui.screens.pairs.pairs import PairsScreen

        snapshot = self._host.snapshot
        if snapshot is None:
            return
        if reason := why_no_pairs(snapshot):
            self._host.refuse(reason)
            return
        self._host.lay_over(PairsScreen(self._host.stepping, self._picture.axes), self._picture.show_axes)

    def branches(self) -> None:
        """Two branches side by side."""
        from emtui.screens.compare.branch_comparison import BranchesScreen

        snapshot, stepping = self._host.snapshot, self._host.stepping
        if snapshot is None or snapshot.n_branches == 1:
            self._host.refuse("There is one branch only: go back and take a step, or move something by hand (E).")
            return
        self._host.lay_over(BranchesScreen(stepping, stepping.worker.ask))

    def query(self) -> None:
        """The chosen row, or one of the user's own: answers, of which the rest is predicted, or numbers."""
        from emtui.screens.dialogs.conditional_probabilities import ConditionalProbabilitiesScreen, can_be_asked
        from emtui.screens.dialogs.row_of_numbers import RowOfNumbersScreen, takes_numbers

        snapshot = self._host.snapshot
        if snapshot is None:
            return
        model, row = snapshot.step.problem.model, self._picture.chosen_row
        if can_be_asked(model):
            self._host.lay_over(ConditionalProbabilitiesScreen(self._host.stepping, row))
        elif takes_numbers(model):
            self._host.lay_over(RowOfNumbersScreen(self._host.stepping, row))
        else:
            self._host.refuse(f"{model.name} does not divide a row by itself: a mixture does (gmm, poisson, coins).")
