"""Questions about a step: answered in their turn by the runner, the last of each kind alone, and no frame is lost."""

import threading

from emtui.session.messages import Crashed, QueryAnswered, SnapshotReady
from emtui.session.queries import BoundAlong, ParameterWorked, RowWorked, answer
from emtui.session.session import Session
from emtui.session.worker import SessionWorker
from emtui.spec.choose import choose
from engine.analysis.bound_profile import Slice
from engine.explain.derivation import Worked


def worker_on_coins() -> tuple[SessionWorker, list]:
    posted: list = []
    worker = SessionWorker(posted.append)
    worker.open(lambda: choose("coins"), small=True)
    worker.wait()
    posted.clear()
    return worker, posted


class Asker:
    """Asks, and keeps the answers."""

    def take_answer(self, query, step, answer) -> None:
        raise AssertionError("the worker reports answers: it hands them to nobody")


ASKER = Asker()


def hold(worker: SessionWorker) -> threading.Event:
    """Keep the worker busy until the event is set."""
    release = threading.Event()
    worker._submit(type_of_job(worker, release), at_once=False)
    return release


def type_of_job(worker: SessionWorker, release: threading.Event):
    from emtui.session.worker import Job

    return Job(worker.generation, lambda: "" if release.wait(10) else "late", shows=False)


def answers(posted: list) -> list[QueryAnswered]:
    assert not [message for message in posted if isinstance(message, Crashed)]
    return [message for message in posted if isinstance(message, QueryAnswered)]


def test_of_each_kind_the_last_question_is_answered():
    worker, posted = worker_on_coins()
    step = worker.session.timeline.current
    release = hold(worker)
    for points in (10, 20, 30):
        worker.ask(BoundAlong(None, points), step, ASKER)
    worker.ask(RowWorked(0), step, ASKER)
    release.set()
    worker.wait()
    assert [message.query for message in answers(posted)] == [BoundAlong(None, 30), RowWorked(0)]
    assert not [message for message in posted if isinstance(message, SnapshotReady)]
    worker.close()


def test_two_who_ask_the_same_are_both_answered():
    worker, posted = worker_on_coins()
    step, other = worker.session.timeline.current, Asker()
    release = hold(worker)
    for asker, points in ((ASKER, 10), (other, 20), (ASKER, 30)):
        worker.ask(BoundAlong(None, points), step, asker)
    release.set()
    worker.wait()
    found = [(message.asker, message.query.points) for message in answers(posted)]
    assert found == [(ASKER, 30), (other, 20)]
    worker.close()


def test_a_step_behind_which_a_question_waits_is_shown_all_the_same():
    worker, posted = worker_on_coins()
    step = worker.session.timeline.current
    release = hold(worker)
    worker.do(lambda session: session.take())
    worker.ask(BoundAlong(None, 10), step, ASKER)
    release.set()
    worker.wait()
    snapshots = [message.snapshot for message in posted if isinstance(message, SnapshotReady)]
    assert [snapshot.step.phase for snapshot in snapshots] == ["E"]
    assert len(answers(posted)) == 1
    worker.close()


def test_stopping_drops_steps_and_keeps_questions_but_another_exploration_drops_both():
    worker, posted = worker_on_coins()
    step = worker.session.timeline.current
    release = hold(worker)
    worker.do(lambda session: session.take())
    worker.ask(BoundAlong(None, 10), step, ASKER)
    worker.cancel()
    release.set()
    worker.wait()
    assert len(answers(posted)) == 1
    assert worker.session.timeline.current is step
    posted.clear()
    release = hold(worker)
    worker.ask(BoundAlong(None, 10), step, ASKER)
    worker.open(lambda: choose("linkage"))
    release.set()
    worker.wait()
    assert not answers(posted)
    assert worker.session.spec.data.source == "linkage"
    worker.close()


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
