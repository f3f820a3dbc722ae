"""What can be written to a file: an `Export` says what it is, how its name ends, and how it is made.

EXPORTS has those of an exploration: in the app `x` lists them, in the shell `emtui run … --export FILE` finds the one
that a name asks for. A study has its own, made by `table_exports`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Generic, Literal, Protocol, TypeVar

from emtui.exports.data_table import NEEDS, WRITERS, DataTable, json_text, need_library
from emtui.exports.latex_table import latex_lines
from emtui.exports.markup_table import markdown_lines
from emtui.exports.notebook import notebook_text
from emtui.exports.parameter_markup import parameter_tables
from emtui.exports.picture_look import Look
from emtui.exports.picture_text import picture_text
from emtui.exports.predictions import posterior_table, prediction_table
from emtui.exports.scripts.session_script import session_script
from emtui.exports.step_record import step_record, steps_table
from emtui.session.session import Session
from emtui.spec.atomic_files import Chunk, ExportError, file_name, is_device, write_file, write_numbered
from emtui.spec.parameters_file import parameters_text
from emtui.spec.run_spec import RunSpec
from emtui.spec.sources import looks_like_file
from emtui.spec.train_test_split import input_names
from engine.text import quoted

_PACKED = (".gz", ".bz2", ".xz", ".zip")
PathLike = str | os.PathLike[str]


class Explored(Protocol):
    """What is exported: a session, or what a study has found."""

    @property
    def spec(self) -> RunSpec:
        """The choices that it came of, which name the file."""


S = TypeVar("S", bound=Explored)


@dataclass(frozen=True)
class Export(Generic[S]):
    """Something that can be written to a file; calling it does so.

    title: what it is, the same for all of its endings. word, ending: of the file's name. chunks: the text or the bytes,
    made from what was explored. needs: the module without which it can't be written, that of an extra.
    """

    title: str
    word: str
    ending: str
    chunks: Callable[[S], Iterable[Chunk]]
    needs: str = ""

    def __call__(
        self,
        of: S,
        path: PathLike | None = None,
        *,
        folder: PathLike = ".",
        overwrite: bool = False,
        say: Callable[[int], None] | None = None,
    ) -> Path:
        """Write to `path`, or to `folder` under a free name made of data set and model; the path comes back.

        say: is told how many bytes there are so far; what it raises ends the writing.

        Raises:
            EngineError: it can't be written, in one sentence; nothing is left half-written.
        """
        self.check_library()
        chunks = self.chunks(of) if say is None else _counted(self.chunks(of), say)
        if path is not None:
            return write_file(path, chunks, overwrite=overwrite)
        return write_numbered(folder, self.name_for(of.spec), chunks)

    def name_for(self, spec: RunSpec) -> str:
        """The usual name: data set without the ending of its file, model, word."""
        name = spec.dataset.name
        name = _without_endings(name) if looks_like_file(spec.data.source) else name
        return file_name(name, spec.model.name, self.word, ending=self.ending)

    def check_library(self) -> None:
        """Raise ExportError where the library is missing; one sentence with the remedy."""
        need_library(self.needs, self.ending)


def _without_endings(name: str) -> str:
    """The name of a file without its ending; of a packed one without the ending before it, too: counts.csv.gz."""
    stem, ending = os.path.splitext(name)
    return os.path.splitext(stem)[0] if ending.lower() in _PACKED else stem


def _counted(chunks: Iterable[Chunk], say: Callable[[int], None]) -> Iterator[Chunk]:
    size = 0
    say(size)
    for chunk in chunks:
        yield chunk
        size += len(chunk)
        say(size)


def table_exports(title: str, word: str, table: Callable[[S], DataTable]) -> dict[str, Export[S]]:
    """The files that a table can be, by their endings."""

    def export(ending: str) -> Export[S]:
        return Export(title, word, ending, lambda of: WRITERS[ending](table(of)), NEEDS.get(ending, ""))

    return {ending: export(ending) for ending in WRITERS}


def export_for(path: PathLike, exports: Sequence[Export[S]]) -> Export[S]:
    """The export that a file of this name is: its ending decides.

    Where several have this ending, the last word of the name does (iris-parameters.json), else it is the first of them.

    Raises:
        ExportError: none of them has this ending, or what the last word asks for has not; one sentence.
    """
    ending = Path(path).suffix.lower().removeprefix(".")
    fitting = [one for one in exports if one.ending == ending]
    if not fitting and is_device(path):
        raise ExportError(
            f"{quoted(str(path), 200)} is a device or a pipe, whose name has no ending that says what to write there: "
            f"write a file whose name ends in {listed_endings(exports)}."
        )
    if not fitting:
        raise ExportError(f"{quoted(str(path), 200)} can't be written: end the name in {listed_endings(exports)}.")
    word = _last_word(path)
    meant = [one for one in exports if one.word == word]
    shared = {one.ending for one in meant} & {one.ending for one in exports if one.word != word}
    if shared and all(one.word != word for one in fitting):
        what, endings = _with_article(meant[0].title), listed_endings(meant)
        raise ExportError(f"{quoted(str(path), 200)} can't hold {what}: end the name in {endings}.")
    return next((one for one in fitting if one.word == word), fitting[0])


def _with_article(title: str) -> str:
    """What an export is, in a sentence: "a pair plot", "curves"."""
    head = re.split(" of | with ", title)[0]
    return title if head.endswith("s") else f"a {title}"


def _last_word(path: PathLike) -> str:
    """The last word of a name, without the number of a free one: "steps" of iris-gmm-steps-2.csv."""
    words = re.findall(r"[^\W\d_]+", Path(path).stem.lower())
    return words[-1] if words else ""


def listed_endings(exports: Sequence[Export[Any]]) -> str:
    """Their endings in words: ".csv, .json or .parquet"."""
    endings = list(dict.fromkeys(f".{one.ending}" for one in exports))
    return endings[0] if len(endings) == 1 else f"{', '.join(endings[:-1])} or {endings[-1]}"


def _json_document(session: Session) -> Iterator[str]:
    """One step a line, so that the file can be read by eye as well."""
    spec, steps, scores = session.spec, session.timeline.steps, session.scores
    about: dict[str, Any] = {
        "dataset": spec.dataset.name,
        "feature_names": input_names(spec),
        "standardized": spec.standardized,
        "model": spec.model.name,
        "options": spec.model.option_values,
        "algorithm": spec.algorithm,
        "seed": spec.seed,
    }
    yield json_text(about)[:-1] + ',"steps":[\n'
    for index, step in enumerate(steps):
        previous = steps[index - 1] if index else None
        yield json_text(step_record(step, scores[index] if scores else {}, previous))
        yield ",\n" if index < len(steps) - 1 else "\n"
    yield "]}\n"


def _responsibilities(session: Session) -> DataTable:
    """Every row at the step under the cursor: row, known class, r of each component, label."""
    step = session.timeline.current
    if step.at_q is None:
        raise ExportError("there are no responsibilities yet: take an E-step first.")
    return posterior_table(session.spec, step.at_q, step.params.component_noun)


def _predictions(session: Session) -> DataTable:
    """What the parameters of the step under the cursor say of every row."""
    return prediction_table(session.spec, session.timeline.current, session.comparison)


def _parameters(session: Session) -> list[str]:
    return [parameters_text(session.timeline.current, standardized=session.spec.standardized)]


def _picture(session: Session) -> list[str]:
    return [picture_text(session)]


def picture_exports(look: Look | None = None) -> tuple[Export[Session], ...]:
    """The picture of the step under the cursor, the curves, and all steps as a page; by default as the view begins."""
    figures = tuple(
        Export(word, word, ending, partial(make, look, ending), "matplotlib")
        for word, make in (("picture", _figure), ("curves", _curves))
        for ending in ("svg", "pdf")
    )
    return (*figures, Export("page with a slider", "page", "html", partial(_page, look)))


def exports_as_seen(look: Look) -> tuple[Export[Session], ...]:
    """EXPORTS, with pictures that look at the data as pane 1 does."""
    seen = {(one.word, one.ending): one for one in picture_exports(look)}
    return tuple(seen.get((one.word, one.ending), one) for one in EXPORTS)


def _figure(look: Look | None, ending: Literal["svg", "pdf"], session: Session) -> Iterator[bytes]:
    from emtui.exports.pictures.session_pictures import picture_file

    return picture_file(session, ending, look)


def _curves(look: Look | None, ending: Literal["svg", "pdf"], session: Session) -> Iterator[bytes]:
    from emtui.exports.pictures.session_pictures import curves_file

    return curves_file(session, ending)


def _page(look: Look | None, session: Session) -> Iterator[str]:
    from emtui.exports.pages.step_page import step_page

    return step_page(session, look)


def _steps(session: Session) -> DataTable:
    return steps_table(session.timeline.steps, session.scores)


_of_steps = table_exports("steps of this branch", "steps", _steps)
_of_responsibilities = table_exports("responsibilities", "responsibilities", _responsibilities)
export_steps_csv = _of_steps["csv"]
export_steps_json = replace(_of_steps["json"], chunks=_json_document)
export_parameters = Export("parameters", "parameters", "json", _parameters)
export_responsibilities = _of_responsibilities["csv"]
export_script = Export[Session]("Python script", "run", "py", lambda session: [session_script(session)])
export_picture = Export("picture", "picture", "txt", _picture)
EXPORTS: tuple[Export[Session], ...] = (
    export_steps_csv, export_steps_json, _of_steps["parquet"],
    export_parameters,
    Export("parameters", "parameters", "md", lambda session: markdown_lines(parameter_tables(session))),
    Export("parameters", "parameters", "tex", lambda session: latex_lines(parameter_tables(session))),
    *_of_responsibilities.values(),
    *table_exports("predictions of every row", "predictions", _predictions).values(),
    export_script,
    Export("Jupyter notebook", "run", "ipynb", lambda session: [notebook_text(session)]),
    export_picture,
    *picture_exports(),
)  # fmt: skip
"""What a session can be written as; those of one title stand together, the first with an ending is the usual one."""
