"""A Python script that does a session again with `engine`: every branch by what was done there, to the same bits.

branch_1 = [engine.begin(model, data.X, seed=0)]
take(branch_1, 6)
branch_2 = branch_1[:4]                                   # what both share is done once
branch_2.append(engine.by_hand.placed(branch_2[-1], moved, "…"))
"""

from __future__ import annotations

from collections.abc import Iterator

from emtui.exports.scripts.choice_lines import call, choice_lines, weights_given
from emtui.exports.scripts.run_script import script_text
from emtui.exports.scripts.score_lines import score_lines
from emtui.session.carried_row_weights import rows_by_hand, weights_with
from emtui.session.deeds import Deed, Moved, QMoved, Taken, Weighed
from emtui.session.row_weights import place_in_model
from emtui.session.saved.saving import joined
from emtui.session.session import Session
from emtui.spec.run_spec import RunSpec
from engine.em.timeline import Branch
from engine.text import clean

_TAKE = '''
def take(branch, count):
    """Take so many half-steps more at the end of a branch."""
    for _ in range(count):
        branch.append(engine.advance(branch[-1]))


def report(name, step):
    """Every digit of a step, so that it can be compared."""
    print(name, step.iteration, step.phase)
    print("log_likelihood", repr(float(step.log_likelihood)))
    print("objective", repr(float(step.objective)))
    for path, array in arrays_of(step.params).items():
        print(path, array.tolist())
'''
_WEIGHED = '''
def weighed(step, X, y, row, weight):
    """The same θ with another weight for one row: 0 leaves it out, 2 counts it twice."""
    data = step.problem.data
    weights = np.ones(data.n_given) if data.given_weight is None else data.given_weight.copy()
    weights[row] = weight
    return engine.by_hand.reweighted(step, X, y, None if (weights == 1.0).all() else weights, "weighed by hand")
'''
_ARRAYS, _WITH_ARRAYS = "arrays_of", "with_arrays"
_SWITCH = "from engine.em.loop import switch_algorithm"


def session_script(session: Session) -> str:
    """The script of a session: of a single run without a deed by hand its steps up to the cursor, else all branches.

    It prints the numbers at the end of each branch, and at last those of the step under the cursor.
    """
    timeline = session.timeline
    steps = timeline.steps[: timeline.cursor + 1]
    deeds = [session.deed_of(step) for step in timeline.steps[1:]]
    if timeline.n_branches == 1 and all(deed is None or _is_plain(deed) for deed in deeds):
        return script_text(session.spec, steps)
    lines = _Lines(session)
    lines.write()
    return lines.text


def _is_plain(deed: Deed) -> bool:
    return isinstance(deed, Taken) and deed.turned is None


class _Lines:
    """The lines of a script while it is written."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._branches = session.timeline.branches
        self._imports = {"import engine": None}  # in the order in which they are needed
        self._with_numpy, self._with_arrays, self._with_weighed = False, False, False
        self._body = list[str]()
        self._data, self._model = list[str](), list[str]()  # what holds by now
        self._arguments, self._table = list[str](), ("", "")

    @property
    def text(self) -> str:
        """The script."""
        name = self._session.spec.dataset.name.replace("\\", "/").replace('"', "'")
        count = len(self._branches)
        title = f'"""EM on {clean(name)}: a session of {count} branch{"" if count == 1 else "es"}."""'
        arrays = [_ARRAYS, _WITH_ARRAYS] if self._with_arrays else [_ARRAYS]
        imports = [*self._imports, f"from engine.em.parameters import {', '.join(arrays)}"]
        imports = sorted(imports, key=lambda line: not line.startswith("import"))
        head = [
            title,
            "",
            *(["import numpy as np", ""] if self._with_numpy or self._with_weighed else []),
            *imports,
            "",
        ]
        helpers = [*_TAKE.splitlines(), "", *([*_WEIGHED.splitlines(), ""] if self._with_weighed else [])]
        return "\n".join([*head, *helpers, *self._body]) + "\n"

    def write(self) -> None:
        """Every branch after the one that it left, those that share a start together; that of the cursor at last."""
        timeline = self._session.timeline
        roots = [self._root(number) for number in range(len(self._branches))]
        here = roots[timeline.branch]
        for root in sorted(dict.fromkeys(roots), key=lambda one: one == here):
            self._begin(root)
            for number, branch in enumerate(self._branches):
                if roots[number] == root:
                    self._branch(number, branch)
        name = _name(timeline.branch)
        self._body += ["", f"step = {name}[{timeline.cursor}]  # where the session stood", 'report("here", step)']
        spec, steps = self._session.spec, timeline.steps[: timeline.cursor + 1]
        if spec.model.supervised:
            self._body += ["", *score_lines(self._spec_of(here), steps, False, weights_given(spec))]

    def _root(self, number: int) -> int:
        parent = self._branches[number].parent
        return number if parent is None else self._root(parent)

    def _spec_of(self, root: int) -> RunSpec:
        return self._session.spec_of(self._branches[root].steps[0])

    def _begin(self, root: int) -> None:
        """Data, model and the words with which a branch begins, as far as they are not the same as before."""
        spec, first = self._spec_of(root), self._branches[root].steps[0]
        rows = rows_by_hand(spec, first)
        chosen = choice_lines(spec, spec.start, weights_with(spec, rows) if rows else None)
        self._imports |= dict.fromkeys(chosen.imports)
        self._with_numpy |= chosen.with_numpy
        self._body += ["", f"# {clean(spec.dataset.name, 60)}: {clean(spec.model.title, 60)}, seed {spec.seed}"]
        if self._data != chosen.data:
            self._body += chosen.data
            self._data, self._model = chosen.data, []  # what is made of other data is made anew
        if self._model != chosen.model:
            self._body += chosen.model
            self._model = chosen.model
        self._arguments, self._table = chosen.arguments, (chosen.rows, chosen.labels)

    def _branch(self, number: int, branch: Branch) -> None:
        """What was done on a branch from where it left another one, and its numbers at the end."""
        name, session = _name(number), self._session
        spec = session.spec_of(branch.steps[0])
        self._body.append("")
        if branch.parent is None:
            self._body += call(f"{name} = [engine.begin", self._arguments)
            self._body[-1] += "]"
        else:
            self._body.append(f"{name} = {_name(branch.parent)}[:{branch.shared}]")
        own = branch.steps[max(1, branch.shared) :]
        for deed in joined([session.deed_of(step) for step in own]):
            self._body += self._deed(deed, name, spec)
        self._body.append(f'report("branch {number + 1}", {name}[-1])')

    def _deed(self, deed: Deed, name: str, spec: RunSpec) -> Iterator[str]:
        match deed:
            case Moved(params=params, message=message):
                self._with_numpy = self._with_arrays = True
                yield "moved = {"
                yield from (f"    {path!r}: np.array({values!r})," for path, values in params.items())
                yield "}"
                yield f"moved = {_WITH_ARRAYS}({name}[-1].params, moved)"
                yield from call(f"{name}.append", [f"engine.by_hand.placed({name}[-1], moved, {message!r})"])
            case Weighed(row=row, weight=weight):
                self._with_weighed = True
                place = place_in_model(spec, row)
                yield f"{name}.append(weighed({name}[-1], {', '.join(self._table)}, {place}, {weight!r}))"
            case QMoved(row=row, q=q):
                place = place_in_model(spec, row)
                yield from call(f"{name}.append", [f"engine.by_hand.q_moved({name}[-1], {place}, {q!r})"])
            case Taken(count=count, turned=turned, draw=draw):
                if turned is not None or draw is not None:
                    step = f"{name}[-1]"
                    if turned is not None:
                        self._imports[_SWITCH] = None
                        step = f"switch_algorithm({step}, {turned!r})"
                    if draw is not None:
                        step = f"engine.drawn_anew({step}, {draw})"
                    yield f"{name}.append(engine.advance({step}))"
                    count -= 1
                if count:
                    yield f"take({name}, {count})"


def _name(number: int) -> str:
    return f"branch_{number + 1}"
