"""The race of networks, or of experts: every way to train from the same weights, and further starts.

All racers are fitted to the training rows without the validation rows. The one that gets most validation rows right (of
numbers: that has the lowest RMSE there) is fitted again to all training rows, and it alone meets the test rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from emtui.networks.choosing import choosing_spec, scored_on_test, validated, validation_rmse
from emtui.networks.rival import method_name
from emtui.networks.scores import NumberScore
from emtui.session.racer import Judge, Judgement, Race, Racer, Runner, laps
from emtui.spec.revise import started_anew
from emtui.spec.rival_model import has_rival, is_network, rival_model
from emtui.spec.run_spec import RunSpec
from emtui.spec.train_test_split import TrainTestSplit, problem_of, split_of
from engine.analysis.learning_curves import same_start
from engine.em.algorithms import ALGORITHMS, algorithm_named
from engine.em.loop import begin_problem, stopped
from engine.em.step import Problem, Step
from engine.errors import EngineError
from engine.models import model_class

_MAY_FALL = {
    "gradient": "a step along the gradient may be too long: its objective may fall",
    "drawn": "its objective may fall",
}


def why_no_network_race(spec: RunSpec) -> str:
    """Why this supervised model can't race, in a sentence; "" where it can."""
    if not has_rival(spec.model):
        return (
            f"Of supervised models networks and experts race, and {spec.model.name} is neither: choose the model mlp."
        )
    return ""


def network_must_rise(racer: Racer) -> str:
    """Whether the objective of a network must rise, in a sentence."""
    assert racer.spec is not None
    model = racer.spec.model
    if model.samples:
        return f"{racer.name}: its E-steps draw, so that nothing must rise."
    way = _name(model, racer.spec.algorithm)
    said = f"{racer.name} ({method_name(model)})" if racer.name == way else racer.name
    return f"{said}: {_MAY_FALL.get(model.ascent, 'its objective must rise, and so must the bound')}."


def network_race(spec: RunSpec, n_starts: int) -> Iterator[Race]:
    """Run them all, and tell how it stands after the start and after every iteration of all; then test the winner.

    Raises:
        EngineError: the data can't be split so, or the model can't start; one sentence.
    """
    choosing = choosing_spec(spec)
    split = split_of(choosing)
    assert split is not None
    own: Any = spec.model
    problem = problem_of(choosing)
    judge = partial(_judged, problem, split)
    ways = {_name(model, algorithm): (model, algorithm) for model, algorithm in _ways(spec)}
    runners = [_runner(name, spec, choosing, model, judge, algorithm) for name, (model, algorithm) in ways.items()]
    for seed in range(spec.seed + 1, spec.seed + n_starts):
        again = started_anew(spec, seed), started_anew(choosing, seed)
        runners.append(_runner(f"seed {seed}", *again, own, judge, spec.algorithm))
    whole = split_of(spec)
    n_tested = 0 if whole is None else whole.n_counted(whole.test)
    racers = tuple(runner.racer for runner in runners)
    n_judged = split.n_counted(split.test)
    begun = Race(racers, n_judged, by_validation=True, n_tested=n_tested, by_rmse=split.numeric)
    for now in laps(begun, runners):
        yield now
    winner = now.winner
    if winner is None or winner.spec is None:
        return
    found = scored_on_test(winner.spec)
    if isinstance(found, NumberScore):
        yield replace(now, tested_rmse=found.rmse)
    elif found is not None:
        yield replace(now, tested=found.hits)


def _name(model: Any, algorithm: str) -> str:
    """The M-step or the algorithm of EM, or the optimiser of backpropagation, in a word that a legend has room for."""
    if not model.hides:
        return str(model.optimizer)
    return str(model.m_step) if is_network(model) else algorithm_named(algorithm).name


def _ways(spec: RunSpec) -> list[tuple[Any, str]]:
    """The explored model first; then the other ways, each with its algorithm.

    Those are the M-steps of a network trained by EM, the algorithms of experts, and backpropagation as the rival has
    it; the other way about for backpropagation.
    """
    own: Any = spec.model
    rival = rival_model(spec)
    by_em = own if own.hides else rival
    if is_network(own):
        kinds = next(option.choices for option in by_em.options() if option.name == "m_step")
        ways = [(model_class(by_em.name)(**by_em.option_values | {"m_step": kind}), spec.algorithm) for kind in kinds]
    else:
        ways = [(by_em, name) for name in ALGORITHMS]
    return [(own, spec.algorithm), *ways, (rival, spec.algorithm)]


def _runner(name: str, spec: RunSpec, choosing: RunSpec, model: Any, judge: Judge, algorithm: str) -> Runner:
    """A racer: `spec` opens it, `choosing` without the test rows is what is run."""
    algorithm = algorithm if model.hides else "classic"

    def begin() -> tuple[RunSpec, Step]:
        run = replace(choosing, model=model, algorithm=algorithm, rival=())
        step = begin_problem(problem_of(run), _as_its_own(run.start, model))
        opens = replace(spec, model=model, algorithm=algorithm, rival=spec.rival if model is spec.model else ())
        return replace(opens, start=_as_its_own(spec.start, model)), stopped(step, opens.rules)

    return Runner(name, begin, judge)


def _as_its_own(start: Any, model: Any) -> Any:
    """The weights of a given start as this model has them."""
    return start if start is None else same_start(model, start)


def _judged(problem: Problem, split: TrainTestSplit, step: Step) -> Judgement:
    """The objective of the explored model at these weights, and how right they are on the validation rows."""
    try:
        same = step.problem.model.objective_label == problem.model.objective_label
        if same:
            objective = step.objective
        else:
            objective = problem.at(problem.model.check_params(step.params, problem.data)).objective
    except EngineError:
        objective = float("nan")
    if split.numeric:
        return Judgement(objective, rmse=validation_rmse(step.problem.model, split, step.params))
    return Judgement(objective, validated(step.problem.model, split, step.params)[0])
