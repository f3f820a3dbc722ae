"""How a network fares, as lines of Python: its scores and those of its rival."""

from __future__ import annotations

from collections.abc import Sequence

from emtui.exports.scripts.choice_lines import array_arguments, call, model_class
from emtui.networks.rival import rival_of
from emtui.spec.rival_model import rival_model
from emtui.spec.run_spec import RunSpec
from engine.em.step import Step


def score_lines(spec: RunSpec, steps: Sequence[Step], moved: bool, given: str | None) -> list[str]:
    """Loss and accuracy here, and those of the rival after as many iterations from the start of the run.

    moved: the script has a start that is not the run's own. given: the weights that came with the data.
    """
    held_back = "X_test, y_test" if given is None else "X_test, y_test, data.weights[split.test]"
    test = [f"test=({held_back})"] if spec.test_share else []
    weighted = [f"sample_weight={given}"] if given is not None else []
    scored = call("scores = engine.learning_scores", ["step", "X", "y", *test, *weighted])
    lines = [*scored, "for name, value in scores.items():", "    print(name, repr(float(value)))"]
    if rival_of(spec, steps[0].params)[0] is None:
        return lines
    rival, seed = rival_model(spec), spec.seed if spec.same_start else spec.seed + 1
    imports, class_name = model_class(rival)
    arguments = ["rival", "X", "y", *test, *weighted]
    if spec.same_start:
        if spec.start is not None and moved:
            imports += call("start = model.Params", array_arguments(spec.start))
        begun = [
            "model",
            "X",
            "y",
            *(["start=start"] if spec.start is not None else []),
            *weighted,
            f"seed={spec.seed}",
        ]
        arguments.append(f"start=engine.begin({', '.join(begun)}).params")
    n_iterations = steps[-1].iteration - (steps[-1].phase == "E")
    return [
        *lines,
        "",
        *imports,
        *call(f"rival = {class_name}", [f"{name}={value!r}" for name, value in rival.option_values.items()]),
        *call("curves = engine.learning_curves", [*arguments, f"seed={seed}", f"max_iter={n_iterations}"]),
        "for name, value in curves.points[-1].scores.items():",
        '    print(f"rival_{name}", repr(float(value)))',
    ]
