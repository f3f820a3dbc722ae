"""The EM-trained network beside a plain triple loop and scikit-learn's MLPClassifier, BLAS on one thread.

OPENBLAS_NUM_THREADS=1 python -m tests.benchmarks.bench_mlp
"""

from __future__ import annotations

import math
import time
import tracemalloc
import warnings
from collections.abc import Callable
from functools import partial
from itertools import product

import numpy as np

import engine
from engine.analysis.study import Study, usual_methods
from engine.baselines.backprop import BackpropMLP
from engine.em.loop import begin, e_step, m_step
from engine.models.network.cost import exact_cost
from engine.models.network.data import NetworkRows, network_rows
from engine.models.network.e_steps.e_step import ExactEStep
from engine.models.network.e_steps.gibbs import OneLayerSweeps
from engine.models.network.expectation import hidden_gradient, output_gradient
from engine.models.network.layers import LayeredSweeps
from engine.models.network.model import LatentMLP
from engine.models.network.params import NetworkParams, draw_params
from engine.parallel import one_blas_thread


def triple_loop(params: NetworkParams, X, y):
    """The gradient of the log-likelihood as one writes it first: rows × configurations × units, entry by entry."""
    hidden, output = params.hidden, params.output
    m, g, p = len(hidden), len(output), X.shape[1]
    of_hidden, of_output = np.zeros(hidden.shape), np.zeros(output.shape)
    for j in range(len(X)):
        u = np.zeros(m)
        for h in range(m):
            u[h] = 1.0 / (1.0 + np.exp(-hidden[h, 0] - hidden[h, 1:] @ X[j]))
        evidence, mean, moved = 0.0, np.zeros(m), np.zeros(output.shape)
        for z in product((0.0, 1.0), repeat=m):
            prior, score = 1.0, output[:, 0].copy()
            for h in range(m):
                prior *= u[h] if z[h] else 1.0 - u[h]
                for i in range(g):
                    score[i] += output[i, h + 1] * z[h]
            o = np.exp(score) / np.exp(score).sum()
            joint = prior * o[y[j]]
            evidence += joint
            for i in range(g):
                residual = joint * ((i == y[j]) - o[i])
                moved[i, 0] += residual
                for h in range(m):
                    moved[i, h + 1] += residual * z[h]
            for h in range(m):
                mean[h] += joint * z[h]
        for h in range(m):
            residual = mean[h] / evidence - u[h]
            of_hidden[h, 0] += residual
            for k in range(p):
                of_hidden[h, k + 1] += residual * X[j, k]
        of_output += moved / evidence
    return of_hidden, of_output[:-1]


def loop_over_lists(params: NetworkParams, X, y):
    """The same in lists and floats, which spares a loop the cost of single entries of numpy arrays."""
    hidden, output = params.hidden.tolist(), params.output.tolist()
    m, g, p = len(hidden), len(output), X.shape[1]
    of_hidden = [[0.0] * (p + 1) for _ in range(m)]
    of_output = [[0.0] * (m + 1) for _ in range(g)]
    for x, target in zip(X.tolist(), y.tolist(), strict=True):
        row = [1.0, *x]
        u = [1.0 / (1.0 + math.exp(-sum(w * v for w, v in zip(ws, row, strict=True)))) for ws in hidden]
        evidence, mean = 0.0, [0.0] * m
        moved = [[0.0] * (m + 1) for _ in range(g)]
        for number in range(2**m):
            z = [1.0, *(float(number >> h & 1) for h in range(m))]
            prior = 1.0
            for h in range(m):
                prior *= u[h] if z[h + 1] else 1.0 - u[h]
            score = [math.exp(sum(v * b for v, b in zip(vs, z, strict=True))) for vs in output]
            o = [s / sum(score) for s in score]
            joint = prior * o[target]
            evidence += joint
            for h in range(m):
                mean[h] += joint * z[h + 1]
            for i in range(g):
                for h in range(m + 1):
                    moved[i][h] += joint * ((i == target) - o[i]) * z[h]
        for h in range(m):
            for j in range(p + 1):
                of_hidden[h][j] += (mean[h] / evidence - u[h]) * row[j]
        for i in range(g):
            for h in range(m + 1):
                of_output[i][h] += moved[i][h] / evidence
    return np.array(of_hidden), np.array(of_output)[:-1]


def fast(params: NetworkParams, rows: NetworkRows):
    """The same gradients by the engine."""
    statistics = ExactEStep().statistics(params, rows)
    return hidden_gradient(statistics, params.hidden, rows), output_gradient(statistics, params.output)


def best(work: Callable[[], object], repeats: int, inner: int = 1) -> float:
    """Seconds of one call, the best of several rounds."""
    found = []
    for _ in range(repeats):
        started = time.perf_counter()
        for _ in range(inner):
            work()
        found.append((time.perf_counter() - started) / inner)
    return min(found)


def against_the_loop() -> None:
    data = engine.load("iris").standardized()
    split = engine.train_test_split(data.y, seed=0)
    X, y = data.X[split.train], data.y[split.train]
    generator = np.random.default_rng(0)
    params, other = (draw_params(7, 4, 3, 1.0, generator) for _ in range(2))
    rows = network_rows(X, y)

    def in_turn() -> None:
        """At two θ, as every iteration is at another: what is kept of the last one doesn't help."""
        for each in (params, other):
            fast(each, rows)

    slow_hidden, slow_output = triple_loop(params, X, y)
    quick_hidden, quick_output = fast(params, rows)
    apart = max(np.abs(slow_hidden - quick_hidden).max(), np.abs(slow_output - quick_output).max())
    with one_blas_thread():
        slow, quick = best(lambda: triple_loop(params, X, y), 3), best(in_turn, 20, 25) / 2
        lists = best(lambda: loop_over_lists(params, X, y), 3)
    print(f"E-step and gradients, iris m=7 n={len(X)}: triple loop {slow * 1e3:.0f} ms, engine {quick * 1e3:.3f} ms, "
          f"{slow / quick:.0f}×; gradients {apart:.1e} apart (wanted ≥ 1500×, 1e-12)\n"
          f"  the loop over lists instead: {lists * 1e3:.0f} ms, {lists / quick:.0f}×")  # fmt: skip


def iteration(model: LatentMLP, X, y) -> float:
    """Seconds of an E and an M through the same steps that a user walks."""
    step = begin(model, X, y, seed=0)
    state = {"step": m_step(e_step(step))}

    def once() -> None:
        state["step"] = m_step(e_step(state["step"]))
        state["step"].at_q.release()

    return best(once, 20, 20 if len(X) < 200 else 1)


def against_scikit_learn() -> None:
    from sklearn.neural_network import MLPClassifier

    data = engine.load("iris").standardized()
    split = engine.train_test_split(data.y, seed=0)
    X, y = data.X[split.train], data.y[split.train]
    peer = MLPClassifier((7,), activation="logistic", solver="adam", max_iter=300, tol=0.0, n_iter_no_change=1000)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        epoch = best(lambda: peer.fit(X, y), 8) / 300
        partial = best(lambda: peer.partial_fit(X, y), 50)
    print(f"one Adam epoch of MLPClassifier, m=7 n={len(X)}: {epoch * 1e6:.0f} µs within fit, "
          f"{partial * 1e6:.0f} µs by partial_fit")  # fmt: skip
    for kind in ("gradient", "newton", "ecm", "lbfgs"):
        seconds = iteration(LatentMLP(m_step=kind, weight_decay=0.01), X, y)
        print(f"  one EM iteration, {kind:8}: {seconds * 1e6:6.0f} µs = {seconds / epoch:.2f}× the epoch within fit, "
              f"{seconds / partial:.2f}× partial_fit")  # fmt: skip


def large() -> None:
    generator = np.random.default_rng(0)
    X, y = generator.standard_normal((1000, 4)), np.arange(1000) % 3
    model = LatentMLP(hidden_units=20, m_step="gradient", learning_rate=1e-4)
    seconds = iteration(model, X, y)
    step = m_step(e_step(begin(model, X, y, seed=0)))
    tracemalloc.start()
    m_step(e_step(step))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    predicted = exact_cost(1000, 20, 3)
    print(f"m=20 n=1000: {seconds * 1e3:.0f} ms and {peak / 1e6:.0f} MB an iteration (wanted ≤ 250 ms, 128 MB); "
          f"predicted for the E-step {predicted[1] * 1e3:.0f} ms, {predicted[0] / 1e6:.0f} MB")  # fmt: skip


def predictions() -> None:
    print("predicted and measured exact E-step, n=1000, 3 classes")
    generator = np.random.default_rng(0)
    rows = network_rows(generator.standard_normal((1000, 4)), np.arange(1000) % 3)
    for m in (2, 7, 10, 12, 14, 16, 18):
        params = draw_params(m, 4, 3, 1.0, generator)
        with one_blas_thread():
            measured = best(partial(ExactEStep().statistics, params, rows), 5)
        tracemalloc.start()
        ExactEStep().statistics(params, rows)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        memory, seconds = exact_cost(1000, m, 3)
        print(f"  m={m:2}: predicted {seconds * 1e3:8.2f} ms {memory / 1e6:7.2f} MB, "
              f"measured {measured * 1e3:8.2f} ms {peak / 1e6:7.2f} MB")  # fmt: skip


def maps() -> None:
    """Decision regions and response maps of 40 × 20 cells: what a picture waits for at every step."""
    data = engine.load("iris")
    for sizes in (7, 10, 13, 16, (4, 3), (7, 5)):
        model = LatentMLP(sizes)
        params = engine.fit(model, data.X, data.y, seed=0, max_iter=1).params
        plane = engine.input_slice(data.X, (2, 3), columns=40, rows=20)
        regions = best(partial(engine.decision_regions, model, params, plane), 5)
        units = best(partial(engine.response_maps, model, params, plane), 5)
        print(f"40 × 20 cells, m={sizes}: regions {1e3 * regions:.2f} ms, response maps {1e3 * units:.2f} ms")


def sampling() -> None:
    """Gibbs sweeps at m=64, and an iteration by each E-step that is not exact."""
    generator = np.random.default_rng(0)
    X, y = generator.standard_normal((1000, 4)), np.arange(1000) % 3
    rows, params = network_rows(X, y), draw_params(64, 4, 3, 1.0, generator)
    for kind, words in ((OneLayerSweeps, "the usual sweep (wanted ≤ 3 ms)"), (LayeredSweeps, "the one in logarithms")):
        chains = kind(params, rows, generator)
        with one_blas_thread():
            sweep = best(partial(lambda chains: chains.sweep([generator.random((64, 1000))], 1.0), chains), 30)
        print(f"Gibbs, m=64 n=1000: {sweep * 1e3:.2f} ms a sweep, {words}")
    for hidden_units, kind_of_e in ((64, "gibbs"), (64, "mean_field"), (64, "importance"), ((64, 16), "gibbs")):
        model = LatentMLP(hidden_units, e_step=kind_of_e, m_step="gradient", learning_rate=1e-4)
        seconds = iteration(model, X, y)
        step = e_step_of(model, X, y)
        print(f"  one EM iteration, {hidden_units!s:8} {kind_of_e:10}: {seconds * 1e3:4.0f} ms, "
              f"ln p {step.log_likelihood:.1f} ± {step.log_likelihood_error:.1f}, bound {step.elbo:.1f}")  # fmt: skip


def e_step_of(model: LatentMLP, X, y):
    """The first E-step."""
    return e_step(begin(model, X, y, seed=0))


def approximations() -> None:
    """What the E-steps that are not exact cost and learn; every figure is by the exact marginal but for two layers."""
    data = engine.load("iris").standardized()
    print("E-steps, newton, m=7, iris as below, 10 seeds, 50 iterations; 7,5 beside backpropagation")
    methods: dict[str, LatentMLP | BackpropMLP] = {
        name: LatentMLP(e_step=name, m_step="newton", weight_decay=0.01)
        for name in ("exact", "gibbs", "mean_field", "importance")
    }
    methods["7,5 by gibbs"] = LatentMLP((7, 5), m_step="newton", weight_decay=0.01)
    methods["64 by gibbs"] = LatentMLP(64, m_step="newton", weight_decay=0.01)
    methods["7,5 backprop adam .1"] = BackpropMLP((7, 5), "adam", learning_rate=0.1, weight_decay=0.01)
    methods["7,5 backprop adam .3"] = BackpropMLP((7, 5), "adam", learning_rate=0.3, weight_decay=0.01)
    methods["7,5 backprop sgd .1"] = BackpropMLP((7, 5), "sgd", learning_rate=0.1, weight_decay=0.01)
    print("\n".join(Study(data.X, data.y, methods, seeds=range(10)).result().lines()))
    xor = engine.load("xor").standardized()
    chosen = {name: methods[name] for name in ("gibbs", "7,5 by gibbs", "7,5 backprop adam .1", "7,5 backprop adam .3")}
    study = Study(xor.X, xor.y, chosen, seeds=range(10), max_iter=50).result()
    for method in study.methods:
        print(f"exclusive or: {method} learns it from {study.learned(method)} of 10 starts (50 iterations)")


def studies() -> None:
    iris, xor = engine.load("iris").standardized(), engine.load("xor").standardized()
    print(
        "iris, standardized, m=7, weight decay .01, 60/40, 20 seeds, 50 iterations or epochs: mean (standard deviation)"
    )
    print("\n".join(Study(iris.X, iris.y, usual_methods()).result().lines()))
    chosen = {name: usual_methods(4)[name] for name in ("EM, newton", "backprop, adam .3")}
    study = Study(xor.X, xor.y, chosen, max_iter=100).result()
    for method in study.methods:
        print(f"exclusive or, m=4: {method} learns it from {study.learned(method)} of 20 starts (100 iterations)")


if __name__ == "__main__":
    against_the_loop()

    against_scikit_learn()
    large()
    predictions()
    maps()
    sampling()
    approximations()
    studies()
