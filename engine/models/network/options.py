"""The options that a network has however it is trained, each declared here once: called, it is a dataclass field."""

from __future__ import annotations

from functools import partial

from engine.models.network.gaussian_output import LIKELIHOOD_SAID, LIKELIHOODS
from engine.options import option

hidden_units = partial(
    option, 7, "how many hidden units; with commas, of each hidden layer", kind="sizes", minimum=1, maximum=10_000
)
weight_decay = partial(option, 0.0, "precision of the Gaussian prior on the weights", minimum=0.0, maximum=1e100)
weight_scale = partial(option, 1.0, "standard deviation of the weights at the start", minimum=0.0, maximum=1e50)
bias = partial(option, True, "each layer has biases; no: they are held at 0")
free_output = partial(option, False, "output weights for every class; no: those of the last are held at 0")
likelihood = partial(option, "auto", LIKELIHOOD_SAID, choices=LIKELIHOODS)
