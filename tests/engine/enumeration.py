"""The slow way that nobody can get wrong: every assignment of every row to every component, one by one."""

from __future__ import annotations

from itertools import product

import numpy as np


def by_enumeration(joint, joint_q):
    """ln p(X | θ), Q(θ; q), H(q) and the marginals (n, K) of q = p(Z | X, θ_q), summed over all K^n assignments.

    joint, joint_q: (n, K) p(x_i, z_i = k) at θ and at θ_q.
    """
    n, K = joint.shape
    every = list(product(range(K), repeat=n))
    rows = np.arange(n)
    at = np.array([np.prod(joint[rows, list(z)]) for z in every])
    q = np.array([np.prod(joint_q[rows, list(z)]) for z in every])
    q /= q.sum()
    marginals = np.zeros((n, K))
    for p, z in zip(q, every, strict=True):
        marginals[rows, list(z)] += p
    used = q > 0
    return np.log(at.sum()), q[used] @ np.log(at[used]), -(q[used] @ np.log(q[used])), marginals


def agrees_with_enumeration(step, joint_at):
    """Every number of a step against enumeration; joint_at(params) gives (n, K) p(x_i, z_i = k)."""
    log_likelihood, q_value, entropy, marginals = by_enumeration(joint_at(step.params), joint_at(step.params_q))
    np.testing.assert_allclose(step.log_likelihood, log_likelihood, rtol=1e-11)
    np.testing.assert_allclose(step.q_value, q_value, rtol=1e-11)
    np.testing.assert_allclose(step.entropy, entropy, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(step.posterior.responsibilities, marginals, rtol=1e-10, atol=1e-14)
