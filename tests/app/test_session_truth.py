"""Whatever is done to a session, every number of its frames is that of θ, θ_q and the rows as they weigh."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from counts import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from walking import walked

from emtui.charts.colors import DARK
from emtui.charts.scene import Curve
from emtui.panes.agreement.agreement_text import criteria_of
from emtui.panes.why.ledger_text import falls
from emtui.session.deeds import Weighed
from emtui.session.session import Session
from emtui.session.snapshot import StepSnapshot
from emtui.spec.labels_given import known_labels
from emtui.spec.train_test_split import split_of, table_of
from emtui.views.curve_scenes import bound_scene
from emtui.views.edit_sentences import step_sentence
from emtui.views.number_format import fixed
from emtui.views.parameter_edit import ParameterEdit
from emtui.views.step_text import objective_words
from engine.analysis.bound_profile import bound_slice
from engine.arrays import Array
from engine.editing.edits import placed
from engine.editing.entries import entries, limits_of, value_of
from engine.em.observed import observed
from engine.em.step import Problem, Step
from engine.errors import EngineError
from engine.explain.ledger import ledger
from engine.models.mixture import Mixture

ACTIONS = (
    "take",
    "take",
    "iteration",
    "move",
    "move",
    "out",
    "twice",
    "once",
    "back",
    "other",
    "reset",
    "new",
    "undo",
    "hotter",
)
SHAPES = ("full", "tied", "diag", "spherical")
WHERE: list[tuple[str, dict[str, Any]]] = [
    *(("iris", {"settings": {"covariance_type": shape}}) for shape in SHAPES),
    ("iris", {"standardize": True}),
    ("iris", {"known": "few"}),
    ("iris", {"settings": {"reg_covar": "0.1"}}),
    *(("coins", {"algorithm": name}) for name in ("classic", "hard", "stochastic", "annealed")),
    ("deaths", {"algorithm": "squarem"}),
    ("films", {}),
    ("votes", {}),
    ("linkage", {}),
    ("icecream", {}),
    ("hmm_gaussian", {}),
    ("iris", {"model": "kmeans"}),
    ("iris", {"model": "backprop"}),
    ("iris", {"model": "mlp", "k": 3, "settings": {"m_step": "newton", "weight_decay": "0.01"}}),
    ("iris", {"model": "mlp", "k": 3, "settings": {"e_step": "mean_field"}}),
    ("iris", {"model": "mlp", "k": 3, "settings": {"e_step": "gibbs"}}),
]


@dataclass
class Walk:
    """A session, and beside it what each row should weigh in each of its steps, kept by the walk itself."""

    session: Session
    weights: dict[Step, Array] = field(default_factory=dict)

    def __post_init__(self) -> None:
        now = self.session.timeline.current
        self.weights[now] = np.ones(now.problem.data.n_rows)

    def do(self, action: str, where: float, how_far: float) -> None:
        """One of the actions; what is refused changes nothing."""
        session, before = self.session, self.session.timeline.current
        weights, known = self.weights[before], len(self.weights)
        try:
            if action == "take":
                session.take()
            elif action == "iteration":
                session.take_iteration()
            elif action == "move":
                self.move(where, how_far)
            elif action in ("out", "twice", "once"):
                weights = self.weigh(where, {"out": 0.0, "twice": 2.0, "once": 1.0}[action])
            elif action == "back":
                session.timeline.move(-1 - int(3 * where))
            elif action == "other":
                session.timeline.switch(int(where * session.timeline.n_branches))
            elif action == "hotter":
                session.turn_temperature(0.5 + 2 * how_far)
            elif action == "reset":
                session.restart()
            elif action == "undo":
                session.undo()
            else:
                session.restart(session.spec.seed + 1)
        except EngineError:
            pass
        if action == "reset":
            self.follow_the_deeds()
        for step in session.timeline.steps:
            self.weights.setdefault(step, weights)
        assert known <= len(self.weights)

    def follow_the_deeds(self) -> None:
        """Rows that are weighed at the start again are weighed one after the other."""
        steps, split = self.session.timeline.steps, split_of(self.session.spec)
        weights = self.weights[steps[0]]
        for step in steps[1:]:
            deed = self.session.deed_of(step)
            if isinstance(deed, Weighed):
                weights = weights.copy()
                weights[deed.row if split is None else split.train.tolist().index(deed.row)] = deed.weight
            self.weights.setdefault(step, weights)

    def move(self, where: float, how_far: float) -> None:
        """Some entry of θ somewhere within its limits; what was foretold comes true."""
        session, step = self.session, self.session.timeline.current
        offered = entries(session.spec.model, step.params)
        if not offered:
            return
        entry = offered[int(where * len(offered))]
        (low, high), value = limits_of(step.params, entry), value_of(step.params, entry)
        if math.isfinite(high - low):
            value = low + (high - low) * (0.02 + 0.96 * how_far)
        elif math.isfinite(low):
            value = low + (value - low) * (0.3 + 2 * how_far)
        else:
            value += (how_far - 0.5) * (abs(value) + 0.1)
        edit = ParameterEdit.of(session.snapshot()).move((entry, value))
        foretold = ledger(placed(step, edit.params, edit.message), step)
        session.place(edit.params, edit.message)
        snapshot = session.snapshot()
        assert value_of(snapshot.step.params, entry) == pytest.approx(value, rel=1e-9, abs=1e-12)
        for line in foretold.lines:
            assert_same(snapshot.ledger.value(line.quantity), line.value)
            if snapshot.previous is step:
                assert_same(snapshot.ledger.change(line.quantity), line.change, size_of(snapshot))

    def weigh(self, where: float, weight: float) -> Array:
        """Another weight for some row; returns what all weigh then."""
        session = self.session
        row, split = int(where * session.spec.dataset.n_samples), split_of(session.spec)
        session.weigh_row(row, weight)
        assert session.weight_of(row) == weight
        weights = self.weights[session.timeline.previous or session.timeline.current].copy()
        weights[row if split is None else split.train.tolist().index(row)] = weight
        return weights


def assert_same(shown: float, computed: float, size: float = 1.0, rounding: float = 1e-9) -> None:
    """The two agree to nine digits of the larger of the numbers that they are made of; nan where both are."""
    if math.isnan(computed):
        assert math.isnan(shown)
    else:
        assert abs(shown - computed) <= rounding * max(1.0, size, abs(computed)), (shown, computed)


def size_of(snapshot: StepSnapshot) -> float:
    """The largest number of a ledger, and of the one before."""
    records = [snapshot.record, *([] if snapshot.previous_record is None else [snapshot.previous_record])]
    numbers = [abs(value) for one in records for value in (one.log_likelihood, one.q_value, one.entropy)]
    return max([1.0, *(value for value in numbers if math.isfinite(value))])


def anew(snapshot: StepSnapshot, weights: Array) -> Problem:
    """The problem with rows that are observed again, each with the weight that it should have."""
    problem, model = snapshot.step.problem, snapshot.step.problem.model
    counted = None if (weights == 1.0).all() else weights
    return Problem(model, model.observe(*table_of(snapshot.spec), counted), problem.algorithm, problem.seed)


def depends_on_places(snapshot: StepSnapshot) -> bool:
    """What is drawn for a row, or remembered of it, goes by its place among those that count."""
    return not isinstance(snapshot.spec.model, Mixture) or snapshot.spec.algorithm == "stochastic"


def counted_rows(snapshot: StepSnapshot, weights: Array) -> Any:
    """The rows of a weight above 0, as a model takes them in."""
    given = None if (weights == 1.0).all() else weights
    return observed(snapshot.step.problem.model, *table_of(snapshot.spec), given)


def check_numbers(snapshot: StepSnapshot, weights: Array) -> None:
    """Every scalar from the beginning, and how they add up."""
    step, record, size = snapshot.step, snapshot.record, size_of(snapshot)
    problem, model = anew(snapshot, weights), step.problem.model
    if depends_on_places(snapshot):
        problem = replace(problem, data=counted_rows(snapshot, weights))
    at = problem.at(step.params, step.at.inference)
    prior, bound = model.log_prior(step.params, problem.data), math.nan
    if step.at_q is not None:
        at_q = problem.at(step.params_q, step.inference)
        bound = model.q_value(at_q.expectation, step.params, problem.data) + at_q.entropy
        assert_same(record.entropy, at_q.entropy, size)
        assert_same(record.q_value, bound - at_q.entropy, size)
        assert (step.phase == "E") == (step.params is step.params_q and step.at is step.at_q)
    assert_same(record.log_likelihood, at.log_likelihood, size)
    assert_same(record.log_prior, prior, size)
    assert_same(record.elbo, bound, size)
    assert_same(record.kl, at.log_likelihood - bound, size)
    objective = (at.log_likelihood if model.exact else bound) + prior
    assert_same(record.objective, objective, size)
    assert_same(record.q_value + record.entropy, record.elbo, size)
    assert_same(record.elbo + record.kl, record.log_likelihood if math.isfinite(bound) else math.nan, size)
    assert fixed(step.objective) in objective_words(snapshot)
    for line in snapshot.ledger.lines:
        now, before = getattr(record, line.quantity), snapshot.previous_record
        assert_same(line.value, now)
        assert_same(line.change, math.nan if before is None else now - getattr(before, line.quantity), size)
    if isinstance(model, Mixture):
        check_rows(snapshot, anew(snapshot, weights), weights)
    if (found := criteria_of(snapshot)) is not None:
        free, twice = model.n_parameters(step.params), 2 * at.log_likelihood
        assert_same(found.aic, 2 * free - twice)
        assert_same(found.bic, free * math.log(weights.sum()) - twice)


def check_rows(snapshot: StepSnapshot, problem: Problem, weights: Array) -> None:
    """Sums over rows: Σ w ln Σ_k p(x, k), and Σ w Σ_k r (ln p(x, k) − ln r), of the rows that count."""
    model, size = problem.model, size_of(snapshot)
    assert isinstance(model, Mixture)
    log_joint = model.log_joint(snapshot.step.params, problem.data, slice(None)).T.copy()
    if problem.data.y is not None:
        given = problem.data.y >= 0
        log_joint[given[:, None] & (problem.data.y[:, None] != np.arange(log_joint.shape[1]))] = -np.inf
    counted = weights > 0
    each = np.logaddexp.reduce(log_joint, axis=1)[counted]
    assert_same(snapshot.record.log_likelihood, float(each @ weights[counted]), size, 1e-8)
    if snapshot.responsibilities is not None:
        r = snapshot.responsibilities[counted]
        used = r > 0
        terms = np.zeros(r.shape)
        terms[used] = r[used] * (log_joint[counted][used] - np.log(r[used]))
        assert_same(snapshot.record.elbo, float(terms.sum(axis=1) @ weights[counted]), size, 1e-8)


def check_labels(snapshot: StepSnapshot, weights: Array) -> None:
    """Responsibilities are q's, labels their largest; hits those of the best of all ways to match."""
    step, problem = snapshot.step, anew(snapshot, weights)
    if step.at_q is None or snapshot.responsibilities is None or snapshot.labels is None:
        assert snapshot.record.hits is None
        return
    if depends_on_places(snapshot):
        data = counted_rows(snapshot, weights)
        rows = [data.row_of(row) for row in range(data.n_rows)]
    else:
        data, rows = problem.data, list(range(problem.data.n_rows))
    r = step.problem.model.responsibilities(step.params_q, data, slice(None), step.inference)
    np.testing.assert_allclose(snapshot.responsibilities[rows], r, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(snapshot.labels[rows], r.argmax(axis=1))
    truth = snapshot.spec.dataset.y
    if snapshot.agreement is None or truth is None:
        return
    judged = truth >= 0 if known_labels(snapshot.spec) is None else (truth >= 0) & (known_labels(snapshot.spec) < 0)
    K = max(snapshot.spec.n_components, len(snapshot.spec.dataset.class_names))
    right = max(sum(int((judged & (snapshot.labels == k) & (truth == c)).sum()) for k, c in enumerate(order))
                for order in permutations(range(K)))  # fmt: skip
    assert (snapshot.agreement.hits, snapshot.agreement.total, snapshot.record.hits) == (right, judged.sum(), right)


def check_bound(snapshot: StepSnapshot, along: float) -> None:
    """The bound is nowhere above the objective, and touches it at θ_q where q is the posterior."""
    step, model = snapshot.step, snapshot.step.problem.model
    if not (model.exact and model.hides) or model.samples or step.log_likelihood_error > 0:
        return
    names = ["line", *(entry.name for entry in entries(model, step.params))]
    for name in {"line", names[int(along * len(names))]}:
        found = bound_slice(step, name, points=7)
        assert np.isfinite(found.objective).all()
        if step.at_q is not None:
            rounding = 1e-9 * max(1.0, float(np.abs(found.objective).max()))
            assert (found.bound - found.objective).max() <= rounding
            if found.touches:
                objective, bound = found.at(found.t_old)
                assert abs(objective - bound) <= rounding


def check_story(session: Session, snapshot: StepSnapshot) -> None:
    """Curves end where the numbers are, and no excuse is made that isn't so."""
    steps = session.timeline.steps
    np.testing.assert_array_equal([record.objective for record in snapshot.records], [step.objective for step in steps])
    curves = [layer for layer in bound_scene(snapshot, DARK).layers if isinstance(layer, Curve)]
    for curve in curves:
        shown = {"bound": "elbo"}.get(curve.label, "log_likelihood")
        np.testing.assert_array_equal(curve.y, [getattr(record, shown) for record in snapshot.records])
        np.testing.assert_array_equal(curve.x, snapshot.half_steps)
    for said in (step_sentence(snapshot), *falls(snapshot)):
        assert "limit of the arithmetic" not in said and "another start" not in said, said


@pytest.mark.parametrize(("source", "how"), WHERE)
@settings(max_examples=examples(5))
@given(data=st.data())
def test_numbers_are_true_wherever_one_comes(source: str, how: dict[str, Any], data: st.DataObject) -> None:
    walk = Walk(walked(source, 0, **how))
    fraction = st.floats(0.0, 1.0, exclude_max=True)
    for action, where, how_far in data.draw(
        st.lists(st.tuples(st.sampled_from(ACTIONS), fraction, fraction), min_size=3, max_size=8)
    ):
        walk.do(action, where, how_far)
        snapshot = walk.session.snapshot()
        weights = walk.weights[snapshot.step]
        check_numbers(snapshot, weights)
        check_labels(snapshot, weights)
        check_bound(snapshot, where)
        check_story(walk.session, snapshot)


def test_topics_too() -> None:
    """The same by a fixed walk, since a pass takes long."""
    walk = Walk(walked("bars", 2))
    for action, where, how_far in [
        ("move", 0.3, 0.4),
        ("take", 0, 0),
        ("out", 0.2, 0),
        ("take", 0, 0),
        ("twice", 0.5, 0),
    ]:
        walk.do(action, where, how_far)
        snapshot = walk.session.snapshot()
        check_numbers(snapshot, walk.weights[snapshot.step])
        check_story(walk.session, snapshot)
