"""Studies from the explorer: screens that run a model many times, and what is opened from them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from emtui.networks.choosing import why_no_choice
from emtui.networks.sweep import why_no_sweep
from emtui.screens.explore.host import ActionHost
from emtui.session.race import KMEANS, why_no_race
from emtui.spec.rival_model import is_network
from emtui.spec.run_spec import RunSpec
from emtui.spec.train_test_split import table_of
from engine.errors import EngineError

if TYPE_CHECKING:
    from emtui.screens.studies.study import StudyScreen

_SECONDS_SAID = 10  # long enough to be read while something else moves


class StudyActions:
    """Each opens a study; what is chosen there opens in the explorer, as a rule run to where it ended."""

    def __init__(self, host: ActionHost) -> None:
        self._host = host

    def race(self) -> None:
        """Every way to run EM, and k-means, from this start; every way to train a network."""
        spec = self._host.spec
        if reason := why_no_race(spec) or why_no_choice(spec, by_rows=True):
            self._host.refuse(reason)
            return
        from emtui.screens.studies.race import RaceScreen

        self._open(RaceScreen(spec), "The race begins where EM began")

    def optima(self) -> None:
        """Hundreds of starts of this model, grouped by where they end."""
        from emtui.screens.studies.optima import OptimaScreen
        from emtui.screens.studies.optima_starts import why_no_map

        spec = self._host.spec
        if reason := why_no_map(spec):
            self._host.refuse(reason)
            return
        self._open(OptimaScreen(spec), "The starts are drawn")

    def selection(self) -> None:
        """How many components, of which shape; how many hidden units."""
        if self._host.spec.model.supervised:
            self._network_sizes()
            return
        if not self._host.spec.model.independent_rows:
            title = self._host.spec.model.title
            self._host.refuse(f"A {title} has no components to choose: take a mixture, or compare branches (7, B).")
            return
        from emtui.screens.studies.selection import SelectionScreen
        from engine.analysis.selection import compare_sizes

        spec = self._host.spec
        try:
            compare_sizes(spec.model, table_of(spec)[0])  # nothing runs yet
        except EngineError as error:
            self._host.refuse(str(error))
            return
        self._open(SelectionScreen(spec), "The sizes are fitted")

    def _network_sizes(self) -> None:
        from emtui.screens.studies.network_sizes import NetworkSizesScreen, why_no_sizes

        if reason := why_no_sizes(self._host.spec) or why_no_choice(self._host.spec):
            self._host.refuse(reason)
            return
        self._open(NetworkSizesScreen(self._host.spec), "The sizes are fitted")

    def sweep(self) -> None:
        """A network over learning rates and hidden units; enter there opens a cell here."""
        spec = self._host.spec
        if reason := why_no_sweep(spec.model) or why_no_choice(spec):
            self._host.refuse(reason)
            return
        from emtui.screens.studies.sweep import SweepScreen

        self._open(SweepScreen(spec), "Each cell begins anew", self._begin)

    def cost(self) -> None:
        """What an exact E-step of a network costs against its hidden units."""
        spec = self._host.spec
        if not is_network(spec.model):
            self._host.refuse("The cost of an exact E-step is that of a network: choose the model mlp.")
            return
        from emtui.screens.studies.cost import CostScreen

        self._host.lay_over(CostScreen(spec))

    def _open(self, screen: StudyScreen, how: str, then: Callable[[RunSpec], None] | None = None) -> None:
        """Open a study and stop everything else; say so if changes by hand take no part in it.

        then: what to do with the choices; None to open them and run to where they ended.
        """
        self._host.stepping.stop()
        snapshot = self._host.snapshot
        self._host.lay_over(screen, then or self._run)
        if snapshot is not None and snapshot.moved_by_hand:
            said = f"{how}, with every row counted once: what was moved by hand takes no part."
            self._host.notify(said, timeout=_SECONDS_SAID, markup=False)

    def _begin(self, spec: RunSpec) -> None:
        self._host.apply(lambda: spec)

    def _run(self, spec: RunSpec) -> None:
        self._begin(spec)
        self._host.stepping.run_on()
        if spec.model.name == "kmeans" and spec.start is not None:
            self._host.notify(
                f"{KMEANS} begins from the centres of the race's start, which no command says: "
                "to do it again from the shell, export them with x and give the file to --start.",
                markup=False,
            )
