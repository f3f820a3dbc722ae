"""How an E-step chooses q(Z): exactly, by the likeliest value, by a draw, or at a temperature.

An `Inference` is a small value. A model's E-step takes one; an algorithm (`engine.algorithms`) hands one out for
each iteration. For a categorical latent variable, `assign` turns log-joints into responsibilities by it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from engine.arrays import Array, Rows


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


@dataclass(frozen=True)
class GivenRows:
    """q as another E-step chooses it, but for single rows whose q a person gave (`engine.by_hand.q_moved`).

    others: how q of the other rows is chosen. rows: the place of each such row among those that count, and its q.
    """

    others: Exact | Hard | Sampled | Tempered
    rows: tuple[tuple[int, tuple[float, ...]], ...]

    @property
    def seed(self) -> int | tuple[int, int]:
        """That of the others."""
        return (0, 0) if isinstance(self.others, Hard) else self.others.seed

    def put_in(self, q: Array, entropy: Array, rows: Rows, n_rows: int) -> None:
        """Write q of the given rows into q (K, m) of some rows, and its entropy into theirs (m,)."""
        places = np.arange(n_rows)[rows]
        for row, shares in self.rows:
            here = places == row
            if here.any():
                given = np.array(shares)
                q[:, here] = given[:, None]
                entropy[here] = -float((given * np.log(np.where(given > 0, given, 1.0))).sum())


Inference = Exact | Hard | Sampled | Tempered | GivenRows
EXACT = Exact()


def settled_by(inference: Inference) -> Exact | Hard | Sampled | Tempered:
    """How q of the rows is chosen that nobody gave."""
    return inference.others if isinstance(inference, GivenRows) else inference


def temperature_of(inference: Inference | None) -> float:
    """The temperature of the posterior which q is, or was drawn from; 1 unless it is tempered."""
    settled = None if inference is None else settled_by(inference)
    return settled.temperature if isinstance(settled, Tempered) else 1.0


def uniforms(inference: Inference, n_rows: int) -> Array | None:
    """One uniform number per row for an E-step that draws, or None; the same for the same seed."""
    settled = settled_by(inference)
    return np.random.default_rng(settled.seed).random(n_rows) if isinstance(settled, Sampled) else None


def generator_of(inference: Inference) -> np.random.Generator:
    """The random numbers of an E-step that can only draw; the same for the same inference."""
    return np.random.default_rng((0, 0) if isinstance(inference, Hard) else inference.seed)


def assign(log_joint: Array, inference: Inference, uniform: Array | None = None) -> tuple[Array, Array, Array]:
    """q(z) of every row from its log-joint, for a latent variable with K values.

    Args:
        log_joint: (K, n) ln p(x, z=k | θ), overwritten by the responsibilities; a row may hold −inf, not all of them.
        inference: how q is chosen; that of rows which were given is put in afterwards (`GivenRows.put_in`).
        uniform: (n,) uniform numbers, needed by `Sampled`.

    Returns:
        responsibilities (K, n), ln p(x | θ) (n,), and the entropy of q (n,), in nats.
    """
    inference = settled_by(inference)
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
