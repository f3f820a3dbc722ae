"""Hidden Markov models against enumeration of every path, published values, finite differences and hmmlearn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hmm_examples import EISNER, ICE_CREAM, Params, enumerate_paths, every_path, some_params

import engine
from engine.em.inference import EXACT, Hard, Sampled, Tempered
from engine.testing import check_model

SYMBOLS = [np.array([0.0, 2.0, 1.0, 1.0]), np.array([2.0]), np.array([1.0, 0.0, 0.0, 2.0, 2.0])]
MEASURED = [np.array([[0.1, 1.0], [2.0, -1.0], [1.8, 0.2]]), np.array([[-0.5, 0.4]]), np.full((4, 2), 0.7)]
GAUSSIAN = {
    "diag": engine.GaussianEmission([[0.0, 0.5], [1.5, 0.0]], [[1.0, 0.5], [0.4, 2.0]]),
    "full": engine.GaussianEmission([[0.0, 0.5], [1.5, 0.0]], [[[1.0, 0.3], [0.3, 0.5]], [[0.4, -0.2], [-0.2, 2.0]]]),
}


def columns(sequences):
    return [np.reshape(x, (len(x), -1)) for x in sequences]


def models():
    for stop in (False, True):
        generator = np.random.default_rng(5)
        for S in (1, 2, 3):
            yield (
                f"{S} states, stop {stop}",
                engine.HiddenMarkovModel(S, stop_state=stop),
                SYMBOLS,
                some_params(generator, S, 3, stop=stop),
            )
        for kind, emission in GAUSSIAN.items():
            model = engine.HiddenMarkovModel(2, emission="gaussian", covariance_type=kind, stop_state=stop)
            yield f"{kind}, stop {stop}", model, MEASURED, some_params(generator, 2, emission, stop=stop)


CASES = list(models())
each_case = pytest.mark.parametrize(("model", "X", "start"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])


@each_case
def test_every_number_is_that_of_enumeration(model, X, start):
    for step in engine.iterate(model, X, start=start, max_iter=3, tol=0):
        if step.phase == "init":
            continue
        expected = enumerate_paths(step.params, columns(X), q_params=step.params_q)
        assert step.log_likelihood == pytest.approx(expected[0], rel=1e-11)
        assert step.q_value == pytest.approx(expected[1], rel=1e-11)
        assert step.entropy == pytest.approx(expected[2], rel=1e-9, abs=1e-11)
        np.testing.assert_allclose(step.posterior.responsibilities, expected[3], rtol=1e-10, atol=1e-13)
        assert step.kl >= -1e-10


@each_case
def test_a_temperature_is_that_of_every_path(model, X, start):
    data = model.observe(X)
    for temperature in (0.4, 3.0):
        found = model.expect(start, data, Tempered(temperature))
        log_likelihood, q_value, entropy, marginals = enumerate_paths(start, columns(X), temperature=temperature)
        assert found.log_likelihood == pytest.approx(log_likelihood, rel=1e-11)
        assert found.entropy == pytest.approx(entropy, rel=1e-10, abs=1e-11)
        assert model.entropy(start, data, Tempered(temperature)) == pytest.approx(entropy, rel=1e-10, abs=1e-11)
        assert model.q_value(found, start, data) == pytest.approx(q_value, rel=1e-11)
        r = model.responsibilities(start, data, slice(None), Tempered(temperature))
        np.testing.assert_allclose(r, marginals, rtol=1e-10, atol=1e-13)


@each_case
def test_the_viterbi_path_is_the_likeliest_of_all(model, X, start):
    data = model.observe(X)
    path, best = model.viterbi(start, X), []
    log_best = 0.0
    for x in columns(X):
        paths, p = every_path(start, x)
        best.append(paths[p.argmax()])
        log_best += np.log(p.max())
    np.testing.assert_array_equal(path, np.concatenate(best))
    np.testing.assert_array_equal(path, model.viterbi(start, data))
    hard = model.expect(start, data, Hard())
    assert hard.entropy == 0.0
    assert model.q_value(hard, start, data) == pytest.approx(log_best, rel=1e-11)
    r = model.responsibilities(start, data, slice(None), Hard())
    np.testing.assert_array_equal(r, np.eye(model.n_states)[path])


@each_case
def test_drawn_paths_are_as_frequent_as_they_are_likely(model, X, start):
    x = X[0]
    data = model.observe([x] * 4000)
    paths, p = every_path(start, columns([x])[0])
    drawn = model.responsibilities(start, data, slice(None), Sampled(3)).argmax(axis=1).reshape(-1, len(x))
    places = drawn @ model.n_states ** np.arange(len(x))[::-1]
    frequency = np.bincount(places, minlength=len(paths)) / len(drawn)
    expected = p / p.sum()
    deviation = np.sqrt(expected * (1 - expected) / len(drawn))
    assert (np.abs(frequency - expected) <= 5 * deviation + 1e-12).all()


@each_case
def test_the_m_step_is_the_maximum_of_q_and_the_prior(model, X, start):
    data = model.observe(X)
    expectation = model.expect(start, data)
    best = model.maximize(expectation, start, data).params

    def reached(params):
        return model.q_value(expectation, params, data) + model.log_prior(params, data)

    generator, top = np.random.default_rng(0), reached(best)
    assert top >= reached(start)
    for _ in range(60):
        size = 10.0 ** -generator.integers(1, 5)
        emission = best.emission
        if isinstance(emission, engine.GaussianEmission):
            means = emission.means + size * generator.normal(size=emission.means.shape)
            factor = np.exp(size * generator.normal(size=(2, 1)))
            emission = engine.GaussianEmission(
                means, emission.covariances * (factor if model.covariance_type == "diag" else factor[:, :, None])
            )
        else:
            emission = nudged(generator, emission, size)
        rows = best.transition if best.stop is None else np.column_stack([best.transition, best.stop])
        rows = nudged(generator, rows, size)
        S = model.n_states
        other = Params(
            nudged(generator, best.initial[None], size)[0],
            rows[:, :S],
            emission,
            rows[:, S] if model.stop_state else None,
        )
        assert reached(other) <= top + 1e-12 * abs(top)


def nudged(generator, rows, size):
    moved = rows * np.exp(size * generator.normal(size=rows.shape))
    return moved / moved.sum(axis=1, keepdims=True)


def test_the_ice_cream_diary_goes_where_it_was_published_to_go():
    """Eisner (2002), and the values recomputed from it."""
    likelihoods = {0: 9.13e-19, 1: 1.1041e-16, 2: 2.4198e-16, 5: 4.2007e-16, 10: 4.5136e-16}
    model = engine.HiddenMarkovModel(2, stop_state=True, first_symbol=1)
    seen = {}
    for step in engine.iterate(model, ICE_CREAM.X, start=EISNER, max_iter=10, tol=0):
        if step.phase != "E":
            seen[step.iteration] = step
    for iteration, likelihood in likelihoods.items():
        digits = 2 if iteration == 0 else 4
        assert f"{np.exp(seen[iteration].log_likelihood):.{digits}e}" == f"{likelihood:.{digits}e}"
    one = seen[1].params
    np.testing.assert_array_equal(one.emission.round(4), [[0.6765, 0.2188, 0.1047], [0.0584, 0.4251, 0.5165]])
    np.testing.assert_array_equal(one.transition.round(4), [[0.8757, 0.1090], [0.0925, 0.8652]])
    np.testing.assert_array_equal(one.stop.round(4), [0.0153, 0.0423])
    assert round(float(one.initial[0]), 4) == 0.1291
    ten = seen[10].params
    np.testing.assert_array_equal(ten.emission.round(4), [[0.6407, 0.1481, 0.2112], [0.0002, 0.5341, 0.4657]])
    np.testing.assert_array_equal(ten.transition.round(4), [[0.9337, 0.0663], [0.0718, 0.8650]])


def test_the_catalogue_knows_the_published_model_and_start():
    model = engine.HiddenMarkovModel(**ICE_CREAM.options)
    assert model == engine.HiddenMarkovModel(2, stop_state=True, first_symbol=1)
    start = Params(**ICE_CREAM.start)
    for name in ("initial", "transition", "emission", "stop"):
        np.testing.assert_array_equal(getattr(start, name), getattr(EISNER, name))


@pytest.mark.parametrize("algorithm", ["classic", "hard", "stochastic", "annealed"])
@pytest.mark.parametrize("stop", [False, True])
def test_the_invariants_hold(algorithm, stop):
    diary = np.split(ICE_CREAM.X, [12, 20, 21, 27])
    check_model(engine.HiddenMarkovModel(2, first_symbol=1, stop_state=stop), diary, algorithm=algorithm, n_iter=6)
    X = engine.load("hmm_gaussian").X
    signal = np.split(X, [60, 100, 101, 200, 250])
    for kind in ("diag", "full"):
        model = engine.HiddenMarkovModel(3, emission="gaussian", covariance_type=kind, stop_state=stop)
        check_model(model, signal, algorithm=algorithm, n_iter=5)


@pytest.mark.parametrize("kind", ["tied", "spherical"])
def test_the_invariants_hold_for_the_other_covariances(kind):
    X = engine.load("hmm_gaussian").X
    model = engine.HiddenMarkovModel(3, emission="gaussian", covariance_type=kind, reg_covar=0.01)
    assert "the objective never falls" in check_model(model, np.split(X, [90, 140]), n_iter=8)


def test_a_ridge_as_large_as_the_data_never_lets_the_objective_fall():
    X = engine.load("hmm_gaussian").X
    model = engine.HiddenMarkovModel(4, emission="gaussian", covariance_type="full", reg_covar=1.0)
    objectives = engine.fit(model, X, max_iter=40, tol=0).objectives
    assert (np.diff(objectives) >= -1e-9 * np.abs(objectives[1:])).all()


def test_without_ridge_an_iteration_is_that_of_hmmlearn():
    from hmmlearn.hmm import CategoricalHMM, GaussianHMM

    X, S = engine.load("hmm_gaussian").X, 3
    model = engine.HiddenMarkovModel(S, emission="gaussian", reg_covar=0.0)
    start = engine.begin(model, X).params
    peer = GaussianHMM(
        S, "diag", min_covar=0.0, covars_prior=0.0, covars_weight=1.0, n_iter=4, tol=-np.inf, init_params=""
    )
    peer.startprob_, peer.transmat_ = start.initial, start.transition
    peer.means_, peer.covars_ = start.emission.means, start.emission.covariances
    peer.fit(X, [120, 30, 150])
    run = engine.fit(model, np.split(X, [120, 150]), start=start, max_iter=4, tol=0)
    np.testing.assert_allclose(run.params.transition, peer.transmat_, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(run.params.emission.means, peer.means_, rtol=1e-7, atol=1e-9)
    variances = np.diagonal(peer.covars_, axis1=1, axis2=2)
    np.testing.assert_allclose(run.params.emission.covariances, variances, rtol=1e-6)
    assert run.log_likelihood == pytest.approx(peer.score(X, [120, 30, 150]), rel=1e-9)
    np.testing.assert_allclose(run.predict_proba(X[:50]), peer.predict_proba(X[:50]), atol=1e-8)
    np.testing.assert_array_equal(model.viterbi(run.params, X), peer.decode(X)[1])

    symbols = ICE_CREAM.X.astype(int) - 1
    model = engine.HiddenMarkovModel(2)
    start = engine.begin(model, symbols, seed=3).params
    peer = CategoricalHMM(2, n_iter=5, tol=-np.inf, init_params="")
    peer.startprob_, peer.transmat_, peer.emissionprob_ = start.initial, start.transition, start.emission
    peer.fit(symbols)
    run = engine.fit(model, symbols, start=start, max_iter=5, tol=0)
    np.testing.assert_allclose(run.params.emission, peer.emissionprob_, rtol=1e-7, atol=1e-9)
    assert run.log_likelihood == pytest.approx(peer.score(symbols), rel=1e-9)


def test_all_states_known_makes_one_m_step_the_closed_form():
    x, z = SYMBOLS[2], np.array([0, 1, 1, 0, 1])
    model = engine.HiddenMarkovModel(2)
    steps = list(engine.iterate(model, x, z, max_iter=1, tol=0))
    params = steps[-1].params
    np.testing.assert_allclose(params.initial, [1.0, 0.0])
    np.testing.assert_allclose(params.transition, [[0.0, 1.0], [0.5, 0.5]])
    np.testing.assert_allclose(params.emission, [[0.0, 0.5, 0.5], [2 / 3, 0.0, 1 / 3]], atol=1e-12)
    np.testing.assert_array_equal(steps[1].posterior.responsibilities, np.eye(2)[z])


def test_a_few_known_states_are_those_paths_alone():
    start = some_params(np.random.default_rng(2), 2, 3)
    model, x, y = engine.HiddenMarkovModel(2), SYMBOLS[0], np.array([-1, 1, -1, 0])
    data = model.observe([x, x], [y, y])
    paths, p = every_path(start, x[:, None])
    allowed = ((paths == y) | (y < 0)).all(axis=1)
    found = model.expect(start, data)
    assert found.log_likelihood == pytest.approx(2 * np.log(p[allowed].sum()), rel=1e-12)
    q = np.where(allowed, p, 0.0) / p[allowed].sum()
    expected = np.stack([q @ (paths == i) for i in range(2)], axis=1)
    np.testing.assert_allclose(model.responsibilities(start, data, slice(4)), expected, rtol=1e-12)
    assert found.entropy == pytest.approx(2 * -(q[allowed] @ np.log(q[allowed])), rel=1e-12)


def test_one_state_is_the_maximum_likelihood_fit():
    X = engine.load("hmm_gaussian").X
    params = engine.fit(
        engine.HiddenMarkovModel(1, emission="gaussian", covariance_type="full", reg_covar=0.0), X
    ).params
    np.testing.assert_allclose(params.emission.means[0], X.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(params.emission.covariances[0], np.cov(X.T, bias=True), rtol=1e-11)
    np.testing.assert_array_equal(params.transition, [[1.0]])


def test_annealing_at_temperature_one_is_the_exact_e_step():
    data = engine.HiddenMarkovModel(2).observe(SYMBOLS)
    start = some_params(np.random.default_rng(1), 2, 3)
    model = engine.HiddenMarkovModel(2)
    one, other = model.expect(start, data, EXACT), model.expect(start, data, Tempered(1.0))
    assert one.entropy == pytest.approx(other.entropy, rel=1e-12)
    np.testing.assert_allclose(one.statistics.transition, other.statistics.transition, rtol=1e-12)


def test_the_signal_is_told_better_by_its_order_than_by_its_values_alone():
    signal = engine.load("hmm_gaussian")
    model = engine.HiddenMarkovModel(**signal.options)
    in_time = engine.fit(model, signal.X)
    alone = engine.fit(engine.GaussianMixture(3, covariance_type="diag"), signal.X)
    hits = engine.agreement(in_time.labels, signal.y).hits
    assert hits > engine.agreement(alone.labels, signal.y).hits + 20
    path = model.viterbi(in_time.params, signal.X)
    assert engine.agreement(path, signal.y).hits >= 285


def test_relabelled_parameters_say_the_same():
    for _, model, X, start in CASES:
        data, order = model.observe(X), np.roll(np.arange(model.n_states), 1)
        other = model.relabel(start, order)
        assert model.expect(other, data).log_likelihood == pytest.approx(model.expect(start, data).log_likelihood)
        r = model.responsibilities(start, data, slice(None))
        np.testing.assert_allclose(model.responsibilities(other, data, slice(None)), r[:, order], atol=1e-13)


def test_free_parameters_are_counted():
    emission = GAUSSIAN["full"]
    cases = [
        (engine.HiddenMarkovModel(2, stop_state=True, first_symbol=1), EISNER, 1 + 4 + 4),
        (engine.HiddenMarkovModel(2), replace(EISNER, stop=None), 1 + 2 + 4),
        (
            engine.HiddenMarkovModel(2, emission="gaussian", covariance_type="full"),
            replace(EISNER, emission=emission),
            1 + 2 + 4 + 6,
        ),
    ]
    for model, params, expected in cases:
        assert model.n_parameters(params) == expected
