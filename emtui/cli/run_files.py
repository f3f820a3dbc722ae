"""The files that `emtui run` writes: what is asked for is checked before the run, and written when it is over."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from emtui.cli.shell_output import printable
from emtui.exports.export import EXPORTS, export_for
from emtui.screens.pairs.pair_sheet import PAIR_FIGURES, why_no_pairs
from emtui.session.session import Session
from emtui.spec.atomic_files import ExportError, check_free, is_device
from emtui.spec.run_spec import RunSpec
from engine.em.step import Step
from engine.errors import EngineError
from engine.text import quoted


class RunFiles:
    """Writes a run.

    exports: the files; their ending says what they are. others: files that something else writes.

    Raises (on making one):
        ExportError: a file can't be written, as far as can be told; one sentence.
    """

    def __init__(self, exports: Sequence[str], others: Sequence[str] = ()) -> None:
        if any(path.strip() in ("", "-") for path in exports):
            raise ExportError("--export needs the name of a file: standard output has the report.")
        self._files = [(path, export_for(path, (*EXPORTS, *PAIR_FIGURES))) for path in exports]
        for path, export in self._files:
            export.check_library()
            check_free(path)
        places = [os.path.realpath(path) for path in (*exports, *others) if not is_device(path)]
        twice = next((place for i, place in enumerate(places) if place in places[:i]), None)
        if twice is not None:
            raise ExportError(f"{quoted(twice, 200)} is to be written twice: give each file a name of its own.")

    def check(self, spec: RunSpec, first: Step) -> None:
        """Before a run goes on from its start: raise ExportError where it will have no pair plot that is asked for."""
        path = next((path for path, export in self._files if export in PAIR_FIGURES), None)
        if path is None:
            return
        reason = why_no_pairs(Session.of_run(spec, [first]).snapshot())
        if reason:
            raise ExportError(f"{quoted(path, 200)} can't be written: {reason[:1].lower()}{reason[1:]}")

    def write(self, session: Session, say: Callable[[str], None]) -> list[str]:
        """Write all that can be; a line for each comes back.

        Raises:
            ExportError: some could not be written; a sentence for each.
        """
        lines, problems = list[str](), list[str]()
        for path, export in self._files:
            try:
                export(session, path, say=lambda size, path=path: say(f"writing {path}{_so_far(size)}"))  # type: ignore[misc]
                lines.append(printable(f"{export.title} written to {path}"))
            except EngineError as error:
                problems.append(str(error))
        if problems:
            raise ExportError(" ".join(problems))
        return ["", *lines]


def _so_far(size: int) -> str:
    return f", {size / 1e6:z.0f} MB" if size >= 1e6 else ""
