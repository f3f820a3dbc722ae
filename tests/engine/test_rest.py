"""What kind of rest a run has come to: against saddles that are known in closed form, and Jacobians by differences."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from counts import examples

import engine
from engine.analysis import rest as rests
from engine.analysis.convergence import convergence_of
from engine.analysis.leaving_saddles import words_of_entry
from engine.analysis.remarks import remarks_on
from engine.analysis.rest import rest_of, with_rest
from engine.analysis.scales import column_scales
from engine.editing.edits import placed
from engine.editing.entries import entries, moved
from engine.em.loop import begin, e_step, m_step, stopped
from engine.em.parameters import arrays_of, with_arrays
from engine.em.stopping import Stop

ROWS = np.random.default_rng(4)
COUNTS = np.concatenate([ROWS.poisson(2.0, 150), ROWS.poisson(6.0, 150)]).astype(float)[:, None]


def resting(model, X, start, y=None):
    """The step after one iteration from θ⁰, called converged: what lies there is looked at."""
    step = m_step(e_step(begin(model, X, y, start=start)))
    return stopped(step, (lambda step: Stop("it was stopped", True),))


def alike(mean):
    return engine.PoissonMixture.Params([0.5, 0.5], [mean, mean])


def test_two_equal_poissons_are_a_saddle_whose_rate_is_the_dispersion():
    """μ_1 = μ + ε, μ_2 = μ − ε: r_1 = ½ + ½ ε (x − μ) / μ, so that the M-step gives μ + ε Var(x) / μ."""
    found = rest_of(resting(engine.PoissonMixture(2), COUNTS, alike(COUNTS.mean())))
    assert found.kind == "saddle"
    assert found.rate == pytest.approx(COUNTS.var() / COUNTS.mean(), abs=max(found.error, 1e-3))
    assert "coincide" in found.said
    assert "rate of component" in found.said


def test_equal_poissons_of_evenly_spread_counts_are_a_plateau():
    """Var(x) < μ: nothing leads off but the weights, which make no difference."""
    even = np.array([[3.0], [4.0], [3.0], [4.0], [5.0]] * 20)
    found = rest_of(resting(engine.PoissonMixture(2), even, alike(even.mean())))
    assert found.kind == "plateau"
    assert found.rate == pytest.approx(1.0, abs=found.error)


def test_equal_bernoulli_components_are_a_saddle_whose_rate_is_that_of_the_correlations():
    """The M-step gives p + C D⁻¹ ε, C the covariances and D the variances: eigenvalues of the correlation matrix."""
    hidden = ROWS.random(400) < 0.4
    X = (ROWS.random((400, 4)) < np.where(hidden[:, None], 0.8, 0.3)).astype(float)
    start = engine.BernoulliMixture.Params([0.5, 0.5], np.tile(X.mean(axis=0), (2, 1)))
    found = rest_of(resting(engine.BernoulliMixture(2), X, start))
    largest = np.linalg.eigvalsh(np.corrcoef(X.T))[-1]
    assert found.kind == "saddle"
    assert found.rate == pytest.approx(largest, abs=max(found.error, 2e-3))


def test_equal_gaussians_have_the_rate_of_their_kurtosis():
    """Of their variances: σ² ± ε becomes σ² ± ε (m_4 / m_2² − 1) / 2; of their means it is 1."""
    x = np.random.default_rng(1).standard_t(5, 2000)
    X = ((x - x.mean()) / x.std())[:, None]
    start = engine.GaussianMixture.Params([0.5, 0.5], [[0.0], [0.0]], [[[1.0]], [[1.0]]])
    found = rest_of(resting(engine.GaussianMixture(2, reg_covar=0.0), X, start))
    assert found.kind == "saddle"
    assert found.rate == pytest.approx((np.mean(X**4) - 1.0) / 2.0, rel=1e-2)
    assert "covariance" in found.said or "variance" in found.said


def jacobian_by_differences(step):
    """The largest eigenvalue of the Jacobian of one EM iteration, of all free numbers of a Poisson mixture of two."""

    def mapped(vector):
        params = with_arrays(
            step.params, {"weights": np.array([vector[0], 1 - vector[0]]), "rates": np.array(vector[1:])}
        )
        return flat(m_step(e_step(begin(engine.PoissonMixture(2), COUNTS, start=params))).params)

    def flat(params):
        arrays = arrays_of(params)
        return np.array([arrays["weights"][0], *arrays["rates"].ravel()])

    at, h = flat(step.params), 1e-5
    columns = [(mapped(at + h * e) - mapped(at - h * e)) / (2 * h) for e in np.eye(3)]
    return np.abs(np.linalg.eigvals(np.array(columns).T)).max()


def test_a_maximum_has_the_rate_of_the_jacobian():
    run = engine.fit(engine.PoissonMixture(2), COUNTS, tol=1e-11, max_iter=2000)
    found = (
        rest_of(engine.fit(engine.PoissonMixture(2), COUNTS, tol=1e-11, max_iter=2000).timeline[-2]) or run.step.rest
    )
    assert run.converged
    assert run.stop_reason.endswith("; a maximum")
    assert found.rate == pytest.approx(jacobian_by_differences(run.step), abs=max(found.error, 1e-3))


@pytest.mark.parametrize("seed", range(8))
def test_components_that_begin_nearly_alike_are_told_as_what_they_are(seed):
    data = engine.load("two_gaussians")
    run = engine.fit(engine.GaussianMixture(2, init="responsibilities"), data.X, seed=seed)
    if run.objectives[-1] < -586.0:
        assert not run.converged
        assert "saddle" in run.stop_reason or "plateau" in run.stop_reason
        assert "push it off by hand (the mean of component " in run.stop_reason
        assert "or take another kind of start (kmeans or points)" in run.stop_reason
        assert "converged" not in run.stop_reason
    else:
        assert run.objectives[-1] == pytest.approx(-585.547, abs=1e-2)


def test_a_network_at_chance_has_learned_nothing_and_its_scales_are_named():
    data = engine.load("wine")
    run = engine.fit(engine.LatentMLP(m_step="newton"), data.X, data.y, seed=3)
    shares = np.bincount(data.y)
    assert run.log_likelihood == pytest.approx(shares @ np.log(shares / shares.sum()), abs=1e-3)
    assert not run.converged
    assert "plateau where nothing was learned" in run.stop_reason
    assert "very different scales" in run.stop_reason
    assert "standardise" in run.stop_reason
    assert run.step.rest.remedy.endswith("or try another start")  # which nobody has tried
    assert run.step.rest.scales


@pytest.mark.parametrize("weighted", [False, True])
def test_a_network_of_numbers_that_predicts_the_mean_has_learned_nothing(weighted):
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.normal(0.0, 1e-4, 80), rng.normal(3e6, 1e5, 80)])
    y = np.sin(2e4 * X[:, 0]) + 3e-6 * X[:, 1]
    weight = rng.integers(1, 4, 80).astype(float) if weighted else None
    run = engine.fit(engine.LatentMLP(m_step="newton"), X, y, seed=0, sample_weight=weight)
    variance = np.cov(y, ddof=0, aweights=weight)
    n = run.step.problem.data.total_weight
    assert run.log_likelihood == pytest.approx(-0.5 * n * (np.log(2 * np.pi * variance) + 1), abs=1e-3)
    assert not run.converged
    assert "a plateau where nothing was learned: each row is predicted by the mean" in run.stop_reason
    assert run.step.rest.scales
    learned = engine.fit(engine.LatentMLP(m_step="newton"), X / [1e-4, 1e5] - [0.0, 30.0], y, seed=0, max_iter=30)
    assert "nothing was learned" not in learned.stop_reason


def test_scales_are_those_of_columns_that_vary():
    X = np.column_stack([np.arange(10.0), 1e4 * np.arange(10.0), np.full(10, 7.0)])
    found = column_scales(X)
    assert found is not None
    assert found[1] / found[0] == pytest.approx(1e4)
    assert column_scales(X[:, [0, 2]]) is None
    assert column_scales(X / X.std(axis=0).clip(1.0)) is None


@pytest.mark.parametrize("name", ["iris", "old_faithful", "coins", "votes", "icecream"])
def test_a_fit_tests_its_rest_for_at_most_as_many_passes_as_it_took(name):
    data = engine.load(name)
    model = engine.model_class(data.model)(**data.options)
    run = engine.fit(model, data.X, max_iter=300)
    assert run.step.rest.passes <= run.step.evaluations + 1
    assert run.converged
    assert run.stop_reason.endswith(("; a maximum", "; not tested for a saddle"))
    assert run.restarts[0].stop_reason == run.stop_reason


def test_what_is_no_plain_map_is_not_tested():
    data = engine.load("iris")
    for run in (
        engine.fit(engine.KMeans(n_components=3), data.X),
        engine.fit(engine.GaussianMixture(3), data.X, algorithm="hard"),
        engine.fit(engine.GaussianMixture(3), data.X, max_iter=2),
    ):
        assert run.step.rest is None
        assert rests.judged(run.step) is run.step
        assert with_rest(run.step, None) is run.step


def test_squarem_and_a_rule_of_ones_own_are_told_of_a_saddle_too():
    for keywords in ({"algorithm": "squarem"}, {"stopping": engine.stopping.ParameterChange(1e-3)}):
        run = engine.fit(engine.PoissonMixture(2), COUNTS, start=alike(COUNTS.mean()), **keywords)
        assert not run.converged
        assert "coincide" in run.stop_reason


def test_a_state_that_is_not_needed_does_not_coincide_with_another():
    start = engine.HiddenMarkovModel.Params([1.0, 0.0], [[0.5, 0.5], [0.0, 1.0]], [[1.0, 0.0], [0.0, 1.0]])
    run = engine.fit(engine.HiddenMarkovModel(n_states=2), [1, 0, 0, 1], start=start)
    assert not run.converged
    said = "a saddle: states 1 and 2 could as well be one, from where EM goes up once they are pushed apart ("
    assert run.stop_reason.startswith(said)
    assert run.log_likelihood == pytest.approx(4 * np.log(0.5), abs=1e-5)


def test_a_saddle_of_equal_components_is_found_however_short_the_run_was():
    """At equal Gaussians the eigenvalue along the means is 1: its last digits, or a trial, tell it from a ridge."""
    X = engine.load("two_gaussians").X
    for seed in range(4):
        run = engine.fit(engine.GaussianMixture(2, init="responsibilities"), X, seed=seed)
        assert run.n_iter < 10
        assert run.stop_reason.startswith("a saddle: components 1 and 2 coincide")


def test_the_direction_off_a_saddle_has_the_names_of_columns_where_they_are_known():
    spread = np.where(ROWS.random(400) < 0.3, 3.0, 0.5)
    X = np.column_stack([ROWS.normal(size=400), spread * ROWS.normal(size=400)])
    start = engine.GaussianMixture.Params([0.5, 0.5], [X.mean(axis=0)] * 2, [np.cov(X.T, bias=True)] * 2)
    step = resting(engine.GaussianMixture(2), X, start)
    assert "'s variance of column 2, " in rest_of(step).said
    named = replace(step, problem=replace(step.problem, column_names=("length", "width\x1b[0m")))
    assert "'s variance of width, " in rest_of(named).said


def test_the_only_column_has_no_number():
    found = rest_of(resting(engine.PoissonMixture(2), COUNTS, alike(COUNTS.mean())))
    assert "column" not in found.said
    x = np.random.default_rng(1).standard_t(5, 2000)[:, None]
    start = engine.GaussianMixture.Params([0.5, 0.5], [[x.mean()]] * 2, [[[x.var()]]] * 2)
    found = rest_of(resting(engine.GaussianMixture(2), x, start))
    assert "along the variance of component 1," in found.said or "along the variance of component 2," in found.said


def test_equal_states_of_a_chain_are_no_maximum():
    half = [0.5, 0.5]
    start = engine.HiddenMarkovModel.Params(half, [half, half], [half, half])
    run = engine.fit(engine.HiddenMarkovModel(n_states=2), [1, 0, 0, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1], start=start)
    assert not run.converged
    assert "states 1 and 2 coincide" in run.stop_reason
    found = rest_of(resting(run.model, [1, 0, 0, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1], start))
    assert found is not None
    assert found.kind in ("saddle", "plateau")


def test_an_m_step_with_a_tolerance_makes_no_saddle():
    """Expert 2 tells the classes of its rows apart, so that its biases are all but free and move at each M-step."""
    iris = engine.load("iris")
    train = engine.train_test_split(iris.y, seed=0).train
    run = engine.fit(engine.MixtureOfExperts(2, weight_decay=0.01), iris.X[train], iris.y[train], seed=0)
    assert run.step.rest is not None and run.step.rest.kind != "saddle"
    assert "saddle: " not in run.stop_reason


def test_a_networks_saddle_that_shows_late_is_no_maximum():
    generator = np.random.default_rng(3)
    X = generator.normal(size=(30, 2))
    y = np.abs(X[:, 0]) + 0.3 * generator.normal(size=30)
    model = engine.LatentMLP(3, m_step="newton", weight_decay=1.0)
    run = engine.fit(model, X, y, seed=2, max_iter=400)
    further = engine.fit(model, X, y, start=run.params, tol=0.0, max_iter=800)
    assert further.step.objective > run.step.objective + 1.0
    assert run.step.rest is not None and run.step.rest.kind != "maximum"


def separable():
    x = np.linspace(-2.0, 2.0, 20)[:, None]
    return x, (x[:, 0] > 0).astype(int)


@pytest.mark.parametrize("model", [engine.LatentMLP(1, m_step="newton"), engine.BackpropMLP(1, learning_rate=0.5)])
def test_a_network_that_tells_its_classes_apart_flies_to_infinity_and_has_not_converged(model):
    X, y = separable()
    run = engine.fit(model, X, y, max_iter=3000, tol=1e-4)
    assert run.step.rest is not None
    assert run.step.rest.kind == "flight"
    assert not run.converged
    assert "the likelihood has no maximum" in run.stop_reason
    assert run.stop_reason.endswith("a weight_decay above 0 would hold them")
    larger = replace(run.step.params, hidden=10 * run.step.params.hidden, output=10 * run.step.params.output)
    assert run.step.objective < run.step.problem.at(larger).objective <= 0.0


@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_no_flight_where_classes_overlap_or_weights_are_held(decay):
    X, y = separable()
    y = y if decay else np.where(np.arange(20) % 7 == 0, 1 - y, y)
    run = engine.fit(engine.LatentMLP(1, m_step="newton", weight_decay=decay), X, y, max_iter=3000, tol=1e-4)
    assert run.step.rest is not None
    assert run.step.rest.kind != "flight"
    assert "the likelihood has no maximum" not in run.stop_reason
    assert remarks_on(run.step) == ()


def done_as_told(step):
    """The run that goes on, by the default rule, from where the remedy says that one entry of θ is to be put."""
    name, _, value = step.rest.push.rpartition(" to ")
    [entry] = [
        one
        for one in entries(step.problem.model, step.params)
        if words_of_entry(step, one.path, one.index) == name and one.rule != "covariance"
    ]
    step = placed(step, moved(step.params, entry, float(value)), "pushed")
    while step.stop_reason is None:
        step = stopped(m_step(e_step(step)), (engine.stopping.StillToGain(), engine.stopping.Iterations(2000)))
    return step


def saddles():
    half = [0.5, 0.5]
    yield engine.PoissonMixture(2), COUNTS, alike(COUNTS.mean())
    hidden = ROWS.random(400) < 0.4
    X = (ROWS.random((400, 4)) < np.where(hidden[:, None], 0.8, 0.3)).astype(float)
    yield engine.BernoulliMixture(2), X, engine.BernoulliMixture.Params(half, np.tile(X.mean(axis=0), (2, 1)))
    coins = engine.load("coins")
    model = engine.model_class(coins.model)(**coins.options)
    yield model, coins.X, type(model).Params(half, [0.66, 0.66])
    half_states = engine.HiddenMarkovModel.Params(half, [half, half], [half, half])
    yield engine.HiddenMarkovModel(n_states=2), [1, 0, 0, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1], half_states
    for k in (2, 3):
        iris = engine.load("iris").X
        same = engine.GaussianMixture.Params([1 / k] * k, [iris.mean(axis=0)] * k, [np.cov(iris.T, bias=True)] * k)
        yield engine.GaussianMixture(k), iris, same


@pytest.mark.parametrize("place", range(6))
def test_a_saddle_is_left_by_the_push_that_is_told(place):
    model, X, start = [*saddles()][place]
    step = resting(model, X, start)
    step = with_rest(step, rest_of(step))
    assert not step.rest.is_rest and step.rest.push in step.stop_reason
    after = done_as_told(step)
    assert after.objective > step.objective + 1e-5 * step.problem.data.total_weight
    assert after.rest is None or "coincide" not in after.rest.said


@pytest.mark.parametrize(
    ("name", "k", "form"), [("two_gaussians", 2, "full"), ("two_gaussians", 3, "tied"), ("old_faithful", 3, "tied")]
)
def test_a_run_that_ended_at_a_saddle_gets_off_it_by_its_push_and_by_its_starts(name, k, form):
    X, found, most = engine.load(name).X, 0, examples(1)
    for seed in range(6):
        model = engine.GaussianMixture(k, init="responsibilities", covariance_type=form)
        step = engine.fit(model, X, seed=seed).step
        if step.rest is None or step.rest.is_rest:
            continue
        found += 1
        assert done_as_told(step).objective > step.objective + 1e-5 * len(X)
        assert step.rest.starts == ("kmeans", "points")
        for init in step.rest.starts:
            again = engine.fit(replace(model, init=init), X, seed=seed)
            assert again.step.objective > step.objective + 1.0
        if found == most:
            break
    assert found


def test_a_plateau_that_no_push_leaves_is_told_to_take_fewer():
    even = np.array([[3.0], [4.0], [3.0], [4.0], [5.0]] * 20)
    found = rest_of(resting(engine.PoissonMixture(2), even, alike(even.mean())))
    assert (found.kind, found.push) == ("plateau", "")
    assert found.remedy == "fit fewer components"  # no start leads higher


@pytest.mark.parametrize("pattern", ["011010011100", "012201102"])
def test_another_start_is_named_only_where_one_leads_elsewhere(pattern):
    """Symbols whose order says little: every start of these states leads to equal emissions, a push does not."""
    model, X = engine.HiddenMarkovModel(n_states=2), np.array([int(one) for one in pattern * 8])
    stuck, higher = [], False
    for seed in range(2):
        step = engine.fit(model, X, seed=seed).step
        if step.rest is not None and not step.rest.is_rest:
            stuck.append(step)
    for step in stuck:
        ends = [engine.fit(model, X, seed=step.problem.seed + 1 + more).step for more in range(4)]
        higher = any(end.objective > step.objective + 1e-5 * len(X) for end in ends)
        assert ("another start" in step.rest.remedy) == step.rest.another == higher
        assert ("other_start" in convergence_of([step]).helps) == higher
        if step.rest.push:
            assert done_as_told(step).objective > step.objective + 1e-5 * len(X)
    assert stuck or pattern != "011010011100"


def test_another_start_stays_named_where_only_the_given_one_lay_on_the_saddle():
    step = resting(engine.PoissonMixture(2), COUNTS, alike(COUNTS.mean()))
    assert rest_of(step).remedy.endswith("or take another start")
    assert engine.fit(engine.PoissonMixture(2), COUNTS, seed=1).step.objective > step.objective + 1.0


@pytest.mark.parametrize(("weight", "flies"), [(0.0, True), (1.0, True), (30.0, False)])
def test_a_unit_that_stays_at_one_half_hides_no_flight(weight, flies):
    """The second unit has weights of 0: it is 0 or 1 whatever the others grow to, and must not turn the class."""
    X, y = separable()
    params = engine.LatentMLP.Params([[0.0, 5.0], [0.0, 0.0]], [[10.0, -20.0, weight], [0.0, 0.0, 0.0]])
    model = engine.LatentMLP(2)
    step = begin(model, X, y, start=params)
    said, _ = model.without_maximum(step.params, step.problem.data)
    assert bool(said) == flies
    larger = engine.LatentMLP.Params(20.0 * step.params.hidden, 20.0 * step.params.output)
    assert (step.problem.at(larger).log_likelihood > -1e-3) == flies


@pytest.mark.parametrize(("mean", "rises"), [(6.0, True), (60.0, False)])
def test_a_component_without_weight_makes_a_maximum_only_where_none_would_help(mean, rises):
    X = np.r_[ROWS.normal(0.0, 1.0, 100), ROWS.normal(6.0, 1.0, 100)][:, None]
    model = engine.GaussianMixture(2)
    start = model.Params([1.0, 0.0], [[0.0], [mean]], [[[1.0]], [[1.0]]])
    run = engine.fit(model, X, start=start)
    assert ("a maximum only as long as the weight of component 2 stays 0" in run.stop_reason) is rises
    assert rises or run.stop_reason.endswith("a maximum")


def test_a_maximum_beside_which_a_probability_of_0_may_rise_says_so():
    p = np.where(np.arange(200)[:, None] % 2, [0.9, 0.8, 0.9, 0.2, 0.1, 0.3], [0.1, 0.2, 0.3, 0.8, 0.9, 0.7])
    X, model = (np.random.default_rng(8).random((200, 6)) < p).astype(float), engine.BernoulliMixture(2)
    start = model.Params([0.5, 0.5], [[0.0, 0.0, 0.5, 0.5, 0.5, 0.5], [0.5] * 6])
    step = engine.fit(model, X, start=start).step
    found = rest_of(replace(step, rest=None))
    assert found.kind == "maximum" and "probability of column 1 stays 0: above it the objective rises" in found.said
    raised = step.params.probabilities.copy()
    raised[0, 0] = 0.001
    higher = step.problem.at(replace(step.params, probabilities=raised))
    assert higher.objective > step.objective
