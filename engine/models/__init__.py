"""The models by name, found without importing them; other packages add theirs by the entry point `emtui.models`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Any

from engine.errors import OptionError
from engine.text import nearest

# name → (module, class, title); the title stands here too so that listing imports nothing
BUILT_IN: Mapping[str, tuple[str, str, str]] = {
    "gmm": ("engine.models.gaussian.mixture", "GaussianMixture", "Gaussian mixture"),
    "coins": ("engine.models.binomial", "BinomialMixture", "coins (binomial mixture)"),
    "bernoulli": ("engine.models.bernoulli.mixture", "BernoulliMixture", "Bernoulli mixture"),
    "poisson": ("engine.models.poisson", "PoissonMixture", "Poisson mixture"),
    "linkage": ("engine.models.linkage", "GeneticLinkage", "genetic linkage"),
    "topics": ("engine.models.topics.model", "LatentDirichletAllocation", "topics (latent Dirichlet allocation)"),
    "hmm": ("engine.models.hmm.model", "HiddenMarkovModel", "hidden Markov model"),
    "mlp": ("engine.models.network.model", "LatentMLP", "network trained by EM"),
    "kmeans": ("engine.baselines.kmeans", "KMeans", "k-means"),
    "backprop": ("engine.baselines.backprop", "BackpropMLP", "network trained by backpropagation"),
}


@cache
def _from_outside() -> dict[str, Any]:
    from importlib.metadata import entry_points

    return {point.name: point for point in entry_points(group="emtui.models")}


def model_names() -> tuple[str, ...]:
    """Every model's name as typed after --model: the built-in ones first."""
    return (*BUILT_IN, *(name for name in _from_outside() if name not in BUILT_IN))


def model_class(name: str) -> Any:
    """The class of the model with that name.

    Raises:
        OptionError: there is none, or the package that offers it can't be imported; the sentence names the models.
    """
    if name in BUILT_IN:
        module, class_name, _ = BUILT_IN[name]
        return getattr(import_module(module), class_name)
    if name in _from_outside():
        try:
            return _from_outside()[name].load()
        except Exception as error:
            raise OptionError(f"the model {name!r} could not be loaded from its package: {error}.") from error
    near = nearest(name, model_names())[:1]
    hint = f"did you mean {near[0]}? " if near else ""
    raise OptionError(f"there is no model {name!r}: {hint}the models are {', '.join(model_names())}.")


def model_title(name: str) -> str:
    """The model's name in words, without importing a built-in one."""
    return BUILT_IN[name][2] if name in BUILT_IN else str(getattr(model_class(name), "title", name))
