"""The explorer's way to the screens that run EM many times, and back with what was chosen there."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING

from emtui.screens.explore.stepping import SteppingScreen
from emtui.session.race import KMEANS, why_no_race
from emtui.spec.run_spec import RunSpec
from engine.errors import EngineError

if TYPE_CHECKING:
    from emtui.screens.studies.study import StudyScreen

_SECONDS_SAID = 10  # long enough to be read beside what begins to move


class StudyActionsScreen(SteppingScreen):
    """The actions that open a survey; what is chosen in it is opened here, and run to where it ended."""

    _spec: RunSpec

    @abstractmethod
    def open_spec(self, make: Callable[[], RunSpec], *, small: bool = False) -> None:
        """Begin another exploration."""

    def action_race(self) -> None:
        """Every way to run EM, and k-means, from this start."""
        reason = why_no_race(self._spec)
        if reason:
            self._refuse(reason)
            return
        from emtui.screens.studies.race import RaceScreen

        self._study(RaceScreen(self._spec), "The race begins where EM began")

    def action_optima(self) -> None:
        """Hundreds of starts of this model, grouped by where they end."""
        from emtui.screens.studies.optima import OptimaScreen, why_no_map

        reason = why_no_map(self._spec)
        if reason:
            self._refuse(reason)
            return
        self._study(OptimaScreen(self._spec), "The starts are drawn")

    def action_selection(self) -> None:
        """How many components, of which shape."""
        from emtui.screens.studies.selection import SelectionScreen
        from engine.analysis.selection import compare_sizes

        try:
            compare_sizes(self._spec.model, self._spec.table[0])  # nothing runs until it is walked
        except EngineError as error:
            self._refuse(str(error))
            return
        self._study(SelectionScreen(self._spec), "The sizes are fitted")

    def _study(self, screen: StudyScreen, how: str, then: Callable[[RunSpec | None], None] | None = None) -> None:
        """Open it, and then what is chosen there; where something was moved by hand, say that it takes no part.

        then: what to do with the choices; None to open them and run to where they ended.
        """
        self._let_go()
        moved = self.snapshot is not None and self.snapshot.moved_by_hand
        self.app.push_screen(screen, then or self._surveyed)
        if moved:
            said = f"{how}, with every row counted once: what was moved by hand takes no part."
            self.app.notify(said, timeout=_SECONDS_SAID, markup=False)

    def _let_go(self) -> None:
        """What plays or runs here stops, so that the survey has the machine for itself."""
        self._pause()
        self.worker.cancel()

    def _surveyed(self, spec: RunSpec | None) -> None:
        if spec is None:
            return
        self.open_spec(lambda: spec)
        self.worker.run_on()
        if spec.model.name == "kmeans" and spec.start is not None:
            self.app.notify(
                f"{KMEANS} begins from the centres of the race's start, which no command says: "
                "to do it again from the shell, export them with x and give the file to --start.",
                markup=False,
            )
