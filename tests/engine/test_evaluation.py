"""Agreement with known classes against SciPy and scikit-learn, and the information criteria."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest
from counts import examples
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import linear_sum_assignment

import engine
from engine.analysis.evaluation import Criteria, agreement, criteria, hard_shares, match
from engine.errors import DataError, EngineError

counts = arrays(np.int64, st.tuples(st.integers(1, 7), st.integers(1, 7)), elements=st.integers(0, 9))
labelled = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 5)), min_size=1, max_size=40)


@given(counts)
def test_matching_is_that_of_scipy_of_several_best_ones_too(table):
    matching = match(table)
    matched = np.flatnonzero(matching >= 0)
    assert len(matched) == min(table.shape) == len(set(matching[matched]))
    rows, columns = linear_sum_assignment(table, maximize=True)
    assert dict(zip(matched, matching[matched], strict=True)) == dict(zip(columns, rows, strict=True))


def test_matching_is_as_good_with_any_numbers():
    for seed in range(20):
        table = np.random.default_rng(seed).normal(size=(30, 25)) * 10.0 ** (seed % 5)
        matching = match(table)
        matched = np.flatnonzero(matching >= 0)
        rows, columns = linear_sum_assignment(table, maximize=True)
        assert table[matching[matched], matched].sum() == pytest.approx(table[rows, columns].sum(), rel=1e-12)


def test_labels_may_be_words_and_yes_and_no():
    by_word = agreement(["b", "a", "a", "b"], ["v", "u", "u", "u"])
    assert (by_word.hits, by_word.total) == (3, 4)
    assert agreement([0, 1, 1], [True, False, None]).total == 2
    assert agreement([0, 1, 1], [5.0, 7.0, np.nan]).classes.tolist() == list(range(8))
    with pytest.raises(DataError, match=r"truth holds 0\.5: classes are whole numbers, words or booleans"):
        agreement([0, 1], [0.5, 1.0])


@given(labelled)
def test_indices_are_those_of_scikit_learn(pairs):
    from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

    truth, labels = (np.array(column) for column in zip(*pairs, strict=True))
    found = agreement(labels, truth)
    assert found.adjusted_rand == pytest.approx(adjusted_rand_score(truth, labels), abs=1e-12)
    assert found.normalized_mutual_information == pytest.approx(normalized_mutual_info_score(truth, labels), abs=1e-9)


@given(labelled)
def test_the_confusion_matrix_counts_every_row_once_and_hits_lie_on_matches(pairs):
    truth, labels = (np.array(column) for column in zip(*pairs, strict=True))
    found = agreement(labels, truth, n_components=7, n_classes=6)
    assert found.confusion.shape == (6, 7)
    assert found.confusion.sum() == found.total == len(pairs)
    for c in range(6):
        for column, component in enumerate(found.components):
            assert found.confusion[c, column] == ((truth == c) & (labels == component)).sum()
    assert found.hits == (found.matching[labels] == truth).sum()
    assert found.accuracy == found.hits / found.total
    assert found.hits == np.trace(found.confusion)


@given(labelled, st.permutations(range(6)))
def test_names_of_components_do_not_matter(pairs, names):
    truth, labels = (np.array(column) for column in zip(*pairs, strict=True))
    one, other = agreement(labels, truth), agreement(np.array(names)[labels], truth)
    assert (one.hits, one.total) == (other.hits, other.total)
    assert one.adjusted_rand == pytest.approx(other.adjusted_rand, abs=1e-12)


def test_a_perfect_agreement_under_other_names():
    found = agreement([2, 2, 0, 0, 1], [0, 0, 1, 1, 2])
    assert (found.hits, found.total, found.accuracy) == (5, 5, 1.0)
    assert found.matching.tolist() == [1, 2, 0]
    assert found.components.tolist() == [2, 0, 1]
    assert found.confusion.tolist() == [[2, 0, 0], [0, 2, 0], [0, 0, 1]]
    assert found.adjusted_rand == found.normalized_mutual_information == 1.0


def test_more_components_than_classes_leave_some_over():
    found = agreement([0, 0, 1, 2, 2, 2], [0, 0, 0, 1, 1, 1])
    assert found.matching.tolist() == [0, -1, 1]
    assert found.components.tolist() == [0, 2, 1]
    assert (found.hits, found.total) == (5, 6)


def test_more_classes_than_components_leave_some_unmatched():
    found = agreement([0, 0, 1, 1, 1], [2, 2, 0, 0, 1])
    assert found.matching.tolist() == [2, 0]
    assert (found.hits, found.total) == (4, 5)
    assert found.confusion.tolist() == [[2, 0], [1, 0], [0, 2]]


def test_rows_of_unknown_class_are_left_out():
    found = agreement([0, 1, 1, 0], [1, 0, -1, -1])
    assert (found.hits, found.total) == (2, 2)


@pytest.mark.parametrize(
    ("labels", "truth", "sizes"),
    [
        ([0, 1], [0], {}),
        ([], [], {}),
        ([0, 1], [-1, -1], {}),
        ([0, -1], [0, 1], {}),
        ([None, "b"], [0, 1], {}),
        ([0.5, 1.0], [0, 1], {}),
        ([[0, 1]], [[0, 1]], {}),
        ([0, 3], [0, 1], {"n_components": 2}),
        ([0, 1], [0, 3], {"n_classes": 2}),
    ],
)
def test_labels_that_do_not_fit_are_refused_in_one_sentence(labels, truth, sizes):
    with pytest.raises(DataError) as caught:
        agreement(labels, truth, **sizes)
    assert "\n" not in str(caught.value)


def test_hard_shares_stand_beside_the_mixing_weights():
    assert hard_shares([0, 0, 2, 2], 4).tolist() == [0.5, 0, 0.5, 0]
    assert hard_shares([0, 1], 2, np.array([3.0, 1.0])).tolist() == [0.75, 0.25]


def test_criteria_are_those_of_their_definitions():
    model = engine.BinomialMixture(n_components=3)
    step = engine.fit(model, [1, 2, 9, 5, 5, 8], seed=1, max_iter=7, tol=0).step
    found = criteria(step)
    r = engine.e_step(step).posterior.responsibilities
    assert found.aic == pytest.approx(2 * 5 - 2 * step.log_likelihood)
    assert found.bic == pytest.approx(5 * np.log(6) - 2 * step.log_likelihood)
    assert found.icl == pytest.approx(found.bic - 2 * np.sum(r * np.log(r)))
    assert found.icl_map == pytest.approx(found.bic - 2 * np.sum(np.log(r.max(axis=1))))
    assert found.icl >= found.icl_map >= found.bic


@pytest.mark.parametrize(
    ("name", "kind", "entropy_form", "map_form"),
    [("iris", "full", (590.585, 5e-4), (584.0455, 5e-4)), ("old_faithful", "tied", (2399.78, 0.01), (2358.39, 0.01))],
)
def test_both_forms_of_icl_are_those_of_mclust(name, kind, entropy_form, map_form):
    """mclust 6.0's VVV and EEE with three components: `icl()` is the MAP form; its EM stops a little earlier."""
    model = engine.GaussianMixture(3, covariance_type=kind, reg_covar=0.0)
    found = criteria(engine.fit(model, engine.load(name).X, tol=1e-12, max_iter=500).step)
    assert found.icl == pytest.approx(entropy_form[0], abs=entropy_form[1])
    assert found.icl_map == pytest.approx(map_form[0], abs=map_form[1])


@pytest.mark.parametrize("model", [engine.HiddenMarkovModel(2), engine.BernoulliMixture(2), engine.PoissonMixture(2)])
def test_the_map_form_goes_by_the_likeliest_z_of_every_model(model):
    """Enumerated: every Z with the sum of its weights and densities; a chain's Z is a path."""
    X = np.array([[0.0], [1], [0], [0], [1], [1]])
    step = engine.e_step(engine.begin(model, X, seed=3))
    found, params, paths = criteria(step), step.params, [*product(range(2), repeat=len(X))]
    if model.name == "hmm":
        initial, transition, emission = params.initial, params.transition, params.emission
        joint = [
            initial[z[0]]
            * np.prod([transition[a, b] for a, b in pairwise(z)])
            * emission[z, X[:, 0].astype(int)].prod()
            for z in paths
        ]
        log_joint = np.log(max(joint))
    else:
        log_joint = model.log_joint(params, step.problem.data, slice(None)).max(axis=0).sum()
    assert found.icl_map == pytest.approx(found.bic + 2 * step.log_likelihood - 2 * log_joint, rel=1e-9)
    assert found.bic <= found.icl_map <= found.icl


def test_criteria_have_the_sign_of_scikit_learn():
    from sklearn.mixture import GaussianMixture

    X = engine.load("old_faithful").X
    peer = GaussianMixture(2, random_state=0).fit(X)
    found = Criteria.of(peer.score(X) * len(X), 11, len(X), 0.0)
    assert found.aic == pytest.approx(peer.aic(X))
    assert found.bic == found.icl == pytest.approx(peer.bic(X))


def test_criteria_take_weights_as_copies_and_the_entropy_of_the_posterior():
    model = engine.BinomialMixture()
    heads, weights = np.array([1.0, 2, 9, 8]), np.array([1, 2, 1, 3])
    start = model.Params([0.5, 0.5], [0.2, 0.7])
    for algorithm in ("classic", "hard"):
        one = engine.begin(model, heads, sample_weight=weights, start=start, algorithm=algorithm)
        two = engine.begin(model, np.repeat(heads, weights), start=start)
        for a, b in zip(vars(criteria(one)).values(), vars(criteria(two)).values(), strict=True):
            assert a == pytest.approx(b, rel=1e-12)


def test_k_means_has_no_criteria():
    with pytest.raises(EngineError, match="no likelihood"):
        criteria(engine.begin(engine.KMeans(), np.eye(4)))


def test_what_a_matching_leaves_out_is_said() -> None:
    """Two components of one class are both pure, but the rows of only one of them count."""
    four = agreement([0, 0, 1, 1, 2, 2], [0, 0, 0, 0, 1, 1])
    assert (four.hits, four.total) == (4, 6)
    assert four.unmatched == "3 components for 2 classes: only one component counts for each class"
    assert agreement([0, 0, 0, 1], [0, 1, 2, 2]).unmatched == "2 components for 3 classes: only one class for each"
    assert agreement([0, 1], [1, 0]).unmatched == ""


@pytest.mark.parametrize("name", [lambda y: y * 10**9, lambda y: np.where(y == 2, 2**62, y), lambda y: y + 2**62])
def test_labels_are_names_and_no_sizes(name):
    generator = np.random.default_rng(3)
    y, labels = generator.integers(0, 3, 60), generator.integers(0, 4, 60)
    usual, found = agreement(labels, y), agreement(labels, name(y))
    assert (found.hits, found.total) == (usual.hits, usual.total)
    assert found.adjusted_rand == usual.adjusted_rand
    assert found.normalized_mutual_information == usual.normalized_mutual_information
    assert found.confusion.tolist() == usual.confusion.tolist()
    assert found.classes.tolist() == sorted(set(name(y).tolist()))
    assert found.hits == (found.matching[labels] == name(y)).sum()
    turned = agreement(name(y), labels)
    assert turned.hits == agreement(y, labels).hits


def test_negative_labels_are_names_and_count():
    truth = np.array([-5, -5, -5, 2, 2, 7])
    found = agreement([0, 0, 1, 1, 1, 2], truth)
    assert (found.total, found.hits) == (6, 5)
    assert found.classes.tolist() == [-5, 2, 7]
    assert found.matching.tolist() == [-5, 2, 7]
    again = agreement([0, 0, 1, 1, 1, 2], truth.astype(float))
    assert (again.classes.tolist(), again.confusion.tolist()) == ([-5, 2, 7], found.confusion.tolist())
    named = agreement([-5, -5, 2, 2, 2, 7], truth)  # what a network predicts
    assert (named.components.tolist(), named.hits) == ([-5, 2, 7], 5)


def test_minus_one_is_unknown_but_beside_one_alone():
    assert agreement([0, 0, 1, 1], [-1, 0, 1, 1]).total == 3
    assert agreement([0, 0, 1, 1], [-1, -5, 1, 1]).total == 3
    signs = agreement([0, 0, 1, 1], [-1, -1, 1, 1])
    assert (signs.total, signs.hits, signs.classes.tolist()) == (4, 4, [-1, 1])
    assert agreement([-1, 1, 1, 1], [-1, -1, 1, 1]).hits == 3
    with pytest.raises(DataError, match="−1 for unknown is for truth alone"):
        agreement([-1, 0], [0, 1])
    with pytest.raises(DataError, match="truth holds -5, and n_classes counts from 0: leave n_classes out"):
        agreement([0, 1], [-5, 1], n_classes=3)


@pytest.mark.parametrize("seed", range(examples(5)))
def test_agreement_is_the_same_whatever_the_classes_are_called(seed):
    generator = np.random.default_rng(seed)
    truth, labels = generator.integers(0, 4, 60), generator.integers(0, 3, 60)
    names = generator.choice(np.setdiff1d(np.arange(-2000, 2000), [-1]), 4, replace=False)
    found, plain = agreement(labels, names[truth]), agreement(labels, truth)
    assert (found.hits, found.total) == (plain.hits, plain.total)
    assert found.adjusted_rand == pytest.approx(plain.adjusted_rand)
    assert found.normalized_mutual_information == pytest.approx(plain.normalized_mutual_information)
