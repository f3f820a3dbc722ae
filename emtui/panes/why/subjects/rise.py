"""Q up, ln p up: what the M-step gains is ΔQ and the KL that it opens."""

from __future__ import annotations

from emtui.charts.colors import Palette
from emtui.panes.why.subjects.reason import ReasonSubject
from emtui.panes.why.subjects.subject import Chosen
from emtui.session.queries import Query, ReasonAsked
from emtui.session.snapshot import StepSnapshot


class RiseSubject(ReasonSubject):
    """What the M-step gains is ΔQ and the KL that it opens."""

    name = "rise"

    def words(self, snapshot: StepSnapshot) -> str:
        """What `d` goes to."""
        return "ΔQ + ΔKL"

    def titles(self, snapshot: StepSnapshot, chosen: Chosen, palette: Palette, room: int) -> tuple[str, ...]:
        """What it shows."""
        model = snapshot.spec.model
        if not model.exact:
            return ("Q up, the bound up: Δ bound = ΔQ", "Δ bound = ΔQ", "ΔQ")
        name = "ln p" if model.has_likelihood else model.objective_label
        return (f"Q up, {name} up: Δ {name} = ΔQ + ΔKL", f"Δ {name} = ΔQ + ΔKL", "ΔQ + ΔKL")

    def query(self, snapshot: StepSnapshot, chosen: Chosen) -> Query | None:
        """What it asks of the step."""
        return ReasonAsked("rise")
