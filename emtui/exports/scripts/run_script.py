"""A Python script that makes the same run with `engine` and gets the same numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from emtui.exports.scripts.choice_lines import array_arguments, call, choice_lines, weights_given
from emtui.exports.scripts.score_lines import score_lines
from emtui.session.row_weights import EditedStart, edited_start
from emtui.spec.run_spec import RunSpec
from engine.em.algorithms import algorithm_named
from engine.em.parameters import arrays_of
from engine.em.step import Step

REPORT = "print(step.iteration, step.phase, step.objective)"
"""What the script does at each step."""


@dataclass(frozen=True)
class ScriptParts:
    """The lines of a script, part by part; `scores` is empty for all but networks."""

    title: str
    imports: list[str]
    data: list[str]
    model: list[str]
    run: list[str]
    results: list[str]
    scores: list[str]


def script_text(spec: RunSpec, steps: Sequence[Step]) -> str:
    """The script that takes the same steps: see `script_parts`."""
    parts = script_parts(spec, steps)
    lines = [f'"""{parts.title}"""', "", *parts.imports, "", *parts.data, *parts.model, "", *parts.run]
    lines += ["", *parts.results, *(["", *parts.scores] if parts.scores else [])]
    return "\n".join(lines) + "\n"


def script_parts(spec: RunSpec, steps: Sequence[Step]) -> ScriptParts:
    """The parts of the script that takes the same steps.

    If the last step, and no earlier one, was stopped by a rule, the script iterates under the same stopping rules;
    otherwise it steps to that iteration and phase and stops there. If something was changed by hand on the way, the
    script begins with the parameters after that move.

    Args:
        spec: what the user picked, with the seed of these steps.
        steps: from the start to the step that is wanted.
    """
    last, moved = steps[-1], edited_start(steps)
    start = spec.start if moved is None else moved.params if moved.params_q is None else moved.params_q
    weights = None if moved is None else last.problem.data.given_weight
    chosen = choice_lines(spec, start, weights)
    imports = [*(["import numpy as np", ""] if chosen.with_numpy else []), "import engine", *chosen.imports]
    if moved is None:
        run = _walk_lines(spec, steps, chosen.arguments)
    else:
        run = [*_of_the_iteration(spec), *_lines_since(moved, chosen.arguments)]
    scores = []
    if spec.model.supervised:
        scores = score_lines(spec, steps, start is not spec.start, weights_given(spec))
    return ScriptParts(_title(spec, last), imports, chosen.data, chosen.model, run, _result_lines(last), scores)


def _title(spec: RunSpec, last: Step) -> str:
    name = spec.dataset.name.replace("\\", "/").replace('"', "'")
    return f"EM on {name}: {spec.model.title}, to iteration {last.iteration} ({last.phase})."


def _of_the_iteration(spec: RunSpec) -> list[str]:
    """A warning if E-steps depend on the number of their iteration, which starts again at 0."""
    algorithm = algorithm_named(spec.algorithm)
    if algorithm.rises != "nothing" and not spec.model.samples:
        return []
    return ["# iterations are counted anew from here, and its temperatures and draws go by them"]


def _lines_since(moved: EditedStart, arguments: list[str]) -> list[str]:
    """The half-steps that were taken since the last move by hand; or the move itself, beside the q that it left."""
    if moved.params_q is not None:
        return [
            "# q is settled anew: an E-step that iterates comes to the same bound as far as its tolerance goes",
            *call("step = engine.e_step", [f"engine.begin({', '.join(arguments)})"]),
            *call("moved = model.Params", array_arguments(moved.params)),
            'step = engine.by_hand.placed(step, moved, "by hand")',
            REPORT,
        ]
    if moved.given:
        return [
            *call("step = engine.e_step", [f"engine.begin({', '.join(arguments)})"]),
            *(f"step = engine.by_hand.q_moved(step, {row}, {list(q)!r})" for row, q in moved.given),
            REPORT,
            f"for _ in range({moved.half_steps}):",
            "    step = engine.advance(step)",
            f"    {REPORT}",
        ]
    return [
        *call("step = engine.begin", arguments),
        f"for _ in range({moved.half_steps}):",
        "    step = engine.advance(step)",
        f"    {REPORT}",
    ]


def _walk_lines(spec: RunSpec, steps: Sequence[Step], arguments: list[str]) -> list[str]:
    last, draws = steps[-1], _draws(steps)
    if last.stop_reason is not None and all(step.stop_reason is None for step in steps[:-1]) and not draws:
        limits = [f"max_iter={spec.max_iter}"]
        if spec.stop is None:
            limits.append(f"tol={spec.tol!r}")
        else:
            limits.append(f"stopping=engine.stopping.parse_rule({spec.stop!r})")
        return [*call("steps = engine.iterate", arguments + limits), "for step in steps:", f"    {REPORT}"]
    drawn = [
        '    if step.phase != "E" and step.iteration + 1 in draws:',
        "        step = engine.drawn_anew(step, draws.pop(step.iteration + 1))",
    ]
    return [
        *call("step = engine.begin", arguments),
        *([f"draws = {draws!r}  # from the E-step of these iterations on, which draw is made"] if draws else []),
        f"while (step.iteration, step.phase) != ({last.iteration}, {last.phase!r}):",
        *(drawn if draws else []),
        "    step = engine.advance(step)",
        f"    {REPORT}",
    ]


def _draws(steps: Sequence[Step]) -> dict[int, int]:
    """The draws that were made anew on the way, by the iteration of their E-step."""
    return {
        now.iteration: now.problem.draw for before, now in pairwise(steps) if now.problem.draw != before.problem.draw
    }


def _result_lines(last: Step) -> list[str]:
    """What the script prints at the end; every digit, so that it can be compared."""
    return [
        "if step.stop_reason:",
        "    print(step.stop_reason)",
        'print("log_likelihood", repr(float(step.log_likelihood)))',
        'print("objective", repr(float(step.objective)))',
        *(f'print("{name}", step.params.{name}.tolist())' for name in arrays_of(last.params)),
    ]
