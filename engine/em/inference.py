"""How an E-step chooses q(Z): exactly, by the likeliest value, by a draw, or at a temperature.

An `Inference` is a small value. A model's E-step takes one; an algorithm (`engine.algorithms`) hands one out for
each iteration. For a categorical latent variable, `assign` turns log-joints into responsibilities by it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from engine.arrays import Array


@dataclass(frozen=True)
class Exact:
    """q is the posterior p(Z | X, θ), or as close to it as the model's E-step gets.

    A model that can only draw from the posterior draws with `seed` (of the run, and the iteration), so that looking
    back gives the same draw; all others ignore it.
    """

    seed: tuple[int, int] = field(default=(0, 0), compare=False)


@dataclass(frozen=True)
class Hard:
    """q puts everything on the likeliest Z (classification EM, Celeux & Govaert 1992)."""


@dataclass(frozen=True)
class Sampled:
    """q puts everything on one Z drawn from the posterior (stochastic EM, Celeux & Diebolt 1985).

    The seed is kept so that the same draw can be made again when looking back.
    """

    seed: int


@dataclass(frozen=True)
class Tempered:
    """q ∝ p(X, Z | θ)^(1/temperature) (deterministic annealing, Ueda & Nakano 1998): above 1 softer, near 0 hard.

    The seed is for models that can only draw, as in `Exact`.
    """

    temperature: float
    seed: tuple[int, int] = field(default=(0, 0), compare=False)


Inference = Exact | Hard | Sampled | Tempered
EXACT = Exact()


def temperature_of(inference: Inference | None) -> float:
    """The temperature of the posterior which q is, or was drawn from; 1 unless it is tempered."""
    return inference.temperature if isinstance(inference, Tempered) else 1.0


def uniforms(inference: Inference, n_rows: int) -> Array | None:
    """One uniform number per row for an E-step that draws, or None; the same for the same seed."""
    if isinstance(inference, Sampled):
        return np.random.default_rng(inference.seed).random(n_rows)
    return None


def generator_of(inference: Inference) -> np.random.Generator:
    """The random numbers of an E-step that can only draw; the same for the same inference."""
    return np.random.default_rng((0, 0) if isinstance(inference, Hard) else inference.seed)


def assign(log_joint: Array, inference: Inference, uniform: Array | None = None) -> tuple[Array, Array, Array]:
    """q(z) of every row from its log-joint, for a latent variable with K values.

    Args:
        log_joint: (K, n) ln p(x, z=k | θ), overwritten by the responsibilities; a row may hold −inf, not all of them.
        inference: how q is chosen.
        uniform: (n,) uniform numbers, needed by `Sampled`.

    Returns:
        responsibilities (K, n), ln p(x | θ) (n,), and the entropy of q (n,), in nats.
    """
    top = log_joint.max(axis=0)
    # A row that no component explains (all −inf) would give −inf − −inf = nan: every component gets an equal share.
    lost = np.isneginf(top)
    if lost.any():
        log_joint[:, lost] = 0.0
        top = np.where(lost, 0.0, top)
    log_joint -= top
    if isinstance(inference, Tempered):
        log_evidence = np.log(np.exp(log_joint).sum(axis=0)) + top
        with np.errstate(over="ignore"):  # near 0 very small terms may become −inf, whose share is 0
            log_joint /= inference.temperature
        scaled = log_joint.copy()
        total = np.exp(log_joint, out=log_joint).sum(axis=0)
        log_joint /= total
        # H(q) = ln Σ_k exp(a_k) − Σ_k q_k a_k, with 0·(−inf) = 0
        entropy = np.log(total) - (log_joint * np.where(log_joint > 0, scaled, 0.0)).sum(axis=0)
    else:
        scaled = log_joint.copy() if isinstance(inference, Exact) else log_joint
        winner = log_joint.argmax(axis=0) if isinstance(inference, Hard) else None
        total = np.exp(log_joint, out=log_joint).sum(axis=0)
        log_joint /= total
        log_evidence = np.log(total) + top
        if isinstance(inference, Exact):
            entropy = np.log(total) - (log_joint * np.where(log_joint > 0, scaled, 0.0)).sum(axis=0)
        else:
            if winner is None:
                assert uniform is not None, "an E-step that draws needs its uniform numbers"
                winner = (np.cumsum(log_joint, axis=0) < uniform).sum(axis=0).clip(max=len(log_joint) - 1)
            log_joint[:] = 0.0
            log_joint[winner, np.arange(log_joint.shape[1])] = 1.0
            entropy = np.zeros(log_joint.shape[1])
    if lost.any():
        log_evidence[lost] = -np.inf
    return log_joint, log_evidence, entropy
