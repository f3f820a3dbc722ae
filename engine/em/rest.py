"""What kind of rest a run has come to: a maximum, or something that only looks like one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

RestKind = Literal["maximum", "flat", "saddle", "plateau", "flight", "untested"]
"""A maximum; one that is level along some direction (not identified), which is rest, too; a saddle, which EM leaves
once it is pushed off; a plateau, where components coincide or nothing was learned; a flight to infinity, where there is
no maximum; or what was not tested."""


@dataclass(frozen=True)
class Rest:
    """What was found where a run rests (`engine.analysis.rest` looks).

    Attributes:
        said: what it is, in words.
        remedy: what leads off it, in words; "" where nothing has to.
        rate: the largest eigenvalue of the Jacobian of one EM iteration there, by which moves of θ shrink or grow; nan
            where it was not measured.
        error: what that may be off by.
        scales: the columns of the data are on very different scales, which may be why.
        passes: over the data, that it took to find out.
        push: an entry of θ and the value from which EM was seen to leave, in words; "" where none was found.
        starts: other kinds of start that lead elsewhere; () for none.
        another: another start of the same kind may lead elsewhere; False where those that were tried lead here again.
    """

    kind: RestKind
    said: str
    remedy: str
    rate: float
    error: float
    scales: bool
    passes: int
    push: str = ""
    starts: tuple[str, ...] = ()
    another: bool = True

    @property
    def is_rest(self) -> bool:
        """A run that stops here has converged, as far as is known."""
        return self.kind not in ("saddle", "plateau", "flight")
