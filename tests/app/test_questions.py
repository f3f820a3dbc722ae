"""Questions about a step: answered in their turn by the runner, the last of each kind alone, and no frame is lost."""

import threading

from emtui.session.messages import Answered, Crashed, FrameReady
from emtui.session.queries import BoundAlong, ParameterWorked, RowWorked, answer
from emtui.session.session import Session
from emtui.session.worker import Runner
from emtui.spec.run_spec import choose
from engine.analysis.bound_profile import Slice
from engine.explain.derivation import Worked


def runner_on_coins() -> tuple[Runner, list]:
    posted: list = []
    runner = Runner(posted.append)
    runner.open(lambda: choose("coins"), small=True)
    runner.wait()
    posted.clear()
    return runner, posted


def hold(runner: Runner) -> threading.Event:
    """Keep the worker busy until the event is set."""
    release = threading.Event()
    runner._submit(type_of_job(runner, release), at_once=False)
    return release


def type_of_job(runner: Runner, release: threading.Event):
    from emtui.session.worker import Job

    return Job(runner.generation, lambda: release.wait(10) and "", shows=False)


def answers(posted: list) -> list[Answered]:
    assert not [message for message in posted if isinstance(message, Crashed)]
    return [message for message in posted if isinstance(message, Answered)]


def test_of_each_kind_the_last_question_is_answered():
    runner, posted = runner_on_coins()
    step = runner.session.timeline.current
    release = hold(runner)
    for points in (10, 20, 30):
        runner.ask(BoundAlong(None, points), step)
    runner.ask(RowWorked(0), step)
    release.set()
    runner.wait()
    assert [message.question for message in answers(posted)] == [BoundAlong(None, 30), RowWorked(0)]
    assert not [message for message in posted if isinstance(message, FrameReady)]
    runner.close()


def test_a_step_behind_which_a_question_waits_is_shown_all_the_same():
    runner, posted = runner_on_coins()
    step = runner.session.timeline.current
    release = hold(runner)
    runner.do(lambda session: session.take())
    runner.ask(BoundAlong(None, 10), step)
    release.set()
    runner.wait()
    frames = [message.frame for message in posted if isinstance(message, FrameReady)]
    assert [frame.step.phase for frame in frames] == ["E"]
    assert len(answers(posted)) == 1
    runner.close()


def test_stopping_drops_steps_and_keeps_questions_but_another_exploration_drops_both():
    runner, posted = runner_on_coins()
    step = runner.session.timeline.current
    release = hold(runner)
    runner.do(lambda session: session.take())
    runner.ask(BoundAlong(None, 10), step)
    runner.cancel()
    release.set()
    runner.wait()
    assert len(answers(posted)) == 1
    assert runner.session.timeline.current is step
    posted.clear()
    release = hold(runner)
    runner.ask(BoundAlong(None, 10), step)
    runner.open(lambda: choose("linkage"))
    release.set()
    runner.wait()
    assert not answers(posted)
    assert runner.session.choices.source == "linkage"
    runner.close()


def test_answers_are_the_engines_and_what_cannot_be_answered_is_a_sentence():
    session = Session(choose("coins"))
    start = session.timeline.current
    assert "before the first E-step" in answer(RowWorked(0), start)
    assert "take an E-step first" in answer(ParameterWorked("probabilities[0]"), start)
    session.take()
    step = session.timeline.current
    assert isinstance(answer(BoundAlong(None), step), Slice)
    assert isinstance(answer(RowWorked(4), step), Worked)
    assert isinstance(answer(ParameterWorked("probabilities[0]"), step), Worked)
    assert "there is no row 5" in answer(RowWorked(5), step)
    assert "no parameter" in answer(BoundAlong("nonsense"), step)
