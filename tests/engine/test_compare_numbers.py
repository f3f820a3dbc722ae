"""Numbers of one's own beside the engine's: agreement to the digits given, and slips made by independent code."""

from __future__ import annotations

import math

import numpy as np
import pytest

import engine

X = np.array([[0.1, 1.2], [0.9, 0.3], [1.8, 2.4], [3.9, 4.1], [4.6, 3.2], [5.3, 5.9], [2.9, 2.2]])
WEIGHTS, MEANS = np.array([0.3, 0.7]), np.array([[0.5, 0.8], [4.4, 4.0]])
COVARIANCES = np.array([[[1.4, 0.2], [0.2, 1.1]], [[2.2, 0.3], [0.3, 1.7]]])
FORMS = ("full", "diag", "tied", "spherical")


def shaped(covariance_type):
    variances = COVARIANCES.diagonal(axis1=1, axis2=2)
    return {
        "full": COVARIANCES, "tied": COVARIANCES.mean(axis=0), "diag": variances, "spherical": variances.mean(axis=1),
    }[covariance_type]  # fmt: skip


def steps(covariance_type="full", n=4):
    model = engine.GaussianMixture(n_components=2, covariance_type=covariance_type, reg_covar=0.0)
    start = model.Params(weights=WEIGHTS, means=MEANS, covariances=shaped(covariance_type))
    found = [engine.begin(model, X, start=start)]
    while len(found) <= n:
        found.append(engine.advance(found[-1]))
    return found


def matrices(covariances, form):
    eye = np.eye(2)
    return {
        "full": lambda c: c, "tied": lambda c: np.stack([c, c]), "diag": lambda c: c[:, :, None] * eye,
        "spherical": lambda c: c[:, None, None] * eye,
    }[form](covariances)  # fmt: skip


def e_by_hand(weights, means, covariances):
    """(n, K) responsibilities, and ln p(X), from full matrices."""
    joint = np.empty((len(X), 2))
    for k in range(2):
        apart, S = X - means[k], covariances[k]
        distance = np.sum(apart @ np.linalg.inv(S) * apart, axis=1)
        joint[:, k] = weights[k] * np.exp(-distance / 2) / (2 * math.pi * math.sqrt(np.linalg.det(S)))
    total = joint.sum(axis=1, keepdims=True)
    return joint / total, float(np.log(total).sum())


def m_by_hand(r, form, about=None, less=0.0):
    """Weights, means, covariances; about: other means for the scatter; less: of the divisor of the scatter."""
    N = r.sum(axis=0)
    means = (r.T @ X) / N[:, None]
    around = means if about is None else about
    scatter = np.stack([(r[:, k, None] * (X - around[k])).T @ (X - around[k]) for k in range(2)])
    each = scatter / (N - less)[:, None, None]
    covariances = {
        "full": each, "tied": scatter.sum(axis=0) / (len(X) - less), "diag": each.diagonal(axis1=1, axis2=2),
        "spherical": each.diagonal(axis1=1, axis2=2).mean(axis=1),
    }[form]  # fmt: skip
    return {"weights": N / len(X), "means": means, "covariances": covariances}


def only_slip(found, name, words):
    """The quantity disagrees, and this slip alone explains it."""
    one = next(one for one in found.quantities if one.name == name)
    assert not one.agrees
    assert len(one.slips) == 1, one.sentence
    assert words in one.slips[0]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("digits", [2, 3, 5, 9, 17])
def test_right_numbers_agree_to_the_digits_given(form, digits):
    r, _ = e_by_hand(WEIGHTS, MEANS, matrices(shaped(form), form))
    after = m_by_hand(r, form)
    _, L = e_by_hand(after["weights"], after["means"], matrices(after["covariances"], form))
    mine = {"r": r, **after, "L": np.array(L)}
    step = steps(form)[2]
    found = engine.compare_numbers(step, {name: np.round(values, digits) for name, values in mine.items()})
    assert found.agrees and found.first is None and found.order is None
    significant = {
        name: np.array([float(f"{v:.{digits}g}") for v in values.ravel()]).reshape(values.shape)
        for name, values in mine.items()
    }
    assert engine.compare_numbers(step, significant).agrees
    off = {**mine, "means": mine["means"] + [[0, 0], [0.02, 0]]}
    found = engine.compare_numbers(step, {name: np.round(values, max(digits, 3)) for name, values in off.items()})
    assert found.first.name == "means" and found.first.place == "component 2, column 1" and not found.first.slips
    assert "no usual slip" in found.first.sentence


def test_digits_are_those_written():
    step = steps()[2]
    r = step.posterior.responsibilities
    cut = np.floor(r * 100) / 100
    assert not engine.compare_numbers(step, {"responsibilities": [[f"{v:.2f}" for v in row] for row in cut]}).agrees
    assert engine.compare_numbers(step, {"r": [[f"{v:.2f}" for v in row] for row in r]}).agrees
    L = step.log_likelihood
    assert engine.compare_numbers(step, {"L": f"{L:.1f}"}).agrees
    assert not engine.compare_numbers(step, {"L": f"{round(L, 1):.4f}"}).agrees  # -26.7000 isn't -26.7312


def test_weights_left_out():
    step, even = steps()[2], np.ones(2)
    r, L = e_by_hand(even, MEANS, COVARIANCES)
    only_slip(engine.compare_numbers(step, {"r": r.round(4)}), "responsibilities", "weights π are left out")
    for name, values in m_by_hand(r, "full").items():
        only_slip(engine.compare_numbers(step, {name: values.round(5)}), name, "left out of the E-step")
    only_slip(engine.compare_numbers(steps()[1], {"L": round(L, 4)}), "log_likelihood", "are left out")


@pytest.mark.parametrize(("form", "power", "words"), [
    ("diag", 2.0, "σ² stands for σ in"), ("spherical", 2.0, "σ² stands for σ in"),
    ("diag", 0.5, "σ stands for σ² in"), ("spherical", 0.5, "σ stands for σ² in"),
])  # fmt: skip
def test_a_variance_for_a_deviation(form, power, words):
    step = steps(form)[2]
    r, L = e_by_hand(WEIGHTS, MEANS, matrices(shaped(form) ** power, form))
    only_slip(engine.compare_numbers(step, {"r": r.round(5)}), "responsibilities", words)
    only_slip(engine.compare_numbers(step, {"means": m_by_hand(r, form)["means"].round(5)}), "means", words)
    only_slip(engine.compare_numbers(steps(form)[1], {"L": round(L, 5)}), "log_likelihood", words)


def test_a_deviation_written_for_a_variance_and_the_other_way_round():
    step = steps("diag")[2]
    covariances = step.params.covariances
    assert engine.compare_numbers(step, {"standard_deviations": np.sqrt(covariances).round(3)}).agrees
    only_slip(
        engine.compare_numbers(step, {"covariances": np.sqrt(covariances).round(4)}),
        "covariances",
        "σ is written for σ²",
    )
    only_slip(engine.compare_numbers(step, {"σ": covariances.round(4)}), "standard_deviations", "σ² is written for σ")


def test_one_step_old():
    walk = steps()
    r, _ = e_by_hand(WEIGHTS, MEANS, COVARIANCES)  # of the first E-step, where the second is asked for
    found = engine.compare_numbers(walk[3], {"r": r.round(4)}, earlier=walk)
    only_slip(found, "responsibilities", "one step old")
    found = engine.compare_numbers(walk[4], {"r": r.round(4)}, earlier=walk)
    only_slip(found, "responsibilities", "one step old")
    newer = walk[3].posterior.responsibilities
    only_slip(engine.compare_numbers(walk[2], {"r": newer.round(4)}), "responsibilities", "one step ahead")
    only_slip(engine.compare_numbers(walk[2], {"L": round(walk[1].log_likelihood, 3)}), "log_likelihood", "before this")
    only_slip(engine.compare_numbers(walk[3], {"means": walk[4].params.means.round(4)}), "means", "that comes next")


def test_two_slips_that_explain_it_equally_are_both_said():
    walk = steps()
    found = engine.compare_numbers(walk[4], {"means": walk[2].params.means.round(6)}, earlier=walk)
    assert len(found.first.slips) == 2 and "just as well" in found.first.sentence
    assert "one step old" in found.first.sentence and "before this M-step" in found.first.sentence


def test_log10_for_ln():
    step = steps()[1]
    for name, value in (("L", step.log_likelihood), ("bound", step.elbo), ("objective", step.objective)):
        found = engine.compare_numbers(step, {name: round(value / math.log(10), 4)})
        only_slip(found, found.first.name, "log10")


@pytest.mark.parametrize("form", FORMS)
def test_covariances_about_the_old_mean_and_of_a_divisor_less_one(form):
    step = steps(form)[2]
    r, _ = e_by_hand(WEIGHTS, MEANS, matrices(shaped(form), form))
    about = m_by_hand(r, form, about=MEANS)["covariances"]
    only_slip(engine.compare_numbers(step, {"covariances": about.round(5)}), "covariances", "about the old mean")
    less = m_by_hand(r, form, less=1.0)["covariances"]
    only_slip(engine.compare_numbers(step, {"covariances": less.round(5)}), "covariances", "divisor is")


def test_components_in_another_order_are_matched_first():
    step = steps()[2]
    r, theta = step.posterior.responsibilities, step.params
    mine = {"r": r[:, ::-1].round(4), "means": theta.means[::-1].round(3), "covariances": theta.covariances[::-1]}
    found = engine.compare_numbers(step, mine)
    assert found.agrees and found.order.tolist() == [1, 0]
    assert found.sentences[0] == "your components are in another order: your 2 is our 1, your 1 is our 2"
    about = m_by_hand(r, "full", about=MEANS)["covariances"]
    found = engine.compare_numbers(step, {**mine, "covariances": about[::-1].round(4)})
    only_slip(found, "covariances", "about the old mean")


CHAINS = [np.array([0, 1, 1, 0, 2, 2]), np.array([2, 0, 1])]
INITIAL, A = np.array([0.6, 0.4]), np.array([[0.7, 0.3], [0.2, 0.8]])
B = np.array([[0.5, 0.4, 0.1], [0.1, 0.3, 0.6]])


def chain_by_hand(x):
    T = len(x)
    alpha, beta, scaled, c = np.empty((T, 2)), np.ones((T, 2)), np.empty((T, 2)), np.empty(T)
    alpha[0] = INITIAL * B[:, x[0]]
    for t in range(1, T):
        alpha[t] = (alpha[t - 1] @ A) * B[:, x[t]]
    for t in reversed(range(T - 1)):
        beta[t] = A @ (B[:, x[t + 1]] * beta[t + 1])
    here = INITIAL
    for t in range(T):
        scaled[t] = here * B[:, x[t]]
        c[t] = scaled[t].sum()
        scaled[t] /= c[t]
        here = scaled[t] @ A
    xi = alpha[:-1, :, None] * A * (B[:, x[1:]].T * beta[1:])[:, None, :]
    return alpha, beta, xi, scaled, c


def chain_step():
    model = engine.HiddenMarkovModel(n_states=2, first_symbol=0)
    return engine.e_step(engine.begin(model, CHAINS, start=model.Params(initial=INITIAL, transition=A, emission=B)))


@pytest.mark.parametrize("digits", [2, 4, 17])
def test_alpha_beta_and_xi(digits):
    step, parts = chain_step(), [chain_by_hand(x) for x in CHAINS]
    p = [alpha[-1].sum() for alpha, *_ in parts]
    alpha, beta = (np.concatenate([one[i] for one in parts]) for i in (0, 1))
    xi = np.concatenate([one[2] / each for one, each in zip(parts, p, strict=True)])
    gamma = np.concatenate([one[0] * one[1] / each for one, each in zip(parts, p, strict=True)])
    mine = {"alpha": alpha, "beta": beta, "xi": xi, "gamma": gamma, "L": np.log(p).sum()}
    rounded = {
        name: np.array([float(f"{v:.{digits}g}") for v in np.ravel(values)]).reshape(np.shape(values))
        for name, values in mine.items()
    }
    assert engine.compare_numbers(step, rounded).agrees
    turned = {
        name: values[..., ::-1] if name != "xi" else values[:, ::-1, ::-1]
        for name, values in mine.items()
        if name != "L"
    }
    assert engine.compare_numbers(step, turned).order.tolist() == [1, 0]
    scaled = np.concatenate([one[3] for one in parts])
    only_slip(engine.compare_numbers(step, {"alpha": scaled.round(6)}), "alpha", "α is scaled")
    bishop = np.concatenate([b / np.append(np.cumprod(c[::-1])[::-1][1:], 1.0)[:, None] for _, b, _, _, c in parts])
    rabiner = np.concatenate([b / np.cumprod(c[::-1])[::-1][:, None] for _, b, _, _, c in parts])
    for one in (bishop, rabiner):
        only_slip(engine.compare_numbers(step, {"beta": one.round(6)}), "beta", "β is scaled")
    whole = np.concatenate([one[2] for one in parts])
    only_slip(engine.compare_numbers(step, {"xi": whole.round(9)}), "xi", "not divided by p(x)")


def test_a_stop_state_is_in_beta():
    model = engine.HiddenMarkovModel(n_states=2, first_symbol=0, stop_state=True)
    stop = np.array([0.1, 0.0])
    transition = np.array([[0.6, 0.3], [0.2, 0.8]])
    start = model.Params(initial=INITIAL, transition=transition, emission=B, stop=stop)
    step = engine.e_step(engine.begin(model, CHAINS[:1], start=start))
    x, alpha, beta = CHAINS[0], np.empty((6, 2)), np.empty((6, 2))
    alpha[0], beta[-1] = INITIAL * B[:, x[0]], stop
    for t in range(1, 6):
        alpha[t] = (alpha[t - 1] @ transition) * B[:, x[t]]
        beta[5 - t] = transition @ (B[:, x[6 - t]] * beta[6 - t])
    assert engine.compare_numbers(step, {"alpha": alpha, "beta": beta, "L": np.log(alpha[-1] @ stop)}).agrees


def test_rows_by_themselves():
    step = steps()[2]
    r = step.posterior.responsibilities
    assert engine.compare_numbers(step, {"r": r[[4]].round(3)}, rows=[4]).agrees
    found = engine.compare_numbers(step, {"r": [[0.5, 0.5]]}, rows=[4])
    assert found.first.place.startswith("row 5, component")


@pytest.mark.parametrize(
    ("mine", "words"),
    [
        ({}, "no numbers to compare"),
        ({"meens": [1]}, "did you mean means"),
        ({"alpha": [1]}, "no 'alpha'"),
        ({"means": [[1.0]]}, "shape (2, 2), not (1, 1)"),
        ({"means": [[1.0], [1.0, 2.0]]}, "rows of one length"),
        ({"means": [["a", "b"], ["c", "d"]]}, "finite numbers"),
        ({"L": math.nan}, "finite numbers"),
        ({"L": None}, "finite numbers"),
        ({"r": [[1, 0]], "gamma": [[1, 0]]}, "given twice"),
    ],
)
def test_what_can_not_be_compared_is_said(mine, words):
    with pytest.raises(engine.EngineError) as refused:
        engine.compare_numbers(steps()[2], mine)
    assert words in str(refused.value)
    with pytest.raises(engine.EngineError, match="before the first E-step"):
        engine.compare_numbers(steps()[0], {"r": [[1, 0]]})


def test_the_ridge_left_out_is_told_from_a_slip():
    model = engine.GaussianMixture(n_components=2, reg_covar=0.01)
    start = model.Params(weights=WEIGHTS, means=MEANS, covariances=COVARIANCES)
    step = engine.m_step(engine.e_step(engine.begin(model, X, start=start)))
    r, _ = e_by_hand(WEIGHTS, MEANS, COVARIANCES)
    for words, options in (("reg_covar", {}), ("old mean", {"about": MEANS}), ("N_k − 1", {"less": 1.0})):
        mine = m_by_hand(r, "full", **options)["covariances"]
        only_slip(engine.compare_numbers(step, {"covariances": mine}), "covariances", words)
