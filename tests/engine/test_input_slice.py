"""Slices through the inputs: class probabilities and hidden units over a grid, against loops over configurations."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

import engine
from engine.data.units import standard_units
from engine.errors import EngineError, OptionError
from engine.models.network import units
from engine.models.network.params import NetworkParams
from engine.models.network.units import unit_probabilities


def sigma(a):
    return 1.0 / (1.0 + np.exp(-a))


def drawn(sizes: tuple[int, ...], p: int, g: int, seed: int = 0) -> NetworkParams:
    generator = np.random.default_rng(seed)
    widths = (p, *sizes)
    layers = [generator.normal(size=(m, before + 1)) for m, before in zip(sizes, widths, strict=False)]
    output = generator.normal(size=(g, sizes[-1] + 1))
    output[-1] = 0.0
    return NetworkParams.of_layers(layers, output)


def on(params: NetworkParams, x: np.ndarray) -> list[np.ndarray]:
    """p(z_l = 1 | x) of every layer, by going through the configurations of all layers together."""
    found = [np.zeros(m) for m in params.sizes]
    for z in product((0.0, 1.0), repeat=sum(params.sizes)):
        layers = np.split(np.array(z), np.cumsum(params.sizes)[:-1])
        chance, before = 1.0, x
        for W, now in zip(params.layers, layers, strict=True):
            u = sigma(W[:, 0] + W[:, 1:] @ before)
            chance *= np.prod(np.where(now == 1.0, u, 1.0 - u))
            before = now
        for total, now in zip(found, layers, strict=True):
            total += chance * now
    return found


@pytest.mark.parametrize("sizes", [(3,), (4, 3), (3, 2, 3), (2, 1)])
def test_units_of_every_layer_are_on_as_often_as_all_configurations_say(sizes):
    params = drawn(sizes, 2, 3)
    X = np.random.default_rng(1).normal(size=(5, 2))
    found = unit_probabilities(params, X)
    assert found.exact
    for row, x in enumerate(X):
        for layer, expected in zip(found.layers, on(params, x), strict=True):
            np.testing.assert_allclose(layer[row], expected, rtol=1e-10)


def test_backpropagation_passes_on_activities():
    params = drawn((4, 3), 2, 3)
    X = np.random.default_rng(1).normal(size=(5, 2))
    first, second = unit_probabilities(params, X, forward=True).layers
    np.testing.assert_allclose(first, sigma(params.layers[0][:, 0] + X @ params.layers[0][:, 1:].T))
    np.testing.assert_allclose(second, sigma(params.layers[1][:, 0] + first @ params.layers[1][:, 1:].T))


def test_units_behind_a_wide_layer_are_estimated_from_draws(monkeypatch):
    params = drawn((4, 3, 2), 2, 3)
    X = np.random.default_rng(1).normal(size=(5, 2))
    exact = unit_probabilities(params, X)
    monkeypatch.setattr(units, "MOST_CHAINED", 3)
    estimated = unit_probabilities(params, X)
    assert exact.exact and not estimated.exact
    for one, other in zip(exact.layers, estimated.layers, strict=True):
        np.testing.assert_allclose(one, other, atol=5 * 0.5 / np.sqrt(400))  # five standard errors at their most
    np.testing.assert_array_equal(estimated.layers[2], unit_probabilities(params, X).layers[2])
    monkeypatch.setattr(units, "_ENTRIES_AT_ONCE", 8)  # a row at a time gives the same
    monkeypatch.setattr(units, "MOST_CHAINED", 10)
    np.testing.assert_allclose(unit_probabilities(params, X).layers[2], exact.layers[2], rtol=1e-12)


def test_a_slice_varies_two_features_and_holds_the_others():
    X = np.random.default_rng(0).normal(size=(30, 4)) * [1, 10, 100, 1]
    plane = engine.input_slice(X, (2, 0), columns=5, rows=3)
    assert plane.shape == (3, 5) and plane.held == (1, 3)
    points = plane.points.reshape(3, 5, 4)
    np.testing.assert_allclose(points[..., [1, 3]], np.broadcast_to(X.mean(axis=0)[[1, 3]], (3, 5, 2)))
    x0, x1, y0, y1 = plane.extent
    assert x0 < X[:, 2].min() and X[:, 2].max() < x1
    np.testing.assert_allclose(points[1, :, 2], x0 + (np.arange(5) + 0.5) / 5 * (x1 - x0))
    np.testing.assert_allclose(points[:, 2, 0], y1 - (np.arange(3) + 0.5) / 3 * (y1 - y0))  # the highest first
    np.testing.assert_allclose(plane.y, points[:, 0, 0])
    line = engine.input_slice(X, [1], X[3], columns=6)
    assert line.points.shape == (6, 4) and line.shape == (1, 6) and not len(line.y)
    np.testing.assert_array_equal(line.points[:, [0, 2, 3]], np.tile(X[3, [0, 2, 3]], (6, 1)))


def test_how_far_rows_are_from_a_slice():
    X = np.array([[0.0, 0.0, 5.0], [9.0, 2.0, 5.0], [1.0, 4.0, 5.0]])
    plane = engine.input_slice(X, [0], [0.0, 2.0, 5.0])
    spread = X.std(axis=0)
    assert spread[2] == 0  # takes no part
    np.testing.assert_allclose(plane.distances(X, spread), np.abs(X[:, 1] - 2.0) / spread[1])
    both = engine.input_slice(X[:, :2], (0, 1))
    np.testing.assert_array_equal(both.distances(X[:, :2], spread[:2]), np.zeros(3))
    wide = engine.input_slice(X, [2])
    squares = ((X[:, :2] - X[:, :2].mean(axis=0)) / spread[:2]) ** 2
    np.testing.assert_allclose(wide.distances(X, spread), np.sqrt(squares.mean(axis=1)))
    assert wide.distances(X, spread).max() > 1.0 > wide.distances(X, spread).min()


@pytest.mark.parametrize(
    ("features", "at"),
    [
        ((0, 0), None),
        ((0, 9), None),
        ((), None),
        ((0, 1, 2), None),
        ((0,), [1]),
        (("a",), None),
        ((0.5,), None),
        (0, None),
    ],
)
def test_what_is_no_slice_is_said(features, at):
    with pytest.raises(OptionError, match=r"slice has|at must"):
        engine.input_slice(np.ones((3, 4)), features, at)
    with pytest.raises(OptionError, match="grid"):
        engine.input_slice(np.ones((3, 4)), (0, 1), rows=0)
    with pytest.raises(OptionError, match="X holds nan"):
        engine.input_slice([[0.0], [np.nan]], [0])


@pytest.mark.parametrize("standardised", [False, True])
@pytest.mark.parametrize("kind", ["latent", "forward", "marginal"])
def test_regions_are_what_is_predicted_at_each_point(kind, standardised):
    data = engine.load("iris")
    scale = standard_units(data.X)[0] if standardised else None
    X = data.X if scale is None else scale.to_standard(data.X)
    model: Any = engine.LatentMLP(3) if kind == "latent" else engine.BackpropMLP(3, loss=kind)
    run = engine.fit(model, X, data.y, seed=0, max_iter=2)
    plane = engine.input_slice(data.X, (2, 1), columns=7, rows=4)
    found = engine.decision_regions(model, run.params, plane, scale)
    assert found.shape == (4, 7, 3)
    point = data.X.mean(axis=0)
    point[[2, 1]] = plane.x[5], plane.y[3]
    x = point if scale is None else (point - scale.offset) / scale.scale
    hidden, output = run.params.hidden, run.params.output
    u = sigma(hidden[:, 0] + hidden[:, 1:] @ x)
    if kind == "forward":
        expected = np.exp(output[:, 0] + output[:, 1:] @ u)
        expected /= expected.sum()
    else:
        expected = np.zeros(3)
        for z in product((0.0, 1.0), repeat=3):
            o = np.exp(output[:, 0] + output[:, 1:] @ np.array(z))
            expected += np.prod(np.where(np.array(z) == 1, u, 1 - u)) * o / o.sum()
    np.testing.assert_allclose(found[3, 5], expected, rtol=1e-9)
    maps = engine.response_maps(model, run.params, plane, scale)
    assert maps.exact and maps.values[0].shape == (3, 4, 7)
    np.testing.assert_allclose(maps.values[0][:, 3, 5], u, rtol=1e-9)


def test_means_are_what_is_predicted_of_numbers():
    generator = np.random.default_rng(0)
    X = generator.normal(size=(60, 3))
    y = X[:, 0] * X[:, 1] + X[:, 2]
    run = engine.fit(engine.MixtureOfExperts(2), X, y, seed=0, max_iter=3)
    plane = engine.input_slice(X, (0, 2), columns=4, rows=3)
    found = engine.predicted_means(run.model, run.params, plane)
    points = np.hstack([np.ones((12, 1)), plane.points])
    g = np.exp(points @ run.params.gate.T)
    g /= g.sum(axis=1, keepdims=True)
    expected = (g * (points @ run.params.experts.coefficients.T)).sum(axis=1)
    np.testing.assert_allclose(found.ravel(), expected, rtol=1e-8)
    models: tuple[Any, ...] = engine.MixtureOfExperts(2), engine.LatentMLP(2), engine.BackpropMLP(2)
    for model in models:
        params = run.params if model.name == run.model.name else engine.fit(model, X, y, max_iter=1).params
        with pytest.raises(OptionError, match="learned numbers, not classes: ask for predicted_means"):
            engine.decision_regions(model, params, plane)
    with pytest.raises(EngineError, match="does not predict numbers"):
        engine.predicted_means(engine.LatentMLP(3), drawn((3,), 3, 2), plane)


@pytest.mark.parametrize("values", [(-1e308, 1e308), (1.7e308, 1.7e308), (0.0, 1e308), (3e17, 3e17), (-1e308,) * 3])
def test_what_is_in_sight_of_huge_numbers_is_finite(values):
    X = np.column_stack([values, np.zeros(len(values))])
    plane = engine.input_slice(X, (0, 1), columns=5, rows=2)
    assert np.isfinite(plane.extent).all() and plane.extent[0] < plane.extent[1]
    assert np.isfinite(plane.points).all() and (np.diff(plane.x) > 0).all() and np.isfinite(plane.at).all()


def test_regions_of_what_has_no_classes_are_refused():
    run = engine.fit(engine.KMeans(2), [[0.0], [1.0], [5.0], [6.0]], seed=0)
    with pytest.raises(OptionError, match="not supervised"):
        engine.decision_regions(run.model, run.params, engine.input_slice([[0.0], [1.0]], [0]))


def test_experts_have_no_response_maps():
    run = engine.fit(engine.MixtureOfExperts(2), [[0.0], [1.0], [5.0], [6.0]], [0, 1, 0, 1], seed=0, max_iter=1)
    with pytest.raises(OptionError, match="has no hidden units"):
        engine.response_maps(run.model, run.params, engine.input_slice([[0.0], [1.0]], [0]))
