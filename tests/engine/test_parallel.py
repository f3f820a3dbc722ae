"""Chunks and threads: the same bytes, in order, with any number of threads."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import engine
from engine.errors import OptionError
from engine.parallel import chunks_of_at_most, map_chunks, n_threads, row_chunks, threads


@given(st.integers(0, 500), st.integers(1, 60))
def test_chunks_cover_the_rows_once_and_in_order(n_rows, size):
    chunks = row_chunks(n_rows, size)
    assert [i for chunk in chunks for i in range(n_rows)[chunk]] == list(range(n_rows))
    assert all(0 < chunk.stop - chunk.start <= size for chunk in chunks)


def test_chunks_do_not_depend_on_the_threads():
    with threads(1):
        one = row_chunks(1000, 64)
    with threads(4):
        assert row_chunks(1000, 64) == one


def test_chunks_can_be_cut_smaller():
    with chunks_of_at_most(10):
        assert len(row_chunks(100, 64)) == 10
        assert len(row_chunks(100, 5)) == 20
    assert len(row_chunks(100, 64)) == 2


@pytest.mark.parametrize("number", [1, 2, 4])
def test_results_come_in_the_order_of_the_chunks(number):
    gate = threading.Event()

    def late_first(chunk):
        if number > 1 and chunk == 0:
            assert gate.wait(30)
        if chunk == 1:
            gate.set()
        return chunk * 2

    with threads(number):
        assert map_chunks(late_first, range(7)) == [0, 2, 4, 6, 8, 10, 12]


def test_an_error_in_a_chunk_reaches_the_caller():
    with threads(2), pytest.raises(ZeroDivisionError):
        map_chunks(lambda chunk: 1 / chunk, [1, 0, 2])


def test_the_number_of_threads_comes_back():
    before = n_threads()
    with threads(3):
        assert n_threads() == 3
        with pytest.raises(RuntimeError), threads(2):
            raise RuntimeError
        assert n_threads() == 3
    assert n_threads() == before


@pytest.mark.parametrize("number", [0, -1, 1.5, "2", None])
def test_a_number_of_threads_is_a_whole_number(number):
    with pytest.raises(OptionError), threads(number):
        pass


def test_every_blas_keeps_to_one_thread_even_one_that_came_late():
    """In a process of its own, where NumPy's BLAS is there first and SciPy brings a second one."""
    script = """
import numpy
from threadpoolctl import threadpool_info
from engine.parallel import one_blas_thread
def inside():
    with one_blas_thread():
        return [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]
print(inside())
import scipy.linalg
print(inside())
"""
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "2"}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment)
    first, second = (json.loads(line) for line in done.stdout.splitlines())
    assert set(first) == set(second) == {1}


def test_blas_keeps_to_one_thread_in_whatever_python_threads_use_it():
    """In a process of its own: not in the first one alone, and until the last of the blocks has ended."""
    script = """
import threading
import numpy
from threadpoolctl import threadpool_info
from engine.parallel import one_blas_thread
def numbers():
    return sorted({library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"})
def elsewhere(work):
    thread = threading.Thread(target=work)
    thread.start()
    return thread
with one_blas_thread():
    print(numbers())
opened, close = threading.Event(), threading.Event()
def late():
    with one_blas_thread():
        print(numbers())
        opened.set()
        close.wait(30)
        print(numbers())
def early():
    with one_blas_thread():
        other = elsewhere(late)
        opened.wait(30)
    close.set()
    other.join()
elsewhere(early).join()
print(numbers())
"""
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "2"}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment)
    *inside, after = (json.loads(line) for line in done.stdout.splitlines())
    assert inside == [[1]] * 3
    assert after == [min(2, os.cpu_count() or 1)]


@pytest.mark.parametrize("model", [engine.BinomialMixture(n_components=3), engine.KMeans()], ids=lambda m: m.name)
def test_many_chunks_give_the_same_bytes_with_any_number_of_threads(model):
    X = np.random.default_rng(0).integers(0, 11, (40_000, 1)).astype(float)
    found = []
    for number in (1, 2, 4):
        with threads(number), chunks_of_at_most(3_000):
            run = engine.fit(model, X, seed=1, max_iter=3, tol=0)
            parts = [getattr(run.params, name).tobytes() for name in vars(run.params)]
            found.append((parts, run.step.log_likelihood, run.step.elbo, run.step.entropy))
    assert found[0] == found[1] == found[2]
