"""What the app says of each step: that it is true, and that it is one line of plain words."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from counts import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from outside_model.waiting_times import ExponentialMixture
from view_frames import blobs, catalogue, session_of, snapshots, walked

from emtui.session.session import Session
from emtui.spec.choose import choose
from emtui.views import view_for
from emtui.views.changes import ComponentMove, largest_move, most_moved
from emtui.views.edit_sentences import kept_sentence
from emtui.views.gaussian.gaussian_sentences import moved_clause
from emtui.views.sentences import line, plain
from engine import BinomialMixture, EngineError, GaussianMixture, KMeans
from engine.em.maximization import Event


def said(snapshot: Any, **options: Any) -> str:
    return view_for(snapshot.step.problem.model).sentence(snapshot, **options)


def assert_plain(sentence: str) -> None:
    """One line, a full stop, nothing that a terminal obeys, no word of Python's."""
    assert sentence.endswith(".")
    assert sentence == " ".join(sentence.split())
    assert sentence.isprintable()
    assert not re.search(r"\b(nan|inf|None|array)\b|-0\.0+\b|−0(\.0+)?\b(?!\.)|\.\.|;\s*[;.]", sentence), sentence


# iris, step by step


def test_the_start() -> None:
    snapshot = catalogue("iris", 0)
    expected = f"log-likelihood −{abs(snapshot.step.log_likelihood):.3f}"
    assert said(snapshot) == (
        f"Three means start at the centres of k-means, {expected}; nothing has been assigned yet: press e."
    )
    assert said(catalogue("iris", 0, k=1)).startswith("One mean starts at")
    assert "at random rows" in said(catalogue("iris", 0, settings={"init": "points"}))
    given_start = catalogue("iris", 2)
    session = Session(replace(given_start.spec, start=given_start.step.params))
    assert "at the values that were given" in said(session.snapshot())


def test_the_first_e_step_counts_rows() -> None:
    snapshot = catalogue("iris", 1)
    R = snapshot.responsibilities
    assert R is not None
    sums, unsure = R.sum(axis=0), int((R.max(axis=1) < 0.9).sum())
    sentence = said(snapshot)
    assert sentence.startswith(f"Component 1 has {sums[0]:.1f} rows, component 2 {sums[1]:.1f}".replace(".0", ""))
    assert f"{unsure} rows are shared (no responsibility above .9)" in sentence
    assert sentence.endswith(f"the bound touches the log-likelihood, −{abs(snapshot.step.log_likelihood):.3f} (KL 0).")


def test_a_later_e_step_names_the_row_that_moved_most() -> None:
    session = Session(choose("iris"))
    before, _, snapshot = snapshots(session, 3)[1:]
    move, change = (
        most_moved(snapshot),
        snapshot.step.posterior.responsibilities - before.step.posterior.responsibilities,
    )  # type: ignore[union-attr]
    assert move is not None
    row, _ = np.unravel_index(np.abs(change).argmax(), change.shape)
    assert (move.row, move.component) == (row, change[row].argmax())
    labels = [one.step.posterior.labels for one in (before, snapshot)]  # type: ignore[union-attr]
    assert move.n_changed == int((labels[0] != labels[1]).sum()) > 0
    sentence, gained = said(snapshot), change.sum(axis=0)
    assert sentence.startswith(f"Row {row + 1} ")
    gainer, loser = gained.argmax(), gained.argmin()
    assert (
        f"{gained.max():.1f} more rows lean to component {gainer + 1}, {-gained.min():.1f} fewer to component "
        f"{loser + 1} (Σr);" in sentence
    )
    assert "weight" not in sentence
    rise = snapshot.step.elbo - snapshot.previous.elbo  # type: ignore[union-attr]
    assert sentence.endswith(f"the bound rose {rise:.3g} to meet the log-likelihood (KL 0).")


def test_a_row_moves_to_the_component_that_gained_most_of_it() -> None:
    snapshot = catalogue("iris", 3)
    before = np.tile([0.9, 0.05, 0.05], (150, 1))
    now = before.copy()
    now[41] = [0.55, 0.35, 0.1]  # still the first component's, and on its way to the second
    moved = replace(snapshot, responsibilities=now, responsibilities_before=before)
    move = most_moved(moved)
    assert move is not None
    assert (move.row, move.component, move.changed_sides, move.n_changed) == (41, 1, False, 0)
    assert said(moved).startswith("Row 42 moved most, to component 2 (.05→.35). 0.3 more rows lean to component 2, 0.3")
    now[41] = [0.3, 0.6, 0.1]
    assert said(moved).startswith("Row 42 now leans to component 2 (.05→.60). ")


def test_an_m_step_says_what_moved_and_the_log_likelihood() -> None:
    session = Session(choose("iris"))
    before, snapshot = snapshots(session, 2)[1:]
    sentence = said(snapshot)
    rise = snapshot.step.log_likelihood - before.step.log_likelihood
    assert sentence.endswith(f"; log-likelihood +{rise:.3g}.")
    k = int(re.match(r"Component (\d)", sentence)[1]) - 1  # type: ignore[index]
    was, now = before.step.params.weights[k], snapshot.step.params.weights[k]
    assert f"{'rose' if now > was else 'fell'} in weight from {was:.3f} to {now:.3f}".replace("0.", ".") in sentence
    assert "rows" not in sentence  # that was told by the E-step
    shift = float(re.search(r"moved ([\d.]+)", sentence)[1])  # type: ignore[index]
    assert np.isclose(np.abs(snapshot.step.params.means - before.step.params.means)[k], shift, rtol=5e-3).any()
    assert re.search(r"(widened|narrowed) [\d.]+ % along (sepal|petal) (length|width)", sentence)


def test_shifts_are_said_in_the_units_shown() -> None:
    snapshot = catalogue("old_faithful", 2, standardize=True, settings={"covariance_type": "tied"})
    shifts = [float(re.search(r"moved ([\d.]+)", said(snapshot, units=units))[1]) for units in ("data", "standard")]  # type: ignore[index]
    scale = snapshot.spec.dataset.units.scale  # type: ignore[union-attr]
    assert np.isclose(shifts[0] / shifts[1], scale, rtol=0.01).any()


def test_the_end_says_why() -> None:
    session = Session(choose("iris", settings={"reg_covar": "0"}))
    last = snapshots(session, 400)[-1]
    assert last.step.converged
    reason = r": the objective changed by .* per observation, and will gain .* more, less than 1e−06"
    assert re.search(rf"\. At rest{reason}\.$", said(last))  # what kind of rest it is has not been looked at
    while session.rest_is_due:
        session.advance_rest()
    assert re.search(rf"\. Converged{reason}; a maximum\.$", said(session.snapshot()))
    cut = snapshots(Session(choose("iris", max_iter=2)), 9)[-1]
    assert said(cut).endswith(
        "Stopped: the limit of 2 iterations was reached before it came to rest; pane 7 raises the limit."
    )


def test_a_sentence_in_a_file_names_no_key() -> None:
    walk = snapshots(Session(choose("iris", max_iter=2)), 9)
    assert said(walk[0]).endswith("nothing has been assigned yet: press e.")
    assert kept_sentence(walk[0]) == said(walk[0]).replace(": press e", "")
    assert kept_sentence(walk[1]) == said(walk[1])
    assert kept_sentence(walk[-1]).endswith("the limit of 2 iterations was reached before it came to rest.")
    session = Session(choose("two_gaussians", settings={"init": "responsibilities"}))
    snapshots(session, 400)
    while session.rest_is_due:
        session.advance_rest()
    saddle = session.snapshot()
    rest = saddle.step.rest
    assert rest is not None and not rest.is_rest and "pushes it off" in said(saddle)
    assert kept_sentence(saddle).endswith(f"Stopped at {rest.said}: {plain(rest.remedy)}.")


# why the objective may fall


def test_a_fall_is_explained() -> None:
    hard = snapshots(Session(choose("iris", k=5, algorithm="hard", settings={"init": "points"}, seed=3)), 40)
    stochastic = snapshots(Session(choose("iris", algorithm="stochastic", seed=1)), 40)
    annealed = snapshots(Session(choose("old_faithful", k=3, algorithm="annealed:initial=4")), 40)
    reasons = ("hard assignment pushes up the bound", "the assignments were drawn", "at temperature")
    for walk, reason in zip((hard, stochastic, annealed), reasons, strict=True):
        falls = 0
        for snapshot in walk:
            assert_plain(said(snapshot))
            previous = snapshot.previous_record
            if snapshot.step.phase != "M" or previous is None:
                continue
            if snapshot.record.log_likelihood < previous.log_likelihood - 1e-6:
                falls += 1
                assert re.search(rf"log-likelihood −[^;]*: {reason}", said(snapshot))
        assert falls or reason.startswith("hard")
    assert "since each row goes wholly to its likeliest component" in said(hard[1])
    assert "since each row is drawn from its posterior" in said(stochastic[1])
    assert "at temperature 4 rows are shared more evenly" in said(annealed[1])


def test_events_are_told_and_explain_a_fall() -> None:
    snapshot = catalogue("iris", 2)
    event = Event("component 2 holds only row 17: its covariance was reset", 1, breaks_ascent=True)
    record = replace(snapshot.record, log_likelihood=snapshot.record.log_likelihood - 500.0)
    fallen = replace(snapshot, step=replace(snapshot.step, events=(event,)), records=(*snapshot.records[:-1], record))
    sentence = said(fallen)
    assert "it fell because parameters were set by a rule, not by the maximum." in sentence
    assert sentence.endswith("Component 2 holds only row 17: its covariance was reset.")
    stop = replace(fallen, step=replace(fallen.step, stop_reason=event.message))
    assert said(stop).count("holds only row 17") == 1
    assert said(stop).endswith("Stopped: component 2 holds only row 17: its covariance was reset.")


def test_a_prior_that_outweighs_the_log_likelihood_is_named() -> None:
    snapshot = catalogue("iris", 2)
    before = snapshot.records[-2]
    record = replace(
        snapshot.record,
        log_likelihood=before.log_likelihood - 1.0,
        log_prior=before.log_prior + 3.0,
        objective=before.objective + 2.0,
    )
    changed = replace(snapshot, records=(*snapshot.records[:-1], record))
    assert "log-likelihood −1: the prior weighs in, and with it the objective changed by +2." in said(changed)


def test_messages_lose_the_words_of_python() -> None:
    assert plain("the log-likelihood is nan here") == "the log-likelihood is undefined here"
    assert plain("it is -inf: no") == "it is −∞: no"
    assert plain("changed by -3.2e-07, of infrared banana") == "changed by −3.2e−07, of infrared banana"
    assert line(["a b", "", "c.\n", "\x1b[31md"]) == "A b. C. D."


# other models


def test_coins() -> None:
    session = Session(choose("coins", settings={"fixed_weights": "yes"}))
    from engine.models.binomial import BinomialParams

    session = Session(replace(session.spec, start=BinomialParams(np.array([0.5, 0.5]), np.array([0.6, 0.5]))))
    start, e1, m1, e2 = snapshots(session, 3)
    assert said(start).startswith("Two coins start with p(A) = .600 and p(B) = .500, log-likelihood −")
    assert said(e1).startswith("Coin A has 3 sets and coin B 2.")  # 2.986963 and 2.013037
    assert said(m1).startswith("Coin A went from .600 to .713 and coin B went from .500 to .581; log-likelihood +")
    assert re.match(r"Set [HT]{10} ", said(e2))


def test_k_means_speaks_of_inertia() -> None:
    walk = snapshots(Session(choose("iris", model="kmeans", settings={"init": "points"})), 40)
    X = walk[0].spec.dataset.X
    assert said(walk[0]).startswith("Three centres start at random rows; nothing has been assigned yet")
    for before, snapshot in pairwise(walk):
        centers, R = snapshot.step.params.centers, snapshot.responsibilities
        assert R is not None
        inertia = float((((X[:, None] - centers) ** 2).sum(axis=2) * R).sum())
        assert f"{inertia:.3f}" in said(snapshot)
        if snapshot.step.phase == "E" and snapshot.step.iteration > 1:
            changed = int((R.argmax(axis=1) != before.responsibilities.argmax(axis=1)).sum())  # type: ignore[union-attr]
            words = {0: "No row changed component", 1: " alone changed sides, to component"}
            assert words.get(changed, f"{changed} rows changed component, ") in said(snapshot)
    assert "No centre moved; the inertia stays at" in said(walk[-1])
    assert "Converged: " in said(walk[-1])
    assert "inertia (in standard units)" in said(catalogue("iris", 2, model="kmeans", standardize=True))


def test_rows_are_called_by_their_names() -> None:
    X = blobs(60, 2, 3)
    names = tuple(f"[bold]{i}[/]\x1b[2J" for i in range(60))
    by_name = walked(session_of(X, GaussianMixture(n_components=3, init="points"), data={"row_names": names}), 3)
    assert re.match(r"Row \[bold\]\d+\[/\] (moved|now)", said(by_name))
    lines = np.arange(60) + 2
    by_line = walked(session_of(X, GaussianMixture(n_components=3, init="points"), data={"line_numbers": lines}), 3)
    assert re.match(r"Line \d+ (moved|now)", said(by_line))


def test_a_draw_of_the_rows_is_said_to_be_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emtui.session.posterior_cache.ROWS_DRAWN", 100)
    walk = snapshots(session_of(blobs(400, 2, 3), GaussianMixture(n_components=3, init="points")), 3)
    assert "has about " in said(walk[1])
    assert re.search(r"rows? drawn (is|are) shared", said(walk[1]))
    assert re.search(r"of the 100 rows drawn|rows drawn to change sides|now leans to", said(walk[3]))
    assert "about " in said(walk[3]) and " more rows lean to " in said(walk[3])


def test_many_components_and_weighted_rows() -> None:
    snapshot = catalogue("iris", 1, k=7)
    assert re.match(
        r"Component \d has the most rows, [\d.]+ of 150, and component \d the fewest, [\d.]+", said(snapshot)
    )
    assert said(catalogue("iris", 0, k=20)).startswith("20 means start")


def test_looking_back_says_the_same_as_the_first_time() -> None:
    session = Session(choose("iris"))
    first = [said(snapshot) for snapshot in snapshots(session, 8)]
    again = []
    for index in reversed(range(9)):
        session.timeline.go_to(index)
        again.append(said(session.snapshot()))
    assert again[::-1] == first


def test_moves_of_components() -> None:
    ones, two = np.ones((2, 1)), np.array([0.5, 0.5])
    still = largest_move((two, two), (ones, ones), (ones, ones))
    assert moved_clause(still, ["x"], "full") == "no component moved"
    move = largest_move((two, two[::-1]), (ones, ones + np.array([[0.0], [0.5]])), (ones, ones))
    assert (move.component, move.shift, move.weights) == (1, 0.5, (0.5, 0.5))
    assert moved_clause(move, ["x"], "full") == "component 2 moved 0.5 along x"
    wide = ComponentMove(1, (0.35, 0.25), 0.31, 0, 0.3, 1, 1.0)
    named = ["petal length", "petal width"]
    assert moved_clause(wide, named, "full") == (
        "component 2 moved 0.31 along petal length, widened 30 % along petal width and fell in weight from .350 to .250"
    )
    assert moved_clause(replace(wide, widening_column=0), named, "diag") == (
        "component 2 moved 0.31, widened 30 % along petal length and fell in weight from .350 to .250"
    )
    assert moved_clause(wide, named, "spherical").endswith(
        "moved 0.31 along petal length, widened 30 % all round and fell in weight from .350 to .250"
    )
    assert moved_clause(wide, named, "tied").endswith("; all components widened 30 % along petal width")
    assert moved_clause(replace(wide, widening=9.0, weights=(0.5, 0.5)), named, "full").endswith(
        "widened 10-fold along petal width"
    )
    assert moved_clause(replace(wide, widening=-0.9, weights=(0.5, 0.5)), named, "full").endswith(
        "narrowed 10-fold along petal width"
    )
    assert (
        moved_clause(replace(wide, amount=3e-5), named, "full") == "no component moved by more than 3e−05 of its width"
    )
    weight = ComponentMove(0, (0.2496, 0.25), 0.0, 0, 0.0, 0, 0.01)
    assert moved_clause(weight, named, "full") == "the weight of component 1 is now .250"


# whatever comes

HOSTILE = ["[bold]", "\x1b[2J\x07", "a\tb\nc", "", "키 (cm)", "x" * 200, "\u202eevil", "%s {0}"]


def model_of(kind: str, K: int, d: int) -> Any:
    if kind == "kmeans":
        return KMeans(n_components=K, init="points")
    if kind == "coins":
        return BinomialMixture(n_components=K, n_trials=6)
    if kind == "other":
        return ExponentialMixture(n_components=K)
    return GaussianMixture(n_components=K, covariance_type=kind, init="points")


@settings(max_examples=examples(60))
@given(
    st.integers(0, 10_000),
    st.sampled_from(["full", "tied", "diag", "spherical", "kmeans", "coins", "other"]),
    st.integers(1, 4),
    st.integers(1, 3),
    st.sampled_from(["classic", "hard", "stochastic", "annealed"]),
    st.sampled_from([1e-100, 1.0, 1e100]),
    st.lists(st.sampled_from(HOSTILE), min_size=3, max_size=3),
    st.booleans(),
)
def test_every_sentence_is_one_plain_line(
    seed: int, kind: str, K: int, d: int, algorithm: str, scale: float, names: list[str], named: bool
) -> None:
    generator = np.random.default_rng(seed)
    n = int(generator.integers(2, 25))
    X = blobs(n, d, K, seed) * scale
    if kind == "coins":
        X, d = generator.integers(0, 7, size=(n, 1)).astype(np.float64), 1
    elif kind == "other":
        X = np.abs(X) + scale
    data: dict[str, Any] = {"feature_names": tuple(names[:d])}
    if named:
        data["row_names"] = tuple(generator.choice(HOSTILE, n).tolist())
    seen: list[Any] = []
    try:
        session = session_of(X, model_of(kind, K, d), data=data, algorithm=algorithm, seed=seed)
        seen.append(session.snapshot())
        for _ in range(6):
            session.take()
            seen.append(session.snapshot())
    except EngineError:
        pass  # the engine refuses or stops in a sentence of its own; what was seen so far counts
    else:
        assert len(seen) == 7
    for snapshot in seen:
        assert_plain(said(snapshot))
        assert_plain(said(snapshot, units="standard"))


def test_one_mean_has_one_centre():
    assert said(catalogue("iris", 0, k=1)).startswith("One mean starts at the centre of k-means, ")
    assert said(catalogue("iris", 0)).startswith("Three means start at the centres of k-means, ")


def test_q_is_not_the_capital_one() -> None:
    assert line(["q of row 1 was moved", "it fell"]) == "q of row 1 was moved. It fell."
