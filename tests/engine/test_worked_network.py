"""A network's rows and weights in numbers: each against enumeration that is written out plainly here."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from counts import examples
from hypothesis import given, settings
from hypothesis import strategies as st

import engine
from engine.em.loop import begin, e_step, m_step
from engine.errors import DataError, EngineError
from engine.explain.worked import worked_new_row, worked_parameter, worked_row
from engine.models.network.expectation import hidden_gradient, output_gradient

IRIS = engine.load("iris")


def sigmoid(a):
    return 1.0 / (1.0 + np.exp(-a))


def softmax(a):
    e = np.exp(a - np.max(a))
    return e / e.sum()


class ByHand:
    """Everything of a network's section in a textbook, configuration by configuration."""

    def __init__(self, hidden, output, x):
        self.u = sigmoid(hidden @ np.array([1.0, *x]))
        self.z = [np.array(bits[::-1]) for bits in product((0.0, 1.0), repeat=len(hidden))]
        self.prior = np.array([np.prod(np.where(z > 0, self.u, 1.0 - self.u)) for z in self.z])
        self.o = np.array([softmax(output @ np.array([1.0, *z])) for z in self.z])  # (2^m, g)
        self.marginal = self.prior @ self.o
        self.forward = softmax(output @ np.array([1.0, *self.u]))

    def posterior(self, y):
        joint = self.prior * self.o[:, y]
        return joint / joint.sum()

    def name(self, number):
        return "z = " + "".join(str(int(bit)) for bit in self.z[number])


def some_network(m, p, g, seed, **how):
    generator = np.random.default_rng(seed)
    X = generator.normal(size=(11, p))
    y = np.concatenate([np.arange(g), generator.integers(0, g, 11 - g)])
    weight = generator.uniform(0.2, 3.0, 11) if seed % 2 else None
    model = engine.LatentMLP(m, **how)
    return X, y, weight, begin(model, X, y, sample_weight=weight, seed=seed)


def assert_adds_up(worked):
    for line in worked.lines:
        assert line.result == pytest.approx(line.recomputed, rel=1e-9, abs=1e-14), line


SHAPES = (st.integers(1, 4), st.integers(1, 3), st.integers(2, 4), st.integers(0, 2**31))


# rows


@settings(max_examples=examples(20))
@given(*SHAPES)
def test_every_number_of_a_row_is_that_of_enumeration(m, p, g, seed):
    X, y, _, start = some_network(m, p, g, seed)
    step = e_step(start)
    theta, row = step.params, seed % 11
    hand, worked = ByHand(theta.hidden, theta.output, X[row]), worked_row(step, row)
    assert_adds_up(worked)
    q, target = hand.posterior(y[row]), y[row]
    by_formula = {(line.formula, line.component, line.target): line.result for line in worked.lines}
    assert [line.result for line in worked.of("input")] == list(X[row])
    assert [line.result for line in worked.of("prior")] == pytest.approx(hand.u, rel=1e-12)
    likeliest = np.argsort(-q, kind="stable")[:8]
    others = np.setdiff1d(np.arange(2**m), likeliest)
    joint = hand.prior * hand.o[:, target]
    shares = [line.result for line in worked.of("share")]
    assert shares[:8] == pytest.approx(q[likeliest], rel=1e-9)
    configurations = [line.result for line in worked.of("configuration")]
    assert configurations[:8] == pytest.approx(joint[likeliest], rel=1e-9)
    for n in likeliest:
        line = next(one for one in worked.of("configuration") if one.formula.endswith(hand.name(n)))
        assert line.numbers == pytest.approx((hand.prior[n], hand.o[n, target]), rel=1e-9)
        assert by_formula[f"p(z | x) = Π u or 1 − u, {hand.name(n)}", None, None] == pytest.approx(hand.prior[n])
    if len(others):
        assert worked.of("configuration")[-1].formula == f"the other {len(others)} configurations"
        assert configurations[-1] == pytest.approx(joint[others].sum(), rel=1e-9)
        assert shares[-1] == pytest.approx(q[others].sum(), rel=1e-9)
    assert [line.result for line in worked.of("evidence")] == pytest.approx([hand.marginal[target]] * 2, rel=1e-9)
    expected = [sum(q[n] * hand.z[n][h] for n in range(2**m)) for h in range(m)]
    assert [line.result for line in worked.of("responsibility")] == pytest.approx(expected, rel=1e-9)
    assert worked.result == pytest.approx(expected, rel=1e-9)
    assert [line.result for line in worked.of("prediction")] == pytest.approx(hand.marginal, rel=1e-9)
    assert [line.result for line in worked.of("forward")] == pytest.approx(hand.forward, rel=1e-9)
    for n in likeliest[: max(1, 24 // g)]:
        said = [by_formula[f"o(z) = softmax(V [1, z]), {hand.name(n)}", None, i] for i in range(g)]
        assert said == pytest.approx(hand.o[n], rel=1e-9)
    of_units = sum(q[n] * np.log(hand.prior[n]) for n in range(2**m))
    of_output, entropy = q @ np.log(hand.o[:, target]), -q @ np.log(q)
    bound = [of_units, of_output, entropy, np.log(hand.marginal[target])]
    assert [line.result for line in worked.of("bound")] == pytest.approx(bound, rel=1e-8, abs=1e-12)


def test_what_the_rows_add_to_q_is_q():
    X, _, _, start = some_network(3, 2, 3, 4)
    step = e_step(start)
    each = np.array([[line.result for line in worked_row(step, row).of("bound")] for row in range(len(X))])
    total = each.sum(axis=0)
    assert total == pytest.approx([*step.q_parts.values(), step.entropy, step.log_likelihood], rel=1e-9)


@settings(max_examples=examples(10))
@given(*SHAPES)
def test_a_row_without_its_target_has_the_prior_and_a_sum_over_it(m, p, g, seed):
    *_, start = some_network(m, p, g, seed)
    x = np.random.default_rng(seed).normal(size=p)
    for step in (start, m_step(e_step(start))):  # before the first E-step, too; at θ, not at θ_q
        worked, hand = worked_new_row(step, x), ByHand(step.params.hidden, step.params.output, x)
        assert_adds_up(worked)
        assert "target is not used" in worked.remark and worked.what == "prediction"
        assert not {"configuration", "evidence", "share", "responsibility", "bound"} & {
            one.role for one in worked.lines
        }
        assert worked.result == pytest.approx(hand.u) and len(worked.of("prior")) == m
        assert [line.result for line in worked.of("prediction")] == pytest.approx(hand.marginal, rel=1e-9)
        assert [line.result for line in worked.of("forward")] == pytest.approx(hand.forward, rel=1e-9)
        model = step.problem.model
        said = model.predict_proba(step.params, model.observe_new(x[None], step.params))[0]
        assert hand.marginal == pytest.approx(said, rel=1e-9)


@pytest.mark.parametrize("algorithm", ["hard", "stochastic", "annealed"])
def test_another_algorithm_says_what_it_makes_of_the_posterior(algorithm):
    step = e_step(begin(engine.LatentMLP(3), IRIS.X, IRIS.y, algorithm=algorithm))
    worked = worked_row(step, 70)
    assert_adds_up(worked)
    expected = step.posterior.rows(np.array([70]))[0]
    assert [line.result for line in worked.of("assignment")] == pytest.approx(expected, abs=1e-12)
    assert not worked.of("bound")


def test_many_inputs_and_units_stand_together_and_are_counted():
    generator = np.random.default_rng(1)
    X, y = generator.normal(size=(40, 30)), np.arange(40) % 3
    step = e_step(begin(engine.LatentMLP(12, weight_scale=0.4), X, y))
    worked = worked_row(step, 5)
    assert_adds_up(worked)
    hand = ByHand(step.params.hidden, step.params.output, X[5])
    assert len(worked.of("input")) == 8 and "with 22 other inputs together" in worked.of("prior")[0].formula
    assert [line.result for line in worked.of("prior")] == pytest.approx(hand.u, rel=1e-9)
    assert worked.of("configuration")[-1].formula == "the other 4,088 configurations"
    assert worked.of("evidence")[0].result == pytest.approx(hand.marginal[y[5]], rel=1e-9)
    assert worked.of("evidence")[1].result == pytest.approx(hand.marginal[y[5]], rel=1e-9)
    assert "with 56 other z_b together" in worked.of("evidence")[1].formula


def test_what_is_too_small_is_in_logarithms():
    params = engine.LatentMLP.Params([[800.0, 0.0]], [[0.0, -800.0], [0.0, 0.0]])
    step = e_step(begin(engine.LatentMLP(1), np.zeros((4, 1)), [0, 1, 0, 1], start=params))
    worked = worked_row(step, 0)
    assert_adds_up(worked)
    assert worked.of("evidence")[0].log and worked.of("evidence")[0].result == pytest.approx(-800.0 + np.log(1.5))
    assert [line.result for line in worked.of("responsibility")] == pytest.approx(step.posterior.responsibilities[0])


def test_other_rows_and_models_get_a_sentence():
    step = e_step(begin(engine.LatentMLP(2), IRIS.X, IRIS.y))
    with pytest.raises(DataError, match="the rows have 2 columns: give the 4"):
        worked_new_row(step, [1.0, 2.0])
    with pytest.raises(EngineError, match="only a network works out a row"):
        worked_new_row(e_step(begin(engine.GaussianMixture(2), IRIS.X)), IRIS.X[0])


# E-steps that draw, or factorise


@pytest.mark.parametrize("how", ["gibbs", "mean_field", "importance", "layers"])
def test_a_row_shows_draws_and_counts_where_q_is_no_sum_over_all(how):
    model = engine.LatentMLP((3, 2), sweeps=10) if how == "layers" else engine.LatentMLP(3, e_step=how, sweeps=10)
    step = e_step(begin(model, IRIS.X[::5], IRIS.y[::5]))
    worked = worked_row(step, 17)
    assert_adds_up(worked)
    assert worked.result == pytest.approx(step.posterior.rows(np.array([17]))[0])
    assert [line.result for line in worked.of("responsibility")] == pytest.approx(worked.result)
    u = sigmoid(step.params.hidden @ np.array([1.0, *IRIS.X[85]]))
    assert [line.result for line in worked.of("prior")] == pytest.approx(u)
    counts = worked.of("count")
    assert len(counts) == {"mean_field": 0, "layers": 5}.get(how, 3)
    if how in ("gibbs", "layers"):
        assert all(line.numbers[1] == 10 and line.numbers[0] == int(line.numbers[0]) for line in counts)
        assert [line.result for line in counts] == pytest.approx(worked.result, abs=0.5)
    if how == "importance":
        assert [line.result for line in counts] == pytest.approx(worked.result)
    new = worked_new_row(step, IRIS.X[85])
    assert_adds_up(new)
    assert sum(line.result for line in new.of("prediction") if "error" not in line.formula) == pytest.approx(1.0)


# weights


def pulls_by_hand(step, X, y, weight, path, index):
    """(n,) what each row adds to the slope of Q, by enumeration."""
    found = []
    for x, target, w in zip(X, y, weight, strict=True):
        hand = ByHand(step.params_q.hidden, step.params_q.output, x)
        q, (row, column) = hand.posterior(target), index
        if path == "hidden":
            expected = sum(q[n] * hand.z[n][row] for n in range(len(q)))
            pull = (expected - hand.u[row]) * np.array([1.0, *x])[column]
        else:
            z = np.array([[1.0, *one] for one in hand.z])[:, column]
            pull = (target == row) * (q @ z) - q @ (z * hand.o[:, row])
        found.append(w * pull)
    return np.array(found)


@settings(max_examples=examples(12))
@given(*SHAPES, st.sampled_from(["gradient", "newton", "lbfgs", "ecm"]), st.sampled_from([0.0, 0.3]))
def test_every_number_of_a_weight_is_that_of_enumeration(m, p, g, seed, kind, decay):
    X, y, weight, start = some_network(m, p, g, seed, m_step=kind, weight_decay=decay)
    each = np.ones(11) if weight is None else weight
    e = e_step(start)
    after = m_step(e)
    for path, index in (("hidden", (seed % m, seed % (p + 1))), ("output", (seed % (g - 1), seed % (m + 1)))):
        pulls = pulls_by_hand(e, X, y, each, path, index)
        theta = getattr(e.params, path)[index]
        drawn = decay * theta * (index[1] > 0)
        for step, what in ((e, "M-step to come"), (after, "M-step")):
            worked = worked_parameter(step, f"{path}[{index[0]},{index[1]}]")
            assert_adds_up(worked)
            assert worked.what == what
            assert worked.lines[-1].result == pytest.approx(getattr(after.params, path)[index], rel=1e-9, abs=1e-12)
            shown = [line for line in worked.of("pull") if line.row is not None]
            for line in shown:
                assert line.result == pytest.approx(pulls[line.row], rel=1e-7, abs=1e-13)
            assert [line.row for line in shown] == sorted(
                (line.row for line in shown), key=lambda row: -round(abs(pulls[row]), 9)
            )
            assert min(abs(line.result) for line in shown) >= np.sort(np.abs(pulls))[::-1][5] - 1e-9
            assert worked.of("pull")[-1].formula == "the other 5 rows"
            slopes = [line.result for line in worked.of("slope")]
            assert slopes[0] == pytest.approx(pulls.sum(), rel=1e-7, abs=1e-11)
            if decay and index[1]:
                assert slopes[1] == pytest.approx(pulls.sum() - drawn, rel=1e-7, abs=1e-11)
            if kind == "gradient":
                move = worked.of("total")[0].numbers
                assert move == pytest.approx((0.005, pulls.sum() - drawn), rel=1e-7, abs=1e-11)
            elif kind != "gradient":
                statistics, rows, theta_after = e.expectation.statistics, e.problem.data, after.params
                left = (
                    hidden_gradient(statistics, theta_after.hidden, rows, decay)
                    if path == "hidden"
                    else output_gradient(statistics, theta_after.output, decay)
                )[index]
                assert slopes[-1] == pytest.approx(left, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("path", ["hidden", "output"])
def test_newtons_gradient_and_curvature_are_the_derivatives_of_q(path):
    *_, start = some_network(3, 2, 3, 8, m_step="newton", weight_decay=0.2)
    e = e_step(start)
    model, data = e.problem.model, e.problem.data

    def q_at(value, index):
        theta = {name: np.array(getattr(e.params, name)) for name in ("hidden", "output")}
        theta[path][index] = value
        params = engine.LatentMLP.Params(**theta)
        return model.q_value(e.expectation, params, data) + model.log_prior(params, data)

    index, h = (1, 2), 1e-3
    at = getattr(e.params, path)[index]
    low, here, high = (q_at(at + by, index) for by in (-h, 0.0, h))
    gradient, curvature, whole = worked_parameter(e, f"{path}[1,2]").of("step")[:3]
    assert gradient.result == pytest.approx((high - low) / (2 * h), rel=1e-5)
    assert curvature.result == pytest.approx(-(high - 2 * here + low) / h**2, rel=1e-4)
    assert "curvature⁻¹ · gradient" in whole.formula


def test_halvings_are_counted():
    """A start far out on the plateau of a sigmoid: a whole Newton step goes too far."""
    X, y = np.array([[-2.0], [-1.0], [1.0], [2.0]] * 5), np.array([0, 0, 1, 1] * 5)
    params = engine.LatentMLP.Params([[0.0, -4.0]], [[2.0, -4.0], [0.0, 0.0]])
    said = []
    step = begin(engine.LatentMLP(1, m_step="newton", weight_decay=0.01), X, y, start=params)
    for _ in range(4):
        step = m_step(e_step(step))
        for name in ("hidden[0,1]", "output[0,1]"):
            worked = worked_parameter(step, name)
            assert_adds_up(worked)
            said += [line for line in worked.of("step") if line.formula.startswith("Newton's step")]
    halved = [line for line in said if "halved" in line.formula]
    assert halved and all(line.numbers[0] < 1.0 for line in halved)
    assert all(line.numbers[0] == 1.0 for line in said if line not in halved)


@pytest.mark.parametrize("algorithm", ["classic", "hard", "stochastic", "annealed"])
@pytest.mark.parametrize("how", ["exact", "gibbs", "mean_field", "importance", "layers"])
def test_the_slope_is_that_of_the_m_step_however_q_is_found(how, algorithm):
    if how in ("mean_field", "importance") and algorithm != "classic":
        return
    layers = how == "layers"
    model = engine.LatentMLP((3, 2) if layers else 3, e_step="gibbs" if layers else how, sweeps=6, draws=30)
    step = e_step(begin(model, IRIS.X[::5], IRIS.y[::5], algorithm=algorithm))
    statistics, params, rows = step.expectation.statistics, step.params, step.problem.data
    slopes = {"hidden": hidden_gradient(statistics, params.hidden, rows)}
    slopes["output"] = output_gradient(statistics, params.output)
    if layers:
        part = statistics.deeper[0]
        slopes["deeper.hidden"] = hidden_gradient(part, params.layers[1], part.rows)
    for path, slope in slopes.items():
        for index in ((0, 0), (1, 2)):
            worked = worked_parameter(step, f"{path}[{index[0]},{index[1]}]")
            assert_adds_up(worked)
            assert worked.of("slope")[0].result == pytest.approx(slope[index], rel=1e-8, abs=1e-10)
            drawn = how in ("gibbs", "importance", "layers") and ((path == "hidden" and not layers) or index[1] > 0)
            if path != "hidden" or not layers:
                assert bool(worked.of("count")) == drawn


# backpropagation


@pytest.mark.parametrize("hidden_units", [3, (3, 2)])
def test_delta_is_the_derivative_by_what_comes_in(hidden_units):
    model = engine.BackpropMLP(hidden_units, optimizer="batch")
    step = e_step(begin(model, IRIS.X, IRIS.y, seed=3))
    x, y, theta = IRIS.X[101], int(IRIS.y[101]), step.params
    layers = theta.layers

    def log_p(shift):
        inputs, first = x, 0
        for layer in layers:
            a = layer @ np.array([1.0, *inputs])
            inputs, first = sigmoid(a + shift[first : first + len(a)]), first + len(a)
        return np.log(softmax(theta.output @ np.array([1.0, *inputs]) + shift[first:])[y])

    n = sum(map(len, layers)) + 3
    slopes = [(log_p(1e-5 * unit) - log_p(-1e-5 * unit)) / 2e-5 for unit in np.eye(n)]
    worked = worked_row(step, 101)
    assert_adds_up(worked)
    units = {one.component: one.result for one in worked.of("error") if one.formula.startswith("δ = u")}
    classes = [one.result for one in worked.of("error") if one.formula == "δ = y − p"]
    assert [*(units[h] for h in range(n - 3)), *classes] == pytest.approx(slopes, rel=1e-5, abs=1e-9)
    assert [one.result for one in worked.of("responsibility")] == pytest.approx(worked.result)
    new = worked_new_row(step, x)
    assert_adds_up(new)
    assert not new.of("error") and [one.result for one in new.of("forward")] == pytest.approx(
        [one.result for one in worked.of("forward")]
    )


@pytest.mark.parametrize("loss", ["forward", "marginal"])
@pytest.mark.parametrize("optimizer", ["batch", "sgd", "adam"])
def test_the_slope_of_an_epoch_is_a_sum_of_products(optimizer, loss):
    model = engine.BackpropMLP(2, optimizer=optimizer, loss=loss, weight_decay=0.1)
    e = e_step(begin(model, IRIS.X[::3], IRIS.y[::3]))
    after = m_step(e)
    for path, index in (("hidden", (1, 3)), ("hidden", (0, 0)), ("output", (1, 2)), ("output", (0, 0))):
        array = np.array(getattr(e.params, path))
        values = []
        for by in (1e-5, -1e-5):
            array[index] += by
            moved = model.Params(**{"hidden": e.params.hidden, "output": e.params.output} | {path: array})
            values.append(model.q_value(e.expectation, moved, e.problem.data) + model.log_prior(moved, e.problem.data))
            array[index] -= by
        worked = worked_parameter(after, f"{path}[{index[0]},{index[1]}]")
        assert_adds_up(worked)
        assert worked.of("slope")[-1].result == pytest.approx((values[0] - values[1]) / 2e-5, rel=1e-5, abs=1e-6)
        assert worked.lines[-1].result == pytest.approx(getattr(after.params, path)[index], rel=1e-12)
        rated = worked.of("total")[0].formula == "rate · slope"
        assert rated == (optimizer == "batch")


@pytest.mark.parametrize("m", [1, 2, 5])
def test_sums_over_configurations_are_those_of_enumeration(m):
    """q(z) and E[z] p(y | x) by halves, and Σ_z S_c(z) (1{y = c} − o_c(z)) z_h of a weight of V."""
    generator = np.random.default_rng(m)
    X, y = generator.normal(size=(12, 2)), np.arange(12) % 3
    step = engine.e_step(engine.begin(engine.LatentMLP(m), X, y, seed=1))
    params = step.params
    z = np.array([[n >> h & 1 for h in range(m)] for n in range(2**m)])
    u = 1.0 / (1.0 + np.exp(-(params.hidden[:, 0] + X @ params.hidden[:, 1:].T)))
    o = np.exp(params.output[:, 0] + z @ params.output[:, 1:].T)
    o /= o.sum(axis=1, keepdims=True)
    joint = np.array([np.prod(np.where(z == 1, u[j], 1 - u[j]), axis=1) * o[:, y[j]] for j in range(12)])
    p = joint.sum(axis=1, keepdims=True)
    worked = engine.worked_row(step, 4)
    shares = [line for line in worked.lines if "share of S(z)" in line.formula]
    for line in shares:
        bits = [int(bit) for bit in line.formula.rpartition("z = ")[2]]
        place = int((z == bits).all(axis=1).argmax())
        assert line.result == pytest.approx((joint / p)[4, place], rel=1e-9)
    assert len(shares) == min(8, 2**m)
    halves = [line.result for line in worked.lines if "in halves = " in line.formula]
    np.testing.assert_allclose(halves, joint[4] @ z, rtol=1e-9)
    S = np.stack([(joint / p)[y == c].sum(axis=0) for c in range(3)])
    for i, h in ((0, 0), (1, 1)):
        on = np.ones(2**m) if h == 0 else z[:, h - 1]
        slope = sum((S[c] * ((c == i) - o[:, i]) * on).sum() for c in range(3))
        worked = engine.worked_parameter(step, f"output[{i},{h}]")
        found = [line for line in worked.lines if line.formula == "slope of Q_v = Σ S(z) − Σ N(z) · o(z)"]
        assert [line.result for line in found] == pytest.approx([slope], rel=1e-8, abs=1e-10)
        assert worked.of("slope")[0].result == pytest.approx(slope, rel=1e-8, abs=1e-10)
        for line in (*worked.lines, *engine.worked_row(step, 4).lines):
            assert line.recomputed == pytest.approx(line.result, rel=1e-9, abs=1e-12)
