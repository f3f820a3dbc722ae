"""The models by name, found without importing them; other packages add theirs by the entry point `emtui.models`."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from engine.errors import OptionError
from engine.plugins import Plugins
from engine.text import did_you_mean, quoted

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
    "experts": ("engine.models.experts.model", "MixtureOfExperts", "mixture of experts"),
    "kmeans": ("engine.baselines.kmeans", "KMeans", "k-means"),
    "backprop-experts": (
        "engine.baselines.backprop_experts",
        "BackpropExperts",
        "mixture of experts trained by gradients",
    ),
    "backprop": ("engine.baselines.backprop", "BackpropMLP", "network trained by backpropagation"),
}


def _checked(name: str, offered: Any) -> Any:
    """The class that a package offers as a model of this name."""
    from inspect import isabstract

    from engine.em.model import Model

    if name in BUILT_IN:
        raise OptionError("emtui has a model of that name")
    if not (isinstance(offered, type) and issubclass(offered, Model)):
        raise OptionError("it is no subclass of engine.em.model.Model")
    if isabstract(offered):
        raise OptionError(f"it lacks {', '.join(sorted(offered.__abstractmethods__))}")
    if offered.name != name:
        raise OptionError(f"it calls itself {quoted(offered.name)}")
    return offered


_OUTSIDE = Plugins("emtui.models", "model", _checked)


def model_names() -> tuple[str, ...]:
    """Every model's name as typed after --model: the built-in ones first, then those of other packages that load."""
    return (*BUILT_IN, *_OUTSIDE.usable())


def model_problems() -> tuple[str, ...]:
    """A sentence for each package whose model can't be used."""
    return _OUTSIDE.problems()


def model_class(name: str) -> Any:
    """The class of the model with that name. Raises OptionError where there is none that can be imported."""
    if name in BUILT_IN:
        module, class_name, _ = BUILT_IN[name]
        return getattr(import_module(module), class_name)
    if name in _OUTSIDE.names():
        return _OUTSIDE.load(name)
    names = model_names()
    hint = did_you_mean(name, names)
    raise OptionError(f"there is no model {name!r}: {hint and f'{hint} '}the models are {', '.join(names)}.")


def model_title(name: str) -> str:
    """The model's name in words, without importing a built-in one."""
    return BUILT_IN[name][2] if name in BUILT_IN else str(model_class(name).title or name)
